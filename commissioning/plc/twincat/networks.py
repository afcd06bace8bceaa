"""TwinCAT: bodies drawn in LD and FBD (<NWL>) -> Structured Text.

A network is a list of trees. A tree is worked out from its leaves: calls of blocks become statements before
what reads them, coils and outputs statements behind. A wire that branches (BoxTreeDemux) and the enable of
a box whose ENO is read are kept in variables, since what comes between may change what they were made of. A
parallel branch with boxes leaves these out where another of its branches is TRUE (short circuit evaluation,
TwinCAT 3 manual, closed line branch); other branches are an OR.
"""

from __future__ import annotations

import re
from collections import Counter

from commissioning.model.element import Element
from commissioning.plc.pieces import PieceWriter
from commissioning.plc.plcopen.boxes import operator_text
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.plcopen.wires import stands_alone
from commissioning.plc.twincat.archive import Item, archived
from commissioning.plc.twincat.boxes import (
    FALLING,
    JUMP,
    NEGATED,
    RETURN,
    RISING,
    SET,
    Box,
    Slot,
    box_of,
    boxes_in,
    does_more,
    flags_of,
    operand_text,
    snippet,
    type_of,
)
from commissioning.plc.twincat.statements import Statements
from commissioning.plc.twincat.types import MAX_DEPTH, Types

