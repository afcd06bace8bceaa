"""What TwinCAT's own libraries declare: built in where a program uses it and does not bring it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st
from commissioning.plc.program import TaskSpec

sys.path.insert(0, str(Path(__file__).parent))
from test_plc_skipping import memories, played


def run(declared: str, body: str, scans: int = 1, dialect: str = "twincat") -> Plc:
    text = f"PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"
    plc = compile_st({"main.st": text}, dialect).start()
    for number in range(scans):
        plc.scan(number * 10_000_000)
    return plc


# by the documentation of Tc2_Utilities: no digit cut, filled with zeros, '' for 0 with no digits asked for
@pytest.mark.parametrize(
    "call, text",
    [
        ("DWORD_TO_HEXSTR(43981, 1, FALSE)", "ABCD"),
        ("DWORD_TO_HEXSTR(43981, 1, TRUE)", "abcd"),
        ("DWORD_TO_HEXSTR(in := 15, iPrecision := 4, bLoCase := FALSE)", "000F"),
        ("DWORD_TO_HEXSTR(0, 0, FALSE)", ""),
        ("Tc2_Utilities.BYTE_TO_HEXSTR(255, 2, FALSE)", "FF"),
        ("LWORD_TO_HEXSTR(16#123456789ABCDEF0, 2, FALSE)", "123456789ABCDEF0"),
        ("WORD_TO_OCTSTR(8, 4)", "0010"),
        ("BYTE_TO_BINSTR(5, 8)", "00000101"),
        ("DWORD_TO_DECSTR(7, 3)", "007"),
        ("F_LTrim('  a b ')", "a b "),
        ("F_RTrim('  a b ')", "  a b"),
        ("F_LTrim('   ')", ""),
        ("F_RTrim('')", ""),
        ("F_ToLCase('Disabled_ÄÖ×')", "disabled_äö×"),
        ("F_ToUCase('grün_z{÷')", "GRÜN_Z{÷"),
    ],
)
def test_that_texts_are_made_as_documented(call: str, text: str) -> None:
    assert run("s : T_MaxString;", f"s := {call};")["MAIN.s"] == text


def test_that_two_texts_are_joined_into_what_has_room_for_them() -> None:
    plc = run(
        "a : STRING := 'abc'; b : STRING := 'defg'; c, d : STRING(20); whole, cut, own : BOOL;",
        "whole := CONCAT2(ADR(a), ADR(b), ADR(c), SIZEOF(c)); cut := CONCAT2(ADR(a), ADR(b), ADR(d), 6);\n"
        "own := CONCAT2(ADR(a), ADR(b), ADR(a), SIZEOF(a));",
    )
    assert (plc["MAIN.c"], plc["MAIN.whole"]) == ("abcdefg", True)
    assert (plc["MAIN.d"], plc["MAIN.cut"]) == ("abcde", False)
    assert (plc["MAIN.a"], plc["MAIN.own"]) == ("abcdefg", True)


def test_that_a_ring_buffer_gives_records_in_their_order_and_over_its_end() -> None:
    plc = run(
        "ring : FB_MemRingBuffer; space : ARRAY[0..19] OF BYTE; x, got : DWORD; n : INT; log : STRING(200);\n"
        "full : BOOL; sizes : STRING;",
        """FOR n := 1 TO 7 DO
    x := INT_TO_DWORD(n);
    ring.A_AddTail(pWrite := ADR(x), cbWrite := SIZEOF(x), pBuffer := ADR(space), cbBuffer := SIZEOF(space));
    full := full OR NOT ring.bOk;
    sizes := CONCAT(CONCAT(sizes, UDINT_TO_STRING(ring.cbSize)), ' ');
    IF n > 1 THEN
        ring.A_RemoveHead(pRead := ADR(got), cbRead := SIZEOF(got), pBuffer := ADR(space),
            cbBuffer := SIZEOF(space));
        log := CONCAT(log, DWORD_TO_DECSTR(got, 1));
    END_IF
