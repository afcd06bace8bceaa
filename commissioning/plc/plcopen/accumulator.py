"""PLCopen XML: where in an instruction list what is in the accumulator is needed further on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from commissioning.plc.plcopen.instructions import Instruction, ListText
from commissioning.plc.plcopen.operand_types import REAL, WHOLE


@dataclass(frozen=True, slots=True)
class Flow:
    """Of one list. `labels`: upper-case name -> as it is written; `carried`: labels behind which what was
    there before is still used; by number of the instruction, `needed_behind`: whether it is used behind it,
    `reached`: whether one comes there from the instruction above."""

    list: Sequence[Instruction]
    labels: dict[str, str]
    carried: tuple[str, ...]
    needed_behind: tuple[bool, ...]
    reached: tuple[bool, ...]

    def type_behind(self, label: str, type_of: Callable[[str], str | None]) -> str | None:
        """The type of what is first joined with, or stored from, what is there behind a label, if known."""
        behind = False
        for found in self.list:
            behind = behind or found.label.upper() == label
            if behind and found.operator == "LD":
                return None
            for operand in found.operands if behind and found.operator not in ("JMP", "CAL") else ():
                kind = type_of(operand.text)
                if kind is not None and kind not in (WHOLE, REAL):
                    return kind
        return None


def flow(found: Sequence[Instruction], text: ListText, is_condition: bool) -> Flow:
    """`is_condition`: what is there at the end is the value of the list. Raises Unreadable for labels that
    stand twice or nowhere."""
    places: dict[str, int] = {}
    labels: dict[str, str] = {}
    for number, one in enumerate(found):
        if one.label:
            if one.label.upper() in places:
                raise text.refuse(f"there is a second label {one.label}", one.at)
            places[one.label.upper()], labels[one.label.upper()] = number, one.label
    targets = [_target(one, text, places) for one in found]
    depth, inside = 0, []
    for one in found:
        depth -= one.operator == ")"
        inside.append(depth > 0)
        depth += one.opens
    needed = [False] * (len(found) + 1)  # in front of each
    needed[-1] = is_condition
    changed = True
    while changed:
        changed = False
        for number in range(len(found) - 1, -1, -1):
            now = _needs(found[number], inside[number])
            if now is None:
                target, one = targets[number], found[number]
                now = target is not None and needed[target]
                now = now or (_goes_on(one) and needed[number + 1])
            changed = changed or now != needed[number]
            needed[number] = now
    return Flow(
        found,
        labels,
        tuple(label for label, number in places.items() if needed[number]),
        tuple(needed[1:]),
        tuple(number == 0 or _goes_on(found[number - 1]) for number in range(len(found))),
    )


def _target(one: Instruction, text: ListText, places: dict[str, int]) -> int | None:
    if one.operator != "JMP":
        return None
    if len(one.operands) != 1:
        raise text.refuse("JMP needs a label", one.at)
    label = one.operands[0]
    if label.text.upper() not in places:
        raise text.refuse(f"there is no label {label.text} to jump to", label.at)
    return places[label.text.upper()]


def _goes_on(one: Instruction) -> bool:
    return one.operator not in ("JMP", "RET") or one.conditional


def _needs(one: Instruction, inside: bool) -> bool | None:
    """Whether it uses what is there; None: that depends on what comes behind it."""
    if inside:
        return None  # between parentheses, another one is used
    if one.conditional:
        return True
    if one.label or one.operator in ("JMP", "CAL", "RET"):
        return None
    return one.operator != "LD" and one.formal is None
