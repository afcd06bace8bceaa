"""__TRY, __CATCH, __FINALLY: which exceptions are caught, with which code, and what comes after."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, TaskSpec, compile_st
from commissioning.plc.testing.st_tests import found_tests, run_test
from commissioning.plc.values.exception_codes import CODES

MS = 1_000_000
MAKERS = ("codesys", "twincat")
HELPERS = """
TYPE small : INT(0..10); END_TYPE
FUNCTION_BLOCK Lent VAR_IN_OUT x : INT; END_VAR VAR_INPUT d : INT; END_VAR
x := x + 1; x := x / d; END_FUNCTION_BLOCK
FUNCTION_BLOCK Deep METHOD again : INT again := again(); END_METHOD END_FUNCTION_BLOCK
FUNCTION quotient : INT VAR_INPUT a, b : INT; END_VAR quotient := a / b; END_FUNCTION
"""


def program(body: str, variables: str = "") -> str:
    return f"""{HELPERS}
PROGRAM P
VAR exc : __SYSTEM.ExceptionCode; a, b, n, zero : INT; few : ARRAY[1..3] OF INT; s : small; x, none : LREAL;
p : POINTER TO INT; r : REFERENCE TO INT; lent : Lent; deep : Deep;
log : STRING; ok : BOOL; {variables} END_VAR
{body}
END_PROGRAM"""


def started(body: str, variables: str = "", dialect: str = "codesys") -> Plc:
    return compile_st({"p.st": program(body, variables)}, dialect).start()


CAUSES = [
    ("n := 1 / zero;", "DIVIDEBYZERO"),
    ("x := 1.0 / none;", "DIVIDEBYZERO"),
    ("n := quotient(3, zero);", "DIVIDEBYZERO"),
    ("lent(x := n, d := zero);", "DIVIDEBYZERO"),
    ("few[zero] := 1;", "ARRAYBOUNDS"),
    ("n := few[4 + zero];", "ARRAYBOUNDS"),
    ("n := p^;", "ACCESS_VIOLATION"),
    ("p^ := 1;", "ACCESS_VIOLATION"),
    ("n := r;", "ACCESS_VIOLATION"),
    ("p := p + 3; n := p^;", "ACCESS_VIOLATION"),
    ("n := deep.again();", "STACK_OVERFLOW"),
    ("x := SQRT(none - 1.0);", "FPU_INVALID_OPERATION"),
    ("F_RaiseException(__SYSTEM.ExceptionCode.RTSEXCPT_ARRAYBOUNDS);", "ARRAYBOUNDS"),
    ("F_RaiseException(16#10000);", "USER_EXCEPTION_BASE"),
]


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_value_outside_a_subrange_is_no_exception_of_the_makers(dialect: str) -> None:
    """It is stored: only a POU CheckRangeSigned of the project's own looks at it."""
    body = "__TRY s := zero + 11; b := s; __CATCH(exc) a := 1; __ENDTRY"
    plc = started(body, dialect=dialect)
    plc.run(scans=1)
    assert (plc["P.exc"], plc["P.a"], plc["P.b"]) == (0, 0, 11)


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize(("cause", "name"), CAUSES)
def test_that_the_code_says_what_happened(cause: str, name: str, dialect: str) -> None:
    """And without __TRY the same stops the PLC."""
    body = f"__TRY {cause} b := 1; __CATCH(exc) a := 1; __ENDTRY n := 5;"
    plc = started(body, dialect=dialect)
    plc.run(scans=1)
    assert (plc["P.exc"], plc["P.a"], plc["P.b"], plc["P.n"]) == (CODES[name], 1, 0, 5)
    with pytest.raises(PlcError):
        started(cause, dialect=dialect).run(scans=1)


def test_that_mod_by_zero_is_caught_where_it_is_one() -> None:
    plc = started("__TRY n := 7 MOD zero; __CATCH(exc) a := 1; __ENDTRY")
    plc.run(scans=1)
    assert plc["P.exc"] == CODES["DIVIDEBYZERO"]


