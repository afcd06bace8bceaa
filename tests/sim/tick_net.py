"""An independent reference for tracks that lead to one another: a tick loop, without code of the product.

Every 1/rate s each track is moved, the last one of the line first. A part goes on by speed x tick, no further
than the tail of the part ahead; what happens within a tick (an end is reached, room comes free, a stroke
ends) is placed in it by straight interpolation, and what it lets go moves for the rest of that tick. Without
that a queue would lose up to a tick for each part in it, and the differences of all of them would add up.

Rules. A part belongs to the next track when its front has reached the end of the one before; its tail lies
back over that end until it has been pulled off. It may go over when nothing of the next track lies between
where its tail and its front will be. Sideways (transfer, pop-up) the part keeps its whole place until its
tail is off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

__all__ = [
    "Diverter", "Gate", "Goal", "Net", "Popup", "Side", "Slug", "Source", "Track", "Transfer", "Zones",
]  # fmt: skip

INF = float("inf")
HAIR = 1e-9


@dataclass(eq=False)
class Part:
    length: float
    x: float = 0.0  # its front
    track: Track | None = None
    since: float = -INF  # s: when it came to stand where it waits
    held: Popup | None = None


class Goal:
    """Where parts leave. `times`: when."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def offer(self, part: Part, reached: float, now: float) -> bool:
        self.times.append(reached)
        part.track = None
        return True

    def off(self, now: float) -> None:
        """Nothing stays."""

    aside = False


class Gate:
    """What stands between two tracks: by itself, nothing. `at`: where on the next one parts come in."""

    def __init__(self, target: Track | Goal, at: float = 0.0) -> None:
        self.target, self.at = target, at

    aside = False

    def offer(self, part: Part, reached: float, now: float) -> bool:
        return give(part, self.target, self.at, reached, now)

    def off(self, now: float) -> None:
        """Nothing stands there."""


class Side:
    """How long what went over from a track stays in the way there."""

    def __init__(self, part: Part, track: Track, came: float, aside: float | None) -> None:
        self.part, self.track, self.came, self.aside = part, track, came, aside

    def off(self, now: float) -> float | None:
        """When its tail had come off, if it has."""
        if self.part.track is not self.track:
            return now
        beyond = self.part.x - self.part.length - self.came
        if beyond < -HAIR:
            return None
        return now - max(beyond, 0.0) / self.track.speed(now) if self.track.speed(now) else now

    def limit(self, end: float) -> float:
        """How far the next one may go."""
        if self.aside is not None:
            return self.aside - self.part.length
        return end - (self.part.length - (self.part.x - self.came))


def give(part: Part, target: Track | Goal, at: float, reached: float, now: float) -> bool:
    """Over to `target`, with what is left of the tick since it could go."""
    if isinstance(target, Goal):
        return target.offer(part, reached, now)
    start = target.free(at, part.length, max(reached, now - 1.0), now)
    if start is None:
        return False
    ahead = min((p.x - p.length for p in target.parts if p.x > at - HAIR), default=INF)
    part.x = min(at + target.speed(now) * (now - start), ahead)
    part.track, part.since = target, -INF
    target.parts.insert(sum(p.x > part.x for p in target.parts if p.x > at - HAIR), part)
    return True


