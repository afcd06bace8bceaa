"""Colour sensor: which colour passes, and whether it is the one it was taught."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from commissioning.devices.photo_eye import eye_bodies
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["ColourSensor"]


class ColourSensor(Device):
    """`colour` numbers the colours of the scene's products in their order, from 1; 0: no part is there.

    A product without a colour has one of its own. `colour` is written before `match` rises.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="colour_sensor",
        help="Tells the colour of each part that passes, and whether it is the taught one.",
        params=(
            Param("teach", "text", "The taught colour: a product, or the colour of one; unless said, none.",
                  default=None, example="red"),
        ),
        ports=(
            Port("colour", DataType.INT, "out", "Number of the colour in the beam; 0: no part."),
            Port("match", DataType.BOOL, "out", "A part of the taught colour is in the beam."),
            Port("teach", DataType.BOOL, "in", "A rising edge teaches the colour of the part in the beam."),
        ),
        places="along",
        example="red: {type: colour_sensor, along: belt1, at: 1 m, teach: red, tags: {match: I_Red}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("taught", "seen", "teaching")
    constant: ClassVar[tuple[str, ...]] = ("eye", "colours")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        names = [(p.colour or f"product {p.id}").casefold() for p in line.products]
        numbers = {name: k + 1 for k, name in enumerate(dict.fromkeys(names))}
        self.colours = [numbers[name] for name in names]  # by product
        self.taught = 0
        self.seen = 0
        self.teaching = False  # what `teach` was last
        self.eye: Any = None
        wanted = self.params["teach"]
        if wanted is not None:
            ids = [p.id for p in line.products]
            known = numbers | {p: self.colours[k] for k, p in enumerate(ids)}
            self.taught = known.get(wanted, known.get(wanted.casefold(), 0))
            if not self.taught:
                colours = [p.colour for p in line.products if p.colour]
                raise ValueError(
                    f"{self.id} is taught {wanted!r}, which is no product and no colour of one; "
                    f"there are {', '.join(dict.fromkeys([*ids, *colours]))}"
                )

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        x = offset + self.record.at
        self.eye = lane.add_eye(x, self.beam_changed)
        lane.add_mark(x, self.front_passes)  # between parts that touch the beam has no edge
        self.ports["teach"].subscribe(self.teach_changed)

    def start(self) -> None:
        self.teaching = bool(self.ports["teach"].value)
        self._show(0)

    def beam_changed(self, blocked: bool) -> None:
        """A part has come into the beam, or the last one has left."""
        self._show(self.colours[self.eye.part.product] if blocked else 0)

    def front_passes(self, part: Part) -> None:
        """A front is in the beam."""
        if self.eye.blocked:
            self._show(self.colours[part.product])

    def teach_changed(self, _: None) -> None:
        """The input for teaching changed."""
        teach, before = bool(self.ports["teach"].value), self.teaching
        self.teaching = teach
        if teach and not before and self.seen:
            self.taught = self.seen
            self._show(self.seen)

    def _show(self, colour: int) -> None:
        self.seen = colour
        match = bool(colour) and colour == self.taught
        if not match:
            self.ports["match"].write(False)
        self.ports["colour"].write(colour)
        if match:
            self.ports["match"].write(True)

    def bodies(self) -> Sequence[Body]:
        return eye_bodies(self, 0.08, "match")
