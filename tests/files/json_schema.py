"""The part of JSON Schema 2020-12 that the generated schema uses, straight from the specification."""

from __future__ import annotations

import re
from typing import Any

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


def valid(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Whether `value` is valid; fails on a keyword that is not known here, so that none is ignored."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        if not valid(target, value, root):
            return False
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, name) for name in names):
            return False
    checks = [
        "const" not in schema or value == schema["const"],
        "enum" not in schema or value in schema["enum"],
        "anyOf" not in schema or any(valid(part, value, root) for part in schema["anyOf"]),
        all(valid(part, value, root) for part in schema.get("allOf", [])),
        "if" not in schema or not valid(schema["if"], value, root) or valid(schema["then"], value, root),
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
            checks.append(valid(schema.get("propertyNames", {}), key, root))
            part = named.get(key, other)
            checks.append(part if isinstance(part, bool) else valid(part, item, root))
    if isinstance(value, list):
        checks += [schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))]
        checks += [valid(schema.get("items", {}), item, root) for item in value]
    return all(checks)
