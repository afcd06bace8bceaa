"""Calls in a row and calls in each other: long ones, and ones of which nothing is known."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.stubs.collected import STUB_FILE

_BUILDER = """
    FUNCTION_BLOCK Builder VAR n : DINT; END_VAR
    METHOD Add : Builder_I VAR_INPUT s : STRING; END_VAR n := n + 1; Add := THIS^; END_METHOD
    PROPERTY Count : DINT GET Count := n; END_GET END_PROPERTY
    END_FUNCTION_BLOCK
    """
_FACE = """
    INTERFACE Builder_I
    METHOD Add : Builder_I VAR_INPUT s : STRING; END_VAR END_METHOD
    PROPERTY Count : DINT GET END_GET END_PROPERTY
    END_INTERFACE
    """
_LONG = 35


def test_that_a_call_of_a_call_may_be_repeated_many_times() -> None:
    builder = _BUILDER.replace("Builder VAR n", "Builder IMPLEMENTS Builder_I VAR n")
    chain = ".Add('a')" * _LONG
    program = compile_st(
        f"{_FACE}{builder}PROGRAM MAIN VAR b : Builder; n : DINT; END_VAR n := b{chain}.Count; END_PROGRAM",
        "twincat",
    )
    plc = program.start()
    plc.scan(0)
    assert plc["MAIN.n"] == _LONG


@pytest.mark.parametrize(
    "statement",
    [
        f"b{'.Add(1)' * _LONG};",
        f"n := b{'.Add(1)' * _LONG}.Count;",
        "n := " + "F(ADR(x), " * _LONG + "1" + ")" * _LONG + ";",
        "n := " + "b.Get(" * _LONG + "n" + ")" * _LONG + ";",
        f"Logger{''.join(f'.P{i}.M(n)' for i in range(18))};",
    ],
)
def test_that_stubs_of_long_chains_are_found_without_asking_twice_for_every_link(statement: str) -> None:
    text = f"PROGRAM MAIN VAR b : Builder; n : DINT; END_VAR {statement} END_PROGRAM"
    program = compile_st({"m.st": text}, "twincat", stubs=True)  # this took years
    assert STUB_FILE in program.stubs


def test_that_a_mistake_at_the_start_of_a_long_chain_is_told_once() -> None:
    text = f"PROGRAM MAIN VAR b : Builder; END_VAR b.Ad('a'){'.Add(1)' * _LONG}; END_PROGRAM"
    builder = _BUILDER.replace("Builder_I", "REFERENCE TO Builder").replace(":= THIS^", "REF= THIS^")
    with pytest.raises(Problems, match=r"Builder has no method Ad\. Did you mean Add") as raised:
        compile_st(builder + text, "twincat")
    assert len(raised.value.problems) == 1
