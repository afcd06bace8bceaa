"""An independent reference for a fleet of vehicles on guide paths: a tick loop by the rules that `Agvs` has.

Every tick each vehicle under way is moved along its leg; then what has happened in that tick is decided, the
first thing first: who comes where, which part gets which vehicle, who has which path. No code of the product
is in here: ways are found by trying all of them, reserving is a mapping from a path or node to a vehicle.

It may be run in two ways. *Placed*: what happens within a tick (`TickedAxis` says when) counts from then on,
so that errors do not add up. *Plain*: a speed holds for a whole tick, everything happens at the end of one;
then each leg and each time to wait adds its own error to whatever it leads to: `Event.ticks` bounds the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from tick_axis import TickedAxis
from tick_paths import Map, PlainAxis

__all__ = ["Event", "Exit", "Feed", "Fleet", "Status"]

LEG = 5
"""Ticks that a plain leg is off at most: half of one for each change of speed, three in which it creeps the
last hair, of which the last is a whole one."""


class Event(NamedTuple):
    """`what`: leaves, stands, takes, gives. `ticks`: how many a plain loop may be off, by what led to it."""

    t: float
    what: str
    node: str
    ticks: int


class Status(NamedTuple):
    """What the fleet tells from `t` on, and who has which path or node."""

    t: float
    called: int
    driving: int
    loaded: int
    deadlock: bool
    reserved: Mapping[str, int]
    ticks: int


@dataclass(eq=False)
class Feed:
    """Parts to be fetched at `node`: one at `first` s, each further one `every` s after the one before was
    taken. `exit`: where they go; None: to the exits in turn."""

    node: str
    first: float
    every: float
    limit: int
    exit: int | None = None


@dataclass(eq=False)
class Exit:
    """Takes a part at `node`, and the next one `cycle` s later."""

    node: str
    cycle: float = 0.0
    busy: bool = False


@dataclass(eq=False)
class Cart:
    number: int
    home: str
    node: str
    goal: str
    axis: TickedAxis | PlainAxis
    state: str = "idle"  # waits (for its way), drives, loads, unloads, offers
    job: int | None = None  # feed that it fetches from
    cargo: Feed | None = None
    exit: int = 0
    legs: list[list[str]] = field(default_factory=list)
    ticks: int = 0  # `Event.ticks` of its arrival
    log: list[Event] = field(default_factory=list)

    @property
    def free(self) -> bool:
        return self.state in ("idle", "waits") and self.job is None and self.cargo is None


class Fleet:
    """`homes`: where each vehicle parks; `enable`: (t, may they set out), None: always. Times in s."""

    def __init__(
        self, ways: Map, homes: Sequence[str], feeds: Sequence[Feed], exits: Sequence[Exit], speed: float,
        rate: float, load: float, unload: float, enable: Sequence[tuple[float, bool]] | None, plain: bool,
    ) -> None:  # fmt: skip
        self.ways, self.feeds, self.exits = ways, feeds, exits
        self.load, self.unload, self.plain = load, unload, plain
        self.enabled = enable is None
        self.carts = [
            Cart(k, home, home, home, PlainAxis(speed, rate) if plain else TickedAxis(speed, rate, rate))
            for k, home in enumerate(homes)
        ]
        self.reserved = {cart.home: cart.number for cart in self.carts}
        self.queue: list[Cart] = []  # who waits for its way, the longest wait first
        self.called: list[int] = []  # feeds with a part that waits, the longest wait first
        self.turn = 0
        self.dead = False
        self.t, self.tick, self.ticks = (
            0.0,
            0.0,
            0,
        )  # of what happens now; the end of its tick; its `Event.ticks`
        self.nearest = inf  # s between two things that happened
        self.history: list[Status] = []
        self._agenda: list[tuple[float, int, int, Callable[[], None]]] = []
        self._count = 0
        for k, feed in enumerate(feeds):
            self._at(feed.first, 1, lambda k=k: self._comes(k))  # type: ignore[misc]
        for t, on in enable or ():
            self._at(t, 1, lambda on=on: self._enable(on))  # type: ignore[misc]

    def run(self, seconds: float, rate: int) -> None:
        for k in range(1, round(seconds * rate) + 1):
            self.tick = now = k / rate
            for cart in self.carts:
                if cart.state == "drives":
                    self._roll(cart)
            while self._agenda and self._agenda[0][0] <= now + 1e-12:
                due, _, self.ticks, happens = heappop(self._agenda)
                due = now if self.plain else due
                self.nearest = min(self.nearest, due - self.t) if self.t else inf
                self.t = due
                happens()
                self._tell()

    def _at(self, t: float, ticks: int, happens: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._agenda, (t, self._count, ticks, happens))

    def _in(self, seconds: float, happens: Callable[[], None]) -> None:
        self._at(self.t + seconds, self.ticks + 1, happens)

    # parts ---------------------------------------------------------------------------------------

    def _comes(self, number: int) -> None:
        node = self.feeds[number].node
        here = [cart for cart in self.carts if cart.free and cart.node == node]
        self.called.append(number)
        if here:
            self._take(here[0], number)
        else:
            self._assign()

    def _take(self, cart: Cart, number: int) -> None:
        feed = self.feeds[number]
        self.called.remove(number)
        if cart in self.queue:
            self.queue.remove(cart)
        cart.state, cart.job, cart.cargo = "loads", None, feed
        self._note(cart, "takes")
        self._in(self.load, lambda: self._loaded(cart))
        feed.limit -= 1
        if feed.limit:
            self._in(feed.every, lambda: self._comes(number))

    def _loaded(self, cart: Cart) -> None:
        assert cart.cargo is not None
        if cart.cargo.exit is None:
            cart.exit = self.turn
            self.turn = (self.turn + 1) % len(self.exits)
        else:
            cart.exit = cart.cargo.exit
        self._want(cart, self.exits[cart.exit].node)
        self._assign()

    def _unloaded(self, cart: Cart) -> None:
        cart.state = "offers"
        self._give(cart)

    def _give(self, cart: Cart) -> None:
        to = self.exits[cart.exit]
        if to.busy:
            return
        self._note(cart, "gives")
        cart.state, cart.cargo = "idle", None
        if to.cycle:
            to.busy = True
            self._in(to.cycle, lambda: self._again(to))
        self._assign()

    def _again(self, to: Exit) -> None:
        to.busy = False
        for cart in self.carts:
            if cart.state == "offers" and self.exits[cart.exit] is to:
                self._give(cart)

    # jobs and ways -------------------------------------------------------------------------------

    def _enable(self, on: bool) -> None:
        self.enabled = on
        self._assign()

    def _assign(self) -> None:
        for number in self.called:
            free = [cart for cart in self.carts if cart.free]
            if not free:
                break
            if any(cart.job == number for cart in self.carts):
                continue
            node = self.feeds[number].node
            cart = self._chosen(free, node)
            cart.job = number
            self._want(cart, node)
        for cart in self.carts:
            if cart.state == "idle" and cart.node != cart.home:
                self._want(cart, cart.home)
        self._let_go()

    def _chosen(self, free: Sequence[Cart], node: str) -> Cart:
        return min(free, key=lambda one: self.ways.length(self.ways.way(one.node, node)))

    def _want(self, cart: Cart, goal: str) -> None:
        cart.goal, cart.state = goal, "waits"
        if cart not in self.queue:
            self.queue.append(cart)

    def _let_go(self) -> None:
        if not self.enabled:
            return
        for cart in list(self.queue):
            for goal in self._goals(cart):
                if cart in self.queue and not self._rivals(cart, goal):
                    self._set_out(cart, goal)
        self.dead = bool(self._stuck())

    def _goals(self, cart: Cart) -> list[str]:
        return [cart.goal] if cart.node == cart.home else [cart.goal, cart.home]

    def _rivals(self, cart: Cart, goal: str) -> set[int]:
        """Who has something of its way."""
        needs = self.ways.needs(self.ways.way(cart.node, goal))
        return {self.reserved[one] for one in needs if one in self.reserved} - {cart.number}

    def _stuck(self) -> set[int]:
        """Those that wait, on each of their ways, for one of them."""
        stuck = {cart.number for cart in self.queue}
        while True:
            left = {
                k for k in stuck
                if all(self._rivals(self.carts[k], goal) & stuck for goal in self._goals(self.carts[k]))
            }  # fmt: skip
            if left == stuck:
                return stuck
            stuck = left

    def _set_out(self, cart: Cart, goal: str) -> None:
        way = self.ways.way(cart.node, goal)
        self.reserved.update(dict.fromkeys(self.ways.needs(way), cart.number))
        self.queue.remove(cart)
        cart.legs = self.ways.legs(way)
        self._go_on(cart)

    def _go_on(self, cart: Cart) -> None:
        if not cart.legs:
            self._at_end(cart)
            return
        cart.state, cart.ticks = "drives", self.ticks + LEG
        cart.axis.x = 0.0
        cart.axis.go(self.ways.length(cart.legs[0]), self.t)
        self._note(cart, "leaves")
        self._roll(cart)  # the rest of this tick

    def _roll(self, cart: Cart) -> None:
        arrived = cart.axis.tick(self.tick)
        if arrived is not None:
            self._at(arrived, cart.ticks, lambda: self._arrive(cart))

    def _arrive(self, cart: Cart) -> None:
        leg = cart.legs.pop(0)
        cart.node = leg[-1]
        for one in self._behind(cart, leg):
            del self.reserved[one]
        self._note(cart, "stands")
        self._go_on(cart)
        self._let_go()

    def _behind(self, cart: Cart, leg: Sequence[str]) -> set[str]:
        return (self.ways.needs(leg) | {leg[0]}) - {cart.node}

    def _at_end(self, cart: Cart) -> None:
        if cart.node != cart.goal:
            self._want(cart, cart.goal)  # it went home, out of the way
        elif cart.cargo is not None:
            cart.state = "unloads"
            self._in(self.unload, lambda: self._unloaded(cart))
        elif cart.job is not None:
            self._take(cart, cart.job)
        else:
            cart.state = "idle"
            self._assign()

    # what is told --------------------------------------------------------------------------------

    def _note(self, cart: Cart, what: str) -> None:
        cart.log.append(Event(self.t, what, cart.node, self.ticks))

    def _tell(self) -> None:
        driving = sum(cart.state == "drives" for cart in self.carts)
        loaded = sum(cart.cargo is not None for cart in self.carts)
        self.history.append(
            Status(self.t, len(self.called), driving, loaded, self.dead, dict(self.reserved), self.ticks)
        )
