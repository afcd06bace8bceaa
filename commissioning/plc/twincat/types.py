"""TwinCAT: the types of what the trees of a drawn network give, as far as the file tells them."""

from __future__ import annotations

from commissioning.plc.plcopen.boxes import COMPARED, LIKE_INPUTS
from commissioning.plc.twincat.archive import Item
from commissioning.plc.twincat.boxes import box_of, flags_of, type_of

MAX_DEPTH = 80
_LITERALS = frozenset({"TRUE", "FALSE"})
_TIMERS = frozenset({"TON", "TOF", "TP"})


class Types:
    """`wires`: the types of branching lines, by their VarId, for those that are translated already."""

    def __init__(self) -> None:
        self.wires: dict[int, str | None] = {}

    def of(self, item: Item, depth: int = 0) -> str | None:
        """The type of what a tree gives, None where the file does not tell it."""
        if depth > MAX_DEPTH:
            return None
        if item.kind in ("BoxTreeParallel", "BoxTreeTerminator"):
            return "BOOL"
        if item.kind == "BoxTreeDemux":
            source = item.member("Input")
            known = self.wires.get(item.number("VarId"))
            return self.of(source, depth + 1) if source is not None else known
        if item.kind == "BoxTreeAssign":
            source = item.member("RValue")
            return self.of(source, depth + 1) if source is not None else None
        if item.kind == "BoxTreeOperand":
            return _of_operand(item.member("Operand", "Operand"))
        return self._of_box(item, depth)

    def _of_box(self, item: Item, depth: int) -> str | None:
        box = box_of(item)
        name = box.name.upper()
        if box.connected is not None and box.connected.kind is not None:
            return box.connected.kind
        if box.instance:
            return "BOOL" if name in _TIMERS else None
        if name in COMPARED or flags_of(item):
            return "BOOL"
        if name not in LIKE_INPUTS:
            return None
        pins = box.inputs[1:] if name in ("SEL", "MUX") else box.inputs
        told = (self.of(pin.source, depth + 1) for pin in pins if pin.source is not None)
        return next((kind for kind in told if kind is not None), None)


def _of_operand(operand: Item | None) -> str | None:
    if operand is None:
        return None
    if operand.text("Operand").strip().upper() in _LITERALS or flags_of(operand):
        return "BOOL"
    return type_of(operand.text("Type"))
