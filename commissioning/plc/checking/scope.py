"""What the program declares: its POUs, variables and the cells that they occupy.

Every instance of a PROGRAM or FUNCTION_BLOCK has one flat list of cells; so have the globals and, per call, a
FUNCTION. An elementary variable is one cell, an array or a structure all cells of its elements in order, a
standard block a few, a user's block one cell that holds its own list, a VAR_IN_OUT two (memory and index of
what it was given; one for a user's block). See decision 19.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commissioning.model.problem import Place, Problem
from commissioning.plc.checking.similar import suggestion as suggestion
from commissioning.plc.checking.unknown import Unknown
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.stubs.collected import Stubs
from commissioning.plc.syntax import units
from commissioning.plc.syntax.tree import Argument, At, Call, Expression
from commissioning.plc.values.dialects import IEC, Dialect
from commissioning.plc.values.iec_types import BOOL, LAST_ADDRESS, IecType, Value
from commissioning.plc.values.wording import with_articles

if TYPE_CHECKING:
    from commissioning.plc.checking.program_entries import ProgramEntry
    from commissioning.plc.sfc.plan import ChartPlan


@dataclass(frozen=True, slots=True)
class View:
    """Some bits of a cell that holds a whole number of type `base`; they count multiples of `grain`."""

    start: int
    width: int
    base: IecType
    grain: int = 1


@dataclass(eq=False, slots=True)
class Symbol:
    """One declared variable. `elapsed`: the program reads ET of this timer, so that its blocks keep it."""

    name: str
    type: IecType
    section: str
    file: str
    at: At
    index: int = -1
    constant: bool = False
    retain: bool = False  # RETAIN or PERSISTENT
    persistent: bool = False
    public: bool = False  # declared in VAR PUBLIC: it is seen, and written, from outside
    address: str = ""
    comment: str = ""
    standard: StandardBlock | None = None
    block: Pou | None = None
    is_global: bool = False
    read: bool = False
    written: bool = False
    elapsed: bool = False
    view: View | None = None  # of the located memory that it shares
    hidden: bool = False  # the memory of others, which no name of a program leads to
    bytes_at: int = -1  # its first byte among the cells of the globals, where it shares bytes with others
    is_path: bool = False  # its initial value is the path of the instance that it lies in
    late: bool = False  # its initial value is worked out when the PLC starts
    edge: Symbol | None = None  # the R_TRIG or F_TRIG through which its own block sees it (R_EDGE, F_EDGE)

    @property
    def by_reference(self) -> bool:
        return self.section == "VAR_IN_OUT"

    @property
    def size(self) -> int:
        if self.by_reference:
            return 1 if self.block is not None else 2 + 2 * self.type.dimensions
        return self.type.size


@dataclass(frozen=True, slots=True)
class Late:
    """An initial value that is worked out when the PLC starts: that of the cell `offset` of `symbol`, or of
    the cell `member` of the block which lies there."""

    symbol: Symbol
    offset: int
    member: int
    type: IecType
    node: Expression


@dataclass(frozen=True, slots=True)
class Slot:
    """One cell of a memory: a value with its type, a `child` memory with the initial values it overrides, or
    a pointer that is set for each call. `fixed`: what the PLC puts there when it starts ("class", "program").
    """

    type: IecType | None = None
    value: Value = 0
    child: Pou | None = None
    overrides: tuple[tuple[int, Value], ...] = ()
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration makes: a type and the cells that it starts with."""

    type: IecType
    slots: tuple[Slot, ...]


