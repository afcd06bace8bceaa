"""TwinCAT: continuous function charts (<CFC>) -> Structured Text.

Boxes and outputs are executed in the order in which they stand in the archive, each once. The value of a box
that is an operator or a function is kept in a variable, so that what is executed before it reads the value of
the last scan; where nothing happens between such a box and the one place that reads it, it is written there.
"""

from __future__ import annotations

from itertools import accumulate

from commissioning.model.element import Element
from commissioning.plc.pieces import PieceWriter
from commissioning.plc.plcopen.boxes import LIKE_INPUTS, OPERATORS, operator_text
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.plcopen.wires import stands_alone
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.twincat.archive import archived
from commissioning.plc.twincat.cfc_elements import Flow, Part, Pin, flow_of
from commissioning.plc.twincat.cfc_types import FlowTypes
from commissioning.plc.twincat.statements import Statements

_BITS = frozenset({"AND", "OR", "XOR", "NOT", "MOVE", "SEL", "MUX"})
_MAX_MARKS = 100
_MAX_DEPTH = 40
_DEEP = 10  # boxes written in one another
_MOST = 50  # places at which one box may be written


class FlowDrawing:
    """One drawn chart. After `translate`: `into` has its statements."""

    language = "CFC"

    def __init__(self, body: Element, taken: set[str], memory: str, known: dict[str, str]) -> None:
        self.body = body
        self.into = Statements(taken, memory)
        self.flow = Flow()
        self.types = FlowTypes(known, self._origin, self._readings)
        self._place: dict[int, int] = {}  # by the identity of a part: its place in the order
        self._read: dict[int, list[tuple[Part, Pin]]] = {}  # by the number of an output pin: who reads it
        self._inlined: set[int] = set()
        self._kept: dict[int, str] = {}  # by the number of an output pin: its variable
        self._depth = 0

    def translate(self) -> None:
        """Raises Unreadable with the element that cannot be translated."""
        self.flow = flow_of(archived(self.body, "CFCImplementationObject"))
        order = self.flow.order
        self._place = {id(part): place for place, part in enumerate(order)}
        for part in order:
            for pin in part.inputs:
                origin = self._origin(pin)
                if origin is not None:
                    self._read.setdefault(origin[1].number, []).append((part, pin))
        for part in order:  # from the first on, so that none leads far back
            for pin in part.outputs:
                self.types.of(part, pin)
        self._once(order)
        self._choose(order)
        for part in order:
            self._perform(part)

    def write(self, writer: PieceWriter) -> None:
        """The statements, at their places in the file."""
        for text, element in self.into.written:
            writer.line(text, element)

    # ---- connections ---------------------------------------------------------------------------------

    def _origin(self, pin: Pin) -> tuple[Part, Pin] | None:
        """What gives an input its value, behind all marks; None for an open end."""
        return self._way(pin)[0]

    def _way(self, pin: Pin) -> tuple[tuple[Part, Pin] | None, bool]:
        """As `_origin`, and whether marks on the way negate the value."""
        negated = False
        for _ in range(_MAX_MARKS):
            number = self.flow.from_pin.get(pin.number)
            if number is None:
                return None, negated
            part, source = self.flow.owners.get(number) or self._lost(pin)
            if source.is_inout:  # a variable goes on to the next box
                pin = source
                continue
            if source.is_input:
                raise Unreadable("a connection comes from an input", part.item.element)
            if part.kind != "sink":
                return (part, source), negated
            mark = self.flow.marks.get(part.text.upper())
            if mark is None:
                raise Unreadable(f"no connection ends in a mark {part.text}", part.item.element)
            pin = mark.inputs[0]
            negated ^= source.negated ^ pin.negated
        raise Unreadable(
            "the marks of this chart lead to one another in a circle", self._owner(pin).item.element
        )

    def _lost(self, pin: Pin) -> tuple[Part, Pin]:
        raise Unreadable("a connection comes from a pin that is not there", self._owner(pin).item.element)

    def _owner(self, pin: Pin) -> Part:
        return self.flow.owners[pin.number][0]

    # ---- what is written where it is read ------------------------------------------------------------

    def _choose(self, order: list[Part]) -> None:
        """Decides from the last to the first which boxes are written at the one place that reads them."""
        acts = [0, *accumulate(not _is_pure(part) for part in order)]
        places: dict[int, list[int]] = {}  # by the identity of a part: where it is read in the end
        depth: dict[int, int] = {}  # how many boxes are written around it
        for place in range(len(order) - 1, -1, -1):
            part, key = order[place], id(order[place])
            if not _is_pure(part):
                if _is_function(part) and place + 1 < len(order) and self._feeds(part, order[place + 1]):
                    self._inlined.add(key)
                    places[key], depth[key] = [place], 1
                continue
            found: list[int] = []
            for reader in self._readers(part)[: _MOST + 1]:
                at = self._place[id(reader)]
                inner = id(reader) in self._inlined and at > place
                found += places[id(reader)][: _MOST + 1] if inner else [at]
                depth[key] = max(depth.get(key, 0), depth[id(reader)] + 1 if inner else 1)
            safe = all(at > place and acts[at] == acts[place + 1] for at in found)
            told = self.types.of(part, part.outputs[0])
            if told and (len(found) != 1 or depth[key] > _DEEP or self._is_arithmetic(part, told)):
                continue
            if safe and found and not self._looks_ahead(part):
                if len(found) > _MOST:
                    what = f"{part.text} is read at more than {_MOST} places"
                    raise Unreadable(f"{what}; {_KEEP}", part.item.element)
                self._inlined.add(key)
                places[key] = found

    def _feeds(self, part: Part, reader: Part) -> bool:
        """Whether the value of a function goes to the output that is executed next, and nowhere else."""
        return not part.enabled and reader.kind == "output" and self._readers(part) == [reader]

    def _is_arithmetic(self, part: Part, told: str) -> bool:
        """Whether a value must be cut off to its type before it is read: not by an output of that type."""
        name, reader = part.text.upper(), self._readers(part)[0]
        if name not in LIKE_INPUTS or name in _BITS:
            return False
        return reader.kind != "output" or self.types.known.get(reader.text.upper()) != told

    def _readers(self, part: Part) -> list[Part]:
        return [reader for pin in part.outputs for reader, _ in self._readings(pin)]

    def _readings(self, pin: Pin) -> list[tuple[Part, Pin]]:
        """Who reads an output, and with which input."""
        return self._read.get(pin.number, [])

    def _looks_ahead(self, part: Part) -> bool:
        """Whether it reads a box that is executed behind it, which has the value of the last scan.

        An enable is there before the other inputs of its box are read, which this may be one of.
        """
        origins = (self._origin(pin) for pin in part.inputs)
        return any(
            origin is not None
            and (_is_pure(origin[0]) or origin[0].enabled)
            and self._place[id(origin[0])] >= self._place[id(part)]
            for origin in origins
        )

    # ---- what is executed ----------------------------------------------------------------------------

    def _perform(self, part: Part) -> None:
        element = part.item.element
        if part.kind == "output":
            self._assign(part)
            return
        if id(part) in self._inlined:
            return
        enable = self._enable(part)
        pins = [pin for pin in part.inputs if not (part.enabled and pin.name.upper() == "EN")]
        if part.call == "FunctionBlock":
            given = [(pin.name, value) for pin in pins if (value := self._value(pin))]
            said = f"{part.instance}({', '.join(f'{name} := {value}' for name, value in given)});"
        elif part.call in ("LocalAction", "Base"):
            if any(self._origin(pin) is not None for pin in pins) or self._readers(part):
                raise Unreadable(f"the pins of {part.text} are connected, which is not supported", element)
            said = f"{part.text}();"
        else:
            text = self._computed(part, pins)
            result = self._result(part)
            if result is None and not _is_function(part):
                return  # it computes what nobody reads
            said = f"{self._variable(part, result)} := {text};" if result is not None else f"{text};"
        self.into.say(said if enable == "TRUE" else f"IF {enable} THEN {said} END_IF;", element)

    def _enable(self, part: Part) -> str:
        """The condition of a box, "TRUE" without one; ENO has it where it is read."""
        if not part.enabled:
            return "TRUE"
        enable = self._value(part.inputs[0]) or "TRUE"
        eno = next((pin for pin in part.outputs if pin.name.upper() == "ENO"), None)
        if eno is not None and self._read.get(eno.number):
            name = self._variable(part, eno)
            self.into.say(f"{name} := {enable};", part.item.element)
            return name
        return enable

    def _result(self, part: Part) -> Pin | None:
        """The output of an operator or function that is read."""
        pins = [pin for pin in part.outputs if not (part.enabled and pin.name.upper() == "ENO")]
        if any(self._read.get(pin.number) for pin in pins[1:]):
            raise Unreadable(f"a second output of {part.text} is read; call it in text", part.item.element)
        return pins[0] if pins and self._read.get(pins[0].number) else None

    def _once(self, order: list[Part]) -> None:
        """Which of several calls of one instance a connection means is not told."""
        calls: dict[str, list[Part]] = {}
        for part in order:
            calls.setdefault(part.instance.upper() if part.call == "FunctionBlock" else "", []).append(part)
        calls.pop("", None)
        for found in calls.values():
            if len(found) > 1 and any(self._readers(call) for call in found):
                what = f"{found[0].instance} is called by {len(found)} boxes, and outputs of it are connected"
                raise Unreadable(f"{what}; give each box its own instance", found[1].item.element)

    def _assign(self, part: Part) -> None:
        pin, element = part.inputs[0], part.item.element
        value = self._value(pin)
        if not value:
            raise Unreadable(f"nothing is connected to the output {part.text}", element)
        if pin.set_reset:
            to = "TRUE" if pin.set_reset == "Set" else "FALSE"
            self.into.say(f"IF {value} THEN {part.text} := {to}; END_IF;", element)
        else:
            self.into.say(f"{part.text} := {value};", element)

    # ---- what is read --------------------------------------------------------------------------------

    def _value(self, pin: Pin) -> str:
        """What an input reads, as an expression that may stand among operators; "" for an open end."""
        origin, negated = self._way(pin)
        if origin is None:
            return ""
        part, source = origin
        if part.kind == "input":
            text = part.text if stands_alone(part.text) else f"({part.text})"
        elif part.call == "FunctionBlock" and not (part.enabled and source.name.upper() == "ENO"):
            text = f"{part.instance}.{source.name}"
        elif id(part) in self._inlined:
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise Unreadable(
                    f"more than {_MAX_DEPTH} boxes stand one behind the other; {_KEEP}", part.item.element
                )
            text = self._computed(part, list(part.inputs))
            self._depth -= 1
        else:
            text = self._variable(part, source)
        return f"(NOT {text})" if negated ^ source.negated ^ pin.negated else text

    def _computed(self, part: Part, pins: list[Pin]) -> str:
        """What an operator or function gives."""
        values = [self._value(pin) for pin in pins]
        name = part.text.upper()
        if part.call == "Operator" or name in FUNCTIONS:
            if not all(values):
                raise Unreadable(f"an input of {part.text} is not connected", part.item.element)
            text = operator_text(name, values)
            if text is None and name in OPERATORS:
                raise Unreadable(f"{part.text} has {len(values)} connected inputs", part.item.element)
            return text or f"{part.text}({', '.join(values)})"
        given = [(pin.name, value) for pin, value in zip(pins, values, strict=True) if value]
        named = [f"{name} := {value}" if name else value for name, value in given]
        return f"{part.text}({', '.join(named)})"

    def _variable(self, part: Part, pin: Pin) -> str:
        """The variable of an output, made when it is needed first."""
        if pin.number not in self._kept:
            element = part.item.element
            kind = self.types.of(part, pin)
            if not kind:
                raise Unreadable(
                    f"the file does not tell the type of what {part.text} gives; {_KEEP}", element
                )
            behind = all(self._place[id(reader)] > self._place[id(part)] for reader, _ in self._readings(pin))
            if not behind and not self.into.memory:
                what = f"the value of {part.text} is read before it is there"
                raise Unreadable(f"{what}; a function keeps nothing from its last call", element)
            section = "VAR" if behind else self.into.memory
            self._kept[pin.number] = self.into.variable("value", kind, element, section)
        return self._kept[pin.number]


_KEEP = "put a variable into the connection"


def _is_pure(part: Part) -> bool:
    """Whether a box does nothing but compute, always the same of the same."""
    plain = part.kind == "box" and part.call in ("Operator", "Function") and not part.enabled
    return plain and len(part.outputs) == 1 and not _is_function(part)


def _is_function(part: Part) -> bool:
    """Whether a box calls a function that may do more: one that is none of the standard's."""
    name = part.text.upper()
    return part.call in ("Operator", "Function") and name not in OPERATORS and name not in FUNCTIONS
