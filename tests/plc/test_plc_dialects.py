"""Dialects: every difference of the table in dialects.py, with what `iec` does beside it."""

from __future__ import annotations

import re

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, Program, compile_st
from commissioning.plc.values.dialects import DIALECTS

MAKERS = ["codesys", "twincat"]


def program(declared: str, body: str, dialect: str, before: str = "") -> Program:
    return compile_st({"m.st": f"{before}PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"}, dialect)


def after_one_scan(declared: str, body: str, dialect: str, before: str = "") -> Plc:
    plc = program(declared, body, dialect, before).start()
    plc.scan(0)
    return plc


NARROWING = [
    ("d : DINT := 70000; i : INT;", "i := d;", 70000 - 65536, "what does not fit is cut from DINT to INT"),
    ("u : UINT := 65535; i : INT;", "i := u;", -1, "the sign may change from UINT to INT"),
    ("w : WORD := 16#8000; i : INT;", "i := w;", -32768, "the sign may change from WORD to INT"),
    ("l : LREAL := 0.1; r : REAL; i : INT;", "r := l; i := 1;", 1, "digits are lost from LREAL to REAL"),
    ("a : LINT := 5; b : ULINT := 2; i : INT;", "i := a - b;", 3, "what does not fit is cut from LINT"),
]


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize("declared, body, wanted, told", NARROWING)
def test_that_makers_narrow_numbers_with_a_warning(
    declared: str, body: str, wanted: int, told: str, dialect: str
) -> None:
    found = program(declared, body, dialect)
    assert [n.severity for n in found.notices][-1:] == ["warning"]
    assert told in " ".join(n.what for n in found.notices)
    plc = found.start()
    plc.scan(0)
    assert plc["MAIN.i"] == wanted  # two's complement at the width of the target


@pytest.mark.parametrize("declared, body, wanted, told", NARROWING)
def test_that_the_standard_wants_conversions(declared: str, body: str, wanted: int, told: str) -> None:
    with pytest.raises(Problems):
        program(declared, body, "iec")


def test_that_a_typed_constant_that_fits_is_no_warning() -> None:
    text = """PROGRAM MAIN VAR CONSTANT HEAD : INT := 4; END_VAR VAR u : UINT; END_VAR
    u := u + HEAD; u := HEAD; END_PROGRAM"""
    assert [n.what for n in compile_st({"m.st": text}, "twincat").notices] == [
        "what does not fit is cut from DINT to UINT"
    ]


def test_that_real_never_becomes_a_whole_number_by_itself() -> None:
    for dialect in DIALECTS:
        with pytest.raises(Problems):
            program("r : REAL; i : INT;", "i := r;", dialect)


COLOURS = "TYPE Colour : (red, green, blue); Shape : (round_, square); END_TYPE\n"


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_makers_mix_enumerations_and_numbers(dialect: str) -> None:
    body = "c := i; d := s; IF c = s THEN n := 1; END_IF"
    declared = "c, d : Colour; s : Shape := square; i : INT := 1; n : INT;"
    plc = after_one_scan(declared, body, dialect, COLOURS)
    assert (plc["MAIN.c"], plc["MAIN.d"], plc["MAIN.n"]) == (1, 1, 1)
    with pytest.raises(Problems):
        program(declared, body, "iec", COLOURS)


@pytest.mark.parametrize(
    "value, even, away", [(0.5, 0, 1), (1.5, 2, 2), (2.5, 2, 3), (-2.5, -2, -3), (2.4, 2, 2), (-1.5, -2, -2)]
)
def test_that_ties_go_to_even_or_away_from_zero(value: float, even: int, away: int) -> None:
    for dialect, wanted in (("iec", even), ("codesys", away), ("twincat", away)):
        plc = after_one_scan(f"r : REAL := {value}; i : INT;", "i := REAL_TO_INT(r);", dialect)
        assert plc["MAIN.i"] == wanted, dialect


def test_that_ties_next_to_a_half_are_not_rounded_up() -> None:
    # the largest LREAL below one half; adding 0.5 and cutting would give 1
    plc = after_one_scan("r : LREAL := 0.49999999999999994; i : INT;", "i := LREAL_TO_INT(r);", "codesys")
    assert plc["MAIN.i"] == 0


