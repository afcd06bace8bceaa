"""Members of type BIT in a structure of the makers: up to eight that stand behind each other share a byte."""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking.scope import Project, Slot
from commissioning.plc.syntax import units
from commissioning.plc.values.iec_types import ELEMENTARY, Component, Value

_BYTE = ELEMENTARY["BYTE"]


class SharedBits:
    """The bytes of one structure that its BITs share. `slots` and `members` are those of the structure."""

    def __init__(self, project: Project, slots: list[Slot], members: dict[str, Component]) -> None:
        self.project, self.slots, self.members = project, slots, members
        self._open = ""  # the byte that has room for the next one, by its key in `members`

    def takes(self, node: units.TypeNode) -> bool:
        """Whether a member of that type is such a bit; one that is not ends the byte."""
        bit = (
            isinstance(node, units.TypeName)
            and node.name.upper() == "BIT"
            and "BIT" in self.project.dialect.types
        )
        if not bit:
            self._open = ""
        return bit

    def add(self, name: str, value: Value) -> None:
        """One more bit, with its initial value."""
        if not self._open or len(self.members[self._open].type.bit_names) == 8:
            number = sum(bool(member.type.bit_names) for member in self.members.values())
            self._open = f"__BITS{number}"  # which an online change finds again
            self.members[self._open] = Component(self._open.lower(), _BYTE, len(self.slots))
            self.slots.append(Slot(_BYTE, 0))
        byte = self.members[self._open]
        names = byte.type.bit_names
        self.members[self._open] = replace(byte, type=replace(byte.type, bit_names=(*names, name)))
        self.slots[byte.offset] = with_bit(self.slots[byte.offset], len(names), value)

    def has(self, name: str) -> bool:
        """Whether one of that upper-case name is there."""
        return any(name == bit.upper() for member in self.members.values() for bit in member.type.bit_names)


def with_bit(slot: Slot, number: int, value: Value) -> Slot:
    """A cell of a byte with one bit as an initial value has it."""
    old = slot.value if isinstance(slot.value, int) else 0
    return replace(slot, value=old & ~(1 << number) | int(bool(value)) << number)
