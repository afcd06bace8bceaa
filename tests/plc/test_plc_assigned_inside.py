"""Assignments as expressions, as CODESYS and TwinCAT have them (ExST): where they may stand, what they give,
and in which order they happen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st
from commissioning.plc.debugging.cross_reference import CrossReference

sys.path.insert(0, str(Path(__file__).parent))
from test_plc_skipping import Host, memories, storm

MS = 1_000_000
LOGGED = """
VAR_GLOBAL log : STRING; END_VAR
FUNCTION Told : INT VAR_INPUT what : STRING(1); value : INT; END_VAR
log := CONCAT(log, what); Told := value; END_FUNCTION
"""


def run(declared: str, body: str, before: str = "", dialect: str = "codesys") -> Plc:
    text = f"{before}\nPROGRAM MAIN VAR {declared} END_VAR {body} END_PROGRAM"
    plc = compile_st({"main.st": text}, dialect=dialect).start()
    plc.scan(0)
    return plc


def problems(declared: str, body: str, before: str = "", dialect: str = "codesys") -> list[str]:
    with pytest.raises(Problems) as caught:
        run(declared, body, before, dialect)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
@pytest.mark.parametrize(
    ("declared", "body", "values"),
    [
        ("x, y : INT;", "IF (x := 5) > 3 THEN y := x + 1; END_IF", {"x": 5, "y": 6}),
        ("i : INT := 1; b : BOOL;", "IF b := (i = 1) THEN i := i + 1; END_IF", {"b": True, "i": 2}),
        ("i : INT; b : BOOL;", "IF FALSE THEN ; ELSIF b := i = 0 THEN i := 7; END_IF", {"b": True, "i": 7}),
        ("n : INT := 5; k : INT;", "WHILE (n := n - 1) > 0 DO k := k + 1; END_WHILE", {"n": 0, "k": 4}),
        ("n : INT; b : BOOL;", "REPEAT n := n + 1; UNTIL b := n >= 3 END_REPEAT", {"n": 3, "b": True}),
        ("n, k : INT;", "CASE n := n + 2 OF 2: k := 9; END_CASE", {"n": 2, "k": 9}),
        ("x, y : INT;", "x := (y := 2) + 1;", {"x": 3, "y": 2}),
        ("x, y : INT := 4;", "x := x + (x := 2) * x;", {"x": 8}),
        ("x, y, z : INT;", "x := (y := z := 3) + z;", {"x": 6, "y": 3, "z": 3}),
        ("x, y : INT;", "x := MAX((y := 3), 2);", {"x": 3, "y": 3}),
        ("t : TON; b : BOOL;", "t(IN := b := TRUE, PT := T#1s);", {"t.IN": True, "b": True}),
        ("w : WORD; b : BOOL;", "b := (w.3 := TRUE) AND (w.%X15 := TRUE);", {"w": 0x8008, "b": True}),
        ("n : INT; b : BYTE;", "b := (n.%B1 := 16#FF);", {"n": -256, "b": 255}),
        ("i, x : INT; a : ARRAY[0..3] OF INT;", "x := (a[(i := 2)] := 7) + i;", {"a[2]": 7, "x": 9}),
        ("x : INT; u : USINT;", "x := (u := 300);", None),
        ("u : USINT; x, y : INT := 300;", "x := (u := y);", {"u": 44, "x": 44}),  # what is kept
        ("r : REAL; l : LREAL; b : BOOL;", "l := (r := 0.1); b := l = 0.1;", {"b": False}),
        ("s : STRING(3); t : STRING;", "t := (s := 'hello');", {"s": "hel", "t": "hel"}),
        ("p : POINTER TO INT; x, y : INT;", "p := ADR(x); y := (p^ := 4) * 2;", {"x": 4, "y": 8}),
        ("a, b, c : ARRAY[0..1] OF INT := [1, 2];", "a := (b := c); a[0] := 9;", {"a[0]": 9, "b[0]": 1}),
    ],
)  # fmt: skip
def test_that_an_assignment_gives_what_its_variable_keeps(
    declared: str, body: str, values: dict[str, object] | None, dialect: str
) -> None:
    if values is None:
        assert "300 does not fit USINT" in problems(declared, body, dialect=dialect)[0]
        return
    plc = run(declared, body, dialect=dialect)
    assert {name: plc[f"MAIN.{name}"] for name in values} == values


def test_that_and_then_and_or_else_leave_out_what_stands_right_and_and_does_not() -> None:
    plc = run(
        "a, b, c, d : BOOL; n, m, k : INT;",
        """c := (a := FALSE) AND_THEN (b := TRUE);
        IF (a := TRUE) OR_ELSE ((n := 5) > 3) THEN ; END_IF
        d := (1 > 2) AND ((m := 5) > 3);
        d := (2 > 1) OR ((k := 5) > 3);""",
    )
    names = ("a", "b", "c", "n", "m", "k")
    assert [plc[f"MAIN.{name}"] for name in names] == [True, False, False, 0, 5, 5]


def test_that_every_part_is_worked_out_once_and_from_left_to_right() -> None:
    body = """x := Told('a', 1) + (y := Told('b', 2)) * (a[Told('d', 3)] := Told('c', 4));
    w[Told('f', 1)].3 := Told('e', 1) > 0;
    IF (w[Told('h', 1)].4 := Told('g', 1) > 0) THEN y := y + 100; END_IF"""
    plc = run("x, y : INT; a : ARRAY[0..3] OF INT; w : ARRAY[0..3] OF WORD;", body, LOGGED)
    assert plc["log"] == "abcdefgh"  # of an assignment the value first, then the place: as in a statement
    assert (plc["MAIN.x"], plc["MAIN.y"], plc["MAIN.a[3]"], plc["MAIN.w[1]"]) == (9, 102, 4, 24)


def test_that_an_argument_that_is_named_takes_one_without_parentheses() -> None:
    twice = "FUNCTION Twice : INT VAR_INPUT n : INT; END_VAR Twice := n * 2; END_FUNCTION"
    plc = run("x, y, z : INT;", "x := Twice(n := y := 3) + Twice((z := 4));", twice)
    assert (plc["MAIN.x"], plc["MAIN.y"], plc["MAIN.z"]) == (14, 3, 4)


@pytest.mark.parametrize(
    ("declared", "body", "told"),
    [
        ("x : INT;", "IF x := 3 THEN ; END_IF", "a BOOL condition is expected here, this is an INT"),
        ("x : INT; y : INT := (x := 3);", "", "an INT has no members to initialise"),
        ("x : INT; y : INT := ((x := 3));", "", "nothing is assigned inside of a declaration"),
        ("x : ARRAY[0..(y := 3)] OF INT; y : INT;", "", "nothing is assigned inside of a declaration"),
        ("s : S;", "s := (a := 1, b := 2);", "only a declaration takes values of a structure"),
        ("s : S;", "s := (a.b := 1, b := 2);", "the name of a member stands in front of ':='"),
        ("x : INT;", "x := (yy := 1) + 1;", "yy is not declared"),
        ("x : INT;", "x := (TIME() := 1) + 1;", "nothing can be assigned to the result of a call"),
        ("f : F; x : INT;", "x := (f.P := 3);", "P is a property"),
        ("x AT %IX0.0 : BOOL; y : BOOL;", "y := (x := TRUE);", "x is an input"),
        ("i, j : INT; r : REAL;", "i := (r := j);", "an INT is expected here, this is a REAL"),
        ("x : INT[3, 4];", "", "a type has one length"),
    ],
)
def test_what_is_told_about_others(declared: str, body: str, told: str) -> None:
    before = """TYPE S : STRUCT a, b : INT; END_STRUCT END_TYPE
    FUNCTION_BLOCK F PROPERTY P : INT GET P := 1; END_GET SET END_SET END_PROPERTY END_FUNCTION_BLOCK"""
    assert any(told in problem for problem in problems(declared, body, before))


@pytest.mark.parametrize(
    "body", ["IF x := 3 THEN ; END_IF", "IF (x := 3) > 2 THEN ; END_IF", "x := (y := 2);"]
)
def test_that_the_standard_has_none(body: str) -> None:
    (told,) = problems("x, y : INT;", body, dialect="iec")
    assert "an assignment is a statement and no value. Write '=' to compare" in told


def test_that_values_of_structures_stay_what_they_were() -> None:
    before = """TYPE S : STRUCT a : INT; b : INT := 9; END_STRUCT T : STRUCT s : S; l : ARRAY[0..1] OF INT;
    END_STRUCT U : S := (a := 5); END_TYPE"""
    declared = """one : S := (a := 3); two : S := (a := 3, b := 4); u : U;
    row : ARRAY[0..2] OF S := [(a := 1), 2((b := 2))]; deep : T := (s := (a := 7));
    list : T := (l := [1, 2]);"""
    plc = run(declared, "", before, "iec")
    shown = ("one.a", "one.b", "two.b", "row[0].a", "row[2].b", "deep.s.a", "deep.s.b", "list.l[1]", "u.a")
    assert [plc[f"MAIN.{name}"] for name in shown] == [3, 9, 4, 1, 2, 7, 9, 2, 5]


STORMY = """
VAR_GLOBAL
  i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; level AT %IW1 : INT;
  q0 AT %QX0.0 : BOOL; q1 AT %QX0.1 : BOOL; q2 AT %QX0.2 : BOOL; out AT %QW1 : INT;
