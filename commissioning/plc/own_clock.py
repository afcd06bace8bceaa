"""A PLC on a virtual clock of its own: for programs that run without a line."""

from __future__ import annotations

from collections.abc import Callable

from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.access import Access


class OwnClock(Access):
    """Every task scans at 0 ns and then each cycle; tasks that are due together go by priority."""

    def run(self, scans: int = 1) -> None:
        """Runs on the PLC's own virtual clock until its first task made `scans` more scans.

        Every task scans at 0 ns and then each cycle; tasks that are due together go by priority. `now_ns` is
        the time of the last scan.
        """
        first = self._tasks[0]
        goal = first.scans + scans
        while first.scans < goal:
            self._next_scan()

    def run_until(self, condition: Callable[[], object], timeout: str | int | float = "10 s") -> None:
        """Runs until `condition()` holds after a scan; raises TimeoutError after `timeout` of virtual time.

        `timeout`: "4 s", "T#4s", or a number of seconds.
        """
        text = timeout.partition("#")[2] if isinstance(timeout, str) and "#" in timeout else timeout
        end = self.now_ns + parse_duration_ns(text)
        while min(state.next_ns for state in self._tasks) <= end:
            self._next_scan()
            if condition():
                return
        raise TimeoutError(f"the condition did not come true within {timeout} (now {self.now_ns / 1e9:g} s)")

    def _next_scan(self) -> None:
        state = min(self._tasks, key=lambda task: (task.next_ns, task.order))
        self.scan(max(state.next_ns, self.now_ns), state.order[1])
        state.next_ns += state.cycle_ns
