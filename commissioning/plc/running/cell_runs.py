"""Runs of cells of one type that lie close together, as the bytes they are: whole arrays at once."""

from __future__ import annotations

import bisect
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.running.heap import Piece
from commissioning.plc.values.iec_types import IecType

__all__ = ["LEAST", "CellRun", "cell_run"]

LEAST = 64  # bytes from which on a run is looked for
_KINDS = {"int": "bhiq", "bits": "bhiq", "enum": "bhiq", "bool": "?", "real": "fd"}


@dataclass(frozen=True, slots=True)
class CellRun:
    """`cells` of a memory, which are `size` bytes; `form` for struct."""

    piece: Piece
    cells: slice
    size: int
    form: str

    def read(self) -> bytes | None:
        """None where a cell holds what its type does not."""
        try:
            return struct.pack(self.form, *self.piece.memory[self.cells])
        except (struct.error, OverflowError):
            return None

    def write(self, data: bytes) -> None:
        values: Sequence[Any] = struct.unpack(self.form, data)
        if self.form[-1] in "fd":
            values = [value + 0.0 for value in values]  # no negative zeros
        self.piece.memory[self.cells] = values


def cell_run(piece: Piece | None, address: int, most: int) -> CellRun | None:
    """What begins at an address and has at most so many bytes; None where no run of numbers begins."""
    if piece is None:
        return None
    layout, offset = piece.layout, address - piece.base
    number = bisect.bisect_right(layout.starts, offset) - 1
    if number < 0 or layout.starts[number] != offset:
        return None
    first = layout.cells[number]
    type_ = piece.pou.slots[first].type
    letter = "" if type_ is None else _letter(type_)
    if type_ is None or not letter:
        return None
    size = measure(type_)[0]
    wanted = most // size
    length, whole = piece.runs.get(number, (1, False))
    if length < wanted and not whole:
        length, whole = piece.runs[number] = _length(piece, number, type_, size, length, wanted)
    length = min(length, wanted)
    if length * size < LEAST:
        return None
    return CellRun(piece, slice(first, first + length), length * size, f"<{length}{letter}")


def _letter(type_: IecType) -> str:
    """Of a cell for struct; "" for what is no plain number."""
    size = measure(type_)[0]
    letters = _KINDS.get(type_.kind, "")
    if not letters or type_.grain != 1:
        return ""
    if len(letters) == 1:
        return letters if size == 1 else ""
    if len(letters) == 2:
        return letters[size == 8]
    letter = letters[size.bit_length() - 1]
    return letter if type_.low < 0 else letter.upper()


def _length(
    piece: Piece, number: int, type_: IecType, size: int, length: int, wanted: int
) -> tuple[int, bool]:
    """How many cells of the type follow each other, from `length` on up to `wanted`; whether no more do."""
    starts, cells, slots = piece.layout.starts, piece.layout.cells, piece.pou.slots
    first, offset = cells[number], starts[number]
    while length < wanted:
        if (
            number + length >= len(starts)
            or cells[number + length] != first + length
            or starts[number + length] != offset + length * size
            or slots[first + length].type is not type_
        ):
            return length, True
        length += 1
    return length, False
