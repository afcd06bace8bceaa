"""The builders of the cases with parameters that are in no table, against formulas written here."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from case_scenes import plan
from estimate import measure


def agrees(
    group: str, parameters: dict[str, Any], exact: float, metric: str = "", name: str = "other"
) -> None:
    made = plan({"id": name, "group": group, "parameters": parameters, "metric": metric, "description": ""})
    assert made is not None
    found = measure(made, 11)
    assert found.half_width <= 0.005 * exact
    assert found.agrees(exact), f"{found} against {exact}"


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 5])
def test_that_blocking_after_service_is_blocking_before_it_with_one_place_more(places: int) -> None:
    """Two stations of rate 1: (B + 2) / (B + 3) after service, (B + 1) / (B + 2) before it."""
    line = {"service_rates": [1.0, 1.0], "buffers": [places]}
    agrees("serial_line_exponential_BAS", line, (places + 2) / (places + 3))
    agrees("serial_line_exponential_BBS", line, (places + 1) / (places + 2))


@pytest.mark.slow
@pytest.mark.parametrize(("p1", "p2", "n"), [(0.8, 0.8, 1), (0.7, 0.9, 3), (0.95, 0.6, 2)])
def test_that_two_bernoulli_machines_follow_li_and_meerkov(p1: float, p2: float, n: int) -> None:
    """PR = p2 (1 - Q(p1, p2, N)), Production Systems Engineering (2009), section 4.2."""
    if p1 == p2:
        q = (1 - p1) / (n + 1 - p1)
    else:
        alpha = p1 * (1 - p2) / (p2 * (1 - p1))
        q = (1 - p1) * (1 - alpha) / (1 - p1 / p2 * alpha**n)
    agrees("bernoulli_line", {"p1": p1, "p2": p2, "N": n}, p2 * (1 - q))


def two_machines_in_slots(p: list[float], r: list[float], n: int) -> float:
    """Parts per slot: states change first, then parts move on the level before (Gershwin 1994, ch. 3)."""
    states = list(product(range(n + 1), (0, 1), (0, 1)))
    chain = np.zeros((len(states), len(states)))
    made = np.zeros(len(states))
    for i, (level, *up) in enumerate(states):
        may = (level < n, level > 0)
        for after in product((0, 1), repeat=2):
            chance = 1.0
            for k in (0, 1):
                fail = p[k] if may[k] else 0.0
                now_up = 1 - fail if up[k] else r[k]
                chance *= now_up if after[k] else 1 - now_up
            into = level + (after[0] and may[0]) - (after[1] and may[1])
            chain[i, states.index((into, *after))] += chance
            made[i] += chance * (after[1] and may[1])
    system = np.vstack([chain.T - np.eye(len(states)), np.ones(len(states))])
    share = np.linalg.lstsq(system, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    return float(share @ made)


def test_that_the_chain_written_here_gives_the_value_of_the_table() -> None:
    assert two_machines_in_slots([0.01, 0.01], [0.1, 0.1], 4) == pytest.approx(0.8409361364537886, rel=1e-9)
    assert two_machines_in_slots([0.1, 0.1], [0.2, 0.2], 10) == pytest.approx(0.5874125874125871, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("p", "r", "n"), [([0.1, 0.05], [0.3, 0.4], 2), ([0.05, 0.2], [0.5, 0.6], 6)])
def test_that_two_unreliable_machines_follow_their_chain(p: list[float], r: list[float], n: int) -> None:
    exact = two_machines_in_slots(p, r, n)
    agrees("two_machine_unreliable_deterministic", {"p": p, "r": r, "N": n}, exact)


@pytest.mark.slow
def test_that_a_loop_with_transport_follows_mean_value_analysis() -> None:
    """Exact MVA (Reiser and Lavenberg 1980) with a delay station."""
    means, pallets, delay = [1.0, 0.6, 1.4], 6, 3.0
    queue, rate = [0.0] * len(means), 0.0
    for n in range(1, pallets + 1):
        times = [mean * (1 + q) for mean, q in zip(means, queue, strict=True)]
        rate = n / (delay + sum(times))
        queue = [rate * t for t in times]
    agrees("closed_loop_exponential", {"means": means, "pallets": pallets, "delay": delay}, rate)


@pytest.mark.slow
def test_that_one_repairman_follows_the_birth_and_death_chain() -> None:
    m, c, fail, repair = 5, 1, 0.3, 1.0
    weights = [1.0]
    for down in range(1, m + 1):
        weights.append(weights[-1] * (m - down + 1) * fail / (min(down, c) * repair))
    up = sum((m - k) * w for k, w in enumerate(weights)) / sum(weights)
    agrees("closed_loop_exponential", {"m": m, "c": c, "fail": fail, "repair": repair}, up)


@pytest.mark.slow
def test_that_the_low_class_waits_as_cobham_says() -> None:
    lam, mu = [0.2, 0.4], 1.0
    rest = sum(lam) / mu**2
    low = rest / ((1 - lam[0] / mu) * (1 - sum(lam) / mu))
    agrees("queue", {"lam": lam, "mu": mu}, low, "Wq class2")
    by_name = {
        "id": "mm1_prio_2cls_lo",
        "group": "queue",
        "parameters": {"lam": lam, "mu": mu},
        "metric": "Wq",
    }
    assert plan(by_name) == plan({**by_name, "id": "x", "metric": "Wq class2"})


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 3])
def test_that_a_loss_system_takes_what_erlang_says(places: int) -> None:
    lam, mu = 1.5, 1.0
    weights = [(lam / mu) ** k for k in range(places + 1)]
    agrees("queue", {"lam": lam, "mu": mu, "K": places}, lam * (1 - weights[-1] / sum(weights)))


@pytest.mark.slow
def test_that_a_busy_queue_is_estimated_in_bearable_time() -> None:
    """M/M/1 at 90 %: Wq = 9. Without control variates it would take 70 million customers."""
    agrees("queue", {"lam": 0.9, "mu": 1.0}, 9.0)
