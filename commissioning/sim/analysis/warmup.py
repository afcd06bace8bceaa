"""How long a run warms up: MSER-5.

K. P. White, M. J. Cobb, S. C. Spratt: A comparison of five steady-state truncation heuristics for simulation
(WSC 2000); recommended for automation by K. Hoad, S. Robinson, R. Davies: Automating warm-up length
estimation (J. Oper. Res. Soc. 61, 2010), applied to the mean over replications.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["WarmUp", "mean_series", "mser"]

_LAST = 5  # batches at the end that never stand alone: few values look steady by chance


class WarmUp(NamedTuple):
    """Where the steady part begins.

    `cut`: observations to leave out. `found`: False if the error is least beyond the first half; then the
    series shows no steady state, `cut` is half of it and nothing measured behind it can be trusted.
    `errors`: squared standard error of what remains, by number of batches left out.
    """

    cut: int
    found: bool
    errors: tuple[float, ...]


def mser(values: Sequence[float], batch: int = 5) -> WarmUp:
    """MSER over batches of `batch` values (MSER-5 unless said otherwise).

    Of d = 0, 1, 2 ... batches left out at the beginning it takes the d that makes the squared standard
    error of the mean of the other n - d batch means least: sum (y_i - mean)^2 / (n - d)^2. Only d <= n / 2
    is accepted. Values at the end that fill no batch are not looked at. Raises ValueError for fewer than
    10 batches.
    """
    n = len(values) // batch
    if n < 2 * _LAST:
        raise ValueError(f"MSER-{batch} needs {2 * _LAST * batch} values or more, got {len(values)}")
    means = [sum(values[k * batch : (k + 1) * batch]) / batch for k in range(n)]
    errors = _errors(means)
    # the mean error of a constant stretch is 0 only up to rounding: what is as good begins earlier
    least = min(errors)
    floor = least + 1e-12 * max(abs(mean) for mean in means) ** 2 / n
    best = next(d for d, error in enumerate(errors) if error <= floor)
    if best > n // 2:
        return WarmUp(n // 2 * batch, False, tuple(errors))
    return WarmUp(best * batch, True, tuple(errors))


def mean_series(series: Sequence[Sequence[float]]) -> list[float]:
    """The mean over replications at each time; as long as the shortest of them."""
    return [sum(column) / len(column) for column in zip(*series, strict=False)]


def _errors(means: Sequence[float]) -> list[float]:
    """Squared standard errors for d = 0 ... n - 5, in one pass from the end (Welford's update)."""
    mean, squares = 0.0, 0.0
    errors = []
    for count, value in enumerate(reversed(means), 1):
        delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
        if count >= _LAST:
            errors.append(squares / count**2)
    return errors[::-1]
