"""Operator precedence of IEC 61131-3 (table 71, ed. 3) against an evaluation that never parses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.plc import compile_st

# loosest first; what stands in one row binds equally and goes from left to right
ROWS = (("OR",), ("XOR",), ("AND", "&"), ("=", "<>"), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "MOD"))
LEVEL = {word: level for level, row in enumerate(ROWS) for word in row}
NUMBER_LEVEL = LEVEL["+"]


def apply(word: str, a: object, b: object) -> object:
    if isinstance(a, bool) and isinstance(b, bool):
        return {"OR": a or b, "XOR": a != b, "AND": a and b, "&": a and b, "=": a == b, "<>": a != b}[word]
    assert isinstance(a, int) and isinstance(b, int)
    if word in ("/", "MOD"):
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if word == "/" else a - quotient * b
    return {
        "+": a + b, "-": a - b, "*": a * b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b,
        "=": a == b, "<>": a != b,
    }[word]  # fmt: skip


@st.composite
def written(draw: st.DrawFn, level: int = 0, depth: int = 4) -> tuple[str, object]:
    """(text with as few parentheses as precedence allows, value); the tree decides, the text follows."""
    if level >= len(ROWS) or depth == 0:
        if level <= LEVEL["AND"] and depth > 0:
            return draw(written(level + 1, depth))
        if level < NUMBER_LEVEL:  # a BOOL is wanted
            value = draw(st.booleans())
            negated = draw(st.booleans())
            return ("NOT " if negated else "") + str(value).upper(), value != negated
        number = draw(st.integers(1, 9))
        return (f"-{number}", -number) if draw(st.integers(0, 3)) == 0 else (f"{number}", number)
    if level == LEVEL["<"]:
        if draw(st.booleans()):  # exactly one comparison of numbers gives a BOOL
            word = draw(st.sampled_from(ROWS[level]))
            (a, x), (b, y) = draw(written(level + 1, depth - 1)), draw(written(level + 1, depth - 1))
            return f"{a} {word} {b}", apply(word, x, y)
        inner, value = draw(written(0, depth - 1))
        return f"({inner})", value
    text, value = draw(written(level + 1, depth - 1))
    for _ in range(draw(st.integers(0, 2))):
        word = draw(st.sampled_from(ROWS[level]))
        if word in ("/", "MOD"):
            number = draw(st.integers(1, 9))
            right, operand = str(number), number
        else:
            right, operand = draw(written(level + 1, depth - 1))
        if isinstance(value, bool) != isinstance(operand, bool):
            continue
        text, value = f"{text} {word} {right}", apply(word, value, operand)
    return text, value


@settings(max_examples=400, deadline=None)
@given(written())
def test_that_expressions_bind_as_the_standard_says(case: tuple[str, object]) -> None:
    text, value = case
    name = "b" if isinstance(value, bool) else "n"
    plc = compile_st(f"PROGRAM P VAR b : BOOL; n : LINT; END_VAR {name} := {text}; END_PROGRAM").start()
    plc.scan(0)
    assert plc[f"P.{name}"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("20 - 5 - 3", 12),
        ("100 / 7 / 2", 7),
        ("-7 / 2", -3),
        ("-7 MOD 3", -1),
        ("7 MOD -3", 1),
        ("LREAL_TO_LINT(-2.0 ** 2.0)", 4),  # ed. 3: the sign binds tighter than **
        ("LREAL_TO_LINT(2.0 ** 3.0 ** 2.0)", 64),
        ("SEL(TRUE OR FALSE AND FALSE, 1, 2)", 2),
        ("SEL(TRUE XOR TRUE AND FALSE, 1, 2)", 2),
        ("SEL(NOT TRUE OR TRUE, 1, 2)", 2),
        ("SEL(1 + 1 = 2 AND 3 < 4, 1, 2)", 2),
    ],
)
def test_that_worked_examples_hold(text: str, value: int) -> None:
    plc = compile_st(f"PROGRAM P VAR n : LINT; END_VAR n := {text}; END_PROGRAM").start()
    plc.scan(0)
    assert plc["P.n"] == value
