"""Declarations: POUs by name, their variables with types, cells, initial values and addresses."""

from __future__ import annotations

from commissioning.plc.checking.addresses import Addresses
from commissioning.plc.checking.attributes import mark_path
from commissioning.plc.checking.classes import HEAD, add_member, declare_interface, declare_members
from commissioning.plc.checking.edges import declare_edge
from commissioning.plc.checking.global_order import after_what_they_name
from commissioning.plc.checking.init_arguments import note_init
from commissioning.plc.checking.limits import MAX_CELLS
from commissioning.plc.checking.qualifiers import check_qualifiers
from commissioning.plc.checking.scope import Declared, Late, Pou, Project, Slot, Symbol, suggestion
from commissioning.plc.checking.type_names import TypeNames
from commissioning.plc.sfc.declare import declare_chart
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.standard.conversions import conversion
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.standard.mocked_blocks import MOCKED_FILE
from commissioning.plc.syntax import tree, units
from commissioning.plc.values.iec_types import ELEMENTARY, NONE, IecType

_PARAMETERS = ("VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT", "VAR_EXTERNAL")


class Declarer:
    """Declares the variables of a project: first the globals, then each POU."""

    def __init__(self, project: Project, comments: dict[str, dict[int, list[tuple[int, str]]]]) -> None:
        self.project = project
        self.comments = comments
        self.addresses = Addresses(project)
        self.types = TypeNames(project)
        self._latest: Pou | None = None
        self._placed: set[Pou] = set()

    def pou(self, node: units.Pou, file: str) -> None:
        """Makes the POU known by name; its variables come later, when all names are known."""
        key = node.name.upper()
        if node.kind == "INTERFACE":
            declare_interface(self.project, node, file)
            return
        if node.kind in ("METHOD", "ACTION", "PROPERTY"):
            self._loose(node, file)
            return
        other = self.project.pous.get(key)
        if other is not None and other.tree is not None:
            self.project.problem(
                f"{node.name} is declared a second time (first in {other.file}:{other.tree.at.line})",
                file,
                node.at,
                "Rename one of them",
            )
            return
        known = FUNCTIONS.get(key)
        block = STANDARD_BLOCKS.get(key)
        given = known is not None and not (known.extra and node.kind == "FUNCTION")
        given |= block is not None and not (block.extra and node.kind == "FUNCTION_BLOCK")
        if key in ELEMENTARY or (given and block is not None and node.kind != "FUNCTION_BLOCK"):
            what = f"{node.name} is the name of a standard {'type' if key in ELEMENTARY else 'block'}"
            self.project.problem(what, file, node.at, "Choose another name")
            return
        if (given or conversion(key)) and file != MOCKED_FILE:
            kind = "block" if block is not None else "function"
            what = (
                f"{node.name} takes the place of the standard {kind} of that name, everywhere in the program"
            )
            self.project.notice(what, file, node.at, "Choose another name, if it is not meant")
        made = Pou(node.kind, node.name, self.project.next_number, file, node)
        self.project.pous[key] = made
        self._latest = made
        declare_members(self.project, made, file)

    def _loose(self, node: units.Pou, file: str) -> None:
        """A method, action or property behind the END of its block, as some tools write it."""
        if self._latest is None or self._latest.file != file:
            if not (self.project.unknown.files or self.project.stubs.collecting):
                self.project.problem(f"the {node.kind} {node.name} belongs to no block", file, node.at)
                return
            self._latest = self._owner(node, file)
        add_member(self.project, self._latest, node, file)

    def _owner(self, node: units.Pou, file: str) -> Pou:
        """A block for a method without one, which extends a stub that has what the method uses."""
        name = f"{node.name}_block"
        above = units.TypeName(f"FB_{node.name}_base", None, node.at)
        block = units.Pou("FUNCTION_BLOCK", name, None, (), (), node.at, extends=(above,))
        made = self.project.pous[name.upper()] = Pou(
            "FUNCTION_BLOCK", name, self.project.next_number, file, block
        )
        return made

    def globals(self, section: units.Section, file: str) -> None:
        self.project.globals.file = file
        self._section(self.project.globals, section, file)

    def variables(self, pou: Pou) -> None:
        """The variables of a POU, behind those that it inherits."""
        assert pou.tree is not None
        if pou in self._placed:
            return
        self._placed.add(pou)
        if pou.base is not None:
            self.variables(pou.base)
            for member in pou.base.members.values():
                self.variables(member)  # for what they keep in the instance
            pou.symbols, pou.slots = dict(pou.base.symbols), list(pou.base.slots)
        elif self.project.objects and pou.kind in ("FUNCTION_BLOCK", "PROGRAM", "TEST"):
            pou.slots += HEAD
        if pou.owner is not None:
            self.variables(pou.owner)
        self._result(pou)
        for section in after_what_they_name(pou.tree.sections):
            if section.word == "VAR_GLOBAL" and pou.kind != "PROGRAM":
                self.project.problem(
                    f"VAR_GLOBAL stands inside a {pou.kind}", pou.file, section.at, "Move it in front of it"
                )
            elif section.word != "VAR_GLOBAL":  # declared with all globals
                self._section(pou, section, pou.file)
        chart = declare_chart(self.project, pou) if pou.tree.chart else None
        if chart is not None:
            self.project.charts[pou.name.upper()] = chart

    def _result(self, pou: Pou) -> None:
        """The result of a function, method or getter, and the value that a setter is given."""
        assert pou.tree is not None
        if pou.tree.result is None:
            if pou.kind in ("FUNCTION", "METHOD", "ACTION"):
                pou.result = NONE
            return
        found = self.types.resolve(pou, pou.tree.result, pou.file)
        if found is not None and found.type.blocks and self.project.dialect.name == "iec":
            self.project.problem("a function cannot return a block", pou.file, pou.tree.result.at)
            found = None
        name = pou.name.partition(".")[0]
        if found is None:
            self.project.undeclared.add((pou.key, name.upper()))
            return
        section = "VAR_INPUT" if pou.kind == "SET" else "RESULT"
        pou.result = NONE if pou.kind == "SET" else found.type
        block = self.project.block(found.type.name) if found.type.kind == "block" else None
        symbol = Symbol(
            name, found.type, section, pou.file, pou.tree.at, read=True,
            standard=block if isinstance(block, StandardBlock) else None,
            block=block if isinstance(block, Pou) else None,
        )  # fmt: skip
        self.project.unknown.declared(symbol, pou.tree.result)
        self._place(pou, symbol, found)

    # ---- one section ---------------------------------------------------------------------------------

    def _section(self, pou: Pou, section: units.Section, file: str) -> None:
        check_qualifiers(self.project, pou, section, file)
        if section.word == "VAR_INST" and pou.local and pou.owner is not None:
            self._kept(pou, pou.owner, section, file)
            return
        if section.word == "VAR_INST":
            self.project.problem("VAR_INST stands in a METHOD", file, section.at, "Use VAR")
            return
        if section.word == "VAR_STAT":
            self._kept(pou, self.project.globals, section, file)
            return
        for node in section.declarations:
            self.project.unknown.met = False
            found = self.types.resolve(pou, node.type, file)
            met = self.project.unknown.met
            if found is None:
                self.project.undeclared |= {(pou.key, name.name.upper()) for name in node.names}
                continue
            late = self._lates(pou, section, node)
            found = self.types.with_initial(pou, found, node.initial, file)
            self.types.initials.late = None
            word = section.word
            if word == "VAR_IN_OUT" and "CONSTANT" in section.qualifiers:  # only read: a value may be given
                word = "VAR_IN_OUT" if found.type.blocks or found.type.dimensions else "VAR_INPUT"
            if word == "VAR_IN_OUT" and pou.kind == "PROGRAM" and self._never_given(found):
                word = "VAR"
                what = "no task gives a PROGRAM its VAR_IN_OUT: it is a variable of the program itself"
                self.project.notice(what, file, node.at, "Use VAR_EXTERNAL for what others share")
            for name in node.names:
                if self._name_is_free(pou, name, file):
                    symbol = self._symbol(name, found.type, section, node, file)
                    symbol.section = word
                    symbol.retain = bool({"RETAIN", "PERSISTENT"} & set(section.qualifiers))
                    symbol.persistent = "PERSISTENT" in section.qualifiers
                    symbol.public = word == "VAR" and bool({"PUBLIC", "INTERNAL"} & set(section.qualifiers))
                    symbol.address = node.address.upper()
                    self.project.unknown.declared(symbol, node.type, met)
                    self._check(pou, symbol, node, file)
                    self._place(pou, symbol, found)
                    mark_path(self.project, pou, symbol)
                    if node.edge:
                        declare_edge(self.project, pou, symbol, node.edge, node.at)
                    self._note_late(pou, symbol, late)
                    note_init(self.project, pou, symbol, node, file)

    def _symbol(
        self, name: tree.Name, type_: IecType, section: units.Section, node: units.Declaration, file: str
    ) -> Symbol:
        """A variable that `node` declares, as far as it does not matter where it lies."""
        block = self.project.block(type_.name) if type_.kind == "block" else None
        return Symbol(
            name.name, type_, section.word, file, name.at,
            constant="CONSTANT" in section.qualifiers,
            comment=self._comment(file, node),
            standard=block if isinstance(block, StandardBlock) else None,
            block=block if isinstance(block, Pou) else None,
        )  # fmt: skip

    def _lates(
        self, pou: Pou, section: units.Section, node: units.Declaration
    ) -> list[tuple[int, int, IecType, tree.Expression]]:
        """Takes the initial values that are not constant, where such may stand."""
        late: list[tuple[int, int, IecType, tree.Expression]] = []
        parameter = pou.kind == "FUNCTION" or pou.local
        allowed = self.project.objects or self.project.dialect.name != "iec"
        if allowed and not (parameter and section.word in _PARAMETERS) and not node.address:
            self.types.initials.late = late
        return late

    def _note_late(
        self, pou: Pou, symbol: Symbol, late: list[tuple[int, int, IecType, tree.Expression]]
    ) -> None:
        for offset, member, type_, value in late:
            symbol.late = True
            pou.late.append(Late(symbol, offset, member, type_, value))

    def _kept(self, method: Pou, owner: Pou, section: units.Section, file: str) -> None:
        """VAR_INST: variables of a method that lie in the instance and keep their values; VAR_STAT: those of
        any POU that there are once for all instances and calls."""
        for node in section.declarations:
            self.project.unknown.met = False
            found = self.types.resolve(method, node.type, file)
            met = self.project.unknown.met
            if found is None:
                continue
            late = self._lates(owner, section, node) if section.word == "VAR_INST" else []
            found = self.types.with_initial(method, found, node.initial, file)
            self.types.initials.late = None
            prefix = method.name if method.owner in (None, owner) else f"{method.owner.name}.{method.name}"
            for name in node.names:
                if self._name_is_free(method, name, file):
                    symbol = self._symbol(name, found.type, section, node, file)
                    symbol.name = f"{prefix}.{name.name}"
                    self.project.unknown.declared(symbol, node.type, met)
                    self._place(owner, symbol, found)
                    method.symbols[name.name.upper()] = symbol
                    self._note_late(owner, symbol, late)
                    note_init(self.project, owner, symbol, node, file)

    def _never_given(self, found: Declared) -> bool:
        """Whether a VAR_IN_OUT of a PROGRAM can be its own variable: nothing calls a PROGRAM in `iec`."""
        return not self.project.dialect.programs_called and not found.type.dimensions

    def _name_is_free(self, pou: Pou, name: tree.Name, file: str) -> bool:
        other = pou.symbols.get(name.name.upper())
        if other is None:
            return True
        self.project.problem(
            f"{name.name} is declared a second time (first in line {other.at.line})",
            file,
            name.at,
            "Rename one of them",
        )
        return False

    def _check(self, pou: Pou, symbol: Symbol, node: units.Declaration, file: str) -> None:
        block, section = symbol.type.blocks, symbol.section
        if symbol.type.dimensions and section != "VAR_IN_OUT":
            self.project.problem(
                "ARRAY[*] stands in VAR_IN_OUT only", file, symbol.at, "Give the array its bounds"
            )
        if section == "VAR_IN_OUT" and node.initial is not None:
            self.project.problem("a VAR_IN_OUT has no initial value", file, symbol.at)
        strict = self.project.dialect.name == "iec"  # the makers make such blocks anew in each call
        if pou.kind == "FUNCTION" and block and section != "VAR_IN_OUT" and strict:
            self.project.problem(
                f"a function keeps nothing between calls, so it cannot have a block ({symbol.name})",
                file,
                symbol.at,
                "Make it a FUNCTION_BLOCK",
            )
        if symbol.constant and block and not (section == "VAR_IN_OUT" and self.project.dialect.library_names):
            self.project.problem(f"{symbol.name} is a block and cannot be CONSTANT", file, symbol.at)
        if symbol.block is not None and "ABSTRACT" in symbol.block.modifiers and not symbol.by_reference:
            what = f"{symbol.block.name} is ABSTRACT, there is no instance of it"
            self.project.problem(what, file, symbol.at, "Use a block that extends it")
        if section == "VAR_IN_OUT" and pou.kind == "PROGRAM":
            self.project.problem(
                "a PROGRAM has no caller that could give it a VAR_IN_OUT", file, symbol.at, "Use VAR_GLOBAL"
            )
        if section == "VAR_EXTERNAL" and (node.initial is not None or node.address):
            self.project.problem(
                f"{symbol.name}: VAR_EXTERNAL names a global and adds nothing to it", file, symbol.at
            )
        if symbol.address:
            self.addresses.add(pou, symbol, len(node.names), file)

    def _place(self, pou: Pou, symbol: Symbol, found: Declared) -> None:
        key = symbol.name.upper()
        if symbol.section == "VAR_EXTERNAL":
            self._external(pou, symbol, key)
            return
        if len(pou.slots) + symbol.size > MAX_CELLS:
            what = f"{symbol.name} does not fit: a memory has at most {MAX_CELLS} cells"
            self.project.problem(what, symbol.file, symbol.at)
            return
        pou.symbols[key] = symbol
        symbol.is_global = pou.kind == "GLOBAL"
        symbol.index = len(pou.slots)
        if symbol.by_reference:
            pou.slots += [Slot()] * symbol.size
            return
        pou.slots += found.slots

    def _external(self, pou: Pou, symbol: Symbol, key: str) -> None:
        target = self.project.globals.symbols.get(key)
        if symbol.constant:
            pou.only_read.add(key)
        if ("", key) in self.project.undeclared:
            self.project.undeclared.add((pou.key, key))
        elif target is None:
            known = [s.name for s in self.project.globals.symbols.values()]
            self.project.stubs.global_variable(symbol.name, symbol.type, symbol.file, symbol.at)
            self.project.problem(
                f"there is no global variable {symbol.name}",
                symbol.file,
                symbol.at,
                suggestion(symbol.name, known) or "Declare it in VAR_GLOBAL",
            )
            self.project.undeclared.add((pou.key, key))
        elif target.type != symbol.type:
            self.project.problem(
                f"{symbol.name} is a {symbol.type} here and a {target.type} in VAR_GLOBAL",
                symbol.file,
                symbol.at,
            )
            symbol.index, symbol.is_global = target.index, True
            pou.symbols[key] = symbol  # what the body does with it fits one of the two

    def block_members(self, pou: Pou, node: units.Declaration, file: str) -> None:
        """Initial values of a user's block, once the variables of all blocks are known."""
        if node.initial is None:
            return
        for name in node.names:
            symbol = pou.symbols.get(name.name.upper())
            if symbol is not None and symbol.type.blocks and not symbol.by_reference:
                home = pou.owner if symbol.section == "VAR_INST" and pou.owner is not None else pou
                home = self.project.globals if symbol.section == "VAR_STAT" else home
                area = slice(symbol.index, symbol.index + symbol.size)
                found = Declared(symbol.type, tuple(home.slots[area]))
                late: list[tuple[int, int, IecType, tree.Expression]] = []
                if self.project.objects or self.project.dialect.name != "iec":
                    self.types.initials.late = late
                home.slots[area] = self.types.with_initial(pou, found, node.initial, file, inner=True).slots
                self.types.initials.late = None
                self._note_late(home, symbol, late)

    # ---- comments --------------------------------------------------------------------------------------

    def _comment(self, file: str, node: units.Declaration) -> str:
        """The comment behind a declaration on its last line."""
        found = [
            text
            for column, text in self.comments.get(file, {}).get(node.end.line, ())
            if column > node.end.column
        ]
        return found[0] if found else ""
