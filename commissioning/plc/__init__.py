"""The emulated PLC: Structured Text, compiled to Python, scanned in virtual time.

`compile_st(sources)` -> Program; `program.start()` -> Plc; errors are Problems with file, line and column.
"""

from commissioning.plc.compiler import compile_st
from commissioning.plc.machine import Plc
from commissioning.plc.program import Program, Task, TaskSpec, Variable
from commissioning.plc.runtime import PlcError

__all__ = ["Plc", "PlcError", "Program", "Task", "TaskSpec", "Variable", "compile_st"]
