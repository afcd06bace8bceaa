"""Random streams: independent of order and platform, with the right distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from commissioning.model.duration import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
    Weibull,
)  # fmt: skip
from commissioning.sim.random_stream import Sampler, Uniforms, stream_key, uniforms

N = 40_000


def splitmix(key: int, n: int) -> int:
    """SplitMix64 with Python integers, written from the paper's figure 15."""
    mask = (1 << 64) - 1
    z = (key + (n + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def test_that_the_stream_is_splitmix64() -> None:
    """Java's SplittableRandom(0) begins with this number (published reference vector)."""
    assert splitmix(0, 0) == 0xE220A8397B1DCDAF
    key = stream_key(7, "infeed", "every")
    expected = [((splitmix(key, n) >> 12) + 0.5) * 2.0**-52 for n in range(100)]
    assert uniforms(key, 0, 100).tolist() == expected
    assert uniforms(key, 60, 40).tolist() == expected[60:]


def draws(distribution) -> np.ndarray:  # type: ignore[no-untyped-def, type-arg]
    sampler = Sampler("s", stream_key(1, "x", "y"), distribution)
    return np.array([sampler.draw() for _ in range(N)]) / 1e9


@pytest.mark.parametrize(
    ("distribution", "name", "args"),
    [
        (Exponential(4.0), "expon", {"scale": 4.0}),
        (Normal(5.0, 0.5), "norm", {"loc": 5.0, "scale": 0.5}),
        (Uniform(2.0, 3.0), "uniform", {"loc": 2.0, "scale": 1.0}),
        (Erlang(6.0, 3), "gamma", {"a": 3, "scale": 2.0}),
        (Triangular(1.0, 2.0, 5.0), "triang", {"c": 0.25, "loc": 1.0, "scale": 4.0}),
        (Weibull(4.0, 1.5), "weibull_min", {"c": 1.5, "scale": 4.0 / math.gamma(1 + 1 / 1.5)}),
        (LogNormal(5.0, 2.0), "lognorm",
         {"s": math.sqrt(math.log(1.16)), "scale": 5.0 / math.sqrt(1.16)}),
    ],
)  # fmt: skip
def test_that_draws_follow_the_distribution(distribution, name, args) -> None:  # type: ignore[no-untyped-def]
    """Kolmogorov-Smirnov against scipy's distribution; the seed is fixed, so this cannot flicker."""
    stats = pytest.importorskip("scipy.stats")
    assert stats.kstest(draws(distribution), getattr(stats, name)(**args).cdf).pvalue > 0.01


def test_that_a_normal_duration_is_never_negative_and_keeps_its_truncated_mean() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = draws(Normal(1.0, 2.0))
    assert values.min() >= 0.0
    expected = stats.truncnorm(-0.5, np.inf, loc=1.0, scale=2.0)
    assert values.mean() == pytest.approx(expected.mean(), abs=4 * expected.std() / math.sqrt(N))


def test_that_a_constant_is_exact() -> None:
    assert Sampler("s", 1, Constant(0.02)).draw() == 20_000_000


def test_that_empirical_draws_come_from_the_table() -> None:
    values = draws(Empirical("x.csv", (1.0, 2.0, 4.0)))
    assert set(values) == {1.0, 2.0, 4.0}
    assert (values == 4.0).mean() == pytest.approx(1 / 3, abs=0.01)


def test_that_a_restored_sampler_continues_where_it_was() -> None:
    for taken in (0, 1, 63, 64, 65, 200):
        a = Sampler("s", 5, Normal(1.0, 1.0))
        for _ in range(taken):
            a.draw()
        b = Sampler("s", 5, Normal(1.0, 1.0))
        b.restore(a.save(), None)  # type: ignore[arg-type]
        assert [a.draw() for _ in range(150)] == [b.draw() for _ in range(150)]


def test_that_restored_choices_continue_where_they_were() -> None:
    for taken in (0, 1, 255, 256, 257, 600):
        a = Uniforms("u", stream_key(1, "a", "x"))
        for _ in range(taken):
            a.draw()
        b = Uniforms("u", stream_key(1, "a", "x"))
        b.restore(a.save(), None)  # type: ignore[arg-type]
        assert [a.draw() for _ in range(600)] == [b.draw() for _ in range(600)]


def test_that_streams_of_different_objects_and_purposes_differ() -> None:
    keys = {stream_key(1, d, p) for d in ("a", "b", "ab") for p in ("", "x", "bx")}
    assert len(keys) == 9
    first, second = Uniforms("u", stream_key(1, "a", "x")), Uniforms("u", stream_key(2, "a", "x"))
    assert [first.draw() for _ in range(5)] != [second.draw() for _ in range(5)]


def test_that_a_mean_of_centuries_stays_within_64_bits_of_nanoseconds() -> None:
    assert 0 < draws(Exponential(1e10)).max() <= 9.2e9
