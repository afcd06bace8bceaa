"""Literals as real projects write them, in every dialect, and what is told of those that are none."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Program, compile_st
from commissioning.plc.values.dialects import DIALECTS

S, MS, US = 10**9, 10**6, 10**3
BEFORE = "TYPE E : (A, B, C); END_TYPE\n"


def program(type_: str, literal: str, dialect: str, before: str = BEFORE) -> Program:
    return compile_st(f"{before}PROGRAM MAIN VAR x : {type_}; END_VAR x := {literal}; END_PROGRAM", dialect)


# (type, literal, value); IEC 61131-3 edition 3, tables 5 to 9
EVERYWHERE: list[tuple[str, str, object]] = [
    ("WORD", "16#FF_FF", 65_535), ("BYTE", "2#1010_0101", 165), ("INT", "8#17_7", 127),
    ("INT", "INT#16#7FFF", 32_767), ("UINT", "UINT#16#FF_FF", 65_535), ("BYTE", "BYTE#2#1010_0101", 165),
    ("INT", "INT#-5", -5), ("SINT", "SINT#-128", -128), ("DINT", "DINT#1_000", 1_000),
    ("DINT", "1_000_000", 1_000_000),
    ("INT", "+5", 5), ("LINT", "-9223372036854775808", -(1 << 63)),
    ("ULINT", "18446744073709551615", (1 << 64) - 1),
    ("LWORD", "16#FFFF_FFFF_FFFF_FFFF", (1 << 64) - 1), ("WORD", "word#16#a5", 0xA5),
    ("BOOL", "BOOL#1", True), ("BOOL", "bool#FALSE", False), ("BOOL", "1", True), ("BOOL", "TRUE", True),
    ("LREAL", "1E3", 1_000.0), ("LREAL", "1.5e-3", 0.0015), ("LREAL", "-1.5E+3", -1_500.0),
    ("LREAL", "1_000.5", 1_000.5),
    ("LREAL", "LREAL#-1.5", -1.5), ("REAL", "REAL#5", 5.0), ("REAL", "REAL#1E3", 1_000.0),
    ("REAL", "INT#5", 5.0),
    ("TIME", "T#1d2h3m4s5ms", ((26 * 60 + 3) * 60 + 4) * S + 5 * MS), ("TIME", "time#5S", 5 * S),
    ("TIME", "T#5s_300ms", 5_300 * MS), ("TIME", "t#25H15m", 90_900 * S), ("TIME", "T#1.5s", 1_500 * MS),
    ("TIME", "TIME#90m", 5_400 * S), ("LTIME", "LTIME#1d2h3m4s5ms6us7ns", 93_784_005_006_007),
    ("LTIME", "LT#1us5ns", 1_005), ("LTIME", "ltime#0.5ms", 500 * US),
    ("TOD", "TOD#12:30:15.123", 45_015 * S + 123 * MS), ("TOD", "TIME_OF_DAY#1:2:3", 3_723 * S),
    ("LTOD", "LTOD#12:30:15.123456789", 45_015_123_456_789), ("LTOD", "LTIME_OF_DAY#0:0:0.000000001", 1),
    ("DATE", "D#2024-01-31", 1_706_659_200 * S), ("DATE", "DATE#1970-1-2", 86_400 * S),
    ("LDATE", "LD#2024-01-31", 1_706_659_200 * S), ("LDATE", "LDATE#2024-01-31", 1_706_659_200 * S),
    ("DT", "DT#2024-01-31-12:30:15", 1_706_704_215 * S),
    ("DT", "DATE_AND_TIME#2024-01-31-12:30", 1_706_704_200 * S),
    ("LDT", "LDT#2024-01-31-12:30:15.123456789", 1_706_704_215_123_456_789),
    ("LDT", "LDATE_AND_TIME#2024-01-31-12:30:15", 1_706_704_215 * S),
    ("STRING", "'plain'", "plain"), ("STRING", "STRING#'typed'", "typed"), ("STRING", "''", ""),
    ("STRING", "'$0A$24$4E'", "\n$N"), ("STRING", "'$$$'$L$n$P$r$T'", "$'\n\n\f\r\t"),
    ("STRING", "'say \"x\"'", 'say "x"'),
    ("STRING", "'$E4 is ä'", "ä is ä"), ("WSTRING", '"plain"', "plain"),
    ("WSTRING", 'WSTRING#"$00E4$""', 'ä"'),
    ("WSTRING", '"it\'s €"', "it's €"), ("CHAR", "CHAR#'a'", "a"), ("WCHAR", 'WCHAR#"€"', "€"),
    ("E", "B", 1), ("E", "E#B", 1), ("E", "E.C", 2), ("E", "e#c", 2),
]  # fmt: skip


@pytest.mark.parametrize("type_, literal, value", EVERYWHERE, ids=[f"{t} {x}" for t, x, _ in EVERYWHERE])
def test_that_a_spelling_has_its_value_in_every_dialect(type_: str, literal: str, value: object) -> None:
    for dialect in DIALECTS:
        found = program(type_, literal, dialect)
        plc = found.start()
        plc.scan(0)
        assert plc["MAIN.x"] == value, dialect
        assert not found.notices, dialect


WRONG = [
    ("REAL", "1.", "a number has digits on both sides of its point", "Write 1.0"),
    ("REAL", ".5", "a number has digits on both sides of its point", "Write 0.5"),
    ("REAL", "1.E3", "a number has digits on both sides of its point", "Write 1.0"),
    ("INT", "16#G0", "", ""),
    ("BYTE", "2#12", "digits that base 2 does not have", ""),
    ("INT", "7#12", "the base of a number is 2, 8, 10 or 16", ""),
    ("INT", "INT#40000", "does not fit INT", ""),
    ("BOOL", "BOOL#2", "is not a BOOL", ""),
    ("TIME", "T#4ms13s", "is not a duration", ""),
    ("TIME", "T#1h1h", "is not a duration", ""),
    ("DATE", "D#2023-02-29", "is not a date", ""),
    ("TOD", "TOD#24:00:00", "is not a time of day", ""),
    ("STRING", "'$X'", "'$X' is not a character of a string", ""),
    ("WSTRING", "'narrow'", "a WSTRING is expected here, this is a STRING", ""),
    ("E", "E#D", "", ""),
]


@pytest.mark.parametrize("type_, literal, words, cure", WRONG, ids=[literal for _, literal, _, _ in WRONG])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_that_what_is_no_literal_is_told(
    type_: str, literal: str, words: str, cure: str, dialect: str
) -> None:
    with pytest.raises(Problems) as caught:
        program(type_, literal, dialect)
    (problem,) = caught.value.problems
    assert words in problem.what
    assert cure in problem.cure
    assert problem.where.line == 2


def test_that_a_point_between_names_and_bits_is_no_number() -> None:
    text = "PROGRAM MAIN VAR w : WORD := 5; q : BOOL; n : INT; END_VAR "
    text += "q := w.2; FOR n := 1 TO 2 DO ; END_FOR END_PROGRAM"
    plc = compile_st(text).start()
    plc.scan(0)
    assert plc["MAIN.q"] is True


# ---- texts over several lines ----------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_a_text_of_the_makers_may_go_over_lines(dialect: str) -> None:
    text = """PROGRAM MAIN VAR s : STRING := 'one
  two $'2$'
