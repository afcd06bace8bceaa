"""Bits of variables, and located variables that share memory: against numpy's view of the same bytes."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, TaskSpec, compile_st

MS = 1_000_000
SIZES = {"BYTE": 8, "WORD": 16, "DWORD": 32, "LWORD": 64, "SINT": 8, "INT": 16, "DINT": 32, "LINT": 64}


def ran(declarations: str, body: str, before: str = "") -> Plc:
    plc = compile_st(f"{before}PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.scan(0)
    return plc


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


@pytest.mark.parametrize("name", SIZES)
def test_that_every_bit_is_read_and_written_by_itself(name: str) -> None:
    bits, rng = SIZES[name], random.Random(name)
    places = sorted({0, bits - 1, *rng.sample(range(bits), 3)})
    body = "".join(f"b{k} := x.{k}; y.%X{k} := NOT x.{k};\n" for k in places)
    names = ", ".join(f"b{k}" for k in places)
    text = f"PROGRAM MAIN VAR x, y : {name}; {names} : BOOL; END_VAR {body} END_PROGRAM"
    plc = compile_st(text).start()
    for step in range(20):
        x, y = rng.getrandbits(bits), rng.getrandbits(bits)
        kind = signed if name.endswith("INT") else lambda value, _bits: value
        plc["MAIN.x"], plc["MAIN.y"] = kind(x, bits), kind(y, bits)
        plc.scan(step)
        mask = sum(1 << k for k in places)
        assert [plc[f"MAIN.b{k}"] for k in places] == [bool(x >> k & 1) for k in places]
        assert plc["MAIN.y"] == kind(y & ~mask | ~x & mask, bits)


def test_that_parts_of_elements_and_parts_of_parts_are_reached() -> None:
    plc = ran(
        "a : ARRAY[1..2] OF STRUCT w : DWORD; END_STRUCT; i : INT := 2; b : BOOL; c : BYTE;",
        "a[i].w.%W1 := 16#BEEF; a[i].w.%B0 := 7; b := a[2].w.%W1.0; c := a[i].w.%B3;"
        "a[i - 1].w.%W1.%B1.7 := b;",
    )
    assert plc["MAIN.a[2].w"] == 0xBEEF0007
    assert (plc["MAIN.b"], plc["MAIN.c"]) == (True, 0xBE)
    assert plc["MAIN.a[1].w"] == 1 << 31


MEMORY = """
VAR_GLOBAL
  d AT %MD1 : DWORD := 16#11223344; r AT %MD1 : REAL; w AT %MW3 : WORD; s AT %MW2 : INT; bit AT %MX7.7 : BOOL;
  byte0 AT %MB4 : BYTE; alone AT %MW40 : INT; same AT %MW50 : INT := 5;
