"""JMP and labels in Structured Text of the makers' dialects."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, TaskSpec, compile_st

MS = 1_000_000
MAKERS = ("codesys", "twincat")


def program(body: str, variables: str = "") -> str:
    return f"PROGRAM P\nVAR i, j, n, m : INT; on, ok : BOOL; {variables} END_VAR\n{body}\nEND_PROGRAM"


def values(body: str, variables: str = "", dialect: str = "codesys", scans: int = 1) -> dict[str, object]:
    plc = compile_st(program(body, variables), dialect).start()
    plc.run(scans)
    return {name: plc[f"P.{name}"] for name in ("i", "j", "n", "m", "ok")}


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_jump_backward_is_a_loop(dialect: str) -> None:
    assert values("again: n := n + 1; IF n < 5 THEN JMP again; END_IF", dialect=dialect)["n"] == 5


def test_that_a_jump_forward_leaves_out_what_is_between() -> None:
    found = values("n := 1; JMP behind; n := 2; m := 3; behind: ok := TRUE;")
    assert (found["n"], found["m"], found["ok"]) == (1, 0, True)


def test_that_a_label_may_be_the_first_and_the_last_in_a_body() -> None:
    assert values("first: n := n + 1; IF n = 3 THEN JMP last; END_IF JMP first; last:")["n"] == 3


def test_that_a_jump_leaves_loops_cases_and_ifs() -> None:
    body = """FOR i := 1 TO 9 DO
      WHILE TRUE DO
        REPEAT
          n := n + 1;
          CASE i OF
            1..3: IF n > 2 THEN JMP next; END_IF
            4: JMP over;
          END_CASE
        UNTIL FALSE END_REPEAT
      END_WHILE
      next: n := 0; m := m + 1;
    END_FOR
    m := 100;
    over: ok := TRUE;"""
    found = values(body)
    assert (found["i"], found["n"], found["m"], found["ok"]) == (4, 1, 3, True)


def test_that_exit_and_continue_go_with_the_loop_around_the_labels() -> None:
    body = """FOR i := 1 TO 10 DO
      IF i = 2 THEN CONTINUE; END_IF
      again: n := n + 1;
      IF n = 1 THEN JMP again; END_IF
      IF i = 3 THEN CONTINUE; END_IF
      IF i = 5 THEN EXIT; END_IF
      m := m + 1;
    END_FOR"""
    found = values(body)
    assert (found["i"], found["n"], found["m"]) == (5, 5, 2)


def test_that_the_same_label_in_two_bodies_is_two_labels() -> None:
    text = """FUNCTION f : INT VAR_INPUT x : INT; END_VAR
    l: f := f + x; IF f < 10 THEN JMP l; END_IF END_FUNCTION
    FUNCTION_BLOCK b VAR_OUTPUT q : INT; END_VAR
    METHOD m : INT l: m := m + 1; IF m < 4 THEN JMP l; END_IF END_METHOD
    l: q := q + 1; IF q < 3 THEN JMP l; END_IF END_FUNCTION_BLOCK
    PROGRAM P VAR x, y, z : INT; i : b; END_VAR
    l: x := x + f(3); IF x < 20 THEN JMP l; END_IF i(q => y); z := i.m(); END_PROGRAM"""
    plc = compile_st(text, "codesys").start()
    plc.run(scans=1)
    assert (plc["P.x"], plc["P.y"], plc["P.z"]) == (24, 3, 4)


def test_that_a_name_with_a_colon_in_a_case_is_still_its_label() -> None:
    text = """TYPE Colour : (red, green); END_TYPE
    PROGRAM P VAR c : Colour := green; n : INT; k : INT; END_VAR VAR CONSTANT two : INT := 2; END_VAR
    k := 2;
    CASE c OF red: n := 1; green: n := 2; END_CASE
    CASE k OF two: n := n + 10; END_CASE
    END_PROGRAM"""
    for dialect in ("iec", *MAKERS):
        plc = compile_st(text, dialect).start()
        plc.run(scans=1)
        assert plc["P.n"] == 12


def test_that_jmp_is_a_name_elsewhere() -> None:
    plc = compile_st("PROGRAM P VAR jmp : INT; END_VAR jmp := jmp + 1; END_PROGRAM").start()
    plc.run(scans=2)
    assert plc["P.jmp"] == 2


@pytest.mark.parametrize(
    ("body", "line", "what", "cure"),
    [
        ("JMP there;", 3, "there is no label there in this body", "Write there: in front of a statement"),
        ("last:\nJMP lost;", 4, "there is no label lost in this body", "Did you mean last"),
        (
            "JMP in;\nIF on THEN\nin: n := 1; END_IF",
            3,
            "cannot lead to in in line 5: the label stands inside",
            "",
        ),
        ("FOR i := 1 TO 2 DO x: n := 1; END_FOR JMP x;", 3, "the label stands inside another statement", ""),
        ("IF on THEN JMP x; ELSE x: n := 1; END_IF", 3, "the label stands inside another statement", ""),
        ("x: n := 1;\nx: n := 2;", 4, "there is a second label x, the first is in line 3", ""),
        ("n.3: n := 1;", 3, "a label is a name", ""),
    ],
)
def test_that_a_jump_without_a_way_is_told(body: str, line: int, what: str, cure: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(program(body), "codesys")
    found = caught.value.problems[0]
    assert what in found.what
    assert cure in found.cure
    assert found.where.line == line


@pytest.mark.parametrize("dialect", ["iec", *MAKERS])
@pytest.mark.parametrize("declared", ["x : INT;", "x : INT := 5;", "t : TON;"])
def test_that_a_declaration_among_statements_is_told_as_one(declared: str, dialect: str) -> None:
    for body in (f"n := 1;\n{declared}", f"IF on THEN\n{declared} END_IF", f"{declared} n := 2;"):
        with pytest.raises(Problems, match="declares a variable, here stand statements") as caught:
            compile_st(program(body), dialect)
        assert len(caught.value.problems) == 1, caught.value.problems


def test_that_an_assignment_with_a_space_in_it_is_told() -> None:
    with pytest.raises(Problems, match="':=' is one sign, without a space in it"):
        compile_st(program("n : = 1;"), "codesys")


def test_that_the_standard_has_no_jumps_in_structured_text() -> None:
    with pytest.raises(Problems) as caught:
        compile_st(program("again: n := n + 1;\nJMP again;"))
    label, jump = caught.value.problems
    assert "'again:' is a label of JMP" in label.what and "again := ...;" in label.cure
    assert "JMP belongs to no Structured Text of the dialect iec" in jump.what
    assert "codesys or twincat" in jump.cure


def test_that_the_watchdog_counts_what_a_jump_repeats() -> None:
    text = program("n := 0;\nagain: n := n + 1; m := n;\nIF n < 50 THEN JMP again; END_IF\nn := 7;")
    # the first round and 49 jumps, each with the 6 statements of the longest way
    fits = TaskSpec("main", "P", 10 * MS, watchdog=50 * 6)
    compile_st(text, "codesys", tasks=[fits]).start().scan(0)
    short = TaskSpec("main", "P", 10 * MS, watchdog=50 * 6 - 1)
    plc = compile_st({"p.st": text}, "codesys", tasks=[short]).start()
    with pytest.raises(PlcError, match="watchdog: a scan of task main executes more than 299") as caught:
        plc.scan(0)
    assert (caught.value.file, caught.value.line, caught.value.column) == ("p.st", 4, 1)
    assert plc["P.n"] == 49


def test_that_an_endless_jump_stops_the_plc() -> None:
    plc = compile_st(program("for_ever: JMP for_ever;"), "codesys").start()
    with pytest.raises(PlcError, match="watchdog"):
        plc.scan(0)


def test_that_bodies_without_jumps_carry_nothing() -> None:
    plain = compile_st(program("n := 1; IF on THEN n := 2; END_IF"), "codesys").source
    unused = compile_st(program("n := 1; here: IF on THEN n := 2; END_IF"), "codesys").source
    assert plain == unused
    assert "while" not in plain


def test_that_coverage_and_steps_go_the_way_of_a_jump() -> None:
    body = [
        "n := 0;",
        "again:",
        "n := n + 1;",
        "IF n < 2 THEN",
        "JMP again;",
        "END_IF",
        "JMP over;",
        "m := 1;",
    ]
    text = program("\n".join([*body, "over:", "ok := TRUE;"]))
    plc = compile_st({"p.st": text}, "codesys").start()
    coverage = plc.coverage()
    with plc.debug() as debugger:
        lines = [int(str(debugger.step_over()).rpartition(":")[2].rstrip(")")) for _ in range(8)]
        debugger.run("20 ms")
    assert lines == [3, 5, 6, 7, 5, 6, 9, 12]
    plc.run(scans=1)
    marks = coverage.lines("p.st")
    assert {line for line, mark in marks.items() if mark.mark == "missed"} == {10}
    assert coverage.statements == (6, 7)


def test_that_actions_of_a_chart_have_labels_of_their_own() -> None:
    text = """PROGRAM P VAR n, k : INT; END_VAR
    INITIAL_STEP one: A(N); B(N); END_STEP STEP two: END_STEP
    ACTION A: n := 0; l: n := n + 1; IF n < 4 THEN JMP l; END_IF END_ACTION
    ACTION B: k := 0; l: k := k + 2; IF k < 9 THEN JMP l; END_IF END_ACTION
    TRANSITION FROM one TO two := n = 99; END_TRANSITION TRANSITION FROM two TO one := TRUE; END_TRANSITION
    END_PROGRAM"""
    plc = compile_st(text, "codesys").start()
    coverage = plc.coverage()
    plc.run(scans=2)
    assert (plc["P.n"], plc["P.k"]) == (4, 10)
    assert not {place.line for place in coverage["P"].missed} & {3, 4}


def test_that_a_breakpoint_behind_a_jump_holds() -> None:
    text = program("JMP over;\nn := 1;\nover:\nn := 2;")
    plc = compile_st({"p.st": text}, "codesys").start()
    with plc.debug() as debugger:
        debugger.stop_at(6, "p.st")
        assert str(debugger.run()) == "P (p.st:6)"


def test_that_a_scan_with_jumps_is_skipped_once_nothing_changes() -> None:
    plc = compile_st(program("n := 0; again: n := n + 1; IF n < 3 THEN JMP again; END_IF"), "codesys").start()
    plc.run(scans=3)
    assert plc.settled()
    assert plc["P.n"] == 3
