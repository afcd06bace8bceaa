# ruff: noqa: E501  scene text
"""Deadlocks: found, named with parts and devices, and told from starvation and from what a command holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.model.record import Kind
from commissioning.sim.deadlock import Deadlock, find_deadlocks
from commissioning.sim.deadlock_watch import DEADLOCK
from commissioning.sim.run import Run

HEAD = """format: commissioning-scene/1
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
  cube: {size: [0.1 m, 0.2 m, 0.2 m]}
"""

# Two parts more than the ring has places: 3 in wait, 1 in press, 1 in back, 1 in load.
RING = """
src: {type: source, product: box, every: 1 s, limit: LIMIT, to: wait}
wait: {type: buffer, capacity: 3, to: press}
press: {type: station, cycle: 2 s, to: back}
back: {type: buffer, capacity: 1, to: load}
load: {type: station, cycle: 2 s, to: wait}
"""

# Two belts of 3 m that each lead onto the middle of the other one.
FACING = """
s1: {type: source, product: box, every: 3 s, limit: 1000, to: b1}
s2: {type: source, product: box, every: 3 s, limit: 1000, to: b2}
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: {device: b2, at: 1 m}}
b2: {type: belt, pose: {xyz: [4 m, 2 m, 0 m], rpy: [0 deg, 0 deg, 180 deg]}, length: 3 m, speed: 0.5 m/s, to: {device: b1, at: 1 m}}
"""

# What fails the test goes round again: who sets Q_Rework for ever fills it up.
REWORK = """
src: {type: source, product: box, every: 4 s, to: infeed}
infeed: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: test}
test: {type: station, cycle: 1 s, to: gate}
gate: {type: diverter, to: {straight: out, left: again}, tags: {left: Q_Rework}}
again: {type: belt, length: 2 m, speed: 0.5 m/s, to: {device: infeed, at: 1 m}}
out: {type: sink}
"""


def line(devices: str, seed: int = 1) -> Run:
    body = "\n".join("  " + row for row in devices.strip().splitlines())
    return Run(load_text(f"{HEAD}devices:\n{body}\n", Path("scene.yaml")), seed)


def told(run: Run) -> list[tuple[int, str]]:
    """Time in s and text of what was journaled as a deadlock."""
    records = run.journal.records()
    mine = records[(records["kind"] == int(Kind.PROBLEM)) & (records["aux"] == DEADLOCK)]
    return [(int(row["t"]) // 10**9, run.journal.texts[int(row["a"])]) for row in mine]


def only(run: Run) -> Deadlock:
    found = find_deadlocks(run.line)
    assert len(found) == 1
    return found[0]


def test_that_a_ring_filled_to_the_brim_is_named_with_its_devices_and_parts() -> None:
    run = line(RING.replace("LIMIT", "8"))
    run.advance("5 min")
    deadlock = only(run)
    assert deadlock.devices == ("back", "load", "wait", "press")
    assert [wait.on for wait in deadlock.ring] == ["load", "wait", "press", "back"]
    held = sorted(part for wait in deadlock.ring for part in wait.parts)
    assert held == list(range(6))  # 3 + 1 + 1 + 1 places
    assert deadlock.behind == ("src",)
    assert [t for t, _ in told(run)] == [60]
    assert told(run)[0][1].startswith("deadlock: back (part ")
    assert [alarm.where.id for alarm in run.line.alarms] == ["back"]


def test_that_a_ring_with_one_place_left_goes_round() -> None:
    run = line(RING.replace("LIMIT", "5"))
    run.advance("30 min")
    assert find_deadlocks(run.line) == ()
    assert told(run) == []
    assert run.kpi()["press"].rate_per_h > 600


def test_that_two_merges_facing_one_another_are_named() -> None:
    run = line(FACING)
    run.advance("10 min")
    deadlock = only(run)
    assert set(deadlock.devices) == {"b1", "b2"}
    ends = {lane.id: lane.end.place.part.id for lane in run.line.lanes if lane.end.place is not None}
    for wait in deadlock.ring:
        assert wait.parts == (ends[f"lane:{wait.device}"],)
        assert wait.on == {"b1": "b2", "b2": "b1"}[wait.device]
    assert set(deadlock.behind) == {"s1", "s2"}
    assert len(told(run)) == 1


def test_that_a_blade_too_near_before_a_merge_makes_both_wait() -> None:
    """Parts of 0.3 m held 0.1 m before the merge lie in the way of one that comes from the side; a cube of
    0.1 m would fit."""
    run = line("""
