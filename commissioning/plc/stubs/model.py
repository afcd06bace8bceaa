"""Stubs as they are known so far: types, members, functions and methods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from commissioning.plc.stubs.guess import Guess
from commissioning.plc.syntax.tree import At

STUB_FILE = "stubs.st"
STUB_CALL = "STUB"  # the statement in the body of a stub that is not filled in yet
INIT = "FB_init"
MOST_ROUNDS = 12
_INTERFACE = re.compile(r"[Ii]_|I[A-Z][a-z]")  # how most programs name interfaces
Spot = tuple[str, At]


@dataclass(slots=True)
class StubPart:
    """A member, parameter or variable. `roles`: in (given), out (read), taken, inout, block (called).
    `accessors`: GET and SET, of a property that an interface of the program asks for."""

    guess: Guess
    roles: set[str] = field(default_factory=set)
    accessors: set[str] = field(default_factory=set)
    constant: bool = False
    value: int | None = None  # of a constant that is an index


@dataclass(slots=True)
class StubCall:
    """A function or method. `result`: None until its value is used."""

    name: str
    spot: Spot
    parts: dict[str, StubPart] = field(default_factory=dict)
    result: Guess | None = None
    fixed: bool = False  # by what takes its place in a block that extends the stub
    places: set[Spot] = field(default_factory=set)


@dataclass(slots=True)
class StubType:
    """An unknown type. `signs`: what its use says it is: block, struct, enum, interface."""

    name: str
    spot: Spot
    signs: set[str] = field(default_factory=set)
    parts: dict[str, StubPart] = field(default_factory=dict)
    methods: dict[str, StubCall] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)  # of an enumeration
    first: int = 0  # its first value
    alias: Guess | None = None
    places: set[Spot] = field(default_factory=set)
    interfaces: list[str] = field(default_factory=list)
    base: str = ""  # the stub that it extends
    made: bool = False  # its name is ours: no declaration names it

    @property
    def kind(self) -> str:
        """block, struct, enum, interface or alias."""
        for sign in ("interface", "block", "enum", "struct"):
            if sign in self.signs:
                return sign
        if _INTERFACE.match(self.name):
            return "interface"
        if self.methods or any({"block", "inout"} & part.roles for part in self.parts.values()):
            return "block"
        if self.members:
            return "enum"
        if self.alias is not None and not self.parts:
            return "alias"
        name = self.name.upper()
        if name.startswith("FB_"):
            return "block"
        return "struct"
