"""Initial values of a user's block: with a variable they count, in a TYPE they are told, never left out."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc.compiler import compile_st

BLOCK = "FUNCTION_BLOCK Gate\nVAR_INPUT n : INT; END_VAR\nVAR m : INT; END_VAR\nm := n;\nEND_FUNCTION_BLOCK\n"
PROGRAM = "PROGRAM MAIN\nVAR c : Cell{}; q : INT; END_VAR\nc.g();\nq := c.g.n;\nEND_PROGRAM\n"


def test_that_initial_values_of_a_block_in_a_type_are_a_problem() -> None:
    text = BLOCK + "TYPE Cell : STRUCT g : Gate := (n := 7); END_STRUCT END_TYPE\n" + PROGRAM.format("")
    with pytest.raises(Problems) as found:
        compile_st(text)
    (problem,) = found.value.problems
    assert "Gate" in problem.what and problem.where.line == 6 and "where a variable" in problem.cure


def test_that_they_count_where_the_variable_is_declared() -> None:
    cell = "TYPE Cell : STRUCT g : Gate; END_STRUCT END_TYPE\n"
    plc = compile_st(BLOCK + cell + PROGRAM.format(" := (g := (n := 7))")).start()
    plc.run(1)
    assert plc["MAIN.q"] == 7
