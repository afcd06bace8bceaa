"""A trace as a value change dump, read back by a reader of its own (IEEE 1364-2005, 18.2)."""

from __future__ import annotations

import csv
import io
import math
import struct

import pytest

from commissioning.model.waveforms import Wave, Waveforms
from commissioning.plc import compile_st

MS = 1_000_000
SOURCE = """TYPE Mode : (Idle, Fill, Drain := 7); END_TYPE
PROGRAM MAIN
VAR
  on : BOOL; small : SINT; n : INT; u : UDINT; bits : WORD; r : REAL; text : STRING[20]; mode : Mode;
  t : TIME; zones : ARRAY[1..2] OF INT; grid : ARRAY[0..1, 2..3] OF BOOL; timer : TON; where : POINTER TO INT;
END_VAR
n := n - 300;
on := NOT on;
small := small - 1;
u := u + 3_000_000_000;
bits := bits XOR 16#8001;
r := r + 0.1;
IF n = -600 THEN text := 'a b\\$'c'; mode := Mode#Drain; END_IF
t := T#1s500ms;
zones[2] := n;
grid[1, 3] := on;
timer(IN := TRUE, PT := T#1h);
where := ADR(n);
END_PROGRAM
"""
PATHS = (
    "MAIN.on", "MAIN.small", "MAIN.n", "MAIN.u", "MAIN.bits", "MAIN.r", "MAIN.text", "MAIN.mode", "MAIN.t",
    "MAIN.zones[2]", "MAIN.grid[1,3]", "MAIN.timer.ET", "MAIN.where",
)  # fmt: skip


def read(text: str) -> tuple[dict[str, tuple[str, int]], dict[str, list[tuple[int, object]]]]:
    """(type, width) and changes by full name."""
    declared: dict[str, tuple[str, int]] = {}
    names: dict[str, str] = {}
    changes: dict[str, list[tuple[int, object]]] = {}
    scopes: list[str] = []
    head, _, body = text.partition("$enddefinitions $end\n")
    for line in head.splitlines():
        words = line.split()
        assert words[-1] == "$end"
        if words[0] == "$scope":
            assert words[1] == "module"
            scopes.append(words[2])
        elif words[0] == "$upscope":
            scopes.pop()
        elif words[0] == "$var":
            name = ".".join([*scopes, words[4]])
            assert words[3] not in names and name not in declared
            names[words[3]], declared[name], changes[name] = name, (words[1], int(words[2])), []
    assert not scopes
    now = -1
    for line in body.splitlines():
        if line.startswith("#"):
            assert int(line[1:]) > now
            now = int(line[1:])
        elif line not in ("$dumpvars", "$end"):
            value, code = line.split(" ") if " " in line else (line[0], line[1:])
            name = names[code]
            changes[name].append((now, decoded(value, *declared[name])))
    return declared, changes


def decoded(value: str, kind: str, width: int) -> object:
    if kind == "string":
        assert value[0] == "s"
        raw = bytearray()
        rest = value[1:]
        while rest:
            taken = 4 if rest[0] == "\\" else 1
            raw.append(int(rest[2:4], 16) if taken == 4 else ord(rest[0]))
            rest = rest[taken:]
        return raw.decode()
    if kind == "real":
        return float(value[1:])
    digits = value.removeprefix("b")
    if digits == "x":
        return None
    number = int(digits, 2)
    assert number < 1 << width
    return number - (1 << width) if kind == "integer" and number >= 1 << (width - 1) else number


