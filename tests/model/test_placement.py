from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scene_fakes import DECLARATIONS, SAMPLE, scene_of

from commissioning.model.placement import place, solve
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord, Target

HEAD = "format: commissioning-scene/1\nproducts: {c: {size: [0.3, 0.2, 0.2]}}\ndevices:\n"


def _poses(devices: str) -> dict[str, Pose]:
    scene, problems = scene_of(HEAD + devices)
    assert problems == ()
    return dict(place(scene, DECLARATIONS)[0])


def _problems(devices: str) -> list[Any]:
    return list(scene_of(HEAD + devices)[1])


def test_that_devices_stand_at_the_end_of_what_feeds_them() -> None:
    scene, _ = scene_of(SAMPLE)
    poses, problems = place(scene, DECLARATIONS)
    assert problems == ()
    assert list(poses) == list(scene.devices)
    # belt1 begins at (0, 0, 0.75) and is 3 m long, belt2 2 m
    assert poses["belt2"].xyz == (3.0, 0.0, 0.75)
    assert poses["pack"].xyz == poses["out"].xyz == (5.0, 0.0, 0.75)
    assert poses["infeed"].xyz == (0.0, 0.0, 0.75)
    assert poses["pe1"].xyz == (2.8, 0.0, 0.75)
    assert poses["stop1"].xyz == (4.6, 0.0, 0.75)


def test_that_the_direction_of_a_track_goes_on() -> None:
    poses = _poses("""\
  a: {type: belt, length: 3 m, speed: 1, to: b, pose: {xyz: [1, 2, 0.5], rpy: [0, 0, 90 deg]}}
  b: {type: belt, length: 2 m, speed: 1, to: out}
  e: {type: photo_eye, along: b, at: 0.5 m}
  out: {type: sink}
""")
    assert poses["b"].xyz == pytest.approx((1.0, 5.0, 0.5))
    assert poses["e"].xyz == pytest.approx((1.0, 5.5, 0.5))
    assert poses["out"].xyz == pytest.approx((1.0, 7.0, 0.5))
    assert poses["out"].rotate((1.0, 0.0, 0.0)) == pytest.approx((0.0, 1.0, 0.0))


def test_that_what_comes_before_an_anchor_is_placed_backwards() -> None:
    poses = _poses("""\
  src: {type: source, product: c, every: 1 s, to: a}
  a: {type: belt, length: 3 m, speed: 1, to: b}
  b: {type: belt, length: 2 m, speed: 1, to: out, pose: {xyz: [10, 0, 1]}}
  out: {type: sink}
  late: {type: source, product: c, every: 1 s, to: {device: b, at: 1.5 m}}
""")
    assert poses["a"].xyz == poses["src"].xyz == (7.0, 0.0, 1.0)
    assert poses["late"].xyz == (11.5, 0.0, 1.0)


def test_that_lines_without_a_pose_stand_side_by_side() -> None:
    line = "  s{0}: {{type: source, product: c, every: 1 s, to: m{0}}}\n  m{0}: {{type: station, cycle: 1 s, to: o{0}}}\n  o{0}: {{type: sink}}\n"  # noqa: E501
    poses = _poses(line.format(1) + line.format(2))
    assert poses["m1"].xyz == (0.0, 0.0, 0.0) and poses["m2"].xyz == (0.0, -2.0, 0.0)


def test_that_two_feeders_place_a_device_by_the_first_of_them() -> None:
    poses = _poses("""\
  s2: {type: source, product: c, every: 1 s, to: out}
  a: {type: belt, length: 3 m, speed: 1, to: out, pose: {xyz: [5, 0, 0]}}
  out: {type: sink}
""")
    # s2 is the first feeder; nothing anchors it, and a is no reason to move out
    assert poses["out"].xyz == poses["s2"].xyz == (0.0, 0.0, 0.0)


def test_that_a_ring_needs_one_pose_and_a_closed_flow_is_none_of_the_problems() -> None:
    ring = """\
  a: {type: belt, length: 1 m, speed: 1, to: b}
  b: {type: belt, length: 1 m, speed: 1, to: c}
  c: {type: belt, length: 1 m, speed: 1, to: a}
"""
    problems = _problems(ring)
    assert [problem.where.id for problem in problems if "itself" in problem.what] == ["devices.a"]
    assert problems[0].where.line == 4
    third = [(0, 0, 0), (1, 0, 120), (0.5, math.sqrt(3) / 2, 240)]
    for name, (x, y, angle) in zip("abc", third, strict=True):
        pose = f"pose: {{xyz: [{x}, {y}, 0], rpy: [0, 0, {angle} deg]}}"
        ring = ring.replace(f"  {name}: {{", f"  {name}: {{{pose}, ")
    assert _problems(ring) == []