def test_that_codes_are_names_to_compare_with() -> None:
    plc = started(
        """__TRY n := 1 / zero; __CATCH(exc)
        ok := exc = __SYSTEM.ExceptionCode.RTSEXCPT_DIVIDEBYZERO;
        CASE exc OF
          __SYSTEM.ExceptionCode.RTSEXCPT_ARRAYBOUNDS: a := 1;
          __SYSTEM.ExceptionCode.RTSEXCPT_DIVIDEBYZERO: a := 2;
        END_CASE
        __ENDTRY"""
    )
    assert plc["P.exc"] == CODES["NOEXCEPTION"]
    plc.run(scans=1)
    assert plc["P.ok"] is True
    assert plc["P.a"] == 2


def test_the_order_of_the_parts() -> None:
    body = """log := '';
    FOR a := 1 TO 3 DO
      __TRY
        log := CONCAT(log, 't');
        IF a = 2 THEN n := 1 / zero; END_IF
        log := CONCAT(log, 'o');
      __CATCH(exc)
        log := CONCAT(log, 'c');
      __FINALLY
        log := CONCAT(log, 'f');
      __ENDTRY
    END_FOR"""
    plc = started(body)
    plc.run(scans=1)
    assert plc["P.log"] == "toftcftof"


def test_that_what_was_done_before_the_exception_stays_done() -> None:
    plc = started("a := 1; __TRY a := 2; few[1] := 9; n := 1 / zero; a := 3; __CATCH(exc) ; __ENDTRY")
    plc.run(scans=1)
    assert (plc["P.a"], plc["P.few[1]"]) == (2, 9)


def test_that_continue_reaches_finally_before_the_next_round_begins() -> None:
    plc = started(
        "FOR a := 1 TO 3 DO __TRY CONTINUE; __CATCH(exc) ; __FINALLY n := n * 10 + a; __ENDTRY END_FOR"
    )
    plc.run(scans=1)
    assert plc["P.n"] == 123


def test_that_finally_changes_what_a_function_gives_behind_return() -> None:
    text = """FUNCTION f : INT VAR e : __SYSTEM.ExceptionCode; END_VAR
    f := 1; __TRY RETURN; __CATCH(e) ; __FINALLY f := f + 10; __ENDTRY f := 99; END_FUNCTION
    PROGRAM P VAR n : INT; END_VAR n := f(); END_PROGRAM"""
    plc = compile_st(text, "codesys").start()
    plc.run(scans=1)
    assert plc["P.n"] == 11


def test_that_leaving_finally_ends_the_exception() -> None:
    """As in other languages: what __FINALLY does itself comes last."""
    body = """FOR a := 1 TO 5 DO
      __TRY few[9 + zero] := 1; __CATCH(exc) n := 1 / zero;
      __FINALLY b := b + 1; IF a = 3 THEN EXIT; END_IF CONTINUE; __ENDTRY
    END_FOR
    ok := TRUE;"""
    plc = started(body)
    plc.run(scans=1)
    assert (plc["P.a"], plc["P.b"], plc["P.ok"]) == (3, 3, True)


def test_that_a_jump_that_finally_revokes_leaves_no_trace() -> None:
    """Neither in the body that it would have led to, nor in a __FINALLY around both."""
    body = """log := 'a';
    FOR a := 1 TO 2 DO
      __TRY IF a = 1 THEN JMP last; END_IF __CATCH(exc) ; __FINALLY IF a = 1 THEN CONTINUE; END_IF __ENDTRY
    END_FOR
    IF n > 5 THEN JMP mid; END_IF
    log := CONCAT(log, 'b');
    mid: log := CONCAT(log, 'c');
    last: log := CONCAT(log, 'd');"""
    plc = started(body)
    plc.run(scans=1)
    assert plc["P.log"] == "abcd"
    body = """again: n := n + 1;
    __TRY ; __CATCH(exc) ; __FINALLY
      FOR a := 1 TO 3 DO
        __TRY JMP again; __CATCH(exc) ; __FINALLY CONTINUE; __ENDTRY
      END_FOR
    __ENDTRY"""
    plc = started(body)
    plc.run(scans=1)
    assert (plc["P.n"], plc["P.a"]) == (1, 4)


