"""Random streams: one per object and purpose, counter-based, the same on every platform.

A stream is a key made of seed, object id and purpose; its n-th number is a function of key and n
(SplitMix64 finaliser, Steele, Lea and Flood 2014, OOPSLA). So the state is a counter, variants of a
line share their random numbers, and adding a device disturbs no other device's draws.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from commissioning.model.duration import (
    Always,
    Constant,
    Distribution,
    Empirical,
    Erlang,
    Exponential,
    Geometric,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
    Weibull,
)
from commissioning.sim.elementary import exp, log, normal_quantile
from commissioning.sim.stateful import Stateful

__all__ = ["Sampler", "Uniforms", "fork_key", "stream_key", "uniforms"]

Floats = NDArray[np.float64]
_BLOCK = 256
_MOST = 1 << 40  # numbers, or blocks of them, that no run draws
_LONGEST_S = 9.2e9  # 292 years, what 64 bits of ns hold
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def stream_key(seed: int, object_id: str, purpose: str) -> int:
    """64-bit key of the stream of one object and purpose."""
    text = f"{seed}\x00{object_id}\x00{purpose}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def fork_key(seed: int, stream: str) -> int:
    """64-bit key with which the stream of the id `stream` goes on after a fork with `seed`.

    Other numbers than a run with that seed begins with: forks are independent of all runs.
    """
    return int.from_bytes(hashlib.sha256(f"fork {seed}\x00{stream}".encode()).digest()[:8], "little")


def uniforms(key: int, start: int, count: int) -> Floats:
    """Numbers `start` to `start + count` of a stream: shape (count,), each in (0, 1), never 0 or 1."""
    n = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(key) + n * _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


class _Stream(Stateful):
    """A stream of the id `id`. `forked`: the seed of its last fork, -1 if there was none."""

    saved: ClassVar[tuple[str, ...]] = ("forked",)
    derived: ClassVar[tuple[str, ...]] = ("key",)
    constant: ClassVar[tuple[str, ...]] = ("first_key",)

    def __init__(self, name: str, key: int) -> None:
        self.id, self.first_key, self.key, self.forked = name, key, key, -1

    def fork(self, seed: int) -> None:
        """Go on with other numbers, from the first of them: what is drawn next is the same for every fork
        with `seed`, however many were drawn before."""
        self.forked = seed
        self.key = fork_key(seed, self.id)

    def restored(self) -> None:
        self.key = self.first_key if self.forked < 0 else fork_key(self.forked, self.id)


class Uniforms(_Stream):
    """Plain draws from (0, 1), for choices."""

    saved: ClassVar[tuple[str, ...]] = ("count",)
    derived: ClassVar[tuple[str, ...]] = ("values",)

    def __init__(self, name: str, key: int) -> None:
        super().__init__(name, key)
        self.count = 0
        self.values: list[float] = []  # of the block that `count` is in

    def draw(self) -> float:
        """The next number in (0, 1)."""
        place = self.count % _BLOCK
        if place == 0 or not self.values:
            self.values = uniforms(self.key, self.count - place, _BLOCK).tolist()
        self.count += 1
        return self.values[place]

    def fill(self) -> None:
        """Make the block that was drawn from last, if a restore has left that for the next draw."""
        if self.count and not self.values:
            start = (self.count - 1) // _BLOCK * _BLOCK
            self.values = uniforms(self.key, start, _BLOCK).tolist()

    def ahead(self, count: int) -> Floats:
        """The next `count` numbers, shape (count,), without drawing them."""
        return uniforms(self.key, self.count, count)

    def skip(self, count: int) -> None:
        """As if `count` numbers had been drawn."""
        if count:
            self.count += count
            self.values = uniforms(self.key, (self.count - 1) // _BLOCK * _BLOCK, _BLOCK).tolist()

    def fork(self, seed: int) -> None:
        super().fork(seed)
        self.count, self.values = 0, []

    def restored(self) -> None:
        super().restored()
        if not 0 <= self.count < _MOST:
            raise ValueError(f"{self.count} numbers were drawn from {self.id}")
        self.values = []  # made when one is drawn


class Sampler(_Stream):
    """Draws from one distribution. `draw()` gives ns, at least 0.

    Draws are made in blocks; the state is the number of the block and the place in it.
    """

    saved: ClassVar[tuple[str, ...]] = ("block", "place")
    derived: ClassVar[tuple[str, ...]] = ("values", "made")
    constant: ClassVar[tuple[str, ...]] = ("distribution", "make", "width", "fixed")

    def __init__(self, name: str, key: int, distribution: Distribution) -> None:
        super().__init__(name, key)
        self.distribution = distribution
        self.width = distribution.k if isinstance(distribution, Erlang) else 1
        self.make: Callable[[Floats], Floats] = _transform(distribution)
        self.fixed: int | None = None
        if isinstance(distribution, Constant):
            self.fixed = round(distribution.value * 1e9)
        elif isinstance(distribution, Always):
            self.fixed = 0
        self.block = -1
        self.place = 0
        self.values: list[int] = []
        self.made = True  # `values` are those of `block`

    def draw(self) -> int:
        """The next duration in ns."""
        if self.fixed is not None:
            return self.fixed
        place = self.place
        while place >= len(self.values):
            if self.made:
                self.block += 1
                place = 0
            self._fill()
        self.place = place + 1
        return self.values[place]

    def ahead(self, count: int) -> tuple[NDArray[np.int64], list[int]]:
        """At least the next `count` durations in ns, without drawing them, and how many of them have been
        drawn at the end of each block, the present one first: `skip` wants both back."""
        if self.fixed is not None:
            return np.full(count, self.fixed, np.int64), []
        self.fill()
        left = np.array(self.values[self.place :], np.int64)
        pieces, ends, have, block = [left], [len(left)], len(left), self.block
        while have < count:
            blocks = max(1, -(-(count - have) // _BLOCK))
            size = _BLOCK * self.width
            drawn = uniforms(self.key, (block + 1) * size, blocks * size)
            seconds = self.make(drawn.reshape(blocks * _BLOCK, self.width))
            fit = seconds >= 0.0
            counts = np.count_nonzero(fit.reshape(blocks, _BLOCK), axis=1)
            pieces.append(_whole_ns(seconds[fit]))
            ends += (have + np.cumsum(counts)).tolist()
            have, block = ends[-1], block + blocks
        return np.concatenate(pieces), ends

    def skip(self, count: int, values: NDArray[np.int64], ends: list[int]) -> None:
        """As if `count` durations had been drawn. `values`, `ends`: what `ahead` gave."""
        if self.fixed is not None or not count:
            return
        k = bisect_left(ends, count)
        if k == 0:
            self.place += count
            return
        self.block, self.made = self.block + k, True
        self.place = count - ends[k - 1]
        self.values = values[ends[k - 1] : ends[k]].tolist()

    def fork(self, seed: int) -> None:
        """As for any stream. A duration that has been drawn already stays what it is."""
        super().fork(seed)
        self.block, self.place, self.values, self.made = -1, 0, [], True

    def restored(self) -> None:
        super().restored()
        if not -1 <= self.block < _MOST or self.place < 0:
            raise ValueError(f"{self.id} is at place {self.place} of block {self.block}")
        self.values, self.made = [], self.block < 0  # a block is made when one of it is drawn

    def fill(self) -> None:
        """Make the present block, if a restore has left that for the next draw."""
        if not self.made and self.block >= 0:
            self._fill()

    def _fill(self) -> None:
        self.made = True
        count = _BLOCK * self.width
        seconds = self.make(uniforms(self.key, self.block * count, count).reshape(_BLOCK, self.width))
        # A negative duration cannot be: it is drawn again, which is to leave it out of the sequence.
        self.values = _whole_ns(seconds[seconds >= 0.0]).tolist()


def _whole_ns(seconds: Floats) -> NDArray[np.int64]:
    return np.rint(np.minimum(seconds, _LONGEST_S) * 1e9).astype(np.int64)


def _transform(distribution: Distribution) -> Callable[[Floats], Floats]:
    """uniforms of shape (n, width) -> seconds of shape (n,), by inversion (Erlang: product of uniforms)."""
    d = distribution
    if isinstance(d, Exponential):
        mean = d.mean
        return lambda u: -mean * log(u[:, 0])
    if isinstance(d, Normal):
        mu, sd = d.mean, d.sd
        return lambda u: mu + sd * normal_quantile(u[:, 0])
    if isinstance(d, LogNormal):
        variance = log(np.array([1.0 + (d.sd / d.mean) ** 2]))[0]
        shift, sigma = log(np.array([d.mean]))[0] - 0.5 * variance, variance**0.5
        return lambda u: exp(shift + sigma * normal_quantile(u[:, 0]))
    if isinstance(d, Erlang):
        scale = d.mean / d.k
        return lambda u: -scale * log(u).sum(axis=1)
    if isinstance(d, Uniform):
        low, width = d.low, d.high - d.low
        return lambda u: low + width * u[:, 0]
    if isinstance(d, Triangular):
        low, mode, high = d.low, d.mode, d.high
        cut = (mode - low) / (high - low)
        rise, fall = (high - low) * (mode - low), (high - low) * (high - mode)
        return lambda u: np.where(
            u[:, 0] < cut, low + np.sqrt(u[:, 0] * rise), high - np.sqrt((1.0 - u[:, 0]) * fall)
        )
    if isinstance(d, Weibull):
        weibull_scale, power = d.scale, 1.0 / d.shape
        return lambda u: weibull_scale * exp(power * log(-log(u[:, 0])))
    if isinstance(d, Empirical):
        table = np.array(d.values, np.float64)
        return lambda u: table[(u[:, 0] * len(table)).astype(np.int64)]
    if isinstance(d, Geometric):
        slot, p = d.slot, d.p
        if p >= 1.0:
            return lambda u: np.full(len(u), slot)
        beta = -log(np.array([1.0 - p]))[0]
        return lambda u: slot * (np.floor(-log(u[:, 0]) / beta) + 1.0)
    return lambda u: np.zeros(len(u))
