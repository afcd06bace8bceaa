"""Student t intervals over replications: from + - * / and math alone, no SciPy at run time."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, isfinite, lgamma, log, log1p, sqrt
from typing import NamedTuple

__all__ = ["Interval", "mean_interval", "replications_needed", "t_cumulative", "t_quantile"]


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
