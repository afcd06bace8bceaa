"""TcUnit suites in a project: what they call, as a table of our own in place of the library.

A suite extends FB_TestSuite, its methods call TEST('name'), some AssertEquals_INT(Expected, Actual, Message)
and TEST_FINISHED(); a program calls TcUnit.RUN(). A project that uses FB_TestSuite and does not bring the
library gets an empty block of that name; the calls become commands that the host answers (see
tcunit_runner.py). Where no tests are run they do nothing.
Source of names, parameters and behaviour: the documentation of TcUnit (tcunit.org), version 1.3.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.any_type import class_of
from commissioning.plc.checking.assertions import Assertion
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.expressions import OperatorChecker
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import (
    ANY_INT,
    ANY_REAL,
    BOOL,
    ELEMENTARY,
    LREAL,
    STRING,
    TIME,
    IecType,
)

__all__ = ["SHIM_FILE", "is_suite", "library_call", "library_value", "shim", "suite_call"]

SHIM_FILE = "<TcUnit>"
_SUITE = "FB_TESTSUITE"
_USED = re.compile(r"\bFB_TestSuite\b", re.IGNORECASE)
_PROTECTED = re.compile(r"\bWRITE_PROTECTED_(\w+)", re.IGNORECASE)

_WHOLE = ("BYTE", "DINT", "DWORD", "INT", "LINT", "LWORD", "SINT", "UDINT", "UINT", "ULINT", "USINT", "WORD")
_OTHERS = ("BOOL", "DATE", "DATE_AND_TIME", "LTIME", "STRING", "TIME", "TIME_OF_DAY", "WSTRING")
_REALS = ("LREAL", "REAL")
_PAIR, _PAIRS = ("EXPECTED", "ACTUAL"), ("EXPECTEDS", "ACTUALS")
# name of the method -> (word of the assertion, type of what is compared, parameters in front of Message)
ASSERTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "ASSERTTRUE": ("TRUE", "BOOL", ("CONDITION",)),
    "ASSERTFALSE": ("FALSE", "BOOL", ("CONDITION",)),
    "ASSERTEQUALS": ("EQ", "", _PAIR),
    **{f"ASSERTEQUALS_{name}": ("EQ", name, _PAIR) for name in (*_WHOLE, *_OTHERS)},
    **{f"ASSERTEQUALS_{name}": ("NEAR", name, (*_PAIR, "DELTA")) for name in _REALS},
    **{f"ASSERTARRAYEQUALS_{name}": ("ARRAY", name, _PAIRS) for name in ("BOOL", *_WHOLE)},
    **{
        f"ASSERTARRAY{form}EQUALS_{name}": ("ARRAY", name, (*_PAIRS, "DELTA"))
        for form in ("", "2D", "3D")
        for name in _REALS
    },
}
# functions of the library -> the types of their parameters
_STATEMENTS: Mapping[str, tuple[tuple[str, IecType], ...]] = {
    "TEST": (("TESTNAME", STRING),), "TEST_FINISHED": (), "TEST_FINISHED_NAMED": (("TESTNAME", STRING),),
    "AWAIT_ASSERTIONS": (("AWAITTIME", TIME),), "TIMEOUT_FOR_EACH_TEST": (("TIMEOUT", TIME),), "RUN": (),
    "RUN_IN_SEQUENCE": (("TIMEBETWEENTESTSUITESEXECUTION", TIME),),
}  # fmt: skip
_VALUES = {"TEST_ORDERED": (("TESTNAME", STRING),), "IS_TEST_FINISHED": (("TESTNAME", STRING),)}


def shim(texts: Iterable[str], declared: Collection[str]) -> str:
    """The block in place of the library's, for programs that use it and do not bring it; "" for others.
    `declared`: the upper-case names of their POUs and types."""
    texts = list(texts)
    if _SUITE in declared or all(_USED.search(text) is None for text in texts):
        return ""
    parts = ["FUNCTION_BLOCK FB_TestSuite END_FUNCTION_BLOCK"]
    everything = "\n".join(texts)
    if "T_MAXSTRING" not in declared:
        parts.append("TYPE T_MaxString : STRING(255); END_TYPE")
    names = dict.fromkeys(match.group(1).upper() for match in _PROTECTED.finditer(everything))
    for name in names:
        if name in ELEMENTARY and f"WRITE_PROTECTED_{name}" not in declared:
            parts.append(
                f"FUNCTION WRITE_PROTECTED_{name} VAR_INPUT Ptr : POINTER TO {name}; Value : {name}; END_VAR "
                "Ptr^ := Value; END_FUNCTION"
            )
    return "\n".join(parts)


def is_suite(project: Project, pou: Pou) -> bool:
    """Whether a block extends FB_TestSuite."""
    base = _base(project)
    return base is not None and pou is not base and base in pou.lineage()


def _base(project: Project) -> Pou | None:
    found = project.pous.get(_SUITE)
    return found if found is not None and found.file == SHIM_FILE else None


# ---- what suites call ------------------------------------------------------------------------------------


def suite_call(checker: OperatorChecker, call: tree.Call) -> tuple[Command | None] | None:
    """The command of an Assert... method of one's own suite, in a tuple; None where it is none."""
    name = _own_method(call.target)
    if name not in ASSERTS or _base(checker.project) is None:
        return None
    owner = checker.pou.owner or checker.pou
    if not is_suite(checker.project, owner) or owner.member(name) is not None:
        return None
    return (_assertion(checker, name, call),)


