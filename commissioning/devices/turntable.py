"""Turntable: turns parts from one track to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commissioning.devices.carriage import Carriage, carriage_params, carriage_ports
from commissioning.devices.shapes import cylinder, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.sim.decks import Deck

__all__ = ["Turntable"]

_WHERE = "the angle of the table there, counter-clockwise from above"


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    half = float(params["diameter"]) / 2
    turned = Pose.from_rpy((half, 0.0, 0.0), (0.0, 0.0, float(params["gives"][output])))
    return turned @ Pose((half, 0.0, 0.0))


class Turntable(Carriage):
    """Its pose is at the edge of the table where parts come on at 0 deg, +x towards its middle.

    A part turns with the table about its middle. Angles are not taken modulo 360 deg: from 0 deg to
    270 deg it turns three quarters; write -90 deg for the short way.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="turntable",
        help="Turntable: takes a part from a track, turns and gives it to another one.",
        params=(
            *carriage_params(_WHERE, "angle", "angular_speed", "angular_acceleration"),
            Param("diameter", "length", "Of the table.", default=0.8, exclusive_minimum=0.0),
        ),
        ports=carriage_ports(),
        places="flow",
        outputs_from="gives",
        feeds=True,
        exit_pose=_exit_pose,
        example="turn: {type: turntable, takes: {belt1: 0 deg}, gives: {left: 90 deg}, speed: 60 deg/s,"
        " acceleration: 120 deg/s2, to: {left: belt2}}",
    )  # fmt: skip

    def deck(self, drive: str) -> Deck:
        return Deck(drive, self.pose @ Pose((self.params["diameter"] / 2, 0.0, 0.0)), turns=True)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, wide = self.pose, self.params["diameter"]
        drive, height = f"{self.id}.carriage", frame.xyz[2]
        middle = frame @ Pose((wide / 2, 0.0, 0.0))
        disc = middle @ Pose((0.0, 0.0, -0.03))
        bodies = [Body("table", "cylinder", (wide, wide, 0.04), disc, "steel", drive=drive)]
        for k, x in enumerate((-wide * 0.3, -wide * 0.1, wide * 0.1, wide * 0.3)):
            place = middle @ Pose((x, 0.0, -0.01))
            bodies.append(Body(f"roller {k}", "box", (0.04, wide * 0.6, 0.02), place, "roller", drive=drive))
        if height > 0.1:
            at = (wide / 2, 0.0, -height / 2 - 0.025)
            bodies.append(cylinder(frame, "base", "frame", wide * 0.4, height - 0.05, at))
        return bodies
