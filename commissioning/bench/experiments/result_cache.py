"""Results of replications, kept from one call to the next, so that nothing is computed twice.

A result is found again by what it depends on: the scene without its checks and experiments but with all its
files, the scenario, the time, the seed, and the program that computed it. Any file of the program counts, and
of types and packages from elsewhere that the scene uses, so that a changed device or controller never answers
with old numbers. The cache may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from commissioning.bench.conditions import versions
from commissioning.bench.load import SCENE_FILE, LoadedScene
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import canonical_json

__all__ = ["ResultCache", "program_hash", "scene_keys"]

_FILE: Final = "results.sqlite"
_LARGEST: Final = 256 << 20  # bytes; a larger one is begun anew
_ROOMS: Final = ("model", "sim", "plc", "files", "devices", "controllers", "bench")
_CODE: Final = (".py", ".lark")  # the grammar decides what a program means, as code does
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS results (
    run TEXT NOT NULL, measure TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (run, measure)
) WITHOUT ROWID
"""


def scene_keys(variants: Iterable[LoadedScene]) -> list[str]:
    """Everything that runs of these scenes depend on but seed, scenario and time: SHA-256, hex, of each."""
    packages: dict[str, str] = {}
    return [_scene_key(variant, packages) for variant in variants]


def _scene_key(loaded: LoadedScene, packages: dict[str, str]) -> str:
    """`packages`: the sums of those that have been asked for."""
    files = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in loaded.files.items()
        if name != SCENE_FILE
    }
    elsewhere = _packages(loaded)
    for name in elsewhere - packages.keys():
        packages[name] = _files_of(name)
    key = {
        "scene": loaded.scene.hash,
        "files": files,
        "program": program_hash(),
        "packages": {name: packages[name] for name in sorted(elsewhere)},
    }
    return hashlib.sha256(canonical_json(key).encode()).hexdigest()


def _packages(loaded: LoadedScene) -> set[str]:
    """Packages that are none of ours: of types that the scene uses, and those that its Python imports."""
    scene = loaded.scene
    used = {("device", record.type) for record in scene.devices.values()}
    used |= {("controller", record.type) for record in scene.controllers.values()}
    found = {kind.__module__.partition(".")[0] for name, kind in loaded.types.items() if name in used}
    found |= {name for code in loaded.code for name in code.installed}
    return found - {"commissioning", *sys.stdlib_module_names}


def _files_of(package: str) -> str:
    """What tells one state of an installed package from another: names, sizes and times of its files
    (SHA-256, hex). They are not read: some are large."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return ""
    files = [Path(spec.origin)] if spec.origin is not None and spec.has_location else []
    for folder in spec.submodule_search_locations or ():
        files += [path for path in Path(folder).rglob("*") if path.suffix not in (".pyc", "")]
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        with suppress(OSError):
            state = path.stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    return digest.hexdigest()


@cache
def program_hash() -> str:
    """Versions and content of the program: of the rooms that make results, and of what parses programs."""
    digest = hashlib.sha256(canonical_json(versions() | {"lark": version("lark")}).encode())
    package = Path(__file__).resolve().parents[2]
    own = [path for room in _ROOMS for path in (package / room).rglob("*") if path.suffix in _CODE]
    for path in sorted(own):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
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
