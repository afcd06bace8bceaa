"""Python that comes with a scene: the file that a controller names and what it imports from beside it.

Nothing of it is run here, nor by anybody before the user has allowed exactly this content. Imports are read
off the syntax tree. What is found below the folder of the named file belongs to the code and counts into its
hash; everything else is a package of this computer, and is listed. The bytes that were hashed are kept: who
runs the code runs these, not what the files may hold by then.
"""

from __future__ import annotations

import ast
import hashlib
import posixpath
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from commissioning.model.problem import Place, Problem

__all__ = ["PythonCode", "PythonFile", "PythonFiles", "lies_in"]

MAX_FILES = 500
MAX_BYTES = 4 << 20
_FORMAT = b"commissioning-code/1\n"

Read = Callable[[str, Place], bytes | None]


@dataclass(frozen=True)
class PythonFile:
    """One module: its dotted `name`, its `path` relative to the scene, the bytes that were hashed."""

    name: str
    path: str
    content: bytes
    package: bool = False


@dataclass(frozen=True)
class PythonCode:
    """What one controller would run. `files` by module name; `entry` is the name of the first one.

    `installed`: packages of this computer that it imports. `hash`: SHA-256 (hex) over names and contents.
    `folder`: the scene's. `where`: where the scene names the code. `allowed`: the user allowed this hash.
    """

    entry: str
    files: tuple[PythonFile, ...]
    installed: tuple[str, ...]
    hash: str
    folder: str
    where: Place
    allowed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of its files, the named one first."""
        first = [file.path for file in self.files if file.name == self.entry]
        return (*first, *sorted(file.path for file in self.files if file.name != self.entry))

    def refusal(self) -> Problem | None:
        """Why it may not run; None if it may."""
        if self.allowed:
            return None
        besides = f"; from this computer it imports {', '.join(self.installed)}" if self.installed else ""
        return Problem(
            f"this scene brings Python of its own ({', '.join(self.names)}), which nobody has allowed to "
            f"run{besides}",
            self.where,
            f"Read it. If you trust it, add --allow-code {self.hash}",
        )


class PythonFiles:
    """Gathers the code that one controller names.

    `read` gives a file's bytes by its name relative to `folder`, or notes in `found` why there are none.
    """

    def __init__(self, folder: Path, read: Read, found: list[Problem], allowed: frozenset[str]) -> None:
        self.folder, self.read, self.found, self.allowed = folder, read, found, allowed
        self.root = ""
        self.files: dict[str, PythonFile] = {}
        self.installed: dict[str, None] = {}
        self._waiting: list[PythonFile] = []
        self._bytes = 0

    def gather(self, name: str, where: Place) -> PythonCode:
        """The code of the file `name`. What is wrong with it is in `found`."""
        self.root = posixpath.dirname(name)
        entry = PurePosixPath(name).stem
        if not name.endswith(".py") or not entry.isidentifier():
            what = f"{name} cannot be the name of a Python module"
            self.found.append(Problem(what, where, "Name a file such as logic.py"))
        else:
            self._take(entry, name, where)
        while self._waiting:
            self._imports(self._waiting.pop(0))
        files = tuple(sorted(self.files.values(), key=lambda file: file.name))
        digest = _digest(entry, files)
        return PythonCode(
            entry, files, tuple(sorted(self.installed)), digest, str(self.folder.resolve()), where,
            digest in self.allowed,
        )  # fmt: skip

    # files ---------------------------------------------------------------------------------------

    def _take(self, name: str, path: str, where: Place, package: bool = False) -> None:
        if name in self.files:
            return
        if len(self.files) >= MAX_FILES or self._bytes > MAX_BYTES:
            what = f"the logic has more than {MAX_FILES} files, or more than {MAX_BYTES >> 20} MiB"
            if not any(problem.what == what for problem in self.found):
                self.found.append(Problem(what, where, "Install what is large as a package"))
            return
        content = self.read(path, where)
        if content is None:
            return
        self._bytes += len(content)
        file = self.files[name] = PythonFile(name, path, content, package)
        self._waiting.append(file)

    def _own(self, name: str, where: Place) -> bool:
        """Take in module `name` and the packages around it; False if it is none of this folder."""
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            return False
        if not self._path(parts) and not self._is_folder(parts):
            return False
        for count in range(1, len(parts) + 1):
            found = self._path(parts[:count])
            if found:
                self._take(".".join(parts[:count]), found, where, found.endswith("/__init__.py"))
            elif not self._is_folder(parts[:count]):
                break  # an attribute of a module, as os.path
        return True

    def _path(self, parts: list[str]) -> str:
        """The file of a module, relative to the scene; "" if there is none."""
        stem = posixpath.join(self.root, *parts)
        for path in (f"{stem}/__init__.py", f"{stem}.py"):
            if (self.folder / path).is_file():
                return path
        return ""

    def _is_folder(self, parts: list[str]) -> bool:
        """Whether it is a folder with Python in it, without an __init__.py."""
        folder = self.folder / posixpath.join(self.root, *parts)
        try:
            return folder.is_dir() and any(entry.suffix == ".py" for entry in folder.iterdir())
        except OSError:
            return False

    # imports -------------------------------------------------------------------------------------

    def _imports(self, file: PythonFile) -> None:
        try:
            tree = ast.parse(file.content, file.path)
        except SyntaxError as error:
            place = Place(file.path, error.lineno or 0, error.offset or 0)
            self.found.append(Problem(f"this is no Python: {error.msg}", place))
            return
        except (ValueError, RecursionError, MemoryError) as error:
            self.found.append(Problem(f"this is no Python: {error or 'nested too deep'}", Place(file.path)))
            return
        package = file.name if file.package else file.name.rpartition(".")[0]
        for node, guarded in _import_nodes(tree):
            where = Place(file.path, node.lineno, node.col_offset + 1)
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._import(alias.name, where, guarded)
                continue
            base = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                if node.level > len(parts):
                    self.found.append(Problem("this import leads out of the package", where))
                    continue
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            if self._import(base, where, guarded):
                self._members(base, [alias.name for alias in node.names], where)

    def _import(self, name: str, where: Place, guarded: bool) -> bool:
        """Whether the module is one of the scene's."""
        top = name.partition(".")[0]
        if top == "__future__":
            return False
        if self._own(top, where):
            if top != name:
                self._own(name, where)
            return True
        self.installed[top] = None
        if not guarded:
            self._require_installed(top, where)
        return False

    def _members(self, package: str, names: list[str], where: Place) -> None:
        """Modules that `from package import names` means."""
        parts = package.split(".")
        for name in names:
            if name != "*":
                if self._path([*parts, name]) or self._is_folder([*parts, name]):
                    self._own(f"{package}.{name}", where)
                continue
            folder = self.folder / posixpath.join(self.root, *parts)
            if folder.is_dir():
                for entry in sorted(folder.glob("*.py")):
                    if entry.stem != "__init__":
                        self._own(f"{package}.{entry.stem}", where)

    def _require_installed(self, top: str, where: Place) -> None:
        try:
            spec = find_spec(top)
        except (ImportError, ValueError):
            return  # it is there and says nothing of where it came from
        if spec is None:
            cure = f"Put {top}.py beside the file, or install it where commissioning runs"
            self.found.append(Problem(f"there is no module {top}", where, cure))
        elif top not in sys.modules and lies_in(spec, str(self.folder.resolve())):
            what = f"{top} lies in the scene's folder, but not below the folder of the file that imports it"
            self.found.append(Problem(what, where, f"Move it into {self.root or 'that'}"))


def lies_in(spec: ModuleSpec, folder: str) -> bool:
    """Whether a module that Python has found is the scene's own: in its folder, and not in an environment of
    Python that may stand there. A package may have several folders, and no file."""
    places = [spec.origin] if spec.has_location and spec.origin else []
    for place in (*places, *(spec.submodule_search_locations or ())):
        path = Path(place).resolve()
        if path.is_relative_to(folder):
            installed = path.is_relative_to(sys.prefix) or "site-packages" in path.parts
            if not installed:
                return True
    return False


def _import_nodes(tree: ast.AST) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import, in order of the text, and whether the code can do without it."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, guarded = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, guarded
            continue
        guarded = guarded or isinstance(node, ast.Try) or _is_type_checking(node)
        waiting.extend((child, guarded) for child in reversed(list(ast.iter_child_nodes(node))))


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _digest(entry: str, files: tuple[PythonFile, ...]) -> str:
    total = hashlib.sha256(_FORMAT)
    for text in (entry.encode(), *(piece for f in files for piece in (f.path.encode(), f.content))):
        total.update(len(text).to_bytes(8, "little") + text)
    return total.hexdigest()
