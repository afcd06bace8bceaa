"""STRING and WSTRING against Python's slices; DATE, TOD and DT against the calendar of Python's datetime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st

S = 10**9
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ran(declarations: str, body: str) -> Plc:
    plc = compile_st(f"PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.scan(0)
    return plc


NAMES = "a, b, r : {0}; n, l, p : INT;"
BODIES = {
    "LEN": ("n := LEN(a);", lambda a, b, n, p: len(a)),
    "LEFT": ("r := LEFT(a, l);", lambda a, b, n, p: a[:n]),
    "RIGHT": ("r := RIGHT(a, l);", lambda a, b, n, p: a[len(a) - n :] if n <= len(a) else a),
    "MID": ("r := MID(a, l, p);", lambda a, b, n, p: a[p - 1 : p - 1 + n]),
    "CONCAT": ("r := CONCAT(a, b);", lambda a, b, n, p: (a + b)[:80]),
    "INSERT": ("r := INSERT(a, b, p);", lambda a, b, n, p: a[:p] + b + a[p:] if p <= len(a) else a),
    "DELETE": ("r := DELETE(a, l, p);", lambda a, b, n, p: a[: p - 1] + a[p - 1 + n :]),
    "REPLACE": (
        "r := REPLACE(a, b, l, p);",
        lambda a, b, n, p: a[: p - 1] + b + a[p - 1 + n :] if p - 1 <= len(a) else a,
    ),
    "FIND": ("n := FIND(a, b);", lambda a, b, n, p: a.find(b) + 1),
}
PROGRAMS = {
    (kind, name): compile_st(f"PROGRAM MAIN VAR {NAMES.format(kind)} END_VAR {body} END_PROGRAM")
    for kind in ("STRING", "WSTRING")
    for name, (body, _) in BODIES.items()
}
TEXT = st.text(st.sampled_from("ab$'c\xe4"), min_size=1, max_size=12)


@pytest.mark.parametrize("kind", ["STRING", "WSTRING"])
@pytest.mark.parametrize("name", BODIES)
@settings(max_examples=25, deadline=None)
@given(TEXT, TEXT, st.integers(0, 14), st.integers(1, 14))
def test_that_text_functions_are_slices_counted_from_one(
    name: str, kind: str, a: str, b: str, length: int, place: int
) -> None:
    plc = PROGRAMS[kind, name].start()
    for path, value in (("a", a), ("b", b), ("l", length), ("p", place)):
        plc[f"MAIN.{path}"] = value
    plc.scan(0)
    expected = BODIES[name][1](a, b, length, place)
    assert plc["MAIN.n" if name in ("LEN", "FIND") else "MAIN.r"] == expected


def test_that_texts_are_cut_to_the_length_of_their_variable() -> None:
    body = "s := 'abcdef'; w := \"abcdef\"; t.n[2] := CONCAT(s, 'xyz'); d := LEN(t.n[2]);"
    plc = ran(
        "s : STRING[3]; w : WSTRING(2); t : STRUCT n : ARRAY[1..2] OF STRING(5); END_STRUCT; d : INT;", body
    )
    assert [plc[f"MAIN.{path}"] for path in ("s", "w", "t.n[2]", "d")] == ["abc", "ab", "abcxy", 5]


def test_that_escapes_are_characters_and_quotes_of_the_other_kind_are_plain() -> None:
    plc = ran(
        "s, t : STRING; w : WSTRING;",
        "s := 'a$'b\"$41$R$L$$'; t := STRING#'x // no comment (*'; w := \"$00C4'$\"$20AC\";",
    )
    assert plc["MAIN.s"] == "a'b\"A\r\n$"
    assert plc["MAIN.t"] == "x // no comment (*"
    assert plc["MAIN.w"] == "\xc4'\"\u20ac"


def test_that_texts_have_an_order_and_convert_only_when_asked() -> None:
    plc = ran("s : STRING := 'abd'; w : WSTRING; b : BOOL;", "b := s > 'abc'; w := STRING_TO_WSTRING(s);")
    assert (plc["MAIN.b"], plc["MAIN.w"]) == (True, "abd")
    with pytest.raises(Problems, match=r"Convert it: WSTRING_TO_STRING"):
        ran("s : STRING; w : WSTRING;", "s := w;")


def ns(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


@pytest.mark.parametrize(
    ("literal", "moment"),
    [
        ("DT#2024-02-29-12:30:15.25", datetime(2024, 2, 29, 12, 30, 15, 250_000, UTC)),
        ("DATE_AND_TIME#1999-12-31-23:59:59", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("LDT#1969-12-31-00:00", datetime(1969, 12, 31, tzinfo=UTC)),
    ],
)
def test_that_a_date_and_time_falls_apart_into_its_day_and_time(literal: str, moment: datetime) -> None:
    body = f"t := {literal}; d := DT_TO_DATE(t); c := DT_TO_TOD(t); back := CONCAT_DATE_TOD(d, c);"
    body += "w := DAY_OF_WEEK(d);"
    plc = ran(
        "t, back : DT; d : DATE; c : TOD; w : USINT; s : STRING; n : LINT;",
        body + "s := DT_TO_STRING(t); n := DT_TO_LINT(t);",
    )
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    assert plc["MAIN.t"] == plc["MAIN.back"] == ns(moment)
    assert plc["MAIN.d"] == ns(midnight)
    assert plc["MAIN.c"] == ns(moment) - ns(midnight)
    assert plc["MAIN.w"] == moment.isoweekday() % 7
    assert plc["MAIN.n"] == int(moment.timestamp())
    assert ran("t : DT;", f"t := STRING_TO_DT('{plc['MAIN.s']}');")["MAIN.t"] == ns(moment)


def test_that_times_move_dates_and_a_clock_goes_on_past_midnight() -> None:
    body = """a := DT#2023-12-31-23:59:50 + T#20s; b := TOD#23:59:50 + T#20s; c := TOD#00:00:05 - T#10s;
    e := D#2024-03-01 - D#2024-02-28; f := SUB_DT_DT(a, DT#2024-01-01-00:00:00);
    g := TOD#12:00 > TOD#11:59:59.9;"""
    plc = ran("a : DT; b, c : TOD; e, f : TIME; g : BOOL;", body)
    assert plc["MAIN.a"] == ns(datetime(2024, 1, 1, 0, 0, 10, tzinfo=UTC))
    assert (plc["MAIN.b"], plc["MAIN.c"]) == (10 * S, 86_395 * S)
    assert (plc["MAIN.e"], plc["MAIN.f"], plc["MAIN.g"]) == (2 * 86_400 * S, 10 * S, True)


