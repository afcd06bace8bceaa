"""PLCopen XML: an instruction list (IL) -> Structured Text.

What is in the accumulator is kept as an expression until an instruction does something with it. It gets a
variable of its own where it would be another value later: behind a label that jumps lead to, and where
something that it reads is written before it is used again. Labels and jumps are JMP in Structured Text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from commissioning.model.element import Element, TextRun
from commissioning.plc.pieces import PieceWriter
from commissioning.plc.plcopen.accumulator import flow
from commissioning.plc.plcopen.instructions import OPENING, Instruction, ListText, Words, instructions
from commissioning.plc.plcopen.operand_types import REAL, STANDARD, WHOLE, Members, OperandTypes, joined

# behind it, JMP and labels are part of the text in every dialect; see checking/labels.py
JUMPS_ALLOWED = "{instruction list}"
_COMPARED = ("GT", "GE", "EQ", "NE", "LE", "LT")
# variables by their first name; TRUE, members and the words in front of literals are none
_NAMES = re.compile(r"%[A-Za-z0-9_.]+|(?<![\w.#])(?!(?:TRUE|FALSE)\b)[A-Za-z_]\w*(?![\w#])", re.IGNORECASE)
_SIMPLE = re.compile(r"[A-Za-z0-9_.#%:^\[\],]+\Z|'[^']*'\Z")
_CHAINS = ("+ -", "* / MOD", "AND", "OR", "XOR")
_DEEP, _LONG = 12, 200  # parentheses, words: what is longer is kept in a variable
_VALUE = re.compile(r"[-+0-9'\"]|[A-Za-z_]+#")
_ROUNDS = 8  # of working out the types at labels that lead to one another
Parts = tuple[str | TextRun, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """An expression: its text, its type (None: not known), the upper-case names that it reads, whether it
    calls something, and how deep its parentheses are."""

    parts: Parts
    kind: str | None
    names: frozenset[str] = frozenset()
    calls: bool = False
    depth: int = 0
    chain: str = ""  # the operators that may follow it without parentheses


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names in a list mean. `types`: upper-case name -> type; `members` as in operand_types.py;
    `own`: upper-case names of variables that only the POU itself writes, each in a place of its own."""

    types: Mapping[str, str]
    members: Members
    own: Collection[str]


