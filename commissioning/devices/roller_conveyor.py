"""Roller conveyor in zones that accumulate without pressure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import pi
from typing import Any, ClassVar

from commissioning.devices.set_point import SETPOINT_PARAM, SETPOINT_PORT, speed_told
from commissioning.devices.shapes import box, brace, cylinder, post, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.line import Line
from commissioning.sim.soft_ramp import soft_ramp

__all__ = ["RollerConveyor", "legs", "way_to_stop"]

_PITCH = 0.1  # m, of rollers


def way_to_stop(speed: float, acceleration: float, jerk: float) -> float:
    """m in which a zone stops at most, whenever it is told to: m/s, m/s2, m/s3; 0: not limited.

    With limited jerk it goes furthest when told where its start ramp begins to bend to the even speed: it
    finishes that, for the acceleration falls as fast as it can either way, and stops from full speed.
    """
    if not acceleration:
        return 0.0
    if not jerk:
        return speed * speed / (2.0 * acceleration)
    bend = soft_ramp(0.0, 0.0, 0.0, speed, acceleration, acceleration, jerk)[0][-1]
    stopped = soft_ramp(0.0, bend.v, bend.a, 0.0, acceleration, acceleration, jerk)
    return stopped[2]


class RollerConveyor(Device):
    """Zones of equal length, each with a drive of its own and an eye before its end; parts do not slip.

    A zone stops when its part has come to its eye and may not go on. Singulation: it may when the next
    zone is empty (from the tail that leaves it to the front that enters it). Slug: also with the part at
    the eye of the next zone when that goes, so that all go at once. The last zone may while `release` is
    true. A slug that is stopped midway lies across joints: what follows may come to touch it, and then
    stops its own zone.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="roller_conveyor",
        help="Roller conveyor in zones that accumulate parts without pressure.",
        params=(
            Param("length", "length", "Length along travel.", exclusive_minimum=0.0, maximum=10_000.0,
                  example="4 m"),
            Param("width", "length", "Width across travel.", default=0.5, exclusive_minimum=0.0),
            Param("zones", "integer", "Number of zones, of equal length.", minimum=1, maximum=1000,
                  example="8"),
            Param("speed", "speed", "Speed of a zone that runs.", exclusive_minimum=0.0, example="0.5 m/s"),
            Param("acceleration", "acceleration", "Ramps; 0 = at once.", default=0.0, minimum=0.0),
            Param("jerk", "jerk", "Limit of the jerk of the ramps, which then are S-curves; 0 = none.",
                  default=0.0, minimum=0.0, example="4 m/s3"),
            Param("mode", "choice", "How parts that wait go on: one after the other, or all at once.",
                  default="singulation", choices=("singulation", "slug")),
            Param("eye", "length", "How far before its end a zone's eye stands.", default=0.05, minimum=0.0),
            Param("accumulating", "boolean", "Whether parts may slip on the rollers.", default=False),
            Param("gap", "length", "Room kept behind the last part before another one may enter.",
                  default=0.0, minimum=0.0),
            SETPOINT_PARAM,
        ),
        ports=(
            Port("run", DataType.BOOL, "in", "Run; without a binding it always runs."),
            SETPOINT_PORT,
            Port("release", DataType.BOOL, "in", "The last zone may send; without a binding always."),
            Port("full", DataType.BOOL, "out", "A part stands at the eye of the first zone."),
            Port("ready", DataType.BOOL, "out", "A part is at the eye of the last zone."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        track=True,
        example="zpa: {type: roller_conveyor, length: 4 m, zones: 8, speed: 0.5 m/s, to: belt2}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("blocked", "sending")
    derived: ClassVar[tuple[str, ...]] = ("deciding", "again")
    constant: ClassVar[tuple[str, ...]] = ("drives", "lane", "bounds", "pitch", "slug")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        count = p["zones"]
        self.pitch = p["length"] / count
        longest = max((product.size[0] for product in line.products), default=0.0)
        if longest > self.pitch - p["eye"]:
            raise ValueError(
                f"a zone of {self.id} is {self.pitch:g} m long with its eye {p['eye']:g} m before the end: "
                f"too short for parts of {longest:g} m; give it fewer zones"
            )
        needed = way_to_stop(p["speed"], p["acceleration"], p["jerk"])
        if needed > p["eye"] + 1e-9:
            raise ValueError(
                f"a part of {self.id} needs {needed:g} m to stop and has {p['eye']:g} m from the eye to the "
                f"end of its zone: give `eye` more, or a higher {'jerk' if p['jerk'] else 'acceleration'}"
            )
        drives = line.add_zone_drives(self, count, p["speed"], p["acceleration"], p["jerk"])
        self.drives: list[Drive] = drives
        self.slug = p["mode"] == "slug"
        self.blocked = [False] * count
        self.sending = [False] * count  # its part is at the eye and goes on
        self.lane: Any = None
        self.bounds: list[tuple[float, float]] = []
        self.deciding = self.again = False

    def connect(self) -> None:
        lane, start = self.line.on_track(self.id)
        self.lane, count = lane, len(self.drives)
        for k, drive in enumerate(self.drives):
            begin = start + self.params["length"] * k / count
            end = start + self.params["length"] * (k + 1) / count
            self.bounds.append((begin, end))
            lane.add_eye(end - self.params["eye"], partial(self.eye_changed, k))
            lane.add_mark(begin, self.decide)
            lane.add_clear(end, self.decide)
            drive.watch_moving(self.moving_changed)
        for port in ("run", "release", "speed_setpoint"):
            self.ports[port].subscribe(self.decide)

    def start(self) -> None:
        self.ports["full"].write(False)
        self.ports["ready"].write(False)
        self.decide(None)

    def eye_changed(self, k: int, blocked: bool) -> None:
        """A front has come to the eye of zone `k`, or a tail has left it."""
        self.blocked[k] = blocked
        if k == 0:
            self.ports["full"].write(blocked)
        if k == len(self.blocked) - 1:
            self.ports["ready"].write(blocked)
        self.decide(None)

    def moving_changed(self, moving: bool) -> None:
        """A zone has begun to move, or has come to rest."""
        working = any(drive.moving for drive in self.drives)
        self.set_state(State.WORKING if working else State.IDLE)
        if self.slug:
            self.decide(None)

    def decide(self, _: Any) -> None:
        """Which zones run: from the last one up, since each depends on the next."""
        self.again = True
        if self.deciding:
            return
        self.deciding = True
        while self.again:
            self.again = False
            speed = speed_told(self) if self._allowed("run") else 0.0
            for k in reversed(range(len(self.drives))):
                self.sending[k] = self.blocked[k] and self._may_send(k)
                runs = not self.blocked[k] or self.sending[k]
                self.drives[k].command(speed if runs else 0.0)
        self.deciding = False

    def _may_send(self, k: int) -> bool:
        if k == len(self.drives) - 1:
            return self._allowed("release")
        if not self._occupied(k + 1):
            return True
        ahead = self.drives[k + 1]
        runs = ahead.target > 0.0 and not ahead.stalls
        return self.slug and runs and (self.sending[k] or self.blocked[k + 1])

    def _occupied(self, k: int) -> bool:
        """Whether a part lies in zone `k`, from the front that enters to the tail that leaves."""
        begin, end = self.bounds[k]
        over = self.lane.stand_in
        if over is not None and self.lane.front(over) - over.length < end - TOUCH:
            return True
        return bool(self.lane.parts_between(begin - TOUCH, end - TOUCH))

    def _allowed(self, port: str) -> bool:
        return not self.bound(port) or bool(self.ports[port].value)

    def restored(self) -> None:
        super().restored()
        self.deciding = self.again = False

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        length, half = self.params["length"], self.params["width"] / 2
        count = min(max(round(length / _PITCH), 2 * self.params["zones"]), 120)
        step = length / count
        thick = min(0.05, 0.8 * step)
        bodies = [
            box(self.pose, "rail left", "frame", (length, 0.03, 0.1), (length / 2, half - 0.015, -0.04)),
            box(self.pose, "rail right", "frame", (length, 0.03, 0.1), (length / 2, -half + 0.015, -0.04)),
        ]
        for k in range(count):
            at = step * (k + 0.5), 0.0, -thick / 2
            bodies.append(cylinder(self.pose, "roller", "roller", thick, 2 * half - 0.06, at, (pi / 2, 0, 0)))
        return [*bodies, *legs(self.pose, length, half - 0.03, -0.09)]


def legs(frame: Pose, length: float, half: float, top: float) -> list[Body]:
    """Pairs of legs from `top` (z, m) to the floor, `half` m to each side, and a brace between each two."""
    pairs = min(max(2, 1 + round(length / 1.6)), 40)  # of kilometres fewer are drawn
    bodies: list[Body] = []
    for k in range(pairs):
        x = 0.2 + (length - 0.4) * k / (pairs - 1) if length > 0.6 else length * (k + 0.5) / pairs
        for y in (half, -half):
            bodies += post(frame, f"leg {k}", "frame", 0.045, (x, y), top)
        bodies.append(brace(frame, f"brace {k}", 2 * half, x))
    return bodies
