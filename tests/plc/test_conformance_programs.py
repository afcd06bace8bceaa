"""A conformance suite of whole programs: conformance/*.st, each with what its variables come to.

A program begins behind a line `//// name | alone | dialects | scans | variable = value; ...`; with `objects`
instead of `alone` it stands behind the first part of its file. It runs in each dialect that is named. The
values are worked out by hand from the text of IEC 61131-3 edition 3 (or the makers' manuals, where the
dialect is theirs), never taken from the compiler.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st
from commissioning.plc.values.iec_types import Value


@dataclass(frozen=True)
class Checked:
    """`wanted`: values of variables of MAIN after so many `scans`."""

    name: str
    text: str
    dialect: str
    scans: int
    wanted: dict[str, Value]


def programs() -> Iterator[Checked]:
    for path in sorted((Path(__file__).parent / "conformance").glob("*.st")):
        shared = ""
        for part in path.read_text(encoding="utf-8").split("//// ")[1:]:
            head, _, text = part.partition("\n")
            if "|" not in head:
                shared = text
                continue
            name, before, dialects, scans, values = (word.strip() for word in head.split("|"))
            wanted: dict[str, Value] = {}
            for one in values.split("; "):
                variable, _, value = one.partition(" = ")
                wanted[variable] = value == "TRUE" if value in ("TRUE", "FALSE") else ast.literal_eval(value)
            whole = (shared if before == "objects" else "") + text
            for dialect in dialects.split():
                yield Checked(name, whole, dialect, int(scans), wanted)


PROGRAMS = list(programs())


@pytest.mark.parametrize(
    "checked", PROGRAMS, ids=[f"{checked.name}-{checked.dialect}" for checked in PROGRAMS]
)
def test_that_a_program_comes_to_what_the_standard_says(checked: Checked) -> None:
    plc = compile_st(checked.text, checked.dialect).start()
    plc.run(checked.scans)
    assert {name: plc[f"MAIN.{name}"] for name in checked.wanted} == checked.wanted


STOPS = [
    ("x, y : INT;", "x := 1 / y;"),
    ("x, y : REAL;", "x := 1.0 / y;"),
    ("a : ARRAY[0..1] OF INT; i : INT := 5;", "a[i] := 1;"),
    ("a : ARRAY[0..1, 0..9000] OF INT; i : INT := -5;", "a[0, i] := 1;"),
    ("x : REAL := -1.0;", "x := SQRT(x);"),
    ("x : REAL;", "x := LN(x);"),
    ("x : REAL := -2.0;", "x := EXPT(x, 0.5);"),
    ("x : REAL;", "x := x ** -1;"),
    ("x : LREAL := 1E308; i : INT;", "i := LREAL_TO_INT(x * 10.0);"),
    ("x : LREAL := 1E308; t : TIME;", "t := T#1s * (x * 10.0);"),
    ("t : TIME; i : INT;", "t := T#1s / i;"),
    ("x : INT;", "WHILE TRUE DO END_WHILE"),
    ("x : USINT;", "FOR x := 0 TO 255 DO ; END_FOR"),
    ("x, k : INT;", "FOR x := 1 TO 3 BY k DO END_FOR"),
    ("p : POINTER TO INT;", "p^ := 1;"),
    ("r : REFERENCE TO INT;", "r := 1;"),
    ("p : POINTER TO INT; x : INT;", "p := ADR(x) + 1000000; p^ := 1;"),
    ("x : INT(0..5); i : INT := 9;", "x := i;"),
    ("w : WORD; i : INT := -1;", "w := SHL(w, i);"),
    ("i : INT := 7; x : INT;", "x := MUX(i, 1, 2);"),
    ("d : DATE; i : INT := 30;", "d := CONCAT_DATE(2023, 2, i);"),
    ("b : BYTE := 16#FF; u : USINT;", "u := BYTE_BCD_TO_USINT(b);"),
]


@pytest.mark.parametrize(("declarations", "body"), STOPS, ids=[body for _, body in STOPS])
def test_that_what_has_no_value_stops_the_plc_with_its_place(declarations: str, body: str) -> None:
    plc = compile_st(f"PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()
    with pytest.raises(PlcError) as caught:
        plc.run(1)
    assert caught.value.line == 3
    assert caught.value.column >= 1


WRONG = (Path(__file__).parent / "conformance" / "wrong.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("text", WRONG)
def test_that_a_wrong_program_is_a_problem_with_its_place(text: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": text.replace(" VAR ", "\nVAR ")})
    for problem in caught.value.problems:
        assert problem.where.file == "m.st"
        assert problem.where.line >= 1
        assert problem.where.column >= 1