class InstructionList:
    """One <IL>; `taken`: names that are in use, to which those of the translation are added.

    `is_condition`: what it leaves in the accumulator counts (`result`). Raises Unreadable with the place of
    the instruction."""

    def __init__(self, body: Element, scope: Scope, taken: set[str], is_condition: bool = False) -> None:
        self.body, self.own, self.taken = body, scope.own, taken
        self.types = OperandTypes(scope.types, scope.members)
        self.functions = scope.types
        self.text = ListText(body)
        self.list = list(instructions(self.text))
        self.flow = flow(self.list, self.text, is_condition)
        self.hidden: list[tuple[str, str, Element]] = []
        self.lines: list[tuple[int, Parts]] = []  # where an instruction stands, its statement
        self.result: Value | None = None  # what is in the accumulator at the end
        self.at_labels: dict[str, str | None] = dict.fromkeys(self.flow.carried)
        kept = set(taken)
        for _ in range(_ROUNDS):
            before = dict(self.at_labels)
            taken.clear()
            taken |= kept
            self._translate()
            if before == self.at_labels:
                break
        for found in self.list:
            if found.label and self.at_labels.get(found.label.upper(), "known") is None:
                what = f"the type of what is loaded where {found.label} stands is not known here; "
                raise self.text.refuse(f"{what}store it (ST) before the jump and load it again", found.at)

    def write(self, writer: PieceWriter) -> None:
        """All statements, on lines of their own."""
        if self.flow.labels:
            writer.line(JUMPS_ALLOWED, self.body)
        for at, parts in self.lines:
            spot = self.text.spot(at)
            writer.fresh_line()
            for part in parts:
                if isinstance(part, TextRun):
                    writer.verbatim([part])
                else:
                    writer.own(part, spot)
        writer.fresh_line()

    # ---- one pass over the list ----------------------------------------------------------------------

    def _translate(self) -> None:
        self.hidden, self.lines = [], []
        self.held = {label: self._new_name(f"at_{label}") for label in self.flow.carried}
        self.value: Value | None = None
        self.outer: list[tuple[Instruction, Value]] = []
        for number, found in enumerate(self.list):
            self.number, self.at = number, found.at
            if found.label:
                self._label(found)
            else:
                self._instruction(found)
        if self.outer:
            raise self.text.refuse("this parenthesis is never closed", self.outer[-1][0].at)
        for label, name in self.held.items():
            kind = self.at_labels[label] or ""
            self.hidden.append((name, {WHOLE: "DINT", REAL: "LREAL"}.get(kind, kind), self.body))
        self.result = self.value

    def _label(self, found: Instruction) -> None:
        name = found.label.upper()
        if name in self.held:
            if self.flow.reached[self.number]:
                self._hold(name)
            self.value = self._own_value(self.held[name], self.at_labels[name])
        else:
            self.value = None
        self._say(f"{found.label}: ;")

    def _hold(self, label: str) -> None:
        """What is in the accumulator goes into the variable of that label."""
        value = self._needed()
        before = self.at_labels[label]
        self.at_labels[label] = value.kind if before is None else joined(before, value.kind) or before
        if self.at_labels[label] in (None, WHOLE, REAL):
            self.at_labels[label] = self.flow.type_behind(label, self.types.of) or self.at_labels[label]
        self._say(f"{self.held[label]} := ", *value.parts, ";")

    def _instruction(self, found: Instruction) -> None:
        operator = found.operator
        handler: Callable[[Instruction], None] | None = {
            "LD": self._load, "ST": self._store, "S": self._set, "R": self._set, "NOT": self._not,
            "JMP": self._jump, "RET": self._return, "CAL": self._call, ")": self._close,
        }.get(operator)  # fmt: skip
        if self._drives_input(found):
            self._input(found)
        elif found.opens:
            self.outer.append((found, self._needed()))
            first = replace(found, negated=False)  # N inverts what the parenthesis comes to
            self.value = self._operand(first) if found.operands else None
        elif handler is not None:
            if self.outer and operator in ("JMP", "RET", "ST", "S", "R", "CAL"):
                raise self.text.refuse(f"a {operator} cannot stand in parentheses", found.at)
            handler(found)
        elif operator in OPENING:
            self.value = self._joined(found, self._needed(), self._operand(found))
        else:
            self._function(found)

    # ---- the accumulator -----------------------------------------------------------------------------

    def _needed(self) -> Value:
        if self.value is None:
            raise self.text.refuse("nothing is loaded here; begin with LD", self.at)
        return self.value

    def _operand(self, found: Instruction, number: int = 0) -> Value:
        if len(found.operands) <= number:
            raise self.text.refuse(f"{found.operator} needs an operand", found.at)
        words = found.operands[number]
        parts: Parts = tuple(self.text.verbatim(words))
        if not _SIMPLE.match(words.text):
            parts = ("(", *parts, ")")
        value = Value(parts, self.types.of(words.text), _names(words.text))
        return _inverted(value) if found.negated else value

    def _own_value(self, name: str, kind: str | None) -> Value:
        return Value((name,), kind, frozenset())

    def _keep(self, value: Value) -> Value | None:
        """The value in a variable of its own; None where its type is not known."""
        if value.kind is None:
            return None
        kind = {WHOLE: "", REAL: ""}.get(value.kind, value.kind)
        if not kind:
            return replace(value, calls=False)  # a literal is the same later on
        name = self._new_name(f"value_{len(self.hidden) + 1}")
        self.hidden.append((name, kind, self.text.spot(self.at)))
        self._say(f"{name} := ", *value.parts, ";")
        return self._own_value(name, kind)

    def _secure(self, written: str, calls: bool = False) -> bool:
        """Before something is written: the accumulator must be the same behind it. False where it cannot."""
        value = self.value
        if value is None or not self.flow.needed_behind[self.number]:
            return True
        names = _names(written)
        root = written.strip().upper()
        own = not calls and root in self.own
        others = all(name in self.own for name in value.names) or (own and "^" not in _shown(value))
        if not value.calls and others and not names & value.names:
            return True
        kept = self._keep(value)
        self.value = kept or value
        return kept is not None

    # ---- instructions --------------------------------------------------------------------------------

    def _load(self, found: Instruction) -> None:
        self._one(found)
        self.value = self._operand(found)

    def _one(self, found: Instruction) -> Words:
        if len(found.operands) != 1:
            count = len(found.operands)
            raise self.text.refuse(f"{found.operator} takes one operand, here are {count}", found.at)
        return found.operands[0]

    def _target(self, found: Instruction) -> Words:
        """What an instruction writes."""
        target = self._one(found)
        if target.text.upper() in ("TRUE", "FALSE") or _VALUE.match(target.text):
            raise self.text.refuse(f"{found.operator} writes a variable, {target.text} is a value", found.at)
        return target

    def _store(self, found: Instruction) -> None:
        target = self._target(found)
        self._needed()
        kept = self._secure(target.text)
        value = self._needed()
        stored = _inverted(value) if found.negated else value
        self._say(*self.text.verbatim(target), " := ", *stored.parts, ";")
        if not kept:
            behind = replace(self._operand(replace(found, negated=False)), kind=None)
            self.value = _inverted(behind) if found.negated else behind

    def _set(self, found: Instruction) -> None:
        target = self._target(found)
        self.value = replace(self._needed(), kind="BOOL")
        self._secure(target.text)
        state = "TRUE" if found.operator == "S" else "FALSE"
        self._say(
            "IF ", *self._needed().parts, " THEN ", *self.text.verbatim(target), f" := {state}; END_IF;"
        )

    def _not(self, found: Instruction) -> None:
        if found.operands:
            raise self.text.refuse("NOT takes no operand, it inverts what is loaded", found.at)
        self.value = _inverted(self._needed())

    def _joined(self, found: Instruction, left: Value, right: Value) -> Value:
        sign = OPENING[found.operator]
        kind = "BOOL" if found.operator in _COMPARED else joined(left.kind, right.kind)
        if sign == "-" and (left.kind or "") in ("DATE", "TOD", "DT") and right.kind != "TIME":
            kind = "TIME"
        spot = self.text.spot(found.at)
        chain = next((signs for signs in _CHAINS if sign in signs.split()), "")
        row = chain and chain == left.chain and left.parts[0] == "(" and left.parts[-1] == ")"
        first = left.parts[:-1] if row else ("(", *left.parts)
        parts = (*first, " ", TextRun(sign, spot.line, spot.column), " ", *right.parts, ")")
        depth = max(left.depth, right.depth + 1) if row else max(left.depth, right.depth) + 1
        value = Value(parts, kind, left.names | right.names, left.calls or right.calls, depth, chain)
        if depth > _DEEP or len(parts) > _LONG:
            value = self._keep(value) or value
        for number in range(1, len(found.operands) if not found.opens else 0):
            more = self._operand(found, number)
            value = self._joined(replace(found, operands=()), value, more)
        return value

    def _close(self, found: Instruction) -> None:
        if not self.outer:
            raise self.text.refuse("this parenthesis closes nothing", found.at)
        opened, left = self.outer.pop()
        inner = self._needed()
        self.value = self._joined(opened, left, _inverted(inner) if opened.negated else inner)

    def _condition(self, found: Instruction) -> Parts:
        value = replace(self._needed(), kind="BOOL")
        return (_inverted(value) if found.negated else value).parts

    def _jump(self, found: Instruction) -> None:
        label = self._one(found).text.upper()
        shown = self.flow.labels[label]
        if found.conditional:
            self.value = replace(self._needed(), kind="BOOL")
            self._say("IF ", *self._condition(found), " THEN")
        if label in self.held:
            self._hold(label)
        self._say(f"JMP {shown};")
        if found.conditional:
            self._say("END_IF;")

    def _return(self, found: Instruction) -> None:
        if found.conditional:
            self._say("IF ", *self._condition(found), " THEN RETURN; END_IF;")
        else:
            self._say("RETURN;")

    def _call(self, found: Instruction) -> None:
        name = self._one(found)
        formal = found.formal.text if found.formal is not None else ""
        self._secure(f"{name.text} {formal}", calls=True)
        runs = self.text.verbatim(found.formal) if found.formal is not None else []
        call: Parts = (*self.text.verbatim(name), "(", *runs, ");")
        if found.conditional:
            call = ("IF ", *self._condition(found), " THEN ", *call, " END_IF;")
        self._say(*call)

    def _drives_input(self, found: Instruction) -> bool:
        """Whether it is like `CU counter`, which gives a standard block one input and calls it."""
        if len(found.operands) != 1 or found.formal is not None or found.opens:
            return False
        return found.operator in STANDARD.get(self.types.block(found.operands[0].text), {})

    def _input(self, found: Instruction) -> None:
        block = self._one(found)
        self._needed()
        self._secure(block.text, calls=True)
        given = self._needed().parts
        self._say(*self.text.verbatim(block), f"({found.operator} := ", *given, ");")

    def _function(self, found: Instruction) -> None:
        if found.called is None or found.called.text[:1] == "&":
            raise self.text.refuse(f"{found.operator} is no instruction", found.at)
        name: Parts = tuple(self.text.verbatim(found.called))
        if found.formal is not None:
            names = _names(found.formal.text)
            arguments: Parts = tuple(self.text.verbatim(found.formal))
            kinds: list[str | None] = []
        else:
            first = self._needed()
            others = [self._operand(found, number) for number in range(len(found.operands))]
            arguments = first.parts + tuple(part for one in others for part in (", ", *one.parts))
            names = first.names.union(*(one.names for one in others))
            kinds = [first.kind, *(one.kind for one in others)]
        kind = self.types.result(found.called.text, kinds)
        value = Value((*name, "(", *arguments, ")"), kind, names, True)
        project = found.operator in self.functions  # what it does besides happens now, and once
        self.value = (self._keep(value) if project and not self.outer else None) or value

    # ---- the text ------------------------------------------------------------------------------------

    def _say(self, *parts: str | TextRun) -> None:
        self.lines.append((self.at, parts))

    def _new_name(self, wanted: str) -> str:
        while wanted.upper() in self.taken:
            wanted += "_x"
        self.taken.add(wanted.upper())
        return wanted


def _names(text: str) -> frozenset[str]:
    return frozenset(name.upper() for name in _NAMES.findall(text))


def _inverted(value: Value) -> Value:
    return replace(value, parts=("NOT (", *value.parts, ")"), depth=value.depth + 1, chain="")


def _shown(value: Value) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in value.parts)
