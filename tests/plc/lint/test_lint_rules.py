"""Every rule of the linter: a program that breaks it, at the place that is told, and one that does not."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from commissioning.plc.lint.linter import Settings, lint
from commissioning.plc.lint.rules import RULES, UNDECIDED
from commissioning.plc.program import TaskSpec


class Case(NamedTuple):
    """Two programs; `line` of the bad one where the violation stands. `settings` of the rule."""

    bad: str
    line: int
    good: str
    settings: Any = "on"
    tasks: tuple[TaskSpec, ...] = ()


def main(variables: str, body: str = "", before: str = "") -> str:
    """A program in which `body` begins in line 5, and `before` in line 1 has one line."""
    return f"{before}\nPROGRAM MAIN\nVAR {variables}\nEND_VAR\n{body}\nEND_PROGRAM\n"


def fb(variables: str, body: str = "", extra: str = "") -> str:
    """A block in which `body` begins in line 4, and a program that calls it."""
    return (
        f"FUNCTION_BLOCK FB_X\n{variables}\n{extra}\n{body}\nEND_FUNCTION_BLOCK\n"
        "PROGRAM MAIN\nVAR x : FB_X; END_VAR\nx();\nEND_PROGRAM\n"
    )


TWO = (TaskSpec("fast", "MAIN", 10_000_000), TaskSpec("slow", "OTHER", 20_000_000, 1))
OTHER = "PROGRAM OTHER\nVAR y : INT; END_VAR\n{}\nEND_PROGRAM\n"
SHARED = "VAR_GLOBAL g : INT; END_VAR"
TIMER = "t : TON; u : TON; n : INT; b : BOOL;"
EDGE = "i : INT; n : INT; a : ARRAY[0..9] OF INT;"
RESULT = "VAR_OUTPUT Error : BOOL; Done : BOOL; END_VAR"
CONFIGURATION = """CONFIGURATION c
TASK t(INTERVAL := T#10ms, PRIORITY := 1);
PROGRAM p WITH t : {};
END_CONFIGURATION
"""
CASES: dict[str, Case] = {
    "N1": Case(main("b : BOOL;", "b := %IX0.0;"), 5, main("b AT %IX0.0 : BOOL; c : BOOL;", "c := b;")),
    "N2": Case(main("Ready : BOOL;"), 3, main("xReady : BOOL; n : INT;"), {"prefixes": {"BOOL": "x"}}),
    "N3": Case(main("Data : INT;"), 3, main("Level : INT;")),
    "N4": Case(main("ready_now : BOOL;"), 3, main("ReadyNow : BOOL;"), {"variable": "UpperCamelCase"}),
    "N5": Case(main("g : BOOL;", before=SHARED), 3, main("h : BOOL;", before=SHARED)),
    "N6": Case(
        main("ab : BOOL;"), 3, main("abc : BOOL; i : INT;", "FOR i := 0 TO 1 DO ; END_FOR;"), {"min": 4}
    ),
    "N8": Case(main("a__b : BOOL;"), 3, main("a_b : BOOL;")),
    "N9": Case(
        main("n : INT;", before="VAR_GLOBAL Part : INT; END_VAR TYPE Part : INT; END_TYPE"),
        1,
        main("n : INT;", before="VAR_GLOBAL Part : INT; END_VAR TYPE PartType : INT; END_TYPE"),
    ),
    "N10": Case(
        main("n : INT;", before="TYPE Colour : (Red, Green); END_TYPE"),
        1,
        main("n : INT;", before="TYPE E_Colour : (Red, Green); END_TYPE"),
        {"prefixes": {"ENUM": "E_"}},
    ),
    "C2": Case(main("n : INT;"), 2, main("n : INT; // parts", "n := 1;", "(* All of it. *)")),
    "C3": Case(main("n : INT;", "(* a (* b *) c *) n := 1;"), 5, main("n : INT;", "(* a *) n := 1; (* b *)")),
    "C4": Case(main("n : INT;", "// n := 2;"), 5, main("n : INT;", "// n is 2; always")),
    "C5": Case(main("n : INT;", "(* a\nb *)"), 5, main("n : INT;", "(* a *)\n// b")),
    "CP1": Case(
        main("Lamp AT %QX0.0 : BOOL;", "%QX0.0 := TRUE;"), 5, main("Lamp AT %QX0.0 : BOOL;", "Lamp := TRUE;")
    ),
    "CP2": Case(main("n : INT;", "RETURN;\nn := 1;"), 6, main("n : INT;", "n := 1;\nRETURN;")),
    "CP3": Case(
        main("n : INT; m : INT;", "m := n; n := 1;"), 5, main("n : INT := 3; m : INT;", "m := n; n := 1;")
    ),
    "CP4": Case(
        main("a AT %QW0 : WORD; b AT %QX1.7 : BOOL;"), 3, main("a AT %QW0 : WORD; b AT %QX2.0 : BOOL;")
    ),
    "CP6": Case(
        SHARED + "\n" + fb("VAR n : INT; END_VAR", "n := g;"),
        5,
        SHARED + "\n" + fb("VAR_INPUT n : INT; END_VAR VAR m : INT; END_VAR", "m := n;"),
    ),
    "CP7": Case(
        fb(RESULT, "Error := TRUE; Done := TRUE;"),
        8,
        fb(RESULT, "Error := TRUE; Done := TRUE;")
        .replace("x();", "x(Error => b);")
        .replace("FB_X;", "FB_X; b : BOOL;"),
    ),
    "CP8": Case(
        main("r : REAL; b : BOOL;", "b := r = 1.5;"),
        5,
        main("r : REAL; b : BOOL;", "b := r > 1.5 OR r = 0.0;"),
    ),
    "CP9": Case(
        main("n : INT;", "IF n = 1 THEN ; ELSIF n = 2 THEN ; END_IF; FOR n := 0 TO 3 DO ; END_FOR;"),
        2,
        main("n : INT;", "IF n = 1 THEN ; ELSIF n = 2 THEN ; END_IF;"),
        {"complexity": 3},
    ),
    "CP10": Case(
        main("n : INT;", "g := 1;", SHARED) + OTHER.format("g := 2;"),
        9,
        main("n : INT;", "g := 1;", SHARED) + OTHER.format("y := g;"),
        "on",
        TWO,
    ),
    "CP12": Case(
        main("q AT %QX0.0 : BOOL; n : INT;", "")
        .replace("VAR q AT %QX0.0 : BOOL;", "VAR")
        .replace("PROGRAM MAIN", "VAR_GLOBAL q AT %QX0.0 : BOOL; END_VAR PROGRAM MAIN", 1)
        .replace("\n\nEND_PROGRAM", "\nq := FALSE;\nIF n > 1 THEN q := TRUE; END_IF;\nEND_PROGRAM"),
        6,
        main(
            "n : INT;",
            "IF n > 1 THEN q := TRUE; ELSE q := FALSE; END_IF;",
            "VAR_GLOBAL q AT %QX0.0 : BOOL; END_VAR",
        ),
    ),
    "CP13": Case(
        "FUNCTION A : INT\nVAR_INPUT n : INT; END_VAR\nA := B(n);\nEND_FUNCTION\n"
        "FUNCTION B : INT\nVAR_INPUT n : INT; END_VAR\nB := A(n);\nEND_FUNCTION\n",
        3,
        "FUNCTION A : INT\nVAR_INPUT n : INT; END_VAR\nA := B(n);\nEND_FUNCTION\n"
        "FUNCTION B : INT\nVAR_INPUT n : INT; END_VAR\nB := n;\nEND_FUNCTION\n",
    ),
    "CP14": Case(
        main("n : INT;", "IF n > 1 THEN RETURN; END_IF; n := 2;"),
        5,
        main("n : INT;", "IF n <= 1 THEN n := 2; END_IF;\nRETURN;"),
    ),
    "CP15": Case(
        main("n : INT;", "n := g;\nn := g;", SHARED) + OTHER.format("g := 2;"),
        6,
        main("n : INT;", "n := g;", SHARED) + OTHER.format("g := 2; y := g; y := g;"),
        "on",
        TWO,
    ),
    "CP16": Case(
        fb("", "") + CONFIGURATION.format("FB_X"),
        12,
        fb("", "") + CONFIGURATION.format("MAIN"),
    ),
    "CP17": Case(
        fb("VAR_INPUT n : INT; END_VAR", "n := 1;"),
        4,
        fb("VAR_INPUT n : INT; END_VAR VAR_OUTPUT m : INT; END_VAR", "m := n;"),
    ),
    "CP18": Case(
        main("n : INT;", "n := g + h;", "VAR_GLOBAL g : INT; h : INT; END_VAR"),
        5,
        main("n : INT;", "n := g;", "VAR_GLOBAL g : INT; h : INT; END_VAR"),
        {"max": 1},
    ),
    "CP19": Case(main("n : INT;", "n := 1; RETURN;"), 5, main("n : INT;", "n := 1;")),
    "CP20": Case(
        main(TIMER, "t(IN := b);\nIF b THEN t(IN := FALSE); END_IF;"),
        6,
        main(TIMER, "IF b THEN t(IN := b); ELSE t(IN := FALSE); END_IF; u(IN := b);"),
    ),
    "CP21": Case(
        main("n : INT; m : INT;", "n := 3; m := m + n;"),
        3,
        main("n : INT; m : INT;", "IF m > 2 THEN n := 3; END_IF; m := m + n;"),
    ),
    "CP23": Case(
        fb("VAR_INPUT a : INT; b : INT; c : INT; END_VAR"),
        1,
        fb("VAR_INPUT a : INT; b : INT; END_VAR VAR_OUTPUT c : INT; END_VAR"),
        {"max": 2},
    ),
    "CP24": Case(
        main("n : INT; m : INT;", "n := 1;"),
        3,
        main("n : ARRAY[0..Last] OF INT;", "n[1] := 1;", "VAR_GLOBAL CONSTANT Last : INT := 3; END_VAR"),
    ),
    "CP25": Case(
        main("r : REAL; d : DINT;", "r := d;"),
        5,
        main("r : LREAL; d : DINT; s : REAL; i : INT;", "r := d; s := i; s := DINT_TO_REAL(d);"),
    ),
    "CP26": Case(
        main("n : INT;", "g := 1;", SHARED) + OTHER.format("g := 2;"),
        9,
        main("n : INT;", "g := 1;", SHARED) + OTHER.format("y := g;"),
    ),
    "CP27": Case(main("n : INT;", "n := 8#17;"), 5, main("n : INT;", "n := 16#17;")),
    "CP28": Case(
        main("d : TIME; b : BOOL;", "b := d <> T#5s;"),
        5,
        main("d : TIME; b : BOOL;", "b := d >= T#5s OR d = T#0s;"),
    ),
    "L1": Case(main("n : INT;", "   n := 1;"), 5, main("n : INT;", "    n := 1;")),
    "L4": Case(main("n : INT;", "n := 1; n := 2;"), 5, main("n : INT;", "n := 1;\nn := 2;")),
    "L10": Case(
        main(EDGE, "FOR i := 0 TO 9 DO\nIF a[i] = n THEN EXIT; END_IF;\nEND_FOR;"),
        6,
        main(EDGE, "FOR i := 0 TO 9 DO\nn := n + a[i];\nEND_FOR;"),
    ),
    "L11": Case(
        main("n : INT;", "n := 1;" + " " * 100 + "// x"), 5, main("n : INT;", "n := 1;"), {"max": 100}
    ),
    "L12": Case(
        main(EDGE, "FOR i := 0 TO 9 DO\ni := i + 1;\nEND_FOR;"),
        6,
        main(EDGE, "FOR i := 0 TO 9 DO\nn := i + 1;\nEND_FOR;\ni := 0;"),
    ),
    "L13": Case(
        main(EDGE, "FOR i := 0 TO 9 DO\na[i] := 1;\nEND_FOR;\nn := i;"),
        8,
        main(EDGE, "FOR i := 0 TO 9 DO\na[i] := 1;\nEND_FOR;\ni := 2; n := i;"),
    ),
    "L14": Case(
        "FUNCTION A : INT\nVAR_INPUT n : INT; m : INT; END_VAR\nA := n - m;\nEND_FUNCTION\n"
        + main("n : INT;", "n := A(1, n);"),
        9,
        "FUNCTION A : INT\nVAR_INPUT n : INT; m : INT; END_VAR\nA := n - m;\nEND_FUNCTION\n"
        + main("n : INT;", "n := A(n := 1, m := n) + MAX(n, 3);"),
    ),
    "L15": Case(
        main("a : BOOL; b : BOOL;", "a := a OR b AND a;"),
        5,
        main("a : BOOL; b : BOOL;", "a := a OR (b AND a);"),
    ),
    "L16": Case(main("n : INT;", "\tn := 1;"), 5, main("n : INT;", "    n := 1;")),
    "L17": Case(
        main("n : INT;", "IF n > 1 THEN n := 1; END_IF;"),
        5,
        main("n : INT;", "IF n > 1 THEN n := 1; ELSE n := 2; END_IF;"),
    ),
    "E1": Case(main("n : DWORD;", "n := __NEW(n);"), 5, main("n : DWORD;", "n := n;")),
    "E2": Case(
        main("p : POINTER TO INT; n : INT;", "p := ADR(n) + 2;"),
        5,
        main("p : POINTER TO INT; n : INT;", "p := ADR(n); n := p^ + 2;"),
    ),
    "E3": Case(
        main("p : POINTER TO INT; q : POINTER TO INT; b : BOOL;", "b := p < q;"),
        5,
        main("p : POINTER TO INT; q : POINTER TO INT; b : BOOL;", "b := p = q OR p^ < q^;"),
    ),
}


def findings(rule: str, text: str, case: Case) -> list[tuple[str, int]]:
    settings = Settings.of(dict.fromkeys(RULES, "off") | {rule: case.settings})
    result = lint({"a.st": text}, settings, "codesys" if rule.startswith("E") else "iec", case.tasks)
    if RULES[rule].needs_types:
        assert not [problem for problem in result.problems if problem.severity == "error"]
    return [(finding.rule.number, finding.where.line) for finding in result.findings]


def test_that_every_rule_has_a_program_that_breaks_it_and_no_number_is_taken_twice() -> None:
    assert set(CASES) == set(RULES)
    assert not set(RULES) & set(UNDECIDED)


@pytest.mark.parametrize("rule", CASES)
def test_that_a_violation_is_told_where_it_stands(rule: str) -> None:
    case = CASES[rule]
    assert findings(rule, case.bad, case)[:1] == [(rule, case.line)]


@pytest.mark.parametrize("rule", CASES)
def test_that_what_keeps_the_rule_is_not_told(rule: str) -> None:
    case = CASES[rule]
    assert findings(rule, case.good, case) == []


def told(rule: str, text: str) -> list[int]:
    """The lines of the violations of one rule in a program for CODESYS."""
    settings = Settings.of(dict.fromkeys(RULES, "off") | {rule: "on"})
    result = lint({"a.st": text}, settings, "codesys")
    assert not [problem for problem in result.problems if problem.severity == "error"]
    return [finding.where.line for finding in result.findings]


def test_that_what_stands_behind_a_jump_is_told_and_what_a_label_begins_is_not() -> None:
    body = "again: n := n + 1; IF n < 3 THEN JMP again; END_IF\nJMP over;\nn := 2;\nover: n := 3;"
    assert told("CP2", main("n : INT;", body)) == [7]
    body = "IF m > 1 THEN JMP over; END_IF\nn := 1;\nover: m := n;"
    assert told("CP3", main("n : INT; m : INT := 2;", body)) == []


def test_that_what_is_written_on_both_ways_of_a_try_is_written() -> None:
    body = "__TRY n := 1; __CATCH(e) n := 2; __ENDTRY\nm := n + TO_INT(e);"
    assert told("CP3", main("n, m : INT; e : __SYSTEM.ExceptionCode;", body)) == []
    body = "__TRY n := 1; __CATCH(e) m := 2; __ENDTRY\nm := n;"
    assert told("CP3", main("n, m : INT; e : __SYSTEM.ExceptionCode;", body)) == [6]


def test_that_the_inputs_that_fb_init_must_have_may_stay_unused() -> None:
    member = "METHOD {} : BOOL VAR_INPUT bInitRetains, bInCopyCode: BOOL; more : INT := 1; END_VAR END_METHOD"
    text = fb("", "", member.format("FB_init"))
    assert told("CP17", text) == [3]  # only `more`
    assert told("CP17", fb("", "", member.format("go"))) == [3, 3, 3]
