"""-1 for a type without a sign: the makers take it with a warning, the standard does not."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """
FUNCTION Given : UINT VAR_INPUT x : UINT := -3; END_VAR Given := x; END_FUNCTION
PROGRAM MAIN
VAR a : ULINT := -1; b : USINT; c : BYTE; row : ARRAY[0..1] OF WORD := [-1, 2]; d : UINT; same : BOOL; END_VAR
b := -1;
c := -128;
d := Given();
same := a = 16#FFFF_FFFF_FFFF_FFFF;
END_PROGRAM
"""


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_the_makers_take_a_negative_literal_for_the_number_of_the_same_bits(dialect: str) -> None:
    program = compile_st(TEXT, dialect)
    told = [notice.what for notice in program.notices]
    assert "-1 has a sign and ULINT has none: it becomes 18446744073709551615" in told and len(told) == 5
    plc = program.start()
    plc.scan(0)
    values = [plc[f"MAIN.{name}"] for name in ("a", "b", "c", "d", "same", "row[0]")]
    assert values == [2**64 - 1, 255, 128, 65533, True, 65535]


def test_that_the_standard_does_not() -> None:
    with pytest.raises(Problems) as caught:
        compile_st(TEXT, "iec")
    assert [p.what.partition(" (")[0] for p in caught.value.problems] == [
        "-3 does not fit UINT", "-1 does not fit ULINT", "-1 does not fit WORD",
        "-1 does not fit USINT", "-128 does not fit BYTE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "value"), [("USINT", -129), ("BYTE", -200), ("UINT", 65536), ("SINT", -129), ("UINT(0..9)", -1)]
)
def test_that_what_has_no_place_in_its_bits_does_not_fit(type_: str, value: int) -> None:
    with pytest.raises(Problems, match="does not fit"):
        compile_st(f"PROGRAM MAIN VAR x : {type_}; END_VAR x := {value}; END_PROGRAM", "twincat")
