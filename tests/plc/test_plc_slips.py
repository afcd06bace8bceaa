"""Signs of other languages and characters that look like others, in the words of a syntax error."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st


@pytest.mark.parametrize(
    ("body", "column", "words", "cure"),
    [
        ("IF x == 1 THEN x := 2; END_IF", 7, "'=='", "Write '='"),
        ("IF x != 1 THEN x := 2; END_IF", 6, "'!='", "Write '<>'"),
        ("b := b && b;", 9, "'&&'", "Write AND"),
        ("b := b || b;", 8, "'||'", "Write OR"),
        ("b := !b;", 6, "'!'", "Write NOT"),
        ("x += 1;", 3, "'+='", "Write x := x + ..."),
        ("x++;", 2, "'++'", "Write x := x + 1"),
        ("x--;", 2, "'--'", "Write x := x - 1"),
        ("x := \u00a01;", 6, "no-break space", "Remove it, or write a space"),
        ("x\u200b := 1;", 2, "U+200B (zero width space)", "Remove it, or write a space"),
        ("s := \u2018a\u2019;", 6, "left single quotation mark", "Write '"),
        ("\u0445 := 1;", 1, "cyrillic small letter ha", "Names have letters A-Z, digits and _"),
        ("x := 3 \u2212 1;", 8, "minus sign", "Write -"),
        ("\uff58 := 1;", 1, "fullwidth latin small letter x", "Write x"),
        ("b := TON(IN := b);", 6, "TON is a block, not a function", "Declare my_ton : TON; call it, and"),
    ],
)
def test_that_the_words_say_what_was_meant(body: str, column: int, words: str, cure: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(f"PROGRAM MAIN\nVAR x : INT; b : BOOL; s : STRING; END_VAR\n{body}\nEND_PROGRAM")
    problem = caught.value.problems[0]
    assert (problem.where.line, problem.where.column) == (3, column)
    assert words in problem.what
    assert problem.cure.startswith(cure)


@pytest.mark.parametrize(
    "body", ["x := 1 - -2;", "x := 3--2;", "x := +x;", "b := NOT b & b;", "b := x <> 1;"]
)
def test_that_what_looks_like_one_and_is_none_compiles(body: str) -> None:
    compile_st(f"PROGRAM MAIN VAR x : INT; b : BOOL; END_VAR {body} END_PROGRAM")
