"""Operators of CODESYS and TwinCAT: __POUNAME, __POSITION, BITADR, and those that nothing interrupts."""

from __future__ import annotations

from typing import Any

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st
from commissioning.plc.testing.tcunit_runner import run_suites

MAKERS = ("codesys", "twincat")


def ran(text: str, dialect: str = "codesys", scans: int = 1) -> Plc:
    plc = compile_st({"p.st": text}, dialect).start()
    plc.run(scans)
    return plc


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_pou_knows_its_name(dialect: str) -> None:
    text = """
    FUNCTION Named : STRING Named := __POUNAME(); END_FUNCTION
    INTERFACE Walks METHOD go : STRING END_METHOD END_INTERFACE
    FUNCTION_BLOCK Motor IMPLEMENTS Walks
    VAR own : STRING := __POUNAME(); END_VAR VAR_OUTPUT out, body : STRING; END_VAR
    METHOD go : STRING go := __POUNAME(); END_METHOD
    PROPERTY Speed : STRING GET Speed := __POUNAME(); END_GET SET out := __POUNAME(); END_SET END_PROPERTY
    body := CONCAT(own, __POUNAME());
    END_FUNCTION_BLOCK
    FUNCTION_BLOCK Fast EXTENDS Motor END_FUNCTION_BLOCK
    PROGRAM MAIN VAR m : Motor; f : Fast; r : ARRAY[1..7] OF STRING; declared : STRING := __POUNAME(); END_VAR
    r[1] := __POUNAME(); r[2] := Named(); r[3] := m.go(); r[4] := m.Speed; m.Speed := 'x'; r[5] := m.out;
    m(body => r[6]); r[7] := f.go();
    END_PROGRAM"""
    plc = ran(text, dialect)
    assert [plc[f"MAIN.r[{k}]"] for k in range(1, 8)] == [
        "MAIN", "Named", "Motor.go", "Motor.Speed.Get", "Motor.Speed.Set", "MotorMotor", "Motor.go"
    ]  # fmt: skip
    assert plc["MAIN.declared"] == "MAIN"


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_place_is_told(dialect: str) -> None:
    declared = "VAR\n d : STRING := __POSITION();\n i : STRING;\nEND_VAR"
    text = f"PROGRAM P\n{declared}\n  i := __POSITION();\nEND_PROGRAM"
    plc = ran(text, dialect)
    assert (plc["P.d"], plc["P.i"]) == ("Line 3 (Decl)", "Line 6, Column 8 (Impl)")


def test_that_test_suites_may_name_their_tests_so() -> None:
    text = """FUNCTION_BLOCK Suite EXTENDS TcUnit.FB_TestSuite
    METHOD adds TEST(__POUNAME()); AssertEquals_INT(3, 1 + 2, 'sum'); TEST_FINISHED(); END_METHOD
    adds(); END_FUNCTION_BLOCK
    PROGRAM P VAR s : Suite; END_VAR TcUnit.RUN(); END_PROGRAM"""
    (outcome,) = run_suites(compile_st({"p.st": text}, "twincat", with_tests=True))
    assert outcome.name.endswith("Suite.adds")
    assert not outcome.failures


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize(
    ("declared", "value"),
    [("AT %IX2.3 : BOOL", 0x80000013), ("AT %QX0.0 : BOOL", 0xC0000000), ("AT %MW5 : WORD", 0x40000050),
     ("AT %MD2 : DINT", 0x40000040), ("AT %IB7 : BYTE", 0x80000038), ("AT %MX4 : BOOL", 0x40000020)],
)  # fmt: skip
def test_that_bitadr_counts_bits_from_the_start_of_an_area(declared: str, value: int, dialect: str) -> None:
    """The first is the example of the makers' documentation, for addresses that count bytes."""
    text = f"PROGRAM P VAR x {declared}; n : DWORD; END_VAR n := BITADR(x); END_PROGRAM"
    bytewise = {"AT %MW5 : WORD": 0x40000028, "AT %MD2 : DINT": 0x40000010} if dialect == "twincat" else {}
    assert ran(text, dialect)["P.n"] == bytewise.get(declared, value)


@pytest.mark.parametrize("dialect", MAKERS)
def test_the_operators_that_nothing_interrupts(dialect: str) -> None:
    text = """PROGRAM P
    VAR flag, before, again : DWORD; n, old : DINT := 5; w : LWORD := 7; won, lost : BOOL; END_VAR
    before := TEST_AND_SET(flag); again := TEST_AND_SET(flag);
    old := __XADD(ADR(n), 3);
    won := __COMPARE_AND_SWAP(ADR(w), 7, 9); lost := __COMPARE_AND_SWAP(ADR(w), 7, 11);
    END_PROGRAM"""
    plc = ran(text, dialect)
    names = ("flag", "before", "again", "n", "old", "w", "won", "lost")
    found: list[Any] = [plc[f"P.{name}"] for name in names]
    assert found == [1, 0, 1, 8, 5, 9, True, False]


def test_that_a_function_of_ones_own_by_such_a_name_is_called() -> None:
    text = """FUNCTION TEST_AND_SET : INT VAR_INPUT x : INT; END_VAR TEST_AND_SET := 2 * x; END_FUNCTION
    PROGRAM P VAR n : INT; END_VAR n := TEST_AND_SET(4); END_PROGRAM"""
    for dialect in ("iec", *MAKERS):
        assert ran(text, dialect)["P.n"] == 8


@pytest.mark.parametrize(
    "value",
    ["__POUNAME()", "__POSITION()", "BITADR(x)", "TEST_AND_SET(x)", "__XADD(x, 1)",
     "__COMPARE_AND_SWAP(x, 1, 2)"],
)  # fmt: skip
def test_that_the_standard_has_none_of_them(value: str) -> None:
    name = value.partition("(")[0]
    text = f"PROGRAM P VAR x AT %MD0 : DWORD; s : STRING; n : DWORD; END_VAR n := {value}; END_PROGRAM"
    with pytest.raises(Problems, match=f"there is no function {name}"):
        compile_st(text)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("s := __POUNAME(1);", "__POUNAME has no arguments"),
        ("s := __POSITION(s);", "__POSITION has no arguments"),
        ("n := BITADR(n);", "BITADR asks for a variable with an address"),
        ("n := BITADR();", "BITADR has 1 argument"),
        ("n := TEST_AND_SET(s);", "s is a STRING"),
        ("n := TEST_AND_SET(1);", "a variable"),
    ],
)
def test_that_wrong_use_is_told(statement: str, what: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(f"PROGRAM P VAR n : DWORD; s : STRING; END_VAR {statement} END_PROGRAM", "codesys")
    assert any(what in problem.what for problem in caught.value.problems), caught.value.problems
