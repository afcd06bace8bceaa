"""A debugger holds the scan of a line: plant and PLC stand at one instant, and nothing differs afterwards."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.sim.run import Run
from commissioning.sim.session import Session, SessionStatus

PATIENCE = 30.0
FILE = "plc/main.st"
INSIDE = 63  # Reject := ..., executed when a carton reaches the pusher


@pytest.fixture(scope="module")
def carton(request: pytest.FixtureRequest) -> LoadedScene:
    return load(Path(__file__).parents[2] / "scenes" / "carton_line")


@pytest.fixture(scope="module")
def reference(carton: LoadedScene) -> str:
    run = Run(carton, seed=3)
    run.advance("60 s")
    return run.journal.digest()


def test_that_a_breakpoint_freezes_plant_and_plc_at_one_instant(carton: LoadedScene, reference: str) -> None:
    run = Run(carton, seed=3)
    with run.debug() as debugger:
        debugger.stop_at(INSIDE, FILE)
        where = debugger.run("60 s")
        assert where is not None
        assert (where.path, where.line) == ("MAIN.Track", INSIDE)
        assert [frame.path for frame in where.stack] == ["MAIN.Track", "MAIN"]
        held_ns = run.now_ns
        assert held_ns % 10_000_000 == 0  # a point of the grid
        assert run.tags["I_PE1"].value is True or run.tags["I_PE2"].value is True  # a carton at the pusher
        count = debugger.read("Count")
        assert isinstance(count, int)
        assert count > 0
        for act in (
            run.snapshot, lambda: run.fork(7), lambda: run.advance("1 s"), run.step_event,
            lambda: run.force("I_PE1", True), lambda: run.operate("start", "press"),
        ):  # fmt: skip
            with pytest.raises(
                RuntimeError, match=rf"plc is held inside a scan at plc/main\.st:{INSIDE}; let it"
            ):
                act()
        assert debugger.step_over() is not None
        assert run.now_ns == held_ns
        debugger.remove()
        while run.now_ns < 60_000_000_000:
            assert debugger.run((60_000_000_000 - run.now_ns) / 1e9) is None
        run.snapshot()
    assert run.journal.digest() == reference


def test_that_steps_and_stops_all_over_a_run_leave_its_journal_as_it_was(
    carton: LoadedScene, reference: str
) -> None:
    run = Run(carton, seed=3)
    held = 0
    with run.debug("plc") as debugger:
        debugger.stop_at(INSIDE, FILE)
        debugger.stop_at(90, FILE, condition=lambda: run.now_ns % 7 == 0)
        while debugger.run((60_000_000_000 - run.now_ns) / 1e9) is not None:
            held += 1
            for act in (debugger.step_in, debugger.step_over, debugger.step_out, debugger.scan)[: held % 5]:
                if run.now_ns < 59_000_000_000:
                    act()
    assert held > 5
    run.advance_to(60_000_000_000)
    assert run.journal.digest() == reference


def test_that_a_held_scan_ends_at_the_end_of_its_instant(carton: LoadedScene) -> None:
    run = Run(carton, seed=3)
    with run.debug() as debugger:
        debugger.stop_at(INSIDE, FILE)
        debugger.run("60 s")
        now, scans = run.now_ns, run.scans["plc"]
        assert debugger.scan() is None
        assert (run.now_ns, run.scans["plc"]) == (now, scans)
        run.snapshot()  # between two instants
        debugger.remove()
        debugger.scan()
        assert run.scans["plc"] == scans + 1
        assert run.now_ns > now


def test_that_a_run_left_in_a_scan_says_so(carton: LoadedScene) -> None:
    before = threading.active_count()
    run = Run(carton, seed=3)
    with run.debug() as debugger:
        debugger.stop_at(INSIDE, FILE)
        debugger.run("60 s")
    assert threading.active_count() == before
    assert run.problem is not None
    assert "left inside a scan of plc" in run.problem.what
    with pytest.raises(RuntimeError, match="the run has stopped"):
        run.snapshot()


def test_that_forces_of_program_variables_are_inputs_that_a_replay_repeats(carton: LoadedScene) -> None:
    def played(inputs: list[list[Any]] | None) -> Run:
        run = Run(carton, seed=3, inputs=inputs)
        if inputs is None:
            run.advance("20 s")
            run.operate("plc", "force", ["MAIN.Hold1", True])
            run.advance("10 s")
            restored = Run.restore(carton, run.snapshot())
            restored.advance("1 s")
            assert restored.line.hosts["plc"].controller.plc.forced == {"MAIN.Hold1": True}  # type: ignore[attr-defined]
            run.operate("plc", "release", "MAIN.Hold1")
            run.operate("plc", "write", ["MAIN.Packed", 1000])
            run.advance("10 s")
        else:
            run.advance("40 s")
        return run

    first = played(None)
    again = played(first.inputs.log)
    assert again.journal.digest() == first.journal.digest()
    assert first.line.hosts["plc"].controller.plc["MAIN.Packed"] >= 1000  # type: ignore[attr-defined]
    plain = Run(carton, seed=3)
    plain.advance("40 s")
    assert plain.journal.digest() != first.journal.digest()  # it made a difference
    for action, argument, error in (
        ("force", ["MAIN.Nothing", 1], KeyError), ("write", ["MAIN.Packed", "x"], TypeError),
        ("write", ["MAIN.Step", 70_000], ValueError), ("jump", None, ValueError),
    ):  # fmt: skip
        with pytest.raises(error):
            plain.operate("plc", action, argument)


def test_that_what_was_set_in_the_middle_of_a_scan_cannot_be_repeated_and_says_so(
    carton: LoadedScene,
) -> None:
    run = Run(carton, seed=3)
    with run.debug() as debugger:
        debugger.stop_at(INSIDE, FILE)
        debugger.run("60 s")
        debugger.write("Count", 2)
        debugger.remove()
        debugger.run("1 s")
    assert any("alter Count = 2 in the middle of a scan" in text for text in run.journal.texts)
    with pytest.raises(ValueError, match="changed in the middle of a scan, which cannot be repeated"):
        Run(carton, seed=3, inputs=run.inputs.log)


# ---- in a session ------------------------------------------------------------------------------------


def until(session: Session, condition: Callable[[SessionStatus], bool]) -> SessionStatus:
    deadline = time.monotonic() + PATIENCE
    while not condition(session.status()):
        assert time.monotonic() < deadline, session.status()
        time.sleep(0.002)
    return session.status()


@pytest.fixture
def session(carton: LoadedScene) -> Iterator[Session]:
    with closing(Session(lambda: Run(carton, seed=3), math.inf, 60_000_000_000)) as made:
        yield made


def held(session: Session, line: int = INSIDE) -> Any:
    debugger = session.debug("plc").result(PATIENCE)
    session.do(lambda _: debugger.stop_at(line, FILE)).result(PATIENCE)
    session.start()
    until(session, lambda status: status.state == "held")
    return debugger


def test_that_a_session_stands_in_the_scan_and_goes_on_to_the_same_journal(
    session: Session, reference: str
) -> None:
    debugger = held(session)
    status = session.status()
    assert status.notice == f"held at MAIN.Track ({FILE}:{INSIDE})"
    now = status.now_ns
    time.sleep(0.05)
    assert session.status().now_ns == now
    assert session.do(lambda run: run.tags["I_PE1"].value).result(PATIENCE) in (
        True,
        False,
    )  # looking is allowed
    with pytest.raises(RuntimeError, match="held inside a scan"):
        session.do(lambda run: run.snapshot()).result(PATIENCE)
    with pytest.raises(RuntimeError, match="held inside a scan"):
        session.record(lambda run: None).result(PATIENCE)  # type: ignore[arg-type, return-value]
    session.pause()
    session.step_event()
    session.do(lambda _: debugger.step_over()).result(PATIENCE)
    until(session, lambda status: status.state == "held" and debugger.where and debugger.where.line == 64)
    assert session.status().now_ns == now
    session.do(lambda _: debugger.remove()).result(PATIENCE)
    session.start()
    assert session.wait(PATIENCE).state == "ended"
    assert session.journal.digest() == reference


def test_that_single_scans_of_a_session_hold_at_the_beginning_of_the_next(session: Session) -> None:
    debugger = held(session)
    before = session.status().now_ns
    session.do(lambda _: debugger.remove()).result(PATIENCE)
    session.do(lambda _: debugger.scan()).result(PATIENCE)
    until(session, lambda status: status.state == "held" and status.now_ns > before)
    assert (debugger.where.path, debugger.where.line) == ("MAIN", 90)
    session.start()
    assert session.wait(PATIENCE).state == "ended"


def test_that_a_reset_leaves_the_scan_and_keeps_the_breakpoints(session: Session) -> None:
    debugger = held(session)
    first = session.status().now_ns
    session.reset()
    assert session.wait(PATIENCE).state == "paused"
    assert session.status().now_ns == 0
    again = session.debugger("plc")
    assert again is not debugger
    assert [point.line for point in again.breakpoints] == [INSIDE]
    session.start()
    assert until(session, lambda status: status.state == "held").now_ns == first
    assert debugger.where is None


def test_that_a_session_closes_while_a_scan_is_held(carton: LoadedScene) -> None:
    before = threading.active_count()
    begun = time.monotonic()
    with closing(Session(lambda: Run(carton, seed=3), math.inf, 60_000_000_000)) as made:
        held(made)
    assert threading.active_count() == before
    assert time.monotonic() - begun < 10.0


def test_that_a_plc_without_debugger_is_named(carton: LoadedScene) -> None:
    with pytest.raises(KeyError, match="there is plc"):
        Run(carton).debug("robot")


def test_that_breakpoints_stay_over_an_online_change(session: Session) -> None:
    debugger = session.debug("plc").result(PATIENCE)
    session.do(lambda _: debugger.stop_at(INSIDE, FILE, condition="Count > 0")).result(PATIENCE)
    source = (Path(__file__).parents[2] / "scenes" / "carton_line" / "plc" / "main.st").read_text("utf-8")
    changed = {FILE: source.replace("Count := Count - 1;", "Count := Count - 1; Marks := Marks;")}
    session.do(lambda run: run.online_change("plc", changed)).result(PATIENCE)
    assert debugger.stale
    other = session.do(lambda run: session.debugger_of(run, "plc")).result(PATIENCE)
    assert other is not debugger
    assert [(point.line, point.condition.text) for point in other.breakpoints] == [(INSIDE, "Count > 0")]
    session.start()
    until(session, lambda status: status.state == "held")
    assert other.where.line == INSIDE
    with pytest.raises(RuntimeError, match="held inside a scan"):
        session.do(lambda run: run.online_change("plc", {FILE: source})).result(PATIENCE)


def test_that_breakpoints_go_with_their_lines_over_an_online_change(session: Session) -> None:
    debugger = session.debug("plc").result(PATIENCE)
    session.do(lambda _: debugger.stop_at(INSIDE, FILE)).result(PATIENCE)
    source = (Path(__file__).parents[2] / "scenes" / "carton_line" / "plc" / "main.st").read_text("utf-8")
    line = source.splitlines()[INSIDE - 1]
    moved = source.replace("FUNCTION_BLOCK FB_Track\n", "\n\n\nFUNCTION_BLOCK FB_Track\n")
    gone = source.replace(line, line.replace(":=", ":= FALSE AND"))
    assert source != moved != gone != source
    found = []
    for text in (moved, gone):
        session.do(lambda run, text=text: run.online_change("plc", {FILE: text})).result(PATIENCE)
        found.append(session.do(lambda run: session.debugger_of(run, "plc")).result(PATIENCE))
    assert [point.line for point in found[0].breakpoints] == [INSIDE + 3]
    assert found[1].breakpoints == ()
    assert found[1].lost == [f"FB_Track: {line.strip()} (that line is gone)"]
