"""Two journals, aligned on what happened to what: the first event that one has and the other has not.

What a record is about is its *subject*: a signal's value, a device's state, the parts that come onto a
carrier. Subjects are found by name, so that they are the same ones in a changed scene, where indices are
others; record numbers and numbers of parts are never compared. A subject that only one of the scenes has is
no difference of the journals. Of each subject the events are compared in their order, time and content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.analysis.cause import Cause, cause_chain, describe

__all__ = ["Divergence", "Journal", "Tracks", "first_divergence"]

_TEXT_IN_A = (Kind.PROBLEM, Kind.LINK_STATUS, Kind.VERDICT)
_LEFT_OUT = (Kind.TRAIN, Kind.READING)  # what moves whom, what runs with what: follows from the rest
_ON_SIGNALS = (Kind.VALUE, Kind.SOURCE, Kind.OVERRIDE)
_SIGNAL_INPUTS = (1, 2, 4, 5, 6, 7)


@dataclass(frozen=True)
class Journal:
    """The records of one recording. `first`: how many records of the run lie before them.

    Causes count from `rows[0]`; 0 where the cause lies before it.
    """

    header: Mapping[str, Any]
    rows: NDArray[np.void]
    texts: Sequence[str]
    end_ns: int
    first: int = 0

    @classmethod
    def of(
        cls,
        header: Mapping[str, Any],
        records: NDArray[np.void],
        texts: Sequence[str],
        end_ns: int,
        first: int,
    ) -> Journal:
        """From records whose causes count from the beginning of the run."""
        if first:
            records = records.copy()
            records["cause"] = np.maximum(records["cause"] - first, 0)
        return cls(header, records, texts, end_ns, first)

    @property
    def start_ns(self) -> int:
        """Everything after this instant is in; of a restored run the instant itself may be cut."""
        return int(self.rows["t"][0]) if self.first and len(self.rows) else -1


@dataclass(frozen=True)
class Divergence:
    """The first event that is not in both. `a`, `b`: what each has at that time, or when it has it; the
    causes, latest first, of what each has."""

    t: int
    about: str
    a: str
    b: str
    causes_a: tuple[Cause, ...]
    causes_b: tuple[Cause, ...]


class Tracks:
    """The events of two journals after `start` ns and up to `end` ns, by subject.

    `subjects`: (kind of record, name) of those that both lines have; `shown`: names of signals as written.
    """

    def __init__(self, a: Journal, b: Journal, start: int, end: int) -> None:
        self.journals = (a, b)
        words: dict[str, int] = {}
        found: dict[tuple[int, str], int] = {}
        known = [_Names(journal.header) for journal in self.journals]
        self.sides = [
            _Side(journal, names, start, end, words, found)
            for journal, names in zip(self.journals, known, strict=True)
        ]
        common = known[0].all & known[1].all
        self.subjects = {subject: code for subject, code in found.items() if subject[1] in common}
        self.shown = {**known[1].shown, **known[0].shown}

    def events(self, subject: tuple[int, str], side: int) -> NDArray[np.intp]:
        """Places in the journal's rows of the events of a subject, ascending."""
        return self.sides[side].events(self.subjects[subject])

    def times(self, subject: tuple[int, str], side: int) -> NDArray[np.int64]:
        """Their times in ns."""
        return np.asarray(self.journals[side].rows["t"][self.events(subject, side)], np.int64)

    def contents(self, subject: tuple[int, str], side: int) -> NDArray[np.int64]:
        """What they say: shape (events, fields), equal numbers for equal contents."""
        return self.sides[side].contents[self.events(subject, side)]

    def first_other(self, subject: tuple[int, str]) -> int | None:
        """Number of the first event that is not the same in both; None if all are."""
        t_a, t_b = self.times(subject, 0), self.times(subject, 1)
        n = min(len(t_a), len(t_b))
        other = t_a[:n] != t_b[:n]
        other |= np.any(self.contents(subject, 0)[:n] != self.contents(subject, 1)[:n], axis=1)
        if other.any():
            return int(np.argmax(other))
        return n if len(t_a) != len(t_b) else None


