"""What a drawn tree of TwinCAT does in one scan: a walk over it that shares nothing with the translation.

Boxes are worked out where the walk meets them; coils and outputs are written when their values are known.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from drawn_archives import (
    FALLING,
    JUMP,
    NEGATED,
    RESET,
    RETURN,
    RISING,
    Assign,
    Box,
    Leaf,
    Node,
    Out,
    Parallel,
    Rail,
    Wire,
    body,
    declared,
    network,
    pou,
    started,
)  # fmt: skip

_LOGIC: dict[str, Callable[[list[Any]], Any]] = {
    "AND": all, "OR": any, "XOR": lambda v: v[0] != v[1], "NOT": lambda v: not v[0],
    "GT": lambda v: v[0] > v[1], "GE": lambda v: v[0] >= v[1], "EQ": lambda v: v[0] == v[1],
    "LT": lambda v: v[0] < v[1], "LE": lambda v: v[0] <= v[1], "NE": lambda v: v[0] != v[1],
}  # fmt: skip
_NUMBERS: dict[str, Callable[[list[Any]], Any]] = {
    "ADD": sum, "SUB": lambda v: v[0] - v[1], "MOVE": lambda v: v[0], "MAX": max,
}  # fmt: skip
SCAN_NS = 10_000_000


class Walk:
    """`values`: the variables. A block that is called: CTU, R_TRIG or TON."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.blocks: dict[str, dict[str, Any]] = {}
        self.marks: dict[int, bool] = {}  # what an edge mark saw in the scan before
        self.wires: dict[int, Any] = {}
        self.now = 0

    def scan(self, networks: list[tuple[str, list[Node]]]) -> None:
        """All networks (label, trees) once, with their jumps."""
        at = 0
        while at < len(networks):
            step: str | None = None
            for tree in networks[at][1]:
                step = self.tree(tree) or step
                if step is not None:
                    break
            if step == "return":
                break
            at = at + 1 if step is None else [label for label, _ in networks].index(step)
        self.now += SCAN_NS

    def tree(self, node: Node) -> str | None:
        """One tree; where it leads to: a label, "return", or on."""
        if not isinstance(node, Assign):
            self.value(node, True)
            return None
        value, _ = self.value(node.source, True)
        return self._write(node, value)

    def value(self, node: Node, power: Any) -> tuple[Any, bool]:
        """The value, and whether `power` is in it."""
        if isinstance(node, Leaf):
            found = self.values[node.text] if node.text in self.values else _literal(node.text)
            return self._marked(found, node.flags, id(node)), False
        if isinstance(node, Rail):
            return power, True
        if isinstance(node, Wire):
            if node.source is not None:
                self.wires[node.number] = self.value(node.source, power)[0]
            return self.wires[node.number], False
        if isinstance(node, Parallel):
            return self._parallel(node, power)
        if isinstance(node, Assign):
            value, took = self.value(node.source, power)
            self._write(node, value)
            return value, took
        value, took = self._box(node, power)
        return self._marked(value, node.flags, id(node)), took

    def _marked(self, value: Any, flags: int, key: int) -> Any:
        if flags & (RISING | FALLING):
            before = self.marks.get(key, False)
            self.marks[key] = value
            value = value and not before if flags & RISING else before and not value
        return not value if flags & NEGATED else value

    def _write(self, node: Assign, value: Any) -> str | None:
        for name, bits in node.targets:
            marked = bits | node.flags
            power = self._marked(value, marked & (RISING | FALLING), id(node))
            if marked & JUMP:
                if power:
                    return name
            elif marked & RETURN:
                if power:
                    return "return"
            elif marked & 2:
                if power:
                    self.values[name] = marked & 3 != RESET
            else:
                self.values[name] = not power if marked & NEGATED else power
        return None

    def _parallel(self, node: Parallel, power: Any) -> tuple[Any, bool]:
        """The value behind the branches, and whether `power` came in with what feeds them."""
        fed, took = self.value(node.source, power) if node.source is not None else (power, True)
        boxes = [b for b in node.branches if node.mode != "Sequential" and _has_box(b)]
        short = [b for b in node.branches if b not in boxes]
        lines = list(node.branches)
        if boxes and short:
            short_values = [self._line(branch, fed) for branch in short]
            if any(short_values):
                return fed, took
            lines = boxes
        values = [self._line(branch, fed) for branch in lines]  # all of them: they may do something
        return any(values), took

    def _line(self, branch: Node, fed: Any) -> Any:
        value, took = self.value(branch, fed)
        return value if took else fed and value

    def _box(self, box: Box, power: Any) -> tuple[Any, bool]:
        took = False
        enabled = True
        if box.enable is not None:
            enabled, took = self.value(box.enable, power)
        given: dict[str, Any] = {}
        values = []
        for (name, node), bits in zip(box.inputs, (*box.pin_flags, *[0] * len(box.inputs)), strict=False):
            value, inner = self.value(node, power)
            took = took or inner
            value = self._marked(value, bits, id(node) + 1)
            given[name] = value
            values.append(value)
        read = next((o for o in box.outs if o.target is None), Out("", ""))
        outs: dict[str, Any] = {}
        if enabled and box.instance:
            outs = self._call(box, given)
        elif enabled:
            outs = {"": (_LOGIC | _NUMBERS)[box.name](values)}
        for out in box.outs:
            if out.name == "ENO" and out.target:
                self.values[out.target] = enabled
            elif out.target and enabled:
                self.values[out.target] = outs[out.name]
        if read.name == "ENO":
            return enabled, took
        if box.instance and not enabled:
            return self.blocks.get(box.instance, {}).get(read.name, False), took
        return outs.get(read.name, False), took

    def _call(self, box: Box, given: dict[str, Any]) -> dict[str, Any]:
        known = self.blocks.setdefault(box.instance, {"CV": 0, "before": False, "since": None, "Q": False})
        known |= {key: value for key, value in given.items() if key}
        if box.name == "CTU":
            if known.get("RESET"):
                known["CV"] = 0
            elif known["CU"] and not known["before"]:
                known["CV"] += 1
            known["before"], known["Q"] = known["CU"], known["CV"] >= known["PV"]
        elif box.name == "R_TRIG":
            known["Q"], known["before"] = known["CLK"] and not known["before"], known["CLK"]
        else:  # TON
            if known["IN"] and known["since"] is None:
                known["since"] = self.now
            known["since"] = known["since"] if known["IN"] else None
            known["Q"] = known["since"] is not None and self.now - known["since"] >= known["PT"]
        return known


