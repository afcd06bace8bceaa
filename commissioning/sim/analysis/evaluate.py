"""What an expression was, instant by instant, from the records of a journal.

Rules, exact to the nanosecond:

* An instant is atomic. A level is what it is after everything that happened in the instant; a value that
  changes and changes back within one instant was never there, for levels and for events alike.
* `x rises` happens at an instant before which x was false and after which it is true. Nothing happens at
  the first instant: there is no before.
* In `event and level` the level counts as it is after the instant of the event.
* A BAD value, NaN and x / 0 are not known (None). Kleene's logic decides what follows: `FALSE and BAD` is
  false. While the operand of `rises` or `falls` is BAD the event is in doubt.
* Continuous values are solved on the motion pieces; a crossing happens at `kernel.instant` of its root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commissioning.model import expression_tree as tree
from commissioning.model.expression_tree import Expression, ExpressionType, Node
from commissioning.model.record import CUBIC, Kind
from commissioning.model.tags import DataType, Quality
from commissioning.sim.analysis import evaluate_cells as cells
from commissioning.sim.analysis.evaluate_cells import Cell
from commissioning.sim.continuous import HIDDEN, RATE
from commissioning.sim.polynomial import NEVER, Motion
from commissioning.sim.status_rows import StatusRows
from commissioning.sim.values import signal_index, value_of

__all__ = ["Change", "Monitor"]

_VALUE, _DRIVE, _READING = int(Kind.VALUE), int(Kind.DRIVE), int(Kind.READING)
_QUALITY = 3  # bits of aux


class Change(NamedTuple):
    """The value of an expression from `t` ns on; `record`: number of the last record it goes back to."""

    t: int
    value: bool | None
    record: int


class Monitor:
    """Follows one level or event through a run, as fast as records come in.

    `changes` of a level: its value from each t on, the first at 0 ns. Of an event: True = it happened at
    t (and only there); None = from t on it is in doubt, until the next change (False = no longer).
    Changes up to `until` ns are final. Feeding in pieces gives the same as feeding at once.
    """

    def __init__(self, expression: Expression, header: Mapping[str, Any], texts: Sequence[str]) -> None:
        expression.require(ExpressionType.BOOL, ExpressionType.EVENT)
        self.expression = expression
        self.texts = texts
        self.changes: list[Change] = []
        self.until = -1
        self.is_event = expression.type is ExpressionType.EVENT
        self._header = header
        self._inputs: dict[int, tuple[DataType, list[cells.Input]]] = {}
        self._motions: dict[int, list[Motion]] = {}
        self._readings: dict[int, list[cells.ReadingCell]] = {}
        self._followed: dict[tuple[int, bool], Motion] = {}  # by drive and whether it is its speed
        self._cells: list[Cell] = []
        self._edges: list[cells.EdgeCell] = []
        self._root = self._cell(expression.root)
        self._told = StatusRows(header, self._inputs)
        self._due = 0  # the first instant is settled even if nothing is recorded in it
        self._record = 0

    @property
    def value(self) -> bool | None:
        """The level at `until`, or whether the event is in doubt there (None) or not (False)."""
        last = self.changes[-1].value if self.changes else False
        return False if self.is_event and last is True else last

    def spells(self, value: bool | None, end: int) -> list[tuple[int, int, int]]:
        """(from, to, record) of each stretch in which the value was `value`; `end` closes the last."""
        changes = self.changes
        found = []
        for at, change in enumerate(changes):
            if change.value is value:
                stop = changes[at + 1].t if at + 1 < len(changes) else end
                found.append((change.t, stop, change.record))
        return found

    def feed(self, records: NDArray[np.void], until: int, first: int = 0) -> None:
        """Take all records up to and with instant `until` ns that were not fed before.

        `first`: how many records of the journal lie before `records[0]`. Later records are an error.
        """
        if len(records) and int(records["t"][-1]) > until:
            raise ValueError(f"records up to {records['t'][-1]} ns were fed as if they ended at {until} ns")
        records, places = self._told.expand(records, first)
        kinds, objects = records["kind"], records["obj"]
        mine = np.zeros(len(records), bool)
        if self._inputs:
            mine |= (kinds == _VALUE) & np.isin(objects, list(self._inputs))
        if self._motions:
            mine |= (kinds == _DRIVE) & np.isin(objects, list(self._motions))
        if self._readings:  # which drives they will follow is not known beforehand
            mine |= np.isin(kinds, (_VALUE, _READING)) & np.isin(objects, list(self._readings))
            mine |= kinds == _DRIVE
        chosen = np.flatnonzero(mine)
        rows = records[chosen].tolist()
        numbers = places[chosen].tolist()
        at, count = 0, len(rows)
        while True:
            t = rows[at][0] if at < count else NEVER
            if self._due < t:
                t = self._due
            if t > until:
                break
            while at < count and rows[at][0] == t:
                self._take(rows[at])
                self._record = first + numbers[at] + 1
                at += 1
            self._settle(t)
        self.until = max(self.until, until)

    def _take(self, row: Sequence[Any]) -> None:
        t, kind, aux, index, _cause, a, b, c, d = row
        if kind == _DRIVE:
            for motion in self._motions.get(index, ()):
                motion.piece(t, a, b, c, d, aux == CUBIC)
            if self._readings:
                for speed in (False, True):
                    self._motion(index, speed).piece(t, a, b, c, d, aux == CUBIC)
            return
        if kind == _READING:
            self._take_formula(aux, index, a, b, c)
            return
        for reading in self._readings.get(index, ()):
            reading.stand(None if aux & _QUALITY == Quality.BAD or isnan(a) else a)
        if index not in self._inputs:
            return
        datatype, inputs = self._inputs[index]
        value = None
        if aux & _QUALITY != Quality.BAD:
            value = value_of(datatype, a, b, self.texts)
            if isinstance(value, float) and isnan(value):
                value = None
        for cell in inputs:
            cell.value = value

    def _take_formula(self, aux: int, index: int, drive: float, offset: float, scale: float) -> None:
        if aux & HIDDEN:
            return
        for reading in self._readings[index]:
            if aux & _QUALITY == Quality.BAD:
                reading.stand(None)
            else:
                reading.follow(self._motion(int(drive), bool(aux & RATE)), offset, scale)

    def _motion(self, drive: int, speed: bool) -> Motion:
        motion = self._followed.get((drive, speed))
        if motion is None:
            motion = self._followed[drive, speed] = Motion(speed)
        return motion

    def _settle(self, t: int) -> None:
        due = NEVER
        doubt = False
        for cell in self._cells:
            cell.settle(t)
            if cell.due < due:
                due = cell.due
            if cell.value is None:
                doubt = True
        if doubt and any(edge.value for edge in self._edges):
            due = t + 1  # the event is over after its instant, what is in doubt is not
        value = self._root.value
        last = self.changes[-1].value if self.changes else False
        if not self.is_event:
            new = not self.changes or value is not last
        else:
            new = bool(value) or (value is None) is not (last is None)
        if new:
            self.changes.append(Change(t, value, self._record))
        self._due = due

    # ---- from the tree to cells, operands first ----
    def _cell(self, node: Node) -> Cell:
        parts = [self._cell(operand) for operand in node.operands]
        made = self._make(node, parts)
        self._cells.append(made)
        if isinstance(made, cells.EdgeCell):
            self._edges.append(made)
        return made

    def _make(self, node: Node, parts: list[Cell]) -> Cell:
        moving = ExpressionType.CONTINUOUS in {operand.type for operand in node.operands}
        match node:
            case tree.Constant():
                return cells.Input(node.value)
            case tree.Variable():
                return self._variable(node)
            case tree.Not():
                return cells.NotCell(parts)
            case tree.And():
                return cells.AndCell(parts)
            case tree.Or():
                return cells.OrCell(parts)
            case tree.Compare():
                kind = cells.ContinuousCompareCell if moving else cells.CompareCell
                return kind(parts, node.operator)
            case tree.Sum():
                if moving:
                    return cells.ContinuousCell(parts, partial(cells.continuous_total, node.signs))
                return cells.ArithmeticCell(parts, partial(cells.total, node.signs))
            case tree.Product():
                if moving:
                    which = [part.type for part in node.parts].index(ExpressionType.CONTINUOUS)
                    work = partial(cells.continuous_product, node.powers, which)
                    return cells.ContinuousCell(parts, work)
                return cells.ArithmeticCell(parts, partial(cells.product, node.powers))
            case tree.Function():
                if moving:
                    return cells.ContinuousCell(parts, partial(cells.continuous_function, node.name))
                return cells.ArithmeticCell(parts, cells.arithmetic(node.name))
            case tree.Edge():
                return cells.EdgeCell(parts, node.rising)
            case tree.Held():
                return cells.HeldCell(parts, node.duration_ns)
            case tree.Since():
                return cells.SinceCell(parts)
        raise TypeError(f"no cell evaluates {type(node).__name__}")

    def _variable(self, node: tree.Variable) -> Cell:
        info = node.info
        if info.kind in ("travel", "speed"):
            motion = Motion(info.kind == "speed")
            index = list(self._header["core"]["drives"]).index(info.drive)
            self._motions.setdefault(index, []).append(motion)
            return cells.MotionCell(motion)
        index = signal_index(self._header, info.name)
        if info.kind == "reading":
            reading = cells.ReadingCell(0.0)
            self._readings.setdefault(index, []).append(reading)
            return reading
        cell = cells.Input(info.type.default)
        self._inputs.setdefault(index, (info.type, []))[1].append(cell)
        return cell
