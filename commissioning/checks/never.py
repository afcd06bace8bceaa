"""never: something that must not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.expression import ExpressionType
from commissioning.sim.analysis.cause import clock
from commissioning.sim.check import COMMON, Check, Measure, Observer, Verdict

__all__ = ["Never"]

_BEFORE, _AFTER = 4_000_000_000, 1_000_000_000  # ns around a failure that its trace shows


class Never(Check):
    """FAIL if a level is ever true, or an event ever happens.

    Its measure: count (how often), total_ns (how long in all), first_ns, doubt (intervals in which it is
    not known, because an operand is BAD), end_ns, complete.
    """

    declaration = TypeDeclaration(
        kind="check",
        type="never",
        help="Fails when a condition is ever true or an event ever happens.",
        params=(
            Param("when", "expression", "What must never be: a level or an event.",
                  example="stop1.raised and pe1.blocked and belt1.moving"),
            *COMMON,
        ),
        example='no_crush: {type: never, when: "stop1.raised and belt1.moving", for: 10 min}',
    )  # fmt: skip
    expressions: ClassVar[Mapping[str, tuple[ExpressionType, ...]]] = {
        "when": (ExpressionType.BOOL, ExpressionType.EVENT)
    }

    def measure(self, observer: Observer) -> Measure:
        monitor = observer.monitors["when"]
        end = observer.until
        true = monitor.spells(True, end)
        if monitor.is_event:
            true = [(start, start, record) for start, _, record in true]
        result: Measure = {
            "count": len(true),
            "total_ns": sum(stop - start for start, stop, _ in true),
            "doubt": [[start, stop] for start, stop, _ in monitor.spells(None, end)],
            "end_ns": end,
            "complete": observer.complete,
        }
        if true:
            start, stop, record = true[0]
            result |= {"first_ns": start, "record": record, "marks": [[start, "fails"]]}
            result["window"] = [max(start - _BEFORE, 0), min(stop, start + _AFTER)]
        return result

    def judge(self, measures: Sequence[Measure]) -> Verdict:
        measure = measures[0]
        facts: dict[str, Any] = {
            "measured": float(measure["count"]), "limit": 0.0, "unit": "times",
            "causes": tuple((t, text) for t, text in measure.get("causes", ())),
            "trace": measure.get("trace"),
        }  # fmt: skip
        what = f"`{self.params['when']}`"
        if measure["count"]:
            times = "once" if measure["count"] == 1 else f"{measure['count']} times"
            lasted = f", {measure['total_ns'] / 1e9:g} s in all" if measure["total_ns"] else ""
            why = f"{what} at {clock(measure['first_ns'])}; {times}{lasted}"
            if facts["causes"]:
                why += ": " + " <- ".join(text for _, text in facts["causes"][:4])
            return self.verdict("FAIL", why, at_s=measure["first_ns"] / 1e9, **facts)
        if measure["doubt"]:
            start, stop = measure["doubt"][0]
            why = f"{what} is not known from {clock(start)} to {clock(stop)}: an operand was BAD"
            return self.verdict("INCONCLUSIVE", why, **facts)
        if not measure["complete"]:
            end, needed = clock(max(measure["end_ns"], 0)), clock(self.length_ns)
            why = f"never until {end}, but the run ended before {needed}"
            return self.verdict("INCONCLUSIVE", why, **facts)
        return self.verdict("PASS", f"never in {clock(measure['end_ns'])}", **facts)
