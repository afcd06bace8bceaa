"""Bodies that TwinCAT draws do what is drawn: against truth tables and the maker's manual."""

from __future__ import annotations

import random
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from commissioning.plc import Plc
from commissioning.plc.lint.linter import lint

sys.path.insert(0, str(Path(__file__).parent))

from drawn_archives import (
    FALLING,
    JUMP,
    NEGATED,
    RESET,
    RETURN,
    RISING,
    SET,
    Assign,
    Box,
    Leaf,
    Node,
    Out,
    Parallel,
    Rail,
    Wire,
    body,
    declared,
    logic,
    network,
    pou,
    read,
    started,
)  # fmt: skip
from walked_archives import SCAN_NS

ENO = Out("ENO", "BOOL", None)


BOOLS = dict.fromkeys("abcdqrst", "BOOL")


def program(*networks: str, view: str = "Ld", **types: str) -> Plc:
    return started(pou(declared(**(BOOLS | types)), body(*networks, view=view)))


def run(plc: Plc, **values: Any) -> None:
    for name, value in values.items():
        plc[f"MAIN.{name}"] = value
    plc.run(scans=1)


def test_that_a_seal_in_holds_itself_until_it_is_broken() -> None:
    rung = Assign(logic("AND", logic("OR", Leaf("a"), Leaf("q")), Leaf("b", NEGATED)), (("q", 0),))
    plc = program(network(rung))
    seen = []
    for a, b in ((0, 0), (1, 0), (0, 0), (0, 1), (0, 0), (1, 1), (1, 0)):
        run(plc, a=bool(a), b=bool(b))
        seen.append(plc["MAIN.q"])
    assert seen == [False, True, True, False, False, False, True]


@pytest.mark.parametrize("whole", [False, True])
def test_that_coils_set_reset_and_negate(whole: bool) -> None:
    """The marks stand at the operand; importers put them at the coil as a whole too."""
    rungs = [
        Assign(Leaf(source), ((name, bits),), bits if whole else 0)
        for source, name, bits in (("a", "q", SET), ("b", "q", RESET), ("a", "r", NEGATED))
    ]
    plc = program(*(network(rung) for rung in rungs))
    for a, b, q in ((1, 0, 1), (0, 0, 1), (0, 1, 0), (0, 0, 0), (1, 1, 0)):
        run(plc, a=bool(a), b=bool(b))
        assert (plc["MAIN.q"], plc["MAIN.r"]) == (bool(q), not a)


@pytest.mark.parametrize(("mark", "expected"), [(RISING, "01001000"), (FALLING, "00010010")])
@pytest.mark.parametrize("where", ["contact", "coil", "pin", "box"])
def test_that_edges_are_seen_for_one_scan(mark: int, expected: str, where: str) -> None:
    rung = {
        "contact": Assign(Leaf("a", mark), (("q", 0),)),
        "coil": Assign(Leaf("a"), (("q", mark),)),
        "pin": Assign(Box("AND", (("", Leaf("a")), ("", Leaf("TRUE"))), pin_flags=(mark, 0)), (("q", 0),)),
        "box": Assign(Box("OR", (("", Leaf("a")), ("", Leaf("FALSE"))), flags=mark), (("q", 0),)),
    }[where]
    plc = program(network(rung))
    seen = ""
    for a in "01101100":
        run(plc, a=a == "1")
        seen += str(int(plc["MAIN.q"]))
    assert seen == expected


def test_that_all_coils_of_a_rung_get_the_same_value() -> None:
    """The first coil changes what the rung was made of."""
    rung = Assign(logic("AND", Leaf("a"), Leaf("q", NEGATED)), (("q", 0), ("r", 0), ("s", SET)))
    plc = program(network(rung))
    run(plc, a=True)
    assert (plc["MAIN.q"], plc["MAIN.r"], plc["MAIN.s"]) == (True, True, True)
    run(plc)
    assert (plc["MAIN.q"], plc["MAIN.r"], plc["MAIN.s"]) == (False, False, True)


def test_that_a_branching_line_is_worked_out_once() -> None:
    items = [
        Wire(0, logic("AND", Leaf("a"), Leaf("q", NEGATED))),
        Assign(Wire(0), (("q", 0),)),
        Assign(logic("AND", Wire(0), Leaf("b")), (("r", 0),)),
    ]
    plc = program(network(*items))
    run(plc, a=True, b=True)
    assert (plc["MAIN.q"], plc["MAIN.r"]) == (True, True)
    run(plc)
    assert (plc["MAIN.q"], plc["MAIN.r"]) == (False, False)


