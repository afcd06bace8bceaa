"""What one does to a running line from outside: values held on tags, and what an operator does on devices.

All of it enters as an input: journaled, kept in the input log, and repeated by a replay.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from commissioning.sim.program_actions import ProgramActions
from commissioning.sim.tags import TagTable

__all__ = ["LineActions"]


class LineActions(ProgramActions):
    """The part of a run that acts on tags and devices. Every action raises RuntimeError once the run has
    stopped with a problem, and while a debugger holds a scan."""

    @property
    @abstractmethod
    def tags(self) -> TagTable:
        """See `Run.tags`."""

    @abstractmethod
    def _input(self, what: str, target: str, value: Any = None) -> None:
        """Enter an input at the present instant."""

    def force(self, name: str, value: Any) -> None:
        """Hold a value on a tag or port, stronger than any writer. Raises KeyError, TypeError."""
        signal = self.tags[name]
        if not signal.type.accepts(value):
            raise TypeError(f"{signal.name} is {signal.type.value}, it cannot be {value!r}")
        self._input("force", signal.name, value)

    def release(self, name: str) -> None:
        """End a force."""
        self._input("release", self.tags[name].name)

    def fault(self, name: str, value: Any) -> None:
        """Hold a value as a failed device would; a force is stronger."""
        signal = self.tags[name]
        if not signal.type.accepts(value):
            raise TypeError(f"{signal.name} is {signal.type.value}, it cannot be {value!r}")
        self._input("fault", signal.name, value)

    def clear(self, name: str) -> None:
        """End a fault."""
        self._input("clear", self.tags[name].name)

    def write(self, name: str, value: Any) -> None:
        """Set a PLC output nobody else owns (controller `none`). Raises PermissionError if one does."""
        signal = self.tags[name]
        if signal.owner:
            raise PermissionError(f"{signal.name} is written by {signal.owner}; force it instead")
        if not signal.type.accepts(value):
            raise TypeError(f"{signal.name} is {signal.type.value}, it cannot be {value!r}")
        self._input("set", signal.name, value)

    def operate(self, device: str, action: str, value: Any = None) -> None:
        """An operator's action on a device: press, push, release ... Raises KeyError, ValueError.

        On a controller that runs a program: write, force, with [path, value], and release, with a path;
        cold_start, warm_start, hot_start (see `restart`); stop: it scans no more and its outputs fall to
        their defaults, BAD, until a start (hot_start goes on where it stood).
        """
        if device in self.line.hosts and device not in self.line.devices:
            self.line.hosts[device].controller.check_operation(action, value)
            self._input("operate", device, [action, value])
            return
        thing = self.line.devices[device]
        if action not in thing.declaration.actions:
            can = ", ".join(thing.declaration.actions) or "nothing"
            raise ValueError(
                f"{device} is a {thing.declaration.type}: an operator can {can} it, not {action}"
            )
        self._input("operate", device, [action, value])
