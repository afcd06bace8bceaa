"""Encoder: counts the travel of a track."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import ClassVar, cast

from commissioning.devices.shapes import box, cylinder
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.continuous import Reading
from commissioning.sim.device import Device
from commissioning.sim.drive import Drive
from commissioning.sim.line import Line

__all__ = ["Encoder"]


class Encoder(Device):
    """A measuring wheel on a track. All its values run with the drive there and are solved on reading.

    `count` is the number of whole counts since `preset` at the start, or at the last rising edge of
    `zero`; `word` is the same in a 16-bit register. Both wrap as registers do.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="encoder",
        help="Measuring wheel on a track: counts its travel, exact at every instant it is read.",
        params=(
            Param("counts", "number", "Counts per metre of travel.", default=1000.0, exclusive_minimum=0.0),
            Param("modulus", "integer", "Counts of one turn of a single-turn encoder; 0: it counts on.",
                  default=0, minimum=0, maximum=2**31 - 1, example="4096"),
            Param("preset", "integer", "The count at the start and after `zero`.", default=0,
                  minimum=-(2**31), maximum=2**31 - 1),
            Param("reverse", "boolean", "It counts down.", default=False),
            Param("resolution", "length", "Steps in which it tells `position`; 0: it tells it exactly.",
                  default=0.0, minimum=0.0, example="1 mm"),
        ),
        ports=(
            Port("count", DataType.DINT, "out", "Counts, 32 bits.", continuous="number"),
            Port("word", DataType.INT, "out", "Counts, 16 bits.", continuous="number"),
            Port("position", DataType.REAL, "out", "Travel since the start or `zero`.", "m", "length"),
            Port("speed", DataType.REAL, "out", "Speed of the track.", "m/s", "speed"),
            Port("zero", DataType.BOOL, "in", "A rising edge sets the count to `preset`, the position to 0."),
        ),
        places="along",
        example="enc: {type: encoder, along: belt1, at: 0.5 m, counts: 2000, tags: {count: I_Count}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("drive",)
    saved: ClassVar[tuple[str, ...]] = ("zeroed",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.drive: Drive | None = None
        self.zeroed = False  # what `zero` was last

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        x = offset + self.record.at
        self.drive = next(
            (zone.drive for zone in lane.zones if zone.start <= x < zone.end), lane.zones[-1].drive
        )
        for name in ("count", "word", "position", "speed"):
            self._reading(name).may_follow(self.drive)
        self._reading("position").step = self.params["resolution"]
        self.ports["zero"].subscribe(self.zero_changed)

    def start(self) -> None:
        assert self.drive is not None
        self._set_zero()
        self._reading("speed").follow(self.drive, 0.0, -1.0 if self.params["reverse"] else 1.0, rate=True)
        self.zeroed = bool(self.ports["zero"].value)

    def zero_changed(self, _: None) -> None:
        """The reset input changed."""
        zero, before = bool(self.ports["zero"].value), self.zeroed
        self.zeroed = zero
        if zero and not before:
            self._set_zero()

    def _set_zero(self) -> None:
        drive, p = self.drive, self.params
        assert drive is not None
        here = drive.way * drive.travel(self.line.kernel._now)
        way = -1.0 if p["reverse"] else 1.0
        scale = way * p["counts"]
        offset = p["preset"] - scale * here
        self._reading("count").follow(drive, offset, scale, p["modulus"])
        self._reading("word").follow(drive, offset, scale, p["modulus"])
        self._reading("position").follow(drive, -way * here, way)

    def _reading(self, port: str) -> Reading:
        return cast(Reading, self.ports[port])

    def bodies(self) -> Sequence[Body]:
        frame = self.pose
        assert self.record.along is not None
        y = float(self.line.scene.devices[self.record.along].params.get("width", 0.5)) / 2
        return [
            cylinder(frame, "wheel", "roller", 0.1, 0.025, (0, -y + 0.03, 0.05), (pi / 2, 0, 0)),
            cylinder(frame, "encoder", "sensor", 0.058, 0.05, (0, -y - 0.015, 0.05), (pi / 2, 0, 0)),
            box(frame, "arm", "steel", (0.12, 0.012, 0.02), (0.05, -y - 0.046, 0.04)),
        ]
