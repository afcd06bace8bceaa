"""Arrays and structures: elements against numpy arrays of one shape, copies, references, bounds, paths."""

from __future__ import annotations

import random

import numpy as np
import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st

MS = 1_000_000
TYPES = """
TYPE
  Colour : (red, green := 5, blue) := green;
  Point : STRUCT x : REAL := 1.5; y : LREAL; colour : Colour; END_STRUCT
  Row : ARRAY[1..2] OF Point := [(y := 7), (x := 2.5, colour := Colour#blue)];
  Plan : STRUCT rows : ARRAY[0..1] OF Row; limit : INT := 9; tag : STRING[4] := 'abcdef'; END_STRUCT
END_TYPE
"""


def ran(declarations: str, body: str, before: str = TYPES, scans: int = 1) -> Plc:
    plc = compile_st(f"{before}\nPROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.run(scans)
    return plc


@pytest.mark.parametrize("seed", range(5))
def test_that_elements_are_those_of_a_numpy_array_whatever_the_bounds(seed: int) -> None:
    rng = random.Random(seed)
    shape = [(low := rng.randrange(-3, 4), low + rng.randrange(1, 5)) for _ in range(3)]
    bounds = ", ".join(f"{low}..{high}" for low, high in shape)
    text = (
        f"PROGRAM MAIN VAR a : ARRAY[{bounds}] OF INT; i, j, k, v, back : INT; END_VAR\n"
        f"a[i, j, k] := v; back := a[i, j, k]; a[{shape[0][0]}, j, {shape[2][1]}] := v - 1; END_PROGRAM"
    )
    plc = compile_st(text).start()
    wanted = np.zeros([high - low + 1 for low, high in shape], np.int16)
    for step in range(60):
        place = [rng.randrange(low, high + 1) for low, high in shape]
        value = rng.randrange(-30_000, 30_000)
        for name, number in zip(("i", "j", "k", "v"), (*place, value), strict=True):
            plc[f"MAIN.{name}"] = number
        plc.scan(step * MS)
        offsets = [number - low for number, (low, _) in zip(place, shape, strict=True)]
        wanted[tuple(offsets)] = value
        assert plc["MAIN.back"] == value
        wanted[0, offsets[1], -1] = value - 1
    for offsets, expected in np.ndenumerate(wanted):
        place = [offset + low for offset, (low, _) in zip(offsets, shape, strict=True)]
        assert plc[f"main.A[{','.join(map(str, place))}]"] == expected


def test_that_declared_initial_values_reach_every_nested_cell() -> None:
    plc = ran("p : Plan := (rows := [[(y := 3)], [2((x := 4.0))]], limit := 1); q : Plan;", ";")
    text = [plc[f"MAIN.q.rows[1][2].{name}"] for name in ("x", "y", "colour")]
    assert text == [2.5, 0.0, 6]
    assert (plc["MAIN.q.rows[0][1].y"], plc["MAIN.q.limit"], plc["MAIN.q.tag"]) == (7.0, 9, "abcd")
    assert (plc["MAIN.p.rows[1][2].x"], plc["MAIN.p.limit"]) == (4.0, 1)


def test_that_an_assignment_copies_and_shares_nothing() -> None:
    body = "IF n = 0 THEN b := a; b.rows[1][1].x := 8.0; a.rows[i][2] := b.rows[1][i]; END_IF n := n + 1;"
    plc = ran("a, b : Plan; n : INT; i : INT := 1;", body, scans=3)
    assert plc["MAIN.a.rows[1][1].x"] == 1.5
    assert plc["MAIN.b.rows[1][1].x"] == 8.0
    assert plc["MAIN.a.rows[1][2].x"] == 8.0
    assert plc["MAIN.a.rows[1][2].y"] == 7.0
    assert plc["MAIN.b.rows[1][2].x"] == 2.5


BLOCK = """
FUNCTION_BLOCK Scale
VAR_INPUT given : ARRAY[1..3] OF INT := [1, 2, 3]; factor : INT := 1; END_VAR
VAR_OUTPUT scaled : ARRAY[1..3] OF INT; END_VAR
VAR_IN_OUT total : ARRAY[1..3] OF INT; END_VAR
VAR k : INT; END_VAR
FOR k := 1 TO 3 DO scaled[k] := given[k] * factor; total[k] := total[k] + scaled[k]; END_FOR
END_FUNCTION_BLOCK
FUNCTION Turned : ARRAY[1..3] OF INT
VAR_INPUT a : ARRAY[1..3] OF INT; END_VAR
VAR_OUTPUT same : ARRAY[1..3] OF INT; END_VAR
VAR k : INT; spare : ARRAY[1..3] OF INT := [3(100)]; END_VAR
FOR k := 1 TO 3 DO spare[k] := spare[k] + a[4 - k]; END_FOR
Turned := spare; same := a;
END_FUNCTION
"""


def test_that_arrays_go_in_by_value_out_by_copy_and_through_by_reference() -> None:
    names = "x : ARRAY[1..3] OF INT := [10, 20, 30]; y, z, t, u : ARRAY[1..3] OF INT;"
    body = "b[k](given := x, total := z, scaled => y); b[2](total := z); t := Turned(y, same => u); k := 2;"
    plc = ran(
        f"{names} b : ARRAY[1..2] OF Scale := [(factor := 2), (factor := 5)]; k : INT := 1;", body, BLOCK
    )
    assert [plc[f"MAIN.x[{k}]"] for k in (1, 2, 3)] == [10, 20, 30]
    assert [plc[f"MAIN.y[{k}]"] for k in (1, 2, 3)] == [20, 40, 60]
    assert [plc[f"MAIN.z[{k}]"] for k in (1, 2, 3)] == [20 + 5, 40 + 10, 60 + 15]
    assert [plc[f"MAIN.t[{k}]"] for k in (1, 2, 3)] == [160, 140, 120]  # a fresh `spare` in every call
    assert [plc[f"MAIN.u[{k}]"] for k in (1, 2, 3)] == [20, 40, 60]
    assert plc["MAIN.b[2].scaled[3]"] == 15


def test_that_an_array_of_timers_runs_each_on_its_own() -> None:
    body = "FOR k := 0 TO 2 DO t[k](IN := TRUE, Q => q[k]); END_FOR"
    plc = ran(
        "t : ARRAY[0..2] OF TON := [(PT := T#10ms), 2((PT := T#20ms))]; q : ARRAY[0..2] OF BOOL; k : INT;",
        body,
    )
    shown = []
    for step in range(1, 4):
        shown.append([plc[f"MAIN.q[{k}]"] for k in range(3)])
        plc.scan(step * 10 * MS)
    assert shown == [[False] * 3, [True, False, False], [True] * 3]
    assert plc["MAIN.t[1].ET"] == 20 * MS


@pytest.mark.parametrize(("index", "value"), [("i", 4), ("i", 0), ("i - 5", -1)])
def test_that_an_index_outside_stops_the_plc_where_it_stands(index: str, value: int) -> None:
    with pytest.raises(PlcError) as caught:
        ran(
            f"x : ARRAY[1..3] OF INT; i : INT := {4 if value < 0 else value};", f"i := i;\n  x[{index}] := 1;"
        )
    assert caught.value.message == f"the index {value} is outside 1..3"
    first = TYPES.count("\n") + 1
    assert (caught.value.line, caught.value.column) == (first + 4, 3)


def test_that_a_large_array_checks_its_bounds_without_a_table_and_is_found_by_path() -> None:
    plc = ran("x : ARRAY[-50000..50000] OF DINT; i : DINT := 50000;", "x[i] := 5; x[-i] := 6; i := i + 1;")
    assert (plc["MAIN.x[50000]"], plc["main.X[-50000]"], plc["MAIN.x[7]"]) == (5, 6, 0)
    assert "MAIN.x[7]" not in plc.program.variables  # found, not listed
    assert "MAIN.x[50001]" not in plc
    plc["MAIN.x[7]"] = 70
    assert plc["MAIN.x[7]"] == 70
    with pytest.raises(PlcError, match=r"the index 50001 is outside -50000\.\.50000"):
        plc.scan(MS)


def test_that_a_snapshot_puts_every_element_back() -> None:
    plc = ran("p : Plan; s : ARRAY[1..2] OF LREAL;", "s[1] := s[1] + 0.5; p.rows[0][1].y := s[1];", scans=3)
    kept = plc.snapshot()
    before = [plc["MAIN.s[1]"], plc["MAIN.p.rows[0][1].y"]]
    plc.run(5)
    assert plc["MAIN.s[1]"] != before[0]
    plc.restore(kept)
    assert [plc["MAIN.s[1]"], plc["MAIN.p.rows[0][1].y"]] == before == [1.5, 1.5]


WRONG = [
    ("x : ARRAY[3..1] OF INT;", ";", 2, 15, "the array has no element: 3..1 is empty. Write 1..3"),
    ("x : ARRAY[1..n] OF INT; n : INT;", ";", 2, 18, "n is not declared"),
    ("x : ARRAY[0..9_999_999] OF INT;", ";", 2, 9, "larger than the memory"),
    ("x : ARRAY[1..2] OF INT := [1, 2, 3];", ";", 2, 38, "has 2 elements, here are 3 or more"),
    ("x : ARRAY[1..2] OF INT := 5;", ";", 2, 31, "Write [1, 2, 3] or [10(0)]"),
    ("x : ARRAY[1..2] OF INT := [1.5];", ";", 2, 32, "INT is expected here, this is a REAL"),
    ("x : INT := [1];", ";", 2, 17, "is no array"),
    ("x : ARRAY[1..2] OF INT;", "x[3] := 1;", 3, 3, "the index 3 is outside 1..2 of x"),
    ("x : ARRAY[1..2] OF INT;", "x[1, 2] := 1;", 3, 1, "x has 1 index, here are 2"),
    ("x : ARRAY[1..2] OF INT;", "x[TRUE] := 1;", 3, 3, "an index is a whole number, this is a BOOL"),
    ("x : ARRAY[1..2] OF INT;", "x.a := 1;", 3, 3, "has no members. Write an index first"),
    ("x : INT;", "x[1] := 1;", 3, 1, "x is an INT, only an array has an index"),
    ("x : ARRAY[1..2] OF INT; y : ARRAY[0..1] OF INT;", "x := y;", 3, 6, "for x an ARRAY[1..2] OF INT"),
    ("x : ARRAY[1..2] OF INT;", "IF x = x THEN ; END_IF", 3, 6, "'=' cannot join"),
    ("p : STRUCT a, A : INT; END_STRUCT;", ";", 2, 19, "A is declared a second time"),
    ("p : STRUCT alpha : INT; END_STRUCT := (alpa := 1);", ";", 2, 44, "Did you mean alpha"),
    ("p : STRUCT alpha : INT; END_STRUCT;", "p.alpa := 1;", 3, 3, "Did you mean alpha"),
]


@pytest.mark.parametrize(
    ("declarations", "body", "line", "column", "words"), WRONG, ids=[w[4] for w in WRONG]
)
def test_that_a_mistake_with_an_array_or_structure_is_named_where_it_stands(
    declarations: str, body: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(f"PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM")
    (problem,) = caught.value.problems
    assert words in str(problem)
    assert (problem.where.line, problem.where.column) == (line, column)


def test_that_a_type_that_contains_itself_is_refused() -> None:
    with pytest.raises(Problems, match="A contains itself: A -> B -> A"):
        compile_st("TYPE A : STRUCT b : B; END_STRUCT B : ARRAY[1..2] OF A; END_TYPE PROGRAM P END_PROGRAM")


def test_that_a_structure_has_the_members_of_the_one_it_extends() -> None:
    text = """TYPE Base : STRUCT a : INT := 4; b : ARRAY[1..2] OF INT; END_STRUCT END_TYPE
    TYPE More EXTENDS Base : STRUCT c : INT := 7; END_STRUCT END_TYPE
    PROGRAM MAIN VAR m : More; k : INT; END_VAR m.b[2] := m.a + m.c; k := m.b[2]; END_PROGRAM"""
    plc = compile_st(text).start()
    plc.scan(0)
    assert plc["MAIN.k"] == 11
    with pytest.raises(Problems, match="Colour is no structure to extend"):
        compile_st("TYPE Colour : (red); More EXTENDS Colour : STRUCT c : INT; END_STRUCT END_TYPE")