@dataclass(eq=False)
class Track:
    """`exit` takes what reaches the end. `drive(t)`: speed in m/s, asked once a tick or more often."""

    length: float
    drive: Callable[[float], float]
    exit: Gate | Goal | Diverter | Transfer | None = None
    popup: Popup | None = None
    parts: list[Part] = field(default_factory=list)  # downstream first
    hanging: list[Side] = field(default_factory=list)

    def speed(self, now: float) -> float:
        return self.drive(now)

    def free(self, at: float, length: float, reached: float, now: float) -> float | None:
        """Since when, from `reached` on, a part of that length fits with its front at `at`; None: not yet."""
        start, speed = reached, self.speed(now)
        for part in self.parts:
            if part.x - part.length >= at - HAIR and speed:
                start = max(start, now - (part.x - part.length - at) / speed)
        for part in self.parts:
            then = part.x - speed * (now - start)
            if part.x - part.length < at - HAIR and then > at - length + HAIR:
                return None
        return start

    def tick(self, now: float, dt: float) -> None:
        limit = INF
        self.speed(now)  # a drive that goes along a ramp counts the ticks
        released, stood = -INF, INF
        for side in list(self.hanging):
            off = side.off(now)
            if off is not None:
                self.hanging.remove(side)
                released = off
                if side.aside is not None:
                    stood = side.aside - side.part.length  # where the next one has waited
                if self.exit is not None and side.aside is not None and side.aside >= self.length:
                    self.exit.off(off)  # type: ignore[union-attr]
                elif side.aside is not None and self.popup is not None:
                    self.popup.off(off)
            elif side.aside is None or side.aside >= self.length:
                limit = min(limit, side.limit(self.length))
        for part in list(self.parts):
            blocked = [
                s for s in self.hanging if s.aside is not None and s.aside < self.length and part.x <= s.aside
            ]
            ahead = min([limit, *(s.limit(self.length) for s in blocked)])
            since = max(released, now - dt) if abs(part.x - stood) < HAIR else now - dt
            x = min(part.x + self.speed(now) * (now - since), ahead)
            if part.held is None and self.popup is not None and self.popup.catches(part, x, now):
                part.held = self.popup
                part.since = now - (x - self.popup.at) / self.speed(now)
            if part.held is not None:
                if not part.held.stays(part, now):
                    x = part.held.at + self.speed(now) * (now - part.held.left)
                    part.held = None
                else:
                    part.x = limit = part.held.at
                    if part.held.offer(part, part.since, now):
                        self.parts.remove(part)
                        part.held = None
                    limit -= part.length
                    continue
            if x >= self.length - HAIR and self.exit is not None:
                if part.since == -INF:
                    part.since = now - (x - self.length) / self.speed(now)
                if not any(s.aside is None for s in self.hanging):
                    waited = part.x >= self.length - HAIR
                    start = max(part.since, released if waited else -INF)
                    if self.exit.offer(part, start, now):
                        self.parts.remove(part)
                        took = getattr(self.exit, "took", -INF)
                        if took > released:  # who stood behind it moves from then on
                            released, stood = took, self.length - part.length
                        if part.track is not None:
                            aside = self.length if self.exit.aside else None  # type: ignore[union-attr]
                            came = part_came(self.exit)
                            if aside is None and waited and part.track.speed(now):
                                # who stood behind it moves from when it went
                                released = now - (part.x - came) / part.track.speed(now)
                                stood = self.length - part.length
                            side = Side(part, part.track, came, aside)
                            self.hanging.append(side)
                            limit = side.limit(self.length)
                        continue
                x = self.length
            part.x = x
            limit = x - part.length
        return


def part_came(gate: object) -> float:
    """Where on the next track a gate's parts come in."""
    return float(getattr(gate, "at", 0.0))


class Diverter:
    """`commands`: (t, way). It turns for `time`; whoever comes meanwhile waits."""

    aside = False
    at = 0.0

    def __init__(
        self, ways: dict[str, Track | Goal], commands: Sequence[tuple[float, str]], time: float
    ) -> None:
        self.ways, self.commands, self.time = ways, commands, time

    def offer(self, part: Part, reached: float, now: float) -> bool:
        way, since = "straight", -INF
        for t, commanded in self.commands:
            if t <= now + HAIR and commanded != way:
                way, since = commanded, t + self.time
        if since > now:
            return False
        return give(part, self.ways[way], 0.0, max(reached, since), now)

    def off(self, now: float) -> None:
        """Nothing stands on it."""


class Transfer:
    """Rises for `time` when a part has come, gives it away, sinks for `time` when it is off."""

    aside = True
    at = 0.0

    def __init__(self, target: Track, time: float) -> None:
        self.target, self.time = target, time
        self.down = -INF  # since when it is down
        self.up = INF  # since when it is up
        self.busy = False

    def offer(self, part: Part, reached: float, now: float) -> bool:
        if self.busy or self.down > now:
            return False
        if self.up == INF:
            self.up = max(reached, self.down) + self.time
        if self.up > now or not give(part, self.target, 0.0, max(reached, self.up), now):
            return False
        self.busy = True
        return True

    def off(self, now: float) -> None:
        """The part is off."""
        self.busy, self.up, self.down = False, INF, now + self.time


