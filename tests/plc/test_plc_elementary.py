"""Literals of every form, the range of every elementary type, and calls of functions with outputs.

Ranges are those of C's fixed-width integers; durations are counted out in the test from seconds and days.
"""

from __future__ import annotations

import numpy as np
import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st

DAY = 86_400 * 10**9
WHOLE = {
    "SINT": np.int8, "INT": np.int16, "DINT": np.int32, "LINT": np.int64,
    "USINT": np.uint8, "UINT": np.uint16, "UDINT": np.uint32, "ULINT": np.uint64,
    "BYTE": np.uint8, "WORD": np.uint16, "DWORD": np.uint32, "LWORD": np.uint64,
}  # fmt: skip


def ran(declarations: str, body: str, before: str = "", scans: int = 1) -> Plc:
    plc = compile_st(f"{before}\nPROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM").start()
    plc.run(scans)
    return plc


@pytest.mark.parametrize(
    ("type_", "literal", "value"),
    [
        ("ULINT", "16#FFFF_FFFF_FFFF_FFFF", 2**64 - 1),
        ("LWORD", "LWORD#16#8000_0000_0000_0000", 2**63),
        ("LINT", "-9_223_372_036_854_775_808", -(2**63)),
        ("SINT", "SINT#-128", -128),
        ("BYTE", "2#1010_0101", 0xA5),
        ("WORD", "WORD#8#177_777", 0xFFFF),
        ("UINT", "UINT#1_000", 1000),
        ("BOOL", "BOOL#1", True),
        ("LREAL", "LREAL#1_0.5E-10", 10.5e-10),
        ("LREAL", "1e3", 1000.0),
        ("REAL", "REAL#0.1", float(np.float32(0.1))),
        ("TIME", "T#1d2h3m4s5ms6us7ns", DAY + 7_384_005_006_007),
        ("LTIME", "LT#-1.5d", -3 * DAY // 2),
        ("LTIME", "LTIME#36h_30m", 36 * DAY // 24 + 1_800 * 10**9),
        ("TIME", "time#0.25s", 250_000_000),
    ],
)
def test_that_a_literal_stands_for_its_value(type_: str, literal: str, value: object) -> None:
    assert ran(f"x : {type_};", f"x := {literal};")["MAIN.x"] == value


@pytest.mark.parametrize("name", WHOLE)
def test_that_counting_past_the_end_of_a_type_goes_round(name: str) -> None:
    span = np.iinfo(WHOLE[name])
    plc = ran(f"up : {name} := {span.max}; down : {name} := {span.min};", "up := up + 1; down := down - 1;")
    assert (plc["MAIN.up"], plc["MAIN.down"]) == (int(span.min), int(span.max))


@pytest.mark.parametrize("name", WHOLE)
def test_that_a_literal_past_the_end_of_a_type_is_refused_where_it_stands(name: str) -> None:
    beyond = int(np.iinfo(WHOLE[name]).max) + 1
    with pytest.raises(Problems) as caught:
        ran(f"x : {name};", f"x := {name}#{beyond};")
    (problem,) = caught.value.problems
    assert "does not fit" in problem.what
    assert (problem.where.line, problem.where.column) == (4, 6)


PAIR = """
FUNCTION Pair
VAR_INPUT x : INT := 7; END_VAR
VAR_OUTPUT twice, next : INT; END_VAR
twice := 2 * x; next := x + 1;
END_FUNCTION
"""


def test_that_a_function_without_a_result_gives_its_outputs_to_the_names_behind_arrows() -> None:
    body = "Pair(x := 20, twice => a, next => b); Pair(3, next => c); Pair(twice => d);"
    plc = ran("a, b, c, d : INT;", body, PAIR)
    assert [plc[f"MAIN.{name}"] for name in "abcd"] == [40, 21, 4, 14]


def test_that_a_function_without_a_result_is_no_value() -> None:
    with pytest.raises(Problems, match="Pair has no result"):
        ran("a : INT;", "a := Pair(1);", PAIR)