def test_that_a_disabled_box_leaves_its_output() -> None:
    box = Box(
        "MOVE", (("", Leaf("n", 0, "INT")),), (Out("ENO", "BOOL", "r"), Out("", "INT", "m")), enable=Leaf("a")
    )
    plc = program(network(box), n="INT", m="INT")
    run(plc, a=True, n=5)
    assert (plc["MAIN.m"], plc["MAIN.r"]) == (5, True)
    run(plc, a=False, n=7)
    assert (plc["MAIN.m"], plc["MAIN.r"]) == (5, False)


def test_that_the_enable_is_what_it_was_before_the_box_changed_it() -> None:
    """ADD counts what its enable is made of; the coil behind it reads the ENO."""
    count = Box("ADD", (("", Leaf("n", 0, "INT")), ("", Leaf("1", 0, "INT"))), (ENO, Out("", "INT", "n")),
                enable=logic("LT", Leaf("n", 0, "INT"), Leaf("1", 0, "INT")))  # fmt: skip
    plc = program(network(Assign(count, (("q", SET), ("r", 0)))), n="INT")
    run(plc)
    assert (plc["MAIN.n"], plc["MAIN.q"], plc["MAIN.r"]) == (1, True, True)
    run(plc)
    assert (plc["MAIN.n"], plc["MAIN.q"], plc["MAIN.r"]) == (1, True, False)


def test_that_blocks_are_called_with_what_is_connected_and_write_their_outputs() -> None:
    timer = Box("TON", (("IN", Leaf("a")), ("PT", Leaf("T#30MS", 0, "TIME"))),
                (Out("Q", "BOOL", None), Out("ET", "TIME", "e")), "t1")  # fmt: skip
    plc = program(network(Assign(timer, (("q", 0),))), t1="TON", e="TIME")
    seen = []
    for _ in range(5):
        run(plc, a=True)
        seen.append((plc["MAIN.q"], plc["MAIN.e"]))
    assert seen == [(number >= 3, min(number, 3) * SCAN_NS) for number in range(5)]


def test_that_an_open_input_of_a_block_keeps_its_value() -> None:
    timer = Box(
        "TON", (("IN", Leaf("a")), ("PT", Leaf(""))), (Out("Q", "BOOL", None), Out("ET", "TIME")), "t1"
    )
    plc = program(network(Assign(timer, (("q", 0),))), t1="TON := (PT := T#10MS)")
    run(plc, a=True)
    run(plc)
    assert plc["MAIN.q"]


def test_that_an_instance_that_is_called_twice_gives_both_results() -> None:
    calls = [Box("R_TRIG", (("CLK", Leaf(name)),), (Out("Q", "BOOL", None),), "edge1") for name in ("a", "b")]
    plc = program(network(Assign(logic("OR", *calls), (("q", 0),))), edge1="R_TRIG")
    run(plc, a=True, b=False)
    assert plc["MAIN.q"]
    run(plc, a=False, b=False)
    assert not plc["MAIN.q"]


def test_that_methods_functions_programs_and_actions_are_called() -> None:
    """The function has a further output; the method's owner stands in the name of its box."""
    more = """FUNCTION_BLOCK FB_Store
VAR Kept : INT; END_VAR
METHOD Put : INT
VAR_INPUT Value : INT; END_VAR
Kept := Kept + Value;
Put := Kept;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION Half : INT
VAR_INPUT x : INT; END_VAR
VAR_OUTPUT rest : INT; END_VAR
Half := x / 2; rest := x MOD 2;
END_FUNCTION
PROGRAM Other
VAR_INPUT go : BOOL; END_VAR
VAR_OUTPUT n : INT; END_VAR
IF go THEN n := n + 1; END_IF
END_PROGRAM
"""
    put = Box(
        "store.Put",
        (("Value", Leaf("n", 0, "INT")),),
        (ENO, Out("Put", "INT", "m")),
        enable=Leaf("a"),
        call="Method",
    )
    half = Box("Half", (("x", Leaf("n", 0, "INT")),), (Out("Half", "INT", "h"), Out("rest", "INT", "k")))
    other = Box("Other", (("go", Leaf("a")),), (Out("n", "INT", "o"),), call="Program")
    act = Box("Act", (), (), call="Action")
    drawing = body(network(Assign(put, (("q", 0),))), network(half), network(other), network(act))
    drawn = body(network(Assign(Leaf("a"), (("s", 0),))))
    action = f'<Action Name="Act"><Implementation>{drawn}</Implementation></Action>'
    ints = dict.fromkeys("nmhko", "INT")
    plc = started(pou(declared(**BOOLS, **ints, store="FB_Store"), drawing, action), more)
    run(plc, a=True, n=5)
    assert [plc[f"MAIN.{name}"] for name in "mhkoqs"] == [5, 2, 1, 1, True, True]
    run(plc)
    assert [plc[f"MAIN.{name}"] for name in "mo"] == [10, 2]
    run(plc, a=False)
    assert [plc[f"MAIN.{name}"] for name in "moqs"] == [10, 2, False, False]


