"""Where every device stands in the world.

A pose in the scene is an anchor. `along` + `at` is a point on a track. Everything else stands at the end of
what feeds it; a first device stands before what it feeds; a line without any anchor starts at the origin.
A track's frame is at its infeed, on the centre line, at the height of the parts' bottom, +x in travel.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from commissioning.model.declare import Declarations
from commissioning.model.frozen import FrozenDict
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem
from commissioning.model.reading import Path, path_id
from commissioning.model.scene import DeviceRecord, Scene, Target
from commissioning.model.track import along_track, curvature, track_length

GAP: Final = 0.05
"""Metres between the ends of two tracks above which parts could not pass."""
CLEARANCE: Final = 0.2
"""Metres of height above which one track may cross over another."""
_BETWEEN_LINES: Final = 2.0
_CHORD: Final = 0.2
"""rad. What a chord of an arc turns by at most, where tracks are looked at for crossings."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the places, at a path of the scene."""

    path: Path
    what: str
    cure: str


@dataclass
class Placed:
    """World poses by device and what is wrong with them."""

    poses: dict[str, Pose] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def place(scene: Scene, declarations: Declarations) -> tuple[Mapping[str, Pose], tuple[Problem, ...]]:
    """World pose of every device of the scene, in the scene's order, and the problems of placement."""
    placed = solve(scene.devices, declarations)
    poses = FrozenDict({name: placed.poses[name] for name in scene.devices if name in placed.poses})
    problems = (Problem(fault.what, Place(id=path_id(fault.path)), fault.cure) for fault in placed.faults)
    return poses, tuple(problems)


def solve(devices: Mapping[str, DeviceRecord], declarations: Declarations) -> Placed:
    """As `place`, for devices alone."""
    return _Solver(devices, declarations).solve()


