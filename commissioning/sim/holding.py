"""A session whose run stands still inside a scan of its controller.

The run's own thread waits in the middle of the instant, so plant and controller are frozen together. It goes
on answering: what only looks is done, what would act is refused by the run until the scan goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from commissioning.model.abandoned import Abandoned
from commissioning.sim.run import Run

__all__ = ["Debugging", "Holding"]


class Debugging(Protocol):
    """What a session needs of a debugger; see `commissioning.plc.debugging.debugger`."""

    where: Any
    holder: Callable[[Any], None] | None
    released: bool

    @property
    def stale(self) -> bool: ...
    @property
    def breakpoints(self) -> tuple[Any, ...]: ...
    def adopt(self, points: Iterable[Any]) -> tuple[str, ...]: ...
    def run(self) -> Any: ...


class Holding:
    """The debuggers of a session, by controller, and how its thread waits. `serve` takes commands and
    publishes; it returns when something may have come."""

    def __init__(self, serve: Callable[[], None], closing: Callable[[], bool]) -> None:
        self._serve, self._closing = serve, closing
        self.debuggers: dict[str, Debugging] = {}
        self.held: Debugging | None = None
        self.abandon = False

    def attach(self, run: Run, controller: str) -> Debugging:
        """The debugger of a controller, which holds the thread of the session from now on."""
        debugger: Debugging = run.debug(controller)
        debugger.holder = self._hold
        self.debuggers[controller] = debugger
        return debugger

    def of(self, run: Run, controller: str) -> Debugging:
        """The present debugger of a controller; after an online change another one, with the same
        breakpoints."""
        known = self.debuggers.get(controller)
        if known is not None and not known.stale:
            return known
        made = self.attach(run, controller)
        if known is not None:
            known.holder = None
            made.adopt(known.breakpoints)
        return made

    def follow(self, run: Run) -> None:
        """A new run: the same breakpoints."""
        old, self.debuggers = self.debuggers, {}
        self.abandon = False
        for controller, before in old.items():
            points = before.breakpoints
            before.holder = None
            self.attach(run, controller).adopt(points)

    def go_on(self) -> None:
        """Let the held scan go on."""
        if self.held is not None:
            self.held.run()

    def _hold(self, debugger: Debugging) -> None:
        """In the run's thread, inside a scan."""
        self.held = debugger
        debugger.released = False
        try:
            while not debugger.released:
                if self.abandon or self._closing():
                    raise Abandoned
                self._serve()
        finally:
            self.held = None
