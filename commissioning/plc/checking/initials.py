"""Initial values: what a declaration writes behind `:=`, as values of the cells of its variable."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commissioning.plc.checking import typed
from commissioning.plc.checking.calls import DeclarationChecker
from commissioning.plc.checking.evaluation import evaluated
from commissioning.plc.checking.scope import Pou, Project, Slot, suggestion
from commissioning.plc.checking.shared_bits import with_bit
from commissioning.plc.standard.blocks import StandardBlock
from commissioning.plc.syntax import tree, units
from commissioning.plc.values.iec_types import BOOL, IecType, Value


@dataclass(frozen=True, slots=True)
class Site:
    """Where an initial value goes: from a declaration of `pou` in `file` into `slots`; `inner`: only
    what belongs to user's blocks."""

    pou: Pou
    file: str
    slots: list[Slot]
    inner: bool


class InitialValues:
    """Fills the cells of variables. The members of user's blocks come in a second pass (`inner`), when the
    variables of all blocks are known. `once`: there will be no second pass, in a TYPE."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.once = False
        # where values may be worked out late: (cell, cell of the block there or -1, type, value)
        self.late: list[tuple[int, int, IecType, tree.Expression]] | None = None

    def fill(self, site: Site, type_: IecType, node: units.Initial, at: int = 0) -> None:
        """Writes the initial value `node` of a variable of `type_` into the cells of `site` from `at` on."""
        if type_.kind == "array":
            self._array(site, type_, node, at)
        elif type_.kind == "struct":
            self._struct(site, type_, node, at)
        elif type_.kind == "block":
            self._block(site, type_, node, at)
        elif isinstance(node, units.StructInitial):
            self.project.problem(f"a {type_} has no members to initialise", site.file, node.at)
        elif isinstance(node, units.ArrayInitial):
            self.project.problem(f"a {type_} is no array, [...] does not fit it", site.file, node.at)
        elif not site.inner:
            value = self._known_or_late(site.pou, node, type_, site.file, at)
            if value is not None:
                site.slots[at] = replace(site.slots[at], value=value)

    def _known_or_late(
        self, pou: Pou, node: tree.Expression, type_: IecType, file: str, at: int
    ) -> Value | None:
        if self.late is None:
            return self.constant(pou, node, type_, file)
        before = len(self.project.problems)
        value = self.constant(pou, node, type_, file)
        if value is None:  # what is wrong with it, if anything, is told when it is worked out
            self.project.forget(before)
            self.late.append((at, -1, type_, node))
        return value

    def constant(self, pou: Pou, node: tree.Expression, type_: IecType, file: str) -> Value | None:
        """The value of a constant expression as a cell of `type_` keeps it, None after a Problem."""
        checker = DeclarationChecker(self.project, pou)
        checker.file = file
        found = checker.value(node, type_, f"a {type_}")
        if found is None:
            return None
        value = evaluated(found, type_)
        if value is None:
            self.project.stubs.constant(checker, node)
            what = "an initial value must be constant"
            self.project.problem(what, file, node.at, "Use literals and CONSTANTs")
        return value

    def _array(self, site: Site, type_: IecType, node: units.Initial, at: int) -> None:
        element = type_.element
        assert element is not None
        if not isinstance(node, units.ArrayInitial):
            self._copied(site, type_, node, at, "[1, 2, 3] or [10(0)]")
            return
        step, count, room = element.size, 0, type_.size // element.size
        for times, value in self._items(site.pou, site.file, node):
            if count + times > room:
                place = value.at if value is not None else node.at
                what = f"{type_.name} has {room} elements, here are {count + times} or more"
                self.project.problem(what, site.file, place)
                return
            if value is not None:
                first = at + count * step
                late = [] if self.late is None else self.late
                known = len(late)
                self.fill(site, element, value, first)
                for cell, member, kind, item in late[known:]:
                    late += [(cell + other, member, kind, item) for other in range(step, times * step, step)]
                for other in range(first + step, first + times * step, step):
                    site.slots[other : other + step] = site.slots[first : first + step]
            count += times

    def _items(self, pou: Pou, file: str, node: units.ArrayInitial) -> list[tuple[int, units.Initial | None]]:
        """The items; N(0) with a CONSTANT N was read as a call and becomes a repetition."""
        found: list[tuple[int, units.Initial | None]] = []
        for times, value in node.items:
            if (
                isinstance(value, tree.Call) and isinstance(value.target, tree.Name)
                and len(value.arguments) == 1 and not value.arguments[0].name
                and self.project.lookup(pou, value.target.name) is not None
            ):  # fmt: skip
                checker = DeclarationChecker(self.project, pou)
                checker.file = file
                number = checker.expression(value.target)
                if isinstance(number, typed.Const) and isinstance(number.value, int) and number.value >= 0:
                    found.append((number.value, value.arguments[0].value))
                    continue
            found.append((times, value))
        return found

    def _struct(self, site: Site, type_: IecType, node: units.Initial, at: int) -> None:
        if not isinstance(node, units.StructInitial):
            name = type_.members[0].name if type_.members else "member"
            self._copied(site, type_, node, at, f"({name} := ...)")
            return
        seen: set[str] = set()
        for given in node.members:
            if given.name.upper() in seen:
                self.project.problem(f"{given.name} is given twice", site.file, given.at)
            seen.add(given.name.upper())
            member = type_.member(given.name)
            bit = type_.bit_member(given.name)
            if bit is not None:
                if isinstance(given.value, units.StructInitial | units.ArrayInitial):
                    self.project.problem(f"{given.name} is a BIT", site.file, given.at, "Write TRUE or FALSE")
                    continue
                value = self.constant(site.pou, given.value, BOOL, site.file)
                cell = at + bit[0].offset
                site.slots[cell] = with_bit(site.slots[cell], bit[1], value or False)
            elif member is None:
                known = [m.name for m in type_.members]
                what = f"{type_.name} has no member {given.name}"
                checker = DeclarationChecker(self.project, site.pou)
                self.project.stubs.initial(checker, type_.name, given.name, given.value)
                self.project.problem(what, site.file, given.at, suggestion(given.name, known))
            else:
                self.fill(site, member.type, given.value, at + member.offset)

    def _copied(self, site: Site, type_: IecType, node: units.Initial, at: int, form: str) -> None:
        """The value of a CONSTANT of the same type."""
        if isinstance(node, tree.Name):
            symbol = self.project.lookup(site.pou, node.name)
            if symbol is not None and symbol.constant and symbol.type == type_ and not symbol.by_reference:
                home = self.project.globals if symbol.is_global else site.pou
                site.slots[at : at + type_.size] = home.slots[symbol.index : symbol.index + type_.size]
                return
        if self.late is not None and not isinstance(node, units.StructInitial | units.ArrayInitial):
            self.late.append((at, -1, type_, node))
            return
        if isinstance(node, tree.Name | tree.Member | tree.Literal):
            checker = DeclarationChecker(self.project, site.pou)
            checker.file = site.file
            found = checker.expression(node)
            if found is None:
                self.project.stubs.hint(node, type_, site.file)
            else:
                self.project.stubs.mismatch(type_, found.type)
                self.project.stubs.constant(checker, node)
        self.project.problem(f"this is no value of a {type_}", site.file, node.at, f"Write {form}")

    def _block(self, site: Site, type_: IecType, node: units.Initial, at: int) -> None:
        block = self.project.block(type_.name)
        assert block is not None
        if not isinstance(node, units.StructInitial):
            what = "a block has its initial values in parentheses"
            name = "Q" if block is None else block.name
            self.project.problem(what, site.file, node.at, f"Write x : {name} := (PT := T#2s);")
            return
        if isinstance(block, StandardBlock):
            for given in node.members if not site.inner else ():
                offset = block.offsets.get(given.name.upper())
                if offset is None or block.cells[offset].role not in ("input", "output"):
                    what = f"{type_.name} has no input or output {given.name}"
                    self.project.problem(what, site.file, given.at)
                else:
                    self.fill(site, block.cells[offset].type, given.value, at + offset)
            return
        if not site.inner:
            if self.once:
                what = f"a TYPE gives no initial values to a block of your own, here {type_.name}"
                cure = "Write them where a variable of the type is declared"
                self.project.problem(what, site.file, node.at, cure)
            return
        overrides = dict(site.slots[at].overrides)
        for given in node.members:
            symbol = block.symbols.get(given.name.upper())
            given_here = symbol is not None and (
                symbol.section in ("VAR_INPUT", "VAR_OUTPUT") or symbol.public
            )
            if symbol is None or not given_here or symbol.type.blocks:
                checker = DeclarationChecker(self.project, site.pou)
                self.project.stubs.initial(checker, type_.name, given.name, given.value)
                what = f"{type_.name} has no input or output {given.name}"
                self.project.problem(what, site.file, given.at)
                continue
            cells = block.slots[symbol.index : symbol.index + symbol.size]
            known = 0 if self.late is None else len(self.late)
            self.fill(Site(site.pou, site.file, cells, False), symbol.type, given.value)
            if self.late is not None:
                moved = [(at, symbol.index + cell, kind, late) for cell, _, kind, late in self.late[known:]]
                self.late[known:] = moved
            overrides |= {symbol.index + k: cell.value for k, cell in enumerate(cells)}
        site.slots[at] = Slot(child=block, overrides=tuple(overrides.items()))
