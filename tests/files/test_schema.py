from __future__ import annotations

import json
import re
from typing import Any

import pytest
from scene_fakes import DECLARATIONS, SAMPLE

from commissioning.files.scene_text import load
from commissioning.files.schema import scene_schema, schema_text

SCHEMA = scene_schema(DECLARATIONS)
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,),
    "number": (int, float), "null": (type(None),),
}  # fmt: skip
KNOWN = {
    "$schema", "title", "description", "examples", "default", "$defs", "$ref", "type", "const", "enum",
    "pattern", "minLength", "minimum", "maximum", "exclusiveMinimum", "properties", "additionalProperties",
    "propertyNames", "required", "minProperties", "maxProperties", "items", "minItems", "maxItems", "anyOf",
    "allOf", "if", "then",
}  # fmt: skip


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def valid(schema: dict[str, Any], value: Any) -> bool:
    """The part of JSON Schema 2020-12 that the generated schema uses, straight from the specification."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        target = SCHEMA
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        if not valid(target, value):
            return False
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, name) for name in names):
            return False
    checks = [
        "const" not in schema or value == schema["const"],
        "enum" not in schema or value in schema["enum"],
        "anyOf" not in schema or any(valid(part, value) for part in schema["anyOf"]),
        all(valid(part, value) for part in schema.get("allOf", [])),
        "if" not in schema or not valid(schema["if"], value) or valid(schema["then"], value),
    ]
    if isinstance(value, str):
        checks += [re.search(schema.get("pattern", ""), value) is not None]
        checks += [len(value) >= schema.get("minLength", 0)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        checks += [schema.get("minimum", value) <= value <= schema.get("maximum", value)]
        checks += ["exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]]
    if isinstance(value, dict):
        checks += [schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value))]
        checks += [key in value for key in schema.get("required", [])]
        named = schema.get("properties", {})
        other = schema.get("additionalProperties", True)
        for key, item in value.items():
            checks.append(valid(schema.get("propertyNames", {}), key))
            part = named.get(key, other)
            checks.append(part if isinstance(part, bool) else valid(part, item))
    if isinstance(value, list):
        checks += [schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))]
        checks += [valid(schema.get("items", {}), item) for item in value]
    return all(checks)


def test_that_the_scene_of_the_contract_fits_the_schema() -> None:
    assert valid(SCHEMA, load(SAMPLE).tree)


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
    assert not valid(SCHEMA, load(SAMPLE.replace(old, new, 1)).tree)


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
    assert [valid(part, value) for value in good] == [True] * len(good)
    assert [valid(part, value) for value in bad] == [False] * len(bad)


def test_that_the_text_is_stable_json_with_every_reference_resolved() -> None:
    text = schema_text(DECLARATIONS)
    assert text == schema_text(dict(reversed(DECLARATIONS.items())))
    assert json.loads(text) == SCHEMA
    references = set(re.findall(r'"#/\$defs/([^"]+)"', text))
    assert references <= SCHEMA["$defs"].keys()
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text):
        re.compile(json.loads(pattern))
