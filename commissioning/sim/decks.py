"""Decks: what moves with an axis, carries parts, and may be carried by another deck.

A deck is shifted along a direction or turned about an upright line by the travel of its axis. It is told in
the header of the journal, so that whoever draws needs no device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, sin
from typing import Any

from commissioning.model.pose import Pose

__all__ = ["Deck", "Decks"]

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Deck:
    """`drive`: name of its axis. `pose`: bottom centre of a part on it, in the world, at travel 0.

    `axis`: world direction, m per m of travel; or `turns`: turned by travel rad about world z through the
    origin of `pose`. `on`: name of the axis of the deck that carries this one, "" for none.
    """

    drive: str
    pose: Pose
    axis: Vector = (0.0, 0.0, 0.0)
    turns: bool = False
    on: str = ""

    def described(self, drives: Mapping[str, int]) -> dict[str, Any]:
        """Plain JSON data, with the indices of drives."""
        return {
            "drive": drives[self.drive],
            "pose": {"xyz": list(self.pose.xyz), "quaternion": list(self.pose.quaternion)},
            "axis": list(self.axis),
            "turns": self.turns,
            "on": drives[self.on] if self.on else -1,
        }


class Decks:
    """The decks of a header's `look`, by index of their drive."""

    def __init__(self, described: Sequence[Mapping[str, Any]]) -> None:
        self._decks = {int(deck["drive"]): deck for deck in described}
        self._poses = {drive: _pose(deck["pose"]) for drive, deck in self._decks.items()}

    def __contains__(self, drive: int) -> bool:
        return drive in self._decks

    def drives(self, drive: int) -> tuple[int, ...]:
        """Those that move the deck of `drive`, itself first."""
        found = [drive]
        while found[-1] in self._decks and int(self._decks[found[-1]]["on"]) >= 0:
            found.append(int(self._decks[found[-1]]["on"]))
            if len(found) > len(self._decks) + 1:
                raise ValueError("decks that carry one another in a circle")
        return tuple(found)

    def motion(self, drive: int, travel: Sequence[float] | Any) -> Pose:
        """What takes a point of the deck from where it is at travel 0 to where it is now, in the world.

        `travel`: of every drive, by index, m or rad.
        """
        moved = Pose()
        for one in self.drives(drive):
            deck, way = self._decks[one], float(travel[one])
            if deck["turns"]:
                x, y, z = self._poses[one].xyz
                about = Pose((x, y, z), (cos(0.5 * way), 0.0, 0.0, sin(0.5 * way)))
                step = about @ Pose((-x, -y, -z))
            else:
                x, y, z = (way * float(c) for c in deck["axis"])
                step = Pose((x, y, z))
            moved = step @ moved
        return moved

    def stand(self, drive: int, travel: Sequence[float] | Any) -> Pose:
        """Where a part on the deck of `drive` stands now: the centre of its bottom."""
        return self.motion(drive, travel) @ self._poses[drive]


def _pose(data: Mapping[str, Any]) -> Pose:
    x, y, z = (float(v) for v in data["xyz"])
    a, b, c, d = (float(v) for v in data["quaternion"])
    return Pose((x, y, z), (a, b, c, d))
