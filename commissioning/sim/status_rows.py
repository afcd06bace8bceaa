"""Values of quiet status ports, read off the records that tell them (see `sim.status_port`).

Whoever asks for VALUE records of a port gets rows of the same form here, made from STATE and PART_GONE
records, until the first record of the port itself: from there on it speaks for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import RECORD, Kind

__all__ = ["StatusRows"]

_VALUE, _STATE, _GONE = int(Kind.VALUE), int(Kind.STATE), int(Kind.PART_GONE)
_HELD = -1


class _Port:
    """One quiet port: what tells it, and its value so far."""

    __slots__ = ("index", "last", "place", "teller")

    def __init__(self, index: int, teller: int, place: int) -> None:
        self.index, self.teller, self.place = index, teller, place
        self.last: float | None = None


class StatusRows:
    """Feed records in order; `wanted`: indices of signals (all unless given)."""

    def __init__(self, header: Mapping[str, Any], wanted: Collection[int] | None = None) -> None:
        self._ports = [
            _Port(index, signal["told"]["object"], signal["told"]["place"])
            for index, signal in enumerate(header["core"]["signals"])
            if "told" in signal and (wanted is None or index in wanted)
        ]

    def __bool__(self) -> bool:
        """Whether there is any such port."""
        return bool(self._ports)

    def expand(self, records: NDArray[np.void], first: int = 0) -> tuple[NDArray[np.void], NDArray[np.intp]]:
        """(rows, numbers): `records` with a VALUE row behind each record that changes a quiet port.

        `numbers` (N,): place in `records` of each row, or of the record that tells it. `first`: how many
        records of the journal lie before `records[0]`; the cause of a made row is the record that tells it.
        """
        places = np.arange(len(records))
        if not self._ports or not len(records):
            return records, places
        kinds, objects = records["kind"], records["obj"]
        made: list[NDArray[np.void]] = []
        behind: list[NDArray[np.intp]] = []
        states, gone = kinds == _STATE, (kinds == _GONE) & (records["aux"] == 0)
        own = (kinds >= _VALUE) & (kinds <= int(Kind.OVERRIDE))
        speaking = set(objects[own].tolist())
        left: list[_Port] = []
        for port in self._ports:
            rows = np.flatnonzero(states & (objects == port.teller))
            if port.place == _HELD:
                values = records["a"][rows]
            elif port.place > _HELD:
                values = (records["b"][rows].astype(np.int64) >> port.place & 1).astype(np.float64)
            else:
                here = (gone & (records["a"] == port.teller)) | (states & (objects == port.teller))
                rows = np.flatnonzero(here)
                values = np.where(kinds[rows] == _GONE, records["b"][rows], records["c"][rows])
            if port.index in speaking:
                end = int(np.flatnonzero(own & (objects == port.index))[0])
                values, rows = values[rows < end], rows[rows < end]
            else:
                left.append(port)
            if not len(rows):
                continue
            new = np.ones(len(rows), bool)
            new[1:] = values[1:] != values[:-1]
            new[0] = port.last is None or values[0] != port.last
            port.last = float(values[-1])
            rows, values = rows[new], values[new]
            told = np.zeros(len(rows), RECORD)
            told["t"], told["kind"], told["obj"] = records["t"][rows], _VALUE, port.index
            told["cause"], told["a"] = rows + first + 1, values
            made.append(told)
            behind.append(rows)
        self._ports = left
        if not made:
            return records, places
        together: NDArray[np.void] = np.concatenate([records, *made])
        numbers: NDArray[np.intp] = np.concatenate([places, *behind])
        order = np.argsort(numbers, kind="stable")
        return together[order], numbers[order]
