"""Lift: carries parts up and down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commissioning.devices.carriage import Carriage, carriage_params, carriage_ports
from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.sim.decks import Deck

__all__ = ["Lift"]

_WHERE = "its height above the pose of the lift"


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose((float(params["length"]), 0.0, float(params["gives"][output])))


class Lift(Carriage):
    """Parts come on along +x of its pose and go off straight on, at their heights above it."""

    declaration = TypeDeclaration(
        kind="device",
        type="lift",
        help="Lift: takes parts at one height and gives them at another.",
        params=(
            *carriage_params(_WHERE, "length", "speed", "acceleration"),
            Param("jerk", "jerk", "Of its ramps; 0: not limited.", default=0.0, minimum=0.0,
                  example="2 m/s3"),
            Param("length", "length", "Of the platform along travel.", default=0.8, exclusive_minimum=0.0),
            Param("width", "length", "Of the platform across travel.", default=0.6, exclusive_minimum=0.0),
        ),
        ports=carriage_ports(),
        places="flow",
        outputs_from="gives",
        feeds=True,
        exit_pose=_exit_pose,
        example="up: {type: lift, takes: {belt1: 0 m}, gives: {top: 3 m}, speed: 0.5 m/s,"
        " acceleration: 0.8 m/s2, to: {top: belt2}}",
    )  # fmt: skip

    def deck(self, drive: str) -> Deck:
        middle = self.pose @ Pose((self.params["length"] / 2, 0.0, 0.0))
        return Deck(drive, middle, self.pose.rotate((0.0, 0.0, 1.0)))

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        length, width, frame = self.params["length"], self.params["width"], self.pose
        floor = min(-frame.xyz[2], min(self.places) - 0.1)
        top = max(self.places) + 0.6
        corners = [(x, y) for x in (0.03, length - 0.03) for y in (width / 2 + 0.04, -width / 2 - 0.04)]
        platform = frame @ Pose((length / 2, 0.0, -0.03))
        up = frame.rotate((0.0, 0.0, 1.0))
        return [
            *(
                box(frame, f"post {i}", "frame", (0.06, 0.06, top - floor), (x, y, (top + floor) / 2))
                for i, (x, y) in enumerate(corners)
            ),
            box(frame, "head", "steel", (length, width + 0.14, 0.08), (length / 2, 0.0, top)),
            Body(
                "platform",
                "box",
                (length, width, 0.06),
                platform,
                "belt",
                drive=f"{self.id}.carriage",
                axis=up,
            ),
        ]
