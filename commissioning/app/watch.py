"""The one reader of the journal: feeds indices, knows which time is shown, tells the panels.

Pulls by a timer on the Qt thread. Nothing here waits for the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from commissioning.app.last_index import Growing, LastIndex
from commissioning.app.source import Source, Status
from commissioning.model.record import RECORD, Kind
from commissioning.model.tags import DataType
from commissioning.sim.continuous import HIDDEN, Formula
from commissioning.sim.status_rows import StatusRows
from commissioning.viewport.frame import Frame, frame_at

FRAME_MS = 33
RUSH_MS = 66  # faster than RUSH times real time no eye follows a part: the run gets the time instead
RUSH = 100.0
PANEL_EVERY = 3  # panels follow at a third of the frames
AT_ONCE = 4096  # records
FEED_S = 0.012  # per tick: a run at full speed must not stop the window


def new_timeline(header: Mapping[str, Any]) -> Any:
    from commissioning.sim.timeline.timeline import Timeline

    return Timeline(header)


class Watch(QObject):
    """`t_ns` is the time shown: the run's own while `following`, else one that was chosen."""

    replaced = Signal()  # another journal: begin again
    moved = Signal()  # another time or new records: draw the picture
    panels = Signal()  # the same, at a pace for reading
    status_changed = Signal()

    def __init__(
        self, timeline: Callable[[Mapping[str, Any]], Any] = new_timeline, parent: QObject | None = None
    ):
        super().__init__(parent)
        self._new_timeline = timeline
        self.source: Source | None = None
        self.status = Status()
        self.header: Mapping[str, Any] | None = None
        self.t_ns = 0
        self.following = True
        self.fed = 0
        self._generation = -1
        self.epoch = 0
        self._beat = 0
        self._stale = True
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.tick)
        self._idle = QTimer(self)  # fires when what is due has been painted
        self._idle.setSingleShot(True)
        self._idle.setInterval(0)
        self._idle.timeout.connect(self.rest)
        self._begin(None)

    def open(self, source: Source) -> None:
        self.close()
        self.source = source
        self._generation = -1
        self.following = True
        self.tick()
        self._timer.start()

    def close(self) -> None:
        self._timer.stop()
        if self.source is not None:
            self.source.close()
            self.source = None
            self.status = Status()
            self._begin(None)
            self.replaced.emit()

    def attend(self) -> None:
        """The window works now: a fast run beside it waits until everything that is due has been painted."""
        if self.source is not None:
            self.source.give_way()
            self._idle.start()

    def rest(self) -> None:
        """The run goes on."""
        if self.source is not None:
            self.source.go_on()

    def tick(self) -> None:
        """Reads what is new and moves the shown time."""
        source = self.source
        if source is None:
            return
        self.attend()
        generation = source.generation
        if generation != self._generation:
            self._generation = generation
            self._begin(source.header)
            self.replaced.emit()
        status = source.status()
        new = self._feed(source)
        # What is shown must be fed: behind a fast run the picture stays at what has been read.
        t = status.now_ns if self.fed >= source.length else min(status.now_ns, self._last_t)
        moved = new or self._stale
        if self.following and t != self.t_ns:
            self.t_ns, moved = t, True
        if status != self.status:
            if status.speed != self.status.speed:
                self._timer.setInterval(RUSH_MS if status.speed > RUSH else FRAME_MS)
            self.status = status
            self.status_changed.emit()
        self._beat += 1
        if moved:
            self._stale = False
            self.moved.emit()
        if self._beat % PANEL_EVERY == 0 or (moved and status.state != "running"):
            self.panels.emit()

    def catch_up(self) -> None:
        """Feeds everything there is, for a screenshot."""
        while self.source is not None and (self._stale or self.fed < self.source.length):
            self.tick()
        self.panels.emit()

    def review(self, t_ns: int) -> None:
        """Shows a past time; a recording moves its own clock there."""
        t_ns = min(max(int(t_ns), 0), self.status.end_ns)
        if self.source is not None and not self.source.live:
            self.source.seek(t_ns)
        else:
            self.following = False
        self.t_ns = t_ns
        self._stale = True
        self.moved.emit()
        self.panels.emit()
        self.status_changed.emit()

    def mark(self, t_ns: int, kind: str, text: str) -> None:
        """Marks a time of this run on the time bar: what the journal does not tell itself."""
        self.marks.append((t_ns, kind, text))

    def follow(self) -> None:
        """Back to live."""
        self.following = True
        self._stale = True
        self.tick()
        self.status_changed.emit()

    def previous_event(self) -> int:
        """Time of the last instant before the shown one in which something happened."""
        times = self.times()
        before = int(np.searchsorted(times, self.t_ns, "left"))
        return int(times[before - 1]) if before else 0

    def next_event(self) -> int:
        times = self.times()
        after = int(np.searchsorted(times, self.t_ns, "right"))
        return int(times[after]) if after < len(times) else self.status.end_ns

    def times(self) -> np.ndarray:
        return self._time.array

    def departures(self, number: int) -> np.ndarray:
        """PART_GONE records of one object up to the shown time."""
        rows = self._departures.array
        gone: np.ndarray = rows[(rows["a"] == number) & (rows["t"] <= self.t_ns)]
        return gone

    def solved(self, row: Any, datatype: DataType) -> Any:
        """The value at the shown time of an entry that runs by the formula of READING record `row`."""
        formula = Formula.of(row)
        timeline = self.timeline
        motion = timeline.body_speed(self.t_ns) if formula.rate else timeline.body_travel(self.t_ns)
        return formula.value(datatype, float(motion[formula.drive]))

    def frame(self) -> Frame:
        return frame_at(self.timeline, self.t_ns) if self.timeline is not None else Frame()

    def _begin(self, header: Mapping[str, Any] | None) -> None:
        self.epoch += 1  # what was looked up in the old journal means nothing in the new one
        self.header = header
        core = (header or {}).get("core") or {"signals": [], "objects": []}
        self.timeline: Any = self._new_timeline(header) if header else None
        self._told = StatusRows(header) if header else None
        self.effective = LastIndex(len(core["signals"]))
        self.own = LastIndex(len(core["signals"]))  # what the owner wrote, under overrides too
        self.states = LastIndex(len(core["objects"]))
        self.verdicts = LastIndex(len(core["objects"]))
        self.marks: list[tuple[int, str, str]] = []  # time, kind, text: what the time bar marks
        self._departures = Growing(RECORD)
        self.fed, self._last_t, self.t_ns = 0, 0, 0
        self._time = Growing(np.int64)
        self._stale = True

    def _feed(self, source: Source) -> bool:
        length = source.length
        if length <= self.fed:
            return False
        begun = time.perf_counter()
        while self.fed < length and time.perf_counter() - begun < FEED_S:
            self._take(source, min(length, self.fed + AT_ONCE))
        return True

    def _take(self, source: Source, stop: int) -> None:
        rows = source.records(self.fed, stop)
        self.fed = stop
        self._last_t = int(rows["t"][-1])
        self._time.append(rows["t"])
        self.timeline.feed(rows)
        kind = rows["kind"]
        told = self._told.expand(rows)[0] if self._told is not None else rows
        what = told["kind"]
        shown = (what == Kind.READING) & (told["aux"] & HIDDEN == 0)
        self.effective.feed(told[(what == Kind.VALUE) | shown])
        plain = (what == Kind.VALUE) & (told["aux"] & 12 == 0)
        self.own.feed(told[plain | (what == Kind.SOURCE) | (what == Kind.READING)])
        self.states.feed(rows[kind == Kind.STATE])
        self.verdicts.feed(rows[kind == Kind.VERDICT])
        self._departures.append(rows[kind == Kind.PART_GONE])
        self._mark(rows)

    def _mark(self, rows: np.ndarray) -> None:
        kind, aux = rows["kind"], rows["aux"]
        told = (kind == Kind.OVERRIDE) & (aux == 1)
        told |= (kind == Kind.PROBLEM) | ((kind == Kind.STATE) & (aux == 4))
        told |= (kind == Kind.VERDICT) & (aux == 1)
        for row in rows[told]:
            what = int(row["kind"])
            name = (
                "forced" if what == Kind.OVERRIDE
                else "problem" if what == Kind.PROBLEM
                else "down" if what == Kind.STATE
                else "check"
            )  # fmt: skip
            self.marks.append((int(row["t"]), name, str(int(row["obj"]))))
