"""Barcode reader: reads what a part is as it passes."""

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

__all__ = ["BarcodeReader"]


class BarcodeReader(Device):
    """Reads a part when its front is at the beam. `code` and `number` are written before `good` rises.

    `good` or `no_read` stays true while the part is in the beam, and falls for an instant between parts that
    touch; the code stays until the next one.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="barcode_reader",
        help="Reads the code of each part that passes: its product and number, or an attribute.",
        params=(
            Param("attribute", "text", "Attribute that `number` gives; without it the part's number.",
                  default=None, example="tall"),
            Param("no_read", "share", "Share of parts whose code cannot be read.", default=0.0, minimum=0.0,
                  maximum=1.0, example="0.1 %"),
        ),
        ports=(
            Port("code", DataType.STRING, "out", "Product and number of the part, like carton-000042."),
            Port("number", DataType.DINT, "out", "The part's number, or the attribute asked for."),
            Port("good", DataType.BOOL, "out", "Strobe: code and number are those of the part in the beam."),
            Port("no_read", DataType.BOOL, "out", "Strobe: the part in the beam could not be read."),
        ),
        places="along",
        example="scan: {type: barcode_reader, along: belt1, at: 1 m, tags: {code: I_Code, good: I_Good}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("mark", "eye", "misreads", "attribute")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        name = self.params["attribute"]
        self.attribute = -1 if name is None else line.attribute(name)
        self.misreads = line.choices(self, "no_read")
        self.eye: Any = None
        self.mark: Any = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        x = offset + self.record.at
        self.eye = lane.add_eye(x, self.beam_changed)
        self.mark = lane.add_mark(x, self.read)

    def start(self) -> None:
        for name, value in (("code", ""), ("number", 0), ("good", False), ("no_read", False)):
            self.ports[name].write(value)

    def beam_changed(self, blocked: bool) -> None:
        """The beam: no part, no strobe."""
        if not blocked:
            self._strobe(False, False)

    def read(self, part: Any) -> None:
        """A part's front is at the beam."""
        if not self.eye.blocked:
            return
        self._strobe(False, False)
        if self.params["no_read"] and self.misreads.draw() < self.params["no_read"]:
            self._strobe(False, True)
            return
        product = self.line.products[part.product].id
        number = part.id if self.attribute < 0 else round(part.attributes.get(self.attribute, 0.0))
        self.ports["code"].write(f"{product}-{part.id:06d}")
        self.ports["number"].write(number)
        self._strobe(True, False)

    def _strobe(self, good: bool, no_read: bool) -> None:
        self.ports["good"].write(good)
        self.ports["no_read"].write(no_read)

    def bodies(self) -> Sequence[Body]:
        return eye_bodies(self, 0.1, "good")
