"""Typed expressions, from the checker to the code generator: every name is a cell, every value has a type."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commissioning.plc.checking.scope import View
from commissioning.plc.values.iec_types import BOOL, IecType, Value


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is known only when the program runs: (value - low) * stride cells on."""

    low: int
    high: int
    stride: int
    value: Typed


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """An index of an ARRAY[*]: (value - low) * stride cells on."""

    low: Typed
    high: Typed
    stride: Typed
    value: Typed


@dataclass(frozen=True, slots=True)
class Address:
    """`offset` bytes, and `terms` in bytes, behind the address that `base` gives, shown by a window.

    `home`: the memory of a block, instead of a cell.
    """

    base: Typed
    window: int
    offset: int = 0
    terms: tuple[Index, ...] = ()
    home: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a value lives: `memory` ("m" own, "g" global, "q" of the block just called) or, of a block's own
    variable, the list in the cell `owner`; the index there.

    `pointer`: a VAR_IN_OUT; two cells at `index` hold the memory and the index it was given, `offset` counts
    on from there. `terms` are added to either. `view`: only some bits of what lies there. `value`: it lies in
    the array or structure that this expression gives. `address`: it lies where a pointer or reference leads.
    `bounds`: those that go with it where it is given to an ARRAY[*].
    """

    memory: str
    owner: Cell | None
    index: int
    pointer: bool = False
    offset: int = 0
    terms: tuple[Index | OpenIndex, ...] = ()
    view: View | None = None
    value: Typed | None = None
    address: Address | None = None
    bounds: tuple[Typed, ...] = ()

    def at(self, offset: int) -> Cell:
        """The cell `offset` behind this one (a member of a structure or standard block)."""
        index, behind = (self.index, offset) if self.pointer else (self.index + offset, 0)
        return replace(self, index=index, offset=self.offset + behind)

    def moved(self, index: Index | OpenIndex) -> Cell:
        """This cell, moved by an index that varies."""
        return replace(self, terms=(*self.terms, index))

    @property
    def plain(self) -> bool:
        """Whether it is a cell of a memory at hand, and always the same."""
        return (
            self.owner is None and not self.pointer and not self.terms and self.view is None
            and self.value is None and self.address is None
        )  # fmt: skip


# the memory itself that code runs on, as the home of the block it belongs to
HERE = Cell("m", None, -1)
HOME = "h"  # memory of a cell whose `value` is a block: that is the block itself


@dataclass(frozen=True, slots=True)
class Const:
    type: IecType
    value: Value


@dataclass(frozen=True, slots=True)
class Defaults:
    """The initial value of an array or structure: the values of its cells."""

    type: IecType
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Load:
    type: IecType
    cell: Cell


@dataclass(frozen=True, slots=True)
class Minus:
    type: IecType
    operand: Typed


@dataclass(frozen=True, slots=True)
class Not:
    type: IecType
    operand: Typed


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first op operand ...` from left to right, all in `type`; op: + - * / MOD **."""

    type: IecType
    first: Typed
    steps: tuple[tuple[str, Typed], ...]


@dataclass(frozen=True, slots=True)
class Scaled:
    """TIME times or divided by a number."""

    type: IecType
    time: Typed
    operator: str
    factor: Typed


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Typed
    right: Typed
    type: IecType = BOOL


@dataclass(frozen=True, slots=True)
class Logic:
    """AND, OR, XOR over BOOL or bit strings; `lazy`: what stands right is not evaluated without need, `both`:
    always, as it may stop the PLC. With neither it makes no difference."""

    type: IecType
    operator: str
    operands: tuple[Typed, ...]
    lazy: bool
    both: bool = False


@dataclass(frozen=True, slots=True)
class Convert:
    """Implicit widening."""

    type: IecType
    operand: Typed


MODULO_OR_0 = "MODULO OR 0"  # no name of a program, like the next
JUDGED = "JUDGED VALUE"  # no name of a program, for it has a space: what the host of tests answers


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard function, looked up by name in functions.py."""

    type: IecType
    name: str
    arguments: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The name that an enumeration has for a value, from the table `number`; else the number as text."""

    type: IecType
    operand: Typed
    number: int


@dataclass(frozen=True, slots=True)
class UserCall:
    """`inputs` by value, in order; `references` to cells for VAR_IN_OUT and VAR_OUTPUT (None: unused), of a
    block given by reference its home.

    A method runs on the block at `instance`. `key`: the class of that block decides which one is called, one
    of `pou` and `others`; 0: always `pou`.
    """

    type: IecType
    pou: int
    inputs: tuple[Typed, ...]
    references: tuple[Cell | None, ...]
    homes: frozenset[int] = frozenset()
    instance: Cell | None = None
    key: int = 0
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressOf:
    """Where a cell lies; `home`: the block whose memory is in it."""

    type: IecType
    cell: Cell
    home: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Whether a block of a class that the window shows lies at `address`, which `cell` then gets (else 0)."""

    type: IecType
    address: Typed
    window: int
    cell: Cell


@dataclass(frozen=True, slots=True)
class OfMemory:
    """MEMCPY and its like: `name` of the function in address_space.py."""

    type: IecType
    name: str
    arguments: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Cloned:
    """A block, or a structure or array with blocks in it, given by value; `home`: it is a user's block."""

    type: IecType
    cell: Cell
    home: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A structure of these values, one for each cell."""

    type: IecType
    values: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Stores `value` in `cell`, of type `kept`; its own value is what is kept there."""

    type: IecType
    kept: IecType
    cell: Cell
    value: Typed


@dataclass(frozen=True, slots=True)
class Given:
    """Whether a VAR_IN_OUT has a variable: a method may run while its block is not called."""

    type: IecType
    cell: Cell


@dataclass(frozen=True, slots=True)
class Graft:
    """Copies a block, or a structure or array with blocks in it; `home`: it is a user's block."""

    type: IecType
    target: Cell
    source: Cell
    home: bool


Typed = (
    Const
    | Defaults
    | Load
    | Minus
    | Not
    | Arithmetic
    | Scaled
    | Compare
    | Logic
    | Convert
    | Standard
    | UserCall
    | AddressOf
    | Graft
    | Cloned
    | Made
    | Given
    | Assigned
    | Named
    | OfMemory
    | Query
)
