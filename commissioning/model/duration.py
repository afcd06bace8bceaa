"""Durations that vary: the distributions a scene can name. All times in seconds.

Sampling is in `sim.random_stream`; here they are values with their means, checked when read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from commissioning.model.quantity import QuantityError, parse_quantity


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    value: float

    @property
    def mean(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless."""

    mean: float


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal, drawn again while negative; `mean` and `sd` are those of the untruncated normal."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """`mean` and `sd` of the duration itself; `mu` and `sigma` of its logarithm."""

    mean: float
    sd: float

    @property
    def sigma(self) -> float:
        return math.sqrt(math.log1p((self.sd / self.mean) ** 2))

    @property
    def mu(self) -> float:
        return math.log(self.mean) - 0.5 * self.sigma**2


@dataclass(frozen=True, slots=True)
class Erlang:
    """Sum of `k` exponentials, `mean` of the sum."""

    mean: float
    k: int


@dataclass(frozen=True, slots=True)
class Uniform:
    low: float
    high: float

    @property
    def mean(self) -> float:
        return 0.5 * (self.low + self.high)


@dataclass(frozen=True, slots=True)
class Triangular:
    low: float
    mode: float
    high: float

    @property
    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3.0


@dataclass(frozen=True, slots=True)
class Weibull:
    """`mean` of the duration; `scale` = mean / Gamma(1 + 1/shape)."""

    mean: float
    shape: float

    @property
    def scale(self) -> float:
        return self.mean / math.gamma(1.0 + 1.0 / self.shape)


@dataclass(frozen=True, slots=True)
class Empirical:
    """Drawn from the values of a file (relative to the scene), which the loader puts into `values`."""

    file: str
    values: tuple[float, ...] = field(default=(), repr=False)

    @property
    def mean(self) -> float:
        """Raises ValueError while the file is not read."""
        if not self.values:
            raise ValueError(f"the values of {self.file} are not read yet")
        return math.fsum(self.values) / len(self.values)


@dataclass(frozen=True, slots=True)
class Geometric:
    """A whole number of slots, 1 or more: each slot is the last with probability `p`. `slot` in s, which
    the device gives (`in_slots`)."""

    p: float
    slot: float = 0.0

    @property
    def mean(self) -> float:
        return self.slot / self.p


@dataclass(frozen=True, slots=True)
class Bernoulli(Geometric):
    """As geometric, of a machine that is up in each slot with probability `p`: work that finds no place at
    the end of its slot is not done and is tried again (Li and Meerkov 2009, chapter 4)."""


@dataclass(frozen=True, slots=True)
class Always:
    """No time at all between two: a source that has a part whenever there is a place for it."""

    @property
    def mean(self) -> float:
        return 0.0


Distribution = (
    Constant | Exponential | Normal | LogNormal | Erlang | Uniform | Triangular | Weibull | Empirical | Always
    | Geometric
)  # fmt: skip


def in_slots(distribution: Distribution, slot: float | None) -> Distribution:
    """The distribution on a device whose time is slotted, `slot` s long (None: it is not).

    Raises ValueError for a number of slots without a length of the slot.
    """
    if not isinstance(distribution, Geometric):
        return distribution
    if slot is None:
        raise ValueError("a number of slots needs the length of a slot; write for example slot: 1 s")
    return replace(distribution, slot=slot)


EXAMPLES: Final[Mapping[str, str]] = {
    "exponential": "{exponential: 4 s}",
    "normal": "{normal: {mean: 5 s, sd: 0.5 s}}",
    "lognormal": "{lognormal: {mean: 5 s, sd: 0.5 s}}",
    "erlang": "{erlang: {mean: 5 s, k: 3}}",
    "uniform": "{uniform: [4 s, 6 s]}",
    "triangular": "{triangular: [4 s, 5 s, 7 s]}",
    "weibull": "{weibull: {mean: 5 s, shape: 1.5}}",
    "empirical": "{empirical: times.csv}",
    "geometric": "{geometric: 0.1}",
    "bernoulli": "{bernoulli: 0.9}",
}
_FORMS = "Write 4 s, or one of " + ", ".join(EXAMPLES.values())


def parse_duration_distribution(value: Any, always: bool = False) -> Distribution:
    """A duration as the scene writes it -> a distribution.

    `always`: whether the word `always` is allowed. Raises QuantityError, whose `path` leads to the part of
    `value` that is wrong.
    """
    if isinstance(value, str) and value.strip() == "always":
        if always:
            return Always()
        raise QuantityError("'always' is for the parts of a source only", _FORMS)
    if not isinstance(value, Mapping):
        return Constant(_time(value, ()))
    if len(value) != 1:
        raise QuantityError("a duration names exactly one distribution", _FORMS)
    name, body = next(iter(value.items()))
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        path = (name,) if isinstance(name, str) else ()
        raise QuantityError(f"there is no distribution {name!r}", _FORMS, path)
    return reader(body, name)


def _exponential(body: Any, name: str) -> Distribution:
    if isinstance(body, Mapping):
        return Exponential(_positive(_field(body, name, ("mean",), "mean"), (name, "mean")))
    return Exponential(_positive(body, (name,)))


def _normal(body: Any, name: str) -> Distribution:
    mean = _time(_field(body, name, ("mean", "sd"), "mean"), (name, "mean"))
    return Normal(mean, _positive(_field(body, name, ("mean", "sd"), "sd"), (name, "sd")))


def _lognormal(body: Any, name: str) -> Distribution:
    mean = _positive(_field(body, name, ("mean", "sd"), "mean"), (name, "mean"))
    return LogNormal(mean, _positive(_field(body, name, ("mean", "sd"), "sd"), (name, "sd")))


def _erlang(body: Any, name: str) -> Distribution:
    mean = _positive(_field(body, name, ("mean", "k"), "mean"), (name, "mean"))
    k = _field(body, name, ("mean", "k"), "k")
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 1000:
        raise QuantityError(f"k of an Erlang is a whole number from 1 to 1000, not {k!r}", "", (name, "k"))
    return Erlang(mean, k)


def _weibull(body: Any, name: str) -> Distribution:
    mean = _positive(_field(body, name, ("mean", "shape"), "mean"), (name, "mean"))
    given = _field(body, name, ("mean", "shape"), "shape")
    shape = _at(lambda: parse_quantity(given, "number"), (name, "shape"))
    # below 0.1 the mean is made of values that never come: Gamma(1 + 1/0.1) = 3.6e6 scales
    if not 0.1 <= shape <= 1000.0:
        raise QuantityError(f"the shape of a Weibull is from 0.1 to 1000, not {shape:g}", "", (name, "shape"))
    return Weibull(mean, shape)


def _uniform(body: Any, name: str) -> Distribution:
    low, high = _times(body, name, 2)
    if low > high:
        raise QuantityError("the ends of a uniform are given low first", f"Write {EXAMPLES[name]}", (name,))
    return Uniform(low, high)


def _triangular(body: Any, name: str) -> Distribution:
    low, mode, high = _times(body, name, 3)
    if not low <= mode <= high or low == high:
        raise QuantityError(
            "a triangular goes low <= mode <= high with low < high", f"Write {EXAMPLES[name]}", (name,)
        )
    return Triangular(low, mode, high)


def _empirical(body: Any, name: str) -> Distribution:
    if not isinstance(body, str) or not body.strip():
        raise QuantityError("an empirical distribution names a file", f"Write {EXAMPLES[name]}", (name,))
    return Empirical(body)


def _slots(body: Any, name: str) -> Distribution:
    p = _at(lambda: parse_quantity(body, "share"), (name,))
    if not 0.0 < p <= 1.0:
        what = f"the probability of a slot is above 0 and at most 1, not {p:g}"
        raise QuantityError(what, f"Write {EXAMPLES[name]}", (name,))
    return Geometric(p) if name == "geometric" else Bernoulli(p)


_READERS: Final[Mapping[str, Callable[[Any, str], Distribution]]] = {
    "exponential": _exponential,
    "normal": _normal,
    "lognormal": _lognormal,
    "erlang": _erlang,
    "uniform": _uniform,
    "triangular": _triangular,
    "weibull": _weibull,
    "empirical": _empirical,
    "geometric": _slots,
    "bernoulli": _slots,
}


def _field(body: Any, name: str, names: tuple[str, ...], wanted: str) -> Any:
    if not isinstance(body, Mapping):
        raise QuantityError(f"{name} needs {' and '.join(names)}", f"Write {EXAMPLES[name]}", (name,))
    extra = next((key for key in body if key not in names), None)
    if extra is not None:
        path = (name, extra) if isinstance(extra, str) else (name,)
        raise QuantityError(f"{name} has no {extra!r}", f"Write {EXAMPLES[name]}", path)
    if wanted not in body:
        raise QuantityError(f"{name} needs {wanted}", f"Write {EXAMPLES[name]}", (name,))
    return body[wanted]


def _times(body: Any, name: str, count: int) -> list[float]:
    if not isinstance(body, list | tuple) or len(body) != count:
        raise QuantityError(f"{name} needs {count} durations", f"Write {EXAMPLES[name]}", (name,))
    return [_time(item, (name, index)) for index, item in enumerate(body)]


def _time(value: Any, path: tuple[str | int, ...]) -> float:
    seconds = _at(lambda: parse_quantity(value, "duration"), path)
    if seconds < 0.0:
        raise QuantityError(f"a duration cannot be negative, {value!r} is", "Write 0 s or more", path)
    if 0.0 < seconds < 1e-9:
        raise QuantityError(f"{value!r} is shorter than a nanosecond", "Write 0 s, or 1 ns and more", path)
    if seconds > 9.2e9:
        raise QuantityError(f"{value!r} is longer than the longest duration, 292 years", "Write less", path)
    return seconds


def _positive(value: Any, path: tuple[str | int, ...]) -> float:
    seconds = _time(value, path)
    if seconds <= 0.0:
        raise QuantityError(f"{path[-1]} must be more than 0 s here", "Write for example 5 s", path)
    return seconds


def _at(read: Callable[[], float], path: tuple[str | int, ...]) -> float:
    try:
        return read()
    except QuantityError as error:
        raise QuantityError(error.what, error.cure, path + error.path) from None
