"""Continuous function charts that TwinCAT draws: order, connections, marks, EN/ENO, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.plc import Plc, TaskSpec, compile_project

sys.path.insert(0, str(Path(__file__).parent))

from archived_charts import Jump, Step, Transition, action, chart, st, transition
from archived_flows import In, Out, Part, block, box, flow, write
from archived_flows import read as of
from drawn_archives import declared, pou, read, started

BOOLS = dict.fromkeys("abcdqrst", "BOOL")


def program(*parts: Part | str, members: str = "", **types: str) -> Plc:
    return started(pou(declared(**(BOOLS | types)), flow(*parts), members))


def text_of(*parts: Part | str, **types: str) -> str:
    pieces, problems = read(pou(declared(**(BOOLS | types)), flow(*parts)))
    assert problems == []
    return pieces[0].text


def run(plc: Plc, scans: int = 1, **values: object) -> str:
    for name, value in values.items():
        plc[f"MAIN.{name}"] = value  # type: ignore[assignment]
    plc.run(scans=scans)
    return "".join(str(int(plc[f"MAIN.{name}"])) for name in "qrst")  # type: ignore[arg-type]


def test_that_the_check_of_a_facade_is_one_assignment() -> None:
    """A public block: a number selects one of four switches. What they are is declared elsewhere."""
    parts: list[Part] = []
    for number, switch in enumerate(("GVL.north", "GVL.east", "GVL.south", "GVL.west"), start=1):
        first = len(parts)
        parts += [of("facade"), of(str(number)), of(switch)]
        parts += [box("EQ", (first, 0), (first + 1, 0)), box("AND", (first + 3, 0), (first + 2, 0))]
    parts += [box("OR", *((place, 0) for place in (4, 9, 14, 19))), write("q", (20, 0))]
    text = text_of(*parts, facade="INT")
    assert (
        "q := (((facade = 1) AND GVL.north) OR ((facade = 2) AND GVL.east) OR "
        "((facade = 3) AND GVL.south) OR ((facade = 4) AND GVL.west));" in text
    )
    switches = "VAR_GLOBAL north, east, south, west : BOOL; END_VAR"
    pieces, _ = read(pou(declared(q="BOOL", facade="INT"), flow(*parts)))
    sources = {pieces[0].name: pieces[0], "GVL.st": switches}
    plc = compile_project(sources, "twincat", [TaskSpec("main", "MAIN", 10_000_000)]).start()
    plc["MAIN.facade"], plc["GVL.south"] = 3, True
    plc.run(scans=1)
    assert plc["MAIN.q"] is True
    plc["MAIN.facade"] = 2
    plc.run(scans=1)
    assert plc["MAIN.q"] is False


def test_that_elements_are_executed_in_the_order_of_the_list() -> None:
    """What is executed before its box reads the value of the last scan."""
    plc = program(of("a"), of("b"), write("q", (3, 0)), box("AND", (0, 0), (1, 0)), write("r", (3, 0)))
    assert [run(plc, a=True, b=True)[:2], run(plc)[:2], run(plc, b=False)[:2], run(plc)[:2]] == [
        "01", "11", "10", "00",
    ]  # fmt: skip


def test_that_what_is_read_again_is_worked_out_once() -> None:
    """The first output changes what the box was made of."""
    plc = program(of("a"), of("q"), box("OR", (0, 0), (1, 0)), write("a", (2, 0), True), write("r", (2, 0)))
    assert run(plc, a=True)[1] == "1"
    assert run(plc)[1] == "0"


def test_that_a_box_counts_on_what_it_gave_last() -> None:
    plc = program(of("n"), box("ADD", (0, 0), (1, 0)), write("m", (1, 0)), n="INT", m="INT")
    seen = []
    for n in (1, 2, 3, 30_000, 5_000):
        run(plc, n=n)
        seen.append(plc["MAIN.m"])
    assert seen == [1, 3, 6, 30_006, 35_006 - 65_536]


def test_that_blocks_are_called_with_what_is_connected() -> None:
    parts = [
        of("a"), of("T#20ms"), block("TON", "wait", [In((0, 0), "IN"), In((1, 0), "PT")], "Q", "ET"),
        of("b"), block("SR", "lamp", [In((2, 0), "SET1"), In((3, 0), "RESET", True)], "Q1"),
        write("q", (2, 0)), write("r", (4, 0)), write("time", (2, 1)), of("lamp.Q1"),
        write("s", (8, 0), True),
    ]  # fmt: skip
    plc = program(*parts, wait="TON", lamp="SR", time="TIME")
    seen = [run(plc, a=True, b=True), run(plc), run(plc), run(plc, a=False), run(plc, b=False)]
    assert [one[:3] for one in seen] == ["001", "001", "110", "010", "001"]
    assert "wait(IN := a, PT := T#20ms);" in text_of(*parts, wait="TON", lamp="SR", time="TIME")


def test_that_variables_go_through_boxes_that_change_them() -> None:
    swap = "FUNCTION_BLOCK Flip\nVAR_IN_OUT x : BOOL; END_VAR\nx := NOT x;\nEND_FUNCTION_BLOCK"
    one = Part("box", "Flip", (In((0, 0), "x", inout=True),), (), "FunctionBlock", "one")
    plc = started(pou(declared(**BOOLS, one="Flip"), flow(of("q"), one, write("r", (0, 0)))), swap)
    assert [run(plc)[:2], run(plc)[:2]] == ["11", "00"]


def test_that_an_element_of_an_array_is_given_to_an_in_out_with_any_index() -> None:
    swap = "FUNCTION_BLOCK Flip\nVAR_IN_OUT x : BOOL; END_VAR\nx := NOT x;\nEND_FUNCTION_BLOCK"
    one = Part("box", "Flip", (In((0, 0), "x", inout=True),), (), "FunctionBlock", "one")
    kinds = {"one": "Flip", "n": "INT", "bits": "ARRAY[0..3] OF BOOL"}
    plc = started(pou(declared(**BOOLS, **kinds), flow(of("bits[ n + 1 ]"), one)), swap)
    for n in (0, 2, 0, 1):
        run(plc, n=n)
    assert [plc[f"MAIN.bits[{k}]"] for k in range(4)] == [False, False, True, True]


def test_that_outputs_set_and_reset() -> None:
    plc = program(of("a"), of("b"), write("q", (0, 0), mark="Set"), write("q", (1, 0), True, "Reset"))
    assert [run(plc, a=a == "1", b=b == "1")[0] for a, b in ("01", "11", "01", "00", "11")] == list("01101")


def test_that_marks_carry_values_and_negate_them() -> None:
    parts = [of("a"), of("b"), box("OR", (0, 0), (1, 0))]
    parts += [
        Part("output", name, (In((2, 0), via=via),))
        for name, via in zip("qrs", ("far", "!far", "near"), strict=True)
    ]
    plc = program(*parts)
    assert [run(plc), run(plc, b=True)] == ["0100", "1010"]


def test_that_an_enable_stops_a_box_and_is_given_on() -> None:
    move = Part("box", "MOVE", (In((0, 0), "EN"), In((1, 0))), (Out("ENO"), Out()), enabled=True)
    wait = block("R_TRIG", "edge", [In((0, 0), "EN", True), In((2, 0), "CLK")], "ENO", "Q", enabled=True)
    parts = [of("a"), of("n"), of("b"), move, wait, write("m", (3, 1)), write("q", (3, 0)),
             write("r", (4, 1)), write("s", (4, 0))]  # fmt: skip
    plc = program(*parts, n="INT", m="INT", edge="R_TRIG")
    seen = []
    for a, b, n in ((0, 0, 1), (1, 1, 2), (1, 0, 3), (0, 1, 4), (1, 0, 5), (0, 1, 6)):
        shown = run(plc, a=bool(a), b=bool(b), n=n)
        seen.append((plc["MAIN.m"], shown[:3]))
    assert seen == [(0, "001"), (2, "100"), (3, "100"), (3, "011"), (5, "110"), (5, "001")]


def test_that_actions_and_the_base_are_called() -> None:
    base = "FUNCTION_BLOCK Base\nVAR n : INT; END_VAR\nn := n + 1;\nEND_FUNCTION_BLOCK\n"
    parts = [Part("box", "SUPER^", call="Base"), Part("box", "Twice", call="LocalAction")]
    text = pou(
        "FUNCTION_BLOCK Thing EXTENDS Base\nVAR END_VAR",
        flow(*parts),
        action("Twice", "n := n * 2;"),
        "Thing",
    )
    pieces, problems = read(text, "Thing.TcPOU")
    assert problems == []
    main = "PROGRAM MAIN\nVAR one : Thing; END_VAR\none();\nEND_PROGRAM"
    sources = {pieces[0].name: pieces[0], "more.st": base + main}
    plc = compile_project(sources, "twincat", [TaskSpec("main", "MAIN", 10_000_000)]).start()
    plc.run(scans=3)
    assert plc["MAIN.one.n"] == 14


def test_that_functions_of_the_project_are_called_where_they_stand() -> None:
    twice = (
        "FUNCTION Twice : INT\nVAR_INPUT x : INT; END_VAR\nGVL.n := GVL.n + 1; Twice := 2 * x;\nEND_FUNCTION"
    )
    call = Part("box", "Twice", (In((0, 0), "x"),), (Out("Twice"),), "Function")
    text = pou(
        declared(n="INT", m="INT"),
        flow(
            of("n"),
            call,
            write("m", (1, 0)),
            Part("box", "Twice", (In((0, 0), "x"),), (Out("Twice"),), "Function"),
        ),
    )
    pieces, problems = read(text)
    assert problems == []
    assert "m := Twice(x := n);\nTwice(x := n);" in pieces[0].text
    sources = {
        pieces[0].name: pieces[0],
        "f.st": twice,
        "GVL.st": "VAR_GLOBAL n : INT; END_VAR",
    }
    plc = compile_project(sources, "twincat", [TaskSpec("main", "MAIN", 10_000_000)]).start()
    plc["MAIN.n"] = 21
    plc.run(scans=1)
    assert (plc["MAIN.m"], plc["GVL.n"]) == (42, 2)


def test_that_transitions_and_actions_may_be_charts_of_this_kind() -> None:
    turn = flow(of("a"), of("b"), box("AND", (0, 0), (1, 0)), write("Turn", (2, 0)))
    count = flow(of("n"), of("1"), box("ADD", (0, 0), (1, 0)), write("n", (2, 0)))
    members = (
        transition("Turn", turn) + f"<Action Name='Count'><Implementation>{count}</Implementation></Action>"
    )
    steps = chart(
        Step("S0", True, active="Count"), Transition("Turn"), Step("S1"), Transition("FALSE"), Jump("S0")
    )
    plc = started(pou(declared(**BOOLS, n="INT"), steps, members))
    run(plc, 2, a=True)
    run(plc, 3, b=True)
    assert (plc["MAIN.n"], plc["MAIN.S1.X"]) == (3, True)


def test_that_only_what_has_a_memory_reads_back() -> None:
    late = flow(write("q", (2, 0)), of("a"), box("NOT", (1, 0)))
    (told,) = read(
        pou("FUNCTION F : BOOL\nVAR_INPUT a : BOOL; END_VAR\nVAR q : BOOL; END_VAR", late, name="F")
    )[1]
    assert (
        told.what
        == "the value of NOT is read before it is there; a function keeps nothing from its last call"
    )
    method = "<Method Name='Late'><Declaration>METHOD Late : BOOL\nVAR_INPUT a : BOOL; END_VAR</Declaration>"
    method += f"<Implementation>{late}</Implementation></Method>"
    plc = started(pou(declared(**BOOLS), st("Late(a := b); r := q;"), method))
    assert [run(plc)[0], run(plc)[0], run(plc, b=True)[0], run(plc)[0]] == ["0", "1", "1", "0"]


def test_that_a_box_that_reads_a_later_one_is_worked_out_at_its_place() -> None:
    """Nothing happens between it and the output but the later box itself."""
    plc = program(of("a"), of("b"), box("NOT", (3, 0)), box("AND", (0, 0), (1, 0)), write("q", (2, 0)))
    assert [run(plc)[0], run(plc, a=True, b=True)[0], run(plc)[0]] == ["1", "1", "0"]


def test_that_numbers_are_of_the_type_of_their_box() -> None:
    plc = program(
        of("n"), of("0"), box("ADD", (0, 0), (0, 0)), box("GT", (2, 0), (1, 0)), write("q", (3, 0)), n="INT"
    )
    assert [run(plc, n=10)[0], run(plc, n=20_000)[0]] == ["1", "0"]  # 40,000 is no INT
    plc = program(of("n"), box("ADD", (0, 0), (0, 0)), write("m", (1, 0)), n="INT", m="DINT")
    run(plc, n=20_000)
    assert plc["MAIN.m"] == 40_000 - 65_536
    two = [of("n"), of("m"), box("ADD", (0, 0), (1, 0)), write("n", (2, 0)), write("k", (2, 0))]
    (told,) = read(pou(declared(n="INT", m="DINT", k="DINT"), flow(*two)))[1]
    assert "does not tell the type of what ADD gives" in told.what


def test_that_a_function_of_what_has_no_known_type_is_one_statement() -> None:
    call = Part("box", "Twice", (In((2, 0)),), (Out(),), "Function")
    text = text_of(of("x.n"), of("1"), box("ADD", (0, 0), (1, 0)), call, write("x.m", (3, 0)))
    assert "x.m := Twice((x.n + 1));" in text


def test_that_a_mark_may_be_negated_where_the_connection_ends() -> None:
    text = pou(declared(**BOOLS), flow(of("a"), Part("output", "q", (In((0, 0), via="!far"),))))
    mark = text.index("CFCSourceConnectionMark")
    plc = started(text[:mark] + text[mark:].replace('"Negated">false', '"Negated">true', 1))
    assert [run(plc)[0], run(plc, a=True)[0]] == ["0", "1"]


def test_that_comments_are_passed_over() -> None:
    comment = '<o t="CFCCommentElement"><o n="Text" t="CFCText"><v n="Text">"why"</v></o></o>\n'
    plc = program(of("a"), comment, write("q", (0, 0)))
    assert run(plc, a=True)[0] == "1"


# ---- what cannot be read -------------------------------------------------------------------------------

MOVE = Part("box", "MOVE", (In((0, 0)),), (Out(),))
UNKNOWN = [of("x.y"), MOVE, write("x.z", (1, 0)), write("x.y", (1, 0))]


def changed(old: str, new: str, *parts: Part) -> str:
    text = pou(declared(**BOOLS), flow(*parts))
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "told", "element"),
    [
        (pou(declared(), flow(write("q", None))), "nothing is connected to the output q", "CFCOutputElement"),
        (pou(declared(), flow(of("a"), Part("box", "AND", (In((0, 0)), In(None)), (Out(),)),
                              write("q", (1, 0)))),
         "an input of AND is not connected", "CFCBoxElement"),
        (pou(declared(), flow(of("???"), write("q", (0, 0)))), "an operand is still ???", "CFCInputElement"),
        (pou(declared(), flow(of("a; b"), write("q", (0, 0)))), "'a; b' is no operand", "CFCInputElement"),
        (pou(declared(), flow(of(""), write("q", (0, 0)))),
         "nothing is written in this CFCInputElement", "CFCInputElement"),
        (pou(declared(), flow(*UNKNOWN)),
         "does not tell the type of what MOVE gives; put a variable into", "CFCBoxElement"),
        (changed("CFCOutputElement", "CFCJumpElement", of("a"), write("q", (0, 0))),
         "a CFCJumpElement is not known here; draw it with", "CFCJumpElement"),
        (changed(">Operator<", ">Method<", of("a"), MOVE, write("q", (1, 0))),
         "a box that is called as Method is not known here; write the call in an action", "CFCBoxElement"),
        (changed('<o n="Parameters" t="CFCItemList"><l2 n="InnerList">',
                 '<o n="Parameters" t="CFCItemList"><l2 n="InnerList"><o t="P" />',
                 of("a"), MOVE, write("q", (1, 0))),
         "a box with parameters of its own", "CFCBoxElement"),
        (changed('t="SetResetRef">None<', 't="SetResetRef">Ref<', of("a"), write("q", (0, 0))),
         "a pin is marked Ref, which is not known here; assign the reference in text", None),
        (pou(declared(), flow(of("a"), settings='<v n="DataFlow">true</v>')),
         "this chart has the setting DataFlow, which is not known here: it may change the order", None),
        (pou(declared(), flow(Part("box", "MOVE", (In(None, "IN"),), (Out("ENO"),), enabled=True))),
         "MOVE has EN and ENO, and its first input is none of them", "CFCBoxElement"),
        (pou(declared(), flow(Part("box", "a b"))), "'a b' is no name of a box", "CFCBoxElement"),
        (pou(declared(), flow(of("a"), Part("box", "Look", (In((0, 0), "x"),), call="LocalAction"))),
         "the pins of Look are connected", "CFCBoxElement"),
        (pou(declared(), flow(block("TON", "t", [], "Q"), block("TON", "T", [], "Q"), write("q", (0, 0)))),
         "t is called by 2 boxes, and outputs of it are connected; give each box its own", "CFCBoxElement"),
        (changed('<v n="SourcePinId">1L', '<v n="SourcePinId">77L', of("a"), write("q", (0, 0))),
         "a connection comes from a pin that is not there", "CFCOutputElement"),
        (changed("CFCSourceConnectionMark", "CFCComment", of("a"),
                 Part("output", "q", (In((0, 0), via="far"),))),
         "no connection ends in a mark far", "CFCSinkConnectionMark"),
        (pou(declared(), "<CFC/>"), "this <CFC> has no CFCImplementationObject in it", None),
    ],
)  # fmt: skip
def test_that_what_cannot_be_read_is_told_with_its_place(text: str, told: str, element: str | None) -> None:
    pieces, problems = read(text)
    assert len(pieces) == 1 and len(problems) == 1, problems
    assert told in problems[0].what
    assert problems[0].where.line > 1 and problems[0].where.column > 0
    if element is not None:
        line = text.splitlines()[problems[0].where.line - 1]
        assert line[problems[0].where.column - 1 :].startswith(f'<o t="{element}">')


def test_that_long_chains_of_boxes_are_read() -> None:
    chain: list[Part] = [of("a")]
    chain += [box("NOT", (place, 0)) for place in range(200)]
    plc = program(*chain, write("q", (200, 0)))
    assert run(plc, a=True)[0] == "1"
    unknown = [of("x.y"), *(box("MOVE", (place, 0)) for place in range(100)), write("x.z", (100, 0))]
    (told,) = read(pou(declared(), flow(*unknown)))[1]
    assert "more than 40 boxes stand one behind the other" in told.what


def test_that_marks_in_a_circle_have_an_end() -> None:
    text = pou(declared(q="BOOL"), flow(of("q"), Part("output", "q", (In((0, 0), via="far"),))))
    sink = text[text.index('<o n="Output" t="CFCOutputPin">', text.index("CFCSink")) :]
    number = sink[sink.index('<v n="Id">') + 10 : sink.index("L</v>", sink.index('<v n="Id">'))]
    (told,) = read(text.replace('<v n="SourcePinId">1L', f'<v n="SourcePinId">{number}L'))[1]
    assert told.what == "the marks of this chart lead to one another in a circle"
