"""What a program compares its variables with, and does not do otherwise."""

from __future__ import annotations

import random

import pytest

from commissioning.plc import compile_st

HEAD = """
VAR_GLOBAL CONSTANT LIM : DINT := 77; END_VAR
VAR_GLOBAL x : DINT; r : REAL; w : WORD; b : BOOL; y : DINT; z : INT; END_VAR
FUNCTION_BLOCK COUNTS
VAR_INPUT i : DINT; END_VAR
VAR_IN_OUT p : DINT; END_VAR
IF x > 31 THEN p := i; END_IF
END_FUNCTION_BLOCK
FUNCTION TWICE : DINT
VAR_INPUT i : DINT; END_VAR
TWICE := 2 * i;
END_FUNCTION
PROGRAM MAIN
VAR n : DINT; t : TON; e : R_TRIG; c : CTU; f : COUNTS; END_VAR
f(i := 1, p := n);
"""


def compared(body: str, name: str = "x") -> tuple[float, ...] | None:
    return compile_st(f"{HEAD}{body}\nEND_PROGRAM").compared(name)


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        ("", (31.0,)),  # the block's
        ("IF x >= 600 OR 5 < x THEN n := 1; END_IF", (5.0, 31.0, 600.0)),
        ("b := NOT (x <> -4) AND x = LIM;", (-4.0, 31.0, 77.0)),
        ("t(IN := x < 10, PT := T#1s); e(CLK := 2 <= x);", (2.0, 10.0, 31.0)),
        ("WHILE x > 1000000 DO n := n + 1; END_WHILE", (31.0, 1e6)),
        ("IF x > 2.5 THEN n := 1; END_IF", (2.5, 31.0)),
        ("IF x > y THEN n := 1; END_IF", None),  # another variable may change
        ("IF x + 1 > 5 THEN n := 1; END_IF", None),
        ("n := x;", None),
        ("x := 5;", None),
        ("n := TWICE(x);", None),
        ("f(i := x, p := n);", None),
        ("f(i := 1, p := x);", None),
        ("CASE x OF 1: n := 2; END_CASE", None),
        ("FOR x := 1 TO 5 DO n := n + 1; END_FOR", None),
        ("FOR n := 1 TO x DO y := n; END_FOR", None),
        ("c(CU := b, PV := DINT_TO_INT(x));", None),
        ("b := (x > 5) = (x > 7) AND x / 2 > 1;", None),
        ("IF x > 9007199254740993 THEN n := 1; END_IF", None),  # 2^53 + 1 is no double
    ],
)
def test_that_only_comparisons_with_constants_leave_a_variable_free(
    body: str, limits: tuple[float, ...] | None
) -> None:
    assert compared(body) == limits


def test_that_other_types_are_compared_as_well() -> None:
    assert compared("b := r < 0.5 AND r > -1.5;", "r") == (-1.5, 0.5)
    assert compared("b := z = 3;", "Z") == (3.0,)
    assert compared("b := w > 16#FF;", "w") == (255.0,)
    assert compared("", "z") == (), "nobody reads it"
    assert compared("n := 1;", "MAIN.n") is None, "no global"
    assert compared("t(IN := b, PT := T#1s);", "MAIN.t.Q") is None


@pytest.mark.parametrize("seed", range(10))
def test_that_all_values_between_two_limits_lead_to_the_same_scan(seed: int) -> None:
    """Random conditions; every cell but the variable itself is compared after a scan."""
    rng = random.Random(seed)
    parts = []
    for k in range(6):
        left, right = "x", str(rng.randrange(-20, 20))
        if rng.random() < 0.3:
            left, right = right, left
        parts.append(f"IF {left} {rng.choice(['<', '<=', '>', '>=', '=', '<>'])} {right} THEN v{k} := TRUE; "
                     f"ELSE v{k} := FALSE; END_IF\n")  # fmt: skip
    names = " ".join(f"v{k} : BOOL;" for k in range(6))
    program = compile_st(f"VAR_GLOBAL x : DINT; {names} END_VAR\nPROGRAM MAIN\n{''.join(parts)}END_PROGRAM")
    limits = program.compared("x")
    assert limits is not None
    seen: dict[tuple[int, int], tuple[object, ...]] = {}
    plc = program.start()
    for t, x in enumerate(range(-25, 26)):
        plc["x"] = x
        plc.scan(t * 10_000_000)
        where = sum(limit < x for limit in limits), sum(limit <= x for limit in limits)
        outcome = tuple(plc[f"v{k}"] for k in range(6))
        assert seen.setdefault(where, outcome) == outcome
