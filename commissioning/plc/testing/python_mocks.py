"""Stand-ins from Python: fixed outputs, or a function that answers every call.

    drive = plc.mock("FB_Drive", {"Ready": True, "Speed": 1.5})       # its outputs, whatever it is given
    drive = plc.mock("FB_Drive", lambda Enable, Set: {"Ready": Enable})
    plc.mock("F_Scale", 42.0)                                         # what a function gives
    plc.mock("FB_Drive.Reset", lambda Hard: True)                     # a method
    assert drive.calls[-1] == {"Enable": True, "Set": 2.0}

A function is called with every input and VAR_IN_OUT by name. What it gives of a block is a mapping of outputs
and VAR_IN_OUT (what is not in it stays as it is; None: nothing), of a function or method its result, or a
mapping with the result under its own name. Arrays are lists, structures mappings.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from commissioning.plc.checking.scope import Pou, Symbol, suggestion
from commissioning.plc.running.memory import Memory, accepted
from commissioning.plc.running.value_text import given_value
from commissioning.plc.testing.stand_ins import Code, StandIn
from commissioning.plc.values.iec_types import IecType
from commissioning.plc.values.wording import with_articles

__all__ = ["Answer", "MockFailed", "PythonMock"]

Answer = object | Mapping[str, object] | Callable[..., object]
_MOST_CALLS = 100_000


class MockFailed(AssertionError):
    """A stand-in raised something, or gave what its interface does not take."""


class PythonMock(StandIn):
    """`calls`: what it was given, call by call (the first 100,000); `count`: how often."""

    def __init__(self, original: Pou, answer: Answer) -> None:
        """Raises TypeError, ValueError for an answer that does not fit the interface."""
        super().__init__(original)
        self.calls: list[dict[str, object]] = []
        self._answer = answer
        self._name = original.name if original.owner is None else f"{original.owner.name}.{original.name}"
        self._is_block = original.kind == "FUNCTION_BLOCK"
        inside = [s for s in original.section("VAR_INPUT", "VAR_IN_OUT") if s.block is None]
        self._inputs = [s for s in inside if s.standard is None]
        outside = [s for s in original.section("VAR_OUTPUT", "VAR_IN_OUT") if s.block is None]
        self._outputs = {s.name.upper(): s for s in outside if s.standard is None}
        if callable(answer):
            self._check_signature(answer)
        else:
            self._checked(answer)

    def _check_signature(self, answer: Callable[..., object]) -> None:
        names = [symbol.name for symbol in self._inputs]
        try:
            signature = inspect.signature(answer)
        except (TypeError, ValueError):
            return  # a built-in that does not tell
        try:
            signature.bind(**dict.fromkeys(names))
        except TypeError as error:
            given = f"gives {', '.join(names)}" if names else "gives nothing"
            what = f"the stand-in of {self._name} takes {signature}, a call of {self._name} {given}"
            raise TypeError(f"{what}: {error}") from None

    def _checked(self, answer: object) -> tuple[object, dict[str, tuple[Symbol, object]]]:
        """(result, outputs by name) of an answer. Raises TypeError, ValueError."""
        outputs: dict[str, tuple[Symbol, object]] = {}
        result_type = self.original.result
        result: object = None
        named = isinstance(answer, Mapping) and (result_type is None or not result_type.aggregate)
        if named and isinstance(answer, Mapping):
            for name, value in answer.items():
                key = str(name).upper()
                if not self._is_block and key == self.original.result_name and result_type is not None:
                    result = _cells(f"{self._name}", result_type, value)[0]
                elif key in self._outputs:
                    symbol = self._outputs[key]
                    outputs[key] = symbol, _cells(f"{self._name}.{symbol.name}", symbol.type, value)
                else:
                    hint = suggestion(str(name), [s.name for s in self._outputs.values()])
                    raise TypeError(f"{self._name} has no output {name}{'. ' + hint if hint else ''}")
        elif self._is_block or result_type is None:
            if answer is not None:
                raise TypeError(f"{self._name} gives outputs by name, not {answer!r:.60}")
        elif result_type.aggregate:
            raise TypeError(
                with_articles(f"{self._name} gives a {result_type}: write its stand-in in Structured Text")
            )
        elif answer is not None or callable(self._answer):
            result = _cells(self._name, result_type, answer)[0]
        if result is None and result_type is not None and not self._is_block:
            result = result_type.default
        return result, outputs

    def replaced(self, build: dict[str, Any]) -> dict[str, Code]:
        name = f"f{self.original.number}"
        act = self._block if self._is_block else self._function
        return {name: self._guard(act, build[name])}

    def _block(self, memory: Memory, _globals: Memory, _now: int) -> None:
        given = {symbol.name: _read(symbol.type, *_place(memory, symbol)) for symbol in self._inputs}
        _, outputs = self._asked(given)
        for symbol, cells in outputs.values():
            where, index = _place(memory, symbol)
            where[index : index + len(cells)] = cells

    def _function(self, *arguments: Any) -> object:
        """Inputs are words, aggregates lists of cells; then list and cell of everything else."""
        rest = list(arguments[3 if self.original.owner is not None else 2 :])
        words = {s.name: rest.pop(0) for s in self.original.section("VAR_INPUT")}
        places: dict[str, tuple[Memory | None, int]] = {}
        for symbol in self.original.symbols.values():
            if symbol.section in ("VAR_OUTPUT", "VAR_IN_OUT"):
                memory, index = rest.pop(0), rest.pop(0)
                del rest[: 2 * symbol.type.dimensions if symbol.by_reference else 0]
                places[symbol.name.upper()] = memory, index
        given: dict[str, object] = {}
        for symbol in self._inputs:
            if symbol.section == "VAR_INPUT":
                word = words[symbol.name]
                given[symbol.name] = _read(symbol.type, word, 0) if symbol.type.aggregate else word
            else:
                memory, index = places[symbol.name.upper()]
                given[symbol.name] = None if memory is None else _read(symbol.type, memory, index)
        result, outputs = self._asked(given)
        for key, (_, cells) in outputs.items():
            memory, index = places[key]
            if memory is not None:
                memory[index : index + len(cells)] = cells
        return result

    def _asked(self, given: dict[str, object]) -> tuple[Any, dict[str, tuple[Symbol, Any]]]:
        if len(self.calls) < _MOST_CALLS:
            self.calls.append(given)
        answer = self._answer
        try:
            return self._checked(answer(**given) if callable(answer) else answer)
        except AssertionError:
            raise
        except Exception as error:  # a PLC must not take it for a fault of its program
            what = f"the stand-in of {self._name} failed: {type(error).__name__}: {error}"
            raise MockFailed(what) from error


def _place(memory: Memory, symbol: Symbol) -> tuple[Memory, int]:
    """List and first cell of a parameter of a block."""
    if symbol.by_reference:
        return memory[symbol.index], memory[symbol.index + 1]
    return memory, symbol.index


def _read(type_: IecType, memory: Memory, index: int) -> object:
    """The cells from `index` on as Python has them."""
    if type_.kind == "struct":
        return {m.name: _read(m.type, memory, index + m.offset) for m in type_.members}
    if type_.kind == "array" and type_.element is not None:
        return _rows(type_, memory, index, 0)[0]
    return memory[index]


def _rows(type_: IecType, memory: Memory, index: int, depth: int) -> tuple[list[object], int]:
    assert type_.element is not None
    low, high = type_.bounds[depth]
    found: list[object] = []
    for _ in range(high - low + 1):
        if depth + 1 < len(type_.bounds):
            row, index = _rows(type_, memory, index, depth + 1)
            found.append(row)
        else:
            found.append(_read(type_.element, memory, index))
            index += type_.element.size
    return found, index


def _cells(path: str, type_: IecType, value: object) -> list[object]:
    """A value as the cells of a type. Raises TypeError, ValueError."""
    if type_.kind == "struct":
        if not isinstance(value, Mapping) or {str(k).upper() for k in value} != {
            member.name.upper() for member in type_.members
        }:
            names = ", ".join(member.name for member in type_.members)
            raise TypeError(with_articles(f"{path} is a {type_}: give a mapping of all of {names}"))
        by_name = {str(k).upper(): one for k, one in value.items()}
        found = []
        for member in type_.members:
            found += _cells(f"{path}.{member.name}", member.type, by_name[member.name.upper()])
        return found
    if type_.kind == "array" and type_.element is not None:
        return _row_cells(path, type_, value, 0)
    return [accepted(path, type_, given_value(type_, value))]


def _row_cells(path: str, type_: IecType, value: object, depth: int) -> list[object]:
    assert type_.element is not None
    low, high = type_.bounds[depth]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != high - low + 1:
        raise TypeError(f"{path} takes a row of {high - low + 1} values, not {value!r:.60}")
    found: list[object] = []
    for number, one in enumerate(value, low):
        if depth + 1 < len(type_.bounds):
            found += _row_cells(f"{path}[{number}]", type_, one, depth + 1)
        else:
            found += _cells(f"{path}[{number}]", type_.element, one)
    return found
