"""Intervals over replications, paired differences, batch means: from + - * / and math alone, no SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, isfinite, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import NamedTuple

__all__ = [
    "FEWEST",
    "BatchMeans",
    "Interval",
    "PairedDifference",
    "autocorrelation",
    "batch_means",
    "bonferroni",
    "mean_interval",
    "paired_difference",
    "replications_needed",
    "runs_for_precision",
    "t_cumulative",
    "t_quantile",
]

FEWEST = 5
"""Replications before a sequential stop may end an experiment."""


class Interval(NamedTuple):
    """Mean of `runs` values with its two-sided confidence interval [low, high].

    `sd` is the standard deviation of a single value. With one value nothing is known about the spread:
    low and high are infinite.
    """

    mean: float
    low: float
    high: float
    sd: float
    runs: int
    confidence: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2 if isfinite(self.high) else inf


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student t interval of the mean: mean +- t((1 + confidence) / 2, n - 1) s / sqrt(n).

    Exact for independent normal values; replication means of a long run are close to that. Values that
    are all equal give an interval of width 0. Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values, no mean")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, got {confidence}")
    mean = sum(values) / n
    if n == 1:
        return Interval(mean, -inf, inf, 0.0, 1, confidence)
    if max(values) == min(values):
        return Interval(values[0], values[0], values[0], 0.0, n, confidence)
    sd = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    half = t_quantile((1.0 + confidence) / 2.0, n - 1) * sd / sqrt(n)
    return Interval(mean, mean - half, mean + half, sd, n, confidence)


def replications_needed(interval: Interval, limit: float, most: int = 10_000) -> int | None:
    """How many replications in all would bring the limit out of the interval, if mean and spread stay.

    None if the mean is the limit, nothing is known of the spread, or more than `most` are needed.
    """
    distance = abs(interval.mean - limit)
    if interval.runs < 2 or distance == 0.0:
        return None
    level = (1.0 + interval.confidence) / 2.0

    def decided(n: int) -> bool:
        return t_quantile(level, n - 1) * interval.sd / sqrt(n) <= distance

    if not decided(most):
        return None
    low, high = interval.runs, most
    while low < high:
        middle = (low + high) // 2
        if decided(middle):
            high = middle
        else:
            low = middle + 1
    return low


def runs_for_precision(
    values: Sequence[float], precision: float, confidence: float = 0.95, fewest: int = FEWEST
) -> int | None:
    """The sequential stop: how many of `values`, taken from the first on, are precise enough.

    The smallest n >= `fewest` at which the half width of the interval of the first n values is at most
    `precision` (a share) of their mean; None while there is none. It looks at the values in their order, so
    that it stops at the same n no matter in which order they were computed, or how many at once. Stopping
    on what was seen makes the stated confidence approximate (Chow and Robbins, 1965).
    """
    for n in range(max(fewest, 2), len(values) + 1):
        interval = mean_interval(values[:n], confidence)
        if interval.half_width <= precision * abs(interval.mean):
            return n
    return None


class PairedDifference(NamedTuple):
    """Variant minus baseline under common random numbers.

    `interval` of the mean difference over the pairs; `p`: two-sided probability of a difference at least
    this large if there were none (1.0 where nothing can be said); `correlation` of the pairs, None where
    one side has no spread: what common random numbers brought.
    """

    interval: Interval
    p: float
    correlation: float | None

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return isfinite(self.interval.half_width) and not self.interval.low <= 0.0 <= self.interval.high


def bonferroni(confidence: float, comparisons: int) -> float:
    """The confidence of each of several intervals that hold together with `confidence`: 1 - (1 - c) / m."""
    return 1.0 - (1.0 - confidence) / max(comparisons, 1)


def paired_difference(
    variant: Sequence[float], baseline: Sequence[float], confidence: float = 0.95, comparisons: int = 1
) -> PairedDifference:
    """Paired t: replication k of the variant against replication k of the baseline, which had its seed.

    `comparisons`: how many variants are compared with the baseline; each interval is widened by
    Bonferroni, so that all of them hold together with `confidence`. Pairs go as far as the shorter side.
    """
    pairs = list(zip(variant, baseline, strict=False))
    differences = [a - b for a, b in pairs]
    interval = mean_interval(differences, bonferroni(confidence, comparisons))
    n = len(pairs)
    if n < 2:
        p = 1.0
    elif interval.sd == 0.0:
        p = 0.0 if interval.mean else 1.0
    else:
        t = abs(interval.mean) / (interval.sd / sqrt(n))
        p = 2.0 * t_cumulative(-t, n - 1)
    return PairedDifference(interval, p, _correlation(pairs))


class BatchMeans(NamedTuple):
    """Interval of the mean of one long run from its batches.

    `lag1`: autocorrelation of neighbouring batch means; `independent`: it is not significantly above 0
    (one-sided, 5 %). If it is, the interval is too narrow and must not be used.
    """

    interval: Interval
    size: int
    lag1: float
    independent: bool


def batch_means(values: Sequence[float], confidence: float = 0.95, most: int = 30) -> BatchMeans:
    """Batch means of one long run: 30 batches, fewer down to 20 if those are still correlated.

    Values that do not fill the batches are left out at the beginning, where a rest of the warm-up would
    be. Raises ValueError for fewer than 40 values (two to a batch). Schmeiser (1982): more than 30 batches
    gain little, fewer than 10 lose much.
    """
    if len(values) < 40:
        raise ValueError(f"batch means need 40 values or more, got {len(values)}")
    found = None
    for batches in range(min(most, len(values) // 2), 19, -5):
        size = len(values) // batches
        tail = values[len(values) - size * batches :]
        means = [sum(tail[k : k + size]) / size for k in range(0, len(tail), size)]
        lag1 = autocorrelation(means)
        # r1 of independent values is close to normal with mean 0 and variance 1 / n
        independent = lag1 <= NormalDist().inv_cdf(0.95) / sqrt(batches)
        found = BatchMeans(mean_interval(means, confidence), size, lag1, independent)
        if independent:
            break
    assert found is not None
    return found


def autocorrelation(values: Sequence[float], lag: int = 1) -> float:
    """Sample autocorrelation r_lag = c_lag / c_0 (Box and Jenkins, 2.1.13); 0.0 for values without spread."""
    n = len(values)
    mean = sum(values) / n
    deviations = [value - mean for value in values]
    spread = sum(d * d for d in deviations)
    if spread == 0.0:
        return 0.0
    return sum(deviations[k] * deviations[k + lag] for k in range(n - lag)) / spread


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    if len(pairs) < 2:
        return None
    mean_a, mean_b = sum(a for a, _ in pairs) / len(pairs), sum(b for _, b in pairs) / len(pairs)
    var_a, var_b = sum((a - mean_a) ** 2 for a, _ in pairs), sum((b - mean_b) ** 2 for _, b in pairs)
    if var_a == 0.0 or var_b == 0.0:
        return None
    return sum((a - mean_a) * (b - mean_b) for a, b in pairs) / sqrt(var_a * var_b)


def t_cumulative(t: float, df: float) -> float:
    """P(T <= t) of Student's t with `df` degrees of freedom: 1 - I(df / (df + t^2); df/2, 1/2) / 2.

    Abramowitz and Stegun, 26.7.1.
    """
    tail = 0.5 * _incomplete_beta(0.5 * df, 0.5, df / (df + t * t))
    return 1.0 - tail if t > 0.0 else tail


def t_quantile(p: float, df: float) -> float:
    """The t with P(T <= t) = p, for 0 < p < 1 and df >= 1. Relative error below 1e-10."""
    if not 0.0 < p < 1.0 or df < 1:
        raise ValueError(f"no quantile for p = {p}, df = {df}")
    if p == 0.5:
        return 0.0
    if p < 0.5:
        return -t_quantile(1.0 - p, df)
    low, high = 0.0, 1.0
    while t_cumulative(high, df) < p:
        low, high = high, high * 2.0
    while high - low > 1e-13 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if t_cumulative(middle, df) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I(x; a, b) by its continued fraction.

    Abramowitz and Stegun 26.5.8, evaluated by Lentz's method; it converges fast for x < (a+1)/(a+b+2),
    otherwise I(x; a, b) = 1 - I(1-x; b, a).
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + numerator * d
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = 1.0 + numerator / c
            c = c if abs(c) > tiny else tiny
            result *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return front * result
