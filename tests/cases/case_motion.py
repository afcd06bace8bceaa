"""Scenes of what moves: belts, axes, cars and cranes."""

from __future__ import annotations

import math

from case_plan import Params, Plan, first, ring, s, scene


def conveyor(p: Params) -> Plan:
    pitch = p.get("pitch", None)
    if "length" in p and pitch is None and "L" not in p:  # one part, from end to end
        ramp = f", acceleration: {p['a']!r} m/s2" if p.get("a") else ""
        rows = [
            "src: {type: source, product: part, every: 1 s, first: 0 s, limit: 1, to: belt}",
            f"belt: {{type: belt, length: {p['length']!r} m, speed: {p['v']!r} m/s{ramp}, to: out}}",
            "out: {type: sink}",
        ]
        return Plan(scene(rows), "makespan", unit=p["length"] / p["v"] + 1.0, count=1)
    if pitch is None and "length" not in p:  # a saturated belt: one part a pitch
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
    pitch = p["L"] + p.get("g", 0) if pitch is None else pitch
    speed = first(p, "v", "speed", default=0.5)
    rows = [
        "src: {type: source, product: load, every: 1 s, first: 0 s, to: belt}",
        f"belt: {{type: belt, length: {p['length']} m, speed: {speed} m/s, to: out}}",
        f"closed: {{type: stopper, along: belt, at: {p['length']} m, tags: {{raise: Q_Closed}}}}",
        "out: {type: sink}",
    ]
    products = f"  load: {{size: [{pitch} m, 0.2 m, 0.2 m]}}\n"
    rest = "scenarios: {closed: {steps: [{at: 0 s, set: {Q_Closed: true}}]}}\nrun: {scenario: closed}\n"
    return Plan(scene(rows, products, rest), "resident", unit=max(1.0, pitch / speed),
                count=math.ceil(p["length"] / pitch))  # fmt: skip


def limits(p: Params) -> str:
    """Of an axis; without `dec` it brakes as it accelerates, without `j` jerk is not limited."""
    text = f"speed: {p['v']!r} m/s, acceleration: {p['a']!r} m/s2"
    text += f", deceleration: {p['dec']!r} m/s2" if "dec" in p else ""
    return text + (f", jerk: {p['j']!r} m/s3" if "j" in p else "")


def longest(p: Params) -> float:
    """A move takes no longer than with every limit in turn."""
    return float(p["d"] / p["v"] + p["v"] / min(p["a"], p.get("dec", p["a"])) + p["a"] / p.get("j", math.inf))


def car(p: Params, rest: str = "", number: str = "") -> list[str]:
    """A transfer car that brings parts from 0 to d, one after the other."""
    return [
        f"src{number}: {{type: source, product: part, every: always, to: car{number}}}",
        (
            f"car{number}: {{type: shuttle, takes: {{src{number}: 0 m}}, gives: {{on: {p['d']!r} m}}, "
            f"{limits(p)}{rest}, to: {{on: out}}}}"
        ),
        *(["out: {type: sink}"] if number in ("", "1") else []),
    ]


def kinematics(p: Params) -> Plan:
    """The time of the first move."""
    return Plan(scene(car(p)), "move", "car", unit=longest(p))


def transport(p: Params, description: str) -> Plan:
    fleet = int(first(p, "vehicles", "cars", "agvs", "n", default=1))
    rest = f", load: {s(p.get('load', 0))}, unload: {s(p.get('unload', 0))}"
    if "d" in p:
        trip = p.get("load", 0) + p.get("unload", 0) + 2 * longest(p)
        if fleet == 1:
            return Plan(scene(car(p, rest)), "exact rate", unit=trip, count=1)
        # each on rails of its own
        rows = [row for k in range(1, fleet + 1) for row in car(p, rest, str(k))]
        return Plan(scene(rows), "exact rate", unit=trip / fleet, count=fleet)
    if "T" not in p:  # vehicles on a loop that never wait for one another
        length = first(p, "loop", "loop_length", "length", "L")
        trip = p.get("load", 0) + p.get("unload", 0) + length / p["v"]
        rows = ring([f"parallel: {fleet}, cycle: {s(trip)}"], fleet)
        return Plan(scene(rows), "exact rate", "m1", unit=trip / fleet, count=fleet)
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