class _Solver:
    def __init__(self, devices: Mapping[str, DeviceRecord], declarations: Declarations) -> None:
        self.devices = devices
        self.declarations = declarations
        self.out = Placed()
        self.lines = 0
        self.rings: set[str] = set()  # devices put somewhere because their place is a ring
        self.feeder: dict[str, tuple[str, str]] = {}
        for name, device in devices.items():
            for output, target in device.to.items():
                # a merge onto the middle of a track does not place that track
                if target.at is None and target.device in devices:
                    self.feeder.setdefault(target.device, (name, output))

    def solve(self) -> Placed:
        late: list[str] = []
        for name in self.devices:
            if name not in self.out.poses:
                self._follow(name, late)
        for name in late:
            self._place_first(name)
        for name in self.devices:
            if name not in self.out.poses:
                self._follow(name, [])
        self._check_gaps()
        self._check_crossings()
        return self.out

    def _depends(self, name: str) -> str | None:
        device = self.devices[name]
        if device.pose is not None:
            return None
        if device.along is not None:
            return device.along if device.along in self.devices else None
        fed = self.feeder.get(name)
        return fed[0] if fed is not None else None

    def _follow(self, name: str, late: list[str]) -> None:
        """Walk up to something that has a place, then place everything on the way back."""
        chain: list[str] = []
        on_chain: set[str] = set()
        current: str | None = name
        while current is not None and current not in self.out.poses:
            if current in on_chain:
                self._cycle(chain[chain.index(current) :])
                break
            chain.append(current)
            on_chain.add(current)
            current = self._depends(current)
        for step in reversed(chain):
            if step in self.out.poses:
                continue
            pose = self._pose(step)
            if pose is None:
                if step in late or not self._is_first(step):
                    return
                late.append(step)
                if not self._place_before_anchor(step):
                    return
                late.remove(step)
            else:
                self.out.poses[step] = pose

    def _is_first(self, name: str) -> bool:
        device = self.devices[name]
        return device.pose is None and device.along is None and name not in self.feeder

    def _pose(self, name: str) -> Pose | None:
        """From its own record or from what it depends on, if that has a place already."""
        device, poses = self.devices[name], self.out.poses
        if device.pose is not None:
            return device.pose
        if device.along is not None:
            host = poses.get(device.along)
            if host is None:
                return None
            return host @ along_track(self.devices[device.along].params, device.at or 0.0)
        fed = self.feeder.get(name)
        if fed is None or fed[0] not in poses:
            return None
        return poses[fed[0]] @ self._exit(fed[0], fed[1])

    def _exit(self, name: str, output: str) -> Pose:
        """Where parts leave, in the frame of the device."""
        device = self.devices[name]
        declared = self.declarations.get(("device", device.type))
        if declared is not None and declared.exit_pose is not None:
            return declared.exit_pose(device.params, output)
        return along_track(device.params, self._length(name))

    def _length(self, name: str) -> float:
        device = self.devices[name]
        declared = self.declarations.get(("device", device.type))
        return track_length(device.params) if declared is not None and declared.track else 0.0

    def _place_before_anchor(self, name: str) -> bool:
        """Down the flow to the first device with a pose, then back from it. A chain that somebody else
        places must wait for that; one without any anchor starts a line of its own."""
        chain: list[tuple[str, str]] = []
        current = name
        seen = {name}
        while True:
            step = next(iter(self.devices[current].to.items()), None)
            if step is None or step[1].device not in self.devices:
                break
            output, target = step
            chain.append((current, output))
            ahead = target.device
            if self.devices[ahead].pose is not None or ahead in self.out.poses:
                self._place_back(chain, target)
                return True
            if target.at is not None or self.feeder.get(ahead, ("", ""))[0] != current:
                return False
            if ahead in seen:
                break
            seen.add(ahead)
            current = ahead
        self._start_line(name)
        return True

    def _place_back(self, chain: list[tuple[str, str]], last: Target) -> None:
        pose = self.devices[last.device].pose or self.out.poses[last.device]
        if last.at is not None:
            pose = pose @ along_track(self.devices[last.device].params, last.at)
        for name, output in reversed(chain):
            pose = pose @ self._exit(name, output).inverse()
            self.out.poses[name] = pose

    def _place_first(self, name: str) -> None:
        """A first device whose chain was placed by another one in the meantime."""
        if name in self.out.poses:
            return
        for output, target in self.devices[name].to.items():
            if target.device in self.out.poses:
                self._place_back([(name, output)], target)
                return
        self._start_line(name)

    def _start_line(self, name: str) -> None:
        self.out.poses[name] = Pose((0.0, -_BETWEEN_LINES * self.lines if self.lines else 0.0, 0.0))
        self.lines += 1

    def _cycle(self, names: list[str]) -> None:
        ring = " → ".join([*reversed(names), names[-1]])
        first = min(names, key=list(self.devices).index)
        what = f"the place of {first} depends on itself: {ring}"
        if not any(fault.what == what for fault in self.out.faults):
            self.out.faults.append(Fault(("devices", first), what, f"Give {first} or another of them a pose"))
        # one fault is enough: the rest of the ring and what hangs on it gets a place
        self.out.poses[first] = Pose()
        self.rings.add(first)

    def _tracks(self) -> Iterator[tuple[str, Pose, float]]:
        for name, device in self.devices.items():
            declared = self.declarations.get(("device", device.type))
            if declared is not None and declared.track and name in self.out.poses:
                yield name, self.out.poses[name], self._length(name)

    def _check_gaps(self) -> None:
        tracks = {name for name, _, _ in self._tracks()}
        for name in self.devices:
            if name not in tracks:
                continue
            for output, target in self.devices[name].to.items():
                ahead = target.device
                if ahead not in tracks or target.at is not None or ahead in self.rings:
                    continue
                end = (self.out.poses[name] @ self._exit(name, output)).xyz
                gap = math.dist(end, self.out.poses[ahead].xyz)
                if gap > GAP:
                    x, y, z = (round(value, 3) for value in end)
                    what = f"{gap:.3f} m lie between the end of {name} and the start of {ahead}"
                    cure = f"Move {ahead} to xyz: [{x:g}, {y:g}, {z:g}], or leave its pose out"
                    self.out.faults.append(Fault(("devices", ahead, "pose"), what, cure))

    def _check_crossings(self) -> None:
        """Centre lines of tracks that cross in plan with less than the clearance between them."""
        rows = []
        for name, pose, length in self._tracks():
            params = self.devices[name].params
            pieces = math.ceil(abs(length * curvature(params)) / _CHORD) or 1
            points = [(pose @ along_track(params, length * k / pieces)).xyz for k in range(pieces + 1)]
            for a, b in itertools.pairwise(points):
                rows.append((min(a[0], b[0]), max(a[0], b[0]), name, a, b))
        rows.sort(key=lambda row: (row[0], row[2]))
        order = {name: index for index, name in enumerate(self.devices)}
        open_rows: list[tuple[float, float, str, Point, Point]] = []
        for row in rows:
            open_rows = [other for other in open_rows if other[1] >= row[0]]
            for other in open_rows:
                if row[2] == other[2]:
                    continue
                height = _crossing(row[3], row[4], other[3], other[4])
                if height is not None and height < CLEARANCE:
                    first, second = sorted((row[2], other[2]), key=order.__getitem__)
                    what = f"{second} crosses {first}"
                    cure = f"Move one of them, or lift it by {CLEARANCE} m or more"
                    self.out.faults.append(Fault(("devices", second), what, cure))
            open_rows.append(row)


Point = tuple[float, float, float]


def _crossing(a: Point, b: Point, c: Point, d: Point) -> float | None:
    """Difference in height where two segments properly cross in plan (not at their ends), else None."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    cross = rx * sy - ry * sx
    lengths = math.hypot(rx, ry), math.hypot(sx, sy)
    if min(lengths) < 1e-9 or abs(cross) < 1e-9 * lengths[0] * lengths[1]:
        return None
    t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / cross
    u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross
    margin_t, margin_u = GAP / lengths[0], GAP / lengths[1]
    if not (margin_t < t < 1.0 - margin_t and margin_u < u < 1.0 - margin_u):
        return None
    return abs((a[2] + t * (b[2] - a[2])) - (c[2] + u * (d[2] - c[2])))
