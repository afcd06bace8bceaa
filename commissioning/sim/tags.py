"""The tag table: the only wire between devices, controllers and links.

Every entry has a type, a quality, a time and one owner, who writes its *source* value. Above it lies
a stack of overrides, force over fault over source, which gives the *effective* value that everybody
reads. The owner's writes go on underneath; a release publishes the source value as an edge.

A tag and a port bound plainly are one entry with two names. Bindings that convert (invert, bit,
scale, delay) join two entries, see `commissioning.sim.binding`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from commissioning.model.record import Kind
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.journal import CHUNK_SIZE, RECORD_SIZE, Journal, pack_value
from commissioning.sim.kernel import Kernel
from commissioning.sim.stateful import Stateful, World
from commissioning.sim.values import WIDE, words

__all__ = ["Signal", "TagTable"]

_USUAL: dict[str, Any] = {
    "quality": 0, "reason": 0, "source_quality": 0, "source_reason": 0,
    "forced": False, "faulted": False, "overridden": False,
}  # fmt: skip
"""What is left out of a snapshot where it is so."""
_VALUE, _SOURCE, _OVERRIDE = int(Kind.VALUE), int(Kind.SOURCE), int(Kind.OVERRIDE)
_FORCED, _FAULTED = 4, 8
_UNCERTAIN, _INITIAL = int(Quality.UNCERTAIN), int(Reason.INITIAL)


class Signal(Stateful):
    """One entry. `value` is the effective value, `source` what the owner wrote last.

    `direction` is seen from the PLC: "input" (the field supplies it), "output" (the PLC commands it)
    or "port" (bound to nothing). `t` is the time in ns of the last change.
    """

    __slots__ = (
        "address", "comment", "controller", "direction", "fault_value", "faulted", "force_value",
        "forced", "id", "index", "journal", "kernel", "name", "overridden", "owner", "path", "ports",
        "quality", "reason", "source", "source_quality", "source_reason", "subscribers", "t", "type",
        "value", "wide",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = (
        "value", "source", "quality", "reason", "source_quality", "source_reason", "t", "forced",
        "force_value", "faulted", "fault_value", "overridden",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = (
        "address", "comment", "controller", "direction", "index", "journal", "kernel", "name", "owner",
        "path", "ports", "subscribers", "type", "wide",
    )  # fmt: skip
    always: ClassVar[tuple[str, ...]] = ("value", "source", "t")
    """What a snapshot has of every entry of the class; the rest only where it is not as usual."""

    def __init__(
        self,
        index: int,
        name: str,
        datatype: DataType,
        kernel: Kernel,
        journal: Journal,
        *,
        direction: str = "port",
        owner: str = "",
        controller: str = "",
        path: str = "",
        address: str = "",
        comment: str = "",
    ) -> None:
        self.index, self.name, self.type, self.kernel, self.journal = index, name, datatype, kernel, journal
        self.id = f"signal:{name}"
        self.direction, self.owner, self.controller = direction, owner, controller
        self.path, self.address, self.comment = path, address, comment
        self.ports: list[str] = []
        self.subscribers: list[tuple[Callable[[Any], None], Any]] = []
        self.wide = datatype in WIDE
        self.value = self.source = self.force_value = self.fault_value = datatype.default
        self.quality = self.source_quality = _UNCERTAIN
        self.reason = self.source_reason = _INITIAL
        self.t = 0
        self.forced = self.faulted = self.overridden = False

    def write(self, value: Any) -> None:
        """The owner's new source value, of good quality. The same value again is no edge."""
        if self.overridden or self.wide:
            self.put(value, 0, 0)
            return
        if self.source_quality == 0:
            if value == self.source or (value != value and self.source != self.source):
                return
        else:
            self.quality = self.reason = self.source_quality = self.source_reason = 0
        self.value = self.source = value
        kernel, journal = self.kernel, self.journal
        self.t = now = kernel._now
        if not self.subscribers:  # `journal.note`, written out: it is the hottest call of all
            end = journal._end
            pack_value(journal._open, end, now, _VALUE, 0, self.index, kernel.cause, value)
            journal._end = end = end + RECORD_SIZE
            if end == CHUNK_SIZE:
                journal._seal()
            return
        outer = kernel.cause
        kernel.cause = journal.add(_VALUE, 0, self.index, value)
        for fn, arg in self.subscribers:
            fn(arg)
        kernel.cause = outer

    def put(self, value: Any, quality: int, reason: int) -> None:
        """The owner's new source value with a quality (see `Quality`, `Reason`)."""
        same = value == self.source or (value != value and self.source != self.source)
        if same and quality == self.source_quality and reason == self.source_reason:
            return
        self.source, self.source_quality, self.source_reason = value, quality, reason
        if not (self.overridden or self.wide):
            self.value, self.quality, self.reason, self.t = value, quality, reason, self.kernel._now
            self._publish(self.journal.add(_VALUE, quality | reason << 8, self.index, value))
            return
        if self.overridden:
            high, low = words(self.type, value, self.journal)
            self.journal.add(_SOURCE, quality | reason << 8, self.index, high, low)
        self._settle()

    def mark(self, quality: Quality, reason: Reason) -> None:
        """Change the quality of the source value and keep the value."""
        self.put(self.source, int(quality), int(reason))

    def force(self, value: Any) -> None:
        """Hold `value`, stronger than any writer, until `release`."""
        self._override(1, value)
        self.forced, self.force_value = True, value
        self._settle(always=True)

    def release(self) -> None:
        """End a force; what lies under it becomes the effective value, as an edge."""
        if self.forced:
            self._override(2, self.force_value)
            self.forced = False
            self._settle(always=True)

    def fault(self, value: Any) -> None:
        """Hold `value` as a failed device would, until `clear`. A force is stronger."""
        self._override(3, value)
        self.faulted, self.fault_value = True, value
        self._settle(always=True)

    def clear(self) -> None:
        """End a fault."""
        if self.faulted:
            self._override(4, self.fault_value)
            self.faulted = False
            self._settle(always=True)

    def subscribe(self, fn: Callable[[Any], None], arg: Any = None) -> None:
        """Call `fn(arg)` after every change of effective value or quality."""
        self.subscribers.append((fn, arg))

    def save(self) -> dict[str, Any]:
        data = {name: getattr(self, name) for name in self.always}
        for name, usual in _USUAL.items():
            value = getattr(self, name)
            if value != usual:
                data[name] = value
        default = self.type.default
        if self.force_value != default:
            data["force_value"] = self.force_value
        if self.fault_value != default:
            data["fault_value"] = self.fault_value
        return data

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        for name in self.always:
            setattr(self, name, data[name])
        self.quality = self.reason = self.source_quality = self.source_reason = 0
        self.forced = self.faulted = self.overridden = False
        self.force_value = self.fault_value = self.type.default
        if len(data) > len(self.always):
            for name, value in data.items():
                setattr(self, name, value)

    def _override(self, what: int, value: Any) -> None:
        high, low = words(self.type, value, self.journal)
        self.journal.add(_OVERRIDE, what, self.index, high, low)

    def _settle(self, always: bool = False) -> None:
        """Take the topmost of force, fault and source as the effective value; publish a change."""
        self.overridden = self.forced or self.faulted
        value, quality, reason = self.source, self.source_quality, self.source_reason
        if self.forced:
            value, quality, reason = self.force_value, 0, 0
        elif self.faulted:
            value, quality, reason = self.fault_value, 0, 0
        same = value == self.value or (value != value and self.value != self.value)
        if same and quality == self.quality and reason == self.reason and not always:
            return
        changed = not same or quality != self.quality or reason != self.reason
        kernel = self.kernel
        self.value, self.quality, self.reason = value, quality, reason
        if changed:
            self.t = kernel._now
        flags = quality | (_FORCED if self.forced else 0) | (_FAULTED if self.faulted else 0) | reason << 8
        high, low = words(self.type, value, self.journal)
        number = self.journal.add(_VALUE, flags, self.index, high, low)
        if changed:
            self._publish(number)

    def _publish(self, number: int) -> None:
        """Tell who listens; what they do is caused by record `number`."""
        if self.subscribers:
            kernel = self.kernel
            outer = kernel.cause
            kernel.cause = number
            for fn, arg in self.subscribers:
                fn(arg)
            kernel.cause = outer


