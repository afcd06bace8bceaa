"""The header of a journal: what its indices mean (`core`) and what things look like (`look`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from commissioning.model.duration import Distribution
from commissioning.model.pose import Pose
from commissioning.model.record import FORMAT
from commissioning.sim.continuous import Reading
from commissioning.sim.status_port import StatusPort
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["describe"]


def describe(line: Line) -> dict[str, Any]:
    """Header of a line that is built and has not started. Plain JSON data.

    But for the seed it is the same in every run of a loaded scene, and made once: a restore takes less.
    """
    shared = line.loaded.shared
    if "header" not in shared:
        shared["header"] = _core(line), _look(line)
    core, look = shared["header"]
    return {"core": {**core, "seed": line.seed}, "look": look, "name": line.scene.name}


def _core(line: Line) -> dict[str, Any]:
    scene = line.scene
    kinds = ("devices", "controllers", "links", "scenarios", "checks")
    objects = [
        {"id": identity, "kind": kind[:-1], "type": getattr(record, "type", kind[:-1])}
        for kind in kinds
        for identity, record in getattr(scene, kind).items()
    ]
    return {
        "format": FORMAT,
        "scene_hash": scene.hash,
        "signals": [
            {
                "name": s.name, "type": s.type.value, "direction": s.direction, "owner": s.owner,
                "controller": s.controller, "address": s.address, "comment": s.comment,
                "ports": list(s.ports),
            }
            | _told(s)
            for s in line.tags
        ],
        "objects": objects,
        "drives": [drive.name for drive in line.drives],
        "lanes": [
            {
                "id": lane.id,
                "zones": [
                    {
                        "device": zone.device, "drive": zone.drive.index,
                        "start": zone.start, "end": zone.end,
                    }
                    for zone in plan.zones
                ],
            }
            for plan, lane in zip(line.lane_plans, line.lanes, strict=True)
        ],
        "slots": [{"id": f"{device}.{i}", "device": device} for i, (device, _) in enumerate(line.slots)],
        "products": [
            {"id": product.id, "size": list(product.size), "mass": product.mass} for product in line.products
        ],
        "attributes": list(line.attributes),
        "programs": {name: getattr(program, "hash", "") for name, program in line.loaded.programs.items()},
    }  # fmt: skip


def _told(signal: Signal) -> dict[str, Any]:
    """Of what is read, or told by other records (see `sim.continuous`, `sim.status_rows`), not written."""
    if isinstance(signal, Reading):
        return {"reading": signal.dimension} | ({"step": signal.step} if signal.step else {})
    if not isinstance(signal, StatusPort):
        return {}
    return {"told": {"object": signal.device.index, "place": signal.place}}


def _look(line: Line) -> dict[str, Any]:
    drives = {drive.name: i for i, drive in enumerate(line.drives)}
    bodies = []
    for device in line.devices.values():
        for body in device.bodies():
            signal = line.tags[body.signal].index if body.signal else -1
            bodies.append(
                {
                    "device": device.id, "name": body.name, "shape": body.shape, "size": list(body.size),
                    "pose": _pose(body.pose), "role": body.role,
                    "drive": drives[body.drive] if body.drive else -1, "axis": list(body.axis),
                    "signal": signal, "asset": body.asset,
                }
            )  # fmt: skip
    return {
        "bodies": bodies,
        "lanes": [
            {
                "zones": [
                    {"pose": _pose(z.pose), "start": z.start, "end": z.end}
                    | ({"bend": z.bend} if z.bend else {})
                    for z in plan.zones
                ]
            }
            for plan in line.lane_plans
        ],
        "slots": [{"pose": _pose(pose)} for _, pose in line.slots],
        "decks": [deck.described(drives) for deck in line.decks],
        "products": [{"colour": p.colour, "asset": p.asset or ""} for p in line.products],
        "devices": {
            device.id: {
                "params": {key: _shown(value) for key, value in device.params.items()},
                "tags": {port: binding.tag for port, binding in device.record.tags.items()},
                "actions": list(device.declaration.actions),
                "help": device.declaration.help,
                "units": {p.name: p.kind for p in device.declaration.params},
                "ports": {
                    p.name: {"help": p.help, "unit": p.unit, "dimension": p.continuous}
                    for p in device.declaration.ports
                },
                "pose": _pose(device.pose),
                "along": device.record.along or "",
                "at": device.record.at,
                "to": {name: target.device for name, target in device.record.to.items()},
                "power": dict(device.record.power),
                "planned_s": _planned(device.params),
                "works_at_once": device.works_at_once,
            }
            for device in line.devices.values()
        },
    }


def _pose(pose: Pose) -> dict[str, list[float]]:
    return {"xyz": [float(v) for v in pose.xyz], "quaternion": [float(v) for v in pose.quaternion]}


def _planned(params: Mapping[str, Any]) -> float | None:
    """Planned s per part of one place of what works in cycles; None where it works in slots, by product, or
    takes things apart."""
    cycle, load = params.get("cycle"), params.get("load")
    if params.get("slot") is not None or "gives" in params or not isinstance(cycle, Distribution):
        return None
    loading = load.mean if isinstance(load, Distribution) else 0.0
    planned = (cycle.mean + loading) / float(params.get("batch") or 1)
    return planned if planned > 0.0 else None


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