def test_that_a_track_along_itself_is_a_problem() -> None:
    placed = solve({"a": DeviceRecord("a", "photo_eye", along="b", at=1.0),
                    "b": DeviceRecord("b", "photo_eye", along="a", at=1.0)}, DECLARATIONS)  # fmt: skip
    assert len(placed.faults) == 1


def test_that_a_gap_between_tracks_is_a_problem_with_the_place_that_closes_it() -> None:
    devices = """\
  a: {type: belt, length: 3 m, speed: 1, to: b, pose: {xyz: [0, 0, 1]}}
  b: {type: belt, length: 2 m, speed: 1, to: out, pose: {xyz: [3.3, 0, 1]}}
  out: {type: sink}
"""
    (problem,) = _problems(devices)
    assert problem.where.id == "devices.b.pose" and problem.where.line == 5
    assert "0.300 m" in problem.what and "xyz: [3, 0, 1]" in problem.cure
    assert _problems(devices.replace("3.3", "3.04")) == []


@pytest.mark.parametrize(("height", "crosses"), [(0.75, True), (0.9, True), (1.0, False)])
def test_that_tracks_cross_only_over_each_other(height: float, crosses: bool) -> None:
    problems = _problems(f"""\
  a: {{type: belt, length: 4 m, speed: 1, to: out, pose: {{xyz: [0, 0, 0.75]}}}}
  b: {{type: belt, length: 4 m, speed: 1, to: out, pose: {{xyz: [2, -2, {height}], rpy: [0, 0, 90 deg]}}}}
  out: {{type: sink, pose: {{xyz: [9, 9, 0]}}}}
""")
    assert ["b crosses a" in problem.what for problem in problems] == [True] * crosses


def test_that_a_side_feed_does_not_cross() -> None:
    assert not _problems("""\
  a: {type: belt, length: 4 m, speed: 1, to: out, pose: {xyz: [0, 0, 0.75]}}
  b: {type: belt, length: 2 m, speed: 1, to: {device: a, at: 2 m},
      pose: {xyz: [2, -2, 0.75], rpy: [0, 0, 90 deg]}}
  out: {type: sink}
""")


def test_that_ten_thousand_devices_in_a_row_are_placed() -> None:
    names = [f"b{n}" for n in range(10_000)]
    devices = {
        name: DeviceRecord(name, "belt", {"length": 1.0}, to={"": Target(ahead)})
        for name, ahead in zip(names, [*names[1:], "out"], strict=True)
    }
    devices["out"] = DeviceRecord("out", "sink")
    backwards = dict(reversed(devices.items()))
    for order in (devices, backwards):
        placed = solve(order, DECLARATIONS)
        assert not placed.faults
        assert placed.poses["out"].xyz[0] - placed.poses["b0"].xyz[0] == pytest.approx(10_000.0)


@st.composite
def graphs(draw: Any) -> dict[str, DeviceRecord]:
    count = draw(st.integers(1, 8))
    names = [f"d{n}" for n in range(count)]
    out = {}
    for name in names:
        pose = draw(st.none() | st.just(Pose((1.0, 2.0, 3.0))))
        along = draw(st.none() | st.sampled_from(names)) if pose is None else None
        targets = draw(st.lists(st.sampled_from(names), max_size=2))
        at = draw(st.none() | st.just(0.5))
        to = {"" if n == 0 else "left": Target(target, at) for n, target in enumerate(targets)}
        kind = draw(st.sampled_from(["belt", "station"]))
        params = {"length": 1.0} if kind == "belt" else {}
        out[name] = DeviceRecord(name, kind, params, pose, along, 0.5 if along else None, to)
    return out


@given(graphs())
@settings(max_examples=300)
def test_that_every_device_of_any_graph_gets_a_place(devices: dict[str, DeviceRecord]) -> None:
    placed = solve(devices, DECLARATIONS)
    assert set(placed.poses) == set(devices)
    for name, device in devices.items():
        if device.pose is not None:
            assert placed.poses[name] == device.pose
