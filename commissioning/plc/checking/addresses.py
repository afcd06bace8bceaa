"""Located variables: %IX0.0, %QW4, %MD8, and what shares their bits.

Byte n of an image is bits 8n to 8n + 7. The number of an address counts what the letter says (%MD4 begins at
byte 16), in TwinCAT bytes (%MD4 begins at byte 4). Variables that overlap become views of one cell, which
holds their whole connected piece of memory as one number; all others keep cells of their own (decision 19).
Points in an address are levels of a hierarchy, the leftmost the highest (IEC 61131-3, directly represented
variables): the last number, of a bit the last two, count inside the area that the others name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.checking.scope import Pou, Project, Slot, Symbol, View
from commissioning.plc.checking.shared_bytes import in_bytes, merge_bytes, move_to_globals
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ELEMENTARY, IecType, Value
from commissioning.plc.values.runtime import sign_extended
from commissioning.plc.values.runtime_bits import bits_of_real

_ADDRESS = re.compile(r"%([IQM])([XBWDL]?)([0-9]+(?:\.[0-9]+)*)")
_ANYWHERE = re.compile(r"%[IQM][XBWDL]?\*")
_ANY = re.compile(r"%[IQM]", re.IGNORECASE)
_DECLARED = re.compile(r"\bAT\s*%[IQM]", re.IGNORECASE)
_WIDTHS = {"X": 1, "": 1, "B": 8, "W": 16, "D": 32, "L": 64}
_TYPES = {"X": "BOOL", "": "BOOL", "B": "BYTE", "W": "WORD", "D": "DWORD", "L": "LWORD"}
_WHOLE = {
    "struct": ("structure", "a member"), "string": ("text", "characters"), "block": ("block", "a parameter"),
}  # fmt: skip
_DIGITS = 9  # of a number in an address
_LARGEST = 1 << 20  # bits of one connected piece of memory


def bits_of_address(address: str, bytewise: bool) -> tuple[str, int] | None:
    """The area (I, Q or M) and the first bit of an address; None for what is none. `bytewise`: the number
    always counts bytes."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    image, size, numbers = match.groups()
    return image, _first_bit(_WIDTHS[size], [int(part[:9]) for part in numbers.split(".")], bytewise)


def _first_bit(bits: int, parts: list[int], bytewise: bool) -> int:
    """Inside its area, of what is so many bits wide."""
    if bits > 1:
        return parts[-1] * (8 if bytewise else bits)
    return parts[-2] * 8 + parts[-1] if len(parts) > 1 else parts[0] * 8


@dataclass(frozen=True, slots=True)
class Span:
    """The bits that a located variable occupies in its image: I, Q or M, and the upper levels of a
    hierarchical address (`%IW2.5.7`: word 7 of the area I.2.5, apart from %IW7)."""

    image: str
    start: int
    stop: int
    symbol: Symbol
    home: Pou


