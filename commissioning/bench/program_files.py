"""The programs that a scene names -> texts to compile: files, folders, TwinCAT projects, PLCopen XML."""

from __future__ import annotations

import posixpath
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from commissioning.files.program_text import program_text
from commissioning.files.xml_reader import read_xml
from commissioning.model.element import Element
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.pieces import SourcePiece
from commissioning.plc.plcopen.project import is_plcopen, read_plcopen
from commissioning.plc.twincat import TwinCatTask, read_twincat, task_piece

TEXTS = frozenset({".st", ".iecst", ".exp"})
TWINCAT = frozenset({".tcpou", ".tcdut", ".tcgvl", ".tcio", ".tctto", ".tctleo"})
PROJECT, XML = ".plcproj", ".xml"
SOLUTION = frozenset({".tsproj", ".xti"})  # TwinCAT: what holds PLC projects among axes and devices
MAX_FILES = 5000
MAX_LEVELS = 10  # of .xti in each other
MAX_BYTES = 64 << 20

Read = Callable[[str, Place], bytes | None]
Source = str | SourcePiece


class ProgramFiles:
    """Gathers what one controller runs.

    `read` gives a file's bytes by its name relative to `folder`, or notes in `found` why there are none.
    """

    def __init__(self, folder: Path, read: Read, found: list[Problem]) -> None:
        self.folder, self.read, self.found = folder, read, found
        self.sources: dict[str, Source] = {}
        self.libraries: list[str] = []  # that the projects refer to, by name
        self._seen: set[str] = set()
        self._tasks: list[TwinCatTask] = []
        self._bytes = 0
        self._level = 0

    def gather(self, names: Iterable[tuple[str, Place]]) -> dict[str, Source]:
        """Source texts by name, in the order of `names`; what is named twice is taken once."""
        for name, where in names:
            if self._is_folder(name):
                self._folder(name, where)
            else:
                self._file(name, where, named=True)
        if self._tasks:
            piece = task_piece(self._tasks)
            self.sources[piece.name] = piece
        return self.sources

    def _is_folder(self, name: str) -> bool:
        path = PurePosixPath(name)
        try:
            # not the scene's own folder either: not everything there belongs to this controller
            inside = path.parts and not path.is_absolute() and ".." not in path.parts and name.isprintable()
            return bool(inside) and (self.folder / name).is_dir()
        except OSError:
            return False

    def _folder(self, name: str, where: Place) -> None:
        """Everything below it that is a program. Where there is a TwinCAT project, that says what belongs to
        it: objects that are on disk only are not built by TwinCAT either."""
        paths = sorted(_below(self.folder / name), key=lambda path: path.as_posix())
        if len(paths) > MAX_FILES:
            self.found.append(Problem(f"{name} holds more than {MAX_FILES} files", where, "Name fewer"))
            return
        names = [path.relative_to(self.folder).as_posix() for path in paths]
        projects = [file for file in names if _kind(file) == PROJECT]
        before = len(self.found)
        for file in names:
            kind = _kind(file)
            if kind in TEXTS or kind in (PROJECT, XML) or (kind in TWINCAT and not projects):
                self._file(file, where, named=False)
        if len(self.found) == before and not any(file in self._seen for file in names):
            what = f"there is no program in the folder {name}"
            cure = "Programs are .st, .iecst, .exp, .plcproj, .TcPOU and their like, and PLCopen .xml"
            self.found.append(Problem(what, where, cure))

    def _file(self, name: str, where: Place, named: bool) -> None:
        if name in self._seen:
            return
        kind = _kind(name)
        if self._bytes > MAX_BYTES:
            return  # said already
        content = self.read(name, where)
        if content is None:
            return
        self._bytes += len(content)
        if self._bytes > MAX_BYTES:
            what = f"the programs are larger than {MAX_BYTES >> 20} MiB together"
            self.found.append(Problem(what, where, "Name fewer files"))
            return
        if kind not in (PROJECT, XML, *SOLUTION) and kind not in TWINCAT:
            self._seen.add(name)
            self._text(name, content)
            return
        try:
            root = read_xml(content, name)
        except Problems as problems:
            self.found += problems.problems
            return
        if kind == XML and not named and not is_plcopen(root):
            return  # a folder may hold other XML
        self._seen.add(name)
        if kind == PROJECT:
            self._project(root, name)
        elif kind in SOLUTION:
            self._solution(root, name)
        elif kind == XML:
            pieces, problems_found = read_plcopen(root, name)
            self._take(pieces, problems_found)
        else:
            pieces, tasks, problems_found = read_twincat(root, name)
            self._take(pieces, problems_found)
            self._tasks += tasks

    def _text(self, name: str, content: bytes) -> None:
        try:
            self.sources[name] = program_text(content)
        except UnicodeDecodeError as error:
            mark = len(BOM_UTF8) if content.startswith(BOM_UTF8) else 0
            start = error.start + mark if error.encoding == "utf-8" else 0
            before = content[mark:start].decode("utf-8", "replace").split("\n")
            place = Place(name, len(before), len(before[-1]) + 1)
            what = f"{name} is not UTF-8 (byte {start}), and neither UTF-16 nor cp1252"
            self.found.append(Problem(what, place, "Save it as UTF-8"))

    def _take(self, pieces: list[SourcePiece], problems: list[Problem]) -> None:
        self.found += problems
        for piece in pieces:
            self.sources[piece.name] = piece

    def _project(self, root: Element, name: str) -> None:
        """A .plcproj: the files that it compiles, in its order."""
        if root.tag != "Project":
            place = Place(name, root.line, root.column)
            self.found.append(Problem(f"this is no TwinCAT project (<{root.tag}>)", place))
            return
        home = posixpath.dirname(name)
        self._refer(item for item in root.walk() if item.tag in ("PlaceholderReference", "LibraryReference"))
        for item in root.walk():
            if item.tag != "Compile" or not item.get("Include") or _excluded(item):
                continue
            included = unquote(item.get("Include")).replace("\\", "/")
            if _kind(included) not in TWINCAT:
                continue  # text lists, visualisations and the like hold no program
            where = Place(name, item.line, item.column)
            self._file(self._on_disk(posixpath.normpath(posixpath.join(home, included))), where, named=True)

    def _solution(self, root: Element, name: str) -> None:
        """A .tsproj or .xti: the PLC projects in it, which may stand in an .xti of their own."""
        home, named = posixpath.dirname(name), False
        if self._level == MAX_LEVELS:
            what = f"{name} is the last of {MAX_LEVELS} files that lead to one another"
            self.found.append(Problem(what, Place(name, root.line, root.column), "Name its .plcproj"))
            return
        self._level += 1
        for item in root.walk():
            where = Place(name, item.line, item.column)
            path = unquote(item.get("PrjFilePath")).replace("\\", "/")
            if item.tag == "Project" and _kind(path) == PROJECT:
                named = True
                self._file(self._on_disk(posixpath.normpath(posixpath.join(home, path))), where, named=True)
            elif item.tag == "Project" and _kind(item.get("File")) == ".xti":
                named = True
                path = posixpath.join(home, "_Config", "PLC", item.get("File").replace("\\", "/"))
                self._file(self._on_disk(posixpath.normpath(path)), where, named=True)
        self._level -= 1
        if not named:
            what = f"there is no PLC project in {name}"
            self.found.append(Problem(what, Place(name, root.line, root.column), "Name its .plcproj"))

    def _refer(self, references: Iterable[Element]) -> None:
        """Notes the libraries of a project: `Include="TcUnit,1.2.0.0,www.tcunit.org"`."""
        for reference in references:
            name = reference.get("Include").split(",")[0].strip()
            if name and name not in self.libraries:
                self.libraries.append(name)

    def _on_disk(self, name: str) -> str:
        """The name as it is spelled on disk: a project made on Windows does not mind the case."""
        if ".." in PurePosixPath(name).parts or (self.folder / name).exists():
            return name
        spelled = ""
        for part in PurePosixPath(name).parts:
            try:
                entries = sorted(path.name for path in (self.folder / spelled).iterdir())
            except OSError:
                return name
            found = [entry for entry in entries if entry.casefold() == part.casefold()]
            if not found:
                return name
            spelled = posixpath.join(spelled, found[0])
        return spelled


def _kind(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _excluded(item: Element) -> bool:
    told = item.child("ExcludeFromBuild")
    return told is not None and told.text.strip().lower() == "true"


def _below(folder: Path) -> Iterator[Path]:
    """The files below a folder; no hidden ones, and no folder that a link leads to."""
    waiting = [folder]
    count = 0
    while waiting and count <= MAX_FILES:
        try:
            entries = list(waiting.pop().iterdir())
        except OSError:
            continue
        for path in entries:
            if path.name.startswith("."):
                continue
            if path.is_dir():
                if not path.is_symlink():
                    waiting.append(path)
            elif path.is_file():
                count += 1
                yield path
