"""Readings: entries whose value runs between events, solved at the instant somebody reads it.

A reading's source is a formula over the travel of a drive. It changes with every nanosecond and is an
event at none of them; what is journaled is the formula (`resources/decisions/0011-values-on-reading.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import floor, inf, isfinite
from typing import Any, ClassVar, NamedTuple

from commissioning.model.record import Kind
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.drive import Drive
from commissioning.sim.reading_room import counted, room, stepped
from commissioning.sim.stateful import World
from commissioning.sim.tags import Signal
from commissioning.sim.values import words

__all__ = ["HIDDEN", "RATE", "Formula", "Reading", "counted", "stepped"]

HIDDEN, RATE = 16, 32
"""Bits of the `aux` of a READING record: an override hides it; it follows the speed, not the travel."""

_VALUE, _READING = int(Kind.VALUE), int(Kind.READING)
_FORCED, _FAULTED = 4, 8
_PRECISION = 4e-15  # of a travel: what its arithmetic may be off by
_LONG = 1e9  # s; more than any run lasts


class Formula(NamedTuple):
    """offset + scale x travel (`rate`: speed) of drive number `drive`, SI.

    Integers are counted modulo `modulus`; a REAL goes in steps of `modulus`. 0: they do not.
    """

    drive: int
    offset: float
    scale: float
    modulus: float = 0.0
    rate: bool = False

    @classmethod
    def of(cls, row: Any) -> Formula:
        """That of a READING record."""
        offset, scale, modulus = (float(row[name]) for name in "bcd")
        return cls(int(row["a"]), offset, scale, modulus, bool(int(row["aux"]) & RATE))

    def value(self, datatype: DataType, motion: float) -> Any:
        """What an entry of this type reads while the drive's travel (m) or speed (m/s) is `motion`."""
        value = self.offset + self.scale * motion
        if datatype.is_real:
            return stepped(value, self.modulus) if self.modulus else value
        return counted(datatype, value, self.modulus)


def _held(name: str) -> Any:
    """The attribute that `Signal` keeps, under the property that hides it here."""
    return Signal.__dict__[name]


_VALUE_HELD, _SOURCE_HELD, _T_HELD = _held("value"), _held("source"), _held("t")