END_VAR
"""
LAYOUT = {"d": ("<u4", 4), "r": ("<f4", 4), "w": ("<u2", 6), "s": ("<i2", 4), "byte0": ("u1", 4)}


def test_that_overlapping_variables_are_views_of_the_same_bytes() -> None:
    body = """CASE pick OF
      1: s := v; 2: byte0 := INT_TO_BYTE(v); 3: bit := v > 0; 4: r := v / 3.0;
    END_CASE"""
    plc = ran("pick, v : INT;", body, MEMORY)
    rng, memory = random.Random(1), bytearray(16)
    memory[4:8] = struct.pack("<I", 0x11223344)
    for step in range(200):
        pick, value = rng.randrange(1, 5), rng.randrange(-30_000, 30_000)
        plc["MAIN.pick"], plc["MAIN.v"] = pick, value
        if pick == 1:
            memory[4:6] = struct.pack("<h", value)
        elif pick == 2:
            memory[4] = value & 255
        elif pick == 3:
            memory[7] = memory[7] & 127 | (128 if value > 0 else 0)
        else:
            memory[4:8] = struct.pack("<f", np.float32(value / 3.0))
        plc.scan(step * MS)
        for name, (form, start) in LAYOUT.items():
            expected = np.frombuffer(bytes(memory), np.dtype(form), 1, start)[0]
            shown = plc[name]
            assert shown == expected or (np.isnan(expected) and np.isnan(shown)), name
        assert plc["bit"] == bool(memory[7] & 128)


def test_that_the_host_writes_and_reads_through_views() -> None:
    plc = compile_st(MEMORY + "PROGRAM MAIN VAR n : INT; END_VAR n := n + s; END_PROGRAM").start()
    for step in range(3):
        plc.scan(step)
    plc["w"] = 0
    plc["s"] = -2
    plc["bit"] = True
    assert plc["d"] == 0x8000FFFE
    assert plc.reader(["d", "bit", "alone"])() == (0x8000FFFE, True, 0)
    assert plc.program.variables["d"].initial == 0x11223344
    kept = plc.snapshot()
    plc["d"] = 0
    plc.restore(kept)
    assert plc["d"] == 0x8000FFFE
    with pytest.raises(ValueError, match="does not fit"):
        plc["byte0"] = 256


def test_that_one_address_under_two_names_and_in_two_programs_is_one_variable() -> None:
    text = """
    VAR_GLOBAL start AT %IX0.0 : BOOL; END_VAR
    PROGRAM A VAR again AT %IX0.0 : BOOL; out AT %QX0.0 : BOOL; n : INT; END_VAR
      out := again; IF out THEN n := n + 1; END_IF END_PROGRAM
    PROGRAM B VAR seen AT %QX0.0 : BOOL; copy : BOOL; END_VAR copy := seen; END_PROGRAM
    """
    plc = compile_st(text, tasks=(TaskSpec("a", "A", MS, 1), TaskSpec("b", "B", MS, 2))).start()
    for step in range(4):
        plc.scan(step * MS, 0)
        plc.scan(step * MS, 1)
    assert plc.settled(0)
    assert plc.settled(1)
    plc["start"] = True
    assert (plc.disturbed(0), plc.disturbed(1)) == (True, False)
    plc.scan(4 * MS, 0)
    assert plc.disturbed(1)
    plc.scan(4 * MS, 1)
    assert (plc["A.again"], plc["A.out"], plc["B.copy"]) == (True, True, True)


def test_that_a_body_may_name_addresses_directly() -> None:
    text = "VAR_GLOBAL w AT %MW0 : WORD; END_VAR PROGRAM P %QX1.1 := %IX0.3 OR %MX1.0; %MB0 := 5; END_PROGRAM"
    plc = compile_st(text).start()
    plc["w"] = 0x100
    plc.scan(0)
    assert (plc["%QX1.1"], plc["w"]) == (True, 0x105)


def test_that_a_variable_without_a_fixed_place_has_memory_of_its_own() -> None:
    plc = ran("a AT %I* : INT; b AT %Q* : INT; c AT %M* : ARRAY[1..2] OF BOOL;", "b := 4; c[2] := TRUE;")
    assert (plc["MAIN.b"], plc["MAIN.c[2]"], plc["MAIN.a"]) == (4, True, 0)


def test_that_located_arrays_lie_flat_beside_each_other() -> None:
    plc = ran("a AT %MW0 : ARRAY[0..3] OF INT; b AT %MW4 : ARRAY[0..3] OF INT;", "a[3] := 1; b[0] := 2;")
    assert (plc["MAIN.a[3]"], plc["MAIN.b[0]"]) == (1, 2)


@pytest.mark.parametrize(
    ("declarations", "body", "words"),
    [
        ("x : INT;", "x.16 := TRUE;", "INT has the bits 0..15"),
        ("x : DWORD;", "x.%W2 := 1;", "DWORD has the WORDs 0..1"),
        ("x : BYTE;", "x.%B0.8 := TRUE;", "BYTE has the bits 0..7"),
        ("x : REAL;", "x.0 := TRUE;", "only whole numbers and bit strings have bits"),
        ("x : INT; b : BOOL;", "b := x.0 + 1;", "cannot join BOOL"),
        ("x : DWORD; i : INT;", "FOR x.%W0 := 1 TO 2 DO ; END_FOR", "FOR counts with a variable of its own"),
        ("x : DWORD; f : F;", "f(p := x.%W0);", "Give a copy and assign it back afterwards"),
        ("x AT %IX0.0 : BOOL; y AT %IB0 : BYTE;", "y.0 := TRUE;", "the field writes it, not the program"),
        ("x AT %MW0 : BOOL;", ";", "%MW0 is 16 bit wide, x is a BOOL"),
        ("x : INT;", "%MZ0 := 1;", "%MZ0 is not an address"),
    ],
)
def test_that_a_mistake_with_bits_or_addresses_is_explained(declarations: str, body: str, words: str) -> None:
    block = "FUNCTION_BLOCK F VAR_IN_OUT p : WORD; END_VAR END_FUNCTION_BLOCK\n"
    with pytest.raises(Problems) as caught:
        ran(declarations, body, block)
    assert words in str(caught.value)


IMAGE = """PROGRAM MAIN VAR img AT %IB10 : ARRAY[0..3] OF BYTE; part AT %IX12.7 : BOOL;
w AT %QW3 : ARRAY[0..1] OF INT;
lamp AT %QX9.7 : BOOL; seen : INT; END_VAR
IF part THEN seen := seen + 1; END_IF
w[1] := img[1] * 100; lamp := part;
END_PROGRAM"""


def test_that_a_bit_of_an_array_of_inputs_is_seen_from_outside_and_by_the_program() -> None:
    plc = compile_st(IMAGE).start()
    plc.run(1)
    assert (plc["MAIN.seen"], plc["MAIN.w[1]"]) == (0, 0)
    plc["MAIN.img[2]"] = 0x80
    assert plc["MAIN.part"] is True
    plc.run(1)
    assert (plc["MAIN.seen"], plc["MAIN.w[1]"], plc["MAIN.lamp"]) == (1, -32768, True)
    plc["MAIN.part"] = False
    assert plc["MAIN.img[2]"] == 0
    plc["MAIN.img[1]"] = 3
    plc.run(1)
    assert (plc["MAIN.seen"], plc["MAIN.w[1]"], plc["MAIN.w[0]"]) == (1, 300, 0)


def test_that_a_bit_of_an_array_wakes_a_task_that_sleeps() -> None:
    plc = compile_st(IMAGE).start()
    plc.run(5)
    plc["MAIN.img[2]"] = 0x80
    plc.run(1)
    assert plc["MAIN.lamp"] is True
    snapshot = plc.snapshot()
    plc["MAIN.part"] = False
    plc.restore(snapshot)
    assert (plc["MAIN.part"], plc["MAIN.img[2]"]) == (True, 0x80)
