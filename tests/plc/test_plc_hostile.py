"""Hostile input: no crash, no hang, and no text of the program in the generated Python."""

from __future__ import annotations

import ast
import contextlib
import keyword
import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st

PROGRAM = """
VAR_GLOBAL CONSTANT LIM : INT := 5; END_VAR
VAR_GLOBAL a AT %IX0.0 : BOOL; b AT %QX0.0 : BOOL; t : TIME := T#1s; END_VAR
FUNCTION Twice : INT VAR_INPUT x : INT; END_VAR Twice := x * 2; END_FUNCTION
FUNCTION_BLOCK Blink
VAR_INPUT run : BOOL; END_VAR VAR_OUTPUT q : BOOL; END_VAR VAR on, off : TON; END_VAR
on(IN := run AND NOT off.Q, PT := t); off(IN := on.Q, PT := t); q := on.Q;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR blink : Blink; n : INT; r : REAL; s : STRING[20] := 'it$'s'; c : CTU; END_VAR
blink(run := a, q => b); (* comment *)
c(CU := b, PV := LIM); // another
IF n > 16#F AND (r < 1.5E3 OR NOT a) THEN n := Twice(n) MOD 7; ELSIF a THEN n := -1; ELSE n := 3; END_IF;
CASE n OF 1, 2..LIM: r := 2.0 ** 3.0; ELSE r := SQRT(ABS(r)); END_CASE
FOR n := 1 TO 10 BY 2 DO IF n = 5 THEN EXIT; END_IF r := r + 0.1; END_FOR
WHILE n < 3 DO n := n + 1; END_WHILE REPEAT n := n - 1; UNTIL n <= 0 END_REPEAT
END_PROGRAM
CONFIGURATION C RESOURCE R ON PLC TASK f(INTERVAL := T#10ms, PRIORITY := 1); PROGRAM p WITH f : MAIN; END_RESOURCE END_CONFIGURATION
"""  # noqa: E501
WORDS = (
    *PROGRAM.split(),
    "END_IF", ";", ":=", "(", ")", ".", "'", "(*", "*)", "AT", "%IX0.0", "T#1s", "--", "\x00", "é",
)  # fmt: skip


def tried(text: str) -> None:
    """Compiles and scans; Problems and PlcError are answers, everything else is a failure of this test."""
    with contextlib.suppress(Problems, PlcError):
        compile_st(text).start().scan(0)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(PROGRAM)), st.integers(0, len(PROGRAM)))
def test_that_a_cut_program_is_compiled_or_refused(start: int, stop: int) -> None:
    tried(PROGRAM[:start])
    tried(PROGRAM[: min(start, stop)] + PROGRAM[max(start, stop) :])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_that_words_in_any_order_are_compiled_or_refused(words: list[str]) -> None:
    tried(" ".join(words))
    tried("PROGRAM P VAR n : INT; a : BOOL; END_VAR " + " ".join(words) + " END_PROGRAM")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_that_any_text_is_compiled_or_refused(text: str) -> None:
    tried(text)
    tried(f"PROGRAM P VAR x : INT; END_VAR x := {text}; END_PROGRAM")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_that_a_program_with_random_changes_is_compiled_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    words = PROGRAM.split(" ")
    for _ in range(rng.randrange(1, 4)):
        words[rng.randrange(len(words))] = rng.choice(WORDS)
    tried(" ".join(words))


