"""What programs of CODESYS 2, of matiec and of other tools write: lists of values without brackets,
hierarchical addresses, blocks and functions by the names of standard ones, dates counted in numbers."""

from __future__ import annotations

import time

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_project, compile_st
from commissioning.plc.generation.layout import leaf_types, parts

MS = 1_000_000


def ran(declared: str, body: str, before: str = "", dialect: str = "codesys", scans: int = 1) -> Plc:
    text = f"{before} PROGRAM m VAR {declared} END_VAR {body} END_PROGRAM"
    plc = compile_st({"m.st": text}, dialect).start()
    for scan in range(scans):
        plc.scan(scan * 10 * MS)
    return plc


def test_that_values_of_an_array_need_no_brackets() -> None:
    before = """TYPE t : STRUCT f : ARRAY[0..4] OF DINT := 1, 1, 2, 2(6);
    n : ARRAY[1..2, 1..2] OF STRING(2) :=
    'ab', 'c', 'd', 'e'; END_STRUCT END_TYPE"""
    plc = ran("a : ARRAY[1..7] OF BYTE := 1,3,7; b : ARRAY[1..3] OF INT := 3(9); c : t;", "", before)
    assert [plc[f"m.a[{k}]"] for k in (1, 2, 3, 4)] == [1, 3, 7, 0]
    assert [plc[f"m.b[{k}]"] for k in (1, 2, 3)] == [9, 9, 9]
    assert [plc[f"m.c.f[{k}]"] for k in range(5)] == [1, 1, 2, 6, 6]
    assert (plc["m.c.n[1,2]"], plc["m.c.n[2,1]"]) == ("c", "d")


def test_that_too_many_values_without_brackets_are_told() -> None:
    with pytest.raises(Problems, match=r"ARRAY\[1\.\.2\] OF INT has 2 elements"):
        ran("a : ARRAY[1..2] OF INT := 1, 2, 3;", "")


@pytest.mark.parametrize("dialect", ["iec", "codesys"])
def test_that_levels_of_an_address_are_areas_of_their_own(dialect: str) -> None:
    declared = """flat AT %IW1 : INT; low AT %IW0.1 : INT; whole AT %ID2.0 : DWORD; upper AT %IW2.1 : WORD;
    bit AT %IX2.3.1 : BOOL; other AT %IX3.3.1 : BOOL; seen : WORD;"""
    plc = compile_st(
        {"m.st": f"PROGRAM m VAR {declared} END_VAR seen := upper; END_PROGRAM"}, dialect
    ).start()
    plc["m.whole"] = 0x0A00_0000
    plc.scan(0)
    assert (plc["m.flat"], plc["m.low"], plc["m.seen"]) == (0, 0, 0x0A00)
    assert (plc["m.bit"], plc["m.other"]) == (True, False)


def test_that_a_flat_address_and_a_hierarchical_one_share_nothing() -> None:
    plc = ran("a AT %MW4 : WORD; b AT %MW0.4 : WORD; c AT %MB8 : BYTE;", "b := 16#1234; a := 16#ABCD;")
    assert (plc["m.a"], plc["m.b"], plc["m.c"]) == (0xABCD, 0x1234, 0xCD)


OWN = """
FUNCTION_BLOCK TON VAR_INPUT IN : BOOL; PT : INT; END_VAR VAR_OUTPUT Q : BOOL; ET : INT; END_VAR
IF IN THEN ET := ET + 1; Q := ET >= PT; ELSE ET := 0; Q := FALSE; END_IF END_FUNCTION_BLOCK
FUNCTION MAX : INT VAR_INPUT a, b : INT; END_VAR MAX := a * 100 + b; END_FUNCTION
FUNCTION INT_TO_STRING : STRING VAR_INPUT a : INT; END_VAR INT_TO_STRING := 'own'; END_FUNCTION
FUNCTION_BLOCK SEL VAR_INPUT a : INT; END_VAR VAR_OUTPUT b : INT; END_VAR b := a + 1; END_FUNCTION_BLOCK
TYPE LIMIT : STRUCT low : INT; END_STRUCT END_TYPE
"""


