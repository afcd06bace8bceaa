from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from fake_line import FakeTimeline, header

from commissioning.app.tokens import DARK, LIGHT
from commissioning.viewport.camera import Camera
from commissioning.viewport.frame import Frame, frame_at
from commissioning.viewport.picking import Pick, part_centres
from commissioning.viewport.picture import OffscreenPicture
from commissioning.viewport.stage import Stage

WIDTH, HEIGHT = 480, 320
MOMENT = 3_000_000_000


@pytest.fixture
def stage() -> Iterator[Stage]:
    source = OffscreenPicture()
    source.resize(WIDTH, HEIGHT)
    made = Stage(source, header(), LIGHT.palette)
    made.show(frame_at(FakeTimeline(), MOMENT))
    yield made
    source.close()


def seen(stage: Stage, camera: Camera) -> np.ndarray:
    stage.look_from(camera)
    return stage.source.render().copy()


def whole(stage: Stage, preset: str = "home") -> Camera:
    return Camera().towards(preset).framing(stage.low, stage.high, WIDTH / HEIGHT)


def test_that_the_same_moment_needs_no_new_picture(stage: Stage) -> None:
    assert not stage.show(frame_at(FakeTimeline(), MOMENT))
    assert stage.show(frame_at(FakeTimeline(), MOMENT + 50_000_000))


def test_that_parts_move_in_the_picture(stage: Stage) -> None:
    camera = whole(stage)
    before = seen(stage, camera)
    assert before.std() > 10
    stage.show(frame_at(FakeTimeline(), MOMENT + 500_000_000))
    assert (seen(stage, camera) != before).any(axis=2).sum() > 200


def test_that_every_part_can_be_clicked_from_above(stage: Stage) -> None:
    camera = whole(stage, "top")
    seen(stage, camera)
    pixels, _ = camera.project(part_centres(stage.frame), WIDTH, HEIGHT)
    for (x, y), part in zip(pixels, stage.frame.ids, strict=True):
        hit = stage.pick(camera, float(x), float(y), WIDTH, HEIGHT)
        assert hit is not None and (hit.kind, hit.id) == ("part", int(part))


def test_that_a_click_on_a_device_gives_its_id_and_one_beside_it_nothing(stage: Stage) -> None:
    camera = whole(stage, "front")
    seen(stage, camera)
    for device, point in (
        ("belt1", (0.9, -0.265, 0.72)),
        ("belt2", (3.9, -0.265, 0.72)),
        ("pack", (5.5, -0.35, 0.72)),
    ):
        (x, y), = camera.project(np.array(point), WIDTH, HEIGHT)[0]  # fmt: skip
        hit = stage.pick(camera, float(x), float(y), WIDTH, HEIGHT)
        assert hit is not None and (hit.kind, hit.id) == ("device", device)
    (x, y), = camera.project(np.array([2.0, 0.0, 1.9]), WIDTH, HEIGHT)[0]  # fmt: skip
    assert stage.pick(camera, float(x), float(y), WIDTH, HEIGHT) is None


def test_that_a_moved_blade_is_picked_where_it_is(stage: Stage) -> None:
    frame = stage.frame
    none = np.empty((0, 3))
    empty = replace(frame, ids=frame.ids[:0], products=frame.products[:0], positions=none,
                    quaternions=np.empty((0, 4)), sizes=none)  # fmt: skip
    camera = whole(stage, "top")
    for travel, height in ((0.0, 0.67), (5.0, 1.17)):
        stage.show(replace(empty, travel=np.array([0.0, 0.0, travel])))
        mover = stage.movers.members[0]
        assert mover.actor.GetBounds()[4:6] == pytest.approx((height - 0.06, height + 0.06), abs=1e-6)
    seen(stage, camera)
    (x, y), = camera.project(np.array([4.6, 0.0, 1.23]), WIDTH, HEIGHT)[0]  # fmt: skip
    hit = stage.pick(camera, float(x), float(y), WIDTH, HEIGHT)
    assert hit is not None and hit.id == "stop1"


def test_that_a_blocked_beam_is_thicker_and_strong(stage: Stage) -> None:
    def thickness() -> float:
        return float(np.ptp(stage.beams._points[:, 2]))

    free = replace(stage.frame, lit=np.zeros(6, bool))
    stage.show(free)
    thin, faint = thickness(), stage.beams._colours[0].copy()
    stage.show(replace(free, lit=np.array([True, False, False, False, False, False])))
    assert thickness() == pytest.approx(3 * thin, rel=1e-4) and stage.beams._colours[0][3] > faint[3]


def test_that_a_state_tints_its_device_only(stage: Stage) -> None:
    frames = next(group for group in stage.plant.groups if group.role == "frame")
    working = np.full(len(stage.frame.states), 1)
    stage.show(replace(stage.frame, states=working))
    plain = frames.colours.copy()
    blocked = working.copy()
    blocked[3] = 3  # belt2
    stage.show(replace(stage.frame, states=blocked))
    for part in frames.ranges:
        same = np.array_equal(frames.colours[part.first : part.last], plain[part.first : part.last])
        assert same == (part.device != "belt2")


def test_that_a_lamp_shines_while_its_signal_is_true(stage: Stage) -> None:
    lamp = next(group for group in stage.plant.groups if group.role == "lamp_green")
    stage.show(replace(stage.frame, lit=np.zeros(6, bool)))
    dark = lamp.colours[0].astype(int).sum()
    stage.show(replace(stage.frame, lit=np.array([False] * 4 + [True, False])))
    assert lamp.colours[0].astype(int).sum() > 1.5 * dark


def test_that_a_selection_is_outlined_in_the_accent_colour_and_can_be_dropped(stage: Stage) -> None:
    camera = whole(stage)
    plain = seen(stage, camera)
    stage.select(Pick("device", "belt1", 0.0))
    outlined = seen(stage, camera)
    accent = np.array([0x24, 0x63, 0xC9])
    assert (np.abs(outlined[..., :3].astype(int) - accent).max(axis=2) < 6).sum() > 100
    stage.select(None)
    assert np.array_equal(seen(stage, camera), plain)


def test_that_the_number_of_parts_may_change_from_frame_to_frame(stage: Stage) -> None:
    random = np.random.default_rng(3)
    for count in (0, 5, 64, 65, 300, 2, 301, 0, 12):
        positions = random.uniform(0, 3, (count, 3))
        stage.show(
            Frame(
                ids=np.arange(count), products=np.zeros(count, np.int64), positions=positions,
                quaternions=np.tile([1.0, 0, 0, 0], (count, 1)), sizes=np.full((count, 3), 0.1),
            )
        )  # fmt: skip
        loads = stage.loads.products[0]
        assert loads._data.GetNumberOfPoints() == count
        assert np.allclose(loads.positions[:count], positions, atol=1e-6)
        seen(stage, whole(stage))


def test_that_the_theme_changes_without_a_new_stage(stage: Stage) -> None:
    camera = whole(stage)
    light = seen(stage, camera)[..., :3].mean()
    stage.recolour(DARK.palette)
    assert seen(stage, camera)[..., :3].mean() < light - 60


def test_that_an_empty_window_has_a_floor_to_look_at() -> None:
    source = OffscreenPicture()
    source.resize(WIDTH, HEIGHT)
    empty = Stage(source, None, LIGHT.palette)
    assert seen(empty, whole(empty)).std() > 2
    source.close()