GUARDED = "a : ARRAY[1..3] OF BOOL; i : INT := 7; q : BOOL;"


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_makers_evaluate_both_operands(dialect: str) -> None:
    with pytest.raises(PlcError, match=r"outside 1\.\.3"):
        after_one_scan(GUARDED, "q := i <= 3 AND a[i];", dialect)
    assert after_one_scan(GUARDED, "q := i <= 3 AND_THEN a[i];", dialect)["MAIN.q"] is False
    assert (
        after_one_scan(GUARDED, "i := 1; q := TRUE OR a[i]; q := q AND NOT a[i];", dialect)["MAIN.q"] is True
    )


def test_that_the_standard_dialect_stops_where_the_result_is_known() -> None:
    assert after_one_scan(GUARDED, "q := i <= 3 AND a[i];", "iec")["MAIN.q"] is False


@pytest.mark.parametrize("step", ["", " BY 1", " BY s"])
@pytest.mark.parametrize("dialect, rounds", [("iec", 10), ("codesys", 5), ("twincat", 5)])
def test_that_the_bound_of_for_is_worked_out_once_or_each_round(dialect: str, rounds: int, step: str) -> None:
    # each round lowers the bound by one: k-th round needs k <= 10 - (k - 1), so the last is k = 5
    body = f"FOR i := 1 TO n{step} DO n := n - 1; c := c + 1; END_FOR"
    plc = after_one_scan("i, c : INT; n : INT := 10; s : INT := 1;", body, dialect)
    assert plc["MAIN.c"] == rounds


@pytest.mark.parametrize("dialect, kind, most", [("iec", "INT", 32767), ("codesys", "WORD", 65535)])
def test_that_counters_count_the_makers_type(dialect: str, kind: str, most: int) -> None:
    found = program("c : CTU; x : BOOL;", "x := NOT x; c(CU := x, PV := 3);", dialect)
    assert found.variable("MAIN.c.CV").type == kind
    plc = found.start()
    plc["MAIN.c.CV"] = most - 1
    for scan in range(6):
        plc.scan(scan)
    assert plc["MAIN.c.CV"] == most


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_makers_store_in_outputs_of_a_block_with_a_warning(dialect: str) -> None:
    before = "FUNCTION_BLOCK F VAR_OUTPUT n : INT; END_VAR END_FUNCTION_BLOCK\n"
    found = program("f : F;", "f.n := 5;", dialect, before)
    assert "is an output of the block, and stored in from outside" in found.notices[0].what
    plc = found.start()
    plc.scan(0)
    assert plc["MAIN.f.n"] == 5
    with pytest.raises(Problems, match="Only the block writes it"):
        program("f : F;", "f.n := 5;", "iec", before)


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_makers_read_what_is_inside_a_block(dialect: str) -> None:
    before = "FUNCTION_BLOCK F VAR n : INT := 3; END_VAR END_FUNCTION_BLOCK\n"
    assert after_one_scan("f : F; k : INT;", "k := f.n;", dialect, before)["MAIN.k"] == 3
    with pytest.raises(Problems, match="it can be read from outside, not written"):
        program("f : F;", "f.n := 5;", dialect, before)
    with pytest.raises(Problems, match="cannot be reached from outside"):
        program("f : F; k : INT;", "k := f.n;", "iec", before)


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_makers_give_an_enumeration_by_reference_as_its_number(dialect: str) -> None:
    before = COLOURS + "FUNCTION Up : INT VAR_IN_OUT n : INT; END_VAR n := n + 1; Up := n; END_FUNCTION\n"
    plc = after_one_scan("c : Colour; k : INT;", "k := Up(n := c);", dialect, before)
    assert (plc["MAIN.c"], plc["MAIN.k"]) == (1, 1)
    with pytest.raises(Problems, match="needs a variable of type INT"):
        program("c : Colour; k : INT;", "k := Up(n := c);", "iec", before)


