"""What the PLC panel shows, read in the run's own thread: values, where it is held, coverage. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commissioning.app.words import value_text

if TYPE_CHECKING:
    from commissioning.plc.debugging.anchors import KeptBreakpoint
    from commissioning.plc.debugging.coverage import Coverage, LineMark
    from commissioning.plc.debugging.cross_reference import Declared
    from commissioning.plc.debugging.cycles import Cycles
    from commissioning.plc.debugging.debugger import Debugger, Where
    from commissioning.plc.program import Program

MOST_IN_LINE = 5  # values behind a statement
BLOCK_VALUES = ("Q", "CV")  # what a standard block shows


@dataclass(frozen=True)
class Wanted:
    """What is on the screen. `instances`: POU -> the one whose values are shown; `first`..`last`: lines."""

    source: str = ""
    first: int = 1
    last: int = 0
    instances: Mapping[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    coverage: bool = False
    frame: int = 0


@dataclass(frozen=True)
class Watched:
    """One row of the watch table; `problem`: why there is no value."""

    path: str
    type: str = ""
    value: Any = None
    text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Seen:
    """The answer."""

    where: Where | None = None
    watched: tuple[Watched, ...] = ()
    inline: Mapping[int, str] = field(default_factory=dict)
    forced: Mapping[str, Any] = field(default_factory=dict)
    breakpoints: tuple[tuple[str, int, bool, str], ...] = ()  # text, line, enabled, condition
    marks: Mapping[int, LineMark] = field(default_factory=dict)
    covered: str = ""
    locals: tuple[tuple[str, str, str], ...] = ()
    cycles: str = ""
    stopped: str = ""
    kept: tuple[KeptBreakpoint, ...] = ()
    lost: tuple[str, ...] = ()  # breakpoints that are gone, told once
    trace: Any = None
    changed: Program | None = None  # the PLC has another program now, this one


class PlcReading:
    """Of one program: which variables stand in which line, which instances a POU has."""

    def __init__(self, program: Program) -> None:
        from commissioning.plc.debugging.cross_reference import CrossReference

        self.program = program
        self._covered: tuple[tuple[int, str], tuple[str, Mapping[int, LineMark]]] | None = None
        self.references = CrossReference(program)
        self.lines: dict[tuple[str, int], list[Declared]] = {}
        for variable in self.references.variables.values():
            for place in dict.fromkeys((use.source, use.line) for use in variable.uses):
                self.lines.setdefault(place, []).append(variable)
        self.instances: dict[str, list[str]] = {}
        for plan in program.memories:
            if plan.path:
                self.instances.setdefault(plan.pou.name, []).append(plan.path)
        self.sources = [name for name, text in program.checked.sources.items() if text.strip()]

    def pous_of(self, source: str) -> list[tuple[str, int]]:
        """(name, line) of the POUs that a text declares, in order."""
        found = [
            (pou.name, pou.tree.at.line)
            for pou in self.program.checked.project.pous.values()
            if pou.file == source and pou.tree is not None and pou.owner is None
        ]
        return sorted(found, key=lambda pair: pair[1])

    def path_of(self, word: str, source: str, line: int, instances: Mapping[str, str]) -> str:
        """The path of a variable as it stands in a line, in the instances that are shown; "" for none."""
        pous = [name for name, start in self.pous_of(source) if start <= line]
        instance = instances.get(pous[-1], "") if pous else ""
        for path in (f"{instance}.{word}" if instance else "", word):
            try:
                if path:
                    return self.program.location(path).variable.path
            except KeyError:
                continue
        return ""

    def declared(self, path: str) -> Declared | None:
        """Where the variable at a path is declared: of "MAIN.zones[3].speed", MAIN's zones. None: nowhere."""
        known = {p.upper(): pou for pou, paths in self.instances.items() for p in paths}
        parts = path.upper().split(".")
        for length in range(len(parts) - 1, -1, -1):
            pou = known.get(".".join(parts[:length])) if length else ""
            if pou is None:
                continue
            name = parts[length].partition("[")[0]
            found = self.references.variables.get(f"{pou.upper()}.{name}" if pou else name)
            if found is not None:
                return found
        return None

    def read(self, debugger: Debugger, wanted: Wanted, cycles: Cycles | None, trace: Any) -> Seen:
        """In the run's thread."""
        plc = debugger.plc
        if plc.program is not self.program:  # an online change
            return Seen(changed=plc.program)
        where = debugger.where
        value = _Reader(debugger, wanted.frame)
        measured = plc.coverage() if wanted.coverage else None
        inline: dict[int, str] = {}
        for line in range(wanted.first, wanted.last + 1):
            variables = self.lines.get((wanted.source, line))
            if variables:
                inline[line] = self._line(variables, wanted, value)
        points = tuple(
            (point.source, point.line, point.enabled, getattr(point.condition, "text", ""))
            for point in debugger.breakpoints
            if not point.once
        )
        covered, marks = self._coverage(measured, wanted.source) if measured is not None else ("", {})
        frame = min(wanted.frame, len(where.stack) - 1) if where is not None else 0
        lost = tuple(debugger.lost)
        debugger.lost.clear()
        return Seen(
            where, tuple(value.watched(path) for path in wanted.watched), inline, dict(plc.forced), points,
            marks, covered,
            tuple((v.name, v.type, value_text(v.type, v.value)) for v in debugger.locals(frame)),
            cycles.text().strip() if cycles is not None else "",
            "" if plc.stopped is None else str(plc.stopped), debugger.kept(), lost, _copy(trace),
        )  # fmt: skip

    def _coverage(self, measured: Coverage, source: str) -> tuple[str, Mapping[int, LineMark]]:
        """In words, and the marks of a text; worked out again only when something new has been executed."""
        key = (measured.total(), source)
        if self._covered is None or self._covered[0] != key:
            (a, b), (c, d) = measured.statements, measured.branches
            words = f"{a}/{b} statements, {c}/{d} branches"
            self._covered = (key, (words, measured.lines(source)))
        return self._covered[1]

    def _line(self, variables: list[Declared], wanted: Wanted, value: _Reader) -> str:
        words = []
        for variable in variables[:MOST_IN_LINE]:
            name = variable.name.rpartition(".")[2]
            instance = wanted.instances.get(variable.owner, "")
            text = value.text(name, variable.owner, f"{instance}.{name}" if instance else name)
            if text:
                words.append(f"{name} = {text}")
        more = len(variables) - MOST_IN_LINE
        return "   ".join([*words, *([f"+{more}"] if more > 0 else [])])


