"""An independent reference for motion: a tick loop, written without any code of the product.

Plain rules, evaluated every 1/rate s, downstream first:

* a part advances with the belt under its front, no further than the tail of the part ahead;
* a raised blade stops a front that would pass it, the end stops one that is not taken;
* a part enters with its front at 0 when the last tail has cleared 0.

Its error is of the order of a tick per stage; it must shrink with the tick.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_INF = float("inf")


@dataclass
class TickBelt:
    """A belt from `start` to `end` (m) that ramps to `target` m/s; acceleration 0: at once; jerk 0: no limit.

    With a limit, the acceleration is driven by where the speed would end if it were taken back from now on.
    """

    start: float
    end: float
    acceleration: float = 0.0
    target: float = 0.0
    speed: float = 0.0
    jerk: float = 0.0
    rate: float = 0.0  # the present acceleration

    def tick(self, dt: float) -> None:
        if self.jerk:
            ends = self.speed + 0.5 * self.rate * abs(self.rate) / self.jerk
            left = self.target - ends
            if abs(self.target - self.speed) < self.jerk * dt * dt and abs(self.rate) <= 2 * self.jerk * dt:
                self.speed, self.rate = self.target, 0.0
                return
            change = self.jerk * dt if left > 0.0 else -self.jerk * dt
            before = self.rate
            self.rate = max(-self.acceleration, min(self.acceleration, self.rate + change))
            self.speed = max(self.speed + 0.5 * (before + self.rate) * dt, 0.0)
        elif self.acceleration == 0.0:
            self.speed = self.target
        elif self.speed < self.target:
            self.speed = min(self.target, self.speed + self.acceleration * dt)
        else:
            self.speed = max(self.target, self.speed - self.acceleration * dt)


@dataclass
class TickPart:
    number: int
    length: float
    x: float = 0.0  # front


@dataclass
class TickLine:
    """Belts in a row with eyes, blades and a feed, ticked. `edges`: (t s, eye, blocked)."""

    belts: list[TickBelt]
    rate: int
    eyes: list[float] = field(default_factory=list)
    blades: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dt = 1.0 / self.rate
        self.ticks = 0
        self.parts: list[TickPart] = []  # downstream first
        self.raised = [False] * len(self.blades)
        self.blocked = [False] * len(self.eyes)
        self.edges: list[tuple[float, int, bool]] = []
        self.exits: list[tuple[float, int]] = []
        self.open = True
        self.length = self.belts[-1].end

    @property
    def t(self) -> float:
        return self.ticks * self.dt

    def enter(self, number: int, length: float) -> bool:
        """It has waited for the tail ahead: what that has moved beyond 0 in this tick, it has moved too."""
        tail = self.parts[-1].x - self.parts[-1].length if self.parts else _INF
        if tail < 0.0:
            return False
        moved = self.belts[0].speed * self.dt
        self.parts.append(TickPart(number, length, tail if tail < moved else 0.0))
        return True

    def belt_at(self, x: float) -> TickBelt:
        for belt in self.belts:
            if x < belt.end:
                return belt
        return self.belts[-1]

    def tick(self) -> None:
        self.ticks += 1
        for belt in self.belts:
            belt.tick(self.dt)
        limit = _INF
        for part in list(self.parts):
            x = part.x + self.belt_at(part.x).speed * self.dt
            x = min(x, limit)
            for k, at in enumerate(self.blades):
                if self.raised[k] and part.x <= at < x:
                    x = at
            if x >= self.length:
                if self.open:
                    self.parts.remove(part)
                    self.exits.append((self.t, part.number))
                    continue
                x = self.length
            part.x = x
            limit = x - part.length
        for k, at in enumerate(self.eyes):
            blocked = any(part.x - part.length < at <= part.x for part in self.parts)
            if blocked is not self.blocked[k]:
                self.blocked[k] = blocked
                self.edges.append((self.t, k, blocked))


class SingulatingLine(TickLine):
    """One belt with three eyes and a blade that lets one part through at a time; it rests 2 s of 30.

    A part stands at the blade for `dwell` s, then the blade falls; it rises when that part's front is
    at the third eye, 5 cm beyond it. Parts come every `pitch` s, or as soon as there is room.
    """

    def __init__(
        self, length: float, speed: float, lengths: list[float], pitch: float, dwell: float, rate: int
    ) -> None:
        eyes = [0.3 * length, 0.6 * length, length - 0.95]
        super().__init__([TickBelt(0.0, length)], rate, eyes, [length - 1.0])
        self.speed, self.lengths = speed, lengths
        self.pitch, self.dwell = round(pitch * rate), round(dwell * rate)
        self.made = 0
        self.waiting = False
        self.raised[0] = True
        self.held: TickPart | None = None
        self.held_at = 0
        self.let_go: TickPart | None = None

    def fill(self, seconds: int) -> None:
        """The parts that would be on it after `seconds`, at their pitch, the belt never stopped."""
        pitch = self.pitch * self.dt * self.speed
        self.made = min(round(seconds * self.rate / self.pitch), int(self.blades[0] / pitch))
        for i in range(self.made):
            part = TickPart(i, self.lengths[i % len(self.lengths)], (self.made - i) * pitch)
            self.parts.append(part)

    def advance(self, seconds: int) -> None:
        for _ in range(seconds * self.rate):
            if self.ticks % self.pitch == 0:
                self.waiting = True
            if self.waiting and self.enter(self.made, self.lengths[self.made % len(self.lengths)]):
                self.waiting = False
                self.made += 1
            self.belts[0].target = self.speed if self.t % 30.0 < 28.0 else 0.0
            self.tick()
            self.control()

    def control(self) -> None:
        blade = self.blades[0]
        if self.raised[0] and self.held is None:
            for part in self.parts:
                if part.x == blade:
                    self.held, self.held_at = part, self.ticks
        elif self.held is not None and self.ticks - self.held_at >= self.dwell:
            self.raised[0] = False
            self.let_go, self.held = self.held, None
        elif self.let_go is not None and self.let_go.x >= self.eyes[2]:
            self.raised[0] = True
            self.let_go = None
