"""How a session is doing, as it says so to whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from commissioning.model.problem import Problem
from commissioning.sim.link import LinkStatus

__all__ = ["SessionState", "SessionStatus"]

SessionState = Literal["running", "paused", "ended", "failed", "held"]


@dataclass(frozen=True)
class SessionStatus:
    """How the run is doing. `records`: journal records up to the last complete instant, safe to read."""

    state: SessionState
    now_ns: int
    records: int
    speed: float
    lag_s: float
    events_per_s: float
    problem: Problem | None = None
    links: tuple[tuple[str, LinkStatus], ...] = ()
    notice: str = ""
