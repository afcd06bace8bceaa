"""A drive: the closed-form travel of what moves parts, and the thresholds along that travel.

Since the last command at `t0` the travel is `s0 + v0 t + a t^2/2` until the speed is `v1`, from then on
straight. What a part will meet on its way (an eye, a blade, the end) is a *threshold* in this travel,
whenever the drive may get there: a stop or a restart moves no threshold and costs the same with one
part as with 5,000. The drive keeps one entry in the kernel's queue, for its nearest threshold.

The travel is re-anchored by commands only. Re-anchoring at each edge would add up roundings to 1 ns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from math import ceil, inf, sqrt
from typing import Any, ClassVar, Protocol

from commissioning.model.record import Kind
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import EDGE, Kernel, instant
from commissioning.sim.stateful import Stateful, World, encode

__all__ = ["INSTANT", "TOUCH", "Drive", "HeapEntry", "Threshold", "Travelling"]

TOUCH = 1e-8
"""m. Parts this near touch, and what comes to rest this near before a threshold has reached it.

Event times are rounded up to whole ns, so places are exact to speed x 1 ns (1e-8 m at 10 m/s)."""

INSTANT = 1.1e-9
"""s. An event comes later than what was solved for by less than that."""

_NEVER = -1
_DRIVE = int(Kind.DRIVE)


class Threshold(Protocol):
    """What waits in a drive's heap. An entry counts as long as its `ver` is the present one."""

    ver: int

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        """The drive has reached it, at travel `s`. Its entry is on top of `heap`, to be replaced or taken."""


class Travelling(Protocol):
    """A lane, as its drives see it."""

    index: int

    def drive_changed(self, drive: Drive) -> None:
        """The drive moves otherwise from now on, or has come to rest."""


class _Gone:
    """Stands in a restored heap for thresholds that are void until their lane has been restored."""

    ver = _NEVER

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        """Never called: no entry has this version."""


GONE = _Gone()
HeapEntry = tuple[float, int, int, Threshold]  # travel, rank (order of equals), version, what