def test_that_the_programs_text_is_the_same_without_a_difference() -> None:
    body = "q := q AND b OR x; FOR i := 1 TO 3 DO n := n + i; END_FOR"
    declared = "q, b, x : BOOL; i, n : INT;"
    sources = {program(declared, body, dialect).source for dialect in DIALECTS}
    assert len(sources) == 1


def test_that_an_unknown_dialect_is_told() -> None:
    with pytest.raises(Problems, match="there is no dialect step7"):
        compile_st("", "step7")


@pytest.mark.parametrize(
    "dialect, fired", [("iec", [1, 1, 1, 2]), ("codesys", [0, 0, 0, 1]), ("twincat", [0, 0, 0, 1])]
)
def test_that_what_was_never_true_has_fallen_in_the_standard_only(dialect: str, fired: list[int]) -> None:
    body = "f(CLK := x); IF f.Q THEN n := n + 1; END_IF"
    plc = program("f : F_TRIG; x : BOOL; n : INT;", body, dialect).start()
    seen = []
    for scan, level in enumerate([False, False, True, False]):
        plc["MAIN.x"] = level
        plc.scan(scan)
        seen.append(plc["MAIN.n"])
    assert seen == fired


@pytest.mark.parametrize("dialect", DIALECTS)
def test_that_what_is_true_from_the_start_has_risen(dialect: str) -> None:
    assert after_one_scan("r : R_TRIG; q : BOOL;", "r(CLK := TRUE, Q => q);", dialect)["MAIN.q"] is True


@pytest.mark.parametrize("count", ["z", "z + z"])
def test_that_the_rest_of_a_division_by_zero_is_0_but_in_codesys(count: str) -> None:
    declared, body = "a : INT := -7; z, r : INT := 0;", f"r := 5; r := a MOD ({count}) + MOD(a, {count});"
    for dialect in ("iec", "twincat"):
        assert after_one_scan(declared, body, dialect)["MAIN.r"] == 0
        assert after_one_scan(declared, "z := 3; r := a MOD z + 10 * MOD(a, -z);", dialect)["MAIN.r"] == -11
    with pytest.raises(PlcError, match="division by zero"):
        after_one_scan(declared, body, "codesys")


NAMED_BITS = "VAR_GLOBAL CONSTANT ENABLE : INT := 3; TOP : USINT := 16; END_VAR\n"


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_constant_names_a_bit(dialect: str) -> None:
    declared, body = (
        "w : WORD; i : INT := -1; q : BOOL;",
        "w.ENABLE := TRUE; i.ENABLE := FALSE; q := w.Enable;",
    )
    plc = after_one_scan(declared, body, dialect, NAMED_BITS)
    assert (plc["MAIN.w"], plc["MAIN.i"], plc["MAIN.q"]) == (8, -9, True)
    with pytest.raises(Problems, match=r"WORD has the bits 0\.\.15"):
        program(declared, "w.TOP := TRUE;", dialect, NAMED_BITS)
    with pytest.raises(Problems, match="w is a WORD and has no members"):
        program(declared, "w.i := TRUE;", dialect, NAMED_BITS)


def test_that_a_constant_names_no_bit_in_the_standard() -> None:
    with pytest.raises(Problems, match="w is a WORD and has no members"):
        program("w : WORD;", "w.ENABLE := TRUE;", "iec", NAMED_BITS)


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_dot_in_front_names_the_global_that_is_hidden(dialect: str) -> None:
    before = "VAR_GLOBAL v : INT := 5; a : ARRAY[1..2] OF INT; END_VAR\n"
    body = ".v := .v + v; .a[.v - 13] := .v; IF .v = 14 THEN x := -.a[2] - .a[1]; END_IF"
    plc = after_one_scan("v : INT := 9; x : INT;", body, dialect, before)
    assert (plc["MAIN.v"], plc["GVL.v"], plc["MAIN.x"]) == (9, 14, -14)
    with pytest.raises(Problems, match=r"\.x is not declared"):
        program("x : INT;", ".x := 1;", dialect, before)


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_dot_in_front_names_functions_and_what_is_not_known(dialect: str) -> None:
    before = "FUNCTION F : INT VAR_INPUT a : INT; END_VAR F := a * 2; END_FUNCTION\n"
    assert after_one_scan("x : INT;", "x := .F(3) + .MAX(4, 5); .F(1);", dialect, before)["MAIN.x"] == 11
    unknown = "PROGRAM MAIN VAR x : INT; END_VAR x := .Lib(1).Get() + .gone; .Go(2); END_PROGRAM"
    found = compile_st(unknown, dialect, stubs=True)
    assert {"GONE", "LIB", "GO"} <= {
        word.strip(":(").upper() for word in " ".join(found.stubs.values()).split()
    }


