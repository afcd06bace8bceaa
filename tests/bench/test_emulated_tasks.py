"""Tasks of an emulated PLC as the scene tells them: cycles, triggers and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.run import Run
from commissioning.model.problem import Problems

SCENES = Path(__file__).parents[1] / "scenes"
MS = 1_000_000
PROGRAM = """VAR_GLOBAL
  I_Go : BOOL;
  Q_Lamp : BOOL;
  pushes : INT;
END_VAR
PROGRAM MAIN
VAR n : INT; END_VAR
n := n + 1;
END_PROGRAM
PROGRAM PUSH
pushes := pushes + 1;
Q_Lamp := NOT Q_Lamp;
END_PROGRAM
"""
SCENE = """format: commissioning-scene/1
name: Tasks
devices:
  go: {type: push_button, pose: {xyz: [0, 1, 1]}, tags: {pressed: I_Go}}
  li: {type: stack_light, pose: {xyz: [1, 1, 1]}, tags: {green: Q_Lamp}}
controllers:
  plc:
    type: emulated
    programs: [main.st]
    task:
      main: {program: MAIN, cycle: 10 ms}
      push: TASK
"""


def scene(folder: Path, task: str, program: str = PROGRAM) -> Path:
    (folder / "main.st").write_text(program)
    (folder / "scene.yaml").write_text(SCENE.replace("TASK", task))
    return folder


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedScene:
    return load(scene(tmp_path, "{program: PUSH, trigger: I_Go, priority: 0}"))


@pytest.mark.parametrize("every_scan", [False, True])
def test_that_a_push_starts_its_task_in_the_instant_of_the_push(
    loaded: LoadedScene, every_scan: bool
) -> None:
    run = Run(loaded, every_scan=every_scan)
    run.advance_to(23_456_789)
    run.operate("go", "press")
    run.advance("1 s")
    assert run.journal.edges("Q_Lamp") == [(0, False), (23_456_789, True)]


def test_that_what_a_scene_says_of_a_task_is_checked_with_its_place(tmp_path: Path) -> None:
    for task, words in (
        (
            "{program: PUSH, trigger: I_Gone}",
            "task push cannot be started: the program has no variable",
        ),
        ("{program: PUSH, trigger: pushes}", "task push is started by a BOOL, pushes is an INT"),
        ("{program: PUSH, trigger: 7}", "trigger is text, not 7"),
        ("{program: PUSH, trigger: ' '}", "trigger is text, not ' '"),
        ("{program: PUSH}", "task push needs a cycle or a trigger"),
        ("{cycle: 10 ms}", "task needs 'program'"),
        ("{program: PUSH, trigger: I_Go, cycle: 0 ms}", "cycle is 0 s, but must be at least 1 us"),
        ("{program: PUSH, trigger: I_Go, watchdog: many}", "watchdog is a whole number, not 'many'"),
        ("{program: PUSH, trigger: I_Go, watchdog: 0}", "watchdog is 0, but must be at least 1"),
        ("{program: PUSH, cycle: 1 ms, priority: high}", "priority is a whole number, not 'high'"),
        ("{program: PUSH, event: I_Go, cycle: 1 ms}", "task has no 'event'"),
    ):
        with pytest.raises(Problems) as caught:
            load(scene(tmp_path, task))
        (problem,) = caught.value.problems
        assert words in problem.what
        assert problem.where.line == SCENE[: SCENE.index("TASK")].count("\n") + 1


def test_that_looks_that_start_nothing_are_no_scans(loaded: LoadedScene) -> None:
    run = Run(loaded)
    run.advance("1 s")
    before = run.scans["plc"]
    run.operate("go", "press")  # it is released by itself
    run.advance("1 s")
    plc = run.line.hosts["plc"].controller.plc  # type: ignore[attr-defined]
    assert run.scans["plc"] == plc.scans(0) + plc.scans(1)
    assert plc.scans(1) == 1 and run.scans["plc"] > before


CONFIGURED = """CONFIGURATION c RESOURCE r ON PLC
TASK main(INTERVAL := T#10ms); PROGRAM one WITH main : MAIN; PROGRAM two WITH main : PUSH;
END_RESOURCE END_CONFIGURATION"""
LOOP = "n := n + 1;\nWHILE n > 0 DO n := 2; END_WHILE"


def test_that_a_watchdog_holds_for_the_tasks_of_the_source_and_a_task_may_have_its_own(
    tmp_path: Path,
) -> None:
    program = PROGRAM.replace("n := n + 1;", LOOP)
    for task, watchdog, words in (
        ("{program: PUSH, cycle: 1 s}", "watchdog: 500", "task main executes more than 500 statements"),
        ("{program: PUSH, cycle: 1 s}", "", "task main executes more than 1000000 statements"),
        ("", "watchdog: 700", "task main executes more than 700 statements"),
    ):
        folder = scene(tmp_path, task, program if task else f"{program}\n{CONFIGURED}")
        text = (folder / "scene.yaml").read_text()
        if not task:
            text = text[: text.index("    task:")]
        (folder / "scene.yaml").write_text(f"{text}    {watchdog}\n" if watchdog else text)
        run = Run(load(folder))
        (alarm,) = run.line.alarms
        assert words in alarm.what and "raise the watchdog" in alarm.cure
        assert alarm.where.line == program[: program.index("WHILE")].count("\n") + 1


def test_that_a_watchdog_that_no_scan_can_satisfy_is_told_at_load(tmp_path: Path) -> None:
    scene(tmp_path, "{program: PUSH, cycle: 1 s, watchdog: 1}")
    with pytest.raises(
        Problems, match="a scan of task push executes 2 statements, its watchdog allows 1"
    ) as one:
        load(tmp_path)
    assert one.value.problems[0].where.id == "controllers.plc.task.push"
