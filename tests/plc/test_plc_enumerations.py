"""Enumerations and subranges: members, their numbers, CASE, conversions and what a subrange keeps out."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st

TYPES = """TYPE
  State : (idle, filling := 10, full, draining);
  Mode : (manual, automatic := 7) BYTE := automatic;
  Level : DINT (low := -70000, high := 70000);
  Percent : INT (0..100);
  Cold : SINT (-40..-5);
END_TYPE
"""


def compiled(declarations: str, body: str) -> Plc:
    return compile_st(f"{TYPES}PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()


def ran(declarations: str, body: str, scans: int = 1) -> Plc:
    plc = compiled(declarations, body)
    plc.run(scans)
    return plc


def test_that_members_count_on_from_the_last_number_given() -> None:
    plc = ran("a, b, c, d : DINT;", "a := idle; b := State.filling; c := State#full; d := draining;")
    assert [plc[f"MAIN.{name}"] for name in "abcd"] == [0, 10, 11, 12]


def test_that_a_variable_starts_with_the_first_member_or_the_one_named() -> None:
    plc = ran("s : State; m : Mode; n : Mode := manual; l : Level; own : (x, y := 4) := y;", ";")
    assert [plc[f"MAIN.{name}"] for name in ("s", "m", "n", "l", "own")] == [0, 7, 0, -70000, 4]


def test_that_case_goes_through_the_states() -> None:
    body = """CASE s OF
      idle: s := filling;
      State.filling, State#full: n := n + 1; IF n > 1 THEN s := draining; END_IF
      draining: s := idle;
    END_CASE"""
    plc, seen = compiled("s : State; n : INT;", body), []
    for step in range(5):
        plc.scan(step)
        seen.append(plc["MAIN.s"])
    assert seen == [10, 10, 12, 0, 10]


def test_that_a_number_becomes_a_member_by_conversion_only() -> None:
    plc = ran("s : State; n : INT := 11; b : BOOL;", "s := TO_State(n); b := s = full AND s > filling;")
    assert (plc["MAIN.s"], plc["MAIN.b"]) == (11, True)
    assert ran("n : INT; s : State := full;", "n := TO_INT(s) + s;")["MAIN.n"] == 22


@pytest.mark.parametrize(
    ("declarations", "body", "line", "column", "words"),
    [
        ("s : State;", "s := 10;", 10, 6, "Write State.filling"),
        ("s : State;", "s := 3;", 10, 6, "Convert it: TO_State(...)"),
        ("s : State;", "s := s + 1;", 10, 6, "for s a State is expected here, this is an INT"),
        ("s : State;", "s := manual;", 10, 6, "this is a Mode"),
        ("s : State;", "s := State.ful;", 10, 12, "State has no ful; it has idle, filling, full, draining"),
        ("s : State;", "s := Stat#full;", 10, 6, "Stat is no enumeration. Did you mean STATE"),
        ("s : State;", "s := fillin;", 10, 6, "fillin is not declared. Did you mean filling"),
        ("s : State; m : Mode;", "IF s = m THEN ; END_IF", 10, 6, "'=' cannot join State and Mode"),
        (
            "s : State;",
            "CASE s OF manual: ; END_CASE",
            10,
            11,
            "the label is a Mode, CASE selects by a S",
        ),
        ("o : (idle, on); n : INT;", "n := idle;", 10, 6, "idle is a member of State and enumeration"),
        ("p : Percent := 101;", ";", 9, 20, "101 does not fit INT (0..100)"),
        ("p : Percent;", "p := -1;", 10, 6, "-1 does not fit INT (0..100)"),
        ("p : INT (0..40000);", ";", 9, 9, "INT has no range 0..40000. Choose one in -32768..32767"),
        ("p : REAL (0..4);", ";", 9, 9, "REAL has no range 0..4"),
        ("e : (a, b := 40000);", ";", 9, 13, "b is 40000, that does not fit INT"),
        ("e : (a, b, A);", ";", 9, 16, "A is declared a second time"),
    ],
)
def test_that_a_mistake_with_an_enumeration_or_subrange_is_named_where_it_stands(
    declarations: str, body: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(Problems) as caught:
        compiled(declarations, body)
    (problem,) = caught.value.problems
    assert words in str(problem)
    assert (problem.where.line, problem.where.column) == (line, column)


def test_that_a_subrange_starts_at_the_value_nearest_to_zero() -> None:
    plc = ran("p : Percent; c : Cold;", ";")
    assert (plc["MAIN.p"], plc["MAIN.c"]) == (0, -5)


@pytest.mark.parametrize("body", ["p := n;", "a[1] := n;", "b(p := n);", "s.p := n;", "n := Half(n);"])
def test_that_what_lies_outside_a_subrange_stops_the_plc_where_it_is_stored(body: str) -> None:
    units = """
