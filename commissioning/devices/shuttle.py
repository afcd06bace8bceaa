"""Shuttle: a transfer car on rails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi
from typing import Any

from commissioning.devices.carriage import Carriage, carriage_params, carriage_ports
from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.sim.decks import Deck

__all__ = ["Shuttle"]

_WHERE = "its place along the rails"


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    x = float(params["gives"][output])
    return Pose.from_rpy((x, params["width"] / 2, 0.0), (0.0, 0.0, pi / 2))


class Shuttle(Carriage):
    """Rails along +x of its pose; parts come on from the right and go off to the left.

    The height of its pose is that of the bottom of parts.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="shuttle",
        help="Transfer car on rails: goes to a part, takes it, travels and gives it.",
        params=(
            *carriage_params(_WHERE, "length", "speed", "acceleration"),
            Param("jerk", "jerk", "Of its ramps; 0: not limited.", default=0.0, minimum=0.0,
                  example="2 m/s3"),
            Param("length", "length", "Of the car along the rails.", default=0.8, exclusive_minimum=0.0),
            Param("width", "length", "Of the car across the rails.", default=0.6, exclusive_minimum=0.0),
        ),
        ports=carriage_ports(),
        places="flow",
        outputs_from="gives",
        feeds=True,
        exit_pose=_exit_pose,
        example="car: {type: shuttle, takes: {belt1: 0 m}, gives: {on: 6 m}, speed: 2 m/s,"
        " acceleration: 1 m/s2, load: 4 s, unload: 3 s, to: {on: belt2}}",
    )  # fmt: skip

    def deck(self, drive: str) -> Deck:
        ahead = self.pose.rotate((1.0, 0.0, 0.0))
        return Deck(drive, self.pose @ Pose.from_rpy((0.0, 0.0, 0.0), (0.0, 0.0, pi / 2)), ahead)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        length, width, frame = self.params["length"], self.params["width"], self.pose
        low, high = min(self.places) - length / 2, max(self.places) + length / 2
        floor = -frame.xyz[2]
        drive, axis = f"{self.id}.carriage", frame.rotate((1.0, 0.0, 0.0))
        car = [
            ("deck", "belt", (length, width, 0.03), -0.015),
            ("car", "pusher", (length, width * 0.8, max(0.1, -floor - 0.12)), min(-0.08, (floor + 0.06) / 2)),
        ]
        return [
            *(
                box(
                    frame,
                    f"rail {side}",
                    "steel",
                    (high - low, 0.06, 0.06),
                    ((low + high) / 2, y, floor + 0.03),
                )
                for side, y in (("left", width * 0.35), ("right", -width * 0.35))
            ),
            *(
                Body(name, "box", size, frame @ Pose((0.0, 0.0, z)), role, drive=drive, axis=axis)
                for name, role, size, z in car
            ),
        ]
