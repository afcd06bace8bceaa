"""The cell of every path, as it is written in the program: `MAIN.zones[3].speed`, `grid[1,2]`.

Elements of arrays and structures of up to `LISTED` cells have their paths listed; those of larger ones are
worked out when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from commissioning.plc.checking.byte_layout import measure, place_of, stride
from commissioning.plc.checking.scope import Symbol, View
from commissioning.plc.checking.value_bytes import decoded
from commissioning.plc.generation.layout import Area, Location, MemoryPlan, Variable, parts
from commissioning.plc.generation.views import shown as shown
from commissioning.plc.generation.views import with_shown as with_shown
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.values.iec_types import BOOL, IecType, Value

LISTED = 1024
MOST_LISTED = 300_000  # of a program: elements beyond that many paths are worked out when somebody asks
_STEP = re.compile(r"\.([A-Z_][A-Z0-9_]*)|\[\s*([-+0-9,\s]+)\]")
_HEAD = re.compile(r"[.\[]")


@dataclass(frozen=True, slots=True)
class Found:
    """Every elementary variable by upper-case path, and the keys at the top level and inside blocks."""

    locations: dict[str, Location]
    top: list[str]
    inner: list[str]
    areas: dict[str, Area]


def locate(plans: Sequence[MemoryPlan], any_elapsed: bool) -> Found:
    """The cells of all variables; what lies in large arrays and structures only as their areas."""
    found = Found({}, [], [], {})
    roots = {plan.path for plan in plans if plan.path and "." not in plan.path and plan.pou.kind == "PROGRAM"}
    for number, plan in enumerate(plans):
        names = found.top if plan.path == "" or plan.path in roots else found.inner
        for symbol in plan.pou.symbols.values():
            if symbol.by_reference or symbol.block is not None or (symbol.section == "VAR_STAT" and number):
                continue
            if symbol.hidden:
                continue
            path = f"{plan.path}.{symbol.name}" if plan.path else symbol.name
            shared = symbol.is_global and number > 0  # by an address, or by all instances
            home = (plans[0], 0) if shared else (plan, number)
            if symbol.type.aggregate:
                first = symbol.index if symbol.bytes_at < 0 else symbol.bytes_at
                area = Area(home[1], first, symbol, path, plan.path, any_elapsed)
                found.areas[path.upper()] = area
                if symbol.size > LISTED or len(found.locations) > MOST_LISTED:
                    continue
            if symbol.bytes_at >= 0:
                area = Area(0, symbol.bytes_at, symbol, path, plan.path, any_elapsed)
                _in_bytes(found, names, area, plans[0])
                continue
            for inner, index, type_ in parts(symbol.type, path, symbol.index):
                if type_.kind == "block":
                    own = home[0].pou.slots[index].child is not None
                    block = None if own else STANDARD_BLOCKS.get(type_.name)
                    for cell in block.cells if block is not None else ():
                        if cell.role != "hidden" and block is not None:
                            key = f"{inner}.{cell.name}".upper()
                            found.inner.append(key)
                            found.locations[key] = _member(
                                *home, symbol, block, cell.name, inner, index, any_elapsed
                            )
                else:
                    for value in _values(*home, symbol, inner, index, type_):
                        names.append(value.variable.path.upper())
                        found.locations[names[-1]] = value
    return found


def _in_bytes(found: Found, names: list[str], area: Area, plan: MemoryPlan) -> None:
    """The values in a variable that shares bytes with others."""
    for inner, _, _ in parts(area.symbol.type, area.path, 0):
        rest = inner[len(area.path) :].upper()
        where = _overlaid(area, plan, area.symbol.type, area.index, area.path, rest)
        if where is not None:
            names.append(inner.upper())
            variable = replace(where.variable, path=inner, owner=inner.rpartition(".")[0])
            found.locations[inner.upper()] = replace(where, variable=variable)


def element(areas: Mapping[str, Area], plans: Sequence[MemoryPlan], path: str) -> Location | None:
    """Where an element of an array or structure lives, by a path that is not listed; None where nowhere."""
    key = path.upper()
    for mark in _HEAD.finditer(key):
        area = areas.get(key[: mark.start()])
        if area is not None:
            found = _walked(area, plans[area.memory], key[mark.start() :])
            if found is not None:
                return found
    return None


def _walked(area: Area, plan: MemoryPlan, rest: str) -> Location | None:
    type_, index, path = area.symbol.type, area.index, area.path
    if area.symbol.bytes_at >= 0:
        return _overlaid(area, plan, type_, index, path, rest)
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            return None
        position = step.end()
        name, numbers = step.groups()
        if numbers is not None:
            try:
                place = [int(number) for number in numbers.split(",")]
            except ValueError:
                return None
            offset = _offset(type_, place)
            if offset is None or type_.element is None:
                return None
            type_, index = type_.element, index + offset
            path += f"[{','.join(str(number) for number in place)}]"
            continue
        if type_.overlays and name != "__BYTES":
            return _overlaid(area, plan, type_, index, path, rest[step.start() :])
        own = plan.pou.slots[index].child is not None
        if type_.kind == "block" and position == len(rest) and type_.name in STANDARD_BLOCKS and not own:
            block = STANDARD_BLOCKS[type_.name]
            number = block.offsets.get(name)
            if number is None or block.cells[number].role == "hidden":
                return None
            return _member(
                plan, area.memory, area.symbol, block, block.cells[number].name, path, index, area.elapsed
            )
        member = type_.member(name)
        bit = type_.bit_member(name) if member is None else None
        if bit is not None:
            shared = (area.memory, area.symbol, f"{path}.__", index + bit[0].offset, bit[0].type)
            return list(_values(plan, *shared))[bit[1]] if position == len(rest) else None
        if member is None:
            return None
        type_, index, path = member.type, index + member.offset, f"{path}.{member.name}"
    if type_.aggregate or type_.kind == "block":
        return None
    return _value(plan, area.memory, area.symbol, path, index, type_)


def _overlaid(
    area: Area, plan: MemoryPlan, type_: IecType, index: int, path: str, rest: str
) -> Location | None:
    """What a path names in a UNION whose first byte is the cell `index`."""
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            return None
        position = step.end()
        name, numbers = step.groups()
        path += step.group()
        if name is not None:
            overlay = type_.overlay(name)
            member = overlay or type_.member(name)
            bit = type_.bit_member(name) if member is None else None
            if bit is not None and position == len(rest):
                index += place_of(type_, bit[0])
                outer = f"{path.rpartition('.')[0]}.__"
                return list(_values(plan, area.memory, area.symbol, outer, index, bit[0].type))[bit[1]]
            if member is None:
                return None
            index += 0 if overlay is not None else place_of(type_, member)
            type_ = member.type
            continue
        try:
            place = [int(number) for number in numbers.split(",")]
        except ValueError:
            return None
        offset = _offset(type_, place)
        if offset is None or type_.element is None:
            return None
        index += offset // max(type_.element.size, 1) * stride(type_.element)
        type_ = type_.element
    if type_.aggregate or type_.kind == "block":
        return None
    raw = measure(type_)[0]
    given = dict(plan.overrides)
    cells = [given.get(place, plan.pou.slots[place].value) for place in range(index, index + raw)]
    variable = _value(plan, area.memory, area.symbol, path, index, type_).variable
    variable = replace(variable, initial=decoded(bytes(int(cell) for cell in cells), type_))
    return Location(area.memory, index, type_, variable, nested=True, raw=raw)


def _offset(type_: IecType, place: list[int]) -> int | None:
    """Cells from the first element of an array to the one at these indices."""
    if type_.kind != "array" or type_.element is None or len(place) != len(type_.bounds):
        return None
    total = 0
    for position, (number, (low, high)) in enumerate(zip(place, type_.bounds, strict=True)):
        if not low <= number <= high:
            return None
        total += (number - low) * prod(b - a + 1 for a, b in type_.bounds[position + 1 :])
    return total * type_.element.size


def _value(plan: MemoryPlan, number: int, symbol: Symbol, path: str, index: int, type_: IecType) -> Location:
    initial = dict(plan.overrides).get(index, plan.pou.slots[index].value)
    if symbol.view is not None and isinstance(initial, int):
        initial = shown(initial, symbol.view, type_)
    owner = path.rpartition(".")[0]
    variable = _variable(path, owner, symbol, type_, initial, symbol.section)
    if plan.addresses or plan.retain:
        address = dict(plan.addresses).get(symbol.index, symbol.address)
        variable = replace(variable, address=address, retain=symbol.retain or plan.retain)
    return Location(number, index, type_, variable, nested=symbol.type.aggregate, view=symbol.view)


def _values(
    plan: MemoryPlan, number: int, symbol: Symbol, path: str, index: int, type_: IecType
) -> Iterator[Location]:
    """The variable at a path; of a byte that BITs share, these."""
    value = _value(plan, number, symbol, path, index, type_)
    if not type_.bit_names:
        yield value
    owner = path.rpartition(".")[0]
    initial = value.variable.initial
    for bit, name in enumerate(type_.bit_names):
        first = isinstance(initial, int) and initial >> bit & 1 == 1
        variable = replace(value.variable, path=f"{owner}.{name}", type="BOOL", initial=first)
        yield replace(value, type=BOOL, variable=variable, nested=True, view=View(bit, 1, type_))


def _member(
    plan: MemoryPlan, number: int, symbol: Symbol, block: StandardBlock, name: str, path: str, index: int,
    any_elapsed: bool,
) -> Location:  # fmt: skip
    """A member of a standard block that lies at `index`."""
    offset = block.offsets[name.upper()]
    cell = block.cells[offset]
    initial = dict(plan.overrides).get(index + offset, plan.pou.slots[index + offset].value)
    variable = _variable(f"{path}.{name}", path, symbol, cell.type, initial, f"VAR_{cell.role.upper()}")
    unstored = name in ("ET", "T") and not (symbol.elapsed or (any_elapsed and name == "ET"))
    timer = index if unstored else -1
    return Location(number, index + offset, cell.type, variable, timer, symbol.type.aggregate)


def _variable(
    path: str, owner: str, symbol: Symbol, type_: IecType, initial: Value, section: str
) -> Variable:
    writable = not symbol.constant and not symbol.address.startswith("%I")
    return Variable(
        path, owner, type_.name, section, symbol.address, initial, symbol.comment, symbol.constant,
        symbol.retain, writable, symbol.read, symbol.written, symbol.file, symbol.at.line, symbol.at.column,
    )  # fmt: skip