def test_that_an_exception_in_catch_goes_on_to_the_try_around() -> None:
    body = """__TRY
      __TRY n := 1 / zero; __CATCH(exc) few[9 + zero] := 1; __FINALLY a := 1; __ENDTRY
    __CATCH(exc) b := 1; __ENDTRY"""
    plc = started(body)
    plc.run(scans=1)
    assert (plc["P.a"], plc["P.b"], plc["P.exc"]) == (1, 1, CODES["ARRAYBOUNDS"])


def test_that_an_uncaught_exception_names_its_own_statement() -> None:
    body = "__TRY\nn := 1 / zero;\n__CATCH(exc)\nfew[9 + zero] := 1;\n__FINALLY\na := 1;\n__ENDTRY"
    plc = started(body)
    with pytest.raises(PlcError, match=r"the index 9 is outside 1..3") as caught:
        plc.run(scans=1)
    line = program("").count("\n", 0, program("").index("\n\nEND_PROGRAM")) + 1
    assert caught.value.line == line + 4
    assert plc["P.a"] == 1


def test_that_the_watchdog_cannot_be_caught() -> None:
    """And what stops the PLC executes no __FINALLY."""
    body = "__TRY __TRY WHILE TRUE DO n := 1; END_WHILE __CATCH(exc) a := 1; __FINALLY b := 1; __ENDTRY "
    body += "__CATCH(exc) a := 2; __FINALLY b := 2; __ENDTRY"
    plc = started(body)
    with pytest.raises(PlcError, match="watchdog: a scan of task"):
        plc.run(scans=1)
    assert (plc["P.a"], plc["P.b"], plc["P.exc"]) == (0, 0, 0)


def test_that_no_stub_can_be_caught() -> None:
    text = "PROGRAM P VAR b : Unknown; e : __SYSTEM.ExceptionCode; n : INT; END_VAR "
    text += "__TRY b(); __CATCH(e) n := 1; __FINALLY n := 2; __ENDTRY END_PROGRAM"
    plc = compile_st({"p.st": text}, "codesys", stubs=True).start()
    with pytest.raises(PlcError, match="stub"):
        plc.run(scans=1)
    assert plc["P.n"] == 0


def test_that_a_scan_left_by_the_debugger_executes_no_finally() -> None:
    plc = started("__TRY\na := 1;\na := 2;\n__CATCH(exc)\na := 3;\n__FINALLY\nb := 1;\n__ENDTRY")
    with plc.debug() as debugger:
        debugger.step_in()
        debugger.step_in()
        debugger.step_in()
        debugger.abandon()
    assert (plc["P.a"], plc["P.b"]) == (1, 0)


def test_that_a_lent_variable_comes_back_from_an_exception() -> None:
    """A block keeps nothing of what was lent to it, so that scans compare and go into snapshots."""
    plc = started("__TRY lent(x := n, d := zero); __CATCH(exc) ; __ENDTRY n := 0;")
    plc.run(scans=3)
    assert plc.settled()
    state = plc.snapshot()
    plc.run(scans=1)
    plc.restore(state)
    assert plc.snapshot() == state


def test_that_a_test_may_wait_inside_a_try() -> None:
    text = """PROGRAM P VAR n : INT; END_VAR n := n + 1; END_PROGRAM
    TEST 'waits'
    VAR e : __SYSTEM.ExceptionCode; z, k : INT; END_VAR
    __TRY ADVANCE_TIME(T#50ms); k := 1; z := 1 / z;
    __CATCH(e) ADVANCE_TIME(T#20ms); k := k + 10;
    __FINALLY ADVANCE_TIME(T#20ms); k := k + 100; __ENDTRY
    ASSERT_EQ(111, k);
    END_TEST"""
    compiled = compile_st(text, "codesys", with_tests=True)
    (outcome,) = [run_test(compiled, test) for test in found_tests(compiled)]
    assert (outcome.verdict, outcome.virtual_ns) == ("PASS", 90 * MS)


