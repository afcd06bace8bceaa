"""Devices of a scene: parameters, place, flow, bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.frozen import FrozenDict
from commissioning.model.pose import Pose
from commissioning.model.quantity import QuantityError, format_quantity, parse_quantity
from commissioning.model.read_params import read_param, read_params
from commissioning.model.read_tags import read_bindings
from commissioning.model.reading import Path, Reader, shown, suggest
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord, Target
from commissioning.model.track import track_length

RESERVED: Final = ("type", "pose", "along", "at", "to", "tags", "asset", "power")
_POWER: Final = Param(
    "power", "mapping", "Electrical power by state.", default=None, example="{working: 2 kW, idle: 0.5 kW}",
    choices=tuple(state.name.lower() for state in State),
    item=Param("power", "power", "Power in that state.", minimum=0.0),
)  # fmt: skip


def read_device(reader: Reader, path: Path, name: str, value: Any) -> DeviceRecord:
    """One device; what is wrong in it is in the reader's problems and left out of the record."""
    body = reader.mapping(path, value, f"device {name}", "{type: belt, length: 3 m, speed: 0.4 m/s}")
    declared = reader.declaration(path, "device", body)
    if declared is None:
        return DeviceRecord(name, "")
    params = read_params(reader, path, body, declared.params, f"{name} ({declared.type})", RESERVED)
    pose = _read_pose(reader, (*path, "pose"), body["pose"]) if "pose" in body else None
    along, at = _read_along(reader, path, body, declared)
    _check_place(reader, path, body, declared, name)
    asset = reader.text((*path, "asset"), body["asset"], "asset", "box.glb") if "asset" in body else None
    return DeviceRecord(
        id=name,
        type=declared.type,
        params=params,
        pose=pose,
        along=along,
        at=at,
        to=_read_to(reader, path, body, declared, params, name),
        tags=read_bindings(reader, (*path, "tags"), body.get("tags"), declared, name),
        asset=asset,
        power=_read_power(reader, (*path, "power"), body["power"]) if "power" in body else FrozenDict(),
    )


def _read_power(reader: Reader, path: Path, value: Any) -> FrozenDict[str, float]:
    found = read_param(reader, path, value, _POWER)
    return found if isinstance(found, FrozenDict) else FrozenDict()


def check_positions(reader: Reader, devices: Mapping[str, DeviceRecord]) -> None:
    """Positions on tracks against the tracks' lengths, which are known when every device is read."""
    for name, device in devices.items():
        path: Path = ("devices", name)
        if device.along is not None and device.at is not None:
            _check_on_track(reader, (*path, "at"), devices.get(device.along), device.at)
        for exit_name, target in device.to.items():
            if target.at is not None:
                inner = ("to", exit_name, "at") if exit_name else ("to", "at")
                _check_on_track(reader, (*path, *inner), devices.get(target.device), target.at)


def _check_on_track(reader: Reader, path: Path, track: DeviceRecord | None, at: float) -> None:
    length = track_length(track.params) if track is not None else 0.0
    if track is None or not length:
        return
    if not 0.0 <= at <= length:
        here, ends = format_quantity(at, "length"), format_quantity(length, "length")
        what = f"{here} is not on {track.id}, which goes from 0 m to {ends}"
        reader.problem(path, what, "Give the distance from its infeed")


def _read_pose(reader: Reader, path: Path, value: Any) -> Pose | None:
    body = reader.mapping(path, value, "pose", "pose: {xyz: [0 m, 0 m, 0.75 m]}")
    if not body:
        if isinstance(value, Mapping) or value is None:
            reader.problem(path, "this pose is empty", "Write for example pose: {xyz: [0 m, 0 m, 0.75 m]}")
        return None
    reader.unknown_keys(path, body, ("xyz", "rpy"), "pose")
    xyz = _three(reader, (*path, "xyz"), body.get("xyz", [0, 0, 0]), "length", "[0 m, 0 m, 0.75 m]")
    rpy = _three(reader, (*path, "rpy"), body.get("rpy", [0, 0, 0]), "angle", "[0 deg, 0 deg, 90 deg]")
    return Pose.from_rpy(xyz, rpy) if xyz is not None and rpy is not None else None


def _three(reader: Reader, path: Path, value: Any, dimension: str, example: str) -> list[float] | None:
    if not isinstance(value, list | tuple) or len(value) != 3:
        what = f"{path[-1]} is a list of three, not {shown(value)}"
        reader.problem(path, what, f"Write for example {example}")
        return None
    out: list[float] = []
    for index, item in enumerate(value):
        try:
            number = parse_quantity(item, dimension)
        except QuantityError as error:
            reader.quantity_problem((*path, index), error)
            continue
        if abs(number) > 1e6:
            reader.problem((*path, index), f"{shown(item)} is too far away", "Stay within 1000 km")
            continue
        out.append(number)
    return out if len(out) == 3 else None


def _read_along(
    reader: Reader, path: Path, body: Mapping[str, Any], declared: TypeDeclaration
) -> tuple[str | None, float | None]:
    along = at = None
    if "along" in body:
        along = reader.known((*path, "along"), "devices", body["along"], "device")
        if along is not None:
            host = reader.declarations.get(("device", reader.ids["devices"][along]))
            if host is not None and not host.track:
                what = f"{along} is a {host.type}, nothing stands along it"
                reader.problem((*path, "along"), what, suggest("", _tracks(reader)))
                along = None
    if "at" in body:
        try:
            at = parse_quantity(body["at"], "length")
        except QuantityError as error:
            reader.quantity_problem((*path, "at"), error)
        if "along" not in body:
            reader.problem((*path, "at"), "at needs a track to be on", "Add along: and the track", key=True)
    elif "along" in body:
        reader.problem((*path, "at"), "along needs at", "Add at: and the distance from the track's infeed")
    return along, at


