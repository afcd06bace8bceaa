"""What a check is: a requirement on a run, or on several.

Two halves: `observe` turns a run, live or recorded, into a *measure* (plain data), `judge` turns the
measures of one run or thirty into a verdict. A check reads the journal and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.expression import Expression, ExpressionType, NameInfo, names_in_header, parse
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import CheckRecord, RunRecord
from commissioning.sim.analysis.cause import cause_chain
from commissioning.sim.analysis.evaluate import Monitor
from commissioning.sim.analysis.trace import companions, waveforms

__all__ = [
    "COMMON", "Check", "JournalView", "Measure", "Observer", "RecordsView", "RunView", "Verdict",
    "VerdictWord",
]  # fmt: skip

VerdictWord = Literal["PASS", "FAIL", "INCONCLUSIVE", "NOT RUN"]
Measure = dict[str, Any]
"""What a check saw in one run: plain JSON data, see each check."""

COMMON = (
    Param("for", "duration", "How long the run lasts. Without it: the scene's `run.length`.",
          default=None, exclusive_minimum=0.0, example="10 min"),
    Param("scenario", "scenario", "The stimulus. Without it: the one the scene's `run` names.", default=None),
)  # fmt: skip
_MARGIN = 0.25  # of what a trace must show, before and after it
_SIGNALS = 10  # waveforms of a trace


class RunView(Protocol):
    """A run as a check sees it. `end_ns`: the instant up to which everything is recorded."""

    @property
    def header(self) -> Mapping[str, Any]: ...
    @property
    def texts(self) -> Sequence[str]: ...
    @property
    def end_ns(self) -> int: ...
    def records(self) -> NDArray[np.void]: ...


class _Journal(Protocol):
    @property
    def header(self) -> Mapping[str, Any]: ...
    @property
    def texts(self) -> Sequence[str]: ...
    def records(self) -> NDArray[np.void]: ...


@dataclass(frozen=True)
class JournalView:
    """The view of a journal up to `end_ns`, of a live run between instants or of a recording."""

    journal: _Journal
    end_ns: int

    @property
    def header(self) -> Mapping[str, Any]:
        return self.journal.header

    @property
    def texts(self) -> Sequence[str]:
        return self.journal.texts

    def records(self) -> NDArray[np.void]:
        return self.journal.records()


@dataclass(frozen=True)
class RecordsView:
    """The view of records that are there as one array: a recording's."""

    header: Mapping[str, Any]
    texts: Sequence[str]
    rows: NDArray[np.void]
    end_ns: int

    def records(self) -> NDArray[np.void]:
        return self.rows


@dataclass(frozen=True)
class Verdict:
    """What a check says. `measured`, `limit` and `interval` are in `unit`; `at_s` is when it failed.

    `causes`: (t ns, text) from the failing edge back to what began it. `trace`: {start_ns, end_ns,
    marks: [[t_ns, text]], signals: waveforms}. `details`: what else the report shows.
    """

    id: str
    type: str
    verdict: VerdictWord
    measured: float | None = None
    limit: float | None = None
    unit: str = ""
    interval: tuple[float, float] | None = None
    at_s: float | None = None
    why: str = ""
    causes: tuple[tuple[int, str], ...] = ()
    trace: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    scenario: str = ""
    """What the run of the check went through."""

    def as_json(self) -> dict[str, Any]:
        """The keys that `check --json` promises."""
        return {
            "id": self.id, "type": self.type, "verdict": self.verdict, "measured": self.measured,
            "limit": self.limit, "unit": self.unit,
            "interval": None if self.interval is None else list(self.interval), "at_s": self.at_s,
            "why": self.why,
        }  # fmt: skip

    def finding(self) -> dict[str, Any]:
        """What explains the verdict, beside what is promised."""
        return {
            "id": self.id, "scenario": self.scenario, "causes": [list(cause) for cause in self.causes],
            "trace": self.trace,
        }  # fmt: skip


