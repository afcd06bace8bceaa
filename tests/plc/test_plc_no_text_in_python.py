"""No text of a program reaches Python: every name in the generated module is one the compiler made up."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.plc import compile_st
from commissioning.plc.values.runtime import namespace

MADE_UP = re.compile(r"(?:[abcfilnoprsuwy]\d+|t[n\d]\d*_n?\d+_\d+|[deghkmoqsz]|now)\Z")
GIVEN = {*namespace(), "window", "adr", "grants", "enter", "leave"}
TEXT = """
NAMESPACE {0}.{1}
TYPE {2} : STRUCT {3} : INT := 3; {4} : STRING := '{5}'; {6} : ARRAY[0..2] OF TON; END_STRUCT
{7} : ({8}, {9} := 4); END_TYPE
INTERFACE {10}
METHOD {11} : INT VAR_INPUT {3} : INT; END_VAR END_METHOD
END_INTERFACE
FUNCTION_BLOCK {12} IMPLEMENTS {10}
VAR_INPUT {3} : INT; END_VAR VAR {4} : REFERENCE TO INT REF= {3}; {6} : {2}; END_VAR
METHOD {11} : INT VAR_INPUT {3} : INT; END_VAR VAR_INST {1} : INT; END_VAR
{1} := {1} + {3}; {11} := {1};
END_METHOD
PROPERTY {13} : INT GET {13} := {3}; END_GET SET {3} := {13}; END_SET END_PROPERTY
ACTION {14}: {3} := 0; END_ACTION
{6}.{6}[1](IN := TRUE, PT := T#1s);
END_FUNCTION_BLOCK
FUNCTION_BLOCK {15} EXTENDS {12}
METHOD {11} : INT VAR_INPUT {3} : INT; END_VAR {11} := SUPER^.{11}({3}); END_METHOD
END_FUNCTION_BLOCK
END_NAMESPACE
PROGRAM {16}
VAR {0} : {15}; {1} : {10}; {17} : INT; {18} : POINTER TO {12}; {19} : {7};
 {5} : STRING := '{0}'; END_VAR
{0}({3} := 2); {1} := {0}; {17} := {1}.{11}({17}); {18} := ADR({0});
{18}^.{13} := {18}^.{13} + 1; {18}^.{14}();
CASE {19} OF {8}: {17} := 1; {9}: {17} := 2; END_CASE
{5} := CONCAT({5}, '{1}');
END_PROGRAM
"""
WORDS = [
    "import_", "exec", "eval", "__import__", "__builtins__", "__class__", "lambda_x", "print", "open",
    "globals", "getattr", "compile", "breakpoint_", "__subclasses__", "object_", "os_system", "self", "cls",
    "yield_", "async_",
]  # fmt: skip


def names_in(source: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.string
        for token in tokens
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
    }


def check(words: list[str]) -> None:
    source = compile_st(TEXT.format(*words)).source
    foreign = {name for name in names_in(source) if not MADE_UP.match(name) and name not in GIVEN}
    assert not foreign
    for node in ast.walk(
        ast.parse(source)
    ):  # no attribute, no import, no class, no lambda, no formatted text
        assert not isinstance(
            node,
            ast.Attribute
            | ast.Import
            | ast.ImportFrom
            | ast.ClassDef
            | ast.Lambda
            | ast.JoinedStr
            | ast.Global,
        )


def test_that_names_of_python_stay_names_of_the_program() -> None:
    check(WORDS)


@given(
    st.lists(
        st.from_regex(r"\A[a-zA-Z_][a-zA-Z0-9_]{2,12}\Z").filter(lambda word: f"{word}1".isidentifier()),
        min_size=20, max_size=20, unique_by=str.lower,
    )
)  # fmt: skip
def test_that_any_names_stay_names_of_the_program(words: list[str]) -> None:
    check([f"{word}_n" for word in words])


@pytest.mark.parametrize(
    "text",
    [
        "'+__import__(\"os\")+'", "$'); import os #", "\\", "\\N{DIGIT ONE}", "{0}", "%s", "\u2028", "$0A$0D",
        "\"\"\"", "#{x}", "\\x41", "\x1b[2J",
    ],
)  # fmt: skip
def test_that_texts_stay_texts(text: str) -> None:
    plain = text.replace("$", "$$").replace("'", "$'")
    plc = compile_st(
        f"PROGRAM P VAR s : STRING; n : INT; END_VAR s := '{plain}'; n := LEN(s); END_PROGRAM"
    ).start()
    plc.run()
    assert plc["P.s"] == text
    assert plc["P.n"] == len(text)


def test_that_the_module_has_no_builtins() -> None:
    assert namespace()["__builtins__"] == {}
