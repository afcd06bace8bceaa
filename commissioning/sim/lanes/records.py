"""What the records say of parts on lanes: what moved each of them, from when on.

A TRAIN record names the first and the last part of what moves alike, so whoever follows a part has to keep
the order of the parts on its lane. That is done here, once; `visits` and `conveying` say what they want to
know when a part leaves a lane.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CUBIC, CarrierKind, Kind
from commissioning.sim.kernel import instant
from commissioning.sim.root import bracketed
from commissioning.sim.soft_ramp import Segment

__all__ = ["HELD", "TOUCH", "LaneReader", "Motion", "Riding"]

HELD = 65535
"""Drive of a segment in which a part stood."""
TOUCH = 1e-9
"""m; a re-based train may stand this much short of a joint it has passed."""
_ALWAYS = 2**63 - 1


class Motion:
    """Travel of one drive over the whole run: piece k from t[k] on."""

    def __init__(self, rows: NDArray[np.void]) -> None:
        self.t: list[int] = [0]
        self.pieces: list[tuple[float, float, float, float]] = [(0.0, 0.0, 0.0, 0.0)]
        self.cubic = [False]
        for t, _kind, aux, _obj, _cause, s0, v0, rate, v1 in rows.tolist():
            self.t.append(t)
            self.pieces.append((s0, v0, rate, v1))
            self.cubic.append(aux == CUBIC)

    def travel(self, t: int) -> float:
        k = bisect_right(self.t, t) - 1
        s0, v0, rate, v1 = self.pieces[k]
        tau = (t - self.t[k]) / 1e9
        if self.cubic[k]:
            return s0 + (v0 + (0.5 * rate + v1 / 6.0 * tau) * tau) * tau
        ramp = (v1 - v0) / rate if rate else 0.0
        if tau < ramp:
            return s0 + (v0 + 0.5 * rate * tau) * tau
        return s0 + 0.5 * (v0 + v1) * ramp + v1 * (tau - ramp)

    def mirrored(self) -> Motion:
        """The same counted the other way round."""
        found = Motion.__new__(Motion)
        found.t, found.cubic = self.t, self.cubic
        found.pieces = [(-s0, -v0, -rate, -last) for s0, v0, rate, last in self.pieces]
        return found

    @cached_property
    def moving(self) -> list[tuple[int, int]]:
        """(t0, t1) of the stretches in which it moves, in ns, rising; the last may have no end."""
        found: list[tuple[int, int]] = []
        for k, (t, (_, v0, rate, v1)) in enumerate(zip(self.t, self.pieces, strict=True)):
            until = self.t[k + 1] if k + 1 < len(self.t) else _ALWAYS
            if self.cubic[k]:
                moves = bool(v0 or rate or v1)
            else:
                moves = bool(v0 or v1)
                if moves and not v1 and rate:
                    until = min(until, t + round(-v0 / rate * 1e9))
            if moves and until > t:
                if found and found[-1][1] == t:
                    found[-1] = (found[-1][0], until)
                else:
                    found.append((t, until))
        return found

    def moves_within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches of (start, end] in which it moves."""
        stretches = self.moving
        for k in range(max(bisect_right(stretches, (start, _ALWAYS)) - 1, 0), len(stretches)):
            t0, t1 = stretches[k]
            if t0 >= end:
                return
            if t1 > start:
                yield max(t0, start), min(t1, end)

    def reaches(self, s: float, start: int, end: int) -> int:
        """The first instant in [start, end] at which the travel is `s`; it is at `end`. No reversal."""
        k = max(bisect_right(self.t, start) - 1, 0)
        while k + 1 < len(self.t) and self.t[k + 1] < end and self.travel(self.t[k + 1]) < s:
            k += 1
        s0, v0, rate, v1 = self.pieces[k]
        if self.cubic[k]:
            piece = Segment(0.0, s0 - s, v0, rate, v1)
            low = max(start - self.t[k], 0) / 1e9
            high = max(min(end, self.t[k + 1] if k + 1 < len(self.t) else end) - self.t[k], 0) / 1e9
            if high <= low or piece.after(low)[0] >= 0.0:
                return max(start, self.t[k])
            if piece.after(high)[0] <= 0.0:
                return min(self.t[k] + round(high * 1e9), end)
            tau = bracketed(lambda x: piece.after(x)[0], low, high)
            return min(max(self.t[k] + instant(tau * 1e9), start), end)
        ramp = (v1 - v0) / rate if rate else 0.0
        s1 = s0 + 0.5 * (v0 + v1) * ramp
        if s < s1 and rate:
            tau = 2.0 * (s - s0) / (v0 + sqrt(max(v0 * v0 + 2.0 * rate * (s - s0), 0.0)) or 1e-300)
        elif v1 > 0.0:
            tau = ramp + (s - s1) / v1
        else:
            return end
        return min(max(self.t[k] + instant(min(tau, 9e9) * 1e9), start), end)


