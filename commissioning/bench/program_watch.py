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
    """The programs of a scene on disk, compared with those that run. It runs nothing itself."""

    def __init__(self, loaded: LoadedScene) -> None:
        self._folder, self._records = loaded.folder, loaded.scene.controllers
        self._running = {name: dict(sources) for name, sources in loaded.sources.items() if sources}
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
        before, self._last = self._last, self._now()
        if self._last == self._stamps or self._last != before:
            return {}  # as it was, or somebody is still writing
        self._stamps = self._last
        found = self._read()
        self._stamps = self._last = self._now()
        changed: dict[str, Mapping[str, Source]] = {
            name: sources for name, sources in found.items() if sources != self._running[name]
        }
        self._running.update({name: dict(sources) for name, sources in changed.items()})
        return changed

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
