"""The texts that functions of the makers' library Standard take and give: 255 characters at most."""

from __future__ import annotations

from commissioning.plc.checking import typed
from commissioning.plc.checking.typed import Typed
from commissioning.plc.standard.functions import MAKERS_NAMES
from commissioning.plc.values.iec_types import DINT, STRING

LONGEST = 255  # STRING(255) in their declarations


def cut_to_255(value: Typed) -> Typed:
    """`value`, cut where it is a STRING that may be longer."""
    if value.type.name != STRING.name or _most(value) <= LONGEST:
        return value
    return typed.Standard(value.type, "LEFT", (value, typed.Const(DINT, LONGEST)))


def _most(value: Typed) -> int:
    """How many characters a text may have."""
    if isinstance(value, typed.Const):
        return len(str(value.value))
    if not isinstance(value, typed.Standard) or value.name not in MAKERS_NAMES:
        return value.type.length
    texts = [_most(argument) for argument in value.arguments if argument.type.kind == "string"]
    if value.name in ("CONCAT", "INSERT", "REPLACE"):
        return sum(texts)
    count = value.arguments[1]
    if value.name == "LEFT" and isinstance(count, typed.Const):
        return min(texts[0], int(count.value))
    return texts[0]
