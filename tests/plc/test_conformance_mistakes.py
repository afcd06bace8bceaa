"""Programs with one mistake that a programmer makes, and programs that a PLC stops for: told at their line.

conformance/mistakes.txt and faults.txt: a program begins behind a line `//// name | dialects`. The line with
the mistake, or the one where the PLC stops, ends in `//! expression`, which is found in what is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st


@dataclass(frozen=True)
class Mistaken:
    """`line`: the one with the mistake, from 1; `told`: a regular expression for what is told."""

    name: str
    text: str
    dialect: str
    line: int
    told: str


def mistaken(file: str) -> Iterator[Mistaken]:
    text = (Path(__file__).parent / "conformance" / file).read_text(encoding="utf-8")
    for part in text.split("//// ")[1:]:
        head, _, body = part.partition("\n")
        name, _, dialects = head.partition(" | ")
        lines = body.split("\n")
        (marked,) = [number for number, line in enumerate(lines, 1) if "//!" in line]
        told = lines[marked - 1].partition("//!")[2].strip()
        program = "\n".join(line.partition("//!")[0].rstrip() for line in lines)
        for dialect in dialects.split():
            yield Mistaken(f"{name}-{dialect}", program, dialect, marked, told)


MISTAKES, FAULTS = list(mistaken("mistakes.txt")), list(mistaken("faults.txt"))


@pytest.mark.parametrize("one", MISTAKES, ids=[one.name for one in MISTAKES])
def test_that_a_mistake_is_told_once_at_its_line(one: Mistaken) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": one.text}, one.dialect)
    (problem,) = caught.value.problems
    assert (problem.where.file, problem.where.line) == ("m.st", one.line)
    assert problem.where.column >= 1
    assert re.search(one.told, str(problem).partition(": ")[2])


@pytest.mark.parametrize("one", FAULTS, ids=[one.name for one in FAULTS])
def test_that_a_fault_stops_the_plc_at_its_line(one: Mistaken) -> None:
    plc = compile_st({"m.st": one.text}, one.dialect).start()
    with pytest.raises(PlcError) as caught:
        plc.run(3)
    assert (caught.value.file, caught.value.line) == ("m.st", one.line)
    assert re.search(one.told, caught.value.message)
    with pytest.raises(PlcError):  # until it is started again
        plc.run(1)
