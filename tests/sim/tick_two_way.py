"""A reference for belts that run both ways: a tick loop, written without any code of the product.

Rules, in one coordinate along all belts (decision 18 in words, evaluated every 1/rate s):

* a belt goes one way at a time; told to go the other way it ramps to rest, and turns there if no part of the
  next belt lies across the end it runs from, or if that belt runs its new way already: then it takes it back;
* a part moves with its belt, up to the next part, to a raised blade (with its leading edge), or to where the
  belt ends: there it goes over if the next belt runs the same way, and stands if not;
* a part that still lies across the end which its belt now runs to stands as it lies.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_INF = float("inf")


@dataclass
class Belt:
    start: float
    end: float
    acceleration: float = 0.0
    target: float = 0.0  # m/s, below 0: backward
    speed: float = 0.0
    way: int = 1
    moved: float = 0.0  # m in this tick


@dataclass
class Load:
    number: int
    length: float
    x: float  # front
    belt: int

    @property
    def tail(self) -> float:
        return self.x - self.length


@dataclass
class TwoWayTicks:
    """`edges`: (t s, eye, blocked); `exits`: (t s, part)."""

    belts: list[Belt]
    rate: int
    eyes: list[float] = field(default_factory=list)
    blades: list[tuple[float, int]] = field(default_factory=list)  # place, belt

    def __post_init__(self) -> None:
        self.dt, self.ticks = 1.0 / self.rate, 0
        self.loads: list[Load] = []  # downstream first
        self.raised = [False] * len(self.blades)
        self.blocked = [False] * len(self.eyes)
        self.edges: list[tuple[float, int, bool]] = []
        self.exits: list[tuple[float, int]] = []
        self.open = True

    def enter(self, number: int, length: float) -> bool:
        tail = self.loads[-1].tail if self.loads else _INF
        if tail < 0.0 or self.belts[0].way < 0:
            return False
        moved = self.belts[0].moved  # what the tail has moved beyond 0 in this tick, the part has moved too
        self.loads.append(Load(number, length, tail if tail < moved else 0.0, 0))
        return True

    def tick(self) -> None:
        self.ticks += 1
        for k in range(len(self.belts)):
            self._ramp(k)
        for load in list(self.loads):
            if self.belts[load.belt].way > 0:
                self._forward(load)
        for load in reversed(self.loads):
            if self.belts[load.belt].way < 0:
                self._backward(load)
        for k, at in enumerate(self.eyes):
            blocked = any(load.tail < at <= load.x for load in self.loads)
            if blocked is not self.blocked[k]:
                self.blocked[k] = blocked
                self.edges.append((self.ticks * self.dt, k, blocked))

    def _ramp(self, k: int) -> None:
        belt = self.belts[k]
        turns = belt.target * belt.way < 0.0
        goal = 0.0 if turns else belt.target
        step = belt.acceleration * self.dt if belt.acceleration else _INF
        before = belt.speed
        belt.speed += max(-step, min(step, goal - before))
        belt.moved = (0.5 * (before + belt.speed) if belt.acceleration else belt.speed) * self.dt
        if turns and abs(belt.speed) < 1e-12 and self._may_turn(k):
            belt.way, belt.speed = -belt.way, 0.0
            if not belt.acceleration:
                belt.speed, belt.moved = belt.target, belt.target * self.dt

    def _may_turn(self, k: int) -> bool:
        belt = self.belts[k]
        beyond = k + belt.way
        place = belt.end if belt.way > 0 else belt.start
        across = [p for p in self.loads if p.belt == beyond]
        across = [p for p in across if (p.tail < place - 1e-6 if belt.way > 0 else p.x > place + 1e-6)]
        if across and self.belts[beyond].way == belt.way:
            return False
        for load in across:
            load.belt = k
        return True

    def _forward(self, load: Load) -> None:
        belt, i = self.belts[load.belt], self.loads.index(load)
        x = load.x + belt.moved
        x = max(min(x, self.loads[i - 1].tail if i else _INF), load.x)
        for k, (at, where) in enumerate(self.blades):
            if self.raised[k] and where == load.belt and load.x <= at + 1e-9 < x:
                x = at
        if load.x > belt.end + 1e-9:
            x = load.x  # lies across: stands
        elif x >= belt.end - 1e-6:
            if load.belt + 1 == len(self.belts):
                if self.open:
                    self.loads.remove(load)
                    self.exits.append((self.ticks * self.dt, load.number))
                    return
                x = belt.end
            elif self.belts[load.belt + 1].way > 0:
                load.belt += 1
            else:
                x = belt.end
        load.x = x

    def _backward(self, load: Load) -> None:
        belt, i = self.belts[load.belt], self.loads.index(load)
        tail = load.tail + belt.moved
        tail = min(max(tail, self.loads[i + 1].x if i + 1 < len(self.loads) else -_INF), load.tail)
        for k, (at, where) in enumerate(self.blades):
            if self.raised[k] and where == load.belt and load.tail >= at - 1e-9 > tail:
                tail = at
        if load.tail < belt.start - 1e-9:
            tail = load.tail  # lies across: stands
        elif tail <= belt.start + 1e-6:
            if load.belt and self.belts[load.belt - 1].way < 0:
                load.belt -= 1
            else:
                tail = belt.start
        load.x = tail + load.length
