"""How busy the people were whom devices share, from the journal alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import Kind
from commissioning.sim.values import signal_index

__all__ = ["StaffFigures", "staff"]

_TYPE = "operators"


@dataclass(frozen=True)
class StaffFigures:
    """One team over the time observed: how many were there, at work, and how many requests waited, each
    averaged over time; `busiest` the most at work at a time. `utilisation`: busy of those present, None if
    nobody was; above 1 where people finished what they had begun after their shift."""

    present: float
    busy: float
    waiting: float
    busiest: int
    utilisation: float | None

    def as_json(self) -> dict[str, float | int | None]:
        """As in `run --json`."""
        return asdict(self)


def staff(
    header: Mapping[str, Any], records: NDArray[np.void], end_ns: int, start_ns: int = 0
) -> dict[str, StaffFigures]:
    """Figures of every device of type operators over (start_ns, end_ns], by id.

    `records`: those of the run from its first on. Raises ValueError for an empty time.
    """
    if not 0 <= start_ns < end_ns:
        raise ValueError(f"no time from {start_ns} ns to {end_ns} ns")
    records = records[records["t"] <= end_ns]
    values, states = (records[records["kind"] == int(kind)] for kind in (Kind.VALUE, Kind.STATE))
    found = {}
    for index, thing in enumerate(header["core"]["objects"]):
        if thing["type"] != _TYPE:
            continue
        means, busiest = [], 0
        for port in ("present", "busy", "waiting"):
            if port == "busy":
                mine = states[states["obj"] == index]  # held by a team are those at work
            else:
                mine = values[values["obj"] == signal_index(header, f"{thing['id']}.{port}")]
            t = np.clip(np.concatenate([[0], mine["t"], [end_ns]]), start_ns, end_ns)
            level = np.concatenate([[0.0], mine["a"]])
            lasts = np.diff(t)
            means.append(float((lasts * level).sum()) / (end_ns - start_ns))
            if port == "busy":
                busiest = int(level[lasts > 0].max(initial=0))
        present, busy, waiting = means
        utilisation = busy / present if present else None
        found[str(thing["id"])] = StaffFigures(present, busy, waiting, busiest, utilisation)
    return found
