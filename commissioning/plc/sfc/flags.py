"""SFCInit, SFCReset and SFCPause: BOOL variables that act on the chart of their POU, in some dialects.

Source: "SFC flags" in the manuals of CODESYS and TwinCAT. While SFCInit is TRUE the chart stands in its
initial step, with everything stored forgotten, and nothing is executed. SFCReset does the same, but the
initial step is executed and its transitions are tested. SFCPause holds the chart as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commissioning.plc.checking import commands
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.typed import Cell, Const, Load, Not
from commissioning.plc.sfc.plan import ChartPlan
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import Quiet
from commissioning.plc.values.iec_types import BOOL

if TYPE_CHECKING:
    from commissioning.plc.sfc.code import ChartCoder

_NOWHERE = Quiet(0, 0)
# what the makers' charts have beside the three, and what is not carried out with it
_OTHERS = dict.fromkeys(
    ("SFCError", "SFCErrorStep", "SFCErrorPOU", "SFCTrans", "SFCCurrentStep"), "does not write"
) | (dict.fromkeys(("SFCEnableLimit", "SFCQuitError", "SFCTip", "SFCTipMode"), "does not act on"))


def flagged(coder: ChartCoder, plan: ChartPlan, body: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands of a chart as its flags let them be executed."""
    if not coder.project.dialect.chart_flags:
        return body
    _warn_of_others(coder)
    init, reset, pause = (_flag(coder, name) for name in ("SFCInit", "SFCReset", "SFCPause"))
    if reset is not None:
        body = (commands.If(((reset, tuple(_restart(coder, plan)), _NOWHERE),), (), _NOWHERE), *body)
    if init is not None:
        stopped = (*_restart(coder, plan), *_outputs_off(coder, plan))
        body = (commands.If(((init, stopped, _NOWHERE),), body, _NOWHERE),)
    if pause is not None:
        body = (commands.If(((Not(BOOL, pause), body, _NOWHERE),), (), _NOWHERE),)
    return body


def _warn_of_others(coder: ChartCoder) -> None:
    for name, does in _OTHERS.items():
        symbol = coder.project.lookup(coder.pou, name)
        if symbol is not None:
            what = f"the chart of {coder.pou.name} {does} {name}; that of the makers does"
            cure = "Only SFCInit, SFCReset and SFCPause act on a chart here"
            coder.project.notice(what, symbol.file, symbol.at, cure)


def _flag(coder: ChartCoder, name: str) -> Load | None:
    symbol = coder.project.lookup(coder.pou, name)
    if symbol is None or symbol.type != BOOL:
        return None
    found = coder.designator(tree.Name(name, symbol.at))
    if found is None:
        return None
    symbol.read = True
    return Load(BOOL, found.cell)


def _restart(coder: ChartCoder, plan: ChartPlan) -> Iterator[Command]:
    """Every step and every control of an action as it was before the first scan."""
    for number, step in enumerate(plan.steps):
        lines = (
            f"{{X}} = {step.initial}; {{leaving}} = {{entering}} = False",
            "{start} = {due} = -1; {T} = 0",
        )
        yield coder.lines(number, lines)
    for control in plan.controls:
        for symbol in control.hidden.values():
            for index in range(symbol.index, symbol.index + symbol.size):
                slot = coder.pou.slots[index]
                if slot.type is not None:
                    value = Const(slot.type, slot.value)
                    yield commands.Store(slot.type, Cell("m", None, index), value, _NOWHERE)


def _outputs_off(coder: ChartCoder, plan: ChartPlan) -> Iterator[Command]:
    for control in plan.controls:
        target = None if control.action else coder.designator(control.target)
        if target is not None and target.type == BOOL:
            yield commands.Store(BOOL, target.cell, Const(BOOL, False), Quiet(*control.at))
