"""Separators at times from closed formulas of uniform motion (within 1 us), and over random queues."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]

QUEUE = """
src: {type: source, product: box, every: 0.1 s, first: 0 s, limit: 5, to: b}
b: {type: belt, length: 6 m, speed: 0.5 m/s, to: out}
sep: {type: separator, along: b, at: 3 m, gap: 0.4 m, tags: {release: Q}}
pe: {type: photo_eye, along: b, at: 5 m}
out: {type: sink}
"""


def rises(run: Run, name: str) -> list[float]:
    return [t / 1e9 for t, value in run.journal.edges(name) if value]


def about(*values: float) -> object:
    return pytest.approx(list(values), abs=1e-6)


def test_that_parts_that_touch_go_one_by_one_with_the_gap(line: Line) -> None:
    """Released at 20 s: each goes when the one before is 0.3 + 0.4 m on; fronts 2 m further on 4 s later."""
    run = line(QUEUE)
    run.advance("20 s")
    assert run.tags["sep.holding"].value is True
    run.write("Q", True)
    run.advance("60 s")
    pitch = 0.7 / 0.5
    assert rises(run, "pe.blocked") == about(*(20 + k * pitch + 2 / 0.5 for k in range(5)))
    assert rises(run, "sep.going") == about(*(20 + k * pitch for k in range(5)))


def test_that_a_pulse_lets_one_part_go(line: Line) -> None:
    run = line(QUEUE)
    run.advance("20 s")
    for _ in range(2):
        run.write("Q", True)
        run.advance("0.2 s")
        run.write("Q", False)
        run.advance("9.8 s")
    assert rises(run, "pe.blocked") == about(24, 34)
    assert run.tags["out.count"].value == 2


def test_that_parts_with_more_room_than_the_gap_stop_for_nothing_else(line: Line) -> None:
    """Each 2 s: 1 m from front to front, 0.7 m from tail to front; nobody is held up."""
    run = line(QUEUE.replace("0.1 s", "2 s").replace(", tags: {release: Q}", ""))
    run.advance("60 s")
    assert rises(run, "pe.blocked") == about(*(2 * k + 5 / 0.5 for k in range(5)))


def test_that_what_is_taken_away_while_it_goes_keeps_nobody(line: Line) -> None:
    run = line(QUEUE)
    run.advance("20 s")
    run.write("Q", True)
    run.advance("0.1 s")  # its front is 0.05 m beyond, its tail before the separator
    lane = run.line.lanes[0]
    lane.remove(run.line.parts[0])
    run.line.end_part(run.line.parts[0], 2, run.line.devices["b"])
    run.advance("10 s")
    # the next one has followed for 0.05 m: 0.25 m to the separator, then 2 m to the eye
    assert rises(run, "pe.blocked")[0] == pytest.approx(20.1 + 2.25 / 0.5, abs=1e-6)
    assert run.problem is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("speed: 0.5 m/s", "speed: 0.5 m/s, accumulating: false"), "does not let parts slip"),
        (("gap: 0.4 m", "gap: 3.4 m"), r"0\.4 m beyond the end"),
    ],
)
def test_that_a_separator_that_cannot_work_is_a_problem(
    line: Line, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        line(QUEUE.replace(*change))


@pytest.mark.parametrize("seed", range(6))
def test_that_no_gap_is_shorter_whatever_the_belt_does(line: Line, seed: int) -> None:
    rng = random.Random(seed)
    run = line("src: {type: source, mix: {box: 1, tall: 1}, every: {exponential: 0.8 s}, limit: 40, to: b}\n"
               "b: {type: belt, length: 4 m, speed: 0.6 m/s, acceleration: 0.9 m/s2, to: b2, tags: {run: R, speed_setpoint: V}}\n"
               "b2: {type: belt, length: 3 m, speed: 0.6 m/s, to: out}\n"
               "sep: {type: separator, along: b, at: 3 m, gap: 0.35 m, tags: {release: Q}}\nout: {type: sink}", seed=seed)  # fmt: skip
    run.write("V", 0.6)
    gone: list[int] = []
    while run.now_ns < 200 * 10**9:
        run.advance(f"{rng.uniform(0.05, 1.5)} s")
        run.write("Q", rng.random() < 0.8)
        run.write("R", rng.random() < 0.8)
        if rng.random() < 0.2:
            run.write("V", rng.uniform(0.1, 0.6))
        lane = run.line.lanes[0]
        beyond = [part for part in lane.parts() if lane.position(part) > 3.0 + 1e-8]
        gone += [part.id for part in beyond if part.id not in gone]
        for ahead, behind in pairwise(beyond):
            assert lane.position(ahead) - ahead.length - lane.position(behind) >= 0.35 - 2e-8
    assert gone == list(range(40))