def test_that_a_dot_in_front_is_no_name_in_the_standard() -> None:
    with pytest.raises(Problems, match=r"\.v is not declared"):
        program("x : INT;", "x := .v;", "iec", "VAR_GLOBAL v : INT; END_VAR\n")


SHIFTED = [
    ("SINT", -8, 1, -4),
    ("INT", -1, 14, -1),
    ("DINT", -2147483648, 31, -1),
    ("LINT", -9, 1, -5),
    ("INT", 9, 1, 4),
]


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize("name, value, count, wanted", SHIFTED)
def test_that_makers_shift_the_sign_in(name: str, value: int, count: int, wanted: int, dialect: str) -> None:
    declared = f"x : {name} := {value}; a, b : {name}; n : INT := {count};"
    plc = after_one_scan(declared, "a := SHR(x, n); b := SHR(x + 0, n);", dialect)
    assert (plc["MAIN.a"], plc["MAIN.b"]) == (wanted, wanted)


def test_that_the_standard_shifts_zeros_in_and_makers_do_so_with_bit_strings() -> None:
    assert after_one_scan("x : WORD := 16#FFF8; a : WORD;", "a := SHR(x, 1);", "iec")["MAIN.a"] == 32764
    assert after_one_scan("x : UINT := 65528; a : UINT;", "a := SHR(x, 1);", "codesys")["MAIN.a"] == 32764


DAY = 86_400 * 10**9
DAYS_50 = 50 * 86_400_000


@pytest.mark.parametrize(
    "dialect, wanted", [("iec", -2_000), ("codesys", 2**32 - 2_000), ("twincat", 2**32 - 2_000)]
)
def test_that_a_time_of_makers_counts_ms_in_32_bits_without_a_sign(dialect: str, wanted: int) -> None:
    declared = "a : TIME := T#1s; b : TIME := T#3s; c : TIME; less : BOOL;"
    plc = after_one_scan(declared, "c := a - b; less := a - b < T#0s;", dialect)
    assert plc["MAIN.c"] == wanted * 1_000_000
    assert plc["MAIN.less"] is (dialect == "iec")


@pytest.mark.parametrize("body", ["t := t + T#30d;", "t := t * 2;", "t := t * 2.0;", "t := MUL_TIME(t, 2);"])
@pytest.mark.parametrize("dialect, days", [("iec", 60), ("codesys", 60), ("twincat", 60)])
def test_that_a_time_of_makers_begins_anew_behind_49_days(dialect: str, days: int, body: str) -> None:
    ms = days * 86_400_000
    plc = after_one_scan("t : TIME := T#30d;", body, dialect)
    assert plc["MAIN.t"] == (ms if dialect == "iec" else ms % 2**32) * 1_000_000


