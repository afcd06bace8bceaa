from __future__ import annotations

import json
from pathlib import Path

import pytest
from json_schema import valid

from commissioning.files.scene_text import load
from commissioning.files.schema import schema_text
from commissioning.model.declare import TypeDeclaration
from commissioning.model.read_params import check_declaration
from commissioning.registry import declarations

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "resources" / "schema" / "scene.schema.json"
SCENES = sorted((ROOT / "scenes").glob("*/scene.yaml"))


def test_that_the_shipped_schema_is_that_of_the_declarations() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert text == schema_text(declarations()), "run python resources/schema/make_schema.py"


@pytest.mark.parametrize("file", SCENES, ids=lambda file: file.parent.name)
def test_that_a_shipped_scene_fits_the_schema_and_points_to_it(file: Path) -> None:
    text = load(file.read_bytes(), file.name)
    assert text.problems == ()
    assert text.dump().encode() == file.read_bytes()
    schema = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert valid(schema, text.tree, schema)
    first = text.dump().splitlines()[0]
    assert (file.parent / first.partition("$schema=")[2]).resolve() == SHIPPED.resolve()


@pytest.mark.parametrize("declaration", declarations().values(), ids=lambda item: f"{item.kind}-{item.type}")
def test_that_every_declaration_is_sound(declaration: TypeDeclaration) -> None:
    check_declaration(declaration)
    assert declaration.help.endswith(".")
    for item in (*declaration.params, *declaration.ports):
        assert item.help.strip(), item.name
