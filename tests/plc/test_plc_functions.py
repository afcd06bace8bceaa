"""Standard functions and blocks: against numpy, Python's math, and what IEC 61131-3 says of rows and BCD."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st

MS = 1_000_000
TYPES = {
    "SINT": np.int8, "INT": np.int16, "DINT": np.int32, "LINT": np.int64,
    "USINT": np.uint8, "UINT": np.uint16, "UDINT": np.uint32, "ULINT": np.uint64,
    "BYTE": np.uint8, "WORD": np.uint16, "DWORD": np.uint32,
    "LWORD": np.uint64, "REAL": np.float32, "LREAL": np.float64,
}  # fmt: skip


def ran(declarations: str, body: str, before: str = "", scans: int = 1) -> Plc:
    plc = compile_st(f"{before}PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.run(scans)
    return plc


@pytest.mark.parametrize("source", TYPES)
def test_that_every_number_converts_to_every_other_as_in_numpy(source: str) -> None:
    """Whole numbers keep their low bits (astype); reals round to nearest, ties to even (rint), first."""
    names = ", ".join(TYPES)
    declared = " ".join(f"y_{name}, z_{name} : {name};" for name in TYPES)
    body = "".join(f"y_{n} := {source}_TO_{n}(x); z_{n} := TO_{n}(x);\n" for n in TYPES if n != source)
    plc = compile_st(f"PROGRAM MAIN VAR x : {source}; {declared} END_VAR {body} END_PROGRAM").start()
    assert len(names) > 0
    rng, kind = random.Random(source), TYPES[source]
    for step in range(20):
        if kind in (np.float32, np.float64):
            x = kind(rng.choice([0.5, 1.5, -2.5, 100.49, rng.uniform(-120, 120)]))
        else:
            span = np.iinfo(kind)
            x = kind(rng.choice([span.min, span.max, rng.randrange(int(span.min), int(span.max) + 1)]))
        plc["MAIN.x"] = x.item()
        plc.scan(step)
        for name, target in TYPES.items():
            if name == source:
                continue
            whole = np.int64(np.rint(x)) if np.issubdtype(kind, np.floating) else x
            exact = x if np.issubdtype(target, np.floating) else whole
            same_bits = {source, name} in ({"DWORD", "REAL"}, {"LWORD", "LREAL"})  # table 24 of edition 3
            wanted = (x.view(target) + target(0) if same_bits else exact.astype(target)).item()
            found = (plc[f"MAIN.y_{name}"], plc[f"MAIN.z_{name}"])
            assert found == (wanted, wanted) or (wanted != wanted and found[0] != found[0]), name


@pytest.mark.parametrize(
    ("call", "function", "low", "high"),
    [
        ("SQRT", math.sqrt, 0, 1e6), ("LN", math.log, 1e-3, 1e6), ("LOG", math.log10, 1e-3, 1e6),
        ("EXP", math.exp, -20, 20), ("SIN", math.sin, -10, 10), ("COS", math.cos, -10, 10),
        ("TAN", math.tan, -1.5, 1.5), ("ASIN", math.asin, -1, 1), ("ACOS", math.acos, -1, 1),
        ("ATAN", math.atan, -50, 50), ("ABS", abs, -50, 50), ("FRACT", lambda x: math.modf(x)[0], -9, 9),
    ],
)  # fmt: skip
def test_that_functions_of_reals_are_those_of_c_in_double_rounded_to_the_variable(
    call: str, function: object, low: float, high: float
) -> None:
    text = f"PROGRAM MAIN VAR x, y : REAL; a, b : LREAL; END_VAR y := {call}(x); b := {call}(a); END_PROGRAM"
    plc, rng = compile_st(text).start(), random.Random(call)
    for step in range(50):
        value = rng.uniform(low, high)
        plc["MAIN.x"] = plc["MAIN.a"] = value
        plc.scan(step)
        assert plc["MAIN.b"] == function(value)  # type: ignore[operator]
        assert plc["MAIN.y"] == np.float32(function(float(np.float32(value))))  # type: ignore[operator]


def test_that_whole_results_of_reals_round_floor_and_cut() -> None:
    names = ("TRUNC", "ROUND", "FLOOR", "CEIL")
    expected = {
        2.5: (2, 2, 2, 3), -2.5: (-2, -2, -3, -2), 3.5: (3, 4, 3, 4), -0.4: (0, 0, -1, 0), 7.0: (7, 7, 7, 7),
    }  # fmt: skip
    body = " ".join(f"{name}_ := {name}(x);" for name in names)
    plc = compile_st(
        f"PROGRAM MAIN VAR x : LREAL; {', '.join(n + '_' for n in names)} : DINT; END_VAR {body} END_PROGRAM"
    ).start()
    for step, (value, results) in enumerate(expected.items()):
        plc["MAIN.x"] = value
        plc.scan(step)
        assert tuple(plc[f"MAIN.{name}_"] for name in names) == results
    assert ran("i : INT; l : LINT;", "i := TRUNC(-3.9); l := TRUNC(LREAL#1E15);")["MAIN.l"] == 10**15


def test_that_rows_of_operands_are_joined_from_left_to_right() -> None:
    body = """a := ADD(1, 2, 3) + MUL(2, 3, 4) - SUB(9, 4) - DIV(17, 5) - MOD(17, 5);
    b := GT(5, 4, 3); c := GE(5, 4, 6);
    d := EQ(n, 7, n); e := LT(1, 3, 2); f := OR(FALSE, FALSE, TRUE); g := XOR(TRUE, TRUE, TRUE);
    h := MAX(3, n, 9, 1);"""
    plc = ran("a, h : INT; n : INT := 7; b, c, d, e, f, g : BOOL;", body)
    assert plc["MAIN.a"] == 6 + 24 - 5 - 3 - 2
    assert [plc[f"MAIN.{name}"] for name in "bcdefgh"] == [True, False, True, False, True, True, 9]


def test_that_choosing_works_for_every_kind_of_value() -> None:
    body = """s := SEL(b, 'no', 'yes'); t := MUX(k, T#1s, T#2s, T#3s); e := SEL(b, red, blue);
    d := MAX(D#2024-01-01, D#2023-01-01);
    r := LIMIT(MN := 0.5, IN := r, MX := 2.0); w := SEL(G := NOT b, IN0 := WORD#16#F0, IN1 := WORD#15);"""
    plc = ran(
        "s : STRING; t : TIME; b : BOOL := TRUE; k : INT := 2; e : (red, blue); d : DATE; r : REAL; w:WORD;",
        body,
    )
    assert [plc[f"MAIN.{name}"] for name in ("s", "t", "e", "r", "w")] == ["yes", 3000 * MS, 1, 0.5, 0xF0]
    assert plc["MAIN.d"] == 19_723 * 86_400 * 10**9  # days from 1970 to 2024: 54 * 365 + 13 leap days


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_that_bcd_is_one_digit_in_four_bits(bits: int) -> None:
    pattern, whole = {
        8: ("BYTE", "USINT"),
        16: ("WORD", "UINT"),
        32: ("DWORD", "UDINT"),
        64: ("LWORD", "ULINT"),
    }[bits]
    number = int("9876543210123456"[: bits // 4])
    body = f"p := {whole}_TO_BCD_{pattern}(n); back := {pattern}_BCD_TO_{whole}(p);"
    plc = ran(f"n, back : {whole} := {number}; p : {pattern};", body)
    assert (plc["MAIN.p"], plc["MAIN.back"]) == (int(str(number), 16), number)
    with pytest.raises(PlcError, match="is no BCD number"):
        ran(f"back : {whole}; p : {pattern} := 10;", f"back := {pattern}_BCD_TO_{whole}(p);")


def test_that_bcd_of_too_many_digits_stops_the_plc() -> None:
    with pytest.raises(PlcError, match="100 has more than 2 digits"):
        ran("p : BYTE; n : USINT := 100;", "p := USINT_TO_BCD_BYTE(n);")


def test_that_bounds_of_an_array_are_constants() -> None:
    body = "FOR i := LOWER_BOUND(a, 2) TO UPPER_BOUND(a, 2) DO n := n + 1; END_FOR low := LOWER_BOUND(a, 1);"
    plc = ran("a : ARRAY[-3..4, 5..9] OF INT; i, n, low : DINT;", body)
    assert (plc["MAIN.n"], plc["MAIN.low"]) == (5, -3)


def test_that_a_program_may_have_its_own_of_what_the_standard_does_not_name() -> None:
    own = """FUNCTION ROUND : REAL VAR_INPUT x : REAL; n : INT; END_VAR ROUND := x * 10.0; END_FUNCTION
    FUNCTION_BLOCK SEMA VAR_INPUT a : INT; END_VAR VAR_OUTPUT b : INT; END_VAR b := a + 1; END_FUNCTION_BLOCK
    """
    plc = ran("r : REAL; s : ARRAY[1..2] OF SEMA;", "r := ROUND(2.0, 1); s[2](a := 4);", own)
    assert (plc["MAIN.r"], plc["MAIN.s[2].b"]) == (20.0, 5)


def test_that_a_clock_runs_on_from_its_preset_and_is_never_skipped() -> None:
    plc = compile_st(
        "PROGRAM MAIN VAR c : RTC; on : BOOL; END_VAR c(IN := on, PDT := DT#2024-01-01-00:00:00); END_PROGRAM"
    ).start()
    preset = 19_723 * 86_400 * 10**9
    for step in range(3):
        plc.scan(step * 10 * MS)
    assert plc.settled()
    plc["MAIN.on"] = True
    for step in range(3, 7):
        plc.scan(step * 10 * MS)
        assert plc["MAIN.c.CDT"] == preset + (step - 3) * 10 * MS
        assert not plc.settled()
    plc["MAIN.on"] = False
    plc.scan(70 * MS)
    assert (plc["MAIN.c.Q"], plc["MAIN.c.CDT"]) == (False, preset + 30 * MS)


def test_that_a_semaphore_is_busy_from_the_second_claim_to_the_release() -> None:
    plc = compile_st(
        "PROGRAM P VAR s : SEMA; c, r : BOOL; END_VAR s(CLAIM := c, RELEASE := r); END_PROGRAM"
    ).start()
    seen = []
    for step, (claim, release) in enumerate([(0, 0), (1, 0), (1, 0), (0, 0), (0, 1), (0, 0)]):
        plc["P.c"], plc["P.r"] = bool(claim), bool(release)
        plc.scan(step)
        seen.append(plc["P.s.BUSY"])
    assert seen == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("b := NE(1, 2, 3);", "NE needs 2 arguments"),
        ("i := LOWER_BOUND(i, 1);", "LOWER_BOUND needs an array"),
        ("i := UPPER_BOUND(a, 2);", "a has the dimensions 1..1"),
        ("a := SEL(b, a, other);", "SEL cannot join ARRAY[1..2] OF INT and ARRAY[1..3] OF INT"),
        ("i := MOD(7);", "MOD needs at least 2 arguments"),
    ],
)
def test_that_a_mistake_in_a_call_is_explained(body: str, words: str) -> None:
    with pytest.raises(Problems) as caught:
        ran("b : BOOL; i : INT; a : ARRAY[1..2] OF INT; other : ARRAY[1..3] OF INT;", body)
    assert words in str(caught.value)
