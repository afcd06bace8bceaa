"""Colours of a picture. The values live in the tokens file of the window and are handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Rgb = tuple[int, int, int]

# Journal state numbers (decision record 1, kind STATE).
IDLE, WORKING, STARVED, BLOCKED, DOWN, SETUP, OFF = range(7)


def rgb(colour: str) -> Rgb:
    """'#RRGGBB' to three bytes. Raises ValueError for anything else."""
    digits = colour.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(f"not a colour of the form #RRGGBB: {colour!r}")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """`a` with `share` (0..1) of `b` in it."""
    mixed = [round(x + (y - x) * share) for x, y in zip(a, b, strict=True)]
    return mixed[0], mixed[1], mixed[2]


@dataclass(frozen=True)
class Palette:
    """What the 3D picture needs to know about a theme."""

    background_low: str
    background_high: str
    floor: str
    shadow: str
    grid: str
    grid_strong: str
    selection: str
    beam_free: str
    beam_blocked: str
    text: str
    panel: str
    border: str
    roles: Mapping[str, str]
    states: Mapping[int, str]  # only states that need attention have a tint
    product: str = "#C49A6C"

    def role(self, name: str) -> Rgb:
        """Colour of a body role; unknown roles are drawn as steel."""
        return rgb(self.roles.get(name) or self.roles.get("steel", "#B9C0C7"))
