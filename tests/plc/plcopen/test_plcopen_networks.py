"""Drawn bodies do what is drawn: against truth tables, and random ladders against a walk over the drawing."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problem
from commissioning.plc import PlcError

sys.path.insert(0, str(Path(__file__).parent))

from drawn_networks import (
    Wire,
    box,
    coil,
    contact,
    element,
    pieces_of,
    pou,
    program,
    project,
    rail,
    started,
    target,
    text_of,
    value,
)

BOOLS = dict.fromkeys("abcqr", "BOOL")


def refused(content: bytes) -> Problem:
    _, problems = pieces_of(content)
    assert len(problems) == 1
    assert problems[0].where.file == "p.xml"
    assert problems[0].where.line > 1
    return problems[0]


def test_that_a_seal_in_holds_itself_until_it_is_broken() -> None:
    body = (
        rail()
        + contact(1, "a", 0, x=10, y=10)
        + contact(2, "q", 0, x=10, y=30)
        + contact(3, "b", 1, 2, x=30, y=10, negated="true")
        + coil(4, "q", 3, x=50, y=10)
        + element("rightPowerRail", 5, "", 90, 10)
    )
    plc = started(project(program(body, "LD", **BOOLS)))
    seen = []
    for a, b in ((0, 0), (1, 0), (0, 0), (0, 1), (0, 0), (1, 1), (1, 0)):
        plc["MAIN.a"], plc["MAIN.b"] = bool(a), bool(b)
        plc.run(scans=1)
        seen.append(plc["MAIN.q"])
    assert seen == [False, True, True, False, False, False, True]


def test_that_set_and_reset_coils_act_with_power_only_and_negated_ones_without() -> None:
    body = (
        rail()
        + contact(1, "a", 0, y=10) + coil(2, "q", 1, x=9, y=10, storage="set")
        + contact(3, "b", 0, y=20) + coil(4, "q", 3, x=9, y=20, storage="reset")
        + contact(5, "a", 0, y=30) + coil(6, "r", 5, x=9, y=30, negated="true")
    )  # fmt: skip
    plc = started(project(program(body, "LD", **BOOLS)))
    for a, b, q in ((1, 0, 1), (0, 0, 1), (0, 1, 0), (0, 0, 0), (1, 1, 0)):
        plc["MAIN.a"], plc["MAIN.b"] = bool(a), bool(b)
        plc.run(scans=1)
        assert (plc["MAIN.q"], plc["MAIN.r"]) == (bool(q), not a)


@pytest.mark.parametrize(("edge", "expected"), [("rising", "01001000"), ("falling", "010010010")])
@pytest.mark.parametrize("where", ["contact", "coil", "input"])
def test_that_edges_are_seen_for_one_scan(edge: str, expected: str, where: str) -> None:
    signal = "01101100"
    if where == "input":
        body = (
            value(1, "a") + value(2, "5", y=5)
            + box(3, "CTU", {"CU": 1, "PV": 2}, "Q CV", "count", x=9, pins={"CU": f'edge="{edge}"'})
        )  # fmt: skip
        plc = started(project(program(body, a="BOOL", count="CTU")))
    else:
        told = {"contact": {"edge": edge}, "coil": {}}[where]
        body = rail() + contact(1, "a", 0, **told) + coil(2, "q", 1, **({} if told else {"edge": edge}))
        plc = started(project(program(body, "LD", **BOOLS)))
    seen, before = "", 0
    for bit in "1" * (edge == "falling") + signal:
        plc["MAIN.a"] = bit == "1"
        plc.run(scans=1)
        if where == "input":
            count = plc["MAIN.count.CV"]
            seen, before = seen + str(count - before), count
        else:
            seen += str(int(plc["MAIN.q"]))
    assert seen == expected


def test_that_a_timer_is_called_before_its_output_is_read() -> None:
    """Drawn right to left and bottom up, without order numbers: the wires decide."""
    body = (
        target(5, "q", (3, "Q"), x=5, y=1)
        + box(3, "TON", {"IN": 1, "PT": 2}, "Q ET", "t", x=50, y=50)
        + value(1, "a", x=90, y=90) + value(2, "T#20ms", x=90, y=95)
    )  # fmt: skip
    content = project(program(body, a="BOOL", q="BOOL", t="TON"))
    assert text_of(content).index("t(IN") < text_of(content).index("q := t.Q")
    plc = started(content)
    plc["MAIN.a"] = True
    seen = []
    for _ in range(4):
        plc.run(scans=1)
        seen.append(plc["MAIN.q"])
    assert seen == [False, False, True, True]  # 0, 10, 20, 30 ms after the edge


def test_that_the_order_of_execution_follows_its_numbers_else_the_place() -> None:
    def last(**orders: str) -> str:
        body = value(1, "1") + value(2, "2")
        body += target(3, "n", 1, x=10, y=10, executionOrderId=orders.get("first", "0"))
        body += target(4, "n", 2, x=10, y=20, executionOrderId=orders.get("second", "0"))
        plc = started(project(program(body, n="INT")))
        plc.run(scans=1)
        return str(plc["MAIN.n"])

    assert last() == "2"
    assert last(first="2", second="1") == "1"
    assert last(first="1", second="2") == "2"
    assert last(second="7") == "1"  # what has a number comes before what has none


def test_that_boxes_are_operators_and_calls() -> None:
    body = (
        value(1, "x") + value(2, "y") + value(3, "x + y")
        + box(4, "ADD", {"IN1": 1, "IN2": 2, "IN3": 3}) + target(5, "s", (4, "OUT"), y=10)
        + box(6, "GT", {"IN1": 1, "IN2": 2}) + target(7, "g", (6, "OUT"), y=20)
        + box(8, "LIMIT", {"MN": 9, "IN": 3, "MX": 10}) + value(9, "-3") + value(10, "5")
        + target(11, "l", (8, "OUT"), y=30, negated="false")
        + box(12, "Twice", {"v": 1}, "Twice") + target(13, "w", (12, "Twice"), y=40)
        + box(14, "NOT", {"IN": 6}) + target(15, "h", 14, y=50)
        + box(16, "SEL", {"G": 6, "IN0": 1, "IN1": 2}) + target(17, "k", 16, y=60)
    )  # fmt: skip
    twice = pou("Twice", "function", "Twice := v + v;", "ST", result="INT", inputVars={"v": "INT"})
    names = dict.fromkeys("xyslwk", "INT") | {"g": "BOOL", "h": "BOOL"}
    plc = started(project(program(body, **names), twice))
    for x, y in ((3, 4), (4, 3), (-7, 2), (0, 0)):
        plc["MAIN.x"], plc["MAIN.y"] = x, y
        plc.run(scans=1)
        got = {name: plc[f"MAIN.{name}"] for name in "sglwhk"}
        assert got == {
            "s": 2 * (x + y), "g": x > y, "l": min(max(x + y, -3), 5), "w": 2 * x, "h": x <= y,
            "k": y if x > y else x,
        }  # fmt: skip


def test_that_a_function_without_enable_writes_nothing() -> None:
    body = (
        value(1, "a") + value(2, "n") + value(3, "1")
        + box(4, "ADD", {"EN": 1, "IN1": 2, "IN2": 3}, "ENO OUT")
        + target(5, "n", (4, "OUT"), y=5) + target(6, "q", (4, "ENO"), y=6)
        + box(7, "GE", {"EN": 1, "IN1": 2, "IN2": 3}) + target(8, "r", (7, "OUT"), y=7)
    )  # fmt: skip
    plc = started(project(program(body, a="BOOL", q="BOOL", r="BOOL", n="INT")))
    for a, n in ((0, 0), (1, 1), (1, 2), (0, 2)):
        plc["MAIN.a"] = bool(a)
        plc.run(scans=1)
        assert (plc["MAIN.n"], plc["MAIN.q"], plc["MAIN.r"]) == (n, bool(a), bool(a))


def test_that_a_block_in_a_circle_reads_what_it_gave_the_scan_before() -> None:
    """A blinker: the timer's own output, negated, starts it again."""
    body = (
        box(1, "TON", {"IN": (1, "Q"), "PT": 2}, "Q ET", "t", pins={"IN": 'negated="true"'})
        + value(2, "T#20ms") + box(3, "CTU", {"CU": (1, "Q"), "PV": 4}, "Q CV", "c", y=9) + value(4, "100")
    )  # fmt: skip
    plc = started(project(program(body, t="TON", c="CTU")))
    plc.run(scans=40)
    assert plc["MAIN.c.CV"] == 10  # starts, 10 ms, 20 ms: Q; then one scan to reset: every fourth scan


