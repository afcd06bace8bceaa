"""What is drawn of a track stays bounded, however long it is."""

from __future__ import annotations

from math import cos, pi
from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.sim.run import Run

SCENE = """
format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: 5 s, to: b}
  b: {type: belt, length: LENGTH, speed: 0.5 m/s, to: out}
  out: {type: sink}
"""


def bodies(length: str) -> list[str]:
    run = Run(load_text(SCENE.replace("LENGTH", length), Path("line/scene.yaml")))
    return [body["name"] for body in run.journal.header["look"]["bodies"] if body["device"] == "b"]


def test_that_a_belt_has_a_pair_of_legs_for_each_1600_mm() -> None:
    """1 + 8 m / 1.6 m pairs of legs, a brace between each."""
    assert sum(name.startswith("brace") for name in bodies("8 m")) == 6


@pytest.mark.parametrize("length", ["200 m", "10000 m"])
def test_that_a_belt_of_kilometres_is_drawn_with_no_more_bodies_than_one_of_100_m(length: str) -> None:
    assert len(bodies(length)) == len(bodies("100 m")) < 400


def test_that_a_chain_conveyor_is_drawn_with_its_strands_and_not_as_a_belt_or_rollers() -> None:
    """Three strands; at both ends and the two joints of three zones a shaft with three sprockets."""
    chains = (
        "b: {type: chain_conveyor, length: 3 m, width: 1 m, zones: 3, strands: 3, speed: 0.3 m/s, to: out}"
    )
    text = SCENE.replace("b: {type: belt, length: LENGTH, speed: 0.5 m/s, to: out}", chains)
    run = Run(load_text(text, Path("line/scene.yaml")))
    found = [body for body in run.journal.header["look"]["bodies"] if body["device"] == "b"]
    names = [body["name"] for body in found]
    assert (names.count("chain"), names.count("sprocket"), names.count("shaft")) == (3, 12, 4)
    assert not {"roller", "belt", "bed"} & set(names)
    tops = [body["pose"]["xyz"][2] + body["size"][2] / 2 for body in found if body["name"] == "chain"]
    assert tops == pytest.approx([found[0]["pose"]["xyz"][2] + 0.01] * 3)  # parts stand on the chains


@pytest.mark.parametrize("kind", ["roller_conveyor", "chain_conveyor"])
def test_that_a_conveyor_of_a_thousand_zones_is_drawn_with_a_bounded_number_of_bodies(kind: str) -> None:
    more = f"b: {{type: {kind}, length: 2000 m, zones: 1000, speed: 0.3 m/s, to: out}}"
    text = SCENE.replace("b: {type: belt, length: LENGTH, speed: 0.5 m/s, to: out}", more)
    run = Run(load_text(text, Path("line/scene.yaml")))
    assert sum(body["device"] == "b" for body in run.journal.header["look"]["bodies"]) < 400


def test_that_the_legs_of_an_inclined_belt_are_upright_and_stand_on_the_floor() -> None:
    """2 m at 30 degrees, the foot at 1 m: legs 0.25 m from either end, 45 mm square, up to 117 mm below the belt."""
    inclined = "length: 2 m, pose: {xyz: [0 m, 0 m, 1 m], rpy: [0 deg, -30 deg, 0 deg]}"
    run = Run(load_text(SCENE.replace("length: LENGTH", inclined), Path("line/scene.yaml")))
    legs = [
        b
        for b in run.journal.header["look"]["bodies"]
        if b["device"] == "b" and b["name"] in ("leg 0", "leg 1")
    ]
    assert len(legs) == 4
    for body in legs:
        x = 0.25 if body["name"] == "leg 0" else 1.75
        top = 1.0 + x * 0.5 - 0.117 * cos(pi / 6)
        assert body["size"] == pytest.approx([0.045, 0.045, top])
        assert body["pose"]["quaternion"] == pytest.approx([1.0, 0.0, 0.0, 0.0])
        assert body["pose"]["xyz"][0] == pytest.approx(x * cos(pi / 6) + 0.117 * 0.5)
        assert body["pose"]["xyz"][2] == pytest.approx(top / 2)
