"""CHAR and WCHAR, characters of texts by index, and how durations and numbers are written as text."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.values.runtime import PlcError


def value(declarations: str, body: str, dialect: str = "iec") -> object:
    plc = compile_st(f"PROGRAM MAIN VAR {declarations} END_VAR {body} END_PROGRAM", dialect=dialect).start()
    plc.run()
    return plc["MAIN.x"]


@pytest.mark.parametrize(
    ("declarations", "body", "expected"),
    [
        ("x : CHAR;", "x := 'A';", "A"),
        ("x : CHAR;", "x := CHAR#'$41';", "A"),
        ("x : WCHAR;", 'x := WCHAR#"$03A9";', "\u03a9"),
        ("x : BYTE; c : CHAR := 'z';", "x := CHAR_TO_BYTE(c);", ord("z")),
        ("x : CHAR;", "x := BYTE_TO_CHAR(16#30);", "0"),
        ("x : STRING; c : CHAR := 'q';", "x := CONCAT(c, 'ed');", "qed"),
        ("x : STRING; c : CHAR := 'q';", "x := c;", "q"),
        ("x : BOOL; c : CHAR := 'q';", "x := c = 'q' AND c < 'r';", True),
        ("x : CHAR; s : STRING := 'hello';", "x := s[1];", "h"),
        ("x : CHAR; s : STRING := 'hello'; i : INT := 5;", "x := s[i];", "o"),
        ("x : STRING := 'hello'; i : INT := 2;", "x[1] := 'J'; x[i] := 'E';", "JEllo"),
        ("x : WSTRING := \"hello\";", 'x[2] := "a";', "hallo"),
        ("x, i : INT; s : STRING := 'ab';", "FOR i := 1 TO 2 DO x := x + SEL(s[i] = 'b', 0, i); END_FOR", 2),
    ],
)  # fmt: skip
def test_that_characters_are_as_in_the_standard(declarations: str, body: str, expected: object) -> None:
    assert value(declarations, body) == expected


def test_that_the_makers_count_characters_from_0_and_give_bytes() -> None:
    for dialect in ("codesys", "twincat"):
        assert value("x : BYTE; s : STRING := 'hello';", "x := s[0];", dialect) == ord("h")
        assert value("x : STRING := 'hello'; i : INT := 4;", "x[i] := 0;", dialect) == "hell"
        assert value('x : WORD; s : WSTRING := "hi";', "x := s[1];", dialect) == ord("i")


def test_that_a_character_beyond_the_text_is_refused_or_stops_the_plc() -> None:
    with pytest.raises(Problems, match=r"the index 0 is outside 1\.\.5 of s"):
        value("x : CHAR; s : STRING[5];", "x := s[0];")
    with pytest.raises(PlcError, match=r"the index 6 is outside 1\.\.5"):
        value("x : CHAR; s : STRING[5]; i : INT := 6;", "x := s[i];")
    with pytest.raises(Problems, match=r"'ab'.* is not one character"):
        value("x : CHAR;", "x := CHAR#'ab';")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x := TIME_TO_STRING(T#1s500ms);", "T#1s500ms"),
        ("x := TIME_TO_STRING(T#1d2h3m4s5ms6us7ns);", "T#1d2h3m4s5ms6us7ns"),
        ("x := TIME_TO_STRING(T#-90s);", "T#-1m30s"),
        ("x := TIME_TO_STRING(T#0s);", "T#0ms"),
        ("x := LREAL_TO_STRING(LREAL#1.0 / 3.0);", "0.333333333333333"),
        ("x := REAL_TO_STRING(0.1);", "0.1"),
    ],
)
def test_that_durations_and_numbers_are_written_as_the_makers_do(body: str, expected: str) -> None:
    assert value("x : STRING;", body) == expected


def test_that_a_character_may_be_written_as_its_number() -> None:
    text = (
        "PROGRAM p VAR s : STRING := 'x-z'; c : CHAR; w : WCHAR; n : INT; END_VAR\n"
        "s[2] := CHAR#16#41; c := CHAR#66; w := WCHAR#16#20AC; IF s[2] = CHAR#16#41 THEN n := 1; END_IF\n"
        "END_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert (plc["p.s"], plc["p.c"], plc["p.w"], plc["p.n"]) == ("xAz", "B", "\u20ac", 1)
    for wrong in ("CHAR#16#100", "CHAR#256", "WCHAR#16#1_0000"):
        with pytest.raises(Problems, match="is not one character"):
            value("c : CHAR; w : WCHAR;", f"{wrong[0].lower()} := {wrong};")


def test_that_the_zero_behind_the_longest_text_has_an_index_with_the_makers() -> None:
    text = """PROGRAM MAIN
    VAR s : STRING(4) := 'abcd'; b : BYTE := 9; i : INT := 4; k : INT; t : STRING(4); END_VAR
    b := s[4]; s[i] := 65; FOR k := 0 TO 3 DO t[k] := s[3 - k]; END_FOR t[4] := 0; END_PROGRAM"""
    plc = compile_st(text, dialect="codesys").start()
    plc.run()
    assert (plc["MAIN.s"], plc["MAIN.b"], plc["MAIN.t"]) == ("abcd", 0, "dcba")


def test_that_a_text_has_an_address() -> None:
    text = (
        "FUNCTION Sum : INT VAR_INPUT p : POINTER TO STRING; END_VAR VAR b : POINTER TO BYTE; END_VAR\n"
        "b := p; WHILE b^ <> 0 DO Sum := Sum + b^; b := b + 1; END_WHILE\nEND_FUNCTION\n"
        "PROGRAM p VAR n, m, k : INT; same : BOOL; END_VAR\n"
        "n := Sum(ADR('AB')); m := Sum(ADR('ab')); k := Sum(ADR('')); same := ADR('AB') = ADR('AB');\n"
        "END_PROGRAM"
    )
    for dialect in ("twincat", "codesys"):
        plc = compile_st(text, dialect).start()
        plc.scan(0)
        assert (plc["p.n"], plc["p.m"], plc["p.k"], plc["p.same"]) == (131, 195, 0, True)
