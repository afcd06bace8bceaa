"""Faults that an independent review found, each by the experiment that showed it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun, Run
from commissioning.model.problem import Problems
from commissioning.sim.snapshot import SnapshotError

SCENES = Path(__file__).parents[2] / "scenes"
S = 1_000_000_000

SMALL = """
format: commissioning-scene/1
products: {wide: {size: [0.3 m, 0.4 m, 0.2 m]}, narrow: {size: [0.3 m, 0.1 m, 0.2 m]}}
devices:
  src: {type: source, product: PRODUCT, every: 100 s, first: 0 s, limit: 1, to: b}
  b: {type: belt, length: 3 m, speed: 0.5 m/s, to: out, tags: {run: Q_Run}}
  pu:
    { type: pusher, along: b, at: 1 m, face: 0.6 m, stroke: 0.5 m, speed: 0.5 m/s, to: bin,
      tags: {extend: Q_Push} }
  bin: {type: sink}
  out: {type: sink}
tags:
  Level: {type: LREAL}
"""


@pytest.fixture
def scene(tmp_path: Path) -> Callable[[str], LoadedScene]:
    return lambda product: load_text(SMALL.replace("PRODUCT", product), tmp_path / "scene.yaml")


@pytest.mark.parametrize("product", ["wide", "narrow"])
def test_that_a_pusher_reaches_parts_of_every_width(
    scene: Callable[[str], LoadedScene], product: str
) -> None:
    """The face meets the wide one after (0.5 - 0.4)/2 m and the narrow one after (0.5 - 0.1)/2 m."""
    run = Run(scene(product))
    run.write("Q_Run", True)
    run.advance("2.3 s")  # the front is at 1.15 m: the centre is in the middle of the face
    run.write("Q_Run", False)
    run.write("Q_Push", True)
    run.advance("10 s")
    gap = {"wide": 0.05, "narrow": 0.2}[product]
    moved = [int(r["t"]) for r in run.journal.records() if r["kind"] == 7 and r["aux"] == 3]
    assert moved == [2_300_000_000 + round(gap / 0.5 * 1e9)]
    assert run.tags["bin.count"].value == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_that_a_value_that_is_no_number_is_recorded_and_runs_again(
    scene: Callable[[str], LoadedScene], tmp_path: Path, value: float
) -> None:
    loaded = scene("wide")
    run = Run(loaded)
    recorded = RecordedRun(run, loaded, tmp_path / "a.rec")
    run.force("Level", value)
    recorded.advance_to(2 * S)
    run.release("Level")
    recorded.advance_to(3 * S)
    recorded.close()
    result = verify(tmp_path / "a.rec")
    assert result.same, result.difference


def test_that_a_run_made_from_inputs_takes_more_and_still_runs_again(tmp_path: Path) -> None:
    loaded = load(SCENES / "carton_line")
    first = Run(loaded, 1, "")
    first.advance("1 s")
    first.operate("start", "press")
    first.advance("5 s")
    again = Run(loaded, 1, "", inputs=first.inputs.log)
    recorded = RecordedRun(again, loaded, tmp_path / "a.rec")
    recorded.advance_to(9 * S)
    again.operate("estop", "push")
    recorded.advance_to(12 * S)
    recorded.close()
    result = verify(tmp_path / "a.rec")
    assert result.same, result.difference


def test_that_a_restored_run_is_recorded_with_its_beginning(tmp_path: Path) -> None:
    """The snapshot lies past the first chunk of 4,096 records; the recording re-runs from time 0."""
    loaded = load(SCENES / "carton_line")
    live = Run(loaded, 1, "production")
    live.advance("20 min")
    assert live.journal.length > 8192
    copy = Run.restore(loaded, live.snapshot())
    recorded = RecordedRun(copy, loaded, tmp_path / "a.rec")
    recorded.advance_to(1500 * S)
    recorded.close()
    live.advance_to(1500 * S)
    assert copy.journal.digest() == live.journal.digest()
    result = verify(tmp_path / "a.rec")
    assert result.rerun == result.recorded == live.journal.digest()
    assert copy.counts_from_ns == 1200 * S


def test_that_a_snapshot_of_another_program_is_refused(tmp_path: Path) -> None:
    good, faulty = load(SCENES / "carton_line"), tmp_path / "scene"
    for name, content in good.files.items():
        (faulty / name).parent.mkdir(parents=True, exist_ok=True)
        (faulty / name).write_bytes(content.replace(b"T#600ms", b"T#700ms"))
    other = load(faulty)
    assert other.scene.hash == good.scene.hash
    with pytest.raises(SnapshotError, match="another program"):
        Run.restore(other, Run(good).snapshot())


def test_that_an_instant_that_never_ends_is_a_problem_that_names_the_device(tmp_path: Path) -> None:
    from commissioning.sim.device import Device

    class Spinner(Device):
        declaration = load(SCENES / "carton_line").types["device", "sink"].declaration

        def start(self) -> None:
            self.line.kernel.call_at(5 * S, self.spin)

        def spin(self, _: object) -> None:
            self.line.kernel.call_at(self.line.kernel.now, self.spin)

    loaded = load_text(SMALL.replace("PRODUCT", "wide"), tmp_path / "scene.yaml")
    types = dict(loaded.types)
    types["device", "sink"] = Spinner
    object.__setattr__(loaded, "types", types)
    run = Run(loaded)
    run.advance("10 s")
    assert run.problem is not None
    assert run.now_ns == 5 * S
    assert run.problem.where.id in ("bin", "out")
    assert "one instant" in run.problem.what


def test_that_an_inverted_input_has_its_value_before_anybody_wrote_the_tag(tmp_path: Path) -> None:
    text = SMALL.replace("PRODUCT", "wide").replace("{run: Q_Run}", "{run: {tag: Q_Halt, invert: true}}")
    run = Run(load_text(text, tmp_path / "scene.yaml"))
    assert run.tags["b.run"].value is True
    assert run.tags["b.moving"].value is True
    with pytest.raises(PermissionError):
        run.write("b.run", False)
    run.write("Q_Halt", True)
    assert run.tags["b.run"].value is False


def test_that_a_link_out_of_the_scenes_folder_is_refused(tmp_path: Path) -> None:
    good = load(SCENES / "carton_line")
    folder = tmp_path / "scene"
    (folder / "plc").mkdir(parents=True)
    (folder / "scene.yaml").write_bytes(good.files["scene.yaml"])
    secret = tmp_path / "secret.st"
    secret.write_bytes(good.files["plc/main.st"])
    (folder / "plc" / "main.st").symlink_to(secret)
    with pytest.raises(Problems, match="outside the scene"):
        load(folder)


@pytest.mark.parametrize("seed", [-1, 1 << 63, 2.0, True, "7"])
def test_that_a_seed_that_no_recording_could_hold_is_refused(
    scene: Callable[[str], LoadedScene], seed: Any
) -> None:
    with pytest.raises(ValueError, match="a seed is a whole number"):
        Run(scene("wide"), seed)
