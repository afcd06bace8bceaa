"""Light curtain across a track: height of what passes, and a safety output with muting."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.kernel import EDGE
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["LightCurtain"]


class LightCurtain(Device):
    """`beams` beams, `pitch` apart, the lowest at `lowest`; a part breaks those that it reaches.

    `clear` is the safety output: true while no beam is broken or the broken ones are muted. Muting lasts
    while `mute` is true, at most `mute_limit`. With `restart: manual` the output stays false at the start and
    after it has fallen, until `reset` rises while no beam is broken (restart interlock, IEC 61496-1).
    """

    declaration = TypeDeclaration(
        kind="device",
        type="light_curtain",
        help="Beams above each other across a track: blocked, height of the part, safety output with muting.",
        params=(
            Param("beams", "integer", "How many.", default=16, minimum=1, maximum=500),
            Param("pitch", "length", "From beam to beam.", default="30 mm", exclusive_minimum=0.0),
            Param("lowest", "length", "Height of the lowest beam above the track.", default="20 mm",
                  minimum=0.0),
            Param("mute_limit", "duration", "The longest muting; unless said, without limit.", default=None,
                  exclusive_minimum=0.0, example="30 s"),
            Param("restart", "choice", "Whether the output comes back by itself or has to be reset.",
                  default="auto", choices=("auto", "manual")),
        ),
        ports=(
            Port("height", DataType.REAL, "out", "Height of the highest broken beam.", "m"),
            Port("broken", DataType.INT, "out", "How many beams are broken."),
            Port("blocked", DataType.BOOL, "out", "A beam is broken."),
            Port("muted", DataType.BOOL, "out", "The output does not follow the beams (muting lamp)."),
            Port("clear", DataType.BOOL, "out", "Safety output: nothing is in the curtain, or it is muted."),
            Port("mute", DataType.BOOL, "in", "Mutes the curtain while it is true."),
            Port("reset", DataType.BOOL, "in", "A rising edge lets the output come back."),
        ),
        places="along",
        example="lc: {type: light_curtain, along: belt1, at: 2 m, tags: {clear: I_Clear, mute: Q_Mute}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("tripped", "mute", "muting", "mutes", "reset", "count")
    constant: ClassVar[tuple[str, ...]] = ("eye",)
    continuations: ClassVar[tuple[str, ...]] = ("mute_is_over",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.eye: Any = None
        self.tripped = self.params["restart"] == "manual"
        self.mute = self.muting = self.reset = False  # the inputs as they were last; muting: and not too long
        self.mutes = 0  # version, so that the limit of an earlier muting is void
        self.count = 0

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        x = offset + self.record.at
        self.eye = lane.add_eye(x, self.beams_changed)
        lane.add_mark(x, self.front_passes)  # between parts that touch the eye has no edge
        self.ports["mute"].subscribe(self.mute_changed)
        self.ports["reset"].subscribe(self.reset_changed)

    def start(self) -> None:
        self.reset = bool(self.ports["reset"].value)
        self.mute_changed(None)
        self._show(0)

    def beams_changed(self, blocked: bool) -> None:
        """A part has come, or the last one has gone."""
        self._show(self._broken(self.eye.part) if blocked else 0)

    def front_passes(self, part: Part) -> None:
        """A front is in the curtain."""
        if self.eye.blocked:
            self._show(self._broken(part))

    def mute_changed(self, _: None) -> None:
        """The muting input changed."""
        mute = bool(self.ports["mute"].value)
        if mute is self.mute:
            return
        self.mute = self.muting = mute
        self.mutes += 1
        limit = self.params["mute_limit"]
        if mute and limit is not None:
            kernel = self.line.kernel
            kernel.call_at(kernel._now + round(limit * 1e9), self.mute_is_over, self.mutes, EDGE)
        self._switch()

    def mute_is_over(self, mutes: int) -> None:
        """Continuation: it has been muted for as long as it may."""
        if mutes == self.mutes:
            self.muting = False
            self._switch()

    def reset_changed(self, _: None) -> None:
        """The reset input changed."""
        reset, before = bool(self.ports["reset"].value), self.reset
        self.reset = reset
        if reset and not before and not self.count:
            self.tripped = False
            self._switch()

    def _broken(self, part: Part) -> int:
        p = self.params
        reached: int = floor((part.height - p["lowest"]) / p["pitch"] + 1e-9) + 1
        return max(0, min(int(p["beams"]), reached))

    def _show(self, count: int) -> None:
        """So many beams are broken. The values are there before the edges."""
        p = self.params
        self.count = count
        self.ports["height"].write(p["lowest"] + (count - 1) * p["pitch"] if count else 0.0)
        self.ports["broken"].write(count)
        self.ports["blocked"].write(count > 0)
        self._switch()

    def _switch(self) -> None:
        free = not self.count or self.muting
        if not free and self.params["restart"] == "manual":
            self.tripped = True
        self.ports["muted"].write(self.muting)
        self.ports["clear"].write(free and not self.tripped)

    def bodies(self) -> Sequence[Body]:
        frame, p = self.pose, self.params
        assert self.record.along is not None
        y = float(self.line.scene.devices[self.record.along].params.get("width", 0.5)) / 2 + 0.04
        top = p["lowest"] + (p["beams"] - 1) * p["pitch"]
        height, middle = top - p["lowest"] + 0.06, (top + p["lowest"]) / 2
        bodies = [
            box(frame, "sender", "sensor", (0.04, 0.03, height), (0, -y, middle)),
            box(frame, "receiver", "sensor", (0.04, 0.03, height), (0, y, middle)),
            box(frame, "muting lamp", "lamp_yellow", (0.03, 0.03, 0.03),
                (0, -y, middle + height / 2 + 0.02), signal=f"{self.id}.muted"),
        ]  # fmt: skip
        shown = min(p["beams"], 8)  # more would be a wall of light
        for k in range(shown):
            z = p["lowest"] + (top - p["lowest"]) * (k / (shown - 1) if shown > 1 else 0.0)
            beam = frame @ Pose.from_rpy((0.0, -y, z), (0.0, 0.0, 1.5707963267948966))
            signal = f"{self.id}.blocked"
            bodies.append(Body(f"beam {k + 1}", "beam", (2 * y, 0.004, 0.004), beam, "beam", signal=signal))
        return bodies
