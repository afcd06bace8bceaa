"""The variables of a sequential function chart: a block for each step and for the control of each action.

They live in the memory of the chart's POU like any other, so that watching, snapshots and the skipping of
scans know nothing of charts. What a program cannot write in its text is named with blanks and dots.
"""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking.scope import Pou, Project, Slot, Symbol
from commissioning.plc.sfc.plan import ChartPlan, Control, actions_of, flag_key, read_chart
from commissioning.plc.sfc.structure import check_structure
from commissioning.plc.standard.blocks import (
    CHART,
    CHART_ACTION,
    CHART_STEP,
    CHART_TIME,
    STANDARD_BLOCKS,
    StandardBlock,
)
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType

# what the control of an action consists of, by qualifier: the blocks of the standard's ACTION_CONTROL
_PARTS = {
    "N": (), "R": (), "S": ("S_FF",), "P": ("P_TRIG",), "P1": ("P1_TRIG",), "P0": ("P0_TRIG",),
    "L": ("L_TMR",), "D": ("D_TMR",), "SD": ("SD_FF", "SD_TMR"), "DS": ("DS_TMR", "DS_FF"),
    "SL": ("SL_FF", "SL_TMR"),
}  # fmt: skip
_KINDS = {"FF": "RS", "TMR": "TON", "P0_TRIG": "F_TRIG", "P_TRIG": "R_TRIG", "P1_TRIG": "R_TRIG"}


def declare_chart(project: Project, pou: Pou) -> ChartPlan | None:
    """Reads and checks the chart of `pou`, whose own variables are declared, and declares the chart's."""
    assert pou.tree is not None
    if pou.kind not in ("PROGRAM", "FUNCTION_BLOCK"):
        what = f"a {pou.kind} has no sequential function chart"
        project.problem(what, pou.file, pou.tree.chart[0].at, "Write it in a PROGRAM or FUNCTION_BLOCK")
        return None
    if pou.tree.body:
        what = "statements stand beside the steps of a chart, and nothing says when they are executed"
        project.problem(what, pou.file, pou.tree.body[0].at, "Move them into an ACTION")
    noted = len(project.problems)
    plan = read_chart(project, pou)
    placing = _Placing(project, pou)
    for step in plan.steps:
        plan.symbols.append(placing.block(step.name, CHART_STEP, step.at))
        if step.initial:
            placing.preset(plan.symbols[-1], "X", True)
    plan.state = placing.block("a chart", CHART, pou.tree.at)
    for control in plan.controls:
        placing.control(control)
    for action in actions_of(pou).values():
        placing.flag(action.name, action.tree.at if action.tree is not None else pou.tree.at)
    if len(project.problems) == noted:
        check_structure(project, pou, plan)
    return plan


class _Placing:
    def __init__(self, project: Project, pou: Pou) -> None:
        self.project, self.pou = project, pou

    def control(self, control: Control) -> None:
        for qualifier in dict.fromkeys(use.qualifier for use in control.uses):
            for part in _PARTS[qualifier]:
                kind = STANDARD_BLOCKS[_KINDS.get(part) or _KINDS[part.rpartition("_")[2]]]
                symbol = self.block(f"{control.name}.{part}", kind, control.at)
                control.hidden[part] = symbol
                if part == "P0_TRIG":  # no step has ended before the first scan
                    self.preset(symbol, "M", True)
        if any(use.time is not None for use in control.uses):
            control.hidden["T"] = self.block(f"{control.name}.T", CHART_TIME, control.at)
        if control.action:
            control.hidden["Q"] = self.flag(control.action, control.at)

    def flag(self, action: str, at: At) -> Symbol:
        """The block of `action.Q`; the name itself is that of the action."""
        known = self.pou.symbols.get(flag_key(action))
        return known or self.block(action, CHART_ACTION, at, flag_key(action))

    def block(self, name: str, kind: StandardBlock, at: At, key: str = "") -> Symbol:
        """A variable of a standard block."""
        type_ = IecType(kind.name, "block", size=len(kind.cells), blocks=True)
        symbol = Symbol(name, type_, "VAR", self.pou.file, at, standard=kind, read=True, written=True)
        other = self.pou.symbols.get(key or name.upper())
        if other is not None:
            what = f"{name} is declared a second time (first in line {other.at.line})"
            self.project.problem(what, self.pou.file, at, "Rename one of them")
        else:
            self.pou.symbols[key or name.upper()] = symbol
        symbol.index = len(self.pou.slots)
        self.pou.slots += [Slot(cell.type, cell.initial) for cell in kind.cells]
        return symbol

    def preset(self, symbol: Symbol, cell: str, value: bool) -> None:
        """Another initial value."""
        offset = symbol.standard.offsets.get(cell) if symbol.standard is not None else None
        if offset is not None and symbol.index >= 0:
            place = symbol.index + offset
            self.pou.slots[place] = replace(self.pou.slots[place], value=value)
