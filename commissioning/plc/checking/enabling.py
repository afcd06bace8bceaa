"""EN and ENO: a call that is made only where a condition holds, and says whether it was.

What they stand for is written as an IF around the statement with the call. Nothing else turns ENO off: what
goes wrong inside stops the PLC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.syntax import tree


@dataclass(frozen=True, slots=True)
class Enabled:
    """`call` without EN and ENO; `condition` None: always; `told` None: nobody asks."""

    call: tree.Call
    condition: tree.Expression | None
    told: tree.Argument | None


def has_enable(call: tree.Call) -> bool:
    """Whether something named EN or ENO is given."""
    return any(argument.name.upper() in ("EN", "ENO") for argument in call.arguments)


def enabled(call: tree.Call, own: frozenset[str]) -> Enabled | None:
    """The parts of a call with EN or ENO; None where there is neither. `own`: upper-case names of parameters
    that the callee itself has."""
    condition, told = None, None
    rest: list[tree.Argument] = []
    for argument in call.arguments:
        name = argument.name.upper()
        if name == "EN" and not argument.out and name not in own:
            condition = argument.value
        elif name == "ENO" and argument.out and name not in own:
            told = argument
        else:
            rest.append(argument)
    if condition is None and told is None:
        return None
    return Enabled(replace(call, arguments=tuple(rest)), condition, told)


def guarded(project: Project, pou: Pou, body: tuple[tree.Statement, ...]) -> tuple[tree.Statement, ...]:
    """The body of a POU that declares EN itself: by the standard it is executed where EN is TRUE only, and a
    declared ENO tells so until the body says otherwise. To the makers these are variables like others."""
    enable, told = pou.symbols.get("EN"), pou.symbols.get("ENO")
    given = enable is not None and enable.section == "VAR_INPUT" and enable.type.kind == "bool"
    if not given or project.dialect.name != "iec" or not body:
        return body
    at = body[0].at
    yes: tuple[tree.Statement, ...] = ()
    no: tuple[tree.Statement, ...] = ()
    if told is not None and told.section == "VAR_OUTPUT" and told.type.kind == "bool":
        yes, no = (
            (tree.Assign(tree.Name("ENO", at), tree.Literal("boolean", word, at), at),)
            for word in ("TRUE", "FALSE")
        )
    return (tree.If((tree.Branch(tree.Name("EN", at), (*yes, *body), at),), no, at, 1),)
