# ruff: noqa: E501  scene text
"""Rounding of instants to whole ns does not add up, part by part, against the closed form of a pitch."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.sim.run import Run

NS = 1_000_000_000

MERGE = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: side}
  side: {type: belt, pose: {xyz: [1 m, -2 m, 0.8 m], rpy: [0 deg, 0 deg, 90 deg]}, length: 2 m, speed: 0.6 m/s, to: {device: main, at: 1 m}}
  main: {type: belt, pose: {xyz: [0 m, 0 m, 0.8 m]}, length: 3 m, speed: 0.55 m/s, to: out}
  mg: {type: merge, along: main, at: 1 m, gap: 0.05 m}
  pe: {type: photo_eye, along: main, at: 2.5 m}
  out: {type: sink}
"""
ROLLERS = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: z}
  z: {type: roller_conveyor, pose: {xyz: [0 m, 0 m, 0.8 m]}, length: 2.1 m, zones: 3, speed: 0.55 m/s, to: out}
  pe: {type: photo_eye, along: z, at: 1 m}
  out: {type: sink}
"""


@pytest.mark.parametrize(
    ("scene", "period"),
    [
        (MERGE, 0.35 / 0.55),  # a part and the gap behind it
        (ROLLERS, (0.7 + 0.3 + 0.05) / 0.55),  # a zone, a part, and the way from the eye
    ],
)
def test_that_parts_that_wait_for_one_another_keep_their_pitch_for_hours(scene: str, period: float) -> None:
    run = Run(load_text(scene, Path("scene.yaml")), 1)
    run.advance("2 h")
    times = [t for t, blocked in run.journal.edges("pe.blocked") if blocked][20:]
    assert len(times) > 3000
    for k in (1, 10, 1000, len(times) - 1):
        assert times[k] - times[0] == pytest.approx(k * period * NS, abs=8.0)
