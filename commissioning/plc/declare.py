"""Declarations: syntax trees -> symbols with types, initial values and cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from commissioning.plc import tree, typed
from commissioning.plc.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.calls import ExpressionChecker
from commissioning.plc.expression_code import stored
from commissioning.plc.functions import FUNCTIONS, conversion
from commissioning.plc.iec_types import ELEMENTARY, MAX_STRING, NONE, IecType, Value
from commissioning.plc.runtime import ArithmeticFault, namespace
from commissioning.plc.scope import Pou, Project, Slot, Symbol, suggestion

_ADDRESS = re.compile(r"%([IQM])([XBWDL]?)([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE)
_WIDTHS = {"X": 1, "": 1, "B": 8, "W": 16, "D": 32, "L": 64}


@dataclass(frozen=True, slots=True)
class Span:
    """The bits that a located variable occupies in its image (I, Q or M)."""

    image: str
    start: int
    stop: int
    symbol: Symbol


class Declarer:
    """Declares the variables of a project: first the globals, then each POU."""

    def __init__(self, project: Project, comments: dict[str, dict[int, list[tuple[int, str]]]]) -> None:
        self.project = project
        self.comments = comments
        self.spans: list[Span] = []

    def pou(self, node: tree.Pou, file: str) -> None:
        """Makes the POU known by name; its variables come later, when all names are known."""
        key = node.name.upper()
        other = self.project.pous.get(key)
        if other is not None and other.tree is not None:
            self.project.problem(
                f"{node.name} is declared a second time (first in {other.file}:{other.tree.at.line})",
                file,
                node.at,
                "Rename one of them",
            )
            return
        if key in STANDARD_BLOCKS or key in FUNCTIONS or key in ELEMENTARY or conversion(key):
            self.project.problem(
                f"{node.name} is the name of a standard block, function or type",
                file,
                node.at,
                "Choose another name",
            )
            return
        self.project.pous[key] = Pou(node.kind, node.name, len(self.project.pous) + 1, file, node)

    def globals(self, section: tree.Section, file: str) -> None:
        self.project.globals.file = file
        self._section(self.project.globals, section, file)

    def variables(self, pou: Pou) -> None:
        assert pou.tree is not None
        if pou.tree.result is not None:
            type_, standard, block = self._type(pou, pou.tree.result, pou.file)
            if standard is not None or block is not None:
                self.project.problem("a function cannot return a block", pou.file, pou.tree.result.at)
                type_ = None
            if type_ is not None:
                pou.result = type_
                symbol = Symbol(
                    pou.name, type_, "RESULT", pou.file, pou.tree.at, value=type_.default, read=True
                )
                self._place(pou, symbol, ())
        elif pou.kind == "FUNCTION":
            pou.result = NONE
        for section in pou.tree.sections:
            if section.word == "VAR_GLOBAL":
                self.project.problem(
                    "VAR_GLOBAL stands inside a POU", pou.file, section.at, "Move it in front of the POU"
                )
            else:
                self._section(pou, section, pou.file)

    # ---- one section ---------------------------------------------------------------------------------

    def _section(self, pou: Pou, section: tree.Section, file: str) -> None:
        for node in section.declarations:
            type_, standard, block = self._type(pou, node.type, file)
            initial = self._initial(pou, node, type_, standard is None and block is None, file)
            for name in node.names:
                if type_ is not None and self._name_is_free(pou, name, file):
                    symbol = Symbol(
                        name.name, type_, section.word, file, name.at,
                        constant="CONSTANT" in section.qualifiers,
                        retain=bool({"RETAIN", "PERSISTENT"} & set(section.qualifiers)),
                        address=node.address.upper(),
                        comment=self._comment(file, node),
                        value=initial, standard=standard, block=block,
                    )  # fmt: skip
                    self._check(pou, symbol, node, file)
                    self._place(pou, symbol, node.members)

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

    def _type(
        self, pou: Pou, node: tree.TypeName, file: str
    ) -> tuple[IecType | None, StandardBlock | None, Pou | None]:
        name = node.name.upper()
        elementary = ELEMENTARY.get(name)
        if elementary is not None:
            if node.length is None:
                return elementary, None, None
            return self._string(pou, node, elementary, file), None, None
        block = self.project.block(name)
        if block is not None and node.length is None:
            kind = IecType(block.name, "block")
            return (kind, block, None) if isinstance(block, StandardBlock) else (kind, None, block)
        known = [
            *ELEMENTARY,
            *STANDARD_BLOCKS,
            *(p.name for p in self.project.pous.values() if p.kind == "FUNCTION_BLOCK"),
        ]
        other = self.project.pous.get(name)
        if other is not None:
            what = f"{node.name} is a {other.kind.lower()}, a variable cannot have it as its type"
            self.project.problem(what, file, node.at)
        else:
            self.project.problem(
                f"there is no type or block {node.name}", file, node.at, suggestion(name, known)
            )
        return None, None, None

    def _string(self, pou: Pou, node: tree.TypeName, elementary: IecType, file: str) -> IecType | None:
        assert node.length is not None
        found = ExpressionChecker(self.project, pou).expression(node.length)
        length = found.value if isinstance(found, typed.Const) and isinstance(found.value, int) else 0
        if elementary.kind != "string" or not 1 <= length <= MAX_STRING:
            what = "only STRING has a length, from 1 to 65535" if found is not None else "unknown length"
            self.project.problem(what, file, node.at)
            return None
        return IecType("STRING", "string", length=length)

    def _initial(
        self, pou: Pou, node: tree.Declaration, type_: IecType | None, elementary: bool, file: str
    ) -> Value | None:
        if type_ is None or not elementary:
            if node.initial is not None and type_ is not None:
                self.project.problem(
                    "a block has its initial values in parentheses",
                    file,
                    node.initial.at,
                    f"Write {node.names[0].name} : {node.type.name} := (PT := T#2s);",
                )
            return None
        if node.members:
            self.project.problem(f"a {type_} has no members to initialise", file, node.at)
        if node.initial is None:
            return type_.default
        return self._constant(pou, node.initial, type_, file)

    def _constant(self, pou: Pou, node: tree.Expression, type_: IecType, file: str) -> Value | None:
        checker = ExpressionChecker(self.project, pou)
        checker.file = file
        found = checker.value(node, type_, f"a {type_}")
        if found is None:
            return None
        value = evaluated(found, type_)
        if value is None:
            self.project.problem(
                "an initial value must be constant", file, node.at, "Use literals and CONSTANTs"
            )
        return value

    def _check(self, pou: Pou, symbol: Symbol, node: tree.Declaration, file: str) -> None:
        block = symbol.standard is not None or symbol.block is not None
        section = symbol.section
        if section == "VAR_IN_OUT" and (node.initial is not None or node.members):
            self.project.problem("a VAR_IN_OUT has no initial value", file, symbol.at)
        if pou.kind == "FUNCTION" and block:
            self.project.problem(
                f"a function keeps nothing between calls, so it cannot have a block ({symbol.name})",
                file,
                symbol.at,
                "Make it a FUNCTION_BLOCK",
            )
        if symbol.constant and block:
            self.project.problem(f"{symbol.name} is a block and cannot be CONSTANT", file, symbol.at)
        if section == "VAR_IN_OUT" and pou.kind == "PROGRAM":
            self.project.problem(
                "a PROGRAM has no caller that could give it a VAR_IN_OUT", file, symbol.at, "Use VAR_GLOBAL"
            )
        if section == "VAR_EXTERNAL" and (node.initial is not None or node.address):
            self.project.problem(
                f"{symbol.name}: VAR_EXTERNAL names a global and adds nothing to it", file, symbol.at
            )
        if symbol.address:
            self._address(pou, symbol, len(node.names), file)

    def _place(self, pou: Pou, symbol: Symbol, members: tuple[tree.Argument, ...]) -> None:
        key = symbol.name.upper()
        if symbol.section == "VAR_EXTERNAL":
            target = self.project.globals.symbols.get(key)
            if target is None:
                known = [s.name for s in self.project.globals.symbols.values()]
                self.project.problem(
                    f"there is no global variable {symbol.name}",
                    symbol.file,
                    symbol.at,
                    suggestion(symbol.name, known) or "Declare it in VAR_GLOBAL",
                )
            elif target.type != symbol.type:
                self.project.problem(
                    f"{symbol.name} is a {symbol.type} here and a {target.type} in VAR_GLOBAL",
                    symbol.file,
                    symbol.at,
                )
            return
        pou.symbols[key] = symbol
        symbol.is_global = pou.kind == "GLOBAL"
        symbol.index = len(pou.slots)
        if symbol.by_reference:
            pou.slots += [Slot()] * symbol.size
        elif symbol.standard is not None:
            given = self._members(pou, symbol, members)
            for offset, cell in enumerate(symbol.standard.cells):
                pou.slots.append(Slot(cell.type, given.get(offset, cell.initial)))
        elif symbol.block is not None:
            pou.slots.append(Slot(child=symbol.block))
            symbol.value = None
        else:
            value = symbol.value if symbol.value is not None else symbol.type.default
            pou.slots.append(Slot(symbol.type, value))

    def block_members(self, pou: Pou, node: tree.Declaration, file: str) -> None:
        """Initial values of a user's block, once the variables of all blocks are known."""
        if not node.members:
            return
        for name in node.names:
            symbol = pou.symbols.get(name.name.upper())
            if symbol is not None and symbol.block is not None and not symbol.by_reference:
                given = self._members(pou, symbol, node.members)
                pou.slots[symbol.index] = Slot(child=symbol.block, overrides=tuple(given.items()))

    def _members(self, pou: Pou, symbol: Symbol, members: tuple[tree.Argument, ...]) -> dict[int, Value]:
        given: dict[int, Value] = {}
        for argument in members:
            if symbol.standard is not None:
                offset = symbol.standard.offsets.get(argument.name.upper())
                found = None if offset is None else symbol.standard.cells[offset]
                target = (offset, found.type) if found is not None and found.role == "input" else None
            else:
                assert symbol.block is not None
                inner = symbol.block.symbols.get(argument.name.upper())
                good = inner is not None and inner.section == "VAR_INPUT" and inner.type.kind != "block"
                target = (inner.index, inner.type) if inner is not None and good else None
            if target is None or target[0] is None:
                self.project.problem(
                    f"{symbol.type.name} has no input {argument.name}", symbol.file, argument.at
                )
                continue
            value = self._constant(pou, argument.value, target[1], symbol.file)
            if value is not None:
                given[target[0]] = value
        return given

    # ---- addresses and comments ----------------------------------------------------------------------

    def _address(self, pou: Pou, symbol: Symbol, names: int, file: str) -> None:
        match = _ADDRESS.fullmatch(symbol.address)
        if pou.kind not in ("PROGRAM", "GLOBAL"):
            self.project.problem(
                f"{symbol.name}: only globals and variables of a PROGRAM can have an address", file, symbol.at
            )
            return
        if match is None:
            cure = "Write for example %IX0.0, %QX1.7, %IW2 or %MD4"
            self.project.problem(f"{symbol.address} is not an address", file, symbol.at, cure)
            return
        image, size, numbers = match.groups()
        bits = _WIDTHS[size]
        parts = [int(part) for part in numbers.split(".")]
        wanted = {"bool": 1, "string": 0, "block": 0}.get(symbol.type.kind, symbol.type.bits)
        if symbol.type.kind == "real":
            wanted = 32 if symbol.type.name == "REAL" else 64
        if names > 1 or bits != wanted:
            what = "several names share one address" if names > 1 else (
                f"{symbol.address} is {bits} bit wide, {symbol.name} is a {symbol.type}"
            )  # fmt: skip
            self.project.problem(what, file, symbol.at)
            return
        if bits == 1 and (len(parts) > 2 or (len(parts) == 2 and parts[1] > 7)):
            self.project.problem(f"{symbol.address}: a bit is byte.bit with bit 0..7", file, symbol.at)
            return
        if bits > 1 and len(parts) > 1:
            self.project.problem(f"{symbol.address}: only a bit address has a point", file, symbol.at)
            return
        start = parts[0] * 8 + (parts[1] if len(parts) == 2 else 0) if bits == 1 else parts[0] * bits
        for other in self.spans:
            if other.image == image and start < other.stop and other.start < start + bits:
                self.project.problem(
                    f"{symbol.name} ({symbol.address}) overlaps {other.symbol.name} ({other.symbol.address}) "
                    f"of {other.symbol.file}:{other.symbol.at.line}",
                    file, symbol.at,
                    "Give each variable memory of its own; %W1 is bytes 2 and 3, %D1 bytes 4 to 7",
                )  # fmt: skip
                return
        self.spans.append(Span(image, start, start + bits, symbol))

    def _comment(self, file: str, node: tree.Declaration) -> str:
        """The comment behind a declaration on its last line."""
        found = [
            text
            for column, text in self.comments.get(file, {}).get(node.end.line, ())
            if column > node.end.column
        ]
        return found[0] if found else ""


def evaluated(found: typed.Typed, type_: IecType) -> Value | None:
    """The value of a constant expression as a cell of `type_` keeps it, None where it is not constant."""
    if not is_constant(found):
        return None
    try:
        # the text was generated from typed values and names no cell
        value: Value = eval(stored(found, type_).text, namespace())  # noqa: S307
    except (ArithmeticFault, ZeroDivisionError, OverflowError):
        return None
    return value


def is_constant(node: typed.Typed) -> bool:
    """Whether a typed expression reads no cell, no clock and calls no function of the user."""
    match node:
        case typed.Const():
            return True
        case typed.Load() | typed.UserCall():
            return False
        case typed.Minus() | typed.Not() | typed.Convert():
            return is_constant(node.operand)
        case typed.Arithmetic():
            return is_constant(node.first) and all(is_constant(operand) for _, operand in node.steps)
        case typed.Scaled():
            return is_constant(node.time) and is_constant(node.factor)
        case typed.Compare():
            return is_constant(node.left) and is_constant(node.right)
        case typed.Logic():
            return all(is_constant(operand) for operand in node.operands)
        case typed.Standard():
            return node.name != "TIME" and all(is_constant(argument) for argument in node.arguments)
