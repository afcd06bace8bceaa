"""What a programmer is told: every mistake at its file, line and column, all at once, and never a crash."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problem, Problems
from commissioning.plc import TaskSpec, compile_st
from commissioning.plc.checking.scope import MOST_COMPARED


def problems(text: str | dict[str, str], tasks: tuple[TaskSpec, ...] = ()) -> tuple[Problem, ...]:
    with pytest.raises(Problems) as caught:
        compile_st({"main.st": text} if isinstance(text, str) else text, tasks=tasks)
    return caught.value.problems


HEAD = "PROGRAM MAIN\nVAR ready, start : BOOL; count : INT; speed : REAL; delay : TON; wait : TIME; END_VAR\n"

# body (line 3 on), line, column, words in the message
SEMANTIC = [
    ("redy := TRUE;", 3, 1, "redy is not declared. Did you mean ready"),
    ("ready := strat;", 3, 10, "strat is not declared. Did you mean start"),
    ("ready := count;", 3, 10, "for ready a BOOL is expected here, this is an INT"),
    ("count := speed;", 3, 10, "Convert it: REAL_TO_INT(...)"),
    ("count := 70000;", 3, 10, "70000 does not fit INT (-32768..32767)"),
    ("count := 1.5;", 3, 10, "INT is expected here, this is a REAL"),
    ("wait := 5;", 3, 9, "Write it with a unit, for example T#10ms"),
    ("IF count THEN ready := TRUE; END_IF", 3, 4, "a BOOL condition is expected here"),
    ("ready := start > count;", 3, 16, "'>' cannot join BOOL and INT"),
    ("ready := ready + start;", 3, 16, "'+' cannot join BOOL and BOOL"),
    ("ready := NOT count;", 3, 10, "NOT needs a BOOL"),
    ("dely(IN := TRUE);", 3, 1, "there is no block or function dely. Did you mean delay"),
    ("delay(INN := TRUE);", 3, 7, "TON has no input INN; it has IN, PT. Did you mean IN"),
    ("delay(IN := TRUE, IN := FALSE);", 3, 19, "IN is given twice"),
    ("delay(IN := TRUE, PT := 5);", 3, 25, "for PT a TIME is expected"),
    ("ready := delay;", 3, 10, "delay is a block of type TON, not a value"),
    ("ready := delay.W;", 3, 16, "TON has no W"),
    ("ready := delay.start;", 3, 16, "TON has no start"),
    ("delay.Q := TRUE;", 3, 7, "Q is an output of the block"),
    ("delay := TRUE;", 3, 1, "delay is a block, nothing can be assigned to it"),
    ("count := SQR(2);", 3, 10, "there is no function SQR. Did you mean SQRT"),
    ("count := LIMIT(1, 2);", 3, 10, "LIMIT needs 3 arguments (MN, IN, MX), here are 2"),
    ("count := LIMIT(MN := 1, IM := 2, MX := 3);", 3, 25, "LIMIT has the parameters MN, IN, MX"),
    ("count := count / 0;", 3, 16, "division by zero"),
    ("count.x := 1;", 3, 7, "count is an INT and has no members"),
    ("count;", 3, 1, "count is not a statement"),
    ("EXIT;", 3, 1, "EXIT stands outside a loop"),
    ("CASE count OF 1: ; 2, 1: ; END_CASE", 3, 23, "the label 1 is already covered"),
    ("CASE count OF 5..3: ; END_CASE", 3, 15, "the range 5..3 is empty"),
    ("CASE count OF count: ; END_CASE", 3, 15, "a CASE label must be a whole number or a CONSTANT"),
    ("CASE speed OF 1: ; END_CASE", 3, 6, "CASE selects by a whole number, this is a REAL"),
    ("FOR speed := 1 TO 2 DO ; END_FOR", 3, 1, "FOR counts with a whole number"),
    ("FOR count := 1 TO 2 BY 0 DO ; END_FOR", 3, 24, "the step of FOR is 0"),
    ("wait := T#5x;", 3, 9, "is not a duration"),
    ("wait := T#5ms3s;", 3, 9, "is not a duration"),
    ("count := INT#16#1_0000;", 3, 10, "does not fit INT"),
    ("count := 3#12;", 3, 10, "the base of a number is 2, 8, 10 or 16"),
    ("count := FOO#1;", 3, 10, "is not a type that a literal can have"),
    ("speed := LREAL#1.0;", 3, 10, "Convert it: LREAL_TO_REAL(...)"),
    ("MAIN();", 3, 1, "MAIN is a program"),
    ("R_TRIG(CLK := TRUE);", 3, 1, "Declare an instance"),
    ("SQRT(2.0);", 3, 1, "the result of SQRT is not used"),
]


@pytest.mark.parametrize(("body", "line", "column", "words"), SEMANTIC, ids=[case[0] for case in SEMANTIC])
def test_that_a_mistake_is_named_where_it_stands(body: str, line: int, column: int, words: str) -> None:
    (problem,) = problems(f"{HEAD}{body}\nEND_PROGRAM\n")
    assert (problem.where.file, problem.where.line, problem.where.column) == ("main.st", line, column)
    assert words in str(problem)


# whole text, line, column, words
SYNTAX = [
    (
        "PROGRAM P\nVAR a : BOOL; END_VAR\nIF a THEN a := FALSE;\nEND_PROGRAM",
        4,
        1,
        "the IF of line 3 is not closed",
    ),
    ("PROGRAM P\nWHILE TRUE DO ;\nEND_IF\nEND_PROGRAM", 3, 1, "the WHILE of line 2 is not closed"),
    ("PROGRAM P\nVAR a : BOOL;\na := TRUE;\nEND_PROGRAM", 3, 4, "the VAR of line 2 is not closed"),
    (
        "PROGRAM P\nVAR a : BOOL; END_VAR\na := TRUE\na := FALSE;\nEND_PROGRAM",
        3,
        10,
        "';' is missing after 'TRUE'",
    ),
    ("PROGRAM P\nVAR a : BOOL; END_VAR\na := ;\nEND_PROGRAM", 3, 6, "';' is not expected here"),
    (
        "PROGRAM P\nVAR a : BOOL; END_VAR\na = TRUE;\nEND_PROGRAM",
        3,
        3,
        "'=' compares, it does not assign (after 'a')",
    ),
    ("PROGRAM P\n(* never\nEND_PROGRAM", 2, 1, "this comment has no end"),
    ("PROGRAM P\nVAR s : STRING; END_VAR\ns := 'abc;\nEND_PROGRAM", 3, 6, "this string has no end"),
    ("PROGRAM P\nVAR s : BOOL; END_VAR\ns := ä;\nEND_PROGRAM", 3, 6, "the character 'ä' is not allowed here"),
    ("PROGRAM P\nVAR a : ARRAY[1..2 OF INT; END_VAR\nEND_PROGRAM", 2, 20, "OF"),
    ("PROGRAM P\nVAR IF : BOOL; END_VAR\nEND_PROGRAM", 2, 5, "IF is a word of the language"),
    (
        "PROGRAM P\nVAR a : BOOL; END_VAR\nIF a\na := TRUE; END_IF\nEND_PROGRAM",
        3,
        5,
        "THEN is missing after 'a'",
    ),
    ("PROGRAM P\nVAR a : BOOL; END_VAR\nWHILE a\na := TRUE; END_WHILE\nEND_PROGRAM", 3, 8, "DO is missing"),
    (
        "PROGRAM P\nVAR t : TON; END_VAR\nt(IN := TRUE PT := T#1s);\nEND_PROGRAM",
        3,
        13,
        "',' or ')' is missing",
    ),
    ("PROGRAM P\nVAR a : BOOL END_VAR\nEND_PROGRAM", 2, 13, "';' is missing after 'BOOL'"),
    ("PROGRAM P\nEND_IF;\nEND_PROGRAM", 2, 1, "'END_IF' closes nothing here"),
    ("PROGRAM P\n", 1, 10, "the PROGRAM of line 1 is not closed"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), SYNTAX, ids=[case[3] for case in SYNTAX])
def test_that_a_syntax_error_is_named_where_it_stands(text: str, line: int, column: int, words: str) -> None:
    (problem,) = problems(text)
    assert words in str(problem)
    assert (problem.where.line, problem.where.column) == (line, column)


DECLARATIONS = [
    ("PROGRAM P VAR a : BOL; END_VAR END_PROGRAM", "there is no type or block BOL. Did you mean BOOL"),
    ("PROGRAM P VAR a : BOOL; A : INT; END_VAR END_PROGRAM", "A is declared a second time"),
    ("PROGRAM P END_PROGRAM PROGRAM p END_PROGRAM", "p is declared a second time"),
    ("PROGRAM INT END_PROGRAM", "INT is the name of a standard type"),
    ("PROGRAM TON END_PROGRAM", "TON is the name of a standard block"),
    ("TYPE TON : STRUCT a : INT; END_STRUCT END_TYPE", "TON is the name of a standard block or type"),
    ("PROGRAM P VAR a : INT := b; b : INT; END_VAR END_PROGRAM", "b is not declared"),
    ("PROGRAM P VAR b : INT; a : INT := b; END_VAR END_PROGRAM", "an initial value must be constant"),
    ("PROGRAM P VAR a : SINT := 200; END_VAR END_PROGRAM", "200 does not fit SINT (-128..127)"),
    ("PROGRAM P VAR a : TON := (PTT := T#1s); END_VAR END_PROGRAM", "TON has no input or output PTT"),
    ("PROGRAM P VAR CONSTANT a : INT := 1; END_VAR a := 2; END_PROGRAM", "a is a CONSTANT"),
    (
        "PROGRAM P VAR a AT %IX0.0 : BOOL; END_VAR a := TRUE; END_PROGRAM",
        "a is an input (%IX0.0): the field writes it",
    ),
    ("PROGRAM P VAR a AT %IX0.8 : BOOL; END_VAR END_PROGRAM", "a bit is byte.bit with bit 0..7"),
    ("PROGRAM P VAR a AT %IW0 : BOOL; END_VAR END_PROGRAM", "%IW0 is 16 bit wide, a is a BOOL"),
    (
        "PROGRAM P VAR a AT %QX0.0 : ARRAY[0..15] OF BOOL; b AT %QW0 : WORD; END_VAR END_PROGRAM",
        "b (%QW0) lies in several elements of the array a (%QX0.0)",
    ),
    ("PROGRAM P VAR a AT %Z1 : BOOL; END_VAR END_PROGRAM", "%Z1 is not an address"),
    ("PROGRAM P VAR_EXTERNAL a : BOOL; END_VAR END_PROGRAM", "there is no global variable a"),
    (
        "VAR_GLOBAL a : INT; END_VAR PROGRAM P VAR_EXTERNAL a : BOOL; END_VAR END_PROGRAM",
        "a is a BOOL here and an INT in VAR_GLOBAL",
    ),
    (
        "FUNCTION F : INT VAR t : TON; END_VAR F := 1; END_FUNCTION PROGRAM P END_PROGRAM",
        "cannot have a block",
    ),
    ("FUNCTION F : INT F := F(); END_FUNCTION PROGRAM P END_PROGRAM", "F contains or calls itself: F -> F"),
    (
        (
            "FUNCTION_BLOCK A VAR b : B; END_VAR END_FUNCTION_BLOCK FUNCTION_BLOCK B VAR a : "
            "A; END_VAR END_FUNCTION_BLOCK "
            "PROGRAM P END_PROGRAM"
        ),
        "A contains or calls itself: A -> B -> A",
    ),
    ("FUNCTION_BLOCK A END_FUNCTION_BLOCK", "there is no PROGRAM to run"),
    ("PROGRAM P END_PROGRAM CONFIGURATION C PROGRAM q : Q; END_CONFIGURATION", "there is no PROGRAM Q"),
    ("PROGRAM P END_PROGRAM CONFIGURATION C PROGRAM q WITH t : P; END_CONFIGURATION", "there is no TASK t"),
    (
        (
            "PROGRAM P END_PROGRAM CONFIGURATION C TASK t(PRIORITY := 1); PROGRAM q WITH t : "
            "P; END_CONFIGURATION"
        ),
        "task t has no INTERVAL",
    ),
    (
        (
            "FUNCTION_BLOCK A VAR x : INT; END_VAR END_FUNCTION_BLOCK PROGRAM P VAR a : A; y "
            ": INT; END_VAR y := a.x; END_PROGRAM"
        ),
        "A.x is inside the block and cannot be reached from outside",
    ),
    (
        (
            "FUNCTION_BLOCK A VAR_IN_OUT x : INT; END_VAR END_FUNCTION_BLOCK PROGRAM P VAR a "
            ": A; END_VAR a(); END_PROGRAM"
        ),
        "A needs a variable for its VAR_IN_OUT x",
    ),
    (
        (
            "FUNCTION_BLOCK A VAR_IN_OUT x : INT; END_VAR END_FUNCTION_BLOCK "
            "PROGRAM P VAR a : A; y : DINT; END_VAR a(x := y); END_PROGRAM"
        ),
        "x needs a variable of type INT, this is a DINT",
    ),
]


@pytest.mark.parametrize(("text", "words"), DECLARATIONS, ids=[case[1] for case in DECLARATIONS])
def test_that_a_wrong_declaration_is_refused(text: str, words: str) -> None:
    (problem,) = problems(text)
    assert words in str(problem)


def test_that_all_problems_of_all_files_come_at_once_in_order() -> None:
    found = problems({
        "b.st": "PROGRAM B\nVAR x : INT; END_VAR\ny := 1;\nx := TRUE;\nEND_PROGRAM",
        "a.st": "PROGRAM A\nIF TRUE THEN\nEND_PROGRAM\nFUNCTION f : INT\nf := 1 +;\nEND_FUNCTION",
    })  # fmt: skip
    places = [(p.where.file, p.where.line, p.where.column) for p in found]
    assert places == [("a.st", 3, 1), ("a.st", 5, 9), ("b.st", 4, 6)]  # y may stand in what could not be read


def test_that_a_task_must_name_a_program_and_have_a_cycle() -> None:
    found = problems("PROGRAM MAIN END_PROGRAM", (TaskSpec("fast", "MIAN", 10), TaskSpec("slow", "MAIN", 0)))
    assert "there is no PROGRAM MIAN. Did you mean MAIN" in str(found[0])
    assert found[0].where.id == "task.fast"
    assert "the cycle of task slow must be longer than 0" in str(found[1])


def test_that_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(Problems, match="there is no dialect klingon"):
        compile_st("PROGRAM P END_PROGRAM", dialect="klingon")


def test_that_of_very_many_unknown_names_only_the_first_are_compared_with_all_known_ones() -> None:
    """Each comparison with all names is linear: 1,000 of them with 1,000 names took seconds."""
    count = 3 * MOST_COMPARED
    declared = " ".join(f"speed{k} : INT;" for k in range(count))
    body = "\n".join(f"speeds{k} := 1;" for k in range(count))
    cures = [problem.cure for problem in problems(f"PROGRAM P VAR {declared} END_VAR\n{body}\nEND_PROGRAM")]
    assert len(cures) == count
    assert cures[MOST_COMPARED - 1] == f"Did you mean speed{MOST_COMPARED - 1}"
    assert all(cure.startswith("Declare it") for cure in cures[MOST_COMPARED:])


@pytest.mark.parametrize(
    ("declared", "body", "words", "cure"),
    [
        ("m : MC_Power;", "m();", "there is no type or block MC_Power", "stubs: true"),
        ("x : LREAL;", "x := NormalizeAngle(x);", "there is no function NormalizeAngle", "stubs: true"),
        ("x AT %MW99999999999 : INT;", "x := 1;", "%MW99999999999 lies beyond", ""),
    ],
)
def test_that_what_a_library_brings_and_no_memory_has_is_told(
    declared: str, body: str, words: str, cure: str
) -> None:
    found = problems(f"PROGRAM P\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM")
    assert words in found[0].what
    assert cure in found[0].cure
