"""Python logic: turns in the place of scans, what it waits for, what it writes, how it fails."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.check import check
from commissioning.bench.load import load
from commissioning.bench.run import Run
from commissioning.bench.single import run_once
from commissioning.model.problem import Problems
from commissioning.model.record import Kind, State
from commissioning.model.tags import Quality, Reason
from commissioning.sim.snapshot import SnapshotError

Ran = Callable[..., Run]
Small = Any  # see conftest.py
MS = 1_000_000


def edges(run: Run, name: str) -> list[tuple[float, Any]]:
    """(ms, value); the first one is what the tag began with."""
    return [(t / MS, value) for t, value in run.journal.edges(name)]


def test_that_outputs_have_their_defaults_from_the_first_turn_on(ran: Ran) -> None:
    run = ran("pass")
    assert edges(run, "Q_Run") == [(0, False)]
    assert run.tags["Q_Run"].quality == Quality.GOOD


def test_that_an_edge_is_seen_at_the_next_point_of_the_cycle(ran: Ran) -> None:
    """Pressed at 1.003 s: a PLC of 10 ms sees it at 1.010 s."""
    run = ran("yield line.rises('I_Start')", "line['Q_Run'] = True")
    assert edges(run, "I_Start")[1] == (1003, True)
    assert edges(run, "Q_Run") == [(0, False), (1010, True)]


def test_that_times_end_on_the_grid_as_a_timer_of_a_plc_does(ran: Ran) -> None:
    run = ran(
        "yield line.timeout('25 ms')", "line['Q_Run'] = True", "assert line.now == 0.03",
        "yield line.timeout(2)", "line['Q_Run'] = False",
    )  # fmt: skip
    assert edges(run, "Q_Run") == [(0, False), (30, True), (2030, False)]
    assert not run.line.alarms


def test_that_a_pulse_between_two_turns_is_not_seen(small: Small) -> None:
    """As with a PLC: TRUE at 1.003 s, FALSE at 1.007 s, scans at 1.000 s and 1.010 s."""
    small.write("def logic(line):\n    yield line.rises('I_Start')\n    line['Q_Run'] = True\n")
    scene = small.folder / "scene.yaml"
    scene.write_text(
        scene.read_text().replace("press: start}", "press: start}, {at: 1.007 s, release: start}")
    )
    assert edges(small.run(), "Q_Run") == [(0, False)]


def test_that_every_kind_of_edge_wakes_those_who_wait_for_it(small: Small) -> None:
    small.write(
        "seen = []\n"
        "def logic(line):\n"
        "    for wait in (line.rises, line.falls, line.edge):\n"
        "        line.process(each(line, wait))\n"
        "def each(line, wait):\n"
        "    while True:\n"
        "        value = yield wait('I_Start')\n"
        "        seen.append((wait.__name__, line.now, value))\n"
        "        line['Q_Run'] = len(seen) == 4\n"
    )
    run = small.run()
    assert edges(run, "Q_Run") == [(0, False), (1310, True)]  # two at 1.010 s, two at 1.310 s
    assert not run.line.alarms


def test_that_a_condition_may_have_to_hold_for_a_while(small: Small) -> None:
    """As a TON: the button is down from 1.003 s to 1.303 s; from the turn at 1.010 s 200 ms are over at
    1.210 s, 400 ms never are."""
    small.write(
        "def logic(line):\n"
        "    line.process(lights(line, 'Q_Green', '200 ms'))\n"
        "    line.process(lights(line, 'Q_Red', '400 ms'))\n"
        "def lights(line, lamp, span):\n"
        "    yield line.when('I_Start', lasting=span)\n"
        "    line[lamp] = True\n"
    )
    run = small.run()
    assert edges(run, "Q_Green") == [(0, False), (1210, True)]
    assert edges(run, "Q_Red") == [(0, False)]


def test_that_a_condition_that_holds_already_happens_in_the_same_turn(ran: Ran) -> None:
    run = ran("yield line.when(lambda: not line['I_Start'])", "line['Q_Run'] = True")
    assert edges(run, "Q_Run") == [(0, True)]


def test_that_a_condition_on_a_port_without_a_tag_wakes_the_logic(ran: Ran) -> None:
    """`pack.busy` is bound to nothing and, since nobody listened so far, not even written. A carton of 0.3 m
    that starts at 0 s at 0.5 m/s is in the station once its front is at 3 m: after 6 s."""
    run = ran("line['Q_Run'] = True", "yield line.when(lambda: line['pack.busy'])", "line['Q_Green'] = True")
    (t, value) = edges(run, "Q_Green")[1]
    assert value and t >= 6000
    busy = run.journal.records()
    states = busy[(busy["kind"] == int(Kind.STATE)) & (busy["aux"] == int(State.WORKING))]
    first = min(int(row["t"]) for row in states if row["obj"] == run.line.object_index["pack"])
    assert t == -(-first // (10 * MS)) * 10


def test_that_processes_that_wait_for_conditions_survive_the_garbage_collector(small: Small) -> None:
    small.write(
        "import gc\n"
        "def logic(line):\n"
        "    line.process(waits(line))\n"
        "    line.process(waits_for_either(line))\n"
        "    line.process(collects(line))\n"
        "def collects(line):\n"
        "    yield line.timeout(0.5)\n"
        "    gc.collect()\n"
        "def waits(line):\n"
        "    yield line.when(lambda: line['I_Start'])\n"
        "    line['Q_Run'] = True\n"
        "def waits_for_either(line):\n"
        "    yield line.when(lambda: line['I_Eye']) | line.when(lambda: line['I_Start'])\n"
        "    line['Q_Green'] = True\n"
    )
    run = small.run("3 s")
    assert edges(run, "Q_Run")[1:] == edges(run, "Q_Green")[1:] == [(1010, True)]


def test_that_what_nobody_waits_for_any_more_does_not_pile_up(small: Small) -> None:
    small.write(
        "def logic(line):\n"
        "    while True:\n"
        "        held = line.when(lambda: line['I_Eye'], lasting=9)\n"
        "        yield held | line.rises('I_Eye') | line.timeout(0.01)\n"
    )
    run = small.run("20 s")
    gc.collect()
    seen = run.line.hosts["plc"].controller.seen
    assert run.scans["plc"] >= 2000
    assert len(seen._conditions) < 200 and len(seen._awaited) < 5 and len(seen._queue) < 5


def test_that_a_tag_is_read_with_its_quality(small: Small) -> None:
    small.write(
        "def logic(line):\n"
        "    yield line.timeout(2)\n"
        "    told = line.read('I_Eye')\n"
        "    line['Q_Green'] = told.quality.name == 'GOOD' and told.reason.name == 'NONE'\n"
        "    line['Q_Red'] = line.read('Q_Green').value and 'I_Eye' in line\n"
        "    assert 'I_Nothing' not in line\n"
    )
    run = small.run("3 s")
    assert edges(run, "Q_Red") == [(0, False), (2000, True)]


def test_that_resources_of_simpy_work_on_the_line(small: Small) -> None:
    """Two who share one place: the second gets it when the first gives it back, after 2 s."""
    small.write(
        "import simpy\n"
        "def logic(line):\n"
        "    place = simpy.Resource(line, capacity=1)\n"
        "    line.process(works(line, place, 'Q_Green'))\n"
        "    line.process(works(line, place, 'Q_Red'))\n"
        "def works(line, place, lamp):\n"
        "    with place.request() as mine:\n"
        "        yield mine\n"
        "        line[lamp] = True\n"
        "        yield line.timeout('2 s')\n"
        "    line[lamp] = False\n"
    )
    run = small.run("5 s")
    assert edges(run, "Q_Green") == [(0, True), (2000, False)]
    assert edges(run, "Q_Red") == [(0, False), (2000, True), (4000, False)]


RANDOM = (
    "def logic(line):\n"
    "    while True:\n"
    "        line['Q_Run'] = line.random('run') < 0.5\n"
    "        yield line.timeout(line.draw('pause', {'uniform': ['0.5 s', '1.5 s']}))\n"
)


def test_that_runs_of_one_seed_are_the_same_and_of_another_are_not(small: Small) -> None:
    small.write(RANDOM)
    first = small.run("1 min", seed=5).journal.digest()
    assert small.run("1 min", seed=5).journal.digest() == first
    assert small.run("1 min", seed=6).journal.digest() != first
    slices = small.run("0 s", seed=5)
    for _ in range(60):
        slices.advance("1 s")
    assert slices.journal.digest() == first


def test_that_sleeping_between_turns_changes_nothing(small: Small) -> None:
    small.write(RANDOM)
    sleeping, every = small.run("20 s"), small.run("20 s", every_scan=True)
    assert every.journal.digest() == sleeping.journal.digest()
    assert every.scans["plc"] == 2001 > 10 * sleeping.scans["plc"]


def test_that_a_snapshot_repeats_the_run_with_its_inputs(small: Small) -> None:
    small.write(RANDOM)
    run = small.run("5 s")
    assert run.replay_only
    run.force("I_Eye", True)
    run.advance("5 s")
    snapshot = run.snapshot()
    run.advance("10 s")
    again = Run.restore(run.loaded, snapshot)
    assert again.now_ns == 10_000 * MS
    again.advance("10 s")
    assert again.journal.digest() == run.journal.digest()


def test_that_a_fork_goes_on_with_other_numbers_also_in_streams_that_are_new(small: Small) -> None:
    small.write(RANDOM.replace("    while", "    yield line.timeout(6)\n    while"))
    run = small.run("5 s")
    ends = set()
    for seed in (1, 7, 8, 7):
        fork = run.fork(seed)
        fork.advance("1 min")
        ends.add(fork.journal.digest())
    assert len(ends) == 3


def test_that_a_state_cannot_be_put_back_and_why_is_said(small: Small) -> None:
    from commissioning.bench.load import load_text
    from commissioning.sim.snapshot import pack, unpack

    small.write("def logic(line):\n    pass\n")
    run = small.run("5 s")
    emulated = (
        (small.folder / "scene.yaml").read_text().replace("python, file: logic.py, cycle: 10 ms", "none")
    )
    other = Run(load_text(emulated, small.folder / "scene.yaml"), 1)
    data = unpack(other.snapshot())
    assert data["kind"] == "state"
    data["scene_hash"] = run.line.scene.hash
    with pytest.raises(SnapshotError, match="repeated from its start"):
        Run.restore(run.loaded, pack(data))


FAILURES = {
    "runs on": (["yield line.edge('wheel.position')"], 2, "runs on between events"),
    "division": (["yield line.timeout(1)", "1 / 0"], 3, "ZeroDivisionError: division by zero"),
    "unknown tag": (["line['I_Nothing']"], 2, "no tag or port named I_Nothing"),
    "someone else's": (["line['I_Start'] = True"], 2, "I_Start is no PLC output of plc"),
    "port": (["line['belt.moving'] = True"], 2, "belt.moving is no PLC output of plc: it is written by belt"),
    "wrong type": (["line['Q_Run'] = 1"], 2, "Q_Run is BOOL, it cannot be 1"),
    "no event": (["yield line.timeout(1)", "yield 3"], 3, "yields what is no event"),
    "no process": (["line.process(7)"], 2, "7 is not a generator"),
    "no time": (["yield line.timeout('soon')"], 2, "soon"),
    "negative": (["yield line.timeout(-1)"], 2, "negative"),
    "its own clock": (["line.run()"], 2, "the line runs by itself"),
    "exit": (["import sys; sys.exit(3)"], 2, "SystemExit: 3"),
    "input": (["input()"], 2, "nobody is there to answer"),
    "condition": (["yield line.when(lambda: line['Nothing'])"], 2, "no tag or port named Nothing"),
    "not a BOOL": (["yield line.rises('belt.speed_setpoint')"], 2, "only a BOOL rises"),
    "import": (["import nothing_of_that_name"], 2, ""),
    "while": (["while True: pass"], 2, "more than 1,000,000 steps at one instant"),
    "no time passes": (["while True: yield line.timeout(0)"], 2, "more than 1,000,000 steps at one instant"),
    "caught": (["while True:", "  try:", "    while True: pass", "  except Exception: pass"], 4, "1,000,000"),
    "comprehension": (["import itertools", "[0 for _ in itertools.count()]"], 3, "1,000,000 steps"),
    "recursion": (["def f(): f()", "f()"], 2, "RecursionError"),
    "fibonacci": (["f = lambda n: n < 2 or f(n - 1) + f(n - 2)", "f(80)"], 2, "1,000,000 steps"),
    "events": (["def p():", "  line.process(p())", "  yield line.event()", "line.process(p())"], 2, "steps"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_that_a_failure_stops_the_logic_with_file_and_line_and_the_plant_goes_on(ran: Ran, case: str) -> None:
    lines, number, what = FAILURES[case]
    if case == "import":
        lines = ["try: import nothing_of_that_name", "finally: pass"]
    run = ran(*lines, span="3 s")
    assert run.problem is None and run.now_ns == 3_000 * MS
    (alarm,) = run.line.alarms
    assert what in alarm.what and alarm.what.startswith("Python logic plc stopped: ")
    assert (alarm.where.file, alarm.where.line, alarm.where.id) == ("logic.py", number, "plc")
    assert (run.tags["Q_Run"].quality, run.tags["Q_Run"].reason) == (Quality.BAD, Reason.NO_COMMUNICATION)
    assert run.tags["I_Start"].t == 1303 * MS  # the button was pressed and released all the same


def test_that_the_failure_is_told_without_a_traceback(small: Small) -> None:
    small.write("def logic(line):\n    raise ValueError('no such recipe')\n")
    result = run_once(small.folder, span_ns=10**9, allow_code=[small.hash()])
    (notice,) = result.notices
    assert notice.startswith("alarm: logic.py:2 plc: Python logic plc stopped: ValueError: no such recipe.")


def test_that_a_check_of_a_line_whose_logic_failed_decides_nothing(small: Small) -> None:
    small.write(
        "def logic(line):\n"
        "    line['Q_Run'] = True\n"
        "    yield line.timeout(2)\n"
        "    raise ValueError('no such recipe')\n"
    )
    report = check(small.folder, allow_code=[small.hash()])
    assert report.exit_code == 3
    (verdict,) = report.verdicts
    assert verdict.verdict == "INCONCLUSIVE" and "no such recipe" in verdict.why


def test_that_runs_are_the_same_in_processes_that_hash_differently(small: Small) -> None:
    """Dictionaries keep their order; what Python orders by hash is for the logic to avoid, not for us."""
    small.write(RANDOM, other="")
    command = [sys.executable, "-m", "commissioning", "run", str(small.folder), "--for", "1 min", "--json"]
    command += ["--allow-code", small.hash()]
    digests = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        digests.add(json.loads(done.stdout)["digest"])
    assert digests == {small.run("1 min").journal.digest()}


def test_that_replications_in_other_processes_are_allowed_the_same(small: Small) -> None:
    small.write(RANDOM)
    scene = small.folder / "scene.yaml"
    scene.write_text(scene.read_text() + "  rate: {type: throughput, at: out, at_least: 1/h, for: 10 min}\n")
    reports = [check(small.folder, allow_code=[small.hash()], workers=count) for count in (1, 2)]
    facts = [[(run.seed, run.digest) for run in report.runs] for report in reports]
    assert facts[0] == facts[1] and len(facts[0]) > 2


def test_that_interrupts_reach_a_process_before_anything_else_of_the_instant(small: Small) -> None:
    small.write(
        "import simpy\n"
        "def logic(line):\n"
        "    worker = line.process(works(line))\n"
        "    yield line.rises('I_Start')\n"
        "    worker.interrupt('stop')\n"
        "def works(line):\n"
        "    try:\n"
        "        yield line.timeout(100)\n"
        "    except simpy.Interrupt as stop:\n"
        "        line['Q_Red'] = stop.cause == 'stop'\n"
    )
    assert edges(small.run(), "Q_Red") == [(0, False), (1010, True)]


def test_that_the_record_of_an_output_names_the_input_that_led_to_it(ran: Ran) -> None:
    run = ran("yield line.rises('I_Start')", "line['Q_Run'] = True")
    records = run.journal.records()
    index = run.tags["Q_Run"].index
    row = next(r for r in records if r["kind"] == int(Kind.VALUE) and r["obj"] == index and r["a"] == 1.0)
    cause = records[int(row["cause"]) - 1]
    assert (int(cause["obj"]), int(cause["t"])) == (run.tags["I_Start"].index, 1003 * MS)


def test_that_the_example_of_the_manual_does_what_it_says(small: Small) -> None:
    """Pressed at 1.003 s, seen at 1.010 s. The lamp is lit at once and changes each 250 ms until then; while
    the belt runs it stays as it was."""
    manual = (Path(__file__).parents[2] / "resources" / "python_logic.md").read_text()
    small.write(manual.partition("```python\n")[2].partition("```")[0])
    run = small.run("20 s")
    assert not run.line.alarms
    lamp = [(0, True), (250, False), (500, True), (750, False), (1000, True)]
    assert edges(run, "Q_Red")[:5] == lamp
    started, stopped = edges(run, "Q_Run")[1:3]
    assert started == (1010, True) and not stopped[1]
    # the eye looks at 2 m of a belt of 0.5 m/s: a carton of 0.3 m takes 0.6 s to pass it
    seen = next(t for t, blocked in edges(run, "I_Eye") if blocked)
    point = -(-seen // 10) * 10
    assert stopped[0] == point + 500


TWO = """
controllers:
  first: {type: python, file: first.py, cycle: 10 ms}
  plc: {type: emulated, programs: [main.st], task: {main: {program: MAIN, cycle: 10 ms}}}
  last: {type: python, file: last.py, cycle: 10 ms}
