"""Blocks with a task of their own: `PROGRAM p WITH t : T (fb1 WITH t2);` in a CONFIGURATION.

The task executes the block, and nobody else does (IEC 61131-3, rules of TASK): where the program calls it,
inputs go in and outputs come out, and the body waits for its task. Another instance of the program may have
the same block without a task, so a hidden cell of each instance says which way it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from commissioning.plc.checking.scope import Project, Slot, Symbol, suggestion
from commissioning.plc.syntax import units
from commissioning.plc.values.iec_types import BOOL

__all__ = ["note_block_tasks"]


def note_block_tasks(project: Project, found: Iterable[tuple[units.Configuration, str]]) -> None:
    """Gives every block that some instance of a program has WITH a task its hidden cell."""
    for unit, file in found:
        for instance in unit.instances:
            for given in instance.given:
                if isinstance(given, units.BlockTask):
                    symbol = _block(project, instance, given, file)
                    if symbol is not None and symbol not in project.guards:
                        pou = project.pous[instance.program.upper()]
                        project.guards[symbol] = len(pou.slots)
                        pou.slots.append(Slot(BOOL, False))


def _block(project: Project, instance: units.Instance, given: units.BlockTask, file: str) -> Symbol | None:
    """The block of the program that is meant; None after a Problem."""
    pou = project.pous.get(instance.program.upper())
    if pou is None or pou.kind != "PROGRAM":
        return None  # a Problem says so
    symbol = pou.symbols.get(given.block.upper())
    if symbol is None:
        known = [one.name for one in pou.symbols.values() if one.block is not None]
        what = f"{pou.name} has no block {given.block}"
        project.problem(what, file, given.at, suggestion(given.block, known))
        return None
    if symbol.block is None or symbol.by_reference:
        what = f"{given.block} is a {symbol.type}: only a block of the program itself has a task"
        project.problem(what, file, given.at, "Put what needs it into a FUNCTION_BLOCK")
        return None
    if symbol.block.section("VAR_IN_OUT"):
        what = f"{symbol.block.name} has a VAR_IN_OUT, which no task can give it"
        project.problem(what, file, given.at, "Use VAR_EXTERNAL")
        return None
    return symbol
