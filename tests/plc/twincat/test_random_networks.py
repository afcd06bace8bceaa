"""Random drawings of TwinCAT against a walk over them that shares nothing with their translation."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

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
    logic,
)  # fmt: skip
from walked_archives import compared

INPUTS = dict.fromkeys(("i0", "i1", "i2", "i3"), "BOOL") | {"k0": "INT", "k1": "INT"}
OUTPUTS = dict.fromkeys(("q0", "q1", "q2"), "BOOL") | dict.fromkeys(("n0", "n1", "m0"), "INT") | {"w": "BOOL"}
INSTANCES = {f"t{n}": "TON" for n in range(40)} | {f"e{n}": "R_TRIG" for n in range(40)} | {
    f"c{n}": "CTU" for n in range(40)
}  # fmt: skip
ENO = Out("ENO", "BOOL", None)


class Drawer:
    """Draws one body. What boxes assign to (n0, n1) nobody reads in the tree in which it is assigned."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.numbers = count()
        self.wires: list[int] = []

    def pick(self, *of: object) -> object:
        return self.draw(st.sampled_from(of))

    def chance(self, of_ten: int) -> bool:
        return self.draw(st.integers(0, 9)) < of_ten

    def number(self) -> Leaf:
        return Leaf(str(self.pick("k0", "k1", "m0", "1", "2")), 0, "INT")

    def contact(self) -> Leaf:
        marks = (0, 0, 0, NEGATED, NEGATED, RISING, FALLING, RISING | NEGATED)
        return Leaf(
            str(self.pick("i0", "i1", "i2", "i3", "q0", "q1", "q2", "TRUE")), int(str(self.pick(*marks)))
        )

    def value(self, depth: int, inside: bool = False) -> Node:
        """A BOOL. `inside`: of a parallel branch, whose power may be taken."""
        if depth <= 0 or self.chance(3):
            if self.wires and not inside and self.chance(3):
                return Wire(int(str(self.pick(*self.wires))))
            return Rail() if inside and self.chance(2) else self.contact()
        kind = self.draw(st.integers(0, 6))
        if kind <= 1:
            name = str(self.pick("AND", "OR"))
            return logic(name, *(self.value(depth - 1, inside) for _ in range(self.draw(st.integers(2, 3)))))
        if kind == 2:
            flags = int(str(self.pick(0, 0, NEGATED, RISING)))
            box = logic(str(self.pick("GT", "EQ", "LE")), self.number(), self.number())
            return Box(box.name, box.inputs, box.outs, call=box.call, flags=flags)
        if kind == 3:
            return self.block(depth, inside)
        if kind == 4:
            source = self.value(depth - 1, inside) if self.chance(7) else None
            lines = tuple(self.value(depth - 1, True) for _ in range(self.draw(st.integers(1, 3))))
            return Parallel(source, lines, str(self.pick("BoxShortCircuit", "Sequential")))
        if kind == 5:
            target = str(self.pick("n0", "n1"))
            return Box(str(self.pick("ADD", "SUB", "MAX")), (("", self.number()), ("", self.number())),
                       (ENO, Out("", "INT", target)), enable=self.value(depth - 1, inside))  # fmt: skip
        return logic("NOT", self.value(depth - 1, inside))

    def block(self, depth: int, inside: bool) -> Box:
        name, number = str(self.pick("TON", "R_TRIG", "CTU")), next(self.numbers)
        enable = self.value(depth - 1, inside) if self.chance(2) else None
        outs = (
            (Out("ENO", "BOOL", ""), Out("Q", "BOOL", None))
            if enable is not None
            else (Out("Q", "BOOL", None),)
        )
        power = self.value(depth - 1, inside)
        if name == "TON":
            inputs = (("IN", power), ("PT", Leaf(str(self.pick("T#0MS", "T#10MS", "T#30MS")), 0, "TIME")))
            return Box(name, inputs, (*outs, Out("ET", "TIME")), f"t{number}", enable)
        if name == "R_TRIG":
            return Box(name, (("CLK", power),), outs, f"e{number}", enable)
        reset = ("RESET", self.value(0, inside))
        return Box(name, (("CU", power), reset, ("PV", Leaf("2", 0, "INT"))), outs, f"c{number}", enable)

    def network(self, labels: list[str]) -> list[Node]:
        trees: list[Node] = []
        for _ in range(self.draw(st.integers(1, 3))):
            if self.chance(3):
                number = next(self.numbers)
                trees.append(Wire(number, self.value(2)))
                self.wires.append(number)
            else:
                names = self.draw(
                    st.lists(st.sampled_from(["q0", "q1", "q2"]), min_size=1, max_size=2, unique=True)
                )
                marks = (0, 0, NEGATED, SET, RESET)
                trees.append(Assign(self.value(3), tuple((n, int(str(self.pick(*marks)))) for n in names)))
        if self.chance(2):
            box = Box("MOVE", (("", self.number()),), (Out("ENO", "BOOL", "w"), Out("", "INT", "m0")),
                      enable=self.value(1))  # fmt: skip
            trees.append(box)
        if labels and self.chance(2):
            trees.append(Assign(self.contact(), ((str(self.pick(*labels)), JUMP),), JUMP))
        elif self.chance(1):
            trees.append(Assign(self.contact(), (("", RETURN),), RETURN))
        return trees


@st.composite
def bodies(draw: st.DrawFn) -> list[tuple[str, list[Node]]]:
    """Networks with their labels; jumps go forward, over wires that nobody behind them reads."""
    drawer = Drawer(draw)
    size = draw(st.integers(1, 4))
    made = []
    for number in range(size):
        drawer.wires = []
        made.append((f"l{number}", drawer.network([f"l{later}" for later in range(number + 1, size)])))
    return made


@settings(max_examples=120, deadline=None)
@given(bodies())
def test_that_random_networks_do_what_is_drawn(drawn: list[tuple[str, list[Node]]]) -> None:
    used = {name: kind for name, kind in INSTANCES.items() if f"'{name}'" in repr(drawn)}
    compared(drawn, INPUTS, OUTPUTS, used, scans=25)