s1: {type: source, product: box, every: 1.7 s, to: main}
s2: {type: source, product: box, every: 1.9 s, to: side}
main: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 6 m, speed: 0.5 m/s, to: out}
side: {type: belt, pose: {xyz: [3 m, -2 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}, length: 2 m, speed: 0.5 m/s, to: {device: main, at: 3 m}}
m: {type: merge, along: main, at: 3 m, rule: side, hold: 0.1 m}
out: {type: sink}
""")  # fmt: skip
    run.advance("5 min")
    assert only(run).devices == ("main",)
    assert "side" in only(run).behind
    assert [t for t, _ in told(run)] == [60]


def test_that_a_rework_loop_that_fills_up_is_told_when_no_command_has_emptied_it() -> None:
    run = line(REWORK)
    run.write("Q_Rework", True)
    run.advance("20 min")
    deadlock = only(run)
    assert set(deadlock.devices) >= {"again", "infeed", "test"}
    assert deadlock.commands == ("gate.left",)
    ((t, text),) = told(run)
    assert t % 60 == 0 and t > 300
    assert "no command has changed that for 5 min" in text
    run.write("Q_Rework", False)
    run.advance("1 min")
    assert find_deadlocks(run.line) == ()


def test_that_a_rework_loop_that_nobody_commands_is_told_at_once() -> None:
    """Half of the parts go round again and the way back has two places: it fills up and stands for ever."""
    run = line("""
src: {type: source, product: box, every: always, to: wait}
wait: {type: buffer, pose: {xyz: [0 m, 0 m, 0 m]}, capacity: 2, to: test}
test: {type: inspection, pose: {xyz: [1 m, 0 m, 0 m]}, results: {good: 50 %, rework: 50 %}, cycle: 2 s, to: {good: out, rework: again}}
again: {type: buffer, pose: {xyz: [1 m, 1 m, 0 m]}, capacity: 2, to: wait}
out: {type: sink}
""")
    run.advance("1 h")
    deadlock = only(run)
    assert deadlock.devices == ("again", "wait", "test") and deadlock.commands == ()
    assert sorted(part for wait in deadlock.ring for part in wait.parts) == sorted(
        part.id for part in run.line.parts.values() if part.owner is not run.line.devices["src"]
    )
    assert deadlock.behind == ("src",)
    assert told(run)[0][0] % 60 == 0 and len(told(run)) == 1


def test_that_a_command_within_five_minutes_keeps_it_untold() -> None:
    run = line(REWORK)
    for _ in range(6):
        run.write("Q_Rework", True)
        run.advance("4 min")
        run.write("Q_Rework", False)
        run.advance("2 min")
    assert told(run) == []


@pytest.mark.parametrize(
    ("devices", "holds"),
    [
        ("""
src: {type: source, product: box, every: 1 s, to: b1}
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: out}
stop: {type: stopper, along: b1, at: 2 m, tags: {raise: Q}}
out: {type: sink}""", "a raised stopper"),
        ("""
src: {type: source, product: box, every: 1 s, to: pack}
pack: {type: station, cycle: 2 s, to: b1}
b1: {type: belt, length: 3 m, speed: 0.5 m/s, accumulating: false, to: b2}
b2: {type: belt, length: 3 m, speed: 0.5 m/s, to: out, tags: {run: Q_Off}}
out: {type: sink}""", "a belt that is told to stand"),
        ("""
src: {type: source, product: box, every: 1 s, to: pack}
pack: {type: station, cycle: 1 h, to: out}
out: {type: sink}""", "a station that works for long"),
        ("""
src: {type: source, product: box, every: 1 s, to: pack}
pack: {type: station, cycle: 1 s, failures: {every: 10 s, repair: 3 h}, to: out}
out: {type: sink}""", "a station under repair"),
        ("""
