"""Random continuous function charts as TwinCAT draws them, against a walk over the drawing, scan by scan."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from archived_flows import In, Out, Part, flow, read
from drawn_archives import declared, pou, started
from drawn_archives import read as read_file
from walked_flows import FlowWalk

INPUTS = dict.fromkeys(("i0", "i1", "i2"), "BOOL") | {"k0": "INT", "k1": "INT"}
OUTPUTS = dict.fromkeys(("q0", "q1", "q2"), "BOOL") | {"n0": "INT", "n1": "INT"}
BLOCKS = {"TON": ("IN", "PT", "T#30ms"), "R_TRIG": ("CLK", "", ""), "CTU": ("CU", "PV", "2")}


class Drawer:
    """First what the elements are, then what is connected: to any other, before or behind."""

    def __init__(self, seed: int, owner: str) -> None:
        self.random, self.owner = random.Random(seed), owner
        self.labels = 0
        self.blocks: dict[str, str] = {}

    def chart(self) -> list[Part]:
        kinds: list[tuple[str, str, int]] = []  # what it is, what it gives, how many inputs
        for _ in range(self.random.randint(2, 9)):
            kinds.append(self.random.choice((
                ("AND", "BOOL", 3), ("OR", "BOOL", 2), ("XOR", "BOOL", 2), ("NOT", "BOOL", 1),
                ("GT", "BOOL", 2), ("EQ", "BOOL", 2), ("LE", "BOOL", 2), ("ADD", "INT", 2), ("SUB", "INT", 2),
                ("MAX", "INT", 2), ("SEL", "INT", 3), ("MOVE", "INT", 1), ("TON", "BOOL", 1),
                ("R_TRIG", "BOOL", 1), ("CTU", "BOOL", 1), ("q", "", 1), ("q", "", 1), ("n", "", 1),
            )))  # fmt: skip
        kinds += [("q", "", 1), ("n", "", 1)]
        reads = [read(self.name(name)) for name in (*INPUTS, *OUTPUTS)]
        reads += [read(text) for text in ("TRUE", "FALSE", "1", "2", "T#30ms")]
        self.enabled = [self.random.random() < 0.2 for _ in kinds]
        first = len(reads)
        given = {"BOOL": [], "INT": []}  # type: dict[str, list[tuple[int, int]]]
        for place, one in enumerate(reads[:-1]):
            is_bool = place < 3 or 5 <= place < 8 or one.text in ("TRUE", "FALSE")
            given["BOOL" if is_bool else "INT"].append((place, 0))
        for place, (name, gives, _) in enumerate(kinds, start=first):
            if gives:
                behind = int(self.enabled[place - first])
                given[gives].append((place, behind))
                given[gives].append((place, behind))
                if behind:
                    given["BOOL"].append((place, 0))
                if name == "CTU":
                    given["INT"].append((place, behind + 1))
        return reads + [self.part(number, *kind, given, reads) for number, kind in enumerate(kinds)]

    def name(self, text: str) -> str:
        return self.owner + text

    def wire(self, kind: str, given: dict[str, list[tuple[int, int]]], name: str = "") -> In:
        negated = kind == "BOOL" and self.random.random() < 0.2
        via = ""
        if self.random.random() < 0.15:
            self.labels += 1
            via = f"L{self.labels}"
            if kind == "BOOL" and self.random.random() < 0.5:
                via = f"!{via}"
        return In(self.random.choice(given[kind]), name, negated, via)

    def part(
        self,
        number: int,
        name: str,
        gives: str,
        count: int,
        given: dict[str, list[tuple[int, int]]],
        reads: list[Part],
    ) -> Part:
        if name in ("q", "n"):
            target = self.random.choice([v for v in OUTPUTS if v.startswith(name)])
            mark = self.random.choice(("None", "None", "Set", "Reset")) if name == "q" else "None"
            pin = self.wire("BOOL" if name == "q" else "INT", given)
            return Part("output", self.name(target), (pin,), mark=mark)
        enabled = self.enabled[number]
        enable = (self.wire("BOOL", given, "EN"),) if enabled else ()
        eno = (Out("ENO"),) if enabled else ()
        if name in BLOCKS:
            pin, second, value = BLOCKS[name]
            pins = [self.wire("BOOL", given, pin)]
            if second:
                pins.append(In((next(p for p, r in enumerate(reads) if r.text == value), 0), second))
            outs = (Out("Q"), Out("CV")) if name == "CTU" else (Out("Q"),)
            instance = f"fb{number}"
            self.blocks[instance] = name
            return Part("box", name, (*enable, *pins), (*eno, *outs), "FunctionBlock", instance, enabled)
        kind = "INT" if gives == "INT" or name in ("GT", "EQ", "LE") else "BOOL"
        pins = [self.wire("BOOL" if name == "SEL" and place == 0 else kind, given) for place in range(count)]
        negated = gives == "BOOL" and self.random.random() < 0.15
        return Part("box", name, (*enable, *pins), (*eno, Out("", negated)), "Operator", "", enabled)


def compared(seed: int, owner: str, declaration: str) -> bool:
    """Whether the chart could be translated; then every scan is what the walk says."""
    drawer = Drawer(seed, owner)
    parts = drawer.chart()
    blocks = "".join(f"{name} : {kind};\n" for name, kind in drawer.blocks.items())
    text = pou(declaration.replace("END_VAR", f"{blocks}END_VAR", 1), flow(*parts))
    problems = read_file(text)[1]
    if problems:
        assert "does not tell the type" in problems[0].what, problems[0].what
        return False
    structure = "TYPE Both : STRUCT " + "".join(f"{n} : {k}; " for n, k in (INPUTS | OUTPUTS).items())
    plc = started(text, f"{structure}END_STRUCT END_TYPE")
    source = random.Random(seed)
    values: dict[str, Any] = {
        owner + name: False if kind == "BOOL" else 0 for name, kind in (INPUTS | OUTPUTS).items()
    }
    walk = FlowWalk(parts, values)
    for scan in range(20):
        for name, kind in INPUTS.items():
            if source.random() < 0.4:
                values[owner + name] = source.random() < 0.5 if kind == "BOOL" else source.randrange(-3, 4)
                plc[f"MAIN.{owner}{name}"] = values[owner + name]
        plc.run(scans=1)
        walk.scan()
        shown = {name: plc[f"MAIN.{owner}{name}"] for name in OUTPUTS}
        assert shown == {name: values[owner + name] for name in OUTPUTS}, f"scan {scan}"
    return True


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_that_random_charts_do_what_is_drawn(seed: int) -> None:
    """Refused is only what is made of numbers without a type."""
    compared(seed, "", declared(**INPUTS, **OUTPUTS))


def test_that_an_enable_that_is_read_back_is_that_of_the_scan_before() -> None:
    """A box before the enabled one reads its ENO and feeds it: the chart of this number does so."""
    compared(631, "both.", declared(both="Both"))
    compared(631, "", declared(**INPUTS, **OUTPUTS))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_that_charts_of_unknown_types_do_what_is_drawn_or_are_refused(seed: int) -> None:
    compared(seed, "both.", declared(both="Both"))


def test_that_charts_are_translated_as_far_as_types_are_known() -> None:
    assert sum(compared(seed, "", declared(**INPUTS, **OUTPUTS)) for seed in range(60)) > 30
    assert sum(compared(seed, "both.", declared(both="Both")) for seed in range(60)) > 15
