"""What an editor can mark of an experiment while one types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from json_schema import valid

from commissioning.files.scene_text import load
from commissioning.files.schema import scene_schema
from commissioning.registry import declarations

SCHEMA = scene_schema(declarations())
SCENES = Path(__file__).parents[2] / "scenes"


def fits(body: str) -> bool:
    text = f"format: commissioning-scene/1\nexperiments:\n  it: {body}\n"
    tree: Any = load(text).tree
    return valid(SCHEMA, tree, SCHEMA)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "",
        "{for: 8 h, warm_up: 10 min, replications: 20, precision: 1 %, confidence: 95 %, baseline: none}",
        "{warm_up: auto, measures: [out.throughput, pack.mean_time], help: how fast}",
        "{variants: {slow: {pack.cycle: {normal: {mean: 4 s, sd: 0.3 s}}, products.carton.mass: 2 kg}}}",
        "{sweep: {belt2.speed: [0.3 m/s, 0.4 m/s], belt1.gap: [60 mm]}}",
    ],
)
def test_that_what_an_experiment_may_say_fits(body: str) -> None:
    assert fits(body)


@pytest.mark.parametrize(
    "body",
    [
        "{fro: 8 h}",
        "{for: 8 m}",
        "{for: 0}",
        "{warm_up: automatic}",
        "{replications: 0}",
        "{replications: 2.5}",
        "{precision: 0}",
        "{measures: []}",
        "{measures: [out.thruput]}",
        "{measures: out.throughput}",
        "{variants: {base: {belt1.speed: 1 m/s}}}",
        "{variants: {slow: {}}}",
        "{variants: {slow: {speed: 1 m/s}}}",
        "{sweep: {belt1.speed: 1 m/s}}",
        "{sweep: {belt1.speed: []}}",
        "{sweep: {}}",
        "[1]",
    ],
)
def test_that_an_editor_marks_what_it_may_not(body: str) -> None:
    assert not fits(body)


def test_that_the_shipped_experiments_fit() -> None:
    """They are also read and run elsewhere; here an editor must not mark them."""
    seen = 0
    for file in sorted(SCENES.glob("*/scene.yaml")):
        tree = load(file.read_bytes()).tree
        seen += len(tree.get("experiments") or {})
        assert valid(SCHEMA, tree, SCHEMA), file
    assert seen
