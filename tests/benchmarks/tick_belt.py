"""A belt as a plain 60 Hz tick loop, the way a game engine does it: what the event core is compared with.

The same rules as `bench_spine.belt_scene`, written without the product's motion code: parts of two
lengths each `every` s, 0.5 m/s, three eyes, a stopper that is open `OPEN` s of each `PERIOD` s, the belt
standing 2 s of each 60 s.
No tags, no journal: edges are appended to a list.
"""

from __future__ import annotations

SIZES, SPEED, PERIOD, OPEN = (0.25, 0.45), 0.5, 10, 5.0


class TickPart:
    """`x` is the front edge, m."""

    def __init__(self, x: float, length: float) -> None:
        self.x, self.length = x, length

    def covers(self, at: float) -> bool:
        return self.x - self.length <= at <= self.x


class TickEye:
    """Sampled once per tick."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.blocked = False

    def sample(self, parts: list[TickPart]) -> bool:
        return any(part.covers(self.at) for part in parts)


class TickBelt:
    """`parts` downstream first. Starts at time `t` s with `parts` = (front, length), m."""

    def __init__(
        self, length: float, every: float, dt: float, t: float, parts: list[tuple[float, float]]
    ) -> None:
        self.length, self.every, self.dt, self.t = length, every, dt, t
        self.parts = [TickPart(x, own) for x, own in parts]
        self.eyes = [TickEye(length * share) for share in (0.25, 0.5, 0.9)]
        for eye in self.eyes:
            eye.blocked = eye.sample(self.parts)
        self.edges: list[tuple[float, int, bool]] = []
        self.blade = length * 0.8
        self.next_part = t
        self.out = self.made = 0
        self.holding = False

    def advance(self, span: float) -> None:
        """Tick on for `span` s."""
        for _ in range(round(span / self.dt)):
            self.tick()

    def tick(self) -> None:
        self.t += self.dt
        if self.t % 60.0 < 58.0:
            self.move(SPEED * self.dt, closed=self.t % PERIOD >= OPEN)
        if self.t >= self.next_part and (not self.parts or self.parts[-1].x >= self.parts[-1].length):
            self.parts.append(TickPart(0.0, SIZES[self.made % 2]))
            self.made += 1
            self.next_part = self.t + self.every
        for k, eye in enumerate(self.eyes):
            blocked = eye.sample(self.parts)
            if blocked != eye.blocked:
                eye.blocked = blocked
                self.edges.append((self.t, k, blocked))
        self.holding = any(part.x == self.blade for part in self.parts)

    def move(self, step: float, closed: bool) -> None:
        limit = float("inf")
        for part in self.parts:
            x = part.x + step
            if closed and part.x <= self.blade < x:
                x = self.blade
            part.x = min(x, limit)
            limit = part.x - part.length
        if self.parts and self.parts[0].x >= self.length:
            self.parts.pop(0)
            self.out += 1
