"""Cells of a memory as plain JSON data, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from commissioning.plc.checking.scope import Slot
from commissioning.plc.values.iec_types import Value


def plain_cells(slots: Sequence[Slot], memory: Sequence[Any]) -> list[Value | None]:
    """The values of a memory for JSON, which has no NaN and no infinity: these are written as text."""
    return [
        None
        if slot.type is None
        else str(value)
        if isinstance(value, float) and not math.isfinite(value)
        else value
        for slot, value in zip(slots, memory, strict=True)
    ]


def put_back(slots: Sequence[Slot], memory: list[Any], values: Sequence[Any]) -> None:
    """What `plain_cells` gave; blocks and tables of classes stay where they are."""
    for index, (slot, value) in enumerate(zip(slots, values, strict=True)):
        if slot.type is not None:
            memory[index] = float(value) if slot.type.kind == "real" else value
        elif slot.child is None and not slot.fixed:
            memory[index] = None
