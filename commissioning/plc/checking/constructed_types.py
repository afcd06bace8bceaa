"""Types that a program makes of others: texts with a length, subranges, arrays, structures, enumerations."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Iterable, Set
from math import prod

from commissioning.plc.checking import typed
from commissioning.plc.checking.byte_layout import aligned, measure
from commissioning.plc.checking.calls import DeclarationChecker
from commissioning.plc.checking.evaluation import evaluated
from commissioning.plc.checking.limits import MAX_CELLS
from commissioning.plc.checking.scope import Declared, Pou, Project, Slot
from commissioning.plc.checking.shared_bits import SharedBits
from commissioning.plc.checking.unknown import UNKNOWN_LENGTH, attempt
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ANY_INT, ELEMENTARY, LINT, MAX_STRING, Component, IecType


class ConstructedTypes:
    """Makes types; those that they are made of are resolved by name elsewhere."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @abstractmethod
    def resolve(self, pou: Pou, node: units.TypeNode, file: str) -> Declared | None:
        """The type that `node` names or describes; None after a Problem."""

    @abstractmethod
    def named(self, pou: Pou, node: units.TypeName, file: str) -> Declared | None:
        """The type or block of that name; None after a Problem."""

    @abstractmethod
    def with_initial(
        self, pou: Pou, found: Declared, node: units.Initial | None, file: str, inner: bool = False,
        once: bool = False,
    ) -> Declared:  # fmt: skip
        """`found` with the initial value written behind it."""

    def string(self, pou: Pou, node: units.TypeName, elementary: IecType, file: str) -> IecType | None:
        """STRING[n]; None after a Problem."""
        assert node.length is not None
        length = self.whole(pou, node.length, file)
        if length is None:
            return None
        if elementary.kind != "string" or not 1 <= length <= MAX_STRING:
            self.project.problem("only STRING has a length, from 1 to 65535", file, node.at)
            return None
        return dataclasses.replace(elementary, length=length)

    def subrange(self, pou: Pou, node: units.SubrangeType, file: str) -> Declared | None:
        """`INT(0..9)`; None after a Problem."""
        found = self.named(pou, units.TypeName(node.name, None, node.at), file)
        low, high = self.whole(pou, node.low, file), self.whole(pou, node.high, file)
        if found is None or low is None or high is None:
            return None
        base = found.type
        if base.kind not in ("int", "bits") or not base.low <= low <= high <= base.high:
            what = f"{base} has no range {low}..{high}"
            cure = f"Choose one in {base.low}..{base.high}" if base.kind in ("int", "bits") else ""
            self.project.problem(what, file, node.at, cure)
            return None
        free = self.project.dialect.subranges_free
        type_ = dataclasses.replace(base, limits=(low, high), free=free)
        return Declared(type_, (Slot(type_, min(max(0, low), high)),))

    def array(self, pou: Pou, node: units.ArrayType, file: str) -> Declared | None:
        """`ARRAY[1..3, 0..9] OF REAL`; None after a Problem."""
        element = self.resolve(pou, node.element, file)
        bounds = []
        for pair in node.bounds:
            if pair.low is None or pair.high is None:
                return self._open_array(node, element, file)
            with attempt(self.project, file, pair.at, part=True) as attempted:
                low, high = self.whole(pou, pair.low, file), self.whole(pou, pair.high, file)
                if low is not None and high is not None:
                    if high == low - 1 and self.project.dialect.narrows and not _literals(pair):
                        what = f"the array has no element: {low}..{high}; it gets one"
                        self.project.notice(what, file, pair.at, "Choose the constants otherwise")
                        bounds.append((low, low))
                    elif high < low:
                        what = f"the array has no element: {low}..{high} is empty"
                        self.project.problem(what, file, pair.at, f"Write {high}..{low}")
                    else:
                        bounds.append((low, high))
            if attempted.why:  # nobody knows how many there are
                bounds.append((low or 0, (low or 0) + UNKNOWN_LENGTH - 1))
        if element is None or len(bounds) < len(node.bounds):
            return None
        count = prod(high - low + 1 for low, high in bounds)
        size = count * element.type.size
        if size > MAX_CELLS:
            what = f"an array of {size} cells is larger than the memory of {MAX_CELLS}"
            self.project.problem(what, file, node.at)
            return None
        shown = ",".join(f"{low}..{high}" for low, high in bounds)
        type_ = IecType(
            f"ARRAY[{shown}] OF {element.type}", "array", bounds=tuple(bounds), element=element.type,
            size=size, blocks=element.type.blocks,
        )  # fmt: skip
        return Declared(type_, element.slots * count)

    def _open_array(self, node: units.ArrayType, element: Declared | None, file: str) -> Declared | None:
        """ARRAY[*]; where it may stand is the declaration's concern."""
        if any(pair.low is not None for pair in node.bounds):
            self.project.problem("either all bounds of an array are *, or none", file, node.at)
            return None
        if element is None:
            return None
        count = len(node.bounds)
        name = f"ARRAY[{','.join('*' * count)}] OF {element.type}"
        type_ = IecType(name, "array", element=element.type, dimensions=count, blocks=element.type.blocks)
        return Declared(type_, element.slots)

    def structure(
        self, pou: Pou, node: units.StructType, file: str, name: str,
        extends: tuple[units.TypeName, ...] = (), pack: int = 8,
    ) -> Declared | None:  # fmt: skip
        """A STRUCT or UNION, behind the members of what it extends; None after a Problem. `pack`: its members
        lie at multiples of so many bytes at most."""
        slots: list[Slot] = []
        members: dict[str, Component] = {}
        sound = True
        for above in extends:
            base = self.named(pou, above, file)
            if base is not None and base.type.kind != "struct":
                self.project.problem(f"{above.name} is no structure to extend", file, above.at)
            if base is None or base.type.kind != "struct":
                sound = False
                continue
            self.project.struct_bases[name.upper()] = base.type.name.upper()
            members |= {
                m.name.upper(): Component(m.name, m.type, len(slots) + m.offset) for m in base.type.members
            }
            slots += base.slots
        placed = next((declaration for declaration in node.declarations if declaration.address), None)
        if placed is not None:
            what = "AT inside of a structure is not carried out: members lie where they do without"
            self.project.notice(what, file, placed.at, "Do not count on places in bytes, or use a UNION")
        bits = SharedBits(self.project, slots, members)
        for declaration in node.declarations:
            shares = not node.union and bits.takes(declaration.type)
            found = self.resolve(pou, declaration.type, file)
            if found is None:
                sound = False
                continue
            found = self.with_initial(pou, found, declaration.initial, file, once=True)
            for label in declaration.names:
                if label.name.upper() in members or bits.has(label.name.upper()):
                    self.project.problem(f"{label.name} is declared a second time", file, label.at)
                if shares:
                    bits.add(label.name, found.slots[0].value)
                    continue
                if len(slots) + found.type.size > MAX_CELLS:
                    what = f"a structure is larger than the memory of {MAX_CELLS} cells"
                    self.project.problem(what, file, label.at)
                    return None
                members[label.name.upper()] = Component(label.name, found.type, len(slots))
                slots += found.slots
        if node.union and members:
            return self._union(node, file, name, tuple(members.values()), pack) if sound else None
        if not members and sound:
            slots.append(Slot(ELEMENTARY["BOOL"], False))  # a structure without members still has a place
        blocks = any(member.type.blocks for member in members.values())
        type_ = IecType(
            name or _nameless("structure", file, node.at), "struct", size=len(slots),
            members=tuple(members.values()), blocks=blocks, pack=pack,
        )  # fmt: skip
        return Declared(type_, tuple(slots)) if sound else None

    def _union(
        self, node: units.StructType, file: str, name: str, members: tuple[Component, ...], pack: int
    ) -> Declared | None:
        """A UNION: bytes, which every member shows as its own type."""
        if any(member.type.blocks for member in members):
            self.project.problem("a UNION cannot have a block in it", file, node.at, "Use a STRUCT")
            return None
        self.project.addressed = self.project.any_elapsed = True
        sizes = [measure(member.type) for member in members]
        align = min(max(own for _, own in sizes), pack)
        count = aligned(max(size for size, _ in sizes), align)
        byte = ELEMENTARY["BYTE"]
        data = IecType(
            f"ARRAY[0..{count - 1}] OF BYTE", "array", bounds=((0, count - 1),), element=byte, size=count
        )
        type_ = IecType(
            name or _nameless("union", file, node.at), "struct", size=count,
            members=(Component("__bytes", data, 0),),
            overlays=tuple(dataclasses.replace(member, offset=0) for member in members), pack=pack,
        )  # fmt: skip
        return Declared(type_, (Slot(byte, 0),) * count)

    def enumeration(
        self, pou: Pou, node: units.EnumType, file: str, name: str, marks: Set[str] = frozenset()
    ) -> Declared | None:
        """An enumeration, whose members become names; None after a Problem. `marks`: its attributes."""
        base = ELEMENTARY["INT"]
        if node.base:
            found = self.named(pou, units.TypeName(node.base, None, node.at), file)
            if found is None:
                return None
            base = found.type
        if self.project.stubs.given(node.base):
            return None
        if base.kind not in ("int", "bits"):
            what = f"an enumeration has a whole number as its base type, not {base}"
            self.project.problem(what, file, node.at, "Write INT or DINT")
            return None
        values: dict[str, tuple[str, int]] = {}
        following = 0
        for member in node.members:
            value: int | None = following
            if member.value is not None:
                value = self._member_value(pou, member.value, values, file)
            if member.name.upper() in values:
                self.project.problem(f"{member.name} is declared a second time", file, member.at)
            if value is None:
                continue
            if not base.low <= value <= base.high:
                what = f"{member.name} is {value}, that does not fit {base} ({base.low}..{base.high})"
                self.project.problem(what, file, member.at)
            values[member.name.upper()] = (member.name, value)
            following = value + 1
        if not values:
            return None
        type_ = IecType(
            name or _nameless("enumeration", file, node.at), "enum", base.low, base.high, element=base,
            values=tuple(values.values()), named="to_string" in marks, qualified="qualified_only" in marks,
            strict="strict" in marks, open=bool(node.base) and self.project.dialect.name == "iec",
        )  # fmt: skip
        self._register(type_, values)
        first = type_.values[0][1]
        if self.project.dialect.measured and any(value == 0 for _, value in type_.values):
            first = 0
        return Declared(type_, (Slot(type_, first),))

    def _member_value(
        self, pou: Pou, node: tree.Expression, before: dict[str, tuple[str, int]], file: str
    ) -> int | None:
        """The value given to a member: a constant, or a member that stands before it."""
        if isinstance(node, tree.Name) and node.name.upper() in before:
            return before[node.name.upper()][1]
        return self.whole(pou, node, file)

    def _register(self, type_: IecType, names: Iterable[str]) -> None:
        home = self.project.qualified if type_.qualified else self.project.enumerators
        for name in names:
            known = home.setdefault(name, [])
            if type_ not in known:
                known.append(type_)

    def whole(self, pou: Pou, node: tree.Expression, file: str) -> int | None:
        """A constant whole number, None after a Problem."""
        checker = DeclarationChecker(self.project, pou)
        checker.file = file
        found = checker.expression(node)
        if found is None:
            self.project.stubs.constant(checker, node)
            return None
        if isinstance(found, typed.Const) and isinstance(found.value, int) and found.type.kind != "bool":
            return found.value
        if found.type.kind in ("int", "bits", "enum"):
            value = evaluated(found, found.type if found.type is not ANY_INT else LINT)
            if value is not None:
                return int(value)
        self.project.stubs.constant(checker, node)
        what = "a constant whole number is needed here"
        self.project.problem(what, file, node.at, "Use a number, or a CONSTANT declared before")
        return None


def _literals(pair: units.Bounds) -> bool:
    """Whether bounds are written as numbers, and come from no constant."""
    return all(isinstance(side, tree.Literal) for side in (pair.low, pair.high))


def _nameless(kind: str, file: str, at: At) -> str:
    return f"{kind} of {file}:{at.line}:{at.column}"
