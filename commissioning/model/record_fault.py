"""Does a journal's header hold what its records point to? Viewers index without asking again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import FORMAT, CarrierKind, Kind

_TEXT_KEYS: Final = {
    "signals": ("name", "type"),
    "objects": ("id", "kind", "type"),
    "lanes": ("id",),
    "slots": ("id",),
    "products": ("id",),
    "drives": None,
    "attributes": None,
}
"""Tables of the core: what each entry must have as text; None: the entry is the text."""
HELD: Final = 65535
_OF_SIGNALS: Final = (Kind.VALUE, Kind.SOURCE, Kind.OVERRIDE, Kind.READING)


def journal_format(header: object) -> str:
    """The format that a header says its journal has; empty if it is none of ours of any version."""
    core = header.get("core") if isinstance(header, dict) else None
    form = core.get("format") if isinstance(core, dict) else None
    return form if isinstance(form, str) and form.startswith(FORMAT.partition("/")[0] + "/") else ""


def header_fault(header: object) -> str:
    """What is missing in a journal header; empty if nothing is. `header` is anything that JSON can hold."""
    core = header.get("core") if isinstance(header, dict) else None
    if not isinstance(header, dict) or not isinstance(core, dict):
        return "it has no journal header"
    if not isinstance(header.get("look", {}), dict):
        return "its header has no look"
    if core.get("format") != FORMAT:
        return f"its journal is of format {core.get('format')!r:.60}"
    if not isinstance(core.get("scene_hash"), str) or not isinstance(core.get("seed"), int):
        return "its header names no scene hash or seed"
    for table, keys in _TEXT_KEYS.items():
        entries = core.get(table)
        if not isinstance(entries, list) or not all(_is_entry(entry, keys) for entry in entries):
            return f"the {table} in its header are not a table of {table}"
    return ""


def record_fault(records: NDArray[np.void], core: Mapping[str, Any]) -> str:
    """The first kind of record that points beyond the tables of the header; empty if none does.

    `records`: structured array of dtype RECORD; `core`: of a header without fault.
    """
    kinds, obj, aux, a = records["kind"], records["obj"], records["aux"], records["a"]
    size = {table: len(core[table]) for table in _TEXT_KEYS}
    moves = kinds == Kind.PART_MOVE
    trains = kinds == Kind.TRAIN
    tests = (
        ("a signal", np.isin(kinds, _OF_SIGNALS), obj, size["signals"]),
        ("an object", kinds == Kind.STATE, obj, size["objects"]),
        ("a drive", kinds == Kind.DRIVE, obj, size["drives"]),
        ("a drive", kinds == Kind.READING, a, size["drives"]),
        ("a drive", trains & (aux != HELD), aux, size["drives"]),
        ("a lane", trains, obj, size["lanes"]),
        ("a lane", moves & (aux == CarrierKind.LANE), a, size["lanes"]),
        ("a slot", moves & (aux == CarrierKind.SLOT), a, size["slots"]),
        ("a drive", moves & (aux == CarrierKind.BODY), a, size["drives"]),
        ("a product", kinds == Kind.PART_MADE, aux, size["products"]),
    )
    for what, chosen, index, count in tests:
        wrong = chosen & ~((index >= 0) & (index < count))  # this way round NaN is wrong too
        if wrong.any():
            return f"record {int(np.argmax(wrong)) + 1} points to {what} that does not exist"
    return ""


def _is_entry(entry: object, keys: tuple[str, ...] | None) -> bool:
    if keys is None:
        return isinstance(entry, str)
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in keys)
