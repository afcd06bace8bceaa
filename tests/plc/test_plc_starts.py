"""Cold, warm and hot starts, and values that outlast the PLC as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st
from commissioning.plc.running.retained import FORMAT, read_retained
from commissioning.plc.running.starts import STARTS, start_effect

MS = 1_000_000
TEXT = """
TYPE Recipe : STRUCT name : STRING[20]; speeds : ARRAY[1..2] OF REAL; END_STRUCT END_TYPE
VAR_GLOBAL plain : INT := 5; input AT %IX0.0 : BOOL; END_VAR
VAR_GLOBAL RETAIN total : UDINT := 7; word AT %MW0 : WORD; low AT %MB0 : BYTE; END_VAR
VAR_GLOBAL PERSISTENT hours : LREAL := 0.5; END_VAR
FUNCTION_BLOCK Counter
VAR_INPUT go : BOOL; END_VAR
VAR edge : R_TRIG; n : INT; END_VAR
VAR RETAIN ever : INT; END_VAR
edge(CLK := go);
IF edge.Q THEN n := n + 1; ever := ever + 1; END_IF
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR c1 : Counter; scratch : INT; wait : TON; END_VAR
VAR RETAIN c2 : Counter; recipe : Recipe; on : TON; END_VAR
VAR CONSTANT RETAIN fixed : INT := 3; END_VAR
c1(go := input); c2(go := input);
scratch := scratch + 1; plain := plain + 1; total := total + 1; hours := hours + 0.25;
on(IN := input, PT := T#100ms); wait(IN := input, PT := T#100ms);
END_PROGRAM
"""


def used(text: str = TEXT) -> Plc:
    """A PLC that has run for 50 ms: an input that rose at 0 ms, six scans."""
    plc = compile_st(text).start()
    plc["input"] = True
    plc["MAIN.recipe.name"], plc["MAIN.recipe.speeds[2]"] = "Caf\u00e9", 1.5
    plc["word"] = 0x1234
    plc.run(scans=6)
    return plc


def state(plc: Plc) -> dict[str, object]:
    names = ("plain", "total", "hours", "low", "MAIN.c1.n", "MAIN.c1.ever", "MAIN.c2.n", "MAIN.c2.ever",
             "MAIN.scratch", "MAIN.recipe.name", "MAIN.recipe.speeds[2]", "input")  # fmt: skip
    return {name.removeprefix("MAIN."): plc[name] for name in names}


BEFORE = {
    "plain": 11, "total": 13, "hours": 2.0, "low": 0x34, "c1.n": 1, "c1.ever": 1, "c2.n": 1, "c2.ever": 1,
    "scratch": 6, "recipe.name": "Caf\u00e9", "recipe.speeds[2]": 1.5, "input": True,
}  # fmt: skip
ORIGIN = {
    "plain": 5, "total": 7, "hours": 0.5, "low": 0, "c1.n": 0, "c1.ever": 0, "c2.n": 0, "c2.ever": 0,
    "scratch": 0, "recipe.name": "", "recipe.speeds[2]": 0.0, "input": False,
}  # fmt: skip
RETAINED = ("total", "low", "c1.ever", "c2.n", "c2.ever", "recipe.name", "recipe.speeds[2]")


@pytest.mark.parametrize(
    ("kind", "kept"),
    [("hot", tuple(BEFORE)), ("warm", (*RETAINED, "hours")), ("cold", ("hours",)), ("origin", ())],
)
def test_that_a_start_keeps_what_it_should(kind: str, kept: tuple[str, ...]) -> None:
    """IEC 61131-3: a warm start keeps RETAIN, a cold one does not; PERSISTENT as in CODESYS."""
    plc = used()
    assert state(plc) == BEFORE
    assert plc.start(kind) is None  # type: ignore[arg-type]
    assert state(plc) == {**ORIGIN, **{name: BEFORE[name] for name in kept}}
    assert plc["MAIN.fixed"] == 3
    assert plc.now_ns == 50 * MS  # virtual time goes on


def test_that_a_retained_timer_goes_on_over_a_warm_start() -> None:
    plc = used()
    plc.start("warm")
    plc["input"] = True
    plc.run(scans=5)  # 60 .. 100 ms: `on` began at 0 ms, `wait` at 60 ms
    assert (plc["MAIN.on.Q"], plc["MAIN.wait.Q"]) == (True, False)
    plc.run(scans=6)
    assert plc["MAIN.wait.Q"] is True


def test_that_readers_and_writers_stay_good_over_a_start() -> None:
    plc = used()
    read, write = plc.reader(["MAIN.c1.n", "MAIN.scratch"]), plc.writer("plain")
    plc.start("cold")
    assert read() == (0, 0)
    write(9)
    assert plc["plain"] == 9


def test_that_a_start_wakes_what_had_settled_and_ends_a_stop() -> None:
    text = """VAR_GLOBAL d : INT; END_VAR
        PROGRAM P VAR x : INT; END_VAR IF d = 1 THEN x := 1 / x; END_IF END_PROGRAM"""
    plc = compile_st(text).start()
    for step in range(3):
        plc.scan(step * MS)
    assert plc.settled()
    plc.start("hot")
    assert not plc.settled()
    plc["d"] = 1
    with pytest.raises(PlcError):
        plc.scan(5 * MS)
    plc.start("cold")
    plc.scan(6 * MS)
    assert plc.stopped is None


def test_that_there_is_no_other_start() -> None:
    with pytest.raises(ValueError, match="a PLC starts hot, warm, cold or origin, not 'luke'"):
        used().start("luke")  # type: ignore[arg-type]


def test_that_retained_values_outlast_the_plc_as_text() -> None:
    plc = used()
    text = plc.retained()
    assert text.startswith(f"{FORMAT}\ntotal : UDINT = 13\nword : WORD = {0x1234}\nlow : BYTE = {0x34}\n")
    assert 'MAIN.recipe.name : STRING[20] = "Caf\\u00e9"\n' in text
    assert "scratch" not in text and "fixed" not in text
    fresh = plc.program.start()
    report = fresh.start("warm", text)
    assert report is not None and (report.changed, report.unknown, report.missing) == ((), (), ())
    assert state(fresh) == {**ORIGIN, **{name: BEFORE[name] for name in (*RETAINED, "hours")}}
    ages = ("MAIN.on.start", "MAIN.on.due")  # nothing began before time 0
    assert [line for line in fresh.retained().split("\n") if not line.startswith(ages)] == [
        line for line in text.split("\n") if not line.startswith(ages)
    ]


def test_that_a_cold_start_takes_only_persistent_values_of_a_text() -> None:
    plc = used()
    fresh = plc.program.start()
    report = fresh.start("cold", plc.retained())
    assert report is not None and report.taken == ("hours",)
    assert state(fresh) == {**ORIGIN, "hours": 2.0}


@pytest.mark.parametrize("later", [0, 20, 500])
def test_that_a_retained_timer_goes_on_from_the_time_that_had_passed(later: int) -> None:
    """It had run for 50 of its 100 ms. At time 0 nothing can have begun before: it runs for all of them."""
    plc = used()
    fresh = plc.program.start()
    fresh.scan(later * MS)
    fresh.start("warm", plc.retained())
    fresh["input"] = True
    passed = min(50, later)
    fresh.scan((later + 99 - passed) * MS)
    assert (fresh["MAIN.on.ET"], fresh["MAIN.on.Q"]) == (99 * MS, False)
    fresh.scan((later + 100 - passed) * MS)
    assert fresh["MAIN.on.Q"] is True


def test_that_a_timer_that_was_out_stays_out_and_falls_with_its_input() -> None:
    plc = used()
    plc.run(scans=20)
    fresh = plc.program.start()
    fresh.start("warm", plc.retained())
    assert fresh["MAIN.on.Q"] is True
    fresh["input"] = True
    fresh.scan(0)
    assert fresh["MAIN.on.Q"] is True and fresh.deadline() == 100 * MS  # `wait`
    fresh["input"] = False
    fresh.scan(MS)
    assert fresh["MAIN.on.Q"] is False


def test_that_a_clock_goes_on_from_the_time_it_showed() -> None:
    text = """PROGRAM P VAR RETAIN c : RTC; END_VAR VAR d : DT; END_VAR
        c(IN := TRUE, PDT := DT#2024-01-31-12:00:00); d := c.CDT; END_PROGRAM"""
    plc = compile_st(text).start()
    plc.scan(0)
    plc.scan(5_000 * MS)
    fresh = plc.program.start()
    fresh.start("warm", plc.retained())
    fresh.scan(0)
    assert fresh["P.d"] == plc["P.d"]
    fresh.scan(MS)
    assert fresh["P.d"] == plc["P.d"] + MS  # type: ignore[operator]


def test_that_another_program_takes_what_still_fits() -> None:
    plc = used()
    changed = TEXT.replace("total : UDINT := 7", "total : UINT := 7").replace("hours : LREAL", "days : LREAL")
    changed = changed.replace("hours", "days").replace("STRING[20]", "STRING[30]")
    fresh = compile_st(changed).start()
    report = fresh.start("warm", plc.retained())
    assert report is not None
    assert report.changed == ("total", "MAIN.recipe.name")
    assert (report.unknown, report.missing) == (("hours",), ("days",))
    assert (fresh["total"], fresh["MAIN.c2.n"]) == (7, 1)


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("", "these are no retained values", 1),
        ("total : UDINT = 1", "these are no retained values", 1),
        (f"{FORMAT}\ntotal", "'total' is no retained value", 2),
        (f"{FORMAT}\n\ntotal : UDINT = ", "is no retained value", 3),
        (f"{FORMAT}\ntotal : UDINT = [1]", "is no retained value", 2),
        (f"{FORMAT}\ntotal : UDINT = {'[' * 100_000}", "is no retained value", 2),
        (f"{FORMAT}\ntotal : UDINT = {'9' * 100_000}", "is no retained value", 2),
        (f"{FORMAT}\ntotal : UDINT = null", "is no retained value", 2),
        (f"{FORMAT}\ntotal : UDINT = __import__('os')", "is no retained value", 2),
        (f'{FORMAT}\ntotal : UDINT = "a" + "b"', "is no retained value", 2),
        (f"{FORMAT}\ntotal : UDINT = 1\nTOTAL : UDINT = 2", "TOTAL is there twice", 3),
    ],
)
def test_that_a_hostile_text_is_a_problem_and_the_plc_stays_as_it_is(
    text: str, words: str, line: int
) -> None:
    plc = used()
    before = json.dumps(plc.snapshot())
    with pytest.raises(Problems) as caught:
        plc.start("warm", text)
    assert words in caught.value.problems[0].what
    assert caught.value.problems[0].where.line == line
    assert json.dumps(plc.snapshot()) == before


