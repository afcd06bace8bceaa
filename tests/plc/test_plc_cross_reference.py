"""Where variables are declared, read and written, who calls whom, and what is worth a warning."""

from __future__ import annotations

import pytest

from commissioning.plc import Program, TaskSpec, compile_st
from commissioning.plc.debugging.cross_reference import CrossReference, Declared
from commissioning.plc.debugging.reference_warnings import reference_warnings

MS = 1_000_000
CURE = "Write it, make it a CONSTANT, or bind it to an input."
SOURCE = """VAR_GLOBAL
  start AT %IX0.0 : BOOL; motor AT %QX0.0 : BOOL; level, limit_value : INT; both : ARRAY[0..1] OF INT;
  shared : Counter;
END_VAR
VAR_GLOBAL CONSTANT most : INT := 7; END_VAR
FUNCTION Twice : INT
VAR_INPUT a : INT; END_VAR
VAR_OUTPUT big : BOOL; END_VAR
Twice := a * 2;
big := Twice > most;
END_FUNCTION
FUNCTION_BLOCK Counter
VAR_INPUT step : INT; END_VAR
VAR_IN_OUT total : INT; END_VAR
VAR_OUTPUT n : INT; END_VAR VAR t : TON; END_VAR
total := total + Twice(step);
t(IN := start, PT := T#30ms);
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR c : ARRAY[1..2] OF Counter; i, x : INT; b : BOOL; w : WORD; END_VAR
FOR i := 1 TO 2 DO
  c[i](step := level, total := x);
END_FOR
shared(step := 1, total := both[0]);
motor := b OR level > limit_value;
x := Twice(a := both[i - 1], big => b);
w.3 := c[1].n > 0;
CASE i OF
  1: level := 0;
END_CASE
WHILE x > 3 DO x := x - 1; END_WHILE
REPEAT x := x + 1; UNTIL x > 5 END_REPEAT
END_PROGRAM
"""


def reference(text: str = SOURCE, **given: object) -> CrossReference:
    return CrossReference(compiled(text, **given))


def compiled(text: str, **given: object) -> Program:
    return compile_st({"main.st": text}, **given)  # type: ignore[arg-type]


def lines(variable: Declared) -> tuple[list[int], list[int]]:
    return [use.line for use in variable.writes], [use.line for use in variable.reads]


@pytest.mark.parametrize(
    ("name", "writes", "reads"),
    [
        ("start", [], [17]),
        ("motor", [25], []),
        ("level", [29], [22, 25]),
        ("limit_value", [], [25]),
        ("both", [24], [24, 26]),
        ("MAIN.i", [21], [21, 22, 26, 28]),
        ("MAIN.x", [22, 26, 31, 32], [22, 31, 31, 32, 32]),
        ("MAIN.b", [26], [25]),
        ("MAIN.w", [27], []),
        ("MAIN.c", [], []),
        ("Counter.n", [], [27]),
        ("Counter.step", [22, 24], [16]),
        ("Counter.total", [16], [16]),
        ("Counter.t", [17], []),
        ("Twice.a", [16, 26], [9]),
        ("most", [], []),  # a constant is its value, wherever it stands
    ],
)
def test_that_every_use_is_found(name: str, writes: list[int], reads: list[int]) -> None:
    """Expected lines: counted by hand in the text above."""
    found = reference()[name]
    got_writes, got_reads = lines(found)
    assert (got_writes, sorted(got_reads)) == (writes, reads)


def test_that_variables_of_a_line_are_known() -> None:
    assert [v.name for v in reference().in_line("main.st", 25)] == [
        "motor", "level", "limit_value", "MAIN.b"
    ]  # fmt: skip


def test_that_the_call_tree_names_instances() -> None:
    (main,) = reference().call_tree()
    assert main.text() == (
        "MAIN\n"
        "  MAIN.c[] : Counter (line 22)\n"
        "    Twice (line 16)\n"
        "  shared : Counter (line 24)\n"
        "    Twice (line 16)\n"
        "  Twice (line 26)\n"
    )


def test_that_what_is_read_and_never_written_is_warned_of() -> None:
    told = [str(problem) for problem in reference_warnings(reference())]
    # an input, a constant and a parameter are not; n is read through its instance
    assert told == [
        f"main.st:2:58: limit_value is read by MAIN (main.st:25) but never written. {CURE}",
        f"main.st:15:12: Counter.n is read by MAIN (main.st:27) but never written. {CURE}",
    ]
    assert len(reference_warnings(reference(), written_outside=["Limit_Value"])) == 1


