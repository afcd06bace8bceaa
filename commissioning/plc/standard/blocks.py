"""The standard function blocks, as templates that the code generator writes into the calling POU.

A block's cells lie in the memory of whoever declares it; `{CLK}` in a template is the cell of that name.
Hidden cells (lower case) are state that a program cannot name. Times are ns; `due` is when a running timer
changes its output, -1 while it is idle, and stays in the past once it has run out: `due > now` means running.
The behaviour where IEC 61131-3 leaves a choice is decision 0005.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from commissioning.plc.values.iec_types import BOOL, DT, ELEMENTARY, INT, TIME, IecType, Value


@dataclass(frozen=True, slots=True)
class BlockCell:
    """`role`: input, output or hidden."""

    name: str
    type: IecType
    role: str
    initial: Value


@dataclass(frozen=True)
class StandardBlock:
    """`lines`: the body, Python with cells in braces. `elapsed`: the lines that keep ET, where it is read.
    `extra`: not in the standard's core, so that a program may have a block of its own by this name."""

    name: str
    cells: tuple[BlockCell, ...]
    lines: tuple[str, ...]
    elapsed: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    extra: bool = False

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Upper-case name of a cell, or an alias, -> offset."""
        found = {cell.name.upper(): offset for offset, cell in enumerate(self.cells)}
        return found | {alias: found[name] for alias, name in self.aliases}

    @property
    def is_timer(self) -> bool:
        return "DUE" in self.offsets


def _in(name: str, type_: IecType = BOOL) -> BlockCell:
    return BlockCell(name, type_, "input", type_.default)


def _out(name: str, type_: IecType = BOOL) -> BlockCell:
    return BlockCell(name, type_, "output", type_.default)


def _hidden(name: str, initial: Value, type_: IecType = BOOL) -> BlockCell:
    return BlockCell(name, type_, "hidden", initial)


_TIMER = (
    _in("IN"), _in("PT", TIME), _out("Q"), _out("ET", TIME),
    _hidden("start", -1, TIME), _hidden("due", -1, TIME),
)  # fmt: skip
START, DUE = 4, 5  # offsets of a timer's hidden cells
NEVER = 1 << 62  # `due` of what runs and changes nothing by itself
_ELAPSED = ("{ET} = 0 if {start} < 0 else (now if now < {due} else {due}) - {start}",)

_TON = StandardBlock(
    "TON",
    _TIMER,
    (
        "if {IN}:",
        "    if not {Q}:",
        "        if {start} < 0: {start} = now",
        "        k = {due} = {start} + {PT} if {PT} > 0 else {start}",
        "        if now >= k: {Q} = True",
        "elif {start} >= 0:",
        "    {Q} = False; {start} = {due} = -1",
    ),
    _ELAPSED,
)
# Q and no start: IN is TRUE. Q and a start: the off-delay runs.
_TOF = StandardBlock(
    "TOF",
    _TIMER,
    (
        "if {IN}:",
        "    {Q} = True; {start} = {due} = -1",
        "elif {Q}:",
        "    if {start} < 0: {start} = now",
        "    k = {due} = {start} + {PT} if {PT} > 0 else {start}",
        "    if now >= k: {Q} = False",
    ),
    _ELAPSED,
)
# a pulse cannot be re-triggered while it runs; after it IN must fall before the next one (start >= 0 until)
_TP = StandardBlock(
    "TP",
    _TIMER,
    (
        "if {Q}:",
        "    k = {due} = {start} + {PT} if {PT} > 0 else {start}",
        "    if now >= k:",
        "        {Q} = False",
        "        if not {IN}: {start} = {due} = -1",
        "elif {IN}:",
        "    if {start} < 0:",
        "        {start} = now",
        "        {due} = now + {PT} if {PT} > 0 else now",
        "        if {PT} > 0: {Q} = True",
        "elif {start} >= 0:",
        "    {start} = {due} = -1",
    ),
    _ELAPSED,
)
_R_TRIG = StandardBlock(
    "R_TRIG", (_in("CLK"), _out("Q"), _hidden("m", False)), ("k = {CLK}", "{Q} = k and not {m}", "{m} = k")
)
_F_TRIG = StandardBlock(
    "F_TRIG",
    (_in("CLK"), _out("Q"), _hidden("m", False)),
    ("k = not {CLK}", "{Q} = k and not {m}", "{m} = k"),
)
# edition 1 of the standard: what has never been TRUE has not fallen
F_TRIG_FIRST_EDITION = replace(
    _F_TRIG, name="F_TRIG (EDITION 1)", cells=(*_F_TRIG.cells[:2], _hidden("m", True))
)
_SR = StandardBlock(
    "SR",
    (_in("S1"), _in("R"), _out("Q1")),
    ("{Q1} = {S1} or not {R} and {Q1}",),
    aliases=(("SET1", "S1"), ("RESET", "R")),
)
_RS = StandardBlock(
    "RS",
    (_in("S"), _in("R1"), _out("Q1")),
    ("{Q1} = not {R1} and ({S} or {Q1})",),
    aliases=(("SET", "S"), ("RESET1", "R1")),
)
# CDT is kept in every scan while IN is TRUE, so that a program with a running clock is never skipped
_RTC = StandardBlock(
    "RTC",
    (_in("IN"), _in("PDT", DT), _out("Q"), _out("CDT", DT), _hidden("shift", 0, DT)),
    (
        "if {IN}:",
        "    if not {Q}: {shift} = {PDT} - now",
        "    {CDT} = now + {shift}",
        "{Q} = {IN}",
    ),
    aliases=(("EN", "IN"),),
)
_SEMA = StandardBlock(
    "SEMA",
    (_in("CLAIM"), _in("RELEASE"), _out("BUSY"), _hidden("taken", False)),
    (
        "{BUSY} = {taken}",
        "if {CLAIM}: {taken} = True",
        "elif {RELEASE}: {BUSY} = {taken} = False",
    ),
    extra=True,
)
# what belongs to sequential function charts: no program can write these names, sfc_code.py has their bodies.
# A step whose T is compared with times is a timer, so that a scan is due when T passes the next of them;
# `until` of another lies in the same place, and no deadline looks at it.
CHART_STEP = StandardBlock(
    "step of a chart",
    (
        _out("X"), _out("T", TIME), _hidden("leaving", False), _hidden("entering", False),
        _hidden("start", -1, TIME), _hidden("until", -1, TIME),
    ),
    (),
)  # fmt: skip
CHART_TIMED_STEP = replace(
    CHART_STEP, name="timed step of a chart", cells=(*CHART_STEP.cells[:DUE], _hidden("due", -1, TIME))
)
CHART_ACTION = StandardBlock("action of a chart", (_out("Q"), _hidden("was", False)), ())
CHART_TIME = StandardBlock("time of an action", (_hidden("time", 0, TIME),), ())
CHART = StandardBlock("chart", (_hidden("moved", False),), ())


def _counters(suffix: str, type_: IecType) -> tuple[StandardBlock, ...]:
    low, high = type_.low, type_.high
    up = StandardBlock(
        "CTU" + suffix,
        (_in("CU"), _in("R"), _in("PV", type_), _out("Q"), _out("CV", type_), _hidden("m", False)),
        (
            "k = {CU}",
            "if {R}: {CV} = 0",
            f"elif k and not {{m}} and {{CV}} < {high}: {{CV}} += 1",
            "{m} = k",
            "{Q} = {CV} >= {PV}",
        ),
        aliases=(("RESET", "R"),),
    )
    down = StandardBlock(
        "CTD" + suffix,
        (_in("CD"), _in("LD"), _in("PV", type_), _out("Q"), _out("CV", type_), _hidden("m", False)),
        (
            "k = {CD}",
            "if {LD}: {CV} = {PV}",
            f"elif k and not {{m}} and {{CV}} > {low}: {{CV}} -= 1",
            "{m} = k",
            "{Q} = {CV} <= 0",
        ),
        aliases=(("LOAD", "LD"),),
    )
    both = StandardBlock(
        "CTUD" + suffix,
        (
            _in("CU"), _in("CD"), _in("R"), _in("LD"), _in("PV", type_),
            _out("QU"), _out("QD"), _out("CV", type_),
            _hidden("mu", False), _hidden("md", False),
        ),
        (
            "k = {CU} and not {mu}",
            "n = {CD} and not {md}",
            "if {R}: {CV} = 0",
            "elif {LD}: {CV} = {PV}",
            "elif k and not n:",
            f"    if {{CV}} < {high}: {{CV}} += 1",
            f"elif n and not k and {{CV}} > {low}: {{CV}} -= 1",
            "{mu} = {CU}",
            "{md} = {CD}",
            "{QU} = {CV} >= {PV}",
            "{QD} = {CV} <= 0",
        ),
        aliases=(("RESET", "R"), ("LOAD", "LD")),
    )  # fmt: skip
    return up, down, both


def _all() -> dict[str, StandardBlock]:
    blocks = [_TON, _TOF, _TP, _R_TRIG, _F_TRIG, F_TRIG_FIRST_EDITION, _SR, _RS, *_counters("", INT)]
    for name in ("INT", "DINT", "LINT", "UINT", "UDINT", "ULINT", "WORD"):
        blocks += _counters("_" + name, ELEMENTARY[name])
    blocks += [_RTC, _SEMA, CHART_STEP, CHART_TIMED_STEP, CHART_ACTION, CHART_TIME, CHART]
    for timer in (_TON, _TOF, _TP):
        blocks += [replace(timer, name=timer.name + ending) for ending in ("_TIME", "_LTIME")]
        blocks.append(replace(timer, name="L" + timer.name, extra=True))
    blocks += [replace(block, name=inline_name(block.name)) for block in blocks]
    return {block.name: block for block in blocks}


def inline_name(name: str) -> str:
    """Another name of a standard block, for a block that takes the place of the first: mocked_blocks.py."""
    return "__INLINE_" + "".join(letter if letter.isalnum() else "_" for letter in name)


STANDARD_BLOCKS: dict[str, StandardBlock] = _all()