FUNCTION_BLOCK B VAR_INPUT p : Percent; END_VAR END_FUNCTION_BLOCK
FUNCTION Half : INT VAR_INPUT p : Percent; END_VAR Half := p / 2; END_FUNCTION
"""
    names = "p : Percent; n : INT:=99; b : B; a : ARRAY[1..2] OF Percent; s: STRUCT p : Percent; END_STRUCT;"
    plc = compile_st(f"{TYPES}{units}PROGRAM MAIN\nVAR {names} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.scan(0)
    plc["MAIN.n"] = 101
    with pytest.raises(PlcError, match=r"101 is outside 0\.\.100") as caught:
        plc.scan(1)
    assert caught.value.line == 13


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_the_makers_store_what_lies_outside_a_subrange(dialect: str) -> None:
    # CODESYS and TwinCAT check it in CheckRangeSigned and its like, where a program has them
    text = f"""{TYPES}PROGRAM MAIN
VAR p : Percent; n : INT := 101; u : USINT(1..9); k : USINT(0..3); rounds : INT; END_VAR
p := n; u := 0 * p;
FOR k := 0 TO 3 DO rounds := rounds + 1; END_FOR
END_PROGRAM"""
    plc = compile_st(text, dialect).start()
    assert (plc["MAIN.u"], plc["MAIN.k"]) == (1, 0)
    plc.scan(0)
    assert [plc[f"MAIN.{name}"] for name in ("p", "u", "k", "rounds")] == [101, 0, 4, 4]
    with pytest.raises(Problems, match=r"101 does not fit INT \(0\.\.100\)"):
        compile_st(f"{TYPES}PROGRAM MAIN VAR p : Percent; END_VAR p := 101; END_PROGRAM", dialect)


def test_that_the_host_cannot_write_outside_a_subrange() -> None:
    plc = compiled("p : Percent;", ";")
    with pytest.raises(ValueError, match=r"INT \(0\.\.100\)"):
        plc["MAIN.p"] = 101


def test_that_a_subrange_is_computed_as_its_base_type() -> None:
    assert ran("p : Percent := 100; n : DINT;", "n := p * 400 - p;")["MAIN.n"] == 100 * 400 - 100


NAMED = """TYPE COLOR : DWORD (Red := 16#FF0000, Green := 16#FF00, Blue := 16#FF) := Green;
STATE : (off, on_); END_TYPE
PROGRAM MAIN VAR c, k : COLOR; d, e : DWORD; s : STATE; END_VAR
c := Red OR COLOR#Blue; d := NOT c; e := SHL(k, 8); k := 16#123456; c := c XOR 16#1; END_PROGRAM"""


def test_that_named_values_do_not_limit_the_values_of_their_type() -> None:
    """IEC 61131-3, data types with named values: other constants can be assigned, or calculated."""
    plc = compile_st(NAMED).start()
    plc.run()
    found = [plc[f"MAIN.{name}"] for name in "cdek"]
    assert found == [0xFF00FE, 0xFF00FF00, 0xFF0000, 0x123456]


@pytest.mark.parametrize("wrong", ["s := 1;", "k := 16#1_0000_0000;", "s := s OR s;"])
def test_that_enumerations_and_bases_keep_their_limits(wrong: str) -> None:
    with pytest.raises(Problems):
        compile_st(NAMED.replace("k := 16#123456;", wrong))
