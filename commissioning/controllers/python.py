"""Python logic: processes that the user wrote, for those who have no PLC program yet.

The file defines `logic(line)`; what `line` can do is in `commissioning.sim.logic_line`. It runs only after
the user allowed this very content (`commissioning.files.python_code`), and it makes the run replay-only.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isgenerator
from types import CodeType
from typing import Any, ClassVar, NoReturn

from commissioning.controllers.python_modules import Modules, compile_files
from commissioning.files.python_code import PythonCode
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import ControllerRecord, TagRecord
from commissioning.sim.controller import Controller, ControllerStopped, Task
from commissioning.sim.line import Line
from commissioning.sim.logic_line import Endless, LogicLine, frame_behind
from commissioning.sim.tags import Signal

__all__ = ["Logic", "Python"]

_SHORTEST_NS = 1000


@dataclass(frozen=True)
class Logic:
    """What a controller of type `python` runs."""

    code: PythonCode
    compiled: Mapping[str, CodeType]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the content."""
        return self.code.hash


class Python(Controller):
    """Gives the user's processes a turn at points of the cycle, in the instant where a PLC would scan.

    It sleeps in between: a turn comes after an input changed, and when a time that a process waits for is
    over. Its PLC outputs are published at the end of the turn, from the first one on.
    """

    declaration = TypeDeclaration(
        kind="controller",
        type="python",
        help="Python logic: SimPy processes against tags and ports. Runs only after you allowed its content.",
        params=(
            Param("file", "file", "The file that defines logic(line), relative to the scene.",
                  example="logic.py"),
            Param("cycle", "duration", "It looks at its inputs on this grid, as the scan of a PLC does.",
                  default="10 ms", minimum=_SHORTEST_NS / 1e9),
            Param("io_delay", "duration", "From the turn to the outputs.", default=0.0, minimum=0.0),
        ),
        runs_code=True,
        example="plc: {type: python, file: logic.py}",
    )  # fmt: skip
    replay_only: ClassVar[bool] = True
    constant: ClassVar[tuple[str, ...]] = (
        "every_scan", "line", "logic", "modules", "places", "record", "seen",
    )  # fmt: skip

    def __init__(self, index: int, record: ControllerRecord, line: Line, program: Logic) -> None:
        self.id, self.index, self.record, self.line, self.logic = record.id, index, record, line, program
        self.every_scan = line.every_scan
        mine = [signal for signal in line.tags if signal.controller == record.id]
        self.inputs = [signal for signal in mine if signal.direction == "input"]
        self.outputs = [signal for signal in mine if signal.direction == "output"]
        self.places = {signal.index: k for k, signal in enumerate(self.outputs)}
        self.tasks = [Task("logic", round(record.params["cycle"] * 1e9))]
        self.io_delay_ns = round(record.params["io_delay"] * 1e9)
        self.seen: LogicLine | None = None  # the line as the logic sees it
        self.modules: Modules | None = None

    def refusal(self) -> Problem | None:
        return self.logic.code.refusal()

    def hosted(self, watch: Callable[[Signal], None]) -> None:
        self.seen = LogicLine(self.line, self.id, self.inputs, self.outputs, watch)

    def exchange(self, task: int, t: int, changed: Sequence[tuple[int, Any]]) -> Sequence[tuple[int, Any]]:
        seen = self.seen
        assert seen is not None
        first = self.modules is None
        try:
            if first:
                self._begin(seen)
            written = seen.turn(t, [self.inputs[k] for k, _ in changed])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  the seam to code that the user wrote
            self._stop(error)
        if first:
            return [(k, seen[signal.name]) for k, signal in enumerate(self.outputs)]
        return [(self.places[index], value) for index, value in written]

    def next_wake(self, task: int, t: int) -> int | None:
        assert self.seen is not None
        return t + 1 if self.every_scan else self.seen.next_time()

    def _begin(self, seen: LogicLine) -> None:
        self.modules = Modules(self.logic.code, self.logic.compiled, seen.tick)
        process = self.modules.main().__dict__["logic"](seen)
        if isgenerator(process):
            seen.process(process)

    def _stop(self, error: BaseException) -> NoReturn:
        """Say where the user's code failed, in words."""
        assert self.modules is not None
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if isinstance(error, Endless):
            what = str(error)
        elif isinstance(error, KeyError) and error.args:
            what = str(error.args[0])  # KeyError would quote its words
        where = self.modules.place(error)
        if not where.line:
            frame = frame_behind(error)
            if frame is not None:
                where = Place(frame.f_code.co_filename, frame.f_lineno)
                if not isinstance(error, Endless):
                    what = "a process yields what is no event: yield line.timeout(...), line.rises(...)"
        raise ControllerStopped(
            Problem(
                what=f"Python logic {self.id} stopped: {what}",
                where=Place(where.file, where.line, 0, self.id),
                cure="The line goes on without it; correct the file and run again.",
            )
        ) from error

    # at load ------------------------------------------------------------------------------------

    @classmethod
    def files(cls, record: ControllerRecord) -> Sequence[str]:
        """The file a record names, relative to the scene."""
        return [record.params["file"]]

    @classmethod
    def prepare(cls, record: ControllerRecord, sources: PythonCode, tags: Sequence[TagRecord]) -> Logic:
        """Compile `sources`, running nothing of them. Raises Problems, all at once."""
        found: list[Problem] = []
        compiled = compile_files(sources, found)
        entry = next(file for file in sources.files if file.name == sources.entry)
        if not found and not _defines_logic(entry.content):
            what = f"{entry.path} defines no function logic"
            found.append(Problem(what, Place(entry.path), "Begin with: def logic(line):"))
        if found:
            raise Problems(found)
        return Logic(sources, compiled)


def _defines_logic(content: bytes) -> bool:
    for node in ast.parse(content).body:
        if isinstance(node, ast.FunctionDef) and node.name == "logic":
            return True
        names = [alias.asname or alias.name for alias in getattr(node, "names", ()) if alias is not None]
        if isinstance(node, ast.ImportFrom) and "logic" in names:
            return True
    return False
