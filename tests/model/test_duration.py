from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.model.duration import (
    EXAMPLES,
    Always,
    Constant,
    Distribution,
    Empirical,
    Erlang,
    Exponential,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
    Weibull,
    parse_duration_distribution,
)
from commissioning.model.quantity import QuantityError


@pytest.mark.parametrize(
    ("value", "distribution"),
    [
        ("4 s", Constant(4.0)),
        (4, Constant(4.0)),
        ({"exponential": "4 s"}, Exponential(4.0)),
        ({"exponential": {"mean": "4 s"}}, Exponential(4.0)),
        ({"normal": {"mean": "5 s", "sd": "500 ms"}}, Normal(5.0, 0.5)),
        ({"lognormal": {"mean": "5 s", "sd": "1 s"}}, LogNormal(5.0, 1.0)),
        ({"erlang": {"mean": "6 s", "k": 3}}, Erlang(6.0, 3)),
        ({"uniform": ["4 s", "6 s"]}, Uniform(4.0, 6.0)),
        ({"triangular": ["4 s", "5 s", "9 s"]}, Triangular(4.0, 5.0, 9.0)),
        ({"weibull": {"mean": "1 h", "shape": 1.5}}, Weibull(3600.0, 1.5)),
        ({"empirical": "times.csv"}, Empirical("times.csv")),
    ],
)
def test_that_every_form_of_the_contract_is_read(value: Any, distribution: Distribution) -> None:
    assert parse_duration_distribution(value) == distribution


def test_that_always_is_for_sources_only() -> None:
    assert parse_duration_distribution("always", always=True) == Always()
    with pytest.raises(QuantityError):
        parse_duration_distribution("always")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("-4 s", ()),
        ({"exponential": "0 s"}, ("exponential",)),
        ({"normal": {"mean": "5 s", "sd": 0}}, ("normal", "sd")),
        ({"normal": {"mean": "-5 s", "sd": 1}}, ("normal", "mean")),
        ({"normal": {"mean": "5 s"}}, ("normal",)),
        ({"normal": {"mean": "5 s", "sd": "1 s", "min": 0}}, ("normal", "min")),
        ({"normal": "5 s"}, ("normal",)),
        ({"erlang": {"mean": "5 s", "k": 0}}, ("erlang", "k")),
        ({"erlang": {"mean": "5 s", "k": 2.5}}, ("erlang", "k")),
        ({"uniform": ["6 s", "4 s"]}, ("uniform",)),
        ({"uniform": ["6 s"]}, ("uniform",)),
        ({"uniform": ["1 s", "2 m"]}, ("uniform", 1)),
        ({"triangular": ["4 s", "9 s", "5 s"]}, ("triangular",)),
        ({"triangular": ["4 s", "4 s", "4 s"]}, ("triangular",)),
        ({"weibull": {"mean": "5 s", "shape": 0}}, ("weibull", "shape")),
        ({"empirical": 4}, ("empirical",)),
        ({"gaussian": "4 s"}, ("gaussian",)),
        ({}, ()),
        ({"exponential": "4 s", "uniform": [1, 2]}, ()),
        ([], ()),
        (None, ()),
        ({"exponential": math.inf}, ("exponential",)),
    ],
)
def test_that_a_wrong_distribution_leads_to_its_wrong_part(value: Any, path: tuple[Any, ...]) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_duration_distribution(value)
    assert caught.value.path == path


# Means from the textbook formulas (Law, Simulation Modeling and Analysis, ch. 6): integrals of t f(t).
@pytest.mark.parametrize(
    ("distribution", "density"),
    [
        (Uniform(4.0, 6.0), lambda t: np.where((t >= 4.0) & (t <= 6.0), 0.5, 0.0)),
        (Triangular(2.0, 3.0, 7.0), lambda t: np.interp(t, [2.0, 3.0, 7.0], [0.0, 0.4, 0.0])),
        (
            Weibull(5.0, 1.5),
            lambda t: 1.5 / Weibull(5.0, 1.5).scale * (t / Weibull(5.0, 1.5).scale) ** 0.5
            * np.exp(-((t / Weibull(5.0, 1.5).scale) ** 1.5)),
        ),
    ],
)  # fmt: skip
def test_that_means_are_those_of_the_densities(distribution: Distribution, density: Any) -> None:
    t = np.linspace(1e-9, 100.0, 2_000_001)
    assert distribution.mean == pytest.approx(np.trapezoid(t * density(t), t), rel=1e-4)


def test_that_a_lognormal_has_the_mean_and_sd_that_were_asked_for() -> None:
    wanted = LogNormal(5.0, 2.0)
    mu, sigma = wanted.mu, wanted.sigma
    # moments of a lognormal: exp(mu + s^2/2), (exp(s^2) - 1) exp(2 mu + s^2)
    assert math.exp(mu + sigma**2 / 2) == pytest.approx(5.0)
    assert math.sqrt((math.exp(sigma**2) - 1) * math.exp(2 * mu + sigma**2)) == pytest.approx(2.0)


def test_that_an_unread_file_has_no_mean() -> None:
    with pytest.raises(ValueError, match=r"times\.csv"):
        _ = Empirical("times.csv").mean
    assert Empirical("times.csv", (1.0, 2.0, 6.0)).mean == 3.0


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("5 s"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*EXAMPLES, "mean", "sd", "k", "shape", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(junk)
def test_that_any_value_is_a_distribution_or_a_quantity_error(value: Any) -> None:
    try:
        parse_duration_distribution(value)
    except QuantityError:
        return
