"""The syntax tree of Structured Text: what was written, with positions, before any meaning.

Chains of operators of one precedence level stay flat (`a + b - c` is one `Chain`), so that the depth of a
tree is the depth of what the programmer nested, and a long list of alarms does not overflow a recursion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class At(NamedTuple):
    """1-based line and column."""

    line: int
    column: int


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
class Direct:
    """`%IX0.0` in a body."""

    address: str
    at: At
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Argument:
    """`value`, `name := value`, or `name => value` (`out`), with NOT before an output name (`negated`)."""

    name: str
    value: Expression
    out: bool
    negated: bool
    at: At


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


Expression = Literal | Name | Member | Indexed | Part | Direct | Call | Unary | Chain


# ---- statements --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign:
    target: Expression
    value: Expression
    at: At
    depth: int = 0


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
    """`word`: EXIT, CONTINUE or RETURN."""

    word: str
    at: At
    depth: int = 0


Statement = Assign | Invoke | If | Case | For | While | Repeat | Jump


# ---- declarations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeName:
    """A named type; `length` is that of STRING[n]."""

    name: str
    length: Expression | None
    at: At
    depth: int = 0


@dataclass(frozen=True, slots=True)
class SubrangeType:
    """`name(low..high)`."""

    name: str
    low: Expression
    high: Expression
    at: At
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    low: Expression
    high: Expression
    at: At


@dataclass(frozen=True, slots=True)
class ArrayType:
    bounds: tuple[Bounds, ...]
    element: TypeNode
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class Enumerator:
    """One member of an enumeration; without a value it counts on from the one before."""

    name: str
    value: Expression | None
    at: At


@dataclass(frozen=True, slots=True)
class EnumType:
    """`base`: name of the base type, "" where none is written."""

    members: tuple[Enumerator, ...]
    base: str
    at: At
    depth: int = 0


@dataclass(frozen=True, slots=True)
class StructType:
    declarations: tuple[Declaration, ...]
    at: At
    depth: int


TypeNode = TypeName | SubrangeType | ArrayType | EnumType | StructType


@dataclass(frozen=True, slots=True)
class InitialMember:
    """`name := value` in the initial value of a structure or block."""

    name: str
    value: Initial
    at: At


@dataclass(frozen=True, slots=True)
class StructInitial:
    members: tuple[InitialMember, ...]
    at: At
    depth: int


@dataclass(frozen=True, slots=True)
class ArrayInitial:
    """`items`: (how often, value or None for the default), in order."""

    items: tuple[tuple[int, Initial | None], ...]
    at: At
    depth: int


Initial = Expression | StructInitial | ArrayInitial


@dataclass(frozen=True, slots=True)
class Declaration:
    """`names : type := initial`; `address` is that of a located variable."""

    names: tuple[Name, ...]
    address: str
    type: TypeNode
    initial: Initial | None
    at: At
    end: At


@dataclass(frozen=True, slots=True)
class TypeDeclaration:
    """`name : type := initial` in a TYPE section."""

    name: str
    type: TypeNode
    initial: Initial | None
    at: At


@dataclass(frozen=True, slots=True)
class Types:
    """A TYPE section."""

    declarations: tuple[TypeDeclaration, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Section:
    """`word`: VAR, VAR_INPUT ...; `qualifiers`: CONSTANT, RETAIN, PERSISTENT, NON_RETAIN."""

    word: str
    qualifiers: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Pou:
    """A program organisation unit; `kind`: PROGRAM, FUNCTION_BLOCK or FUNCTION (only that has a `result`)."""

    kind: str
    name: str
    result: TypeNode | None
    sections: tuple[Section, ...]
    body: tuple[Statement, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Globals:
    """A VAR_GLOBAL list outside every POU."""

    section: Section
    at: At


@dataclass(frozen=True, slots=True)
class TaskDeclaration:
    name: str
    settings: tuple[Argument, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Instance:
    """`PROGRAM name WITH task : program`."""

    name: str
    task: str
    program: str
    at: At


@dataclass(frozen=True, slots=True)
class Configuration:
    name: str
    sections: tuple[Section, ...]
    tasks: tuple[TaskDeclaration, ...]
    instances: tuple[Instance, ...]
    at: At


Unit = Pou | Globals | Configuration | Types


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its units, and its comments by line as (column, text)."""

    file: str
    units: tuple[Unit, ...]
    comments: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
