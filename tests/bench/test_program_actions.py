"""Starts and online changes of an emulated PLC in a run: exact, journaled, replayed, in snapshots."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun, Run
from commissioning.model.problem import Problems
from commissioning.model.record import Kind, State
from commissioning.model.tags import Quality
from commissioning.sim.session import Session

SCENES = Path(__file__).parents[1] / "scenes"
SCENE = """format: commissioning-scene/1
name: Starts
devices:
  go: {type: push_button, pose: {xyz: [0, 1, 1]}, hold: 200 ms, tags: {pressed: I_Go}}
  bad: {type: push_button, pose: {xyz: [0, 2, 1]}, hold: 200 ms, tags: {pressed: I_Bad}}
  li: {type: stack_light, pose: {xyz: [1, 1, 1]}, tags: {green: Q_Lamp, red: Q_Full}}
controllers:
  plc: {type: emulated, programs: [main.st], task: {main: {program: MAIN, cycle: 10 ms}}}
scenarios:
  again: {steps: [{at: 1 s, press: go}, {at: 2 s, cold_start: plc}, {at: 3 s, press: go}]}
"""
PROGRAM = """VAR_GLOBAL
  I_Go, I_Bad : BOOL;
  Q_Lamp, Q_Full : BOOL;
END_VAR
VAR_GLOBAL RETAIN ever : INT; END_VAR
PROGRAM MAIN
VAR n, zero : INT; rise : R_TRIG; on : TON; END_VAR
rise(CLK := I_Go);
IF rise.Q THEN n := n + 1; ever := ever + 1; END_IF
IF I_Bad THEN n := n / zero; END_IF
on(IN := n > 0, PT := T#500ms);
Q_Lamp := n MOD 2 = 1;
Q_Full := on.Q;
END_PROGRAM
"""
MS = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.st").write_text(PROGRAM)
    (tmp_path / "scene.yaml").write_text(SCENE)
    return tmp_path


@pytest.fixture
def loaded(folder: Path) -> LoadedScene:
    return load(folder)


def pressed(run: Run, at_ms: int, button: str = "go") -> None:
    run.advance_to(at_ms * MS)
    run.operate(button, "press")


@pytest.mark.parametrize(("kind", "lamp", "ever"), [("hot", True, 1), ("warm", False, 1), ("cold", False, 0)])
def test_that_a_start_sets_what_it_should_at_the_next_scan(
    loaded: LoadedScene, kind: str, lamp: bool, ever: int
) -> None:
    run = Run(loaded)
    pressed(run, 100)
    run.advance_to(1_003 * MS)
    assert run.restart("plc", kind) is None
    run.advance("1 s")
    assert run.tags["Q_Lamp"].value is lamp
    assert run.line.hosts["plc"].controller.plc["ever"] == ever  # type: ignore[attr-defined]
    falls = [t for t, value in run.journal.edges("Q_Lamp") if not value and t]
    assert falls == ([] if lamp else [1_010 * MS])


def test_that_a_stopped_plc_runs_again_with_all_inputs_and_good_outputs(loaded: LoadedScene) -> None:
    run = Run(loaded)
    pressed(run, 100)
    pressed(run, 400, "bad")
    run.advance_to(500 * MS)
    assert int(run.tags["Q_Lamp"].quality) == Quality.BAD
    assert len(run.line.alarms) == 1
    run.advance_to(1_000 * MS)
    run.restart("plc", "hot")
    run.advance_to(1_010 * MS)
    assert (run.tags["Q_Lamp"].value, int(run.tags["Q_Lamp"].quality)) == (True, int(Quality.GOOD))
    assert run.line.alarms == []
    states = [r for r in run.journal.records() if r["kind"] == Kind.STATE and r["obj"] == 3]
    assert [int(r["aux"]) for r in states] == [State.DOWN, State.WORKING]
    pressed(run, 1_500)
    run.advance("1 s")
    assert run.line.hosts["plc"].controller.plc["ever"] == 2  # type: ignore[attr-defined]


def test_that_a_scenario_may_start_a_plc_again(loaded: LoadedScene) -> None:
    run = Run(loaded, scenario="again")
    run.advance_to(4_000 * MS)
    times = [(t // MS, value) for t, value in run.journal.edges("Q_Lamp")]
    assert times == [(0, False), (1_000, True), (2_000, False), (3_000, True)]


def test_that_retained_values_go_from_one_run_into_another(loaded: LoadedScene, tmp_path: Path) -> None:
    first = Run(loaded)
    pressed(first, 100)
    first.advance("1 s")
    retained = first.retained()
    assert "ever : INT = 1" in retained["plc"]
    second = Run(loaded, retained=retained)
    assert second.line.hosts["plc"].controller.plc["ever"] == 1  # type: ignore[attr-defined]
    assert second.journal.digest() != Run(loaded).journal.digest()  # it is on record
    recorded = RecordedRun(second, loaded, tmp_path / "a.rec")
    recorded.advance_to(1_000 * MS)
    recorded.close()
    assert verify(tmp_path / "a.rec").same
    with pytest.raises(Problems, match="no retained values"):
        Run(loaded, retained={"plc": "nonsense"})


BETTER = PROGRAM.replace("Q_Lamp := n MOD 2 = 1;", "Q_Lamp := n > 0;").replace(
    "VAR n, zero", "VAR more, n, zero"
)


def test_that_an_online_change_acts_at_the_next_scan_and_keeps_values_and_timers(loaded: LoadedScene) -> None:
    run = Run(loaded)
    pressed(run, 100)
    pressed(run, 333)
    run.advance_to(404 * MS)
    assert run.tags["Q_Lamp"].value is False  # n is 2
    report = run.online_change("plc", {"main.st": BETTER})
    assert (report.new, report.removed) == (("MAIN.more",), ())
    run.advance("1 s")
    assert [(t // MS, v) for t, v in run.journal.edges("Q_Lamp")][-1] == (410, True)
    assert [(t // MS, v) for t, v in run.journal.edges("Q_Full")][-1] == (610, True)  # 500 ms after 110 ms
    with pytest.raises(KeyError):
        run.online_change("nobody", {"main.st": BETTER})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("n := n / zero", "n := n / nothing"), "nothing"),
        (("Q_Lamp, Q_Full : BOOL", "Q_Lamp : BOOL; Q_Full : INT"), "Q_Full"),
        (("I_Go, I_Bad : BOOL", "I_Go : BOOL; END_VAR VAR_GLOBAL I_Bad_ : BOOL"), "I_Bad"),
        (("PROGRAM MAIN", "PROGRAM OTHER"), "MAIN"),
    ],
)
def test_that_a_change_that_does_not_fit_changes_nothing(
    loaded: LoadedScene, change: tuple[str, str], words: str
) -> None:
    run, reference = Run(loaded), Run(loaded)
    for one in (run, reference):
        pressed(one, 100)
        one.advance_to(400 * MS)
    with pytest.raises(Problems, match=words):
        run.online_change("plc", {"main.st": PROGRAM.replace(*change)})
    for one in (run, reference):
        one.advance("1 s")
    assert run.journal.digest() == reference.journal.digest()


def stirred(run: Run, seed: int, advance: object = None) -> None:
    """Presses, starts and changes at random times, half of them on the scan grid."""
    rng = random.Random(seed)
    programs = [PROGRAM, BETTER, PROGRAM.replace("T#500ms", "T#120ms")]
    go = advance or run.advance_to
    for _ in range(25):
        go(run.now_ns + rng.choice([10 * rng.randrange(1, 60) * MS, rng.randrange(1, 400 * MS)]))  # type: ignore[operator]
        what = rng.random()
        if what < 0.6:
            run.operate(rng.choice(["go", "go", "go", "bad"]), "press")
        elif what < 0.8:
            run.restart("plc", rng.choice(["hot", "warm", "cold", "origin"]))
        else:
            run.online_change("plc", {"main.st": rng.choice(programs)})
    go(run.now_ns + 1_000 * MS)  # type: ignore[operator]


def test_that_skipping_scans_changes_nothing_under_starts_and_changes(loaded: LoadedScene) -> None:
    for seed in range(40):
        runs = [Run(loaded, every_scan=every_scan) for every_scan in (False, True)]
        for run in runs:
            stirred(run, seed)
        assert runs[0].journal.digest() == runs[1].journal.digest(), f"storm {seed}"
        assert runs[0].scans["plc"] < runs[1].scans["plc"]


def test_that_starts_and_changes_replay_to_the_same_digest(loaded: LoadedScene, tmp_path: Path) -> None:
    for seed in range(5):
        run = Run(loaded)
        recorded = RecordedRun(run, loaded, tmp_path / f"{seed}.rec")
        stirred(run, seed, recorded.advance_to)
        recorded.close()
        result = verify(tmp_path / f"{seed}.rec")
        assert result.same, f"seed {seed}: {result.difference}"


def test_that_a_snapshot_holds_the_program_that_runs(loaded: LoadedScene, folder: Path) -> None:
    for seed in range(10):
        run, reference = Run(loaded), Run(loaded)
        stirred(run, seed)
        stirred(reference, seed)
        again = Run.restore(load(folder), run.snapshot())
        for one in (again, reference):
            pressed(one, one.now_ns // MS + 77)
            one.advance("2 s")
        assert again.journal.digest() == reference.journal.digest()


def test_that_a_session_changes_the_program_between_instants(loaded: LoadedScene) -> None:
    session = Session(lambda: Run(loaded), float("inf"), 2_000 * MS)
    try:
        report = session.do(lambda run: run.online_change("plc", {"main.st": BETTER})).result(30)
        assert report.new == ("MAIN.more",)
        session.start()
        assert session.wait(30).state == "ended"
    finally:
        session.close()


@pytest.mark.parametrize(
    "value",
    [
        ["start", ["luke", ""]], ["start", ["warm", 7]], ["start", ["warm", "nonsense"]], ["start", "warm"],
        ["start", None], ["change", None], ["change", [["main.st", "PROGRAM nonsense"]]],
        ["change", [[1, 2]]], ["restart", None], [7, None], [["a"], None],
    ],
    ids=repr,
)  # fmt: skip
def test_that_a_hostile_log_is_refused_before_the_run(loaded: LoadedScene, value: list[object]) -> None:
    for way in (0, 1):
        with pytest.raises(ValueError):
            Run(loaded, inputs=[[5_000_000, way, 1, "operate", "plc", value]])


@pytest.mark.parametrize(
    "value", [["write", ["MAIN.nothing", 1]], ["start", 7], ["change", 7], [[], []]], ids=repr
)
def test_that_what_a_log_does_after_a_change_stops_the_run_where_it_cannot_be(
    loaded: LoadedScene, value: list[object]
) -> None:
    """Nobody knows before the run which variables the program will have then."""
    change = [5_000_000, 0, 1, "operate", "plc", ["change", [["main.st", BETTER]]]]
    run = Run(loaded, inputs=[change, [15_000_000, 0, 2, "operate", "plc", value]])
    run.advance("1 s")
    assert run.problem is not None
    assert run.now_ns == 15_000_000


def test_that_programs_out_of_other_formats_are_changed_with_their_places(tmp_path: Path) -> None:
    """A PLCopen project: what is wrong in the new one is told at home in its file."""
    xml = """<?xml version="1.0" encoding="utf-8"?>
<project xmlns="http://www.plcopen.org/xml/tc6_0200"><types><dataTypes/><pous>
<pou name="MAIN" pouType="program"><interface><localVars><variable name="n"><type><INT/></type></variable>
</localVars></interface><body><ST><xhtml xmlns="http://www.w3.org/1999/xhtml">
n := n + 1;
Q_Lamp := n > 1000;
</xhtml></ST></body></pou></pous></types>
<instances><configurations><configuration name="c"><resource name="r"/><globalVars>
<variable name="Q_Lamp"><type><BOOL/></type></variable></globalVars></configuration></configurations>
</instances></project>"""
    (tmp_path / "line.xml").write_text(xml)
    (tmp_path / "scene.yaml").write_text(
        """format: commissioning-scene/1
name: Drawn
devices:
  li: {type: stack_light, pose: {xyz: [1, 1, 1]}, tags: {green: Q_Lamp}}
controllers:
  plc: {type: emulated, programs: [line.xml], task: {main: {program: MAIN, cycle: 10 ms}}}
"""
    )
    loaded = load(tmp_path)
    run = Run(loaded)
    run.advance("200 ms")
    (tmp_path / "line.xml").write_text(xml.replace("1000", "5"))
    again = load(tmp_path)
    report = run.online_change("plc", again.sources["plc"])
    assert report.kept == ("Q_Lamp", "MAIN.n")
    restored = Run.restore(loaded, run.snapshot())
    for one in (run, restored):
        one.advance("100 ms")
        assert one.tags["Q_Lamp"].value is True
    assert run.journal.digest() == restored.journal.digest()
    wrong = {
        name: source
        if isinstance(source, str)
        else replace(source, text=source.text.replace("n > 5", "m > 5"))
        for name, source in again.sources["plc"].items()
    }
    with pytest.raises(Problems) as caught:
        run.online_change("plc", wrong)
    where = caught.value.problems[0].where
    assert (where.file, where.line) == ("line.xml", 6)


@pytest.mark.parametrize("sources", [7, [["main.st", "nonsense"]], [["main.st"]]], ids=repr)
def test_that_a_hostile_program_in_a_snapshot_is_refused(loaded: LoadedScene, sources: object) -> None:
    run = Run(loaded)
    controller = run.line.hosts["plc"].controller
    with pytest.raises(ValueError, match=r"source|nonsense"):
        controller.restore({**controller.save(), "sources": sources}, run.line)


def test_that_a_stop_lets_outputs_fall_and_a_hot_start_goes_on_where_it_stood(
    loaded: LoadedScene, tmp_path: Path
) -> None:
    run = Run(loaded)
    recorded = RecordedRun(run, loaded, tmp_path / "a.rec")
    pressed(run, 100)
    recorded.advance_to(1_003 * MS)
    assert run.tags["Q_Lamp"].value is True
    run.operate("plc", "stop")
    scans = run.scans["plc"]
    assert (run.tags["Q_Lamp"].value, int(run.tags["Q_Lamp"].quality)) == (False, int(Quality.BAD))
    pressed(run, 1_500)  # nobody looks at it
    recorded.advance_to(2_000 * MS)
    run.operate("plc", "stop")  # again: nothing more
    assert run.scans["plc"] == scans
    assert run.line.alarms == [] and run.problem is None
    run.restart("plc", "hot")
    recorded.advance_to(2_010 * MS)
    assert (run.tags["Q_Lamp"].value, int(run.tags["Q_Lamp"].quality)) == (True, int(Quality.GOOD))
    assert run.line.hosts["plc"].controller.plc["MAIN.n"] == 1  # type: ignore[attr-defined]
    states = [r for r in run.journal.records() if r["kind"] == Kind.STATE and r["obj"] == 3]
    assert [int(r["aux"]) for r in states] == [State.OFF, State.WORKING]
    recorded.close()
    assert verify(tmp_path / "a.rec").same


def test_that_a_stopped_plc_takes_an_online_change_and_stays_stopped(loaded: LoadedScene) -> None:
    run = Run(loaded)
    pressed(run, 100)
    run.advance_to(500 * MS)
    run.operate("plc", "stop")
    assert run.online_change("plc", {"main.st": BETTER}).new == ("MAIN.more",)
    run.advance("1 s")
    assert int(run.tags["Q_Lamp"].quality) == Quality.BAD
    again = Run.restore(loaded, run.snapshot())
    for one in (run, again):
        one.restart("plc", "hot")
        one.advance("1 s")
        assert one.tags["Q_Lamp"].value is True
    assert run.journal.digest() == again.journal.digest()


def test_that_a_failed_plc_stays_failed_after_an_online_change_until_a_start(loaded: LoadedScene) -> None:
    run = Run(loaded)
    pressed(run, 100)
    pressed(run, 400, "bad")
    run.advance_to(500 * MS)
    run.online_change("plc", {"main.st": BETTER.replace("IF I_Bad THEN n := n / zero; END_IF", "")})
    run.advance("1 s")
    problems = [r for r in run.journal.records() if r["kind"] == Kind.PROBLEM]
    assert len(problems) == 1 and int(run.tags["Q_Lamp"].quality) == Quality.BAD
    run.restart("plc", "hot")
    run.advance("1 s")
    assert run.tags["Q_Lamp"].value is True and run.line.alarms == []


SHORT = SCENE.replace("hold: 200 ms", "hold: 30 ms")
DELAYED = SHORT.replace("cycle: 10 ms}}}", "cycle: 10 ms}}, io_delay: 100 ms}").replace(
    "steps: [{at: 1 s, press: go}, {at: 2 s, cold_start: plc}, {at: 3 s, press: go}]",
    "steps: [{at: 1 s, press: go}, {at: 1050 ms, stop: plc}, {at: 1055 ms, cold_start: plc}]",
)


def test_that_an_output_on_its_way_does_not_outlive_stop_and_restart(folder: Path) -> None:
    (folder / "scene.yaml").write_text(DELAYED)
    run = Run(load(folder), scenario="again")
    run.advance("3 s")
    # the button at 1 s would light the lamp at 1.11 s; the program that runs then knows nothing of it
    assert not [t for t, value in run.journal.edges("Q_Lamp") if value]
    assert run.tags["Q_Lamp"].value is False
    assert run.line.hosts["plc"].controller.plc["MAIN.n"] == 0  # type: ignore[attr-defined]
