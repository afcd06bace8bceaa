"""What stops the emulated PLC."""

from __future__ import annotations


class ArithmeticFault(Exception):
    """The PLC would stop here; the text says why."""


class Overrun(ArithmeticFault):
    """The scan has executed more statements than its task may."""

    where = "in this loop"


class EndlessCalls(Overrun):
    """The same, by calls that lead back to themselves."""

    where = "in calls that lead back to themselves"


class PlcError(Exception):
    """The emulated PLC stopped: `message` and the statement (file, 1-based line and column) it was at.

    `cure`: what to do, where there is more to say than to correct the statement.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, cure: str = "") -> None:
        super().__init__(message, file, line, column, cure)
        self.cure = cure
        self.message = message
        self.file = file
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.message}"
            if self.file or self.line
            else self.message
        )


class StubFault(ArithmeticFault):
    """A stub was called whose body is missing. The place that counts is the one of the call."""
