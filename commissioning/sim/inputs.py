"""What came from outside: operator actions, forces, faults, values over a link.

Everything that enters a run enters here, is journaled as INPUT, and is kept in the input log, so that
the run can be repeated without whoever acted. Two ways in:

* `now`: between instants. It happens at the present time, after everything else of that instant.
* `at`:  at a later time, in the INPUT band of that instant (links; their threads deliver late).

An entry of the log is `[t_ns, way, group, what, target, value]`, way 0 = now, 1 = at. Inputs given one
after the other between instants form a group: they are applied together, before the run goes on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.model.problem import Problems
from commissioning.model.record import Kind, canonical_json
from commissioning.model.tags import Quality, Reason
from commissioning.sim.kernel import END, INPUT
from commissioning.sim.stateful import Stateful
from commissioning.sim.values import words

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["ACTIONS", "LATEST", "InputPort", "check_log", "from_plain", "to_plain"]

ACTIONS = {"force": 1, "release": 2, "operate": 3, "value": 4, "fault": 5, "clear": 6, "set": 7, "fork": 8}

LATEST = (1 << 63) - 1
"""ns; the last time that the journal can hold, 292 years."""

LoggedInput = list[Any]


def to_plain(value: Any) -> Any:
    """Part of a log entry as strict JSON data: NaN and infinities, which a REAL can be, become objects."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return [to_plain(item) for item in value] if isinstance(value, list | tuple) else value


def from_plain(value: Any) -> Any:
    """What `to_plain` was given. Raises ValueError for an object that is none of its own."""
    if isinstance(value, dict):
        if set(value) != {"float"} or value["float"] not in ("nan", "inf", "-inf"):
            raise ValueError(f"{value!r} is no input")
        return float(value["float"])
    return [from_plain(item) for item in value] if isinstance(value, list) else value


def check_log(log: Sequence[Any], end_ns: int) -> None:
    """Raises ValueError unless `log` is an input log of a run that ended at `end_ns`.

    What a link delivered may wait for a time after the end; what was done between instants cannot.
    """
    for entry in log:
        if not isinstance(entry, list) or len(entry) != 6:
            raise ValueError("an input that has not six fields")
        t, way, group, what, target, value = entry
        if not all(type(n) is int and 0 <= n <= LATEST for n in (t, way, group)) or way > 1:
            raise ValueError(f"an input at {t!r:.40}")
        if way == 0 and t > end_ns:
            raise ValueError(f"an input at {t / 1e9:g} s, after the end")
        if not isinstance(target, str) or (what not in ACTIONS and what != "link"):
            raise ValueError(f"an input {what!r:.40} on {target!r:.40}")
        pair = {"operate": 2, "value": 3, "link": 2}.get(what)
        if what == "fork" and (type(value) is not int or not 0 <= value < 1 << 63):
            raise ValueError(f"a fork with the seed {value!r}")
        if pair is not None and (not isinstance(value, list) or len(value) != pair):
            raise ValueError(f"an input {what!r} with {value!r:.60}")
        if what == "value" and not (_is_one_of(Quality, value[1]) and _is_one_of(Reason, value[2])):
            raise ValueError(f"a value of quality {value[1:]!r:.60}")
        if what == "link" and (type(value[0]) is not int or not 0 <= value[0] < 5):
            raise ValueError(f"a link in the state {value[0]!r:.40}")
        if what == "link" and not isinstance(value[1], str):
            raise ValueError(f"a link in a state because of {value[1]!r:.40}")


def words_of(action: str, argument: Any) -> str:
    """What is done to a program, for the journal: what is long by its SHA-256."""
    if argument is None:
        return action
    if action == "change":
        return f"{action} {_sum(argument)}"
    if action == "start":
        kind, retained = argument
        return f"{action} {kind}" + (f" retained {_sum(retained)}" if retained else "")
    return f"{action} {_variable_words(argument)}"


