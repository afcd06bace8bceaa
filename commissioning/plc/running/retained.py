"""Values of RETAIN and PERSISTENT variables as text, for a power cycle between two runs.

    commissioning-retained/1
    Total : UDINT = 17
    MAIN.recipe.name : STRING[20] = "Caf\\u00e9"
    MAIN.watch.start : TIME = 250000000

One line per value, in the order of declaration, keyed by path and type; TIME in ns, values as in JSON. Lines
that begin with # are comments. What lasts over a time (a running timer, a clock) is kept as the time that has
passed, so that it goes on from there; a timer of a run that has just begun goes on from 0 at most, because
nothing can have begun before time 0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.program import Program
from commissioning.plc.running.kept import Leaf, kept_variables, leaves
from commissioning.plc.running.memory import Memory, accepted
from commissioning.plc.standard.blocks import DUE, START
from commissioning.plc.values.iec_types import ADDRESSES, Value

FORMAT = "commissioning-retained/1"
MOST_CHARACTERS = 64 << 20
MOST_PROBLEMS = 20
_LINE = re.compile(r"(?P<path>[^\s:=][^:=]*?) : (?P<type>[^:=]+?) = (?P<value>.+)\Z")
_SCALAR = re.compile(r'-?[0-9][0-9.eE+-]{0,400}\Z|-?Infinity\Z|NaN\Z|true\Z|false\Z|".*"\Z', re.DOTALL)
_CURE = "Use a text that was written by this program, unchanged"


@dataclass(frozen=True, slots=True)
class RetainReport:
    """What became of retained values, by path. `changed`: of another type now, or with a value that no longer
    fits; `unknown`: the program retains no such variable; `missing`: there was no value for it."""

    taken: tuple[str, ...]
    changed: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RetainedValues:
    """What a text says: upper-case path -> (path, type, value)."""

    values: dict[str, tuple[str, str, Value]]

    def into(self, program: Program, memories: list[Memory], now_ns: int, kind: str) -> RetainReport:
        """Puts the values into the variables that a start of this `kind` does not set to initial values."""
        taken, changed, missing = [], [], []
        left = dict(self.values)
        clock = _Clock(memories, now_ns)
        for persistent, leaf in _retained(program):
            found = left.pop(leaf.path.upper(), None)
            if kind == "origin" or (kind == "cold" and not persistent):
                continue
            if found is None:
                missing.append(leaf.path)
                continue
            _, type_, value = found
            try:
                if type_ != str(leaf.type):
                    raise TypeError(type_)
                leaf.write(memories, clock.here(leaf, accepted(leaf.path, leaf.type, value)))
                taken.append(leaf.path)
            except (TypeError, ValueError):
                changed.append(leaf.path)
        unknown = tuple(path for path, _, _ in left.values())
        return RetainReport(tuple(taken), tuple(changed), unknown, tuple(missing))


class _Clock:
    """Times of a PLC's clock as times that have passed, and back. Of a timer `start` comes before `due`."""

    def __init__(self, memories: list[Memory], now_ns: int) -> None:
        self.memories, self.now_ns = memories, now_ns
        self._ages: dict[tuple[int, int], int] = {}  # of the timer whose `start` lies there

    def passed(self, leaf: Leaf) -> Value:
        """What stands in the text."""
        value = leaf.read(self.memories)
        if not leaf.role or not isinstance(value, int):
            return value
        if leaf.role == "shift":
            return value + self.now_ns
        start: int = self.memories[leaf.memory][leaf.index + (START - DUE if leaf.role == "due" else 0)]
        if start < 0:
            return -1
        return self.now_ns - start if leaf.role == "start" else value - start

    def here(self, leaf: Leaf, value: Value) -> Value:
        """What comes into the cell."""
        if not leaf.role or not isinstance(value, int):
            return value
        if leaf.role == "shift":
            return accepted(leaf.path, leaf.type, value - self.now_ns)
        if leaf.role == "start":
            self._ages[leaf.memory, leaf.index] = value
            return -1 if value < 0 else max(self.now_ns - value, 0)
        home = leaf.index + START - DUE
        start: int = self.memories[leaf.memory][home]
        if start < 0 or value < 0:
            return -1
        over = self._ages.get((leaf.memory, home), 0) >= value
        return min(start + value, self.now_ns if over else leaf.type.high)


def retained_text(program: Program, memories: list[Memory], now_ns: int) -> str:
    """The values of all RETAIN and PERSISTENT variables, between two scans."""
    clock = _Clock(memories, now_ns)
    lines = [FORMAT]
    for _, leaf in _retained(program):
        lines.append(f"{leaf.path} : {leaf.type} = {json.dumps(clock.passed(leaf))}")
    return "\n".join(lines) + "\n"


def read_retained(text: str, file: str = "") -> RetainedValues:
    """Raises Problems, with file and line, for a text that was not made by `retained_text`."""
    if len(text) > MOST_CHARACTERS:
        raise Problems(
            Problem(f"retained values of more than {MOST_CHARACTERS >> 20} MiB", Place(file), _CURE)
        )
    lines = text.split("\n")
    if lines[0].strip() != FORMAT:
        what = f"these are no retained values: the first line is not {FORMAT}"
        raise Problems(Problem(what, Place(file, 1, 1), _CURE))
    values: dict[str, tuple[str, str, Value]] = {}
    found = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line.rstrip("\r"))
        value = None if match is None else _value(match["value"])
        if match is None or value is None:
            found.append(Problem(f"{line[:60]!r} is no retained value", Place(file, number, 1), _CURE))
        elif match["path"].upper() in values:
            found.append(Problem(f"{match['path']:.60} is there twice", Place(file, number, 1), _CURE))
        else:
            values[match["path"].upper()] = match["path"], match["type"], value
        if len(found) >= MOST_PROBLEMS:
            break
    if found:
        raise Problems(found)
    return RetainedValues(values)


def _value(text: str) -> Value | None:
    """One JSON value that is no list and no object; NaN and Infinity as Python writes them."""
    if not _SCALAR.match(text):
        return None
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, bool | int | float | str) else None


def _retained(program: Program) -> Iterator[tuple[bool, Leaf]]:
    """(persistent, value) of all that is retained."""
    for kept in kept_variables(program):
        if (kept.retain or kept.persistent) and not kept.symbol.constant:
            for leaf in leaves(kept, program.memories[kept.memory]):
                if leaf.type.kind not in ADDRESSES:  # they mean nothing to another PLC
                    yield kept.persistent, leaf