class TagTable:
    """All entries of a run, by name of tag or port, without regard to case."""

    def __init__(self, kernel: Kernel, journal: Journal) -> None:
        self.kernel, self.journal = kernel, journal
        self.signals: list[Signal] = []
        self._names: dict[str, Signal] = {}
        self.beyond: list[Callable[[str], Any]] = []  # what else a name may be: KeyError where it is not

    def add(self, name: str, datatype: DataType, make: type[Signal] = Signal, **facts: str) -> Signal:
        """A new entry, of class `make`. Raises ValueError if the name is taken."""
        return self.enter(make(len(self.signals), name, datatype, self.kernel, self.journal, **facts))

    def enter(self, signal: Signal) -> Signal:
        """Take in an entry made for the next index. Raises ValueError if its name is taken."""
        key = signal.name.casefold()
        if key in self._names:
            raise ValueError(f"there is already an entry named {signal.name}")
        self.signals.append(signal)
        self._names[key] = signal
        return signal

    def alias(self, name: str, signal: Signal) -> None:
        """A second name (a port's) for an entry."""
        self._names[name.casefold()] = signal
        signal.ports.append(name)

    def __getitem__(self, name: str) -> Signal:
        try:
            return self._names[name.casefold()]
        except KeyError:
            for find in self.beyond:
                with suppress(KeyError):
                    return find(name)  # type: ignore[no-any-return]
            raise KeyError(f"no tag or port named {name}") from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.casefold() in self._names

    def __iter__(self) -> Iterator[Signal]:
        return iter(self.signals)

    def __len__(self) -> int:
        return len(self.signals)

    def names(self) -> dict[str, Signal]:
        """Every name in lower case, tags and ports, with its entry."""
        return dict(self._names)