TWO_WRITERS = """VAR_GLOBAL q AT %QX0.0 : BOOL; own : BOOL; parts : Pair; i AT %IX0.0 : BOOL; END_VAR
TYPE Pair : STRUCT a : INT; b : INT; END_STRUCT END_TYPE
FUNCTION_BLOCK Lamp
q := i;
END_FUNCTION_BLOCK
PROGRAM One
VAR l : Lamp; END_VAR
own := i;
own := NOT i;
parts.a := 1;
l();
END_PROGRAM
PROGRAM Two
VAR l : ARRAY[1..2] OF Lamp; END_VAR
IF own THEN q := i; END_IF
parts.b := parts.a;
l[1](); l[2]();
END_PROGRAM
"""


def test_that_several_writers_are_warned_of_with_their_tasks() -> None:
    tasks = [TaskSpec("fast", "One", 10 * MS), TaskSpec("slow", "Two", 20 * MS)]
    told = [problem.what for problem in reference_warnings(reference(TWO_WRITERS, tasks=tasks))]
    # twice in one program is how ST is written; two members of one structure are two variables
    assert told == [
        "q is written by 3 instances of Lamp (main.st:4) and by Two (main.st:15), in the tasks fast and slow"
    ]
    one_task = [problem.what for problem in reference_warnings(reference(TWO_WRITERS))]
    assert one_task == ["q is written by 3 instances of Lamp (main.st:4) and by Two (main.st:15)"]
    together = TWO_WRITERS.replace("parts.b := parts.a", "parts.a := 2")
    assert any("parts is written by One" in p.what for p in reference_warnings(reference(together)))


OBJECTS = """FUNCTION_BLOCK Base
VAR n, m : INT; END_VAR
METHOD Add : INT
VAR_INPUT amount : INT; END_VAR
n := n + amount;
Add := n + m;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Twice EXTENDS Base
m := m + 1;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR one : Base; two : Twice; k : INT; END_VAR
k := one.Add(1) + two.Add(2);
two();
END_PROGRAM
"""


def test_that_variables_of_blocks_are_found_in_methods_and_in_what_is_derived() -> None:
    found = reference(OBJECTS)
    assert [str(use) for use in found["Base.n"].writes] == ["Base.Add (main.st:5)"]
    assert [str(use) for use in found["Base.m"].writes] == ["Twice (main.st:10)"]
    assert [str(use) for use in found["Base.Add.amount"].reads] == ["Base.Add (main.st:5)"]
    assert "TWICE.N" not in found.variables
    assert found.call_tree()[0].text() == (
        "MAIN\n  MAIN.one.Add : Add (line 14)\n  MAIN.two.Add : Add (line 14)\n  MAIN.two : Twice (line 15)\n"
    )


def test_that_a_program_gives_its_cross_reference() -> None:
    found = compiled(SOURCE).cross_reference()
    assert found["motor"].writes[0].line == 25
    assert (
        "motor AT %QX0.0 : BOOL  VAR_GLOBAL (main.st:2)\n    written by MAIN (main.st:25)\n" in found.text()
    )


def test_that_a_call_tree_of_calls_in_calls_ends() -> None:
    text = "FUNCTION F0 : INT\nVAR_INPUT x : INT; END_VAR\nF0 := x;\nEND_FUNCTION\n"
    for k in range(1, 17):  # three calls of different functions per level
        calls = " + ".join(f"F{max(k - d, 0)}(x + {d})" for d in (1, 2, 3))
        text += f"FUNCTION F{k} : INT\nVAR_INPUT x : INT; END_VAR\nF{k} := {calls};\nEND_FUNCTION\n"
    text += "PROGRAM MAIN\nVAR n : INT; END_VAR\nn := F16(1);\nEND_PROGRAM\n"
    (main,) = reference(text).call_tree()
    assert 4000 < main.text().count("\n") <= 5001  # cut


def test_that_a_call_tree_names_recursion_once() -> None:
    text = """FUNCTION_BLOCK Walk
VAR n : INT; END_VAR
METHOD Down : INT
VAR_INPUT k : INT; END_VAR
IF k > 0 THEN Down := THIS^.Down(k - 1) + 1; END_IF
END_METHOD
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR w : Walk; n : INT; END_VAR
n := w.Down(3);
END_PROGRAM
"""
    (main,) = reference(text).call_tree()
    assert main.text().splitlines()[1:] == ["  MAIN.w.Down : Down (line 10)", "    Down (line 5)"]


def test_that_the_call_tree_names_elements_whose_index_is_known() -> None:
    text = """FUNCTION_BLOCK F VAR_INPUT n : INT; END_VAR END_FUNCTION_BLOCK
    TYPE Pair : STRUCT a, b : F; END_STRUCT; END_TYPE
    PROGRAM MAIN VAR rows : ARRAY[1..3] OF F; pairs : ARRAY[0..1] OF Pair; i : INT := 1; END_VAR
    rows[2](n := 1); rows[i](n := 2); pairs[1].b(n := 3); END_PROGRAM"""
    (main,) = reference(text).call_tree()
    assert [call.path for call in main.calls] == ["MAIN.rows[2]", "MAIN.rows[]", "MAIN.pairs[1].b"]
