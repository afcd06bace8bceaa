"""Typed statements, from the checker to the code generator."""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc.checking.scope import Symbol
from commissioning.plc.checking.typed import Cell, Graft, OfMemory, Query, Typed, UserCall
from commissioning.plc.standard.blocks import StandardBlock
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType


@dataclass(frozen=True, slots=True)
class Store:
    type: IecType
    cell: Cell
    value: Typed
    at: At


@dataclass(frozen=True, slots=True)
class CallStandard:
    """A standard block: `inputs` as (offset, type, value); `symbol` knows whether ET is read."""

    block: StandardBlock
    cell: Cell
    inputs: tuple[tuple[int, IecType, Typed], ...]
    outputs: tuple[Store, ...]
    symbol: Symbol
    at: At


@dataclass(frozen=True, slots=True)
class CallBlock:
    """A user's function block. `home` is the cell with its memory, which is `q` from then on. `others`: its
    class decides which body is called, that of `pou` or one of these. `guard`: the cell of the program that
    is TRUE where a task of its own executes it (-1: none); `looked`: of a call by SUPER^, the cell that keeps
    the body from looking at its edges again."""

    pou: int
    home: Cell
    inputs: tuple[tuple[int, IecType, Typed], ...]
    references: tuple[tuple[int, Cell], ...]
    memories: tuple[tuple[int, Cell], ...]
    outputs: tuple[Store, ...]
    at: At
    others: tuple[int, ...] = ()
    guard: int = -1
    looked: int = -1


@dataclass(frozen=True, slots=True)
class CallFunction:
    """A call as a statement; what it gives is not used."""

    call: UserCall | OfMemory | Graft | Query
    at: At


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Typed, tuple[Command, ...], At], ...]
    otherwise: tuple[Command, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Case:
    """`options`: inclusive ranges and body."""

    selector: Typed
    options: tuple[tuple[tuple[tuple[int, int], ...], tuple[Command, ...], At], ...]
    otherwise: tuple[Command, ...]
    at: At


@dataclass(frozen=True, slots=True)
class For:
    """Bounds and step are evaluated once, or (`each`) before every round; `step` is a Const or decides its
    direction when it runs."""

    type: IecType
    cell: Cell
    start: Typed
    stop: Typed
    step: Typed
    body: tuple[Command, ...]
    at: At
    each: bool = False


@dataclass(frozen=True, slots=True)
class While:
    condition: Typed
    body: tuple[Command, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Repeat:
    body: tuple[Command, ...]
    until: Typed
    at: At


@dataclass(frozen=True, slots=True)
class Jump:
    """EXIT, CONTINUE, RETURN, or JMP to the piece `piece` of the Labelled of that number around it."""

    word: str
    at: At
    number: int = -1
    piece: int = 0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A body with labels that JMP leads to: in front of each one a new piece begins, with its number. It is
    executed from the first piece on, after a JMP again from that one."""

    number: int
    pieces: tuple[tuple[int, tuple[Command, ...]], ...]
    at: At


@dataclass(frozen=True, slots=True)
class Try:
    """`cell`, of `type`, gets the code of the exception that `handler` answers; `caught`: where that begins.
    `final` comes after either."""

    body: tuple[Command, ...]
    type: IecType
    cell: Cell
    handler: tuple[Command, ...]
    final: tuple[Command, ...]
    at: At
    caught: At


@dataclass(frozen=True, slots=True)
class New:
    """`cell`, of a pointer `type`, gets the address of `count` new elements of the kind of that number, on
    which `inits` then call FB_init."""

    type: IecType
    cell: Cell
    kind: int
    count: Typed
    inits: tuple[Command, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Delete:
    """Takes away what the pointer in `cell` leads to, and sets it to 0. `exits`: the FB_exit it may call."""

    type: IecType
    cell: Cell
    exits: tuple[int, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Judge:
    """An assertion of a TEST: its `number` in `Project.assertions`; `stops`: a failure ends the test."""

    number: int
    values: tuple[Typed, ...]
    stops: bool
    at: At


@dataclass(frozen=True, slots=True)
class Advance:
    """A TEST lets virtual time pass; `unit`: time (`amount` is a TIME) or scans."""

    unit: str
    amount: Typed
    at: At


@dataclass(frozen=True, slots=True)
class StubReached:
    """The body of a stub that nobody has filled in; `name`: that of its POU. `cell` of the globals keeps that
    it was reached, where that does not stop the PLC (-1: it does). Or a statement that uses stubs and
    does not fit them; `why`: what does not."""

    name: str
    at: At
    cell: int = -1
    why: str = ""


Command = (
    Store
    | CallStandard
    | CallBlock
    | CallFunction
    | If
    | Case
    | For
    | While
    | Repeat
    | Jump
    | Labelled
    | Try
    | New
    | Delete
    | Judge
    | Advance
    | StubReached
)