class Drive(Stateful):
    """Speed in m/s, accelerations in m/s2 (0 or infinite: instantly). It stands still at first.

    `moving` is True from the start of a motion to the exact end of the ramp that stops it.
    """

    __slots__ = (
        "a", "acceleration", "armed_s", "armed_t", "deceleration", "dirty", "even", "heap", "id", "index",
        "journal", "kernel", "key", "lanes", "late_by", "late_t", "mates", "moving", "name", "pieces", "ramp",
        "record", "s0", "s1", "speed", "stalls", "t0", "target", "v0", "v1", "version", "watchers",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = (
        "t0", "s0", "v0", "a", "v1", "target", "stalls", "moving", "record", "pieces",
        "version", "armed_t", "armed_s", "heap", "late_t", "late_by",
    )  # fmt: skip
    derived: ClassVar[tuple[str, ...]] = ("ramp", "s1", "even", "dirty")
    constant: ClassVar[tuple[str, ...]] = (
        "index", "name", "kernel", "journal", "speed", "acceleration", "deceleration", "lanes", "watchers",
        "key", "mates",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("fire", "come_to_rest")
    soft: ClassVar[bool] = False
    """Whether its ramps have limited jerk (`soft_drive`)."""
    way: float = 1.0
    """-1.0 while it turns backward (`drive_two_way`): then what it really does is `way` times all this."""

    def __init__(
        self,
        index: int,
        name: str,
        kernel: Kernel,
        journal: Journal,
        speed: float,
        acceleration: float = 0.0,
        deceleration: float | None = None,
    ) -> None:
        self.id = f"drive:{name}"
        self.index, self.name, self.kernel, self.journal = index, name, kernel, journal
        self.speed = speed
        self.acceleration = 0.0 if acceleration == inf else acceleration
        deceleration = acceleration if deceleration is None else deceleration
        self.deceleration = 0.0 if deceleration == inf else deceleration
        self.key = EDGE + min(index, 60_000)
        self.lanes: list[Travelling] = []
        self.watchers: list[Callable[[bool], None]] = []
        self.mates: Sequence[Drive] = ()  # of the same conveyor: what stops with it stops in step with it
        self.late_t, self.late_by = _NEVER, 0.0  # ns at which a mate was stopped, s after the solved time

        self.t0, self.s0, self.v0, self.a, self.v1 = 0, 0.0, 0.0, 0.0, 0.0
        self.ramp, self.s1 = 0.0, 0.0  # length of the ramp in s, travel at its end
        self.even = inf  # the travel from which on it runs evenly, if it does
        self.target = 0.0
        self.stalls: list[str] = []
        self.moving = False
        self.record = 0  # number of the journal record of this piece
        self.pieces = 0
        self.heap: list[HeapEntry] = []
        self.version, self.armed_t, self.armed_s = 0, _NEVER, 0.0  # of the entry in the kernel's queue
        self.dirty = False  # somebody will call `arm`

    # motion --------------------------------------------------------------------------------------

    def travel(self, t: int) -> float:
        """Travel in m at `t` ns, not before the last command."""
        tau = (t - self.t0) * 1e-9
        if tau < self.ramp:
            return self.s0 + (self.v0 + 0.5 * self.a * tau) * tau
        return self.s1 + self.v1 * (tau - self.ramp)

    def speed_at(self, t: int) -> float:
        """Speed in m/s at `t` ns, not before the last command."""
        tau = (t - self.t0) * 1e-9
        return self.v0 + self.a * tau if tau < self.ramp else self.v1

    def command(self, target: float) -> None:
        """Go to `target` m/s along the ramp, from the present speed. Raises ValueError below 0."""
        if not 0.0 <= target < inf:
            raise ValueError(f"{self.name}: a drive turns forward only, got {target!r} m/s")
        if target == self.target:
            return
        self.target = target
        if not self.stalls:
            now = self.kernel._now
            s, v = self.travel(now), self.speed_at(now)
            if self.late_t == now and target == 0.0 == self.deceleration:
                s -= v * self.late_by
            self._begin_piece(s, v, target)

    def stall(self, who: str, s: float | None = None) -> None:
        """Stop at once, until everybody who called this has called `unstall`. `s`: the exact travel.

        The instant of the call is the solved time rounded up: mates that are told to stop at it are put back
        by the same time, or else each such stop would shift them against this one by up to 1 ns of travel.
        """
        if who in self.stalls:
            return
        self.stalls.append(who)
        if len(self.stalls) == 1:
            now = self.kernel._now
            here, v = self.travel(now), self.speed_at(now)
            if s is None:
                s = here
            elif v > 0.0:
                for mate in self.mates:
                    mate.late_t, mate.late_by = now, (here - s) / v
            self._begin_piece(s, 0.0, 0.0)

    def unstall(self, who: str) -> None:
        """`who` lets go; the last one to do so lets the drive ramp up to what it was told."""
        if who not in self.stalls:
            return
        self.stalls.remove(who)
        if not self.stalls:
            self._begin_piece(self.travel(self.kernel._now), 0.0, self.target)

    def watch_moving(self, fn: Callable[[bool], None]) -> None:
        """Call `fn(True)` when motion starts and `fn(False)` exactly when it has ended."""
        self.watchers.append(fn)

    def come_to_rest(self, pieces: int) -> None:
        """Continuation: the ramp to 0 ends."""
        if pieces == self.pieces:
            self.kernel.cause = self.record
            self.moving = False
            self._tell_lanes()
            for fn in self.watchers:
                fn(False)

    def _begin_piece(self, s0: float, v0: float, v1: float) -> None:
        kernel = self.kernel
        rate = self.acceleration if v1 > v0 else -self.deceleration
        if rate == 0.0 or v0 == v1:
            v0, rate = v1, 0.0
        if v0 == self.v0 == v1 == self.v1 and rate == self.a == 0.0:
            return  # stands, or runs, as before
        self.t0, self.s0, self.v0, self.a, self.v1 = kernel._now, s0, v0, rate, v1
        self._derive()
        self.pieces += 1
        self.record = self._note(0, s0, v0, rate, v1)
        moved, self.moving = self.moving, v0 > 0.0 or v1 > 0.0
        if self.moving and v1 == 0.0:
            kernel.call_at(self.t0 + instant(self.ramp * 1e9), self.come_to_rest, self.pieces, self.key)
        self._tell_lanes()
        if self.moving is not moved:
            for fn in self.watchers:
                fn(self.moving)

    def now(self) -> tuple[int, float, float, float, float]:
        """The present piece as a record has it: `aux` and its four numbers."""
        now = self.kernel._now
        v = self.speed_at(now)
        return 0, self.travel(now), v, self.a if v != self.v1 else 0.0, self.v1

    def _note(self, aux: int, s: float, v: float, a: float, last: float) -> int:
        """A record of a piece that begins now; its number."""
        return self.journal.add(_DRIVE, aux, self.index, s, v, a, last)

    def _derive(self) -> None:
        self.ramp = (self.v1 - self.v0) / self.a if self.a else 0.0
        self.s1 = self.s0 + 0.5 * (self.v0 + self.v1) * self.ramp
        self.even = self.s1 if self.v1 > 0.0 else inf

    def _tell_lanes(self) -> None:
        somebody_arms, self.dirty = self.dirty, True
        for lane in self.lanes:
            lane.drive_changed(self)
        if not somebody_arms:
            self.arm()

    # thresholds ----------------------------------------------------------------------------------

    def when(self, s: float) -> int | None:
        """The time in ns, from now on, at which the travel reaches `s`; None: not without a command."""
        beyond = s - self.s1  # the end of the ramp
        if beyond > 0.0 and self.v1 > 0.0:
            tau = self.ramp + beyond / self.v1
        elif beyond > TOUCH:
            return None
        elif self.a and s > self.s0:
            root = self.v0 * self.v0 + 2.0 * self.a * (s - self.s0)
            tau = 2.0 * (s - self.s0) / (self.v0 + sqrt(root)) if root > 0.0 and beyond <= 0.0 else self.ramp
        else:
            tau = 0.0
        t = self.t0 + ceil(tau * 1e9 - 0.001)  # as `instant` does; this is the hottest place of all
        now: int = self.kernel._now
        return t if t > now else now

    def arm(self) -> None:
        """See to it that the kernel calls at the nearest threshold. Ends being `dirty`."""
        self.dirty = False
        heap = self.heap
        while heap:
            s, _, ver, threshold = heap[0]
            if threshold.ver == ver:
                t = self.when(s)
                if t is None:
                    break
                self.armed_s = s
                if t != self.armed_t:
                    self.armed_t = t
                    self.version += 1
                    self.kernel.call_at(t, self.fire, self.version, self.key)
                return
            heappop(heap)
        if self.armed_t != _NEVER:
            self.armed_t = _NEVER
            self.version += 1

    def fire(self, version: int) -> None:
        """Continuation: the travel has reached the nearest threshold.

        The top may have gone stale without a push, so it is validated again. That it is reached is
        not tested again: after rounding, the travel may be a hair short of it. The next entry in the queue
        has the version of this one, which is gone: so a run in slices has the same numbers.
        """
        if version != self.version:
            return
        kernel, heap = self.kernel, self.heap
        queue = kernel._queue
        self.armed_t = _NEVER
        self.dirty = True  # armed at the end, whatever is posted on the way
        limit, now = self.armed_s, kernel._now
        while heap:
            s, _, ver, threshold = heap[0]
            if threshold.ver != ver:
                heappop(heap)
                continue
            if s > limit:
                # what follows is `when(s)`, written out for a drive that runs evenly
                if s > self.even:
                    t = self.t0 + ceil((self.ramp + (s - self.s1) / self.v1) * 1e9 - 0.001)
                    if t < now:
                        t = now
                else:
                    later = self.when(s)
                    if later is None:
                        break
                    t = later
                kernel._scheduled = number = kernel._scheduled + 1
                if not queue or queue[0][0] <= t:  # else: `kernel.pass_to(t)`, written out
                    self.dirty = False
                    self.armed_s, self.armed_t = s, t
                    if t <= now:  # `kernel.call_at`, written out
                        kernel._again(t, self.fire)
                    heappush(queue, (t, self.key, number, kernel.cause, self.version, self.fire))
                    return
                kernel._now = now = t
                limit = s
            kernel.cause = self.record
            threshold.edge(s, heap)
        self.armed_s = limit
        self.arm()

    # snapshot ------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        data = {n: encode(getattr(self, n)) for n in self.declared("saved") if n != "heap"}
        return data | {"heap": [[s, rank, ver] for s, rank, ver, _ in self.heap]}

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        """Lanes are restored after their drives: they put the thresholds back in place."""
        heap: list[HeapEntry] = [(s, rank, ver, GONE) for s, rank, ver in data["heap"]]
        for name in self.declared("saved"):
            setattr(self, name, heap if name == "heap" else data[name])
        self.restored()

    def restored(self) -> None:
        self.dirty = False
        self._derive()

    def adopt(self, thresholds: Mapping[int, Threshold]) -> None:
        """Put thresholds, by rank, into a restored heap whose entries are as they were."""
        self.heap = [(s, rank, ver, thresholds.get(rank, watch)) for s, rank, ver, watch in self.heap]