@pytest.mark.parametrize(
    "declared, body, ms",
    [
        ("t : TIME := T#1s;", "t := t / 7;", 142),  # 142.857 ms
        ("t : TIME := T#1s;", "t := t / 7.0;", 142),
        ("t : TIME; u : UDINT := 4000000000;", "t := UDINT_TO_TIME(u);", 4_000_000_000),
        ("t : TIME; l : LINT := 4294967297;", "t := LINT_TO_TIME(l);", 1),
        ("t : TIME; r : REAL := 1.6;", "t := REAL_TO_TIME(r);", 2),
        ("t : TIME := T#5s;", "t := t MOD T#1500ms;", 500),
        ("t : TIME := T#5s;", "t := MAX(t, T#6s) - MIN(t, T#1s);", 5_000),
        ("t : TIME := T#5s; l : LTIME := LTIME#1s500us;", "l := l + t; t := LTIME_TO_TIME(l);", 6_000),
        ("t : TIME; l : LTIME := LTIME#50d;", "t := LTIME_TO_TIME(l);", DAYS_50 % 2**32),
        ("t : TIME; a : DT := DT#2024-01-02-00:00:00;", "t := a - DT#2024-01-01-23:59:58;", 2_000),
    ],
)
@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_time_of_makers_is_a_whole_number_of_ms(
    declared: str, body: str, ms: int, dialect: str
) -> None:
    assert after_one_scan(declared, body, dialect)["MAIN.t"] == ms * 1_000_000


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_timer_counts_its_time_in_ms_and_ends_where_it_ends(dialect: str) -> None:
    plc = program(
        "f : TON; e : TIME; q : BOOL;", "f(IN := TRUE, PT := T#2ms, ET => e, Q => q);", dialect
    ).start()
    seen = []
    for now in range(0, 2_500_001, 500_000):
        plc.scan(now)
        seen.append((plc["MAIN.e"], plc["MAIN.q"]))
    assert seen == [(0, False), (0, False), *[(1_000_000, False)] * 2, *[(2_000_000, True)] * 2]


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_timer_of_30_days_runs_out_after_them(dialect: str) -> None:
    day = 86_400 * 10**9
    plc = program("f : TON; t : TIME := T#30d;", "f(IN := TRUE, PT := t);", dialect).start()
    for days, out in ((0, False), (29, False), (30, True), (60, True)):
        plc.scan(days * day)
        assert plc["MAIN.f.Q"] is out


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_the_clock_of_makers_begins_anew_and_ltime_goes_on(dialect: str) -> None:
    plc = program("t : TIME; l : LTIME;", "t := TIME(); l := LTIME();", dialect).start()
    plc.scan(2**32 * 1_000_000 + 7_000_500)
    assert (plc["MAIN.t"], plc["MAIN.l"]) == (7_000_000, 2**32 * 1_000_000 + 7_000_500)


def test_that_durations_of_makers_are_told_where_a_time_cannot_be_them() -> None:
    with pytest.raises(Problems, match=r"T#50d is longer than a TIME of 32 bits .*LTIME#50d"):
        program("t : TIME;", "t := T#50d;", "codesys")
    found = program("t : TIME; l : LTIME;", "t := T#1.5ms; t := T#-1s; t := LTIME#1us; l := T#5s;", "codesys")
    assert [n.what for n in found.notices] == [
        "T#1.5ms has a part of a ms, which a TIME of 32 bits does not count",
        "T#-1s is negative, which a TIME of 32 bits is not: it counts on from its other end",
        "what does not fit 32 bits of ms is cut from LTIME to TIME",
    ]
    plc = found.start()
    plc.scan(0)
    assert (plc["MAIN.t"], plc["MAIN.l"]) == (0, 5_000_000_000)
    assert not program("t : TIME; l : LTIME;", "t := T#1.5ms; t := T#50d; t := T#-1s; l := t;", "iec").notices


@pytest.mark.parametrize("dialect, size, address", [("iec", 8, "%ML0"), ("codesys", 4, "%MD0")])
def test_that_a_time_of_makers_takes_four_bytes(dialect: str, size: int, address: str) -> None:
    declared = (
        f"t AT {address} : TIME := T#258ms; b AT %MB0 : BYTE; c AT %MB1 : BYTE; n : INT; u : U; k : BYTE;"
    )
    before = f"TYPE U : UNION t : TIME; b : ARRAY[0..{size - 1}] OF BYTE; END_UNION END_TYPE\n"
    plc = program(declared, "n := SIZEOF(t); u.t := T#513ms; k := u.b[1];", dialect, before).start()
    if dialect == "codesys":  # 258 = 16#0102, 513 = 16#0201
        assert (plc["MAIN.b"], plc["MAIN.c"]) == (2, 1)
        plc["MAIN.c"] = 2
        assert plc["MAIN.t"] == 514 * 1_000_000
        plc["MAIN.t"] = 300 * 1_000_000  # 16#012C
        assert (plc["MAIN.b"], plc["MAIN.c"]) == (0x2C, 1)
    plc.scan(0)
    assert plc["MAIN.n"] == size
    assert plc["MAIN.k"] == (2 if dialect == "codesys" else (513_000_000 >> 8) & 255)