def first_divergence(tracks: Tracks) -> Divergence | None:
    """The first event that is not in both, of those at one time the one that was recorded first."""
    best: tuple[int, int, tuple[int, str]] | None = None
    for subject in tracks.subjects:
        k = tracks.first_other(subject)
        if k is None:
            continue
        found = []
        for side in (0, 1):
            events = tracks.events(subject, side)
            if k < len(events):
                row, journal = int(events[k]), tracks.journals[side]
                found.append((int(journal.rows["t"][row]), row + journal.first))
        candidate = (*min(found), subject)
        if best is None or candidate < best:
            best = candidate
    if best is None:
        return None
    t, _, subject = best
    k = tracks.first_other(subject)
    assert k is not None
    said = [_said(tracks, subject, side, k, t) for side in (0, 1)]
    return Divergence(
        t,
        _about(subject[0], tracks.shown.get(subject[1], subject[1])),
        said[0][0],
        said[1][0],
        said[0][1],
        said[1][1],
    )


def _said(
    tracks: Tracks, subject: tuple[int, str], side: int, k: int, t: int
) -> tuple[str, tuple[Cause, ...]]:
    """In words what one side has at `t`, and its causes."""
    journal, events = tracks.journals[side], tracks.events(subject, side)
    if k >= len(events):
        return "nothing any more", ()
    row = int(events[k])
    words = describe(journal.header, journal.rows[row], journal.texts)
    when = int(journal.rows["t"][row])
    if when != t:
        words = f"not yet; {(when - t) / 1e9:.9g} s later: {words}"
    return words, cause_chain(journal.header, journal.rows, journal.texts, row + 1)


def _about(kind: int, name: str) -> str:
    what = {
        Kind.INPUT: "what was done from outside", Kind.PART_MADE: f"parts made by {name}",
        Kind.PART_GONE: f"parts that leave at {name}", Kind.PART_MOVE: f"parts that come onto {name}",
        Kind.DRIVE: f"motion of {name}", Kind.STATE: f"state of {name}", Kind.PROBLEM: f"problems of {name}",
        Kind.PART_ATTRIBUTE: f"marks {name} of parts",
    }.get(Kind(kind) if kind in set(Kind) else Kind.VERDICT, name)  # fmt: skip
    return what or f"records of kind {kind}"


# ---- what a record is about and what it says -----------------------------------------------------------


