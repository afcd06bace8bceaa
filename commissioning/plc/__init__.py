"""The emulated PLC: Structured Text, compiled to Python, scanned in virtual time.

`compile_st(sources)` -> Program; `program.start()` -> Plc; errors are Problems with file, line and column.
`plc.start("warm")` starts it again, `plc.online_change(program)` gives it another program; both tell what
became of its variables.
`compile_project` takes texts that were taken out of TwinCAT or PLCopen XML files as well.
"""

from commissioning.plc.compiler import compile_st
from commissioning.plc.pieces import SourcePiece, compile_project
from commissioning.plc.program import Program, Task, TaskSpec, Variable
from commissioning.plc.running.machine import Plc
from commissioning.plc.running.online_change import OnlineChange
from commissioning.plc.running.retained import RetainReport
from commissioning.plc.values.runtime import PlcError

__all__ = [
    "OnlineChange", "Plc", "PlcError", "Program", "RetainReport", "SourcePiece", "Task", "TaskSpec",
    "Variable", "compile_project", "compile_st",
]  # fmt: skip
