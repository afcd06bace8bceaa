"""Own log, exp and normal quantile against the C library and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.sim.elementary import exp, log, normal_quantile


@given(st.floats(1e-300, 1e300))
def test_that_log_is_as_exact_as_doubles_allow(x: float) -> None:
    got = float(log(np.array([x]))[0])
    assert got == pytest.approx(math.log(x), rel=4e-16, abs=3e-16)


@given(st.floats(-600.0, 600.0))
def test_that_exp_agrees_with_the_c_library(x: float) -> None:
    assert float(exp(np.array([x]))[0]) == pytest.approx(math.exp(x), rel=3e-15)


def test_that_the_normal_quantile_agrees_with_scipy_over_the_whole_range() -> None:
    special = pytest.importorskip("scipy.special")
    p = np.concatenate([np.logspace(-15, -0.31, 2000), np.linspace(0.0005, 0.9995, 4001)])
    assert np.allclose(normal_quantile(p), special.ndtri(p), rtol=3e-15, atol=3e-16)
