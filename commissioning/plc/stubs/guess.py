"""What the use of an unknown name says about its type."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from commissioning.plc.checking.any_type import ANY
from commissioning.plc.values.iec_types import ANY_INT, ANY_REAL, ELEMENTARY, IecType, converts

# how sure: nothing known, from the first letters of its name, from a literal, from what it meets
NOTHING, BY_NAME, BY_LITERAL, BY_USE = range(4)
_PREFIXES = (
    ("b", "BOOL"), ("x", "BOOL"), ("n", "DINT"), ("i", "DINT"), ("ui", "UINT"), ("ud", "UDINT"),
    ("f", "LREAL"), ("r", "REAL"), ("lr", "LREAL"), ("s", "STRING"), ("str", "STRING"), ("t", "TIME"),
    ("dw", "DWORD"), ("w", "WORD"), ("by", "BYTE"),
)  # fmt: skip
_LAST_INDEX = 255
_POINTER = re.compile(r"_*p[A-Z]")  # how most programs name pointers, which may have an index too


def type_text(type_: IecType) -> tuple[str, int]:
    """A type as a declaration writes it, and how sure it makes; ("", NOTHING) where it has no such form."""
    if type_ is ANY_INT:
        return "DINT", BY_LITERAL
    if type_ is ANY_REAL:
        return "LREAL", BY_LITERAL
    if type_ == ANY:
        return "ANY", BY_USE
    if type_.kind == "none" or " of " in type_.name:
        return "", NOTHING
    if type_.kind == "array" and type_.element is not None:
        inner, sure = type_text(type_.element)
        bounds = ", ".join(f"{low}..{high}" for low, high in type_.bounds)
        return (f"ARRAY[{bounds}] OF {inner}", sure) if inner else ("", NOTHING)
    if type_.kind == "string" and type_.length != 80:
        return f"{type_.name}({type_.length})", BY_USE
    return type_.name, BY_USE


@dataclass(slots=True)
class Guess:
    """`text`: the type as a declaration writes it. `dims`: the bounds of the indices it is used with;
    `pointer`: it is used with `^`, `reference`: __ISVALIDREF asks for it. See `mix` for `mixed`."""

    name: str
    text: str = ""
    sure: int = NOTHING
    dims: list[tuple[int, int]] = field(default_factory=list)
    pointer: bool = False
    reference: bool = False
    mixed: bool = False  # it is given values of types that have nothing in common
    changed: bool = True

    def note(self, text: str, sure: int) -> None:
        """Takes what is surer, and of two numbers that it meets the wider one."""
        if not text or sure == NOTHING or sure < self.sure or (text == self.text and sure == self.sure):
            return
        if sure == self.sure:
            old, new = ELEMENTARY.get(self.text), ELEMENTARY.get(text)
            if old is None or new is None or not converts(old, new):
                return
        self.text, self.sure, self.changed = text, sure, True

    def mix(self, text: str, sure: int) -> None:
        """It is given a value of this type: if that does not fit what it was given before, it takes any."""
        if self.sure < BY_USE or sure < BY_USE or not text or text == self.text or self.mixed:
            return
        old, new = ELEMENTARY.get(self.text), ELEMENTARY.get(text)
        if old is None or new is None or not (converts(old, new) or converts(new, old)):
            self.mixed = self.changed = True

    def index(self, values: list[int | None]) -> None:
        """It is used with these indices, None where one varies."""
        while len(self.dims) < len(values):
            self.dims.append((0, _LAST_INDEX))
            self.changed = True
        for place, value in enumerate(values):
            if value is not None:
                low, high = self.dims[place]
                if not low <= value <= high:
                    self.dims[place] = (min(low, value), max(high, value))
                    self.changed = True

    def deref(self) -> None:
        if not self.pointer:
            self.pointer = self.changed = True

    def now(self, type_: IecType) -> str:
        """The type of what was declared as `type_` when the round began, and may be known better by now."""
        better = self.changed and self.text and not (self.dims or self.pointer or self.mixed)
        return self.text if better else type_text(type_)[0]

    @property
    def weight(self) -> int:
        """How sure the type is that it is declared with."""
        return self.sure or (BY_NAME if by_name(self.name, "") else NOTHING)

    @property
    def declared(self) -> str:
        """The type to declare it with."""
        if self.mixed:
            return "ANY"
        text = self.text or by_name(self.name)
        if len(self.dims) == 1 and _POINTER.match(self.name) and not self.pointer:
            return f"POINTER TO {text}"
        if self.pointer:
            text = f"POINTER TO {text}"
        if self.dims:
            bounds = ", ".join(f"{low}..{high}" for low, high in self.dims)
            text = f"ARRAY[{bounds}] OF {text}"
        return f"REFERENCE TO {text}" if self.reference else text


def by_name(name: str, default: str = "DINT") -> str:
    """What the prefix of a name stands for in the notation that most programs use."""
    made = name.upper().rpartition("_TO_")[2]  # of a conversion
    if made in ELEMENTARY and made != name.upper():
        return made
    small = name.lstrip("_")
    prefix = ""
    for letter in small:
        if not letter.islower():
            break
        prefix += letter
    return dict(_PREFIXES).get(prefix if prefix != small else "", default)
