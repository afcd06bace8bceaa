"""What is drawn of a track stays bounded, however long it is."""

from __future__ import annotations

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