class Addresses:
    """The located variables of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.spans: list[Span] = []
        self.alone: list[tuple[Span, str, str, str, At]] = []  # with address, path, file, place

    def add(self, pou: Pou, symbol: Symbol, names: int, file: str) -> None:
        """Checks the address of a variable and remembers its bits. `%I*` gets memory of its own."""
        makers = pou.kind == "FUNCTION_BLOCK" and self.project.dialect.own_widths and symbol.section == "VAR"
        if pou.kind not in ("PROGRAM", "GLOBAL") and not makers and not _ANYWHERE.fullmatch(symbol.address):
            what = f"{symbol.name}: only globals and variables of a PROGRAM can have an address"
            self.project.problem(what, file, symbol.at)
            return
        if makers and symbol.type.blocks:
            what = f"{symbol.name}: a block in a FUNCTION_BLOCK has no address, each instance has its own"
            self.project.problem(what, file, symbol.at, "Remove the address")
            return
        if not _ANYWHERE.fullmatch(symbol.address):
            self.place(pou, symbol, file, symbol.at, names)

    def place(self, pou: Pou, symbol: Symbol, file: str, at: At, names: int = 1) -> None:
        """Remembers the bits of a variable, of which there is one memory. `names`: declared in one go."""
        span = self._span(pou, symbol, symbol.address, names, file, at)
        if span is not None:
            self.spans.append(span)

    def place_alone(self, pou: Pou, symbol: Symbol, address: str, path: str, file: str, at: At) -> None:
        """Remembers the bits of a variable at `path` with memory of its own, so that no other has them."""
        span = self._span(pou, symbol, address, 1, file, at)
        if span is not None:
            self.alone.append((span, address, path, file, at))

    def _span(self, pou: Pou, symbol: Symbol, address: str, names: int, file: str, at: At) -> Span | None:
        """The bits of a variable at an address; None after a Problem."""
        match = _ADDRESS.fullmatch(address)
        if match is None:
            cure = "Write for example %IX0.0, %QX1.7, %IW2 or %MD4"
            self.project.problem(f"{address} is not an address", file, at, cure)
            return None
        if any(len(part) > _DIGITS for part in match.group(3).split(".")):
            self.project.problem(f"{address} lies beyond the memory of any PLC", file, at)
            return None
        image, size, numbers = match.groups()
        bits = _WIDTHS[size]
        parts = [int(part[:9]) for part in numbers.split(".")]
        fits = bits == _wanted(symbol.type)
        start = _first_bit(bits, parts, self.project.dialect.byte_addresses)
        length = bits * symbol.size
        if not fits and self.project.dialect.own_widths:
            length = 1 if symbol.type.kind == "bool" else 8 * measure(symbol.type)[0]
            fits = length == 1 or start % 8 == 0
        if names > 1 or not fits:
            what = "several names share one address" if names > 1 else (
                f"{address} is {bits} bit wide, {symbol.name} is a {symbol.type}"
            )  # fmt: skip
            self.project.problem(what, file, at)
        elif bits == 1 and len(parts) == 2 and parts[1] > 7:
            self.project.problem(f"{address}: a bit is byte.bit with bit 0..7", file, at)
        else:
            levels = parts[: -2 if bits == 1 else -1]
            area = ".".join((image, *map(str, levels)))
            return Span(area, start, start + length, symbol, pou)
        return None

    def direct(self, node: tree.Direct, file: str) -> None:
        """An address that a body names without a variable: a global by that name."""
        shared = self.project.globals
        match = _ADDRESS.fullmatch(node.address)
        if node.address in shared.symbols or match is None:
            return
        type_ = ELEMENTARY[_TYPES[match.group(2)]]
        symbol = Symbol(
            node.address, type_, "VAR_GLOBAL", file, node.at, address=node.address, is_global=True
        )
        symbol.index = len(shared.slots)
        shared.slots.append(Slot(type_, type_.default))
        shared.symbols[node.address] = symbol
        self.add(shared, symbol, 1, file)

    def share(self) -> None:
        """Makes views of the variables that overlap. Call it when all variables are placed."""
        self._keep_apart()
        for group in self._groups():
            if len(group) == 1:
                if group[0].home.kind == "FUNCTION_BLOCK":
                    move_to_globals(self.project, group[0])
                continue
            whole = any(span.symbol.type.kind in _WHOLE for span in group)
            arrays = [span for span in group if span.symbol.type.aggregate]
            if not arrays and not whole:
                self._merge(group)
            elif not whole and self._not_in_elements(group, arrays[0]) is None:
                self._merge_elements(group, arrays[0])
            elif in_bytes(group):
                merge_bytes(self.project, group)
            else:
                self._refuse(group)

    def _refuse(self, group: list[Span]) -> None:
        """A Problem for variables that cannot share their bits."""
        whole = next((s.symbol for s in group if s.symbol.type.kind in _WHOLE), None)
        if whole is not None:
            other = next(span.symbol for span in group if span.symbol is not whole)
            kind, part = _WHOLE[whole.type.kind]
            what = (
                f"{other.name} ({other.address}) lies in the {kind} {whole.name} ({whole.address}) of "
                f"{whole.file}:{whole.at.line}"
            )
            self.project.problem(what, other.file, other.at, f"Use {part} of {whole.name} instead")
            return
        array = next(span for span in group if span.symbol.type.aggregate)
        outside = self._not_in_elements(group, array)
        assert outside is not None
        what = (
            f"{outside.name} ({outside.address}) lies in several elements of the array {array.symbol.name} "
            f"({array.symbol.address}) of {array.symbol.file}:{array.symbol.at.line}"
        )
        cure = f"Put it together from elements of {array.symbol.name}"
        self.project.problem(what, outside.file, outside.at, cure)

    def _not_in_elements(self, group: list[Span], array: Span) -> Symbol | None:
        """What is neither inside one element of an array that it overlaps, nor an array of such elements."""
        element, width = array.symbol.type.element, (array.stop - array.start) // array.symbol.size
        for span in group:
            type_, offset = span.symbol.type, span.start - array.start
            if type_.aggregate:
                fits = type_.element == element and offset % width == 0
            else:
                inside = offset // width == (span.stop - 1 - array.start) // width
                fits = (type_ == element and offset % width == 0) or (
                    element is not None and element.kind in ("int", "bits") and inside
                )
            if not fits or element is None or element.size != 1:
                other = next(one.symbol for one in group if one is not array)
                return other if type_.aggregate else span.symbol
        return None

    def _merge_elements(self, group: list[Span], array: Span) -> None:
        """Puts the elements of arrays that overlap into the globals, and makes the others views of them."""
        element, width = array.symbol.type.element, (array.stop - array.start) // array.symbol.size
        assert element is not None
        first = min((span.start - array.start) // width for span in group)
        count = max(-(-(span.stop - array.start) // width) for span in group) - first
        shared = self.project.globals
        base, cells = len(shared.slots), [Slot(element, element.default) for _ in range(count)]
        for span in sorted(group, key=lambda span: not span.symbol.type.aggregate):
            symbol = span.symbol
            number, offset = divmod(span.start - array.start - first * width, width)
            given = [slot.value for slot in span.home.slots[symbol.index : symbol.index + symbol.size]]
            view = None if symbol.type.aggregate or symbol.type == element else View(
                offset, span.stop - span.start, element
            )  # fmt: skip
            for place, value in enumerate(given, number):
                old = cells[place].value
                if view is None and value != element.default:
                    cells[place] = Slot(element, value)
                elif view is not None and value != symbol.type.default and isinstance(old, int):
                    bits = old & ~((1 << view.width) - 1 << offset)
                    bits |= _bits(value, symbol.type, view.width) << offset
                    cells[place] = Slot(element, sign_extended(bits, width) if element.low < 0 else bits)
            symbol.index, symbol.is_global, symbol.view = base + number, True, view
        shared.slots += cells

    def _keep_apart(self) -> None:
        """Problems where a variable with memory of its own has bits that another one has too."""
        for number, (span, address, path, file, at) in enumerate(self.alone):
            others = [(other, other.symbol.name) for other in self.spans]
            others += [(other, name) for other, _, name, _, _ in self.alone[:number]]
            for other, name in others:
                if other.image == span.image and other.start < span.stop and span.start < other.stop:
                    what = f"{path} and {name} lie both at {address}, and {path} is one of several instances"
                    cure = "Give the address to a VAR_GLOBAL, and its value to the instances"
                    self.project.problem(what, file, at, cure)
                    break

    def _groups(self) -> Iterator[list[Span]]:
        group: list[Span] = []
        stop, image = 0, ""
        for span in sorted(self.spans, key=lambda s: (s.image, s.start, -s.stop)):
            if group and (span.image != image or span.start >= stop):
                yield group
                group, stop = [], 0
            group.append(span)
            stop, image = max(stop, span.stop), span.image
        if group:
            yield group

    def _merge(self, group: list[Span]) -> None:
        start, stop = group[0].start, max(span.stop for span in group)
        if stop - start > _LARGEST:
            first = group[0].symbol
            self.project.problem("these variables overlap over too many bits", first.file, first.at)
            return
        shared = self.project.globals
        same = all((s.start, s.stop, s.symbol.type) == (start, stop, group[0].symbol.type) for s in group)
        type_ = group[0].symbol.type if same else IecType("memory", "bits", 0, (1 << (stop - start)) - 1)
        initial: Value = type_.default
        pattern = 0
        for span in group:
            own = span.home.slots[span.symbol.index].value
            if own != span.symbol.type.default:
                initial = own
                width = span.stop - span.start
                mask = (1 << width) - 1
                offset = span.start - start
                pattern = pattern & ~(mask << offset) | _bits(own, span.symbol.type, width) << offset
        for span in group:
            span.symbol.index = len(shared.slots)
            span.symbol.is_global = True
            if not same:
                kind = span.symbol.type
                span.symbol.view = View(span.start - start, span.stop - span.start, type_, kind.grain)
        shared.slots.append(Slot(type_, initial if same else pattern))


def _bits(value: Value, type_: IecType, width: int) -> int:
    """The bits of an initial value."""
    if isinstance(value, int):
        return value // type_.grain & (1 << width) - 1
    return bits_of_real(float(value), width)


def _wanted(type_: IecType) -> int:
    """The width that an address needs for a variable, or for the elements of an array."""
    if type_.kind == "array" and type_.element is not None:
        return _wanted(type_.element)
    if type_.kind == "real":
        return 32 if type_.name == "REAL" else 64
    if type_.name in ("CHAR", "WCHAR"):
        return 8 if type_.name == "CHAR" else 16
    return {"bool": 1, "string": 0, "block": 0, "struct": 0}.get(type_.kind, type_.bits)


def is_incomplete(address: str) -> bool:
    """Whether it is `%I*`, `%QW*` and the like, which VAR_CONFIG completes."""
    return _ANYWHERE.fullmatch(address) is not None


def in_area(address: str, incomplete: str) -> bool:
    """Whether an address is one of those that an incomplete one, as in `%I*` or `%QW*`, leaves open."""
    return address.startswith(incomplete[:-1])


def names_addresses(text: str) -> bool:
    """Whether a body in this text may name an address: whether one stands elsewhere than behind AT."""
    return len(_ANY.findall(text)) > len(_DECLARED.findall(text))


def directs(nodes: Iterable[Any]) -> Iterator[tree.Direct]:
    """The addresses that bodies name without a variable."""
    work = list(nodes)
    while work:
        node = work.pop()
        if isinstance(node, tree.Direct):
            yield node
        elif isinstance(node, tuple):
            work += node
        elif is_dataclass(node) and not isinstance(node, type):
            work += [getattr(node, field.name) for field in fields(node)]