tags:
  I_Start: {controller: plc}
  I_Eye: {controller: last}
  Q_Run: {controller: first}
  Q_Green: {controller: plc}
  Q_Red: {controller: last}
"""
ECHO = (
    "def logic(line):\n    while True:\n        yield line.edge('{0}')\n        line['{1}'] = line['{0}']\n"
)
PROGRAM = """VAR_GLOBAL I_Start : BOOL; Q_Green : BOOL; END_VAR
PROGRAM MAIN
Q_Green := I_Start;
END_PROGRAM
"""


def test_that_several_controllers_take_their_turns_in_the_order_of_the_scene(small: Small) -> None:
    """The PLC answers the button at its scan of 1.010 s. Logic that comes behind it in the scene sees that in
    the same instant, logic that came before it at its next point, as tasks of one priority do."""
    small.write(ECHO.format("Q_Green", "Q_Run"))
    (small.folder / "logic.py").rename(small.folder / "first.py")
    (small.folder / "last.py").write_text(ECHO.format("Q_Green", "Q_Red"))
    (small.folder / "main.st").write_text(PROGRAM)
    scene = small.folder / "scene.yaml"
    head, _, rest = scene.read_text().partition("controllers:\n")
    scene.write_text(head + TWO.lstrip() + rest.partition("\n")[2])
    hashes = [code.hash for code in load(small.folder).code]
    assert len(set(hashes)) == 2
    for missing in hashes:
        with pytest.raises(Problems, match=missing):
            Run(load(small.folder, allow_code=[one for one in hashes if one != missing]))
    digests = set()
    for every_scan in (False, True):
        run = Run(load(small.folder, allow_code=hashes), 1, every_scan=every_scan)
        run.advance("3 s")
        assert not run.line.alarms and run.replay_only
        assert [t for t, _ in edges(run, "Q_Green")] == [0, 1010, 1310]
        assert [t for t, _ in edges(run, "Q_Red")] == [0, 1010, 1310]
        assert [t for t, _ in edges(run, "Q_Run")] == [0, 1020, 1320]
        digests.add(run.journal.digest())
    assert len(digests) == 1
