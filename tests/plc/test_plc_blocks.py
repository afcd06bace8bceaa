"""Edges, counters and bistables of IEC 61131-3 (tables 43 to 45), scan by scan; blocks of the user."""

from __future__ import annotations

import pytest

from commissioning.plc import Plc, compile_st


def outputs(plc: Plc, inputs: str, values: str, output: str) -> str:
    """One scan per character of `values`; the output as 0 and 1."""
    found = ""
    for step, value in enumerate(values):
        plc[inputs] = value == "1"
        plc.scan(step)
        found += "1" if plc[output] else "0"
    return found


@pytest.mark.parametrize(
    ("block", "values", "expected"),
    [
        ("R_TRIG", "0110011", "0100010"),
        ("R_TRIG", "110", "100"),  # CLK TRUE in the first scan fires
        ("F_TRIG", "0110011", "1001000"),  # so does CLK FALSE: the text of the standard, M starts FALSE
        ("F_TRIG", "1100", "0010"),
    ],
)
def test_that_an_edge_lasts_one_scan(block: str, values: str, expected: str) -> None:
    plc = compile_st(f"PROGRAM P VAR i : BOOL; e : {block}; END_VAR e(CLK := i); END_PROGRAM").start()
    assert outputs(plc, "P.i", values, "P.e.Q") == expected


@pytest.mark.parametrize(
    ("call", "table"),
    [
        ("f : SR; END_VAR f(S1 := s, R := r); q := f.Q1;", {"10": True, "01": False, "11": True}),
        ("f : RS; END_VAR f(S := s, R1 := r); q := f.Q1;", {"10": True, "01": False, "11": False}),
        ("f : SR; END_VAR f(SET1 := s, RESET := r); q := f.Q1;", {"10": True, "01": False, "11": True}),
    ],
)
def test_that_a_bistable_holds_and_knows_its_dominant_side(call: str, table: dict[str, bool]) -> None:
    plc = compile_st(f"PROGRAM P VAR s, r, q : BOOL; {call} END_PROGRAM").start()
    for inputs, expected in table.items():
        plc["P.s"], plc["P.r"] = inputs[0] == "1", inputs[1] == "1"
        plc.scan(0)
        assert plc["P.q"] is expected
        plc["P.s"] = plc["P.r"] = False
        plc.scan(0)
        assert plc["P.q"] is expected


def test_that_an_up_counter_counts_edges_past_its_preset_until_reset() -> None:
    plc = compile_st(
        "PROGRAM P VAR u, r : BOOL; c : CTU; END_VAR c(CU := u, R := r, PV := 2); END_PROGRAM"
    ).start()
    seen = []
    for step, (count, reset) in enumerate([(1, 0), (1, 0), (0, 0), (1, 0), (0, 0), (1, 0), (0, 1), (1, 0)]):
        plc["P.u"], plc["P.r"] = bool(count), bool(reset)
        plc.scan(step)
        seen.append((plc["P.c.CV"], plc["P.c.Q"]))
    assert seen == [
        (1, False), (1, False), (1, False), (2, True), (2, True), (3, True), (0, False), (1, False),
    ]  # fmt: skip


def test_that_a_counter_stops_at_the_end_of_its_type() -> None:
    plc = compile_st(
        "PROGRAM P VAR u : BOOL; c : CTU; END_VAR u := NOT u; c(CU := u, PV := 2); END_PROGRAM"
    ).start()
    plc["P.c.CV"] = 32766
    for step in range(6):
        plc.scan(step)
    assert plc["P.c.CV"] == 32767


def test_that_an_up_down_counter_ignores_two_edges_at_once() -> None:
    plc = compile_st(
        "PROGRAM P VAR u, d, l : BOOL; c : CTUD; END_VAR c(CU := u, CD := d, LD := l, PV := 3); END_PROGRAM"
    ).start()
    seen = []
    for step, word in enumerate(
        ["001", "000", "110", "000", "010", "000", "010", "000", "010", "000", "100"]
    ):
        plc["P.u"], plc["P.d"], plc["P.l"] = (bit == "1" for bit in word)
        plc.scan(step)
        seen.append((plc["P.c.CV"], plc["P.c.QU"], plc["P.c.QD"]))
    assert [value for value, _, _ in seen] == [3, 3, 3, 3, 2, 2, 1, 1, 0, 0, 1]
    assert seen[0] == (3, True, False)
    assert seen[8] == (0, False, True)


