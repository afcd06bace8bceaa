"""The syntax tree of declarations: types, variables, program organisation units, configurations."""

from __future__ import annotations

from dataclasses import dataclass, field

from commissioning.plc.syntax.sfc_tree import ChartPart
from commissioning.plc.syntax.tree import Argument, At, Expression, Name, Statement


@dataclass(frozen=True, slots=True)
class TypeName:
    """A named type; `length` is that of STRING[n], `arguments` those of a block's FB_init, `rows` of each
    block of an array, `chosen` the constants in `Stack<20>`."""

    name: str
    length: Expression | None
    at: At
    depth: int = 0
    arguments: tuple[Argument, ...] = ()
    rows: tuple[tuple[Argument, ...], ...] = ()
    chosen: tuple[Expression, ...] = ()


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
    """Of one dimension; None in `ARRAY[*]`, which takes those of the array that is given."""

    low: Expression | None
    high: Expression | None
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
    """`base`: name of the base type, "" where none is written. `name : FB(a := 1)` is read as one as well."""

    members: tuple[Enumerator, ...]
    base: str
    at: At
    depth: int = 0


@dataclass(frozen=True, slots=True)
class StructType:
    """`union`: the members lie in the same memory."""

    declarations: tuple[Declaration, ...]
    at: At
    depth: int
    union: bool = False


@dataclass(frozen=True, slots=True)
class AddressType:
    """`kind`: POINTER, REFERENCE or REF_TO."""

    kind: str
    target: TypeNode
    at: At
    depth: int


TypeNode = TypeName | SubrangeType | ArrayType | EnumType | StructType | AddressType


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
    """`names : type := initial`; `address` is that of a located variable, `bound`: REF= instead of :=,
    `edge`: R_EDGE or F_EDGE behind the type."""

    names: tuple[Name, ...]
    address: str
    type: TypeNode
    initial: Initial | None
    at: At
    end: At
    bound: bool = False
    edge: str = ""


@dataclass(frozen=True, slots=True)
class TypeDeclaration:
    """`name EXTENDS base : type := initial` in a TYPE section."""

    name: str
    type: TypeNode
    initial: Initial | None
    at: At
    extends: tuple[TypeName, ...] = ()


@dataclass(frozen=True, slots=True)
class Types:
    """A TYPE section."""

    declarations: tuple[TypeDeclaration, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Section:
    """`word`: VAR, VAR_INPUT ...; `qualifiers`: CONSTANT, RETAIN, PERSISTENT, NON_RETAIN,
    PUBLIC, PROTECTED, INTERNAL, PRIVATE."""

    word: str
    qualifiers: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Using:
    """`USING A, B.C;`: what these namespaces declare is known without their names, in what it stands in."""

    names: tuple[str, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Pou:
    """A program organisation unit, or what belongs to one.

    `kind`: PROGRAM, FUNCTION_BLOCK (also CLASS), FUNCTION, INTERFACE, METHOD, ACTION, PROPERTY, GET or SET.
    `result`: type of a FUNCTION, METHOD or PROPERTY. `members`: methods, actions and properties of a block or
    interface, the accessors of a property. `chart`: steps and transitions, instead of a body. `modifiers`:
    PUBLIC, PRIVATE, ABSTRACT, FINAL ... in upper case. `paths`: VAR_ACCESS of a PROGRAM.
    """

    kind: str
    name: str
    result: TypeNode | None
    sections: tuple[Section, ...]
    body: tuple[Statement, ...]
    at: At
    modifiers: frozenset[str] = frozenset()
    extends: tuple[TypeName, ...] = ()
    implements: tuple[TypeName, ...] = ()
    members: tuple[Pou, ...] = ()
    chart: tuple[ChartPart, ...] = ()
    paths: tuple[Paths, ...] = ()
    using: tuple[Using, ...] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """`path AT address : type := initial` in VAR_CONFIG: what one instance of a variable gets."""

    path: Expression
    address: str
    type: TypeNode
    initial: Initial | None
    at: At


@dataclass(frozen=True, slots=True)
class AccessPath:
    """`name : path : type READ_WRITE` in VAR_ACCESS; read only where neither word stands there."""

    name: str
    path: Expression
    type: TypeNode
    writable: bool
    at: At


@dataclass(frozen=True, slots=True)
class Paths:
    """A VAR_CONFIG or VAR_ACCESS section."""

    entries: tuple[Configured | AccessPath, ...]
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
    resource: str = ""


@dataclass(frozen=True, slots=True)
class BlockTask:
    """`block WITH task`, in the parentheses of an instance."""

    block: str
    task: str
    at: At


@dataclass(frozen=True, slots=True)
class Instance:
    """`PROGRAM RETAIN name WITH task : program (x := a, y => b)`."""

    name: str
    task: str
    program: str
    at: At
    retain: bool = False
    given: tuple[Argument | BlockTask, ...] = ()
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """With what stands in its resources; `resources`: their names."""

    name: str
    sections: tuple[Section, ...]
    tasks: tuple[TaskDeclaration, ...]
    instances: tuple[Instance, ...]
    at: At
    resources: tuple[str, ...] = ()
    paths: tuple[Paths, ...] = ()


@dataclass(frozen=True, slots=True)
class Namespace:
    """`name`: with dots; what stands in it is known by its own name as well."""

    name: str
    units: tuple[Unit, ...]
    at: At
    using: tuple[Using, ...] = ()


@dataclass(frozen=True, slots=True)
class Mock:
    """`MOCK name BY stand_in;` in a TEST."""

    name: str
    stand_in: str
    at: At


@dataclass(frozen=True, slots=True)
class Test:
    """TEST 'name' ... END_TEST."""

    name: str
    sections: tuple[Section, ...]
    body: tuple[Statement, ...]
    at: At
    mocks: tuple[Mock, ...] = ()


Unit = Pou | Globals | Paths | Configuration | Types | Namespace | Test | Using


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its units, its comments by line as (column, text), and the attributes of what it declares by
    the place of the name."""

    file: str
    units: tuple[Unit, ...]
    comments: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    attributes: dict[At, dict[str, str]] = field(default_factory=dict)
    using: tuple[Using, ...] = ()


def namespace_names(found: tuple[Unit, ...], outer: str = "") -> set[str]:
    """The full upper-case names of namespaces, and of those that they stand in."""
    names: set[str] = set()
    for unit in found:
        if isinstance(unit, Namespace):
            name = f"{outer}{unit.name}".upper()
            words = name.split(".")
            names |= {".".join(words[:count]) for count in range(1, len(words) + 1)}
            names |= namespace_names(unit.units, f"{name}.")
    return names


def flattened(found: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """The units with those that stand in namespaces."""
    flat: list[Unit] = []
    for unit in found:
        flat += flattened(unit.units) if isinstance(unit, Namespace) else [unit]
    return tuple(flat)
