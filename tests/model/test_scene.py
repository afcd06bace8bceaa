from __future__ import annotations

import pickle
import re
import subprocess
import sys

import pytest
from scene_fakes import SAMPLE, scene_of

from commissioning.model.frozen import FrozenDict
from commissioning.model.scene import Scene


def _hash(text: str) -> str:
    scene, problems = scene_of(text)
    assert not problems
    return str(scene.hash)


def test_that_comments_formatting_units_and_key_order_in_records_do_not_change_the_hash() -> None:
    text = re.sub(r" +#.*", "", SAMPLE).replace("length: 3 m", "length: 3000 mm")
    text = text.replace("0.4 m/s", "24 m/min")
    text = text.replace("    type: belt\n", "").replace("    to: belt2\n", "    to: belt2\n    type: belt\n")
    text = text.replace("{raise: Q_Stop1, raised: I_Stop1}", "{raised: I_Stop1, raise: Q_Stop1}")
    text = text.replace("    accumulating: false\n", "")  # its default
    assert text != SAMPLE
    assert _hash(text) == _hash(SAMPLE)


def test_that_values_and_the_order_of_devices_change_the_hash() -> None:
    lines = SAMPLE.splitlines(keepends=True)
    estop = next(index for index, line in enumerate(lines) if "estop:" in line)
    lines[estop], lines[estop + 1] = lines[estop + 1], lines[estop]
    changed = [
        SAMPLE.replace("exponential: 4 s", "exponential: 4.000000001 s"),
        SAMPLE.replace("{exponential: 4 s}", "4 s"),
        SAMPLE.replace("550/h", "551/h"),
        SAMPLE.replace("infeed belt", "outfeed belt"),
        SAMPLE + "run: {seed: 2}\n",
        "".join(lines),
    ]
    assert len({_hash(text) for text in [*changed, SAMPLE]}) == len(changed) + 1


def test_that_the_hash_does_not_depend_on_the_process() -> None:
    scene, _ = scene_of(SAMPLE)
    code = (
        "import sys; sys.path.insert(0, 'tests/model'); import scene_fakes as f;"
        "print(f.scene_of(f.SAMPLE)[0].hash)"
    )
    for seed in ("0", "77"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        )  # fmt: skip
        assert done.stdout.strip() == scene.hash


def test_that_a_scene_travels_to_a_worker_and_cannot_be_changed() -> None:
    scene, _ = scene_of(SAMPLE)
    copied: Scene = pickle.loads(pickle.dumps(scene))  # noqa: S301 - our own bytes
    assert copied == scene and copied.hash == scene.hash
    with pytest.raises(TypeError):
        copied.devices["belt1"].params["speed"] = 1.0
    with pytest.raises(AttributeError):
        copied.devices["belt1"].id = "x"


def test_that_a_frozen_mapping_is_a_mapping_like_any_other() -> None:
    frozen = FrozenDict({"a": 1, "b": 2})
    assert frozen == {"b": 2, "a": 1} and list(frozen) == ["a", "b"]
    assert hash(frozen) == hash(FrozenDict({"b": 2, "a": 1}))
    for change in (
        lambda: frozen.update(a=2), lambda: frozen.pop("a"), frozen.clear, frozen.popitem,
        lambda: frozen.setdefault("c", 1), lambda: frozen.__setitem__("a", 1),
        lambda: frozen.__delitem__("a"),
        lambda: frozen.__ior__({"a": 2}),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            change()
    assert frozen == {"a": 1, "b": 2}


def test_that_tags_are_found_without_case() -> None:
    scene, _ = scene_of(SAMPLE)
    assert scene.tag("q_belt1_RUN") is scene.tags["Q_Belt1_Run"]
    assert scene.tag("nothing") is None
