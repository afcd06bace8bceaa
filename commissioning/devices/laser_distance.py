"""Laser distance sensor: how far upstream the nearest part is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.continuous import Reading, stepped
from commissioning.sim.device import Device
from commissioning.sim.drive import Drive
from commissioning.sim.lanes.range import RangeEye
from commissioning.sim.line import Line

__all__ = ["LaserDistance"]


class LaserDistance(Device):
    """Looks from `at` against the flow. `distance` runs with the nearest part and is solved on reading.

    From `at` to that part's front; 0 while a part is at `at` itself; `background` while none is in range.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="laser_distance",
        help="Laser that measures, against the flow, how far away the nearest part is.",
        params=(
            Param("range", "length", "How far it sees.", default=2.0, exclusive_minimum=0.0),
            Param("background", "length", "What it reads without a part; unless said, its range.",
                  default=None, minimum=0.0, example="5 m"),
            Param("height", "length", "Height of the beam above the track.", default=0.1, minimum=0.0),
            Param("resolution", "length", "Steps in which it tells the distance; 0: it tells it exactly.",
                  default=0.0, minimum=0.0, example="1 mm"),
        ),
        ports=(
            Port("distance", DataType.REAL, "out", "To the nearest front.", "m", "length"),
            Port("detected", DataType.BOOL, "out", "A part is in range."),
        ),
        places="along",
        example="gap: {type: laser_distance, along: belt1, at: 3 m, range: 1.5 m, tags: {distance: I_Gap}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("eye",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.eye: RangeEye | None = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        self._distance.step = self.params["resolution"]
        self.eye = lane.add_range(offset + self.record.at, self.params["range"], self.look)
        for drive in self.line.drives:  # a part in a queue is moved by whatever moves the one at its end
            if isinstance(drive, Drive):
                self._distance.may_follow(drive)

    def start(self) -> None:
        self.look()

    def look(self) -> None:
        """What is nearest, or how it moves, is another matter from now on."""
        eye, p = self.eye, self.params
        assert eye is not None
        if eye.blocked and eye.place is not None:
            self._distance.write(0.0)
            detected = True
        else:
            nearest = eye.nearest
            detected = nearest is not None
            if nearest is None:
                self._distance.write(p["range"] if p["background"] is None else p["background"])
            else:
                drive, d = nearest
                if drive is None:
                    self._distance.write(stepped(d, p["resolution"]))
                else:
                    self._distance.follow(drive, d, -1.0)
        self.ports["detected"].write(detected)

    @property
    def _distance(self) -> Reading:
        return cast(Reading, self.ports["distance"])

    def bodies(self) -> Sequence[Body]:
        frame, p = self.pose, self.params
        assert self.record.along is not None
        y = float(self.line.scene.devices[self.record.along].params.get("width", 0.5)) / 2 + 0.03
        beam = frame @ Pose.from_rpy((-0.02, -y, p["height"]), (0.0, 0.0, 3.141592653589793))
        length = min(p["range"], float(self.record.at or 0.0))
        bodies = [
            box(frame, "laser", "sensor", (0.065, 0.025, 0.05), (0.012, -y, p["height"])),
            box(frame, "bracket", "steel", (0.02, 0.012, p["height"] + 0.08),
                (0.012, -y - 0.018, p["height"] / 2 - 0.04)),
        ]  # fmt: skip
        if length > 0.0:
            shown = f"{self.id}.detected"
            bodies.append(Body("beam", "beam", (length, 0.004, 0.004), beam, "beam", signal=shown))
        return bodies