class Riding:
    """A part on a lane. `segments`: from t on (ns) it moved with a drive (or HELD), its front at offset +
    travel. `ahead`, `behind`: the parts next to it, -1: none. `zone`: for the reader's own use."""

    __slots__ = ("ahead", "behind", "c", "segments", "zone")

    def __init__(self, c: float) -> None:
        self.c = c
        self.ahead = self.behind = -1
        self.zone = 0
        self.segments: list[tuple[int, int, float]] = []


class LaneReader:
    """Follows the parts on some lanes through `records`; `chosen`: which lanes (by index).

    `wanted`: places in `records` of what is to be looked at: TRAIN, arrivals on these lanes, and whatever
    takes parts away from them.
    """

    def __init__(
        self,
        header: Mapping[str, Any],
        chosen: Sequence[bool],
        records: NDArray[np.void],
        wanted: NDArray[np.intp],
    ) -> None:
        self.chosen, self.records, self.wanted = chosen, records, wanted
        drives = records[records["kind"] == int(Kind.DRIVE)]
        count = len(header["core"]["drives"])
        self.motions = [Motion(drives[drives["obj"] == index]) for index in range(count)]
        self.riding: list[dict[int, Riding]] = [{} for _ in chosen]
        self.where: dict[int, int] = {}  # part -> its lane

    def follow(self) -> None:
        """Through all records; parts that are on a lane at their end leave it then, `going` False."""
        for t, kind, aux, index, _cause, a, b, c, d in self.records[self.wanted].tolist():
            if kind == Kind.TRAIN:
                if self.chosen[index]:
                    self._train(t, aux, index, a, int(b), int(c), d)
                continue
            lane = self.where.pop(index, -1)
            if lane >= 0:
                self.left(index, t, lane, self._leave(index, lane), True)
            if kind == Kind.PART_MOVE and aux == CarrierKind.LANE and self.chosen[int(a)]:
                self.where[index] = int(a)
                self.arrived(index, t, int(a), self._arrive(index, int(a), b, int(c) - 1, d), d)
            elif lane >= 0:
                self.elsewhere(index, t)
        end = int(self.records["t"][-1]) if len(self.records) else 0
        for part, lane in list(self.where.items()):
            self.left(part, end, lane, self.riding[lane][part], False)

    @abstractmethod
    def arrived(self, part: int, t: int, lane: int, riding: Riding, x: float) -> None:
        """A part has come onto a lane, its front at `x` m."""

    @abstractmethod
    def left(self, part: int, t: int, lane: int, riding: Riding, going: bool) -> None:
        """A part leaves a lane; or (not `going`) the records end with it there."""

    def elsewhere(self, part: int, t: int) -> None:
        """A part that has left a lane is on no other one."""

    def _arrive(self, part: int, lane: int, c: float, ahead: int, x: float) -> Riding:
        riding = self.riding[lane]
        one = Riding(c)
        if ahead in riding:
            one.ahead, one.behind = ahead, riding[ahead].behind
            riding[ahead].behind = part
        elif x:
            one.behind = next((other for other, it in riding.items() if it.ahead not in riding), -1)
        if one.behind in riding:
            riding[one.behind].ahead = part
        riding[part] = one
        return one

    def _leave(self, part: int, lane: int) -> Riding:
        riding = self.riding[lane]
        gone = riding.pop(part)
        if gone.ahead in riding:
            riding[gone.ahead].behind = gone.behind
        if gone.behind in riding:
            riding[gone.behind].ahead = gone.ahead
        return gone

    def _train(self, t: int, drive: int, lane: int, base: float, first: int, last: int, shift: float) -> None:
        riding = self.riding[lane]
        part = first
        while part in riding:
            one = riding[part]
            one.c += shift
            one.segments.append((t, drive, base - one.c))
            if part == last:
                return
            part = one.behind
