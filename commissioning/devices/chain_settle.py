"""After a stretch solved ahead: devices, parts and draws of a chain as they are at its end."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from commissioning.devices.chain_records import enter_place, key, source_place
from commissioning.devices.source import MANY
from commissioning.model.record import State
from commissioning.sim.ahead import Pending
from commissioning.sim.kernel import Entry
from commissioning.sim.part import Part

if TYPE_CHECKING:
    from commissioning.devices.chain_instants import ChainInstants, Int64

__all__ = ["settle"]

_STARVED, _AT_WORK, _WAITS = (
    (State.STARVED, 0, 0), (State.WORKING, 1, 0b0011), (State.BLOCKED, 1, 0b0101),
)  # fmt: skip


def settle(found: ChainInstants, until: int, ids: Int64,
           products: Int64) -> tuple[list[Pending], list[Entry], list[Part]]:  # fmt: skip
    """Bring all devices to `until`. The kernel entries that wait then: those that are new, and those that
    have waited since before; and the new parts, which the line does not have yet."""
    chain, zones = found.chain, len(found.chain.zones)
    pending: list[Pending] = []
    kept: list[Entry] = []
    here = len(found.residents)
    made = here + len(products)
    started = [made] + [_by(found.enters[k], until) for k in range(1, zones + 1)]
    left = [_by(found.leaves[k], until) for k in range(zones + 1)]
    parts = _parts(found, ids, products, left[zones], made)

    source = chain.source
    before = source.made
    source.made += len(products)
    mark = source.made // MANY * MANY
    if mark > before:
        source.mark = int(found.ends[0][here + mark - before - 1])
    waits = made > left[0]
    source.part = parts[left[0]] if waits else None
    taken = left[0] - found.left[0]
    if waits:
        _own(source.part, source)
        source.due = -1
        source.state, source.held, source.bits = State.BLOCKED, 1, 1
    else:
        source.state, source.held, source.bits = State.WORKING, 0, 0
        source.due = int(found.ends[0][made])
        if taken:
            when = int(key(found.leaves[0][left[0] - 1], source_place(zones), found.now))
            pending.append(Pending(when, source.due, found.cause, source.due, source.make))
        else:
            kept.append(found.due[source])
    source.interval.skip(taken, *found.drawn[0])
    if source.only < 0:
        source.choice.skip(len(products))

    for k in range(1, zones + 1):
        zone = chain.zones[k - 1]
        station, server, buffer = zone.station, zone.server, zone.buffer
        assert station.cycle is not None
        station.cycle.skip(started[k] - found.started[k], *found.drawn[k])
        giver = [chain.giver(k - 1)] if (waits if k == 1 else chain.zones[k - 2].server.finished) else []
        if buffer is not None:
            buffer.taken += left[k - 1] - found.left[k - 1]
            buffer.queue = deque(parts[i] for i in range(started[k], left[k - 1]))
            for part in buffer.queue:
                _own(part, buffer)
            buffer.waiting.givers[:] = giver
            held = len(buffer.queue)
            full = held >= buffer.capacity
            buffer.state = State.BLOCKED if full else State.WORKING if held else State.IDLE
            buffer.held, buffer.bits = held, int(full)
            giver = [buffer] if held else []
        station.waiting.givers[:] = giver
        busy = started[k] > left[k]
        server.part = parts[left[k]] if busy else None
        server.working = busy and int(found.ends[k][left[k]]) > until
        server.finished = busy and not server.working
        station.free[:] = [] if busy else [server.number]
        station.stuck[:] = [server.number] if server.finished else []
        station.state, station.held, station.bits = (
            _AT_WORK if server.working else _WAITS if busy else _STARVED
        )  # fmt: skip
        if server.part is not None:
            _own(server.part, station)
        if server.working:
            if left[k] < found.started[k]:
                kept.append(found.due[server])
            else:
                when = int(key(found.enters[k][left[k]], enter_place(zones, k), found.now))
                t = int(found.ends[k][left[k]])
                pending.append(Pending(when, t, found.cause, 0, server.over))
    if len(products) > len(chain.zones):
        chain.pace_ns = (until - found.now) // len(products)
    chain.sink.taken += left[zones] - found.left[zones]
    return pending, kept, [part for i, part in parts.items() if i >= here]


def _by(times: Int64, until: int) -> int:
    return int(np.searchsorted(times, until, side="right"))


def _own(part: Part | None, owner: Any) -> None:
    assert part is not None
    part.owner, part.place = owner, None


def _parts(found: ChainInstants, ids: Int64, products: Int64, first: int, made: int) -> dict[int, Part]:
    """The parts that are in the chain at the end, by their place in the order. Those that left are gone."""
    line, here = found.chain.source.line, len(found.residents)
    for part, _, _ in found.residents[:first]:
        del line.parts[part.id]
        part.owner = None
    parts = {i: found.residents[i][0] for i in range(min(first, here), here)}
    for i in range(max(first, here), made):
        product, number = int(products[i - here]), int(ids[i])
        part = Part(number, product, *line.sizes[product], int(found.ends[0][i]))
        parts[i] = part
    return parts
