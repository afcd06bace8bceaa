"""A run as the analyses of flow read it, from the journal alone: what each device did from when to when,
and where each part was.

This is the one place that turns STATE, PART_* and motion records into periods and visits; bottleneck,
waiting, Little's law, flow and OEE look at nothing else. It serves a live run between instants, a recording
and a replication alike: all of them are a header and an array of records.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CarrierKind, Kind, State
from commissioning.sim.analysis.conveying import busy_gates
from commissioning.sim.analysis.visits import OPEN, Visits, visits

__all__ = ["NOTHING", "End", "History", "Periods", "Role", "Visit", "periods"]

NOTHING = -1
"""No device: of a part that nobody made in the records (a pallet of a loop is made by its buffer)."""
Role = Literal["source", "sink", "machine", "transport", "store", "team", "other"]
Visit = tuple[int, int, int]
"""Object index of a device, t_in and t_out in ns; a visit that goes on ends at the end of the history."""
_STORES = ("buffer", "rack")
_LOST = 1


@dataclass(frozen=True)
class Periods:
    """What one device did: in state[k], holding held[k] parts, from t[k] to t[k + 1] (ns).

    Periods are longer than 0, follow one another without gaps and differ from their neighbours; a device
    is idle until its first record. `held` is what the device says of itself, 0 where it does not say.
    """

    t: NDArray[np.int64]
    state: NDArray[np.int64]
    held: NDArray[np.int64]

    def shares(self, start: int, end: int) -> list[float]:
        """Share of (start, end] in each state, by number of the state; of no time: the last state's 1."""
        total = float(end - start)
        if total <= 0.0:
            last = int(self.state[-1]) if len(self.state) else int(State.IDLE)
            return [1.0 if state == last else 0.0 for state in State]
        spent = np.diff(np.clip(self.t, start, end)).astype(np.float64)
        sums = np.bincount(self.state, weights=spent, minlength=len(State))
        return [float(one) for one in sums[: len(State)] / total]

    def spent(self, state: State, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds in a state from 0 up to each of `times` (ns)."""
        t = self.t.astype(np.float64)
        sums = np.concatenate(([0.0], np.cumsum(np.diff(t) * (self.state == state))))
        found: NDArray[np.float64] = np.interp(times.astype(np.float64), t, sums) / 1e9
        return found

    def within(self, start: int, end: int) -> list[tuple[int, int, int, int]]:
        """(t0, t1, state, held) of the periods in (start, end], cut to it."""
        times, states, held = self.lists
        found = []
        k = max(bisect_right(times, start) - 1, 0)
        last = len(states)
        while k < last and times[k] < end:
            t0, t1 = times[k], times[k + 1]
            if t0 < start:
                t0 = start
            if t1 > end:
                t1 = end
            if t1 > t0:
                found.append((t0, t1, states[k], held[k]))
            k += 1
        return found

    @cached_property
    def lists(self) -> tuple[list[int], list[int], list[int]]:
        """t, state and held as lists: quicker to walk through one by one."""
        return self.t.tolist(), self.state.tolist(), self.held.tolist()

    def in_state(self, state: State, start: int, end: int) -> list[tuple[int, int]]:
        """(t0, t1) of the stretches of (start, end] in a state, joined where only `held` changed."""
        found: list[tuple[int, int]] = []
        for t0, t1, one, _ in self.within(start, end):
            if one == state:
                if found and found[-1][1] == t0:
                    found[-1] = (found[-1][0], t1)
                else:
                    found.append((t0, t1))
        return found


@dataclass(frozen=True)
class End:
    """How a part left the line: when, why (0 done, 1 lost, 2 removed) and at which device."""

    t: int
    why: int
    device: int


def periods(header: Mapping[str, Any], records: NDArray[np.void], end_ns: int) -> dict[int, Periods]:
    """The periods of every device up to `end_ns`, by object index. `records`: those from the first on."""
    told = np.flatnonzero(records["kind"] == int(Kind.STATE))
    objects = records["obj"][told]
    order = np.argsort(objects, kind="stable")
    told, objects = told[order], objects[order]
    t, state, held = (records[name][told].astype(np.int64) for name in ("t", "aux", "a"))
    within = t <= end_ns
    if not within.all():
        objects, t, state, held = objects[within], t[within], state[within], held[within]
    found = {}
    bounds = np.searchsorted(objects, np.arange(len(header["core"]["objects"]) + 1)).tolist()
    for index, thing in enumerate(header["core"]["objects"]):
        if thing["kind"] == "device":
            mine = slice(bounds[index], bounds[index + 1])
            found[index] = _joined(t[mine], state[mine], held[mine], end_ns)
    return found


def _joined(t: NDArray[np.int64], state: NDArray[np.int64], held: NDArray[np.int64], end: int) -> Periods:
    """Without periods of no length, and equal neighbours as one."""
    t = np.concatenate(([0], t, [end]))
    state = np.concatenate(([int(State.IDLE)], state))
    held = np.concatenate(([0], held))
    lasting = np.diff(t) > 0
    begin, state, held = t[:-1][lasting], state[lasting], held[lasting]
    if len(begin):
        new = np.concatenate(([True], (np.diff(state) != 0) | (np.diff(held) != 0)))
        begin, state, held = begin[new], state[new], held[new]
    return Periods(np.concatenate((begin, [end])), state, held)


class History:
    """Periods, visits and fates of one run over [0, `end_ns`]; analyses look at (`start_ns`, `end_ns`].

    `records`: those of the run from its first on. Everything is read when it is first asked for. Raises
    ValueError for a time that makes no sense.
    """

    def __init__(
        self, header: Mapping[str, Any], records: NDArray[np.void], end_ns: int, start_ns: int = 0
    ) -> None:
        if not 0 <= start_ns <= end_ns:
            raise ValueError(f"no time from {start_ns} ns to {end_ns} ns")
        self.header, self.start, self.end = header, start_ns, end_ns
        self.records = records[: int(np.searchsorted(records["t"], end_ns, side="right"))]
        objects = header["core"]["objects"]
        self.names: list[str] = [str(thing["id"]) for thing in objects]
        self.devices: list[int] = [k for k, thing in enumerate(objects) if thing["kind"] == "device"]
        self.types: list[str] = [str(thing.get("type", "")) for thing in objects]
        self.places: dict[int, int] = dict.fromkeys(self.devices, 0)
        """How many parts (or batches) each device works on side by side: its slots, unless it says so."""
        index = self._index = {self.names[k]: k for k in self.devices}
        for slot in header["core"]["slots"]:
            self.places[index[str(slot["device"])]] += 1
        for name, look in header.get("look", {}).get("devices", {}).items():
            if look.get("works_at_once") is not None and name in index:
                self.places[index[name]] = int(look["works_at_once"])
        self._lanes = {
            index[str(zone["device"])] for lane in header["core"]["lanes"] for zone in lane["zones"]
        }

    def track(self, device: int) -> int:
        """The track that a device stands along; itself where it stands along none."""
        look = self.header.get("look", {}).get("devices", {}).get(self.names[device], {})
        return self._index.get(look.get("along", ""), device)

    def targets(self, device: int) -> list[int]:
        """Where a device may give its parts by the scene, as the header tells it; none if it does not."""
        told = self.header.get("look", {}).get("devices", {}).get(self.names[device], {}).get("to", {})
        return [self._index[name] for name in dict.fromkeys(told.values()) if name in self._index]

    def over(self, start_ns: int) -> History:
        """The same run, looked at from `start_ns` on. What was read already is not read again."""
        other = History(self.header, self.records, self.end, start_ns)
        for name in (
            "periods",
            "visits",
            "journeys",
            "rides",
            "made",
            "ends",
            "roles",
            "ways",
            "lines",
            "gates",
        ):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    @cached_property
    def periods(self) -> dict[int, Periods]:
        """By object index of the device."""
        return periods(self.header, self.records, self.end)

    @cached_property
    def visits(self) -> Visits:
        """Every stay of a part in a device, in order of arrival."""
        return visits(self.header, self.records)

    @cached_property
    def journeys(self) -> dict[int, list[Visit]]:
        """By part: its visits one after the other; stays in one device without leaving it are one visit."""
        v = self.visits
        order = np.lexsort((np.arange(len(v.part)), v.t_in, v.part))
        rows = zip(*(column[order].tolist() for column in (v.part, v.device, v.t_in, v.t_out)), strict=True)
        found: dict[int, list[Visit]] = {}
        for part, device, t_in, t_out in rows:
            end = self.end if t_out == OPEN else t_out
            mine = found.setdefault(part, [])
            if mine and mine[-1][0] == device and mine[-1][2] == t_in:
                mine[-1] = (device, mine[-1][1], end)
            else:
                mine.append((device, t_in, end))
        return found

    @cached_property
    def rides(self) -> dict[tuple[int, int], int]:
        """By (part, ns at which it was put onto another one) that one: until it is taken off it visits no
        device itself."""
        rows = self.records[self.records["kind"] == int(Kind.PART_MOVE)]
        rows = rows[rows["aux"] == int(CarrierKind.PART)]
        columns = (rows["obj"].tolist(), rows["t"].tolist(), rows["a"].tolist())
        return {(part, t): int(carrier) for part, t, carrier in zip(*columns, strict=True)}

    @cached_property
    def made(self) -> dict[int, tuple[int, int, int]]:
        """By part: when (ns), by which device and what product (index)."""
        rows = self.records[self.records["kind"] == int(Kind.PART_MADE)]
        columns = (rows["obj"].tolist(), rows["t"].tolist(), rows["d"].tolist(), rows["aux"].tolist())
        return {part: (t, int(device), product) for part, t, device, product in zip(*columns, strict=True)}

    @cached_property
    def ends(self) -> dict[int, End]:
        """By part that has left the line."""
        rows = self.records[self.records["kind"] == int(Kind.PART_GONE)]
        columns = (rows["obj"].tolist(), rows["t"].tolist(), rows["aux"].tolist(), rows["a"].tolist())
        return {part: End(t, why, int(device)) for part, t, why, device in zip(*columns, strict=True)}

    @cached_property
    def gates(self) -> dict[int, list[list[tuple[int, int]]]]:
        """By device that conveys, or holds parts back to make a gap: its narrow places, see `conveying`."""
        return busy_gates(self.header, self.records)

    @cached_property
    def roles(self) -> dict[int, Role]:
        """What each device is in the flow, told by what the records say it did.

        `transport`: parts ride on its lanes. `store`: a buffer or rack. `machine`: parts stayed in it (its
        slots, its bodies) and it is neither. `team`: people whom machines share. `source`, `sink`: where
        parts were made and ended, if they did not also stay there.
        """
        makers = {device for _, device, _ in self.made.values()}
        takers = {end.device for end in self.ends.values() if end.why != _LOST}
        visited = set(np.unique(self.visits.device).tolist())
        found: dict[int, Role] = {}
        for device in self.devices:
            if device in self._lanes:
                found[device] = "transport"
            elif self.types[device] == "operators":
                found[device] = "team"
            elif self.types[device] in _STORES:
                found[device] = "store"
            elif self.places[device] or device in visited:
                found[device] = "machine"
            elif device in makers or self.types[device] == "source":
                found[device] = "source"
            elif device in takers or self.types[device] == "sink":
                found[device] = "sink"
            else:
                found[device] = "other"
        return found

    @cached_property
    def ways(self) -> dict[tuple[int, int], int]:
        """Parts that went from one device to another in the whole run, by (from, to): makers and ends too."""
        kinds = self.records["kind"]
        made = self.records[kinds == int(Kind.PART_MADE)]
        gone = self.records[(kinds == int(Kind.PART_GONE)) & (self.records["aux"] != _LOST)]
        v = self.visits
        # every part's makers, visits and end, in this order even if they are of one instant
        part = np.concatenate((made["obj"].astype(np.int64), v.part, gone["obj"].astype(np.int64)))
        device = np.concatenate((made["d"].astype(np.int64), v.device, gone["a"].astype(np.int64)))
        t = np.concatenate((made["t"], v.t_in, gone["t"]))
        rank = np.repeat([0, 1, 2], [len(made), len(v.part), len(gone)])
        order = np.lexsort((np.arange(len(part)), t, rank, part))
        part, device = part[order], device[order]
        next_to = (part[1:] == part[:-1]) & (device[1:] != device[:-1]) & (device[:-1] >= 0)
        codes = device[:-1][next_to] * len(self.names) + device[1:][next_to]
        pairs, counts = np.unique(codes, return_counts=True)
        return {
            divmod(code, len(self.names)): count
            for code, count in zip(pairs.tolist(), counts.tolist(), strict=True)
        }

    @cached_property
    def lines(self) -> list[frozenset[int]]:
        """Devices that exchange parts with one another, the line of most parts first."""
        group = {device: device for device in self.devices}

        def head(device: int) -> int:
            while group[device] != device:
                group[device] = group[group[device]]
                device = group[device]
            return device

        for a, b in self.ways:
            group[head(a)] = head(b)
        found: dict[int, set[int]] = {}
        for device in self.devices:
            found.setdefault(head(device), set()).add(device)
        parts = Counter(dict.fromkeys(found, 0))
        for (a, _), count in self.ways.items():
            parts[head(a)] += count
        return [frozenset(found[key]) for key, _ in parts.most_common()]

    def teams(self, devices: Collection[int]) -> list[int]:
        """The teams that any of these devices asks for."""
        looks = self.header.get("look", {}).get("devices", {})
        asked = {
            looks[self.names[device]]["params"].get(who)
            for device in devices
            if self.names[device] in looks
            for who in ("operators", "setup_by", "repair_by")
        }
        return [one for one in self.devices if self.roles[one] == "team" and self.names[one] in asked]

    @property
    def span(self) -> int:
        """Length of the time looked at, ns."""
        return self.end - self.start
