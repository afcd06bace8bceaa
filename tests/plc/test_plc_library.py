"""Standard functions with several results, and typed names of overloaded ones (IEC 61131-3 edition 3)."""

from __future__ import annotations

import datetime
import random

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st


def run(declared: str, body: str) -> Plc:
    plc = compile_st(f"PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.scan(0)
    return plc


PARTS = "y : UINT; mo, d, h, mi, s : USINT; ms, us, ns : UINT; ok : BOOL;"


def test_that_dates_are_split_as_the_calendar_has_it() -> None:
    chosen = random.Random(4)
    first = datetime.date(1680, 1, 1)
    days = [first, datetime.date(1970, 1, 1), datetime.date(2000, 2, 29), datetime.date(1899, 12, 31)]
    days += [datetime.date(2100, 2, 28), datetime.date(2100, 3, 1)]
    days += [first + datetime.timedelta(chosen.randrange(200_000)) for _ in range(60)]
    plc = compile_st(
        f"PROGRAM MAIN VAR day : DATE; {PARTS} END_VAR\n"
        "ok := SPLIT_DATE(IN := day, YEAR => y, MONTH => mo, DAY => d); END_PROGRAM"
    ).start()
    for day in days:
        plc["MAIN.day"] = (day - datetime.date(1970, 1, 1)).days * 86_400_000_000_000
        plc.scan(plc.now_ns + 1)
        assert (plc["MAIN.y"], plc["MAIN.mo"], plc["MAIN.d"]) == (day.year, day.month, day.day)


def test_that_moments_are_split_into_all_parts() -> None:
    plc = run(
        PARTS,
        "ok := SPLIT_DT(DT#2024-02-29-13:07:09.25, YEAR => y, MONTH => mo, DAY => d, HOUR => h, MINUTE => mi,"
        " SECOND => s, MILLISECOND => ms);",
    )
    names = ("y", "mo", "d", "h", "mi", "s", "ms", "ok")
    assert [plc[f"MAIN.{name}"] for name in names] == [2024, 2, 29, 13, 7, 9, 250, True]


def test_that_times_of_day_are_split_to_the_nanosecond() -> None:
    plc = run(
        PARTS,
        "ok := SPLIT_LTOD(LTOD#23:59:58.123456789, HOUR => h, MINUTE => mi, SECOND => s, MILLISECOND => ms,"
        " MICROSECOND => us, NANOSECOND => ns);",
    )
    names = ("h", "mi", "s", "ms", "us", "ns")
    assert [plc[f"MAIN.{name}"] for name in names] == [23, 59, 58, 123, 456, 789]


def test_that_parts_are_put_together() -> None:
    plc = run(
        "a : DT; b : LDT; c : LTOD; d : DATE; q : BOOL;",
        "a := CONCAT_DT(2024, 2, 29, 13, 7, 9, 250); b := CONCAT_LDT(2024, 2, 29, 13, 7, 9, 250, 1, 2);"
        "c := CONCAT_LTOD(1, 2, 3, 4, 5, 6); d := CONCAT_LDATE(1999, 12, 31);"
        "q := a = DT#2024-02-29-13:07:09.25 AND b - a = T#1us2ns AND d = D#1999-12-31"
        " AND c = LTOD#01:02:03.004005006;",
    )
    assert plc["MAIN.q"] is True


def test_that_decimal_digits_are_validated() -> None:
    plc = run("a, b : BOOL;", "a := IS_VALID_BCD(16#1239); b := IS_VALID_BCD(16#12A9);")
    assert (plc["MAIN.a"], plc["MAIN.b"]) == (True, False)


def test_that_a_function_of_the_program_takes_the_place_of_the_librarys() -> None:
    text = """FUNCTION SPLIT_DATE : INT VAR_INPUT x : INT; END_VAR SPLIT_DATE := x + 1; END_FUNCTION
    PROGRAM MAIN VAR n : INT; END_VAR n := SPLIT_DATE(4); END_PROGRAM"""
    plc = compile_st(text).start()
    plc.scan(0)
    assert plc["MAIN.n"] == 5


def test_that_overloaded_functions_have_typed_names() -> None:
    plc = run(
        "i : INT; r : REAL; w : WORD; q : BOOL; d : DINT;",
        "i := MAX_INT(3, 5); r := LIMIT_REAL(0.0, 2.5, 1.5); w := SHL_WORD(16#1, 4); q := GT_INT(3, 2);"
        "d := SEL_DINT(TRUE, DINT#0, DINT#3600000); i := ADD_INT(i, 1);",
    )
    values = [plc[f"MAIN.{name}"] for name in ("i", "r", "w", "q", "d")]
    assert values == [6, 1.5, 16, True, 3600000]


def test_that_a_typed_name_has_the_type_it_says() -> None:
    with pytest.raises(Problems, match="an INT is expected here, this is a REAL"):
        run("i : INT; r : REAL;", "i := MAX_INT(r, 2.0);")
    with pytest.raises(Problems, match="there is no function MAX_FOO"):
        run("i : INT;", "i := MAX_FOO(1, 2);")
