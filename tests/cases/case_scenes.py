"""Scene text for a case of exact throughput, written from its parameters by its group.

A user can read (and print: `python tests/cases/case_scenes.py ID`) what stands for the published model.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Params = Mapping[str, Any]
CASES = Path(__file__).parent / "throughput_cases.json"

HEAD = """format: commissioning-scene/1
products:
  part: {size: [0.3 m, 0.2 m, 0.2 m]}
"""


@dataclass(frozen=True)
class Plan:
    """A scene and how its figure is read.

    `kind`: "rate" parts per s at `device`; "wait" mean s in `device` (a buffer); "held" mean parts in it;
    "exact rate" the same without chance; "cycle" mean s of a round, `options["cycles"]` of which bring one
    part; "move" s of the first move of `device`; "makespan" s until part `count` arrives; "resident" parts in
    the line once nothing moves. `unit`: s per part, about.
    """

    text: str
    kind: str
    device: str = "out"
    unit: float = 1.0
    count: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)


def scene(rows: Sequence[str], products: str = "", rest: str = "") -> str:
    return HEAD + products + "devices:\n" + "".join(f"  {row}\n" for row in rows) + rest


def s(seconds: float) -> str:
    return f"{seconds!r} s"


def exponential(mean: float) -> str:
    return f"{{exponential: {s(mean)}}}"


def line(stations: Sequence[str], places: Sequence[int | None], source: str = "every: always") -> list[str]:
    """Stations in a row ("cycle: ..., failures: ..."), with `places` between them (None: any number)."""
    rows = [f"src: {{type: source, product: part, {source}, to: m1}}"]
    for k, body in enumerate(stations, 1):
        last = k == len(stations)
        direct = not last and places[k - 1] == 0
        rows.append(
            f"m{k}: {{type: station, {body}, to: {'out' if last else f'm{k + 1}' if direct else f'b{k}'}}}"
        )
        if not last and not direct:
            capacity = "" if places[k - 1] is None else f" capacity: {places[k - 1]},"
            rows.append(f"b{k}: {{type: buffer,{capacity} to: m{k + 1}}}")
    return [*rows, "out: {type: sink}"]


def ring(stations: Sequence[str], pallets: int) -> list[str]:
    """Stations in a ring, each behind a buffer of any size; the pallets start in the first one."""
    rows = []
    for k, body in enumerate(stations, 1):
        start = f" pallets: {pallets}, product: part, pose: {{xyz: [0, 0, 1]}}," if k == 1 else ""
        rows.append(f"b{k}: {{type: buffer,{start} to: m{k}}}")
        rows.append(f"m{k}: {{type: station, {body}, to: b{k % len(stations) + 1}}}")
    return rows


def exponential_line(p: Params) -> Plan:
    before = ", blocking: before_service" if p.get("blocking") == "before_service" else ""
    rates = p["service_rates"]
    # the last station is never blocked: there is always a place in the sink
    rows = line([f"cycle: {exponential(1 / mu)}{before}" for mu in rates], p["buffers"])
    return Plan(scene(rows), "rate", unit=1 / min(rates))


def erlang_line(p: Params) -> Plan:
    cycle = f"cycle: {{erlang: {{mean: {s(p['mean'])}, k: {p['erlang_k']}}}}}"
    return Plan(scene(line([cycle] * p["stations"], p["buffers"])), "rate", unit=p["mean"])


def failures(every: str, repair: str) -> str:
    return f"failures: {{every: {every}, repair: {repair}}}"


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


def unreliable_limits(p: Params, identity: str, description: str) -> Plan:
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
    storage = p["N"] if isinstance(p["N"], Sequence) else [p["N"]] * (len(up) - 1)
    stations = [f"slot: 1 s, cycle: {{bernoulli: {one!r}}}" for one in up]
    return Plan(scene(line(stations, [n - 1 for n in storage])), "rate")


def deterministic_line(p: Params) -> Plan:
    rows = line([f"cycle: {s(t)}" for t in p["times"]], p["buffers"])
    span = sum(p["times"]) + p["n"] * max(p["times"])
    return Plan(scene(rows), "makespan", unit=span / p["n"], count=p["n"])


def closed_deterministic(p: Params) -> Plan:
    rows = ring([f"cycle: {s(t)}" for t in p["times"]], p["pallets"])
    return Plan(scene(rows), "exact rate", "m1", unit=max(p["times"]), count=p["pallets"])


def closed_exponential(p: Params) -> Plan:
    if "m" in p:  # m machines wear, c of them are repaired at a time
        machines = f"parallel: {p['m']}, cycle: {exponential(1 / p['fail'])}"
        crew = f"parallel: {p['c']}, cycle: {exponential(1 / p['repair'])}"
        return Plan(scene(ring([machines, crew], p["m"])), "held", "m1", unit=1 / p["repair"])
    stations = [f"cycle: {exponential(mean)}" for mean in p["means"]]
    if p.get("delay"):
        stations.append(f"parallel: {p['pallets']}, cycle: {s(p['delay'])}")
    return Plan(scene(ring(stations, p["pallets"])), "rate", "m1", unit=max(p["means"]))


def by_scv(mean: float, scv: float) -> str:
    if scv == 0:
        return s(mean)
    if scv == 1:
        return exponential(mean)
    if scv < 1 and abs(1 / scv - round(1 / scv)) < 1e-9:
        return f"{{erlang: {{mean: {s(mean)}, k: {round(1 / scv)}}}}}"
    return f"{{lognormal: {{mean: {s(mean)}, sd: {s(math.sqrt(scv) * mean)}}}}}"


def queue(p: Params, identity: str, metric: str) -> Plan:
    """One waiting room; what arrives, who serves."""
    if isinstance(p.get("lam"), Sequence):
        return _classes(p, metric, identity)
    mean = 1 / p["mu"] if "mu" in p else p.get("mean", 1.0)
    arrivals = exponential(1 / p["lam"]) if "lam" in p else s(mean / p["rho"])
    gap = 1 / p["lam"] if "lam" in p else mean / p["rho"]
    if "K" in p:
        waits = p["K"] - 1
        rows = [
            (
                f"src: {{type: source, product: part, every: {arrivals}, when_blocked: lose, "
                f"to: {'q' if waits else 'm'}}}"
            )
        ]
        rows += [f"q: {{type: buffer, capacity: {waits}, to: m}}"] if waits else []
        rows += [f"m: {{type: station, cycle: {exponential(mean)}, to: out}}", "out: {type: sink}"]
        return Plan(scene(rows), "rate", unit=max(mean, gap))
    cycle, servers = by_scv(mean, p.get("scv", 1)), int(p.get("c", 1))
    square = mean**2 * (1 + p.get("scv", 1))
    body = f"cycle: {cycle}" + (f", parallel: {servers}" if servers > 1 else "")
    if "fail" in p:
        fail, repair = p["fail"], p["repair_mean"]
        body += f", {failures(exponential(1 / fail), exponential(repair))}"
        square = square * (1 + fail * repair) ** 2 + mean * fail * 2 * repair**2
        mean *= 1 + fail * repair
    rows = [
        f"src: {{type: source, product: part, every: {arrivals}, to: q}}",
        "q: {type: buffer, to: m}",
        f"m: {{type: station, {body}, to: out}}",
        "out: {type: sink}",
    ]
    known = {"gap": gap, "service": mean, "square": square, "poisson": "lam" in p}
    return Plan(scene(rows), "wait", "q", unit=gap, options=known)


def _classes(p: Params, metric: str, identity: str) -> Plan:
    """Non-preemptive priority, class 1 first; Cobham (1954)."""
    names = [f"class{k}" for k in range(1, len(p["lam"]) + 1)]
    wanted = next((k for k, name in enumerate(names) if name in metric.replace(" ", "")), None)
    if wanted is None:
        wanted = 0 if identity.endswith("hi") else len(names) - 1
    products = "".join(f"  {name}: {{size: [0.3 m, 0.2 m, 0.2 m]}}\n" for name in names)
    rows = [
        f"src{k}: {{type: source, product: {name}, every: {exponential(1 / rate)}, to: q}}"
        for k, (name, rate) in enumerate(zip(names, p["lam"], strict=True), 1)
    ]
    mean = 1 / p["mu"] if "mu" in p else p["mean"]
    rows += [
        f"q: {{type: buffer, discipline: priority, priority: [{', '.join(names)}], to: m}}",
        f"m: {{type: station, cycle: {exponential(mean)}, to: out}}",
        "out: {type: sink}",
    ]
    known = {"gap": 1 / sum(p["lam"]), "service": mean, "square": 2 * mean**2, "poisson": True,
             "product": wanted + 1, "share": p["lam"][wanted] / sum(p["lam"]),
             "class_gap": 1 / p["lam"][wanted]}  # fmt: skip
    return Plan(scene(rows, products), "wait", "q", unit=1 / sum(p["lam"]), options=known)


def oee(p: Params) -> Plan:
    body = f"cycle: {s(p['cycle'])}, {failures(exponential(p['mttf']), exponential(p['mttr']))}"
    return Plan(scene(line([body], [])), "rate", unit=p["cycle"])


def bottleneck(p: Params) -> Plan:
    stations = [f"cycle: {s(t)}, parallel: {n}" for t, n in zip(p["times"], p["servers"], strict=True)]
    cycle = max(t / n for t, n in zip(p["times"], p["servers"], strict=True))
    rows = line(stations, [None] * (len(stations) - 1))
    return Plan(scene(rows), "exact rate", unit=cycle, count=math.lcm(*p["servers"]))


def batch(p: Params) -> Plan:
    body = f"batch: {p['batch']}, load: {s(p['load'])}, cycle: {s(p['process'])}"
    unit = (p["load"] + p["process"]) / p["batch"]
    return Plan(scene(line([body], [])), "exact rate", unit=unit, count=p["batch"])


def conveyor(p: Params) -> Plan:
    if "v" in p:  # a saturated belt: one part a pitch
        rows = [
            "src: {type: source, product: load, every: always, to: belt}",
            (
                f"belt: {{type: belt, length: 5 m, speed: {p['v']} m/s, gap: {p['g']} m, "
                "accumulating: false, to: out}"
            ),
            "out: {type: sink}",
        ]
        products = f"  load: {{size: [{p['L']} m, 0.2 m, 0.2 m]}}\n"
        return Plan(scene(rows, products), "exact rate", unit=(p["L"] + p["g"]) / p["v"], count=1)
    rows = [
        "src: {type: source, product: load, every: 1 s, first: 0 s, to: belt}",
        f"belt: {{type: belt, length: {p['length']} m, speed: 0.5 m/s, to: out}}",
        f"closed: {{type: stopper, along: belt, at: {p['length']} m, tags: {{raise: Q_Closed}}}}",
        "out: {type: sink}",
    ]
    products = f"  load: {{size: [{p['pitch']} m, 0.2 m, 0.2 m]}}\n"
    rest = "scenarios: {closed: {steps: [{at: 0 s, set: {Q_Closed: true}}]}}\nrun: {scenario: closed}\n"
    return Plan(scene(rows, products, rest), "resident", unit=max(1.0, p["pitch"] / 0.5),
                count=math.ceil(p["length"] / p["pitch"]))  # fmt: skip


def limits(p: Params) -> str:
    """Of an axis; without `dec` it brakes as it accelerates, without `j` jerk is not limited."""
    text = f"speed: {p['v']!r} m/s, acceleration: {p['a']!r} m/s2"
    text += f", deceleration: {p['dec']!r} m/s2" if "dec" in p else ""
    return text + (f", jerk: {p['j']!r} m/s3" if "j" in p else "")


def car(p: Params, rest: str = "") -> list[str]:
    """A transfer car that brings parts from 0 to d, one after the other."""
    return [
        "src: {type: source, product: part, every: always, to: car}",
        (
            f"car: {{type: shuttle, takes: {{src: 0 m}}, gives: {{on: {p['d']!r} m}}, {limits(p)}{rest}, "
            "to: {on: out}}"
        ),
        "out: {type: sink}",
    ]


def kinematics(p: Params) -> Plan:
    """The time of the first move. Longer than with every limit in turn it cannot be."""
    longest = p["d"] / p["v"] + p["v"] / min(p["a"], p.get("dec", p["a"])) + p["a"] / p.get("j", math.inf)
    return Plan(scene(car(p)), "move", "car", unit=longest)


def transport(p: Params, description: str) -> Plan:
    if "d" in p:
        rest = f", load: {s(p['load'])}, unload: {s(p['unload'])}"
        ways = 2 * (
            p["d"] / p["v"] + p["v"] / min(p["a"], p.get("dec", p["a"])) + p["a"] / p.get("j", math.inf)
        )
        return Plan(scene(car(p, rest)), "exact rate", unit=p["load"] + p["unload"] + ways, count=1)
    # a rack that takes T s along its longer side and b T s along the other, parts come and go at its corner
    dual = "dual" in description.lower()
    each = s(p["pd_each"])
    rows = [
        "src: {type: source, product: part, every: always, to: crane}",
        (
            f"crane: {{type: crane, length: {p['T']!r} m, height: {p['b'] * p['T']!r} m, speed: 1 m/s, "
            f"lift_speed: 1 m/s, pick: {each}, deposit: {each}, cycle: {'dual' if dual else 'single'}, "
            "stock: 50, product: part, to: out}"
        ),
        "out: {type: sink}",
    ]
    # a dual cycle brings one part out, two single ones do
    unit = 1.8 * p["T"] + 4 * p["pd_each"] if dual else 2 * (1.4 * p["T"] + 2 * p["pd_each"])
    return Plan(scene(rows), "cycle", unit=unit, options={"cycles": 1 if dual else 2, "block": 400})


def plan(case: Mapping[str, Any]) -> Plan | None:
    """The scene of a case, None where no device of the product stands for its model yet."""
    p, group = case["parameters"], case["group"]
    builders: dict[str, Callable[[], Plan]] = {
        "serial_line_exponential_BAS": lambda: exponential_line(p),
        "serial_line_exponential_BBS": lambda: exponential_line({**p, "blocking": "before_service"}),
        "serial_line_erlang_BAS": lambda: erlang_line(p),
        "two_machine_unreliable_exponential": lambda: unreliable_exponential(p),
        "two_machine_unreliable_deterministic": lambda: unreliable_deterministic(p),
        "unreliable_limits": lambda: unreliable_limits(p, case["id"], case["description"]),
        "bernoulli_line": lambda: bernoulli(p),
        "deterministic_line": lambda: deterministic_line(p),
        "closed_loop_deterministic": lambda: closed_deterministic(p),
        "closed_loop_exponential": lambda: closed_exponential(p),
        "queue": lambda: queue(p, case["id"], case["metric"]),
        "oee": lambda: oee(p),
        "bottleneck": lambda: bottleneck(p),
        "batch": lambda: batch(p),
        "conveyor": lambda: conveyor(p),
        "kinematics": lambda: kinematics(p),
        "transport": lambda: transport(p, case["description"]),
    }
    build = builders.get(group)
    return build() if build is not None else None


def cases() -> list[dict[str, Any]]:
    """The cases beside this file."""
    found: list[dict[str, Any]] = json.loads(CASES.read_text())["cases"]
    return found


if __name__ == "__main__":
    for one in cases():
        if one["id"] in sys.argv[1:]:
            made = plan(one)
            sys.stdout.write(made.text if made is not None else "no device stands for this model yet\n")