@dataclass(eq=False, slots=True)
class Pou:
    """A program organisation unit, or (kind GLOBAL) the globals. `number` names its Python function.

    Of METHOD, ACTION, GET and SET `owner` is the block or interface they belong to. `base`: what a block
    extends; `interfaces`: what it implements or (of an INTERFACE) extends; `members`: its methods and
    actions by upper-case name, those of a property as "P.GET" and "P.SET"; `derived`: what extends it.
    """

    kind: str
    name: str
    number: int
    file: str
    tree: units.Pou | None
    symbols: dict[str, Symbol] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    result: IecType | None = None
    calls: dict[str, At] = field(default_factory=dict)
    invokes: dict[str, At] = field(default_factory=dict)  # methods and actions, and bodies chosen by class
    late: list[Late] = field(default_factory=list)
    init_rows: dict[str, tuple[tuple[Argument, ...], ...]] = field(default_factory=dict)
    init_arguments: dict[str, tuple[Argument, ...]] = field(default_factory=dict)  # of FB_init
    framed: bool = False  # whether the address of something that lives for one call is taken
    looked: int = -1  # the cell that says that its edges were looked at, see edges.py
    recursive: bool = False  # whether it may lead back to itself, so that its depth is counted
    touches: set[Symbol] = field(default_factory=set)
    only_read: set[str] = field(default_factory=set)  # globals that are VAR_EXTERNAL CONSTANT, in upper case
    uses_clock: At | None = None
    owner: Pou | None = None
    base: Pou | None = None
    interfaces: list[Pou] = field(default_factory=list)
    members: dict[str, Pou] = field(default_factory=dict)
    derived: list[Pou] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Under what `Project.pous` knows it."""
        return self.name.upper() if self.owner is None else f"{self.owner.name}.{self.name}".upper()

    @property
    def at(self) -> At:
        return self.tree.at if self.tree is not None else At(0, 0)

    @property
    def starts_late(self) -> bool:
        """Whether something in it may be worked out when the PLC starts."""
        return bool(self.late or self.init_arguments or self.init_rows)

    @property
    def modifiers(self) -> frozenset[str]:
        return self.tree.modifiers if self.tree is not None else frozenset()

    @property
    def local(self) -> bool:
        """Whether its variables live in a fresh list per call, beside the memory of its block."""
        return self.kind in ("METHOD", "GET", "SET", "ACTION")

    @property
    def result_name(self) -> str:
        """What its result is called inside; of the setter of a property, the value that it was given."""
        return self.name.partition(".")[0].upper()

    def lineage(self) -> list[Pou]:
        """The block itself, what it extends, and so on."""
        found, here = [self], self.base
        while here is not None and here not in found:
            found.append(here)
            here = here.base
        return found

    def member(self, name: str) -> Pou | None:
        """The method, accessor or action of that name that a call of this block or interface reaches."""
        key = name.upper()
        for pou in self.lineage():
            if key in pou.members:
                return pou.members[key]
        for parent in self.interfaces if self.kind == "INTERFACE" else ():
            found = parent.member(name)
            if found is not None:
                return found
        return None

    def descendants(self) -> list[Pou]:
        """Every block that extends it, directly or not."""
        found: list[Pou] = []
        work = list(self.derived)
        while work:
            pou = work.pop()
            if pou not in found:
                found.append(pou)
                work += pou.derived
        return found

    def section(self, *words: str) -> list[Symbol]:
        return [symbol for symbol in self.symbols.values() if symbol.section in words]


@dataclass(frozen=True, slots=True)
class Mocked:
    """In one TEST `stand_in` is executed wherever `original` is called."""

    original: Pou
    stand_in: Pou


class Project:
    """Everything the checker looks names up in, and the problems found so far."""

    def __init__(self, dialect: Dialect = IEC) -> None:
        self.dialect = dialect
        self.notices: dict[Problem, None] = {}
        self.stub_cells: dict[str, int] | None = None  # where reaching a stub is kept; None: it stops the PLC
        self.struct_bases: dict[str, str] = {}  # structure -> the one that it extends
        self.stubs = Stubs()  # learns what is unknown; nothing comes of it unless stubs are asked for
        self.unknown = Unknown()  # what only stubs declare
        self.globals = Pou("GLOBAL", "", 0, "", None)
        self.globals.slots.append(Slot())  # cell 0 of the globals: loop iterations left in this scan
        self.pous: dict[str, Pou] = {}
        self.list_names: set[str] = {"GVL"}
        self.jumping: set[str] = set()  # files whose text has JMP and labels whatever the dialect says
        self.undeclared: set[tuple[str, str]] = set()  # (key of the POU, upper-case name): a Problem says why
        self.namespaces: set[str] = set()  # upper case, with dots
        self.texts: dict[tuple[str, str], Symbol] = {}  # the constant texts whose addresses are taken
        self.meant: dict[tuple[str, int], tuple[Call, Call]] = {}  # see calls.py
        self.overloaded: frozenset[str] = frozenset()  # names with several functions or methods, upper case
        self.attributes: dict[tuple[str, At], dict[str, str]] = {}  # by file and place of what they belong to
        self.interfaces: dict[str, Pou] = {}
        self.prototypes: list[Pou] = []  # the methods of interfaces, which have no code
        self.utf8 = False  # texts keep characters as UTF-8, so that they may be any
        self.objects = False  # whether blocks have methods or somebody takes addresses
        self.addressed = False  # whether any address is taken: whoever has it may touch everything
        self.catches = False  # whether any __TRY catches exceptions
        self.starts: dict[
            str, Any
        ] = {}  # by key of a POU ("" of the globals): the commands that initialise it
        self.windows: dict[Any, int] = {}  # what memory is shown as to pointers
        self.shown: dict[IecType, int] = {}  # the windows of types that are no blocks
        self.heap: dict[str, Any] = {}  # what __NEW makes, by name of the type; see heap.py
        self.exits: dict[str, Any] = {}  # by key of a block: the commands that call its FB_exit
        self.targets: dict[str, Callable[[], Declared | None]] = {}  # of pointers and references, by name
        self.resolver: Callable[[str, At, str], Declared | None] | None = None  # of the name of a type
        self.method_numbers: dict[str, int] = {}  # upper-case name of a method -> its key in every class
        self.configured: list[Any] = []  # what VAR_CONFIG says, see configured.py
        self.access_names: list[Any] = []  # what VAR_ACCESS says
        self.entries: dict[int, ProgramEntry] = {}  # by the number of a program instance
        self.guards: dict[Symbol, int] = {}  # blocks with a task -> the cell that says so, block_tasks.py
        self.path_heads: frozenset[str] = frozenset()  # configurations and resources, in upper case
        self.retained_programs: set[str] = set()  # instances that are PROGRAM RETAIN
        self.charts: dict[str, ChartPlan] = {}  # by the key of their POU
        self.times_outside: set[str] | None = None  # what `a.b.T` calls b, in upper case; None: not known yet
        self.types: dict[str, Declared] = {}
        self.enumerators: dict[str, list[IecType]] = {}  # upper-case name of a member -> its enumerations
        self.name_tables: dict[tuple[tuple[int, str], ...], int] = {}  # of enumerations -> their number
        self.qualified: dict[str, list[IecType]] = {}  # the same of those that are qualified_only
        self.later: AbstractSet[str] = frozenset()  # names of globals in lists that are not declared yet
        self.tables: dict[tuple[int, int, int], None] = {}  # (low, high, stride) of indices that vary
        self.problems: list[Problem] = []
        self.assertions: list[Any] = []  # of all TESTs, see assertions.py
        self.mocks: dict[str, list[Mocked]] = {}  # by the key of a TEST, see mocks.py
        self._noted: set[Problem] = set()
        self.reads_elapsed = False  # of any timer
        self.any_elapsed = False  # of one that was given by reference, so it may be any

    def notice(self, what: str, file: str, at: At, cure: str = "", severity: str = "warning") -> None:
        """What the programmer may want to know, and what stops nothing."""
        place = Place(file, at.line, at.column)
        self.notices.setdefault(Problem(with_articles(what), place, cure, severity=severity))

    @property
    def next_number(self) -> int:
        """For the next POU."""
        return len(self.pous) + len(self.prototypes) + 1

    def problem(self, what: str, file: str, at: At, cure: str = "") -> None:
        found = Problem(with_articles(what), Place(file, at.line, at.column), cure)
        if found not in self._noted:
            self._noted.add(found)
            self.problems.append(found)

    def forget(self, count: int) -> None:
        """Takes back every Problem but the first `count`."""
        self._noted.difference_update(self.problems[count:])
        del self.problems[count:]

    def take_back(self, problems: list[Problem]) -> None:
        """Forgets some problems."""
        gone = set(problems)
        self._noted -= gone
        self.problems = [problem for problem in self.problems if problem not in gone]

    def stub_cell(self, name: str) -> int:
        """The cell of the globals that keeps whether the stub was reached, -1 where that stops the PLC."""
        if self.stub_cells is None:
            return -1
        if name not in self.stub_cells:
            self.stub_cells[name] = len(self.globals.slots)
            self.globals.slots.append(Slot(BOOL, False))
        return self.stub_cells[name]

    def unknown_parameter(self, pou: Pou, name: str) -> bool:
        """Whether a Problem says already why a POU has no parameter of that name ("" for one by position):
        its type is unknown."""
        if self.unknown.files:
            return False
        key = name.upper()
        return any(home == pou.key and key in ("", known) for home, known in self.undeclared)

    def lookup(self, pou: Pou, name: str) -> Symbol | None:
        """What a name stands for in the body of a POU: what a block declares hides globals."""
        key = name.upper()
        if key.startswith("."):  # the operator for globals
            return self.globals.symbols.get(key[1:]) if self.dialect.global_operator else None
        found = pou.symbols.get(key)
        owner = pou.owner
        if found is None and owner is not None:
            found = owner.symbols.get(key)
        if found is not None:
            return found
        block = owner or pou
        found = self.globals.symbols.get(key)
        if found is not None and (block.members or block.base is not None):
            for member in (key, f"{key}.GET", f"{key}.SET"):
                if block.member(member) is not None:
                    return None
        return found

    def window(self, plan: Any) -> int:
        """The number of a window; see address_space.py."""
        return self.windows.setdefault(plan, len(self.windows))

    def target(self, type_: IecType) -> Declared | None:
        """What lies where a pointer or reference of this type leads."""
        resolve = self.targets.get(type_.target)
        return None if resolve is None else resolve()

    def pointer_to(self, type_: IecType) -> IecType:
        name = str(type_).upper()
        self.targets.setdefault(name, lambda: Declared(type_, ()))
        return IecType(f"POINTER TO {type_}", "pointer", 0, LAST_ADDRESS, target=name)

    def type_named(self, name: str, at: At, file: str) -> Declared | None:
        """The type of that name; None, without a Problem, where there is none."""
        return None if self.resolver is None else self.resolver(name, at, file)

    def attribute(self, name: str, file: str, at: At) -> str | None:
        """What stands behind the attribute of what is declared there; None where it has none."""
        return self.attributes.get((file, at), {}).get(name)

    def method_number(self, name: str) -> int:
        """The key of a method in the table of every class that has it; 0 and 1 are taken, see classes.py."""
        return self.method_numbers.setdefault(name.upper(), len(self.method_numbers) + 2)

    def nearest(self, name: str, pou: Pou) -> str:
        """A cure that names the most similar variable, or says how to declare one."""
        declare = f"Declare it in a VAR section: {name} : BOOL;"
        if len(self.problems) >= MOST_COMPARED:
            return declare
        known = [symbol.name for symbol in (*pou.symbols.values(), *self.globals.symbols.values())]
        if pou.owner is not None:
            known += [symbol.name for symbol in pou.owner.symbols.values()]
        known += [
            member for kinds in self.enumerators.values() for kind in kinds for member, _ in kind.values
        ]
        return suggestion(name, known) or declare

    def block(self, name: str) -> StandardBlock | Pou | None:
        key = name.upper()
        pou = self.pous.get(key)
        if pou is not None and pou.kind == "FUNCTION_BLOCK":
            return pou
        return STANDARD_BLOCKS.get(self.dialect.blocks.get(key, key))

    def standard_block(self, name: str) -> StandardBlock:
        """The standard block that has this upper-case name in the dialect."""
        return STANDARD_BLOCKS[self.dialect.blocks.get(name, name)]


MOST_COMPARED = 100  # unknown names that are compared with all that are known, which takes its time


OF_LIBRARY = "Add the file that declares it; what a library would bring can be a stub (stubs: true)"
