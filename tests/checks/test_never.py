"""never: FAIL with time and cause, doubt and early ends are INCONCLUSIVE."""

from __future__ import annotations

from commissioning.checks.never import Never


def test_that_what_never_was_passes_with_its_measure(seen, make) -> None:
    check = make(Never, when="A and B")
    verdict = check.judge(
        [check.observe(seen(10).value(1, "A", True).value(2, "A", False).value(3, "B", True))]
    )
    assert (verdict.verdict, verdict.measured, verdict.limit, verdict.unit) == ("PASS", 0.0, 0.0, "times")
    assert verdict.at_s is None


def test_that_a_violation_names_its_first_time_its_count_and_its_cause(seen, make) -> None:
    view = seen(10).press(2.5).value(2.5, "A", True, cause=1).value(3, "B", True, cause=2)
    view.value(4, "B", False).value(6, "B", True).value(6.5, "A", False)
    check = make(Never, when="A and B")
    verdict = check.judge([check.observe(view)])
    assert (verdict.verdict, verdict.measured, verdict.at_s) == ("FAIL", 2.0, 3.0)
    assert "0:00:03.000" in verdict.why and "2 times, 1.5 s in all" in verdict.why
    assert [text for _, text in verdict.causes] == [
        "B rose, written by plc", "A rose, written by plc", "operator: press start",
    ]  # fmt: skip
    assert [t for t, _ in verdict.causes] == [3_000_000_000, 2_500_000_000, 2_500_000_000]


def test_that_the_trace_shows_the_signals_around_the_failure(seen, make) -> None:
    view = seen(20).value(1, "A", True).value(9, "B", True).value(9.25, "B", False)
    check = make(Never, span=20.0, when="A and B")
    verdict = check.judge([check.observe(view)])
    assert verdict.trace is not None
    assert verdict.trace["start_ns"] < 9_000_000_000 < 9_250_000_000 < verdict.trace["end_ns"]
    assert verdict.trace["marks"] == [[9_000_000_000, "fails"]]
    by_name = {signal["name"]: signal["points"] for signal in verdict.trace["signals"]}
    assert by_name["A"] == [[verdict.trace["start_ns"], True]]
    assert by_name["B"][1:] == [[9_000_000_000, True], [9_250_000_000, False]]


def test_that_an_event_that_happens_fails_at_its_instant(seen, make) -> None:
    check = make(Never, when="A rises and B")
    verdict = check.judge([check.observe(seen(10).value(1, "B", True).value(2, "A", True))])
    assert (verdict.verdict, verdict.at_s, verdict.measured) == ("FAIL", 2.0, 1.0)


def test_that_a_bad_operand_is_inconclusive_unless_it_failed_elsewhere(seen, make) -> None:
    check = make(Never, when="A and B")
    doubt = seen(10).value(1, "A", True).value(2, "B", False, bad=True).value(3, "B", False)
    verdict = check.judge([check.observe(doubt)])
    assert verdict.verdict == "INCONCLUSIVE"
    assert "from 0:00:02.000 to 0:00:03.000" in verdict.why
    assert check.judge([check.observe(doubt.value(5, "B", True))]).verdict == "FAIL"


def test_that_a_bad_operand_does_not_matter_where_the_other_is_false(seen, make) -> None:
    check = make(Never, when="A and B")
    assert check.judge([check.observe(seen(10).value(2, "B", False, bad=True))]).verdict == "PASS"


def test_that_a_check_looks_no_further_than_its_own_time(seen, make) -> None:
    late = seen(60).value(10.000_000_001, "A", True)
    check = make(Never, when="A")
    assert check.judge([check.observe(late)]).verdict == "PASS"
    on_time = seen(60).value(10, "A", True)
    assert check.judge([check.observe(on_time)]).verdict == "FAIL"


def test_that_a_run_that_ended_early_decides_failures_only(seen, make) -> None:
    check = make(Never, when="A")
    assert check.judge([check.observe(seen(4))]).verdict == "INCONCLUSIVE"
    assert check.judge([check.observe(seen(4).value(1, "A", True))]).verdict == "FAIL"


def test_that_a_live_observer_says_the_same_in_pieces(seen, make) -> None:
    view = seen(10).value(1, "A", True).value(2, "B", True).value(2.5, "B", False).value(7, "B", True)
    check = make(Never, when="(A and B) for 0.2 s")
    observer = check.observer(view.header, view.texts)
    records = view.records()
    observer.feed(records[:2], 2_100_000_000)
    assert observer.verdict().verdict == "INCONCLUSIVE"
    observer.feed(records[2:3], 3_000_000_000, 2)
    assert observer.verdict().verdict == "FAIL"
    observer.feed(records[3:], 10_000_000_000, 3)
    whole = check.observe(view)
    assert observer.measure() == {key: whole[key] for key in observer.measure()}


def test_that_problems_in_the_expression_carry_the_check(make) -> None:
    (problem,) = make(Never, when="Nothing").problems({})
    assert problem.where.id == "checks.c.when"
    (problem,) = make(Never, when="1 + 2").problems({})
    assert "is needed here" in problem.what
