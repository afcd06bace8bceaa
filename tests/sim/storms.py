"""Storms of commands: what random lanes are told, and when."""

from __future__ import annotations

import random
from typing import Any, Protocol

Plan = list[tuple[float, list[Any]]]


class Commanded(Protocol):
    """A world of lanes that draws commands for itself."""

    def command(self, rng: random.Random) -> list[Any]: ...


def storm(rng: random.Random, world: Commanded, commands: int) -> Plan:
    """`commands` random ones and the times in s at which they come: some at once, most soon after others."""
    plan: Plan = []
    t = 0.0
    for _ in range(commands):
        t += rng.choice([0.0, 0.01, 0.3, 1.0, rng.expovariate(1.0)])
        plan.append((t, world.command(rng)))
    return plan
