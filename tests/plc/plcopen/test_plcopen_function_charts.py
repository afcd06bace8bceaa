"""Function charts (CFC) in exports of CODESYS and Bachmann: FBD in an explicit order of execution."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.plc import Plc, TaskSpec, compile_project

sys.path.insert(0, str(Path(__file__).parent))

from drawn_networks import (
    box,
    coil,
    contact,
    element,
    pieces_of,
    program,
    project,
    rail,
    started,
    target,
    text_of,
    value,
)

EMPTY = '<ST><xhtml xmlns="http://www.w3.org/1999/xhtml" /></ST>'
ADDED = '<addData><data name="http://www.3s-software.com/plcopenxml/cfc" handleUnknown="implementation">'


def codesys(chart: str, **variables: str) -> bytes:
    """A PROGRAM MAIN whose body is a CFC, as CODESYS exports it: an empty text, and the chart beside it."""
    content = project(program("@", "ST", **variables)).decode()
    chart = f"{EMPTY}{ADDED}<CFC>{chart}</CFC></data></addData>"
    return content.replace("<ST>@</ST>", chart).encode()


def connector(number: int, source: int, formal: str = "") -> str:
    to = f' formalParameter="{formal}"' if formal else ""
    inner = f'<connectionPointIn><connection refLocalId="{source}"{to}/></connectionPointIn>'
    return element("connector", number, inner, 0, 0, name="")


def test_that_a_function_chart_of_codesys_runs_although_its_text_is_empty() -> None:
    body = (
        value(3, "a") + connector(2, 3, "a") + value(5, "b") + connector(4, 5, "b")
        + box(1, "ADD", {"In1": 2, "In2": 4}, "Out1", executionOrderId="0")
        + connector(0, 1, "Out1") + target(6, "n", 0, executionOrderId="1")
    )  # fmt: skip
    content = codesys(body, a="INT", b="INT", n="INT")
    assert pieces_of(content)[0][0].translated == ("MAIN (CFC)",)
    plc = started(content)
    plc["MAIN.a"], plc["MAIN.b"] = 40, 2
    plc.run(scans=1)
    assert plc["MAIN.n"] == 42


def test_that_the_numbers_decide_from_zero_on() -> None:
    def last(first: int, second: int) -> int:
        body = value(1, "1") + value(2, "2")
        body += target(3, "n", 1, executionOrderId=str(first)) + target(
            4, "n", 2, executionOrderId=str(second)
        )
        plc = started(codesys(body, n="INT"))
        plc.run(scans=1)
        return int(plc["MAIN.n"])

    assert (last(0, 1), last(1, 0)) == (2, 1)


@pytest.mark.parametrize(("block", "out", "expected"), [(0, 1, "0111"), (1, 0, "0011")])
def test_that_what_has_a_later_number_is_read_as_the_scan_before_left_it(
    block: int, out: int, expected: str
) -> None:
    body = (
        value(1, "a") + value(2, "TRUE") + value(7, "FALSE")
        + box(3, "SR", {"S1": 1, "R": 7}, "Q1", "s", executionOrderId=str(block))
        + target(5, "q", (3, "Q1"), executionOrderId=str(out))
    )  # fmt: skip
    plc = started(codesys(body, a="BOOL", q="BOOL", s="SR"))
    assert _course(plc, "0100") == expected


@pytest.mark.parametrize(("function", "out", "expected"), [(0, 1, "0100"), (1, 0, "0010")])
def test_that_a_function_with_a_later_number_is_read_so_too(function: int, out: int, expected: str) -> None:
    body = (
        value(1, "a") + value(2, "TRUE")
        + box(3, "AND", {"IN1": 1, "IN2": 2}, executionOrderId=str(function))
        + target(5, "q", (3, "OUT"), executionOrderId=str(out))
    )  # fmt: skip
    assert _course(started(codesys(body, a="BOOL", q="BOOL")), "0100") == expected


def test_that_a_function_works_when_its_turn_comes_and_not_when_it_is_read() -> None:
    body = (
        value(1, "n") + value(2, "10") + value(6, "5")
        + box(3, "ADD", {"IN1": 1, "IN2": 2}, executionOrderId="0")
        + target(4, "n", 6, executionOrderId="1")
        + target(5, "m", (3, "OUT"), executionOrderId="2")
    )  # fmt: skip
    plc = started(codesys(body, n="INT=1", m="INT"))
    plc.run(scans=1)
    assert (plc["MAIN.n"], plc["MAIN.m"]) == (5, 11)


def test_that_a_chart_with_a_composer_is_told() -> None:
    made = '<addData><data name="x"><ElementType xmlns="">composer</ElementType></data></addData>'
    body = element("vendorElement", 8, made, 0, 0, executionOrderId="0")
    _, problems = pieces_of(codesys(body + target(4, "n", (8, "Out1"), executionOrderId="1"), n="INT"))
    assert [problem.what for problem in problems] == ["a composer gives no value here"]
    assert problems[0].where.line > 1


def test_that_an_empty_text_alone_stays_an_empty_body() -> None:
    assert pieces_of(project(program(" ", "ST", n="INT")))[0][0].translated == ()


LONE = """<?xml version="1.0"?>
<pou xmlns="http://www.plcopen.org/xml/tc6_0201" name="f" pouType="function">
<interface><localVars/><addData><data name="www.bachmann.at/plc/plcopenxml"><textDeclaration><content>
FUNCTION f : DINT
VAR_INPUT x : BOOL; END_VAR
</content></textDeclaration></data></addData></interface>
<body><FBD>
<inVariable localId="1" negated="false"><connectionPointOut/><expression>x</expression></inVariable>
<label localId="2" label="end" executionOrderId="3"><position x="1" y="1"/></label>
<jump localId="3" label="end" executionOrderId="1">
<connectionPointIn><connection refLocalId="1"/></connectionPointIn>
<addData><data name="www.bachmann.at/plc/plcopenxml"><negated value="@"/></data></addData></jump>
<outVariable localId="4" executionOrderId="2" storage="none">
<connectionPointIn><connection refLocalId="5"/></connectionPointIn><expression>f</expression></outVariable>
<inVariable localId="5"><connectionPointOut/><expression>f + 2</expression></inVariable>
<outVariable localId="6" executionOrderId="0" storage="none">
<connectionPointIn><connection refLocalId="7"/></connectionPointIn><expression>f</expression></outVariable>
<inVariable localId="7"><connectionPointOut/><expression>40</expression></inVariable>
</FBD></body></pou>"""


@pytest.mark.parametrize("negated", [False, True])
def test_that_an_object_in_a_file_of_its_own_is_read(negated: bool) -> None:
    pieces, problems = pieces_of(LONE.replace("@", str(negated).lower()).encode())
    assert problems == []
    main = "PROGRAM MAIN VAR a, b : DINT; END_VAR a := f(TRUE); b := f(FALSE); END_PROGRAM"
    sources = {"main.st": main, pieces[0].name: pieces[0]}
    plc = compile_project(sources, tasks=[TaskSpec("main", "MAIN", 10_000_000)]).start()
    plc.run(scans=1)
    assert (plc["MAIN.a"], plc["MAIN.b"]) == ((42, 40) if negated else (40, 42))


def test_that_coils_without_a_wire_and_boxes_that_nobody_reads_do_nothing_and_say_so() -> None:
    unwired = "<connectionPointIn/><variable>q</variable>"
    body = value(1, "n") + element("coil", 2, unwired, 0, 0) + box(3, "MUL", {"IN1": 1, "IN2": 1})
    content = project(program(body, "LD", q="BOOL=1", n="INT=300"))
    assert "nothing is connected to the coil q" in text_of(content)
    assert "nobody reads this MUL" in text_of(content)
    plc = started(content)
    plc.run(scans=2)
    assert plc["MAIN.q"]


def test_that_coils_in_a_row_get_the_same_power() -> None:
    """The contact reads what the first coil writes: the second one does not see that again."""
    body = rail() + contact(1, "q", 0, negated="true", x=1) + coil(2, "q", 1, x=2) + coil(3, "r", 2, x=3)
    plc = started(project(program(body, "LD", q="BOOL", r="BOOL")))
    seen = []
    for _ in range(3):
        plc.run(scans=1)
        seen.append((plc["MAIN.q"], plc["MAIN.r"]))
    assert seen == [(True, True), (False, False), (True, True)]


def test_that_a_block_that_is_drawn_twice_gives_at_each_place_what_its_call_there_gave() -> None:
    body = (
        value(1, "a") + value(2, "b")
        + box(3, "SR", {"S1": 1}, "Q1", "s", y=10) + box(4, "SR", {"S1": 2}, "Q1", "s", y=20)
        + target(5, "q", (3, "Q1"), y=30) + target(6, "r", (4, "Q1"), y=40)
    )  # fmt: skip
    plc = started(project(program(body, a="BOOL", b="BOOL=1", q="BOOL", r="BOOL", s="SR")))
    plc.run(scans=1)
    assert (plc["MAIN.q"], plc["MAIN.r"]) == (False, True)


def test_that_a_wire_across_a_label_is_worked_out_behind_it_again() -> None:
    """The jump leaves out the first coil; the second one reads the same contact all the same."""
    body = (
        rail() + contact(1, "a", 0, x=1, y=1) + element("jump", 2, _wired(1), 2, 2, label="on")
        + contact(3, "a", 0, x=1, y=10) + coil(4, "q", 3, x=9, y=10)
        + element("label", 5, "", 0, 20, label="on") + coil(6, "r", 3, x=9, y=30)
    )  # fmt: skip
    plc = started(project(program(body, "LD", a="BOOL", q="BOOL", r="BOOL")))
    seen = []
    for a in (True, False, True):
        plc["MAIN.a"] = a
        plc.run(scans=1)
        seen.append((plc["MAIN.q"], plc["MAIN.r"]))
    assert seen == [(False, True), (False, False), (False, True)]


def test_that_an_output_with_a_variable_beside_it_may_set_it() -> None:
    beside = '<variable formalParameter="Q1" storage="set"><connectionPointOut><expression>q</expression>'
    drawn = box(3, "SR", {"S1": 1, "R": 2}, "Q1", "s").replace(
        '<variable formalParameter="Q1"><connectionPointOut/>', f"{beside}</connectionPointOut>"
    )
    body = value(1, "a") + value(2, "b") + drawn
    plc = started(project(program(body, a="BOOL=1", b="BOOL", q="BOOL", s="SR")))
    plc.run(scans=1)
    plc["MAIN.a"], plc["MAIN.b"] = False, True
    plc.run(scans=1)
    assert (plc["MAIN.s.Q1"], plc["MAIN.q"]) == (False, True)


def test_that_a_function_of_the_standard_that_nobody_reads_is_left_out() -> None:
    content = project(program(value(1, "n") + box(3, "MAX", {"IN1": 1, "IN2": 1}), n="INT"))
    assert "nobody reads this MAX" in text_of(content)
    started(content).run(scans=1)


def _wired(number: int) -> str:
    return f'<connectionPointIn><connection refLocalId="{number}"/></connectionPointIn>'


def _course(plc: Plc, signal: str) -> str:
    seen = ""
    for bit in signal:
        plc["MAIN.a"] = bit == "1"
        plc.run(scans=1)
        seen += str(int(plc["MAIN.q"]))
    return seen
