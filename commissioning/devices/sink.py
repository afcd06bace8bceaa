"""Sink: where parts leave the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.record import State
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.part import Part

__all__ = ["Sink"]


class Sink(Device, Receiver):
    """Takes every part at once. `count` is the number taken so far."""

    declaration = TypeDeclaration(
        kind="device",
        type="sink",
        help="Takes every part offered to it and counts them.",
        params=(
            Param("label", "text", "What becomes of the parts.", default=None, example="to palletising"),
        ),
        ports=(Port("count", DataType.UDINT, "out", "Parts taken so far.", status="counted"),),
        places="flow",
        feeds=True,
        example="out: {type: sink}",
    )
    saved = ("taken",)

    taken: int = 0

    def start(self) -> None:
        self.taken = 0
        self.begin_status(State.IDLE)

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        part.owner = None
        self.taken = taken = self.taken + 1
        self.line.end_part(part, 0, self, taken)
        for port, _ in self.heard:
            port.write(taken)
        return True

    def reserve(self, giver: Giver) -> bool:
        return True

    def status(self, place: int) -> Any:
        return self.taken

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, z = self.pose, self.pose.xyz[2]
        bottom = 0.02 - z
        height = max(z - 0.12, 0.2)
        middle = bottom + height / 2
        return [
            box(frame, "floor", "sink", (0.7, 0.6, 0.03), (0.4, 0, bottom)),
            box(frame, "left", "sink", (0.7, 0.02, height), (0.4, 0.29, middle)),
            box(frame, "right", "sink", (0.7, 0.02, height), (0.4, -0.29, middle)),
            box(frame, "front", "sink", (0.02, 0.6, height), (0.06, 0, middle)),
            box(frame, "back", "sink", (0.02, 0.6, height), (0.74, 0, middle)),
        ]
