"""A PLC on a virtual clock of its own: for programs that run without a line."""

from __future__ import annotations

from collections.abc import Callable

from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.running.access import Access
from commissioning.plc.running.scans import TaskState
from commissioning.plc.running.triggers import EVENT_GAP_NS


class OwnClock(Access):
    """Every cyclic task scans at 0 ns and then each cycle, an event task when its variable has risen; tasks
    that are due together go by priority."""

    def run(self, scans: int = 1) -> None:
        """Runs on the PLC's own virtual clock until its first cyclic task had `scans` more turns.

        `now_ns` is the time of the last scan. Without a cyclic task it runs what events have started.
        """
        first = next((state for state in self._tasks if state.cycle_ns), None)
        goal = 0 if first is None else first.next_ns + scans * first.cycle_ns
        while first is None or first.next_ns < goal:
            if not self._next_scan():
                return

    def run_until(self, condition: Callable[[], object], timeout: str | int | float = "10 s") -> None:
        """Runs until `condition()` holds after a scan; raises TimeoutError after `timeout` of virtual time.

        `timeout`: "4 s", "T#4s", or a number of seconds.
        """
        text = timeout.partition("#")[2] if isinstance(timeout, str) and "#" in timeout else timeout
        end = self.now_ns + parse_duration_ns(text)
        while self._next_scan(end):
            if condition():
                return
        raise TimeoutError(f"the condition did not come true within {timeout} (now {self.now_ns / 1e9:g} s)")

    def _next_scan(self, end: int | None = None) -> bool:
        """The next scan, if there is one until `end`."""
        if self._triggers:
            self._look()
        elif self._alone:  # the usual program
            only = self._tasks[0]
            if end is not None and only.next_ns > end:
                return False
            self.scan(max(only.next_ns, self.now_ns))
            only.next_ns += only.cycle_ns
            return True
        waiting = [(at, state.order, state) for state in self._tasks if (at := self._at(state)) is not None]
        if not waiting:
            return False
        at, (_, number), state = min(waiting, key=lambda item: item[:2])
        if end is not None and at > end:
            return False
        now = max(at, self.now_ns)
        cyclic = state.cycle_ns > 0 and state.next_ns <= now
        if state.trigger is None or state.trigger.pending or not state.trigger.level:
            self.scan(now, number)
        if cyclic:
            state.next_ns += state.cycle_ns
        return True

    def _at(self, state: TaskState) -> int | None:
        """When the task is due next, None if nothing will start it."""
        cycle = state.next_ns if state.cycle_ns else None
        if state.trigger is None or not state.trigger.pending:
            return cycle
        soon = self.now_ns + EVENT_GAP_NS if state.last_ns == self.now_ns else self.now_ns
        return soon if cycle is None else min(cycle, soon)