def test_that_coverage_tells_a_catch_that_never_came_about() -> None:
    plc = started("__TRY\nn := 4 / (zero + 1);\n__CATCH(exc)\nn := 0;\n__FINALLY\na := 1;\n__ENDTRY")
    coverage = plc.coverage()
    plc.run(scans=1)
    first = next(line for line, mark in coverage.lines("p.st").items() if mark.mark == "part")
    assert coverage.branch("p.st", first) == {"__CATCH": False}
    plc["P.zero"] = -1
    plc.run(scans=1)
    assert coverage.branch("p.st", first) == {"__CATCH": True}


def test_that_the_watchdog_counts_all_parts() -> None:
    body = "__TRY n := 1; n := 2; __CATCH(exc) n := 3; __FINALLY n := 4; n := 5; __ENDTRY"
    assert compile_st(program(body), "codesys", tasks=[TaskSpec("main", "P", 10 * MS)]).straight == (6,)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("__TRY n := 1; __CATCH(n) ; __ENDTRY", "__CATCH gives a code of 32 bits, n is an INT"),
        ("__TRY n := 1; __CATCH(ok) ; __ENDTRY", "__CATCH gives a code of 32 bits"),
        ("__TRY n := 1; __CATCH(lost) ; __ENDTRY", "lost is not declared"),
        ("__TRY n := 1; __ENDTRY", "'__ENDTRY' is not expected here"),
        ("__TRY n := 1; __CATCH(exc) n := 2;", "the __CATCH of line"),
        ("F_RaiseException();", "F_RaiseException has 1 argument"),
        ("F_RaiseException('a');", "the code of an exception is a whole number"),
        ("JMP in; __TRY in: n := 1; __CATCH(exc) ; __ENDTRY", "the label stands inside another statement"),
    ],
)
def test_that_what_is_wrong_is_told(body: str, what: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(program(body), "codesys")
    assert any(what in problem.what for problem in caught.value.problems), caught.value.problems


def test_that_the_standard_has_no_exceptions() -> None:
    text = "PROGRAM P VAR e : UDINT; n : INT; END_VAR __TRY n := 1; __CATCH(e) n := 2; __ENDTRY END_PROGRAM"
    with pytest.raises(Problems, match="__TRY is no word of the dialect iec") as caught:
        compile_st(text)
    assert len(caught.value.problems) == 1
    with pytest.raises(Problems, match="F_RaiseException"):
        compile_st("PROGRAM P F_RaiseException(1); END_PROGRAM")


def test_that_pointers_are_followed_inside_and_behind_a_finally_at_any_depth() -> None:
    """What leads to a type and what remembers __FINALLY had the same name in generated code."""
    kinds = ("SINT", "INT", "DINT", "LINT", "BOOL", "REAL", "TIME", "LREAL")
    variables = "".join(f"v{k} : {kind}; p{k} : POINTER TO {kind};\n" for k, kind in enumerate(kinds))
    follow = "".join(f"p{k} := ADR(v{k}); p{k}^ := p{k}^;\n" for k in range(len(kinds)))
    body = follow
    for _ in range(3):
        tried = f"__TRY\n{body}__CATCH(exc) b := b + 1;\n__FINALLY\nn := n + 1;\n__ENDTRY\n"
        body = f"IF NOT ok THEN\n{tried}END_IF\n"
    plc = started(body + follow + "p1^ := 7;", variables)
    plc.scan(0)
    assert (plc["P.n"], plc["P.b"], plc["P.v1"]) == (3, 0, 7)