DEEP = 20_000
NESTED = [
    "x := " + "(" * DEEP + "1 + x" + ")" * DEEP + ";",
    "x := " + "-" * DEEP + "1;",
    "b := " + "NOT " * DEEP + "TRUE;",
    "x := " + "1 + (" * DEEP + "1" + ")" * DEEP + ";",
    "x := " + "ABS(" * DEEP + "1" + ")" * DEEP + ";",
    "x := " + "x" + ".x" * DEEP + ";",
    "x := " + "x" + "()" * DEEP + ";",
    "IF b THEN " * DEEP + "x := 1; " + "END_IF " * DEEP,
    "WHILE b DO " * 30 + "x := 1; " + "END_WHILE " * 30,
    "CASE x OF 1: " * DEEP + "x := 1; " + "END_CASE " * DEEP,
    "IF b THEN " * DEEP,
    "x := " + " + ".join(["x"] * DEEP) + ";",
    "x := " + " / ".join(["x"] * 200) + ";",
    "b := " + " = ".join(["b"] * 200) + ";",
    "x := " + "9" * 100_000 + ";",
    "x := 16#" + "F" * 100_000 + ";",
    "t := T#" + "9" * 100_000 + "s;",
    "r := 1.0E" + "9" * 1000 + ";",
    "x := MAX(" + ", ".join(["x"] * DEEP) + ");",
    "(*" * DEEP,
    "s := '" + "$" * (2 * DEEP + 1) + "';",
]


@pytest.mark.parametrize("body", NESTED, ids=[body[:20] + "..." for body in NESTED])
def test_that_endless_nesting_is_a_problem_and_quick(body: str) -> None:
    start = time.thread_time()
    with pytest.raises(Problems) as caught:
        compile_st(
            f"PROGRAM P VAR x : INT; b : BOOL; t : TIME; r : REAL; s : STRING; END_VAR {body} END_PROGRAM"
        )
    assert len(caught.value.problems) < 50
    assert time.thread_time() - start < 20


def test_that_the_deepest_allowed_nesting_compiles_and_runs() -> None:
    expression = "ABS(1 - (" * 12 + "x" + "))" * 12
    loops = "FOR i := 1 TO 1 DO " * 15 + f"x := {expression};" + " END_FOR" * 15
    ifs = "IF TRUE THEN " * 20 + loops + " END_IF" * 20
    plc = compile_st(f"PROGRAM P VAR x, i : INT; END_VAR {ifs} END_PROGRAM").start()
    plc.scan(0)


def calling(levels: int, calls: int) -> str:
    """Functions F0..Fn, each calling the one before it `calls` times."""
    text = "FUNCTION F0 : INT VAR_INPUT x : INT; END_VAR F0 := x; END_FUNCTION "
    for level in range(1, levels + 1):
        body = " + ".join([f"F{level - 1}(x)"] * calls)
        text += f"FUNCTION F{level} : INT VAR_INPUT x : INT; END_VAR F{level} := {body}; END_FUNCTION "
    return text


def containing(levels: int, instances: int) -> str:
    """Blocks B0..Bn, each with `instances` of the one before it."""
    text = "FUNCTION_BLOCK B0 VAR x : INT; END_VAR END_FUNCTION_BLOCK "
    for level in range(1, levels + 1):
        names = ", ".join(f"b{n}" for n in range(instances))
        text += f"FUNCTION_BLOCK B{level} VAR {names} : B{level - 1}; END_VAR END_FUNCTION_BLOCK "
    return text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (calling(40, 2) + "PROGRAM P VAR n : INT; END_VAR n := F40(1); END_PROGRAM", "calls, more than"),
        (
            calling(2000, 1) + "PROGRAM P VAR n : INT; END_VAR n := F2000(1); END_PROGRAM",
            "more than 100 calls",
        ),
        (
            containing(40, 2) + "PROGRAM P VAR b : B40; END_VAR b(); END_PROGRAM",
            "variables with all its blocks",
        ),
        (
            containing(40, 2) + "VAR_GLOBAL b : B40; END_VAR PROGRAM P END_PROGRAM",
            "variables with all its blocks",
        ),
        (containing(2000, 1) + "PROGRAM P VAR b : B2000; END_VAR b(); END_PROGRAM", "more than 100 calls"),
    ],
    ids=["calls", "deep calls", "instances", "global instances", "deep instances"],
)
def test_that_what_grows_without_loops_is_refused(text: str, words: str) -> None:
    with pytest.raises(Problems, match=words):
        compile_st(text)


