"""The part of the scene's JSON Schema that says what an experiment looks like.

A schema knows the words and the shapes: that a parameter is named by device, dot, name, that a sweep has
lists. Whether there is such a parameter, and what values it takes, `validate` tells.
"""

from __future__ import annotations

from typing import Any

from commissioning.model.experiment import BASE, FIGURES

__all__ = ["experiment_schema"]

Schema = dict[str, Any]
_ADDRESS = {"pattern": r"^[^.\s]+(\.[^.\s]+)+$"}


def experiment_schema(plain: Schema) -> Schema:
    """`plain`: the schema of its declared parameters (`model.experiment.EXPERIMENT`), refined here."""
    properties = dict(plain["properties"])
    figures = "|".join(FIGURES)
    refined: dict[str, Schema] = {
        "warm_up": {"anyOf": [{"const": "auto"}, {"$ref": "#/$defs/quantity_duration"}]},
        "measures": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "pattern": rf"^[^\s]+\.({figures})$"},
        },
        "variants": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": rf"^(?!({BASE}|none)$)\S"},
            "additionalProperties": {"type": "object", "minProperties": 1, "propertyNames": _ADDRESS},
        },
        "sweep": {
            "type": ["object", "null"],
            "minProperties": 1,
            "propertyNames": _ADDRESS,
            "additionalProperties": {"type": "array", "minItems": 1},
        },
    }
    for name, more in refined.items():
        said = {key: value for key, value in properties[name].items() if key in ("description", "examples")}
        properties[name] = {**said, **more}
    return {
        **plain,
        "type": ["object", "null"],
        "description": "replications of variants, compared",
        "properties": properties,
    }
