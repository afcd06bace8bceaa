"""Edits of a scene as values: pure functions scene -> scene. The text is edited by `files.scene_text`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from commissioning.model.declare import Declarations
from commissioning.model.frozen import FrozenDict
from commissioning.model.placement import place
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.read_params import read_param
from commissioning.model.reading import PlainSource, Reader, suggest
from commissioning.model.scene import DeviceRecord, Scene


def set_param(scene: Scene, declarations: Declarations, device: str, name: str, value: Any) -> Scene:
    """With a parameter of a device changed; `value` as the scene would write it ("0.5 m/s") or SI.

    Raises Problems for an unknown device or parameter and for a value that its declaration refuses.
    """
    record = _device(scene, device)
    declared = declarations[("device", record.type)]
    param = declared.param(name)
    path = ("devices", device, name)
    if param is None:
        names = [param.name for param in declared.params]
        where = Place(id=f"devices.{device}.{name}")
        raise Problems(Problem(f"{device} ({record.type}) has no {name!r}", where, suggest(name, names)))
    reader = Reader(PlainSource({}), declarations)
    reader.ids = {
        "devices": {item.id: item.type for item in scene.devices.values()},
        "products": dict.fromkeys(scene.products, ""),
        "controllers": {item.id: item.type for item in scene.controllers.values()},
        "links": {item.id: item.type for item in scene.links.values()},
        "scenarios": dict.fromkeys(scene.scenarios, ""),
    }
    parsed = read_param(reader, path, value, param)
    if reader.found:
        raise Problems(reader.found)
    params = FrozenDict({**record.params, name: parsed})
    return _placed(_with_device(scene, replace(record, params=params)), declarations)


def move_device(scene: Scene, declarations: Declarations, device: str, pose: Pose) -> Scene:
    """With a device at a pose of its own, also where it stood along a track or behind another before.

    Raises Problems for an unknown device, and for places that cannot be (a gap, tracks that cross).
    """
    record = replace(_device(scene, device), pose=pose, along=None, at=None)
    declared = declarations[("device", record.type)]
    if declared.places == "along":
        where = Place(id=f"devices.{device}.pose")
        raise Problems(Problem(f"a {record.type} stands along a track", where, "Change its at instead"))
    return _placed(_with_device(scene, record), declarations)


def _device(scene: Scene, device: str) -> DeviceRecord:
    record = scene.devices.get(device)
    if record is None:
        cure = suggest(device, scene.devices)
        raise Problems(Problem(f"there is no device {device!r}", Place(id="devices"), cure))
    return record


def _with_device(scene: Scene, record: DeviceRecord) -> Scene:
    return replace(scene, devices=FrozenDict({**scene.devices, record.id: record}))


def _placed(scene: Scene, declarations: Declarations) -> Scene:
    problems = place(scene, declarations)[1]
    if problems:
        raise Problems(problems)
    return scene
