"""TwinCAT: the types of what boxes of a continuous function chart give, which the archive does not tell."""

from __future__ import annotations

import re
from collections.abc import Callable

from commissioning.plc.plcopen.boxes import COMPARED, LIKE_INPUTS
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.syntax.parser import parse_source
from commissioning.plc.syntax.units import Pou, TypeName
from commissioning.plc.twincat.cfc_elements import Part, Pin
from commissioning.plc.values.iec_types import ELEMENTARY

_CONVERSION = re.compile(r"(?:[A-Z0-9]+_)?TO_([A-Z]+)\Z")
_LITERAL = re.compile(r"([A-Z]+)#", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9_]+\Z")
_BITS = frozenset({"AND", "OR", "XOR", "NOT"})
_MAX_DEPTH = 60


def declared_types(declaration: str) -> dict[str, str]:
    """Variables of an elementary type in the declaration of a POU, and of a method behind it, by upper-case
    name."""
    source, _ = parse_source(declaration, "", (), [])
    found: dict[str, str] = {}
    for unit in source.units:
        if isinstance(unit, Pou):
            for section in (*unit.sections, *(s for member in unit.members for s in member.sections)):
                for one in section.declarations:
                    kind = _elementary(one.type)
                    if kind:
                        found |= {name.name.upper(): kind for name in one.names}
    return found


def _elementary(node: object) -> str:
    """The name of an elementary type that is no text, else ""."""
    name = node.name.upper() if isinstance(node, TypeName) and not node.depth else ""
    return name if name in ELEMENTARY and name not in ("STRING", "WSTRING") else ""


class FlowTypes:
    """`known`: variables by upper-case name; `origin`: what an input gets its value from; `readers`: who
    reads an output."""

    def __init__(
        self,
        known: dict[str, str],
        origin: Callable[[Pin], tuple[Part, Pin] | None],
        readers: Callable[[Pin], list[tuple[Part, Pin]]],
    ) -> None:
        self.known, self._origin, self._readers = known, origin, readers
        self._found: dict[int, str | None] = {}
        self._depth = 0

    def of(self, part: Part, pin: Pin) -> str | None:
        """The type of an output, None where the file does not tell it; "" for a number without a type."""
        if pin.number not in self._found:
            if self._depth > _MAX_DEPTH:
                return None
            self._found[pin.number] = ""  # while it is looked for: it may come back to itself
            self._depth += 1
            found = self._of_text(part.text) if part.kind == "input" else self._of_box(part, pin)
            self._depth -= 1
            self._found[pin.number] = found
        return self._found[pin.number]

    def _of_text(self, text: str) -> str | None:
        upper = text.upper()
        if upper in ("TRUE", "FALSE"):
            return "BOOL"
        literal = _LITERAL.match(upper)
        if literal is not None:
            word = {"T": "TIME", "LT": "LTIME"}.get(literal.group(1), literal.group(1))
            return word if word in ELEMENTARY else None
        return "" if _NUMBER.match(text) else self.known.get(upper)

    def _of_box(self, part: Part, pin: Pin) -> str | None:
        name = part.text.upper()
        if part.enabled and pin.name.upper() == "ENO":
            return "BOOL"
        if part.call == "FunctionBlock":
            block = STANDARD_BLOCKS.get(name)
            return self._cell(block, pin.name) if block is not None else None
        if name in COMPARED:
            return "BOOL"
        conversion = _CONVERSION.match(name)
        if conversion is not None:
            return conversion.group(1) if conversion.group(1) in ELEMENTARY else None
        if name not in LIKE_INPUTS:
            return None
        return self._like_inputs(part, name) or self._like_readers(pin)

    def _cell(self, block: StandardBlock, name: str) -> str | None:
        offset = block.offsets.get(name.upper())
        kind = block.cells[offset].type if offset is not None else None
        return str(kind) if kind is not None else None

    def _like_inputs(self, part: Part, name: str) -> str | None:
        pins = [pin for pin in part.inputs if not (part.enabled and pin.name.upper() == "EN")]
        origins = [self._origin(pin) for pin in (pins[1:] if name in ("SEL", "MUX") else pins)]
        told = [self.of(*origin) for origin in origins if origin is not None]
        if name in _BITS and "BOOL" in told:
            return "BOOL"  # so are the others, or it would not compile
        kinds = {kind for kind in told if kind != ""}
        return kinds.pop() if len(kinds) == 1 else None

    def _like_readers(self, pin: Pin) -> str | None:
        """BOOL where only a BOOL can be read: nothing else becomes one by itself."""
        return "BOOL" if any(self._takes_bool(*reader) for reader in self._readers(pin)) else None

    def _takes_bool(self, reader: Part, pin: Pin) -> bool:
        if reader.kind == "output":
            return bool(pin.set_reset) or self.known.get(reader.text.upper()) == "BOOL"
        if reader.enabled and pin.name.upper() == "EN":
            return True
        name = reader.text.upper()
        if reader.call == "FunctionBlock":
            block = STANDARD_BLOCKS.get(name)
            return block is not None and self._cell(block, pin.name) == "BOOL"
        if name == "SEL" and reader.inputs[0] is pin:
            return True
        return name in _BITS and self.of(reader, reader.outputs[0]) == "BOOL" if reader.outputs else False
