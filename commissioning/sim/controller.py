"""What decides: the contract of a controller.

A controller runs at points of its own choosing (`next_wake`) and whenever an input changed. The host
(`controller_host`) gives it what changed since it last ran and publishes what it returns. It knows nothing
of how the controller is made.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from commissioning.model.declare import TypeDeclaration
from commissioning.model.problem import Problem
from commissioning.sim.stateful import Stateful
from commissioning.sim.tags import Signal

__all__ = ["Controller", "ControllerStopped", "Task"]


@dataclass(frozen=True)
class Task:
    """A task. Lower `priority` runs first, as IEC 61131-3 has it. `event`: something starts it at once;
    `cycle_ns` 0: nothing else does."""

    name: str
    cycle_ns: int
    priority: int = 0
    event: bool = False


class ControllerStopped(Exception):
    """The controller met an error of its program and stops; the plant goes on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Controller(Stateful):
    """Contract. `inputs` and `outputs` are entries of the tag table, PLC inputs and PLC outputs."""

    declaration: ClassVar[TypeDeclaration]
    constant: ClassVar[tuple[str, ...]] = ("index", "inputs", "outputs", "tasks", "io_delay_ns")
    debuggable: ClassVar[bool] = False
    renews: ClassVar[frozenset[str]] = frozenset()
    """The operations after which its program begins anew or is another one, and is given all inputs."""
    halts: ClassVar[frozenset[str]] = frozenset()
    """The operations after which its program is executed no more, until one of `begins`."""
    begins: ClassVar[frozenset[str]] = frozenset()
    """Those of `renews` after which a stopped program is executed again."""
    told: Any = None
    """What the last of these operations told."""
    replay_only: ClassVar[bool] = False
    """Its state cannot be saved: a run with it is put back in time by running again from the start."""

    index: int
    inputs: Sequence[Signal]
    outputs: Sequence[Signal]
    tasks: Sequence[Task]
    io_delay_ns: int

    @abstractmethod
    def exchange(
        self, task: int, t: int, changed: Sequence[tuple[int, Any]]
    ) -> Sequence[tuple[int, Any]] | None:
        """Run `task` at `t` ns. `changed`: (index in `inputs`, value) new since any task last ran.

        Returns (index in `outputs`, value) of outputs that changed; None if nothing has started the task, so
        that it took the inputs only. Raises ControllerStopped.
        """

    @abstractmethod
    def next_wake(self, task: int, t: int) -> int | None:
        """The next time in ns, after a run at `t`, at which `task` must run if no input changes.

        Any time later than t, not only points of its cycle; the host rounds up. None: it may sleep on.
        """

    def triggers(self, task: int) -> Sequence[int]:
        """The inputs whose change may start `task` at once; it is run, and finds out whether they did."""
        return ()

    def triggered(self, task: int) -> bool:
        """Whether something inside the controller has started `task`."""
        return False

    def compared_with(self, k: int) -> Sequence[float] | None:
        """What its programs compare input `k` with, ascending, if all its values between two of these numbers
        lead to the same; None: they do more with it."""
        return None

    def disturbed(self, task: int) -> bool:
        """Whether something else changed data that `task` reads since it last ran."""
        return False

    @property
    def held(self) -> str:
        """Where a debugger holds the scan that is going on, "" if none does."""
        return ""

    def operate(self, action: str, argument: Any) -> None:
        """What a user does to its program between scans: write, force, release. Raises KeyError, TypeError,
        ValueError."""
        raise ValueError(f"{self.id} has no variables that could be reached: {action}")

    def check_operation(self, action: str, argument: Any) -> None:
        """Raises what `operate` would raise, and does nothing."""
        raise ValueError(f"{self.id} has no variables that could be reached: {action}")

    def retained(self) -> str:
        """The values that outlast a power cycle, as text, "" if there are none."""
        return ""

    def plain_sources(self, sources: Mapping[str, Any]) -> Any:
        """Sources of a program as plain data, the argument of the operation "change"."""
        raise ValueError(f"{self.id} runs no program that could be changed")

    def coverage(self) -> Any:
        """Which statements of its program have been executed since this was first called; None without a
        program of which that can be known. See `commissioning.plc.debugging.coverage`."""
        return None

    def debugger(self, driver: Any) -> Any:
        """The debugger of its program; `driver` lets time pass, see `sim.driven`. Raises ValueError where
        there is no program to debug."""
        raise ValueError(f"{self.id} runs no program that could be debugged")

    def refusal(self) -> Problem | None:
        """Why no run may begin with it; None if one may."""
        return None

    def hosted(self, watch: Callable[[Signal], None]) -> None:
        """Its host is there. `watch(signal)` makes an entry one more of its `inputs`, also in a run; only for
        controllers that are `replay_only`."""
