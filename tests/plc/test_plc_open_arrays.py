"""ARRAY[*]: parameters that take arrays of any bounds."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.values.runtime import PlcError

TEXT = """
TYPE S : STRUCT a, b : INT; END_STRUCT END_TYPE
FUNCTION Sum : DINT
VAR_IN_OUT x : ARRAY[*] OF INT; END_VAR
VAR i : DINT; END_VAR
FOR i := LOWER_BOUND(x, 1) TO UPPER_BOUND(x, 1) DO Sum := Sum + x[i]; x[i] := 0; END_FOR
END_FUNCTION
FUNCTION Twice : DINT
VAR_IN_OUT x : ARRAY[*] OF INT; END_VAR
Twice := 2 * Sum(x);
END_FUNCTION
FUNCTION_BLOCK Grid
VAR_IN_OUT g : ARRAY[*, *] OF S; END_VAR
VAR_OUTPUT total, cells : DINT; END_VAR
VAR r, c : DINT; END_VAR
total := 0; cells := 0;
FOR r := LOWER_BOUND(g, 1) TO UPPER_BOUND(g, 1) DO FOR c := LOWER_BOUND(g, 2) TO UPPER_BOUND(g, 2) DO
 g[r, c].b := DINT_TO_INT(10 * r + c); total := total + g[r, c].b; cells := cells + 1;
END_FOR END_FOR
END_FUNCTION_BLOCK
FUNCTION_BLOCK M
METHOD Last : INT VAR_IN_OUT x : ARRAY[*] OF INT; END_VAR
Last := x[UPPER_BOUND(x, 1)]; END_METHOD
END_FUNCTION_BLOCK
FUNCTION Pick : INT VAR_IN_OUT x : ARRAY[*] OF INT; END_VAR VAR_INPUT i : INT; END_VAR
Pick := x[i]; END_FUNCTION
PROGRAM MAIN
VAR a : ARRAY[-1..2] OF INT := [1, 2, 3, 4]; b : ARRAY[5..6] OF INT := [10, 20]; s, t : DINT; last, k : INT;
 one : ARRAY[0..1, 3..5] OF S; grid : Grid; m : M; i : INT := -1; END_VAR
last := m.Last(a);
k := Pick(a, i);
s := Sum(a); t := Twice(b);
grid(g := one);
END_PROGRAM
"""


def test_that_an_open_array_takes_the_bounds_of_what_it_is_given() -> None:
    plc = compile_st(TEXT).start()
    plc.run()
    assert (plc["MAIN.s"], plc["MAIN.t"], plc["MAIN.last"], plc["MAIN.k"]) == (10, 60, 4, 1)
    assert [plc[f"MAIN.a[{n}]"] for n in range(-1, 3)] == [0] * 4
    grid = {(r, c): 10 * r + c for r in range(2) for c in range(3, 6)}
    assert (plc["MAIN.grid.total"], plc["MAIN.grid.cells"]) == (sum(grid.values()), 6)
    assert {place: plc[f"MAIN.one[{place[0]},{place[1]}].b"] for place in grid} == grid
    assert all(plc[f"MAIN.one[{r},{c}].a"] == 0 for r, c in grid)


def test_that_an_index_outside_of_what_was_given_stops_the_plc() -> None:
    plc = compile_st(TEXT).start()
    plc["MAIN.i"] = 3
    with pytest.raises(PlcError, match=r"the index 3 is outside -1\.\.2"):
        plc.run()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("k := Pick(a, i);", "k := Pick(one, i);"), "x needs a variable of type ARRAY[*] OF INT"),
        (("grid(g := one);", "grid(g := a);"), "g needs a variable of type ARRAY[*,*] OF S"),
        (
            ("VAR i : DINT; END_VAR", "VAR i : DINT; y : ARRAY[*] OF INT; END_VAR"),
            "ARRAY[*] stands in VAR_IN_OUT only",
        ),
        (("Twice := 2 * Sum(x);", "Twice := x;"), "an ARRAY[*] is used element by element"),
        (("Twice := 2 * Sum(x);", "Twice := x[1, 2];"), "x has 1 index, here are 2"),
        (("Twice := 2 * Sum(x);", "x := x;"), "element by element"),
    ],
)
def test_that_what_an_open_array_cannot_do_is_told(change: tuple[str, str], what: str) -> None:
    assert change[0] in TEXT
    with pytest.raises(Problems) as caught:
        compile_st(TEXT.replace(*change, 1))
    assert what in str(caught.value)