@pytest.mark.parametrize("dialect", ["iec", "codesys"])
def test_that_a_program_may_have_its_own_of_every_standard_block_and_function(dialect: str) -> None:
    declared = "t : TON; x : INT; s : STRING; SEL : SEL; l : LIMIT; r : R_TRIG;"
    body = "t(IN := TRUE, PT := 2); x := MAX(t.ET, 5); s := INT_TO_STRING(5); SEL(a := 3); l.low := SEL.b;"
    plc = ran(declared, body, OWN, dialect, scans=3)
    assert (plc["m.t.Q"], plc["m.t.ET"], plc["m.x"], plc["m.s"], plc["m.l.low"]) == (True, 3, 305, "own", 4)


def test_that_taking_the_place_of_a_standard_block_is_told() -> None:
    found = compile_st({"m.st": OWN + "\nPROGRAM m END_PROGRAM"}).notices
    assert [(n.where.line, n.what.split(",")[0]) for n in found] == [
        (2, "TON takes the place of the standard block of that name"),
        (4, "MAX takes the place of the standard function of that name"),
        (5, "INT_TO_STRING takes the place of the standard function of that name"),
        (6, "SEL takes the place of the standard function of that name"),
    ]


def test_that_the_debugger_shows_a_call_with_own_blocks_by_a_standard_name() -> None:
    own = (
        OWN
        + """FUNCTION_BLOCK f VAR t : ARRAY[1..2] OF TON; n : INT; END_VAR
    t[1](IN := TRUE, PT := 1);
    n := t[1].ET;
    END_FUNCTION_BLOCK
    """
    )
    plc = compile_st({"m.st": own + "PROGRAM m VAR x : f; END_VAR x(); END_PROGRAM"}).start()
    with plc.debug() as debugger:
        debugger.stop_at(10)
        assert debugger.run() is not None
        assert {v.name: v.value for v in debugger.locals()} == {"n": 0}


COUNTED = [
    ("d : DT := DT#1970-01-02-00:00:05; n : UDINT;", "n := d;", 86_405),
    ("u : UDINT := 86405; d : DT; n : UDINT;", "d := u; n := DT_TO_UDINT(d);", 86_405),
    ("u : UDINT := 86405; n : UDINT;", "n := DT_TO_TOD(u);", 5_000),
    ("t : TIME := T#2s; n : DWORD;", "n := t;", 2_000),
    ("t : TOD := TOD#00:00:02; u : UDINT := 1999; n : BOOL;", "n := t > u;", True),
    ("t : TOD := TOD#00:00:02; u : UDINT := 2000; n : BOOL;", "n := t > u;", False),
]


@pytest.mark.parametrize("declared, body, wanted", COUNTED)
def test_that_makers_count_dates_and_times_in_numbers_with_a_warning(
    declared: str, body: str, wanted: int
) -> None:
    text = f"PROGRAM m VAR {declared} END_VAR {body} END_PROGRAM"
    program = compile_st({"m.st": text}, "codesys")
    assert "the number counts" in program.notices[0].what
    plc = program.start()
    plc.scan(0)
    assert plc["m.n"] == wanted
    with pytest.raises(Problems):
        compile_st({"m.st": text}, "iec")


def test_that_a_number_written_down_is_no_duration() -> None:
    with pytest.raises(Problems, match="a TIME is expected"):
        ran("t : TIME;", "t := 5;")


def test_that_the_stub_of_a_reference_can_be_read() -> None:
    text = """PROGRAM m VAR r : REF_TO ARRAY[0..9] OF BYTE; n : INT; END_VAR n := store(1, r); END_PROGRAM"""
    assert "REF_TO ARRAY[0..9] OF BYTE" in compile_st({"m.st": text}, "codesys", stubs=True).stubs["stubs.st"]


ATTEMPTS = """
INTERFACE one END_INTERFACE
INTERFACE two METHOD n : INT END_METHOD END_INTERFACE
INTERFACE three END_INTERFACE
CLASS base IMPLEMENTS one, two METHOD n : INT n := 5; END_METHOD END_CLASS
CLASS derived EXTENDS base END_CLASS
"""


