"""Who kept whom waiting: shares by arithmetic for deterministic lines, sums for random ones."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flow_scenes import history, index, row_of, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.record import State
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.oee import oee
from commissioning.sim.analysis.routes import routes
from commissioning.sim.analysis.waits import Wait, waits, words

BREAKS = "cycle: 10 s, failures: {every: 50 s, repair: 10 s}"  # a period of 60 s: 5 parts, then the repair


def _wait(found: History, name: str, state: State) -> Wait:
    return next(w for w in waits(found) if w.device == index(found, name) and w.state == state)


def _causes(found: History, wait: Wait) -> Mapping[tuple[str, str], float]:
    """Those of a thousandth or more: a wait that an end of the time cuts leaves some of its cause outside."""
    return {(found.names[c.device], c.what): c.share for c in wait.causes if c.share > 1e-3}


@pytest.mark.parametrize(
    "between",
    ["", "type: belt, length: 2 m, speed: 0.5 m/s", "type: buffer, capacity: 3", "type: buffer"],
)
def test_that_starving_leads_back_to_the_machine_that_breaks_down(between: str) -> None:
    """Of 60 s the last of m1 (breaks), m2 (4 s), m3 (5 s) works 25 s and starves 35 s: 10 s by the repair,
    the other 25 s because m1 takes 10 s where m3 takes 5 s. m2 starves 40 s: 10 s, and 5 times 6 s."""
    found = history(row_of([BREAKS, "cycle: 4 s", "cycle: 5 s"], between), 6600.0, 600.0)
    last = _wait(found, "m3", State.STARVED)
    assert last.share == pytest.approx(35 / 60)
    near = 0.0025  # 15 s of 6000: one wait may lie across each end of the time
    assert _causes(found, last) == pytest.approx(
        {("m1", "working"): 25 / 60, ("m1", "down"): 10 / 60}, abs=near
    )
    middle = _wait(found, "m2", State.STARVED)
    expected = {("m1", "working"): 30 / 60, ("m1", "down"): 10 / 60}
    assert _causes(found, middle) == pytest.approx(expected, abs=near)


@pytest.mark.parametrize("between", ["", "type: buffer, capacity: 2"])
def test_that_blocking_leads_on_to_the_machine_that_breaks_down(between: str) -> None:
    """m1 (4 s), m2 (5 s), m3 (breaks): of 60 s m1 works 20 and is blocked 40. m2 works 25 and is blocked 35:
    4 times for 5 of the 10 s that m3 works; once it works on for 5 of the 10 s of the repair, is blocked
    by the other 5, and by the 10 s that m3 works then. So 30 s are by work, 5 by the repair."""
    found = history(row_of(["cycle: 4 s", "cycle: 5 s", BREAKS], between), 6600.0, 600.0)
    first = _wait(found, "m1", State.BLOCKED)
    assert first.share == pytest.approx(40 / 60)
    causes = _causes(found, first)
    assert sum(causes.values()) == pytest.approx(first.share, abs=0.0025)
    assert {name for name, _ in causes} <= {"m3", "m2"}
    second = _wait(found, "m2", State.BLOCKED)
    assert _causes(found, second) == pytest.approx({("m3", "working"): 30 / 60, ("m3", "down"): 5 / 60})


def test_that_a_gap_between_arrivals_is_the_source_s() -> None:
    """One part each 10 s, 4 s of work: starved 60 % of the time, however long the belt in between."""
    text = scene(
        "src: {type: source, product: part, every: 10 s, to: belt}",
        "belt: {type: belt, length: 6 m, speed: 0.5 m/s, to: m1}",
        "m1: {type: station, cycle: 4 s, to: out}",
        "out: {type: sink}",
    )
    found = history(text, 1100.0, 100.0)
    wait = _wait(found, "m1", State.STARVED)
    assert _causes(found, wait) == pytest.approx({("src", "arrivals"): 0.6})
    assert words(wait, found.names) == (
        "m1 was starved 60.0 % of the time: 100 % of it because nothing came from src"
    )


def test_that_a_stop_of_the_belt_is_the_belt_s() -> None:
    """A part each 10 s, 4 s of work; the belt stands 20 s in each 100 s of which it is told to."""
    text = scene(
        "src: {type: source, product: part, every: 10 s, first: 0 s, to: belt}",
        "belt: {type: belt, length: 6 m, speed: 0.5 m/s, tags: {run: Run}, to: m1}",
        "m1: {type: station, cycle: 4 s, to: out}",
        "out: {type: sink}",
    ) + (
        "tags: {Run: {type: BOOL}}\n"
        "scenarios: {stop: {steps: [{at: 0 s, set: {Run: true}}, {at: 205 s, set: {Run: false}},"
        " {at: 225 s, set: {Run: true}}]}}\nrun: {scenario: stop}\n"
    )
    found = history(text, 400.0, 100.0)
    causes = _causes(found, _wait(found, "m1", State.STARVED))
    # the part that comes next is late by the stop; what is left is by the arrivals, of 30 periods or 28
    assert causes["belt", "standing"] + causes.get(("belt", "moving"), 0.0) == pytest.approx(
        20 / 300, abs=0.02
    )
    assert sum(causes.values()) == pytest.approx(_wait(found, "m1", State.STARVED).share, rel=1e-12)


def test_that_what_an_assembly_lacks_is_why_it_takes_nothing_else() -> None:
    """Frames are there at once, motors come every 20 s, putting them together takes 5 s: frames wait all the
    time, 5 of 20 s for the work and 15 for the motors."""
    text = (
        "format: commissioning-scene/1\n"
        "products: {frame: {size: [0.3 m, 0.2 m, 0.2 m]}, motor: {size: [0.1 m, 0.1 m, 0.1 m]}}\n"
        "devices:\n"
        "  frames: {type: source, product: frame, every: always, to: join}\n"
        "  motors: {type: source, product: motor, every: 20 s, pose: {xyz: [0, 2, 1]}, to: join}\n"
        "  join: {type: assembly, takes: {frame: 1, motor: 1}, cycle: 5 s, pose: {xyz: [2, 0, 1]}, to: out}\n"
        "  out: {type: sink}\n"
    )
    found = history(text, 2200.0, 200.0)
    wait = _wait(found, "frames", State.BLOCKED)
    assert wait.share == pytest.approx(1.0)
    expected = {("motors", "arrivals"): 15 / 20, ("join", "working"): 5 / 20}
    assert _causes(found, wait) == pytest.approx(expected, abs=0.01)


def test_that_a_part_that_rides_is_followed_on_what_carries_it() -> None:
    """Housings ride on pallets, ten of them, through a press of 10 s; taken off, each is packed in 4 s: it
    starves 6 of 10 s because the press works; loading and unloading count one housing a cycle in their OEE,
    and not the pallet as another one."""
    text = (
        "format: commissioning-scene/1\n"
        "products: {pallet: {size: [0.36 m, 0.36 m, 0.06 m]}, housing: {size: [0.2 m, 0.2 m, 0.1 m]}}\n"
        "devices:\n"
        "  ring: {type: buffer, pallets: 10, product: pallet, pose: {xyz: [0, 0, 1]}, to: load}\n"
        "  housings: {type: source, product: housing, every: always, pose: {xyz: [0, 2, 1]}, to: load}\n"
        "  load: {type: assembly, takes: {pallet: 1, housing: 1}, loads: true, cycle: 3 s, to: q}\n"
        "  q: {type: buffer, to: press}\n"
        "  press: {type: station, cycle: 10 s, to: unload}\n"
        "  unload: {type: disassembly, gives: {made: {product: housing}}, unloads: true, cycle: 2 s,"
        " to: {made: pack, rest: ring}}\n"
        "  pack: {type: station, cycle: 4 s, pose: {xyz: [9, 3, 1]}, to: out}\n"
        "  out: {type: sink}\n"
    )
    found = history(text, 3000.0, 500.0)
    causes = _causes(found, _wait(found, "pack", State.STARVED))
    assert causes == pytest.approx({("press", "working"): 0.6}, abs=0.01)
    parts = {found.names[one.device]: one.parts for one in oee(found)}
    assert parts["load"] == pytest.approx(250, abs=1) and parts["unload"] == pytest.approx(250, abs=1)
    assert routes(found).balanced


def test_that_parts_which_wait_in_a_circle_are_named_so() -> None:
    """The inspection holds a part for rework, the rework one for the inspection: neither can ever move."""
    text = scene(
        "src: {type: source, product: part, every: always, to: test}",
        "test: {type: inspection, results: {good: 50 %, rework: 50 %}, cycle: 1 s,"
        " to: {good: out, rework: mend}}",
        "mend: {type: station, cycle: 3 s, pose: {xyz: [0, 3, 1]}, to: test}",
        "out: {type: sink}",
    )
    found = history(text, 1000.0, 500.0)
    for name in ("test", "mend", "src"):
        wait = _wait(found, name, State.BLOCKED)
        assert wait.share == 1.0
        assert {what for _, what in _causes(found, wait)} == {"circle"}


@given(
    cycles=st.lists(
        st.sampled_from(["2 s", "{exponential: 3 s}", "{uniform: [1 s, 5 s]}"]), min_size=2, max_size=4
    ),
    between=st.sampled_from(
        ["", "type: buffer", "type: buffer, capacity: 2", "type: belt, length: 1.5 m, speed: 0.5 m/s"]
    ),
    breaks=st.booleans(),
    seed=st.integers(1, 10_000),
)
@settings(max_examples=15, deadline=None)
def test_that_causes_add_up_to_the_waiting_in_any_line(
    cycles: list[str], between: str, breaks: bool, seed: int
) -> None:
    more = ", failures: {every: {exponential: 60 s}, repair: {exponential: 20 s}}" if breaks else ""
    found = history(row_of([f"cycle: {c}{more}" for c in cycles], between), 900.0, 90.0, seed)
    shares = {d: found.periods[d].shares(found.start, found.end) for d in found.devices}
    for wait in waits(found):
        assert wait.share == pytest.approx(shares[wait.device][wait.state], abs=1e-12)
        assert sum(cause.share for cause in wait.causes) == pytest.approx(wait.share, abs=1e-12)
        assert all(cause.share > 0.0 for cause in wait.causes)
        if (
            wait.state == State.STARVED and between == "type: buffer"
        ):  # nothing blocks: it comes from upstream
            assert all(cause.device < wait.device for cause in wait.causes)
