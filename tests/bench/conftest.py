"""A small scene whose checks are known."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.bench.load import LoadedScene, load_text

sys.path.insert(0, str(Path(__file__).parent))  # plain modules beside the tests

SCENE = """
format: commissioning-scene/1
name: Checked line
run: {length: 60 s, scenario: quiet}
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2 kg}}
devices:
  infeed: {type: source, product: carton, every: {exponential: 4 s}, to: belt1}
  belt1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, speed: 0.4 m/s, acceleration: 1 m/s2, to: pack}
  pe1: {type: photo_eye, along: belt1, at: 2 m}
  pack: {type: station, cycle: {normal: {mean: 2 s, sd: 0.2 s}}, to: out}
  out: {type: sink}
  estop: {type: estop_button, pose: {xyz: [0, -1, 1]}}
scenarios:
  quiet: {steps: []}
  pushed: {steps: [{at: 10 s, push: estop}]}
checks:
  rate: {type: throughput, at: out, at_least: 300/h, for: 20 min, warm_up: 1 min, precision: 20 %}
  moves: {type: never, when: not belt1.moving for 5 s}
  seen: {type: never, when: pe1.blocked}
  packs: {type: within, after: pe1.blocked rises, expect: pack.occupied, limit: 30 s, for: 5 min}
  pressed: {type: within, after: estop.released falls, expect: belt1.moving, limit: 1 s}
  pushed: {type: within, after: estop.released falls, expect: belt1.moving, limit: 1 s, scenario: pushed}
"""


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedScene:
    """The scene, loaded."""
    return load_text(SCENE, tmp_path / "scene.yaml")