def test_that_a_host_writes_whole_ms_into_a_time_of_makers() -> None:
    plc = program("t : TIME;", "t := t;", "twincat").start()
    plc["MAIN.t"] = 1_999_999
    assert plc["MAIN.t"] == 1_000_000
    with pytest.raises(ValueError, match="does not fit"):
        plc["MAIN.t"] = -1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_that_times_of_a_timer_may_be_given_by_reference_and_an_ltime_of_makers_not(dialect: str) -> None:
    before = "FUNCTION_BLOCK More VAR_IN_OUT t : TIME; END_VAR t := t + T#1s; END_FUNCTION_BLOCK\n"
    plc = after_one_scan("f : More; x : TON := (PT := T#2s);", "f(t := x.PT);", dialect, before)
    assert plc["MAIN.x.PT"] == 3_000_000_000
    if dialect != "iec":
        with pytest.raises(Problems, match="t needs a variable of type TIME, this is a LTIME"):
            program("f : More; l : LTIME;", "f(t := l);", dialect, before)


PLACED = """TYPE s : STRUCT x : INT; y : BOOL; t : STRING(3); END_STRUCT END_TYPE
VAR_GLOBAL sent AT %QB10 : s; came AT %IB100 : ARRAY[0..1] OF s; name AT %MD20 : STRING(5); END_VAR
"""


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_variable_of_any_width_begins_at_its_address(dialect: str) -> None:
    step = 2 if dialect == "twincat" else 1  # of words in the number of an address
    declared = f"""r AT %MB0 : REAL := 1.0; high AT %MW{step} : WORD; c AT %MB5 : DINT;
    few AT %MW{6 * step} : ARRAY[0..1] OF BYTE;
    on AT %MB16 : BOOL; all AT %MB16 : BYTE;"""
    body = "c := -2; few[1] := 7; on := TRUE; sent.x := came[1].x + 41; sent.t := 'abc'; name := sent.t;"
    plc = after_one_scan(declared, body, dialect, PLACED)
    assert (plc["MAIN.high"], plc["MAIN.c"], plc["MAIN.few[1]"]) == (0x3F80, -2, 7)
    assert (plc["MAIN.all"], plc["GVL.sent.x"], plc["GVL.name"]) == (1, 41, "abc")


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize(
    "declared, told",
    [
        ("x AT %MX0.3 : BYTE;", "%MX0.3 is 1 bit wide, x is a BYTE"),
        ("x AT %QB12 : TON; y AT %QB12 : BYTE;", "lies in the structure sent"),
    ],
)
def test_that_no_variable_lies_across_others(declared: str, told: str, dialect: str) -> None:
    with pytest.raises(Problems, match=told):
        program(declared, ";", dialect, PLACED)


def test_that_the_standard_asks_for_the_width_of_the_address() -> None:
    for declared in ("x AT %MB0 : DINT;", "x AT %MD0 : STRING;", "x AT %MW0 : ARRAY[0..3] OF BYTE;"):
        with pytest.raises(Problems, match="bit wide, x is a"):
            program(declared, ";", "iec")
    assert after_one_scan("x AT %MB0 : CHAR; y AT %MW1 : WCHAR;", "x := 'F';", "iec")["MAIN.x"] == "F"


