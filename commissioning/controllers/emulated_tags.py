"""Tags of an emulated PLC and the variables of its program that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from commissioning.model.problem import Place, Problem
from commissioning.model.scene import TagRecord
from commissioning.plc import Plc, Program
from commissioning.plc.program import Variable
from commissioning.sim.tags import Signal


def inputs_at(program: Program, trigger: str, inputs: Sequence[str]) -> tuple[int, ...]:
    """The inputs that lie in the cell of the variable that starts a task."""
    if not trigger:
        return ()
    cell = program.location(trigger)
    places = [program.location(path) for path in inputs]
    return tuple(k for k, at in enumerate(places) if (at.memory, at.index) == (cell.memory, cell.index))


def variable_path(program: Program, name: str) -> str:
    """The path of the variable a tag means: its full path, or a name that is unique in the project.

    Raises KeyError (no such variable) or LookupError (several).
    """
    if name in program.variables:
        return program.variables[name].path
    wanted = "." + name.casefold()
    found = [path for path in program.variables if path.casefold().endswith(wanted)]
    if len(found) == 1:
        return program.variables[found[0]].path
    if found:
        raise LookupError(f"{name} could be {', '.join(found)}")
    raise KeyError(name)


def tag_problems(program: Program, controller: str, tag: TagRecord) -> list[Problem]:
    """Whether the tag has its variable."""
    place = Place(id=f"tags.{tag.name}")
    name = tag.path or tag.name
    try:
        variable = program.variables[variable_path(program, name)]
    except KeyError:
        return [
            Problem(
                what=f"PLC {controller} has no variable {name}",
                where=place,
                cure=f"Declare it in the program (VAR_GLOBAL {tag.name} : "
                f"{tag.type.value if tag.type else 'BOOL'};) or give the tag its path.",
            )
        ]
    except LookupError as several:
        return [Problem(what=str(several), where=place, cure="Give the tag a path: Program.Variable")]
    if tag.type is not None and variable.type.upper() != tag.type.value:
        return [
            Problem(
                what=f"tag {tag.name} is {tag.type.value}, the variable {variable.path} is {variable.type}",
                where=place,
                cure="Make both the same type.",
            )
        ]
    return []


def change_problems(
    program: Program, controller: str, before: Program, signals: Sequence[Signal]
) -> list[Problem]:
    """Why `program` cannot take the place of the one that runs: its tags and tasks are those of the line."""
    found: list[Problem] = []
    for signal in signals:
        tag = TagRecord(name=signal.name, type=signal.type, path=signal.path)
        found += tag_problems(program, controller, tag)
    if [(t.name, t.cycle_ns, t.priority, t.trigger.upper()) for t in program.tasks] != [
        (t.name, t.cycle_ns, t.priority, t.trigger.upper()) for t in before.tasks
    ]:
        what = f"the tasks of {controller} are others, which an online change cannot change"
        found.append(Problem(what, cure="Run the scene again with the new program"))
    return found


def program_variable(program: Program, name: str) -> Variable:
    """The global, located or program variable of that name or path. Raises KeyError."""
    try:
        return program.variables[variable_path(program, name)]
    except LookupError as error:
        raise KeyError(f"no tag, port or variable named {name}") from error


class ProgramVariable:
    """A variable of the emulated PLC that the scene names nowhere: read as `run.tags["MAIN.Count"].value`.

    It is not in the journal. `name`: its path; `type`: as the program declares it.
    """

    def __init__(self, controller: RunsProgram, variable: Variable) -> None:
        self._controller, self.name, self.type = controller, variable.path, variable.type

    @property
    def value(self) -> Any:
        """What it is now; TIME in nanoseconds."""
        return self._controller.plc[self.name]


class RunsProgram(Protocol):
    """What has a PLC; a start or an online change may give it another one."""

    plc: Plc
