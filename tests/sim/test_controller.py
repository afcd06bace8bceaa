"""A controller's place in virtual time: points of its cycle, order in an instant, what it sees when."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.model.declare import TypeDeclaration
from commissioning.model.problem import Problem
from commissioning.model.record import Kind, State
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.controller import Controller, ControllerStopped, Task
from commissioning.sim.controller_host import ControllerHost
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import EDGE, END, INPUT, USER, Kernel
from commissioning.sim.tags import TagTable

Changes = Sequence[tuple[int, Any]]


class Notebook(Controller):
    """Writes down when it ran and what it was given; answers as it was told to."""

    declaration = TypeDeclaration("controller", "notebook", "For these tests.")
    saved = ("log",)
    halts = frozenset({"stop"})
    begins = frozenset({"start"})

    def __init__(self, tasks: Sequence[Task], io_delay_ns: int = 0) -> None:
        self.id, self.index = "plc", 0
        self.tasks, self.io_delay_ns = tasks, io_delay_ns
        self.log: list[tuple[str, int, list[tuple[int, Any]]]] = []
        self.answers: dict[int, Changes] = {}  # t -> outputs
        self.wakes: dict[tuple[str, int], int] = {}  # (task, t) -> wake
        self.touched: set[tuple[str, int]] = set()  # (task, t): disturbed by a run at t
        self.fails_at = -1

    def exchange(self, task: int, t: int, changed: Changes) -> Changes:
        self.now = t
        self.log.append((self.tasks[task].name, t, list(changed)))
        if t == self.fails_at:
            raise ControllerStopped(Problem("division by zero"))
        return self.answers.get(t, ())

    def operate(self, action: str, argument: Any) -> None:
        self.log.append((action, -1, []))

    def next_wake(self, task: int, t: int) -> int | None:
        return self.wakes.get((self.tasks[task].name, t))

    def disturbed(self, task: int) -> bool:
        return (self.tasks[task].name, self.now) in self.touched

    def runs(self, task: str = "") -> list[int]:
        return [t for name, t, _ in self.log if task in ("", name)]


class Plant:
    """A kernel, two PLC inputs, two PLC outputs and the host of one controller."""

    def __init__(self, *tasks: Task, io_delay_ns: int = 0) -> None:
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, {})
        tags = TagTable(self.kernel, self.journal)
        self.controller = Notebook(tasks or (Task("main", 10),), io_delay_ns)
        self.inputs = [tags.add(f"I{k}", DataType.BOOL, direction="input") for k in range(2)]
        self.outputs = [tags.add(f"Q{k}", DataType.INT, direction="output") for k in range(2)]
        self.controller.inputs, self.controller.outputs = self.inputs, self.outputs
        self.alarms: list[Problem] = []
        line: Any = SimpleNamespace(kernel=self.kernel, journal=self.journal, alarms=self.alarms)
        self.host = ControllerHost(self.controller, line, 0)
        self.host.start()

    def at(self, t: int, value: bool, key: int = EDGE, k: int = 0) -> None:
        self.kernel.call_at(t, self.inputs[k].write, value, key)


def test_that_every_task_runs_at_time_0_with_every_input_and_then_sleeps() -> None:
    plant = Plant(Task("a", 10), Task("b", 20))
    plant.kernel.advance(1000)
    assert plant.controller.log == [("a", 0, [(0, False), (1, False)]), ("b", 0, [])]
    assert plant.host.scans == 2


def test_that_tasks_run_by_priority_and_equal_ones_by_declaration() -> None:
    plant = Plant(Task("late", 10, 9), Task("first", 10, 0), Task("middle", 10, 5), Task("also", 10, 5))
    plant.at(25, True)
    plant.kernel.advance(100)
    assert [name for name, t, _ in plant.controller.log if t == 30] == ["first", "middle", "also", "late"]


def test_that_an_input_wakes_each_task_at_its_own_next_point() -> None:
    plant = Plant(Task("fast", 10), Task("slow", 35))
    plant.at(41, True)
    plant.kernel.advance(200)
    assert plant.controller.runs("fast") == [0, 50]
    assert plant.controller.runs("slow") == [0, 70]
    # the new value is handed over once, to whoever runs first
    assert [changed for _, t, changed in plant.controller.log if t] == [[(0, True)], []]


@pytest.mark.parametrize(
    "key, seen", [(EDGE, 50), (INPUT, 50), (USER, 60), (END, 60)], ids=["edge", "input", "user", "end"]
)
def test_that_a_task_sees_what_happened_before_its_turn_in_the_instant(key: int, seen: int) -> None:
    """A task that slept and one that ran must see the change at the same point, or skipping scans would
    change results."""
    asleep = Plant()
    asleep.at(50, True, key)
    asleep.kernel.advance(200)
    assert asleep.controller.runs() == [0, seen]
    awake = Plant()
    awake.controller.wakes = {("main", t): t + 1 for t in range(0, 200, 10)}
    awake.at(50, True, key)
    awake.kernel.advance(200)
    assert awake.controller.runs() == list(range(0, 210, 10))[: len(awake.controller.runs())]
    assert [t for _, t, changed in awake.controller.log if (0, True) in changed] == [seen]


def test_that_many_changes_between_two_points_are_one_run_with_the_last_values() -> None:
    plant = Plant()
    for t, value in ((11, True), (12, False), (13, True), (19, False)):
        plant.at(t, value)
    plant.at(15, True, k=1)
    plant.kernel.advance(100)
    assert plant.controller.log[1:] == [("main", 20, [(0, False), (1, True)])]


def test_that_a_wake_is_rounded_up_to_the_cycle_and_an_earlier_one_wins() -> None:
    plant = Plant()
    plant.controller.wakes = {("main", 0): 71, ("main", 30): 45}
    plant.at(21, True)
    plant.kernel.advance(100)
    assert plant.controller.runs() == [0, 30, 50]


def test_that_outputs_act_at_once_and_are_seen_at_the_next_point() -> None:
    """Q0 drives I0 as a plant without inertia would."""
    plant = Plant()
    plant.outputs[0].subscribe(lambda _: plant.inputs[0].write(plant.outputs[0].value > 0))
    plant.controller.answers = {20: [(0, 1)]}
    plant.at(15, True, k=1)
    plant.kernel.advance(100)
    assert (plant.outputs[0].value, plant.outputs[0].t) == (1, 20)
    assert plant.inputs[0].t == 20
    assert plant.controller.log[1:] == [("main", 20, [(1, True)]), ("main", 30, [(0, True)])]


def test_that_outputs_act_after_the_io_delay() -> None:
    plant = Plant(io_delay_ns=7)
    plant.controller.answers = {20: [(0, 5), (1, 6)]}
    plant.at(15, True)
    plant.kernel.advance(26)
    assert plant.outputs[0].quality == Quality.UNCERTAIN
    plant.kernel.advance(27)
    assert [(q.value, q.t) for q in plant.outputs] == [(5, 27), (6, 27)]


def test_that_a_task_that_another_one_disturbed_runs_too() -> None:
    """At the same instant if its turn is still to come, at its next point if it has passed."""
    plant = Plant(Task("a", 10, 0), Task("b", 10, 1))
    plant.controller.wakes = {("a", 0): 50, ("b", 50): 80}
    plant.controller.touched = {("b", 50), ("a", 80)}
    plant.kernel.advance(200)
    assert plant.controller.runs("a") == [0, 50, 90]
    assert plant.controller.runs("b") == [0, 50, 80]


def test_that_the_record_of_the_cause_is_the_input_that_was_seen() -> None:
    plant = Plant()
    plant.controller.answers = {20: [(0, 1)]}
    plant.at(15, True)
    plant.kernel.advance(100)
    records = plant.journal.records()
    (row,) = records[records["t"] == 20]
    assert int(records["t"][int(row["cause"]) - 1]) == 15


def test_that_a_failing_program_stops_the_controller_and_nothing_else() -> None:
    plant = Plant(Task("a", 10), Task("b", 10, 1), io_delay_ns=3)
    plant.controller.answers = {20: [(0, 5)], 30: [(0, 6)]}
    plant.controller.fails_at = 40
    for t in (15, 25, 35, 45):
        plant.at(t, t % 20 == 15)
    plant.kernel.call_at(38, plant.host.publish, [(1, 9)])
    plant.kernel.advance(39)
    assert [q.value for q in plant.outputs] == [6, 9]
    plant.kernel.call_at(41, plant.host.publish, [[0, 7]])  # on its way when it failed
    plant.kernel.advance(100)
    assert plant.controller.runs("a")[-1] == 40
    assert plant.controller.runs("b")[-1] == 30  # its turn at 40 would have come after
    assert [(q.value, q.quality, q.reason, q.t) for q in plant.outputs] == [
        (0, Quality.BAD, Reason.NO_COMMUNICATION, 40)
    ] * 2
    assert [alarm.what for alarm in plant.alarms] == ["division by zero"]
    records = plant.journal.records()
    assert records[records["kind"] == Kind.PROBLEM]["t"].tolist() == [40]
    assert records[records["kind"] == Kind.STATE][["t", "aux"]].tolist() == [(40, State.DOWN)]
    assert plant.inputs[0].t == 45  # the plant goes on


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from([EDGE, INPUT, USER, END])), max_size=30),
    st.lists(st.sampled_from([7, 10, 25]), min_size=1, max_size=3),
)
def test_that_every_input_is_seen_once_at_the_first_point_after_it(
    edges: list[tuple[int, int]], cycles: list[int]
) -> None:
    """Of the fastest task, by counting; no task runs twice in an instant or between its points."""
    plant = Plant(*(Task(f"t{k}", cycle, k) for k, cycle in enumerate(cycles)))
    value = False
    due = set()
    for t, key in sorted(edges):
        value = not value
        plant.at(t, value, key)
        late = key > INPUT
        for cycle in cycles:
            due.add((cycle, -(-(t + late) // cycle) * cycle))
    plant.kernel.advance(1000)
    assert len(plant.controller.log) == len({(name, t) for name, t, _ in plant.controller.log})
    for k, cycle in enumerate(cycles):
        runs = plant.controller.runs(f"t{k}")
        assert all(t % cycle == 0 for t in runs)
        assert {t for t in runs if t} == {t for of, t in due if of == cycle}


def test_that_what_is_on_its_way_when_it_stops_is_lost_even_if_it_runs_again_at_once() -> None:
    plant = Plant(io_delay_ns=15)
    plant.controller.answers = {20: [(0, 5)], 30: [(1, 6)]}
    plant.at(15, True)
    plant.kernel.advance(24)
    plant.host.operate("stop", None)
    plant.kernel.advance(26)
    plant.host.operate("start", None)
    plant.kernel.advance(44)
    # sent at 20, due at 35: between lies the stop
    assert [(q.value, q.quality, q.t) for q in plant.outputs] == [(0, Quality.BAD, 24)] * 2
    plant.kernel.advance(100)  # sent at 30, due at 45
    assert [(q.value, q.t) for q in plant.outputs] == [(0, 24), (6, 45)]