def test_that_a_function_in_a_circle_reads_what_it_gave_the_scan_before() -> None:
    """A counter of scans, and a latch: the loop holds what came out last."""
    body = (
        box(1, "ADD", {"IN1": 1, "IN2": 2}) + value(2, "INT#1") + target(3, "n", 1)
        + box(4, "OR", {"IN1": 4, "IN2": 5}) + value(5, "a") + target(6, "q", 4)
    )  # fmt: skip
    plc = started(project(program(body, a="BOOL", q="BOOL", n="INT")))
    shown = []
    for scan in range(5):
        plc["MAIN.a"] = scan == 2
        plc.run(scans=1)
        shown.append((plc["MAIN.n"], plc["MAIN.q"]))
    assert shown == [(1, False), (2, False), (3, True), (4, True), (5, True)]


def test_that_variables_in_a_drawing_have_edges_and_storage_like_contacts_and_coils() -> None:
    into = "<connectionPointIn><connection refLocalId='WIRE'/></connectionPointIn>"

    def out(number: int, name: str, wire: int, **attributes: str) -> str:
        inner = f"{into.replace('WIRE', str(wire))}<expression>{name}</expression>"
        return element("outVariable", number, inner, 9, number, **attributes)

    body = (
        value(1, "a", edge="rising") + out(2, "pulse", 1) + out(3, "held", 1, storage="set")
        + value(4, "b") + out(5, "held", 4, storage="reset") + out(6, "fell", 4, edge="falling")
    )  # fmt: skip
    plc = started(project(program(body, **dict.fromkeys(("a", "b", "pulse", "held", "fell"), "BOOL"))))
    shown = []
    for a, b in ((0, 0), (1, 0), (1, 0), (0, 0), (0, 1), (0, 0)):
        plc["MAIN.a"], plc["MAIN.b"] = bool(a), bool(b)
        plc.run(scans=1)
        shown.append(tuple(int(plc[f"MAIN.{name}"]) for name in ("pulse", "held", "fell")))
    assert shown[1:] == [(1, 1, 0), (0, 1, 0), (0, 1, 0), (0, 0, 0), (0, 0, 1)]


