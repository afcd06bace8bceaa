"""A conformance suite of conversions and functions; expected values from NumPy, struct and by hand."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.values.iec_types import Value

WHOLE = {
    "SINT": np.int8, "INT": np.int16, "DINT": np.int32, "LINT": np.int64,
    "USINT": np.uint8, "UINT": np.uint16, "UDINT": np.uint32, "ULINT": np.uint64,
    "BYTE": np.uint8, "WORD": np.uint16, "DWORD": np.uint32, "LWORD": np.uint64,
}  # fmt: skip
CORNERS = (0.0, 1.0, -2.5, 0.1, 3.4028234e38, 1e-45, -1e-30)


def results(declarations: str, body: str, count: int, dialect: str = "iec") -> list[Value]:
    """z0 .. of a program after one scan."""
    plc = compile_st(f"PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM", dialect).start()
    plc.run(1)
    return [plc[f"MAIN.z{number}"] for number in range(count)]


@pytest.mark.parametrize("source", WHOLE)
def test_that_whole_numbers_convert_as_in_two_s_complement(source: str) -> None:
    span = np.iinfo(WHOLE[source])
    low, high = int(span.min), int(span.max)
    cases = [
        (value, target)
        for target in WHOLE
        if target != source
        for value in (low, high, 0, 1, high // 3, high // 2 + 1)
    ]
    declarations = "".join(f"x{n} : {source} := {v}; z{n} : {t}; " for n, (v, t) in enumerate(cases))
    body = "\n".join(f"z{n} := {source}_TO_{t}(x{n});" for n, (_, t) in enumerate(cases))
    wanted = [int(np.array(v, WHOLE[source]).astype(WHOLE[t])) for v, t in cases]
    assert results(declarations, body, len(cases)) == wanted


def test_that_bits_go_into_a_real_and_back_as_they_are() -> None:
    singles = [float(np.float32(value)) for value in CORNERS]
    doubles = [*CORNERS, math.pi, 1.7e308]
    values = [("REAL", "DWORD", "<f", "<I", v) for v in singles]
    values += [("LREAL", "LWORD", "<d", "<Q", v) for v in doubles]
    cases: list[tuple[str, str, float, float]] = []
    for real, bits, form, pattern, value in values:
        (number,) = struct.unpack(pattern, struct.pack(form, value))
        cases += [(real, bits, value, number), (bits, real, number, value)]
    declarations = "".join(f"x{n} : {s} := {v!r}; z{n} : {t}; " for n, (s, t, v, _) in enumerate(cases))
    body = "\n".join(f"z{n} := {s}_TO_{t}(x{n});" for n, (s, t, _, _) in enumerate(cases))
    assert results(declarations, body, len(cases)) == [wanted for _, _, _, wanted in cases]


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_makers_convert_the_number_that_the_bits_are(dialect: str) -> None:
    body = "z0 := DWORD_TO_REAL(16#3F800000); z1 := REAL_TO_DWORD(1.0);"
    assert results("z0 : REAL; z1 : DWORD;", body, 2, dialect) == [float(0x3F800000), 1]


@pytest.mark.parametrize(
    ("type_", "call", "wanted"),
    [
        ("BOOL", "IS_VALID(1.5)", True),
        ("BOOL", "IS_VALID(huge * 10.0)", False),
        ("BOOL", "IS_VALID(huge * 10.0 - huge * 10.0)", False),
        ("USINT", "BCD_TO_USINT(BYTE#16#45)", 45),
        ("UDINT", "BCD_TO_UDINT(DWORD#16#1234_5678)", 12_345_678),
        ("WORD", "TO_BCD_WORD(UINT#9876)", 0x9876),
        ("UINT", "TO_BIG_ENDIAN(UINT#16#1234)", 0x3412),
        ("INT", "TO_BIG_ENDIAN(INT#255)", -256),
        ("INT", "FROM_BIG_ENDIAN(INT#-256)", 255),
        ("LWORD", "FROM_BIG_ENDIAN(LWORD#16#0102030405060708)", 0x0807060504030201),
        ("DINT", "TO_LITTLE_ENDIAN(DINT#-7)", -7),
    ],
)
def test_that_a_function_of_edition_3_gives_what_its_table_says(type_: str, call: str, wanted: Value) -> None:
    found = results(f"z0 : {type_}; huge : LREAL := 1.0E308;", f"z0 := {call};", 1)
    assert found == [wanted]


def test_that_a_program_may_have_functions_of_these_names_itself() -> None:
    own = "FUNCTION IS_VALID : INT VAR_INPUT x : INT; END_VAR IS_VALID := x + 1; END_FUNCTION\n"
    plc = compile_st(f"{own}PROGRAM MAIN VAR z0 : INT; END_VAR z0 := IS_VALID(4); END_PROGRAM").start()
    plc.run(1)
    assert plc["MAIN.z0"] == 5


@pytest.mark.parametrize("call", ["TO_BIG_ENDIAN(1.5)", "TO_BIG_ENDIAN(7)", "IS_VALID('a')", "IS_VALID()"])
def test_that_other_arguments_are_a_problem(call: str) -> None:
    with pytest.raises(Problems) as caught:
        results("z0 : BOOL;", f"z0 := {call} = {call};", 1)
    assert all(problem.where.line == 3 and problem.where.column for problem in caught.value.problems)
