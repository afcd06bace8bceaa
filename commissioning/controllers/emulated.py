"""The emulated PLC: Structured Text, in lock-step with the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from commissioning.controllers.changed_program import Plain, key_of, plain_sources, sources_of
from commissioning.controllers.compile_cache import compiled, keep_parser
from commissioning.controllers.emulated_tags import (
    ProgramVariable,
    change_problems,
    inputs_at,
    program_variable,
    tag_problems,
    variable_path,
)
from commissioning.controllers.emulated_tasks import TASK, tasks_of, with_watchdog
from commissioning.model.cache_folder import cache_folder
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import STUBS_CALLED, Kind
from commissioning.model.scene import ControllerRecord, TagRecord
from commissioning.plc import Plc, PlcError, Program, SourcePiece, compile_project
from commissioning.plc.running.kept import kept_variables
from commissioning.plc.running.online_change import OnlineChange
from commissioning.plc.running.retained import RetainReport, read_retained
from commissioning.plc.running.starts import STARTS, StartKind
from commissioning.plc.values.dialects import DIALECTS
from commissioning.plc.values.runtime import STATEMENT_BUDGET
from commissioning.sim.controller import Controller, ControllerStopped, Task
from commissioning.sim.line import Line
from commissioning.sim.stateful import World

if TYPE_CHECKING:
    from commissioning.plc.debugging.coverage import Coverage
    from commissioning.plc.debugging.debugger import Debugger

__all__ = ["Emulated", "variable_path"]

_STARTS: Final[dict[str, StartKind]] = {"cold_start": "cold", "warm_start": "warm", "hot_start": "hot"}


class Emulated(Controller):
    """Runs a compiled program in virtual time.

    A scan is executed only when it can change something: after an input changed, when a timer runs out,
    or while the program has not settled. The reference mode, every scan, gives the same journal.
    """

    declaration = TypeDeclaration(
        kind="controller",
        type="emulated",
        help="Emulated PLC: runs Structured Text in lock-step with the line.",
        params=(
            Param("programs", "list", "Programs, relative to the scene: files, folders, projects.",
                  item=Param("program", "file", "Structured Text, a folder of it, a TwinCAT project "
                             "(.plcproj) or its files, or PLCopen XML."), example="[plc/main.st]"),
            Param("task", "mapping", "Tasks; not needed if declared in the source.", default=None, item=TASK,
                  example="{main: {program: MAIN, cycle: 10 ms}}"),
            Param("io_delay", "duration", "From the scan to the outputs.", default=0.0, minimum=0.0),
            Param("watchdog", "integer", "Statements that one scan of a task may execute, if the task does "
                  "not say how many.", default=STATEMENT_BUDGET, minimum=1),
            Param("dialect", "choice", "Dialect of the language.", default="iec", choices=tuple(DIALECTS)),
            Param("stubs", "boolean", "Whether library blocks, functions and types that the programs use and "
                  "nobody declares become stubs, which are told; calling one stops the PLC.", default=False),
            Param("stub_calls", "choice", "What calling a stub without a body does: stop the PLC, or leave "
                  "everything at its default and raise an alarm.", default="stop",
                  choices=("stop", "defaults")),
        ),
        brings_tags=True,
        actions=(*_STARTS, "stop"),
        example="plc: {type: emulated, programs: [plc/main.st], task: {main: {program: MAIN, cycle: 10 ms}}}",
    )  # fmt: skip
    debuggable: ClassVar[bool] = True
    renews: ClassVar[frozenset[str]] = frozenset({*_STARTS, "start", "change"})
    begins: ClassVar[frozenset[str]] = frozenset({*_STARTS, "start"})
    halts: ClassVar[frozenset[str]] = frozenset({"stop"})
    saved: ClassVar[tuple[str, ...]] = ("published", "sources", "reached")
    derived: ClassVar[tuple[str, ...]] = ("writers", "read_outputs", "compared")
    constant: ClassVar[tuple[str, ...]] = (
        "plc", "every_scan", "record", "started_by", "told", "shared", "paths", "line",
    )  # fmt: skip

    def __init__(self, index: int, record: ControllerRecord, line: Line, program: Program) -> None:
        self.id, self.index, self.record, self.line = record.id, index, record, line
        self.reached = 0  # how many stubs without a body were called, and told
        self.every_scan = line.every_scan
        self.shared = line.loaded.shared
        self.plc: Plc = program.start()
        self.sources: Plain | None = None  # of the last online change
        self.told: RetainReport | OnlineChange | None = None  # what the last start or change told
        mine = [signal for signal in line.tags if signal.controller == record.id]
        self.inputs = [signal for signal in mine if signal.direction == "input"]
        self.outputs = [signal for signal in mine if signal.direction == "output"]
        self.paths = {s.name: variable_path(program, s.path or s.name) for s in mine}
        self._wire()
        line.tags.beyond.append(self._variable)
        self.published: tuple[Any, ...] | None = None  # what the outputs were when last published
        self.tasks = [Task(t.name, t.cycle_ns, t.priority, bool(t.trigger)) for t in program.tasks]
        inputs = [self.paths[signal.name] for signal in self.inputs]
        self.started_by = [inputs_at(program, task.trigger, inputs) for task in program.tasks]
        self.io_delay_ns = round(record.params["io_delay"] * 1e9)

    def _variable(self, name: str) -> ProgramVariable:
        """A variable of the program that is no tag. Raises KeyError."""
        return ProgramVariable(self, program_variable(self.plc.program, name))

    def _wire(self) -> None:
        """The ways from tags to the cells of the program that runs now."""
        self.compared = [self.plc.program.compared(self.paths[s.name]) for s in self.inputs]
        self.writers: list[Callable[[Any], None]] = [
            self.plc.writer(self.paths[s.name], limits)
            for s, limits in zip(self.inputs, self.compared, strict=True)
        ]
        self.read_outputs = self.plc.reader([self.paths[s.name] for s in self.outputs])

    def exchange(
        self, task: int, t: int, changed: Sequence[tuple[int, Any]]
    ) -> Sequence[tuple[int, Any]] | None:
        writers = self.writers
        for k, value in changed:
            writers[k](value)
        if self.tasks[task].event and not self.plc.due(t, task):
            return None
        try:
            self.plc.scan(t, task)
        except PlcError as error:
            raise ControllerStopped(
                Problem(
                    what=f"PLC {self.id} stopped: {error.message}",
                    where=Place(error.file, error.line, error.column, self.id),
                    cure=error.cure or "The line goes on without it; correct the program and run again.",
                )
            ) from error
        if self.plc.program.stub_cells:
            self._alarm()
        values = self.read_outputs()
        before = self.published
        if values == before:
            return ()
        self.published = values
        if before is None:
            return list(enumerate(values))
        return [(k, value) for k, value in enumerate(values) if value != before[k]]

    def _alarm(self) -> None:
        """Tells of stubs that were called for the first time."""
        reached = self.plc.reached_stubs()
        if len(reached) <= self.reached:  # less after a start
            self.reached = len(reached)
            return
        self.reached = len(reached)
        problem = Problem(
            what=f"PLC {self.id} called stubs without a body: {', '.join(reached)}",
            where=Place(id=self.id),
            cure="Everything they give is at its default; complete them",
            severity="warning",
        )
        journal = self.line.journal
        journal.add(int(Kind.PROBLEM), STUBS_CALLED, self.index, journal.text(str(problem)))
        self.line.alarms.append(problem)

    def next_wake(self, task: int, t: int) -> int | None:
        if self.every_scan or not self.plc.settled(task):
            return t + 1
        deadline = self.plc.deadline(task)
        return None if deadline is None else max(deadline, t + 1)

    def triggers(self, task: int) -> Sequence[int]:
        return self.started_by[task]

    def triggered(self, task: int) -> bool:
        return self.plc.triggered(task)

    def compared_with(self, k: int) -> Sequence[float] | None:
        return self.compared[k]

    def disturbed(self, task: int) -> bool:
        return bool(self.plc.disturbed(task))

    @property
    def held(self) -> str:
        return self.plc.held

    def operate(self, action: str, argument: Any) -> None:
        if action in self.renews:
            self.published = None
            if action == "change":
                self.told = self.plc.online_change(self._changed(argument))
                self.sources = argument
                self._wire()
            else:
                kind, retained = argument if action == "start" else (_STARTS[action], "")
                self.told = self.plc.start(kind, retained or None)
        elif action in self.halts:
            return  # the host does it
        elif action == "release":
            self.plc.release(argument)
        else:
            path, value = argument
            if action == "force":
                self.plc.force(path, value)
            else:
                self.plc[path] = value
            self.plc.unsettle()  # it may be an output that no statement touches: a scan has to publish it

    def check_operation(self, action: str, argument: Any) -> None:
        if action == "change":
            self._changed(argument)
        elif action == "start":
            kind, retained = argument
            if kind not in STARTS:
                raise ValueError(f"a PLC starts {', '.join(STARTS)}, not {kind!r:.40}")
            if not isinstance(retained, str):
                raise ValueError("retained values are a text")
            if retained:
                read_retained(retained)
        elif action in _STARTS or action in self.halts:
            pass
        elif action == "release":
            if not isinstance(argument, str):
                raise ValueError("release takes the path of a variable, or an empty text for all of them")
            if argument:
                self.plc.program.location(argument)
        elif action in ("write", "force"):
            pair = isinstance(argument, list | tuple) and len(argument) == 2
            if not (pair and isinstance(argument[0], str)):
                raise ValueError(f"{action} takes the path of a variable and a value")
            self.plc.check(*argument)
        elif action == "alter":
            raise ValueError(f"{self.id} was changed in the middle of a scan, which cannot be repeated")
        else:
            able = "write, force, release, start, stop and change"
            raise ValueError(f"one can {able} what runs in {self.id}, not {action}")

    def coverage(self) -> Coverage:
        return self.plc.coverage()

    def debugger(self, driver: Any) -> Debugger:
        debugger = self.plc.debug()
        debugger.driver = driver
        return debugger

    def retained(self) -> str:
        return self.plc.retained() if any(v.retain for v in kept_variables(self.plc.program)) else ""

    def plain_sources(self, sources: Mapping[str, Any]) -> Plain:
        return plain_sources(sources)

    def _changed(self, plain: Plain) -> Program:
        """The program of these sources, if it fits the line. Raises Problems; ValueError for no sources."""
        known: dict[str, Program] = self.shared.setdefault("changed programs", {})
        key = f"{self.id} {key_of(plain)}"
        if key not in known:
            program = self.prepare(self.record, sources_of(plain), ())
            found = change_problems(program, self.id, self.plc.program, (*self.inputs, *self.outputs))
            if found:
                raise Problems(found)
            known[key] = program
        return known[key]

    def save(self) -> dict[str, Any]:
        return super().save() | {"plc": self.plc.snapshot()}

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        super().restore(data, world)
        if self.sources is not None:
            try:
                changed = self._changed(self.sources)
            except Problems as found:
                raise ValueError(f"a changed program of {self.id}: {found}") from found
            self.plc.online_change(changed)
            self._wire()
        self.plc.restore(data["plc"])

    # at load ------------------------------------------------------------------------------------

    @classmethod
    def files(cls, record: ControllerRecord) -> Sequence[str]:
        """The files a record names, relative to the scene."""
        return list(record.params["programs"])

    @classmethod
    def compile_tests(cls, record: ControllerRecord, sources: Mapping[str, str | SourcePiece]) -> Program:
        """Compile `sources` with the TEST units in them. Raises Problems."""
        keep_parser(cache_folder())
        return compile_project(
            sources,
            dialect=record.params["dialect"],
            tasks=tasks_of(record),
            with_tests=True,
            stubs=record.params["stubs"],
            stub_calls=record.params["stub_calls"],
        )

    @classmethod
    def prepare(
        cls, record: ControllerRecord, sources: Mapping[str, str | SourcePiece], tags: Sequence[TagRecord]
    ) -> Program:
        """Compile `sources` and see that every tag has its variable. Raises Problems, all at once."""
        try:
            program = compiled(
                cache_folder(), sources, record.params["dialect"], tasks_of(record), record.params["stubs"],
                record.params["stub_calls"],
            )  # fmt: skip
            if not record.params["task"]:
                program = with_watchdog(program, record.params["watchdog"])
        except Problems as found:
            raise Problems(_in_scene(problem, record) for problem in found.problems) from found
        problems = []
        for tag in tags:
            problems += tag_problems(program, record.id, tag)
        if not program.tasks:
            problems.append(
                Problem(
                    what=f"controller {record.id} has no task, so nothing would run",
                    where=Place(id=f"controllers.{record.id}"),
                    cure="Say which program runs, for example task: {main: {program: MAIN, cycle: 10 ms}}",
                )
            )
        if problems:
            raise Problems(tuple(problems))
        return program


def _in_scene(problem: Problem, record: ControllerRecord) -> Problem:
    """A problem of a task stands in the scene, not in a source file."""
    where = problem.where
    if where.file or not where.id.startswith("task."):
        return problem
    return replace(problem, where=Place(id=f"controllers.{record.id}.{where.id}"))
