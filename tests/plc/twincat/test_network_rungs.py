"""Shapes of rungs of real machines do what they draw."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from drawn_archives import (
    NEGATED,
    RESET,
    SET,
    Assign,
    Box,
    Leaf,
    Node,
    Out,
    Parallel,
    Wire,
    logic,
)  # fmt: skip
from walked_archives import compared

ENO = Out("ENO", "BOOL", None)


def add(enable: Node, first: str, second: str, to: str, *, read: bool) -> Box:
    outs = (Out("ENO", "BOOL", None if read else ""), Out("", "INT", to))
    return Box("ADD", (("", Leaf(first, 0, "INT")), ("", Leaf(second, 0, "INT"))), outs, enable=enable)


def move(enable: Node, number: str) -> Box:
    return Box("MOVE", (("", Leaf(number, 0, "INT")),), (ENO, Out("", "INT", "status")), enable=enable)


def timed(instance: str, source: Node) -> Box:
    outs = (Out("Q", "BOOL", None), Out("ET", "TIME"))
    return Box("TON", (("IN", source), ("PT", Leaf("T#50MS", 0, "TIME"))), outs, instance)


def edge(instance: str, source: Node) -> Box:
    return Box("R_TRIG", (("CLK", source),), (Out("Q", "BOOL", None),), instance)


# The shapes of rungs of real machines, as a public tool that reads the maker's model has them in its tests
# (test-corpus of Volt: a tray filler and a cigarette machine); names and numbers are other ones.
RUNGS: dict[str, list[Node]] = {
    "a wire, its fan-out, and a contact in line": [
        Wire(0, Leaf("TRUE")),
        Wire(1, logic("AND", Wire(0), Leaf("i0", NEGATED))),
        Assign(Wire(1), (("q0", 0),)),
        Assign(Wire(1), (("q1", 0),)),
        Assign(logic("AND", Wire(0), Leaf("TRUE")), (("q2", 0),)),
    ],
    "two coils behind a timer": [
        Assign(timed("t0", logic("AND", Leaf("i0"), Leaf("i1", NEGATED))), (("q0", 0), ("q1", SET))),
    ],
    "numbers by priority, lamps behind ENO": [
        Wire(22, Leaf("TRUE")),
        Assign(move(logic("AND", Wire(22), logic("OR", Leaf("i0"), Leaf("i1"))), "1"), (("q0", 0),)),
        Wire(23, logic("AND", Wire(22), Leaf("i0", NEGATED), Leaf("i1", NEGATED))),
        Assign(move(logic("AND", Wire(23), Leaf("i2")), "2"), (("q1", 0),)),
        Wire(24, logic("AND", Wire(23), Leaf("i2", NEGATED))),
        Assign(move(logic("AND", Wire(24), Leaf("i3", NEGATED)), "3"), (("q2", 0),)),
    ],
    "a wire from timers and contacts sets one coil and resets three": [
        Wire(0, logic("OR", timed("t0", Leaf("q1")), logic("AND", Leaf("i0"), Leaf("i1")), Leaf("q3"))),
        Assign(Wire(0), (("q0", SET), ("q1", RESET), ("q2", RESET), ("q3", RESET))),
        Assign(logic("AND", Wire(0), Leaf("i2", NEGATED)), (("q2", SET),)),
        Assign(logic("AND", Leaf("i3"), Leaf("q0")), (("q1", SET), ("q3", SET), ("q0", RESET))),
    ],
    "an enabled ADD counts, its ENO drives coils": [
        Assign(
            add(logic("AND", logic("OR", timed("t0", logic("AND", Leaf("i0"), Leaf("i1"))), Leaf("i2")),
                      Leaf("i3", NEGATED)), "n", "1", "n", read=True),
            (("q0", SET), ("q1", RESET), ("q2", 0)),
        ),
        Assign(Leaf("i3"), (("q0", RESET), ("q1", SET))),
    ],
    "boxes in line before a parallel branch with a comparison": [
        Wire(2, Leaf("True")),
        Wire(3, logic("AND", Wire(2), Leaf("True"))),
        Wire(4, logic("AND", Wire(3), Leaf("i0"))),
        Assign(edge("e0", Wire(4)), (("q0", 0),)),
        add(logic("AND", Wire(3), Leaf("q0"), logic("OR", Leaf("i1"), Leaf("q1"))), "n", "5", "n",
            read=False),
        Assign(
            Parallel(
                add(add(logic("AND", Wire(2), Leaf("i2")), "n", "1", "status", read=True), "status", "2", "m",
                    read=True),
                (Box("GE", (("", Leaf("n", 0, "INT")), ("", Leaf("m", 0, "INT"))), (Out("", "BOOL", None),),
                     enable=Leaf("TRUE")), Leaf("i3")),
            ),
            (("q1", SET), ("q2", 0)),
        ),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", RUNGS)
def test_that_rungs_of_machines_do_what_they_draw(name: str) -> None:
    outputs = dict.fromkeys(("q0", "q1", "q2", "q3"), "BOOL") | dict.fromkeys(("n", "m", "status"), "INT")
    blocks = {"t0": "TON", "e0": "R_TRIG"}
    compared([("", RUNGS[name])], dict.fromkeys(("i0", "i1", "i2", "i3"), "BOOL"), outputs, blocks, scans=300)
