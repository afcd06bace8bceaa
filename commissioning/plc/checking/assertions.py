"""ASSERT_..., REQUIRE_... and ADVANCE_...: what the body of a TEST may say beyond Structured Text.

`ASSERT_EQ(actual, expected)` notes a failure and goes on, `REQUIRE_EQ` ends the test there. Both take a
message as their last argument. `ADVANCE_TIME(T#20ms)` and `ADVANCE_SCANS(3)` let virtual time pass: the body
is compiled to a generator that hands out what it wants to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.expressions import OperatorChecker
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ANY_REAL, BOOL, LINT, LREAL, STRING, TIME, IecType

__all__ = ["ADVANCES", "OPERATORS", "Assertion", "check_test_call", "is_test_call"]

# word behind ASSERT_ or REQUIRE_ -> its parameters; a message may follow
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "TRUE": ("ACTUAL",), "FALSE": ("ACTUAL",), "EQ": ("ACTUAL", "EXPECTED"), "NE": ("ACTUAL", "EXPECTED"),
    "LT": ("ACTUAL", "EXPECTED"), "LE": ("ACTUAL", "EXPECTED"), "GT": ("ACTUAL", "EXPECTED"),
    "GE": ("ACTUAL", "EXPECTED"), "NEAR": ("ACTUAL", "EXPECTED", "TOLERANCE"),
}  # fmt: skip
OPERATORS = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
ADVANCES = {"ADVANCE_TIME": "time", "ADVANCE_SCANS": "scans"}
_MESSAGE = "MESSAGE"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion of the program: `word` as in ASSERT_<word>, the type that its values are compared in.

    `message`: the last value is one. In a TcUnit suite also a call of the library; `name`: of the test that
    it names, if that is a literal; `owner`: the suite; `actual`: the type of the actual value, if another.
    """

    word: str
    type: IecType
    file: str
    at: At
    stops: bool
    message: bool
    name: str = ""
    owner: str = ""
    actual: IecType | None = None


def is_test_call(name: str) -> bool:
    """Whether `name` (upper case) belongs to the words of a TEST."""
    return name in ADVANCES or _word(name)[1] in _PARAMETERS


def _word(name: str) -> tuple[str, str]:
    head, _, word = name.partition("_")
    return (head, word) if head in ("ASSERT", "REQUIRE") else ("", "")


def check_test_call(checker: OperatorChecker, name: str, call: tree.Call) -> Command | None:
    """The command of an assertion or of an advance; None after a Problem."""
    if name in ADVANCES:
        return _advance(checker, name, call)
    head, word = _word(name)
    arguments = _ordered(checker, name, _PARAMETERS[word], call)
    if arguments is None:
        return None
    wanted = len(_PARAMETERS[word])
    message = checker.value(arguments[wanted], STRING, "a message") if len(arguments) > wanted else None
    judged = _judged(checker, name, word, arguments[:wanted], call.at)
    if judged is None or (message is None and len(arguments) > wanted):
        return None
    type_, values = judged
    table = checker.project.assertions
    stops = head == "REQUIRE"
    table.append(Assertion(word, type_, checker.file, call.at, stops, message is not None))
    given = values if message is None else (*values, message)
    return commands.Judge(len(table) - 1, given, stops, call.at)


def _advance(checker: OperatorChecker, name: str, call: tree.Call) -> Command | None:
    arguments = _ordered(checker, name, ("DURATION" if name == "ADVANCE_TIME" else "COUNT",), call, 0)
    if arguments is None:
        return None
    type_ = TIME if name == "ADVANCE_TIME" else LINT
    amount = checker.value(arguments[0], type_, f"for {name} a {'TIME' if type_ is TIME else 'whole number'}")
    if isinstance(amount, typed.Const) and isinstance(amount.value, int) and amount.value < 0:
        checker.problem("time does not run backwards", call.at)
        return None
    return None if amount is None else commands.Advance(ADVANCES[name], amount, call.at)


def _ordered(
    checker: OperatorChecker, name: str, parameters: tuple[str, ...], call: tree.Call, more: int = 1
) -> list[tree.Expression] | None:
    """The arguments in order, from a positional or a formal call; `more`: a message may follow."""
    names = (*parameters, *((_MESSAGE,) if more else ()))
    given: dict[str, tree.Expression] = {}
    for position, argument in enumerate(call.arguments):
        key = argument.name.upper() or (names[position] if position < len(names) else "")
        if key not in names or key in given or argument.out:
            checker.problem(f"{name} has the parameters {', '.join(names)}", argument.at)
            return None
        given[key] = argument.value
    if not set(parameters) <= set(given):
        checker.problem(f"{name} needs {', '.join(parameters)}", call.at)
        return None
    return [given[key] for key in names if key in given]


def _judged(
    checker: OperatorChecker, name: str, word: str, arguments: list[tree.Expression], at: At
) -> tuple[IecType, tuple[Typed, ...]] | None:
    """What is compared, in which type."""
    if word in ("TRUE", "FALSE"):
        actual = checker.value(arguments[0], BOOL, f"for {name} a BOOL")
        return None if actual is None else (BOOL, (actual,))
    found = [checker.expression(argument) for argument in arguments]
    values = [value for value in found if value is not None]
    if len(values) < len(found):
        return None
    if word == "NEAR":
        return _near(checker, name, values, at)
    left, right = values
    if left.type.aggregate and left.type == right.type and word in ("EQ", "NE"):
        return left.type, (left, right)
    compared = checker.compare(OPERATORS[word], left, right, at)
    if not isinstance(compared, typed.Compare):
        return None
    enumerated = next((value.type for value in values if value.type.kind == "enum"), None)
    return enumerated or compared.left.type, (compared.left, compared.right)


def _near(
    checker: OperatorChecker, name: str, values: list[Typed], at: At
) -> tuple[IecType, tuple[Typed, ...]] | None:
    kinds = {value.type.kind for value in values}
    if kinds == {"time"}:
        return TIME, tuple(values)
    if not all(value.type.numeric for value in values):
        shown = ", ".join(str(value.type) for value in values)
        checker.problem(f"{name} needs three numbers or three TIMEs, these are {shown}", at)
        return None
    shown_as = next((v.type for v in values if v.type.kind == "real" and v.type is not ANY_REAL), LREAL)
    return shown_as, tuple(checker.widened(value, LREAL) for value in values)