END_FOR""",
    )
    assert (plc["MAIN.log"], plc["MAIN.full"], plc["MAIN.ring.nCount"]) == ("123456", False, 1)
    assert plc["MAIN.sizes"] == "8 16 16 16 16 16 16 "


def test_that_a_ring_buffer_refuses_what_does_not_fit_and_tells_what_it_needs() -> None:
    plc = run(
        "ring : FB_MemRingBuffer; space : ARRAY[0..19] OF BYTE; x : LWORD := 5; small : WORD;\n"
        "first, second, third, short, empty : BOOL; needed : UDINT; kept : UDINT;",
        """ring.A_RemoveHead(pRead := ADR(x), cbRead := 8, pBuffer := ADR(space), cbBuffer := SIZEOF(space));
empty := ring.bOk;
ring.A_AddTail(pWrite := ADR(x), cbWrite := SIZEOF(x), pBuffer := ADR(space), cbBuffer := SIZEOF(space));
first := ring.bOk;
ring.A_AddTail(pWrite := ADR(x), cbWrite := SIZEOF(x));
second := ring.bOk;
ring.A_RemoveHead(pRead := ADR(small), cbRead := SIZEOF(small));
short := ring.bOk; needed := ring.cbReturn; kept := ring.nCount;
ring.A_GetHead(pRead := ADR(x), cbRead := SIZEOF(x));
third := ring.bOk AND ring.nCount = 1;
ring.A_Reset();""",
    )
    answers = [plc[f"MAIN.{name}"] for name in ("empty", "first", "second", "short", "third")]
    assert answers == [False, True, False, False, True]
    assert (plc["MAIN.needed"], plc["MAIN.kept"], plc["MAIN.ring.nCount"]) == (8, 1, 0)


def test_that_the_counter_of_the_cpu_counts_virtual_time() -> None:
    plc = run("c : Tc2_System.GETCPUCOUNTER;", "c();", scans=3)
    assert (plc["MAIN.c.cpuCntLoDW"], plc["MAIN.c.cpuCntHiDW"]) == (200_000, 0)  # 20 ms in 100 ns
    plc.scan(1000 * 10**9 + 1_234_567)
    ticks = 10**10 + 12_345
    assert (plc["MAIN.c.cpuCntLoDW"], plc["MAIN.c.cpuCntHiDW"]) == (ticks & 0xFFFF_FFFF, ticks >> 32)


TASKS = """PROGRAM P1
VAR fb : GETCURTASKINDEX; n : BYTE; first : BOOL; count, cycle : UDINT; name, project : STRING; END_VAR
fb(); n := fb.index;
first := TwinCAT_SystemInfoVarList._TaskInfo[n].FirstCycle; count := _TaskInfo[n].CycleCount;
cycle := _TaskInfo[n].CycleTime; name := _TaskInfo[n].TaskName; project := _AppInfo.ProjectName;
END_PROGRAM
FUNCTION_BLOCK FB_Made VAR_OUTPUT task : DINT := 9; END_VAR
METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; END_VAR task := GETCURTASKINDEXEX();
END_METHOD
END_FUNCTION_BLOCK
PROGRAM P2 VAR n : DINT; made : FB_Made; END_VAR n := GETCURTASKINDEXEX(); END_PROGRAM
"""
SPECS = (TaskSpec("fast", "P1", 10_000_000, 1), TaskSpec("slow", "P2", 50_000_000, 2))


def test_that_a_task_knows_its_index_its_cycle_and_its_scans() -> None:
    program = compile_st({"m.st": TASKS}, "twincat", SPECS)
    assert program.never_skip  # every scan counts
    plc = program.start()
    plc.scan(0, 0)
    assert (plc["P1.n"], plc["P1.first"], plc["P1.count"]) == (1, True, 1)
    assert (plc["P1.cycle"], plc["P1.name"], plc["P1.project"]) == (100_000, "fast", "Project")
    plc.scan(0, 1)
    plc.scan(10_000_000, 0)
    assert (plc["P1.n"], plc["P1.first"], plc["P1.count"], plc["P2.n"]) == (1, False, 2, 2)
    assert plc["P2.made.task"] == 0  # no task makes what FB_init works out


def test_that_the_first_scan_behind_a_cold_start_is_the_first_again() -> None:
    plc = compile_st({"m.st": TASKS}, "twincat", SPECS).start()
    for number in range(3):
        plc.scan(number * 10_000_000)
    plc.start("cold")
    plc.scan(30_000_000)
    assert (plc["P1.first"], plc["P1.cycle"], plc["P1.name"]) == (True, 100_000, "fast")
    plc.scan(40_000_000)
    assert plc["P1.first"] is False


def test_that_a_snapshot_keeps_the_count() -> None:
    program = compile_st({"m.st": TASKS}, "twincat", SPECS)
    plc, other = program.start(), program.start()
    for number in range(3):
        plc.scan(number * 10_000_000)
    other.restore(plc.snapshot())
    other.scan(30_000_000)
    assert (other["P1.count"], other["P1.first"]) == (4, False)


def test_that_a_task_knows_its_new_cycle_behind_an_online_change() -> None:
    plc = compile_st({"m.st": TASKS}, "twincat", SPECS).start()
    plc.scan(0)
    slower = (TaskSpec("calm", "P1", 20_000_000, 1), SPECS[1])
    plc.online_change(compile_st({"m.st": TASKS}, "twincat", slower))
    plc.scan(20_000_000)
    assert (plc["P1.cycle"], plc["P1.name"], plc["P1.count"]) == (200_000, "calm", 2)


def test_that_skipped_scans_leave_the_memory_of_all_scans() -> None:
    text = """VAR_GLOBAL i0, i1, i2, q0, q1, q2 : BOOL; level, out : INT; END_VAR
    PROGRAM Fast VAR n : DINT; t : TON; END_VAR n := GETCURTASKINDEXEX();
    t(IN := i1, PT := T#30ms); q0 := t.Q; END_PROGRAM
    PROGRAM Slow VAR n : DINT; END_VAR n := GETCURTASKINDEXEX(); out := level; END_PROGRAM"""
    tasks = (TaskSpec("fast", "Fast", 5_000_000, 2), TaskSpec("slow", "Slow", 50_000_000, 1))
    program = compile_st({"m.st": text}, "twincat", tasks)
    for seed in range(5):
        every, skipped = played(program, seed, False), played(program, seed, True)
        assert memories(skipped.plc) == memories(every.plc), f"storm {seed}"
        assert skipped.plc.scans(0) < every.plc.scans(0) / 2
    assert (skipped.plc["Fast.n"], skipped.plc["Slow.n"]) == (1, 2)


def test_that_what_the_program_declares_itself_wins() -> None:
    plc = run("s : STRING;", "s := F_LTrim('  x');\nEND_PROGRAM\nFUNCTION F_LTrim : STRING\n"
              "VAR_INPUT in : STRING; END_VAR F_LTrim := 'own';\nEND_FUNCTION\nPROGRAM OTHER")  # fmt: skip
    assert plc["MAIN.s"] == "own"


@pytest.mark.parametrize("dialect", ["iec", "codesys"])
def test_that_other_makers_do_not_have_it(dialect: str) -> None:
    with pytest.raises(Problems, match="T_MaxString"):
        run("s : T_MaxString;", "", dialect=dialect)


def test_that_what_needs_the_network_stays_a_stub() -> None:
    text = "PROGRAM MAIN VAR n : DINT; END_VAR n := ADSLOGSTR(ADSLOG_MSGTYPE_ERROR, '%s', 'x'); END_PROGRAM"
    program = compile_st({"m.st": text}, "twincat", stubs=True)
    assert "ADSLOGSTR" in program.stubs["stubs.st"]
