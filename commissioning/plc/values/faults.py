"""What stops the emulated PLC."""

from __future__ import annotations

from commissioning.plc.values.exception_codes import Code


class ArithmeticFault(Exception):
    """The PLC would stop here; the text says why. `code`: what __CATCH is given."""

    code: int = Code.UNKNOWN


class IndexFault(ArithmeticFault):
    """There is no such element."""

    code = Code.ARRAYBOUNDS


class RangeFault(ArithmeticFault):
    """A value does not fit the subrange it is meant for."""

    code = Code.OVERFLOW


class MathFault(ArithmeticFault):
    """A function of REAL has no value there."""

    code = Code.FPU_INVALID_OPERATION


class AddressFault(ArithmeticFault):
    """Nothing, or something else, lies where a pointer or reference leads."""

    code = Code.ACCESS_VIOLATION


class MemoryFault(ArithmeticFault):
    """__NEW finds no room."""

    code = Code.OUT_OF_MEMORY


class DepthFault(ArithmeticFault):
    """Calls lead back to themselves too often."""

    code = Code.STACK_OVERFLOW


class Overrun(ArithmeticFault):
    """The scan has executed more statements than its task may."""

    where = "in this loop"


class EndlessCalls(Overrun):
    """The same, by calls that lead back to themselves."""

    where = "in calls that lead back to themselves"


class ManyBytes(Overrun):
    """The same, by pieces of memory that are copied, filled and compared."""

    where = "by bytes of memory that it moves"


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


FAULTS = (ArithmeticFault, ArithmeticError, ValueError)  # what generated code may raise


def catchable(error: Exception) -> bool:
    """Whether __CATCH answers it: neither the watchdog nor what is not written yet."""
    return not isinstance(error, Overrun | StubFault)


def caught(error: Exception) -> int:
    """The code of an exception, for __CATCH. Raises it again where nobody may catch it."""
    if not catchable(error):
        raise error
    if isinstance(error, ArithmeticFault):
        return int(error.code)
    if isinstance(error, ZeroDivisionError):
        return int(Code.DIVIDEBYZERO)
    return int(Code.OVERFLOW if isinstance(error, OverflowError) else Code.UNKNOWN)


def raised(code: int) -> None:
    """F_RaiseException."""
    fault = ArithmeticFault(f"the program raises the exception 16#{code & 0xFFFFFFFF:X}")
    fault.code = code & 0xFFFFFFFF
    raise fault
