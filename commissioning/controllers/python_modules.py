"""The modules of a scene's Python logic: made of the bytes that were allowed, anew for every run.

They are no modules of this process: what the logic imports from beside it is looked up here and never on
the path of Python, so that two scenes may each have a `belts.py`, a file that was changed after it was
allowed is not seen, and nothing of one run is left over in the next. Installed packages come as always.

Loops, functions and comprehensions count their rounds: who goes round in a circle in one instant is stopped
with file and line, as the watchdog of the emulated PLC would.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any, Final

from commissioning.files.python_code import PythonCode, PythonFile, lies_in
from commissioning.model.problem import Place, Problem

__all__ = ["Modules", "compile_files"]

_TICK: Final = "__commissioning_tick__"
_numbers = itertools.count(1)


def compile_files(code: PythonCode, found: list[Problem]) -> dict[str, CodeType]:
    """The code objects by module name. What cannot be compiled is in `found`. Runs nothing."""
    compiled = {}
    for file in code.files:
        try:
            tree = _Counting().visit(ast.parse(file.content, file.path))
            compiled[file.name] = compile(
                ast.fix_missing_locations(tree), file.path, "exec", dont_inherit=True
            )
        except SyntaxError as error:
            place = Place(file.path, error.lineno or 0, error.offset or 0)
            found.append(Problem(f"this is no Python: {error.msg}", place))
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            found.append(Problem(f"this is no Python: {error or 'nested too deep'}", Place(file.path)))
    return compiled


class _Counting(ast.NodeTransformer):
    """Adds a call that counts to every loop, function and comprehension."""

    def _loop(self, node: Any) -> Any:
        self.generic_visit(node)
        node.body.insert(0, ast.copy_location(ast.Expr(_call(node)), node))
        return node

    visit_While = visit_For = visit_AsyncFor = _loop  # noqa: N815  ast's names

    def _function(self, node: Any) -> Any:
        self.generic_visit(node)
        told = ast.get_docstring(node, clean=False) is not None
        node.body.insert(int(told), ast.copy_location(ast.Expr(_call(node)), node))
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self.generic_visit(node)
        node.body = ast.copy_location(ast.BoolOp(ast.And(), [_call(node.body), node.body]), node.body)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        node.ifs.insert(0, _call(node.iter))
        return node


def _call(where: ast.AST) -> ast.expr:
    name = ast.copy_location(ast.Name(_TICK, ast.Load()), where)
    return ast.copy_location(ast.Call(name, [], []), where)


class Modules:
    """The modules of one run. `tick()` is called for every round and returns True."""

    def __init__(self, code: PythonCode, compiled: Mapping[str, CodeType], tick: Callable[[], bool]) -> None:
        self.code, self.compiled = code, compiled
        self.files = {file.name: file for file in code.files}
        self.loaded: dict[str, ModuleType] = {}
        self.prefix = f"commissioning_logic_{next(_numbers)}"
        self.builtins: dict[str, Any] = dict(vars(builtins)) | {
            "__import__": self._import, _TICK: tick, "print": _print, "input": _no_input,
        }  # fmt: skip

    def main(self) -> ModuleType:
        """The module that the scene names, run now. Raises whatever it raises."""
        return self._load(self.code.entry)

    def place(self, error: BaseException) -> Place:
        """The innermost line of the logic on the way of an exception; no line if there is none."""
        found = Place()
        trace = error.__traceback__
        while trace is not None:
            if self.owns(trace.tb_frame.f_globals):
                found = Place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
            trace = trace.tb_next
        return found

    def owns(self, space: Mapping[str, Any]) -> bool:
        """Whether these are the globals of a module of the logic."""
        return str(space.get("__name__", "")).startswith(f"{self.prefix}.")

    # importing -----------------------------------------------------------------------------------

    def _has(self, name: str) -> bool:
        return name in self.files or any(other.startswith(f"{name}.") for other in self.files)

    def _load(self, name: str) -> ModuleType:
        module = self.loaded.get(name)
        if module is not None:
            return module
        file: PythonFile | None = self.files.get(name)
        module = ModuleType(f"{self.prefix}.{name}")
        module.__dict__["__builtins__"] = self.builtins
        package = name if file is None or file.package else name.rpartition(".")[0]
        module.__package__ = f"{self.prefix}.{package}" if package else self.prefix
        if file is None or file.package:
            module.__path__ = []
        if file is not None:
            module.__file__ = f"{self.code.folder}/{file.path}"
        # dataclasses look up the module of a class there while they are made
        self.loaded[name] = sys.modules[module.__name__] = module
        try:
            if file is not None:
                exec(self.compiled[name], module.__dict__)  # noqa: S102  what the user allowed, see decision 23
        except BaseException:
            del self.loaded[name]
            raise
        finally:
            del sys.modules[module.__name__]
        return module

    def _chain(self, name: str) -> ModuleType:
        """The module and the packages around it, each known to the one before. Raises ModuleNotFoundError."""
        module: ModuleType | None = None
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            part = ".".join(parts[:count])
            if not self._has(part):
                raise ModuleNotFoundError(f"{part} is no module of this scene's logic", name=part)
            outer, module = module, self._load(part)
            if outer is not None:
                setattr(outer, parts[count - 1], module)
        assert module is not None
        return module

    def _import(
        self,
        name: str,
        space: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """The import statement, as `builtins.__import__` has it."""
        if level:
            package = str((space or {}).get("__package__", ""))[len(self.prefix) + 1 :]
            around = package.split(".") if package else []
            if level > len(around):
                raise ImportError("attempted relative import beyond top-level package")
            base = around[: len(around) - level + 1]
            name = ".".join([*base, *([name] if name else [])])
        top = name.partition(".")[0]
        if not self._has(top):
            if top not in sys.modules:
                self._require_foreign(top)
            return builtins.__import__(name, space, local, wanted or (), 0)
        module = self._chain(name)
        if not wanted:
            return self.loaded[top]
        names = getattr(module, "__all__", ()) if "*" in wanted else wanted
        for item in names:
            if not hasattr(module, item) and self._has(f"{name}.{item}"):
                self._chain(f"{name}.{item}")
        return module

    def _require_foreign(self, top: str) -> None:
        """What lies in the scene's folder and was not read when it was allowed is not run either."""
        spec = find_spec(top)
        if spec is not None and lies_in(spec, self.code.folder):
            raise ImportError(
                f"{top} lies in the scene's folder and is not part of what was allowed", name=top
            )


def _print(*values: Any, **how: Any) -> None:
    """To stderr: on stdout stand the answers of the program."""
    builtins.print(*values, **({"file": sys.stderr} | how))  # noqa: T201  it is the user who prints


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("nobody is there to answer: a run does not wait for input")
