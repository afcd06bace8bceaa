"""Roller conveyor in zones that accumulate without pressure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import pi
from typing import Any, ClassVar

from commissioning.devices.reversal import REVERSE_PORT, REVERSIBLE_PARAM, refuse_reverse, velocity_told
from commissioning.devices.set_point import SETPOINT_PARAM, SETPOINT_PORT
from commissioning.devices.shapes import box, brace, cylinder, post, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.lanes.two_way import TwoWayLane
from commissioning.sim.line import Line
from commissioning.sim.part import Part
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

    Backward, all that is mirrored: the edge that leads is the rear one, zones have a second eye for it, and
    the last zone is the one at the infeed, where a part is given back as a belt does it. The zones turn
    together, when all of them stand and no part lies across the end that they run from.
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
            REVERSIBLE_PARAM,
            SETPOINT_PARAM,
        ),
        ports=(
            Port("run", DataType.BOOL, "in", "Run; without a binding it always runs."),
            REVERSE_PORT,
            SETPOINT_PORT,
            Port("release", DataType.BOOL, "in",
                 "The last zone may send; without a binding always. Backward the last one is at the infeed."),
            Port("full", DataType.BOOL, "out",
                 "A part stands at the eye of the first zone: of the one where parts come on."),
            Port("ready", DataType.BOOL, "out",
                 "A part is at the eye of the last zone: of the one where parts go on."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        track=True,
        example="zpa: {type: roller_conveyor, length: 4 m, zones: 8, speed: 0.5 m/s, to: belt2}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("eyes", "sending")
    derived: ClassVar[tuple[str, ...]] = ("deciding", "again")
    constant: ClassVar[tuple[str, ...]] = ("drives", "lane", "two_way", "bounds", "pitch", "slug", "short")
    continuations: ClassVar[tuple[str, ...]] = ("obey",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        refuse_reverse(self)
        count = p["zones"]
        self.pitch = p["length"] / count
        lengths = [product.size[0] for product in line.products]
        longest = max(lengths, default=0.0)
        if longest > self.pitch - p["eye"] + 1e-9:
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
        two_way = bool(p["reversible"])
        drives = line.add_zone_drives(self, count, p["speed"], p["acceleration"], p["jerk"], two_way)
        self.drives: list[Drive] = drives
        self.slug = p["mode"] == "slug"
        self.short = two_way and min(lengths, default=0.0) <= p["eye"]  # may lie between an eye and the end
        self.eyes = [[False] * count for _ in range(1 + two_way)]  # blocked; those for forward, for backward
        self.sending = [False] * count  # in the present order: its part is at the eye and goes on
        self.lane: Any = None
        self.two_way: TwoWayLane | None = None
        self.bounds: list[tuple[float, float]] = []
        self.deciding = self.again = False

    def connect(self) -> None:
        lane, start = self.line.on_track(self.id)
        self.lane, count = lane, len(self.drives)
        two_way = self.two_way = lane if isinstance(lane, TwoWayLane) else None
        if two_way is not None:
            two_way.turner = self
            two_way.add_joint(start, self.decide)
        length = self.params["length"]
        for k, drive in enumerate(self.drives):
            begin = start + length * k / count
            end = start + (length if k + 1 == count else length * (k + 1) / count)
            self.bounds.append((begin, end))
            lane.add_eye(end - self.params["eye"], partial(self.eye_changed, k, 0))
            if two_way is None:
                lane.add_mark(begin, self.decide)
                lane.add_clear(end, self.decide)
            else:
                lane.add_eye(begin + self.params["eye"], partial(self.eye_changed, k, 1))
                two_way.add_joint(end, self.decide)
            drive.watch_moving(self.moving_changed)
        for port in ("run", "reverse", "release", "speed_setpoint"):
            self.ports[port].subscribe(self.decide)

    def start(self) -> None:
        self.ports["full"].write(False)
        self.ports["ready"].write(False)
        self.decide(None)

    def eye_changed(self, k: int, way: int, blocked: bool) -> None:
        """The edge that leads has come to an eye of zone `k`, or a tail has left it. `way` 1: to the one for
        backward."""
        self.eyes[way][k] = blocked
        if way == self._way:
            self._show()
            self.decide(None)

    def moving_changed(self, moving: bool) -> None:
        """A zone has begun to move, or has come to rest."""
        if moving or not self._turns() or any(drive.moving for drive in self.drives):
            self._show_state()
        else:
            self.wake()
        if self.slug:
            self.decide(None)

    # which zones run -----------------------------------------------------------------------------

    def decide(self, _: Any) -> None:
        """Which zones run: from the last one up, since each depends on the next."""
        self.again = True
        if self.deciding:
            return
        self.deciding = True
        while self.again:
            self.again = False
            drives, eyes = self._drives(), self._eyes()
            turns = self._turns()
            speed = 0.0 if turns else abs(velocity_told(self))
            for k in reversed(range(len(drives))):
                waits = eyes[k] or (self.short and self._beyond_eye(k))
                self.sending[k] = waits and self._may_send(k, drives, eyes)
                drives[k].command(speed if self.sending[k] or not waits else 0.0)
            if turns:
                self.wake()
        self.deciding = False

    def _may_send(self, k: int, drives: Sequence[Drive], eyes: Sequence[bool]) -> bool:
        if k == len(drives) - 1:
            return self._allowed("release")
        if not self._occupied(k + 1):
            return True
        ahead = drives[k + 1]
        runs = ahead.target > 0.0 and not ahead.stalls
        return self.slug and runs and (self.sending[k] or eyes[k + 1])

    def _occupied(self, k: int) -> bool:
        """Whether a part lies in zone `k`, from the front that enters to the tail that leaves."""
        begin, end = self._bounds(k)
        over = self.lane.stand_in
        if over is not None and self.lane.front(over) - over.length < end - TOUCH:
            return True
        found = self._lying_between(begin - TOUCH, end - TOUCH)
        if self.two_way is None:
            return bool(found)
        return any(part.place.train.home.index >= k for part in found)  # not one that stands at its border

    def _beyond_eye(self, k: int) -> bool:
        """Whether a part waits in zone `k` between its eye, which does not see it, and its end: the zones
        have turned while it had its other edge there."""
        end = self._bounds(k)[1]
        found = self._lying_between(end - self.params["eye"] - TOUCH, end)
        return any(part.place.train.home.index <= k for part in found)

    def _lying_between(self, x0: float, x1: float) -> list[Part]:
        if self.two_way is None:
            found: list[Part] = self.lane.parts_between(x0, x1)
            return found
        return self.two_way.lying_between(x0, x1)

    # the present order of zones: the first is the one where parts come on ------------------------

    @property
    def _way(self) -> int:
        return int(self.two_way is not None and self.two_way.backward)

    def _drives(self) -> Sequence[Drive]:
        return self.drives[::-1] if self._way else self.drives

    def _eyes(self) -> Sequence[bool]:
        return self.eyes[1][::-1] if self._way else self.eyes[0]

    def _bounds(self, k: int) -> tuple[float, float]:
        if self.two_way is None:
            return self.bounds[k]
        zone = self.two_way.zones[k]
        return zone.start, zone.end

    def _show(self) -> None:
        eyes = self._eyes()
        self.ports["full"].write(eyes[0])
        self.ports["ready"].write(eyes[-1])

    def _show_state(self) -> None:
        working = any(drive.moving for drive in self.drives)
        self.set_state(State.WORKING if working else State.IDLE)

    # turning -------------------------------------------------------------------------------------

    def _turns(self) -> bool:
        """Whether it is told to run the other way."""
        two_way = self.two_way
        return two_way is not None and velocity_told(self) * (-1.0 if two_way.backward else 1.0) < 0.0

    def wake(self) -> None:
        """See at this very instant, but not in the middle of what happens now, whether it may turn."""
        if self._turns() and not any(drive.moving for drive in self.drives):
            kernel = self.line.kernel
            kernel.call_at(kernel._now, self.obey, None, self.drives[0].key)

    def obey(self, _: None) -> None:
        """Continuation: turn, if that is what it is told and nothing keeps it from it."""
        two_way = self.two_way
        if two_way is None or any(drive.moving for drive in self.drives):
            return
        if self._turns() and two_way.may_turn():
            self.deciding = True  # nothing is decided in the middle of it
            two_way.turn()
            self.deciding = False
            self.sending = [False] * len(self.drives)
            self._show()
            self.decide(None)
        self._show_state()

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
