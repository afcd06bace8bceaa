"""Values of enumerations: from constants; as what FOR and CASE count and compare, in the makers' dialects."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, Program, compile_st

TYPES = "TYPE Colour : (red := 2, green, blue) UINT; END_TYPE\nTYPE Mood : (glad := 3, sad); END_TYPE\n"


def built(
    declared: str, body: str, types: str = TYPES, dialect: str = "twincat", stubs: bool = False
) -> Program:
    text = f"{types}PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"
    return compile_st({"m.st": text}, dialect, stubs=stubs)


def scanned(declared: str, body: str, types: str = TYPES) -> Plc:
    plc = built(declared, body, types).start()
    plc.scan(0)
    return plc


def test_that_for_counts_from_member_to_member() -> None:
    plc = scanned("i, sum : INT;", "FOR i := Colour.red TO Colour.blue DO sum := sum + i; END_FOR")
    assert (plc["MAIN.sum"], plc["MAIN.i"]) == (9, 5)


def test_that_for_counts_with_an_enumeration() -> None:
    plc = scanned("c : Colour; n : INT;", "FOR c := Colour.red TO Colour.blue DO n := n * 10 + c; END_FOR")
    assert plc["MAIN.n"] == 234


def test_that_case_takes_members_of_another_enumeration_and_tells_it() -> None:
    declared, body = "c : Colour := 3; n : INT;", "CASE c OF\nMood.glad: n := 1;\nEND_CASE"
    assert scanned(declared, body)["MAIN.n"] == 1
    assert any("the label is a Mood" in notice.what for notice in built(declared, body).notices)


def test_that_the_standard_takes_only_members_of_the_enumeration() -> None:
    with pytest.raises(Problems, match="the label is a Mood"):
        built("c : Colour;", "CASE c OF Mood.glad: ; END_CASE", TYPES.replace(") UINT", ")"), "iec")


CONSTANTS = "VAR_GLOBAL CONSTANT\nfirst : INT := 7; END_VAR\n"


@pytest.mark.parametrize("order", [1, -1])
def test_that_constants_give_values_to_members(order: int) -> None:
    types = "".join(
        [CONSTANTS, "TYPE Kind : (one := first, two, five := first + 5) INT; END_TYPE\n"][::order]
    )
    plc = scanned(
        "k : Kind := two; n : INT; a : ARRAY[Kind.one..Kind.five] OF INT;", "n := five;\na[k] := 4;", types
    )
    assert (plc["MAIN.n"], plc["MAIN.k"], plc["MAIN.a[8]"]) == (12, 8, 4)


def test_that_a_variable_gives_none() -> None:
    with pytest.raises(Problems, match="first"):
        built("k : Kind;", ";", CONSTANTS.replace(" CONSTANT", "") + "TYPE Kind : (one := first); END_TYPE\n")


def test_that_stubs_may_give_values_to_members() -> None:
    found = built(
        "k : Kind;",
        "k := one;",
        "TYPE Kind : (one := Other.a, two := TO_DINT(Other.b)); END_TYPE\n",
        stubs=True,
    )
    assert found.statement_count == 1