_LITERALS = frozenset({"TRUE", "FALSE"})
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class NetworkDrawing:
    """One drawn body. After `translate`: `into` has its statements, `language` is LD or FBD."""

    def __init__(self, body: Element, taken: set[str], memory: str) -> None:
        self.body = body
        self.into = Statements(taken, memory)
        self.language = "FBD"
        self._wires: dict[int, str] = {}  # by VarId: what its value stands in
        self._types = Types()
        self._power, self._took_power = "TRUE", False
        self._depth = 0
        self._called: Counter[str] = Counter()  # how often the body calls an instance, by its name

    def translate(self) -> None:
        """Raises Unreadable with the element that cannot be translated."""
        root = archived(self.body, "NWLImplementationObject")
        self.language = "LD" if root.text("DefaultViewMode").strip().upper() == "LD" else "FBD"
        self._called.update(
            box_of(Item("BoxTreeBox", element)).instance.upper() for element in boxes_in(root.element)
        )
        for number, network in enumerate(root.items("NetworkList"), start=1):
            if network is not None:
                self._network(network, number)

    def write(self, writer: PieceWriter) -> None:
        """The statements, at their places in the file."""
        for text, element in self.into.written:
            writer.line(text, element)

    def _network(self, network: Item, number: int) -> None:
        label, element = network.text("Label").strip(), network.element
        words = " ".join(f"{network.text('Title')} {network.text('Comment')}".split())
        self.into.say(f"// network {number}{': ' if words else ''}{words[:200]}", element)
        if label:
            if not _LABEL.match(label):
                raise Unreadable(f"{label!r} is no label", element)
            self.into.say(f"{label}: ;", element)
        if network.flag("OutCommented"):
            return
        if network.flag("ILActive") and not network.items("NetworkItems"):
            raise Unreadable(f"network {number} is written in instruction list (IL)", element)
        self._power = "TRUE"
        for item in network.items("NetworkItems"):
            if item is not None:
                self._tree(item)

    # ---- what is at the end of a line ----------------------------------------------------------------

    def _tree(self, item: Item) -> None:
        if item.kind == "BoxTreeAssign":
            self._assign(item)
        elif item.kind == "BoxTreeBox":
            self._perform(box_of(item), wanted=None)
        elif item.kind == "BoxTreeTerminator":
            source = item.member("Input")
            if source is not None:
                self._tree(source)
        else:
            self._value(item)

    def _assign(self, item: Item) -> str:
        """Coils and output variables; the value goes on to what stands behind."""
        source = item.member("RValue")
        if source is None:
            raise Unreadable("nothing is connected to this coil or output", item.element)
        value = self._value(source)
        holder = item.member("OutputItems")
        targets = [t for t in holder.items("OutputItems") if t is not None] if holder is not None else []
        marks = [flags_of(target) for target in targets]
        leads = any(bits & (JUMP | RETURN) for bits in marks)
        own = flags_of(item) if not leads else 0  # importers mark the whole beside its only output
        if len(targets) > 1 and (leads or own & (JUMP | RETURN)):
            what = "a rung that drives a coil and leads elsewhere does not tell which comes first; draw two"
            raise Unreadable(what, item.element)
        if len(targets) > 1 and not self._constant(value):
            kind = self._types.of(source) or type_of(targets[0].text("Type")) or self._unknown(item)
            value = self.into.kept(value, kind, item.element, "wire")
        if not targets and own & RETURN:
            self._write("", own, value, item)
        for target, bits in zip(targets, marks, strict=True):
            self._write(operand_text(target, item), bits | own, value, item)
        return value

    def _write(self, target: str, flags: int, value: str, item: Item) -> None:
        """The statement of one coil, output, jump or return."""
        element = item.element
        for bit, kind in ((RISING, "rising"), (FALLING, "falling")):
            if flags & bit:
                value = self.into.edge(kind, value, element)
        if flags & (JUMP | RETURN):
            if flags & JUMP and not _LABEL.match(target):
                raise Unreadable(f"{target!r} is no label to jump to", element)
            step = f"JMP {target};" if flags & JUMP else "RETURN;"
            if flags & NEGATED:
                value = f"NOT {value}"
            self.into.say(step if value == "TRUE" else f"IF {value} THEN {step} END_IF;", element)
        elif not target:
            return  # an open end
        elif flags & SET:
            to = "FALSE" if flags & NEGATED else "TRUE"
            self.into.say(f"IF {value} THEN {target} := {to}; END_IF;", element)
        else:
            self.into.say(f"{target} := {'NOT ' if flags & NEGATED else ''}{value};", element)

    # ---- what is read --------------------------------------------------------------------------------

    def _value(self, item: Item) -> str:
        """The value of a tree as an expression that may stand among operators; "" for an open end."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"more than {MAX_DEPTH} elements stand one behind the other", item.element)
        try:
            text = self._worked_out(item)
        finally:
            self._depth -= 1
        return self._marked(text, flags_of(item), item) if item.kind == "BoxTreeBox" else text

    def _worked_out(self, item: Item) -> str:
        if item.kind == "BoxTreeOperand":
            operand = item.member("Operand", "Operand")
            text = operand_text(operand, item)
            if text and not stands_alone(text):
                text = f"({text})"
            return self._marked(text, flags_of(operand) or flags_of(item), item) if text else ""
        if item.kind == "BoxTreeBox":
            box = box_of(item)
            return self._perform(box, box.connected)
        if item.kind == "BoxTreeAssign":
            return self._assign(item)
        if item.kind == "BoxTreeDemux":
            return self._wire(item)
        if item.kind == "BoxTreeParallel":
            return self._parallel(item)
        if item.kind == "BoxTreeTerminator":
            source = item.member("Input")
            if source is not None:
                return self._value(source)
            self._took_power = True
            return self._power
        raise Unreadable(f"a {item.kind or 'nameless object'} is not known here", item.element)

    def _marked(self, text: str, flags: int, item: Item) -> str:
        """A value behind a circle or an edge mark."""
        for bit, kind in ((RISING, "rising"), (FALLING, "falling")):
            if flags & bit:
                text = self.into.edge(kind, text, item.element)
        return f"(NOT {text})" if flags & NEGATED else text

    def _wire(self, item: Item) -> str:
        number, source = item.number("VarId"), item.member("Input")
        if source is None:
            if number not in self._wires:
                raise Unreadable("this line comes from a branch that is drawn behind it", item.element)
            return self._wires[number]
        kind = self._types.of(source) or ("BOOL" if self.language == "LD" else None)
        text = self._value(source)
        if not self._constant(text):
            text = self.into.kept(text, kind or self._unknown(item), item.element, "wire")
        self._wires[number], self._types.wires[number] = text, kind
        return text

    def _parallel(self, item: Item) -> str:
        source = item.member("Input")
        power = self._value(source) if source is not None else self._power
        self._took_power = self._took_power or source is None
        if not self._constant(power):
            power = self.into.kept(power, "BOOL", item.element, "wire")
        branches = [branch for branch in item.items("Trees") if branch is not None]
        if not branches:
            raise Unreadable("this branch has no lines", item.element)
        skipping = item.text("Mode").strip() != "Sequential"
        with_boxes = [branch for branch in branches if skipping and does_more(branch)]
        plain = [branch for branch in branches if branch not in with_boxes]
        short = [self._branch(branch, power) for branch in plain]
        if not with_boxes or not short:
            return _either([*short, *(self._branch(branch, power) for branch in with_boxes)])
        out = self.into.variable("wire", "BOOL", item.element, "VAR")
        with self.into.apart() as inner:
            value = _either([self._branch(branch, power) for branch in with_boxes])
        self.into.say(f"IF {_either(short)} THEN {out} := {power};\nELSE", item.element)
        for text, element in inner:
            self.into.say(text, element)
        self.into.say(f"{out} := {value};\nEND_IF;", item.element)
        return out

    def _branch(self, branch: Item, power: str) -> str:
        """The value behind one line of a parallel branch, which `power` feeds."""
        before, self._power = (self._power, self._took_power), power
        self._took_power = False
        value = self._value(branch)
        took = self._took_power
        self._power, self._took_power = before
        if not value:
            raise Unreadable("a line of this branch is open", branch.element)
        return value if took or power == "TRUE" else f"({power} AND {value})"

    # ---- boxes ---------------------------------------------------------------------------------------

    def _perform(self, box: Box, wanted: Slot | None) -> str:
        """Does what a box does; the value of the output `wanted`, "" if none is."""
        enable = self._enable(box, wanted)
        arguments = self._arguments(box)
        if box.item.text("ProvidesSTSnippet").strip().lower() == "true" or box.name.upper() == "EXECUTE":
            return self._guarded(enable, [snippet(box.item)], box, "")
        if box.instance:
            given = ", ".join(f"{name} := {value}" for name, value in arguments)
            said = [f"{box.instance}({given});"]
            for slot in box.slots:
                if slot.target is not None and slot.name.upper() != "ENO" and slot is not wanted:
                    said += self._output(slot, f"{box.instance}.{self._named(slot, box)}", box)
            self._guarded(enable, said, box, "")
            if wanted is None or wanted.name.upper() == "ENO":
                return enable
            read = f"{box.instance}.{self._named(wanted, box)}"
            kind = self._types.of(box.item) if self._called[box.instance.upper()] > 1 else None
            return self.into.kept(read, kind, box.item.element, "wire") if kind is not None else read
        text, result = self._call(box, arguments), box.result
        if wanted is not None and wanted.name.upper() != "ENO":
            return self._result(box, wanted, text, enable)
        if result is not None and result.target is not None:
            said = self._output(result, text, box)
        else:
            said = [] if box.is_operator else [f"{text};"]
        return self._guarded(enable, said, box, enable)

    def _enable(self, box: Box, wanted: Slot | None) -> str:
        """The condition of a box ("TRUE" without one), in a variable where it is read again behind it."""
        if box.enable is None or box.enable.source is None:
            return "TRUE"
        text = self._value(box.enable.source)
        text = self._marked(text, box.enable.flags, box.item) if text else "TRUE"
        again = [s for s in box.slots if s.name.upper() == "ENO" and (s is wanted or s.target is not None)]
        if again and not self._constant(text):
            text = self.into.kept(text, "BOOL", box.item.element, "wire")
        return text

    def _guarded(self, enable: str, said: list[str], box: Box, value: str) -> str:
        """Says what happens on the condition, then writes ENO."""
        if said and enable != "TRUE":
            said = [f"IF {enable} THEN", *said, "END_IF;"]
        for text in said:
            self.into.say(text, box.item.element)
        for slot in box.slots:
            if slot.name.upper() == "ENO" and slot.target is not None:
                self._write(operand_text(slot.target, box.item), flags_of(slot.target), enable, box.item)
        return value or enable

    def _output(self, slot: Slot, value: str, box: Box) -> list[str]:
        assert slot.target is not None
        with self.into.apart() as said:
            self._write(operand_text(slot.target, box.item), flags_of(slot.target), value, box.item)
        return [text for text, _ in said]

    def _result(self, box: Box, wanted: Slot, text: str, enable: str) -> str:
        """The value of a function or operator that is read directly behind its box."""
        if enable == "TRUE" and (box.is_operator or self._types.of(box.item) is None):
            return text
        kind = self._types.of(box.item) or self._unknown(box.item)
        name = self.into.variable("wire", kind, box.item.element, "VAR")
        said = [f"{name} := {text};"]
        if kind == "BOOL" and enable != "TRUE":
            self.into.say(f"{name} := FALSE;", box.item.element)  # no power, no result
        self._guarded(enable, said, box, name)
        return name

    def _arguments(self, box: Box) -> list[tuple[str, str]]:
        given = []
        for pin in box.inputs:
            value = self._value(pin.source) if pin.source is not None else ""
            if value:
                given.append((pin.name, self._marked(value, pin.flags, box.item)))
            elif box.by_position:
                raise Unreadable(f"an input of {box.name} is not connected", box.item.element)
        return given

    def _call(self, box: Box, arguments: list[tuple[str, str]]) -> str:
        values = [value for _, value in arguments]
        if box.is_operator:
            text = operator_text(box.name.upper(), values)
            if text is None:
                raise Unreadable(f"{box.name} has {len(values)} connected inputs", box.item.element)
            return text
        if box.by_position:
            return f"{box.name}({', '.join(values)})"
        given = [f"{name} := {value}" if name else value for name, value in arguments]
        for slot in box.slots:  # further outputs of a function or method
            if slot.target is not None and slot is not box.result and slot.name.upper() != "ENO":
                given.append(f"{self._named(slot, box)} => {operand_text(slot.target, box.item)}")
        return f"{box.name}({', '.join(given)})"

    def _named(self, slot: Slot, box: Box) -> str:
        if not _LABEL.match(slot.name):
            raise Unreadable(f"the file does not tell which output of {box.name} this is", box.item.element)
        return slot.name

    def _constant(self, text: str) -> bool:
        """Nothing that happens in between can change it: a literal, or a variable of the translation."""
        return text.upper() in _LITERALS or text.upper() in self.into.own

    def _unknown(self, item: Item) -> str:
        what = "the file does not tell the type of this connection; put a variable into it"
        raise Unreadable(what, item.element)


def _either(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"({' OR '.join(values)})"
