"""Inputs that their own block sees as an edge: `start : BOOL R_EDGE;` (IEC 61131-3, 6.6.3.4).

The input keeps the value that it is given, as everybody outside sees it. Behind it lies an R_TRIG or F_TRIG,
which is called before the body; inside the block the name of the input stands for its Q. A body that a
derived one calls by SUPER^() does not look again: a hidden cell says that its edges were looked at.
"""

from __future__ import annotations

from commissioning.plc.checking import commands
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.scope import Pou, Project, Slot, Symbol
from commissioning.plc.checking.typed import Cell, Load, Not
from commissioning.plc.syntax.tree import At, Quiet
from commissioning.plc.values.iec_types import BOOL, IecType

_TRIGGERS = {"R_EDGE": "R_TRIG", "F_EDGE": "F_TRIG"}
_NOWHERE = Quiet(0, 0)


def declare_edge(project: Project, pou: Pou, symbol: Symbol, edge: str, at: At) -> None:
    """Puts the trigger behind an input that is placed; a Problem where none can be."""
    if symbol.type != BOOL:
        what = f"{edge} belongs to a BOOL, {symbol.name} is a {symbol.type}"
        project.problem(what, symbol.file, at, f"Remove {edge}, or make it a BOOL")
        return
    if symbol.section != "VAR_INPUT" or pou.kind not in ("FUNCTION_BLOCK", "PROGRAM"):
        what = f"{symbol.name}: {edge} stands in VAR_INPUT of a FUNCTION_BLOCK or PROGRAM, where something "
        what += "remembers the value before"
        project.problem(
            what, symbol.file, at, f"Declare an instance: {symbol.name}_edge : {_TRIGGERS[edge]};"
        )
        return
    block = project.standard_block(_TRIGGERS[edge])
    type_ = IecType(block.name, "block", size=len(block.cells), blocks=True)
    name = f"{symbol.name} {edge}"  # which no program can write
    trigger = Symbol(
        name, type_, "VAR", symbol.file, symbol.at, len(pou.slots), retain=symbol.retain,
        persistent=symbol.persistent, standard=block, read=True, written=True,
    )  # fmt: skip
    pou.symbols[name.upper()] = trigger
    pou.slots += [Slot(cell.type, cell.initial) for cell in block.cells]
    symbol.edge = trigger
    if (pou.derived or pou.base is not None) and looked_cell(pou) < 0:
        pou.looked = len(pou.slots)
        pou.slots.append(Slot(BOOL, False))


def seen_cell(symbol: Symbol) -> Cell:
    """What the block itself sees of such an input: Q of its trigger."""
    trigger = symbol.edge
    assert trigger is not None and trigger.standard is not None
    return Cell("m", None, trigger.index + trigger.standard.offsets["Q"])


def looked_cell(pou: Pou) -> int:
    """The hidden cell of a block and of what it extends or extends it; -1 where there is none."""
    return next((above.looked for above in pou.lineage() if above.looked >= 0), -1)


def edge_calls(pou: Pou) -> tuple[Command, ...]:
    """The calls of the triggers, which stand before the body."""
    found: list[Command] = []
    for symbol in pou.symbols.values() if pou.kind in ("FUNCTION_BLOCK", "PROGRAM") else ():
        trigger = symbol.edge
        if trigger is not None and trigger.standard is not None:
            given = (trigger.standard.offsets["CLK"], BOOL, Load(BOOL, Cell("m", None, symbol.index)))
            cell = Cell("m", None, trigger.index)
            found.append(commands.CallStandard(trigger.standard, cell, (given,), (), trigger, _NOWHERE))
    if not found or looked_cell(pou) < 0:
        return tuple(found)
    first = Not(BOOL, Load(BOOL, Cell("m", None, looked_cell(pou))))
    return (commands.If(((first, tuple(found), _NOWHERE),), (), _NOWHERE),)
