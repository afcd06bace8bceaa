"""A reference for conveyors with zones that run both ways, and belts before and behind: a tick loop, written
without any code of the product.

Rules, in one coordinate along all tracks (decision 18 in words, evaluated every 1/rate s). Within a track all
counts along its present way: `y` grows that way, a part has an edge that leads and one that goes last.

* a part moves with the section (a belt, or a zone) in which the edge lies that leads, up to the part ahead;
* a zone stands while a part is at its eye, or between eye and end, that may not go on: into the next zone
  when no part has any length there; with slug release also while that zone runs and a part is at its eye, or
  goes already; out of the last zone while it is released;
* a track told to go the other way ramps to rest, and turns when all of it rests and no part of the next track
  lies across the end it runs from, or if that track runs its new way already: then it takes it back;
* at its end a part goes over if the next track runs the same way (forward out of the last one: always), and
  else stands; a part that lies across the end which its track now runs to stands as it lies; on what does not
  accumulate the section stands with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_INF = float("inf")
_HAIR = 1e-7


@dataclass
class Track:
    """A belt (one section, `eye` None) or a conveyor with zones, from `start` to `end` m."""

    start: float
    end: float
    full: float  # m/s
    ramp: float = 0.0  # m/s2; 0: at once
    zones: int = 1
    eye: float | None = None
    slug: bool = False
    slips: bool = True
    # told from outside
    reverse: bool = False
    run: bool = True
    release: bool = True
    way: int = 1

    def __post_init__(self) -> None:
        self.speed = [0.0] * self.zones  # of each section, the first one where parts come on at present
        self.goal = [0.0] * self.zones
        self.moved = [0.0] * self.zones
        self.sending = [False] * self.zones
        self.may = [True] * self.zones
        self.gone = _INF  # m beyond the end, of what has just left the line there as a whole

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def pitch(self) -> float:
        return self.length / self.zones

    def section(self, y: float) -> int:
        return min(max(int((y + _HAIR) / self.pitch), 0), self.zones - 1)


@dataclass
class Load:
    number: int
    length: float
    x: float  # front, along all tracks
    track: int

    @property
    def tail(self) -> float:
        return self.x - self.length


@dataclass
class ZoneTicks:
    """`edges`: (t s, eye, blocked); `exits`: (t s, part)."""

    tracks: list[Track]
    rate: int
    eyes: Sequence[float] = ()
    edges: list[tuple[float, int, bool]] = field(default_factory=list)
    exits: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dt, self.ticks = 1.0 / self.rate, 0
        self.loads: list[Load] = []  # downstream first
        self.blocked = [False] * len(self.eyes)

    def enter(self, number: int, length: float, since: float) -> float | None:
        """A part that is there since `since` s, with its front at 0, where the first track begins: the time
        in s at which it came on; None: there is no room. What it, or the tail that it waited for, has moved
        since then in this tick, it has moved too."""
        first, now = self.tracks[0], self.ticks * self.dt
        tail = self.loads[-1].tail if self.loads else _INF
        if tail < -_HAIR or first.way < 0:
            return None
        v = first.speed[0]
        x = max(min(tail, v * min(now - since, self.dt)), 0.0)
        self.loads.append(Load(number, length, x, 0))
        return now - x / v if v else now

    def tick(self) -> None:
        self.ticks += 1
        for k in range(len(self.tracks)):
            self._command(k)
        for load in list(self.loads):
            if self.tracks[load.track].way > 0:
                self._move(load)
        for load in reversed(self.loads):
            if self.tracks[load.track].way < 0:
                self._move(load)
        for k, at in enumerate(self.eyes):
            blocked = any(load.tail < at <= load.x for load in self.loads)
            if blocked is not self.blocked[k]:
                self.blocked[k] = blocked
                self.edges.append((self.ticks * self.dt, k, blocked))

    # which sections run --------------------------------------------------------------------------

    def _edges(self, track: Track, load: Load) -> tuple[float, float]:
        """Along the present way of a track: the edge that leads, the one that goes last."""
        if track.way > 0:
            return load.x - track.start, load.tail - track.start
        return track.end - load.tail, track.end - load.x

    def _command(self, k: int) -> None:
        track = self.tracks[k]
        turns = track.run and track.reverse is (track.way > 0)
        if turns and max(track.speed) < 1e-12 and self._may_turn(k):
            track.way = -track.way
            track.sending = [False] * track.zones
            turns = False
        full = track.full if track.run and not turns else 0.0
        rows = [(*self._edges(track, load), load.track == k) for load in self.loads]
        stands = not track.slips and any(
            mine and lead >= track.length - _HAIR and not self._goes_over(k) for lead, _, mine in rows
        )
        for zone in reversed(range(track.zones)):
            waits = False
            if track.eye is not None:
                end = (zone + 1) * track.pitch
                at = end - track.eye
                covers = any(last < at - _HAIR and lead >= at - _HAIR for lead, last, _ in rows)
                waits = covers or any(
                    mine and last >= at - _HAIR and lead < end - _HAIR for lead, last, mine in rows
                )
                track.may[zone] = self._may_send(track, zone, rows, stands)
            track.sending[zone] = waits and track.may[zone]
            track.goal[zone] = full if track.sending[zone] or not waits else 0.0
        for zone in range(track.zones):
            before, goal = track.speed[zone], track.goal[zone]
            step = track.ramp * self.dt if track.ramp else _INF
            after = before + max(-step, min(step, goal - before))
            if stands and zone == track.zones - 1:
                before = after = 0.0
            track.speed[zone] = after
            track.moved[zone] = (0.5 * (before + after) if track.ramp else after) * self.dt
            if track.sending[zone] and not track.ramp and before < after and zone + 1 < track.zones:
                # it has been let go by a tail that left the next zone within the last tick
                end = (zone + 2) * track.pitch
                tails = [last - end for _, last, _ in rows if last > end - _HAIR]
                beyond = min(tails + [track.gone] * (zone + 2 == track.zones), default=_INF)
                track.moved[zone] += beyond if beyond < after * self.dt else 0.0
        track.gone = _INF

    def _may_send(
        self, track: Track, zone: int, rows: Sequence[tuple[float, float, bool]], stands: bool
    ) -> bool:
        if zone == track.zones - 1:
            return track.release
        begin, end = (zone + 1) * track.pitch, (zone + 2) * track.pitch
        if not any(lead > begin - _HAIR and last < end - _HAIR for lead, last, _ in rows):
            return True
        at = end - (track.eye or 0.0)
        there = any(last < at - _HAIR and lead >= at - _HAIR for lead, last, _ in rows)
        runs = track.goal[zone + 1] > 0.0 and not (stands and zone + 2 == track.zones)
        return track.slug and runs and (track.sending[zone] or there)

    def _goes_over(self, k: int) -> bool:
        beyond = k + self.tracks[k].way
        if beyond == len(self.tracks):
            return True
        return beyond >= 0 and self.tracks[beyond].way == self.tracks[k].way

    def _may_turn(self, k: int) -> bool:
        track = self.tracks[k]
        beyond = k + track.way
        across = [load for load in self.loads if load.track == beyond]
        across = [load for load in across if self._edges(track, load)[1] < track.length - 1e-6]
        if across and self.tracks[beyond].way == track.way:
            return False
        for load in across:
            load.track = k
        return True

    # what lies on them ---------------------------------------------------------------------------

    def _move(self, load: Load) -> None:
        track, i = self.tracks[load.track], self.loads.index(load)
        lead, _ = self._edges(track, load)
        zone = track.section(lead)
        y = lead + track.moved[zone]
        ahead = i - track.way
        if 0 <= ahead < len(self.loads):
            y = max(min(y, self._edges(track, self.loads[ahead])[1]), lead)
        if track.eye is not None and not track.ramp and not track.may[zone]:
            at = (zone + 1) * track.pitch - track.eye
            if lead < at - _HAIR < y:
                y = at  # the zone stops at this very instant
        end = track.length
        if lead > end + _HAIR:
            y = lead  # lies across: stands
        elif y >= end - 1e-6:
            if not self._goes_over(load.track):
                y = end
            elif load.track + track.way == len(self.tracks):
                self.loads.remove(load)
                track.gone = y - end
                self.exits.append((self.ticks * self.dt, load.number))
                return
            else:
                load.track += track.way
        load.x = track.start + y if track.way > 0 else track.end - y + load.length
