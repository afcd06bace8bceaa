"""Event tasks in virtual time: in the instant of the event, by priority, whether others slept or not."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from commissioning.model.declare import TypeDeclaration
from commissioning.model.tags import DataType
from commissioning.sim.controller import Controller, Task
from commissioning.sim.controller_host import ControllerHost
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import EDGE, END, INPUT, Kernel
from commissioning.sim.tags import TagTable

Changes = Sequence[tuple[int, Any]]


class Scripted(Controller):
    """Input 0 may start the tasks in `by_input`; a run of (task, t) in `raises` starts others; `awake`: every
    cyclic task asks for its next point."""

    declaration = TypeDeclaration("controller", "scripted", "For these tests.")

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.id, self.index = "plc", 0
        self.tasks, self.io_delay_ns = tasks, 0
        self.by_input: tuple[str, ...] = ()
        self.raises: dict[tuple[str, int], tuple[str, ...]] = {}
        self.raised: set[str] = set()
        self.answers: dict[tuple[str, int], Changes] = {}
        self.awake = False
        self.log: list[tuple[str, int, list[int]]] = []

    def exchange(self, task: int, t: int, changed: Changes) -> Changes:
        name = self.tasks[task].name
        self.log.append((name, t, [k for k, _ in changed]))
        self.raised = (self.raised - {name}) | set(self.raises.get((name, t), ()))
        return self.answers.get((name, t), ())

    def next_wake(self, task: int, t: int) -> int | None:
        return t + 1 if self.awake else None

    def triggers(self, task: int) -> Sequence[int]:
        return (0,) if self.tasks[task].name in self.by_input else ()

    def triggered(self, task: int) -> bool:
        return self.tasks[task].name in self.raised


class Plant:
    """A kernel, two PLC inputs, one PLC output. `loop`: what writes the output sets input 1 as a device would
    that answers in the same instant."""

    continuations = ("answer",)

    def __init__(self, *tasks: Task, by_input: tuple[str, ...] = (), awake: bool = False) -> None:
        self.kernel = Kernel()
        journal = Journal(self.kernel, {})
        tags = TagTable(self.kernel, journal)
        self.controller = Scripted(tasks)
        self.controller.by_input, self.controller.awake = by_input, awake
        self.inputs = [tags.add(f"I{k}", DataType.BOOL, direction="input") for k in range(2)]
        self.output = tags.add("Q0", DataType.BOOL, direction="output")
        self.controller.inputs, self.controller.outputs = self.inputs, [self.output]
        line: Any = SimpleNamespace(kernel=self.kernel, journal=journal, alarms=[])
        self.host = ControllerHost(self.controller, line, 0)
        self.host.start()

    def loop(self) -> None:
        self.output.subscribe(lambda _: self.kernel.call_at(self.kernel.now, self.answer, None), None)

    def answer(self, _: object) -> None:
        self.inputs[1].write(True)

    def at(self, t: int, value: bool, key: int = EDGE, k: int = 0) -> None:
        self.kernel.call_at(t, self.inputs[k].write, value, key)

    def log(self, since: int = 1) -> list[tuple[str, int]]:
        self.kernel.advance(200)
        return [(name, t) for name, t, _ in self.controller.log if t >= since]


EVENT = Task("event", 0, 1, event=True)


@pytest.mark.parametrize("awake", [False, True])
@pytest.mark.parametrize("key", [EDGE, INPUT, END], ids=["edge", "input", "end"])
def test_that_an_input_starts_an_event_task_in_its_own_instant(key: int, awake: bool) -> None:
    plant = Plant(Task("main", 10, 5), EVENT, by_input=("event",), awake=awake)
    plant.at(23, True, key)
    plant.kernel.advance(40)
    assert [t for name, t, _ in plant.controller.log if name == "event"] == [0, 23]
    # it is handed the new value, and the cyclic task goes on at its next point with what is in the image
    assert [changed for name, t, changed in plant.controller.log if t == 23] == [[0]]
    assert ("main", 30, []) in plant.controller.log


def test_that_an_event_task_that_no_input_starts_does_not_run_at_time_0() -> None:
    plant = Plant(Task("main", 10, 5), EVENT)
    assert plant.log(0) == [("main", 0)]


@pytest.mark.parametrize("awake", [False, True])
@pytest.mark.parametrize("priority", [1, 9])
def test_that_on_the_grid_the_event_takes_its_turn_by_priority(priority: int, awake: bool) -> None:
    event = Task("event", 0, priority, event=True)
    plant = Plant(Task("main", 10, 5), event, by_input=("event",), awake=awake)
    plant.at(50, True)
    runs = [name for name, t in plant.log() if t == 50]
    assert runs == (["event", "main"] if priority == 1 else ["main", "event"])


@pytest.mark.parametrize(("priority", "order"), [(1, "main event late"), (9, "main late event")])
def test_that_a_task_starts_another_in_the_same_instant(priority: int, order: str) -> None:
    event = Task("event", 0, priority, event=True)
    plant = Plant(Task("main", 10, 5), Task("late", 10, 7), event, awake=True)
    plant.controller.raises[("main", 50)] = ("event",)
    assert " ".join(name for name, t in plant.log() if t == 50) == order
    assert [t for name, t in plant.log(0) if name == "event"] == [50]


def test_that_an_event_after_the_run_of_that_instant_is_answered_a_little_later() -> None:
    plant = Plant(Task("main", 10, 5), EVENT, by_input=("event",))
    plant.at(50, True)
    plant.controller.raises[("main", 50)] = ("event",)
    plant.kernel.advance(2000)
    assert [t for name, t, _ in plant.controller.log if name == "event"] == [0, 50, 1050]


def test_that_a_task_with_a_cycle_goes_on_in_it_after_an_event() -> None:
    both = Task("both", 20, 1, event=True)
    plant = Plant(both, by_input=("both",), awake=True)
    plant.at(33, True)
    assert plant.log()[:4] == [("both", 20), ("both", 33), ("both", 40), ("both", 60)]


@pytest.mark.parametrize("awake", [False, True])
def test_that_an_answer_of_the_plant_in_the_instant_does_not_bring_back_a_turn_that_has_passed(
    awake: bool,
) -> None:
    """A device answers the late task's output at once, in an earlier band: the first task had its turn."""
    plant = Plant(Task("first", 10, 1), Task("late", 10, 5), awake=awake)
    plant.loop()
    plant.controller.answers[("late", 50)] = [(0, True)]
    plant.kernel.advance(1)
    plant.host._arm(1, 50)
    plant.kernel.advance(100)
    seen = [(name, t) for name, t, changed in plant.controller.log if 1 in changed and t]
    assert seen == [("first", 60)]
    assert plant.kernel.passed(EDGE) is True  # between instants


@pytest.mark.parametrize("awake", [False, True])
def test_that_a_task_with_both_has_had_its_turn_at_a_point_of_its_cycle_also_if_it_slept(awake: bool) -> None:
    plant = Plant(Task("both", 10_000, 1, event=True), by_input=("both",), awake=awake)
    plant.at(50_000, True, END)
    plant.kernel.advance(60_000)
    assert [t for _, t, changed in plant.controller.log if changed and t] == [51_000]