class Check(ABC):
    """Base class. `expressions` names the parameters that hold expressions, with the types they may have.

    Raises Problems if a parameter makes no sense; the names in expressions are known when there is a
    journal header, see `problems`.
    """

    declaration: ClassVar[TypeDeclaration]
    expressions: ClassVar[Mapping[str, tuple[ExpressionType, ...]]] = {}

    def __init__(self, record: CheckRecord, run: RunRecord, place: Place = Place()) -> None:  # noqa: B008
        self.id, self.params, self.place = record.id, record.params, place
        self.type = self.declaration.type
        self.scenario: str | None = self.params.get("scenario") or run.scenario
        span = self.params.get("for")
        self.span_ns = run.length_ns if span is None else round(span * 1e9)

    @property
    def length_ns(self) -> int:
        """How long a run must last for this check."""
        return self.span_ns

    @property
    def most_runs(self) -> int:
        """How many replications it takes at most."""
        return 1

    def enough(self, measures: Sequence[Measure]) -> bool:
        """Whether no further replication is needed."""
        return len(measures) >= self.most_runs

    def problems(self, names: Mapping[str, NameInfo]) -> tuple[Problem, ...]:
        """Everything that is wrong with its expressions, given what names a run of the scene has."""
        found: list[Problem] = []
        for param, types in self.expressions.items():
            try:
                self._parse(param, names).require(*types)
            except Problems as error:
                found.extend(error.problems)
        return tuple(found)

    def observer(self, header: Mapping[str, Any], texts: Sequence[str]) -> Observer:
        """Something to feed records to while a run goes on. Raises Problems."""
        names = names_in_header(header)
        problems = self.problems(names)
        if problems:
            raise Problems(problems)
        monitors = {param: Monitor(self._parse(param, names), header, texts) for param in self.expressions}
        return Observer(self, header, texts, monitors)

    def observe(self, view: RunView) -> Measure:
        """The measure of one run, with causes and trace of what decided it."""
        observer = self.observer(view.header, view.texts)
        records = view.records()
        observer.feed(records, view.end_ns)
        measure = observer.measure()
        self.explain(measure, view, records)
        return measure

    def explain(self, measure: Measure, view: RunView, records: NDArray[np.void]) -> None:
        """Add `causes` and `trace` where the measure names a `record` and a `window`."""
        if measure.get("record"):
            chain = cause_chain(view.header, records, view.texts, measure["record"])
            measure["causes"] = [[cause.t, cause.text] for cause in chain]
        if measure.get("window"):
            low, high = measure["window"]
            margin = max(round((high - low) * _MARGIN), 500_000_000)
            start, end = max(low - margin, 0), min(high + margin, view.end_ns)
            names = names_in_header(view.header)
            infos = {
                info.name: info for param in self.expressions for info in self._parse(param, names).names
            }
            near = companions(view.header, records, start, high, measure.get("record", 0))
            for name in near:
                if len(infos) < _SIGNALS:
                    infos.setdefault(name, names[name.casefold()])
            signals = waveforms(view.header, records, view.texts, infos.values(), start, end)
            marks = measure.get("marks", [])
            measure["trace"] = {"start_ns": start, "end_ns": end, "marks": marks, "signals": signals}

    @abstractmethod
    def measure(self, observer: Observer) -> Measure:
        """What `observer` has seen so far."""

    @abstractmethod
    def judge(self, measures: Sequence[Measure]) -> Verdict:
        """The verdict over the measures of one replication or several."""

    def verdict(self, word: VerdictWord, why: str, **facts: Any) -> Verdict:
        """A verdict of this check."""
        return Verdict(self.id, self.type, word, why=why, scenario=self.scenario or "", **facts)

    def _parse(self, param: str, names: Mapping[str, NameInfo]) -> Expression:
        place = Place(self.place.file, self.place.line, 0, f"checks.{self.id}.{param}")
        return parse(str(self.params[param]), names, place)


class Observer:
    """Follows one run for one check, as far as the check looks. `until`: how far everything was fed."""

    def __init__(
        self, check: Check, header: Mapping[str, Any], texts: Sequence[str], monitors: Mapping[str, Monitor]
    ) -> None:
        self.check, self.header, self.texts, self.monitors = check, header, texts, monitors
        self.until = -1

    @property
    def complete(self) -> bool:
        """Whether the run was as long as the check needs."""
        return self.until >= self.check.length_ns

    def feed(self, records: NDArray[np.void], until: int, first: int = 0) -> None:
        """Take all records up to and with instant `until` ns that were not fed before (see Monitor)."""
        end = min(until, self.check.length_ns)
        if end < until:
            records = records[: int(np.searchsorted(records["t"], end, side="right"))]
        self.take(records, end, first)
        self.until = max(self.until, end)

    def take(self, records: NDArray[np.void], until: int, first: int) -> None:
        """What `feed` does with the records that count."""
        for monitor in self.monitors.values():
            monitor.feed(records, until, first)

    def measure(self) -> Measure:
        """The measure so far, as plain data."""
        return self.check.measure(self)

    def verdict(self) -> Verdict:
        """What the check would say if the run ended now."""
        return self.check.judge([self.measure()])
