"""Runs TEST units: each in a PLC of its own that has just been started, in virtual time.

    TEST 'the zone raises an alarm after 3 s'
    VAR
        z : FB_Zone;
    END_VAR
        z(enable := TRUE, sOut := TRUE);
        ASSERT_FALSE(z.alarm);
        ADVANCE_TIME(T#3s);
        z();
        ASSERT_TRUE(z.alarm, 'no alarm');
    END_TEST

A TEST that calls blocks or programs of the project itself has the time for itself. In any other test the
tasks of the project run while time advances, the first scan at 0.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import isgenerator
from typing import Any

from commissioning.plc.checking.assertions import Assertion
from commissioning.plc.checking.declared_tests import is_self_driven, shown_programs
from commissioning.plc.checking.scope import Mocked, Pou
from commissioning.plc.program import Program
from commissioning.plc.testing.instance import Instance
from commissioning.plc.testing.judging import verdict_on, written
from commissioning.plc.testing.outcome import Failure, Outcome
from commissioning.plc.testing.stand import Stand
from commissioning.plc.testing.stand_ins import StandIn
from commissioning.plc.values.runtime import PlcError

__all__ = ["found_tests", "run_test"]

MOST_SCANS = 5_000_000
MOST_FAILURES = 100
_SLICE_NS = 10_000_000_000


def found_tests(program: Program) -> list[Pou]:
    """The TEST units of a program that was compiled with its tests, in the order of their files."""
    return [pou for pou in program.checked.project.pous.values() if pou.kind == "TEST"]


def run_test(
    program: Program,
    test: Pou,
    prepare: Callable[[Stand], object] | None = None,
    limit_s: float = 60.0,
) -> Outcome:
    """Runs one TEST. `prepare` gets the PLC before anything runs; `limit_s`: wall time."""
    assert test.tree is not None
    stand = Stand(program)
    if prepare is not None:
        prepare(stand)
    judge = _Judge(program)
    begin = time.perf_counter()
    driver = _Driver(stand, test, judge, begin + limit_s)
    try:
        driver.run()
    except PlcError as error:
        judge.failures.append(
            Failure(f"the PLC stopped: {error.message}", error.file, error.line, driver.now_ns)
        )
    except _TooLong as error:
        where = program.original(test.file, test.tree.at.line)
        judge.failures.append(Failure(str(error), where[0], where[1], driver.now_ns))
    where = program.original(test.file, test.tree.at.line)
    return Outcome(
        suite=where[0], name=test.tree.name, file=where[0], line=where[1],
        verdict="FAIL" if judge.failures else "PASS", failures=tuple(judge.failures),
        assertions=judge.count, virtual_ns=driver.now_ns, wall_s=time.perf_counter() - begin,
        notes=driver.notes(),
    )  # fmt: skip


class _TooLong(Exception):
    """A test that does not come to its end."""


class _Driver:
    """Drives the generator that a TEST is compiled to, and lets time pass for it."""

    def __init__(self, stand: Stand, test: Pou, judge: _Judge, deadline: float) -> None:
        self.stand, self.test, self.deadline = stand, test, deadline
        self.alone = is_self_driven(stand.program.checked.project, test) or not stand.program.tasks
        self.now_ns = 0
        self._steps = 0
        self._judge = judge
        self._mocks: list[tuple[Mocked, StandIn]] = []

    def notes(self) -> tuple[str, ...]:
        """Stand-ins that nobody called."""
        return tuple(
            f"MOCK {one.original.name} BY {one.stand_in.name}: {one.original.name} was never called"
            for one, used in self._mocks
            if not used.count
        )

    def run(self) -> None:
        stand = self.stand
        mocks = stand.program.checked.project.mocks.get(self.test.key, [])
        self._mocks = [(one, stand.mocks.use(one)) for one in mocks]
        instance = Instance(stand, self.test, self.test.name)
        instance.fix()
        memory = instance.memories[0]
        for cell, program in shown_programs(self.test):
            memory[cell] = self._memory_of(program)
        code = stand.pou_code(self.test)
        stand.judged_by(self._judge)
        body: Any = stand.guarded(code, memory, stand.shared, 0)
        if isgenerator(body):
            self._drive(body)

    def _memory_of(self, program: Pou) -> list[Any]:
        """The memory of a program that a task runs, or a fresh one."""
        for _, pou, number in self.stand.program.instances:
            if pou.number == program.number:
                return self.stand.memories[number]
        fresh = Instance(self.stand, program, program.name)
        fresh.fix()
        return fresh.memories[0]

    def _drive(self, body: Any) -> None:
        """`body`: a generator of (whether in scans, amount) that is sent the new time (ns)."""
        stand = self.stand
        try:
            wanted = stand.guarded(next, body)
            while True:
                self._advance(*wanted)
                wanted = stand.guarded(body.send, self.now_ns)
        except StopIteration:
            return

    def _advance(self, in_scans: bool, amount: int) -> None:
        self._steps += 1
        if self._steps > MOST_SCANS:
            raise _TooLong(f"time advances more than {MOST_SCANS} times in one test")
        if time.perf_counter() > self.deadline:
            raise _TooLong("this test takes too long in real time")
        if self.alone:
            self.now_ns += max(amount, 0) * (self.stand.cycle_ns if in_scans else 1)
            self.stand.now_ns = self.now_ns
        elif in_scans:
            for _ in range(max(amount, 0)):
                self.stand.run(1)
                self._watch()
            self.now_ns = max(self.stand.now_ns, self.now_ns)
        else:
            end = self.now_ns + max(amount, 0)
            while self.now_ns < end:
                self.now_ns = min(self.now_ns + _SLICE_NS, end)
                self.stand.advance_to(self.now_ns)
                self._watch()

    def _watch(self) -> None:
        if self.stand.scan_count > MOST_SCANS:
            raise _TooLong(f"more than {MOST_SCANS} scans in one test")
        if time.perf_counter() > self.deadline:
            raise _TooLong("this test takes too long in real time")


@dataclass
class _Judge:
    """Judges assertions by their number; called by generated code."""

    program: Program
    failures: list[Failure] = field(default_factory=list)
    count: int = 0

    def __call__(self, number: int, now_ns: int, *values: Any) -> bool:
        assertion: Assertion = self.program.checked.project.assertions[number]
        self.count += 1
        what = verdict_on(assertion, values)
        if what and len(self.failures) < MOST_FAILURES:
            message = f"{values[-1]}: " if assertion.message and values[-1] else ""
            shown = written(self.program, assertion)
            file, line, _ = self.program.original(assertion.file, assertion.at.line, assertion.at.column)
            self.failures.append(Failure(f"{message}{what}{shown}", file, line, now_ns))
        return not what
