"""Student t: against SciPy and against a published table and data set."""

from __future__ import annotations

from math import inf, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.sim.statistics import mean_interval, replications_needed, t_cumulative, t_quantile

# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, critical values of Student's t: (df, p) -> t
NIST_TABLE = {
    (1, 0.90): 3.078, (1, 0.975): 12.706, (2, 0.95): 2.920, (4, 0.975): 2.776, (5, 0.99): 3.365,
    (9, 0.95): 1.833, (9, 0.975): 2.262, (9, 0.995): 3.250, (19, 0.975): 2.093, (29, 0.975): 2.045,
    (100, 0.975): 1.984, (30, 0.999): 3.385,
}  # fmt: skip


@pytest.mark.parametrize(("key", "t"), NIST_TABLE.items())
def test_that_quantiles_agree_with_the_published_table(key: tuple[int, float], t: float) -> None:
    assert t_quantile(key[1], key[0]) == pytest.approx(t, abs=6e-4)


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-6, 1 - 1e-6), st.integers(1, 400))
def test_that_quantiles_agree_with_scipy(p: float, df: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert t_quantile(p, df) == pytest.approx(float(stats.t.ppf(p, df)), rel=1e-8, abs=1e-9)


def test_that_two_degrees_of_freedom_follow_the_closed_form() -> None:
    # df = 2: F(t) = 1/2 + t / (2 sqrt(2 + t^2))
    for t in (-3.0, -0.5, 0.0, 0.2, 1.0, 7.0):
        assert t_cumulative(t, 2) == pytest.approx(0.5 + t / (2 * sqrt(2 + t * t)), abs=1e-14)


def test_that_an_interval_agrees_with_a_published_one() -> None:
    # NIST e-Handbook 1.3.5.2, ZARR13.DAT (heat flow meter): N = 195, mean 9.261460, sd 0.022789,
    # 95 % interval 9.258242 to 9.264679. Same mean and sd, from two values repeated.
    mean, sd = 9.261460, 0.022789
    values = [mean + sd, mean - sd] * 97 + [mean]  # 194 times sd^2 over n - 1 = 194
    interval = mean_interval(values, 0.95)
    assert interval.sd == pytest.approx(sd, rel=1e-12)
    assert interval.low == pytest.approx(9.258242, abs=1e-6)
    assert interval.high == pytest.approx(9.264679, abs=1e-6)


def test_that_one_value_gives_no_interval_and_equal_values_a_point() -> None:
    one = mean_interval([3.0])
    assert (one.mean, one.low, one.high) == (3.0, -inf, inf)
    same = mean_interval([0.1] * 10)
    assert (same.mean, same.low, same.high, same.half_width) == (0.1, 0.1, 0.1, 0.0)


def test_that_the_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    # 95 % over 2,000 samples of 5: the count is binomial, sd 0.5 %; 1.5 % is three of them
    numpy = pytest.importorskip("numpy")
    samples = numpy.random.default_rng(1).normal(10.0, 2.0, (2000, 5)).tolist()
    covered = sum(interval.low <= 10.0 <= interval.high for interval in map(mean_interval, samples))
    assert covered / 2000 == pytest.approx(0.95, abs=0.015)


def test_that_the_replications_needed_are_just_enough() -> None:
    interval = mean_interval([9.0, 11.0, 10.5, 9.5, 10.2], 0.95)
    limit = interval.mean - 0.3
    n = replications_needed(interval, limit)
    assert n is not None and n > 5

    def half(n: int) -> float:
        return t_quantile(0.975, n - 1) * interval.sd / sqrt(n)

    assert half(n) <= 0.3 < half(n - 1)
    assert replications_needed(interval, interval.mean) is None
    assert replications_needed(mean_interval([1.0]), 2.0) is None


def test_that_a_probability_outside_its_range_is_refused() -> None:
    for p, df in ((0.0, 3), (1.0, 3), (0.5, 0)):
        with pytest.raises(ValueError, match="no quantile"):
            t_quantile(p, df)
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])
