"""PLC programs that are in no scene: files and folders of one project, as `validate` and `lint` take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from commissioning.bench.load import SCENE_FILE
from commissioning.bench.program_files import TWINCAT, ProgramFiles, Source
from commissioning.controllers.compile_cache import keep_parser
from commissioning.files.recording import is_recording
from commissioning.model.cache_folder import cache_folder
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc import SourcePiece, compile_project
from commissioning.plc.program import Program
from commissioning.plc.running.tasks import NO_PROGRAM
from commissioning.plc.values.dialects import DIALECTS

__all__ = ["Looked", "dialect_of", "gathered", "look_at", "scene_among"]

_LARGEST = 16 << 20
_EMPTY = "no_program_at_all"  # stands in where a library has none
_KINDS = {"PROGRAM": "program", "FUNCTION_BLOCK": "block", "CLASS": "class", "FUNCTION": "function",
          "INTERFACE": "interface"}  # fmt: skip


@dataclass(frozen=True)
class Looked:
    """A project that compiles. `names`: the paths of its files. `stubs`: Structured Text of what only a
    library declares, or "". `libraries`: the names of those that the project refers to."""

    program: Program
    dialect: str
    names: frozenset[str]
    lines: int
    stubs: str
    libraries: tuple[str, ...] = ()

    @property
    def translated(self) -> tuple[str, ...]:
        """The objects whose bodies were drawn, as "MAIN (LD)"."""
        return tuple(name for piece in self.program.pieces.values() for name in piece.translated)

    def require_apart(self, path: Path) -> None:
        """Raises Problems if that is one of its own files, whose text would be lost."""
        if any(path.resolve() == Path(name).resolve() for name in self.names):
            what = "this is a file of the program: written over, its text would be lost"
            raise Problems(Problem(what, Place(file=str(path)), "Name a new file"))

    def summary(self) -> str:
        """What it is made of and how it runs, in one line."""
        declared = self.program.checked.project.pous.values()
        pous = [pou for pou in declared if pou.file not in (*self.program.stubs, _EMPTY)]
        counted = Counter(_KINDS.get(pou.kind, "") for pou in pous)
        parts = [_number(counted[kind], kind) for kind in _KINDS.values() if counted[kind]]
        tasks = ", ".join(
            f"{task.name} ({f'{task.cycle_ns / 1e6:g} ms' if task.cycle_ns else task.trigger})"
            for task in self.program.tasks
            if task.programs != (_EMPTY,)
        )
        return (
            f"{_number(len(self.names), 'file')}, {_number(self.lines, 'line')}: "
            f"{', '.join(parts) or 'no POU'}. "
            f"Dialect {self.dialect}. Tasks: {tasks or 'none'}."
        )


def look_at(paths: Sequence[Path], dialect: str = "", stubs: bool = False) -> Looked:
    """Compiles a project. Raises Problems with all that is wrong with it."""
    libraries: list[str] = []
    sources = gathered(paths, libraries)
    chosen = dialect_of(sources, dialect)
    program = _compiled(sources, chosen, stubs)
    texts = [source.text if isinstance(source, SourcePiece) else source for source in sources.values()]
    names = frozenset(
        source.file if isinstance(source, SourcePiece) else name for name, source in sources.items()
    )
    lines = sum(text.count("\n") + 1 for text in texts)
    return Looked(program, chosen, names, lines, "\n".join(program.stubs.values()), tuple(libraries))


def _compiled(sources: dict[str, Source], dialect: str, stubs: bool) -> Program:
    """The program; of a library, which has none, with an empty one. Raises Problems."""
    try:
        return compile_project(sources, dialect, stubs=stubs)
    except Problems as found:
        if [problem.what for problem in found.problems] != [NO_PROGRAM]:
            raise
    return compile_project({**sources, _EMPTY: f"PROGRAM {_EMPTY}\nEND_PROGRAM\n"}, dialect, stubs=stubs)


def scene_among(paths: Sequence[Path]) -> Path | None:
    """The scene, where the first path is one, or a recording, which `load` tells apart."""
    first = paths[0]
    if first.is_file() and is_recording(first):
        return first
    if first.is_dir() and (first / SCENE_FILE).is_file():
        return first
    return first if first.name == SCENE_FILE else None


def dialect_of(sources: dict[str, Source], told: str = "") -> str:
    """The dialect that was asked for; else that of the tool the files come from. Raises Problems."""
    if told and told not in DIALECTS:
        raise Problems(Problem(f"there is no dialect {told}", cure=f"Known are {', '.join(DIALECTS)}"))
    files = (source.file for source in sources.values() if isinstance(source, SourcePiece))
    from_twincat = any(PurePosixPath(file).suffix.lower() in TWINCAT for file in files)
    return told or ("twincat" if from_twincat else "iec")


def gathered(paths: Sequence[Path], libraries: list[str] | None = None) -> dict[str, Source]:
    """The texts of all files and folders, by their path; `libraries` takes the names of those that projects
    refer to. Raises Problems where there are none."""
    keep_parser(cache_folder())
    sources: dict[str, Source] = {}
    for path in paths:
        sources |= _gathered(path, [] if libraries is None else libraries)
    if not sources:
        raise Problems(Problem("there is no program in this", Place(file=str(paths[0]))))
    return sources


def _gathered(path: Path, libraries: list[str]) -> dict[str, Source]:
    found: list[Problem] = []
    path = path if path.name not in ("", "..") else path.resolve()
    folder = path.parent

    def read(name: str, where: Place) -> bytes | None:
        file = folder / name
        try:
            if file.stat().st_size > _LARGEST:
                found.append(Problem(f"{file} is larger than {_LARGEST >> 20} MB", where))
                return None
            return file.read_bytes()
        except OSError as error:
            found.append(Problem(f"{file} cannot be read: {error.strerror}", where))
            return None

    files = ProgramFiles(folder, read, found)
    sources = files.gather([(path.name, Place(file=str(path)))])
    libraries += files.libraries
    if found:
        raise Problems(found)
    named: dict[str, Source] = {}
    for name, source in sources.items():
        shown = str(folder / name)
        named[shown] = source if isinstance(source, str) else replace(source, file=str(folder / source.file))
    return named


def _number(count: int, word: str) -> str:
    plural = "es" if word.endswith("s") else "s"
    return f"{count:,} {word}{'' if count == 1 else plural}"
