"""Drawings at random, each scan against a walk over the graph that shares nothing with the product."""

from __future__ import annotations

import random
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from drawing_walker import BLOCKS, Values, Walker
from drawn_networks import element, program, project, started

INPUTS, FLAGS, NUMBERS = ("a", "b", "c"), ("q", "r", "s"), ("n", "m")
CYCLE = 10_000_000
Wire = tuple[int, str]


class Drawing:
    """A body at random: `kind` LD, FBD or CFC, with numbers of execution or without."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.kind = self.dice.choice(("LD", "FBD", "FBD", "CFC"))
        self.instances: dict[str, str] = {}
        self.text = ""
        self.flags: list[Wire] = []  # what gives a BOOL, so far
        self.numbers: list[Wire] = []
        self.number = 0
        self.numbered = self.kind == "CFC" or self.dice.random() < 0.3
        count = self.dice.randint(4, 14)
        self.orders = self.dice.sample(
            range(self.kind != "LD" and self.kind == "CFC", 4 * count + 9), 2 * count + 8
        )
        self.looped = [k + 1000 for k in range(self.dice.randint(0, 2))]  # boxes that wires come from before
        if self.kind == "LD":
            self.text += element("leftPowerRail", 0, "<connectionPointOut/>", 0, 0)
            self.flags.append((0, ""))
        for name in self.dice.sample(INPUTS + FLAGS, 4):
            self._value(name, self.flags)
        for name in (*NUMBERS, "3"):
            self._value(name, self.numbers)
        self.back: list[Wire] = [(number, "OUT") for number in self.looped]
        for _ in range(count):
            self._one()
        for number in self.looped:
            self._function(number)
        for _ in range(self.dice.randint(1, 4)):
            self._writer()

    # ---- pieces ----------------------------------------------------------------------------------------

    def _place(self) -> dict[str, float]:
        return {"x": self.dice.randrange(0, 900, 10), "y": self.dice.randrange(0, 900, 10)}

    def _order(self) -> dict[str, str]:
        return {"executionOrderId": str(self.orders.pop())} if self.numbered else {}

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _in(self, wires: list[Wire]) -> str:
        inner = "".join(
            f'<connection refLocalId="{n}"' + (f' formalParameter="{pin}"/>' if pin else "/>")
            for n, pin in wires
        )
        return f"<connectionPointIn>{inner}</connectionPointIn>"

    def _flag(self) -> Wire:
        if self.back and self.dice.random() < 0.15:
            return self.dice.choice(self.back)
        return self.dice.choice(self.flags)

    def _negated(self, share: float = 0.25) -> str:
        return "true" if self.dice.random() < share else "false"

    def _edge(self, share: float) -> dict[str, str]:
        return {"edge": self.dice.choice(("rising", "falling"))} if self.dice.random() < share else {}

    def _value(self, name: str, found: list[Wire]) -> None:
        number = self._next()
        told = {"negated": self._negated()} if found is self.flags else {}
        inner = f"<connectionPointOut/><expression>{name}</expression>"
        self.text += element("inVariable", number, inner, **self._place(), **told)
        found.append((number, ""))

    def _pins(self, given: dict[str, Wire], plain: bool = False) -> str:
        text = ""
        for name, wire in given.items():
            told = "" if plain else f' negated="{self._negated(0.2)}"'
            told += "".join(f' {k}="{v}"' for k, v in ({} if plain else self._edge(0.1)).items())
            text += f'<variable formalParameter="{name}"{told}>{self._in([wire])}</variable>'
        return text

    def _box(self, number: int, kind: str, flags: dict[str, Wire], others: dict[str, Wire], outputs: str,
             instance: str = "") -> None:  # fmt: skip
        if self.dice.random() < 0.2:
            flags, outputs = {"EN": self._flag(), **flags}, f"ENO {outputs}"
        out = "".join(
            f'<variable formalParameter="{name}" negated="{self._negated(0.15 * (name[0] == "Q"))}">'
            "<connectionPointOut/></variable>"
            for name in outputs.split()
        )
        inner = (
            f"<inputVariables>{self._pins(flags)}{self._pins(others, True)}</inputVariables><inOutVariables/>"
        )
        told = {"typeName": kind} | ({"instanceName": instance} if instance else {})
        inner += f"<outputVariables>{out}</outputVariables>"
        self.text += element("block", number, inner, **self._place(), **told, **self._order())

    def _function(self, number: int = 0) -> None:
        back = bool(number)
        number = number or self._next()
        kind = self.dice.choice(("AND", "OR", "XOR", "NOT", "GT") + (() if back else ("ADD", "SEL", "MAX")))
        numeric = {"IN1": self.dice.choice(self.numbers[:2]), "IN2": self.dice.choice(self.numbers)}
        if kind == "SEL":
            self._box(number, kind, {"G": self._flag()}, numeric, "OUT")
        elif kind in ("ADD", "MAX", "GT"):
            self._box(number, kind, {}, numeric, "OUT")
        else:
            count = 1 if kind == "NOT" else self.dice.randint(2, 3)
            first = self.dice.choice(self.flags[1:4]) if back else self._flag()  # a circle of some known type
            self._box(
                number, kind, {"IN0": first} | {f"IN{k}": self._flag() for k in range(1, count)}, {}, "OUT"
            )
        (self.numbers if kind in ("ADD", "MAX", "SEL") else self.flags).append((number, "OUT"))

    def _instance(self) -> None:
        number, again = self._next(), [name for name, kind in self.instances.items() if kind[0] != "T"]
        if again and self.dice.random() < 0.25:  # one block, drawn twice
            instance = self.dice.choice(again)
        else:
            instance = f"i{number}"
            self.instances[instance] = self.dice.choice(list(BLOCKS))
        kind = self.instances[instance]
        if kind in ("TON", "TOF", "TP"):
            time = self._next()
            inner = f"<connectionPointOut/><expression>T#{self.dice.choice((10, 25, 40))}ms</expression>"
            self.text += element("inVariable", time, inner, 0, 0)
            self._box(number, kind, {"IN": self._flag()}, {"PT": (time, "")}, "Q ET", instance)
        elif kind == "CTU":
            flags = {"CU": self._flag(), "R": self._flag()}
            self._box(number, kind, flags, {"PV": self.dice.choice(self.numbers)}, "Q CV", instance)
            self.numbers.append((number, "CV"))
        elif kind in ("SR", "RS"):
            one, other = ("S1", "R") if kind == "SR" else ("S", "R1")
            self._box(number, kind, {one: self._flag(), other: self._flag()}, {}, "Q1", instance)
        else:
            self._box(number, kind, {"CLK": self._flag()}, {}, "Q", instance)
        self.flags.append((number, "Q1" if kind in ("SR", "RS") else "Q"))

    def _contact(self) -> None:
        number = self._next()
        wires = list(dict.fromkeys(self._flag() for _ in range(self.dice.choice((1, 1, 2)))))
        inner = f"{self._in(wires)}<variable>{self.dice.choice(INPUTS + FLAGS)}</variable>"
        told = {"negated": self._negated()} | self._edge(0.2)
        self.text += element("contact", number, inner, **self._place(), **told)
        self.flags.append((number, ""))

    def _writer(self) -> None:
        number = self._next()
        wires = list(dict.fromkeys(self._flag() for _ in range(self.dice.choice((1, 1, 2)))))
        told = {"negated": self._negated(0.2)} | self._edge(0.15)
        if self.dice.random() < 0.3:
            told["storage"] = self.dice.choice(("set", "reset"))
        name = self.dice.choice(FLAGS)
        if self.kind == "LD":
            inner = f"{self._in(wires)}<variable>{name}</variable>"
            self.text += element("coil", number, inner, **self._place(), **told, **self._order())
            self.flags.append((number, ""))
        elif self.dice.random() < 0.25:
            wire, name = self.dice.choice(self.numbers), self.dice.choice(NUMBERS)
            inner = f"{self._in([wire])}<expression>{name}</expression>"
            self.text += element("outVariable", number, inner, **self._place(), **self._order())
        else:
            inner = f"{self._in(wires[:1])}<expression>{name}</expression>"
            self.text += element("outVariable", number, inner, **self._place(), **told, **self._order())

    def _through(self) -> None:
        number = self._next()
        inner = f"{self._in([self._flag()])}<connectionPointOut/><expression>t</expression>"
        told = {"negatedIn": self._negated(), "negatedOut": self._negated()}
        self.text += element("inOutVariable", number, inner, **self._place(), **told, **self._order())
        self.flags.append((number, ""))

    def _connector(self) -> None:
        number, there = self._next(), self._next()
        if self.kind == "CFC":
            self.text += element("connector", number, self._in([self._flag()]), 0, 0, name="")
            self.flags.append((number, ""))
            return
        self.text += element("connector", number, self._in([self._flag()]), 0, 0, name=f"k{number}")
        self.text += element("continuation", there, "<connectionPointOut/>", 0, 0, name=f"k{number}")
        self.flags.append((there, ""))

    def _one(self) -> None:
        makers = [self._function, self._function, self._instance, self._writer, self._connector]
        makers += [self._contact] * 3 if self.kind == "LD" else [self._through]
        self.dice.choice(makers)()


def _compared(body: str, kind: str, instances: dict[str, str], seed: int, scans: int = 25) -> None:
    types = dict.fromkeys((*INPUTS, *FLAGS, "t"), "BOOL") | dict.fromkeys(NUMBERS, "INT") | instances
    plc = started(project(program(body, kind, **types)))
    values: Values = dict.fromkeys((*INPUTS, *FLAGS, "t"), False) | dict.fromkeys(NUMBERS, 0)
    made = {name: BLOCKS[block]() for name, block in instances.items()}
    walker = Walker(ET.fromstring(f"<{kind}>{body}</{kind}>"), values, made)
    dice = random.Random(seed)
    for scan in range(scans):
        for name in (*INPUTS, *NUMBERS):
            if dice.random() < 0.4:
                values[name] = dice.random() < 0.5 if name in INPUTS else dice.randint(-5, 9)
                plc[f"MAIN.{name}"] = values[name]
        walker.scan(scan * CYCLE)
        plc.run(scans=1)
        assert {name: plc[f"MAIN.{name}"] for name in values} == values, (scan, body)
        for name, block in made.items():
            for pin, value in block.outputs.items():
                if pin == "ET":
                    continue  # of a timer that is not called, it goes on
                assert plc[f"MAIN.{name}.{pin}"] == value, (scan, name, pin, body)


@pytest.mark.parametrize("seed", range(60))
def test_that_random_drawings_give_what_a_walk_over_them_gives(seed: int) -> None:
    drawing = Drawing(seed)
    _compared(drawing.text, drawing.kind, drawing.instances, seed)


@pytest.mark.parametrize("seed", range(20))
def test_that_random_networks_with_jumps_give_it_too(seed: int) -> None:
    """Networks one below the other; each may be jumped over, or end the body."""
    dice = random.Random(seed)
    text, number = element("leftPowerRail", 0, "<connectionPointOut/>", 0, 0), 0
    for rung in range(dice.randint(3, 7)):
        y = 100 * rung
        text += element("label", 9000 + rung, "", 0, y, label=f"L{rung}")
        number += 2
        name = dice.choice(INPUTS + FLAGS)
        wired = '<connectionPointIn><connection refLocalId="{}"/></connectionPointIn>'
        told = {"negated": dice.choice(("true", "false")), "edge": dice.choice(("", "", "rising"))}
        text += element(
            "contact", number, f"{wired.format(0)}<variable>{name}</variable>", 10, y + 10, **told
        )
        inner = f"{wired.format(number)}<variable>{dice.choice(FLAGS)}</variable>"
        way = dice.choice(("coil", "coil", "jump", "return"))
        if way == "coil":
            text += element("coil", number + 1, inner, 20, y + 20, storage=dice.choice(("", "set", "reset")))
        elif way == "jump":
            text += element(
                "jump",
                number + 1,
                wired.format(number),
                20,
                y + 20,
                label=f"L{rung + 1 + dice.randint(0, 1)}",
            )
        else:
            text += element("return", number + 1, wired.format(number), 20, y + 20)
    for rest in (rung + 1, rung + 2):
        text += element("label", 9000 + rest, "", 0, 100 * rest + 50, label=f"L{rest}")
    _compared(text, "LD", {}, seed)