@pytest.mark.parametrize("value", ["-1", "4294967296", "1.5", "true", '"1"', "Infinity", "NaN"])
def test_that_a_value_that_does_not_fit_is_told_and_left_out(value: str) -> None:
    plc = compile_st(TEXT).start()
    report = plc.start("warm", f"{FORMAT}\ntotal : UDINT = {value}\n# a comment\n")
    assert report is not None and report.changed == ("total",)
    assert plc["total"] == 7


TYPES = {
    "BOOL": st.booleans(), "INT": st.integers(-(2**15), 2**15 - 1), "ULINT": st.integers(0, 2**64 - 1),
    "LREAL": st.floats(allow_nan=False).map(lambda x: x + 0.0), "STRING[40]": st.text(max_size=40),
    "TIME": st.integers(-(2**63), 2**63 - 1),
}  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_that_any_value_comes_back(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=5))
    declared = " ".join(f"v{n} : {name};" for n, name in enumerate(names))
    program = compile_st(f"VAR_GLOBAL RETAIN {declared} END_VAR PROGRAM P END_PROGRAM")
    plc = program.start()
    values = [data.draw(TYPES[name]) for name in names]
    for n, value in enumerate(values):
        plc[f"v{n}"] = value  # type: ignore[assignment]
    fresh = program.start()
    fresh.start("warm", plc.retained())
    assert [fresh[f"v{n}"] for n in range(len(names))] == values


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(st.text(max_size=200), st.from_regex(r"[\w.]{1,5} : (INT|BOOL|TIME) = .{0,8}", fullmatch=True))
)
def test_that_any_text_is_read_or_a_problem(text: str) -> None:
    try:
        read_retained(f"{FORMAT}\n{text}")
    except Problems as problems:
        assert all(problem.where.line > 1 for problem in problems.problems)


