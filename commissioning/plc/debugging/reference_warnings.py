"""What the cross reference of a program is worth warning about."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from commissioning.model.problem import Place, Problem
from commissioning.plc.debugging.cross_reference import CrossReference, Declared
from commissioning.plc.debugging.uses import Reference
from commissioning.plc.program import Program

__all__ = ["reference_warnings"]

_WRITABLE = ("VAR", "VAR_OUTPUT", "VAR_TEMP", "VAR_GLOBAL")


def reference_warnings(found: CrossReference, written_outside: Collection[str] = ()) -> tuple[Problem, ...]:
    """Variables that are read and never written, and globals that several programs or blocks write.

    `written_outside`: paths of variables that the field, a link or a test writes.
    """
    outside = {path.upper() for path in written_outside}
    tests = {pou.name for pou in found.program.checked.project.pous.values() if pou.kind == "TEST"}
    problems: list[Problem] = []
    instances = _instances(found.program)
    for key, variable in found.variables.items():
        if variable.holds_block or variable.constant or variable.owner in tests:
            continue
        if key not in outside and _never_written(variable):
            problems.append(
                Problem(
                    f"{variable.name} is read by {variable.reads[0]} but never written",
                    variable.place,
                    "Write it, make it a CONSTANT, or bind it to an input",
                    severity="warning",
                )
            )
        if not variable.owner:  # a variable of a POU is written by its own instance
            problems += _several_writers(found.program, variable, tests, instances)
    return tuple(problems)


def _never_written(variable: Declared) -> bool:
    if variable.writes or not variable.reads or variable.section not in _WRITABLE:
        return False
    return not variable.address.upper().startswith(("%I", "%M"))


def _several_writers(
    program: Program, variable: Declared, tests: set[str], instances: Mapping[str, list[str]]
) -> list[Problem]:
    writers: dict[str, Reference] = {}
    for cell in sorted({use.first for use in variable.writes}):  # where two of them meet, one begins
        uses = {
            use.pou: use
            for use in reversed(variable.writes)
            if use.first <= cell < use.first + use.count and use.pou not in tests
        }
        if sum(len(instances.get(pou, [pou])) for pou in uses) > 1:
            writers |= uses
    if not writers:
        return []
    ordered = sorted(writers.values(), key=lambda use: (use.file, use.file_line))
    shown = []
    paths: set[str] = set()
    for use in ordered:
        own = instances.get(use.pou, [use.pou])
        paths.update(own)
        shown.append(str(use) if len(own) == 1 else f"{len(own)} instances of {use}")
    tasks = _tasks_of(program, paths)
    in_tasks = f", in the tasks {' and '.join(tasks)}" if len(tasks) > 1 else ""
    last = ordered[-1]
    return [
        Problem(
            f"{variable.name} is written by {' and by '.join(shown)}{in_tasks}",
            Place(last.file, last.file_line, last.column),
            "The last one in a scan wins; let one place decide",
            severity="warning",
        )
    ]


def _instances(program: Program) -> dict[str, list[str]]:
    """POU -> paths of its instances."""
    found: dict[str, list[str]] = {}
    for plan in program.memories:
        if plan.path:
            found.setdefault(plan.pou.name, []).append(plan.path)
    return found


def _tasks_of(program: Program, paths: Collection[str]) -> list[str]:
    heads = {path.partition(".")[0].upper() for path in paths}
    return [task.name for task in program.tasks if any(name.upper() in heads for name in task.programs)]
