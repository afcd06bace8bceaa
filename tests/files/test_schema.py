from __future__ import annotations

import json
import re
from typing import Any

import pytest
from json_schema import valid
from scene_fakes import DECLARATIONS, SAMPLE

from commissioning.files.scene_text import load
from commissioning.files.schema import scene_schema, schema_text

SCHEMA = scene_schema(DECLARATIONS)


def test_that_the_scene_of_the_contract_fits_the_schema() -> None:
    assert valid(SCHEMA, load(SAMPLE).tree, SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    width:", "    widht:"),
        ("scenarios:", "scenarois:"),
        ("type: station", "type: staton"),
        ("    length: 3 m\n", ""),
        ("length: 3 m", "length: 3 s"),
        ("length: 3 m", "length: 0"),
        ("{xyz: [0, 0, 0.75]}", "{rpy: [0, 0, 90]}"),
        ("accumulating: false", "accumulating: no"),
        ("sd: 0.5 s", "sdd: 0.5 s"),
        ("exponential: 4 s", "exponentail: 4 s"),
        (", at: 2.8 m", ""),
        (", pose: {xyz: [1 m, -0.6 m, 1 m]}", ""),
        ("  out:", "  9out:"),
        ("{blocked: I_PE1}", "{blockd: I_PE1}"),
        ("type: BOOL", "type: BOOOL"),
        ("%QX0.0", "Q0.0"),
        ("push: estop", "psh: estop"),
        ("push: estop", "push: estop, press: start"),
        ("scene/1", "scene/2"),
        ("[0.30 m, 0.20 m, 0.20 m]", "[0.30 m, 0.20 m]"),
        ("10 ms}}}", "10 ms}}, program: x}"),
    ],
)
def test_that_an_editor_would_mark_the_mistake(old: str, new: str) -> None:
    assert old in SAMPLE
    assert not valid(SCHEMA, load(SAMPLE.replace(old, new, 1)).tree, SCHEMA)


@pytest.mark.parametrize(
    ("dimension", "good", "bad"),
    [
        ("length", ["3 m", "300mm", 3, 0.5, " 3 m ", "-1e-3 km"], ["3 s", "m", "3 m m", True, None]),
        ("duration", ["8h", "PT8H", "1 h 30 min", 2.5, "20 ms"], ["8 hours", "8 m", "P"]),
        ("rate", ["900/h", "15 1/min", 0.25], ["900 h"]),
        ("share", ["95 %", 0.95, "0.95"], ["95 percent"]),
        ("angle", ["90 deg", "1 rad", 0], [90, "90"]),
    ],
)
def test_that_quantities_are_recognised(dimension: str, good: list[Any], bad: list[Any]) -> None:
    part = SCHEMA["$defs"][f"quantity_{dimension}"]
    assert [valid(part, value, SCHEMA) for value in good] == [True] * len(good)
    assert [valid(part, value, SCHEMA) for value in bad] == [False] * len(bad)


def test_that_the_text_is_stable_json_with_every_reference_resolved() -> None:
    text = schema_text(DECLARATIONS)
    assert text == schema_text(dict(reversed(DECLARATIONS.items())))
    assert json.loads(text) == SCHEMA
    references = set(re.findall(r'"#/\$defs/([^"]+)"', text))
    assert references <= SCHEMA["$defs"].keys()
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text):
        re.compile(json.loads(pattern))