def test_that_initial_values_that_are_worked_out_are_worked_out_anew() -> None:
    """FB_init runs again, and a pointer leads to its variable; what is retained keeps its value."""
    text = """
    VAR_GLOBAL x : INT := 4; END_VAR
    FUNCTION_BLOCK Box
    VAR_OUTPUT k : INT; END_VAR
    VAR RETAIN ever : INT; END_VAR
    METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; END_VAR
    WHILE k < 3 DO k := k + 1; END_WHILE
    ever := ever + 1;
    END_METHOD
    k := k + 1; ever := ever + 10;
    END_FUNCTION_BLOCK
    PROGRAM P VAR b : Box; p : POINTER TO INT := ADR(x); n : INT; END_VAR
    b(); n := p^; p := ADR(n); END_PROGRAM"""
    plc = compile_st(text).start()
    assert (plc["P.b.k"], plc["P.b.ever"]) == (3, 1)
    plc.scan(0)
    assert (plc["P.b.k"], plc["P.b.ever"], plc["P.n"]) == (4, 11, 4)
    plc["x"] = 9
    plc.start("warm")
    assert (plc["P.b.k"], plc["P.b.ever"], plc["x"]) == (3, 11, 4)
    plc.scan(MS)
    assert plc["P.n"] == 4  # by the pointer, which leads to x again


