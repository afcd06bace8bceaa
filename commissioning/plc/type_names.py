"""What a type in a declaration stands for: its cells, and what they start with.

Declared types are resolved when they are first used, so that they may stand in any order; one that contains
itself is a Problem.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from math import prod

from commissioning.plc import any_type, tree, typed, units
from commissioning.plc.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.byte_layout import stride
from commissioning.plc.calls import ExpressionChecker
from commissioning.plc.conversions import conversion
from commissioning.plc.evaluation import evaluated
from commissioning.plc.functions import FUNCTIONS
from commissioning.plc.iec_types import (
    ANY_INT,
    ELEMENTARY,
    LAST_ADDRESS,
    LINT,
    MAX_STRING,
    Component,
    IecType,
)
from commissioning.plc.initials import InitialValues
from commissioning.plc.limits import MAX_CELLS
from commissioning.plc.scope import Declared, Pou, Project, Slot, suggestion
from commissioning.plc.tree import At


class TypeNames:
    """Resolves the types of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.initials = InitialValues(project)
        self._waiting: dict[str, tuple[units.TypeDeclaration, str]] = {}
        self._resolving: list[str] = []
        project.resolver = self.known

    def declare(self, section: units.Types, file: str) -> None:
        """Makes the types of a TYPE section known by name."""
        for node in section.declarations:
            key = node.name.upper()
            other = self._waiting.get(key)
            if other is not None:
                what = f"{node.name} is declared a second time (first in {other[1]}:{other[0].at.line})"
                self.project.problem(what, file, node.at, "Rename one of them")
            elif key in STANDARD_BLOCKS or key in FUNCTIONS or key in ELEMENTARY or conversion(key):
                what = f"{node.name} is the name of a standard block, function or type"
                self.project.problem(what, file, node.at, "Choose another name")
            elif key in self.project.pous:
                what = f"{node.name} is a {self.project.pous[key].kind.lower()} already"
                self.project.problem(what, file, node.at, "Rename one of them")
            else:
                self._waiting[key] = (node, file)

    def resolve_all(self) -> None:
        """Resolves what no variable uses, so that its mistakes are reported as well."""
        for key in self._waiting:
            self._named_type(key)
        for resolve in list(self.project.targets.values()):
            resolve()

    def resolve_enumerations(self) -> None:
        """Enumerations first: their members are names of their own."""
        for key, (node, _file) in self._waiting.items():
            if isinstance(node.type, units.EnumType):
                self._named_type(key)

    # ---- one type ------------------------------------------------------------------------------------

    def resolve(self, pou: Pou, node: units.TypeNode, file: str) -> Declared | None:
        """The type that `node` names or describes; None after a Problem."""
        match node:
            case units.TypeName():
                return self._name(pou, node, file)
            case units.SubrangeType():
                return self._subrange(pou, node, file)
            case units.ArrayType():
                return self._array(pou, node, file)
            case units.EnumType():
                if isinstance(self.project.block(node.base), Pou):  # with what it gives to FB_init
                    return self._name(pou, units.TypeName(node.base, None, node.at), file)
                return self._enumeration(pou, node, file, "")
            case units.StructType():
                return self._structure(pou, node, file, "")
            case units.AddressType():
                return self._address(pou, node, file)

    def _address(self, pou: Pou, node: units.AddressType, file: str) -> Declared | None:
        """POINTER TO and REFERENCE TO; a named target is looked up when needed: it may name this one."""
        target = node.target
        named = isinstance(target, units.TypeName) and target.length is None
        if isinstance(target, units.TypeName) and named and target.name.upper() not in ELEMENTARY:
            shown = target.name
            self.project.targets.setdefault(shown.upper(), lambda: self.resolve(pou, target, file))
        else:
            found = self.resolve(pou, target, file)
            if found is None:
                return None
            shown = str(found.type)
            self.project.targets.setdefault(shown.upper(), lambda: found)
        kind = "reference" if node.kind == "REFERENCE" else "pointer"
        type_ = IecType(f"{node.kind} TO {shown}", kind, 0, LAST_ADDRESS, target=shown.upper())
        return Declared(type_, (Slot(type_, 0),))

    def known(self, name: str, at: At, file: str) -> Declared | None:
        """The type or block of that name, None where there is none."""
        key = name.upper()
        if key in ELEMENTARY or key in self._waiting or self.project.block(key) is not None:
            return self.resolve(self.project.globals, units.TypeName(name, None, at), file)
        return None

    def _named_type(self, key: str) -> Declared | None:
        if key in self.project.types:
            return self.project.types[key]
        node, file = self._waiting[key]
        if key in self._resolving:
            names = [self._waiting[k][0].name for k in (*self._resolving[self._resolving.index(key) :], key)]
            what = f"{node.name} contains itself: {' -> '.join(names)}"
            self.project.problem(what, file, node.at)
            return None
        self._resolving.append(key)
        shared = self.project.globals
        match node.type:
            case units.EnumType():
                found = self._enumeration(shared, node.type, file, node.name)
            case units.StructType():
                found = self._structure(shared, node.type, file, node.name, node.extends)
            case _:
                found = self.resolve(shared, node.type, file)
        if found is not None:
            found = self.with_initial(shared, found, node.initial, file, once=True)
            self.project.types[key] = found
        self._resolving.pop()
        return found

    def with_initial(
        self, pou: Pou, found: Declared, node: units.Initial | None, file: str, inner: bool = False,
        once: bool = False,
    ) -> Declared:  # fmt: skip
        """`found` with the initial value written behind it; `inner`: only those of user's blocks, `once`:
        those cannot follow."""
        if node is None:
            return found
        slots = list(found.slots)
        self.initials.once = once
        self.initials.fill(pou, file, found.type, node, slots, 0, inner)
        return Declared(found.type, tuple(slots))

    def _name(self, pou: Pou, node: units.TypeName, file: str) -> Declared | None:
        key = node.name.upper()
        if "." in key and key not in self._waiting and key not in self.project.pous:
            key = key.rpartition(".")[2]  # of a library or namespace
        if key not in self._waiting and self.project.block(key) is None:
            key = self.project.dialect.types.get(key, key)
        if key in any_type.NAMES and self.project.dialect.name != "iec":
            self.project.targets.setdefault("BYTE", lambda: Declared(ELEMENTARY["BYTE"], ()))
            return Declared(any_type.ANY, tuple(Slot(member.type, 0) for member in any_type.ANY.members))
        if key == any_type.TYPE_CLASS.name:
            return Declared(any_type.TYPE_CLASS, (Slot(any_type.TYPE_CLASS, 0),))
        elementary = ELEMENTARY.get(key)
        if elementary is not None:
            type_ = elementary if node.length is None else self._string(pou, node, elementary, file)
            return None if type_ is None else Declared(type_, (Slot(type_, type_.default),))
        init = isinstance(self.project.block(key), Pou)  # FB_X(1) may give one argument to FB_init
        if node.length is None or init:
            if key in self._waiting:
                return self._named_type(key)
            interface = self.project.interfaces.get(key)
            if interface is not None:
                type_ = IecType(interface.name, "interface", 0, LAST_ADDRESS)
                return Declared(type_, (Slot(type_, 0),))
            block = self.project.block(key)
            if isinstance(block, StandardBlock):
                kind = IecType(block.name, "block", size=len(block.cells), blocks=True)
                return Declared(kind, tuple(Slot(cell.type, cell.initial) for cell in block.cells))
            if block is not None:
                return Declared(IecType(block.name, "block", blocks=True), (Slot(child=block),))
        other = self.project.pous.get(key)
        if other is not None and other.kind != "FUNCTION_BLOCK":
            what = f"{node.name} is a {other.kind.lower()}, a variable cannot have it as its type"
            self.project.problem(what, file, node.at)
            return None
        known = [*ELEMENTARY, *STANDARD_BLOCKS, *(n.name for n, _ in self._waiting.values())]
        known += [p.name for p in self.project.pous.values() if p.kind == "FUNCTION_BLOCK"]
        given = bool(node.arguments or node.rows or node.length is not None)
        self.project.stubs.type_named(node.name, file, node.at, "block" if given else "")
        if given and key in self._waiting:
            what = f"{node.name} is no block, so it takes no arguments"
            self.project.problem(what, file, node.at, "Write := (...) to give values to its members")
            return None
        self.project.problem(f"there is no type or block {node.name}", file, node.at, suggestion(key, known))
        return None

    def _whole(self, pou: Pou, node: tree.Expression, file: str) -> int | None:
        """A constant whole number, None after a Problem."""
        checker = ExpressionChecker(self.project, pou)
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

    def _string(self, pou: Pou, node: units.TypeName, elementary: IecType, file: str) -> IecType | None:
        assert node.length is not None
        length = self._whole(pou, node.length, file)
        if length is None:
            return None
        if elementary.kind != "string" or not 1 <= length <= MAX_STRING:
            self.project.problem("only STRING has a length, from 1 to 65535", file, node.at)
            return None
        return dataclasses.replace(elementary, length=length)

    def _subrange(self, pou: Pou, node: units.SubrangeType, file: str) -> Declared | None:
        found = self._name(pou, units.TypeName(node.name, None, node.at), file)
        low, high = self._whole(pou, node.low, file), self._whole(pou, node.high, file)
        if found is None or low is None or high is None:
            return None
        base = found.type
        if base.kind not in ("int", "bits") or not base.low <= low <= high <= base.high:
            what = f"{base} has no range {low}..{high}"
            cure = f"Choose one in {base.low}..{base.high}" if base.kind in ("int", "bits") else ""
            self.project.problem(what, file, node.at, cure)
            return None
        type_ = dataclasses.replace(base, limits=(low, high))
        return Declared(type_, (Slot(type_, min(max(0, low), high)),))

    def _array(self, pou: Pou, node: units.ArrayType, file: str) -> Declared | None:
        element = self.resolve(pou, node.element, file)
        bounds = []
        for pair in node.bounds:
            if pair.low is None or pair.high is None:
                return self._open_array(node, element, file)
            low, high = self._whole(pou, pair.low, file), self._whole(pou, pair.high, file)
            if low is not None and high is not None:
                if high < low:
                    what = f"the array has no element: {low}..{high} is empty"
                    self.project.problem(what, file, pair.at, f"Write {high}..{low}")
                else:
                    bounds.append((low, high))
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

    # ---- structures and enumerations -------------------------------------------------------------------

    def _structure(
        self, pou: Pou, node: units.StructType, file: str, name: str, extends: tuple[units.TypeName, ...] = ()
    ) -> Declared | None:
        slots: list[Slot] = []
        members: dict[str, Component] = {}
        sound = True
        for above in extends:
            base = self._name(pou, above, file)
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
        for declaration in node.declarations:
            found = self.resolve(pou, declaration.type, file)
            if found is None:
                sound = False
                continue
            found = self.with_initial(pou, found, declaration.initial, file, once=True)
            for label in declaration.names:
                if label.name.upper() in members:
                    self.project.problem(f"{label.name} is declared a second time", file, label.at)
                if len(slots) + found.type.size > MAX_CELLS:
                    what = f"a structure is larger than the memory of {MAX_CELLS} cells"
                    self.project.problem(what, file, label.at)
                    return None
                members[label.name.upper()] = Component(label.name, found.type, len(slots))
                slots += found.slots
        if node.union and members:
            return self._union(node, file, name, tuple(members.values())) if sound else None
        if not members and sound:
            slots.append(Slot(ELEMENTARY["BOOL"], False))  # a structure without members still has a place
        blocks = any(member.type.blocks for member in members.values())
        type_ = IecType(
            name or _nameless("structure", file, node.at), "struct", size=len(slots),
            members=tuple(members.values()), blocks=blocks,
        )  # fmt: skip
        return Declared(type_, tuple(slots)) if sound else None

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

    def _union(
        self, node: units.StructType, file: str, name: str, members: tuple[Component, ...]
    ) -> Declared | None:
        """A UNION: bytes, which every member shows as its own type."""
        if any(member.type.blocks for member in members):
            self.project.problem("a UNION cannot have a block in it", file, node.at, "Use a STRUCT")
            return None
        self.project.addressed = self.project.any_elapsed = True
        count = max(stride(member.type) for member in members)
        byte = ELEMENTARY["BYTE"]
        data = IecType(
            f"ARRAY[0..{count - 1}] OF BYTE", "array", bounds=((0, count - 1),), element=byte, size=count
        )
        type_ = IecType(
            name or _nameless("union", file, node.at), "struct", size=count,
            members=(Component("__bytes", data, 0),),
            overlays=tuple(dataclasses.replace(member, offset=0) for member in members),
        )  # fmt: skip
        return Declared(type_, (Slot(byte, 0),) * count)

    def _enumeration(self, pou: Pou, node: units.EnumType, file: str, name: str) -> Declared | None:
        base = ELEMENTARY["INT"]
        if node.base:
            found = self._name(pou, units.TypeName(node.base, None, node.at), file)
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
            values=tuple(values.values()),
        )  # fmt: skip
        self._register(type_, values)
        return Declared(type_, (Slot(type_, type_.values[0][1]),))

    def _member_value(
        self, pou: Pou, node: tree.Expression, before: dict[str, tuple[str, int]], file: str
    ) -> int | None:
        """The value given to a member: a constant, or a member that stands before it."""
        if isinstance(node, tree.Name) and node.name.upper() in before:
            return before[node.name.upper()][1]
        return self._whole(pou, node, file)

    def _register(self, type_: IecType, names: Iterable[str]) -> None:
        for name in names:
            known = self.project.enumerators.setdefault(name, [])
            if type_ not in known:
                known.append(type_)


def _nameless(kind: str, file: str, at: At) -> str:
    return f"{kind} of {file}:{at.line}:{at.column}"
