"""TON, TOF and TP against the timing diagrams of IEC 61131-3 (table 46), as tables written by hand."""

from __future__ import annotations

import pytest

from commissioning.plc import Plc, compile_st

MS = 1_000_000

# (time ms, IN, expected Q, expected ET ms), PT = 100 ms
TON = [
    (0, 0, 0, 0),
    (10, 1, 0, 0),  # ET is 0 in the scan of the rising edge
    (60, 1, 0, 50),
    (109, 1, 0, 99),
    (110, 1, 1, 100),  # now - start >= PT
    (500, 1, 1, 100),
    (510, 0, 0, 0),
    (520, 1, 0, 0),
    (560, 1, 0, 40),
    (570, 0, 0, 0),  # too short
    (580, 1, 0, 0),
    (700, 1, 1, 100),
]
TOF = [
    (0, 0, 0, 0),
    (10, 1, 1, 0),
    (300, 1, 1, 0),
    (310, 0, 1, 0),
    (360, 0, 1, 50),
    (370, 1, 1, 0),  # re-triggered
    (380, 0, 1, 0),
    (479, 0, 1, 99),
    (480, 0, 0, 100),
    (900, 0, 0, 100),  # stays until IN rises
    (910, 1, 1, 0),
]
TP = [
    (0, 0, 0, 0),
    (10, 1, 1, 0),
    (20, 0, 1, 10),  # the pulse goes on
    (40, 1, 1, 30),  # and is not re-triggered
    (109, 1, 1, 99),
    (110, 1, 0, 100),
    (300, 1, 0, 100),  # ET stays while IN does
    (310, 0, 0, 0),
    (320, 1, 1, 0),
    (330, 0, 1, 10),
    (420, 0, 0, 0),  # IN is already FALSE at the end: back to the start
]


def timer(kind: str, reads_elapsed: bool) -> Plc:
    seen = "seen := t.ET;" if reads_elapsed else ""
    return compile_st(
        f"PROGRAM P VAR i, q : BOOL; pt : TIME := T#100ms; t : {kind}; seen : TIME; END_VAR "
        f"t(IN := i, PT := pt, Q => q); {seen} END_PROGRAM"
    ).start()


@pytest.mark.parametrize("reads_elapsed", [False, True], ids=["ET unread", "ET read by the program"])
@pytest.mark.parametrize(
    ("kind", "table"), [("TON", TON), ("TOF", TOF), ("TP", TP)], ids=["TON", "TOF", "TP"]
)
def test_that_a_timer_follows_its_diagram(
    kind: str, table: list[tuple[int, int, int, int]], reads_elapsed: bool
) -> None:
    plc = timer(kind, reads_elapsed)
    for at, given, q, elapsed in table:
        plc["P.i"] = bool(given)
        plc.scan(at * MS)
        assert (at, plc["P.q"], plc["P.t.ET"]) == (at, bool(q), elapsed * MS)
        if reads_elapsed:
            assert plc["P.seen"] == elapsed * MS


@pytest.mark.parametrize(
    ("kind", "table"), [("TON", TON), ("TOF", TOF), ("TP", TP)], ids=["TON", "TOF", "TP"]
)
def test_that_the_deadline_is_the_first_time_at_which_the_output_changes(
    kind: str, table: list[tuple[int, int, int, int]]
) -> None:
    plc = timer(kind, reads_elapsed=False)
    for at, given, _q, _elapsed in table:
        plc["P.i"] = bool(given)
        plc.scan(at * MS)
        due = plc.deadline()
        saved, output = plc.snapshot(), plc["P.q"]
        if due is None:
            plc.scan(at * MS + 3600_000 * MS)
            assert plc["P.q"] == output
        else:
            plc.scan(due - 1)
            assert plc["P.q"] == output
            assert plc.deadline() == due
            plc.scan(due)
            assert plc["P.q"] != output
        plc.restore(saved)


