"""Assemblies that can never be complete are told before a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.model.problem import Problems

HEAD = """format: commissioning-scene/1
products:
  base: {size: [0.3 m, 0.2 m, 0.2 m]}
  screw: {size: [0.1 m, 0.1 m, 0.1 m]}
  set: {size: [0.1 m, 0.1 m, 0.1 m]}
devices:
  s1: {type: source, product: base, every: 10 s, to: join}
  out: {type: sink}
"""
JOIN = "  join: {type: assembly, takes: {base: 1, screw: 4}, cycle: 1 s, to: out}\n"


def load(devices: str) -> None:
    load_text(HEAD + devices, Path("scene.yaml"))


def test_that_an_assembly_that_nothing_brings_a_part_to_is_a_problem() -> None:
    with pytest.raises(Problems) as caught:
        load(JOIN + "  s2: {type: source, product: set, every: 1 s, to: q}\n  q: {type: buffer, to: join}\n")
    problem, other = caught.value.problems
    assert "no screw can come to join" in problem.what
    assert (problem.where.id, problem.where.line) == ("devices.join.takes.screw", 9)
    assert other.what == "set comes to join from s2, and it takes base, screw only"


@pytest.mark.parametrize(
    "way",
    [
        ["s2: {type: source, product: screw, every: 1 s, to: join}"],
        ["s2: {type: source, mix: {base: 1, screw: 1}, every: 1 s, to: q}", "q: {type: buffer, to: join}"],
        ["s2: {type: source, product: set, every: 1 s, to: open}",
         "open: {type: disassembly, gives: {all: {product: screw}}, cycle: 1 s, to: {all: join}}"],
        ["s2: {type: source, product: set, every: 1 s, to: make}",
         "make: {type: assembly, takes: {set: 3}, result: screw, cycle: 1 s, to: join}"],
        ["s2: {type: source, product: screw, every: 1 s, to: hub}",
         "hub: {type: router, routes: {screw: [join]}}"],
        ["s2: {type: source, product: screw, every: 1 s, to: b}",
         "b: {type: belt, length: 2 m, speed: 1 m/s, to: out}",
         "pu: {type: pusher, along: b, at: 1 m, to: join}"],
        ["q: {type: buffer, pallets: 9, product: screw, to: join}"],
    ],
)  # fmt: skip
def test_that_parts_may_come_by_any_way(way: list[str]) -> None:
    load(JOIN + "".join(f"  {row}\n" for row in way))


def test_that_a_route_of_another_product_brings_nothing() -> None:
    with pytest.raises(Problems, match="no screw can come to join"):
        load(JOIN + "  s2: {type: source, product: screw, every: 1 s, to: hub}\n"
             "  hub: {type: router, routes: {screw: [out], base: [join]}}\n")  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "where", "what"),
    [
        (["s2: {type: source, product: set, every: 1 s, to: hub}",
          "hub: {type: router, routes: {screw: [join], base: [out]}}"],
         "devices.hub.routes", "set comes to hub from s2, and it has routes for screw, base only"),
        (["s2: {type: source, mix: {screw: 1, set: 1}, every: 1 s, to: b}",
          "b: {type: belt, length: 2 m, speed: 1 m/s, to: join}"],
         "devices.join.takes", "set comes to join from s2, and it takes base, screw only"),
        (["s2: {type: source, mix: {screw: 1, set: 1}, every: 1 s, to: m}",
          "m: {type: station, cycle: {screw: 1 s}, to: out}",
          "s3: {type: source, product: screw, every: 1 s, pose: {xyz: [0 m, 5 m, 0 m]}, to: join}"],
         "devices.m.cycle", "set comes to m from s2, and it has a cycle for screw only"),
    ],
)  # fmt: skip
def test_that_what_surely_comes_to_who_cannot_take_it_is_a_problem(
    rows: list[str], where: str, what: str
) -> None:
    """Until now the run stopped there, with an error of the device."""
    with pytest.raises(Problems) as caught:
        load(JOIN + "".join(f"  {row}\n" for row in rows))
    assert (where, what) in [(problem.where.id, problem.what) for problem in caught.value.problems]


def test_that_what_somebody_may_send_another_way_is_none() -> None:
    load(JOIN + "  s2: {type: source, mix: {screw: 1, set: 1}, every: 1 s, to: gate}\n"
         "  gate: {type: diverter, to: {straight: join, left: bin}, tags: {left: Q_Left}}\n"
         "  bin: {type: sink, pose: {xyz: [0 m, 9 m, 0 m]}}\n")  # fmt: skip
    load(JOIN + "  s2: {type: source, mix: {screw: 1, set: 1}, every: 1 s, to: b}\n"
         "  b: {type: belt, length: 2 m, speed: 1 m/s, to: join}\n"
         "  pu: {type: pusher, along: b, at: 1 m, to: bin, tags: {extend: Q_Off}}\n"
         "  bin: {type: sink, pose: {xyz: [0 m, 9 m, 0 m]}}\n")  # fmt: skip


def test_that_a_throughput_of_a_product_that_never_passes_is_a_problem() -> None:
    rows = JOIN + "  s2: {type: source, product: screw, every: 1 s, to: join}\n"
    check = "checks: {{rate: {{type: throughput, at: out, product: {}, at_least: 10/h, for: 1 h}}}}\n"
    with pytest.raises(Problems, match="no set ever passes out, and its rate there is to be measured"):
        load(rows + check.format("set"))
    load(rows + check.format("base"))