def jump(number: int, label: str, *wires: int, y: float, **attributes: str) -> str:
    into = "".join(f'<connection refLocalId="{wire}"/>' for wire in wires)
    inner = f"<connectionPointIn>{into}</connectionPointIn>" if wires else ""
    return element("jump", number, inner, 9, y, label=label, **attributes)


def label(number: int, name: str, y: float) -> str:
    return element("label", number, "", 0, y, label=name)


def test_that_a_jump_leaves_out_what_stands_before_its_label() -> None:
    body = (
        rail() + contact(1, "a", 0, y=10) + jump(2, "Past", 1, y=10)
        + contact(3, "b", 0, y=20) + coil(4, "q", 3, y=20)
        + label(5, "past", 30) + contact(6, "b", 0, y=40) + coil(7, "r", 6, y=40)
    )  # fmt: skip
    plc = started(project(program(body, "LD", a="BOOL", b="BOOL", q="BOOL", r="BOOL")))
    for a, b, q, r in ((0, 1, 1, 1), (1, 0, 1, 0), (0, 0, 0, 0), (1, 1, 0, 1)):
        plc["MAIN.a"], plc["MAIN.b"] = bool(a), bool(b)
        plc.run(scans=1)
        assert (plc["MAIN.q"], plc["MAIN.r"]) == (bool(q), bool(r))


