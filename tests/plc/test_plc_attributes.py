"""Attributes of makers that change what a program computes are told where they are not carried out."""

from __future__ import annotations

from commissioning.plc import compile_st

TEXT = """TYPE {attribute 'to_string'} State : (idle, busy); END_TYPE
FUNCTION_BLOCK FB_Named
VAR
    {attribute 'hide'} n : INT;  // {attribute 'pack_mode'}
    s : STRING := '{attribute ''no_copy''}';
    (* {attribute 'no-exit'} *) {attribute 'Instance-Path'} {attribute 'noinit'}
    path, other : STRING;
    {attribute 'instance-path'}
    again : STRING;
END_VAR
END_FUNCTION_BLOCK
PROGRAM MAIN VAR f : FB_Named; END_VAR f(); END_PROGRAM
"""


def test_that_each_is_told_once_at_its_first_place() -> None:
    program = compile_st(TEXT.replace("''no_copy''", "$'no_copy$'"), dialect="twincat")
    told = [(p.where.line, p.where.column, p.what.partition(":")[0], p.severity) for p in program.notices]
    assert told == [
        (1, 6, "the attribute 'to_string' is not carried out", "warning"),
        (6, 33, "the attribute 'instance-path' is not carried out", "warning"),
    ]


def test_that_the_rest_gets_no_word() -> None:
    text = "{attribute 'qualified_only'} VAR_GLOBAL {attribute 'TcLinkTo' := 'x'} g AT %I* : BOOL; END_VAR"
    assert not compile_st(text + " PROGRAM MAIN END_PROGRAM", dialect="twincat").notices
