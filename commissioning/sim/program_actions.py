"""What one does to the programs of controllers in a run: start them again, change them, keep their values.

All of it enters as an input: journaled, kept in the input log, and repeated by a replay.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["ProgramActions"]


class ProgramActions(ABC):
    """The part of a run that acts on programs."""

    line: Line

    @abstractmethod
    def operate(self, device: str, action: str, value: Any = None) -> None:
        """See `Run.operate`."""

    def restart(self, controller: str, kind: str = "warm", retained: str = "") -> Any:
        """Start a controller's program again, now: "hot", "warm", "cold" or "origin".

        A stopped controller runs again. `retained`: values of RETAIN and PERSISTENT variables (what
        `retained` gave) that it begins with, as after a power cycle; then a report of what was taken is
        returned. Raises KeyError for an unknown controller, ValueError or Problems for what it cannot do.
        """
        self.operate(self._named(controller), "start", [kind, retained])
        return self.line.hosts[controller].controller.told

    def online_change(self, controller: str, sources: Mapping[str, Any]) -> Any:
        """Run other sources (name -> text) from now on, with the values of variables that are still there.

        Returns a report of what is kept, new, removed and of another type. Tags and tasks stay what they are.
        Raises Problems for what does not compile or does not fit the line, and then nothing has changed;
        KeyError for an unknown controller.
        """
        plain = self.line.hosts[self._named(controller)].controller.plain_sources(sources)
        self.operate(controller, "change", plain)
        return self.line.hosts[controller].controller.told

    def retained(self) -> dict[str, str]:
        """The values of RETAIN and PERSISTENT variables as text, by controller; none where there are none."""
        found = {name: host.controller.retained() for name, host in self.line.hosts.items()}
        return {name: text for name, text in found.items() if text}

    def _named(self, controller: str) -> str:
        if controller not in self.line.hosts:
            raise KeyError(f"there is no controller {controller} that runs a program")
        return controller