class Popup:
    """At `at` m of a track. `commands`: (t, up). It catches the next front that comes while it is up, and
    lets a part that could not leave go straight on when it is told to go down."""

    def __init__(
        self, at: float, target: Track, commands: Sequence[tuple[float, bool]], time: float, over: Track
    ) -> None:
        self.at, self.target, self.commands, self.time, self.over = at, target, list(commands), time, over
        self.up_at = INF  # when it is up
        self.told = False
        self.leaving = False
        self.left = 0.0  # when it began to go down

    def tick(self, now: float) -> None:
        """What was commanded up to now; not while a part leaves."""
        while self.commands and self.commands[0][0] <= now + HAIR and not self.leaving:
            t, up = self.commands.pop(0)
            self._tell(up, t)

    def _tell(self, up: bool, t: float) -> None:
        if up is self.told:
            return
        self.told = up
        self.up_at = t + self.time if up else INF
        if not up:
            self.left = t

    def catches(self, part: Part, x: float, now: float) -> bool:
        reached = now - (x - self.at) / self.over.speed(now) if self.over.speed(now) else INF
        return (
            not self.leaving
            and part.x <= self.at <= x + HAIR
            and self.up_at <= max(reached, now - HAIR)
            and (part.x < self.at or self.up_at <= now)
        )

    def stays(self, part: Part, now: float) -> bool:
        return self.told or self.leaving

    def offer(self, part: Part, reached: float, now: float) -> bool:
        if not give(part, self.target, 0.0, max(reached, self.up_at), now):
            return False
        self.leaving = True
        self.over.hanging.append(Side(part, self.target, 0.0, self.at))
        return True

    def off(self, now: float) -> None:
        """The part is off; a command that came meanwhile counts from now on."""
        self.leaving = False
        pending = [(t, up) for t, up in self.commands if t <= now]
        self.commands = [(t, up) for t, up in self.commands if t > now]
        if pending:
            self._tell(pending[-1][1], now)


@dataclass(eq=False)
class Source:
    """A part of the next of `lengths` each `every` s after the last one was taken, from `first` on; or, with
    `times`, when that comes, the one after the other."""

    track: Track
    lengths: Sequence[float]
    every: float = 0.0
    first: float = 0.0
    times: Sequence[float] = ()
    made: int = 0

    def __post_init__(self) -> None:
        self.due = self.times[0] if self.times else self.first

    def tick(self, now: float) -> None:
        if self.made == len(self.lengths) or self.due > now:
            return
        part = Part(self.lengths[self.made])
        start = self.track.free(0.0, 0.0, self.due, now)
        if start is None or any(p.x - p.length < -HAIR for p in self.track.parts):
            return
        part.track = self.track
        ahead = min((p.x - p.length for p in self.track.parts), default=INF)
        part.x = min(self.track.speed(now) * (now - start), ahead)
        self.track.parts.append(part)
        self.made += 1
        self.due = start + self.every
        if self.times and self.made < len(self.times):
            self.due = self.times[self.made]


@dataclass(eq=False)
class Net:
    """Tracks, the last one of the line first, and what feeds them."""

    tracks: Sequence[Track]
    sources: Sequence[Source]
    rate: int

    def run(self, seconds: float) -> None:
        dt = 1.0 / self.rate
        for k in range(1, round(seconds * self.rate) + 1):
            now = k * dt
            for track in self.tracks:
                if track.popup is not None:
                    track.popup.tick(now)
                track.tick(now, dt)
            for source in self.sources:
                source.tick(now)


