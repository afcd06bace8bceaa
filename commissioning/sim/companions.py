"""What goes along with a run in a session: its links, what writes it down, and how punctual its scans are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from commissioning.model.problem import Problem, Problems
from commissioning.sim.cycle_times import CycleTimes, TaskTimes
from commissioning.sim.link import LinkStatus
from commissioning.sim.link_host import LinkHost
from commissioning.sim.run import Run

__all__ = ["Companions", "Recorder"]


class Recorder(Protocol):
    """What writes a run down while it goes on."""

    def poll(self) -> None: ...
    def close(self) -> None: ...


class Companions:
    """`make_recorder`, if given, is called with each new run; `arm`: links that may write from the start of
    each run on; `measure`: whether to time scans. For the run's thread only."""

    def __init__(
        self, make_recorder: Callable[[Run], Recorder] | None, arm: tuple[str, ...], measure: bool
    ) -> None:
        self._make_recorder, self._arm, self._measure = make_recorder, arm, measure
        self._recorder: Recorder | None = None
        self._links: LinkHost | None = None
        self._times: CycleTimes | None = None

    def adopt(self, run: Run, wake: Callable[[], None], due: Callable[[int], int | None]) -> None:
        """A new run: record it, open its links and time its scans. `wake` is called when a link has
        something, `due` tells when a virtual time is due on the wall. Raises Problems of links to arm."""
        if self._make_recorder is not None:
            self._recorder = self._make_recorder(run)
        self._links = run.host_links()
        if self._links is not None:
            self._links.on_wake(wake)
            self._links.open()
            for link in self._arm:
                problems = self._links.arm(link)
                if problems:
                    raise Problems(problems)
        self._times = CycleTimes(run.line.hosts.values(), due) if self._measure else None

    def drop(self) -> None:
        """The run is over: close links and recording. Raises Problems that the recording met."""
        if self._links is not None:
            self._links.close()
            self._links = None
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()

    def record(self, run: Run, make_recorder: Callable[[Run], Recorder] | None) -> None:
        """Write `run` down from its start on, or, with None, complete what is being written."""
        run.refuse_while_held()
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
        if make_recorder is not None:
            self._recorder = make_recorder(run)

    def poll(self) -> None:
        """The recorder writes what has come since."""
        if self._recorder is not None:
            self._recorder.poll()

    def exchange(self, virtual: Callable[[int], int] | None) -> str:
        """Exchange with the links; why the run has to pause, "" where it need not. `virtual` tells the
        virtual time of an instant on the wall; None where it has none: the run stands, or goes as fast as it
        can."""
        if self._links is None:
            return ""
        self._links.exchange(virtual)
        return self._links.take_pause()

    def arm(self, link: str) -> tuple[Problem, ...]:
        """Allow a link to write to its controller, for this run."""
        return () if self._links is None else self._links.arm(link)

    def disarm(self, link: str) -> None:
        """Back to read-only."""
        if self._links is not None:
            self._links.disarm(link)

    def wait_links(self, timeout: float) -> tuple[Problem, ...]:
        """Wait until every link is up, or tell why not. From any thread."""
        return () if self._links is None else self._links.wait_open(timeout)

    def statuses(self) -> tuple[tuple[str, LinkStatus], ...]:
        """Each link and how it is doing."""
        return () if self._links is None else tuple(self._links.statuses().items())

    def cycle_times(self) -> tuple[TaskTimes, ...]:
        """How punctual the scans have been, by task. From any thread."""
        return () if self._times is None else self._times.tasks()

    def forget_cycle(self) -> None:
        """The mapping of time to the wall has changed: the next scan follows none."""
        if self._times is not None:
            self._times.forget()