class _Names:
    """The names that indices of a header stand for. `all`: of everything, in lower case."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        core = header["core"]
        self.shown = {str(signal["name"]).casefold(): str(signal["name"]) for signal in core["signals"]}
        self.signals = [str(signal["name"]).casefold() for signal in core["signals"]]
        self.strings = np.array([signal["type"] == "STRING" for signal in core["signals"]] or [False], bool)
        self.objects = [str(thing["id"]) for thing in core["objects"]]
        self.drives = [str(name) for name in core["drives"]]
        self.products = [str(product["id"]) for product in core["products"]]
        self.attributes = [str(name) for name in core["attributes"]]
        self.lanes = [
            str(lane["zones"][0]["device"]) if lane.get("zones") else lane["id"] for lane in core["lanes"]
        ]
        self.slots = [str(slot.get("device", slot["id"])) for slot in core["slots"]]
        self.all = {
            *self.signals,
            *self.objects,
            *self.drives,
            *self.attributes,
            *self.lanes,
            *self.slots,
            "",
        }


class _Side:
    """One journal in the codes that both share."""

    def __init__(
        self, journal: Journal, names: _Names, start: int, end: int, words: dict[str, int],
        subjects: dict[tuple[int, str], int],
    ) -> None:  # fmt: skip
        rows = journal.rows
        low, high = np.searchsorted(rows["t"], [start, end], side="right")
        self.low = int(low)
        rows = rows[low:high]
        self.contents = np.zeros((len(journal.rows), 5), np.int64)
        own = _codes(journal.texts, words)
        subject = np.full(len(rows), -1, np.int64)

        def named(chosen: NDArray[np.bool_], kind: int, index: NDArray[Any], table: Sequence[str]) -> None:
            """Subjects of the chosen rows: their kind and what `index` names in `table`."""
            numbers = np.asarray(index, np.float64)
            sound = (numbers >= 0) & (numbers < len(table))
            places = np.where(sound, numbers, len(table)).astype(np.int64)
            used = np.unique(places)
            codes = np.zeros(len(table) + 1, np.int64)
            for place in used.tolist():
                name = table[place] if place < len(table) else ""
                codes[place] = subjects.setdefault((kind, name), len(subjects))
            subject[chosen] = codes[places]

        for kind in np.unique(rows["kind"]).tolist():
            if kind in _LEFT_OUT:
                continue
            chosen = rows["kind"] == kind
            mine = rows[chosen]
            index, table, says = _reading(kind, mine, names, own, words)
            named(chosen, kind, index, table)
            self.contents[self.low + np.flatnonzero(chosen)] = says
        order = np.argsort(subject, kind="stable")
        self._order, self._sorted = order, subject[order]

    def events(self, code: int) -> NDArray[np.intp]:
        low, high = np.searchsorted(self._sorted, [code, code + 1])
        return self._order[low:high] + self.low


def _reading(
    kind: int, rows: NDArray[np.void], names: _Names, texts: NDArray[np.int64], words: dict[str, int]
) -> tuple[NDArray[Any], Sequence[str], NDArray[np.int64]]:
    """Of rows of one kind: index and table of what they are about, and what they say of it."""
    zero = np.zeros(len(rows), np.int64)
    aux, obj = rows["aux"].astype(np.int64), rows["obj"]
    a, b, c, d = (_bits(rows[field]) for field in "abcd")

    def text(field: str) -> NDArray[np.int64]:
        return _looked_up(rows[field], texts)

    def named(index: NDArray[Any], table: Sequence[str]) -> NDArray[np.int64]:
        return _looked_up(np.asarray(index, np.float64), _codes(table, words))

    def says(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.stack([*columns, *[zero] * (5 - len(columns))], axis=1)

    if kind in _ON_SIGNALS:
        string = names.strings[np.minimum(obj, len(names.strings) - 1)]
        return obj, names.signals, says(aux, np.where(string, text("a"), a), b)
    if kind == Kind.READING:
        return obj, names.signals, says(aux, named(rows["a"], names.drives), b, c, d)
    if kind == Kind.DRIVE:
        return obj, names.drives, says(aux, b, c, d)  # travel sums up what was before: not again
    if kind == Kind.PART_MADE:
        return rows["d"], names.objects, says(named(aux, names.products), a, b, c)
    if kind == Kind.PART_GONE:
        return rows["a"], names.objects, says(aux)
    if kind == Kind.PART_MOVE:
        lane, slot = aux == CarrierKind.LANE, aux == CarrierKind.SLOT
        table = [*names.lanes, *names.slots, *names.drives]
        index = np.where(lane, rows["a"], np.where(slot, rows["a"] + len(names.lanes), -1.0))
        body = aux == CarrierKind.BODY
        index = np.where(body, rows["a"] + len(names.lanes) + len(names.slots), index)
        return index, table, says(aux)
    if kind == Kind.PART_ATTRIBUTE:
        return aux, names.attributes, says(a)
    if kind == Kind.INPUT:
        what = aux & 0xFF
        signal, string = np.isin(what, _SIGNAL_INPUTS), names.strings[np.minimum(obj, len(names.strings) - 1)]
        target = np.where(signal, named(obj, names.signals), named(obj, names.objects))
        value = np.where(signal & string, text("a"), a)
        return zero - 1, [], says(aux, target, value, np.where(what == 3, text("b"), b), d)
    if kind in _TEXT_IN_A:
        return obj, names.objects, says(aux, text("a"))
    return obj, names.objects, says(aux, a, b, c, d)


def _bits(values: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers that are equal where the doubles are the same, NaN too; -0.0 is 0.0."""
    doubles = np.ascontiguousarray(values, np.float64) + 0.0
    return np.where(np.isnan(doubles), np.nan, doubles).view(np.int64)


def _looked_up(values: NDArray[Any], table: NDArray[np.int64]) -> NDArray[np.int64]:
    sound = (values >= 0) & (values < len(table))
    return np.where(sound, table[np.where(sound, values, 0).astype(np.int64)], -1)


def _codes(words: Sequence[str], table: dict[str, int]) -> NDArray[np.int64]:
    """The number of each word in a table that both journals share."""
    return np.array([table.setdefault(word, len(table)) for word in words] or [-1], np.int64)