class Reading(Signal):
    """An entry that may run. `follow` gives it a formula, `write` a number that stands, as for others.

    Subscribers hear of changes of the formula and of begin and end of motion, not of the values between.
    `dimension` is that of the value, for expressions; `step`: a REAL goes in steps of that.
    """

    __slots__ = ("dimension", "drive", "drives", "formula", "paced", "record", "runs", "step")
    saved: ClassVar[tuple[str, ...]] = ("formula", "record", "runs")
    always: ClassVar[tuple[str, ...]] = (*Signal.always, "formula", "record", "runs")
    derived: ClassVar[tuple[str, ...]] = ("drive",)
    constant: ClassVar[tuple[str, ...]] = ("dimension", "drives", "paced", "step")

    def __init__(self, *facts: Any, **more: Any) -> None:
        self.formula: Formula | None = None
        self.drive: Drive | None = None
        self.record = 0  # number of the record that gave the formula
        self.runs = False  # the effective value is the formula's
        self.drives: dict[int, Drive] = {}
        self.paced: list[Callable[[], None]] = []
        self.dimension = ""
        self.step = 0.0
        super().__init__(*facts, **more)

    # what it is now ------------------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The effective value at this instant."""
        return self._solved() if self.runs else _VALUE_HELD.__get__(self)

    @value.setter
    def value(self, value: Any) -> None:
        _VALUE_HELD.__set__(self, value)

    @property
    def source(self) -> Any:
        """The owner's value at this instant."""
        return _SOURCE_HELD.__get__(self) if self.formula is None else self._solved()

    @source.setter
    def source(self, value: Any) -> None:
        _SOURCE_HELD.__set__(self, value)

    @property
    def t(self) -> int:
        """Time in ns of the last change; while it moves, now."""
        return self.kernel._now if self.moving else int(_T_HELD.__get__(self))

    @t.setter
    def t(self, t: int) -> None:
        _T_HELD.__set__(self, t)

    @property
    def moving(self) -> bool:
        """Whether its effective value may be another one a nanosecond later."""
        return self.runs and self._drive().moving

    @property
    def behind(self) -> int:
        """Number of the record that made the value what it is: the formula, or motion since then."""
        return self.record if self.drive is None else max(self.record, self.drive.record)

    def steady_until(self, limits: Sequence[float] | None = None) -> int | None:
        """A time in ns before which the effective value surely stays what it is now; None: for ever.

        Unless the drive begins another piece of its motion (`watch_pace`) or the formula changes, of which
        subscribers hear. It is a bound, not later than the change: now, where the value has no steps.
        `limits`, ascending: what leaves it strictly between the same two of them is no change.
        """
        if not self.moving:
            return None
        drive, formula, now = self._drive(), self.formula, self.kernel._now
        assert formula is not None
        ramping = (now - drive.t0) * 1e-9 < drive.ramp
        if formula.rate and not ramping:
            return None
        if ramping and drive.soft:
            return now
        scale = formula.scale * drive.way
        if formula.rate:
            moved = scale * drive.speed_at(now)
            low = high = scale * drive.a
        else:
            moved = scale * drive.travel(now)
            ends = (drive.speed_at(now), drive.v1) if ramping else (drive.v1, drive.v1)
            low, high = sorted((ends[0] * scale, ends[1] * scale))  # per s
        down, up = room(self.type, formula.offset + moved, formula.modulus, limits)
        unsure = _PRECISION * (abs(formula.offset) + abs(moved))
        until = inf
        if high > 0.0:
            until = max(up - unsure, 0.0) / high
        if low < 0.0:
            until = min(until, max(down - unsure, 0.0) / -low)
        return now + floor(until * 1e9) if until < _LONG else None

    def watch_pace(self, fn: Callable[[], None]) -> None:
        """Before the start: call `fn()` when a drive that it runs by begins another piece of its motion."""
        for drive in self.drives.values():
            if self not in drive.lanes:
                drive.lanes.append(self)
        self.paced.append(fn)

    def drive_changed(self, drive: Drive) -> None:
        """A drive that it may follow moves otherwise from now on."""
        if self.runs and self.drive is drive:
            for fn in self.paced:
                fn()

    def _drive(self) -> Drive:
        assert self.drive is not None
        return self.drive

    def _solved(self) -> Any:
        formula, drive = self.formula, self._drive()
        assert formula is not None
        now = self.kernel._now
        motion = drive.speed_at(now) if formula.rate else drive.travel(now)
        return formula.value(self.type, drive.way * motion)

    # the owner's -----------------------------------------------------------------------------------

    def may_follow(self, drive: Drive) -> None:
        """Before the start: `follow` may name this drive."""
        if drive.index not in self.drives:
            self.drives[drive.index] = drive
            drive.watch_moving(partial(self.motion_changed, drive))

    def follow(
        self, drive: Drive, offset: float, scale: float, modulus: float = 0.0, rate: bool = False
    ) -> None:
        """From now on the source runs by this formula, of good quality."""
        if self.step and not rate:
            modulus = self.step
        formula = Formula(drive.index, offset, scale, modulus, rate)
        if formula == self.formula and self.source_quality == 0:
            return
        self.formula, self.drive = formula, self.drives[drive.index]
        self.source_quality = self.source_reason = 0
        self._tell_formula()

    def write(self, value: Any) -> None:
        if self.formula is None:
            super().write(value)
        else:
            self.put(value, 0, 0)

    def put(self, value: Any, quality: int, reason: int) -> None:
        if self.formula is None:
            super().put(value, quality, reason)
            return
        self.formula, self.drive, self.runs = None, None, False
        self.source_quality = 3  # none that there is: whatever stands now is another value
        super().put(value, quality, reason)

    def mark(self, quality: Quality, reason: Reason) -> None:
        if self.formula is None:
            super().mark(quality, reason)
        elif (int(quality), int(reason)) != (self.source_quality, self.source_reason):
            self.source_quality, self.source_reason = int(quality), int(reason)
            self._tell_formula()

    def motion_changed(self, drive: Drive, moving: bool) -> None:
        """The drive begins or ends to move."""
        if self.runs and self.drive is drive:
            self.t = self.kernel._now
            self._publish(drive.record)

    # effective ---------------------------------------------------------------------------------------

    def _tell_formula(self) -> None:
        if self.overridden:
            self._add_formula(HIDDEN)
        else:
            self._settle()

    def _settle(self, always: bool = False) -> None:
        before, ran = (_VALUE_HELD.__get__(self), self.quality, self.reason), self.runs
        self.overridden = self.forced or self.faulted
        self.runs = self.formula is not None and not self.overridden
        if self.runs:
            self.quality, self.reason, self.t = self.source_quality, self.source_reason, self.kernel._now
            self._publish(self._add_formula(0))
            return
        if self.overridden:
            now = self.force_value if self.forced else self.fault_value, 0, 0
        else:
            now = self.source, self.source_quality, self.source_reason
        changed = ran or now != before
        if not changed and not always:
            return
        self.value, self.quality, self.reason = now
        if changed:
            self.t = self.kernel._now
        flags = now[1] | (_FORCED if self.forced else 0) | (_FAULTED if self.faulted else 0) | now[2] << 8
        high, low = words(self.type, now[0], self.journal)
        number = self.journal.add(_VALUE, flags, self.index, high, low)
        if changed:
            self._publish(number)

    def as_record(self, flags: int = 0) -> tuple[int, int, float, float, float, float]:
        """aux, obj, a, b, c, d of the READING record of its formula."""
        formula = self.formula
        assert formula is not None
        flags |= self.source_quality | (RATE if formula.rate else 0) | self.source_reason << 8
        return flags, self.index, formula.drive, formula.offset, formula.scale, formula.modulus

    def _add_formula(self, flags: int) -> int:
        self.record = self.journal.add(_READING, *self.as_record(flags))
        return self.record

    # snapshot ----------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        return super().save() | {"formula": None if self.formula is None else list(self.formula)}

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        """Raises KeyError or TypeError for a formula that cannot be one of this entry."""
        self.formula, self.drive, self.runs = None, None, False
        super().restore({**data, "formula": None, "runs": False}, world)
        if data["formula"] is not None:
            formula = Formula(*data["formula"])
            if not all(isinstance(n, int | float) and isfinite(n) for n in formula):
                raise TypeError(f"{self.name} cannot run by {formula}")
            self.formula, self.drive = formula, self.drives[formula.drive]
        if data["runs"] is not (self.formula is not None and not self.overridden):
            raise ValueError(f"{self.name} runs and stands at once")
        self.runs = data["runs"]
