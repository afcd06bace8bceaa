"""What a CONFIGURATION gives to a program and takes from it: `PROGRAM p WITH t : T (x := a, y => b);`.

Inputs are copied before each execution of the program, outputs behind it (IEC 61131-3, 2.7.1 of edition 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.scope import Pou, Project, suggestion
from commissioning.plc.checking.statements import StatementChecker
from commissioning.plc.syntax import tree, units


@dataclass(frozen=True, slots=True)
class ProgramEntry:
    """`before` and `after`: what is stored around the body of `pou`, as code of its memory; in `file`."""

    pou: Pou
    before: tuple[commands.Command, ...]
    after: tuple[commands.Command, ...]
    file: str


def entry(project: Project, pou: Pou, instance: units.Instance, file: str) -> ProgramEntry | None:
    """The entry of an instance, None where it has nothing to copy. Problems are noted in the project."""
    outside = Pou("PROGRAM", instance.name, -1, file, None)  # which sees globals only
    checker = StatementChecker(project, outside)
    before: list[commands.Command] = []
    after: list[commands.Store] = []
    seen: set[str] = set()
    for given in instance.given:
        if isinstance(given, units.BlockTask):
            continue  # see block_tasks.py
        word = "VAR_OUTPUT" if given.out else "VAR_INPUT"
        symbol = pou.symbols.get(given.name.upper())
        if symbol is None or symbol.section != word:
            known = [s.name for s in pou.section(word)]
            what = f"{pou.name} has no {'output' if given.out else 'input'} {given.name}"
            if not given.name:
                what = f"what {instance.name} is given needs the name of an input"
            cure = suggestion(given.name, known) or (f"It has {', '.join(known)}" if known else "")
            project.problem(what, file, given.at, cure)
        elif not given.out and symbol.name in seen:
            project.problem(f"{symbol.name} is given twice", file, given.at)
        elif given.out:
            symbol.read = True
            checker.output(typed.Load(symbol.type, typed.Cell("m", None, symbol.index)), given, after)
        else:
            seen.add(symbol.name)
            if not isinstance(given.value, tree.Literal | tree.Name | tree.Member | tree.Direct | tree.Unary):
                what = "an instance is given a constant, a global variable or an address"
                project.problem(what, file, given.value.at, "Work it out in a program")
                continue
            value = checker.value(given.value, symbol.type, f"for {symbol.name} a {symbol.type}")
            if value is not None:
                cell = typed.Cell("m", None, symbol.index)
                before.append(commands.Store(symbol.type, cell, value, given.at))
    pou.touches |= outside.touches
    return ProgramEntry(pou, tuple(before), tuple(after), file) if before or after else None