LOOP = (
    label(1, "again", 10)
    + box(2, "ADD", {"IN1": 3, "IN2": 4}, y=20) + value(3, "n") + value(4, "1") + target(5, "n", 2, y=20)
    + box(6, "LT", {"IN1": 7, "IN2": 8}, y=30) + value(7, "n") + value(8, "limit") + jump(9, "again", 6, y=30)
    + value(10, "n") + target(11, "seen", 10, y=40)
)  # fmt: skip


def test_that_a_jump_backwards_is_a_loop() -> None:
    plc = started(project(program(LOOP, n="INT", limit="INT=7", seen="INT")))
    plc.run(scans=1)
    assert (plc["MAIN.n"], plc["MAIN.seen"]) == (7, 7)


def test_that_a_jump_backwards_without_end_stops_the_plc() -> None:
    body = LOOP.replace("<expression>1<", "<expression>0<")
    plc = started(project(program(body, n="INT", limit="INT=7", seen="INT")))
    with pytest.raises(PlcError, match="watchdog"):
        plc.run(scans=1)


def test_that_a_return_behind_a_jump_leaves_the_body() -> None:
    ended = element("return", 3, '<connectionPointIn><connection refLocalId="0"/></connectionPointIn>', 0, 20)
    body = (
        rail() + contact(1, "a", 0, y=10) + jump(2, "Past", 1, y=10) + ended
        + label(5, "past", 30) + contact(6, "b", 0, y=40) + coil(7, "r", 6, y=40)
    )  # fmt: skip
    plc = started(project(program(body, "LD", a="BOOL", b="BOOL=TRUE", r="BOOL")))
    plc.run(scans=1)
    assert not plc["MAIN.r"]
    plc["MAIN.a"] = True
    plc.run(scans=1)
    assert plc["MAIN.r"]


def test_that_a_variable_in_the_wire_is_written_before_it_is_read() -> None:
    through = "<connectionPointIn><connection refLocalId='1'/></connectionPointIn><connectionPointOut/>"
    body = (
        value(1, "a") + target(2, "q", 3, x=1, y=1)
        + element("inOutVariable", 3, f"{through}<expression>b</expression>", 9, 99, negatedIn="true")
    )  # fmt: skip
    plc = started(project(program(body, **BOOLS)))
    plc.run(scans=1)
    assert (plc["MAIN.b"], plc["MAIN.q"]) == (True, True)


def test_that_connectors_lead_to_their_continuations() -> None:
    into = "<connectionPointIn><connection refLocalId='1'/></connectionPointIn>"
    body = (
        value(1, "a")
        + element("connector", 2, into, 1, 1, name="c1")
        + element("continuation", 3, "<connectionPointOut/>", 2, 2, name="c1")
        + target(4, "q", 3, y=9)
    )  # fmt: skip
    plc = started(project(program(body, **BOOLS)))
    plc["MAIN.a"] = True
    plc.run(scans=1)
    assert plc["MAIN.q"]


def test_that_what_was_drawn_says_so() -> None:
    pieces, _ = pieces_of(project(program(value(1, "a") + target(2, "q", 1), **BOOLS)))
    assert pieces[0].translated == ("MAIN (FBD)",)
    assert "(* translated from FBD" in pieces[0].text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (element("return", 1, "", 0, 0), "nothing is connected"),
        (target(1, "q", 99), "no element with the localId 99"),
        (value(1, "a") + element("jump", 2, "", 0, 0, label="L1"), "no label L1 to jump to"),
        (
            element("label", 1, "", 0, 0, label="L1") + element("label", 2, "", 0, 1, label="l1"),
            "second label",
        ),
        (element("step", 1, "", 0, 0, name="S"), "sequential function chart"),
        (value(1, " ") + target(2, "q", 1), "names no variable"),
        (box(1, "Own", {"IN1": 1, "IN2": 2}) + value(2, "a") + target(3, "other", 1), "in a circle"),
        (box(1, "AND OR", {"IN1": 2}) + value(2, "a") + target(3, "q", 1), "no name of a function"),
        (value(1, "a") + value(1, "b"), "two elements"),
        (element("continuation", 1, "", 0, 0, name="c") + target(2, "q", 1), "no connector c"),
        (rail() + coil(1, "TRUE", 0), "TRUE at this coil is no variable"),
        (value(1, "a") + target(2, "q AND r", 1), "q AND r at this outVariable is no variable"),
        (value(1, "a") + target(2, "5", 1), "5 at this outVariable is no variable"),
        (rail() + box(1, "TON", {"IN": 0}, "Q", "t + 1"), "t + 1 at this block is no variable"),
        (contact(1, "a", 0, storage="set") + coil(2, "q", 1), 'storage="set" at this contact'),
        (value(1, "a") + box(2, "NOT", {"IN": 1}, pins={"IN": 'storage="reset"'}), "at IN is not translated"),
        (value(1, "a") + box(2, "NOT", {"IN": 1}).replace('"OUT"', '"OUT" edge="rising"'), "at OUT is not"),
    ],
)
def test_that_what_cannot_be_translated_is_told_with_its_place(body: str, words: str) -> None:
    assert words in refused(project(program(body, **BOOLS))).what


