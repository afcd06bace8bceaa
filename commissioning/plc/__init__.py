"""The emulated PLC: Structured Text, compiled to Python, scanned in virtual time.

`compile_st(sources)` -> Program; `program.start()` -> Plc; errors are Problems with file, line and column.
`compile_project` takes texts that were taken out of TwinCAT or PLCopen XML files as well.
"""

from commissioning.plc.compiler import compile_st
from commissioning.plc.machine import Plc
from commissioning.plc.pieces import SourcePiece, compile_project
from commissioning.plc.program import Program, Task, TaskSpec, Variable
from commissioning.plc.runtime import PlcError

__all__ = [
    "Plc", "PlcError", "Program", "SourcePiece", "Task", "TaskSpec", "Variable", "compile_project",
    "compile_st",
]  # fmt: skip
