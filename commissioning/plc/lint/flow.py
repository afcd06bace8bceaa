"""Rules about what is written before it is read on every way through a POU: CP3, CP21, L13."""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.plc.lint.walk import Given, PouAt, inside, operand, own_expressions
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At, bodies
from commissioning.plc.values.iec_types import ELEMENTARY

__all__ = ["check_flow"]

Ways = frozenset[str] | None  # what has been written on every way to here; None: no way leads here


def check_flow(given: Given) -> None:
    """Look at every POU with a body."""
    for pou in given.pous:
        if pou.pou.body and not pou.pou.chart:
            _Flow(given, pou).check()


class _Flow:
    """Follows the local variables of elementary types of one POU."""

    def __init__(self, given: Given, pou: PouAt) -> None:
        self.given, self.pou = given, pou
        self.declared: dict[str, tuple[tree.Name, units.Declaration, units.Section]] = {}
        for section in pou.pou.sections:
            if section.word in ("VAR", "VAR_TEMP") and "CONSTANT" not in section.qualifiers:
                for node in section.declarations:
                    if isinstance(node.type, units.TypeName) and node.type.name.upper() in ELEMENTARY:
                        for name in node.names:
                            self.declared[name.name.upper()] = name, node, section
        self.early: dict[str, At] = {}  # read before written on some way
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.stale: dict[str, int] = {}  # variables of finished loops -> line of the loop

    def check(self) -> None:
        """CP3 and CP21; L13 on the way."""
        self._body(self.pou.pou.body, frozenset())
        keeps = self.pou.pou.kind in ("PROGRAM", "FUNCTION_BLOCK")
        for key, (name, node, section) in self.declared.items():
            if node.address or {"RETAIN", "PERSISTENT"} & set(section.qualifiers):
                continue
            if key in self.early and node.initial is None:
                what = f"{name.name} is read before it is written; it is {_zero(node)} then"
                self.given.tell("CP3", what, self.pou.source, self.early[key], "Give it an initial value")
            alone = keeps and section.word == "VAR" and not self.pou.pou.members
            outside = f"{self.pou.name}.{name.name}".upper() in self.given.wired
            if alone and key in self.read and key in self.written and key not in self.early and not outside:
                what = f"{name.name} is written in every cycle before it is read"
                self.given.tell("CP21", what, self.pou.source, name.at, "Declare it in VAR_TEMP")

    # ---- statements ----------------------------------------------------------------------------------

    def _body(self, body: Sequence[tree.Statement], ways: Ways) -> Ways:
        for statement in body:
            ways = self._statement(statement, ways)
        return ways

    def _statement(self, statement: tree.Statement, ways: Ways) -> Ways:
        match statement:
            case tree.Assign():
                ways = self._reads(statement.value, ways)
                target = statement.target
                if isinstance(target, tree.Name) and statement.operator in (":=", "REF="):
                    return self._write(target, ways)
                return self._reads(target, ways)
            case tree.Jump():
                return None
            case tree.Mark():  # what has been written where JMP stands is not followed
                return frozenset(self.declared) if ways is None else ways
            case tree.Try():
                return self._try(statement, ways)
            case tree.For():
                return self._for(statement, ways)
            case tree.Repeat():
                after = self._body(statement.body, ways)
                return self._reads(statement.until, ways if after is None else after)
            case tree.While():
                ways = self._reads(statement.condition, ways)
                self._body(statement.body, ways)
                return ways
            case tree.If():
                return self._if(statement, ways)
            case _:
                for expression in own_expressions(statement):
                    ways = self._reads(expression, ways)
                inner = bodies(statement)
                return _joined([self._body(part, ways) for part in inner]) if inner else ways

    def _for(self, loop: tree.For, ways: Ways) -> Ways:
        for part in (loop.start, loop.stop, loop.step):
            if part is not None:
                ways = self._reads(part, ways)
        if not isinstance(loop.variable, tree.Name):
            return self._reads(loop.variable, ways)
        ways = self._write(loop.variable, ways)
        self.read.add(loop.variable.name.upper())
        self._body(loop.body, ways)
        self.stale[loop.variable.name.upper()] = loop.at.line
        return ways

    def _try(self, statement: tree.Try, ways: Ways) -> Ways:
        after = self._body(statement.body, ways)
        caught = ways
        if isinstance(statement.variable, tree.Name):
            caught = self._write(statement.variable, ways)
        return self._body(statement.final, _joined([after, self._body(statement.handler, caught)]))

    def _if(self, statement: tree.If, ways: Ways) -> Ways:
        ends: list[Ways] = []
        for branch in statement.branches:
            ways = self._reads(branch.condition, ways)
            ends.append(self._body(branch.body, ways))
        return _joined([*ends, self._body(statement.otherwise, ways)])

    # ---- expressions ---------------------------------------------------------------------------------

    def _reads(self, expression: tree.Expression, ways: Ways) -> Ways:
        """The ways after an expression: outputs of a call are written in it."""
        outputs = []
        for node in inside(expression):
            if isinstance(node, tree.Assigned) and isinstance(node.target, tree.Name):
                outputs.append(node.target)
            elif isinstance(node, tree.Call):
                outputs += [a.value for a in node.arguments if a.out and isinstance(a.value, tree.Name)]
        skipped = {id(node) for node in outputs}
        for node in inside(expression):
            if isinstance(node, tree.Name) and id(node) not in skipped:
                self._read(node, ways)
        given = operand(expression)
        if isinstance(given, tree.Call):  # what may be given by reference
            outputs += [a.value for a in given.arguments if isinstance(a.value, tree.Name) and not a.out]
        for node in outputs:
            assert isinstance(node, tree.Name)
            ways = self._write(node, ways)
        return ways

    def _read(self, name: tree.Name, ways: Ways) -> None:
        key = name.name.upper()
        if key not in self.declared or ways is None:
            return
        self.read.add(key)
        if key not in ways:
            self.early.setdefault(key, name.at)
        if key in self.stale:
            line = self.stale.pop(key)
            what = f"{name.name} counted the loop of line {line} and is read behind it"
            self.given.tell("L13", what, self.pou.source, name.at, "Keep the value in another variable")

    def _write(self, name: tree.Name, ways: Ways) -> Ways:
        key = name.name.upper()
        self.written.add(key)
        self.stale.pop(key, None)
        return None if ways is None else ways | {key}


def _joined(ends: Sequence[Ways]) -> Ways:
    open_ends = [end for end in ends if end is not None]
    if not open_ends:
        return None
    return frozenset.intersection(*open_ends)


def _zero(node: units.Declaration) -> str:
    assert isinstance(node.type, units.TypeName)
    type_ = ELEMENTARY[node.type.name.upper()]
    return {"bool": "FALSE", "string": "empty", "time": "T#0s"}.get(type_.kind, "0")
