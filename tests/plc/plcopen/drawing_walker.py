"""A second reading of drawn bodies (LD, FBD, CFC): walks over the graph with Python values, scan by scan.

Nothing of the product is used here, not even its reader of XML. What is drawn is taken as IEC 61131-3 and
decision 38 have it: what writes goes in the order of its numbers, else from top to bottom and from left to
right; what it needs is worked out before, but what has a later number, or comes back to itself, is what the
scan before left; a function without EN gives FALSE, and writes nothing if it is no BOOL.
"""

from __future__ import annotations

import operator
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

WRITERS = ("coil", "outVariable", "inOutVariable", "block", "return", "jump", "label")
Values = dict[str, Any]


class Trigger:
    """R_TRIG and F_TRIG of edition 3; F_TRIG as edge of a pin or contact."""

    def __init__(self, falling: bool = False) -> None:
        self.falling, self.memory, self.outputs = falling, False, {"Q": False}

    def call(self, now: int, CLK: bool = False) -> None:  # noqa: N803
        fired = (not CLK and not self.memory) if self.falling else (CLK and not self.memory)
        self.memory = not CLK if self.falling else CLK
        self.outputs["Q"] = fired


class Timer:
    """TON, TOF and TP; times in ns."""

    def __init__(self, kind: str) -> None:
        self.kind, self.start, self.before, self.pt = kind, None, False, 0
        self.outputs: Values = {"Q": False, "ET": 0}

    def call(self, now: int, IN: bool = False, PT: int | None = None) -> None:  # noqa: N803
        self.pt = self.pt if PT is None else PT
        start = self.start
        if self.kind == "TP":
            if start is not None and now - start >= self.pt and not IN:
                start = None
            if start is None and IN and not self.before:
                start = now
            passed = min(now - start, self.pt) if start is not None else 0
            self.outputs = {"Q": start is not None and passed < self.pt, "ET": passed}
        else:
            runs = (self.kind == "TON") == IN
            if not runs:
                start = None
            elif start is None and (self.kind == "TON" or self.before):
                start = now
            passed = min(now - start, self.pt) if start is not None and runs else 0
            done = start is not None and passed >= self.pt
            self.outputs = {
                "Q": runs and done if self.kind == "TON" else IN or (start is not None and not done)
            }
            self.outputs["ET"] = passed
        self.start, self.before = start, IN


class Counter:
    """CTU."""

    def __init__(self) -> None:
        self.before, self.pv, self.r = False, 0, False
        self.outputs: Values = {"Q": False, "CV": 0}

    def call(self, now: int, **given: bool | int) -> None:
        self.pv, self.r = int(given.get("PV", self.pv)), bool(given.get("R", self.r))
        cu = bool(given.get("CU", self.before))
        if self.r:
            self.outputs["CV"] = 0
        elif cu and not self.before:
            self.outputs["CV"] += 1
        self.before = cu
        self.outputs["Q"] = self.outputs["CV"] >= self.pv


class Latch:
    """SR and RS."""

    def __init__(self, set_dominant: bool) -> None:
        self.set_dominant, self.outputs = set_dominant, {"Q1": False}

    def call(self, now: int, **given: bool) -> None:
        on, off = given.get("S1", given.get("S", False)), given.get("R", given.get("R1", False))
        q = self.outputs["Q1"]
        self.outputs["Q1"] = (on or (q and not off)) if self.set_dominant else (not off and (on or q))


BLOCKS: dict[str, Callable[[], Any]] = {
    "R_TRIG": Trigger, "F_TRIG": lambda: Trigger(True), "CTU": Counter,
    "TON": lambda: Timer("TON"), "TOF": lambda: Timer("TOF"), "TP": lambda: Timer("TP"),
    "SR": lambda: Latch(True), "RS": lambda: Latch(False),
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ADD": lambda *x: sum(x), "MUL": lambda *x: reduce(operator.mul, x), "SUB": operator.sub,
    "DIV": lambda x, y: x / y if isinstance(x, float) or isinstance(y, float) else int(x / y),
    "AND": lambda *x: reduce(operator.and_, x), "OR": lambda *x: reduce(operator.or_, x),
    "XOR": lambda *x: reduce(operator.xor, x), "NOT": lambda x: not x, "MOVE": lambda x: x,
    "GT": operator.gt, "GE": operator.ge, "EQ": operator.eq, "LE": operator.le, "LT": operator.lt,
    "NE": operator.ne, "SEL": lambda g, x, y: y if g else x, "MAX": max, "MIN": min,
    "LIMIT": lambda low, x, high: min(max(low, x), high), "INT_TO_REAL": float,
    "REAL_TO_INT": lambda x: round(x), "INT_TO_UINT": lambda x: x,
}  # fmt: skip
COMPARING = ("GT", "GE", "EQ", "LE", "LT", "NE", "NOT", "AND", "OR", "XOR")