@pytest.mark.parametrize("dialect", ["iec", "codesys"])
def test_that_an_assignment_may_be_attempted(dialect: str) -> None:
    declared = """b : base; d : derived; i1 : one; i2 : two; i3 : three; n : INT; r : ARRAY[1..4] OF BOOL;
    to_base, to_other : REF_TO base; r1, r2 : REF_TO derived;"""
    body = """i1 := b; i2 ?= i1; i3 ?= i1; to_base := REF(b); to_other := REF(d); r1 ?= to_base;
    r2 ?= to_other;
    r[1] := i2 <> NULL; r[2] := i3 <> NULL; r[3] := r1 <> NULL; r[4] := r2 <> NULL; n := i2.n();"""
    plc = ran(declared, body, ATTEMPTS, dialect)
    assert [plc[f"m.r[{k}]"] for k in (1, 2, 3, 4)] == [True, False, False, True]
    assert plc["m.n"] == 5


def test_that_an_attempt_needs_an_interface_or_a_pointer() -> None:
    with pytest.raises(Problems, match="an interface is expected here, this is an INT"):
        ran("b : base; n : INT;", "n ?= b;", ATTEMPTS)


def test_that_a_program_keeps_its_in_out_itself_where_nothing_calls_it() -> None:
    text = "PROGRAM m VAR_IN_OUT x : INT; END_VAR x := x + 1; END_PROGRAM"
    program = compile_st({"m.st": text})
    assert "no task gives a PROGRAM its VAR_IN_OUT" in program.notices[0].what
    plc = program.start()
    for scan in range(3):
        plc.scan(scan * 10 * MS)
    assert plc["m.x"] == 3
    with pytest.raises(Problems, match="no caller that could give it a VAR_IN_OUT"):
        compile_st({"m.st": text}, "codesys")


def test_that_pointers_to_large_arrays_cost_no_time() -> None:
    body = "".join(f"p^[{k}] := p^[{k + 1}]; n := q^.a[{k}];" for k in range(300))
    declared = "p : POINTER TO ARRAY[0..32000] OF BYTE; q : POINTER TO t; n : INT; a : ARRAY[0..9] OF BYTE;"
    before = "TYPE t : STRUCT a : ARRAY[0..20000] OF INT; END_STRUCT END_TYPE"
    started = time.process_time()
    ran(declared, "p := ADR(a); IF FALSE THEN " + body + "END_IF", before)
    assert time.process_time() - started < 3  # it took 12 s while every use made all its cells anew


def test_that_the_types_of_all_cells_are_those_of_its_parts() -> None:
    text = """TYPE s : STRUCT a : ARRAY[1..2, 0..1] OF INT; t : STRING(3); e : ARRAY[1..2] OF s2; END_STRUCT;
    s2 : STRUCT b : BOOL; x : REAL; END_STRUCT END_TYPE"""
    body = "PROGRAM m VAR v : ARRAY[1..3] OF s; p : POINTER TO ARRAY[1..3] OF s; END_VAR v := p^; END_PROGRAM"
    program = compile_st({"m.st": f"{text} {body}"})
    type_ = next(window.type for window in program.windows if window.type.kind == "array")
    assert leaf_types(type_) == tuple(leaf for _, _, leaf in parts(type_, "", 0))
    assert len(leaf_types(type_)) == 3 * 9


def test_that_constants_of_a_block_may_stand_behind_their_use() -> None:
    text = """FUNCTION_BLOCK f VAR_INPUT i : INT; END_VAR
    VAR a : ARRAY[0..n] OF INT := [5(7)]; s : STRING(m); END_VAR
    VAR CONSTANT n : INT := m * 2; END_VAR VAR_OUTPUT o : INT; END_VAR VAR CONSTANT m : INT := 2; END_VAR
    a[n] := i; s := 'abc'; o := a[n] + LEN(s); END_FUNCTION_BLOCK
    PROGRAM m VAR b : f; x : INT; END_VAR b(30); x := b.o; END_PROGRAM"""
    plc = compile_st({"m.st": text}).start()
    plc.scan(0)
    assert (plc["m.x"], plc["m.b.a[3]"], plc["m.b.a[4]"]) == (32, 7, 30)


