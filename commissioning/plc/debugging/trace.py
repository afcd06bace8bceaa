"""Variables of a PLC over time, with a trigger: what was before it and what came after.

A sample is taken after each executed scan and kept where something changed: between two samples every value
stays as it was, also over scans that were skipped because they could not change anything.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal

from commissioning.model.quantity import parse_duration_ns
from commissioning.model.waveforms import Wave, Waveforms
from commissioning.plc.debugging.conditions import Condition
from commissioning.plc.values.iec_types import ADDRESSES, IecType, Value

if TYPE_CHECKING:
    from commissioning.plc.running.machine import Plc

Trigger = str | Callable[[], object]
Sample = tuple[int, tuple[Value, ...]]
MOST_SAMPLES = 1_000_000
MOST_NAMES = 40  # of an enumeration
UNITS = {"time": "ns", "date": "ns since 1970-01-01", "dt": "ns since 1970-01-01", "tod": "ns of the day"}


class Trace:
    """Records `paths` from now on.

    `trigger`: a condition (text, as "MAIN.alarm" or "MAIN.n > 20", or a function) that becomes true. With
    one, the samples from `pre` before it to `post` after it are kept, and recording ends; without one all
    samples, at most the last million. Raises KeyError for an unknown path, ValueError for a text that is no
    condition, TypeError for one that is neither TRUE nor FALSE.
    """

    def __init__(
        self, plc: Plc, paths: Sequence[str], trigger: Trigger | None, pre: str | float, post: str | float
    ) -> None:
        self.plc, self._program = plc, plc.program
        self.paths = tuple(plc.program.variable(path).path for path in paths)
        self._read = plc.reader(self.paths)
        self._condition = self._watched(trigger)
        self._before = self._condition is not None and bool(self._condition())
        self._pre_ns, self._post_ns = parse_duration_ns(pre), parse_duration_ns(post)
        self._samples: deque[Sample] = deque(maxlen=MOST_SAMPLES)
        self.triggered_ns: int | None = None
        self._open, self._ended_ns = True, plc.now_ns
        self._add(plc.now_ns)
        plc.watchers.append(self._scanned)

    def _watched(self, trigger: Trigger | None) -> Callable[[], object] | None:
        if not isinstance(trigger, str):
            return trigger
        condition = Condition(trigger)
        for path in condition.paths:
            self.plc.program.location(path)
        condition.holds(self.plc.__getitem__)  # types that do not go together are told now
        return lambda: condition.holds(self.plc.__getitem__)

    @property
    def state(self) -> Literal["recording", "waiting", "triggered", "done"]:
        """`waiting`: for the trigger; `done`: nothing is added any more."""
        if not self._open:
            return "done"
        if self._condition is None:
            return "recording"
        return "waiting" if self.triggered_ns is None else "triggered"

    @property
    def samples(self) -> list[Sample]:
        """(time in ns, values in the order of `paths`), where something changed."""
        return list(self._samples)

    def latest(self, most: int) -> tuple[Sample, ...]:
        """The last samples, at most so many."""
        skipped = max(len(self._samples) - most, 0)
        return tuple(islice(self._samples, skipped, None))

    def channel(self, path: str) -> list[tuple[int, Value]]:
        """The changes of one variable. Raises KeyError."""
        found = [k for k, known in enumerate(self.paths) if known.upper() == path.upper()]
        if not found:
            raise KeyError(f"{path} is not traced")
        changes: list[tuple[int, Value]] = []
        for t, values in self._samples:
            if not changes or changes[-1][1] != values[found[0]]:
                changes.append((t, values[found[0]]))
        return changes

    def close(self) -> None:
        """Add nothing more."""
        if self._open:
            self._open, self._ended_ns = False, self.plc.now_ns
        if self._scanned in self.plc.watchers:
            self.plc.watchers.remove(self._scanned)

    def waveforms(self) -> Waveforms:
        """What was recorded, for files of other tools; pointers, references and interfaces are left out: what
        they hold is a number that means nothing outside of this PLC."""
        types = [self._program.location(path).type for path in self.paths]
        chosen = [k for k, type_ in enumerate(types) if type_.kind not in ADDRESSES]
        left_out = [f"{p} ({t.kind})" for p, t in zip(self.paths, types, strict=True) if t.kind in ADDRESSES]
        samples = self.samples
        comments = ["times are those of the run; BOOL, numbers and texts of a PLC after each scan"]
        if self.triggered_ns is not None:
            comments.append(f"the trigger was at {self.triggered_ns} ns")
        start, first = samples[0]
        before = first
        changes = []
        for t, values in samples[1:]:
            changes += [(t, n, values[k]) for n, k in enumerate(chosen) if values[k] != before[k]]
            before = values
        end = self.plc.now_ns if self._open else self._ended_ns
        return Waveforms(
            [wave_of(self.paths[k], types[k]) for k in chosen], start, [first[k] for k in chosen], changes,
            max(end, samples[-1][0]), left_out, comments, self.triggered_ns or 0,
        )  # fmt: skip

    def vcd(self) -> str:
        """As a value change dump (IEEE 1364), see `commissioning.model.waveforms`: opens in GTKWave."""
        return self.waveforms().vcd()

    def csv(self) -> str:
        """One row per sample: time in s (of the trigger, if there was one, 0) and the values."""
        origin = 0 if self.triggered_ns is None else self.triggered_ns
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["time_s", *self.paths])
        for t, values in self.samples:
            seconds, rest = divmod(abs(t - origin), 1_000_000_000)
            shown = f"{'-' if t < origin else ''}{seconds}.{rest:09}"
            writer.writerow([shown, *(int(v) if isinstance(v, bool) else v for v in values)])
        return text.getvalue()

    def _add(self, now_ns: int) -> None:
        values = self._read()
        if not self._samples or self._samples[-1][1] != values:
            if self._samples and self._samples[-1][0] == now_ns:
                self._samples.pop()  # two tasks at one instant: what the last one left
            self._samples.append((now_ns, values))

    def _scanned(self, _task: int, now_ns: int) -> None:
        if self.triggered_ns is not None and now_ns > self.triggered_ns + self._post_ns:
            self.close()
            self._ended_ns = self.triggered_ns + self._post_ns
            return
        self._add(now_ns)
        if self._condition is None:
            return
        if self.triggered_ns is None:
            now = bool(self._condition())
            if now and not self._before:
                self.triggered_ns = now_ns
            self._before = now
        start = (now_ns if self.triggered_ns is None else self.triggered_ns) - self._pre_ns
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= start:  # the one before the window says what held then
            samples.popleft()


def wave_of(path: str, type_: IecType) -> Wave:
    """How the values of a variable stand in a file of waveforms."""
    plain = type_.element if type_.kind == "enum" and type_.element is not None else type_
    if type_.kind == "bool":
        return Wave(path, "bool")
    if type_.kind == "string":
        return Wave(path, "text", note=str(type_) if type_.name != "STRING" else "")
    if type_.kind == "real":
        return Wave(path, "real")
    note = ""
    if type_.kind == "enum":
        members = ", ".join(f"{value} {name}" for name, value in type_.values[:MOST_NAMES])
        note = f"{type_.name}: {members}{', ...' if len(type_.values) > MOST_NAMES else ''}"
    elif type_.kind in UNITS:
        note = f"{type_.name} in {UNITS[type_.kind]}"
    return Wave(path, "signed" if plain.low < 0 else "bits", max(plain.bits, 1), note)