three'; w : WSTRING; n : INT; END_VAR
w := "a
b"; n := LEN(s); // 'no end here
s := CONCAT(s, '
x'); END_PROGRAM"""
    plc = compile_st(text, dialect).start()
    plc.scan(0)
    assert plc["MAIN.s"] == "one\n  two '2'\nthree\nx"
    assert (plc["MAIN.w"], plc["MAIN.n"]) == ("a\nb", 19)


def test_that_places_behind_a_text_over_lines_are_right() -> None:
    text = "PROGRAM MAIN VAR s : STRING; END_VAR\ns := 'a\nb'; t := 1;\nEND_PROGRAM"
    with pytest.raises(Problems) as caught:
        compile_st(text, "codesys")
    assert [(p.what, p.where.line, p.where.column) for p in caught.value.problems] == [
        ("t is not declared", 3, 5)
    ]


def test_that_a_text_of_the_standard_ends_in_its_line() -> None:
    with pytest.raises(Problems, match=r"m.st:2:6: a text of the standard ends in its line. Write \$N"):
        compile_st({"m.st": "PROGRAM MAIN VAR s : STRING; END_VAR\ns := 'a\nb'; END_PROGRAM"})


@pytest.mark.parametrize("quote, word", [("'", "STRING"), ('"', "WSTRING")])
def test_that_a_quote_without_its_other_half_is_told_in_its_line(quote: str, word: str) -> None:
    for rest in ("", f"\nt := {quote}def{quote};", f"\nt := {quote}{quote};"):
        text = f"PROGRAM MAIN VAR s, t : {word}; END_VAR\ns := {quote}abc;{rest}\nEND_PROGRAM"
        with pytest.raises(Problems) as caught:
            compile_st(text, "codesys")
        assert [(p.what, p.where.line, p.where.column) for p in caught.value.problems] == [
            ("this string has no end", 2, 6)
        ]


# ---- characters that a STRING of the makers does not have ------------------------------------------------


@pytest.mark.parametrize(
    "dialect, text, told",
    [
        ("iec", "€", False), ("codesys", "ä", False), ("codesys", "€", True), ("twincat", "€", False),
        ("twincat", "Ω", True), ("codesys", "日本", True),
    ],
)  # fmt: skip
def test_that_a_character_which_the_makers_texts_do_not_have_is_told(
    dialect: str, text: str, told: bool
) -> None:
    found = program("STRING", f"'{text}'", dialect)
    assert bool(found.notices) is told
    for notice in found.notices:
        assert f"{text[0]!r} is no character of a STRING" in notice.what
    assert not program("WSTRING", f'"{text}"', dialect).notices
    if dialect == "twincat":
        before = "{attribute 'TcEncoding' := 'UTF-8'}\n"
        assert not program("STRING", f"'{text}'", dialect, before + BEFORE).notices