def test_that_a_reference_of_a_maker_reads_what_is_not_of_its_type_by_bytes() -> None:
    declared, body = "r : REF_TO DWORD; x : REAL := 1.0; w : DWORD;", "r := REF(x); w := r^;"
    assert after_one_scan(declared, body, "codesys")["MAIN.w"] == 0x3F800000
    with pytest.raises(Problems, match="refers to a DWORD, this is a REAL"):
        program(declared, body, "iec")


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize(
    ("declared", "body", "ns"),
    [
        ("l : LTIME;", "l := LTIME#213503d23h34m33s709ms551us615ns;", 2**64 - 1),
        ("l : LTIME := LTIME#1s;", "l := l - LTIME#2s;", 2**64 - 10**9),
        ("l : LTIME := LTIME#300000000m;", "IF l > LTIME#1s THEN l := l / 2; END_IF", 9 * 10**18),
        ("l : LTIME := LTIME#213503d; p : POINTER TO LTIME;", "p := ADR(l); p^ := p^ - LTIME#213502d;", DAY),
        ("l : LTIME; k : LTIME := LTIME#2s;", "l := ADD_LTIME(k, LTIME#1s);", 3 * 10**9),
        ("l : LTIME; f : LTON;", "f(IN := TRUE, PT := LTIME#213503d); l := f.PT;", 213503 * DAY),
        (
            "l : LTIME := LTIME#3s; f : LTON;",
            "f(); IF f.ET < l AND l > f.ET THEN l := l + f.ET; END_IF",
            3 * 10**9,
        ),
        ("l : LTIME;", "l := LTIME#-1s;", 2**64 - 10**9),
    ],
)
def test_that_an_ltime_of_makers_has_no_sign(declared: str, body: str, ns: int, dialect: str) -> None:
    plc = program(declared, body, dialect)
    plc_run = plc.start()
    plc_run.scan(0)
    assert plc_run["MAIN.l"] == ns
    told = [n.what for n in plc.notices]
    assert told == (
        ["LTIME#-1s is negative, which an LTIME is not: it counts on from its other end"]
        if "-1s" in body
        else []
    )


def test_that_a_duration_of_the_standard_has_292_years() -> None:
    with pytest.raises(Problems, match="longer than the longest TIME"):
        program("l : LTIME;", "l := LTIME#213503d;", "iec")
    assert after_one_scan("l : LTIME;", "l := LTIME#-2s;", "iec")["MAIN.l"] == -2_000_000_000


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
@pytest.mark.parametrize(
    "call, value",
    [
        ("FIND(STR1 := 'a.b', '.')", 2),
        ("FIND('a.b', STR2 := '.')", 2),
        ("FIND(IN1 := 'a.b', '.')", 2),
        ("LEN(MID('abcdef', LEN := 2, 3))", 2),
        ("LIMIT(MN := 1, 9, MX := 5)", 5),
    ],
)
def test_that_arguments_without_a_name_take_the_parameter_of_their_place(
    call: str, value: int, dialect: str
) -> None:
    assert after_one_scan("x : INT;", f"x := {call};", dialect)["MAIN.x"] == value


def test_that_a_place_that_is_taken_or_left_is_told() -> None:
    for call, told in (
        ("FIND('a', STR1 := 'b')", "FIND has the parameters STR1, STR2"),
        ("MID(STR := 'a', 1)", "MID needs POS too"),
        ("FIND('a', part := 'b')", "FIND has the parameters STR1, STR2"),
    ):
        with pytest.raises(Problems, match=told):
            program("x : INT; s : STRING;", f"{'s' if 'MID' in call else 'x'} := {call};", "twincat")
    with pytest.raises(Problems, match="positional and named arguments are mixed"):
        program("x : INT;", "x := FIND(IN1 := 'a', 'b');", "iec")


def test_that_a_function_may_take_a_block_that_it_does_not_replace() -> None:
    before = """FUNCTION_BLOCK FB_Count VAR_OUTPUT n : INT; END_VAR n := n + 1; END_FUNCTION_BLOCK
FUNCTION F : INT VAR_IN_OUT CONSTANT c : FB_Count; END_VAR c(); F := c.n; END_FUNCTION
"""
    plc = program("b : FB_Count; x : INT;", "x := F(b); x := F(c := b);", "twincat", before).start()
    plc.scan(0)
    assert (plc["MAIN.x"], plc["MAIN.b.n"]) == (2, 2)
    with pytest.raises(Problems, match="c is a block and cannot be CONSTANT"):
        program("b : FB_Count; x : INT;", "x := F(b);", "iec", before)