def _own_method(target: tree.Expression) -> str:
    """X of `X(...)`, `THIS^.X(...)` and `SUPER^.X(...)`, in upper case."""
    if isinstance(target, tree.Name):
        return target.name.upper()
    if isinstance(target, tree.Member) and isinstance(target.owner, tree.Dereference):
        owner = target.owner.owner
        if isinstance(owner, tree.Name) and owner.name.upper() in ("THIS", "SUPER"):
            return target.name.upper()
    return ""


def library_call(checker: OperatorChecker, name: str, call: tree.Call) -> tuple[Command | None] | None:
    """The command of TEST, TEST_FINISHED, RUN ...; in a tuple, None where it is none of them."""
    parameters = _STATEMENTS.get(name) or _VALUES.get(name)
    if (parameters is None and name not in _STATEMENTS) or _base(checker.project) is None:
        return None
    made = _noted(checker, name, parameters or (), call)
    return (None,) if made is None else (commands.Judge(made[0], made[1], False, call.at),)


def library_value(checker: OperatorChecker, name: str, call: tree.Call) -> tuple[Typed | None] | None:
    """The value of TEST_ORDERED and IS_TEST_FINISHED, in a tuple; None where it is none of them."""
    if name not in _VALUES or _base(checker.project) is None:
        return None
    made = _noted(checker, name, _VALUES[name], call)
    if made is None:
        return (None,)
    number, values = made
    return (typed.Standard(BOOL, typed.JUDGED, (typed.Const(ELEMENTARY["LINT"], number), *values)),)


def _noted(
    checker: OperatorChecker, name: str, parameters: tuple[tuple[str, IecType], ...], call: tree.Call
) -> tuple[int, tuple[Typed, ...]] | None:
    """The number of a call of the library and its arguments; None after a Problem."""
    given = _given(checker, name, tuple(key for key, _ in parameters), call)
    if given is None:
        return None
    values: list[Typed] = []
    for key, type_ in parameters:
        node = given.get(key)
        value: Typed | None = typed.Const(type_, type_.default)
        if node is not None:
            value = checker.value(node, type_, f"for {name} a {type_}")
        if value is None:
            return None
        values.append(value)
    shown = values[0].value if values and isinstance(values[0], typed.Const) else ""
    owner = checker.pou.owner or checker.pou
    table = checker.project.assertions
    table.append(
        Assertion(name, BOOL, checker.file, call.at, False, False, shown if isinstance(shown, str) else "",
                  owner.name)
    )  # fmt: skip
    return len(table) - 1, tuple(values)


def _given(
    checker: OperatorChecker, name: str, parameters: tuple[str, ...], call: tree.Call
) -> dict[str, tree.Expression] | None:
    found: dict[str, tree.Expression] = {}
    for position, argument in enumerate(call.arguments):
        key = argument.name.upper() or (parameters[position] if position < len(parameters) else "")
        if key not in parameters or key in found or argument.out:
            known = ", ".join(parameters) or "none"
            checker.problem(f"{name} has no such parameter; it has {known}", argument.at)
            return None
        found[key] = argument.value
    return found


