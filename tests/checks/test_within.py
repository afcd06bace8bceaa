"""within: obligations met, missed, open, in doubt, never begun; a naive reading as oracle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commissioning.checks.within import Within

NS = 1_000_000_000


def judged(make, view, **params: Any):
    check = make(Within, **({"after": "A rises", "expect": "B", "limit": 0.5} | params))
    return check.judge([check.observe(view)])


def test_that_the_worst_reaction_is_measured(seen, make) -> None:
    view = seen(10).value(1, "A", True).value(1.2, "B", True).value(2, "A", False).value(2, "B", False)
    view.value(3, "A", True).value(3.4, "B", True)
    verdict = judged(make, view)
    assert (verdict.verdict, verdict.limit, verdict.unit) == ("PASS", 0.5, "s")
    assert verdict.measured == pytest.approx(0.4, abs=1e-9)


def test_that_both_ends_of_the_time_allowed_count(seen, make) -> None:
    at_once = seen(10).value(1, "A", True).value(1, "B", True)
    assert judged(make, at_once).measured == 0.0
    just = seen(10).value(1, "A", True).value(1.5, "B", True)
    assert judged(make, just).verdict == "PASS"
    late = seen(10).value(1, "A", True).value(1.500_000_001, "B", True)
    verdict = judged(make, late)
    assert (verdict.verdict, verdict.at_s) == ("FAIL", 1.5)
    assert verdict.measured == pytest.approx(0.500_000_001, abs=1e-12)


def test_that_a_level_that_holds_already_is_no_delay(seen, make) -> None:
    view = seen(10).value(0.5, "B", True).value(1, "A", True).value(1.1, "B", False)
    assert judged(make, view).measured == 0.0


def test_that_a_level_that_ends_at_the_trigger_does_not_hold(seen, make) -> None:
    view = seen(10).value(0.5, "B", True).value(1, "A", True).value(1, "B", False)
    assert judged(make, view).verdict == "FAIL"


def test_that_a_missed_reaction_says_when_it_came_and_what_began_it(seen, make) -> None:
    view = seen(10).press(1).value(1, "A", True, cause=1).value(3, "B", True)
    verdict = judged(make, view)
    assert verdict.verdict == "FAIL"
    assert "it came after 2 s" in verdict.why and "operator: press start" in verdict.why
    assert verdict.trace is not None
    assert [1 * NS, "event"] in verdict.trace["marks"] and [1_500_000_000, "fails"] in verdict.trace["marks"]
    never = judged(make, seen(10).value(1, "A", True))
    assert never.verdict == "FAIL" and "it never came" in never.why
    assert never.measured == pytest.approx(9.0)  # at least: until the end


def test_that_an_event_may_be_expected(seen, make) -> None:
    view = seen(10).value(0.5, "B", True).value(1, "A", True).value(1.3, "B", False)
    verdict = judged(make, view, expect="B falls")
    assert verdict.verdict == "PASS" and verdict.measured == pytest.approx(0.3)


def test_that_a_trigger_that_never_came_is_not_run(seen, make) -> None:
    assert judged(make, seen(10).value(1, "B", True)).verdict == "NOT RUN"


def test_that_an_obligation_open_at_the_end_is_inconclusive(seen, make) -> None:
    verdict = judged(make, seen(10).value(9.8, "A", True))
    assert verdict.verdict == "INCONCLUSIVE" and "still open" in verdict.why
    met = judged(make, seen(10).value(9.8, "A", True).value(9.9, "B", True))
    assert met.verdict == "PASS"
    at_limit = judged(make, seen(10).value(9.5, "A", True))
    assert at_limit.verdict == "FAIL"  # its time was over exactly at the end


def test_that_bad_operands_are_inconclusive(seen, make) -> None:
    expected = seen(10).value(1, "A", True).value(1.2, "B", False, bad=True).value(4, "B", False)
    assert judged(make, expected).verdict == "INCONCLUSIVE"
    trigger = seen(10).value(1, "A", False, bad=True).value(2, "A", False)
    assert judged(make, trigger).verdict == "INCONCLUSIVE"
    elsewhere = seen(10).value(1, "B", False, bad=True).value(2, "B", True).value(5, "A", True)
    assert judged(make, elsewhere).verdict == "PASS"


def test_that_one_miss_is_a_failure_whatever_else(seen, make) -> None:
    view = seen(10).value(1, "A", True).value(2, "A", False).value(9.9, "A", True)
    assert judged(make, view).verdict == "FAIL"


def test_that_an_early_end_is_inconclusive(seen, make) -> None:
    view = seen(5).value(1, "A", True).value(1.1, "B", True)
    assert judged(make, view).verdict == "INCONCLUSIVE"


def test_that_the_trigger_must_be_an_event(make) -> None:
    (problem,) = make(Within, after="A", expect="B", limit=1.0).problems(
        __import__("commissioning.model.expression", fromlist=["names_in_header"]).names_in_header(
            {"core": {"drives": [], "signals": [{"name": n, "type": "BOOL", "ports": []} for n in "AB"]}}
        )
    )
    assert "rises" in problem.cure


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 30), st.sampled_from("AB"), st.booleans()), max_size=14),
    st.integers(0, 6),
    st.sampled_from(["B", "B falls", "not B"]),
)
def test_that_verdicts_agree_with_a_naive_reading(
    seen, make, changes: list[tuple[int, str, bool]], limit: int, expect: str
) -> None:
    """Oracle: a column of values per second; every trigger looks at every second of its time."""
    end = 30
    view = seen(end)
    columns = {name: [False] * (end + 1) for name in "AB"}
    for t, name, value in sorted(changes, key=lambda change: change[0]):
        view.value(t, name, value)
        columns[name][t:] = [value] * (end + 1 - t)
    a, b = columns["A"], columns["B"]
    holds = {
        "B": b,
        "not B": [not value for value in b],
        "B falls": [t > 0 and b[t - 1] and not b[t] for t in range(end + 1)],
    }[expect]
    triggers = [t for t in range(1, end + 1) if a[t] and not a[t - 1]]
    met = [any(holds[t : t + limit + 1]) for t in triggers]
    missed = [not ok and t + limit <= end for ok, t in zip(met, triggers, strict=True)]
    verdict = judged(make, view, span=float(end), limit=float(limit), expect=expect)
    if any(missed):
        assert verdict.verdict == "FAIL"
        assert verdict.at_s == triggers[missed.index(True)] + limit
    elif not all(met):
        assert verdict.verdict == "INCONCLUSIVE"
    elif not triggers:
        assert verdict.verdict == "NOT RUN"
    else:
        assert verdict.verdict == "PASS"
        assert verdict.measured == max(holds[t:].index(True) for t in triggers)
