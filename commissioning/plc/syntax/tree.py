"""The syntax tree of Structured Text: what was written, with positions, before any meaning.

Chains of operators of one precedence level stay flat (`a + b - c` is one `Chain`), so that the depth of a
tree is the depth of what the programmer nested, and a long list of alarms does not overflow a recursion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class At(NamedTuple):
    """1-based line and column."""

    line: int
    column: int


class Quiet(At):
    """The place of what the compiler adds to a chart: nothing to stop at and nothing to cover."""

    __slots__ = ()


# ---- expressions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind`: integer, based, real, time, typed, enum, string, boolean; `text` as written."""

    kind: str
    text: str
    at: At
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: At
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Member:
    """`owner.name`."""

    owner: Expression
    name: str
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """`owner[i, j]`."""

    owner: Expression
    indices: tuple[Expression, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Part:
    """`owner.3`, `owner.%X3`, `owner.%B1`; `size`: X, B, W, D or L."""

    owner: Expression
    size: str
    number: int
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Dereference:
    """`owner^`."""

    owner: Expression
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Direct:
    """`%IX0.0` in a body."""

    address: str
    at: At
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Argument:
    """`value`, `name := value`, or `name => value` (`out`), with NOT before an output name (`negated`).

    `bound`: `name REF= value`, to a REFERENCE.
    """

    name: str
    value: Expression
    out: bool
    negated: bool
    at: At
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    target: Expression
    arguments: tuple[Argument, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`operator`: '-', '+' or 'NOT'."""

    operator: str
    operand: Expression
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Step:
    """One further operand of a chain: its operator, where the operator stands, and the operand."""

    operator: str
    at: At
    operand: Expression


@dataclass(frozen=True, slots=True)
class Chain:
    """`first op a op b ...`, evaluated from left to right; all operators have the same precedence."""

    first: Expression
    steps: tuple[Step, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """`target := value` inside an expression: its value is what the target keeps."""

    target: Expression
    value: Expression
    at: At
    depth: int


Expression = Literal | Name | Member | Indexed | Part | Dereference | Direct | Call | Unary | Chain | Assigned


# ---- statements --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign:
    """`operator`: ':=', 'REF=', 'S=', 'R=' or '?='."""

    target: Expression
    value: Expression
    at: At
    depth: int = 0
    operator: str = ":="


@dataclass(frozen=True, slots=True)
class Invoke:
    """A call written as a statement."""

    call: Expression
    at: At
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Expression
    body: tuple[Statement, ...]
    at: At


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Label:
    """One entry of a CASE label list; `high` is None unless it is a range `low..high`."""

    low: Expression
    high: Expression | None
    at: At


@dataclass(frozen=True, slots=True)
class Option:
    labels: tuple[Label, ...]
    body: tuple[Statement, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Case:
    selector: Expression
    options: tuple[Option, ...]
    otherwise: tuple[Statement, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class For:
    variable: Expression
    start: Expression
    stop: Expression
    step: Expression | None
    body: tuple[Statement, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class While:
    condition: Expression
    body: tuple[Statement, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Repeat:
    body: tuple[Statement, ...]
    until: Expression
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Jump:
    """`word`: EXIT, CONTINUE, RETURN, or JMP with the name of a `label`."""

    word: str
    at: At
    depth: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """`target:`, a label that JMP leads to where `target` is a name."""

    target: Expression
    at: At
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Try:
    """`__TRY body __CATCH(variable) handler __FINALLY final __ENDTRY`; `caught`: where __CATCH stands."""

    body: tuple[Statement, ...]
    variable: Expression
    handler: tuple[Statement, ...]
    final: tuple[Statement, ...]
    at: At
    caught: At
    depth: int


Statement = Assign | Invoke | If | Case | For | While | Repeat | Jump | Mark | Try


def bodies(statement: Statement) -> list[tuple[Statement, ...]]:
    """The statements inside of one, way by way; of IF and CASE the ELSE last, () where there is none."""
    match statement:
        case If():
            return [*(branch.body for branch in statement.branches), statement.otherwise]
        case Case():
            return [*(option.body for option in statement.options), statement.otherwise]
        case For() | While() | Repeat():
            return [statement.body]
        case Try():
            return [statement.body, statement.handler, statement.final]
    return []
