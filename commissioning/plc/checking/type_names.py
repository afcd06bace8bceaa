"""What a type in a declaration stands for: its cells, and what they start with.

Declared types are resolved when they are first used, so that they may stand in any order; one that contains
itself is a Problem.
"""

from __future__ import annotations

from collections.abc import Collection

from commissioning.plc.checking import any_type
from commissioning.plc.checking.constructed_types import ConstructedTypes
from commissioning.plc.checking.global_order import names_in
from commissioning.plc.checking.initials import InitialValues, Site
from commissioning.plc.checking.same_names import write_in_full
from commissioning.plc.checking.scope import OF_LIBRARY, Declared, Pou, Project, Slot, suggestion
from commissioning.plc.checking.unknown import attempt
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.syntax import units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import (
    ELEMENTARY,
    LAST_ADDRESS,
    IecType,
)

_PACK_MODES = {"0": 1, "1": 1, "2": 2, "4": 4, "8": 8}


class TypeNames(ConstructedTypes):
    """Resolves the types of a project."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
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
            elif key in STANDARD_BLOCKS or key in ELEMENTARY:
                what = f"{node.name} is the name of a standard block or type"
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

    def resolve_enumerations(self, constants: Collection[str] = ()) -> None:
        """Enumerations first: their members are names of their own. Those whose values name `constants` (in
        upper case) wait for them."""
        for key, (node, _file) in self._waiting.items():
            if isinstance(node.type, units.EnumType) and not (
                constants and any(name in constants for name in names_in(node.type.members))
            ):
                self._named_type(key)

    # ---- one type ------------------------------------------------------------------------------------

    def resolve(self, pou: Pou, node: units.TypeNode, file: str) -> Declared | None:
        """The type that `node` names or describes; None after a Problem."""
        match node:
            case units.TypeName():
                return self.named(pou, node, file)
            case units.SubrangeType():
                return self.subrange(pou, node, file)
            case units.ArrayType():
                return self.array(pou, node, file)
            case units.EnumType():
                if isinstance(self.project.block(node.base), Pou):  # with what it gives to FB_init
                    return self.named(pou, units.TypeName(node.base, None, node.at), file)
                return self.enumeration(pou, node, file, "")
            case units.StructType():
                return self.structure(pou, node, file, "")
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
        word = node.kind if node.kind == "REF_TO" else f"{node.kind} TO"
        type_ = IecType(f"{word} {shown}", kind, 0, LAST_ADDRESS, target=shown.upper())
        return Declared(type_, (Slot(type_, 0),))

    def known(self, name: str, at: At, file: str) -> Declared | None:
        """The type or block of that name, also `POINTER TO name`; None where there is none."""
        kind, _, target = name.partition(" TO ")
        if target:
            address = units.AddressType(kind, units.TypeName(target, None, at), at, 2)
            return self.resolve(self.project.globals, address, file)
        key = name.upper()
        own = key in ELEMENTARY or key in self.project.dialect.types
        if own or key in self._waiting or self.project.block(key) is not None:
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
                marks = set(self.project.attributes.get((file, node.at), ()))
                if self.project.dialect.name == "iec":  # what only the makers' compilers refuse
                    marks -= {"qualified_only", "strict"}
                found = self.enumeration(shared, node.type, file, node.name, marks)
            case units.StructType():
                pack = self._pack_mode(file, node.at)
                found = self.structure(shared, node.type, file, node.name, node.extends, pack)
            case _:
                found = self.resolve(shared, node.type, file)
        if found is not None:
            others = self.project.enumerators
            if found.type.kind == "enum":  # its own members come first in its initial value
                own = {name.upper(): [found.type] for name, _ in found.type.values}
                self.project.enumerators = others | own
            found = self.with_initial(shared, found, node.initial, file, once=True)
            self.project.enumerators = others
            self.project.types[key] = found
        self._resolving.pop()
        return found

    def _pack_mode(self, file: str, at: At) -> int:
        """The attribute of a structure: at multiples of how many bytes its members lie at most."""
        written = self.project.attribute("pack_mode", file, at)
        if written is None:
            return 8
        if written not in _PACK_MODES:
            what = f"there is no pack_mode '{written}': the members lie where they do without"
            self.project.notice(what, file, at, "Write 0, 1, 2, 4 or 8")
        return _PACK_MODES.get(written, 8)

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
        with attempt(self.project, file, node.at):
            self.project.unknown.type(found.type)
            self.initials.fill(Site(pou, file, slots, inner), found.type, node)
        return Declared(found.type, tuple(slots))

    def named(self, pou: Pou, node: units.TypeName, file: str) -> Declared | None:
        """The type or block of that name; None after a Problem."""
        key = node.name.upper()
        own = key in any_type.NAMES or key == any_type.TYPE_CLASS.name
        if "." in key and not own and key not in self._waiting and key not in self.project.pous:
            key = key.rpartition(".")[2]  # of a library or namespace
        if key not in self._waiting and self.project.block(key) is None:
            key = self.project.dialect.types.get(key, key)
        own = key in self._waiting or self.project.block(key) is not None
        makers = self.project.dialect.name != "iec"
        if key in any_type.NAMES and not own and makers:
            self.project.targets.setdefault("BYTE", lambda: Declared(ELEMENTARY["BYTE"], ()))
            return Declared(any_type.ANY, tuple(Slot(member.type, 0) for member in any_type.ANY.members))
        if key == any_type.TYPE_CLASS.name or (key in any_type.CLASS_NAMES and makers and not own):
            return Declared(any_type.TYPE_CLASS, (Slot(any_type.TYPE_CLASS, 0),))
        elementary = self.project.dialect.elementary(key)
        if elementary is not None:
            type_ = elementary if node.length is None else self.string(pou, node, elementary, file)
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
        known = [*ELEMENTARY, *(name for name in STANDARD_BLOCKS if name[0] != "_")]
        known += [declared.name for declared, _ in self._waiting.values()]
        known += [p.name for p in self.project.pous.values() if p.kind == "FUNCTION_BLOCK"]
        given = bool(node.arguments or node.rows or node.length is not None)
        self.project.stubs.type_named(node.name, file, node.at, "block" if given else "")
        if given and key in self._waiting:
            what = f"{node.name} is no block, so it takes no arguments"
            self.project.problem(what, file, node.at, "Write := (...) to give values to its members")
            return None
        cure = write_in_full(key, known) or suggestion(key, known)
        cure = cure or OF_LIBRARY
        self.project.problem(f"there is no type or block {node.name}", file, node.at, cure)
        return None