def test_that_a_program_may_have_globals() -> None:
    text = """FUNCTION_BLOCK f VAR_EXTERNAL g : INT; END_VAR g := g + 1; END_FUNCTION_BLOCK
    PROGRAM p VAR x : INT; b : f; END_VAR
    VAR_GLOBAL CONSTANT n : INT := 5; END_VAR
    VAR_GLOBAL g : INT := n; t : TON; END_VAR
    b(); x := g; t(IN := TRUE, PT := T#0s); END_PROGRAM"""
    for dialect in ("iec", "codesys", "twincat"):
        plc = compile_st({"p.st": text}, dialect).start()
        plc.scan(0)
        assert plc["p.x"] == 6
    with pytest.raises(Problems, match="VAR_GLOBAL stands inside a FUNCTION_BLOCK"):
        compile_st({"p.st": "FUNCTION_BLOCK f VAR_GLOBAL g : INT; END_VAR END_FUNCTION_BLOCK"})


def test_that_what_an_assignment_attempt_goes_into_is_an_interface() -> None:
    text = """INTERFACE i END_INTERFACE
    PROGRAM p VAR a : i; b : i_unknown; END_VAR b ?= a; END_PROGRAM"""
    compile_project({"p.st": text}, dialect="iec", stubs=True)


EXPORTED = """FUNCTION_BLOCK twice
VAR_INPUT i : INT; END_VAR
VAR_OUTPUT o : INT; END_VAR
METHOD PUBLIC doubled : INT
doubled := 2 * i;
END_METHOD
o := doubled();
"""
NO_END = "the FUNCTION_BLOCK of line 1 has no END_FUNCTION_BLOCK"
OPEN = [
    ("METHOD m : INT m := 1;", ["the METHOD of line 1 has no END_METHOD", NO_END]),
    ("IF i > 0 THEN o := 1; END_IF", [NO_END]),
    ("o := i; // the end", [NO_END]),
]


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_the_end_of_a_file_ends_what_is_open_there(dialect: str) -> None:
    files = {"twice.st": EXPORTED, "p.st": "PROGRAM p VAR t : twice; x : INT; END_VAR t(i := 4, o => x);"}
    plc = compile_st(files, dialect).start()
    plc.scan(0)
    assert plc["p.x"] == 8
    assert [str(notice) for notice in plc.program.notices] == [
        "p.st:1:61: the PROGRAM of line 1 has no END_PROGRAM. The file ends it.",
        "twice.st:7:16: the FUNCTION_BLOCK of line 1 has no END_FUNCTION_BLOCK. The file ends it.",
    ]


@pytest.mark.parametrize("body, told", OPEN)
def test_that_each_thing_that_the_end_of_a_file_ends_is_told(body: str, told: list[str]) -> None:
    text = "FUNCTION_BLOCK f VAR_INPUT i : INT; END_VAR VAR_OUTPUT o : INT; END_VAR " + body
    program = compile_st({"f.st": text, "p.st": "PROGRAM p VAR b : f; END_VAR b(); END_PROGRAM"}, "codesys")
    assert [notice.what for notice in program.notices] == told


@pytest.mark.parametrize("body", ["IF i > 0 THEN o := 1;", "o := i", "(* no end", "o := (i;", "VAR k : INT;"])
def test_that_the_end_of_a_file_ends_nothing_else(body: str) -> None:
    text = "FUNCTION_BLOCK f VAR_INPUT i : INT; END_VAR VAR_OUTPUT o : INT; END_VAR " + body
    with pytest.raises(Problems):
        compile_st({"f.st": text, "p.st": "PROGRAM p VAR b : f; END_VAR b(); END_PROGRAM"}, "codesys")


def test_that_the_standard_asks_for_the_end_of_a_pou() -> None:
    with pytest.raises(Problems, match="the PROGRAM of line 1 is not closed"):
        compile_st({"p.st": "PROGRAM p VAR x : INT; END_VAR x := 1;"}, "iec")
