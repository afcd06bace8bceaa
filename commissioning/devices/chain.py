"""A chain: source, buffers and stations one behind the other, sink. Its instants are a recursion.

Part n leaves the source or station k, on its way into zone k + 1 (a buffer of `c` places or none, and the
station behind it), at

    S_k(n) = max(D_k-1(n), D_k(n-1))            it comes into station k
    E_k(n) = S_k(n) + cycle_k(n)                its work is done
    D_k(n) = max(E_k(n), D_k+1(n - c - 1))      there is a place in the zone ahead

in whole nanoseconds, which is exact (Altiok and Perros, "Open networks of queues with blocking", 1986; for
unlimited buffers it is Lindley's recursion). The source is station 0, which always has something to work on.

Only what is plain is a chain: one server a station, first in first out, no failures, people or commands,
nobody who listens to a status port. The rest goes entry by entry, and everything could.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from commissioning.devices.buffer import Buffer
from commissioning.devices.chain_instants import ChainInstants, Resident, instants_of
from commissioning.devices.plain_server import PlainServer
from commissioning.devices.sink import Sink
from commissioning.devices.station import Station
from commissioning.model.duration import Always
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver
from commissioning.sim.kernel import EDGE, Entry

if TYPE_CHECKING:
    from commissioning.devices.source import Source
    from commissioning.sim.line import Line

__all__ = ["Chain", "Zone", "chain_from"]

_MOST_ZONES = 400  # places of one instant must fit into the bits of a key
_RECORDS = 1 << 16  # of one stretch, roughly


class Zone:
    """A station and the buffer before it, if there is one. `places`: that the buffer has, 0 without one."""

    __slots__ = ("buffer", "places", "server", "station")

    def __init__(self, buffer: Buffer | None, station: Station, server: PlainServer) -> None:
        self.buffer, self.station, self.server = buffer, station, server
        self.places = 0 if buffer is None else buffer.capacity

    @property
    def entry(self) -> Buffer | Station:
        """The device at which whoever gives into the zone waits."""
        return self.station if self.buffer is None else self.buffer


class Chain:
    """See the module. Made by `chain_from`, which sees that everything is plain."""

    def __init__(self, source: Source, zones: Sequence[Zone], sink: Sink) -> None:
        self.source, self.zones, self.sink = source, tuple(zones), sink
        servers = [zone.server for zone in zones]
        self.owners: frozenset[Any] = frozenset((source, *servers))
        always = isinstance(source.params["every"], Always)
        slowest = max(zone.station.params["cycle"].mean for zone in zones)
        rhythm = slowest if always else source.params["every"].mean
        self.rhythm_ns = max(round(rhythm * 1e9), 1)
        self.pace_ns = self.rhythm_ns  # what it was in the last stretch: how many parts to look at
        self.always = always
        devices: list[Device] = [source, sink]
        for zone in zones:
            devices += [zone.station] if zone.buffer is None else [zone.buffer, zone.station]
        self.devices = tuple(devices)

    def covers(self) -> Sequence[str]:
        return [device.id for device in self.devices]

    def giver(self, k: int) -> Giver:
        """Who gives parts into zone `k`, 0 the first one."""
        return self.source if k == 0 else self.zones[k - 1].station

    def solve(self, now: int, until: int, entries: list[Entry]) -> ChainInstants | None:
        """The instants from now on. None where something is not plain at present."""
        source = self.source
        if any(device.heard for device in self.devices) or any(zone.station.reserved for zone in self.zones):
            return None
        if any(zone.buffer is not None and zone.buffer.reserved for zone in self.zones):
            return None
        causes = {entry[3] for entry in entries}
        due = {getattr(entry[5], "__self__", None): entry for entry in entries}
        if len(causes) != 1 or len(due) != len(entries) or any(entry[1] != EDGE for entry in entries):
            return None
        if (source in due) is (source.part is not None) or (source in due and due[source][4] != source.due):
            return None  # no part is under way, or it has been called off
        residents: list[Resident] = []
        for k in range(len(self.zones), 0, -1):
            zone = self.zones[k - 1]
            server = zone.server
            if (server in due) is not server.working:
                return None
            if server.part is not None:
                residents.append((server.part, k, True))
            if zone.buffer is not None:
                residents += [(part, k, False) for part in zone.buffer.queue]
        if source.part is not None:
            residents.append((source.part, 0, True))
        count = self._parts(now, until, len(residents))
        if count < 1:
            return None
        return instants_of(self, now, count, residents, due, causes.pop())

    def _parts(self, now: int, until: int, residents: int) -> int:
        """How many new parts to look at."""
        expected: int = (until - now) // self.pace_ns
        most = max(_RECORDS // (4 * len(self.zones) + 2), residents)
        count = min(expected + expected // 16 + 8, most)
        limit: int = self.source.limit
        return min(count, limit - self.source.made - 1) if limit else count


def chain_from(source: Source, line: Line) -> Chain | None:
    """The chain that begins at a source, None if what follows is no chain."""
    if source.commanded or source.loses or not _alone(source):
        return None
    zones: list[Zone] = []
    seen: list[Device] = [source]
    device = line.devices.get(source.record.to[""].device)
    while not isinstance(device, Sink):
        buffer = None
        if type(device) is Buffer:
            if device.order is not None or device.pallets or not _alone(device):
                return None
            buffer = device
            seen.append(buffer)
            device = line.devices.get(buffer.record.to[""].device)
        if type(device) is not Station or type(device.only) is not PlainServer or not _alone(device):
            return None
        if device in seen or len(zones) >= _MOST_ZONES:
            return None
        seen.append(device)
        zones.append(Zone(buffer, device, device.only))
        device = line.devices.get(device.record.to[""].device)
    if not zones or type(device) is not Sink or not _alone(device) or not _only_givers(seen, device, line):
        return None
    return Chain(source, zones, device)


def _alone(device: Device) -> bool:
    """No port of it is tied to a tag."""
    return not device.record.tags


def _only_givers(chain: list[Device], sink: Sink, line: Line) -> bool:
    """Whether everything in the chain gets its parts from the one before it, and from nobody else."""
    inside = {device.id: place for place, device in enumerate([*chain, sink])}
    for giver in line.devices.values():
        if giver.id not in inside and _names(giver.params, inside):
            return False  # a crane, say, that serves one of them
        for target in giver.record.to.values():
            if target.device in inside and inside.get(giver.id) != inside[target.device] - 1:
                return False
    return True


def _names(value: Any, ids: Mapping[str, int]) -> bool:
    """Whether one of the ids stands somewhere in a parameter."""
    if isinstance(value, str):
        return value in ids
    if isinstance(value, Mapping):
        return any(_names(item, ids) for pair in value.items() for item in pair)
    return isinstance(value, list | tuple) and any(_names(item, ids) for item in value)
