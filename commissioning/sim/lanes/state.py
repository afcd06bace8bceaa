"""A lane in a snapshot: parts by id, trains and watches by number, versions as they were.

Versions and the order of lists are saved verbatim; a restored lane must not only stand alike, it must
go on alike, ties included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from commissioning.sim.drive import Threshold
from commissioning.sim.flow import Giver
from commissioning.sim.lanes.train import Place, Train
from commissioning.sim.lanes.watch import CONTACT, Holder, rank_of
from commissioning.sim.stateful import World

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane

__all__ = ["restore", "save"]

_NOTHING = -1


def save(lane: Lane) -> dict[str, Any]:
    """Plain JSON data. Parts count from 0, downstream first."""
    places = list(lane._places(lane.first))
    order = {place: k for k, place in enumerate(places)}
    drives = _drives(lane)
    return {
        "hanging": [] if lane.hanging is None else [lane.hanging.lane.id, lane.hanging.number],
        "foreign": [drive.id for drive in lane.foreign],
        "places": [
            [p.part.id, p.c, p.train.number, p.part.place is not p] for p in places if p.train is not None
        ],
        "trains": [
            [
                t.number, t.count, t.base, drives.index(t.drive) if t.drive is not None else _NOTHING,
                t.home.index, t.holder.number if t.holder is not None else _NOTHING, t.relation,
                [drives.index(d) for d in t.across] if t.across is not None else [], t.ver,
                [watch.number for watch in t.watches],
            ]
            for t in lane.trains.values()
        ],
        "watches": [
            [w.ver, w.tail, order.get(w.place, _NOTHING) if w.place is not None else _NOTHING, *w.save()]
            for w in lane.watches
        ],
        "across": [[number, [t.number for t in trains]] for number, trains in lane.across.items()],
        "idle": [watch.number for watch in lane.idle],
        "stalled": [zone.stalled for zone in lane.zones],
        "waiting": [giver.id for giver in lane.waiting.givers],
        "trains_made": lane.trains_made,
    }  # fmt: skip


def restore(lane: Lane, data: Mapping[str, Any], world: World) -> None:
    """Replace all state by that of `data`; parts and givers are looked up in `world`."""
    lane.foreign = []
    for identity in data["foreign"]:
        lane.know(world.objects[identity])
    drives = _drives(lane)
    places: list[Place] = []
    members: dict[int, list[Place]] = {}
    for part_id, c, number, stands_in in data["places"]:
        part = world.parts[part_id]
        place = Place(part, c, None)
        if not stands_in:  # else the part belongs to the lane after
            part.owner, part.place = lane, place
        if places:
            places[-1].behind, place.ahead = place, places[-1]
        places.append(place)
        members.setdefault(number, []).append(place)
    lane.first, lane.last = (places[0], places[-1]) if places else (None, None)
    lane.count = sum(not row[3] for row in data["places"])
    lane.hanging = world.objects[data["hanging"][0]].watches[data["hanging"][1]] if data["hanging"] else None
    lane.trains = {}
    for number, count, base, drive, home, holder, relation, across, ver, watches in data["trains"]:
        rank = rank_of(lane.index, CONTACT, number)
        mine = members[number]
        moved_by = drives[drive] if drive != _NOTHING else None
        zone = lane.zones[home] if home != _NOTHING else lane.beyond
        train = Train(lane, number, rank, mine[0], zone, moved_by, base)
        train.tail, train.count, train.relation, train.ver = mine[-1], count, relation, ver
        train.across = (drives[across[0]], drives[across[1]]) if across else None
        if holder != _NOTHING:
            watch = lane.watches[holder]
            assert isinstance(watch, Holder)
            train.holder = watch
        train.watches = {lane.watches[k]: None for k in watches}
        for place in mine:
            place.train = train
        lane.trains[number] = train
    for watch, (ver, tail, place_number, *rest) in zip(lane.watches, data["watches"], strict=True):
        watch.ver, watch.tail = ver, tail
        watch.place = places[place_number] if place_number != _NOTHING else None
        watch.restore(rest, world)
        if isinstance(watch, Holder) and watch.holds and watch.place is not None:
            watch.place.held += 1
    lane.across = {int(number): {lane.trains[k]: None for k in trains} for number, trains in data["across"]}
    lane.idle = [lane.watches[k] for k in data["idle"]]
    for zone, stalled in zip(lane.zones, data["stalled"], strict=True):
        zone.stalled = stalled
    givers: list[Giver] = [world.objects[identity] for identity in data["waiting"]]
    lane.waiting.givers = givers
    lane.trains_made = data["trains_made"]
    thresholds: dict[int, Threshold] = {watch.rank: watch for watch in lane.watches}
    thresholds.update({train.rank: train for train in lane.trains.values()})
    for drive in drives:
        drive.adopt(thresholds)


def _drives(lane: Lane) -> list[Any]:
    """The drives of the lane's zones, each once, and those of lanes its parts hang over to."""
    drives: list[Any] = []
    for zone in lane.zones:
        if zone.drive not in drives:
            drives.append(zone.drive)
    return drives + lane.foreign
