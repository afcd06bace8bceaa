"""throughput: parts per hour, with a confidence interval over replications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.expression import NameInfo
from commissioning.model.problem import Place, Problem
from commissioning.model.record import Kind
from commissioning.sim.analysis.cause import clock
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.kpi import departures
from commissioning.sim.analysis.limits import limit_words
from commissioning.sim.analysis.statistics import Interval, mean_interval, replications_needed
from commissioning.sim.check import COMMON, Check, Measure, Observer, RunView, Verdict
from commissioning.sim.deadlock_watch import DEADLOCK

__all__ = ["Throughput"]

_FEWEST = 5  # replications before it may stop early
_POINTS = 240  # of the output curve kept for the report
_NEAR = 1.1  # of `at_least`, below which what limits the line is looked for
_SILENCE = 5  # mean intervals without output after which it has stopped


class Throughput(Check):
    """PASS if the whole confidence interval of the mean rate is at or beyond the limit, FAIL if none of
    it is, otherwise INCONCLUSIVE.

    A run lasts `warm_up` + `for`; parts that leave `at` in the last `for` of it count. The interval is
    Student's, two-sided, over the rates of the replications. It stops before `replications` runs (after
    5 at the earliest) once the interval is within `precision` of the mean and free of the limit.

    A line in which parts wait for one another for ever delivers nothing in the long run, however much it
    made before: a deadlock after which nothing leaves is FAIL against `at_least`, after the first such run.

    Its measure: count, rate (1/s), span_ns, curve ([t_ns, parts so far], at most 240 points), deadlock
    ([t_ns, words], if one stopped the output).
    """

    declaration = TypeDeclaration(
        kind="check",
        type="throughput",
        help="Parts per hour that leave a device, over several replications.",
        params=(
            Param("at", "device", "Where parts are counted as they leave; at a sink, as they arrive.",
                  example="out"),
            Param("product", "product", "Counts parts of this product only, where others pass as well (the "
                  "pallets that carry them).", default=None),
            Param("at_least", "rate", "The lowest rate that passes.", default=None,
                  exclusive_minimum=0.0, example="550/h"),
            Param("at_most", "rate", "The highest rate that passes.", default=None,
                  exclusive_minimum=0.0, example="900/h"),
            Param("confidence", "share", "Of the interval of the mean.", default="95 %",
                  exclusive_minimum=0.0, maximum=0.9999),
            Param("warm_up", "duration", "Time before counting starts, beside `for`.",
                  default=0.0, minimum=0.0),
            Param("replications", "integer", "Runs with different seeds, at most.", default=10,
                  minimum=1, maximum=10_000),
            Param("precision", "share", "Half width of the interval, as a share of the mean, that is enough.",
                  default="1 %", exclusive_minimum=0.0, maximum=1.0),
            *COMMON,
        ),
        example="rate: {type: throughput, at: out, at_least: 550/h, confidence: 95 %, for: 1 h}",
    )  # fmt: skip

    @property
    def warm_up_ns(self) -> int:
        """Time before counting starts."""
        return round(float(self.params["warm_up"]) * 1e9)

    @property
    def length_ns(self) -> int:
        return self.warm_up_ns + self.span_ns

    @property
    def most_runs(self) -> int:
        return int(self.params["replications"])

    def problems(self, names: Mapping[str, NameInfo]) -> tuple[Problem, ...]:
        place = Place(self.place.file, self.place.line, 0, f"checks.{self.id}")
        low, high = self.params["at_least"], self.params["at_most"]
        if low is None and high is None:
            cure = "Write `at_least: 550/h` or `at_most: 900/h`"
            return (Problem("a throughput needs a limit", place, cure),)
        if low is not None and high is not None and low > high:
            return (Problem("at_least is above at_most: no rate can pass", place, "Swap or change them"),)
        return ()

    def observer(self, header: Mapping[str, Any], texts: Sequence[str]) -> Observer:
        return _Counter(self, header, texts, {})

    def measure(self, observer: Observer) -> Measure:
        assert isinstance(observer, _Counter)
        start, end = self.warm_up_ns, observer.until
        times = observer.times()
        counted = int(np.count_nonzero((times > start) & (times <= end)))
        span = end - start
        # every k-th part, counted back from the last one: the curve must not end early
        step = max(1, -(-len(times) // _POINTS))
        chosen = range((len(times) - 1) % step, len(times), step)
        return {
            "count": counted,
            "span_ns": span,
            "rate": counted / (span / 1e9) if span > 0 else None,
            "curve": [[int(times[k]), k + 1] for k in chosen],
            "end_ns": end,
            "complete": observer.complete,
        }

    def explain(self, measure: Measure, view: RunView, records: NDArray[np.void]) -> None:
        """Add `limits`: what limits the line, in words, where the rate may be too low; and `deadlock`.

        A rate has no single cause; its curve is its trace, and what limits the line where to look first.
        """
        self._add_deadlock(measure, view, records)
        least, end = self.params["at_least"], min(view.end_ns, self.length_ns)
        rate = measure["rate"]
        if least is not None and rate is not None and rate < _NEAR * least and end > self.warm_up_ns:
            history = History(view.header, records, end, self.warm_up_ns)
            limits = limit_words(history, history.names.index(self.params["at"]))
            nothing = "" if measure["count"] else self._nothing(history)
            measure["limits"] = ". ".join(words for words in (nothing, limits) if words)

    def _nothing(self, history: History) -> str:
        """Where the parts are, of a line that delivers none: in which devices most of them are."""
        inside: Counter[str] = Counter()
        for part, visits in history.journeys.items():
            if visits and part not in history.ends:
                inside[history.names[visits[-1][0]]] += 1
        gone = Counter(history.names[end.device] for end in history.ends.values() if end.why == 0)
        said = [f"{count} in {name}" for name, count in inside.most_common(3)]
        said += [f"{count} left at {name}" for name, count in gone.most_common(3)]
        begin = f"No {self._counted()} came to {self.params['at']}"
        return f"{begin}; at the end: {', '.join(said)}" if said else f"{begin}, and none is in the line"

    def _add_deadlock(self, measure: Measure, view: RunView, records: NDArray[np.void]) -> None:
        """Only one after which nothing has left for five times the mean interval before: another part of the
        line may go on."""
        told = records[(records["kind"] == int(Kind.PROBLEM)) & (records["aux"] == DEADLOCK)]
        told = told[told["t"] <= measure["end_ns"]]
        if not len(told):
            return
        curve = measure["curve"]
        last, parts = curve[-1] if curve else (0, 0)
        if not parts or measure["end_ns"] - last > _SILENCE * last / parts:
            measure["deadlock"] = [int(told[0]["t"]), view.texts[int(told[0]["a"])]]

    def _jammed(self, measures: Sequence[Measure]) -> tuple[int, Measure] | None:
        """Number, from 1 on, and measure of the first run in which a deadlock stopped what must flow."""
        if self.params["at_least"] is None:
            return None
        return next(((k, m) for k, m in enumerate(measures, 1) if m.get("deadlock")), None)

    def enough(self, measures: Sequence[Measure]) -> bool:
        if len(measures) >= self.most_runs or self._jammed(measures):
            return True
        if len(measures) < _FEWEST:
            return False
        interval = self._interval(measures)
        precise = interval.half_width <= self.params["precision"] * interval.mean
        return precise and self._decided(interval) is not None

    def judge(self, measures: Sequence[Measure]) -> Verdict:
        complete = [m for m in measures if m["complete"]]
        jammed = self._jammed(measures)
        limit = self.params["at_least"] if self.params["at_least"] is not None else self.params["at_most"]
        facts: dict[str, Any] = {"limit": limit * 3600.0, "unit": "/h"}
        if jammed is not None:
            number, measure = jammed
            t, words = measure["deadlock"]
            last = f"after {clock(measure['curve'][-1][0])}" if measure["curve"] else "at all"
            facts["measured"] = None if measure["rate"] is None else measure["rate"] * 3600.0
            why = f"{words} (found at {clock(t)} in run {number}): nothing leaves {self.params['at']} {last}"
            return self.verdict("FAIL", f"{why}, so its rate in the long run is 0", at_s=t / 1e9, **facts)
        if len(complete) < len(measures) or not complete:
            end = min((m["end_ns"] for m in measures), default=0)
            rates = [m["rate"] * 3600.0 for m in measures if m["rate"] is not None]
            why = f"a run ended at {clock(max(end, 0))}, before {clock(self.length_ns)}"
            return self.verdict("INCONCLUSIVE", why, measured=rates[0] if rates else None, **facts)
        interval = self._interval(complete)
        facts["measured"] = interval.mean * 3600.0
        if isfinite(interval.half_width):
            facts["interval"] = (interval.low * 3600.0, interval.high * 3600.0)
        facts["details"] = {
            "rates": [m["rate"] * 3600.0 for m in complete],
            "counts": [m["count"] for m in complete],
            "curves": [m["curve"] for m in complete],
            "confidence": self.params["confidence"],
            "warm_up_ns": self.warm_up_ns,
            "length_ns": self.length_ns,
            "at": self.params["at"],
            "sd": interval.sd * 3600.0,
        }
        decided = self._decided(interval)
        words = self._words(interval)
        if decided is None:
            return self.verdict(
                "INCONCLUSIVE", f"{words}. {self._cure(interval, limit)}{_limits(complete)}", **facts
            )
        if decided:
            return self.verdict("PASS", words, **facts)
        return self.verdict("FAIL", words + _limits(complete), at_s=self.length_ns / 1e9, **facts)

    def _interval(self, measures: Sequence[Measure]) -> Interval:
        return mean_interval([m["rate"] for m in measures], self.params["confidence"])

    def _decided(self, interval: Interval) -> bool | None:
        low = self.params["at_least"] if self.params["at_least"] is not None else -inf
        high = self.params["at_most"] if self.params["at_most"] is not None else inf
        if interval.high < low or interval.low > high:
            return False
        if interval.low >= low and interval.high <= high:
            return isfinite(interval.half_width) or None
        return None

    def _words(self, interval: Interval) -> str:
        mean, n = interval.mean * 3600.0, interval.runs
        per = f"{self._counted()} per hour at {self.params['at']}"
        if n == 1:
            return f"{mean:.1f} {per} in one run, which gives no confidence interval"
        if interval.sd == 0.0:
            return f"{mean:.1f} {per} in each of {n} runs, without any spread"
        share = f"{self.params['confidence'] * 100:g} %"
        low, high = interval.low * 3600.0, interval.high * 3600.0
        return f"{mean:.1f} {per}, {share} interval {low:.1f} to {high:.1f} over {n} runs"

    def _counted(self) -> str:
        product = self.params.get("product")
        return "parts" if product is None else f"parts of {product}"

    def _cure(self, interval: Interval, limit: float) -> str:
        if interval.runs == 1:
            return "Set `replications` to 5 or more"
        both = [x for x in (self.params["at_least"], self.params["at_most"]) if x is not None]
        nearest = min(both, key=lambda x: abs(interval.mean - x), default=limit)
        needed = replications_needed(interval, nearest)
        if needed is None:
            return "The limit lies in the interval; run for longer"
        return f"The limit lies in the interval; about {needed} replications would decide, or a longer run"


def _limits(measures: Sequence[Measure]) -> str:
    """What limits the line in the first run in which it was looked for."""
    found = next((m["limits"] for m in measures if m.get("limits")), "")
    return f". {found}" if found else ""


class _Counter(Observer):
    """Keeps what tells where parts went."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.kept: list[NDArray[np.void]] = []

    def take(self, records: NDArray[np.void], until: int, first: int) -> None:
        self.kept.append(records[(records["kind"] >= _FIRST) & (records["kind"] <= _LAST)])

    def times(self) -> NDArray[np.int64]:
        """When parts left, ascending."""
        ids = [thing["id"] for thing in self.header["core"]["objects"]]
        if not self.kept:
            return np.empty(0, np.int64)
        given = self.check.params.get("product")
        product = None
        if given is not None:
            product = [one["id"] for one in self.header["core"]["products"]].index(given)
        at = ids.index(self.check.params["at"])
        return departures(self.header, np.concatenate(self.kept), at, product=product)


_FIRST, _LAST = 4, 8  # DRIVE to TRAIN: motion and parts
