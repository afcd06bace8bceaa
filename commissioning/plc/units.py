"""The syntax tree of declarations: types, variables, program organisation units, configurations."""

from __future__ import annotations

from dataclasses import dataclass, field

from commissioning.plc.tree import Argument, At, Expression, Name, Statement


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
