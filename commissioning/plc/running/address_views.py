"""What a window shows where no cell of its type lies: bytes as one cell or many, a timer in whole ms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.checking.value_bytes import WIDE, bytes_of, decoded, encoded
from commissioning.plc.values.iec_types import IecType, Value

if TYPE_CHECKING:
    from commissioning.plc.running.address_space import AddressSpace
    from commissioning.plc.running.heap_forms import Memory

__all__ = ["Cut", "View", "Whole"]


class Cut:
    """PT or ET of a timer, which count ns, as a TIME of whole ms."""

    def __init__(self, space: AddressSpace, address: int, type_: IecType, memory: Memory, cell: int) -> None:
        self.space, self.address, self.type, self.memory, self.cell = space, address, type_, memory, cell

    def __getitem__(self, index: int) -> int:
        value: int = self.memory[self.cell]
        return value - value % self.type.grain

    def __setitem__(self, index: int, value: int) -> None:
        self.memory[self.cell] = value


class Whole:
    """The bytes at an address as the cells of an array or structure: `whole[2]`, `whole[0:3]`."""

    def __init__(
        self, space: AddressSpace, address: int, leaves: Sequence[IecType], offsets: Sequence[int]
    ) -> None:
        places = zip(leaves, offsets, strict=True)
        self.cells = [View(space, address + offset, leaf) for leaf, offset in places]

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, int):
            return self.cells[index][0]
        return [view[0] for view in self.cells[index]]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, int):
            self.cells[index][0] = value
            return
        for view, one in zip(self.cells[index], value, strict=True):
            view[0] = one


class View:
    """The bytes at an address as one cell: `view[0]`."""

    def __init__(self, space: AddressSpace, address: int, type_: IecType) -> None:
        self.space, self.address, self.type = space, address, type_

    def __getitem__(self, index: int) -> Value:
        if self.type.kind == "string":
            return self._text()
        return decoded(self.space.read(self.address, measure(self.type)[0]), self.type)

    def __setitem__(self, index: int, value: Value) -> None:
        found = self.space.cell(self.address)
        if self.type.kind == "string" and isinstance(value, str) and found is not None:
            piece, cell, byte = found
            own = piece.pou.slots[cell].type
            if byte == 0 and own is not None and own.kind == "string" and own.name == self.type.name:
                piece.memory[cell] = value[: own.length]  # never beyond the STRING that lies there
                return
            if self.type.name not in ("CHAR", "WCHAR"):
                end = "\0".encode("utf-16-le" if self.type.name in WIDE else "latin-1")
                self.space.write(self.address, bytes_of(value, self.type) + end)
                return
        self.space.write(self.address, encoded(value, self.type))

    def _text(self) -> str:
        """Up to the first zero, the end of the type or the end of the memory."""
        found = self.space.cell(self.address)
        if found is not None:
            piece, cell, byte = found
            own = piece.pou.slots[cell].type
            if byte == 0 and own is not None and own.kind == "string" and own.name == self.type.name:
                text: str = piece.memory[cell]
                return text[: self.type.length]
        step = 2 if self.type.name in WIDE else 1
        data = bytearray()
        while len(data) < step * self.type.length:
            one = self.space.read(self.address + len(data), step)
            if not any(one):
                break
            data += one
        return bytes(data).decode("utf-16-le" if step == 2 else "latin-1", errors="replace")
