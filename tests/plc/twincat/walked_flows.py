"""What a continuous function chart of TwinCAT does in one scan: its elements one after the other, as they are
numbered. Each box keeps what it gives until it is executed again; a variable is read by who needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archived_flows import In, Part

SCAN_NS = 10_000_000
_COMPUTED: dict[str, Callable[[list[Any]], Any]] = {
    "AND": all, "OR": any, "XOR": lambda v: v[0] != v[1], "NOT": lambda v: not v[0],
    "GT": lambda v: v[0] > v[1], "EQ": lambda v: v[0] == v[1], "LE": lambda v: v[0] <= v[1],
    "ADD": sum, "SUB": lambda v: v[0] - v[1], "MOVE": lambda v: v[0], "MAX": max,
    "SEL": lambda v: v[2] if v[0] else v[1],
}  # fmt: skip


class FlowWalk:
    """`values`: the variables."""

    def __init__(self, parts: Sequence[Part], values: dict[str, Any]) -> None:
        self.parts, self.values = parts, values
        self.given: dict[tuple[int, int], Any] = {}  # what outputs of boxes have given last
        self.blocks: dict[str, dict[str, Any]] = {}
        self.now = 0

    def scan(self) -> None:
        for place, part in enumerate(self.parts):
            if part.kind == "output":
                value = self._value(part.inputs[0])
                if part.mark == "None":
                    self.values[part.text] = value
                elif value:
                    self.values[part.text] = part.mark == "Set"
            elif part.kind == "box":
                self._box(place, part)
        self.now += SCAN_NS

    def _value(self, pin: In) -> Any:
        assert pin.source is not None
        place, number = pin.source
        part = self.parts[place]
        if part.kind == "input":
            value = self.values[part.text] if part.text in self.values else _literal(part.text)
        else:
            value = self.given.get(pin.source, False)
        flips = [part.outs[number].negated, pin.negated, pin.via.startswith("!")]
        return not value if sum(flips) % 2 else value

    def _box(self, place: int, part: Part) -> None:
        pins = list(part.inputs)
        behind = 0
        if part.enabled:
            behind = 1
            self.given[place, 0] = enable = self._value(pins.pop(0))
            if not enable:
                return
        values = [self._value(pin) for pin in pins]
        if not part.instance:
            result = _COMPUTED[part.text](values)
            if not isinstance(result, bool):
                result = (result + 32768 & 65535) - 32768
            self.given[place, behind] = result
            return
        known = self.blocks.setdefault(part.instance, {"CV": 0, "before": False, "since": None, "Q": False})
        given = {pin.name: value for pin, value in zip(pins, values, strict=True)}
        if part.text == "CTU":
            known["CV"] += given["CU"] and not known["before"]
            known["before"], known["Q"] = given["CU"], known["CV"] >= given["PV"]
        elif part.text == "R_TRIG":
            known["Q"], known["before"] = given["CLK"] and not known["before"], given["CLK"]
        else:
            since = known["since"] if known["since"] is not None else self.now
            known["since"] = since if given["IN"] else None
            known["Q"] = given["IN"] and self.now - since >= given["PT"]
        for number, out in enumerate(part.outs[behind:], start=behind):
            self.given[place, number] = known[out.name]


def _literal(text: str) -> Any:
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    return int(text[2:-2]) * 1_000_000 if text.startswith("T#") else int(text)