src: {type: source, product: box, every: 1 s, limit: 3, to: pack}
pack: {type: station, cycle: 1 s, to: out}
out: {type: sink}""", "nothing: it is starved"),
    ],
)  # fmt: skip
def test_that_a_line_that_stands_for_another_reason_is_no_deadlock(devices: str, holds: str) -> None:
    run = line(devices)
    if "Q}" in devices:
        run.write("Q", True)
    run.advance("1 h")
    assert find_deadlocks(run.line) == (), holds
    assert told(run) == []


def test_that_slices_inputs_and_snapshots_do_not_change_what_is_told() -> None:
    whole = line(FACING)
    whole.advance("10 min")
    sliced = line(FACING)
    for _ in range(600):
        sliced.advance("1 s")
    assert sliced.journal.digest() == whole.journal.digest()
    restored = line(FACING)
    restored.advance("4 min 59.5 s")
    branch = Run.restore(restored.loaded, restored.snapshot())
    branch.advance("5 min 0.5 s")
    assert branch.journal.digest() == whole.journal.digest()
    assert len(told(whole)) == 1


def test_that_an_input_at_the_instant_of_a_look_replays_to_the_same_journal() -> None:
    live = line(REWORK)
    live.write("Q_Rework", True)
    while not told(live):
        live.advance("1 min")
        live.force("test.done", True)  # given at that instant, before the look
        live.release("test.done")
    live.advance("1 min")
    again = Run(live.loaded, live.seed, inputs=live.inputs.log)
    again.advance_to(live.now_ns)
    assert again.journal.digest() == live.journal.digest()


PIECES = {
    "accumulating belt": "{type: belt, pose: POSE, length: 2 m, speed: 0.5 m/s, to: NEXT}",
    "belt without slip": "{type: belt, pose: POSE, length: 2 m, speed: 0.5 m/s, accumulating: false, to: NEXT}",
    "slow ramp": "{type: belt, pose: POSE, length: 2 m, speed: 0.5 m/s, acceleration: 0.3 m/s2, to: NEXT}",
    "singulating rollers": "{type: roller_conveyor, pose: POSE, length: 2 m, zones: 4, speed: 0.5 m/s, to: NEXT}",
    "slug rollers": "{type: roller_conveyor, pose: POSE, length: 2 m, zones: 4, speed: 0.5 m/s, mode: slug, to: NEXT}",
    "station": "{type: station, pose: POSE, length: 2 m, cycle: 2 s, to: NEXT}",
    "parallel station": "{type: station, pose: POSE, length: 2 m, cycle: {exponential: 2 s}, parallel: 2, to: NEXT}",
    "batch station": "{type: station, pose: POSE, length: 2 m, cycle: 2 s, batch: 3, to: NEXT}",
    "failing station": "{type: station, pose: POSE, length: 2 m, cycle: 2 s, failures: {every: 1 min, repair: 10 s, counts: calendar}, to: NEXT}",
    "buffer": "{type: buffer, pose: POSE, length: 2 m, capacity: 2, to: NEXT}",
    "transfer": "{type: transfer, time: 0.5 s, to: NEXT}",
    "diverter": "{type: diverter, to: {straight: NEXT, right: never}}",
}  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("slips", [True, False])
def test_that_a_closed_ring_without_exit_always_ends_in_a_deadlock_that_is_found(
    piece: str, slips: bool
) -> None:
    """A source that never ends fills any ring that no part can leave; then a part of each device waits."""
    belt = PIECES["accumulating belt" if slips else "belt without slip"]
    ring = [belt, belt, PIECES[piece], belt] + [belt] * ("length" not in PIECES[piece])
    x, y, turn = 0, 0, 0
    rows = ["src: {type: source, product: box, every: 2 s, limit: 10000, to: b0}", "never: {type: sink}"]
    for k, row in enumerate(ring):
        pose = f"{{xyz: [{x} m, {y} m, 0 m], rpy: [0 deg, 0 deg, {turn} deg]}}"
        row = row.replace("POSE", pose).replace("NEXT", f"b{(k + 1) % len(ring)}")
        rows.append(f"b{k}: {row}")
        if "length" in row:
            dx, dy = [(2, 0), (0, 2), (-2, 0), (0, -2)][turn // 90]
            x, y, turn = x + dx, y + dy, turn + 90
    if piece != "diverter":
        rows.remove("never: {type: sink}")
    run = line("\n".join(rows))
    run.advance("30 min")
    deadlock = only(run)
    names = {f"b{k}" for k, row in enumerate(ring) if "length" in row}
    assert set(deadlock.devices) | {"b2"} == names | {"b2"}
    assert "src" in deadlock.behind
    assert len(told(run)) == 1


def test_that_a_place_that_is_kept_ahead_closes_a_ring_too() -> None:
    """Blocking before service: the station waits for a place and not with a finished part."""
    run = line(RING.replace("LIMIT", "8").replace("cycle: 2 s", "cycle: 2 s, blocking: before_service"))
    run.advance("5 min")
    assert set(only(run).devices) == {"wait", "press", "back", "load"}
