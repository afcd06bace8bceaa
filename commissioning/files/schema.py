"""JSON Schema (draft 2020-12) of the scene file for editors, generated from the declarations.

It says what an editor can show while one types: keys, types, units, choices. What needs the whole scene
(references, owners, places) is checked by `model.validate` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from commissioning.files.experiment_schema import experiment_schema
from commissioning.model.declare import REQUIRED, Declarations, Param, Port, TypeDeclaration
from commissioning.model.dimensions import DIMENSIONS, Dimension
from commissioning.model.duration import EXAMPLES
from commissioning.model.experiment import EXPERIMENT
from commissioning.model.frozen import FrozenDict
from commissioning.model.record import State
from commissioning.model.tags import DataType
from commissioning.model.validate import FORMAT

Schema = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: Final = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_ID: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"
_REFERENCES: Final = ("product", "device", "track", "controller", "link", "scenario", "tag")


def scene_schema(declarations: Declarations) -> Schema:
    """The schema as plain data, in a stable order."""
    able = [item for item in declarations.values() if item.kind in ("device", "controller")]
    actions = sorted({action for item in able for action in item.actions})
    return {
        "$schema": DIALECT,
        "title": "Scene of a production line",
        "type": "object",
        "required": ["format"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT, "description": "format and version of this file"},
            "name": {"type": "string", "description": "of the line"},
            "products": _section({"$ref": "#/$defs/product"}, "what parts are"),
            "devices": _section(_by_type("device", declarations), "placed things with behaviour"),
            "controllers": {
                "anyOf": [
                    {"const": "none"},
                    _section(_by_type("controller", declarations), "what decides"),
                ]
            },
            "tags": {**_section({"$ref": "#/$defs/tag"}, "PLC variables"), "propertyNames": {}},
            "links": _section(_by_type("link", declarations), "connections over a protocol"),
            "scenarios": _section({"$ref": "#/$defs/scenario"}, "stimulus over time"),
            "checks": _section(_by_type("check", declarations), "requirements on runs"),
            "experiments": _section({"$ref": "#/$defs/experiment"}, "replications and what-if sweeps"),
            "run": {"$ref": "#/$defs/run"},
        },
        "$defs": {
            **{f"quantity_{name}": _quantity(DIMENSIONS[name]) for name in sorted(DIMENSIONS)},
            "distribution": _distribution(),
            "pose": _pose(),
            "target": _target(),
            "binding": _binding(),
            "power": _power(),
            "product": _product(),
            "tag": _tag(),
            "scenario": _scenario(actions),
            "run": _run(),
            "experiment": experiment_schema(_object(EXPERIMENT)),
            **{
                f"{item.kind}_{item.type}": _type(item)
                for item in sorted(declarations.values(), key=lambda item: (item.kind, item.type))
            },
        },
    }


def schema_text(declarations: Declarations) -> str:
    """The schema as the text of a file: two spaces, one newline at the end."""
    return json.dumps(scene_schema(declarations), indent=2, ensure_ascii=False) + "\n"


def _section(entry: Schema, description: str) -> Schema:
    return {
        "type": ["object", "null"],
        "description": description,
        "propertyNames": {"pattern": _ID},
        "additionalProperties": entry,
    }


def _by_type(kind: str, declarations: Declarations) -> Schema:
    names = sorted(item.type for item in declarations.values() if item.kind == kind)
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": names}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/{kind}_{name}"},
            }
            for name in names
        ],
    }


def _type(declaration: TypeDeclaration) -> Schema:
    schema = _object(declaration.params)
    schema["description"] = declaration.help
    properties = schema["properties"]
    properties["type"] = {"const": declaration.type}
    schema["required"] = ["type", *schema.get("required", [])]
    if declaration.kind != "device":
        return schema
    properties["asset"] = {"type": "string", "description": "mesh file, relative to the scene"}
    properties["power"] = {"$ref": "#/$defs/power"}
    if declaration.places != "along":
        properties["pose"] = {"$ref": "#/$defs/pose"}
    if declaration.places == "along" or declaration.may_along:
        properties["along"] = {"type": "string", "description": "the track it stands along"}
        properties["at"] = {"$ref": "#/$defs/quantity_length", "description": "from the track's infeed"}
    if declaration.places == "along":
        schema["required"] += ["along", "at"]
    elif declaration.places == "pose" and not declaration.may_along:
        schema["required"] += ["pose"]
    if declaration.outputs or declaration.outputs_from:
        properties["to"] = _to(declaration)
        if declaration.outputs_required or declaration.outputs_from:
            schema["required"] += ["to"]
    if declaration.ports:
        properties["tags"] = {
            "type": ["object", "null"],
            "description": "port: tag",
            "additionalProperties": False,
            "properties": {port.name: _port(port) for port in declaration.ports},
        }
    return schema


def _port(port: Port) -> Schema:
    side = "PLC input" if port.direction == "out" else "PLC output"
    return {"$ref": "#/$defs/binding", "description": f"{port.help} ({port.type}, {side})"}


def _to(declaration: TypeDeclaration) -> Schema:
    exits = [output for output in declaration.outputs if output]
    several = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/target"} if declaration.outputs_from else False,
        "properties": {output: {"$ref": "#/$defs/target"} for output in exits},
    }
    if "" not in declaration.outputs:
        return several
    plain = {"$ref": "#/$defs/target", "description": "what takes the parts"}
    return {"anyOf": [plain, several]} if exits else plain


def _object(params: tuple[Param, ...]) -> Schema:
    schema: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {param.name: _param(param) for param in params},
    }
    required = [param.name for param in params if param.required]
    if required:
        schema["required"] = required
    return schema


def _param(param: Param) -> Schema:
    schema: Schema = {"description": param.help, **_kind(param)}
    if param.example:
        schema["examples"] = [param.example]
    if param.default is not REQUIRED and isinstance(param.default, str | bool | int | float):
        schema["default"] = param.default
    return schema


def _kind(param: Param) -> Schema:
    if param.by_product:
        each = _kind(replace(param, by_product=param.by_product - 1))
        table = {"type": "object", "minProperties": 1, "additionalProperties": each}
        return {"anyOf": [each, {**table, "description": "by product"}]}
    kind = param.kind
    if kind in DIMENSIONS:
        return _bounded(kind, param)
    if kind == "distribution":
        always = {"anyOf": [{"const": "always"}, {"$ref": "#/$defs/distribution"}]}
        return always if param.always else {"$ref": "#/$defs/distribution"}
    if kind == "boolean":
        return {"type": "boolean"}
    if kind == "integer":
        return {"type": "integer", **_bounds(param)}
    if kind == "choice":
        return {"enum": list(param.choices)}
    if kind in ("text", "expression", "file") or kind in _REFERENCES:
        return {"type": "string", "minLength": 1}
    if kind == "clock":
        clock = {"type": "string", "pattern": r"^\s*\d{1,3}:[0-5]\d(:[0-5]\d)?\s*$"}
        return {"anyOf": [clock, {"$ref": "#/$defs/quantity_duration"}]}
    if kind == "mapping" and param.item is not None:
        return _table(param, param.item)
    if kind == "mapping":
        return _object(param.fields) if param.fields else {"type": "object"}
    if kind == "list":
        array: Schema = {"type": "array", "minItems": 1} if param.at_least_one else {"type": "array"}
        return {**array, "items": _param(param.item)} if param.item is not None else array
    return {}


def _table(param: Param, item: Param) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": _param(item)}
    if param.choices:
        schema["propertyNames"] = {"enum": list(param.choices)}
    return {**schema, "minProperties": 1} if param.at_least_one else schema


def _bounds(param: Param) -> Schema:
    pairs = (
        ("minimum", param.minimum), ("maximum", param.maximum), ("exclusiveMinimum", param.exclusive_minimum),
    )  # fmt: skip
    return {key: value for key, value in pairs if value is not None}


def _bounded(kind: str, param: Param) -> Schema:
    """A quantity; bounds bind plain (SI) numbers only, a pattern cannot compare."""
    bounds = _bounds(param)
    if kind == "duration" and not bounds.keys() & {"minimum", "exclusiveMinimum"}:
        bounds["minimum"] = 0
    reference = {"$ref": f"#/$defs/quantity_{kind}"}
    return {"allOf": [reference, bounds]} if bounds else reference


def _quantity(dimension: Dimension) -> Schema:
    units = "|".join(re.escape(unit).replace(r"\ ", " ") for unit in dimension.units if unit != "1")
    pattern = rf"^\s*{_NUMBER}\s*({units})?\s*$" if units else rf"^\s*{_NUMBER}\s*$"
    if dimension.name == "duration":
        pattern = rf"^\s*(P[0-9WDTHMS.]+|{_NUMBER}|({_NUMBER}\s*({units})\s*)+)\s*$"
    elif not dimension.plain:
        pattern = rf"^\s*{_NUMBER}\s*({units})\s*$"
    number: Schema = {"type": "number"} if dimension.plain else {"const": 0}
    return {
        "description": f"{dimension.name.replace('_', ' ')}, like {dimension.example}",
        "anyOf": [number, {"type": "string", "pattern": pattern, "examples": [dimension.example]}],
    }


def _distribution() -> Schema:
    time: Schema = {"$ref": "#/$defs/quantity_duration"}

    def pair(name: str, other: Schema) -> Schema:
        return {
            "type": "object", "required": ["mean", name], "additionalProperties": False,
            "properties": {"mean": time, name: other},
        }  # fmt: skip

    def several(count: int) -> Schema:
        return {"type": "array", "items": time, "minItems": count, "maxItems": count}

    only_mean = _closed({"mean": time}, ("mean",))
    bodies: Mapping[str, Schema] = FrozenDict(
        {
            "exponential": {"anyOf": [time, only_mean]},
            "normal": pair("sd", time),
            "lognormal": pair("sd", time),
            "erlang": pair("k", {"type": "integer", "minimum": 1, "maximum": 1000}),
            "uniform": several(2),
            "triangular": several(3),
            "weibull": pair("shape", {"type": "number", "minimum": 0.1, "maximum": 1000}),
            "empirical": {"type": "string", "minLength": 1},
            "geometric": {"$ref": "#/$defs/quantity_share"},
            "bernoulli": {"$ref": "#/$defs/quantity_share"},
        }
    )
    named = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {name: {**body, "description": EXAMPLES[name]} for name, body in bodies.items()},
    }
    return {"description": "a duration or its distribution", "anyOf": [time, named]}


def _three(dimension: str) -> Schema:
    items = {"$ref": f"#/$defs/quantity_{dimension}"}
    return {"type": "array", "items": items, "minItems": 3, "maxItems": 3}


def _closed(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def _pose() -> Schema:
    schema = _closed({"xyz": _three("length"), "rpy": _three("angle")})
    return {**schema, "minProperties": 1, "description": "place in the world; rpy is intrinsic z-y-x"}


def _target() -> Schema:
    merge = _closed({"device": {"type": "string"}, "at": {"$ref": "#/$defs/quantity_length"}}, ("device",))
    return {"anyOf": [{"type": "string", "minLength": 1}, merge]}


def _binding() -> Schema:
    long_form = _closed(
        {
            "tag": {"type": "string", "minLength": 1},
            "invert": {"type": "boolean"},
            "bit": {"type": "integer", "minimum": 0, "maximum": 63},
            "scale": {"$ref": "#/$defs/quantity_number"},
            "delay": {"$ref": "#/$defs/quantity_duration"},
        },
        ("tag",),
    )
    return {"anyOf": [{"type": "string", "minLength": 1}, long_form]}


def _power() -> Schema:
    watts: Schema = {"$ref": "#/$defs/quantity_power"}
    return {
        "description": "electrical power by state",
        **_closed({state.name.lower(): watts for state in State}),
    }


def _product() -> Schema:
    return _closed(
        {
            "size": {**_three("length"), "description": "along travel, across, up"},
            "mass": {"$ref": "#/$defs/quantity_mass"},
            "colour": {"type": "string"},
            "asset": {"type": "string"},
        },
        ("size",),
    )


def _tag() -> Schema:
    schema = _closed(
        {
            "type": {"enum": [item.value for item in DataType]},
            "controller": {"type": "string"},
            "path": {"type": "string"},
            "address": {"type": "string", "pattern": r"^%[IQM][XBWDL]?\d+(\.\d+)*$"},
            "comment": {"type": "string"},
        }
    )
    return {**schema, "type": ["object", "null"]}


def _scenario(actions: list[str]) -> Schema:
    names = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    values = {"type": "object", "minProperties": 1}
    words: Schema = dict.fromkeys((*actions, "release", "clear"), names)
    words |= dict.fromkeys(("force", "set", "fault"), values)
    step = _closed({"at": {"$ref": "#/$defs/quantity_duration"}, **words}, ("at",))
    step |= {"minProperties": 2, "maxProperties": 2}
    return _closed({"steps": {"type": "array", "items": step}}, ("steps",))


def _run() -> Schema:
    return _closed(
        {
            "length": {"$ref": "#/$defs/quantity_duration"},
            "seed": {"type": "integer", "minimum": 0},
            "scenario": {"type": ["string", "null"]},
        }
    )
