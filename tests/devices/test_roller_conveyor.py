"""Zones without pressure: singulation and slug release at times from closed formulas."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from commissioning.devices.roller_conveyor import way_to_stop
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.run import Run
from commissioning.sim.soft_drive import SoftDrive

Line = Callable[..., Run]

ZONES = """
src: {type: source, product: box, every: 4 s, first: 0 s, limit: 3, to: z}
z: {type: roller_conveyor, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, zones: 3, speed: 0.5 m/s, eye: 0.1 m, mode: MODE, to: out, tags: {release: Q, full: I_Full}}
out: {type: sink}
"""


def fronts(run: Run) -> list[float]:
    lane = run.line.lanes[0]
    return [lane.position(part) for part in lane.parts()]


def about(*values: float) -> object:
    return pytest.approx(list(values), abs=5e-9)


@pytest.mark.parametrize("mode", ["singulation", "slug"])
def test_that_parts_queue_one_to_a_zone_without_touching(line: Line, mode: str) -> None:
    run = line(ZONES.replace("MODE", mode))
    run.advance("60 s")
    assert fronts(run) == about(2.9, 1.9, 0.9)
    assert not any(drive.moving for drive in run.line.drives)
    assert run.tags["I_Full"].value is True


def gone(run: Run) -> list[float]:
    return [t / 1e9 for t, value in run.journal.edges("out.count") if value]


def test_that_singulation_lets_each_go_when_the_zone_ahead_is_empty(line: Line) -> None:
    """Released at 60 s: a part goes into the sink with its front, so zone 3 is empty 0.1 m / 0.5 m/s later;
    the next goes 1.1 m from there, and so on."""
    run = line(ZONES.replace("MODE", "singulation"))
    run.advance("60 s")
    run.write("Q", True)
    run.advance("60 s")
    assert gone(run)[:1] == about(60.2)
    assert gone(run)[1:2] == about(60.2 + 1.1 / 0.5)
    # part 3 starts when part 2's tail has left zone 2 (0.4 m on its way), and has 2.1 m to go
    assert gone(run)[2:] == about(60.2 + 0.4 / 0.5 + 2.1 / 0.5)


def test_that_a_slug_goes_as_one(line: Line) -> None:
    run = line(ZONES.replace("MODE", "slug"))
    run.advance("60 s")
    run.write("Q", True)
    run.advance("60 s")
    assert gone(run) == about(60.2, 60 + 1.1 / 0.5, 60 + 2.1 / 0.5)


def test_that_a_part_passes_as_one_visit_of_the_device(line: Line) -> None:
    run = line(ZONES.replace("MODE", "slug"))
    run.write("Q", True)
    run.advance("60 s")
    kpi = run.kpi()["z"]
    assert kpi.count == 3
    assert kpi.mean_time == pytest.approx(6.0, abs=1e-8)


SOFT = "acceleration: 2 m/s2, jerk: 8 m/s3"  # 0.25 s of jerk, no even part: v = a a / j at 0.5 m/s
UP, RAMP = 0.5, 0.125  # s and m of a ramp: 2 a / j, and v / 2 times that


@pytest.mark.parametrize("mode", ["singulation", "slug"])
def test_that_zones_with_limited_jerk_stop_where_the_s_curve_ends(line: Line, mode: str) -> None:
    """Each is told to stop at its eye, 0.35 m before the end of its zone, and stands half the speed times the time
    of the ramp beyond it; the first zone runs already when the first part comes."""
    text = ZONES.replace("MODE", mode).replace("eye: 0.1 m", f"eye: 0.35 m, {SOFT}")
    run = line(text.replace("length: 3 m", "length: 4.5 m"))
    run.advance("60 s")
    assert fronts(run) == about(4.15 + RAMP, 2.65 + RAMP, 1.15 + RAMP)


def test_that_a_slug_with_limited_jerk_starts_as_one_and_keeps_its_pitch(line: Line) -> None:
    text = ZONES.replace("MODE", "slug").replace("eye: 0.1 m", f"eye: 0.35 m, {SOFT}")
    run = line(text.replace("length: 3 m", "length: 4.5 m"))
    run.advance("60 s")
    run.write("Q", True)
    left = 0.35 - RAMP  # of the last zone; the ramp takes RAMP of it
    run.advance("0.5 s")
    here = fronts(run)
    assert [one - two for one, two in pairwise(here)] == about(1.5, 1.5)
    run.advance("60 s")
    way = [left + 1.5 * k for k in range(3)]
    assert gone(run) == about(*(60.0 + UP + (x - RAMP) / 0.5 for x in way))


def test_that_a_zone_stops_before_its_end_whenever_within_its_start_it_is_told_to() -> None:
    """The way that is reserved for it is the longest of all: told at any time of the start ramp."""
    kernel = Kernel()
    rng = random.Random(1)
    for _ in range(40):
        v, a, j = rng.uniform(0.1, 1.5), rng.uniform(0.2, 4.0), rng.uniform(0.5, 20.0)
        longest = 0.0
        for k in range(200):
            drive = SoftDrive(0, "z", kernel, Journal(kernel, {"core": {}}), v, a, None, j)
            drive.command(v)
            kernel.advance(kernel.now + round(drive.ramp * 1e9 * (k + 1) / 200))
            before = drive.travel(kernel.now)
            drive.command(0.0)
            longest = max(longest, drive.s1 - before)
        bound = way_to_stop(v, a, j)
        assert longest <= bound + 1e-9
        assert longest == pytest.approx(bound, rel=0.02)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("zones: 12", "too short"), ("acceleration: 0.1 m/s2", "to stop"),
        ("acceleration: 2 m/s2, jerk: 2 m/s3", "higher jerk"), ("jerk: 2 m/s3", "starts or stops at once"),
    ],
)  # fmt: skip
def test_that_zones_that_cannot_work_are_a_problem(line: Line, params: str, message: str) -> None:
    zones = params if "zones" in params else f"zones: 3, {params}"
    with pytest.raises(Exception, match=message):
        line(ZONES.replace("MODE", "slug").replace("zones: 3", zones))


@pytest.mark.parametrize("mode", ["singulation", "slug"])
def test_that_parts_never_overlap_nor_press_whatever_is_released_when(line: Line, mode: str) -> None:
    """No overlap at any instant, all arrive; with singulation no zone is ever stopped by contact with a part
    ahead. (A slug that is stopped midway has parts across the joints: what follows may come to touch them.)"""
    for seed in range(12):
        rng = random.Random(seed)
        run = line(
            f"src: {{type: source, product: box, every: {{exponential: {rng.choice([0.3, 1, 3])} s}}, limit: 40, to: z}}\n"
            f"z: {{type: roller_conveyor, length: 4 m, zones: {rng.randint(2, 8)}, speed: 0.5 m/s, eye: 0.15 m, "
            f"gap: 10 mm, acceleration: {rng.choice([0, 1])} m/s2, mode: {mode}, to: b, tags: {{release: Q, run: R}}}}\n"
            "b: {type: belt, length: 1 m, speed: 0.4 m/s, to: out, tags: {run: B}}\nout: {type: sink}",
            seed=seed,
        )
        for name in ("Q", "R", "B"):
            run.write(name, True)
        lane = run.line.lanes[0]
        until = 0
        while until < 120_000_000_000:
            until += rng.randrange(1, 3_000_000_000)
            while (t := run.line.kernel.next_time()) is not None and t <= until:
                run.step_event()
                rows = [(lane.position(part), part.length) for part in lane.parts()]
                assert all(a - length - b >= -2e-8 for (a, length), (b, _) in pairwise(rows))
                assert mode == "slug" or not any(
                    "/zone" in who for drive in run.line.drives[:-1] for who in drive.stalls
                )
            run.advance_to(until)
            if rng.random() < 0.6:
                run.write(rng.choice(["Q", "Q", "R"]), rng.random() < 0.6)
        for name in ("Q", "R", "B"):
            run.write(name, True)
        run.advance("300 s")
        assert run.tags["out.count"].value == 40


def test_that_a_chain_conveyor_moves_as_rollers_do(line: Line) -> None:
    """Times of `test_that_a_slug_goes_as_one`."""
    run = line(ZONES.replace("MODE", "slug").replace("roller_conveyor", "chain_conveyor"))
    run.advance("60 s")
    run.write("Q", True)
    run.advance("60 s")
    assert gone(run) == about(60.2, 60 + 1.1 / 0.5, 60 + 2.1 / 0.5)