class _Reader:
    """Values by path; inside a held call its own variables come first."""

    def __init__(self, debugger: Debugger, frame: int) -> None:
        self._debugger, self._frame = debugger, frame
        self._plc = debugger.plc

    def text(self, name: str, owner: str, path: str) -> str:
        """Of a variable of POU `owner`, "" where there is none to show."""
        where = self._debugger.where
        if where is not None and owner:
            frame = min(self._frame, len(where.stack) - 1)
            inside = where.stack[frame]
            if owner in (inside.pou, f"{inside.path.split('.')[-2:][0]}.{inside.pou}"):
                for local in self._debugger.locals(frame):
                    if local.name.upper() == name.upper():
                        return value_text(local.type, local.value)
        if owner and "." not in path:
            return ""  # of a function that is not being executed
        for tried in (path, *(f"{path}.{part}" for part in BLOCK_VALUES)):
            try:
                kind = self._plc.program.location(tried).variable.type
            except KeyError:
                continue
            shown = value_text(kind, self._plc[tried])
            return shown if tried == path else f"{tried.rpartition('.')[2]} {shown}"
        return ""

    def watched(self, path: str) -> Watched:
        where = self._debugger.where
        try:
            value = self._debugger.read(path, min(self._frame, len(where.stack) - 1) if where else 0)
        except KeyError as error:
            return Watched(path, problem=str(error.args[0]) if error.args else "unknown")
        try:
            kind = self._plc.program.location(path).variable.type
        except KeyError:
            kind = _kind(value)
        return Watched(path, kind, value, value_text(kind, value))


def _kind(value: Any) -> str:
    return {bool: "BOOL", int: "LINT", float: "LREAL", str: "STRING"}.get(type(value), "")


@dataclass(frozen=True)
class TraceCopy:
    """A trace as it is now, for the other thread."""

    paths: tuple[str, ...]
    types: tuple[str, ...]
    state: str
    triggered_ns: int | None
    now_ns: int
    samples: tuple[tuple[int, tuple[Any, ...]], ...]
    csv: Callable[[], str]
    vcd: Callable[[], str]


MOST_SAMPLES = 4000  # drawn


def _copy(trace: Any) -> TraceCopy | None:
    if trace is None:
        return None
    plc = trace.plc
    types = tuple(plc.program.variable(path).type for path in trace.paths)
    samples = trace.latest(MOST_SAMPLES)
    return TraceCopy(
        trace.paths, types, trace.state, trace.triggered_ns, plc.now_ns, samples, trace.csv, trace.vcd
    )
