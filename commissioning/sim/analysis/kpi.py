"""Key figures per device, from the journal alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CarrierKind, Kind, State
from commissioning.sim.analysis.energy import energy
from commissioning.sim.analysis.history import periods
from commissioning.sim.analysis.visits import OPEN, Visits, visits

__all__ = ["DeviceKpi", "departures", "kpi", "kpi_json"]

_HOUR = 3_600_000_000_000
_USED = 3  # reason of a part that went into another one


@dataclass(frozen=True)
class DeviceKpi:
    """Figures of one device over the time observed.

    `count`: parts that left it (a source: parts it made; a sink: parts it received). State shares add
    up to 1. `utilisation`: working share of the time it was not off. `mean_queue`: parts in it, averaged
    over time. `mean_time`: seconds that a part which has left spent in it, None if none has.
    `energy_kwh`: None where the scene gives no power, see `sim.analysis.energy`.
    """

    count: int
    rate_per_h: float
    utilisation: float
    working: float
    starved: float
    blocked: float
    down: float
    setup: float
    idle: float
    off: float
    mean_queue: float
    mean_time: float | None
    energy_kwh: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """As in `run --json`."""
        return asdict(self)


def kpi(
    header: Mapping[str, Any], records: NDArray[np.void], end_ns: int, start_ns: int = 0
) -> dict[str, DeviceKpi]:
    """Figures of every device over (start_ns, end_ns], by id.

    `records`: those of the run from its first on. Raises ValueError for an empty time.
    """
    if end_ns < start_ns or start_ns < 0:
        raise ValueError(f"no time from {start_ns} ns to {end_ns} ns")
    within = records["t"] <= end_ns
    records = records if within.all() else records[within]
    stays, did = visits(header, records), periods(header, records, end_ns)
    used = energy(header, records, end_ns, start_ns) if end_ns > start_ns else None
    used_by = used.devices if used is not None else {}
    flow = _Flow(header, records)
    by_device = np.argsort(stays.device, kind="stable")
    indices = np.arange(len(header["core"]["objects"]) + 1)
    bounds = np.searchsorted(stays.device[by_device], indices).tolist()
    result = {}
    for index, thing in enumerate(header["core"]["objects"]):
        if thing["kind"] == "device":
            times = flow.departures(index, stays)
            count = int(np.count_nonzero((times > start_ns) & (times <= end_ns)))
            shares = did[index].shares(start_ns, end_ns)
            mine = by_device[bounds[index] : bounds[index + 1]]
            queue, time = _stay(stays.t_in[mine], stays.t_out[mine], start_ns, end_ns)
            hours = (end_ns - start_ns) / _HOUR
            on = 1.0 - shares[State.OFF]
            result[str(thing["id"])] = DeviceKpi(
                count=count,
                rate_per_h=count / hours if hours else 0.0,
                utilisation=min(shares[State.WORKING] / on, 1.0) if on > 0.0 else 0.0,
                working=shares[State.WORKING],
                starved=shares[State.STARVED],
                blocked=shares[State.BLOCKED],
                down=shares[State.DOWN],
                setup=shares[State.SETUP],
                idle=shares[State.IDLE],
                off=shares[State.OFF],
                mean_queue=queue,
                mean_time=time,
                energy_kwh=used_by[thing["id"]].kwh if thing["id"] in used_by else None,
            )
    return result


def kpi_json(figures: Mapping[str, DeviceKpi]) -> dict[str, dict[str, float | int | None]]:
    """As in `run --json`."""
    return {identity: figure.as_json() for identity, figure in figures.items()}


def departures(
    header: Mapping[str, Any], records: NDArray[np.void], device: int, stays: Visits | None = None,
    product: int | None = None,
) -> NDArray[np.int64]:  # fmt: skip
    """Times in ns at which parts left `device` (object index); at a sink, at which it received them.

    For a source: when it made them. A part that went into another one, or was put onto one, has not left.
    With `product` (index) only of its parts.
    """
    return _Flow(header, records, product).departures(device, stays)


class _Flow:
    """The records of parts that came to be and ended, taken out once for all devices."""

    def __init__(
        self, header: Mapping[str, Any], records: NDArray[np.void], product: int | None = None
    ) -> None:
        self.header, self.records = header, records
        kinds = np.ascontiguousarray(records["kind"])
        gone, made = records[kinds == int(Kind.PART_GONE)], records[kinds == int(Kind.PART_MADE)]
        self.only: NDArray[np.int64] | None = None  # numbers of the parts that are asked for
        if product is not None:
            made = made[made["aux"] == product]
            self.only = made["obj"].astype(np.int64)
            gone = gone[np.isin(gone["obj"], self.only)]
        self.made_t: NDArray[np.int64] = made["t"].astype(np.int64)
        self.maker = made["d"].copy()
        ended, used = gone[gone["aux"] == 0], gone[gone["aux"] == _USED]
        self.ended_t: NDArray[np.int64] = ended["t"].astype(np.int64)
        self.ended_at = ended["a"].copy()
        self.used, self.used_by = used, used["a"].copy()
        moves = np.flatnonzero(kinds == int(Kind.PART_MOVE))
        moved = moves[records["aux"][moves] == int(CarrierKind.PART)]
        self.put_on = set(zip(records["obj"][moved].tolist(), records["t"][moved].tolist(), strict=True))
        self.slotted = {slot["device"] for slot in header["core"]["slots"]}

    def departures(self, device: int, stays: Visits | None) -> NDArray[np.int64]:
        """See `departures`; `stays` are read if they are needed and not given."""
        received: NDArray[np.int64] = self.ended_t[self.ended_at == device]
        if len(received):
            return received
        made: NDArray[np.int64] = self.made_t[self.maker == device]
        if len(made) and self.header["core"]["objects"][device]["id"] not in self.slotted:
            return made  # a buffer that held pallets at the start is no source
        stays = visits(self.header, self.records) if stays is None else stays
        if self.only is not None:
            mine = np.isin(stays.part, self.only)
            stays = Visits(stays.device[mine], stays.part[mine], stays.t_in[mine], stays.t_out[mine])
        used = self.used[self.used_by == device]
        if not len(used) and not self.put_on:
            return stays.departures(device)
        left = (stays.device == device) & (stays.t_out != OPEN)
        if len(used):
            ended_at = np.full(int(max(used["obj"].max(), stays.part.max(initial=0))) + 1, OPEN, np.int64)
            ended_at[used["obj"]] = used["t"]
            left &= stays.t_out != ended_at[stays.part]
        t_out = stays.t_out[left]
        if self.put_on:
            keys = zip(stays.part[left].tolist(), t_out.tolist(), strict=True)
            t_out = t_out[np.array([key not in self.put_on for key in keys], bool)]
        return np.sort(t_out)


def _stay(
    t_in: NDArray[np.int64], t_out: NDArray[np.int64], start: int, end: int
) -> tuple[float, float | None]:
    """Mean number inside and mean time of those that left, s, of visits of one device."""
    left = np.where(t_out == OPEN, end, t_out)
    inside = np.clip(left, start, end) - np.clip(t_in, start, end)
    queue = float(inside.sum()) / (end - start) if end > start else 0.0
    # before 0: in a restored run, of a part that was there already (see commissioning.sim.since)
    done = (t_out != OPEN) & (t_out > start) & (t_out <= end) & (t_in >= 0)
    time = float((t_out[done] - t_in[done]).mean()) / 1e9 if done.any() else None
    return queue, time
