"""Scenes of lines of stations, of machines that fail, of loops and of capacities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from case_plan import Params, Plan, exponential, failures, first, line, ring, s, scene


def each(value: Any, count: int) -> list[Any]:
    """The value of each of `count` stations: a list of them, or one for all."""
    return list(value) if isinstance(value, Sequence) else [value] * count


def side_by_side(p: Params, count: int) -> list[str]:
    """What a station's text gets for its servers."""
    servers = each(first(p, "servers", "c", default=1), count)
    return [f", parallel: {n}" if n > 1 else "" for n in servers]


def exponential_line(p: Params) -> Plan:
    before = ", blocking: before_service" if p.get("blocking") == "before_service" else ""
    rates = p["service_rates"]
    more = side_by_side(p, len(rates))
    # the last station is never blocked: there is always a place in the sink
    rows = line(
        [f"cycle: {exponential(1 / mu)}{before}{one}" for mu, one in zip(rates, more, strict=True)],
        each(p["buffers"], len(rates) - 1),
    )
    return Plan(scene(rows), "rate", unit=1 / min(rates))


def erlang_line(p: Params) -> Plan:
    means = first(p, "means", "mean")
    count = p.get("stations", len(means) if isinstance(means, Sequence) else 0)
    cycles = [
        f"cycle: {{erlang: {{mean: {s(mean)}, k: {k}}}}}"
        for mean, k in zip(each(means, count), each(p["erlang_k"], count), strict=True)
    ]
    return Plan(scene(line(cycles, each(p["buffers"], count - 1))), "rate", unit=max(each(means, count)))


def two_machines(stations: Sequence[str], storage: int) -> list[str]:
    """Storage includes the place in machine 2; machine 1 does not begin without a place."""
    return line([f"{stations[0]}, blocking: before_service", stations[1]], [storage - 1])


def unreliable_exponential(p: Params) -> Plan:
    stations = [
        f"cycle: {exponential(1 / mu)}, {failures(exponential(1 / fail), exponential(1 / repair))}"
        for mu, fail, repair in zip(p["mu"], p["fail"], p["repair"], strict=True)
    ]
    return Plan(scene(two_machines(stations, p["N"])), "rate", unit=1 / min(p["mu"]))


def slotted(fail: float, repair: float) -> str:
    """A machine with a cycle of one slot that fails at the beginning of a slot of work."""
    return f"slot: 1 s, cycle: 1 s, {failures(f'{{geometric: {fail!r}}}', f'{{geometric: {repair!r}}}')}"


def unreliable_deterministic(p: Params) -> Plan:
    stations = [slotted(fail, repair) for fail, repair in zip(p["p"], p["r"], strict=True)]
    return Plan(scene(two_machines(stations, p["N"])), "rate")


def unreliable_limits(p: Params, description: str) -> Plan:
    if "ero" in description and "nfinite" not in description:
        modes = ", ".join(
            f"{{every: {{geometric: {fail!r}}}, repair: {{geometric: {repair!r}}}}}"
            for fail, repair in zip(p["p"], p["r"], strict=True)
        )
        # rigid: all stations stand still with the one that is down, as one machine with several causes
        rows = line([f"slot: 1 s, cycle: 1 s, causes: [{modes}]"], [])
        return Plan(scene(rows), "rate")
    stations = [slotted(fail, repair) for fail, repair in zip(p["p"], p["r"], strict=True)]
    return Plan(scene(line(stations, [None] * (len(stations) - 1))), "rate")


def bernoulli(p: Params) -> Plan:
    up = [p[f"p{k}"] for k in range(1, 100) if f"p{k}" in p] or p["p"]
    storage = [p[f"N{k}"] for k in range(1, 100) if f"N{k}" in p] or each(p["N"], len(up) - 1)
    stations = [f"slot: 1 s, cycle: {{bernoulli: {one!r}}}" for one in up]
    return Plan(scene(line(stations, [n - 1 for n in storage])), "rate")


def deterministic_line(p: Params) -> Plan:
    times = p["times"]
    more = side_by_side(p, len(times))
    stations = [f"cycle: {s(t)}{one}" for t, one in zip(times, more, strict=True)]
    rows = line(stations, each(p["buffers"], len(times) - 1))
    span = sum(times) + p["n"] * max(times)
    return Plan(scene(rows), "makespan", unit=span / p["n"], count=p["n"])