@pytest.mark.parametrize(
    "statement",
    ["n := SHL(n, 1);", "n := ROR(n, 1);", "n := n AND 3;", "n := m OR n;", "n := XOR(n, m);"],
)
def test_that_bits_of_numbers_are_warned_about_in_the_standard(statement: str) -> None:
    """ANY_BIT has no numbers, but much public code for compilers of the standard takes them."""
    declared = "n, m : UINT := 5; w : WORD;"
    (notice,) = program(declared, statement, "iec").notices
    assert re.search(r"needs a bit string, this is a UINT.*UINT_TO_WORD", str(notice))
    assert notice.severity == "warning"
    for dialect in MAKERS:
        assert program(declared, statement, dialect).notices == ()


def test_that_addresses_as_numbers_are_warned_about_in_the_standard() -> None:
    """What is computed with them is what the makers compute: public code goes through texts byte by byte."""
    before = "FUNCTION F : REF_TO BYTE VAR_IN_OUT b : BYTE; END_VAR F := REF(b); END_FUNCTION\n"
    body = "p := F(bytes[1]); p := p + 1; n := p^;"
    declared = "bytes : ARRAY[1..2] OF BYTE := [3, 4]; p : REF_TO BYTE; n : BYTE;"
    compiled = program(declared, body, "iec", before)
    assert ["p a REF_TO BYTE refers to a variable" in str(notice) for notice in compiled.notices] == [True]
    plc = compiled.start()
    plc.scan(0)
    assert plc["MAIN.n"] == 4


def test_that_literals_and_bit_strings_have_bits_everywhere() -> None:
    body = "w := SHL(w, n) OR 3; w := w AND 16#FF; b := b AND 1; w := SHL(1, 3) AND w;"
    for dialect in ("codesys", "twincat"):
        program("w : WORD; n : INT; b : BOOL;", body, dialect)
    program("w : WORD; n : INT; b : BOOL;", body.partition("w := SHL(1")[0], "iec")


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize(
    ("expression", "type_", "value"),
    [
        ("BCD_TO_INT(16#49)", "INT", 49), ("BCD_TO_INT(73)", "INT", 49), ("BCD_TO_INT(151)", "INT", 97),
        ("BCD_TO_INT(15)", "INT", -1), ("BCD_TO_INT(16#A0)", "INT", -1), ("BCD_TO_INT(16#99)", "INT", 99),
        ("INT_TO_BCD(49)", "BYTE", 73), ("INT_TO_BCD(97)", "BYTE", 151), ("INT_TO_BCD(100)", "BYTE", 255),
        ("INT_TO_BCD(-1)", "BYTE", 255), ("INT_TO_BCD(0)", "BYTE", 0), ("INT_TO_BCD(99)", "BYTE", 0x99),
        ("BCD_TO_BYTE(16#42)", "BYTE", 42), ("BCD_TO_BYTE(16#4A)", "BYTE", 255),
        ("BYTE_TO_BCD(42)", "BYTE", 0x42), ("BYTE_TO_BCD(100)", "BYTE", 255),
        ("BCD_TO_WORD(16#9876)", "WORD", 9876), ("BCD_TO_WORD(16#9A76)", "WORD", 0xFFFF),
        ("WORD_TO_BCD(9876)", "WORD", 0x9876), ("WORD_TO_BCD(10000)", "WORD", 0xFFFF),
        ("BCD_TO_DWORD(16#98765432)", "DWORD", 98765432), ("DWORD_TO_BCD(98765432)", "DWORD", 0x98765432),
        ("DWORD_TO_BCD(100000000)", "DWORD", 0xFFFFFFFF), ("BCD_TO_DWORD(0)", "DWORD", 0),
        ("BCD_TO_INT(B := 16#49)", "INT", 49), ("INT_TO_BCD(I := 49)", "BYTE", 73),
    ],
)  # fmt: skip
def test_that_bcd_numbers_of_the_library_util_are_known(
    expression: str, type_: str, value: int, dialect: str
) -> None:
    """The first values are those of the examples in its manual."""
    assert after_one_scan(f"x : {type_};", f"x := {expression};", dialect)["MAIN.x"] == value
    with pytest.raises(Problems, match="there is no function"):
        program(f"x : {type_};", f"x := {expression};", "iec")
