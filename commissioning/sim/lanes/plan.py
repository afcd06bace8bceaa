"""Which tracks form one lane: those that follow each other without a gap or a corner.

Parts on a lane have one coordinate, so a part that passes from track to track only changes its drive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord, Target
from commissioning.model.track import along_track, curvature, track_length
from commissioning.sim.drive import Drive
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.lanes.two_way import TwoWayLane

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["LanePlan", "ZonePlan", "lead_back", "plan_lanes"]

_TOLERANCE = 1e-6  # m, and rad for directions


@dataclass(frozen=True)
class ZonePlan:
    """One track within a lane, or one zone of a track that has several. `start` and `end` are lane
    coordinates, m; `pose` that of its infeed."""

    device: str
    start: float
    end: float
    pose: Pose
    drive: Drive
    bend: float = 0.0  # curvature, 1/m


@dataclass(frozen=True)
class LanePlan:
    """Zones from infeed to end. `exit`: where parts go that reach the end."""

    zones: tuple[ZonePlan, ...]
    exit: Target | None

    def build(self, index: int, line: Line) -> Lane:
        zones = [
            Zone(
                zone.start,
                zone.end,
                zone.drive,
                bool(line.scene.devices[zone.device].params.get("accumulating", True)),
            )
            for zone in self.zones
        ]
        first = self.zones[0].device
        params = line.scene.devices[first].params
        make = TwoWayLane if params.get("reversible") else Lane
        gap = float(params.get("gap", 0.0))
        return make(index, f"lane:{first}", zones, line.kernel, line.journal, line.parts, gap)


def plan_lanes(line: Line) -> list[LanePlan]:
    """The lanes of a scene, in order of their first track."""
    tracks = {r.id: r for r in line.scene.devices.values() if _declaration(line, r).track}
    feeders: dict[str, int] = {}
    for record in line.scene.devices.values():
        for target in record.to.values():
            if not target.at:  # merges onto its middle leave a track in its lane
                feeders[target.device] = feeders.get(target.device, 0) + 1
    follows: dict[str, str] = {}
    for record in tracks.values():
        plain = record.to.get("")
        if plain is None or plain.at or plain.device not in tracks or plain.device == record.id:
            continue
        if tracks[plain.device].params.get("gap"):
            continue  # it keeps room at its entry, so parts are offered to it
        if record.params.get("reversible") or tracks[plain.device].params.get("reversible"):
            continue  # it turns for itself
        if feeders[plain.device] == 1 and _in_line(line, record, tracks[plain.device]):
            follows[record.id] = plain.device
    after = set(follows.values())
    plans = []
    for identity in tracks:
        if identity not in after:
            plans.append(_chain(line, identity, follows, tracks))
    planned = {zone.device for plan in plans for zone in plan.zones}
    for identity in tracks:  # a closed ring of tracks has no first one: cut it at the first declared
        if identity not in planned:
            plan = _chain(line, identity, follows, tracks)
            plans.append(plan)
            planned.update(zone.device for zone in plan.zones)
    return plans


def lead_back(line: Line) -> None:
    """Tell each lane that runs both ways which one it gives parts back to: the one that alone leads to it."""
    fed = [target.device for record in line.scene.devices.values() for target in record.to.values()]
    for lane in line.lanes:
        after = lane.exit
        if not isinstance(lane, TwoWayLane) or not isinstance(after, TwoWayLane) or after is lane:
            continue
        if fed.count(after.id.removeprefix("lane:")) == 1:
            after.exit_behind = lane


def _chain(line: Line, first: str, follows: dict[str, str], tracks: dict[str, DeviceRecord]) -> LanePlan:
    zones: list[ZonePlan] = []
    x = 0.0
    identity: str | None = first
    while identity is not None and all(zone.device != identity for zone in zones):
        params = tracks[identity].params
        length, bend = track_length(params), curvature(params)
        drives, begin, pose = line.track_drives[identity], x, line.loaded.poses[identity]
        for k, drive in enumerate(drives):
            end = begin + (length if k + 1 == len(drives) else length * (k + 1) / len(drives))
            at = pose if k == 0 else pose @ along_track(params, x - begin)
            zones.append(ZonePlan(identity, x, end, at, drive, bend))
            x = end
        last, identity = identity, follows.get(identity)
    return LanePlan(tuple(zones), tracks[last].to.get(""))


def _in_line(line: Line, track: DeviceRecord, successor: DeviceRecord) -> bool:
    here, there = line.loaded.poses[track.id], line.loaded.poses[successor.id]
    out = here @ along_track(track.params, track_length(track.params))
    end = np.asarray(out.xyz)
    direction = np.asarray(out.apply((1.0, 0.0, 0.0))) - end
    onward = np.asarray(there.apply((1.0, 0.0, 0.0))) - np.asarray(there.xyz)
    gap = float(np.abs(end - np.asarray(there.xyz)).max())
    return gap < _TOLERANCE and float(np.abs(direction - onward).max()) < _TOLERANCE


def _declaration(line: Line, record: DeviceRecord):  # type: ignore[no-untyped-def]
    return line.loaded.types["device", record.type].declaration
