"""Runs TcUnit suites: answers what they call, scan by scan in virtual time, until all tests have finished.

As in TcUnit, the instances of suites are those that the program declares, RUN() calls each of them, a test
lasts until TEST_FINISHED(), and a name that begins with `disabled_` skips it. Suites that no program runs are
instantiated and called here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from commissioning.plc.checking.assertions import Assertion
from commissioning.plc.checking.scope import Pou
from commissioning.plc.checking.tcunit import is_suite
from commissioning.plc.generation.layout import MemoryPlan
from commissioning.plc.program import Program
from commissioning.plc.running.memory import Memory
from commissioning.plc.testing.instance import Instance
from commissioning.plc.testing.judging import verdict_on, written
from commissioning.plc.testing.outcome import Failure, Outcome, Verdict
from commissioning.plc.testing.stand import Stand
from commissioning.plc.values.runtime import PlcError

__all__ = ["run_suites", "suite_tests"]

MOST_NS = 600_000_000_000  # of virtual time
MOST_FAILURES = 100
_DISABLED = "disabled_"
_RUNS = ("RUN", "RUN_IN_SEQUENCE")


@dataclass(slots=True, eq=False)
class _Case:
    """One test of a suite. `called_ns`: when it was called last; `order`: of an ordered test, from 1."""

    name: str
    file: str
    line: int
    skipped: bool
    started_ns: int
    order: int = 0
    finished_ns: int = -1
    called_ns: int = -1
    awaits_ns: int = -1
    judged: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.skipped or self.finished_ns >= 0


@dataclass(slots=True, eq=False)
class _Suite:
    """One instance of a suite. `turn`: the ordered test that runs now."""

    path: str
    pou: Pou
    memory: Memory
    cases: dict[str, _Case] = field(default_factory=dict)
    ordered: int = 0
    turn: int = 1
    called: bool = False

    @property
    def over(self) -> bool:
        return self.called and all(case.over for case in self.cases.values())


def suite_tests(program: Program) -> list[tuple[str, str, str, int]]:
    """(suite, test, file, line) of every test that is named by a literal, as far as one can see without
    running them."""
    found: dict[tuple[str, str], tuple[str, str, str, int]] = {}
    for assertion in program.checked.project.assertions:
        if assertion.word in ("TEST", "TEST_ORDERED") and assertion.name:
            file, line, _ = program.original(assertion.file, assertion.at.line)
            name = _bare(assertion.name)[0]
            found.setdefault((assertion.owner, name), (assertion.owner, name, file, line))
    return list(found.values())


def run_suites(
    program: Program, prepare: Callable[[Stand], object] | None = None, limit_s: float = 120.0
) -> list[Outcome]:
    """Runs all suites of a program; `limit_s`: wall time. Empty if it has none.

    A test whose name stands in the program and that never began is NOT RUN, with the reason.
    """
    stand = Stand(program)
    if prepare is not None:
        prepare(stand)
    host = _Host(stand)
    begin = time.perf_counter()
    stopped: PlcError | None = None
    idle = False
    try:
        host.gather()
        while not host.over and stand.now_ns <= MOST_NS:
            if time.perf_counter() - begin >= limit_s:
                host.late = f", and there is no more time: the suites took {limit_s:g} s in real time"
                break
            before = stand.now_ns, stand.scan_count
            host.scan()
            idle = host.by_tasks and before == (stand.now_ns, stand.scan_count)
            if idle:
                break  # nothing will ever start a task
    except PlcError as error:
        stopped = error
    if not host.suites:
        return []
    if stopped is not None:
        why = "the PLC stopped before it began"
    else:
        why = "nothing has called it" if host.over or idle else "its suite did not come to it in time"
    return host.outcomes(stopped) + host.never_begun(why)


class _Host:
    """Answers the calls of suites; a stand-in for the runner of the library."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.suites: list[_Suite] = []
        self.driver: Callable[[], None] = self._call_all
        self._assertions: Sequence[Assertion] = stand.program.checked.project.assertions
        self._suite: _Suite | None = None
        self._case: _Case | None = None
        self._ignoring = False
        self.late = ""  # why the run ended before its time
        self._scan = 0
        self._rest_ns = 0  # between suites that run in sequence
        stand.judged_by(self)

    # ---- which suites there are ------------------------------------------------------------------------

    def gather(self) -> None:
        """The instances of suites, and who calls them: the tasks, a program that no task runs, or nobody."""
        program, project = self.stand.program, self.stand.program.checked.project
        runners = {a.owner.upper() for a in self._assertions if a.word in _RUNS}
        self._found(program.memories, self.stand.memories, "")
        if self.suites and runners & {pou.name.upper() for _, pou, _ in program.instances}:
            self.driver = self._tasks
            return
        for pou in project.pous.values():
            if pou.kind == "PROGRAM" and pou.name.upper() in runners:
                test_program = Instance(self.stand, pou, pou.name)
                self._found(test_program.plans, test_program.memories, "$")
                if self.suites:
                    self.driver = test_program.call
                    return
        if not self.suites:
            for pou in project.pous.values():
                if is_suite(project, pou) and "ABSTRACT" not in pou.modifiers and not pou.derived:
                    alone = Instance(self.stand, pou, pou.name)
                    alone.fix()
                    self.suites.append(_Suite(pou.name, pou, alone.memories[0]))

    def _found(self, plans: Sequence[MemoryPlan], memories: Sequence[Memory], mark: str) -> None:
        project = self.stand.program.checked.project
        for plan, memory in zip(plans, memories, strict=True):
            if is_suite(project, plan.pou):
                self.suites.append(_Suite(plan.path.removeprefix(mark), plan.pou, memory))

    # ---- one scan --------------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        return all(suite.over for suite in self.suites)

    @property
    def by_tasks(self) -> bool:
        """Whether the tasks of the project call the suites."""
        return self.driver == self._tasks

    def scan(self) -> None:
        if self._scan and not self.by_tasks:
            self.stand.now_ns += self.stand.cycle_ns
        self._scan += 1
        self.driver()

    def _tasks(self) -> None:
        self.stand.run(1)

    def _call_all(self) -> None:
        for suite in self.suites:
            self._call(suite, guarded=True)

    def _call(self, suite: _Suite, guarded: bool) -> None:
        stand = self.stand
        self._suite, self._case, self._ignoring = suite, None, False
        code = stand.pou_code(suite.pou)
        if guarded:
            stand.guarded(code, suite.memory, stand.shared, stand.now_ns)
        else:  # inside a scan, which has its own budget and tells where it stopped
            code(suite.memory, stand.shared, stand.now_ns)
        suite.called = True
        self._suite = self._case = None

    # ---- what generated code asks ----------------------------------------------------------------------

    def __call__(self, number: int, now_ns: int, *values: Any) -> bool:
        assertion = self._assertions[number]
        match assertion.word:
            case "TEST":
                self._begin(assertion, str(values[0]), now_ns, ordered=False)
            case "TEST_ORDERED":
                return self._begin(assertion, str(values[0]), now_ns, ordered=True)
            case "TEST_FINISHED":
                self._finish(self._case, now_ns)
            case "TEST_FINISHED_NAMED":
                self._finish_named(str(values[0]), now_ns)
            case "IS_TEST_FINISHED":
                named = self._named(str(values[0]))
                return named is not None and named.finished_ns >= 0
            case "AWAIT_ASSERTIONS":
                if self._case is not None and self._case.awaits_ns < 0:
                    self._case.awaits_ns = now_ns + int(values[0])
            case "RUN":
                for suite in self.suites:
                    self._call(suite, guarded=False)
            case "RUN_IN_SEQUENCE":
                self._next_suite(now_ns, int(values[0]))
            case "TIMEOUT_FOR_EACH_TEST":
                pass  # virtual time is bounded anyway
            case _:
                return self._judge(assertion, now_ns, values)
        return True

    def _next_suite(self, now_ns: int, pause_ns: int) -> None:
        """RUN_IN_SEQUENCE: the first suite that has not finished, a pause after the one before."""
        suite = next((suite for suite in self.suites if not suite.over), None)
        if suite is None or now_ns < self._rest_ns:
            return
        self._call(suite, guarded=False)
        if suite.over:
            self._rest_ns = now_ns + pause_ns

    def _begin(self, assertion: Assertion, name: str, now_ns: int, ordered: bool) -> bool:
        """TEST and TEST_ORDERED: whether it is the test's turn."""
        self._case, self._ignoring = None, False
        suite = self._suite
        if suite is None:
            return False
        trimmed, skipped = _bare(name)
        case = suite.cases.get(trimmed)
        if case is None:
            file, line, _ = self.stand.program.original(assertion.file, assertion.at.line)
            suite.ordered += ordered
            order = suite.ordered if ordered else 0
            case = suite.cases[trimmed] = _Case(trimmed, file, line, skipped, now_ns, order)
        elif case.called_ns == now_ns:
            self._twice(case, assertion, now_ns)
            return False
        case.called_ns = now_ns
        self._case = case
        self._ignoring = case.over
        if ordered and not case.skipped:
            if case.order == suite.turn and case.over:
                suite.turn += 1
                return False
            self._ignoring = case.order != suite.turn
        elif ordered and case.order == suite.turn:
            suite.turn += 1
        return not self._ignoring

    def _twice(self, case: _Case, assertion: Assertion, now_ns: int) -> None:
        """A second test of the same name is ignored, but for its TEST_FINISHED; told once."""
        self._case, self._ignoring = case, True
        file, line, _ = self.stand.program.original(assertion.file, assertion.at.line)
        note = (
            f"{file}:{line}: there is a second test '{case.name}' in this suite, its assertions do not count"
        )
        if note not in case.notes:
            case.notes.append(note)

    def _named(self, name: str) -> _Case | None:
        return None if self._suite is None else self._suite.cases.get(name.strip())

    def _finish(self, case: _Case | None, now_ns: int) -> bool:
        """Whether it ends now; as in the library, a test whose turn it is not ends as well."""
        if case is None or case.over or now_ns < case.awaits_ns:
            return False
        case.finished_ns = now_ns
        return True

    def _finish_named(self, name: str, now_ns: int) -> None:
        """TEST_FINISHED_NAMED: what is asserted behind it, up to the next TEST, does not count."""
        if self._finish(self._named(name), now_ns):
            self._ignoring = True

    def _judge(self, assertion: Assertion, now_ns: int, values: tuple[Any, ...]) -> bool:
        case = self._case
        if case is None or self._ignoring or case.over or now_ns < case.awaits_ns:
            return True
        case.judged += 1
        what = verdict_on(assertion, values)
        if not what:
            return True
        message = f"{values[-1]}: " if assertion.message and values[-1] else ""
        program = self.stand.program
        file, line, _ = program.original(assertion.file, assertion.at.line, assertion.at.column)
        failure = Failure(f"{message}{what}{written(program, assertion)}", file, line, now_ns)
        known = {(one.what, one.line) for one in case.failures}  # each cycle asserts the same again
        if (failure.what, failure.line) not in known and len(case.failures) < MOST_FAILURES:
            case.failures.append(failure)
        return False

    # ---- what came of it ---------------------------------------------------------------------------------

    def outcomes(self, stopped: PlcError | None) -> list[Outcome]:
        found = []
        for suite in self.suites:
            for case in suite.cases.values():
                found.append(self._outcome(suite, case, stopped))
        if stopped is not None and not any(outcome.verdict == "FAIL" for outcome in found):
            failure = _stop(stopped, self.stand.now_ns)
            where = self._suite.path if self._suite is not None else self.suites[0].path
            found.append(Outcome(stopped.file, where, stopped.file, stopped.line, "FAIL", (failure,)))
        return found

    def never_begun(self, why: str) -> list[Outcome]:
        """What stands for tests that no instance of their suite has begun."""
        begun = {
            (pou.name.upper(), name)
            for suite in self.suites
            for pou in suite.pou.lineage()
            for name in suite.cases
        }
        return [
            Outcome(file, f"{suite}.{name}", file, line, "NOT RUN", why=why)
            for suite, name, file, line in suite_tests(self.stand.program)
            if (suite.upper(), name) not in begun
        ]

    def _outcome(self, suite: _Suite, case: _Case, stopped: PlcError | None) -> Outcome:
        failures, why = list(case.failures), ""
        verdict: Verdict = "FAIL" if failures else "PASS"
        if case.skipped:
            verdict, why = "NOT RUN", "its name begins with disabled_"
        elif stopped is not None and case is self._case:
            failures.append(_stop(stopped, self.stand.now_ns))
            verdict = "FAIL"
        elif case.finished_ns < 0:
            if stopped is not None:
                verdict, why = (
                    ("FAIL" if failures else "INCONCLUSIVE"),
                    "the PLC stopped before it had finished",
                )
            else:
                what = "the test did not finish: it never came to TEST_FINISHED" + self.late
                failures.append(Failure(what, case.file, case.line, self.stand.now_ns))
                verdict = "FAIL"
        end = case.finished_ns if case.finished_ns >= 0 else self.stand.now_ns
        return Outcome(
            suite=case.file, name=f"{suite.path}.{case.name}", file=case.file, line=case.line,
            verdict=verdict, failures=tuple(failures), assertions=case.judged,
            virtual_ns=end - case.started_ns, why=why, notes=tuple(case.notes),
        )  # fmt: skip


def _bare(name: str) -> tuple[str, bool]:
    """The name of a test without the mark of one that is disabled, and whether it is."""
    name = name.strip()
    disabled = name.lower().startswith(_DISABLED)
    return (name[len(_DISABLED) :] if disabled else name), disabled


def _stop(error: PlcError, now_ns: int) -> Failure:
    return Failure(f"the PLC stopped: {error.message}", error.file, error.line, now_ns)
