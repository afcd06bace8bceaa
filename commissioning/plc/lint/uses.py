"""Rules that need types, or who uses a variable: CP4, CP6, CP8, CP10, CP12, CP15, CP17, CP18, CP25, CP26 and
CP28."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from commissioning.plc.checking import typed
from commissioning.plc.checking.addresses import bits_of_address
from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.checking.scope import Pou, Symbol
from commissioning.plc.debugging.uses import Reference, full_name
from commissioning.plc.lint.walk import (
    Event,
    Given,
    inside,
    own_expressions,
    repeated,
    root,
    spelled,
)
from commissioning.plc.program import Program
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType

__all__ = ["check_uses"]

_ADDRESS = re.compile(r"%([IQM])([XBWDL]?)([0-9]+)(?:\.([0-7]))?\Z")
_WIDTHS = {"X": 1, "": 1, "B": 8, "W": 16, "D": 32, "L": 64}
_DIGITS = {"REAL": 24, "LREAL": 53}  # bits of a mantissa


def check_uses(given: Given) -> None:
    """Look at the compiled program."""
    program = given.program
    if program is None:
        return
    project = program.checked.project
    _overlaps(given, program)
    for key, pou in project.pous.items():
        if pou.kind != "TEST":
            for command in program.checked.commands.get(key, ()):
                _command(given, pou, command)
            _parameters(given, pou)
    tests = {full_name(pou) for pou in project.pous.values() if pou.kind == "TEST"}
    reach = _reach(given, program)
    tasks = {task.name: set().union(*(reach[name] for name in task.programs)) for task in program.tasks}
    programs: dict[str, set[str]] = {}
    for name, pou, _ in program.instances:
        programs.setdefault(pou.name, set()).update(reach[name])
    used: dict[str, dict[str, Reference]] = {}  # POU -> globals that it uses
    for symbol in project.globals.symbols.values():
        if symbol.constant:
            continue
        uses = [use for use in given.uses.uses.get(symbol, []) if use.pou not in tests]
        writers = [use for use in uses if use.use == "write"]
        _several(given, "CP10", "tasks", symbol, writers, tasks)
        _several(given, "CP26", "programs", symbol, writers, programs)
        for use in uses:
            used.setdefault(use.pou, {}).setdefault(symbol.name, use)
        if symbol.address.startswith("%Q"):
            _outputs(given, symbol, writers)
    _globals_used(given, program, used)
    _ways(given, program, tasks)


# ---- types ----------------------------------------------------------------------------------------------


def _command(given: Given, pou: Pou, node: Any, at: At | None = None) -> None:
    """Comparisons and conversions in a statement; those in it have places of their own."""
    here = getattr(node, "at", at) or At(0, 0)
    for value in _values(node):
        if isinstance(value, typed.Compare):
            _compare(given, pou, value, here)
        elif isinstance(value, typed.Convert):
            _conversion(given, pou, value, here)
        _command(given, pou, value, here)


def _values(node: Any) -> Iterator[Any]:
    """What a node of the typed tree is made of; branches are told by their own place."""
    waiting = [getattr(node, part.name) for part in dataclasses.fields(node) if part.name not in _NO_VALUES]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, tuple) and not isinstance(part, At):
            waiting[:0] = part
        elif dataclasses.is_dataclass(part) and not isinstance(part, _NO_NODES):
            yield part


_NO_VALUES = ("type", "kept", "at", "block", "symbol", "view")
_NO_NODES = (IecType, Symbol)


def _compare(given: Given, pou: Pou, node: typed.Compare, at: At) -> None:
    if node.operator not in ("=", "<>"):
        return
    zero = any(isinstance(side, typed.Const) and side.value == 0 for side in (node.left, node.right))
    kinds = {node.left.type.kind, node.right.type.kind}
    if "real" in kinds and not zero:
        cure = "Compare the distance with a tolerance: ABS(a - b) < limit"
        given.tell("CP8", f"{node.operator} compares real numbers", pou.file, at, cure)
    elif "time" in kinds and not zero:
        given.tell("CP28", f"{node.operator} compares times", pou.file, at, "Use >= or <=")


def _conversion(given: Given, pou: Pou, node: typed.Convert, at: At) -> None:
    source, target = node.operand.type, node.type
    if isinstance(node.operand, typed.Const) or source.kind not in ("int", "bits"):
        return
    digits = _DIGITS.get(target.name)
    if digits is not None:
        lost = max(abs(source.low), abs(source.high)).bit_length() > digits
    else:
        lost = target.kind in ("int", "bits") and not target.low <= source.low <= source.high <= target.high
    if lost:
        what = f"{source.name} becomes {target.name} here, which cannot hold all of its values"
        given.tell("CP25", what, pou.file, at, f"Write {source.name}_TO_{target.name}")


def _overlaps(given: Given, program: Program) -> None:
    project = program.checked.project
    spans: list[tuple[str, int, int, Symbol]] = []
    seen: set[int] = set()
    for pou in (project.globals, *project.pous.values()):
        for symbol in pou.symbols.values():
            match = _ADDRESS.match(symbol.address)
            place = bits_of_address(symbol.address, project.dialect.byte_addresses)
            if match is None or place is None or symbol.name == symbol.address or id(symbol) in seen:
                continue
            seen.add(id(symbol))
            width = _WIDTHS[match.group(2)] * symbol.size
            if project.dialect.own_widths and symbol.type.kind != "bool":
                width = 8 * measure(symbol.type)[0]
            spans.append((place[0], place[1], place[1] + width, symbol))
    spans.sort(key=lambda span: span[:3])
    before = spans[:1]
    for image, start, stop, symbol in spans[1:]:
        other_image, _, other_stop, other = before[0]
        if image == other_image and start < other_stop:
            what = f"{symbol.name} {symbol.address} shares bits with {other.name} {other.address}"
            given.tell("CP4", what, symbol.file, symbol.at)
        if image != other_image or stop > other_stop:
            before = [(image, start, stop, symbol)]


# ---- parameters -----------------------------------------------------------------------------------------


def _parameters(given: Given, pou: Pou) -> None:
    if pou.tree is None or "ABSTRACT" in pou.modifiers:
        return
    family = {full_name(one) for one in (pou, *pou.members.values(), *pou.descendants())}
    family |= {full_name(member) for heir in pou.descendants() for member in heir.members.values()}
    inherited = pou.base.symbols if pou.base is not None else {}
    for key, symbol in pou.symbols.items():
        if symbol.section not in ("VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT") or key in inherited:
            continue
        if pou.kind == "SET" or symbol.block is not None or symbol.standard is not None:
            continue
        own = [use for use in given.uses.uses.get(symbol, []) if use.pou in family]
        written = [use for use in own if use.use == "write"]
        whole = f"{full_name(pou)}.{symbol.name}"
        if symbol.section == "VAR_INPUT" and written:
            use = written[0]
            given.tell("CP17", f"the input {whole} is written", use.source, At(use.line, use.column),
                       "Copy it into a VAR")  # fmt: skip
        elif symbol.section == "VAR_OUTPUT" and not written:
            given.tell("CP17", f"the output {whole} is never written", symbol.file, symbol.at)
        elif symbol.section != "VAR_OUTPUT" and not own and not _prescribed(pou, symbol):
            word = "input" if symbol.section == "VAR_INPUT" else "in-out"
            given.tell("CP17", f"the {word} {whole} is not used", symbol.file, symbol.at)


def _prescribed(pou: Pou, symbol: Symbol) -> bool:
    """Whether CODESYS and TwinCAT ask for it: bInitRetains and bInCopyCode of FB_init and its like."""
    return pou.name.upper() in ("FB_INIT", "FB_REINIT", "FB_EXIT") and symbol.type.kind == "bool"


# ---- globals --------------------------------------------------------------------------------------------


def _reach(given: Given, program: Program) -> dict[str, set[str]]:
    """Program instance -> names of the POUs that run in it."""
    found = {}
    for name, pou, _ in program.instances:
        seen: dict[str, Pou] = {}
        waiting = [pou]
        while waiting:
            one = waiting.pop()
            if full_name(one) not in seen:
                seen[full_name(one)] = one
                waiting += [callee for _, callee, _ in given.uses.calls.get(one, [])]
        found[name] = set(seen)
    return found


def _several(
    given: Given, rule: str, word: str, symbol: Symbol, writers: list[Reference], groups: dict[str, set[str]]
) -> None:
    """A variable of which cells are written in several groups (tasks, programs) of POUs."""
    if len(groups) < 2:
        return
    cells: dict[int, set[str]] = {}
    last: dict[str, Reference] = {}
    for use in writers:
        for name, members in groups.items():
            if use.pou in members:
                last[name] = use
                for cell in range(use.first, use.first + use.count):
                    cells.setdefault(cell, set()).add(name)
    most = max(cells.values(), key=len, default=set())
    if len(most) > 1:
        use = max((last[name] for name in most), key=lambda one: (one.source, one.line))
        what = f"{symbol.name} is written in the {word} {' and '.join(sorted(most))}"
        given.tell(rule, what, use.source, At(use.line, use.column), "Let one of them decide")


def _outputs(given: Given, symbol: Symbol, writers: list[Reference]) -> None:
    pous = list(dict.fromkeys(use.pou for use in writers))
    if len(pous) > 1:
        use = next(use for use in reversed(writers) if use.pou == pous[-1])
        what = f"{symbol.name} {symbol.address} is written by {' and '.join(pous)}"
        given.tell("CP12", what, use.source, At(use.line, use.column), "Write it in one place, at the end")


def _globals_used(given: Given, program: Program, used: dict[str, dict[str, Reference]]) -> None:
    most = given.options.get("CP18", {}).get("max")
    kinds = {full_name(pou): pou.kind for pou in program.checked.project.pous.values()}
    for pou, variables in used.items():
        for name, use in variables.items():
            if kinds.get(pou) not in ("PROGRAM", None):
                what = f"{pou} uses the global variable {name}"
                given.tell("CP6", what, use.source, At(use.line, use.column), "Give it as a parameter")
        if most is not None and len(variables) > most:
            use = next(iter(variables.values()))
            what = f"{pou} uses {len(variables)} global variables, more than {most}"
            given.tell("CP18", what, use.source, At(use.line, use.column))


# ---- ways through a POU ---------------------------------------------------------------------------------


def _ways(given: Given, program: Program, tasks: dict[str, set[str]]) -> None:
    """Outputs that are written, and variables of other tasks that are read, more than once on one way."""
    project = program.checked.project
    outputs = {key for key, symbol in project.globals.symbols.items() if symbol.address.startswith("%Q")}
    foreign: dict[str, set[str]] = {}  # POU -> globals that only other tasks write
    if len(tasks) > 1:
        for key, symbol in project.globals.symbols.items():
            writers = {use.pou for use in given.uses.uses.get(symbol, []) if use.use == "write"}
            writing = {name for name, pous in tasks.items() if pous & writers}
            for name, pous in tasks.items():
                if writing and name not in writing and not symbol.constant:
                    for pou in pous:
                        foreign.setdefault(pou, set()).add(key)
    for unit in given.pous:
        hidden = {n.name.upper() for s in unit.pou.sections for d in s.declarations for n in d.names}
        hidden -= {n.name.upper() for s in unit.pou.sections if s.word == "VAR_EXTERNAL"
                   for d in s.declarations for n in d.names}  # fmt: skip
        written, read = outputs - hidden, foreign.get(unit.name, set()) - hidden
        if written:
            for what, (at, why) in repeated(unit.pou.body, partial(_writes, names=written)).items():
                name = _shown(project.globals, what)
                given.tell("CP12", f"{name} is written more than once in a cycle, {why}", unit.source, at)
        if read:
            for what, (at, why) in repeated(unit.pou.body, partial(_reads, names=read)).items():
                name = _shown(project.globals, what)
                text = f"{name}, which another task writes, is read more than once in a cycle, {why}"
                given.tell("CP15", text, unit.source, at, "Read it once, into a VAR_TEMP")


def _shown(shared: Pou, what: str) -> str:
    """A variable, or an element of one, as it was declared."""
    key = what.split("[")[0].split(".")[0]
    symbol = shared.symbols.get(what if what.startswith("%") else key)
    return what if symbol is None else symbol.name + what[len(symbol.name) :]


def _writes(statement: tree.Statement, names: set[str]) -> list[Event]:
    targets = [statement.target] if isinstance(statement, tree.Assign) else []
    for expression in own_expressions(statement):
        for node in inside(expression):
            if isinstance(node, tree.Call):
                targets += [argument.value for argument in node.arguments if argument.out]
            elif isinstance(node, tree.Assigned):
                targets.append(node.target)
    found = []
    for target in targets:
        what = spelled(target)
        name = root(target)
        key = name.name.upper() if name is not None else what
        if key in names and what and "?" not in what:
            found.append((what, target.at))
    return found


def _reads(statement: tree.Statement, names: set[str]) -> list[Event]:
    expressions = own_expressions(statement)
    if isinstance(statement, tree.Assign):
        expressions = expressions[1:]
    found: dict[str, At] = {}
    for expression in expressions:
        for node in inside(expression):
            if isinstance(node, tree.Name) and node.name.upper() in names:
                found.setdefault(node.name.upper(), node.at)
    return list(found.items())
