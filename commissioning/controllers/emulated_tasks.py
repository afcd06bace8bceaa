"""Tasks of an emulated PLC as the scene tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from commissioning.model.declare import Param
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import ControllerRecord
from commissioning.plc import Program, TaskSpec
from commissioning.plc.running.tasks import watchdog_problems

TASK: Final = Param(
    "task", "mapping", "One task.", example="{program: MAIN, cycle: 10 ms}",
    fields=(
        Param("program", "text", "The PROGRAM that it calls.", example="MAIN"),
        Param("cycle", "duration", "It runs each cycle.", default=None, minimum=1e-6, example="10 ms"),
        Param("trigger", "text", "A BOOL whose rising edge starts it at once; with a cycle it runs in that "
              "while the BOOL is FALSE.", default=None, example="I_Start"),
        Param("priority", "integer", "A lower number goes first (default: in the order of the tasks).",
              default=None, example="1"),
        Param("watchdog", "integer", "Statements that one scan may execute (default: that of the PLC).",
              default=None, minimum=1, example="200000"),
    ),
)  # fmt: skip


def with_watchdog(program: Program, statements: int) -> Program:
    """The program with another budget for the tasks that its source declares. Raises Problems."""
    tasks = tuple(replace(task, watchdog=statements) for task in program.tasks)
    problems = watchdog_problems(tasks, program.straight)
    if problems:
        raise Problems(problems)
    return replace(program, tasks=tasks)


def tasks_of(record: ControllerRecord) -> list[TaskSpec]:
    """What the scene says of the tasks; none where the source does. Raises Problems, all at once."""
    tasks = []
    problems = []
    for number, (name, task) in enumerate((record.params["task"] or {}).items()):
        if task["cycle"] is None and not (task["trigger"] or "").strip():
            place = Place(id=f"controllers.{record.id}.task.{name}")
            cure = "Write for example {program: MAIN, cycle: 10 ms}"
            problems.append(Problem(f"task {name} needs a cycle or a trigger", place, cure))
        else:
            tasks.append(_task(name, task, number, record.params["watchdog"]))
    if problems:
        raise Problems(problems)
    return tasks


def _task(name: str, task: Mapping[str, Any], number: int, watchdog: int) -> TaskSpec:
    return TaskSpec(
        name,
        task["program"],
        round((task["cycle"] or 0.0) * 1e9),
        number if task["priority"] is None else task["priority"],
        (task["trigger"] or "").strip(),
        watchdog if task["watchdog"] is None else task["watchdog"],
    )
