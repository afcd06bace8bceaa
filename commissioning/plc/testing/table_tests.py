"""Runs test tables (see tables.py) against a program, in virtual time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.checking.mocks import mock_pairs
from commissioning.plc.program import Program
from commissioning.plc.running.memory import accepted
from commissioning.plc.running.value_text import duration_ns, parsed_value, shown_duration, shown_value
from commissioning.plc.testing.instance import Instance
from commissioning.plc.testing.outcome import Failure, Outcome
from commissioning.plc.testing.st_tests import MOST_FAILURES, MOST_SCANS
from commissioning.plc.testing.stand import Stand
from commissioning.plc.testing.tables import MOST_PROBLEMS, Column, Row, Table
from commissioning.plc.testing.under_test import Block, PlcUnderTest
from commissioning.plc.values.iec_types import IecType, Value
from commissioning.plc.values.runtime import PlcError
from commissioning.plc.values.wording import with_articles

__all__ = ["run_table"]

RESULT = "result"


@dataclass(frozen=True, slots=True)
class _Bound:
    """A column that has found its variable. `path` is "" for the result of a function."""

    path: str
    type: IecType
    sets: bool
    tolerance: float


def run_table(
    program: Program, table: Table, prepare: Callable[[Stand], object] | None = None, limit_s: float = 60.0
) -> Outcome:
    """Runs a table as one test. Raises Problems for names and values that do not fit the program."""
    bed = PlcUnderTest(program, prepare)
    run = _TableRun(table, bed, time.perf_counter() + limit_s)
    begin = time.perf_counter()
    try:
        run.run()
    except PlcError as error:
        what = f"the PLC stopped: {error.message}"
        run.failures.append(Failure(what, error.file, error.line, bed.now_ns))
    return Outcome(
        suite=table.file, name=table.name, file=table.file, line=table.line,
        verdict="FAIL" if run.failures else "PASS", failures=tuple(run.failures), assertions=run.count,
        virtual_ns=bed.now_ns, wall_s=time.perf_counter() - begin, requirements=table.requirements,
        notes=tuple(
            f"mock {one.original.name} by {one.stand_in.name}: {one.original.name} was never called"
            for one, used in run.mocks
            if not used.count
        ),
    )  # fmt: skip


class _TableRun:
    """One table on its way through a PLC."""

    def __init__(self, table: Table, bed: PlcUnderTest, deadline: float) -> None:
        self.table, self.bed, self.deadline = table, bed, deadline
        self.failures: list[Failure] = []
        self.count = 0
        self.problems: list[Problem] = []
        pairs, self.problems[:] = mock_pairs(bed.plc.program.checked.project, table.mocks, table.file)
        self.mocks = [(one, bed.plc.mocks.use(one)) for one in pairs]
        self.subject = self._subject()
        self.columns = [self._bound(column) for column in table.columns]
        self.steps = [self._step(row) for row in table.rows]
        if self.problems:
            raise Problems(self.problems)

    def _problem(self, what: str, line: int, cure: str = "") -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(what, Place(self.table.file, line), cure))

    # ---- what the table means for this program --------------------------------------------------------

    def _subject(self) -> Block | None:
        kind, name = self.table.kind, self.table.subject
        try:
            if kind == "block":
                return self.bed.fb(name)
            if kind == "function":
                return self.bed.function(name)
            if kind == "program":
                return self.bed.program(name)
        except KeyError as error:
            raise Problems([Problem(str(error.args[0]), Place(self.table.file, self.table.line))]) from error
        return None

    @property
    def _instance(self) -> Instance | None:
        return None if self.subject is None else self.subject._instance

    def _bound(self, column: Column) -> _Bound | None:
        instance, path = self._instance, column.path
        if (
            instance is not None
            and self.table.kind == "function"
            and path.upper() in (RESULT.upper(), instance.pou.name.upper())
        ):
            type_, sets = instance.pou.result, False
            if type_ is None or type_.kind == "none" or type_.aggregate:
                self._problem(f"{instance.pou.name} has no result that a table can hold", self.table.line)
                return None
            return self._with_tolerance(column, "", type_, sets)
        program = self.bed.plc.program
        try:
            own = instance is not None and (instance.is_value(path) or path not in program.variables)
            where = instance.location(path) if own and instance is not None else program.location(path)
        except KeyError as error:
            self._problem(str(error.args[0]), self.table.line)
            return None
        declared = not where.variable.written
        if own and instance is not None:
            head = path.partition(".")[0].partition("[")[0].upper()
            declared = head in {name.upper() for name in instance.parameters}
        sets = column.role == "set" or (not column.role and declared)
        return self._with_tolerance(column, path, where.type, sets)

    def _with_tolerance(self, column: Column, path: str, type_: IecType, sets: bool) -> _Bound:
        return _Bound(path, type_, sets, self._tolerance(type_, column.tolerance, sets, self.table.line))

    def _tolerance(self, type_: IecType, text: str, sets: bool, line: int) -> float:
        if not text:
            return 0.0
        if sets or not (type_.numeric or type_.kind == "time"):
            self._problem(with_articles(f"a {'value that is set' if sets else type_} has no tolerance"), line)
            return 0.0
        try:
            found = float(duration_ns(text)) if type_.kind == "time" else float(self._number(text))
        except ValueError:
            found = -1.0
        if not found >= 0.0:
            self._problem(f"'{text[:40]}' is no tolerance", line, "Write for example +-0.5")
            return 0.0
        return found

    def _number(self, text: str) -> str:
        return text.replace(",", ".") if self.table.decimal_comma else text

    def _step(self, row: Row) -> tuple[Row, list[tuple[int, Value, float]]]:
        cells: list[tuple[int, Value, float]] = []
        for index, text, tolerance in row.cells:
            bound = self.columns[index]
            if bound is None:
                continue
            numeric = bound.type.numeric or bound.type.kind == "time"
            try:
                value = parsed_value(bound.type, self._number(text) if numeric else text)
                value = accepted(self.table.columns[index].path, bound.type, value)
            except (ValueError, TypeError) as error:
                self._problem(f"{self.table.columns[index].path}: {error}", row.line)
                continue
            own = (
                self._tolerance(bound.type, tolerance, bound.sets, row.line) if tolerance else bound.tolerance
            )
            cells.append((index, value, own))
        return row, cells

    # ---- running -------------------------------------------------------------------------------------

    def run(self) -> None:
        for row, cells in self.steps:
            if row.t_ns is not None:
                self._run_to(row.t_ns - 1, row)
            for index, value, _ in cells:
                bound = self.columns[index]
                if bound is not None and bound.sets:
                    self._set(bound.path, value)
            if row.t_ns is not None:
                self._run_to(row.t_ns, row)
            elif self.table.kind == "function" and self.subject is not None:
                self.subject()
            else:
                self.bed.run(1)
            for index, value, tolerance in cells:
                bound = self.columns[index]
                if bound is not None and not bound.sets:
                    self._compare(row, self.table.columns[index].path, bound, value, tolerance)
            if len(self.failures) >= MOST_FAILURES or self._too_long(row):
                return

    def _run_to(self, t_ns: int, row: Row) -> None:
        """Every scan until then, in slices, so that a slip in a time does not run for ever."""
        while self.bed.next_scan_ns <= t_ns:
            slice_end = min(t_ns, self.bed.next_scan_ns + 10_000_000_000)
            self.bed.run_to(slice_end)
            if self._too_long(row):
                return

    def _too_long(self, row: Row) -> bool:
        if time.perf_counter() <= self.deadline and self.bed.scan_count <= MOST_SCANS:
            return False
        self.failures.append(Failure("this table takes too long", self.table.file, row.line, self.bed.now_ns))
        return True

    def _set(self, path: str, value: Value) -> None:
        instance = self._instance
        if instance is None or not instance.is_value(path):
            self.bed.plc[path] = value
        else:
            instance.set(path, value)

    def _compare(self, row: Row, name: str, bound: _Bound, expected: Value, tolerance: float) -> None:
        instance = self._instance
        self.count += 1
        actual: Value | None
        if not bound.path and instance is not None:
            actual = instance.result
        elif instance is not None and instance.is_value(bound.path):
            actual = instance.get(bound.path)
        else:
            actual = self.bed.plc[bound.path]
        if _holds(actual, expected, tolerance):
            return
        around = ""
        if tolerance:
            around = (
                f" +- {shown_duration(int(tolerance)) if bound.type.kind == 'time' else f'{tolerance:g}'}"
            )
        found = shown_value(bound.type, actual)
        what = f"{name}: expected {shown_value(bound.type, expected)}{around}, actual {found}"
        self.failures.append(Failure(what, self.table.file, row.line, self.bed.now_ns))


def _holds(actual: object, expected: Value, tolerance: float) -> bool:
    if tolerance and isinstance(actual, int | float) and isinstance(expected, int | float):
        return abs(actual - expected) <= tolerance
    return actual == expected and type(actual) is type(expected)
