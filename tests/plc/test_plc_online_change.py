"""Online change: another program between two scans, with the values of the old one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.plc import Plc, PlcError, TaskSpec, compile_st
from commissioning.plc.running.online_change import OnlineChange

MS = 1_000_000
TEXT = """
TYPE Pair : STRUCT a : INT := 1; b : REAL; END_STRUCT Colour : (red, green); END_TYPE
VAR_GLOBAL total : DINT := 3; shade : Colour; spot AT %MW0 : WORD; low AT %MB0 : BYTE; pair : Pair; END_VAR
VAR_GLOBAL CONSTANT speed : INT := 10; END_VAR
FUNCTION_BLOCK Zone
VAR_INPUT go : BOOL; END_VAR
VAR n : INT; edge : R_TRIG; END_VAR
edge(CLK := go);
IF edge.Q THEN n := n + 1; END_IF
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR on : BOOL; z : Zone; zones : ARRAY[1..2] OF Zone; t : TON; rows : ARRAY[0..3] OF INT; END_VAR
VAR text : STRING; END_VAR
z(go := on); zones[1](go := on); zones[2](go := NOT on);
t(IN := on, PT := T#100ms);
total := total + speed; rows[2] := rows[2] + 1;
END_PROGRAM
"""


def running(text: str = TEXT) -> Plc:
    """After six scans, 0 to 50 ms, with `on`."""
    plc = compile_st(text).start()
    plc["MAIN.on"] = True
    plc["MAIN.text"], plc["spot"], plc["shade"], plc["pair.b"] = "kept", 0x1234, 1, 2.5
    plc.run(scans=6)
    return plc


def changed(plc: Plc, *edits: tuple[str, str]) -> OnlineChange:
    text = TEXT
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return plc.online_change(compile_st(text))


def values(plc: Plc) -> dict[str, object]:
    names = ("total", "shade", "spot", "low", "pair.a", "pair.b", "MAIN.on", "MAIN.z.n", "MAIN.zones[1].n",
             "MAIN.zones[2].n", "MAIN.t.ET", "MAIN.rows[2]", "MAIN.text")  # fmt: skip
    return {name: plc[name] for name in names}


def test_that_a_change_of_statements_keeps_every_value() -> None:
    plc, reference = running(), running()
    report = changed(plc, ("rows[2] := rows[2] + 1;", "rows[2] := rows[2] + 2;"))
    assert values(plc) == values(reference)
    assert (report.new, report.removed, report.changed, report.released) == ((), (), (), ())
    assert set(report.kept) == {
        "total", "shade", "spot", "low", "pair", "MAIN.on", "MAIN.z.go", "MAIN.z.n", "MAIN.z.edge",
        "MAIN.zones", "MAIN.zones[1].go", "MAIN.zones[1].n", "MAIN.zones[1].edge",
        "MAIN.zones[2].go", "MAIN.zones[2].n", "MAIN.zones[2].edge", "MAIN.t", "MAIN.rows", "MAIN.text",
    }  # fmt: skip
    plc.run(scans=1)
    reference.run(scans=1)
    assert plc["MAIN.rows[2]"] == reference["MAIN.rows[2]"] + 1  # type: ignore[operator]
    assert plc["MAIN.z.n"] == 1  # no second edge


def test_that_timers_keep_running() -> None:
    plc = running()
    changed(plc, ("rows[2] := rows[2] + 1;", ""))
    assert plc["MAIN.t.ET"] == 50 * MS
    plc.run_until(lambda: plc["MAIN.t.Q"], "1 s")
    assert plc.now_ns == 100 * MS


def test_that_a_block_that_gains_and_loses_members_keeps_the_others() -> None:
    plc = running()
    more = "VAR more : REAL := 1.5; edge : R_TRIG; n : INT; last : TON; END_VAR"
    report = changed(plc, ("VAR n : INT; edge : R_TRIG; END_VAR", more))
    assert (plc["MAIN.z.n"], plc["MAIN.zones[1].n"], plc["MAIN.z.more"]) == (1, 1, 1.5)
    assert report.new[:2] == ("MAIN.z.more", "MAIN.z.last")
    back = plc.online_change(compile_st(TEXT))
    assert back.removed[:2] == ("MAIN.z.more", "MAIN.z.last")
    assert plc["MAIN.z.n"] == 1
    plc.run(scans=1)
    assert plc["MAIN.z.n"] == 1


def test_that_variables_of_another_type_begin_anew() -> None:
    plc = running()
    report = changed(plc, ("total : DINT := 3", "total : LINT := 4"), ("text : STRING;", "text : STRING[5];"),
                     ("t : TON;", "t : TOF;"), ("(red, green)", "(red, green, blue)"))  # fmt: skip
    told = [(one.path, one.before, one.after) for one in report.changed]
    assert told == [("total", "DINT", "LINT"), ("MAIN.t", "TON", "TOF"), ("MAIN.text", "STRING", "STRING[5]")]
    assert (plc["total"], plc["MAIN.text"], plc["MAIN.t.ET"], plc["shade"]) == (4, "", 0, 1)
    assert "3 of another type (total: DINT is now LINT, MAIN.t: TON is now TOF" in str(report)


def test_that_an_instance_of_another_type_begins_anew_with_all_that_is_in_it() -> None:
    plc = running()
    text = TEXT.replace("z : Zone; zones", "z : Other; zones") + TEXT[
        TEXT.index("FUNCTION_BLOCK Zone") : TEXT.index("PROGRAM MAIN")
    ].replace("BLOCK Zone", "BLOCK Other")
    report = plc.online_change(compile_st(text))
    assert [(one.path, one.before, one.after) for one in report.changed] == [("MAIN.z", "Zone", "Other")]
    assert (plc["MAIN.z.n"], plc["MAIN.zones[1].n"]) == (0, 1)
    assert not any(path.startswith("MAIN.z.") for path in (*report.kept, *report.new, *report.removed))


def test_that_structures_and_arrays_keep_the_elements_that_are_still_there() -> None:
    plc = running()
    report = changed(plc, ("a : INT := 1; b : REAL;", "b : REAL; c : INT := 7; a : DINT := 9;"),
                     ("ARRAY[0..3] OF INT", "ARRAY[2..5] OF INT"))  # fmt: skip
    assert [plc[f"pair.{name}"] for name in "abc"] == [9, 2.5, 7]
    assert [plc[f"MAIN.rows[{n}]"] for n in range(2, 6)] == [6, 0, 0, 0]
    assert [(one.path, one.after) for one in report.changed] == [("pair.a", "DINT")]
    assert set(report.new) == {"pair.c", "MAIN.rows[4]", "MAIN.rows[5]"}
    assert set(report.removed) == {"MAIN.rows[0]", "MAIN.rows[1]"}


def test_that_bits_that_lie_elsewhere_now_keep_their_values() -> None:
    plc = running()
    changed(plc, ("spot AT %MW0 : WORD; low AT %MB0 : BYTE;", "low AT %MB8 : BYTE; spot AT %MW0 : WORD;"))
    assert (plc["spot"], plc["low"]) == (0x1234, 0x34)


def test_that_a_constant_has_the_value_of_the_new_program() -> None:
    plc = running()
    before = plc["total"]
    changed(plc, ("speed : INT := 10;", "speed : INT := 100;"))
    plc.run(scans=1)
    assert plc["total"] == before + 100  # type: ignore[operator]


def test_that_readers_and_writers_of_before_do_not_read_or_write_something_else() -> None:
    plc = running()
    read, several, write = plc.reader(["total"]), plc.reader(["MAIN.z.n", "MAIN.on"]), plc.writer("total")
    plc.online_change(compile_st(TEXT + " "))
    for call in (read, several, lambda: write(5)):
        with pytest.raises(IndexError):
            call()


def test_that_forces_stay_where_the_variable_does() -> None:
    plc = running()
    plc.force("MAIN.text", "held")
    plc.force("MAIN.rows[2]", 5)
    report = changed(plc, ("VAR text : STRING; END_VAR", ""))
    assert report.released == ("MAIN.text",)
    assert dict(plc.forced) == {"MAIN.rows[2]": 5}
    plc.run(scans=1)
    assert plc["MAIN.rows[2]"] == 5


def test_that_tasks_go_on_by_their_names() -> None:
    programs = (
        "PROGRAM A VAR n : INT; END_VAR n := n + 1; END_PROGRAM PROGRAM B VAR n : INT; END_VAR n := n + 1; "
    )
    programs += "END_PROGRAM VAR_GLOBAL go, halt : BOOL; END_VAR"
    tasks = [TaskSpec("a", "A", 10 * MS), TaskSpec("b", "B", trigger="go")]
    plc = compile_st(programs, tasks=tasks).start()
    plc.run(scans=3)
    plc["go"] = True
    assert plc.triggered(1)
    plc.online_change(compile_st(programs, tasks=[tasks[1], TaskSpec("a", "A", 10 * MS, 5)]))
    assert plc.triggered(0)  # it has not been answered yet
    assert plc.scans(1) == 3
    plc.run(scans=1)
    assert (plc["A.n"], plc["B.n"], plc.now_ns) == (4, 1, 30 * MS)
    slower = [TaskSpec("a", "A", 25 * MS), TaskSpec("b", "B", trigger="halt")]
    plc.online_change(compile_st(programs, tasks=slower))
    plc.run(scans=1)
    assert (plc["A.n"], plc["B.n"], plc.now_ns) == (5, 1, 50 * MS)


def test_that_a_stopped_plc_stays_stopped_until_it_is_started() -> None:
    text = "PROGRAM P VAR n : INT := 4; z : INT; END_VAR n := n + 1; z := n / z; END_PROGRAM"
    plc = compile_st(text).start()
    with pytest.raises(PlcError):
        plc.scan(0)
    plc.online_change(compile_st(text.replace("n / z", "n")))
    with pytest.raises(PlcError):
        plc.scan(MS)
    plc.start("hot")
    plc.scan(MS)
    assert (plc["P.n"], plc["P.z"]) == (6, 6)


KINDS = {
    "BOOL": True,
    "INT": 5,
    "REAL": 1.5,
    "STRING[9]": "x",
    "TON": None,
    "ARRAY[1..2] OF DINT": None,
    "Pair": None,
}
VARIABLES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(sorted(KINDS)), max_size=8)


@settings(deadline=None, max_examples=80)
@given(VARIABLES, VARIABLES)
def test_that_what_is_kept_is_what_has_the_same_path_and_type(
    before: dict[str, str], after: dict[str, str]
) -> None:
    types = "TYPE Pair : STRUCT x : INT; y : BOOL; END_STRUCT END_TYPE "

    def program(names: dict[str, str]) -> str:
        declared = " ".join(f"{name} : {kind};" for name, kind in names.items())
        return f"{types} PROGRAM P VAR {declared} END_VAR END_PROGRAM"

    plc = compile_st(program(before)).start()
    for name, kind in before.items():
        if KINDS[kind] is not None:
            plc[f"P.{name}"] = KINDS[kind]  # type: ignore[assignment]
    report = plc.online_change(compile_st(program(after)))
    both = before.keys() & after.keys()
    same = {name for name in both if before[name] == after[name]}
    assert set(report.kept) == {f"P.{name}" for name in same}
    assert {one.path for one in report.changed} == {f"P.{name}" for name in both - same}
    assert set(report.new) == {f"P.{name}" for name in after.keys() - before.keys()}
    assert set(report.removed) == {f"P.{name}" for name in before.keys() - after.keys()}
    for name in same:
        if KINDS[after[name]] is not None:
            assert plc[f"P.{name}"] == KINDS[after[name]]


@pytest.mark.parametrize("seed", range(20))
def test_that_a_change_to_the_same_statements_goes_on_bit_for_bit(seed: int) -> None:
    """Changed at a random time into a program whose memory lies otherwise, beside one that is not changed."""
    other = TEXT.replace("VAR on : BOOL;", "VAR first : LINT; on : BOOL;").replace(
        "VAR n : INT; edge", "VAR pad : ARRAY[0..4] OF INT; n : INT; edge"
    )
    rng = random.Random(seed)
    plc, reference = compile_st(TEXT).start(), compile_st(TEXT).start()
    cut = rng.randrange(1, 60)
    for step in range(60):
        if step == cut:
            plc.online_change(compile_st(other))
        if rng.random() < 0.3:
            plc["MAIN.on"] = reference["MAIN.on"] = rng.random() < 0.5
        plc.run(scans=1)
        reference.run(scans=1)
        assert values(plc) == values(reference)


POINTERS = """
VAR_GLOBAL a, b : INT; rows : ARRAY[0..3] OF INT; END_VAR
FUNCTION_BLOCK Box VAR_OUTPUT n : INT; END_VAR END_FUNCTION_BLOCK
PROGRAM P
VAR x : Box; p, q, gone : POINTER TO INT; r : REFERENCE TO INT; whole : POINTER TO Box; END_VAR
VAR first : BOOL := TRUE; END_VAR
IF first THEN
  first := FALSE; p := ADR(b); q := ADR(rows[2]); gone := ADR(a); r REF= x.n; whole := ADR(x);
END_IF
p^ := p^ + 1; q^ := q^ + 10; r := r + 100;
END_PROGRAM
"""


def test_that_pointers_and_references_lead_to_the_same_variables() -> None:
    plc = compile_st(POINTERS).start()
    plc.run(scans=2)
    moved = POINTERS.replace("VAR_GLOBAL a, b : INT;", "VAR_GLOBAL more : LREAL; b : INT;").replace(
        "VAR_OUTPUT n : INT;", "VAR_OUTPUT room : ARRAY[1..9] OF LINT; n : INT;"
    )
    plc.online_change(compile_st(moved.replace("gone := ADR(a); ", "")))
    assert plc["P.gone"] == 0
    assert plc["P.whole"] == plc.space.address(plc._memories[2], -1)  # type: ignore[union-attr]
    plc.run(scans=1)
    assert (plc["b"], plc["rows[2]"], plc["P.x.n"]) == (3, 30, 300)
