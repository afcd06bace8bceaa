"""Meshes that a scene names: from the file through the guarded worker to what the viewport draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun, make_run
from commissioning.files.packaged import packaged
from commissioning.files.recording import read_recording
from commissioning.model.problem import Problems

SCENE = """format: commissioning-scene/1
name: Meshes
products:
  carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2.5 kg, asset: carton.glb}
devices:
  infeed: {type: source, product: carton, every: 4 s, to: belt1}
  belt1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, width: 0.5 m, speed: 0.4 m/s, to: out}
  out:
    type: sink
    asset: %s
"""


def scene(folder: Path, asset: str) -> Path:
    (folder / "scene.yaml").write_text(SCENE % asset)
    return folder


@pytest.fixture
def with_bin(tmp_path: Path) -> Path:
    """A scene with a mesh of the product's own and one that lies in the scene's folder."""
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "bin.glb").write_bytes(packaged("resources/meshes/tote.glb").read_bytes())
    return scene(tmp_path, "meshes/bin.glb")


def test_that_the_journal_brings_the_meshes_of_the_scene(with_bin: Path) -> None:
    look = make_run(load(with_bin)).journal.header["look"]
    assert set(look["assets"]) == {"carton.glb", "meshes/bin.glb"}
    (body,) = [body for body in look["bodies"] if body["device"] == "out"]
    assert (body["shape"], body["asset"]) == ("mesh", "meshes/bin.glb")
    tote = look["assets"]["meshes/bin.glb"]["vertices"]
    assert (tote.max(axis=0) - tote.min(axis=0)).tolist() == pytest.approx([0.6, 0.4, 0.22])
    assert look["products"][0]["asset"] == "carton.glb"


def test_that_a_recording_carries_the_meshes_and_runs_again(with_bin: Path, tmp_path: Path) -> None:
    loaded = load(with_bin)
    recorded = RecordedRun(make_run(loaded), loaded, tmp_path / "run.recording")
    recorded.advance_to(30_000_000_000)
    recorded.close()
    look = read_recording(tmp_path / "run.recording").header["look"]
    assert set(look["assets"]) == {"carton.glb", "meshes/bin.glb"}
    assert verify(tmp_path / "run.recording").same


@pytest.mark.parametrize(
    ("asset", "word"),
    [
        ("gone.glb", "there is no such file"),
        ("meshes/broken.stl", "not a whole STL file"),
        ("../outside.glb", "outside the scene's folder"),
        ("part.step", "glb, stl, obj, ply are read"),
    ],
)
def test_that_a_mesh_that_cannot_be_used_is_a_problem_with_its_line(
    tmp_path: Path, asset: str, word: str
) -> None:
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "broken.stl").write_bytes(b"\0" * 100)
    with pytest.raises(Problems) as caught:
        load(scene(tmp_path, asset))
    (problem,) = caught.value.problems
    assert word in str(problem)
    assert Path(problem.where.file).name == "scene.yaml"
    assert problem.where.line == SCENE.splitlines().index("    asset: %s") + 1