def _sum(argument: Any) -> str:
    return hashlib.sha256(canonical_json(argument)).hexdigest()


def _variable_words(argument: Any) -> str:
    path, *value = argument if isinstance(argument, list | tuple) else [argument]
    return f"{path} = {value[0]!r:.80}" if value else str(path)


def _is_one_of(kind: type[IntEnum], value: Any) -> bool:
    return type(value) is int and value in set(kind)


_INPUT = int(Kind.INPUT)
_GIVEN = INPUT + 1  # of one instant, what the scene says comes before what is given from outside


class InputPort(Stateful):
    """The one way into a run. `log` is the input log so far."""

    saved: ClassVar[tuple[str, ...]] = ("log", "group", "ordinal", "ordinal_t", "last_executed", "step")
    constant: ClassVar[tuple[str, ...]] = ("line", "steps")
    continuations: ClassVar[tuple[str, ...]] = ("apply", "apply_group", "stimulate")

    def __init__(self, line: Line) -> None:
        self.id = "run:inputs"
        self.line = line
        self.log: list[LoggedInput] = []
        self.group = 0
        self.ordinal = 0
        self.ordinal_t = -1
        self.last_executed = -1
        self.steps: list[tuple[int, str, str, Any]] = []  # of the scenario: t ns, what, target, value
        self.step = 0  # the one that comes next

    def now(self, what: str, target: str, value: Any = None) -> None:
        """Apply an input at the present time, between instants."""
        kernel = self.line.kernel
        if kernel.executed != self.last_executed or not self.log or self.log[-1][0] != kernel._now:
            self.group += 1
        self.log.append([kernel._now, 0, self.group, what, target, value])
        kernel.key = END
        self._apply(what, target, value)
        self.last_executed = kernel.executed

    def note(self, what: str, target: str, value: Any) -> None:
        """Put on record what has been done in the middle of an instant, and cannot be repeated."""
        kernel, journal = self.line.kernel, self.line.journal
        self.log.append([kernel._now, 0, self.group, what, target, value])
        text = journal.text(f"{words_of(*value)} in the middle of a scan")
        journal.add(_INPUT, ACTIONS[what], self.line.object_index[target], 0.0, text, 0.0)

    def at(self, t: int, what: str, target: str, value: Any = None) -> None:
        """Apply an input at `t` ns, later than the present instant."""
        self.log.append([t, 1, 0, what, target, value])
        self.line.kernel.call_at(t, self.apply, [what, target, value], _GIVEN)

    def plan(self, steps: Sequence[tuple[int, str, str, Any]]) -> None:
        """The steps of the scene's scenario: part of the scene, so not logged. At one time as they stand.

        One of them waits in the kernel at a time, however many there are.
        """
        self.steps = sorted(steps, key=lambda step: step[0])

    def begin(self) -> None:
        """Time 0: the first step is awaited."""
        if self.steps:
            self.line.kernel.call_at(self.steps[0][0], self.stimulate, 0, INPUT)

    def replay(self, log: Sequence[LoggedInput]) -> None:
        """Schedule the inputs of an earlier run (see `check_log`), before this one starts.

        Raises ValueError for one that this line cannot have been given.
        """
        kernel = self.line.kernel
        groups: dict[int, list[LoggedInput]] = {}
        changed: set[str] = set()
        for entry in log:
            t, way, group, what, target, value = entry
            if target not in changed or what != "operate":
                self._require(what, target, value)
            if what == "operate" and value[0] == "change":
                changed.add(target)  # nobody knows yet which variables its program will have then
            self.log.append(list(entry))
            if way == 1:
                kernel.call_at(t, self.apply, [what, target, value], _GIVEN)
            else:
                groups.setdefault(group, []).append([t, what, target, value])
                self.group = max(self.group, group)
        for entries in groups.values():
            kernel.call_at(entries[0][0], self.apply_group, [e[1:] for e in entries], END)

    def _require(self, what: str, target: str, value: Any) -> None:
        """Raises ValueError unless the line has the target, and the target takes the value."""
        line = self.line
        if what == "fork":
            return
        if what == "link":
            if target not in line.object_index:
                raise ValueError(f"an input of {target!r:.60}, which is nothing in the line")
        elif what == "operate":
            device = line.devices.get(target)
            if device is None and target in line.hosts:
                try:
                    line.hosts[target].controller.check_operation(*value)
                except (KeyError, TypeError, Problems) as error:
                    raise ValueError(f"{value!r:.60} for {target}: {error}") from error
            elif device is None or value[0] not in device.declaration.actions:
                raise ValueError(f"an operator who does {value[0]!r:.40} to {target!r:.60}")
        elif target not in line.tags:
            raise ValueError(f"an input of {target!r:.60}, which is no tag of the line")
        elif what not in ("release", "clear"):
            signal, given = line.tags[target], value[0] if what == "value" else value
            if not signal.type.accepts(given) and not (what == "value" and given is None):
                raise ValueError(f"{given!r:.60} for {signal.name}, which is {signal.type.value}")

    def apply(self, entry: Sequence[Any]) -> None:
        """Continuation: one input in the INPUT band."""
        self._apply(*entry)

    def apply_group(self, entries: Sequence[Sequence[Any]]) -> None:
        """Continuation: inputs that were given together between instants."""
        for what, target, value in entries:
            self.line.kernel.cause = 0
            self._apply(what, target, value)

    def stimulate(self, number: int) -> None:
        """Continuation: a scenario step."""
        steps = self.steps
        self.step = following = number + 1
        if following < len(steps):
            self.line.kernel.call_at(steps[following][0], self.stimulate, following, INPUT)
        _, what, target, value = steps[number]
        self._apply(what, target, value)

    def _apply(self, what: str, target: str, value: Any) -> None:
        line = self.line
        kernel, journal = line.kernel, line.journal
        if kernel._now != self.ordinal_t:
            self.ordinal, self.ordinal_t = 0, kernel._now
        self.ordinal += 1
        if what == "link":
            state, reason = value
            journal.add(int(Kind.LINK_STATUS), state, line.object_index[target], journal.text(reason))
            return
        code = ACTIONS[what]
        if what == "operate":
            action, argument = value
            device = line.devices.get(target) or line.hosts[target]
            shown = action if target in line.devices else words_of(action, argument)
            number = journal.add(
                _INPUT, code, line.object_index[target], 0.0, journal.text(shown), self.ordinal
            )
            kernel.cause = number
            device.operate(action, argument)
            kernel.cause = 0
            return
        if what == "fork":
            journal.add(_INPUT, code, 0, value >> 32, value & 0xFFFFFFFF, self.ordinal)
            line.fork(value)
            return
        signal = line.tags[target]
        if what == "set" and not signal.wide and value is not None:  # the usual step of a scenario
            kernel.cause = journal.add(_INPUT, code, signal.index, value, 0.0, self.ordinal, 0.0)
            signal.put(value, 0, 0)
            kernel.cause = 0
            return
        quality, reason = 0, 0
        if what == "value":
            value, quality, reason = value
            if value is None:
                value = signal.source  # no value came: the last one stays, its quality says so
        shown = signal.type.default if value is None else value
        high, low = words(signal.type, shown, journal)
        flags = code | reason << 8  # as in VALUE records
        number = journal.add(_INPUT, flags, signal.index, high, low, self.ordinal, quality)
        kernel.cause = number
        if what == "force":
            signal.force(value)
        elif what == "release":
            signal.release()
        elif what == "fault":
            signal.fault(value)
        elif what == "clear":
            signal.clear()
        elif what == "set":
            signal.put(value, int(Quality.GOOD), int(Reason.NONE))
        else:
            signal.put(value, int(quality), int(reason))
        kernel.cause = 0
