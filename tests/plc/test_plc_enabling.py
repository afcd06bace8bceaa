"""EN and ENO in calls that are written as text (IEC 61131-3, 6.6.1.6)."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """
FUNCTION Twice : INT VAR_INPUT a : INT; END_VAR VAR_OUTPUT more : INT; END_VAR
Twice := 2 * a; more := a + 1; END_FUNCTION
FUNCTION OwnEnable : INT VAR_INPUT EN : BOOL; END_VAR OwnEnable := SEL(EN, 1, 2); END_FUNCTION
FUNCTION_BLOCK Count
VAR_INPUT up : INT; END_VAR VAR_OUTPUT n : INT; END_VAR
METHOD Add : INT VAR_INPUT by_ : INT; END_VAR n := n + by_; Add := n; END_METHOD
n := n + up;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR on, done, fb_done, off : BOOL; x, y, z, m, n, own, started : INT; c : Count; t : TON; END_VAR
x := Twice(EN := on, a := 21, more => m, ENO => done);
y := ADD(EN := on, IN1 := 2, IN2 := 3);
z := INT_TO_DINT(EN := x > 40, 7, ENO => off);
c(EN := on, up := 2, n => n, ENO => fb_done);
c.Add(EN := NOT on, by_ := 100);
t(EN := on, IN := TRUE, PT := T#10ms);
own := OwnEnable(EN := on);
started := MOVE(5, ENO => off);
END_PROGRAM
""".replace("z := INT_TO_DINT(EN := x > 40, 7, ENO => off)", "z := DINT_TO_INT(EN := x > 40, 7)")


def test_that_a_call_is_made_only_while_it_is_enabled() -> None:
    plc = compile_st(TEXT).start()
    plc.run(2)
    assert [plc[f"MAIN.{name}"] for name in ("x", "y", "z", "m", "done", "fb_done", "n")] == [
        0,
        0,
        0,
        0,
        False,
        False,
        0,
    ]
    assert plc["MAIN.c.n"] == 200
    assert (plc["MAIN.t.Q"], plc["MAIN.own"], plc["MAIN.started"], plc["MAIN.off"]) == (False, 0, 5, True)
    plc["MAIN.on"] = True
    plc.run(2)
    assert [plc[f"MAIN.{name}"] for name in ("x", "y", "z", "m", "done", "fb_done")] == [
        42,
        5,
        7,
        22,
        True,
        True,
    ]
    assert (plc["MAIN.n"], plc["MAIN.t.Q"], plc["MAIN.own"]) == (204, True, 2)
    plc["MAIN.on"] = False
    plc.run()
    assert (plc["MAIN.x"], plc["MAIN.done"], plc["MAIN.n"], plc["MAIN.fb_done"]) == (42, False, 204, False)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("EN := on, a", "EN := 3, a"), "for EN a BOOL is expected here"),
        (("ENO => done", "ENO => x"), "ENO gives a BOOL, this is an INT"),
        (("ENO => done", "ENO := done"), "has no parameter ENO"),
        (("y := ADD(", "y := 1 + ADD("), "EN and ENO stand in a call that is a statement"),
    ],
)
def test_that_wrong_enabling_is_told(change: tuple[str, str], what: str) -> None:
    assert change[0] in TEXT
    with pytest.raises(Problems) as caught:
        compile_st(TEXT.replace(*change, 1))
    assert what in str(caught.value)


@pytest.mark.parametrize("dialect, own", [("iec", 0), ("codesys", 1), ("twincat", 1)])
def test_that_a_declared_en_keeps_the_body_from_running_in_the_standard_only(dialect: str, own: int) -> None:
    text = """FUNCTION OwnEnable : INT VAR_INPUT EN : BOOL; END_VAR OwnEnable := SEL(EN, 1, 2); END_FUNCTION
FUNCTION_BLOCK F VAR_INPUT EN : BOOL := TRUE; END_VAR VAR_OUTPUT ENO : BOOL; n : INT; END_VAR
n := n + 1; END_FUNCTION_BLOCK
PROGRAM MAIN VAR on, e : BOOL; own : INT; f1 : F; END_VAR
own := OwnEnable(EN := on); f1(EN := on, ENO => e); END_PROGRAM"""
    plc = compile_st(text, dialect).start()
    plc.run(1)
    assert (plc["MAIN.own"], plc["MAIN.f1.n"], plc["MAIN.e"]) == (own, own, False)
    plc["MAIN.on"] = True
    plc.run(1)
    assert (plc["MAIN.own"], plc["MAIN.f1.n"], plc["MAIN.e"]) == (2, own + 1, dialect == "iec")
