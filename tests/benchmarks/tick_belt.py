"""A belt as a plain 60 Hz tick loop, the way a game engine does it: what the event core is compared with.

The same rules as `bench_spine.belt_scene`, written without the product's motion code: parts of 0.3 m each
`EVERY` s, 0.5 m/s, three eyes, a stopper that is open `OPEN` s of each `PERIOD` s, the belt standing 2 s of each 60 s.
No tags, no journal: edges are appended to a list.
"""

from __future__ import annotations

SIZE, SPEED, EVERY, PERIOD, OPEN = 0.3, 0.5, 1.9, 10, 5.0


class TickPart:
    """`x` is the front edge, m."""

    def __init__(self, x: float) -> None:
        self.x = x

    def covers(self, at: float) -> bool:
        return self.x - SIZE <= at <= self.x


class TickEye:
    """Sampled once per tick."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.blocked = False

    def sample(self, parts: list[TickPart]) -> bool:
        return any(part.covers(self.at) for part in parts)


class TickBelt:
    """`parts` downstream first. Starts at time `t` s with fronts at `fronts`."""

    def __init__(self, length: float, dt: float, t: float = 0.0, fronts: list[float] | None = None) -> None:
        self.length, self.dt, self.t = length, dt, t
        self.parts = [TickPart(x) for x in fronts or []]
        self.eyes = [TickEye(length * share) for share in (0.25, 0.5, 0.9)]
        for eye in self.eyes:
            eye.blocked = eye.sample(self.parts)
        self.edges: list[tuple[float, int, bool]] = []
        self.blade = length * 0.8
        self.next_part = t
        self.out = 0

    def advance(self, span: float) -> None:
        """Tick on for `span` s."""
        for _ in range(round(span / self.dt)):
            self.tick()

    def tick(self) -> None:
        self.t += self.dt
        if self.t % 60.0 < 58.0:
            self.move(SPEED * self.dt, closed=self.t % PERIOD >= OPEN)
        if self.t >= self.next_part and (not self.parts or self.parts[-1].x >= SIZE):
            self.parts.append(TickPart(0.0))
            self.next_part = self.t + EVERY
        for k, eye in enumerate(self.eyes):
            blocked = eye.sample(self.parts)
            if blocked != eye.blocked:
                eye.blocked = blocked
                self.edges.append((self.t, k, blocked))

    def move(self, step: float, closed: bool) -> None:
        limit = float("inf")
        for part in self.parts:
            x = part.x + step
            if closed and part.x <= self.blade < x:
                x = self.blade
            part.x = min(x, limit)
            limit = part.x - SIZE
        if self.parts and self.parts[0].x >= self.length:
            self.parts.pop(0)
            self.out += 1
