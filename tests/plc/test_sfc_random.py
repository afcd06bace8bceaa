"""Random sequential function charts against an interpreter of the standard's rules, scan by scan."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.plc import Plc, compile_st

sys.path.insert(0, str(Path(__file__).parent))

from sfc_reference import INPUTS, MS, Builder, Reference, text_of

VARIABLES = "VAR i0, i1, i2, var0, var1 : BOOL; "
COUNTED = (
    "number : LINT; act0_q, act1_q, act2_q, act0_a, act1_a, act2_a, act0_k, act1_k, act2_k : LINT; END_VAR"
)
SHOWN = "act0_y, act1_y, act2_y : BOOL; END_VAR"


def counting(name: str) -> str:
    """How often it was executed with and without its flag, and as the how manieth of all."""
    told = f"IF {name}.Q THEN {name}_q := {name}_q + 1; ELSE {name}_a := {name}_a + 1; END_IF"
    return f"number := number + 1; {name}_k := number; {told}"


def showing(name: str) -> str:
    return f"{name}_y := {name}.Q;"


def storm(seed: int, scans: int) -> list[dict[str, bool]]:
    """Inputs scan by scan, each changing now and then."""
    source = random.Random(seed)
    values = dict.fromkeys(INPUTS, False)
    rows = []
    for _ in range(scans):
        for name in INPUTS:
            if source.random() < 0.15:
                values[name] = not values[name]
        rows.append(dict(values))
    return rows


def states(plc: Plc, reference: Reference) -> tuple[list[object], list[object]]:
    """What the PLC shows and what the rules say, of steps, their times and Boolean variables."""
    shown: list[object] = []
    wanted: list[object] = []
    for step in reference.chart.steps:
        shown += [plc[f"MAIN.{step}.X"], plc[f"MAIN.{step}.T"]]
        wanted += [reference.x[step], reference.t[step]]
    for name, value in reference.variables.items():
        shown.append(plc[f"MAIN.{name}"])
        wanted.append(value)
    return shown, wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_that_charts_go_as_the_rules_of_the_standard_say(seed: int) -> None:
    chart = Builder(seed).chart()
    plc = compile_st(text_of(chart, counting, VARIABLES + COUNTED)).start()
    reference = Reference(chart)
    counts: dict[str, int] = {}
    number, now = 0, 0
    for row in storm(seed, 80):
        for name, value in row.items():
            plc[f"MAIN.{name}"] = value
        reference.inputs = row
        plc.scan(now)
        reference.scan(now)
        for name, flag in reference.executed:
            number += 1
            counts[f"{name}_k"] = number
            key = f"{name}_{'q' if flag else 'a'}"
            counts[key] = counts.get(key, 0) + 1
        shown, wanted = states(plc, reference)
        assert shown == wanted, text_of(chart, counting, "")
        for name in chart.actions:
            for ending in "qak":
                assert plc[f"MAIN.{name}_{ending}"] == counts.get(f"{name}_{ending}", 0)
        now += random.Random(now + seed).choice((5, 10, 10, 15)) * MS


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_that_skipping_scans_changes_nothing_in_a_chart(seed: int) -> None:
    """Steps, variables and flags are the same in every scan; times are worked out in scans only."""
    chart = Builder(seed).chart()
    text = text_of(chart, showing, VARIABLES + SHOWN)
    every, some = compile_st(text).start(), compile_st(text).start()
    rows = storm(seed // 2, 400)
    executed = 0
    for number, row in enumerate(rows):
        now = number * 10 * MS
        for plc in (every, some):
            for name, value in rows[number - number % 25].items() if number else row.items():
                plc[f"MAIN.{name}"] = value
        every.scan(now)
        due = some.deadline()
        if number == 0 or not some.settled() or some.disturbed() or (due is not None and due <= now):
            some.scan(now)
            executed += 1
        for step in chart.steps:
            assert some[f"MAIN.{step}.X"] == every[f"MAIN.{step}.X"], text
        for name in (*chart.variables, *(f"{name}_y" for name in chart.actions)):
            assert some[f"MAIN.{name}"] == every[f"MAIN.{name}"], text
    assert executed <= 400


@pytest.mark.parametrize("seed", range(3))
def test_that_a_chart_goes_on_from_a_snapshot(seed: int) -> None:
    chart = Builder(seed + 40).chart()
    program = compile_st(text_of(chart, counting, VARIABLES + COUNTED))
    plc, rows = program.start(), storm(seed, 120)
    branch = program.start()
    for number, row in enumerate(rows):
        for other in (plc, branch) if number > 60 else (plc,):
            for name, value in row.items():
                other[f"MAIN.{name}"] = value
            other.scan(number * 10 * MS)
        if number == 60:
            branch.restore(plc.snapshot())
        if number >= 60:
            assert branch.snapshot() == plc.snapshot()
