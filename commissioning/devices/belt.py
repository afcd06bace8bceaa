"""Belt conveyor."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import ClassVar

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
from commissioning.sim.line import Line

__all__ = ["Belt"]


class Belt(Device):
    """Straight belt: parts move with it, queue on it where it accumulates, and pass to what follows.

    Parts stand on +x of the belt's pose; a part's coordinate is its front edge. It changes to the next
    carrier when its front reaches the end.

    Backward, the edge that leads is the rear one: at the infeed a part is given back to the belt that alone
    leads there, if that runs backward as well, and else stands. The belt turns when no part lies across the
    end that it runs from, but one that stands on the next belt and is to be taken back.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="belt",
        help="Straight belt conveyor. Runs while `run` is true; without a binding it always runs.",
        params=(
            Param("length", "length", "Length along travel.", exclusive_minimum=0.0, maximum=10_000.0,
                  example="3 m"),
            Param("width", "length", "Width across travel.", default=0.5, exclusive_minimum=0.0),
            Param("speed", "speed", "Speed when it runs.", exclusive_minimum=0.0, example="0.4 m/s"),
            Param("acceleration", "acceleration", "Start ramp; 0 = reaches its speed at once.",
                  default=0.0, minimum=0.0, example="1.2 m/s2"),
            Param("deceleration", "acceleration", "Stop ramp; as the start ramp unless given.",
                  default=None, minimum=0.0),
            Param("jerk", "jerk", "Limit of the jerk of both ramps, which then are S-curves; 0 = none.",
                  default=0.0, minimum=0.0, example="2 m/s3"),
            Param("accumulating", "boolean",
                  "Whether parts may slip and queue; if not, a held part stops the belt.", default=True),
            Param("gap", "length", "Room kept behind the last part before another one may enter.",
                  default=0.0, minimum=0.0, example="60 mm"),
            REVERSIBLE_PARAM,
            SETPOINT_PARAM,
        ),
        ports=(
            Port("run", DataType.BOOL, "in", "Run: forward, or the way that `reverse` says."),
            REVERSE_PORT,
            SETPOINT_PORT,
            Port("moving", DataType.BOOL, "out", "The belt moves, ramps included."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        track=True,
        example="belt1: {type: belt, length: 3 m, speed: 0.4 m/s, to: belt2}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("drive",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        deceleration = p["acceleration"] if p["deceleration"] is None else p["deceleration"]
        refuse_reverse(self)
        self.drive = line.add_track_drive(
            self, p["speed"], p["acceleration"], deceleration, p["jerk"], p["reversible"]
        )

    def connect(self) -> None:
        self.ports["run"].subscribe(self.run_changed)
        self.ports["reverse"].subscribe(self.run_changed)
        self.ports["speed_setpoint"].subscribe(self.run_changed)
        self.drive.watch_moving(self.moving_changed)

    def start(self) -> None:
        self.ports["moving"].write(False)
        self.run_changed(None)

    def run_changed(self, _: None) -> None:
        """The run command, the direction or the set-point changed."""
        self.drive.command(velocity_told(self))

    def moving_changed(self, moving: bool) -> None:
        """The belt began to move, or has come to rest."""
        self.set_state(State.WORKING if moving else State.IDLE)
        self.ports["moving"].write(moving)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        length, width, frame = self.params["length"], self.params["width"], self.pose
        half = width / 2
        bodies = [
            box(frame, "belt", "belt", (length, width - 0.06, 0.016), (length / 2, 0, -0.008)),
            box(frame, "bed", "steel", (length - 0.12, width - 0.08, 0.05), (length / 2, 0, -0.045)),
            box(frame, "rail left", "frame", (length, 0.028, 0.13), (length / 2, half - 0.014, -0.052)),
            box(frame, "rail right", "frame", (length, 0.028, 0.13), (length / 2, -half + 0.014, -0.052)),
        ]
        for x in (0.05, length - 0.05):
            bodies.append(
                cylinder(frame, "end roller", "roller", 0.088, width - 0.06, (x, 0, -0.06), (pi / 2, 0, 0))
            )
        pairs = min(max(2, 1 + round(length / 1.6)), 60)  # a belt of kilometres is drawn with fewer
        for i in range(pairs):
            x = 0.25 + (length - 0.5) * i / (pairs - 1) if length > 0.6 else length * (i + 0.5) / pairs
            for side in (half - 0.03, -half + 0.03):
                bodies += post(frame, f"leg {i}", "frame", 0.045, (x, side), -0.117)
            bodies.append(brace(frame, f"brace {i}", width - 0.08, x))
        bodies.append(box(frame, "motor", "steel", (0.2, 0.13, 0.14), (length - 0.32, -half - 0.07, -0.13)))
        return bodies