def _check_place(
    reader: Reader, path: Path, body: Mapping[str, Any], declared: TypeDeclaration, name: str
) -> None:
    kind = declared.type
    if "pose" in body and "along" in body:
        reader.problem((*path, "pose"), f"{name} has a pose and stands along a track", "Keep one", key=True)
    elif declared.places == "along":
        if "along" not in body:
            cure = "Write along: and the track, at: and the distance from its infeed"
            reader.problem((*path, "along"), f"{name} ({kind}) stands along a track", cure)
        if "pose" in body:
            reader.problem((*path, "pose"), f"a {kind} has no pose of its own", "Remove it", key=True)
    elif "along" in body and not declared.may_along:
        reader.problem((*path, "along"), f"a {kind} cannot stand along a track", "Give it a pose", key=True)
    elif declared.places == "pose" and "pose" not in body and "along" not in body:
        cure = "Write for example pose: {xyz: [1 m, -0.6 m, 1 m]}"
        reader.problem((*path, "pose"), f"{name} ({kind}) needs a pose, nothing feeds it", cure)


def _tracks(reader: Reader) -> list[str]:
    out = []
    for name, kind in reader.ids.get("devices", {}).items():
        declared = reader.declarations.get(("device", kind))
        if declared is not None and declared.track:
            out.append(name)
    return out


def _read_to(
    reader: Reader, path: Path, body: Mapping[str, Any], declared: TypeDeclaration,
    params: Mapping[str, Any], name: str,
) -> FrozenDict[str, Target]:  # fmt: skip
    where: Path = (*path, "to")
    outputs = declared.exits(params)
    wanted = outputs if declared.outputs_required else outputs[len(declared.outputs) :]
    exits = ", ".join(output for output in outputs if output)
    if "to" not in body:
        if wanted:
            cure = f"Write to: {{{exits}: ...}}" if exits else "Write to: and the device that takes the parts"
            reader.problem(where, f"the end of {name} leads nowhere", cure)
        return FrozenDict()
    value = body["to"]
    if not outputs:
        reader.problem(where, f"no parts leave a {declared.type}", "Remove to", key=True)
        return FrozenDict()
    is_target = isinstance(value, Mapping) and "device" in value and "device" not in outputs
    single = isinstance(value, str) or is_target
    if single:
        if "" not in outputs:
            cure = f"Write to: {{{exits.replace(', ', ': ..., ')}: ...}}"
            reader.problem(where, f"{name} has the exits {exits}", cure)
            return FrozenDict()
        target = _read_target(reader, where, value)
        found = {"": target} if target is not None else {}
    else:
        if not isinstance(value, Mapping):
            reader.problem(where, f"to is a device, not {shown(value)}", "Write for example to: belt2")
            return FrozenDict()
        if not value and "" in outputs:
            cure = "Write to: and the device that takes the parts"
            reader.problem(where, f"the end of {name} leads nowhere", cure)
        found = _read_exits(reader, where, value, outputs, name)
    given = {""} if single else {key for key in value if isinstance(key, str)}
    for output in wanted:
        if output and output not in given:
            what = f"the exit {output} of {name} leads nowhere"
            reader.problem(where, what, f"Add {output}: and a device")
    # by the order of the declaration, so that the order of keys in the file does not count
    return FrozenDict({output: found[output] for output in outputs if output in found})


def _read_exits(
    reader: Reader, where: Path, value: Mapping[Any, Any], outputs: tuple[str, ...], name: str
) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for key, item in value.items():
        if key not in outputs or not key:
            names = [output for output in outputs if output]
            cure = suggest(key, names) if names else "Write to: and the device"
            reader.problem((*where, str(key)), f"{name} has no exit {key!r}", cure, key=True)
            continue
        target = _read_target(reader, (*where, key), item)
        if target is not None:
            found[key] = target
    return found


def _read_target(reader: Reader, path: Path, value: Any) -> Target | None:
    at = None
    device, place = value, path
    if isinstance(value, Mapping):
        body = reader.mapping(path, value, "a target", "{device: belt3, at: 1.2 m}")
        reader.unknown_keys(path, body, ("device", "at"), "a target")
        device, place = body.get("device"), (*path, "device")
        if "at" in body:
            try:
                at = parse_quantity(body["at"], "length")
            except QuantityError as error:
                reader.quantity_problem((*path, "at"), error)
    known = reader.known(place, "devices", device, "device")
    if known is None:
        return None
    declared = reader.declarations.get(("device", reader.ids["devices"][known]))
    if declared is None:
        return Target(known, at)
    if not declared.feeds:
        what = f"{known} is a {declared.type}, which takes no parts"
        reader.problem(place, what, "Name a device that does")
        return None
    if at is not None and not declared.track:
        what = f"{known} is a {declared.type}, only tracks are fed at a distance"
        reader.problem((*path, "at"), what, "Remove at", key=True)
        return None
    return Target(known, at)
