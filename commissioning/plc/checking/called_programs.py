"""Programs that other code calls or looks into, as makers allow it: each has one instance, known by its name.

Such a program lies in shared memory, whether a task runs it as well or not. Where no CONFIGURATION says what
runs, only programs that nobody calls do.
"""

from __future__ import annotations

from commissioning.plc.checking.classes import class_type
from commissioning.plc.checking.scope import Pou, Project, Slot, Symbol


def name_programs(project: Project) -> None:
    """Makes every PROGRAM a global name, if the dialect has that."""
    shared = project.globals
    for pou in project.pous.values() if project.dialect.programs_called else ():
        key = pou.name.upper()
        if pou.kind == "PROGRAM" and pou.tree is not None and key not in shared.symbols:
            shared.symbols[key] = Symbol(
                pou.name, class_type(pou), "VAR_IN_OUT", pou.file, pou.tree.at, len(shared.slots),
                block=pou, is_global=True,
            )  # fmt: skip
            shared.slots.append(Slot(fixed="program"))


def own_names(project: Project) -> set[str]:
    """The names of globals, without those of programs."""
    symbols = project.globals.symbols
    return {key for key, s in symbols.items() if s.block is None or s.block.kind != "PROGRAM"}


def reached_programs(project: Project) -> tuple[tuple[int, Pou], ...]:
    """(cell of the globals that takes the memory, program) of every program that code names."""
    touched = {symbol for pou in project.pous.values() for symbol in pou.touches}
    return tuple(
        (symbol.index, symbol.block)
        for symbol in project.globals.symbols.values()
        if symbol.block is not None and symbol.block.kind == "PROGRAM" and symbol in touched
    )


def never_called(project: Project, programs: dict[str, Pou]) -> dict[str, Pou]:
    """The programs that no other code calls; all of them where each is called by another."""
    called = {
        key for pou in project.pous.values() if pou.kind != "TEST" for key in pou.calls if key in programs
    }
    return {key: pou for key, pou in programs.items() if key not in called} or programs
