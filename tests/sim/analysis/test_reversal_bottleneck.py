# ruff: noqa: E501  scene text
"""Narrow places of tracks that run both ways: taken by what goes forward and by what goes backward, each seen
from the end at which it comes on. Times in closed form."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_scenes import index, scene

from commissioning.bench.load import load_text
from commissioning.sim.analysis.bottleneck import bottlenecks
from commissioning.sim.analysis.history import History
from commissioning.sim.run import Run

S = 10**9
V = 0.5  # m/s; parts are 0.3 m long


def turned(text: str, plan: list[tuple[float, bool]], end: float) -> History:
    run = Run(load_text(text, Path("scene.yaml")), 1)
    if "Hold" in text:
        run.write("Hold", True)
    for t, back in plan:
        run.advance_to(round(t * S))
        run.write("Back", back)
    run.advance_to(round(end * S))
    assert run.problem is None
    return History(run.journal.header, run.journal.records(), run.now_ns, 0)


def seconds(gate: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(t0 / S, t1 / S) for t0, t1 in gate]


CONVEYOR = scene(
    "s: {type: source, product: part, every: 100 s, first: 0 s, to: z}",
    "z: {type: roller_conveyor, length: 3 m, zones: 3, speed: 0.5 m/s, eye: 0.1 m, reversible: true, to: out, "
    "tags: {reverse: Back}}",
    "out: {type: sink}",
)


def test_that_zones_are_taken_from_the_eye_before_them_in_either_direction() -> None:
    """Forward the infeed until 0.3 m, the second zone from the eye 0.1 m before it. At 3.5 s the front is at
    1.75 m, the rear edge at 1.45 m: seen from the other end at 1.55 m, within the stretch of the zone in the
    middle, which it leaves at 2.3 m; it comes to the eye of the last one at 1.9 m, and stands at 3 m."""
    found = turned(CONVEYOR, [(3.5, True)], 20)
    infeed, zone, middle, last = (seconds(gate) for gate in found.gates[index(found, "z")])
    assert infeed == [(0.0, pytest.approx(0.3 / V))]
    assert zone == [(pytest.approx(0.9 / V), pytest.approx(3.5))]
    assert middle == [(pytest.approx(3.5), pytest.approx(3.5 + (2.3 - 1.55) / V))]
    assert last == [(pytest.approx(3.5 + (1.9 - 1.55) / V), pytest.approx(3.5 + (3.0 - 1.55) / V))]


BELTS = scene(
    "s: {type: source, product: part, every: always, limit: 14, to: one}",
    "one: {type: belt, pose: {xyz: [0 m, 0 m, 0.5 m]}, length: 6 m, speed: 0.25 m/s, reversible: true, to: two, "
    "tags: {reverse: Back}}",
    "two: {type: belt, length: 6 m, speed: 0.5 m/s, reversible: true, to: out, tags: {reverse: Back}}",
    "stop: {type: stopper, along: two, at: 6 m, tags: {raise: Hold}}",
    "out: {type: sink}",
)


def test_that_a_belt_that_takes_back_all_it_can_is_the_bottleneck() -> None:
    """At 60 s 14 parts stand at the end of the second belt, 4.2 m long. Told to reverse, its last one comes to
    the first belt 1.8 m later; that takes a part each 0.3 m / 0.25 m/s, while the other would give them twice
    as fast."""
    start = 60 + 1.8 / V
    end = start + 9 * 0.3 / 0.25
    found = turned(BELTS, [(0, False), (60, True)], end)
    back = seconds(found.gates[index(found, "one")][-1])
    assert back == [(pytest.approx(start), pytest.approx(end))]
    late = History(found.header, found.records, round(end * S), 64 * S)
    result = bottlenecks(late)
    assert result.main == index(late, "one") and result.shares[result.main].momentary == 1.0


def test_that_tracks_that_turn_without_a_part_have_taken_nothing() -> None:
    found = turned(CONVEYOR.replace("first: 0 s", "first: 90 s"), [(3, True), (5, False), (9, True)], 20)
    assert index(found, "z") not in found.gates