def test_that_every_type_comes_back_with_its_value() -> None:
    plc = compile_st({"main.st": SOURCE}).start()
    trace = plc.trace(PATHS)
    plc.run(scans=4)
    declared, changes = read(trace.vcd())
    assert declared == {
        "MAIN.on": ("wire", 1), "MAIN.small": ("integer", 8), "MAIN.n": ("integer", 16),
        "MAIN.u": ("wire", 32), "MAIN.bits": ("wire", 16), "MAIN.r": ("real", 64), "MAIN.text": ("string", 1),
        "MAIN.mode": ("integer", 16), "MAIN.t": ("integer", 64), "MAIN.zones(2)": ("integer", 16),
        "MAIN.grid(1,3)": ("wire", 1), "MAIN.timer.ET": ("integer", 64),
    }  # fmt: skip
    single = [0.0]
    for _ in range(4):
        single.append(
            struct.unpack("f", struct.pack("f", single[-1] + struct.unpack("f", struct.pack("f", 0.1))[0]))[0]
        )
    expected = {
        "MAIN.on": [(0, 1), (10 * MS, 0), (20 * MS, 1), (30 * MS, 0)],
        "MAIN.small": [(0, -1), (10 * MS, -2), (20 * MS, -3), (30 * MS, -4)],
        "MAIN.n": [(0, -300), (10 * MS, -600), (20 * MS, -900), (30 * MS, -1200)],
        "MAIN.u": [(k * 10 * MS, (k + 1) * 3_000_000_000 % 2**32) for k in range(4)],
        "MAIN.bits": [(0, 0x8001), (10 * MS, 0), (20 * MS, 0x8001), (30 * MS, 0)],
        "MAIN.r": [(k * 10 * MS, single[k + 1]) for k in range(4)],
        "MAIN.text": [(0, ""), (10 * MS, "a b\\'c")],
        "MAIN.mode": [(0, 0), (10 * MS, 7)],
        "MAIN.t": [(0, 1_500_000_000)],
        "MAIN.timer.ET": [(0, 0), (10 * MS, 10 * MS), (20 * MS, 20 * MS), (30 * MS, 30 * MS)],
    }
    assert {name: changes[name] for name in expected} == expected
    assert "not in this file: MAIN.where (pointer)" in trace.vcd()
    assert "MAIN.mode: Mode: 0 Idle, 1 Fill, 7 Drain" in trace.vcd()


def test_that_the_times_of_a_triggered_trace_are_those_of_the_run_and_the_end_is_there() -> None:
    plc = compile_st({"main.st": SOURCE}).start()
    trace = plc.trace(["MAIN.n", "MAIN.text"], "MAIN.n < -1000", "10 ms", "15 ms")
    plc.run(scans=20)
    text = trace.vcd()
    _, changes = read(text)
    assert trace.state == "done" and trace.triggered_ns == 30 * MS
    assert changes["MAIN.n"] == [(20 * MS, -900), (30 * MS, -1200), (40 * MS, -1500)]
    assert changes["MAIN.text"] == [(20 * MS, "a b\\'c")]
    assert text.rstrip().endswith(f"#{45 * MS}") and f"the trigger was at {30 * MS} ns" in text


def test_that_unknown_values_and_odd_names_stand_in_both_files() -> None:
    waves = [
        Wave("a b.$end[1]", "bool"), Wave("a_b._end(1)", "bool"), Wave("n", "signed", 16), Wave("r", "real"),
        Wave("s", "text"),
    ]  # fmt: skip
    changes = [
        (5, 0, True), (5, 2, -7), (5, 3, math.inf), (5, 4, "x\ny é"), (9, 0, None), (9, 2, None),
        (9, 3, None), (9, 4, None), (9, 1, True), (9, 1, False),
    ]  # fmt: skip
    found = Waveforms(waves, 3, [False, False, 0, 0.0, ""], changes, 12, comments=["an $end in it"])
    declared, back = read(found.vcd())
    assert list(declared) == ["a_b._end(1)", "a_b._end(1)_", "n", "r", "s"]
    assert back["a_b._end(1)"] == [(3, 0), (5, 1), (9, None)]
    assert back["a_b._end(1)_"] == [(3, 0)]  # on and off in one instant: the last one counts
    assert back["n"] == [(3, 0), (5, -7), (9, None)]
    assert back["s"] == [(3, ""), (5, "x\ny é"), (9, "")]
    assert back["r"][1] == (5, math.inf) and math.isnan(back["r"][2][1])  # type: ignore[arg-type]
    assert found.vcd().rstrip().endswith("#12")
    rows = list(csv.reader(io.StringIO(found.csv())))
    assert rows[0] == ["time_s", "a b.$end[1]", "a_b._end(1)", "n", "r", "s"]
    assert rows[1] == ["0.000000003", "0", "0", "0", "0.0", ""]
    assert rows[2] == ["0.000000005", "1", "0", "-7", "inf", "x\ny é"]
    assert rows[3] == ["0.000000009", "", "0", "", "", ""]


@pytest.mark.parametrize("count", [1, 93, 94, 95, 94 * 94 + 94, 9000])
def test_that_many_waves_have_different_codes(count: int) -> None:
    waves = [Wave(f"w{k}", "bits", 16) for k in range(count)]
    declared, back = read(Waveforms(waves, 0, list(range(count)), [], 1).vcd())
    assert len(declared) == count
    assert all(back[f"w{k}"] == [(0, k)] for k in range(0, count, 97))
