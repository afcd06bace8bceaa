"""TEST units as the rest of the compiler sees them: POUs of kind TEST, which nothing but a test run calls.

Unlike a POU of the program, a TEST may call the project's programs, look into blocks and programs, and write
inputs, for it stands where the field and the operating system stand.
"""

from __future__ import annotations

from commissioning.plc.checking.scope import Pou, Project, Slot, Symbol
from commissioning.plc.syntax import units
from commissioning.plc.values.iec_types import IecType

__all__ = ["declare_test", "is_self_driven", "show_programs", "shown_programs"]


def declare_test(project: Project, node: units.Test, file: str) -> None:
    """Makes a TEST known; its name is one of its file's, and no name of the program."""
    name = f"TEST '{node.name}' {file}"
    other = project.pous.get(name.upper())
    if other is not None and other.tree is not None:
        what = f"there is a TEST '{node.name}' in line {other.tree.at.line} already"
        project.problem(what, file, node.at, "Rename one of them")
        return
    for section in node.sections:
        if section.word not in ("VAR", "VAR_TEMP", "VAR_EXTERNAL"):
            project.problem(f"a TEST has no {section.word}", file, section.at, "Use VAR")
    tree = units.Pou("TEST", node.name, None, node.sections, node.body, node.at)
    made = Pou("TEST", name, project.next_number, file, tree)
    project.pous[made.key] = made
    project.mocks[made.key] = []


def show_programs(project: Project) -> None:
    """In a TEST the programs answer to their names, like blocks that it was given by reference."""
    programs = [pou for pou in project.pous.values() if pou.kind == "PROGRAM"]
    for test in project.pous.values():
        if test.kind != "TEST" or test.tree is None:
            continue
        for program in programs:
            key = program.name.upper()
            if key in test.symbols:
                continue
            type_ = IecType(program.name, "block", blocks=True)
            test.symbols[key] = Symbol(
                program.name, type_, "VAR_IN_OUT", test.file, test.tree.at, len(test.slots), block=program
            )
            test.slots.append(Slot())


def shown_programs(test: Pou) -> list[tuple[int, Pou]]:
    """(cell that takes the memory, program) of every program that a TEST can name."""
    return [
        (symbol.index, symbol.block)
        for symbol in test.symbols.values()
        if symbol.block is not None and symbol.block.kind == "PROGRAM"
    ]


def is_self_driven(project: Project, test: Pou) -> bool:
    """Whether a TEST calls blocks or programs of the project itself: then nothing else runs beside it."""
    called = [project.pous[key] for key in test.calls if key in project.pous]
    return any(pou.kind in ("FUNCTION_BLOCK", "PROGRAM") for pou in called)