def test_that_an_edge_in_a_function_is_refused_since_it_would_be_forgotten() -> None:
    body = rail() + contact(1, "v", 0, edge="rising") + coil(2, "F", 1)
    content = project(pou("F", "function", body, "LD", result="BOOL", inputVars={"v": "BOOL"}))
    assert "needs a memory" in refused(content).what


def test_that_networks_that_grow_without_end_are_refused_in_time() -> None:
    chain = rail() + "".join(contact(k, "a", k - 1) for k in range(1, 500)) + coil(500, "q", 499)
    assert "one behind the other" in refused(project(program(chain, "LD", **BOOLS))).what
    doubling = value(0, "Unknown()") + "".join(
        box(k, "MAX", {"IN1": k - 1, "IN2": k - 1}) for k in range(1, 50)
    )
    assert "too large" in refused(project(program(doubling + target(50, "q", 49), **BOOLS))).what
    wide = value(0, "Unknown()") + "".join(box(k, "MAX", {"IN1": k - 1, "IN2": k - 1}) for k in range(1, 10))
    wide += "".join(target(k, "n", 9) for k in range(10, 1500))  # 5 kB each
    assert "too large" in refused(project(program(wide, **BOOLS))).what


def test_that_boxes_of_codesys_are_read_as_they_are_exported() -> None:
    """Everything at 0,0, one rail, pins In2 and Out1 behind EN, empty expressions, a box of text."""
    code = "<STCode>n := n + 10;\nm := n;</STCode>"
    space = "http://www.3s-software.com/plcopenxml"
    execute = element(
        "block", 9,
        '<inputVariables><variable formalParameter="EN"><connectionPointIn><connection refLocalId="1"/>'
        '</connectionPointIn></variable></inputVariables><inOutVariables/><outputVariables>'
        '<variable formalParameter="ENO"><connectionPointOut><expression/></connectionPointOut></variable>'
        f'</outputVariables><addData><data name="{space}/stcode">{code}</data></addData>',
        0, 0, typeName="EXECUTE",
    )  # fmt: skip
    timer = box(20, "TON", {"EN": 1, "IN": 1, "PT": 21}, "ENO Q ET", "t").replace(
        '<variable formalParameter="ET"><connectionPointOut/>',
        '<variable formalParameter="ET"><connectionPointOut><expression>e</expression></connectionPointOut>',
    )
    body = (
        rail() + '<vendorElement localId="90"><position x="0" y="0"/></vendorElement>'
        + contact(1, "a", 0) + value(2, "n") + value(3, "5")
        + box(4, "GE", {"EN": 1, "In2": 2, "In3": 3}, "Out1") + coil(5, "q", (4, "Out1"))
        + value(21, "T#10ms") + timer + coil(22, "r", (20, "Q")) + execute
        + element("rightPowerRail", 2147483646, "", 0, 0)
    )  # fmt: skip
    plc = started(
        project(program(body, "LD", a="BOOL", q="BOOL", r="BOOL", n="INT", m="INT", e="TIME", t="TON"))
    )
    seen = []
    for a in (0, 1, 1, 1, 0):
        plc["MAIN.a"] = bool(a)
        plc.run(scans=1)
        seen.append((plc["MAIN.q"], plc["MAIN.r"], plc["MAIN.n"], plc["MAIN.m"], plc["MAIN.e"]))
    # GE and the timer see n and a of the scan; the text comes last; without EN nothing is called
    ms = 1_000_000
    assert seen == [
        (False, False, 0, 0, 0), (False, False, 10, 10, 0), (True, True, 20, 20, 10 * ms),
        (True, True, 30, 30, 10 * ms), (False, True, 30, 30, 10 * ms),
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_that_random_ladders_give_what_a_walk_over_the_drawing_gives(data: st.DataObject) -> None:
    """Contacts in up to four columns, each wired to any of the column before; a coil at the end of each rung.

    The other implementation walks the drawing with Python values: power flows where a wire comes from the
    rail through closed contacts. Coils may set what contacts of lower rungs read.
    """
    names = ["a", "b", "c", "q", "r"]
    body, drawing, coils = rail(), {}, []
    number = 0
    for rung in range(data.draw(st.integers(1, 3))):
        before = [0]
        for column in range(data.draw(st.integers(1, 4))):
            here = []
            for row in range(data.draw(st.integers(1, 3))):
                number += 1
                wires = data.draw(st.lists(st.sampled_from(before), min_size=1, max_size=3, unique=True))
                name, negated = data.draw(st.sampled_from(names)), data.draw(st.booleans())
                drawing[number] = (name, negated, wires)
                body += contact(
                    number, name, *wires, x=10 * column + 10, y=100 * rung + 10 * row,
                    negated=str(negated).lower(),
                )  # fmt: skip
                here.append(number)
            before = here
        number += 1
        wires = data.draw(st.lists(st.sampled_from(before), min_size=1, max_size=3, unique=True))
        name = data.draw(st.sampled_from(["q", "r"]))
        coils.append((name, wires))
        body += coil(number, name, *wires, x=90, y=100 * rung)
    plc = started(project(program(body, "LD", **BOOLS)))

    def power(wires: list[int], values: dict[str, bool]) -> bool:
        if wires == [0]:
            return True
        return any((values[drawing[w][0]] != drawing[w][1]) and power(drawing[w][2], values) for w in wires)

    values = dict.fromkeys(names, False)
    for inputs in itertools.product((False, True), repeat=3):
        for name, given_value in zip("abc", inputs, strict=True):
            values[name] = plc[f"MAIN.{name}"] = given_value
        plc.run(scans=1)
        for name, wires in coils:
            values[name] = power(wires, values)
        assert {name: plc[f"MAIN.{name}"] for name in names} == values


DIVIDED = pou(
    "Divided", "function",
    "Calls := Calls + 1; Divided := a / b; rest := a MOD b; zero := Divided = 0; n := n + a;", "ST",
    result="INT", inputVars={"a": "INT", "b": "INT"}, inOutVars={"n": "INT"},
    outputVars={"rest": "INT", "zero": "BOOL"}, externalVars={"Calls": "INT"},
)  # fmt: skip


def _divided(inputs: dict[str, Wire], first: int, **attributes: str) -> str:
    return box(first, "Divided", inputs, "Divided rest zero", **attributes).replace(
        "<inOutVariables/>",
        '<inOutVariables><variable formalParameter="n"><connectionPointIn>'
        f'<connection refLocalId="{first + 1}"/>'
        "</connectionPointIn><connectionPointOut/></variable></inOutVariables>",
    ) + value(first + 1, "sum")


def test_that_a_function_gives_its_second_outputs_from_one_call() -> None:
    body = (
        value(1, "x") + value(2, "3") + _divided({"a": 1, "b": 2}, 5)
        + target(11, "q", (5, "Divided"), y=1) + target(12, "r", (5, "rest"), y=2)
        + target(13, "z", (5, "zero"), y=3, negated="true") + target(14, "after", (5, "n"), y=4)
        + target(15, "r2", (16, "OUT"), y=5) + box(16, "ADD", {"IN1": (5, "rest"), "IN2": (5, "rest")})
    )  # fmt: skip
    names = dict.fromkeys(("x", "q", "r", "r2", "sum", "after"), "INT") | {"z": "BOOL"}
    counted = '<globalVars name="G"><variable name="Calls"><type><INT/></type></variable></globalVars>'
    rest = (
        "<instances><configurations><configuration name='c'><resource name='r'>"
        f"{counted}</resource></configuration></configurations></instances>"
    )
    plc = started(project(program(body, **names), DIVIDED, rest=rest))
    total = 0
    for scan, x in enumerate((7, 2, 9), start=1):
        plc["MAIN.x"] = x
        plc.run(scans=1)
        total += x
        got = [plc[f"MAIN.{name}"] for name in ("q", "r", "z", "after", "r2", "sum")]
        assert got == [x // 3, x % 3, x >= 3, total, 2 * (x % 3), total]
        assert plc["Calls"] == scan


def test_that_second_outputs_of_a_function_without_enable_stay() -> None:
    function = DIVIDED.replace("Calls := Calls + 1; ", "").replace('name="Calls"', 'name="unused"')
    function = function.replace("externalVars", "localVars")
    body = (
        value(1, "x") + value(2, "3") + value(3, "on") + _divided({"EN": 3, "a": 1, "b": 2}, 5)
        + target(11, "q", (5, ""), y=1) + target(12, "r", (5, "rest"), y=2)
        + target(13, "z", (5, "zero"), y=3) + target(14, "done", (5, "ENO"), y=4)
    )  # fmt: skip
    names = dict.fromkeys(("x", "q", "r", "sum"), "INT") | dict.fromkeys(("on", "z", "done"), "BOOL")
    plc = started(project(program(body, **names), function))
    shown = []
    for on, x in ((False, 7), (True, 8), (False, 2), (True, 2)):
        plc["MAIN.on"], plc["MAIN.x"] = on, x
        plc.run(scans=1)
        shown.append([plc[f"MAIN.{name}"] for name in ("q", "r", "z", "done", "sum")])
    assert shown == [
        [0, 0, False, False, 0], [2, 2, False, True, 8], [2, 2, False, False, 8], [0, 2, True, True, 10],
    ]  # fmt: skip


def test_that_second_outputs_are_written_to_variables_beside_them_and_behind_labels_anew() -> None:
    function = DIVIDED.replace("Calls := Calls + 1; ", "").replace("externalVars", "localVars")
    beside = _divided({"a": 1, "b": 2}, 5).replace(
        'formalParameter="rest"><connectionPointOut/>',
        'formalParameter="rest"><connectionPointOut><expression>r</expression></connectionPointOut>',
    )
    body = (
        value(1, "x") + value(2, "3") + value(3, "skip") + beside
        + element("jump", 20, '<connectionPointIn><connection refLocalId="3"/></connectionPointIn>', 0, 5,
                  label="over")
        + target(11, "q", (5, "Divided"), y=6) + element("label", 21, "", 0, 7, label="over")
        + target(12, "r2", (5, "rest"), y=8)
    )  # fmt: skip
    names = dict.fromkeys(("x", "q", "r", "r2", "sum"), "INT") | {"skip": "BOOL"}
    plc = started(project(program(body, **names), function))
    for skip, x in ((False, 7), (True, 8)):
        plc["MAIN.skip"], plc["MAIN.x"] = skip, x
        plc.run(scans=1)
        assert [plc[f"MAIN.{name}"] for name in ("q", "r", "r2")] == [2, x % 3, x % 3]
    unknown = box(1, "Divided", {"a": 2}, "more") + value(2, "x") + target(3, "x", (1, "more"))
    assert "no output more" in refused(project(program(unknown, x="INT"), function)).what


def test_that_elements_of_arrays_are_written_called_and_given_with_any_index() -> None:
    def several(name: str, kind: str) -> str:
        dimension = '<dimension lower="0" upper="5"/>'
        array = f"<array>{dimension}<baseType>{kind}</baseType></array>"
        return f'<variable name="{name}"><type>{array}</type></variable>'

    body = (
        value(1, "a") + target(2, "bits[n + 1]", 1, y=1) + rail() + contact(3, "bits[ n + 1 ]", 0)
        + coil(4, "bits[n * 2]", 3, y=2, storage="set")
        + box(5, "CTU", {"CU": 1, "PV": 6}, "Q CV", "counters[n + 2]", y=3) + value(6, "numbers[n + 1]")
        + target(7, "numbers[numbers[1] - 2]", (5, "CV"), y=4)
    )  # fmt: skip
    content = project(program(body, a="BOOL", n="INT")).replace(
        b"<localVars>",
        b"<localVars>" + several("bits", "<BOOL/>").encode() + several("numbers", "<INT/>").encode()
        + several("counters", '<derived name="CTU"/>').encode(),
    )  # fmt: skip
    plc = started(content)
    plc["MAIN.a"], plc["MAIN.n"], plc["MAIN.numbers[1]"] = True, 2, 5
    plc.run(scans=1)
    assert [plc[f"MAIN.bits[{k}]"] for k in range(6)] == [False, False, False, True, True, False]
    assert plc["MAIN.counters[4].CV"] == 1
    assert plc["MAIN.numbers[3]"] == 1


def test_that_a_function_of_which_only_eno_is_read_is_called_all_the_same() -> None:
    proc = pou("Proc", "function", "g := g + v;", "ST", inputVars={"v": "INT"}, inOutVars={"g": "INT"})
    body = (
        value(1, "a") + value(2, "n") + value(3, "sum") + box(4, "Proc", {"EN": 1, "v": 2, "g": 3}, "ENO")
        + target(5, "q", (4, "ENO"), y=2) + box(6, "ADD", {"EN": 1, "IN1": 2, "IN2": 2}, "ENO OUT", y=3)
        + target(7, "r", (6, "ENO"), y=4)
    )  # fmt: skip
    plc = started(project(program(body, n="INT", sum="INT", **BOOLS), proc))
    shown = []
    for a in (True, False, True):
        plc["MAIN.a"], plc["MAIN.n"] = a, 3
        plc.run(scans=1)
        shown.append((plc["MAIN.sum"], plc["MAIN.q"], plc["MAIN.r"]))
    assert shown == [(3, True, True), (3, False, False), (6, True, True)]


def test_that_programs_are_called_as_boxes_with_their_names() -> None:
    part = pou("Part", "program", "n := n + k;", "ST", inputVars={"k": "INT"}, outputVars={"n": "INT"})
    body = (
        value(1, "a") + value(2, "3") + box(4, "Part", {"EN": 1, "k": 2}, "ENO n")
        + target(5, "m", (4, "n"), y=2) + target(6, "q", (4, "ENO"), y=3)
    )  # fmt: skip
    text = text_of(project(program(body, m="INT", **BOOLS), part))
    assert "IF enable_4 THEN Part(k := 3); END_IF;\nm := Part.n;\nq := enable_4;" in text


def test_that_the_results_of_numeric_functions_with_enable_have_types() -> None:
    body = (
        value(1, "a") + value(2, "x") + box(3, "SQRT", {"EN": 1, "IN": 2}, "ENO OUT")
        + box(4, "SQRT", {"EN": (3, "ENO"), "IN": (3, "OUT")}, "ENO OUT", y=2)
        + target(5, "x", (4, "OUT"), y=3) + value(6, "s") + box(7, "LEN", {"EN": 1, "IN": 6}, "ENO OUT", y=5)
        + box(8, "ADD", {"IN1": (7, "OUT"), "IN2": (7, "OUT")}, y=6) + target(9, "n", 8, y=7)
    )  # fmt: skip
    plc = started(project(program(body, a="BOOL", x="REAL", n="INT", s="STRING")))
    plc["MAIN.x"], plc["MAIN.s"] = 16.0, "four"
    plc.run(scans=1)
    assert (plc["MAIN.x"], plc["MAIN.n"]) == (16.0, 0)
    plc["MAIN.a"] = True
    plc.run(scans=1)
    assert (plc["MAIN.x"], plc["MAIN.n"]) == (2.0, 8)