def test_that_the_text_of_an_execute_box_runs_on_its_enable() -> None:
    box = Box("EXECUTE", (), (ENO,), enable=Leaf("a"), code="n := n + 1;\nIF n > 2 THEN\n  n := 0;\nEND_IF")
    plc = program(network(Assign(box, (("q", 0),))), n="INT")
    seen = []
    for a in (True, True, False, True):
        run(plc, a=a)
        seen.append((plc["MAIN.n"], plc["MAIN.q"]))
    assert seen == [(1, True), (2, True), (2, False), (0, True)]


def test_that_jumps_and_returns_lead_over_networks() -> None:
    plc = program(
        network(Assign(Leaf("a"), (("skip", JUMP),), JUMP)),
        network(Assign(Leaf("TRUE"), (("q", 0),))),
        network(Assign(Rail(), (("skip", JUMP),))),
        network(Assign(Leaf("TRUE"), (("s", 0),))),
        network(Assign(Leaf("b"), (("", RETURN),), RETURN), label="skip"),
        network(Assign(Leaf("c"), (("r", 0),))),
    )
    for a, b, c in product((True, False), repeat=3):
        run(plc, a=a, b=b, c=c, q=False, r=False)
        assert (plc["MAIN.q"], plc["MAIN.r"], plc["MAIN.s"]) == (not a, c and not b, False)


def test_that_a_network_that_is_commented_out_does_nothing() -> None:
    plc = program(
        network(Assign(Leaf("TRUE"), (("q", 0),)), out=True), network(Assign(Leaf("TRUE"), (("r", 0),)))
    )
    run(plc)
    assert (plc["MAIN.q"], plc["MAIN.r"]) == (False, True)


@pytest.mark.parametrize("mode", ["BoxShortCircuit", "Sequential"])
def test_that_a_timer_beside_contacts_is_left_out_as_the_manual_says(mode: str) -> None:
    """TwinCAT 3 manual, closed line branch, as Structured Text:

    P_IN := b1 AND b2; IF P_IN AND cond1 AND (cond2 OR cond3) THEN P_OUT := P_IN;
    ELSE x1(IN := P_IN, PT := T#2S); tElapsed := x1.ET; P_OUT := x1.Q; END_IF; bRes := P_OUT AND b3;
    """
    timer = Box("TON", (("IN", Rail()), ("PT", Leaf("T#20MS", 0, "TIME"))),
                (Out("Q", "BOOL", None), Out("ET", "TIME", "e")), "x1")  # fmt: skip
    condition = logic("AND", Leaf("c"), logic("OR", Leaf("d"), Leaf("s")))
    drawn = Parallel(logic("AND", Leaf("a"), Leaf("b")), (timer, condition), mode)
    rung = network(Assign(logic("AND", drawn, Leaf("t")), (("q", 0),)))
    by_hand = {
        "BoxShortCircuit": "p := a AND b; IF p AND c AND (d OR s) THEN o := p; "
        "ELSE x1(IN := p, PT := T#20MS); e := x1.ET; o := x1.Q; END_IF q := o AND t;",
        "Sequential": "p := a AND b; x1(IN := p, PT := T#20MS); e := x1.ET; "
        "o := x1.Q OR (p AND c AND (d OR s)); q := o AND t;",
    }[mode]
    types = BOOLS | {"x1": "TON", "e": "TIME", "p": "BOOL", "o": "BOOL"}
    drawing = started(pou(declared(**types), body(rung)))
    text = started(pou(declared(**types), f"<ST><![CDATA[{by_hand}]]></ST>"))
    draw = random.Random(7)
    for _ in range(300):
        values = {name: draw.random() < 0.7 for name in "abcdst"}
        run(drawing, **values)
        run(text, **values)
        assert (drawing["MAIN.q"], drawing["MAIN.e"]) == (text["MAIN.q"], text["MAIN.e"])


