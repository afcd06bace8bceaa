"""MSER-5 against its definition in numpy, and on series whose warm-up is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.sim.analysis.warmup import mean_series, mser


def by_definition(values: list[float], batch: int) -> tuple[int, list[float]]:
    """Squared standard error of the mean of what remains, straight from the definition."""
    n = len(values) // batch
    means = np.asarray(values[: n * batch]).reshape(n, batch).mean(axis=1)
    errors = [float(np.var(means[d:]) / (n - d)) for d in range(n - 4)]
    return int(np.argmin(errors)), errors


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(50, 400), st.sampled_from((1, 5, 10)))
def test_that_the_error_is_the_one_of_the_definition(seed: int, n: int, batch: int) -> None:
    rng = np.random.default_rng(seed)
    values = (rng.normal(10.0, 1.0, n) + 20.0 * np.exp(-np.arange(n) / 30.0)).tolist()
    if n // batch < 10:
        with pytest.raises(ValueError, match="needs"):
            mser(values, batch)
        return
    best, errors = by_definition(values, batch)
    found = mser(values, batch)
    assert found.errors == pytest.approx(errors, rel=1e-9)
    assert found.found == (best <= n // batch // 2)
    assert found.cut == (best if found.found else n // batch // 2) * batch


@pytest.mark.parametrize("steps", (0, 1, 7, 20))
def test_that_a_step_at_the_beginning_is_cut_off_exactly(steps: int) -> None:
    # `steps` batches at 0, then the steady level 1: any rest of the step makes the error larger
    values = [0.0] * (5 * steps) + [1.0] * (5 * (60 - steps))
    assert mser(values)[:2] == (5 * steps, True)


def test_that_a_step_inside_a_batch_costs_that_batch() -> None:
    values = [0.0] * 13 + [1.0] * 287
    assert mser(values).cut == 15


def test_that_a_warm_up_beyond_the_first_half_is_refused() -> None:
    # 40 of 60 batches on a ramp: the level comes in the second half only
    values = [min(k / 200.0, 1.0) for k in range(300)]
    assert mser(values)[:2] == (150, False)
    # and a series that never settles
    assert not mser([float(k * k) for k in range(300)]).found


def test_that_a_series_without_warm_up_keeps_nearly_everything() -> None:
    # white noise: the cut is where chance puts it, mostly near the beginning; the mean cut of 200 series
    cuts = [mser(np.random.default_rng(seed).normal(5.0, 1.0, 500).tolist()) for seed in range(200)]
    assert np.mean([cut.cut for cut in cuts if cut.found]) < 100


def test_that_the_bias_of_an_empty_start_is_cut_off() -> None:
    # starts 10 off and comes in with a time constant of 30, noise of sd 1; mean of 10 replications
    rng = np.random.default_rng(3)
    bias = 10.0 * np.exp(-np.arange(1000) / 30.0)
    found = mser(mean_series([(5.0 + bias + rng.normal(0.0, 1.0, 1000)).tolist() for _ in range(10)]))
    assert found.found
    # what is left of the bias is below the noise of a batch mean, 1 / sqrt(5 * 10)
    assert bias[found.cut] < 0.14
    assert found.cut < 250


def test_that_the_mean_over_replications_ends_with_the_shortest() -> None:
    assert mean_series([[1.0, 2.0, 9.0], [3.0, 4.0]]) == [2.0, 3.0]