def _has_box(node: Node) -> bool:
    """Whether a line has a box in it that does more than logic."""
    if isinstance(node, Box):
        acts = bool(node.instance) or node.name not in _LOGIC or any(o.target for o in node.outs)
        inner = [i for _, i in node.inputs] + ([node.enable] if node.enable is not None else [])
        return acts or any(_has_box(i) for i in inner)
    if isinstance(node, Parallel):
        return any(map(_has_box, node.branches)) or (node.source is not None and _has_box(node.source))
    if isinstance(node, Wire | Assign):
        return node.source is not None and _has_box(node.source)
    return False


def _literal(text: str) -> Any:
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    if text.upper().startswith("T#"):
        return int(text[2:].upper().removesuffix("MS")) * 1_000_000
    return int(text)


def compared(
    networks: list[tuple[str, list[Node]]],
    inputs: dict[str, str],
    outputs: dict[str, str],
    others: dict[str, str],
    scans: int,
) -> None:
    """Runs the drawing and a walk over it with random inputs and compares all outputs in each scan."""
    plain = declared(**inputs, **outputs, **others)
    plc = started(pou(plain, body(*(network(*trees, label=label) for label, trees in networks))))
    draw = random.Random(1)
    known: dict[str, Any] = {
        name: False if kind == "BOOL" else 0 for name, kind in (inputs | outputs).items()
    }
    walk = Walk(known)
    for scan in range(scans):
        for name, kind in inputs.items():
            if draw.random() < 0.4:
                known[name] = draw.random() < 0.5 if kind == "BOOL" else draw.randrange(4)
                plc[f"MAIN.{name}"] = known[name]
        plc.run(scans=1)
        walk.scan(networks)
        assert {n: plc[f"MAIN.{n}"] for n in outputs} == {n: known[n] for n in outputs}, f"scan {scan}"
