"""within: what must follow an event in time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.expression import ExpressionType
from commissioning.sim.analysis.cause import clock
from commissioning.sim.analysis.evaluate import Monitor
from commissioning.sim.check import COMMON, Check, Measure, Observer, Verdict

__all__ = ["Within"]


class Within(Check):
    """After each event, `expect` holds at some time in [event, event + limit], both ends included.

    Its measure: triggers, met, missed, open (not decided at the end), doubt (not known: BAD), worst_ns
    (longest reaction; `worst_open` if it had not come by the end), first_missed_ns (trigger), end_ns.
    """

    declaration = TypeDeclaration(
        kind="check",
        type="within",
        help="After an event a condition must hold, or another event happen, within a time.",
        params=(
            Param("after", "expression", "The event that starts the clock.", example="I_EStop falls"),
            Param("expect", "expression", "What must hold or happen.", example="not belt1.moving"),
            Param("limit", "duration", "The longest allowed time from event to reaction.",
                  minimum=0.0, example="0.5 s"),
            *COMMON,
        ),
        example='stop_fast: {type: within, after: "I_EStop falls", expect: "not belt1.moving", limit: 0.5 s}',
    )  # fmt: skip
    expressions: ClassVar[Mapping[str, tuple[ExpressionType, ...]]] = {
        "after": (ExpressionType.EVENT,),
        "expect": (ExpressionType.BOOL, ExpressionType.EVENT),
    }

    @property
    def limit_ns(self) -> int:
        """The longest allowed time in ns."""
        return round(float(self.params["limit"]) * 1e9)

    def measure(self, observer: Observer) -> Measure:
        after, expect = observer.monitors["after"], observer.monitors["expect"]
        end, limit = observer.until, self.limit_ns
        answers = _Answers(expect, end)
        result: Measure = {
            "triggers": 0, "met": 0, "missed": 0, "open": 0, "doubt": 0, "worst_ns": None,
            "worst_open": False, "end_ns": end, "complete": observer.complete,
        }  # fmt: skip
        worst = -1
        for change in after.changes:
            if change.value is False:
                continue
            reaction, known = answers.after(change.t, limit)
            if change.value is None:  # perhaps an event, and so perhaps an obligation
                result["doubt"] += 1
                result.setdefault("doubt_ns", change.t)
                continue
            result["triggers"] += 1
            if reaction is not None and reaction <= limit:
                state = "met"
            elif not known:
                state = "doubt"
                result.setdefault("doubt_ns", change.t)
            else:
                state = "missed" if change.t + limit <= end else "open"
            result[state] += 1
            if state == "open":
                result.setdefault("open_ns", change.t)
                continue
            took = end - change.t if reaction is None else reaction
            if state != "doubt" and took > worst:
                worst = took
                result |= {"worst_ns": took, "worst_open": reaction is None, "worst_trigger_ns": change.t}
            if state == "missed" and "first_missed_ns" not in result:
                result |= {"first_missed_ns": change.t, "first_ns": reaction, "record": change.record}
        shown = result.get("first_missed_ns", result.get("worst_trigger_ns"))
        if shown is not None:
            reaction = result.get("first_ns") if result["missed"] else result["worst_ns"]
            stop = shown + max(limit, min(reaction or 0, 4 * limit))
            result["window"] = [shown, min(stop, end)]
            result["marks"] = [[shown, "event"], [shown + limit, "fails" if result["missed"] else "limit"]]
            if reaction is not None and shown + reaction <= stop:
                result["marks"].append([shown + reaction, "reaction"])
        return result

    def judge(self, measures: Sequence[Measure]) -> Verdict:
        m = measures[0]
        facts: dict[str, Any] = {
            "measured": None if m["worst_ns"] is None else m["worst_ns"] / 1e9, "limit": self.params["limit"],
            "unit": "s", "trace": m.get("trace"),
            "causes": tuple((t, text) for t, text in m.get("causes", ())),
        }  # fmt: skip
        after, expect, limit = self.params["after"], self.params["expect"], f"{self.params['limit']:g} s"
        if m["missed"]:
            at = m["first_missed_ns"]
            came = "it never came" if m["first_ns"] is None else f"it came after {m['first_ns'] / 1e9:g} s"
            why = f"`{after}` at {clock(at)}, but `{expect}` not within {limit}: {came}"
            if m["missed"] > 1:
                why += f"; {m['missed']} of {m['triggers']} times"
            if len(facts["causes"]) > 1:
                why += f". The event goes back to: {' <- '.join(text for _, text in facts['causes'][:4])}"
            return self.verdict("FAIL", why, at_s=(at + self.limit_ns) / 1e9, **facts)
        if m["doubt"]:
            at = clock(m["doubt_ns"])
            why = f"not known whether `{expect}` followed `{after}` at {at}: an operand was BAD"
            return self.verdict("INCONCLUSIVE", why, **facts)
        if m["open"]:
            at, end = clock(m["open_ns"]), clock(m["end_ns"])
            why = f"`{after}` at {at} was still open when the run ended at {end}"
            return self.verdict("INCONCLUSIVE", why, **facts)
        if not m["complete"]:
            why = f"the run ended at {clock(max(m['end_ns'], 0))}, before {clock(self.length_ns)}"
            return self.verdict("INCONCLUSIVE", why, **facts)
        if not m["triggers"]:
            why = f"`{after}` never happened in {clock(m['end_ns'])}; check scenario and length"
            return self.verdict("NOT RUN", why, **facts)
        times = "once" if m["triggers"] == 1 else f"{m['triggers']} times"
        why = f"`{expect}` followed {times}, at the latest after {m['worst_ns'] / 1e9:g} s"
        return self.verdict("PASS", why, **facts)


class _Answers:
    """When `expect` held, and when that is not known: sorted starts and ends of its stretches."""

    def __init__(self, expect: Monitor, end: int) -> None:
        true = expect.spells(True, end + 1)
        self.starts = [start for start, _, _ in true]
        self.ends = self.starts if expect.is_event else [stop for _, stop, _ in true]
        doubt = expect.spells(None, end + 1)
        self.doubt_starts = [start for start, _, _ in doubt]
        self.doubt_ends = [stop for _, stop, _ in doubt]

    def after(self, trigger: int, limit: int) -> tuple[int | None, bool]:
        """(ns from the trigger to the first time it held, whether that is certain up to the limit)."""
        at = bisect_right(self.starts, trigger) - 1
        if at >= 0 and (self.starts[at] == trigger or trigger < self.ends[at]):
            return 0, True
        near = bisect_right(self.doubt_starts, trigger + limit) - 1
        known = near < 0 or self.doubt_ends[near] <= trigger
        if at + 1 == len(self.starts):
            return None, known
        return self.starts[at + 1] - trigger, known
