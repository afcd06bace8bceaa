"""Program files that are edited while a scene runs: each edit is an online change."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from commissioning.bench.load import LARGEST_PROGRAM, LoadedScene, read_file
from commissioning.bench.program_files import ProgramFiles, Source
from commissioning.model.problem import Place, Problem, Problems
from commissioning.registry import types

__all__ = ["ProgramWatch"]

Stamp = tuple[int, int]


class ProgramWatch:
    """The programs of a scene on disk, compared with those that run. It runs nothing itself.

    `changed` is for who takes every edit at once; who asks a user first calls `look` and `pending`, then
    `took` when a program runs.
    """

    def __init__(self, loaded: LoadedScene) -> None:
        self._folder, self._records = loaded.folder, loaded.scene.controllers
        self._loaded = {name: dict(sources) for name, sources in loaded.sources.items() if sources}
        self._running = dict(self._loaded)
        self._found = dict(self._loaded)  # on disk, as last read
        self._text = loaded.text
        self._seen: dict[str, None] = {}  # the files of the last reading, and their folders
        self._stamps: dict[str, Stamp] = {}  # what the last reading found; nothing has been compared yet
        with suppress(Problems):
            self._read()
        self._last = self._now()

    def changed(self) -> dict[str, Mapping[str, Source]]:
        """What to run now, by controller; nothing while no file has changed. Each state is told once, when
        two calls have found it the same.

        Raises Problems for files that cannot be read any more, with file and line.
        """
        if not self.look():
            return {}
        pending = self.pending()
        for name, sources in pending.items():
            self.took(name, sources)
        return pending

    def look(self, at_once: bool = False) -> bool:
        """Reads the files if they have changed, and two looks have found them the same (`at_once`: one).
        Whether it has read them. Raises Problems for files that cannot be read any more, once."""
        before, self._last = self._last, self._now()
        if self._last == self._stamps or (self._last != before and not at_once):
            return False  # as it was, or somebody is still writing
        self._stamps = self._last
        self._found = self._read()
        self._stamps = self._last = self._now()
        return True

    def pending(self) -> dict[str, Mapping[str, Source]]:
        """By controller, the sources that the last look has found, where others run."""
        return {name: found for name, found in self._found.items() if found != self._running[name]}

    def took(self, controller: str, sources: Mapping[str, Source]) -> None:
        """A controller runs these now."""
        self._running[controller] = dict(sources)

    def restart(self) -> None:
        """Another run of the scene has begun: with the programs that were loaded."""
        self._running = dict(self._loaded)

    def running(self, controller: str) -> Mapping[str, Source]:
        """The sources that a controller runs."""
        return self._running[controller]

    def _now(self) -> dict[str, Stamp]:
        stamps = {}
        for name in self._seen:
            try:
                state = (self._folder / name).stat()
                stamps[name] = state.st_mtime_ns, state.st_size
            except OSError:
                stamps[name] = 0, -1
        return stamps

    def _read(self) -> dict[str, dict[str, Source]]:
        problems: list[Problem] = []
        gathered = {}

        def read(file: str, where: Place) -> bytes | None:
            self._seen[file] = self._seen[Path(file).parent.as_posix()] = None
            return read_file(self._folder, file, where, problems, LARGEST_PROGRAM)

        for name in self._running:
            record = self._records[name]
            names = [
                (file, self._text.place(("controllers", name, "programs", k)))
                for k, file in enumerate(types()["controller", record.type].files(record))
            ]
            gathered[name] = ProgramFiles(self._folder, read, problems).gather(names)
        if problems:
            raise Problems(problems)
        return gathered
