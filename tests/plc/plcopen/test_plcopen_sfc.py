"""Sequential function charts drawn in PLCopen XML become text and run like it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import compile_project, compile_st

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))  # sfc_reference.py

from drawn_charts import block, drawn, entry, inline, jump, passing, point, step, transition
from drawn_networks import pieces_of, program, project
from sfc_reference import MS, Builder, Reference
from test_sfc_random import states, storm

VARIABLES = dict.fromkeys(("start", "fault", "hot", "stirred", "busy", "ready", "heater", "lamp"), "BOOL")
MIXER = (
    step(1, "Idle", 20, initial=True)
    + block(2, 1, entry(100, "N", "ready"))
    + passing("selectionDivergence", 3, 1)
    + transition(4, inline("start"), 3, x=10, told=' priority="2"')
    + transition(5, '<reference name="Abort"/>', 3, x=20, told=' priority="1"')
    + step(6, "Fill", 4)
    + block(7, 6, entry(101, "N", body="level := level + 10;"))
    + jump(8, "Idle", 5)
    + '<inVariable localId="30"><connectionPointOut/><expression>level &gt;= 30</expression></inVariable>'
    + transition(9, point(30), 6)
    + passing("simultaneousDivergence", 10, 9)
    + step(11, "Heat", 10)
    + block(12, 11, entry(102, "N", "heater"), entry(103, "L", "lamp", "PT2S"))
    + step(13, "Stir", 10)
    + block(14, 13, entry(104, "", "Mix"))
    + transition(15, '<reference name="HotEnough"/>', 11)
    + step(16, "HeatDone", 15)
    + passing("simultaneousConvergence", 17, 16, 13)
    + '<leftPowerRail localId="40"/><contact localId="41"><connectionPointIn><connection refLocalId="40"/>'
    + "</connectionPointIn><variable>stirred</variable></contact>"
    + transition(18, point(41), 17)
    + step(19, "Done", 18)
    + transition(20, inline(":= busy ; "), 19, negated=True)
)
BESIDE = """<actions><action name="Mix"><body><ST><p>mixed := mixed + 1;</p></ST></body></action></actions>
<transitions><transition name="Abort"><body><ST><p>fault;</p></ST></body></transition>
<transition name="HotEnough"><body><LD><leftPowerRail localId="1"/><contact localId="2"><connectionPointIn>
<connection refLocalId="1"/></connectionPointIn><variable>hot</variable></contact><coil localId="3">
<connectionPointIn><connection refLocalId="2"/></connectionPointIn><variable>HotEnough</variable></coil></LD>
</body></transition></transitions>"""


def charted(body: str, beside: str = "", **variables: str) -> bytes:
    text = program(body, "SFC", **(variables or {**VARIABLES, "level": "INT", "mixed": "INT"}))
    return project(text.replace("</interface>", f"</interface>{beside}"))


def test_that_a_drawn_chart_becomes_text() -> None:
    pieces, problems = pieces_of(charted(MIXER, BESIDE))
    assert problems == []
    text = " ".join(pieces[0].text.split())
    assert pieces[0].translated == ("MAIN (SFC)",)
    for wanted in (
        "ACTION Mix: mixed := mixed + 1; END_ACTION",
        "ACTION action_101: level := level + 10; END_ACTION",
        "INITIAL_STEP Idle: ready(N); END_STEP",
        "STEP Heat: heater(N); lamp(L, T#2000000000ns); END_STEP",
        "STEP Stir: Mix(N); END_STEP",
        "TRANSITION (PRIORITY := 2) FROM Idle TO Fill := start ; END_TRANSITION",
        "TRANSITION (PRIORITY := 1) FROM Idle TO Idle := fault ; END_TRANSITION",
        "TRANSITION FROM Fill TO (Heat, Stir) := (level >= 30); END_TRANSITION",
        "TRANSITION FROM Heat TO HeatDone := hot; END_TRANSITION",
        "TRANSITION FROM (HeatDone, Stir) TO Done := stirred; END_TRANSITION",
        "TRANSITION FROM Done TO Idle := NOT (busy ); END_TRANSITION",
    ):
        assert wanted in text


def test_that_a_drawn_chart_runs() -> None:
    """Three fillings of 10, and the last execution of the action; the abort goes before the start."""
    pieces, _ = pieces_of(charted(MIXER, BESIDE))
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    plc["MAIN.start"] = plc["MAIN.fault"] = True
    plc.run(scans=3)
    assert plc["MAIN.Idle.X"] and plc["MAIN.ready"] and plc["MAIN.level"] == 0
    plc["MAIN.fault"] = False
    plc.run(scans=5)
    assert plc["MAIN.Heat.X"] and plc["MAIN.Stir.X"] and plc["MAIN.level"] == 40
    assert plc["MAIN.heater"] and plc["MAIN.lamp"] and plc["MAIN.mixed"] == 1
    plc["MAIN.hot"] = plc["MAIN.stirred"] = plc["MAIN.busy"] = True
    plc.run(scans=3)
    assert plc["MAIN.Done.X"] and not plc["MAIN.heater"]
    plc["MAIN.busy"] = plc["MAIN.start"] = False
    plc.run(scans=2)
    assert plc["MAIN.Idle.X"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_that_random_drawn_charts_go_as_the_rules_say(seed: int) -> None:
    chart = Builder(seed).chart()
    names = dict.fromkeys(("i0", "i1", "i2", "var0", "var1"), "BOOL")
    actions = "".join(f'<action name="{n}"><body><ST><p>;</p></ST></body></action>' for n in chart.actions)
    pieces, problems = pieces_of(charted(drawn(chart), f"<actions>{actions}</actions>", **names))
    assert problems == []
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    reference = Reference(chart)
    for number, row in enumerate(storm(seed, 50)):
        for name, value in row.items():
            plc[f"MAIN.{name}"] = value
        reference.inputs = row
        plc.scan(number * 10 * MS)
        reference.scan(number * 10 * MS)
        shown, wanted = states(plc, reference)
        assert shown == wanted, pieces[0].text


LINE = step(1, "A", 4, initial=True) + transition(2, inline("start"), 1) + step(3, "B", 2)

CLOSED = LINE + transition(4, inline("start"), 3)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (LINE, "there is no element with the localId 4"),
        (LINE + transition(4, inline("start"), 3) + transition(5, inline("start"), 3), "leads to no step"),
        (LINE + transition(4, "", 3), "says nothing"),
        (LINE + transition(4, inline(" ; "), 3), "is empty"),
        (LINE + transition(4, point(9), 3), "no element with the localId 9"),
        (LINE + transition(4, inline("start"), 3, told=' priority="x"'), "'x' is no number"),
        (LINE + transition(4, inline("start")), "no step leads to this transition"),
        (LINE + transition(4, inline("start"), 2), "a transition and a transition follow one another"),
        (LINE.replace('name="B"', 'name="B b"'), "'B b' is no name of a step"),
        (LINE + transition(3, inline("start"), 3), "two elements have the localId 3"),
        (CLOSED + block(5, 9, entry(6, "N", "ready")), "actionBlock is wired to no step"),
        (CLOSED + block(5, 3, entry(6, "N", "ready; x")), "names no action"),
        (CLOSED + block(5, 3, entry(6, "N); y(", "ready")), "is no qualifier"),
        (CLOSED + block(5, 3, entry(6, "L", "ready", "2 apples")), "is no duration"),
        (LINE + '<macroStep localId="7"/>', "a macroStep in a chart is not supported"),
        (LINE + '<jump localId="7" label="x"/>', "a jump in a chart is not supported"),
        (LINE + transition(4, '<inline><CFC>a</CFC></inline>', 3), "written in CFC"),
        (LINE + transition(4, '<inline><IL>LD a\nST b</IL></inline>', 3), "does more than to compute"),
        (LINE + transition(4, '<inline><IL>(* *)</IL></inline>', 3), "loads nothing"),
        (
            LINE
            + passing("selectionConvergence", 4, 5)
            + passing("selectionConvergence", 5, 4),
            "go in a circle without a step",
        ),
    ],
)  # fmt: skip
def test_that_what_cannot_be_translated_is_told(body: str, expected: str) -> None:
    _, problems = pieces_of(charted(body))
    assert [expected in problem.what for problem in problems] == [True], problems
    assert problems[0].where.line > 0
    assert problems[0].where.id == "MAIN"


def test_that_a_mistake_in_a_drawn_condition_is_told_where_it_stands() -> None:
    body = LINE + transition(4, inline("start AND\n  missing"), 3)
    content = charted(body)
    pieces, problems = pieces_of(content)
    assert problems == []
    with pytest.raises(Problems) as raised:
        compile_project({piece.name: piece for piece in pieces})
    (problem,) = raised.value.problems
    before = content.decode()[: content.decode().index("missing")]
    assert "missing is not declared" in problem.what
    assert problem.where.line == before.count("\n") + 1
    assert problem.where.column == len(before) - before.rfind("\n")


def test_that_a_comment_at_the_end_of_a_condition_does_no_harm() -> None:
    pieces, _ = pieces_of(charted(LINE + transition(4, inline("start // go on"), 3)))
    plc = compile_st(pieces[0].text).start()
    plc["MAIN.start"] = True
    plc.run(scans=1)
    assert plc["MAIN.B.X"]


def test_that_variables_at_the_side_of_steps_follow_them() -> None:
    """As in example 9.4 of TC6 v2.01, plain and negated."""
    aside = '<outVariable localId="7">' + point(3) + "<expression>ready</expression></outVariable>"
    aside += (
        '<outVariable localId="8" negated="true">' + point(3) + "<expression>lamp</expression></outVariable>"
    )
    pieces, problems = pieces_of(charted(LINE + transition(4, inline("fault"), 3) + aside))
    assert problems == []
    plc = compile_st(pieces[0].text).start()
    plc["MAIN.start"] = True
    shown = []
    for _ in range(2):
        plc.run(scans=1)
        shown.append((plc["MAIN.ready"], plc["MAIN.lamp"]))
    assert shown == [(False, True), (True, False)]


TIMER = """<inVariable localId="20"><connectionPointOut/><expression>busy</expression></inVariable>
<inVariable localId="21"><connectionPointOut/><expression>T#30ms</expression></inVariable>
<block localId="22" typeName="TON" instanceName="delay"><inputVariables><variable formalParameter="IN">
<connectionPointIn><connection refLocalId="20"/></connectionPointIn></variable><variable formalParameter="PT">
<connectionPointIn><connection refLocalId="21"/></connectionPointIn></variable></inputVariables>
<outputVariables><variable formalParameter="Q"><connectionPointOut/></variable></outputVariables></block>"""


def test_that_a_block_between_the_steps_is_called_in_every_scan() -> None:
    """As Beremiz has it: a timer in the chart, wired to the condition of a transition."""
    condition = '<connectionPointIn><connection refLocalId="22" formalParameter="Q"/></connectionPointIn>'
    body = LINE + block(5, 3, entry(6, "", "busy")) + TIMER + transition(4, condition, 3)
    names = dict.fromkeys(("start", "busy"), "BOOL") | {"delay": "TON"}
    pieces, problems = pieces_of(charted(body, **names))
    assert problems == []
    plc = compile_st(pieces[0].text).start()
    plc["MAIN.start"] = True
    shown = []
    for scan in range(7):
        plc.scan(scan * 10 * MS)
        plc["MAIN.start"] = False
        shown.append("AB"[plc["MAIN.B.X"]])
    # busy from 10 ms on, Q at 40 ms
    assert "".join(shown) == "BBBBAAA"


def test_that_an_edge_in_a_condition_is_found_once() -> None:
    rail = '<leftPowerRail localId="40"/><contact localId="41" edge="rising">' + point(40)
    body = step(1, "A", 4, initial=True) + rail + "<variable>start</variable></contact>"
    body += transition(2, point(41), 1) + step(3, "B", 2) + transition(4, point(41), 3)
    pieces, problems = pieces_of(charted(body))
    assert problems == []
    plc = compile_st(pieces[0].text).start()
    shown = []
    for start in (0, 1, 1, 0, 1, 1):
        plc["MAIN.start"] = bool(start)
        plc.run(scans=1)
        shown.append("AB"[plc["MAIN.B.X"]])
    assert "".join(shown) == "ABBBAA"


ADDED = """<addData><data name="http://www.3s-software.com/plcopenxml/sfc/element"
handleUnknown="implementation"><attributes>
<attribute guid="38391c6d-6d4a-42f8-8ee7-9f45e5adafa8">N000</attribute>
<attribute guid="GUID">ACTION</attribute></attributes></data></addData></step>"""


def given_by(number: int, text: str) -> str:
    return f'<inVariable localId="{number}"><connectionPointOut/><expression>{text}</expression></inVariable>'


CODESYS = (
    step(0, "N000", initial=True).replace("</step>", ADDED)
    + given_by(1, "EXPRESSION")
    + transition(2, point(1), 0)
    + step(3, "N100", 2)
    + given_by(4, "NOT start")
    + transition(5, point(4), 3)
    + jump(6, "N000", 5)
)
ACTIVE = "700a583f-b4d4-43e4-8c14-629c7cd3bec8"
ENTRY = "a6b08bd8-b696-47e3-9cbf-7408b61c9ff8"
EXIT = "a2621e18-7de3-4ea6-ae6d-89e9e0b7befd"
SHORTEST = "cacf1a68-236e-47c2-b7b1-1cf9199718cb"
NAME = "38391c6d-6d4a-42f8-8ee7-9f45e5adafa8"


@pytest.mark.parametrize("expression", ["start AND NOT fault", "Begin"])
def test_that_a_chart_of_codesys_runs_with_its_step_actions(expression: str) -> None:
    """A step action is executed while its step is active, without the last execution of an IEC action."""
    beside = BESIDE.replace('"Abort"><body><ST><p>fault;', '"Begin"><body><ST><p>start AND NOT fault')
    body = CODESYS.replace("GUID", ACTIVE).replace("ACTION", "Mix").replace("EXPRESSION", expression)
    pieces, problems = pieces_of(charted(body, beside))
    assert problems == []
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    plc.run(scans=2)
    plc["MAIN.start"] = True
    plc.run(scans=2)
    assert plc["MAIN.N100.X"]
    assert plc["MAIN.mixed"] == 3


def test_that_a_branch_which_ends_in_a_jump_may_meet_the_others() -> None:
    """CODESYS draws such branches to the selectionConvergence: nothing goes on from them."""
    body = (
        step(1, "A", initial=True)
        + transition(2, inline("start"), 1)
        + step(3, "B", 2)
        + transition(4, inline("fault"), 1)
        + jump(5, "A", 4)
        + transition(6, inline("hot"), 3)
        + passing("selectionConvergence", 7, 6, 5)
        + step(8, "C", 7)
    )
    pieces, problems = pieces_of(charted(body))
    assert problems == []
    text = " ".join(pieces[0].text.split())
    assert "FROM A TO A := fault" in text
    assert "FROM B TO C := hot" in text
    assert text.count("TO C") == 1


@pytest.mark.parametrize(("added", "mixed"), [(ENTRY, "111122"), (EXIT, "000111"), (ACTIVE, "123345")])
def test_that_entry_and_exit_actions_of_codesys_are_executed_once(added: str, mixed: str) -> None:
    body = CODESYS.replace("GUID", added).replace("ACTION", "Mix").replace("EXPRESSION", "start")
    pieces, problems = pieces_of(charted(body, BESIDE))
    assert problems == []
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    seen = ""
    for start in (0, 0, 1, 0, 0, 0):
        plc["MAIN.start"] = bool(start)
        plc.run(scans=1)
        seen += str(plc["MAIN.mixed"])
    assert seen == mixed


def test_that_a_step_of_codesys_is_active_for_its_shortest_time() -> None:
    body = CODESYS.replace("GUID", SHORTEST).replace("ACTION", "T#30ms").replace("EXPRESSION", "start")
    pieces, problems = pieces_of(charted(body, BESIDE))
    assert problems == []
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    plc["MAIN.start"] = True
    plc.run(scans=3)
    assert plc["MAIN.N000.X"]
    plc.run(scans=1)
    assert plc["MAIN.N100.X"]


def test_that_an_action_in_another_property_of_codesys_is_told() -> None:
    body = CODESYS.replace("GUID", NAME).replace("ACTION", "Mix").replace("EXPRESSION", "start")
    _, problems = pieces_of(charted(body, BESIDE))
    assert ["N000 has Mix in a property that is not known here" in p.what for p in problems] == [True]


def test_that_a_step_with_an_entry_action_does_not_lead_to_itself() -> None:
    body = CODESYS.replace("GUID", ENTRY).replace("ACTION", "Mix").replace("EXPRESSION", "start")
    body += transition(7, inline("fault"), 0) + jump(8, "N000", 7)
    _, problems = pieces_of(charted(body, BESIDE))
    assert ["from N000 to itself, which has an entry or exit action" in p.what for p in problems] == [True]


def test_that_actions_and_conditions_may_be_instruction_lists() -> None:
    """The same chart in Structured Text and in lists: scan by scan, the same."""

    def chart(*texts: str, kind: str) -> bytes:
        told = [text.replace("|", "\n") for text in texts]
        body = step(1, "A", 4, initial=True) + block(5, 1, entry(6, "N", body=told[0]))
        body += transition(2, inline(told[1]), 1) + step(3, "B", 2)
        body += block(7, 3, entry(8, "N", body=told[2])) + transition(4, inline(told[3]), 3)
        body = body.replace("<ST>", f"<{kind}>").replace("</ST>", f"</{kind}>")
        return charted(body, start="BOOL", stop="BOOL", n="INT")

    lists = ("LD n|ADD 1|ST n", "LD start|ANDN stop", "LD n|GT 200|JMPC x|LD n|ADD 50|ST n|x:", "LD n|GT 100")
    texts = ("n := n + 1;", "start AND NOT stop", "IF n <= 200 THEN n := n + 50; END_IF;", "n > 100")
    seen = []
    for content in (chart(*lists, kind="IL"), chart(*texts, kind="ST")):
        pieces, problems = pieces_of(content)
        assert problems == []
        plc = compile_project({piece.name: piece for piece in pieces}).start()
        course = []
        for k in range(12):
            plc["MAIN.start"], plc["MAIN.stop"] = k % 3 > 0, k == 2
            plc.run(scans=1)
            course.append(plc["MAIN.n"])
        seen.append(course)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 6
