"""Tasks of an emulated PLC as the scene tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.quantity import parse_duration_ns
from commissioning.model.scene import ControllerRecord
from commissioning.plc import Program, TaskSpec
from commissioning.plc.tasks import watchdog_problems

_TASK_KEYS = ("program", "cycle", "trigger", "priority", "watchdog")


def with_watchdog(program: Program, statements: int) -> Program:
    """The program with another budget for the tasks that its source declares. Raises Problems."""
    tasks = tuple(replace(task, watchdog=statements) for task in program.tasks)
    problems = watchdog_problems(tasks, program.straight)
    if problems:
        raise Problems(problems)
    return replace(program, tasks=tasks)


def _task(name: str, raw: Mapping[Any, Any], number: int, usual: int) -> TaskSpec:
    cycle, trigger, watchdog = 0, raw.get("trigger", ""), raw.get("watchdog", usual)
    if "cycle" in raw and (cycle := parse_duration_ns(raw["cycle"])) < 1000:
        raise ValueError("a cycle is at least 1 us")
    if not isinstance(trigger, str) or ("trigger" in raw and not trigger.strip()):
        raise ValueError("a trigger is the name of a BOOL of the program")
    if type(watchdog) is not int or watchdog < 1:
        raise ValueError("a watchdog is a whole number of statements")
    return TaskSpec(name, raw["program"], cycle, int(raw.get("priority", number)), trigger.strip(), watchdog)


def tasks_of(record: ControllerRecord) -> list[TaskSpec]:
    """What the scene says of the tasks; none where the source does. Raises Problems, all at once."""
    tasks = []
    problems = []
    for number, (name, raw) in enumerate((record.params["task"] or {}).items()):
        place = Place(id=f"controllers.{record.id}.task.{name}")
        if (
            not isinstance(raw, Mapping)
            or not isinstance(raw.get("program"), str)
            or not {"cycle", "trigger"} & set(raw)
        ):
            problems.append(
                Problem(what=f"task {name} needs a program and a cycle or a trigger", where=place,
                        cure="Write for example {program: MAIN, cycle: 10 ms}")
            )  # fmt: skip
            continue
        unknown = sorted(str(key) for key in set(raw) - set(_TASK_KEYS))
        if unknown:
            problems.append(
                Problem(what=f"a task has no {', '.join(unknown)}", where=place,
                        cure=f"Known are {', '.join(_TASK_KEYS)}.")
            )  # fmt: skip
        try:
            tasks.append(_task(str(name), raw, number, record.params["watchdog"]))
        except (ValueError, TypeError) as error:
            problems.append(Problem(what=f"task {name}: {error}", where=place, cure="Write cycle: 10 ms"))
    if problems:
        raise Problems(tuple(problems))
    return tasks
