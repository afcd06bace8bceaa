"""The expression language: what it accepts, what types it gives, and what it says about the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model import expression_tree as tree
from commissioning.model.expression import ExpressionType, NameInfo, parse
from commissioning.model.problem import Place, Problems
from commissioning.model.tags import DataType

NAMES = {
    info.name: info
    for info in (
        NameInfo("I_PE1", DataType.BOOL),
        NameInfo("I_EStop", DataType.BOOL),
        NameInfo("stop1.raised", DataType.BOOL, "port"),
        NameInfo("pe1.blocked", DataType.BOOL, "port"),
        NameInfo("belt1.moving", DataType.BOOL, "port"),
        NameInfo("Count", DataType.INT),
        NameInfo("Level", DataType.REAL),
        NameInfo("Elapsed", DataType.TIME),
        NameInfo("Recipe", DataType.STRING),
        NameInfo('"DB 1".Start', DataType.BOOL),
        NameInfo("Förderer", DataType.BOOL),
        NameInfo("belt1.travel", DataType.LREAL, "travel", "length", "belt1"),
        NameInfo("belt2.travel", DataType.LREAL, "travel", "length", "belt2"),
        NameInfo("belt1.speed", DataType.LREAL, "speed", "speed", "belt1"),
        NameInfo("belt2.speed", DataType.LREAL, "speed", "speed", "belt2"),
    )
}


def shape(node: tree.Node) -> object:
    """The tree as nested lists: how words were bound."""
    name = type(node).__name__
    if isinstance(node, tree.Constant):
        return node.value
    if isinstance(node, tree.Variable):
        return node.info.name
    extra = [
        getattr(node, key)
        for key in ("operator", "rising", "duration_ns", "name", "signs", "powers")
        if hasattr(node, key)
    ]
    return [name, *extra, *[shape(part) for part in node.operands]]


def problems(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        parse(text, NAMES)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("stop1.raised and pe1.blocked and belt1.moving", ExpressionType.BOOL),
        ("I_EStop falls", ExpressionType.EVENT),
        ("not belt1.moving", ExpressionType.BOOL),
        ("pe1.blocked falls and stop1.raised", ExpressionType.EVENT),
        ("I_PE1 rises or I_PE1 falls", ExpressionType.EVENT),
        ("pe1.blocked for 2 s", ExpressionType.BOOL),
        ("not belt1.moving since I_EStop falls", ExpressionType.BOOL),
        ("Count + 2 * 3 - 1", ExpressionType.INT),
        ("Count / 2", ExpressionType.REAL),
        ("max(Level, 3, Count)", ExpressionType.REAL),
        ("Elapsed + 2 s", ExpressionType.TIME),
        ("Elapsed > 2 s", ExpressionType.BOOL),
        ("Recipe = 'large'", ExpressionType.BOOL),
        ("belt1.travel - belt2.travel", ExpressionType.CONTINUOUS),
        ("abs(belt1.speed - belt2.speed) > 0.05 m/s", ExpressionType.BOOL),
        ('`"DB 1".Start` and Förderer', ExpressionType.BOOL),
        ("I_PE1 = TRUE", ExpressionType.BOOL),
        ("900/h > Level", ExpressionType.BOOL),
    ],
)
def test_that_expressions_of_the_contract_have_their_type(text: str, kind: ExpressionType) -> None:
    assert parse(text, NAMES).type is kind


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("I_PE1 or I_EStop and Förderer", "I_PE1 or (I_EStop and Förderer)"),
        ("not I_PE1 and I_EStop", "(not I_PE1) and I_EStop"),
        ("not I_PE1 for 2 s", "(not I_PE1) for 2 s"),
        ("not I_PE1 rises", "(not I_PE1) rises"),
        ("not Count > 3", "not (Count > 3)"),
        ("I_PE1 for 2 s and I_EStop", "(I_PE1 for 2 s) and I_EStop"),
        ("I_PE1 for 2 s or I_EStop for 3 s", "(I_PE1 for 2 s) or (I_EStop for 3 s)"),
        ("I_EStop and I_PE1 rises", "I_EStop and (I_PE1 rises)"),
        ("Count > 3 rises", "(Count > 3) rises"),
        ("I_PE1 since I_EStop falls for 1 s", "(I_PE1 since (I_EStop falls)) for 1 s"),
        ("Count + 2 * 3 > 4 - 1", "(Count + (2 * 3)) > (4 - 1)"),
        ("-Count < 2", "(-Count) < 2"),
        ("not not I_PE1", "I_PE1"),
        ("i_pe1 AND NOT BELT1.MOVING", "I_PE1 and not belt1.moving"),
        ("`I_PE1` and true", "I_PE1 and TRUE"),
        ("I_PE1 for 2", "I_PE1 for 2000 ms"),
    ],
)
def test_that_words_bind_as_documented(text: str, same_as: str) -> None:
    assert shape(parse(text, NAMES).root) == shape(parse(same_as, NAMES).root)


def test_that_quantities_become_si_values() -> None:
    assert shape(parse("belt1.travel > 300 mm", NAMES).root) == ["Compare", ">", "belt1.travel", 0.3]
    assert shape(parse("Elapsed > 1.5 min", NAMES).root) == ["Compare", ">", "Elapsed", 90_000_000_000]
    assert shape(parse("Level > 95 %", NAMES).root) == ["Compare", ">", "Level", 0.95]
    assert shape(parse("Level > 3600/h", NAMES).root) == ["Compare", ">", "Level", 1.0]


def test_that_names_are_listed_in_order_of_first_use() -> None:
    expression = parse("pe1.blocked and I_PE1 or i_pe1 and belt1.speed > 0", NAMES)
    assert [info.name for info in expression.names] == ["pe1.blocked", "I_PE1", "belt1.speed"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("I_PE1 and", "must follow"),
        ("(I_PE1", "`)` is missing"),
        ("I_PE1)", "cannot stand here"),
        ("I_PE1 == 1", "Write `=`"),
        ("I_PE1 && I_EStop", "Write `and`"),
        ("!I_PE1", "Write `not`"),
        ("I_PE1 I_EStop", "Join two conditions"),
        ("I_PE7", "Did you mean `I_PE1`?"),
        ("__import__('os')", "no tag or port named `__import__`"),
        ("I_PE1 + 1", "needs numbers"),
        ("Count and I_PE1", "Compare it"),
        ("I_PE1 > 1", "cannot be compared"),
        ("I_PE1 > I_EStop", "Use = or <>"),
        ("Count > 2 s", "a whole number cannot be compared with a duration"),
        ("Elapsed > 2", "Write the number with a unit of time"),
        ("Elapsed + 2 > 2 s", "does not mix durations"),
        ("Elapsed * 2 > 2 s", "durations are not multiplied"),
        ("I_PE1 rises rises", "is an event already"),
        ("Count rises", "Compare it first"),
        ("not (I_PE1 rises)", "no opposite"),
        ("I_PE1 rises or I_EStop", "levels or events"),
        ("I_PE1 rises for 2 s", "cannot hold for a time"),
        ("I_PE1 for Count", "fixed duration"),
        ("I_PE1 for 0 s", "longer than 0"),
        ("I_PE1 for 2 m", "fixed duration"),
        ("I_PE1 since I_EStop", "Add `rises` or `falls`"),
        ("I_PE1 rises since I_EStop rises", "before `since` stands a level"),
        ("1 < Count < 3", "cannot be chained"),
        ("I_PE1 and I_EStop for 2 s", "Write `(a and b) for ...` or `a and (b for ...)`"),
        ("I_PE1 or I_EStop for 2 s", "can mean both or only b"),
        ("Förderer and I_PE1 and I_EStop since I_PE1 rises", "can mean both or only b"),
        ("belt1.travel = 2 m", "tolerance"),
        ("belt1.travel * belt2.travel > 2", "by a constant only"),
        ("Count * belt1.travel > 2 m", "by a constant only"),
        ("1 / belt1.speed > 2", "by a constant only"),
        ("belt1.travel > 2 m/s", "a length and a speed do not go together"),
        ("belt1.travel + belt1.speed > 2", "do not go together"),
        ("belt1.travel > 2 s", "cannot be compared with a duration"),
        ("belt1.travel and I_PE1", "Compare it"),
        ("abs(Count, 2) > 1", "abs takes one"),
        ("min(Count) > 1", "two values or more"),
        ("Count / 0 > 1", "division by zero"),
        ("Count > 3 parsec", "no unit"),
        ("`unclosed and I_PE1", "never closed"),
        ("Count > T#2s", "Write durations like"),
        ("Count > 16#FF", "decimal"),
        ("Count > 1e999", "too large"),
        ("Count > 99999999999999999999999", "64 bits"),
        ('Recipe = "large"', "Write texts in '...'"),
        ("I_PE1 ; I_EStop", "no meaning"),
    ],
)
def test_that_a_mistake_is_a_problem_that_says_what_to_do(text: str, says: str) -> None:
    assert any(says in problem for problem in problems(text)), problems(text)


def test_that_all_unknown_names_and_wrong_types_are_reported_at_once() -> None:
    found = problems("I_PE9 and Nothing rises and Count")
    assert len(found) == 3


def test_that_problems_point_at_the_character() -> None:
    with pytest.raises(Problems) as caught:
        parse("I_PE1 and Nothing", NAMES)
    assert caught.value.problems[0].where == Place(column=11)
    with pytest.raises(Problems) as caught:
        parse("I_PE1 and Nothing", NAMES, Place("scene.yaml", 12, 40, "checks.a.when"))
    assert caught.value.problems[0].where == Place("scene.yaml", 12, 50, "checks.a.when")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "I_PE1" + ")" * 5000,
        "(" * 1900 + "I_PE1" + ")" * 1900,
        "not " * 900 + "I_PE1",
        "abs(" * 900 + "Count" + ")" * 900 + " > 1",
        "-" * 3000 + "Count > 1",
        "I_PE1" + " for 1 s" * 450,
        "I_PE1" + " rises" * 600,
        " and ".join(["I_PE1"] * 390),
        " + ".join(["Count"] * 400) + " > 2",
    ],
)
def test_that_deep_or_long_expressions_never_end_in_a_recursion_error(text: str) -> None:
    try:
        parse(text, NAMES)
    except Problems as error:
        assert str(error)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (
                "I_PE1", "Count", "belt1.travel", "Elapsed", "Recipe", "and", "or", "not", "rises", "falls",
                "for", "since", "(", ")", ",", "abs(", "min(", "2 s", "0.3 m", "5", "true", "=", "<", "+",
                "-", "*", "/", "`x`", "'", "\x00", "ü", "#",
            )
        ),
        max_size=14,
    ).map(" ".join)
)
def test_that_any_row_of_words_is_an_expression_or_a_problem(text: str) -> None:
    try:
        parse(text, NAMES)
    except Problems as error:
        assert all(problem.what and problem.where.column >= 1 for problem in error.problems)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_that_any_text_is_an_expression_or_a_problem(text: str) -> None:
    try:
        parse(text, NAMES)
    except Problems as error:
        assert error.problems
