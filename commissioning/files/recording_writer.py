"""Writing a recording while the run goes on, so that a killed process loses half a second at most.

The run's thread hands over bytes and goes on; a thread of its own writes them to SQLite (WAL,
synchronous=NORMAL: a commit survives the death of the process, and a power cut costs the newest
commits but never the file). Full chunks are written once; the open chunk is re-written about every
half second, 0.2 ms each time.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Self

from commissioning.files.mesh_arrays import pack_arrays
from commissioning.files.recording_format import (
    APPLICATION_ID,
    FORMAT,
    HEADER_BYTES,
    RAW,
    SCHEMA,
    USER_VERSION,
    ZLIB,
    Beginning,
    is_inside,
    is_ours,
    to_json,
)
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import CHUNK, RECORD_BYTES

TAIL_EVERY_S: Final = 0.5
"""Wall time between two writings of the open chunk."""

_Task = Callable[[sqlite3.Connection], object]


class RecordingWriter:
    """Writes one recording; every method is called from one thread, the run's.

    `header` is the journal's header, plain JSON data except for the arrays of `look.assets`. `files` is
    what the run was built from (scene text, programs) by path relative to the scene, so that the
    recording re-runs anywhere. An existing recording at `path` is replaced, any other existing file is
    refused. `beginning` is given for a run restored from a snapshot, whose journal does not start at
    record 0.

    Raises Problems where the file cannot be made. Later trouble (a full disk) never stops the run:
    it stands in `problem`, and `close` raises it.
    """

    def __init__(
        self,
        path: str | Path,
        header: Mapping[str, Any],
        files: Mapping[str, bytes],
        beginning: Beginning | None = None,
    ) -> None:
        self.path = Path(path)
        self.problem: Problem | None = None
        self._beginning = beginning or Beginning(0, b"", ())
        self._next_chunk = self._beginning.chunk
        self._tail_at = time.monotonic()
        self._saved = 0
        self._shrink = False
        self._tasks: SimpleQueue[tuple[_Task, int] | None] = SimpleQueue()
        plain = {PurePosixPath(name).as_posix(): content for name, content in files.items()}
        strange = sorted(name for name in plain if not is_inside(name))
        if strange:
            raise Problems(tuple(map(_strange_name, strange)))
        look = dict(header.get("look", {}))
        assets = look.pop("assets", {})
        meshes = [
            (name.encode(), pack_arrays(*(asset[part] for part in ("vertices", "faces", "colours"))))
            for name, asset in assets.items()
        ]
        meta = {
            "format": FORMAT,
            "header": {**header, "look": look} if assets else header,
            "first_chunk": self._beginning.chunk,
            "first_chain": self._beginning.chain.hex(),
            "first_texts": list(self._beginning.texts),
        }
        rows = [(key, to_json(value)) for key, value in meta.items()]
        contents = [(name.encode(), content) for name, content in plain.items()]
        try:
            _make_place(self.path)
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            _create(connection, rows, contents, meshes)
        except (OSError, sqlite3.Error) as error:
            raise Problems((self._trouble("the recording cannot be written", error),)) from error
        self._thread = Thread(target=self._write, args=(connection,), name="recording", daemon=True)
        self._thread.start()

    @property
    def saved(self) -> int:
        """Number of records that would be read back if the process died now."""
        return self._saved

    @property
    def tail_due(self) -> bool:
        """Has the open chunk been left unwritten for half a second?"""
        return time.monotonic() - self._tail_at >= TAIL_EVERY_S

    def chunk(self, k: int, packed: bytes, chain: bytes, texts: Sequence[str] = ()) -> None:
        """A full chunk: its number, packed records, chain value after it, texts first used in it."""
        if k != self._next_chunk or len(packed) != CHUNK * RECORD_BYTES:
            raise ValueError(f"chunk {self._next_chunk} of {CHUNK * RECORD_BYTES} bytes comes next, not this")
        self._next_chunk = k + 1
        row = (k, RAW, packed, to_json(list(texts)), chain)
        statement = "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)"
        self._tasks.put((lambda connection: connection.execute(statement, row), 0))

    def tail(
        self,
        packed: bytes,
        count: int,
        texts: Sequence[str] = (),
        inputs: Iterable[tuple[int, int, str, Any]] = (),
        watermark_ns: int = 0,
    ) -> None:
        """The open chunk as it is now; with it everything up to `watermark_ns` is in, and nothing after it.

        This is where a killed run's recording ends: chunks that came later may end inside an instant and
        miss their inputs. `packed` holds `count` records; `texts` are those first used in it; `inputs` are
        the (t_ns, ordinal, what, value) that came since the last call.
        """
        if len(packed) != count * RECORD_BYTES or count >= CHUNK:
            raise ValueError(f"{count} open records do not fill {len(packed)} bytes")
        self._tail_at = time.monotonic()
        k = self._next_chunk
        row = (k, packed, to_json(list(texts)))
        entries = [(t, ordinal, to_json([what, value])) for t, ordinal, what, value in inputs]
        watermark = to_json(watermark_ns)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM tail")
            connection.execute("INSERT INTO tail VALUES (?, ?, ?)", row)
            connection.executemany("INSERT INTO inputs (t, ordinal, entry) VALUES (?, ?, ?)", entries)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('watermark_ns', ?)", (watermark,))

        self._tasks.put((write, k * CHUNK + count))

    def keyframe(self, t_ns: int, n_records: int, blob: bytes) -> None:
        """A snapshot to seek or fork from; it has no part in the digest."""
        row = (t_ns, n_records, blob)
        statement = "INSERT INTO keyframes (t, records, snapshot) VALUES (?, ?, ?)"
        self._tasks.put((lambda connection: connection.execute(statement, row), 0))

    def close(self, end_ns: int, digest: str, compress: bool = False) -> None:
        """Mark the recording complete and leave one file. Raises Problems if anything was not written."""
        rows = [("end_ns", to_json(end_ns)), ("digest", to_json(digest))]

        def write(connection: sqlite3.Connection) -> None:
            if compress:
                _compress(connection)
                self._shrink = True
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

        self._tasks.put((write, 0))
        self.abandon()
        if self.problem is not None:
            raise Problems((self.problem,))

    def abandon(self) -> None:
        """Write what was handed over and let go of the file; it stays marked as not complete."""
        self._tasks.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._thread.is_alive():
            self.abandon()

    def _write(self, connection: sqlite3.Connection) -> None:
        """The writing thread: whatever has come together goes into one transaction."""
        open_ = True
        while open_:
            batch = [self._tasks.get()]
            try:
                while True:
                    batch.append(self._tasks.get_nowait())
            except Empty:
                pass
            open_ = None not in batch
            if self.problem is not None:
                continue
            try:
                connection.execute("BEGIN")
                saved = self._saved
                for task, records in filter(None, batch):
                    task(connection)
                    saved = max(saved, records)
                connection.execute("COMMIT")
                self._saved = saved
            except (sqlite3.Error, OSError, OverflowError) as error:
                self.problem = self._trouble("the recording stopped being written", error)
        try:
            if self._shrink:
                connection.execute("VACUUM")
            connection.execute("PRAGMA journal_mode=DELETE")  # folds the -wal file into the one file
            connection.close()
        except sqlite3.Error as error:
            self.problem = self.problem or self._trouble("the recording could not be closed", error)

    def _trouble(self, what: str, error: Exception) -> Problem:
        return Problem(
            what,
            Place(file=str(self.path)),
            cause=str(error),
            cure="Choose a place that is writable, has room and holds no other file of that name",
        )


def _strange_name(name: str) -> Problem:
    return Problem(
        "a recording cannot carry a file whose name leaves the scene's folder or is not possible everywhere",
        Place(file=name),
        "Rename it: letters, digits, spaces, dots, dashes and underscores, / between folders",
    )


def _make_place(path: Path) -> None:
    """Remove an older recording at `path` with its side files; any other file stays and is an error."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    if path.is_dir():
        raise IsADirectoryError("it is a folder")
    if path.exists():
        with path.open("rb") as file:
            start = file.read(HEADER_BYTES)
        if start and not is_ours(start):
            raise FileExistsError("a file that is not a recording is there already")
        path.unlink()
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _create(
    connection: sqlite3.Connection,
    meta: list[tuple[str, bytes]],
    files: list[tuple[bytes, bytes]],
    meshes: list[tuple[bytes, bytes]],
) -> None:
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={USER_VERSION}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN")
    for statement in SCHEMA.values():
        connection.execute(statement)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta)
    connection.executemany("INSERT INTO files (path, content) VALUES (?, ?)", files)
    connection.executemany("INSERT INTO meshes (name, packed) VALUES (?, ?)", meshes)
    connection.execute("COMMIT")


def _compress(connection: sqlite3.Connection) -> None:
    """About a quarter of the size for 0.5 us a record; done at the end, where nobody waits for it."""
    numbers = [k for (k,) in connection.execute("SELECT k FROM chunks WHERE codec = ?", (RAW,))]
    for k in numbers:
        (packed,) = connection.execute("SELECT packed FROM chunks WHERE k = ?", (k,)).fetchone()
        connection.execute(
            "UPDATE chunks SET codec = ?, packed = ? WHERE k = ?", (ZLIB, zlib.compress(packed, 1), k)
        )
