"""UNION and VAR_STAT. Bytes are checked against Python's struct module."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

PROGRAM = compile_st("""
TYPE Parts : STRUCT low, high : WORD; END_STRUCT
U : UNION d : DWORD; b : ARRAY[0..3] OF BYTE; r : REAL; p : Parts; i : INT; t : STRING(3); f : BOOL; END_UNION
Box : STRUCT pad : BYTE; u : U; END_STRUCT END_TYPE
FUNCTION Swap : DWORD VAR_INPUT x : DWORD; END_VAR VAR u, v : U; k : INT; END_VAR
u.d := x; FOR k := 0 TO 3 DO v.b[k] := u.b[3 - k]; END_FOR Swap := v.d;
END_FUNCTION
PROGRAM MAIN
VAR d, copied, swapped : DWORD; first, last : BYTE; high : WORD; r : REAL; i : INT; f : BOOL; t : STRING;
 u, w : U; box : Box; boxed : DWORD; all : ARRAY[0..2] OF U; k : INT := 2; END_VAR
u.d := d; first := u.b[0]; k := 3; last := u.b[k]; high := u.p.high; r := u.r; i := u.i; f := u.f; t := u.t;
w := u; w.b[1] := 0; copied := w.d;
box.u := u; box.u.p.low := 7; boxed := box.u.d; all[k - 1].r := r;
swapped := Swap(d);
END_PROGRAM
""")


@given(st.integers(0, 2**32 - 1))
def test_that_the_members_of_a_union_show_the_same_bytes(word: int) -> None:
    plc = PROGRAM.start()
    plc["MAIN.d"] = word
    plc.run()
    data = struct.pack("<I", word)
    assert (plc["MAIN.first"], plc["MAIN.last"]) == (data[0], data[3])
    assert plc["MAIN.high"] == struct.unpack_from("<H", data, 2)[0]
    assert plc["MAIN.i"] == struct.unpack_from("<h", data)[0]
    real = struct.unpack("<f", data)[0]
    assert plc["MAIN.r"] == real or real != real
    assert plc["MAIN.f"] is (data[0] != 0)
    assert plc["MAIN.t"] == data[:3].partition(b"\0")[0].decode("latin-1")
    assert plc["MAIN.copied"] == word & 0xFFFF00FF
    assert plc["MAIN.boxed"] == word & 0xFFFF0000 | 7
    assert plc["MAIN.swapped"] == struct.unpack(">I", data)[0]


def test_that_members_of_a_union_are_read_and_written_by_their_paths() -> None:
    plc = PROGRAM.start()
    plc["MAIN.d"] = 0x3F800000
    plc.run()
    assert (plc["MAIN.u.r"], plc["MAIN.u.p.high"], plc["MAIN.box.u.b[3]"], plc["main.all[2].r"]) == (
        1.0,
        0x3F80,
        0x3F,
        1.0,
    )
    plc["MAIN.all[1].p.high"] = 0x4000
    assert plc["MAIN.all[1].r"] == 2.0
    other = PROGRAM.start()
    other.restore(plc.snapshot())
    assert other["MAIN.all[1].r"] == 2.0


def test_that_a_union_has_no_block_in_it() -> None:
    with pytest.raises(Problems, match="a UNION cannot have a block in it"):
        compile_st(
            "TYPE U : UNION t : TON; x : INT; END_UNION END_TYPE PROGRAM P VAR u : U; END_VAR END_PROGRAM"
        )


def test_that_var_stat_is_shared_by_all_instances_and_calls() -> None:
    plc = compile_st("""
    FUNCTION Next : INT VAR_STAT n : INT := 40; END_VAR n := n + 1; Next := n; END_FUNCTION
    FUNCTION_BLOCK Counted VAR_STAT made : INT; seen : ARRAY[1..2] OF INT; t : TON; END_VAR
    VAR_OUTPUT mine : INT; q : BOOL; END_VAR
    made := made + 1; mine := made; seen[1] := seen[1] + 10; t(IN := TRUE, PT := T#10ms); q := t.Q;
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR a, b : Counted; x, y : INT; END_VAR x := Next(); y := Next(); a(); b(); END_PROGRAM
    """).start()
    plc.run(2)
    assert (plc["MAIN.x"], plc["MAIN.y"]) == (43, 44)
    assert (plc["MAIN.a.mine"], plc["MAIN.b.mine"], plc["MAIN.a.q"]) == (3, 4, True)
    assert plc["Counted.made"] == 4
    assert plc["Counted.seen[1]"] == 40
