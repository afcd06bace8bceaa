"""__TRY, __CATCH, __FINALLY: PLC exceptions that the program answers itself."""

from __future__ import annotations

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.labels import LabelChecker
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import ELEMENTARY

RAISING = "F_RAISEEXCEPTION"  # of the library Tc2_System
_HIGHEST = ELEMENTARY["UDINT"].high


class CatchChecker(LabelChecker):
    """Statements that catch exceptions, and that raise them."""

    def _try(self, node: tree.Try) -> Command | None:
        if not self.project.dialect.exceptions:
            cure = "Test before what may go wrong, or use the dialect codesys or twincat"
            self.problem("__TRY is no word of the dialect iec", node.at, cure)
        self.project.catches = True
        body = self.body(node.body)
        target = self.designator(node.variable)
        handler, final = self.body(node.handler), self.body(node.final)
        if target is None or not self.writable(target, node.variable.at):
            return None
        target.symbol.written = True
        type_ = target.type.element if target.type.kind == "enum" else target.type
        if type_ is None or type_.kind not in ("int", "bits") or type_.high < _HIGHEST:
            what = f"__CATCH gives a code of 32 bits, {target.symbol.name} is a {target.type}"
            self.problem(what, node.variable.at, "Declare it as __SYSTEM.ExceptionCode")
            return None
        if target.cell.view is not None:
            self.problem("__CATCH gives a whole variable a value, this is a part of one", node.variable.at)
            return None
        return commands.Try(body, target.type, target.cell, handler, final, node.at, node.caught)

    def _raise(self, call: tree.Call) -> Command | None:
        """`F_RaiseException(code)`."""
        if len(call.arguments) != 1 or call.arguments[0].out:
            self.problem("F_RaiseException has 1 argument: the code of the exception", call.at)
            return None
        code = self.expression(call.arguments[0].value)
        if code is None:
            return None
        if code.type.kind not in ("int", "bits", "enum"):
            self.problem(f"the code of an exception is a whole number, this is a {code.type}", call.at)
            return None
        return commands.CallFunction(typed.OfMemory(ELEMENTARY["UDINT"], "raised", (code,)), call.at)
