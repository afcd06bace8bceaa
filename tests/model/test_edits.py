from __future__ import annotations

import pytest
from scene_fakes import DECLARATIONS, SAMPLE, scene_of

from commissioning.model.edits import move_device, set_param
from commissioning.model.placement import place
from commissioning.model.pose import Pose
from commissioning.model.problem import Problems


def test_that_a_set_parameter_gives_the_scene_of_the_edited_text() -> None:
    scene, _ = scene_of(SAMPLE)
    edited = set_param(scene, DECLARATIONS, "belt2", "speed", "0.5 m/s")
    wanted, _ = scene_of(SAMPLE.replace("length: 2 m, speed: 0.4 m/s", "length: 2 m, speed: 0.5 m/s"))
    assert edited == wanted and edited.hash == wanted.hash
    assert scene.devices["belt2"].params["speed"] == 0.4


def test_that_a_moved_device_takes_what_it_feeds_along() -> None:
    scene, _ = scene_of(SAMPLE)
    moved = move_device(scene, DECLARATIONS, "belt1", Pose((10.0, 0.0, 0.75)))
    poses, _ = place(moved, DECLARATIONS)
    assert poses["pack"].xyz == (15.0, 0.0, 0.75)


@pytest.mark.parametrize(
    ("device", "name", "value", "words"),
    [
        ("belt9", "speed", 1, "Did you mean 'belt"),
        ("belt1", "sped", 1, "Did you mean 'speed'?"),
        ("belt1", "speed", "3 kg", "a mass, not a speed"),
        ("belt1", "speed", -1, "more than 0 m/s"),
        ("infeed", "product", "crate", "'crate'"),
    ],
)
def test_that_a_wrong_edit_is_refused(device: str, name: str, value: object, words: str) -> None:
    scene, _ = scene_of(SAMPLE)
    with pytest.raises(Problems, match=r"devices") as caught:
        set_param(scene, DECLARATIONS, device, name, value)
    assert words in str(caught.value)


def test_that_a_move_which_tears_the_line_is_refused() -> None:
    scene, _ = scene_of(SAMPLE)
    with pytest.raises(Problems, match="lie between the end of belt1"):
        move_device(scene, DECLARATIONS, "belt2", Pose((3.5, 0.0, 0.75)))
    with pytest.raises(Problems, match="along a track"):
        move_device(scene, DECLARATIONS, "pe1", Pose())
