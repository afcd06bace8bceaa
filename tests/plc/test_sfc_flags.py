"""SFCInit, SFCReset and SFCPause, as the manuals of CODESYS and TwinCAT describe them."""

from __future__ import annotations

import pytest

from commissioning.plc import Plc, compile_st

CHART = """PROGRAM MAIN
VAR go, out, first, SFCInit, SFCReset, SFCPause : BOOL; n : INT; END_VAR
INITIAL_STEP S1: first(N); END_STEP
TRANSITION FROM S1 TO S2 := go; END_TRANSITION
STEP S2: out(S); act(N); END_STEP
TRANSITION FROM S2 TO S1 := S2.T > T#1s; END_TRANSITION
ACTION act: n := n + 1; END_ACTION
END_PROGRAM
"""


def running(dialect: str) -> Plc:
    """In S2, which has acted three times."""
    plc = compile_st(CHART, dialect).start()
    plc["MAIN.go"] = True
    plc.run(scans=4)
    assert (plc["MAIN.S2.X"], plc["MAIN.out"], plc["MAIN.n"]) == (True, True, 3)
    return plc


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_init_holds_the_chart_in_its_initial_step_and_forgets_what_was_stored(dialect: str) -> None:
    plc = running(dialect)
    plc["MAIN.SFCInit"] = True
    plc.run(scans=3)
    assert (plc["MAIN.S1.X"], plc["MAIN.S2.X"], plc["MAIN.out"], plc["MAIN.n"]) == (True, False, False, 3)
    assert not plc["MAIN.first"]  # the initial step is active and not executed
    assert plc.settled()
    plc["MAIN.SFCInit"] = False
    plc.run(scans=1)
    assert plc["MAIN.first"]
    assert plc["MAIN.S2.X"]
    assert not plc["MAIN.out"]


def test_that_reset_goes_to_the_initial_step_which_is_executed() -> None:
    plc = running("codesys")
    plc["MAIN.SFCReset"] = True
    plc["MAIN.go"] = False
    plc.run(scans=2)
    assert (plc["MAIN.S1.X"], plc["MAIN.first"], plc["MAIN.out"], plc["MAIN.n"]) == (True, True, False, 3)
    plc["MAIN.SFCReset"] = False
    plc["MAIN.go"] = True
    plc.run(scans=1)
    assert plc["MAIN.S2.X"]


def test_that_pause_holds_the_chart_as_it_is() -> None:
    plc = running("codesys")
    plc["MAIN.SFCPause"] = True
    plc.run(scans=5)
    assert (plc["MAIN.S2.X"], plc["MAIN.out"], plc["MAIN.n"]) == (True, True, 3)
    plc["MAIN.SFCPause"] = False
    plc.run(scans=1)
    assert plc["MAIN.n"] == 4


def test_that_they_are_variables_like_others_in_the_standard() -> None:
    plc = running("iec")
    plc["MAIN.SFCInit"] = plc["MAIN.SFCReset"] = plc["MAIN.SFCPause"] = True
    plc.run(scans=2)
    assert (plc["MAIN.S2.X"], plc["MAIN.n"]) == (True, 5)


def test_that_flags_which_are_not_carried_out_are_warned_about() -> None:
    text = CHART.replace("n : INT;", "n : INT; SFCTip : BOOL; SFCCurrentStep : STRING;")
    for dialect, told in (
        ("iec", []),
        ("twincat", ["does not act on SFCTip", "does not write SFCCurrentStep"]),
    ):
        notices = [n for n in compile_st(text, dialect).notices if "chart" in n.what]
        assert [n.what for n in notices] == [
            f"the chart of MAIN {one}; that of the makers does" for one in told
        ]
        assert all(n.severity == "warning" and n.where.line == 2 for n in notices)
