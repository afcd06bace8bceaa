"""Deadlocks: parts and devices that wait for one another, so that none of them can ever move again.

The graph is read from a line that stands between two instants: who waits at whom (`Waiting`), and what keeps
the part that is in somebody's way. A wait is *dead* if all it could end by is dead itself; whatever has a
timer, moves, or is held by a command (a raised stopper, a belt that is told to stand) is alive, for that ends
by itself or by whoever commands it. Starvation and a line at rest are no deadlocks.

Nothing is kept while a run goes on, so that looking costs what it costs when one looks and nothing per event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commissioning.sim.deadlock_ring import Deadlock, Wait
from commissioning.sim.drive import Drive
from commissioning.sim.flow import Waiting
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.merge import MergePoint
from commissioning.sim.lanes.train import STALLING, Place
from commissioning.sim.lanes.watch import Holder, Stop
from commissioning.sim.part import Part

if TYPE_CHECKING:
    from commissioning.sim.lanes.plan import LanePlan
    from commissioning.sim.line import Line

__all__ = ["Deadlock", "Wait", "find_deadlocks", "receivers_of"]


def receivers_of(line: Line) -> list[Any]:
    """What in a line may have givers waiting; the same as long as the line is."""
    return [thing for thing in line.objects.values() if isinstance(getattr(thing, "waiting", None), Waiting)]


def find_deadlocks(line: Line, receivers: list[Any] | None = None) -> tuple[Deadlock, ...]:
    """Every ring of dead waits in a line that stands between two instants. `receivers`: see there."""
    things = receivers_of(line) if receivers is None else receivers
    waiting = [(thing, thing.waiting) for thing in things if thing.waiting.givers]
    return _Graph(line, waiting).rings() if waiting and _may_ring(waiting) else ()


def _may_ring(waiting: list[tuple[Any, Waiting]]) -> bool:
    """Whether anything is left when all that surely goes on is taken away: devices that wait nowhere, and who
    waits for those. Nearly always nothing is, and that is seen without the graph."""
    while waiting:
        stuck = {giver.id for _, givers in waiting for giver in givers.givers}
        left = [one for one in waiting if one[0].id in stuck or _by_others(one[0])]
        if len(left) == len(waiting):
            return True
        alive = {giver.id for one in waiting if one not in left for giver in one[1].givers}
        waiting = [one for one in left if one[0].id not in alive or _by_others(one[0])]
    return False


def _by_others(thing: Any) -> bool:
    """Whether it waits by what it does not offer itself."""
    return isinstance(thing, _INDIRECT) or any(hasattr(thing, name) for name in _PASSES)


_PASSES = ("onward", "onward_of", "awaits", "lacks")  # they wait by others
_INDIRECT = (Lane, MergePoint)  # what keeps these is seen in their trains only


# A node is who waits, or who is waited for: ("end", lane) a lane with the part at its end, ("in", lane) one
# with its infeed, ("at", thing) a merge point or a device, ("part", part) one that hangs over a lane's end,
# ("by GIVER", thing) a device that sorts, as far as it is about the part of that giver.
_Node = tuple[str, Any]


class _Graph:
    def __init__(self, line: Line, waiting: list[tuple[Any, Waiting]]) -> None:
        self.line = line
        self.receivers: dict[str, list[_Node]] = {}  # by id of the giver: where it waits
        self.nodes: dict[tuple[str, str], _Node] = {}
        self.sorted: dict[str, Any] = {}  # by kind of node: the giver whose part is meant
        for receiver, givers in waiting:
            for giver in givers.givers:
                node = self._node(receiver)
                if hasattr(receiver, "onward_of"):
                    node = (f"by {giver.id}", receiver)
                    self.sorted[node[0]] = giver
                self.receivers.setdefault(giver.id, []).append(node)
                self._add(("end" if isinstance(giver, Lane) else "at", giver))
                self._add(node)
        self.after: dict[tuple[str, str], list[_Node]] = {}

    def rings(self) -> tuple[Deadlock, ...]:
        queue = list(self.nodes.values())
        for node in queue:  # grows: what a node waits for may not be waited for by a giver
            after = self.after[_key(node)] = self._after(node)
            queue += [other for other in after if self._add(other)]
        dead = self._dead()
        found: list[Deadlock] = []
        done: set[tuple[str, str]] = set()
        for key in dead:
            path: list[tuple[str, str]] = []
            while key not in done:
                done.add(key)
                path.append(key)
                key = _key(self.after[key][0])
            if key in path:
                found.append(self._ring(path[path.index(key) :], dead))
        return tuple(found)

    def _dead(self) -> list[tuple[str, str]]:
        """Nodes that can never go on, in the order in which they were found. The greatest set of nodes each
        of which waits for something, and for nothing outside the set."""
        dead = {key: None for key, after in self.after.items() if after}
        before = -1
        while before != len(dead):
            before = len(dead)
            dead = {key: None for key in dead if all(_key(other) in dead for other in self.after[key])}
        return list(dead)

    def _ring(self, keys: list[tuple[str, str]], dead: list[tuple[str, str]]) -> Deadlock:
        start = keys.index(min(keys))  # the same ring is told in the same words whenever one looks
        nodes = [self.nodes[key] for key in keys[start:] + keys[:start] if key[0] not in self.sorted]
        named = [self._named(node) for node in nodes]
        waits: list[Wait] = []
        for k, node in enumerate(nodes):
            ahead = next((name for name in named[k + 1 :] + named[: k + 1] if name != named[k]), named[k])
            if not waits or waits[-1].device != named[k]:
                waits.append(Wait(named[k], self._parts(node), ahead))
            elif self._parts(node) and not waits[-1].parts:
                waits[-1] = Wait(named[k], self._parts(node), ahead)
        if len(waits) > 1 and waits[-1].device == waits[0].device:
            last = waits.pop()
            waits[0] = Wait(waits[0].device, waits[0].parts or last.parts, waits[0].on)
        behind: list[str] = []
        for key in dead:
            name = self._named(self.nodes[key])
            if key not in keys and name not in named and name not in behind and self._leads(key, keys[0]):
                behind.append(name)
        return Deadlock(tuple(waits), self._commands(nodes), tuple(behind))

    def _leads(self, key: tuple[str, str], to: tuple[str, str]) -> bool:
        seen = {key}
        queue = [key]
        for one in queue:
            if one == to:
                return True
            fresh = [_key(other) for other in self.after[one] if _key(other) not in seen]
            seen.update(fresh)
            queue += fresh
        return False

    # what a node waits for -----------------------------------------------------------------------

    def _after(self, node: _Node) -> list[_Node]:
        """What would let it go on: any of these. Empty: nothing in the line keeps it for ever."""
        where, thing = node
        if where == "end":
            return self.receivers.get(thing.id, []) if thing.end.holds else []
        if where == "in":
            return [] if thing.last is None else self._keeps(thing.last)
        if where == "part":
            return self._keeps(thing.place)
        if isinstance(thing, MergePoint):
            return self._merge(thing)
        if where in self.sorted:
            return self._to(thing.onward_of(self.sorted[where]))
        onward = getattr(thing, "onward", None)  # see Passing; as fast as this has to be
        if onward is not None:
            return self._to(onward())
        if hasattr(thing, "awaits"):
            return [node for one in thing.awaits() for node in self._awaited(one)]
        if hasattr(thing, "lacks") and thing.lacks():
            return self._feeders(thing.id)
        if hasattr(thing, "goes_on") and thing.goes_on():
            return []
        return self.receivers.get(thing.id, [])

    def _node(self, receiver: Any) -> _Node:
        """Where givers wait at a receiver."""
        if isinstance(receiver, Lane):
            return "in", receiver
        return "at", getattr(receiver, "station", receiver)  # a server takes parts in its name

    def _to(self, target: Any) -> list[_Node]:
        return [] if target is None else [self._node(target)]

    def _feeders(self, device: str) -> list[_Node]:
        """Who may bring something to a device: it waits for any of them. A giver that does not wait itself
        may bring it yet; behind one that only passes parts on are those who give to it."""
        found: list[_Node] = []
        ahead, seen = [device], {device}
        for name in ahead:
            for other in self.line.devices.values():
                if other.id in seen or all(target.device != name for target in other.record.to.values()):
                    continue
                seen.add(other.id)
                if hasattr(other, "onward") or hasattr(other, "onward_of"):
                    ahead.append(other.id)
                elif other.id in self.line.track_drives:
                    lane = self.line.on_track(other.id)[0]
                    found.append(("end", lane))
                else:
                    found.append(("at", other))
        return found

    def _awaited(self, one: Any) -> list[_Node]:
        if not isinstance(one, Part):
            return [self._node(one)]
        if isinstance(one.place, Place):
            return [("part", one)]
        return [] if one.owner is None else [self._node(one.owner)]

    def _merge(self, merge: MergePoint) -> list[_Node]:
        """A merge has parts waiting at the side, or holds one of the lane for them."""
        if merge.passing:
            stop = merge.stop
            assert stop is not None
            place = merge.lane.foremost
            while place is not None and merge.lane.front(place) - place.length > stop.x:
                place = place.behind
            return [] if place is None else self._keeps(place)
        place = merge.clear.place
        if place is None or not merge.waiting:
            return []
        first = merge.waiting.givers[0]
        part = self._part_of(first)
        if part is None or merge.lane.front(place) <= merge.x - part.length - merge.rule.gap:
            return []  # there is room: it will go
        return self._keeps(place)

    def _keeps(self, place: Place) -> list[_Node]:
        """What keeps a part on a lane from moving on. Empty: it moves, or a command holds it."""
        while True:
            if place.part.place is not place:  # its tail hangs over: it moves as on the lane that has it now
                return [("part", place.part)] if isinstance(place.part.place, Place) else []
            train = place.train
            if train is None:
                return []
            drive = train.drive
            holder = train.holder
            if holder is not None and drive is None:
                head = train.head
                if head.part.place is not head and isinstance(head.part.place, Place):
                    return [("part", head.part)]  # it has gone aside, and lies there still
                return self._holds(holder)
            if drive is not None and drive.moving:
                return []
            if drive is not train.home.drive:
                ahead = train.head.ahead  # held back by that one
            elif drive.stalls:
                return self._stalled(drive)
            else:
                ahead = None if self._commanded(drive) else train.head.ahead
            if ahead is None:
                return []
            place = ahead

    def _holds(self, holder: Holder) -> list[_Node]:
        if not isinstance(holder, Stop):
            return [("end", holder.lane)]
        owner = getattr(holder.on_hold, "__self__", None)
        if isinstance(owner, MergePoint):
            return [("at", owner)]
        if owner is not None and (owner.id in self.receivers or hasattr(owner, "awaits")):
            return [("at", owner)]  # a pop-up that cannot get rid of it, a separator with one under way
        return []

    def _stalled(self, drive: Drive) -> list[_Node]:
        """All that stall a drive must let go; one that is dead is enough."""
        nodes: list[_Node] = []
        for key in drive.stalls:
            identity, _, number = key.rpartition("/")
            lane: Any = self.line.objects[identity]
            if number.startswith("zone"):
                zone = lane.zones[int(number.removeprefix("zone"))]
                for train in lane.trains.values():
                    if train.home is zone and train.relation == STALLING and train.head.ahead is not None:
                        nodes += self._keeps(train.head.ahead)
                        break
            else:
                nodes += self._holds(lane.watches[int(number)])
        return nodes[:1]

    def _commanded(self, drive: Drive) -> bool:
        """Whether a drive stands because somebody has not told it to run (not by a logic of its own)."""
        device = self.line.devices.get(drive.name) or self.line.devices.get(drive.name.rpartition(".")[0])
        if device is None or drive.target > 0.0:
            return True
        inputs = [port.name for port in device.declaration.ports if port.direction == "in"]
        bound = [name for name in inputs if name != "reverse" and device.bound(name)]
        if len(self.line.track_drives.get(device.id, [])) < 2:
            return True  # a belt stands only when it is told to
        return any(not device.ports[name].value for name in bound)

    def _part_of(self, giver: Any) -> Part | None:
        """The part that a giver has to give next; of a device with several the shortest, which goes anywhere
        where the one that waits would go."""
        if isinstance(giver, Lane):
            return None if giver.end.place is None else giver.end.place.part
        owned = [part for part in self.line.parts.values() if part.owner is giver]
        return min(owned, key=lambda part: part.length, default=None)

    # words ---------------------------------------------------------------------------------------

    def _named(self, node: _Node) -> str:
        where: str = node[0]
        thing: Any = node[1]
        if isinstance(thing, Lane):
            zones = self.line.lane_plans[thing.index].zones
            return zones[-1 if where == "end" else 0].device
        if where == "part":
            plan: LanePlan = self.line.lane_plans[thing.owner.index]
            return str(plan.zones[thing.place.train.home.index].device)
        if isinstance(thing, MergePoint):
            zones = self.line.lane_plans[thing.lane.index].zones
            return next(zone.device for zone in zones if zone.start <= thing.x < zone.end)
        return str(getattr(thing, "fleet", thing).id)

    def _parts(self, node: _Node) -> tuple[int, ...]:
        where, thing = node
        if where == "end":
            return () if thing.end.place is None else (thing.end.place.part.id,)
        if where == "part":
            return (thing.id,)
        if isinstance(thing, Lane | MergePoint):
            return ()
        if hasattr(thing, "fleet"):
            return () if thing.part is None else (thing.part.id,)
        return tuple(part.id for part in self.line.parts.values() if part.owner is thing)

    def _commands(self, nodes: list[_Node]) -> tuple[str, ...]:
        """Bound inputs of diverters in the ring, and of what takes parts off the lanes in it."""
        devices = [thing.id for _, thing in nodes if hasattr(thing, "onward")]
        lanes = {thing.index for _, thing in nodes if isinstance(thing, Lane)}
        lanes |= {thing.lane.index for _, thing in nodes if isinstance(thing, MergePoint)}
        lanes |= {thing.owner.index for where, thing in nodes if where == "part"}
        tracks = {zone.device for index in sorted(lanes) for zone in self.line.lane_plans[index].zones}
        devices += [
            device.id
            for device in self.line.devices.values()
            if device.record.along in tracks and device.record.to
        ]
        return tuple(
            f"{name}.{port.name}"
            for name in devices
            for port in self.line.devices[name].declaration.ports
            if port.direction == "in" and self.line.devices[name].bound(port.name)
        )

    def _add(self, node: _Node) -> bool:
        key = _key(node)
        if key in self.nodes:
            return False
        self.nodes[key] = node
        return True


def _key(node: _Node) -> tuple[str, str]:
    return node[0], str(node[1].id)
