"""How fast a run goes on the wall: real time, a multiple of it, or as fast as it can.

The pace decides when events happen on the wall, never what happens. A run that is late catches up, or (the
other policy) leaves whole cycles of wall time out: virtual time falls behind the wall for good, but what
follows keeps its pace. Either way no event is skipped. While a viewer works, a run faster than real time lets
it pass between two instants.
"""

from __future__ import annotations

import math
import time
from threading import Event

from commissioning.sim.run import Run

__all__ = ["Pace"]

_SLICE_S = 0.005  # wall time between looks at links and commands
_SHORTEST_REST_S = 0.0002  # in which the other threads get the interpreter
_LONGEST_SLICE = 10_000_000_000  # virtual ns in one go, however high the speed, so that commands are answered
_BUDGET_S = 0.02  # wall time between two looks at full speed, so that commands are answered
_STRETCH_S = 0.002  # wall time of one stretch at full speed: as long as a viewer may wait for its turn
_LONGEST_STEP = 600_000_000_000  # virtual ns of one stretch; chains are solved ahead in long ones
_PATIENCE_S = 0.05  # a viewer that holds the run for longer has forgotten it
_GAP_S = 0.0005  # in which the other threads get the interpreter at full speed: links answer


class Pace:
    """`speed`: virtual seconds per second, `math.inf` as fast as possible; `until_ns` ends the run there.
    `catch_up`: what is late follows at once; else wall time is left out in steps of `cycle_ns`.
    `lag`: s that the run is behind the wall; `skipped`: steps that were left out."""

    def __init__(self, speed: float, until_ns: int | None, catch_up: bool = True) -> None:
        self.speed, self.until, self.catch_up = speed, until_ns, catch_up
        self.cycle_ns = 10_000_000
        self.lag, self.skipped = 0.0, 0
        self._anchor_wall, self._anchor_now = 0.0, 0
        self._step = 1_000_000  # virtual ns of one stretch; finds its own length
        self._way = Event()  # unset while a viewer works
        self._way.set()

    def anchor(self, now_ns: int) -> None:
        """From here on: `now_ns` is now."""
        self._anchor_wall, self._anchor_now = time.monotonic(), now_ns

    def virtual(self, wall_ns: int) -> int:
        """Virtual time, ns, of an instant on the wall (`time.monotonic_ns`)."""
        return self._anchor_now + round((wall_ns * 1e-9 - self._anchor_wall) * self.speed * 1e9)

    def due(self, t_ns: int) -> int | None:
        """When virtual time `t_ns` is due on the wall (`time.monotonic_ns`), None as fast as possible."""
        if math.isinf(self.speed):
            return None
        return round(self._due_s(t_ns) * 1e9)

    def _due_s(self, t_ns: int) -> float:
        return self._anchor_wall + (t_ns - self._anchor_now) / 1e9 / self.speed

    def give_way(self) -> None:
        """A viewer works now."""
        self._way.clear()

    def go_on(self) -> None:
        """The viewer is done."""
        self._way.set()

    def over(self, run: Run) -> bool:
        """Whether the run has come to its end, or to a problem."""
        return run.problem is not None or (self.until is not None and run.now_ns >= self.until)

    def advance(self, run: Run) -> float:
        """Let virtual time pass up to where the wall is; returns how long to wait, s."""
        wall = time.monotonic()
        if math.isinf(self.speed):
            self.lag = 0.0
            self._race(run, wall + _BUDGET_S)
            return _GAP_S
        if not self.catch_up:
            self._leave_out(run, wall)
        target = self._anchor_now + round((wall - self._anchor_wall) * self.speed * 1e9)
        deadline = wall + _BUDGET_S
        slice_ns = min(max(1, round(_SLICE_S * self.speed * 1e9)), _LONGEST_SLICE)
        while run.now_ns < target and time.monotonic() < deadline and not self.over(run):
            if self.speed > 1.0:  # in real time a partner outside may wait for this run
                self._let_pass()
            self._stretch(run, min(target - run.now_ns, slice_ns))
        behind = (target - run.now_ns) / 1e9 / self.speed
        self.lag = max(behind, 0.0)
        if self.over(run):
            return _SLICE_S
        return 0.0 if behind > 0.0 else self._rest(run)

    def _rest(self, run: Run) -> float:
        """How long to wait, s: until something happens next, but not for so long that commands wait."""
        following = run.line.kernel.next_time()
        if following is None:
            return _SLICE_S
        return min(max(self._due_s(following) - time.monotonic(), _SHORTEST_REST_S), _SLICE_S)

    def _leave_out(self, run: Run, wall: float) -> None:
        """Leaves out the whole cycles by which what comes next is late."""
        following = run.line.kernel.next_time()
        if following is None:
            return
        cycles = math.floor((wall - self._due_s(following)) * self.speed * 1e9 / self.cycle_ns)
        if cycles > 0:
            self.skipped += cycles
            self._anchor_wall += cycles * self.cycle_ns / 1e9 / self.speed

    def _race(self, run: Run, deadline: float) -> None:
        """As fast as possible, in stretches that let a viewer pass in between."""
        while time.monotonic() < deadline and not self.over(run):
            self._let_pass()
            self._stretch(run, _LONGEST_STEP)

    def _stretch(self, run: Run, most: int) -> None:
        """Advance by at most `most` ns, and by no more than twice what took little time before: nobody
        knows how much happens in a line until it has run."""
        step = self._step
        begun = time.monotonic()
        end = run.now_ns + min(step, most)
        run.advance_to(end if self.until is None else min(end, self.until))
        took = time.monotonic() - begun
        if took > _STRETCH_S:
            self._step = max(step // 2, 1000)
        elif took < _STRETCH_S / 2 and most >= step:
            self._step = min(step * 2, _LONGEST_STEP)

    def _let_pass(self) -> None:
        if not self._way.is_set() and not self._way.wait(_PATIENCE_S):
            self._way.set()