def test_that_the_project_tells_what_was_translated_and_where() -> None:
    (piece,), problems = read(
        pou(declared(**BOOLS), body(network(Assign(Leaf("a"), (("q", 0),)), title="Start")))
    )
    assert problems == []
    assert piece.translated == ("MAIN (LD)",)
    assert "// network 1: Start" in piece.text
    assert "q := a;" in piece.text


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (Assign(Leaf("???"), (("q", 0),)), "an operand is still ???"),
        (Assign(Wire(7), (("q", 0),)), "a branch that is drawn behind it"),
        (Assign(logic("ADD", Leaf("a")), (("q", 0),)), "ADD has 1 connected inputs"),
        (Assign(logic("AND", Leaf("a"), Leaf("")), (("q", 0),)), "an input of AND is not connected"),
        (Assign(Leaf("a; b := TRUE"), (("q", 0),)), "'a; b := TRUE' is no operand"),
        (Assign(Leaf("a (* b"), (("q", 0),)), "is no operand"),
        (Box("x(", ()), "'x(' is no name of a function or block"),
        (Assign(Leaf("a"), (("not a label", JUMP),)), "'not a label' is no label to jump to"),
        (Assign(Parallel(None, ()), (("q", 0),)), "this branch has no lines"),
        (Assign(Rail(), (("l", JUMP), ("q", 0))), "does not tell which comes first"),
    ],
)
def test_that_what_cannot_be_translated_is_told_with_its_place(node: Node, words: str) -> None:
    _, problems = read(pou(declared(**BOOLS), body(network(node))))
    assert [words in problem.what for problem in problems] == [True]
    assert (problems[0].where.file, problems[0].where.id) == ("MAIN.TcPOU", "MAIN")
    assert problems[0].where.line > 10


def test_that_endless_nesting_is_refused() -> None:
    node: Node = Leaf("a")
    for number in range(100):
        node = Wire(number, node)
    _, problems = read(pou(declared(**BOOLS), body(network(Assign(node, (("q", 0),))))))
    assert ["one behind the other" in problem.what for problem in problems] == [True]


def test_that_methods_keep_their_edges_and_functions_refuse_them() -> None:
    drawing = body(network(Assign(Leaf("go", RISING), (("n", 0),))))
    drawn = body(network(Assign(Leaf("go", RISING), (("Rise", 0),))))
    method = (
        '<Method Name="Rise"><Declaration>METHOD Rise : BOOL\nVAR_INPUT go : BOOL; END_VAR\n'
        f"VAR n : BOOL; END_VAR</Declaration><Implementation>{drawn}</Implementation></Method>"
    )
    block = pou("FUNCTION_BLOCK FB\nVAR END_VAR", body(), method, "FB")
    (piece,), problems = read(block, "FB.TcPOU")
    assert problems == []
    main = "PROGRAM MAIN VAR f : FB; a, q : BOOL; END_VAR q := f.Rise(a); END_PROGRAM"
    plc = started(pou("PROGRAM P\nVAR END_VAR", body(), name="P"), piece.text, main)
    seen = []
    for a in (0, 1, 1, 0, 1):
        run(plc, a=bool(a))
        seen.append(int(plc["MAIN.q"]))
    assert seen == [0, 1, 0, 0, 1]
    function = pou(
        "FUNCTION F : BOOL\nVAR_INPUT go : BOOL; END_VAR\nVAR n : BOOL; END_VAR", drawing, name="F"
    )
    _, problems = read(function)
    assert ["an edge needs a memory" in problem.what for problem in problems] == [True]


def test_that_the_linter_tells_nothing_of_form_about_what_was_drawn() -> None:
    rung = Assign(logic("AND", logic("OR", Leaf("a"), Leaf("b")), Leaf("c")), (("q", SET), ("r", 0)))
    text = "IF a THEN q := FALSE; END_IF"
    action = f'<Action Name="Act"><Implementation><ST><![CDATA[{text}]]></ST></Implementation></Action>'
    call = Box("Act", (), (), call="Action")
    (piece,), _ = read(pou(declared(**BOOLS), body(network(rung), network(call)), action))
    found = lint({piece.name: piece}, dialect="twincat").findings
    assert [(f.rule.number, f.where.id) for f in found if f.rule.number[0] == "L"] == [("L17", "MAIN.Act")]
    assert not [f for f in found if "wire" in f.what]


def test_that_an_element_of_an_array_is_given_to_an_in_out_with_any_index() -> None:
    swap = "FUNCTION_BLOCK Flip\nVAR_IN_OUT x : BOOL; END_VAR\nx := NOT x;\nEND_FUNCTION_BLOCK"
    box = Box("Flip", (("x", Leaf("bits[n + 1]")),), (Out("x", "BOOL"),), "one")
    text = pou(declared(one="Flip", n="INT", bits="ARRAY[0..3] OF BOOL"), body(network(box)))
    plc = started(text, swap)
    for n in (0, 2, 0, 1):
        plc["MAIN.n"] = n
        plc.run(scans=1)
    assert [plc[f"MAIN.bits[{k}]"] for k in range(4)] == [False, False, True, True]