def test_that_a_start_that_fails_stops_the_plc() -> None:
    text = """FUNCTION_BLOCK Box
    METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; END_VAR
    WHILE TRUE DO END_WHILE
    END_METHOD
    END_FUNCTION_BLOCK
    PROGRAM P VAR b : Box; END_VAR END_PROGRAM"""
    plc = compile_st(text).start()
    for _ in range(2):
        with pytest.raises(PlcError, match="watchdog"):
            plc.scan(0)
        plc.start("warm")


@pytest.mark.parametrize("kind", STARTS)
def test_that_what_a_start_would_do_is_what_it_does(kind: str) -> None:
    plc = used()
    effect = start_effect(plc.program, kind)
    before, fresh = state(plc), state(plc.program.start())
    plc.start(kind)  # type: ignore[arg-type]
    after = state(plc)
    full = {path.removeprefix("MAIN."): path for path in (*effect.kept, *effect.anew)}
    for name, value in after.items():
        whole = next(path for path in full if name == path or name.startswith((f"{path}.", f"{path}[")))
        assert value == (before if full[whole] in effect.kept else fresh)[name], name
    lost = {
        "hot": [],
        "warm": [],
        "cold": ["total", "word", "low"],
        "origin": ["total", "word", "low", "hours"],
    }
    assert [path for path in effect.lost if "." not in path] == lost[kind]
    assert not set(effect.kept) & set(effect.anew) and set(effect.lost) <= set(effect.anew)


def test_that_an_unknown_start_is_told() -> None:
    with pytest.raises(ValueError, match="a PLC starts hot, warm, cold or origin, not 'luke'"):
        start_effect(compile_st(TEXT), "luke")
