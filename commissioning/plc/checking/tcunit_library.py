"""TcUnit's own sources in a project whose tests are run: left out, and what stands in for them answers.

So suites get the same outcomes, with the line of each failure, whether a project brings the library or
refers to it (see tcunit.py). Where no tests are run the library is a part of the program like any other.
The names are those of all its versions from 0.1 to 1.3, as its public repository has them, but for blocks
that need nothing else of it (FB_StreamBuffer, F_AnyToUnionValue ...).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath

from commissioning.model.problem import Place, Problem
from commissioning.plc.syntax import units

__all__ = ["without_library"]

_SUITE = "FB_TESTSUITE"
_POUS = frozenset(
    name.upper()
    for name in (
        _SUITE, "FB_Test", "FB_TcUnitRunner", "FB_TestResults", "FB_AssertResultStatic", "FB_Assert",
        "FB_AssertArrayResultStatic", "FB_AdsAssertMessageFormatter", "FB_AdsTestResultLogger",
        "FB_AdsTestResultFormatter", "FB_AdsLogStringMessageFifoQueue", "FB_xUnitXmlPublisher",
        "FB_JUnitXmlPublisher", "FB_FileControl", "FB_MessagePrinter", "FB_ResultPrinter",
        "FB_TestFunctionBlock", "FB_TimeoutWatcher", "FB_Utility", "AWAIT_ASSERTIONS", "IS_TEST_FINISHED",
        "RUN", "RUN_IN_SEQUENCE", "TCUNIT_ADSLOGSTR", "TEST", "TEST_FINISHED", "TEST_FINISHED_NAMED",
        "TEST_ORDERED", "TIMEOUT_FOR_EACH_TEST", "I_AssertMessageFormatter", "I_AssertResult",
        "I_RunnableTestFunctionBlock", "I_RunnableTestSuite", "I_TcUnitRunner",
        "I_TestFunctionBlock", "I_TestResultFormatter", "I_TestResultLogger", "I_TestResults", "I_TestSuite",
    )
)  # fmt: skip
_LISTS = ("GVL_TCUNIT", "GVL_ASSERTRESULT")


def without_library(
    sources: Iterable[units.Source],
) -> tuple[dict[str, units.Source], Problem | None]:
    """By file the sources without what is TcUnit's, and a notice that says so; {} and None for a project that
    does not bring it. A suite of one's own by that name has no method AddTest."""
    given = list(sources)
    home = next(((source, unit) for source in given for unit in source.units if _is_suite(unit)), None)
    if home is None:
        return {}, None
    changed = {}
    for source in given:
        listed = PurePath(source.file).stem.upper() in _LISTS
        kept = tuple(unit for unit in source.units if not _is_library(unit, listed))
        if len(kept) < len(source.units):
            changed[source.file] = replace(source, units=kept)
    source, unit = home
    what = "the project brings TcUnit: to run its tests, what this program has in place of it is used"
    return changed, Problem(what, Place(source.file, unit.at.line, unit.at.column), severity="notice")


def _is_suite(unit: units.Unit) -> bool:
    if not isinstance(unit, units.Pou) or unit.name.upper() != _SUITE:
        return False
    return any(member.name.upper() == "ADDTEST" for member in unit.members)


def _is_library(unit: units.Unit, listed: bool) -> bool:
    if isinstance(unit, units.Globals):
        return listed
    return isinstance(unit, units.Pou) and unit.name.upper() in _POUS
