"""Reading a recording back: everything in it is checked before anybody uses it.

A recording comes by mail as often as from one's own disk, so the file is taken as hostile: its tables
must be exactly ours (no views, no triggers), sizes are bounded, and the digest chain is followed chunk
by chunk. Writing is in `recording_writer.py`, the tables are in `recording_format.py`.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from commissioning.files.mesh_arrays import unpack_arrays
from commissioning.files.recording_format import (
    FORMAT,
    HEADER_BYTES,
    SCHEMA,
    USER_VERSION,
    ZLIB,
    Beginning,
    Input,
    Keyframe,
    from_json,
    is_inside,
    is_ours,
)
from commissioning.files.recording_writer import TAIL_EVERY_S, RecordingWriter
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import CHUNK, RECORD, RECORD_BYTES, chain_next, chain_start
from commissioning.model.record import FORMAT as JOURNAL_FORMAT
from commissioning.model.record_fault import header_fault, journal_format, record_fault

__all__ = [
    "TAIL_EVERY_S",
    "Beginning",
    "Input",
    "Keyframe",
    "Recording",
    "RecordingWriter",
    "is_recording",
    "read_recording",
]

LARGEST_VALUE: Final = 256 * 1024 * 1024
"""Bytes in one value of the file; no honest snapshot or mesh comes near."""


@dataclass(frozen=True)
class Recording:
    """One run as it was written down.

    `header`: the journal's, with the arrays of its meshes under `look.assets`.
    `records`: structured array of dtype RECORD; the first one has the number `first_record`
    (not 0 for a run that was restored from a snapshot). `texts`: the whole text table. `files`: what the
    run was built from, by path relative to the scene. `complete`: the run ended and closed it; otherwise
    the process died or still runs, and this is the last moment that was saved whole. Everything at
    times <= `end_ns` is in, and nothing after. `digest`: the
    journal digest of what is in, 64 hex digits.
    """

    path: Path
    header: Mapping[str, Any]
    records: NDArray[np.void]
    first_record: int
    texts: tuple[str, ...]
    inputs: tuple[Input, ...]
    snapshots: tuple[Keyframe, ...]
    files: Mapping[str, bytes]
    complete: bool
    end_ns: int
    digest: str

    def unpack(self, folder: Path) -> None:
        """Write `files` below `folder`, which the caller made for it."""
        for name, content in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def is_recording(path: str | Path) -> bool:
    """Does the file look like a recording? Nothing in it has been checked."""
    try:
        with Path(path).open("rb") as file:
            return is_ours(file.read(HEADER_BYTES))
    except OSError:
        return False


def read_recording(path: str | Path) -> Recording:
    """Read and verify a whole recording. Raises Problems for what is missing, foreign, newer or damaged."""
    path = Path(path)
    if path.is_dir():
        raise _problem(path, "this is a folder, not a recording", "Use run, check or open for a scene")
    if not path.is_file():
        raise _problem(path, "there is no such recording", "Check the name")
    if not is_recording(path):
        raise _problem(
            path, "this is not a recording", "Give a file that `commissioning run --record` has written"
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            try:
                connection.execute("SELECT name FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:
                pass  # a killed run's side files in a folder that cannot be written: read a copy below
            else:
                return _read(connection, path)
        return _read_copy(path)
    except _Damage as damage:
        raise _problem(path, "the recording is damaged", _DAMAGED_CURE, str(damage)) from damage
    except (sqlite3.Error, OSError, ValueError, OverflowError, zlib.error) as error:
        raise _problem(path, "the recording cannot be read", _DAMAGED_CURE, str(error)) from error


class _Damage(ValueError):
    """What is in the file cannot have been written by a run."""


_DAMAGED_CURE = "Take another copy of it, or run the scene again with --record"


def _problem(path: Path, what: str, cure: str, cause: str = "") -> Problems:
    return Problems((Problem(what, Place(file=str(path)), cure=cure, cause=cause),))


def _read_copy(path: Path) -> Recording:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            if Path(f"{path}{suffix}").exists():
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with closing(sqlite3.connect(copy)) as connection:
            return _read(connection, path)


def _read(connection: sqlite3.Connection, path: Path) -> Recording:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("BEGIN")  # one consistent view, also of a recording that is still being written
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > USER_VERSION:
        raise _problem(path, f"the recording has format {version}", "Read it with a newer version")
    tables = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    if version < USER_VERSION or set(tables) != {("table", name, sql) for name, sql in SCHEMA.items()}:
        raise _Damage("its tables are not those of a recording")
    meta = {key: from_json(_bytes(value)) for key, value in connection.execute("SELECT key, value FROM meta")}
    if meta.get("format") != FORMAT:
        raise _problem(path, "the recording has another format", "Read it with a newer version")
    header: Any = meta.get("header")
    written = journal_format(header)
    if written and written != JOURNAL_FORMAT:
        what = f"its journal is of format {written!r:.60}, this version reads {JOURNAL_FORMAT!r}"
        raise _problem(path, what, "Read it with the version that wrote it, or run the scene again")
    fault = header_fault(header)
    if fault:
        raise _Damage(fault)
    meshes = _meshes(connection)
    if meshes:
        header["look"] = {**header.get("look", {}), "assets": meshes}
    first = _number(meta.get("first_chunk"))
    chain = bytes.fromhex(str(meta.get("first_chain"))) if first else chain_start(header["core"])
    complete = "digest" in meta
    records, texts, digest = _journal(connection, first, chain, complete)
    if complete and meta["digest"] != digest:
        raise _Damage(f"its digest is {digest}, the run's was {meta['digest']}")
    if len(records) and (records["t"][0] < 0 or np.any(records["t"][1:] < records["t"][:-1])):
        raise _Damage("its times run backwards")
    fault = record_fault(records, header["core"])
    if fault:
        raise _Damage(fault)
    end = first * CHUNK + len(records)
    return Recording(
        path=path,
        header=header,
        records=records,
        first_record=first * CHUNK,
        texts=(*_texts(meta.get("first_texts")), *texts),
        inputs=_inputs(connection),
        snapshots=tuple(
            Keyframe(_number(t), _number(count), _bytes(snapshot))
            for t, count, snapshot in connection.execute(
                "SELECT t, records, snapshot FROM keyframes ORDER BY n"
            )
            if _number(count) <= end
        ),
        files=_files(connection),
        complete=complete,
        end_ns=_number(meta.get("end_ns") if complete else meta.get("watermark_ns", 0)),
        digest=digest,
    )


def _journal(
    connection: sqlite3.Connection, first: int, chain: bytes, complete: bool
) -> tuple[NDArray[np.void], list[str], str]:
    """Records in order, texts, digest; each chunk against the chain value written with it.

    A recording that was not closed ends with its last tail: chunks after it may end inside an instant.
    """
    (count,) = connection.execute("SELECT count(*) FROM chunks").fetchone()
    tails = connection.execute("SELECT k, packed, texts FROM tail").fetchall()
    last, packed, words = first, b"", list[str]()
    if tails:
        last, packed, words = (
            _number(tails[0][0]),
            _bytes(tails[0][1]),
            _texts(from_json(_bytes(tails[0][2]))),
        )
    if len(tails) > 1 or not first <= last <= first + count or len(packed) % RECORD_BYTES:
        raise _Damage("its open records do not follow the others")
    if complete and last < first + count:
        last, packed, words = first + count, b"", []
    pieces: list[bytes] = []
    texts: list[str] = []
    for k, codec, blob, new, link in connection.execute(
        "SELECT k, codec, packed, texts, chain FROM chunks WHERE k < ? ORDER BY k", (last,)
    ):
        if k != first + len(pieces):
            raise _Damage(f"records from {(first + len(pieces)) * CHUNK} on are missing")
        piece = _unpacked(_bytes(blob)) if codec == ZLIB else _bytes(blob)
        if len(piece) != CHUNK * RECORD_BYTES:
            raise _Damage(f"chunk {k} holds {len(piece)} bytes")
        used = _texts(from_json(_bytes(new)))
        chain = chain_next(chain, piece, used)
        if chain != link:
            raise _Damage(f"records {k * CHUNK} to {(k + 1) * CHUNK - 1} do not fit the digest chain")
        pieces.append(piece)
        texts += used
    if len(pieces) != last - first:
        raise _Damage(f"records from {(first + len(pieces)) * CHUNK} on are missing")
    digest = chain_next(chain, packed, words).hex()
    return np.frombuffer(b"".join([*pieces, packed]), RECORD), texts + words, digest


def _unpacked(packed: bytes) -> bytes:
    """At most one chunk of bytes, however much a hostile stream would give."""
    return zlib.decompressobj().decompress(packed, CHUNK * RECORD_BYTES)


def _inputs(connection: sqlite3.Connection) -> tuple[Input, ...]:
    inputs = []
    for t, ordinal, blob in connection.execute("SELECT t, ordinal, entry FROM inputs ORDER BY n"):
        entry = from_json(_bytes(blob))
        if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str)):
            raise _Damage("its input log is not one")
        inputs.append(Input(_number(t), _number(ordinal), entry[0], entry[1]))
    return tuple(inputs)


def _files(connection: sqlite3.Connection) -> dict[str, bytes]:
    files = {
        _bytes(path).decode(): _bytes(content)
        for path, content in connection.execute("SELECT path, content FROM files ORDER BY n")
    }
    outside = [path for path in files if not is_inside(path)]
    if outside:
        raise _Damage(f"it carries a file that would be written elsewhere: {outside[0]!r}")
    return files


def _meshes(connection: sqlite3.Connection) -> dict[str, dict[str, NDArray[Any]]]:
    meshes: dict[str, dict[str, NDArray[Any]]] = {}
    for name, packed in connection.execute("SELECT name, packed FROM meshes ORDER BY n"):
        vertices, faces, colours = unpack_arrays(_bytes(packed))
        meshes[_bytes(name).decode()] = {"vertices": vertices, "faces": faces, "colours": colours}
    return meshes


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise _Damage(f"it holds {type(value).__name__} where bytes belong")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _Damage(f"it holds {value!r:.40} where a number belongs")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _Damage("its text table is not one")
    return value
