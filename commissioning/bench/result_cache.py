"""Results of replications, kept from one call to the next, so that nothing is computed twice.

A result is found again by what it depends on: the scene without its checks and experiments but with all its
files, the scenario, the time, the seed, and the program that computed it. Any file of the program counts, so
that a changed device never answers with old numbers. The cache may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from commissioning.bench.conditions import versions
from commissioning.bench.load import SCENE_FILE, LoadedScene
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import canonical_json

__all__ = ["ResultCache", "program_hash", "scene_key"]

_FILE: Final = "results.sqlite"
_LARGEST: Final = 256 << 20  # bytes; a larger one is begun anew
_ROOMS: Final = ("model", "sim", "plc", "files", "devices", "controllers", "bench")
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS results (
    run TEXT NOT NULL, measure TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (run, measure)
) WITHOUT ROWID
"""


def scene_key(loaded: LoadedScene) -> str:
    """Everything that a run of this scene depends on but seed, scenario and time: SHA-256, hex."""
    files = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in loaded.files.items()
        if name != SCENE_FILE
    }
    used = {record.type for record in loaded.scene.devices.values()}
    foreign = tuple(
        sorted(
            inspect.getsourcefile(kind) or ""
            for (section, name), kind in loaded.types.items()
            if section == "device" and name in used and not kind.__module__.startswith("commissioning.")
        )
    )
    key = {"scene": loaded.scene.hash, "files": files, "program": program_hash(foreign)}
    return hashlib.sha256(canonical_json(key).encode()).hexdigest()


@cache
def program_hash(foreign: tuple[str, ...] = ()) -> str:
    """Versions and content of the program, of the rooms that make results, and of files from elsewhere."""
    digest = hashlib.sha256(canonical_json(versions()).encode())
    package = Path(__file__).resolve().parents[1]
    own = [path for room in _ROOMS for path in (package / room).rglob("*.py")]
    for path in [*sorted(own), *map(Path, foreign)]:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class ResultCache:
    """A small database in a folder. Without one (None) it keeps nothing.

    A cache that cannot be read is begun anew, and trouble while it is in use ends its use: `notice` says
    so, results are computed all the same. Raises Problems if the folder cannot be made.
    """

    def __init__(self, folder: Path | None) -> None:
        self.notice = ""
        self._base: sqlite3.Connection | None = None
        if folder is None:
            return
        file = folder / _FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"results cannot be kept here: {error.strerror}"
            raise Problems(
                Problem(what, Place(file=str(folder)), "Give another folder with --cache")
            ) from error
        try:
            self._base = self._open(file)
        except sqlite3.DatabaseError as error:
            self.notice = f"the cache of results was not usable ({error}) and is begun anew"
            with suppress(OSError, sqlite3.DatabaseError):
                file.unlink()
                self._base = self._open(file)

    @property
    def keeps(self) -> bool:
        """Whether results are kept."""
        return self._base is not None

    def get(self, run: str, measures: Iterable[str]) -> dict[str, Any] | None:
        """The values of all these measures of a run, or None if any is missing."""
        if self._base is None:
            return None
        wanted = list(measures)
        try:
            rows = dict(self._base.execute("SELECT measure, value FROM results WHERE run = ?", (run,)))
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if any(measure not in rows for measure in wanted):
            return None
        try:
            return {measure: json.loads(zlib.decompress(rows[measure])) for measure in wanted}
        except (zlib.error, ValueError):
            return None

    def put(self, run: str, values: Mapping[str, Any]) -> None:
        """Keep values of a run by measure, on disk when this returns."""
        if self._base is None:
            return
        rows = [
            (run, measure, zlib.compress(json.dumps(value).encode(), 6)) for measure, value in values.items()
        ]
        try:
            with self._base:
                self._base.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Done with it."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _open(self, file: Path) -> sqlite3.Connection:
        if file.is_file() and file.stat().st_size > _LARGEST:
            file.unlink()
        base = sqlite3.connect(file, timeout=10.0)
        try:
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=NORMAL")
            base.execute(_TABLE)
            base.execute("SELECT run FROM results LIMIT 1").fetchall()
        except sqlite3.DatabaseError:
            base.close()
            raise
        return base

    def _give_up(self, error: sqlite3.Error) -> None:
        self.notice = f"results are no longer kept: {error}"
        self.close()
