"""Compiled programs, kept from one process to the next: what was compiled once is only read again.

A program is found by everything it depends on: its texts, the options, and the files of the compiler itself.
What is kept is Python's own form of code and data, which runs what stands in it: so it lies in a folder that
only its user can write, as Python's own compiled files do; one that somebody else could write is not used.
The typed tree, which debugging and tests want, is not kept: it is made again when somebody asks for it.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import marshal
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from types import CodeType
from typing import Any

from commissioning.model.cache_folder import is_own, own_folder
from commissioning.plc import program as program_module
from commissioning.plc.checking.scope import Pou
from commissioning.plc.generation.checked import Checked
from commissioning.plc.pieces import SourcePiece, compile_project
from commissioning.plc.program import Program, TaskSpec
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.syntax.parser import keep_tables, units
from commissioning.plc.values.iec_types import ELEMENTARY, IecType

__all__ = ["compiled", "keep_parser"]

_MOST_FILES = 200
_BROKEN = (pickle.UnpicklingError, LookupError, AttributeError, EOFError, ImportError, TypeError, ValueError)
_FORMAT = b"commissioning program 1\n"
Sources = Mapping[str, str | SourcePiece]


def compiled(
    folder: Path | None, sources: Sources, dialect: str = "iec", tasks: Sequence[TaskSpec] = (),
    stubs: bool = False, stub_calls: str = "stop",
) -> Program:  # fmt: skip
    """As `compile_project`; `folder`: where compiled programs are kept, None for nowhere. Raises Problems."""

    def anew() -> Program:
        return compile_project(sources, dialect, tasks, stubs=stubs, stub_calls=stub_calls)

    if folder is None:
        return anew()
    keep_parser(folder)
    file = folder / "programs" / f"{_key(sources, dialect, tasks, (stubs, stub_calls))}.plc"
    known = _read(file, anew)
    if known is not None:
        return known
    program = anew()
    with suppress(OSError, RecursionError, pickle.PicklingError, TypeError, AttributeError, ValueError):
        _write(file, program)
    return program


def keep_parser(folder: Path | None) -> None:
    """Keeps the tables of the parser in a folder for caches, too."""
    own = own_folder(folder, "programs")
    if own is not None:
        keep_tables(str(own / "parser.lark"))


def _key(sources: Sources, dialect: str, tasks: Sequence[TaskSpec], stubs: tuple[bool, str]) -> str:
    digest = hashlib.sha256(compiler_hash())
    for name, source in sources.items():
        text = source.text if isinstance(source, SourcePiece) else source
        digest.update(repr((name, len(text))).encode())
        digest.update(text.encode("utf-8", "surrogatepass"))
        if isinstance(source, SourcePiece):
            digest.update(repr((source.file, source.marks, source.translated)).encode())
    digest.update(repr((dialect, tuple(tasks), stubs)).encode())
    return digest.hexdigest()


@cache
def compiler_hash() -> bytes:
    """Of everything that decides what a text becomes: the files of this room, Python and the parser."""
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {sys.hexversion}".encode())
    digest.update(metadata.version("lark").encode())
    room = Path(program_module.__file__ or "").parent
    for file in sorted(room.rglob("*")):
        if file.suffix in (".py", ".lark"):
            digest.update(file.relative_to(room).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.digest()


# ---- files ---------------------------------------------------------------------------------------------


def _read(file: Path, anew: Callable[[], Program]) -> Program | None:
    try:
        if not is_own(file.parent) or not is_own(file):
            return None
        data = file.read_bytes()
    except OSError:
        return None
    if not data.startswith(_FORMAT):
        return None
    digest, body = data[len(_FORMAT) :][:32], data[len(_FORMAT) + 32 :]
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        found = _Reader(io.BytesIO(body), anew).load()
    except _BROKEN:
        return None
    return found if isinstance(found, Program) else None


def _write(file: Path, program: Program) -> None:
    body = io.BytesIO()
    _Writer(body, pickle.HIGHEST_PROTOCOL).dump(program)
    data = body.getvalue()
    folder = own_folder(file.parent.parent, file.parent.name)
    if folder is None:
        return
    _make_room(folder)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(_FORMAT + hashlib.sha256(data).digest() + data)
        os.replace(name, file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _make_room(folder: Path) -> None:
    """Removes those that were written first, where there are many."""
    files = sorted(folder.glob("*.plc"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - _MOST_FILES + 1)]:
        file.unlink(missing_ok=True)


# ---- form ----------------------------------------------------------------------------------------------


def elementary(name: str) -> IecType:
    """A type that the compiler knows by itself: the very same object."""
    return ELEMENTARY[name]


def standard_block(name: str) -> StandardBlock:
    return STANDARD_BLOCKS[name]


class _Writer(pickle.Pickler):
    def persistent_id(self, found: Any) -> str | None:
        return "checked" if isinstance(found, Checked) else None

    def reducer_override(self, found: Any) -> Any:
        if isinstance(found, CodeType):
            return marshal.loads, (marshal.dumps(found),)
        if isinstance(found, IecType) and ELEMENTARY.get(found.name) is found:
            return elementary, (found.name,)
        if isinstance(found, StandardBlock) and STANDARD_BLOCKS.get(found.name) is found:
            return standard_block, (found.name,)
        if isinstance(found, Pou):
            state = {name: getattr(found, name) for name in Pou.__slots__}
            tree = found.tree
            if tree is not None:
                state["tree"] = units.Pou(tree.kind, tree.name, None, (), (), tree.at, tree.modifiers)
            state |= {"calls": {}, "invokes": {}, "touches": set(), "late": []}
            state |= {"init_arguments": {}, "init_rows": {}}
            return copyreg.__newobj__, (Pou,), (None, state)  # type: ignore[attr-defined]
        return NotImplemented


class _Reader(pickle.Unpickler):
    def __init__(self, body: io.BytesIO, anew: Callable[[], Program]) -> None:
        super().__init__(body)
        self._anew = anew

    def persistent_load(self, name: Any) -> Any:
        if name != "checked":
            raise pickle.UnpicklingError(name)
        return _LateChecked(self._anew)


class _LateChecked:
    """The typed tree of a program that was read from the cache: compiled when somebody asks for it."""

    def __init__(self, anew: Callable[[], Program]) -> None:
        self._anew = anew
        self._found: Checked | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._found is None:
            self._found = self._anew().checked
        return getattr(self._found, name)
