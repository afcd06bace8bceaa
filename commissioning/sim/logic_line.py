"""What a user's Python logic sees of a line: a SimPy environment with tags.

    def logic(line):
        line.process(doors(line))

    def doors(line):
        while True:
            yield line.rises("S_Entry")
            line["Q_Door"] = True
            yield line.timeout("2 s")
            line["Q_Door"] = False

It is a SimPy environment in seconds (`process`, `event`, `all_of`, `any_of`, `|`, `&`, interrupts, resources
and stores work as documented by SimPy), with its own queue: the controller's host gives it a *turn* at points
of its cycle, in the instant where a PLC would scan. In a turn everything that is due happens, with the inputs
as they are at that instant; what is written goes out at its end, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import simpy
from simpy.events import NORMAL, Event, EventPriority, Process, Timeout

from commissioning.model.duration import Distribution, parse_duration_distribution
from commissioning.model.quantity import parse_duration_ns
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.continuous import Reading
from commissioning.sim.inputs import InputPort
from commissioning.sim.random_stream import Sampler, Uniforms, stream_key
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["MOST_STEPS", "Endless", "LogicLine", "TagReading", "frame_behind"]

MOST_STEPS = 1_000_000
"""Rounds of loops, calls and resumed processes in one turn, after which it would never end."""
_NS = 1_000_000_000


class Endless(BaseException):
    """The logic goes round in a circle without letting time pass. No `except Exception` holds it."""


class TagReading(NamedTuple):
    """A value with what is known of it."""

    value: Any
    quality: Quality
    reason: Reason


class _When(Event):
    """An event for a condition. `since`: ns at which the condition became true.

    Its environment knows it weakly, so that one that nobody waits for any more (the other one of
    `yield a | b`) goes, and by its name while somebody waits: such a process hangs on nothing else.
    """

    def __init__(self, env: LogicLine, condition: Callable[[], Any], lasting: int) -> None:
        super().__init__(env)
        self.condition, self.lasting = condition, lasting
        self.since: int | None = None
        self.callbacks = _Waiting(ref(self), env._awaited)


class _Waiting(list[Any]):
    """The callbacks of a condition's event, which is in `awaited` while there are any."""

    def __init__(self, event: ref[_When], awaited: dict[int, _When]) -> None:
        super().__init__()
        self.event, self.awaited = event, awaited

    def append(self, callback: Any) -> None:
        event = self.event()
        if event is not None:
            self.awaited[id(event)] = event
        super().append(callback)

    def remove(self, callback: Any) -> None:
        super().remove(callback)
        event = self.event()
        if not self and event is not None:
            self.awaited.pop(id(event), None)