def closed_deterministic(p: Params) -> Plan:
    stations = [f"cycle: {s(t)}" for t in p["times"]]
    transfer = first(p, "delay", "transfer", "transfer_time", default=0)
    if transfer:  # as much in each way of the ring as is said, all at once
        stations.append(f"parallel: {p['pallets']}, cycle: {s(transfer)}")
    rows = ring(stations, p["pallets"])
    return Plan(scene(rows), "exact rate", "m1", unit=max(p["times"]), count=p["pallets"])


def closed_exponential(p: Params, metric: str = "throughput") -> Plan:
    if "m" in p:  # m machines wear, c of them are repaired at a time
        machines = f"parallel: {p['m']}, cycle: {exponential(1 / p['fail'])}"
        crew = f"parallel: {p.get('c', 1)}, cycle: {exponential(1 / p['repair'])}"
        rows = scene(ring([machines, crew], p["m"]))
        if "down" in metric:
            return Plan(rows, "held", "m1", unit=1 / p["repair"], scale=-1.0, offset=p["m"])
        if "per" in metric or "throughput" in metric:
            return Plan(rows, "rate", "m1", unit=1 / p["repair"])
        return Plan(rows, "held", "m1", unit=1 / p["repair"])
    more = side_by_side(p, len(p["means"]))
    stations = [f"cycle: {exponential(mean)}{one}" for mean, one in zip(p["means"], more, strict=True)]
    if p.get("delay"):
        stations.append(f"parallel: {p['pallets']}, cycle: {s(p['delay'])}")
    rows = scene(ring(stations, p["pallets"]))
    if any(word in metric for word in ("loop time", "cycle time", "flow time")):  # N / X, by Little's law
        return Plan(rows, "cycle", "m1", unit=max(p["means"]), options={"cycles": 1.0 / p["pallets"]})
    return Plan(rows, "rate", "m1", unit=max(p["means"]))


def oee(p: Params) -> Plan:
    """A machine that fails; slower than planned (`performance`), and with rejects (`quality`)."""
    cycle = p["cycle"] / first(p, "performance", "P", default=1)
    body = f"cycle: {s(cycle)}"
    if "mttf" in p:
        body += f", {failures(exponential(p['mttf']), exponential(p['mttr']))}"
    quality = first(p, "quality", "yield", "Q", default=1)
    if quality == 1:
        return Plan(scene(line([body], [])), "rate", unit=cycle)
    rows = [
        "src: {type: source, product: part, every: always, to: m1}",
        f"m1: {{type: station, {body}, to: judge}}",
        (
            f"judge: {{type: inspection, cycle: 0 s, results: {{good: {quality!r}, scrap: {1 - quality!r}}}, "
            "to: {good: out, scrap: bin}}"
        ),
        "bin: {type: sink}",
        "out: {type: sink}",
    ]
    return Plan(scene(rows), "rate", unit=cycle)


def bottleneck(p: Params) -> Plan:
    times = p["times"]
    servers = each(first(p, "servers", "machines", default=1), len(times))
    stations = [f"cycle: {s(t)}, parallel: {n}" for t, n in zip(times, servers, strict=True)]
    cycle = max(t / n for t, n in zip(times, servers, strict=True))
    again = first(p, "rework", "p_rework", "rework_prob", default=0)
    if again:  # what the last station made badly goes through all of them once more
        rows = line(stations, [None] * len(times))
        rows[0] = rows[0].replace("to: m1", "to: b0")
        rows[-2] = rows[-2].replace("to: out", "to: judge")
        rows[1:1] = ["b0: {type: buffer, capacity: 1, to: m1}"]
        results = f"results: {{good: {1 - again!r}, rework: {again!r}}}"
        rows.append(f"judge: {{type: inspection, cycle: 0 s, {results}, to: {{good: out, rework: again}}}}")
        rows.append("again: {type: buffer, to: b0}")
        return Plan(scene(rows), "rate", unit=cycle / (1 - again))
    rows = line(stations, [None] * (len(stations) - 1))
    return Plan(scene(rows), "exact rate", unit=cycle, count=math.lcm(*servers))


def batch(p: Params) -> Plan:
    size, ovens = p["batch"], first(p, "ovens", "servers", "c", default=1)
    load = p.get("load", 0) + p.get("unload", 0)
    body = f"batch: {size}, load: {s(load)}, cycle: {s(p['process'])}"
    body += f", parallel: {ovens}" if ovens > 1 else ""
    unit = (load + p["process"]) / size / ovens
    return Plan(scene(line([body], [])), "exact rate", unit=unit, count=size * ovens)
