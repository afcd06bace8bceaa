"""Attributes that makers' compilers act on and this one does not: each use is told, none is passed over.

Source: the lists of attribute pragmas in the public documentation of CODESYS and TwinCAT 3. Attributes for
drawing, monitoring, links and checks (`hide`, `qualified_only`, `TcLinkTo`, `strict`, ...) change no value,
and get no word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from commissioning.model.problem import Place, Problem

__all__ = ["attributes_not_carried_out"]

_NOT_CALLED = "the method is not called by itself", "Call it where it is needed"
_EFFECTS: dict[str, tuple[str, str]] = {
    "instance-path": (
        "the text keeps its initial value and does not become the path of its instance", "Give it a value"
    ),
    "to_string": ("TO_STRING gives the number of the enumerator, not its name", "Use a CASE over it"),
    "pack_mode": (
        "SIZEOF and what lies at addresses follow the usual alignment", "Do not count on places in bytes"
    ),
    "call_after_init": _NOT_CALLED,
    "call_after_global_init_slot": _NOT_CALLED,
    "call_after_online_change_slot": _NOT_CALLED,
    "call_on_type_change": _NOT_CALLED,
    "init_on_onlchange": ("the variable keeps its value over an online change", "Set it in the program"),
    "no_copy": ("the variable keeps its value over an online change", "Set it in the program"),
    "no-exit": ("FB_exit is called all the same", "Ask in FB_exit whether there is anything to do"),
}  # fmt: skip
# strings and comments first: what stands in them is no pragma. What has no end matches to the end.
_FOUND = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'?|\"(?:\$[\s\S]|[^\"$\r\n])*\"?|//[^\r\n]*|/\*[\s\S]*?(?:\*/|\Z)|\(\*[\s\S]*?(?:\*\)|\Z)"
    r"|\{\s*attribute\s*'(?P<name>[^'}\r\n]*)'",
    re.IGNORECASE,
)
_ANY = re.compile(r"\{\s*attribute\s*'(?:" + "|".join(map(re.escape, _EFFECTS)) + r")'", re.IGNORECASE)


def attributes_not_carried_out(text: str, file: str) -> Iterator[Problem]:
    """A warning for the first use of each such attribute in a text."""
    if _ANY.search(text) is None:
        return
    told: set[str] = set()
    for found in _FOUND.finditer(text):
        name = (found["name"] or "").strip().lower()
        if name in told or name not in _EFFECTS:
            continue
        told.add(name)
        effect, cure = _EFFECTS[name]
        start = found.start()
        place = Place(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        yield Problem(
            f"the attribute '{name}' is not carried out: {effect}", place, cure, severity="warning"
        )
