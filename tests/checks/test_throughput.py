"""throughput: counting, the rule of the interval, the sequential stop."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from commissioning.checks.throughput import Throughput
from commissioning.model.quantity import parse_quantity

HOUR = 3600.0


def check(make, **params: Any):
    defaults = {
        "at": "out",
        "at_least": 100 / HOUR,
        "confidence": 0.95,
        "precision": 0.01,
        "replications": 10,
    }
    return make(Throughput, **({"span": HOUR} | defaults | params))


def measure(rate_per_h: float, complete: bool = True) -> dict[str, Any]:
    return {
        "count": round(rate_per_h), "span_ns": 3600 * 10**9, "rate": rate_per_h / HOUR, "curve": [],
        "end_ns": 3600 * 10**9, "complete": complete,
    }  # fmt: skip


def test_that_parts_are_counted_after_the_warm_up_and_up_to_the_end(seen, make) -> None:
    made = check(make, span=10.0, warm_up=5.0)
    assert made.length_ns == 15_000_000_000
    view = seen(20).gone(1, 5, 5.000000001, 9, 15, 15.000000001, 18)
    seen_measure = made.observe(view)
    assert seen_measure["count"] == 3
    assert seen_measure["rate"] == pytest.approx(0.3)
    assert seen_measure["curve"][-1] == [15_000_000_000, 5]


def test_that_the_curve_of_many_parts_is_thinned_and_ends_with_the_last(seen, make) -> None:
    made = check(make, span=1000.0)
    curve = made.observe(seen(1000).gone(*(k * 0.5 for k in range(1, 1731))))["curve"]
    assert curve[-1] == [865_000_000_000, 1730] and len(curve) <= 240
    assert all(t == n * 500_000_000 for t, n in curve)


def test_that_the_lower_bound_at_the_limit_passes_and_the_upper_bound_below_fails(make) -> None:
    # 10 values 90 and 110: mean 100, s = 10 sqrt(10/9), half width 2.262157 s / sqrt(10) = 7.5405
    measures = [measure(rate) for rate in [90, 110] * 5]
    half = 2.2621571628 * 10 * sqrt(10 / 9) / sqrt(10)
    verdict = check(make, at_least=(100 - half - 0.01) / HOUR).judge(measures)
    assert verdict.verdict == "PASS"
    assert verdict.interval == pytest.approx((100 - half, 100 + half), abs=1e-6)
    assert (verdict.measured, verdict.unit) == (pytest.approx(100.0), "/h")
    assert check(make, at_least=(100 - half + 0.01) / HOUR).judge(measures).verdict == "INCONCLUSIVE"
    assert check(make, at_least=(100 + half + 0.01) / HOUR).judge(measures).verdict == "FAIL"


def test_that_at_most_is_the_mirror_image(make) -> None:
    measures = [measure(rate) for rate in [90, 110] * 5]
    assert check(make, at_least=None, at_most=120 / HOUR).judge(measures).verdict == "PASS"
    assert check(make, at_least=None, at_most=105 / HOUR).judge(measures).verdict == "INCONCLUSIVE"
    assert check(make, at_least=None, at_most=80 / HOUR).judge(measures).verdict == "FAIL"


def test_that_an_inconclusive_verdict_says_what_would_decide(make) -> None:
    verdict = check(make, at_least=97 / HOUR).judge([measure(rate) for rate in [90, 110] * 5])
    assert verdict.verdict == "INCONCLUSIVE"
    # n with t(n-1) 10.54 / sqrt(n) <= 3: t = 2.01 gives (2.01 * 10.54 / 3)^2 = 49.9
    assert "about 50 replications" in verdict.why


def test_that_one_replication_is_never_a_verdict(make) -> None:
    verdict = check(make, replications=1).judge([measure(500)])
    assert verdict.verdict == "INCONCLUSIVE"
    assert "no confidence interval" in verdict.why and verdict.interval is None


def test_that_a_line_without_spread_is_judged_by_its_value(make) -> None:
    same = [measure(100.0) for _ in range(5)]
    verdict = check(make).judge(same)
    assert (verdict.verdict, verdict.interval) == ("PASS", (100.0, 100.0))
    assert "without any spread" in verdict.why
    assert check(make, at_least=100.01 / HOUR).judge(same).verdict == "FAIL"


@pytest.mark.parametrize("n", [1, 7, 550, 613, 899, 1201])
def test_that_a_rate_that_equals_its_limit_passes_despite_rounding(make, n: int) -> None:
    """550 parts in an hour are 550/h, though neither 550/3600 s nor 1/h is exact: both round the same."""
    same = [{**measure(n), "rate": n / 3600.0} for _ in range(5)]
    assert check(make, at_least=parse_quantity(f"{n}/h", "rate")).judge(same).verdict == "PASS"
    assert check(make, at_least=None, at_most=parse_quantity(f"{n}/h", "rate")).judge(same).verdict == "PASS"


def test_that_it_stops_early_only_when_precise_and_decided(make) -> None:
    made = check(make)
    precise = [measure(rate) for rate in (200.0, 200.4, 199.8, 200.1, 199.9)]
    assert not made.enough(precise[:4])
    assert made.enough(precise)
    assert not made.enough([measure(rate) for rate in (150, 250, 200, 180, 220)])  # decided, not precise
    at_limit = check(make, at_least=200 / HOUR)
    assert not at_limit.enough(precise)  # precise, not decided
    assert at_limit.enough(precise * 2)
    assert check(make, replications=3).enough(precise[:3])


def test_that_a_run_that_ended_early_is_not_averaged_in(make) -> None:
    verdict = check(make).judge([measure(200)] * 4 + [measure(10, complete=False)])
    assert verdict.verdict == "INCONCLUSIVE"


def test_that_a_throughput_without_a_limit_is_a_problem(make) -> None:
    (problem,) = check(make, at_least=None).problems({})
    assert "at_least: 550/h" in problem.cure
    (problem,) = check(make, at_least=2.0, at_most=1.0).problems({})
    assert "no rate can pass" in problem.what
