"""Pointers, references and variables of an interface: taking addresses, and following them.

An address is a whole number (see address_space.py). What a pointer leads to is a cell like any other for the
rest of the compiler; only its place is looked up when the program runs.
"""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking import commands, open_arrays, typed
from commissioning.plc.checking.any_given import PLACES, any_of, clone_of
from commissioning.plc.checking.any_type import ANY, BYTES
from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.checking.byte_layout import stride as bytes_between
from commissioning.plc.checking.classes import all_interfaces, implementers, is_a
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.objects import ObjectChecker
from commissioning.plc.checking.referred import refers_otherwise
from commissioning.plc.checking.scope import Pou, Slot, Symbol
from commissioning.plc.checking.typed import Address, Cell, Typed
from commissioning.plc.generation.layout import leaf_types
from commissioning.plc.running.address_space import WindowPlan
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ANY_INT, BOOL, ELEMENTARY, LINT, NONE, IecType

_QUERIES = ("__QUERYINTERFACE", "__QUERYPOINTER")
# by name: the function in address_space.py
_MEMORY = {
    "MEMCPY": "copied", "MEMMOVE": "copied", "SYSMEMCPY": "copied", "SYSMEMMOVE": "copied",
    "MEMSET": "filled", "SYSMEMSET": "filled", "MEMCMP": "compared", "SYSMEMCMP": "compared",
}  # fmt: skip
MEMORY_CALLS = tuple(_MEMORY)
ADDRESS_CALLS = ("ADR", "REF", "__ISVALIDREF", *_QUERIES)