class Walker:
    """One body. `values`: variables by name; `instances`: blocks by name, each with `call` and `outputs`."""

    def __init__(
        self, body: ET.Element, values: Values, instances: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = FUNCTIONS,
    ) -> None:  # fmt: skip
        for node in body.iter():
            node.tag = node.tag.rpartition("}")[2]
        self.body, self.values, self.instances, self.functions = body, values, instances, functions
        self.nodes = {node.get("localId"): node for node in body if node.get("localId")}
        self.read_pins = {(c.get("refLocalId"), c.get("formalParameter")) for c in body.iter("connection")}
        self.edges: dict[str, Trigger] = {}
        self.last: dict[tuple[str | None, str], Any] = {}
        marked = [node for node in body if node.tag in WRITERS and node.get("executionOrderId")]
        numbers = [int(node.get("executionOrderId", "0")) for node in marked]
        inputs = any(node.get("executionOrderId") for node in body.iter("inVariable"))
        self.from_zero = body.tag == "CFC" or (
            body.tag == "FBD" and not inputs and {0, 1} <= set(numbers) and len(numbers) == len(set(numbers))
        )
        self.ordered = sorted((n for n in body if n.tag in WRITERS), key=self._rank)

    def _number(self, node: ET.Element) -> int:
        text = node.get("executionOrderId")
        return 0 if text is None else int(text) + self.from_zero

    def _rank(self, node: ET.Element) -> tuple[float, ...]:
        place = node.find("position")
        y, x = (float(place.get(axis, "0")) for axis in "yx") if place is not None else (0.0, 0.0)
        number = self._number(node)
        return (not number, number, y, x)

    # ---- one scan --------------------------------------------------------------------------------------

    def scan(self, now: int) -> None:
        self.now, self.memo, self.called, self.busy = now, {}, set(), set()
        self.enabled: dict[str | None, bool] = {}
        self.stale = False  # something of the scan before was read
        self.pins: dict[ET.Element, Values] = {}  # what the outputs of a block were behind its call
        skipping = ""
        for node in self.ordered:
            if node.tag == "label":
                skipping = "" if node.get("label") == skipping else skipping
                self.memo = {}
            if skipping or node.tag == "label":
                continue
            self.turn = self._number(node)
            if node.tag == "jump":
                wired = node.find("connectionPointIn/connection") is not None
                power = self.wires(node) if wired else True
                if power != (node.get("negated") == "true"):
                    skipping = node.get("label", "")
            elif node.tag == "return":
                if self.wires(node) != (node.get("negated") == "true"):
                    return
            elif node.tag == "block":
                self._block(node)
            else:
                self._write(node)

    def _write(self, node: ET.Element) -> None:
        if node.find("connectionPointIn/connection") is None or node in self.called:
            return
        self.called.add(node)
        (wire, *more) = node.findall("connectionPointIn/connection")
        source = self.nodes[wire.get("refLocalId")]
        if not more and source.tag == "block" and not source.get("instanceName") and node.tag != "coil":
            boolean = source.get("typeName") in COMPARING or wire.get("formalParameter") == "ENO"
            if not boolean and not self._later(source) and self._enable(source) is False:
                self.wire(wire)  # its edges see what they see all the same
                return
        value = self.give(node, "") if node.tag == "coil" else self.wires(node)
        value = self._edged(node, node.get("edge") or node.get("edgeIn"), value)
        if "true" in (node.get("negated"), node.get("negatedIn")):
            value = not value
        target = node.findtext("variable") or node.findtext("expression") or ""
        storage = node.get("storage") or node.get("storageIn")
        if storage in ("set", "reset"):
            value = storage == "set" if value else self.values[target]
        self.values[target] = value

    def _edged(self, node: ET.Element, kind: str | None, value: Any) -> Any:
        if kind not in ("rising", "falling"):
            return value
        key = f"{id(node)}"
        trigger = self.edges.setdefault(key, Trigger(kind == "falling"))
        trigger.call(self.now, value)
        return trigger.outputs["Q"]

    def _block(self, node: ET.Element) -> None:
        if node.get("instanceName"):
            self._call(node)
        elif self._number(node):  # its turn
            for pin in node.iterfind("outputVariables/variable"):
                formal = pin.get("formalParameter", "")
                if (node.get("localId"), formal) in self.read_pins:
                    self.give(node, formal)

    def _later(self, node: ET.Element) -> bool:
        return 0 < self.turn < self._number(node)

    def _enable(self, node: ET.Element) -> bool | None:
        """None: there is no EN."""
        identity = node.get("localId")
        for pin in node.iterfind("inputVariables/variable"):
            if pin.get("formalParameter") == "EN" and pin.find("connectionPointIn/connection") is not None:
                if identity not in self.enabled:
                    self.enabled[identity] = self._pin(pin)
                return self.enabled[identity]
        return None

    def _arguments(self, node: ET.Element) -> Values:
        return {
            pin.get("formalParameter", ""): self._pin(pin)
            for pin in node.iterfind("inputVariables/variable")
            if pin.get("formalParameter") != "EN" and pin.find("connectionPointIn/connection") is not None
        }

    def _pin(self, pin: ET.Element) -> Any:
        value = self._edged(pin, pin.get("edge"), self.wires(pin))
        return not value if pin.get("negated") == "true" else value

    def _call(self, node: ET.Element) -> None:
        if node in self.called or node in self.busy:
            return
        self.busy.add(node)
        enable = self._enable(node)
        arguments = self._arguments(node)
        if enable is not False:
            self.instances[node.get("instanceName", "")].call(self.now, **arguments)
        self.busy.discard(node)
        self.called.add(node)
        self.pins[node] = dict(self.instances[node.get("instanceName", "")].outputs)

    # ---- what is read ----------------------------------------------------------------------------------

    def wires(self, node: ET.Element) -> Any:
        found = [self.wire(one) for one in node.iterfind("connectionPointIn/connection")]
        return found[0] if len(found) == 1 else any(found)

    def wire(self, connection: ET.Element) -> Any:
        node = self.nodes[connection.get("refLocalId")]
        if node.tag == "leftPowerRail":
            return True
        if node.tag in ("inVariable", "inOutVariable"):
            if node.tag == "inOutVariable" and not self._later(node):
                self._write(node)
            value = self.read(node.findtext("expression") or "")
            key = (node.get("localId"), "edge")
            if (node.get("edge") or node.get("edgeOut")) and key not in self.memo:
                self.memo[key] = self._edged(node, node.get("edge") or node.get("edgeOut"), value)
            value = self.memo.get(key, value)
            return not value if "true" in (node.get("negated"), node.get("negatedOut")) else value
        return self.give(node, connection.get("formalParameter") or "")

    def give(self, node: ET.Element, formal: str) -> Any:
        identity = node.get("localId")
        key = (identity, formal)
        later = self._later(node)
        if node.tag == "block" and node.get("instanceName"):
            if not later:
                self._call(node)
            if formal == "ENO":
                return self._enable(node) is not False
            pins = [pin.get("formalParameter", "") for pin in node.iterfind("outputVariables/variable")]
            given = self.pins.get(node) or self.instances[node.get("instanceName", "")].outputs
            value = given[formal or pins[0]]
            return self._out(node, formal, value)
        if key in self.memo:
            return self.memo[key]
        if node in self.busy or later:
            self.stale = True
            return self.last.get(key, False if self._boolean(node) else 0)
        self.busy.add(node)
        before, self.stale = self.stale, False
        value = self._passed(node, formal, key)
        self.busy.discard(node)
        if (
            node.tag not in ("connector", "continuation", "coil") or not self.stale
        ):  # in a circle it passes on both
            self.memo[key] = value
        self.last[key], self.stale = value, before or self.stale
        return value

    def _boolean(self, node: ET.Element) -> bool:
        return node.get("typeName") in COMPARING

    def _passed(self, node: ET.Element, formal: str, key: tuple[str | None, str]) -> Any:
        if node.tag == "contact":
            power = self.wires(node)
            value = self._edged(node, node.get("edge"), self.read(node.findtext("variable") or ""))
            return power and value != (node.get("negated") == "true")
        if node.tag in ("coil", "connector"):
            return self.wires(node)
        if node.tag == "continuation":
            name = node.get("name")
            return self.wires(next(one for one in self.body.iter("connector") if one.get("name") == name))
        enable = self._enable(node)
        if formal == "ENO":
            return enable is not False
        arguments = self._arguments(node).values()
        if enable is False:
            return False if self._boolean(node) else self.last.get(key, 0)
        value = self.functions[node.get("typeName", "")](*arguments)
        return self._out(node, formal, value)

    def _out(self, node: ET.Element, formal: str, value: Any) -> Any:
        for pin in node.iterfind("outputVariables/variable"):
            if pin.get("formalParameter") == formal and pin.get("negated") == "true":
                return not value
        return value

    def read(self, text: str) -> Any:
        text = text.strip()
        if text.upper() in ("TRUE", "FALSE"):
            return text.upper() == "TRUE"
        if text.upper().startswith("T#"):
            number = text[2:].lower()
            return (
                int(float(number.removesuffix("ms")) * 1e6)
                if number.endswith("ms")
                else int(number[:-1]) * 10**9
            )
        if text in self.values:
            return self.values[text]
        owner, _, member = text.partition(".")
        if owner in self.instances:
            return self.instances[owner].outputs[member]
        return float(text) if "." in text else int(text)
