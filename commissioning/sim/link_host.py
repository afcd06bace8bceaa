"""A run's links: collects what changed for them, brings in what they received.

What comes from outside enters the run through its one input port, at `max(now + 1, mapped time)`, in
the INPUT band. There it is journaled and logged, so that the session can be run again without the
partner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from commissioning.model.problem import Problem
from commissioning.model.tags import Quality, Reason
from commissioning.sim.continuous import Reading
from commissioning.sim.link import Change, Link, LinkStatus, LinkTag, State
from commissioning.sim.tags import Signal

__all__ = ["STATES", "InputSink", "LinkHost"]

STATES: tuple[State, ...] = ("closed", "connecting", "up", "lost", "refused")
"""The `aux` of LINK_STATUS records."""


class InputSink(Protocol):
    """The part of a run's input port that links use."""

    def at(self, t: int, what: str, target: str, value: Any = None) -> None:
        """Apply an input at `t` ns: "value" [value, quality, reason] or "link" [state number, reason]."""


class _Hosted:
    """One link with its tags and the signals that changed since its last exchange."""

    def __init__(self, link: Link, tags: Sequence[LinkTag]) -> None:
        self.link, self.tags = link, tuple(tags)
        # to a real controller goes only what the field supplies; everybody else gets to see all
        self.sends = frozenset(tag.index for tag in tags if tag.direction == "input" or not link.real)
        self.dirty: dict[int, None] = {}
        self.readings: tuple[int, ...] = ()  # entries it sends that run between events
        self.state: State = "closed"

    def touch(self, index: int) -> None:
        self.dirty[index] = None


class LinkHost:
    """Belongs to a run; the run thread calls its methods, between slices.

    `now()` gives virtual time in ns, `signals` are the entries of the tag table by index.
    """

    def __init__(self, now: Callable[[], int], signals: Sequence[Signal], inputs: InputSink) -> None:
        self._now, self._signals, self._inputs = now, signals, inputs
        self._hosted: dict[str, _Hosted] = {}
        self._echoes: list[tuple[int, int]] = []
        self._pause = ""

    def add(self, link: Link, tags: Sequence[LinkTag]) -> None:
        """Take on a link, before `open`."""
        hosted = self._hosted[link.id] = _Hosted(link, tags)
        for index in sorted(hosted.sends):
            self._signals[index].subscribe(hosted.touch, index)
        hosted.readings = tuple(k for k in sorted(hosted.sends) if isinstance(self._signals[k], Reading))

    def open(self) -> None:
        """Open every link and give it the present image of the line. Returns at once."""
        for hosted in self._hosted.values():
            hosted.link.open(hosted.tags)
            hosted.dirty = dict.fromkeys(sorted(hosted.sends))
        self.exchange()

    def wait_open(self, timeout: float) -> tuple[Problem, ...]:
        """Wait up to `timeout` s for each link; all that keeps them from being up."""
        return tuple(p for hosted in self._hosted.values() for p in hosted.link.wait_open(timeout))

    def on_wake(self, fn: Callable[[], None]) -> None:
        """`fn()` is called from the asyncio thread when there is something to `exchange`."""
        for hosted in self._hosted.values():
            hosted.link.on_wake(fn)

    def exchange(self, mapped: Callable[[int], int] | None = None) -> int:
        """Hand over what changed, bring in what came; returns how many inputs came.

        `mapped` turns a time of the monotonic clock in ns into virtual time; without it (as fast as
        possible) an input acts at the next nanosecond.
        """
        now = self._now()
        if self._echoes:
            self._echo(now)
        count = 0
        for hosted in self._hosted.values():
            for index in hosted.readings:
                if cast(Reading, self._signals[index]).moving:
                    hosted.touch(index)
            for item in hosted.link.exchange(self._changes(hosted) if hosted.dirty else ()):
                t = now + 1 if mapped is None else max(now + 1, mapped(item.wall_ns))
                name = self._signals[item.index].name
                self._inputs.at(t, "value", name, [item.value, int(item.quality), int(item.reason)])
                self._echoes.append((t, item.index))
                count += 1
            self._follow(hosted, now + 1)
        return count

    def arm(self, link: str) -> tuple[Problem, ...]:
        """Allow link `link` to write to its controller, for this run. Raises KeyError."""
        return self._hosted[link].link.arm()

    def disarm(self, link: str) -> None:
        """Back to read-only. Raises KeyError."""
        self._hosted[link].link.disarm()

    def statuses(self) -> dict[str, LinkStatus]:
        """How every link is doing, by id."""
        return {id: hosted.link.status() for id, hosted in self._hosted.items()}

    def take_pause(self) -> str:
        """Why the run should pause now ("": it need not): a controller was lost. Told once."""
        reason, self._pause = self._pause, ""
        return reason

    def close(self) -> None:
        """Close every link, in bounded time."""
        for hosted in self._hosted.values():
            hosted.link.close()

    def _changes(self, hosted: _Hosted) -> tuple[Change, ...]:
        dirty, hosted.dirty = hosted.dirty, {}
        changes = []
        for index in dirty:
            s = self._signals[index]
            changes.append(Change(index, s.value, Quality(s.quality), s.t, Reason(s.reason)))
        return tuple(changes)

    def _echo(self, now: int) -> None:
        """Tell partners what a tag really is once their write was applied: a force may hide it."""
        due = [index for t, index in self._echoes if t <= now]
        self._echoes = [echo for echo in self._echoes if echo[0] > now]
        for index in due:
            for hosted in self._hosted.values():
                if index in hosted.sends:
                    hosted.touch(index)

    def _follow(self, hosted: _Hosted, t: int) -> None:
        """Journal a new state of a controller's link. Who else watches must not change the digest."""
        status = hosted.link.status()
        if status.state == hosted.state:
            return
        before, hosted.state = hosted.state, status.state
        if not hosted.link.real:
            return
        self._inputs.at(t, "link", hosted.link.id, [STATES.index(status.state), status.reason])
        if before == "up" and status.state in ("lost", "refused"):
            self._pause = f"link {hosted.link.id} is {status.state}: {status.reason}"
