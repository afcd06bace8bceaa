"""Why a device waited: who upstream left it starved, who downstream kept it blocked, with shares of time.

How a cause is found is told in `lost_time`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from commissioning.model.record import State
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.lost_time import (
    ARRIVALS,
    CIRCLE,
    HELD,
    LIMIT,
    MOVING,
    STANDING,
    UNKNOWN,
    Tracer,
)

__all__ = ["Cause", "Wait", "waits", "words"]

_SAYS = {
    "working": "{0} was working", "down": "{0} was down", "setup": "{0} was being set up",
    "off": "{0} was off", "idle": "{0} was idle", "starved": "{0} took no part",
    "blocked": "{0} was blocked", MOVING: "parts were on their way on {0}", STANDING: "{0} stood still",
    LIMIT: "{0} was at its limit", HELD: "{0} held it back", ARRIVALS: "nothing came from {0}",
    CIRCLE: "it waited in a circle with {0}", UNKNOWN: "nothing more came",
}  # fmt: skip


@dataclass(frozen=True)
class Cause:
    """`device` (object index) and what it did: the name of a state, or moving, standing, limit, held,
    arrivals, circle, unknown. `share` of the time looked at."""

    device: int
    what: str
    share: float


@dataclass(frozen=True)
class Wait:
    """How much of the time looked at `device` was `state` (starved or blocked), and by whom."""

    device: int
    state: State
    share: float
    causes: tuple[Cause, ...]


def waits(history: History, only: int | None = None) -> list[Wait]:
    """Of every machine and source (or of one device) that waited in the time looked at, the longest wait
    first."""
    tracer = Tracer(history)
    found = []
    for device in history.devices:
        if history.roles[device] not in ("machine", "source") or only not in (None, device):
            continue
        for state in (State.STARVED, State.BLOCKED):
            spent: Counter[tuple[int, str]] = Counter()
            total = 0
            for t0, t1 in history.periods[device].in_state(state, history.start, history.end):
                total += t1 - t0
                trace = tracer.starved if state is State.STARVED else tracer.blocked
                for cause, what, length in trace(device, t0, t1, 0):
                    spent[cause, what] += length
            if total:
                causes = tuple(
                    Cause(cause, what, length / history.span)
                    for (cause, what), length in sorted(spent.items(), key=lambda one: (-one[1], one[0]))
                )
                found.append(Wait(device, state, total / history.span, causes))
    return sorted(found, key=lambda wait: (-wait.share, wait.device))


def words(wait: Wait, names: Sequence[str], most: int = 3, least: float = 0.02) -> str:
    """ "pack was starved 41 % of the time: 37 % of it because fill was down, 12 % because ..." """
    begin = f"{names[wait.device]} was {wait.state.name.lower()} {wait.share:.1%} of the time"
    shown = [cause for cause in wait.causes[:most] if cause.share >= least * wait.share]
    parts = [
        f"{cause.share / wait.share:.0%}{' of it' if k == 0 else ''} because {_said(cause, wait, names)}"
        for k, cause in enumerate(shown)
    ]
    return f"{begin}: {', '.join(parts)}".replace("%", " %") if parts else begin.replace("%", " %")


def _said(cause: Cause, wait: Wait, names: Sequence[str]) -> str:
    if cause.device == wait.device and cause.what in ("working", "down", "setup"):
        return "it had held up the line itself before"
    return _SAYS.get(cause.what, cause.what).format(names[cause.device])
