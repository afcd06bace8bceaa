"""Who may write a PLC output is what the type of its controller declares, whatever it is called."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commissioning.bench.load import LoadedScene, load_text
from commissioning.sim.link import link_tags
from commissioning.sim.run import Run

SCENE = """
format: commissioning-scene/1
devices: {lamp: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {red: Q_Red}}}
controllers: {outside: {type: none}}
links: {hmi: {type: opcua_server}}
"""


def declaring(loaded: LoadedScene, *, writes_outputs: bool) -> LoadedScene:
    """The same scene with a type of controller that declares this."""
    old = loaded.types["controller", "none"]
    declaration = replace(old.declaration, writes_outputs=writes_outputs)
    made = type("Made", (old,), {"declaration": declaration})
    return replace(loaded, types={**loaded.types, ("controller", "none"): made})


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedScene:
    return load_text(SCENE, tmp_path / "scene.yaml")


def test_that_outputs_of_a_controller_that_writes_none_may_be_written_from_outside(
    loaded: LoadedScene,
) -> None:
    for scene in (loaded, declaring(loaded, writes_outputs=False)):
        run = Run(scene)
        run.write("Q_Red", True)
        assert run.tags["lamp.red"].value is True
        (tag,) = link_tags(scene.scene, run.tags.signals, "hmi", real=False)
        assert tag.writable


def test_that_outputs_of_a_controller_that_writes_them_may_not(loaded: LoadedScene) -> None:
    scene = declaring(loaded, writes_outputs=True)
    run = Run(scene)
    with pytest.raises(PermissionError, match="is written by outside"):
        run.write("Q_Red", True)
    (tag,) = link_tags(scene.scene, run.tags.signals, "hmi", real=False)
    assert not tag.writable