def test_that_a_down_counter_loads_and_reaches_zero() -> None:
    plc = compile_st(
        "PROGRAM P VAR d, l : BOOL; c : CTD; END_VAR c(CD := d, LD := l, PV := 1); END_PROGRAM"
    ).start()
    plc["P.l"] = True
    plc.scan(0)
    assert (plc["P.c.CV"], plc["P.c.Q"]) == (1, False)
    plc["P.l"], plc["P.d"] = False, True
    plc.scan(1)
    assert (plc["P.c.CV"], plc["P.c.Q"]) == (0, True)


NESTED = """
FUNCTION_BLOCK Inner
VAR_INPUT add : INT := 5; END_VAR
VAR_OUTPUT sum : DINT; END_VAR
VAR edge : R_TRIG; END_VAR
edge(CLK := add > 0);
IF edge.Q THEN sum := sum + add; END_IF
END_FUNCTION_BLOCK

FUNCTION_BLOCK Outer
VAR_INPUT go : BOOL; END_VAR
VAR_IN_OUT shared : DINT; other : Inner; END_VAR
VAR_OUTPUT a : Inner; END_VAR
VAR b : Inner := (add := 7); END_VAR
IF go THEN
  a(add := 1);
  b();
  other(add := 100);
  shared := shared + a.sum + b.sum;
END_IF
END_FUNCTION_BLOCK

PROGRAM MAIN
VAR o1, o2 : Outer; third : Inner; total : DINT; copy : DINT; END_VAR
o1(go := TRUE, shared := total, other := third);
o2(go := total > 0, shared := total, other := third);
copy := o1.a.sum;
END_PROGRAM
"""


def test_that_instances_of_blocks_are_separate_and_references_are_shared() -> None:
    plc = compile_st(NESTED).start()
    plc.scan(0)
    assert [plc[f"MAIN.o{n}.{m}.sum"] for n in (1, 2) for m in "ab"] == [1, 7, 1, 7]
    assert plc["MAIN.third.sum"] == 100  # the edge was spent by the first call
    assert (plc["MAIN.total"], plc["MAIN.copy"]) == (16, 1)


def test_that_members_of_nested_blocks_can_be_set_by_path() -> None:
    plc = compile_st(NESTED).start()
    plc["main.O2.B.ADD"] = 9
    plc.scan(0)
    assert plc["MAIN.o2.b.sum"] == 9
    assert plc["MAIN.o1.b.add"] == 7


def test_that_a_function_has_fresh_variables_outputs_and_references() -> None:
    plc = compile_st("""
        FUNCTION Mean : REAL
        VAR_INPUT a, b : REAL; weight : REAL := 1.0; END_VAR
        VAR_OUTPUT spread : REAL; END_VAR
        VAR_IN_OUT calls : INT; END_VAR
        VAR local : INT; END_VAR
        local := local + 1;
        calls := calls + local;
        spread := ABS(a - b);
        IF a = b THEN Mean := a; RETURN; END_IF
        Mean := (a * weight + b) / (weight + 1.0);
        END_FUNCTION
        PROGRAM P
        VAR x, y, s : REAL; n : INT; END_VAR
        x := Mean(1.0, 4.0, calls := n, spread => s);
        y := Mean(a := 2.0, b := 2.0, weight := 9.0, calls := n)
          + Mean(a := 0.0, b := 1.0, weight := 3.0, calls := n);
        END_PROGRAM""").start()
    plc.scan(0)
    assert (plc["P.x"], plc["P.y"], plc["P.s"], plc["P.n"]) == (2.5, 2.25, 3.0, 3)


def test_that_temporary_variables_start_again_in_every_scan() -> None:
    plc = compile_st("""
        PROGRAM P VAR_TEMP t : INT := 3; END_VAR VAR seen : INT; END_VAR
        t := t + 1; seen := t; END_PROGRAM""").start()
    plc.scan(0)
    plc.scan(1)
    assert plc["P.seen"] == 4
