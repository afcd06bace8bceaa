"""Stand-ins while a test runs: other code behind the name of a function block, function or method.

Generated code calls a POU by the name of its Python function in its module, or through the table of its
class; both are led to a stand-in here, for one PLC. Nothing is compiled again, and memory keeps its form: the
inputs of a block are copied into the variables of its stand-in, its outputs back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from commissioning.plc.checking.mocks import members_of
from commissioning.plc.checking.scope import Mocked, Pou, Symbol
from commissioning.plc.generation.build import Build
from commissioning.plc.running.memory import Memory

if TYPE_CHECKING:
    from commissioning.plc.testing.instance import Instance
    from commissioning.plc.testing.stand import Stand

__all__ = ["StandIn", "StandIns"]

Code = Callable[..., Any]


class StandIn(ABC):
    """What is executed instead. `count`: how often it was called, its methods too."""

    def __init__(self, original: Pou) -> None:
        self.original = original
        self.count = 0
        self._inside = False

    @abstractmethod
    def replaced(self, build: dict[str, Any]) -> dict[str, Code]:
        """By name in the module, what is called now. `build` has the original functions."""

    def _guard(self, act: Code, original: Code) -> Code:
        """`act`, but the original where the stand-in itself calls it."""

        def called(*arguments: Any) -> Any:
            if self._inside:
                return original(*arguments)
            self._inside = True
            self.count += 1
            try:
                return act(*arguments)
            finally:
                self._inside = False

        return called


class StandIns:
    """All of one PLC."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._installed: list[StandIn] = []

    def add(self, one: StandIn) -> None:
        """From the next call on. Raises ValueError where there is one already."""
        if any(known.original is one.original for known in self._installed):
            raise ValueError(f"{one.original.name} has a stand-in already")
        self._installed.append(one)
        self._install(self._stand.build, one)

    def use(self, mocked: Mocked) -> StandIn:
        """One that is written in Structured Text."""
        block = mocked.original.kind == "FUNCTION_BLOCK"
        made = _Block(self._stand, mocked) if block else _Function(mocked)
        self.add(made)
        return made

    def install(self, build: Build) -> None:
        """Into another translation of the program, which runs from now on."""
        for one in self._installed:
            self._install(build, one)

    def _install(self, build: Build, one: StandIn) -> None:
        names = module_of(build)
        replaced = one.replaced(names)
        places: list[Any] = [names] if build.functions is names else [names, build.functions]
        for name, code in replaced.items():
            original = names[name]
            classes = [entry for key, entry in names.items() if key[:1] == "c" and isinstance(entry, dict)]
            for table in classes:
                for key, method in table.items():
                    if method is original:
                        table[key] = code
            for place in places:
                place[name] = code


def module_of(build: Build) -> dict[str, Any]:
    """The names that generated code sees."""
    for code in build.functions.values():
        if isinstance(code, FunctionType) and code.__code__.co_filename == build.file:
            return code.__globals__
    return dict(build.functions)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A parameter: where its cells begin in a block and in its stand-in, and how many there are."""

    there: int
    here: int
    size: int


def _pairs(original: Pou, stand_in: Pou, *sections: str) -> list[_Pair]:
    def pair(symbol: Symbol) -> _Pair:
        return _Pair(symbol.index, stand_in.symbols[symbol.name.upper()].index, symbol.size)

    return [pair(symbol) for symbol in original.section(*sections)]


class _Function(StandIn):
    """Has the same parameters in the same order: its code is called with the same arguments."""

    def __init__(self, mocked: Mocked) -> None:
        super().__init__(mocked.original)
        self._stand_in = mocked.stand_in

    def replaced(self, build: dict[str, Any]) -> dict[str, Code]:
        name = f"f{self.original.number}"
        return {name: self._guard(build[f"f{self._stand_in.number}"], build[name])}


class _Block(StandIn):
    """Each instance of the block has an instance of the stand-in behind it."""

    def __init__(self, stand: Stand, mocked: Mocked) -> None:
        super().__init__(mocked.original)
        self._stand, self._stand_in = stand, mocked.stand_in
        pair = mocked.original, mocked.stand_in
        self._given = _pairs(*pair, "VAR_INPUT", "VAR_IN_OUT")
        self._answered = _pairs(*pair, "VAR_OUTPUT")
        self._instances: dict[int, tuple[Memory, Instance]] = {}

    def replaced(self, build: dict[str, Any]) -> dict[str, Code]:
        mine = members_of(self._stand_in)
        found = {self._name(self.original): self._through(build, self.original, self._stand_in)}
        for key, member in members_of(self.original).items():
            found[self._name(member)] = self._through(build, member, mine[key])
        return found

    def _name(self, pou: Pou) -> str:
        return f"f{pou.number}"

    def _through(self, build: dict[str, Any], theirs: Pou, mine: Pou) -> Code:
        """The body, or a method, of the stand-in on the variables that belong to the caller's instance."""
        original, code = build[self._name(theirs)], build[self._name(mine)]
        inherited = theirs.owner is not None and theirs.owner is not self.original
        number = self.original.number

        def act(memory: Memory, *arguments: Any) -> Any:
            own = self._memory(memory)
            for one in self._given:
                own[one.here : one.here + one.size] = memory[one.there : one.there + one.size]
            result = code(own, *arguments)
            for one in self._answered:
                memory[one.there : one.there + one.size] = own[one.here : one.here + one.size]
            return result

        guarded = self._guard(act, original)
        if not inherited:
            return guarded

        def of_class(memory: Memory, *arguments: Any) -> Any:
            """A method that several blocks inherit: only those of the mocked block have a stand-in."""
            mocked = memory[0] is not None and memory[0][0] == number
            return (guarded if mocked else original)(memory, *arguments)

        return of_class

    def _memory(self, memory: Memory) -> Memory:
        known = self._instances.get(id(memory))
        if known is None or known[0] is not memory:
            from commissioning.plc.testing.instance import Instance

            budget = self._stand.shared[0]  # making one ready has a budget of its own
            made = Instance(self._stand, self._stand_in, self._stand_in.name)
            self._stand.shared[0] = budget
            known = self._instances[id(memory)] = memory, made  # it is kept, so that its id stays its own
        known[1].fix()
        return known[1].memories[0]
