"""A controller's place in virtual time.

Order within an instant: a task runs after every plant event of that instant, tasks by priority, then
by declaration. A task runs at most once per instant. What its own outputs cause at t, it sees at its
next point. An input that changes at t after the task's turn at t has passed waits for the next point
too, whether the task ran or slept; otherwise skipping scans would change results.

An event task has no points. It runs in the instant in which the input that starts it changes, or in which
another task has set the variable that starts it; if it has run in that instant already, a little later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.model.problem import Problem
from commissioning.model.record import Kind, State
from commissioning.model.tags import Quality, Reason
from commissioning.sim.continuous import Reading
from commissioning.sim.controller import Controller, ControllerStopped
from commissioning.sim.kernel import PLC
from commissioning.sim.stateful import Stateful, World
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["ControllerHost"]

_NEVER = -1
_EVENT_GAP_NS = 1_000  # an event task that has run at t runs again no sooner: two may start each other


class ControllerHost(Stateful):
    """Runs one controller in the kernel's time. `scans` counts runs (a statistic, not journaled)."""

    saved: ClassVar[tuple[str, ...]] = (
        "armed", "ran", "dirty", "cause", "scans", "stopped", "pending", "handed", "falls",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = (
        "controller", "line", "keys", "cycles", "turns", "readings", "cyclic", "starts", "by_event",
        "exchange",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("run_task", "publish", "publish_sent")

    def __init__(self, controller: Controller, line: Line, order: int) -> None:
        self.id = f"host:{controller.id}"
        self.controller, self.line = controller, line
        self.exchange = controller.exchange  # who measures puts something between
        ranked = sorted(range(len(controller.tasks)), key=lambda k: (controller.tasks[k].priority, k))
        self.keys = [PLC + order + ranked.index(k) for k in range(len(controller.tasks))]
        self.cycles = [task.cycle_ns for task in controller.tasks]
        self.turns = range(len(controller.tasks))
        self.cyclic = tuple(task for task in self.turns if self.cycles[task])
        self.starts: dict[int, list[int]] = {}  # input index -> the tasks that it may start
        for task in self.turns:
            for k in controller.triggers(task):
                self.starts.setdefault(k, []).append(task)
        self.by_event = tuple(task for task in self.turns if controller.tasks[task].event)
        self.armed = [_NEVER] * len(controller.tasks)  # time of the wake-up that counts
        self.ran = [_NEVER] * len(controller.tasks)  # instant of the last run
        self.dirty: dict[int, int] = {}  # input index -> number of the record that changed it
        self.cause = 0  # the latest input record that a run has seen
        self.scans = 0
        self.stopped = False
        self.falls = 0  # how often it stopped: what it sent before is lost then
        self.pending: list[Any] = []
        # inputs that run between events, with the limits within which it is the same how far
        self.readings: list[tuple[int, Reading, Sequence[float] | None]] = []
        self.handed: dict[int, Any] = {}  # what the program was given of them last
        for k, signal in enumerate(controller.inputs):
            signal.subscribe(self.input_changed, k)
            if isinstance(signal, Reading):
                self.readings.append((k, signal, controller.compared_with(k)))
                signal.watch_pace(self.pace_changed)
        controller.hosted(self._watch)

    def start(self) -> None:
        """First run of every cyclic task at time 0, with every input; others may be started by one."""
        for k in range(len(self.controller.inputs)):
            self.dirty[k] = 0
        for task in self.turns:
            if self.cycles[task] or self.controller.triggers(task):
                self._arm(task, 0)

    def input_changed(self, k: int) -> None:
        """An input changed: wake every task at its next point, and at once those that it starts."""
        if self.stopped:
            return
        kernel = self.line.kernel
        self.dirty[k] = kernel.cause
        now = kernel._now
        if k in self.starts:
            for task in self.starts[k]:
                self._start(task)
        for task in self.cyclic:
            armed = self.armed[task]
            if armed == _NEVER or armed > now:
                point = self._point(task, now)
                if armed == _NEVER or point < armed:
                    self.armed[task] = point
                    kernel.call_at(point, self.run_task, task, self.keys[task])

    def _watch(self, signal: Signal) -> None:
        controller = self.controller
        controller.inputs = [*controller.inputs, signal]
        signal.subscribe(self.input_changed, len(controller.inputs) - 1)

    def operate(self, action: str, argument: Any) -> None:
        """See `Controller.operate`; whom it concerns goes on at its next point, or starts at once."""
        self.controller.operate(action, argument)
        self.cause = max(self.cause, self.line.kernel.cause)
        if action in self.controller.halts:
            self._halt()
        elif action in self.controller.begins or (action in self.controller.renews and not self.stopped):
            self._renew()
        if not self.stopped:
            self._pass_on(-1)

    def _renew(self) -> None:
        """The program begins anew, or is another one: it is given every input and runs at its next point."""
        if self.stopped:
            self.stopped = False
            self.line.journal.add(int(Kind.STATE), State.WORKING, self.controller.index)
            alarms = self.line.alarms
            alarms[:] = [alarm for alarm in alarms if alarm.where.id != self.controller.id]
        self.dirty = dict.fromkeys(range(len(self.controller.inputs)), self.line.kernel.cause)
        self.handed.clear()
        self.armed = [_NEVER] * len(self.keys)
        for task in self.cyclic:
            self._arm(task, self._point(task, self.line.kernel._now))
        for task in {task for tasks in self.starts.values() for task in tasks}:
            self._start(task)

    def _pass_on(self, own: int) -> None:
        """Runs what a change of data in the controller concerns, but for the task that made it."""
        for task in self.by_event:
            if self.controller.triggered(task):
                self._start(task)
        for task in self.cyclic:
            if task != own and self.controller.disturbed(task):
                self._arm(task, self._point(task, self.line.kernel._now))

    def pace_changed(self) -> None:
        """An input that runs does so at another speed: what was foreseen of it is void."""
        if not self.stopped:
            for task in self.cyclic:
                self._arm(task, self._point(task, self.line.kernel._now))

    def run_task(self, task: int) -> None:
        """Continuation: the turn of `task`."""
        kernel = self.line.kernel
        now = kernel._now
        if self.armed[task] != now or self.stopped:
            return  # moved to another time
        self.armed[task] = _NEVER
        self.ran[task] = now
        self.scans += 1
        changed: list[tuple[int, Any]] = []
        if self.readings:
            self._read(task)
        if self.dirty:
            inputs = self.controller.inputs
            for k in sorted(self.dirty):
                changed.append((k, inputs[k].value))
                self.cause = max(self.cause, self.dirty[k])
            self.dirty.clear()
        kernel.cause = self.cause
        try:
            outputs = self.exchange(task, now, changed)
        except ControllerStopped as stop:
            self._stop(stop.problem)
            return
        if outputs is None:
            self.scans -= 1
        elif outputs:
            if self.controller.io_delay_ns:
                then, sent = now + self.controller.io_delay_ns, [list(o) for o in outputs]
                kernel.call_at(then, self.publish_sent, [self.falls, sent])
            else:
                self.publish(outputs)
        wake = self.controller.next_wake(task, now)
        cycle = self.cycles[task]
        if wake is not None and cycle:
            point = -(-wake // cycle) * cycle  # after now, so its turn is still to come
            armed = self.armed[task]
            if armed == _NEVER or point < armed:
                self.armed[task] = point
                kernel.call_at(point, self.run_task, task, self.keys[task])
        if self.by_event or len(self.keys) > 1:
            self._pass_on(task)

    def _read(self, task: int) -> None:
        """Look at the inputs that run; the task looks again where one of them may lead to something else."""
        again: int | None = None
        for k, signal, limits in self.readings:
            value = signal.value
            # while it moves also where the value is the same: what is skipped must not be missed in causes
            if k not in self.dirty and (signal.moving or value != self.handed.get(k)):
                self.dirty[k] = signal.behind
            self.handed[k] = value
            until = signal.steady_until(limits)
            if until is not None and (again is None or until < again):
                again = until
        cycle = self.cycles[task]
        if again is not None and cycle:
            self._arm(task, max(-(-again // cycle), self.line.kernel._now // cycle + 1) * cycle)

    def publish_sent(self, sent: Sequence[Any]) -> None:
        """Continuation: outputs arrive behind the I/O delay, unless the controller has stopped since, even if
        it runs again. `sent`: how often it had stopped, and the outputs."""
        falls, outputs = sent
        if falls == self.falls:
            self.publish(outputs)

    def publish(self, outputs: Sequence[Sequence[Any]]) -> None:
        """Continuation: write outputs to the tag table."""
        if self.stopped:
            return  # it failed while these were on their way
        signals = self.controller.outputs
        for k, value in outputs:
            signals[k].write(value)

    def _point(self, task: int, t: int) -> int:
        """The first point of the task's cycle at or after `t` at which its turn is still to come."""
        kernel = self.line.kernel
        cycle = self.cycles[task]
        point = -(-t // cycle) * cycle
        if point <= kernel._now and (self.ran[task] == kernel._now or kernel.passed(self.keys[task])):
            point += cycle
        return point

    def _start(self, task: int) -> None:
        """An event: the task runs in this instant, or a little later if its turn there has passed."""
        kernel, cycle = self.line.kernel, self.cycles[task]
        now = kernel._now
        # at a point of its cycle also if it slept: it would have run
        passed = self.ran[task] == now or (cycle and now % cycle == 0 and kernel.passed(self.keys[task]))
        self._arm(task, now + _EVENT_GAP_NS if passed else now)

    def _arm(self, task: int, t: int) -> None:
        if self.armed[task] == _NEVER or t < self.armed[task]:
            self.armed[task] = t
            self.line.kernel.call_at(t, self.run_task, task, self.keys[task])

    def _stop(self, problem: Problem) -> None:
        """The program failed: outputs fall to their defaults with bad quality, an alarm is recorded."""
        journal = self.line.journal
        journal.add(int(Kind.PROBLEM), 0, self.controller.index, journal.text(str(problem)))
        self.line.alarms.append(problem)
        self._fall(State.DOWN)

    def _halt(self) -> None:
        """Somebody stopped it: the same outputs as after a failure, and no alarm."""
        if not self.stopped:
            self._fall(State.OFF)

    def _fall(self, state: State) -> None:
        self.stopped = True
        self.falls += 1
        self.line.journal.add(int(Kind.STATE), state, self.controller.index)
        for signal in self.controller.outputs:
            signal.put(signal.type.default, Quality.BAD, Reason.NO_COMMUNICATION)

    def save(self) -> dict[str, Any]:
        return super().save() | {"controller": self.controller.save()}

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        self.controller.restore(data["controller"], world)
        super().restore(data, world)
