"""Cases of every group that are in no table, against references solved here (`references`).

The table has a third of the cases that the product is held to. These have other numbers and other forms of
parameters: unequal stations, other distributions, several servers, several classes, rework, crews, fleets.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
import references as exact
from case_scenes import cases, plan
from estimate import measure
from test_other_parameters import two_machines_in_slots

Row = tuple[str, dict[str, Any], str, str, float]  # group, parameters, metric, description, value

BAS, BBS, ERLANG = "serial_line_exponential_BAS", "serial_line_exponential_BBS", "serial_line_erlang_BAS"
UNRELIABLE, SLOTS = "two_machine_unreliable_exponential", "two_machine_unreliable_deterministic"


def exponential_lines() -> list[Row]:
    rows: list[Row] = []
    for rates, buffers in (
        ([2.0, 1.5, 1.8], [3, 1]),
        ([1.0] * 5, [0, 2, 0, 3]),
        ([0.5, 3.0], [7]),
        ([1.3, 1.1, 0.9, 1.2], [5, 0, 2]),
        ([1.0] * 3, [10, 10]),
    ):
        value = exact.line_after_service(rates, [1] * len(rates), buffers)
        rows.append((BAS, {"service_rates": rates, "buffers": buffers}, "throughput", "", value))
    for rates, buffers in (
        ([1, 1, 1, 1], [0, 0, 0]),
        ([1.5, 1.0, 2.0], [2, 0]),
        ([1, 1], [6]),
        ([0.8, 1.2, 1.0, 1.1], [1, 2, 1]),
    ):
        value = exact.line_before_service(rates, buffers)
        rows.append((BBS, {"service_rates": rates, "buffers": buffers}, "throughput", "", value))
    return rows


def erlang_lines() -> list[Row]:
    rows: list[Row] = []
    for means, phases, buffers in (
        ([1.0, 1.0], [3, 3], [1]),
        ([1.0, 0.8], [2, 4], [2]),
        ([1.0] * 4, [2] * 4, [1, 1, 1]),
        ([1.0, 1.0], [10, 10], [0]),
        ([2.5] * 3, [3] * 3, [0, 2]),
    ):
        value = exact.line_after_service([1 / mean for mean in means], phases, buffers)
        alike = len(set(means)) == len(set(phases)) == 1
        named = {"mean": means[0], "erlang_k": phases[0]} if alike else {"means": means, "erlang_k": phases}
        rows.append((ERLANG, {"stations": len(means), "buffers": buffers} | named, "throughput", "", value))
    return rows


def unreliable_lines() -> list[Row]:
    rows: list[Row] = []
    for mu, fail, repair, n in (
        ([1, 2], [0.02, 0.2], [0.1, 0.5], 3),
        ([3.0, 3.0], [0.5, 0.5], [1.0, 1.0], 1),
        ([1.0, 0.8], [0.05, 0.01], [0.2, 0.3], 15),
        ([0.4, 0.5], [0.1, 0.02], [0.6, 0.1], 5),
    ):
        p = {"mu": mu, "fail": fail, "repair": repair, "N": n}
        rows.append((UNRELIABLE, p, "throughput", "", exact.two_unreliable(mu, fail, repair, n)))
    for fails, repairs, n in (([0.02, 0.05], [0.2, 0.1], 8), ([0.3, 0.1], [0.9, 0.4], 3), ([0.05] * 2, [0.5] * 2, 2)):  # fmt: skip # noqa: E501
        value = two_machines_in_slots(fails, repairs, n)
        rows.append((SLOTS, {"p": fails, "r": repairs, "N": n}, "efficiency", "", value))
    for fails, repairs in (([0.02, 0.01, 0.05], [0.2, 0.1, 0.5]), ([0.01] * 4, [0.2] * 4)):
        p = {"p": fails, "r": repairs}
        down = sum(a / b for a, b in zip(fails, repairs, strict=True))
        rows.append(
            ("unreliable_limits", p, "efficiency", "Zero-buffer (rigid transfer) line", 1 / (1 + down))
        )
        least = min(b / (a + b) for a, b in zip(fails, repairs, strict=True))
        rows.append(("unreliable_limits", p, "efficiency", "Infinite buffers", least))
    for up, storage in (([0.9, 0.8, 0.85], [2, 3]), ([0.7] * 4, [1, 1, 1]), ([0.6, 0.95], [5])):
        p = {f"p{k}": one for k, one in enumerate(up, 1)} | {"N": storage if len(storage) > 1 else storage[0]}
        rows.append(("bernoulli_line", p, "parts per slot", "", exact.slots_bernoulli(up, storage)))
    return rows


def queues() -> list[Row]:
    rows: list[Row] = []

    def add(p: dict[str, Any], metric: str, value: float, description: str = "") -> None:
        rows.append(("queue", p, metric, description, value))

    add({"lam": 0.3, "mu": 1}, "Lq", 0.3**2 / 0.7)
    add({"lam": 1.2, "mu": 2}, "mean time in system W", 1 / 0.8)
    add({"lam": 0.6, "mu": 1}, "mean number in system L", 1.5)
    for scv in (0.5, 1 / 3, 0.3, 2.5):
        add({"lam": 0.35, "mean": 2.0, "scv": scv}, "Wq", exact.pollaczek(0.35, 2.0, 4.0 * (1 + scv)))
    add({"lam": 0.9, "mean": 0.5, "scv": 0}, "W", exact.pollaczek(0.9, 0.5, 0.25) + 0.5)
    add({"lam": 1.6, "mu": 1, "c": 2}, "Wq", exact.erlang_c(1.6, 1, 2))
    add({"lam": 2.1, "mu": 1, "c": 3}, "mean number in queue Lq", 2.1 * exact.erlang_c(2.1, 1, 3))
    add({"lam": 7.0, "mu": 1, "c": 10}, "W", exact.erlang_c(7.0, 1, 10) + 1)
    for lam, c, k in ((0.8, 1, 1), (0.5, 1, 10), (3.0, 1, 2), (4.0, 3, 7)):
        p = {"lam": lam, "mu": 1, "K": k} | ({"c": c} if c > 1 else {})
        add(p, "accepted throughput", exact.accepted(lam, 1, c, k))
    lost = 1 - exact.accepted(2.0, 1, 3, 3) / 2.0
    add({"lam": 2.0, "mu": 1, "c": 3}, "loss probability", lost, "M/M/c/c, Erlang B")
    add(
        {"lam": 2.0, "mean": 1, "scv": 0, "c": 3}, "loss probability", lost, "M/D/c/c: Erlang B holds for any"
    )
    for rho in (0.5, 0.65):
        add({"rho": rho}, "Wq", exact.wait_of_regular_arrivals(1 / rho, 1.0))
    # three classes, and classes with services of their own (Cobham 1954)
    lam = [0.15, 0.25, 0.15]
    rest, load = sum(lam), [0.0, 0.15, 0.4, 0.55]
    for k in (1, 2, 3):
        value = rest / ((1 - load[k - 1]) * (1 - load[k]))
        add({"lam": lam, "mu": 1}, f"Wq class{k}", value)
    lam, means = [0.3, 0.1], [0.5, 3.0]
    rest, first = 0.3 * 0.25 + 0.1 * 9.0, 0.15  # sum of lam E[S^2] / 2, exponential: E[S^2] = 2 mean^2
    add({"lam": lam, "means": means}, "Wq class 1", rest / (1 - first))
    add({"lam": lam, "means": means}, "W class 2", rest / ((1 - first) * (1 - 0.45)) + 3.0)
    # breakdowns while serving, the service goes on after the repair (preemptive resume)
    for lam_b, mean, fail, repair in ((0.4, 1.2, 0.2, 0.5), (0.2, 2.0, 0.05, 4.0)):
        stretch = 1 + fail * repair
        square = 2 * mean**2 * stretch**2 + mean * fail * 2 * repair**2
        value = exact.pollaczek(lam_b, mean * stretch, square)
        add({"lam": lam_b, "mean": mean, "fail": fail, "repair_mean": repair}, "Wq", value)
    # rework with probability p: 1 / (mu (1 - p) - lam) in the system, all passes together (Jackson 1957)
    add({"lam": 0.4, "mu": 1, "rework": 0.25}, "time in system W", 1 / (0.75 - 0.4))
    add({"lam": 0.4, "mu": 1, "rework": 0.25}, "number in system L", 0.4 / (0.75 - 0.4))
    add({"lam": 0.5, "mu": [1.0, 0.8, 2.0]}, "time in system W", 1 / 0.5 + 1 / 0.3 + 1 / 1.5, "tandem")
    return rows


def loops() -> list[Row]:
    group = "closed_loop_exponential"
    rows: list[Row] = []
    for means, pallets, delay in (([1, 2, 0.5], 1, 0), ([1.0, 1.0], 12, 0), ([0.7, 1.1, 0.9], 5, 4.0)):
        p = {"means": means, "pallets": pallets, "delay": delay}
        rate = exact.ring_rate(means, pallets, delay)
        rows += [(group, p, "throughput", "", rate), (group, p, "mean loop time", "", pallets / rate)]
    for m, c, fail, repair in ((3, 3, 0.5, 1.0), (6, 2, 0.25, 0.8), (20, 1, 0.02, 0.5)):
        p = {"m": m, "c": c, "fail": fail, "repair": repair}
        up = exact.machines_up(m, c, fail, repair)
        rows += [(group, p, "mean machines up", "", up), (group, p, "mean machines down", "", m - up)]
    for times, pallets in (([3, 3, 3], 1), ([4, 9, 5], 2), ([4, 9, 5], 10), ([7.5], 2)):
        value = min(pallets / sum(times), 1 / max(times))
        rows.append(
            ("closed_loop_deterministic", {"times": times, "pallets": pallets}, "throughput", "", value)
        )
    delayed = {"times": [10, 15], "pallets": 3, "delay": 40}
    rows.append(("closed_loop_deterministic", delayed, "throughput", "", 3 / 65))
    return rows


def capacities() -> list[Row]:
    rows: list[Row] = []
    for times, buffers, n in (
        ([4, 6, 5, 6, 3], [1, 0, 2, 5], 250), ([3.3, 1.7], [0], 1), ([9, 2, 8, 1], [0, 0, 0], 77),
    ):  # fmt: skip
        p = {"times": times, "buffers": buffers, "n": n}
        rows.append(("deterministic_line", p, "makespan", "", exact.makespan(times, buffers, n)))
    for cycle, mttf, mttr in ((12.5, 3600, 300), (2, 50, 25), (60, 7200, 1800)):
        p = {"cycle": cycle, "mttf": mttf, "mttr": mttr}
        rows.append(("oee", p, "throughput per s", "", mttf / (mttf + mttr) / cycle))
    both = {"cycle": 10, "mttf": 900, "mttr": 100, "performance": 0.8, "quality": 0.95}
    rows.append(("oee", both, "good parts per s", "OEE = A x P x Q", 0.9 * 0.8 * 0.95 / 10))
    for times, servers in (([20, 35, 18], [2, 3, 1]), ([7], [4]), ([5, 5, 5], [1, 1, 1])):
        value = min(n / t for t, n in zip(times, servers, strict=True))
        rows.append(("bottleneck", {"times": times, "servers": servers}, "per s", "", value))
    again = {"times": [12, 30, 15], "servers": [1, 3, 1], "rework": 0.1}
    rows.append(("bottleneck", again, "good parts per s", "", 0.9 / 15))
    for size, process, load, ovens in ((6, 120, 30, 1), (10, 45, 0, 1), (1, 8, 2, 1), (4, 100, 20, 3)):
        p = {"batch": size, "process": process, "load": load} | ({"ovens": ovens} if ovens > 1 else {})
        rows.append(("batch", p, "per s", "", ovens * size / (process + load)))
    return rows


def moves() -> list[Row]:
    rows: list[Row] = []
    for v, length, gap in ((0.8, 0.35, 0.05), (0.3, 0.6, 0.0), (1.7, 0.25, 0.3)):
        rows.append(("conveyor", {"v": v, "L": length, "g": gap}, "items per s", "", v / (length + gap)))
    for length, pitch in ((7.3, 0.5), (3.0, 0.75), (12.0, 0.4)):
        held = sum(1 for k in range(100) if length - pitch * k > 1e-9)
        rows.append(("conveyor", {"length": length, "pitch": pitch}, "items", "", float(held)))
    rows.append(("conveyor", {"length": 6.5, "v": 0.4}, "transit time", "", 6.5 / 0.4))
    for d, v, a, load, unload, cars in ((20, 3, 1.5, 5, 5, 2), (6, 1, 0.25, 0, 0, 3)):
        way = d / v + v / a if d >= v * v / a else 2 * sqrt(d / a)
        p = {"d": d, "v": v, "a": a, "load": load, "unload": unload, "vehicles": cars}
        rows.append(("transport", p, "trips per s", "", cars / (load + unload + 2 * way)))
    fleet = {"loop": 120, "v": 1.5, "load": 12, "unload": 8, "vehicles": 4}
    rows.append(("transport", fleet, "trips per s", "vehicles on a loop", 4 / (120 / 1.5 + 20)))
    return rows


CASES = [
    *exponential_lines(),
    *erlang_lines(),
    *unreliable_lines(),
    *queues(),
    *loops(),
    *capacities(),
    *moves(),
]
CHANCELESS = {"deterministic_line", "closed_loop_deterministic", "conveyor", "batch", "transport"}


def sure(row: Row) -> bool:
    return row[0] in CHANCELESS or (row[0] == "bottleneck" and "rework" not in row[1])


def parameters() -> list[Any]:
    found = []
    for k, row in enumerate(CASES):
        marks = [] if sure(row) else [pytest.mark.slow, pytest.mark.timeout(1800)]
        found.append(pytest.param(row, id=f"{k}-{row[0]}-{row[2].replace(' ', '_')}", marks=marks))
    return found


@pytest.mark.parametrize("row", parameters())
def test_that_a_case_in_no_table_makes_what_its_reference_says(row: Row) -> None:
    group, p, metric, description, value = row
    made = plan(
        {"id": "other", "group": group, "parameters": p, "metric": metric, "description": description}
    )
    assert made is not None
    found = measure(made, 3)
    if sure(row):
        assert 1 / found.value == pytest.approx(1 / value, abs=1e-6)
        return
    assert found.half_width <= 0.005 * value
    assert found.agrees(value), f"{found} against {value}"


def test_that_the_solvers_give_the_values_of_the_table() -> None:
    """Every case of the table whose model is solved in `references`."""
    held = 0
    for case in cases():
        p, group = case["parameters"], case["group"]
        value: float | None = None
        match group:
            case "serial_line_exponential_BAS":
                rates = p["service_rates"]
                value = exact.line_after_service(rates, [1] * len(rates), p["buffers"])
            case "serial_line_exponential_BBS":
                value = exact.line_before_service(p["service_rates"], p["buffers"])
            case "serial_line_erlang_BAS":
                count = p["stations"]
                value = exact.line_after_service(
                    [1 / p["mean"]] * count, [p["erlang_k"]] * count, p["buffers"]
                )
            case "two_machine_unreliable_exponential":
                value = exact.two_unreliable(p["mu"], p["fail"], p["repair"], p["N"])
            case "bernoulli_line":
                value = exact.slots_bernoulli([p["p1"], p["p2"]], [p["N"]])
            case "deterministic_line":
                value = exact.makespan(p["times"], p["buffers"], p["n"])
            case "closed_loop_exponential" if "m" in p:
                value = exact.machines_up(p["m"], p["c"], p["fail"], p["repair"])
            case "closed_loop_exponential":
                value = exact.ring_rate(p["means"], p["pallets"], p["delay"])
            case "queue" if "K" in p:
                value = exact.accepted(p["lam"], p["mu"], 1, p["K"])
            case "queue" if "c" in p:
                value = exact.erlang_c(p["lam"], p["mu"], p["c"])
            case "queue" if "scv" in p:
                value = exact.pollaczek(p["lam"], p["mean"], p["mean"] ** 2 * (1 + p["scv"]))
            case "queue" if "rho" in p:
                value = exact.wait_of_regular_arrivals(1 / p["rho"], 1.0)
        if value is not None:
            held += 1
            assert value == pytest.approx(case["value"], rel=1e-9), case["id"]
    assert held >= 30


def test_that_every_group_has_further_cases() -> None:
    groups = {case["group"] for case in cases()} - {"law", "kinematics"}  # kinematics: test_motion_parameters
    counts = {group: sum(row[0] == group for row in CASES) for group in groups}
    assert set(counts.values()) and min(counts.values()) >= 3, counts
