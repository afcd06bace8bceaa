"""`(a := 1)`: an assignment inside an expression, the value of a structure where a variable is declared."""

from __future__ import annotations

import dataclasses

from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.rules import TooDeep

__all__ = ["as_initial", "member_name"]


def member_name(node: tree.Expression) -> str:
    """Raises TooDeep for what is no name."""
    if not isinstance(node, tree.Name):
        raise TooDeep("the name of a member stands in front of ':=' here", node.at)
    return node.name


def as_initial(node: units.Initial | None) -> units.Initial | None:
    """`(a := 1)` where a variable gets its initial value: that of a structure. As deep as it nests."""
    if isinstance(node, tree.Assigned):
        value = as_initial(node.value)
        assert value is not None
        member = units.InitialMember(member_name(node.target), value, node.at)
        return units.StructInitial((member,), node.at, node.depth)
    if isinstance(node, units.StructInitial):
        values = [as_initial(member.value) for member in node.members]
        if all(value is member.value for value, member in zip(values, node.members, strict=True)):
            return node
        members = tuple(
            dataclasses.replace(member, value=value or member.value)
            for value, member in zip(values, node.members, strict=True)
        )
        return dataclasses.replace(node, members=members)
    return node