def test_that_calls_in_a_loop_count_for_the_watchdog() -> None:
    text = calling(16, 2) + (
        "PROGRAM P VAR i, n : INT; END_VAR FOR i := 1 TO 1000 DO n := F16(1); END_FOR END_PROGRAM"
    )
    start = time.thread_time()
    with pytest.raises(PlcError, match="watchdog"):
        compile_st(text).start().scan(0)
    assert time.thread_time() - start < 20


def test_that_a_long_list_of_alarms_is_one_expression() -> None:
    alarms = " OR ".join(f"a{n}" for n in range(1500))
    names = ", ".join(f"a{n}" for n in range(1500))
    plc = compile_st(f"PROGRAM P VAR {names}, any : BOOL; END_VAR any := {alarms}; END_PROGRAM").start()
    plc["P.a1499"] = True
    plc.scan(0)
    assert plc["P.any"] is True


DANGEROUS = (
    *keyword.kwlist, *keyword.softkwlist, "__class__", "__builtins__", "__import__",
    "eval", "exec", "open", "self", "scan",
    "m", "g", "q", "k", "n", "now", "f1", "single", "divide", "rounded",
    "print", "globals", "format", "__init__", "_", "__",
)  # fmt: skip


# what both languages reserve
SHARED = {
    "IF",
    "FOR",
    "WHILE",
    "AND",
    "OR",
    "NOT",
    "RETURN",
    "CONTINUE",
    "CASE",
    "CLASS",
    "TRUE",
    "FALSE",
    "TYPE",
    "ELSE",
}


@pytest.mark.parametrize("name", [name for name in DANGEROUS if name.upper() not in SHARED])
def test_that_names_of_python_are_ordinary_names(name: str) -> None:
    text = f"""
        FUNCTION F_{name} : INT VAR_INPUT {name} : INT; END_VAR F_{name} := {name} + 1; END_FUNCTION
        FUNCTION_BLOCK B_{name} VAR_INPUT {name} : INT; END_VAR VAR_OUTPUT {name}_ : INT; END_VAR
        {name}_ := F_{name}({name} := {name}); END_FUNCTION_BLOCK
        PROGRAM P VAR {name} : INT := 41; i_{name} : B_{name}; END_VAR
        i_{name}({name} := {name}); {name} := i_{name}.{name}_; END_PROGRAM"""
    program = compile_st(text)
    plc = program.start()
    plc.scan(0)
    assert plc[f"P.{name}"] == 42
    assert_no_word_of(program.source, [f"F_{name}", f"B_{name}", f"i_{name}", f"{name}_"])


def test_that_no_name_and_no_string_of_the_program_reaches_the_generated_python_as_code() -> None:
    payload = "'''; import os; os.system('x') #\"\"\" \\ {0} %s"
    quoted = payload.replace("$", "$$").replace("'", "$'")
    program = compile_st(
        {"'; import os #.st": f"""
        PROGRAM P_uniquename VAR s_uniquename : STRING := '{quoted}'; t_uniquename : STRING[200]; END_VAR
        t_uniquename := CONCAT(s_uniquename, '{quoted}', '$N$R$00'); END_PROGRAM"""}
    )  # fmt: skip
    plc = program.start()
    plc.scan(0)
    assert plc["P_uniquename.t_uniquename"] == payload * 2 + "\n\r\0"
    assert_no_word_of(program.source, ["uniquename", "P_uniquename"])
    assert program.code.co_filename == "<structured text>"


def assert_no_word_of(source: str, words: list[str]) -> None:
    """The generated module has only names that the compiler made up: no dunder, no attribute but find."""
    allowed = set(string.ascii_lowercase)
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, ast.Import | ast.ImportFrom | ast.Lambda | ast.ClassDef)
        if isinstance(node, ast.Attribute):
            assert node.attr == "find"
        if isinstance(node, ast.Name):
            assert node.id not in words
            assert node.id[0] in allowed
            assert not node.id.startswith("_")


def test_that_generated_code_has_no_builtins() -> None:
    plc = compile_st("PROGRAM P VAR x : INT; END_VAR x := ABS(x); END_PROGRAM").start()
    function, _memory = plc._tasks[0].steps[0]
    assert function.__globals__["__builtins__"] == {}  # type: ignore[attr-defined]
