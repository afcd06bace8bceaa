"""Edges of an eye without the light between parts that touch: only a tick loop sees some of it."""

from __future__ import annotations

from itertools import pairwise


def without_slits(edges: list[tuple[float, bool]], shortest: float) -> list[tuple[float, bool]]:
    """Without light for less than `shortest`."""
    kept: list[tuple[float, bool]] = []
    for t, blocked in edges:
        if blocked and kept and t - kept[-1][0] < shortest:
            kept.pop()
        else:
            kept.append((t, blocked))
    return kept


def slit(edges: list[tuple[float, bool]], dt: float) -> float:
    """A length of light that no solved one comes within a few ticks of.

    For a tick loop, parts that touch are up to a step or two apart; what is shorter than this is not
    compared, in neither.
    """
    lights = [t - before for (before, _), (t, blocked) in pairwise(edges) if blocked]
    for ticks in range(4, 60):
        if all(abs(light - ticks * dt) > 3 * dt for light in lights):
            return ticks * dt
    raise AssertionError("no such length")
