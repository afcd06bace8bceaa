"""R_EDGE and F_EDGE: inputs that their own block sees as an edge."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st

BLOCK = """FUNCTION_BLOCK Count
VAR_INPUT up : BOOL R_EDGE; down : BOOL F_EDGE; END_VAR
VAR_OUTPUT ups, downs, calls : INT; END_VAR
IF up THEN ups := ups + 1; END_IF
IF down THEN downs := downs + 1; END_IF
calls := calls + 1;
END_FUNCTION_BLOCK
"""
MAIN = "PROGRAM MAIN VAR c : Count; x : BOOL; END_VAR c(up := x, down := x); END_PROGRAM"
LEVELS = [False, True, True, False, False, True, False]


def plc_of(text: str, dialect: str = "iec") -> Plc:
    return compile_st({"m.st": text}, dialect).start()


def fed(plc: Plc, levels: list[bool], start: int = 0) -> tuple[list[object], list[object]]:
    """How often each edge was seen after each scan."""
    ups, downs = [], []
    for scan, level in enumerate(levels, start):
        plc["MAIN.x"] = level
        plc.scan(scan)
        ups.append(plc["MAIN.c.ups"])
        downs.append(plc["MAIN.c.downs"])
    return ups, downs


def test_that_a_block_sees_one_scan_of_each_edge() -> None:
    # by hand: rises in scans 1 and 5, falls in 3 and 6; edition 3 lets F_TRIG fire in its first scan too
    ups, downs = fed(plc_of(BLOCK + MAIN), LEVELS)
    assert ups == [0, 1, 1, 1, 1, 2, 2]
    assert downs == [1, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_nothing_has_fallen_in_the_first_scan_of_the_makers(dialect: str) -> None:
    _, downs = fed(plc_of(BLOCK + MAIN, dialect), LEVELS)
    assert downs == [0, 0, 0, 1, 1, 1, 2]


def test_that_it_does_what_an_instance_of_the_trigger_does() -> None:
    spelled = BLOCK.replace(" R_EDGE", "").replace(" F_EDGE", "").replace(
        "END_VAR\nIF up", "END_VAR VAR r : R_TRIG; f : F_TRIG; END_VAR\nr(CLK := up); f(CLK := down);\nIF up"
    )  # fmt: skip
    spelled = spelled.replace("IF up", "IF r.Q").replace("IF down", "IF f.Q")
    levels = [bool(1 << k & 0b1011_0010_1110_0101) for k in range(16)]
    assert fed(plc_of(BLOCK + MAIN), levels) == fed(plc_of(spelled + MAIN), levels)


def test_that_outside_the_input_is_the_value_that_it_was_given() -> None:
    plc = plc_of(BLOCK + MAIN.replace("END_VAR", "seen : BOOL; END_VAR").replace("x);", "x); seen := c.up;"))
    fed(plc, [True, True])
    assert plc["MAIN.c.up"] is True  # as a watch table sees it; no edge any more
    assert plc["MAIN.seen"] is True  # as the caller sees it


def test_that_a_program_has_edges_too_and_its_methods_see_them() -> None:
    text = """PROGRAM MAIN
    VAR_INPUT start : BOOL R_EDGE; END_VAR
    VAR n, k : INT; END_VAR
    METHOD Look
      IF start THEN k := k + 1; END_IF
    END_METHOD
    IF THIS^.start THEN n := n + 1; END_IF
    Look();
    END_PROGRAM"""
    plc = plc_of(text)
    for scan, level in enumerate([True, True, False, True]):
        plc["MAIN.start"] = level
        plc.scan(scan)
    assert (plc["MAIN.n"], plc["MAIN.k"]) == (2, 2)


def test_that_a_derived_block_sees_the_edges_that_it_inherits() -> None:
    text = (
        BLOCK
        + """FUNCTION_BLOCK Twice EXTENDS Count
    VAR_INPUT more : BOOL R_EDGE; END_VAR
    IF up THEN ups := ups + 2; END_IF
    IF more THEN downs := downs + 10; END_IF
    END_FUNCTION_BLOCK
    """
        + MAIN.replace("c : Count", "c : Twice").replace("down := x", "more := x")
    )
    assert fed(plc_of(text), [True, True, False, True]) == ([2, 2, 2, 4], [10, 10, 10, 20])


def test_that_an_array_of_blocks_and_references_to_them_have_edges_of_their_own() -> None:
    text = (
        BLOCK
        + """PROGRAM MAIN VAR c : ARRAY[1..2] OF Count; r : REFERENCE TO Count; x : BOOL; END_VAR
    c[1](up := x); r REF= c[2]; r(up := NOT x); END_PROGRAM"""
    )
    plc = plc_of(text)
    for scan, level in enumerate([False, True, False, True]):
        plc["MAIN.x"] = level
        plc.scan(scan)
    assert (plc["MAIN.c[1].ups"], plc["MAIN.c[2].ups"]) == (2, 2)


def test_that_a_snapshot_remembers_the_value_before() -> None:
    plc, other = plc_of(BLOCK + MAIN), plc_of(BLOCK + MAIN)
    fed(plc, [False, True])
    other.restore(plc.snapshot())
    assert fed(other, [True, False, True], 2) == fed(plc, [True, False, True], 2)
    assert other["MAIN.c.ups"] == 2  # no edge between TRUE before the snapshot and TRUE behind it


def test_that_an_online_change_brings_no_edge() -> None:
    plc = plc_of(BLOCK + MAIN)
    fed(plc, [False, True])
    changed = (BLOCK + MAIN).replace("VAR_OUTPUT", "VAR more : INT; END_VAR VAR_OUTPUT")
    report = plc.online_change(compile_st({"m.st": changed}))
    assert "MAIN.c.up R_EDGE" in report.kept
    assert fed(plc, [True, False, True], 2)[0] == [1, 1, 2]


def test_that_a_retained_input_keeps_the_value_before_over_a_warm_start() -> None:
    text = BLOCK + MAIN.replace("VAR c : Count;", "VAR RETAIN c : Count; END_VAR VAR")
    plc = plc_of(text)
    fed(plc, [False, True])
    plc.start("warm", plc.retained())
    assert fed(plc, [True, False, True], 2)[0] == [1, 1, 2]


def test_that_scans_are_skipped_around_edges_and_none_is_missed() -> None:
    text = (BLOCK + MAIN).replace("calls := calls + 1;", "")
    program = compile_st({"m.st": text})
    plc = program.start()
    steady = program.start()
    for scan in range(60):
        level = scan // 7 % 2 == 1
        for one in (plc, steady):
            one["MAIN.x"] = level
        if not plc.settled():
            plc.scan(scan)
        steady.scan(scan)
    assert plc["MAIN.c.ups"] == steady["MAIN.c.ups"] == 4
    assert plc.scans() < 30


def test_that_uses_of_the_input_are_listed_under_its_name() -> None:
    found = compile_st({"m.st": BLOCK + MAIN}).cross_reference()
    assert [use.line for use in found["Count.up"].reads] == [4]
    assert [use.line for use in found["Count.up"].writes] == [8]


WRONG = [
    (
        "FUNCTION_BLOCK F VAR_INPUT n : INT R_EDGE; END_VAR END_FUNCTION_BLOCK",
        "a BOOL, n is an INT",
    ),
    ("FUNCTION_BLOCK F VAR_OUTPUT q : BOOL F_EDGE; END_VAR END_FUNCTION_BLOCK", "q: F_EDGE stands in"),
    ("FUNCTION F : INT VAR_INPUT q : BOOL R_EDGE; END_VAR F := 1; END_FUNCTION", "q: R_EDGE stands in"),
    (
        "FUNCTION_BLOCK F VAR_INPUT q : BOOL R_EDGE; END_VAR q := TRUE; END_FUNCTION_BLOCK",
        "q is an edge",
    ),
    ("VAR_GLOBAL q : BOOL R_EDGE; END_VAR", "q: R_EDGE stands in VAR_INPUT of"),
]


@pytest.mark.parametrize("text, words", WRONG)
def test_that_an_edge_in_a_wrong_place_is_told(text: str, words: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": text + " PROGRAM MAIN END_PROGRAM"})
    assert [words in p.what for p in caught.value.problems] == [True]


def test_that_the_words_are_names_elsewhere() -> None:
    plc = plc_of("PROGRAM MAIN VAR r_edge, f_edge : BOOL; END_VAR f_edge := NOT r_edge; END_PROGRAM")
    plc.scan(0)
    assert plc["MAIN.f_edge"] is True


FAMILY = """FUNCTION_BLOCK Base VAR_INPUT up : BOOL R_EDGE; END_VAR VAR n : INT; END_VAR
IF up THEN n := n + 1; END_IF END_FUNCTION_BLOCK
FUNCTION_BLOCK Mid EXTENDS Base VAR_INPUT more : BOOL R_EDGE; END_VAR VAR k : INT; END_VAR
IF more THEN k := k + 1; END_IF SUPER^(); IF up THEN k := k + 100; END_IF END_FUNCTION_BLOCK
FUNCTION_BLOCK Top EXTENDS Mid VAR t : INT; END_VAR
SUPER^(); SUPER^(); IF up THEN t := t + 1; END_IF END_FUNCTION_BLOCK
PROGRAM MAIN VAR b : Base; m : Mid; t : Top; x : BOOL; END_VAR
b(up := x); m(up := x, more := x); t(up := x, more := x); END_PROGRAM
"""


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_a_body_called_by_super_does_not_look_at_its_edges_again(dialect: str) -> None:
    plc = plc_of(FAMILY, dialect)
    for scan, level in enumerate([False, True, True, False, True]):
        plc["MAIN.x"] = level
        plc.scan(scan)
    shown = ("b.n", "m.n", "m.k", "t.n", "t.k", "t.t")
    assert [plc[f"MAIN.{name}"] for name in shown] == [2, 2, 202, 4, 404, 2]


def test_that_edges_are_looked_at_again_behind_an_exception_in_super() -> None:
    text = FAMILY.replace("n := n + 1;", "n := n + 1; k0 := 1 / zero;").replace(
        "VAR n : INT;", "VAR n, zero, k0 : INT;"
    )
    text = text.replace("SUPER^(); IF up", "__TRY SUPER^(); __CATCH(e) ; __ENDTRY IF up").replace(
        "VAR k : INT;", "VAR k : INT; e : __SYSTEM.ExceptionCode;"
    )
    plc = plc_of(text.replace("b(up := x);", ""), "codesys")
    for scan, level in enumerate([False, True, False, True]):
        plc["MAIN.x"] = level
        plc.scan(scan)
    assert (plc["MAIN.m.n"], plc["MAIN.m.k"]) == (2, 202)


def test_that_edges_are_looked_at_again_behind_a_fault_and_a_hot_start() -> None:
    text = """FUNCTION_BLOCK Base VAR_INPUT up : BOOL R_EDGE; d : INT; END_VAR VAR n, k : INT; END_VAR
    k := 1 / d; IF up THEN n := n + 1; END_IF END_FUNCTION_BLOCK
    FUNCTION_BLOCK Top EXTENDS Base SUPER^(); END_FUNCTION_BLOCK
    PROGRAM MAIN VAR t : Top; x : BOOL; d : INT := 1; END_VAR t(up := x, d := d); END_PROGRAM"""
    plc = plc_of(text)
    plc["MAIN.x"], plc["MAIN.d"] = True, 0
    with pytest.raises(PlcError, match="division by zero"):
        plc.scan(0)
    plc["MAIN.x"], plc["MAIN.d"] = False, 1
    plc.start("hot")
    plc.scan(1)
    assert plc["MAIN.t.n"] == 0  # no edge is left over
    plc["MAIN.x"] = True
    plc.scan(2)
    assert plc["MAIN.t.n"] == 1
