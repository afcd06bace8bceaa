"""Pragmas that speak while a program is compiled."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """{define FAST}
PROGRAM MAIN
VAR n : INT; s : STRING := '{error $'in a text$'}'; END_VAR
    // {error 'in a comment'}
    {IF defined (FAST)} n := 1; {ELSE} {error 'only fast ones are built'} {END_IF}
    {warning 'look here'} {info 'and here'} {text 'here'}
END_PROGRAM
"""


def test_that_an_error_in_what_is_compiled_refuses_the_program() -> None:
    assert compile_st(TEXT, "codesys")
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": TEXT.replace("{define FAST}", "")}, "codesys")
    (problem,) = caught.value.problems
    assert (problem.where.file, problem.where.line, problem.where.column) == ("m.st", 5, 40)
    assert problem.what == "the program says: only fast ones are built"
