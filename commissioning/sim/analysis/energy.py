"""Electrical energy of a line, from the journal alone: power by state, integrated over the states.

A device takes the power that the scene gives for the state it is in (`power: {working: 2 kW, idle:
0.5 kW}`); a state that is not named takes that of `idle`, and `off` takes nothing unless it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import Kind, State

__all__ = ["DeviceEnergy", "Energy", "energy", "powers"]

_J_PER_KWH = 3.6e6
_QUARTER_HOUR = 900_000_000_000


@dataclass(frozen=True)
class DeviceEnergy:
    """`kwh` in all and `by_state`; `peak_kw` the most it took at a time."""

    kwh: float
    by_state: Mapping[str, float]
    peak_kw: float


@dataclass(frozen=True)
class Energy:
    """Of the whole line over the time observed.

    `parts`: those that left the line as done; `kwh_per_part` None if none has. `peak_kw`: the most power
    at a time, first reached at `peak_at_s`. `demand_kw`: the largest mean over a quarter of an hour,
    counted from the start on, which is what suppliers charge; of a shorter time its mean.
    `curve`: (times in ns, kW from then on), shapes (n,).
    """

    devices: Mapping[str, DeviceEnergy]
    kwh: float
    parts: int
    kwh_per_part: float | None
    peak_kw: float
    peak_at_s: float
    demand_kw: float
    curve: tuple[NDArray[np.int64], NDArray[np.float64]]

    def as_json(self) -> dict[str, Any]:
        """As in `run --json`, without the curve."""
        return {
            "kwh": self.kwh,
            "parts": self.parts,
            "kwh_per_part": self.kwh_per_part,
            "peak_kw": self.peak_kw,
            "peak_at_s": self.peak_at_s,
            "demand_kw": self.demand_kw,
            "devices": {
                name: {"kwh": one.kwh, "by_state": dict(one.by_state), "peak_kw": one.peak_kw}
                for name, one in self.devices.items()
            },
        }


def powers(given: Mapping[str, float]) -> NDArray[np.float64]:
    """Power in W by state number, shape (states,), from what a scene gives by the states' names."""
    idle = given.get("idle", 0.0)
    names = (state.name.lower() for state in State)
    return np.array([given.get(name, 0.0 if name == "off" else idle) for name in names])


def energy(
    header: Mapping[str, Any], records: NDArray[np.void], end_ns: int, start_ns: int = 0
) -> Energy | None:
    """Energy over (start_ns, end_ns]; None if no device of the scene has a power.

    `records`: those of the run from its first on. Raises ValueError for an empty time.
    """
    if not 0 <= start_ns < end_ns:
        raise ValueError(f"no time from {start_ns} ns to {end_ns} ns")
    looks = header.get("look", {}).get("devices", {})
    given = {name: look["power"] for name, look in looks.items() if look.get("power")}
    if not given:
        return None
    states = records[(records["kind"] == int(Kind.STATE)) & (records["t"] <= end_ns)]
    devices: dict[str, DeviceEnergy] = {}
    times, changes = [np.zeros(0, np.int64)], [np.zeros(0)]
    for index, thing in enumerate(header["core"]["objects"]):
        if thing["kind"] != "device" or thing["id"] not in given:
            continue
        t, state = _steps(states[states["obj"] == index], start_ns)
        watts = powers(given[thing["id"]])
        spent = np.bincount(state, np.diff(np.append(t, end_ns)) / 1e9, len(State)) * watts / _J_PER_KWH
        devices[thing["id"]] = DeviceEnergy(
            kwh=float(spent.sum()),
            by_state={one.name.lower(): float(spent[one]) for one in State if spent[one]},
            peak_kw=float(watts[state[np.append(t[1:], end_ns) > t]].max()) / 1e3,
        )
        times.append(t)
        changes.append(np.diff(watts[state], prepend=0.0))
    t, kw = _sum(np.concatenate(times), np.concatenate(changes), start_ns)
    lasts = np.diff(np.append(t, end_ns)) > 0
    at = int(np.argmax(np.where(lasts, kw, -1.0)))
    gone = records[(records["kind"] == int(Kind.PART_GONE)) & (records["aux"] == 0)]["t"]
    parts = int(np.count_nonzero((gone > start_ns) & (gone <= end_ns)))
    total = sum(one.kwh for one in devices.values())
    return Energy(
        devices, total, parts, total / parts if parts else None, float(kw[at]), float(t[at]) / 1e9,
        _demand(t, kw, end_ns), (t, kw),
    )  # fmt: skip


def _steps(rows: NDArray[np.void], start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From when on a device was in which state, the first at `start`: states that lasted for no time are
    none."""
    t = np.concatenate([[-1], rows["t"]]).astype(np.int64)
    state = np.concatenate([[int(State.IDLE)], rows["aux"]]).astype(np.int64)
    t = np.maximum(t, start)
    last = np.append(t[1:] != t[:-1], True)
    return t[last], state[last]


def _sum(
    t: NDArray[np.int64], change: NDArray[np.float64], start: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Total kW of all devices by time."""
    order = np.argsort(t, kind="stable")
    times, first = np.unique(t[order], return_index=True)
    if not len(times):
        return np.array([start], np.int64), np.zeros(1)
    level = np.cumsum(np.add.reduceat(change[order], first)) / 1e3
    return times, np.maximum(np.round(level, 9), 0.0)  # to the uW: what adding and taking away leaves


def _demand(t: NDArray[np.int64], kw: NDArray[np.float64], end: int) -> float:
    """Largest mean over whole quarters of an hour from t[0] on, or the mean of all if there is none."""
    start = int(t[0])
    work = np.concatenate([[0.0], np.cumsum(np.diff(np.append(t, end)) * kw)])
    edges = np.arange(start, end + 1, _QUARTER_HOUR)
    if len(edges) < 2:
        return float(work[-1] / (end - start))
    at = np.interp(edges, np.append(t, end), work)
    return float(np.diff(at).max() / _QUARTER_HOUR)