def _assertion(checker: OperatorChecker, name: str, call: tree.Call) -> Command | None:
    word, type_name, parameters = ASSERTS[name]
    given = _given(checker, name, (*parameters, "MESSAGE"), call)
    if given is None:
        return None
    missing = [key for key in parameters if key not in given and key != "DELTA"]
    if missing:
        checker.problem(f"{name} needs {', '.join(missing)}", call.at)
        return None
    text = ELEMENTARY["STRING"]
    message: Typed | None = typed.Const(text, "")
    if "MESSAGE" in given:
        message = checker.value(given["MESSAGE"], text, "a message")
    judged = _judged(checker, name, word, type_name, [given.get(key) for key in parameters], call.at)
    if message is None or judged is None:
        return None
    word, type_, values = judged
    owner = checker.pou.owner or checker.pou
    table = checker.project.assertions
    other = values[0].type if word == "BYTES" else None
    table.append(Assertion(word, type_, checker.file, call.at, False, True, "", owner.name, other))
    return commands.Judge(len(table) - 1, (*values, message), False, call.at)


def _judged(
    checker: OperatorChecker,
    name: str,
    word: str,
    type_name: str,
    nodes: list[tree.Expression | None],
    at: At,
) -> tuple[str, IecType, tuple[Typed, ...]] | None:
    """(word, type, values): actual first, then expected, then the tolerance."""
    if word in ("TRUE", "FALSE"):
        condition = _valued(checker, nodes[0], BOOL, name)
        return None if condition is None else (word, BOOL, (condition,))
    if word == "ARRAY" or not type_name:
        expected, actual = _expression(checker, nodes[0]), _expression(checker, nodes[1])
        if expected is None or actual is None:
            return None
        if word == "EQ":
            return _any(checker, expected, actual, at)
        return _arrays(checker, name, type_name, expected, actual, nodes, at)
    type_ = checker.project.dialect.elementary(type_name) or ELEMENTARY[type_name]
    values = [_valued(checker, node, type_, name) for node in (nodes[1], nodes[0])]
    if word == "NEAR":
        values.append(_delta(checker, nodes, name))
    found = tuple(value for value in values if value is not None)
    return (word, type_, found) if len(found) == len(values) else None


def _valued(
    checker: OperatorChecker, node: tree.Expression | None, type_: IecType, name: str
) -> Typed | None:
    return None if node is None else checker.value(node, type_, f"for {name} a {type_}")


def _expression(checker: OperatorChecker, node: tree.Expression | None) -> Typed | None:
    return None if node is None else checker.expression(node)


def _delta(checker: OperatorChecker, nodes: list[tree.Expression | None], name: str) -> Typed | None:
    node = nodes[2] if len(nodes) > 2 else None
    return typed.Const(LREAL, 0.0) if node is None else _valued(checker, node, LREAL, name)


def _any(
    checker: OperatorChecker, expected: Typed, actual: Typed, at: At
) -> tuple[str, IecType, tuple[Typed, ...]] | None:
    """Two values of ANY type. As the library has it, those of different classes of types are never equal,
    which the run then says, and arrays or structures are if their bytes are. A number without a type takes
    that of the other one."""
    kinds = (expected.type, actual.type)
    untyped = ANY_INT in kinds or ANY_REAL in kinds
    if not untyped and class_of(kinds[0]) != class_of(kinds[1]):
        return "OTHER", expected.type, (actual, expected)
    if expected.type.aggregate or actual.type.aggregate:
        same = kinds[0] == kinds[1]
        word = "EQ" if same else "OTHER" if untyped else "BYTES"
        return word, expected.type, (actual, expected)
    before = len(checker.project.problems)
    compared = checker.compare("=", actual, expected, at)
    if isinstance(compared, typed.Compare):
        shown = next((type_ for type_ in kinds if type_.kind == "enum"), compared.left.type)
        return "EQ", shown, (compared.left, compared.right)
    del checker.project.problems[before:]
    return "OTHER", expected.type, (actual, expected)


def _arrays(
    checker: OperatorChecker, name: str, element: str, expected: Typed, actual: Typed,
    nodes: list[tree.Expression | None], at: At,
) -> tuple[str, IecType, tuple[Typed, ...]] | None:  # fmt: skip
    for value in (expected, actual):
        if value.type.kind != "array" or value.type.element is None or value.type.element.name != element:
            checker.problem(f"{name} needs two arrays of {element}, this is a {value.type}", at)
            return None
    delta = _delta(checker, nodes, name)
    return None if delta is None else ("ARRAY", expected.type, (actual, expected, delta))
