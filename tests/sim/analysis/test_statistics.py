"""Student t: against SciPy and against a published table and data set."""

from __future__ import annotations

from math import inf, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.sim.analysis.statistics import (
    autocorrelation,
    batch_means,
    bonferroni,
    mean_interval,
    paired_difference,
    replications_needed,
    runs_for_precision,
    t_cumulative,
    t_quantile,
)

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


# ---- differences, batches, stops --------------------------------------------------------------------

# Student, The probable error of a mean (1908), table of additional hours of sleep; R's `sleep` data
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

# Box and Jenkins, Time Series Analysis, series F: yields of 70 batches; r1 = -0.39, r2 = 0.30
SERIES_F = [
    47, 64, 23, 71, 38, 64, 55, 41, 59, 48, 71, 35, 57, 40, 58, 44, 80, 55, 37, 74, 51, 57, 50, 60, 45, 57,
    50, 45, 25, 59, 50, 71, 56, 74, 50, 58, 45, 54, 36, 54, 48, 55, 45, 57, 50, 62, 44, 64, 43, 52, 38, 59,
    55, 41, 53, 49, 34, 35, 54, 45, 68, 38, 50, 60, 39, 59, 40, 57, 54, 23,
]  # fmt: skip


def test_that_a_paired_difference_agrees_with_the_published_one() -> None:
    found = paired_difference(SLEEP_2, SLEEP_1)
    assert found.interval.mean == pytest.approx(1.58)
    assert found.p == pytest.approx(0.002833, abs=1e-6)  # t = 4.0621 with 9 degrees of freedom
    assert found.interval.low == pytest.approx(0.7001142, abs=1e-7)
    assert found.interval.high == pytest.approx(2.4598858, abs=1e-7)
    assert found.significant


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 12))
def test_that_paired_differences_agree_with_scipy(seed: int, n: int, m: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = pytest.importorskip("numpy").random.default_rng(seed)
    common = rng.normal(100.0, 5.0, n)
    a, b = (common + rng.normal(0.3, 1.0, n)).tolist(), (common + rng.normal(0.0, 1.0, n)).tolist()
    found = paired_difference(a, b, 0.95, m)
    other = stats.ttest_rel(a, b)
    interval = other.confidence_interval(1.0 - 0.05 / m)
    assert found.p == pytest.approx(float(other.pvalue), rel=1e-8)
    assert found.interval.low == pytest.approx(float(interval.low), rel=1e-8, abs=1e-8)
    assert found.interval.high == pytest.approx(float(interval.high), rel=1e-8, abs=1e-8)
    assert found.correlation == pytest.approx(float(stats.pearsonr(a, b).statistic), rel=1e-9, abs=1e-9)


def test_that_equal_differences_are_certain_and_single_pairs_say_nothing() -> None:
    same = paired_difference([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    assert (same.p, same.significant) == (0.0, True)
    none = paired_difference([2.0, 3.0], [2.0, 3.0])
    assert (none.p, none.significant) == (1.0, False)
    one = paired_difference([2.0], [1.0])
    assert (one.p, one.significant, one.correlation) == (1.0, False, None)


def test_that_several_comparisons_hold_together() -> None:
    assert bonferroni(0.95, 5) == pytest.approx(0.99)
    # no differences at all, 4 comparisons: a false alarm anywhere in at most 5 % of 1,000 (sd 0.7 %)
    rng = pytest.importorskip("numpy").random.default_rng(5)
    false = 0
    for _ in range(1000):
        base = rng.normal(0.0, 1.0, 6).tolist()
        false += any(
            paired_difference(rng.normal(0, 1, 6).tolist(), base, 0.95, 4).significant for _ in range(4)
        )
    assert false / 1000 < 0.05 + 3 * 0.007


def test_that_the_autocorrelation_agrees_with_the_published_one() -> None:
    assert autocorrelation(SERIES_F) == pytest.approx(-0.39, abs=0.005)
    assert autocorrelation(SERIES_F, 2) == pytest.approx(0.30, abs=0.005)
    assert autocorrelation([3.0] * 9) == 0.0


def ar1(numpy: object, phi: float, n: int, seed: int) -> list[float]:
    rng = numpy.random.default_rng(seed)  # type: ignore[attr-defined]
    x, row = rng.normal(), []
    for noise in rng.normal(0.0, (1 - phi * phi) ** 0.5, n):
        x = phi * x + noise
        row.append(10.0 + x)
    return row


def test_that_batch_means_cover_the_mean_of_a_correlated_run() -> None:
    # AR(1), phi = 0.8: an interval over single values would cover about half as often as it says
    numpy = pytest.importorskip("numpy")
    found = [batch_means(ar1(numpy, 0.8, 3000, seed)) for seed in range(300)]
    assert {20, 25, 30} >= {f.interval.runs for f in found}
    covered = sum(f.interval.low <= 10.0 <= f.interval.high for f in found) / 300
    assert covered == pytest.approx(0.95, abs=0.045)  # three times sqrt(.95 * .05 / 300), and a little bias
    assert sum(f.independent for f in found) > 270


def test_that_a_run_too_short_for_its_correlation_is_found_out() -> None:
    numpy = pytest.importorskip("numpy")
    found = [batch_means(ar1(numpy, 0.99, 300, seed)) for seed in range(50)]
    assert sum(not f.independent for f in found) > 40
    with pytest.raises(ValueError, match="40 values"):
        batch_means([1.0] * 39)


def test_that_batches_use_the_end_of_the_run() -> None:
    values = [1e9] + [1.0, 3.0] * 45  # 91 values: 30 batches of 3, the first value fills none
    assert batch_means(values).interval.mean == pytest.approx(2.0)


def test_that_the_sequential_stop_looks_at_values_in_their_order() -> None:
    values = [10.0, 30.0, 10.1, 9.9, 10.0, 10.05] + [10.0] * 400
    n = runs_for_precision(values, 0.1)
    assert n is not None and n > 6

    def half(n: int) -> float:
        return mean_interval(values[:n]).half_width / mean_interval(values[:n]).mean

    assert half(n) <= 0.1 < half(n - 1)
    assert runs_for_precision(values[: n - 1], 0.1) is None
    assert runs_for_precision(values[:n], 0.1) == n
    assert runs_for_precision([5.0] * 5, 0.01) == 5
    assert runs_for_precision([5.0] * 4, 0.01) is None