END_VAR
PROGRAM MAIN
VAR t : TON; was : BOOL; n, k : INT; w : WORD; a : ARRAY[0..3] OF INT; END_VAR
IF (q0 := i0 AND NOT was) AND_THEN (n := n + 1) > 3 THEN n := 0; END_IF
was := i0;
t(IN := q1 := i1 OR (w.3 := i2), PT := T#35ms);
k := 0;
WHILE (k := k + 1) < 4 DO
  IF q2 := (a[k] := level / k) > 10 THEN EXIT; END_IF
END_WHILE
out := n + (a[0] := k) + (w.%B1 := INT_TO_BYTE(level));
END_PROGRAM
"""


def test_that_skipping_and_debugging_see_what_is_assigned_inside() -> None:
    program = compile_st(STORMY, dialect="codesys")
    skipped = every = changes = 0
    for seed in range(20):
        hosts = [Host(program, False), Host(program, True), Host(program, False)]
        hosts[2].plc.coverage()
        for at, name, value in storm(seed):
            for host in hosts:
                host.advance(at)
                host.write(at, name, value)
        for host in hosts:
            host.advance(4000 * MS)
        assert hosts[0].log == hosts[1].log == hosts[2].log
        assert memories(hosts[0].plc) == memories(hosts[1].plc) == memories(hosts[2].plc)
        every, skipped = every + hosts[0].plc.scans(0), skipped + hosts[1].plc.scans(0)
        changes += len(hosts[0].log)
    assert changes > 200 and skipped < every * 0.6


def test_that_coverage_counts_the_ways_of_a_condition_that_assigns() -> None:
    text = """PROGRAM MAIN VAR n : INT; b : BOOL; END_VAR
    IF b := (n := n + 1) > 2 THEN
    n := 10; END_IF END_PROGRAM"""
    plc = compile_st({"main.st": text}, dialect="codesys").start()
    coverage = plc.coverage()
    plc.scan(0)
    assert coverage.branch("main.st", 2) == {"THEN": False, "without ELSE": True}
    plc.scan(10 * MS)
    assert plc["MAIN.n"] == 2
    plc.scan(20 * MS)
    assert coverage.branch("main.st", 2) == {"THEN": True, "without ELSE": True}
    assert plc["MAIN.n"] == 10


def test_that_a_breakpoint_stands_in_front_of_the_assignment_in_a_condition() -> None:
    text = """PROGRAM MAIN VAR n : INT; b : BOOL; END_VAR
    IF b := (n := n + 1) > 0 THEN
    n := n + 10; END_IF END_PROGRAM"""
    plc = compile_st({"main.st": text}, dialect="codesys").start()
    with plc.debug() as debugger:
        assert (str(debugger.step_in()), plc["MAIN.n"]) == ("MAIN (main.st:2)", 0)
        assert (str(debugger.step_in()), plc["MAIN.n"]) == ("MAIN (main.st:3)", 1)


def test_that_the_cross_reference_knows_who_writes() -> None:
    text = "VAR_GLOBAL x : INT; END_VAR PROGRAM MAIN VAR y : INT; END_VAR y := (x := y) + 1; END_PROGRAM"
    declared = CrossReference(compile_st(text, dialect="codesys"))["x"]
    assert (len(declared.writes), len(declared.reads)) == (1, 0)


def test_that_the_snapshot_keeps_what_was_assigned_inside() -> None:
    text = """PROGRAM MAIN VAR n, m : INT; END_VAR
    IF (n := n + 1) > (m := m + 2) - 3 THEN n := n + 1; END_IF END_PROGRAM"""
    program = compile_st(text, dialect="twincat")
    plc, other = program.start(), program.start()
    for step in range(5):
        plc.scan(step * 10 * MS)
    other.restore(plc.snapshot())
    for step in range(5, 9):
        plc.scan(step * 10 * MS), other.scan(step * 10 * MS)
    assert memories(plc) == memories(other) and plc["MAIN.m"] == 18


def test_that_checks_of_ranges_are_called_for_what_is_assigned_inside() -> None:
    check = """FUNCTION CheckRangeSigned : DINT VAR_INPUT value, lower, upper : DINT; END_VAR
    CheckRangeSigned := LIMIT(lower, value, upper); END_FUNCTION"""
    plc = run("x : INT(0..9); y : INT;", "y := (x := y + 50) + 1;", check)
    assert (plc["MAIN.x"], plc["MAIN.y"]) == (9, 10)
