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


def apart(
    solved: list[tuple[float, bool]], ticked: list[tuple[float, bool]], dt: float, seconds: float, eye: int
) -> list[float]:
    """Ticked minus solved time of every edge of an eye, s; demands that they are the same edges, but for
    those of the last two of `seconds`, which one of them may not have come to. `dt`: the tick."""
    shortest = slit(solved, dt)
    solved, ticked = without_slits(solved, shortest), without_slits(ticked, shortest)
    common = min(len(solved), len(ticked))
    late = [t for t, _ in solved[common:] + ticked[common:]]
    assert all(t > seconds - 2 for t in late), f"an edge of eye {eye} that only one of them saw: {late[:1]}"
    found = []
    for (exact, blocked), (t, ticked_blocked) in zip(solved, ticked, strict=False):
        assert blocked is ticked_blocked
        found.append(t - exact)
    return found


def nearer(coarse: list[float], fine: list[float], rates: tuple[int, int]) -> None:
    """Differences by two ticks: five of them at most, and half the mean, or less, by the finer one."""
    assert len(coarse) > 10
    assert max(map(abs, coarse)) < 5 / rates[0]
    assert max(map(abs, fine)) < 5 / rates[1]
    assert sum(map(abs, fine)) / len(fine) < 0.5 * sum(map(abs, coarse)) / len(coarse)