@dataclass(eq=False)
class Zones:
    """Rollers in zones of `pitch` m, each with an eye `eye` m before its end; singulation, speed at once.

    A part stands at the eye of its zone until nothing lies in the next one, in the last one until `released`.
    There are no more parts than zones. `times`: when fronts reached the end.
    """

    count: int
    pitch: float
    eye: float
    speed: float
    released: Callable[[float], float | None]  # (t) -> since when, if it is
    lengths: Sequence[float]
    every: float
    rate: int
    times: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        dt = 1.0 / self.rate
        parts: list[Part] = []
        freed = [-INF] * self.count  # when the last tail left each zone
        for k in range(1, round(seconds * self.rate) + 1):
            now = k * dt
            made = len(parts)
            if made < len(self.lengths) and now >= (made + 1) * self.every:
                parts.append(Part(self.lengths[made], -self.speed * dt, since=(made + 1) * self.every))
                parts[-1].x += self.speed * (now - parts[-1].since)
            for number, part in enumerate(parts):
                if part.x >= self.count * self.pitch + part.length:
                    continue
                zone = min(int(max(part.x, 0.0) / self.pitch + HAIR), self.count - 1)
                stop = (zone + 1) * self.pitch - self.eye
                before, x = part.x, part.x + self.speed * dt
                if before <= stop + HAIR and x >= stop - HAIR:
                    go = (
                        self.released(now)
                        if zone == self.count - 1
                        else self._free(parts[:number], zone + 1, freed)
                    )
                    reached = now - (x - stop) / self.speed if before < stop - HAIR else -INF
                    if go is None:
                        x = stop
                    elif go > max(reached, now - dt):
                        x = stop + self.speed * (now - go)
                for joint in range(self.count):
                    end = (joint + 1) * self.pitch
                    if before - part.length < end <= x - part.length:
                        freed[joint] = now - (x - part.length - end) / self.speed
                end = self.count * self.pitch
                if before < end <= x:
                    self.times.append(now - (x - end) / self.speed)
                    freed[-1] = self.times[-1]  # what takes it takes it whole
                    x = end + part.length + 1.0
                part.x = x

    def _free(self, ahead: Sequence[Part], zone: int, freed: Sequence[float]) -> float | None:
        """Since when nothing lies in a zone; None: something does."""
        begin, end = zone * self.pitch, (zone + 1) * self.pitch
        for part in ahead:
            if part.x > begin - HAIR and part.x - part.length < end - HAIR:
                return None
        return freed[zone]


@dataclass(eq=False)
class Slug:
    """Zones as in `Zones` that send with the one ahead: all that touch an eye go when the last one may.

    `released(t)`: whether the last zone may send. A zone whose part has come to its eye and may not go on
    stands, also when the part has gone half over it; a part that goes, goes on while the zone ahead runs.
    """

    count: int
    pitch: float
    eye: float
    speed: float
    released: Callable[[float], bool]
    lengths: Sequence[float]
    every: float
    rate: int
    times: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        dt = 1.0 / self.rate
        self.going = [False] * self.count
        parts: list[Part] = []
        end = self.count * self.pitch
        for k in range(1, round(seconds * self.rate) + 1):
            now, made = k * dt, len(parts) + len(self.times)
            if made < len(self.lengths) and now >= (made + 1) * self.every - HAIR:
                parts.append(Part(self.lengths[made], since=(made + 1) * self.every))
                parts[-1].x = self.speed * (now - parts[-1].since)
                continue
            stops = [(zone + 1) * self.pitch - self.eye for zone in range(self.count)]
            may, runs = self._decide(parts, stops, now - dt)
            for part in list(parts):
                zone = min(int(part.x / self.pitch + HAIR), self.count - 1)
                x = part.x + self.speed * dt if runs[zone] else part.x
                if part.x < stops[zone] - HAIR <= x and not may[zone]:
                    # what is ahead has been moved already, perhaps onto its own eye
                    x = x if self._decide(parts, stops, now - dt)[0][zone] else stops[zone]
                if x >= end - HAIR:
                    self.times.append(now - (x - end) / self.speed)
                    parts.remove(part)
                part.x = x

    def _decide(
        self, parts: Sequence[Part], stops: Sequence[float], t: float
    ) -> tuple[list[bool], list[bool]]:
        """Of each zone whether its part might go on, and whether it runs."""
        may, runs = [False] * self.count, [False] * self.count
        ahead = False  # a part at the eye of the zone ahead goes
        for zone in reversed(range(self.count)):
            begin = (zone + 1) * self.pitch
            occupied = any(p.x > begin - HAIR and p.x - p.length < begin + self.pitch - HAIR for p in parts)
            if zone == self.count - 1:
                may[zone] = self.released(t)
            else:
                may[zone] = not occupied or ahead or (self.going[zone] and runs[zone + 1])
            blocked = any(p.x >= stops[zone] - HAIR and p.x - p.length < stops[zone] - HAIR for p in parts)
            runs[zone] = not blocked or may[zone]
            self.going[zone] = ahead = blocked and may[zone]
        return may, runs