class PointerChecker(ObjectChecker):
    """Checks what has to do with addresses."""

    # ---- following -----------------------------------------------------------------------------------

    def followed(self, found: Designator, at: At) -> Designator | None:
        """What a reference refers to; anything else as it is."""
        if found.type.kind != "reference":
            return found
        given = self.valued(found, at)
        if given is None:
            return None
        found.symbol.read = True
        base = given.value if given.value is not None else typed.Load(given.type, given.cell)
        return self._through(base, found.type, found.member or found.symbol.name, at)

    def pointed(self, node: tree.Dereference) -> Designator | None:
        """`p^`."""
        base = self.expression(node.owner)
        if base is None:
            return None
        if base.type.kind != "pointer" or not base.type.target:
            self.problem(f"only a pointer is followed by ^, this is a {base.type}", node.at)
            return None
        return self._through(base, base.type, "what it points to", node.at)

    def indexed_pointer(self, node: tree.Indexed) -> Designator | None:
        """`p[i]`: i elements behind what p points to."""
        base, index = self.expression(node.owner), self.expression(node.indices[0])
        if base is None or index is None:
            return None
        if index.type.kind not in ("int", "bits"):
            self.problem(f"an index is a whole number, this is a {index.type}", node.indices[0].at)
            return None
        found = self._through(base, base.type, "what it points to", node.at)
        if found is None or found.block is not None:
            return found
        step = typed.Const(LINT, bytes_between(found.type))
        behind = typed.Arithmetic(LINT, self.widened(index, LINT), (("*", step),))
        moved = typed.Arithmetic(LINT, self.widened(base, LINT), (("+", behind),))
        assert found.cell.address is not None
        return replace(found, cell=replace(found.cell, address=replace(found.cell.address, base=moved)))

    def _through(self, base: Typed, type_: IecType, name: str, at: At) -> Designator | None:
        """The variable at the address that `base` gives."""
        declared = self.project.target(type_)
        if declared is None:
            self.problem(f"there is no type {type_.target}", at)
            return None
        target = declared.type
        symbol = Symbol(name, target, "VAR", self.file, at, read=True, written=True)
        block = self.project.block(target.name) if target.kind == "block" else None
        home = isinstance(block, Pou)
        self.project.any_elapsed = True
        cell = Cell("w", None, 0, address=Address(base, self._window_of_variable(target), home=home))
        found = Designator(symbol, target, cell, "variable", member=name)
        if isinstance(block, Pou):
            return replace(found, block=block)
        return found if block is None else replace(found, standard=block)

    def window(self, type_: IecType) -> int:
        """The number of the window that shows memory as `type_`."""
        block = self.project.block(type_.name) if type_.kind == "block" else None
        if isinstance(block, Pou):
            numbers = frozenset(pou.number for pou in (block, *block.descendants()))
            return self.project.window(WindowPlan(type_, classes=numbers))
        interface = self.project.interfaces.get(type_.name.upper()) if type_.kind == "interface" else None
        if interface is not None:
            numbers = frozenset(pou.number for pou in implementers(self.project, interface))
            return self.project.window(WindowPlan(type_, classes=numbers))
        if block is not None:
            return self.project.window(WindowPlan(type_, tuple(cell.type for cell in block.cells)))
        number = self.project.shown.get(type_)  # the plan of a large array is long to make and to compare
        if number is None:
            leaves = leaf_types(type_) if type_.aggregate else (type_.plain,)
            number = self.project.shown[type_] = self.project.window(WindowPlan(type_, leaves))
        return number

    def _window_of_variable(self, type_: IecType) -> int:
        """The same where a variable of the type lies: one of an interface names a block and is none."""
        if type_.kind == "interface":
            return self.project.window(WindowPlan(type_, (type_,)))
        return self.window(type_)

    def moved_place(self, cell: Cell, type_: IecType, step: typed.Index | int) -> Cell:
        """The cell of a member or element of what a pointer leads to, `step` bytes on."""
        address = cell.address
        assert address is not None
        if isinstance(step, int):
            address = replace(address, offset=address.offset + step)
        else:
            address = replace(address, terms=(*address.terms, step))
        block = self.project.block(type_.name) if type_.kind == "block" else None
        if isinstance(block, Pou):
            window = self.project.window(WindowPlan(type_, (type_,)))
        else:
            window = self._window_of_variable(type_)
        return replace(cell, address=replace(address, window=window, home=False))

    def in_bytes(self, symbol: Symbol) -> Designator:
        home = typed.AddressOf(BYTES, Cell("g", None, symbol.bytes_at), False)
        cell = Cell("w", None, 0, address=Address(home, self._window_of_variable(symbol.type)))
        return Designator(symbol, symbol.type, cell, "variable")

    def overlaid(self, owner: Designator, type_: IecType, at: At) -> Cell | None:
        if owner.cell.address is not None:
            return self.moved_place(owner.cell, type_, 0)
        written = owner.symbol.written  # to be asked where it lies does not write it
        base = self.address_of(owner, at)
        owner.symbol.written = written
        window = self._window_of_variable(type_)
        return None if base is None else Cell("w", None, 0, address=Address(base, window))

    def character(self, owner: Designator, node: tree.Indexed, index: Typed | None) -> Designator | None:
        """`text[i]`: a CHAR, counted from 1, in the standard; a BYTE, counted from 0, in the others, the last
        one being the zero that closes the longest text."""
        if index is None:
            return None
        if index.type.kind not in ("int", "bits", "enum"):
            self.problem(f"an index is a whole number, this is a {index.type}", node.indices[0].at)
            return None
        wide, standard = owner.type.name == "WSTRING", self.project.dialect.name == "iec"
        type_ = ELEMENTARY[("WCHAR" if wide else "CHAR") if standard else ("WORD" if wide else "BYTE")]
        low, high = int(standard), owner.type.length
        base = self.overlaid(owner, type_, node.at)
        if base is None:
            return None
        step = measure(type_)[0]
        if isinstance(index, typed.Const) and isinstance(index.value, int):
            if not low <= index.value <= high:
                name = owner.member or owner.symbol.name
                self.problem(
                    f"the index {index.value} is outside {low}..{high} of {name}", node.indices[0].at
                )
                return None
            return self.inside(
                owner, type_, self.moved_place(base, type_, (index.value - low) * step), owner.member
            )
        self.project.tables[low, high, step] = None
        term = typed.Index(low, high, step, index)
        return self.inside(owner, type_, self.moved_place(base, type_, term), owner.member)

    def bounds_given(self, found: Designator) -> tuple[Typed, ...]:
        return open_arrays.bounds_given(found)

    def open_element(
        self, owner: Designator, node: tree.Indexed, indices: list[Typed | None]
    ) -> Designator | None:
        count, element = owner.type.dimensions, owner.type.element
        good = [
            index for index in indices if index is not None and index.type.kind in ("int", "bits", "enum")
        ]
        if len(indices) != count:
            wanted = f"{count} {'index' if count == 1 else 'indices'}"
            self.problem(f"{owner.symbol.name} has {wanted}, here are {len(indices)}", node.at)
            return None
        if len(good) < count or element is None:
            if None not in indices:
                self.problem("an index is a whole number", node.at)
            return None
        return self.inside(owner, element, open_arrays.element(owner, good), owner.member)

    def home_of(self, found: Designator) -> Cell:
        """The block that a variable of an interface names."""
        if found.type.kind != "interface":
            return found.cell
        base = found.value if found.value is not None else typed.Load(found.type, found.cell)
        return Cell("w", None, 0, address=Address(base, self.window(found.type), home=True))

    # ---- taking addresses ----------------------------------------------------------------------------

    def address_of(self, found: Designator, at: At) -> typed.AddressOf | None:
        """ADR of a variable or block."""
        if found.value is not None or found.accessors is not None:
            self.problem("a value has no address", at, "Assign it to a variable first")
            return None
        if found.cell.view is not None:
            self.problem("a part of a variable has no address of its own", at)
            return None
        found.symbol.read = found.symbol.written = True
        if found.cell.memory in ("s",) or (self.pou.kind == "FUNCTION" and found.cell.memory == "m"):
            self.pou.framed = True
        self.project.any_elapsed = True
        self.project.addressed = True
        type_ = self.project.pointer_to(found.type)
        return typed.AddressOf(type_, found.cell, home=found.block is not None)

    def value(self, node: tree.Expression, target: IecType, what: str = "") -> Typed | None:
        if target.kind in ("interface", "reference") and isinstance(node, PLACES):
            found = self.designator(node) if not self._is_null(node) else None
            if found is not None:
                kept = self._as_target(found, target, node.at, what)
                if kept is None:
                    self.project.stubs.refit(self, node, target)
                return kept
            if not self._is_null(node):
                return None
        if target is ANY:
            return any_of(self, node)
        if target.kind == "pointer" and refers_otherwise(self, node, target, what):
            return None
        if target.blocks and isinstance(node, PLACES):
            return clone_of(self, node, target, what)
        return super().value(node, target, what)

    def null_or_this(self, node: tree.Name) -> Typed | None:
        if self._is_null(node):
            return typed.Const(ANY_INT, 0)
        own = self.own_block() if node.name.upper() == "THIS" else None
        return None if own is None else self.address_of(own, node.at)

    def _is_null(self, node: tree.Expression) -> bool:
        null = isinstance(node, tree.Name) and node.name.upper() == "NULL"
        return null and self.project.lookup(self.pou, "NULL") is None

    def _as_target(self, found: Designator, target: IecType, at: At, what: str) -> Typed | None:
        """What an interface or reference keeps of a variable or block."""
        if target.kind == "interface":
            interface = self.project.interfaces.get(target.name.upper())
            given = self.valued(found, at)
            kind = None if given is None else self.class_of(given)
            if given is None or interface is None:
                return None
            unknown = interface.file in self.project.unknown.files  # so is who implements it
            if kind is not None and (is_a(kind, interface) or unknown):
                if given.block is not None:
                    return self.address_of(given, at)
                given.symbol.read = True
                return given.value if given.value is not None else typed.Load(target, given.cell)
            self.project.stubs.implements(found.type.name, kind, interface)
            shown = f"{found.type.name} does not implement {target.name}"
            known = ", ".join(i.name for i in all_interfaces(kind)) if kind is not None else ""
            self.problem(shown, at, f"It implements {known}" if known else "")
            return None
        declared = self.project.target(target)
        if declared is None:
            self.problem(f"there is no type {target.target}", at)
            return None
        wanted = declared.type
        block = self.project.block(wanted.name) if wanted.kind == "block" else None
        timed = found.type.kind == wanted.kind == "time" and bool(found.member) and not found.type.shown
        fits = found.type == wanted and found.standard is (block if not isinstance(block, Pou) else None)
        fits |= timed
        if isinstance(block, Pou):
            fits = found.block is not None and is_a(found.block, block)
        if not fits:
            self.project.stubs.extends(found.type.name, wanted.name)
            subject = what or f"a {wanted}"
            self.problem(f"{subject} refers to a {wanted}, this is a {found.type}", at)
            return None
        return self.address_of(found, at)

    def bind(self, node: tree.Assign) -> commands.Command | None:
        """`reference REF= variable`."""
        target = self.place(node.target)
        if target is None:
            return None
        if target.type.kind != "reference":
            self.problem(f"REF= binds a REFERENCE, this is a {target.type}", node.target.at, "Write :=")
            return None
        value = self.value(node.value, target.type, target.member or target.symbol.name)
        if target.accessors is not None:
            return self.set_property(target, node)
        target.symbol.written = True
        return None if value is None else commands.Store(target.type, target.cell, value, node.at)

    # ---- calls ---------------------------------------------------------------------------------------

    def address_call(self, name: str, node: tree.Call) -> Typed | None:
        """ADR and its like."""
        wanted = 2 if name in _QUERIES else 1
        if len(node.arguments) != wanted:
            self.problem(f"{name} has {wanted} argument{'s' * (wanted - 1)}", node.at)
            return None
        first = node.arguments[0].value
        if name == "__ISVALIDREF":
            raw = self.place(first)
            if raw is not None and raw.symbol.by_reference and raw.cell.pointer:
                return typed.Given(BOOL, raw.cell)
            if raw is None or raw.type.kind != "reference":
                self.project.stubs.referred(self, first)
                self.problem("__ISVALIDREF asks for a REFERENCE", node.at)
                return None
            raw.symbol.read = True
            return typed.Compare("<>", typed.Load(raw.type, raw.cell), typed.Const(raw.type, 0))
        if name in _QUERIES:
            return self.query(node.arguments[0].value, node.arguments[1].value)
        found = self._text_kept(first) if isinstance(first, tree.Literal) else self.designator(first)
        return None if found is None else self.address_of(found, first.at)

    def _text_kept(self, node: tree.Literal) -> Designator | None:
        """The variable in which the text lies whose address is asked for."""
        text = self.expression(node)
        if (
            not isinstance(text, typed.Const)
            or text.type.kind != "string"
            or self.project.dialect.name == "iec"
        ):
            return self.designator(node)
        memory = self.project.globals
        key = (text.type.name, str(text.value))
        if key not in self.project.texts:
            type_ = replace(text.type, length=max(1, len(key[1])))
            index = len(memory.slots)
            symbol = Symbol(f"TEXT.{index}", type_, "VAR_GLOBAL", self.file, node.at, index, is_global=True)
            self.project.texts[key] = memory.symbols[symbol.name] = symbol
            memory.slots.append(Slot(type_, text.value))
        return self.of_symbol(self.project.texts[key])

    def memory_call(self, name: str, node: tree.Call) -> typed.OfMemory | None:
        """MEMCPY, MEMSET, MEMCMP, MEMMOVE of TwinCAT and CODESYS: three numbers, addresses first."""
        if len(node.arguments) != 3 or any(argument.out for argument in node.arguments):
            self.problem(
                f"{name} has 3 arguments: two addresses or an address and a byte, and a count", node.at
            )
            return None
        found = [self.expression(argument.value) for argument in node.arguments]
        values = [value for value in found if value is not None]
        if len(values) < 3:
            return None
        for value, argument in zip(values, node.arguments, strict=True):
            if value.type.kind not in ("pointer", "int", "bits"):
                self.problem(f"{name} takes addresses and whole numbers, this is a {value.type}", argument.at)
                return None
        self.project.addressed = self.project.any_elapsed = True
        result = ELEMENTARY["DINT" if _MEMORY[name] == "compared" else "UDINT"]
        return typed.OfMemory(result, _MEMORY[name], tuple(values))

    def query(self, source: tree.Expression, into: tree.Expression) -> typed.Query | None:
        """__QUERYINTERFACE(source, into): whether the block has the interface of `into`; sets it."""
        target = self.place(into)
        found = self.designator(source)
        if found is None or target is None:
            return None
        if target.type.kind not in ("interface", "pointer"):
            if target.type.name.upper() in self.project.stubs.types:
                self.project.stubs.type_named(target.type.name, self.file, into.at, "interface")
            self.problem(f"an interface is expected here, this is a {target.type}", into.at)
            return None
        address: Typed | None = None
        if found.block is not None:
            address = self.address_of(found, source.at)
        else:
            given = self.valued(found, source.at)
            if given is not None:
                address = given.value if given.value is not None else typed.Load(given.type, given.cell)
        if address is None:
            return None
        target.symbol.written = found.symbol.read = True
        shown = target.type
        if shown.kind == "pointer":
            declared = self.project.target(shown)
            shown = declared.type if declared is not None else NONE
        return typed.Query(BOOL, address, self.window(shown), target.cell)