def test_that_a_new_preset_counts_from_the_same_start() -> None:
    plc = timer("TON", reads_elapsed=False)
    plc["P.i"] = True
    plc.scan(0)
    plc["P.pt"] = 500 * MS
    plc.scan(200 * MS)
    assert plc["P.q"] is False
    assert plc.deadline() == 500 * MS
    plc["P.pt"] = 150 * MS
    plc.scan(210 * MS)
    assert plc["P.q"] is True
    plc["P.pt"] = 10_000 * MS
    plc.scan(220 * MS)
    assert plc["P.q"] is True  # once out, an on-delay stays out until IN falls


@pytest.mark.parametrize(("kind", "in_edge"), [("TON", True), ("TOF", False), ("TP", False)])
def test_that_a_preset_of_zero_delays_nothing(kind: str, in_edge: bool) -> None:
    plc = timer(kind, reads_elapsed=False)
    plc["P.pt"] = 0
    plc["P.i"] = True
    plc.scan(0)
    assert plc["P.q"] is (True if kind == "TOF" else in_edge)
    plc["P.i"] = False
    plc.scan(10 * MS)
    assert plc["P.q"] is False


def test_that_every_timer_of_a_scan_sees_the_same_time() -> None:
    plc = compile_st(
        "PROGRAM P VAR a, b : TON; END_VAR a(IN := TRUE, PT := T#50ms); b(IN := NOT a.Q, "
        "PT := T#50ms); END_PROGRAM"
    ).start()
    plc.scan(0)
    plc.scan(50 * MS)
    assert (plc["P.a.Q"], plc["P.b.Q"]) == (
        True,
        False,
    )  # b's IN fell in the very scan in which it would be due


def test_that_a_timer_that_is_not_called_does_not_count() -> None:
    plc = compile_st(
        "PROGRAM P VAR on : BOOL := TRUE; t : TON; END_VAR IF on THEN t(IN := TRUE, PT "
        ":= T#50ms); END_IF END_PROGRAM"
    ).start()
    plc.scan(0)
    plc["P.on"] = False
    plc.scan(10 * MS)
    plc.scan(100 * MS)
    assert plc["P.t.Q"] is False
    assert plc.deadline() is None


def test_that_inputs_can_be_set_as_members_before_the_call() -> None:
    plc = compile_st("PROGRAM P VAR t : TON; END_VAR t.IN := TRUE; t.PT := T#20ms; t(); END_PROGRAM").start()
    plc.scan(0)
    plc.scan(20 * MS)
    assert plc["P.t.Q"] is True


@pytest.mark.parametrize("inside", [False, True], ids=["read by the owner", "read by the block that got it"])
def test_that_et_is_kept_for_a_timer_that_is_called_by_reference(inside: bool) -> None:
    block, program = ("seen := watch.ET;", "e := r.seen;") if inside else ("", "e := t.ET;")
    plc = compile_st(f"""
        FUNCTION_BLOCK Runner VAR_IN_OUT watch : TON; END_VAR VAR_OUTPUT seen : TIME; END_VAR
        watch(IN := TRUE, PT := T#50ms); {block} END_FUNCTION_BLOCK
        PROGRAM P VAR t : TON; r : Runner; e : TIME; END_VAR r(watch := t); {program} END_PROGRAM""").start()
    seen = []
    for at in (0, 20, 50, 70):
        plc.scan(at * MS)
        seen.append(plc["P.e"])
    assert seen == [0, 20 * MS, 50 * MS, 50 * MS]


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_references_and_pointers_lead_to_pt_and_et(dialect: str) -> None:
    text = """PROGRAM MAIN VAR t : TON; r : REFERENCE TO TIME; p, q : POINTER TO TIME;
    seen, et : TIME; END_VAR
    r REF= t.PT; IF r = T#0s THEN r := T#2s; END_IF
    t(IN := TRUE); p := ADR(t.PT); seen := p^; q := ADR(t.ET); et := q^; END_PROGRAM"""
    plc = compile_st({"m.st": text}, dialect=dialect).start()
    plc.scan(0)
    plc.scan(1_500_400_000)
    # a TIME of the makers counts whole ms, whatever the timer counts inside
    counted = 1_500_400_000 if dialect == "iec" else 1_500_000_000
    assert (plc["MAIN.seen"], plc["MAIN.et"]) == (2_000_000_000, counted)
    assert plc["MAIN.t.Q"] is False
    plc.scan(2_000_000_000)
    assert plc["MAIN.t.Q"] is True