class LogicLine(simpy.Environment):
    """The line as one controller's logic sees it. `outputs`: the PLC outputs that it commands.

    `watch(signal)` has the host give a turn when that entry changes; `inputs` are watched already.
    """

    def __init__(
        self,
        line: Line,
        controller: str,
        inputs: Sequence[Signal],
        outputs: Sequence[Signal],
        watch: Callable[[Signal], None],
    ) -> None:
        super().__init__(0)
        self._line, self._controller, self._watch_from_now = line, controller, watch
        self._commands = {signal.index: signal.type.default for signal in outputs}
        self._watched = {signal.index for signal in (*inputs, *outputs)}
        self._seen: dict[int, Any] = {}
        self._edges: dict[int, dict[str, Event]] = {}
        self._written: list[Signal] = []
        self._conditions: list[ref[_When]] = []  # in the order in which they were asked for
        self._awaited: dict[int, _When] = {}
        self._asking = False  # a condition is looked at: what it reads is watched
        self._steps = 0
        self._endless: Endless | None = None
        self._streams: dict[str, Uniforms] = {}
        self._samplers: dict[str, Sampler] = {}

    # tags ----------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        """The value of a tag or port; of a PLC output of this controller what was written last."""
        signal = self._signal(name)
        if self._asking:
            self._watch(signal)
        if signal.index in self._commands:
            return self._commands[signal.index]
        return signal.value

    def __setitem__(self, name: str, value: Any) -> None:
        """Command a PLC output of this controller. Raises KeyError, PermissionError, TypeError."""
        signal = self._signal(name)
        if signal.index not in self._commands:
            who = f"written by {signal.owner}" if signal.owner else "no tag of a controller"
            raise PermissionError(f"{signal.name} is no PLC output of {self._controller}: it is {who}")
        if type(value).__module__ == "numpy":
            value = value.item()
        if not signal.type.accepts(value):
            raise TypeError(f"{signal.name} is {signal.type.value}, it cannot be {value!r}")
        if signal.type.is_real:
            value = float(value)
        if value != self._commands[signal.index]:
            self._commands[signal.index] = value
            self._written.append(signal)

    def __contains__(self, name: object) -> bool:
        return name in self._line.tags

    def read(self, name: str) -> TagReading:
        """Value, quality and reason of a tag or port. Raises KeyError."""
        value, signal = self[name], self._signal(name)
        return TagReading(value, Quality(signal.quality), Reason(signal.reason))

    # what one waits for --------------------------------------------------------------------------

    def edge(self, name: str) -> Event:
        """Happens at the next change of a tag or port; its value is the new one."""
        return self._edge(name, "edge")

    def rises(self, name: str) -> Event:
        """Happens when a BOOL next becomes TRUE."""
        return self._edge(name, "rises")

    def falls(self, name: str) -> Event:
        """Happens when a BOOL next becomes FALSE."""
        return self._edge(name, "falls")

    def when(self, condition: str | Callable[[], Any], lasting: str | float = 0) -> Event:
        """Happens as soon as a condition holds: at once if it does now. `lasting`: and has held for so long.

        `condition`: the name of a BOOL, or a function without arguments that reads tags and ports.
        """
        if isinstance(condition, str):
            name = condition
            self._require_bool(self._signal(name))
            event = _When(self, lambda: self[name], parse_duration_ns(lasting))
        else:
            event = _When(self, condition, parse_duration_ns(lasting))
        self._conditions.append(ref(event))
        self._look(event)
        return event

    def timeout(self, delay: str | float, value: Any = None) -> Timeout:  # type: ignore[override]
        """Happens after a span: "2 s", "300 ms", or a number in seconds. Raises ValueError."""
        return Timeout(self, parse_duration_ns(delay) / _NS, value)

    @property
    def now(self) -> float:
        """Virtual time of this turn, s."""
        return self._now / _NS

    # random numbers ------------------------------------------------------------------------------

    def random(self, purpose: str) -> float:
        """The next number in (0, 1) of the stream of that purpose: the same in every run with this seed."""
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = Uniforms(*self._stream("random", purpose))
            self._enter(stream)
        return stream.draw()

    def draw(self, purpose: str, duration: Any) -> float:
        """A duration in s from a distribution as in the scene file: `{"normal": {"mean": "3 s", "sd": 0.3}}`.

        Raises ValueError for what is none, and where the purpose has another one already.
        """
        distribution: Distribution = parse_duration_distribution(duration)
        sampler = self._samplers.get(purpose)
        if sampler is None:
            sampler = self._samplers[purpose] = Sampler(*self._stream("draw", purpose), distribution)
            self._enter(sampler)
        elif sampler.distribution != distribution:
            raise ValueError(f"{purpose} is drawn from another distribution already; name another purpose")
        return sampler.draw() / _NS

    # the turn ------------------------------------------------------------------------------------

    def turn(self, t: int, changed: Sequence[Signal]) -> list[tuple[int, Any]]:
        """Everything due at `t` ns. Returns (index in the tag table, value) of outputs that were written.

        Raises what the logic raises.
        """
        self._now, self._steps = t, 0
        before = dict(self._commands)
        for signal in changed:
            self._fire(signal, signal.value)
        while True:
            self._run_due()
            if self._written:
                written, self._written = self._written, []
                for signal in written:
                    self._fire(signal, self._commands[signal.index])
            elif not self._look_at_all():
                break
        return [(index, value) for index, value in self._commands.items() if value != before[index]]

    def next_time(self) -> int | None:
        """Time in ns of what is due next; None if all wait for the line."""
        return self._queue[0][0] if self._queue else None  # type: ignore[return-value]

    def tick(self) -> bool:
        """One more step of this turn. Raises Endless."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            if self._endless is None:
                what = f"more than {MOST_STEPS:,} steps at one instant"
                self._endless = Endless(f"{what}: it goes round without letting time pass")
            raise self._endless  # the first one again: it knows the line
        return True

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """SimPy's entry point. `delay` in s, rounded to ns."""
        heappush(self._queue, (self._now + round(delay * _NS), priority, next(self._eid), event))

    def step(self) -> None:
        """Not for the logic: raises RuntimeError."""
        raise RuntimeError("the line runs by itself: yield what the process waits for")

    def run(self, until: Any = None) -> Any:
        """Not for the logic: raises RuntimeError."""
        self.step()

    # inside --------------------------------------------------------------------------------------

    def _run_due(self) -> None:
        queue = self._queue
        while queue and queue[0][0] <= self._now:
            event = heappop(queue)[3]
            self.tick()
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value

    def _signal(self, name: str) -> Signal:
        return self._line.tags[name]

    def _watch(self, signal: Signal) -> None:
        if signal.index not in self._watched:
            if isinstance(signal, Reading):
                raise TypeError(f"{signal.name} runs on between events: bind it to a tag to wait for it")
            self._watched.add(signal.index)
            self._seen[signal.index] = signal.value
            self._watch_from_now(signal)

    @staticmethod
    def _require_bool(signal: Signal) -> None:
        if signal.type is not DataType.BOOL:
            raise TypeError(f"{signal.name} is {signal.type.value}, only a BOOL rises, falls or holds")

    def _edge(self, name: str, kind: str) -> Event:
        signal = self._signal(name)
        if kind != "edge":
            self._require_bool(signal)
        self._watch(signal)
        waiting = self._edges.setdefault(signal.index, {})
        event = waiting.get(kind)
        if event is None:  # one for all who wait: what nobody waits for any more does not pile up
            event = waiting[kind] = Event(self)
        return event

    def _fire(self, signal: Signal, value: Any) -> None:
        old = self._seen.get(signal.index, signal.type.default)
        self._seen[signal.index] = value
        if value == old or (value != value and old != old):
            return
        waiting = self._edges.get(signal.index, {})
        for kind in ("edge", "rises" if value else "falls"):
            event = waiting.pop(kind, None)
            if event is not None:
                event.succeed(value)

    def _look_at_all(self) -> bool:
        """Whether a condition has become true that somebody waits for."""
        met = False
        still: list[ref[_When]] = []
        conditions, self._conditions = self._conditions, still
        for one in conditions:
            event = one()
            if event is None or event.triggered:
                continue
            met = self._look(event) or met
            if not event.triggered:
                still.append(one)
        return met

    def _look(self, event: _When) -> bool:
        self.tick()
        self._asking = True
        try:
            holds = bool(event.condition())
        finally:
            self._asking = False
        if not holds:
            event.since = None
            return False
        now = int(self._now)
        if event.since is None:
            event.since = now
            if event.lasting:
                Timeout(self, event.lasting / _NS)  # there is a turn then
        if now - event.since < event.lasting:
            return False
        self._awaited.pop(id(event), None)
        event.succeed(True)
        return True

    def _stream(self, use: str, purpose: str) -> tuple[str, int]:
        name = f"{use}:{purpose}"
        return f"random:{self._controller}:{name}", stream_key(self._line.seed, self._controller, name)

    def _enter(self, stream: Uniforms | Sampler) -> None:
        self._line.register(stream)
        inputs = self._line.objects.get("run:inputs")
        if isinstance(inputs, InputPort):  # a stream that is new after a fork goes on as the others do
            for t, _, _, what, _, seed in inputs.log:
                if what == "fork" and t <= self._now:
                    stream.fork(seed)


def frame_behind(error: BaseException) -> FrameType | None:
    """Where the process stands that an exception is about which was raised in none of its lines: it yielded
    what nobody can wait for, or was to go on once too often."""
    trace = error.__traceback__
    while trace is not None:
        names = trace.tb_frame.f_locals
        callbacks = getattr(names.get("event"), "callbacks", None) or ()
        for thing in (names.get("self"), *(getattr(one, "__self__", None) for one in callbacks)):
            frame = getattr(getattr(thing, "_generator", None), "gi_frame", None)
            if isinstance(thing, Process) and isinstance(frame, FrameType):
                return frame
        trace = trace.tb_next
    return None
