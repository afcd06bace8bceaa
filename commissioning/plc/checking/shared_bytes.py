"""Located structures, texts and arrays that share bytes with others, and addresses inside of blocks.

Where cells cannot be shared as they are, the piece of memory becomes an array of bytes in the globals, and
what lies there is shown as its own type, like the members of a UNION: slower than a cell, and exact. Bits and
bytes in it are views of its cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from commissioning.plc.checking.byte_layout import cell_offsets, measure
from commissioning.plc.checking.scope import Project, Slot, Symbol, View
from commissioning.plc.checking.value_bytes import encoded
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ELEMENTARY, IecType, Value

if TYPE_CHECKING:
    from commissioning.plc.checking.addresses import Span

__all__ = ["in_bytes", "merge_bytes", "move_to_globals"]

_BYTE = ELEMENTARY["BYTE"]
_LARGEST = 1 << 17  # bytes of one connected piece of memory


def in_bytes(group: Sequence[Span]) -> bool:
    """Whether everything in a group lies in whole bytes, as pointers see it, or is a bit."""
    for span in group:
        type_ = span.symbol.type
        if type_.blocks or (type_.kind != "bool" and span.stop - span.start != 8 * measure(type_)[0]):
            return False
        if type_.kind == "array" and span.start % 8:
            return False
    return max(span.stop for span in group) - min(span.start for span in group) <= 8 * _LARGEST


def merge_bytes(project: Project, group: Sequence[Span]) -> None:
    """Puts a group of variables into one array of bytes."""
    start = min(span.start for span in group) // 8
    count = -(-max(span.stop for span in group) // 8) - start
    shared = project.globals
    first = len(shared.slots)
    cells = [0] * count
    for span in group:
        _initial(span, start, cells)
        _place(span, start, first)
    bounds = ((0, count - 1),)
    type_ = IecType(f"ARRAY[0..{count - 1}] OF BYTE", "array", bounds=bounds, element=_BYTE, size=count)
    name = f"__memory_{group[0].image}{start}".replace(".", "_")
    hidden = Symbol(name, type_, "VAR_GLOBAL", "", At(0, 0), first, is_global=True, hidden=True)
    hidden.read = hidden.written = True
    hidden.retain = any(span.symbol.retain for span in group)
    hidden.persistent = any(span.symbol.persistent for span in group)
    shared.symbols[name.upper()] = hidden
    shared.slots += [Slot(_BYTE, value) for value in cells]
    project.addressed = project.any_elapsed = True


def _place(span: Span, start: int, first: int) -> None:
    """Makes a variable one that lies in bytes, or in one of them."""
    symbol, type_ = span.symbol, span.symbol.type
    byte, bit = divmod(span.start - 8 * start, 8)
    symbol.is_global = True
    if type_.kind == "bool":
        symbol.index, symbol.view = first + byte, View(bit, 1, _BYTE)
    elif type_.kind in ("int", "bits") and type_.bits == 8 and type_.limits is None:
        symbol.index = first + byte
        symbol.view = None if type_.low == 0 else View(0, 8, _BYTE)
    else:
        symbol.index, symbol.bytes_at = -1, first + byte


def _initial(span: Span, start: int, cells: list[int]) -> None:
    """Writes the initial values of a variable; those that are the default of their type give way."""
    symbol, type_ = span.symbol, span.symbol.type
    byte, bit = divmod(span.start - 8 * start, 8)
    slots = span.home.slots[symbol.index : symbol.index + symbol.size]
    if type_.kind == "bool":
        cells[byte] |= int(bool(slots[0].value)) << bit
        return
    for slot, offset in zip(slots, cell_offsets(type_), strict=True):
        own = slot.type
        if own is None or slot.value == _none(own):
            continue
        for place, value in enumerate(encoded(slot.value, own), byte + offset):
            cells[place] = value


def _none(type_: IecType) -> Value:
    """The value whose bytes are 0."""
    return type_.default


def move_to_globals(project: Project, span: Span) -> None:
    """The address of a variable of a block: all its instances have the one memory there."""
    symbol, shared = span.symbol, project.globals
    slots = span.home.slots[symbol.index : symbol.index + symbol.size]
    symbol.index, symbol.is_global = len(shared.slots), True
    shared.slots += slots
