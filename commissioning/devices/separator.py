"""Separator: lets parts of a queue go one at a time, with a stated gap between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Separator"]

_NOBODY = -1


class Separator(Device):
    """Holds what comes to it. It lets the part at it go when `release` is true and the tail of the one before
    is `gap` m beyond it; the next one it holds from the instant that the tail passes it (a clamp holds that
    one meanwhile, so parts that touch are separated as well). The blade's stroke is for the eye.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="separator",
        help="Lets parts of a queue go one at a time, with a gap between them.",
        params=(
            Param("gap", "length", "Room between the tail of a part that goes and the front of the next one.",
                  default=0.0, minimum=0.0, example="0.4 m"),
            Param("stroke", "length", "Height of the blade above the track when up.", default=0.1,
                  exclusive_minimum=0.0),
            Param("time", "duration", "Time of a full stroke, up or down, in the picture.", default=0.1,
                  exclusive_minimum=0.0),
            Param("width", "length", "Width of the blade.", default=0.3, exclusive_minimum=0.0),
        ),
        ports=(
            Port("release", DataType.BOOL, "in", "Parts may go; without a binding always."),
            Port("holding", DataType.BOOL, "out", "A part stands at it."),
            Port("going", DataType.BOOL, "out", "A part goes and has not made the gap yet."),
        ),
        places="along",
        example="sep: {type: separator, along: belt2, at: 1.6 m, gap: 0.4 m, tags: {release: Q_Next}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("under_way",)
    constant: ClassVar[tuple[str, ...]] = ("blade", "stop", "stroke", "speed", "release", "holding", "going")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.blade = line.add_axis(self, "blade")
        self.stroke: float = self.params["stroke"]
        self.speed: float = self.stroke / self.params["time"]
        self.release = self.ports["release"] if self.bound("release") else None
        self.holding, self.going = self.ports["holding"], self.ports["going"]
        self.stop: Any = None
        self.under_way = _NOBODY  # number of the part that goes

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        x, gap = offset + self.record.at, self.params["gap"]
        zone = next((z for z in lane.zones if z.start <= x < z.end), lane.zones[-1])
        if not zone.accumulating:
            raise Problems(
                Problem(
                    f"{self.record.along} does not let parts slip: what {self.id} holds stops all of it, "
                    "and no gap comes about",
                    Place(id=f"devices.{self.id}.along"),
                    "Let that track accumulate, or put the separator on one that does",
                )
            )
        if x + gap > lane.length:
            raise Problems(
                Problem(
                    f"the gap of {self.id} ends {x + gap - lane.length:g} m beyond the end of the tracks "
                    "in line",
                    Place(id=f"devices.{self.id}.gap"),
                    f"Give a gap of {lane.length - x:g} m or less, or put it further upstream",
                )
            )
        self.stop = lane.add_stop(x, self.held_part)
        lane.add_clear(x, self.passed)
        lane.add_clear(x + gap, self.gap_made)
        self.ports["release"].subscribe(self.release_changed)

    def start(self) -> None:
        self.holding.write(False)
        self.going.write(False)
        self._rise()

    def release_changed(self, _: None) -> None:
        """The command changed."""
        self._let_go()

    def held_part(self, part: Part | None) -> None:
        """A part has come to stand at it, or goes on."""
        self.holding.write(part is not None)
        if part is not None and self.under_way == _NOBODY:
            self._let_go()

    def passed(self, part: Part) -> None:
        """A tail has passed it, or a part before it was taken away."""
        if part.id == self.under_way:
            self._rise()

    def gap_made(self, part: Part) -> None:
        """A tail is the gap beyond it, or a part before that was taken away."""
        if part.id == self.under_way:
            self.under_way = _NOBODY
            self.going.write(False)
            if self.stop.holds:
                self._let_go()

    def awaits(self) -> Sequence[Part]:
        """What it holds waits for the one under way to be the gap beyond it."""
        part = self.line.parts.get(self.under_way) if self.stop.holding is not None else None
        return () if part is None else (part,)

    def _let_go(self) -> None:
        if self.under_way != _NOBODY:
            return
        part = self.stop.holding
        if part is None or (self.release is not None and not self.release.value):
            return
        self.under_way = part.id
        self.going.write(True)
        self.blade.stroke_to(0.0, self.speed)
        self.stop.lower()

    def _rise(self) -> None:
        self.blade.stroke_to(self.stroke, self.speed)
        self.stop.raise_()

    def bodies(self) -> Sequence[Body]:
        frame, stroke, width = self.pose, self.params["stroke"], self.params["width"]
        up = frame.apply((0.0, 0.0, 1.0))
        axis = (up[0] - frame.xyz[0], up[1] - frame.xyz[1], up[2] - frame.xyz[2])
        pose = frame @ Pose((0.008, 0.0, -stroke / 2 - 0.004))
        bodies = [
            Body("blade", "box", (0.014, width, stroke), pose, "blade", drive=f"{self.id}.blade", axis=axis),
            box(frame, "cylinder", "steel", (0.07, 0.1, 0.16), (0.008, 0, -0.24)),
            box(frame, "mount", "frame", (0.05, width + 0.12, 0.03), (0.008, 0, -0.15)),
        ]
        for side, name in ((1.0, "clamp left"), (-1.0, "clamp right")):
            bodies.append(
                box(frame, name, "pusher", (0.12, 0.03, 0.06), (-0.1, side * (width / 2 + 0.06), 0.08))
            )
        return bodies