@pytest.mark.parametrize(
    ("declarations", "body", "words"),
    [
        ("d : DATE;", "d := D#2023-02-29;", "'D#2023-02-29' is not a date: write for example D#2024-01-31"),
        ("t : TOD;", "t := TOD#24:00:00;", "is not a time of day"),
        ("t : DT;", "t := DT#2024-01-01-12:60:00;", "is not a date and time"),
        ("t : DT;", "t := DT#3000-01-01-12:00:00;", "is outside what a date can be"),
        ("d : DATE; t : TIME;", "d := d + t;", "'+' cannot join DATE and TIME"),
        (
            "d : DATE; t : DT;",
            "d := t;",
            "for d a DATE is expected here, this is a DT. Convert it: DT_TO_DATE",
        ),
        ("s : STRING;", "s := 'abc;", "this string has no end"),
        ("s : WSTRING;", 's := "abc;', "this string has no end"),
        ("s : STRING;", 's := CONCAT(s, "a");', "CONCAT cannot join STRING and WSTRING"),
    ],
)
def test_that_a_mistake_with_a_date_or_text_is_explained(declarations: str, body: str, words: str) -> None:
    with pytest.raises(Problems) as caught:
        ran(declarations, body)
    (problem,) = caught.value.problems
    assert words in str(problem)
    assert problem.where.line == 3


def test_that_a_date_that_does_not_exist_stops_the_plc() -> None:
    assert ran("d : DATE; m : INT := 2;", "d := CONCAT_DATE(2024, m, 29);")["MAIN.d"] == ns(
        datetime(2024, 2, 29, tzinfo=UTC)
    )
    with pytest.raises(PlcError, match="there is no date 2023-2-29"):
        ran("d : DATE; m : INT := 2;", "d := CONCAT_DATE(2023, m, 29);")
