"""Contacts, filters and delays of eyes; barcode reader and scale; at times from closed formulas."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]

BELT = "b: {type: belt, length: 4 m, speed: 0.5 m/s, to: out}\nout: {type: sink}\n"
ONE = "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: b}\n"
TWO = "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: b}\n"


def changes(run: Run, name: str) -> list[tuple[float, object]]:
    return [(t / 1e9, value) for t, value in run.journal.edges(name)]


def eye(line: Line, params: str, source: str = ONE) -> list[tuple[float, object]]:
    """Front at 2 s, tail at 2.6 s (the second one: 3 s and 3.6 s)."""
    run = line(f"{source}{BELT}e: {{type: photo_eye, along: b, at: 1 m, {params}}}")
    run.advance("20 s")
    return changes(run, "e.blocked")


def test_that_a_normally_closed_contact_is_true_without_a_part(line: Line) -> None:
    assert eye(line, "contact: nc") == [(0, True), (2, False), (2.6, True)]


def test_that_each_delay_delays_its_own_edge(line: Line) -> None:
    assert eye(line, "on_delay: 0.1 s, off_delay: 0.3 s") == [(0, False), (2.1, True), (2.9, False)]


def test_that_an_on_delay_longer_than_the_part_tells_nothing(line: Line) -> None:
    assert eye(line, "on_delay: 0.7 s") == [(0, False)]


def test_that_an_off_delay_bridges_a_gap(line: Line) -> None:
    """The gap lasts from 2.6 s to 3 s."""
    assert eye(line, "off_delay: 0.5 s", TWO) == [(0, False), (2, True), (4.1, False)]
    assert eye(line, "off_delay: 0.3 s", TWO) == [(0, False), (2, True), (2.9, False), (3, True), (3.9, False)]


def test_that_a_filter_swallows_what_is_short_and_delays_the_rest(line: Line) -> None:
    assert eye(line, "filter: 0.5 s", TWO) == [(0, False), (2.5, True), (4.1, False)]
    assert eye(line, "filter: 0.65 s", ONE) == [(0, False)]


def test_that_a_gap_within_the_filter_does_not_start_the_on_delay_again(line: Line) -> None:
    """Filtered: true from 2.5 s to 4.1 s, whatever happens at 2.6 s; told 1 s after that."""
    assert eye(line, "filter: 0.5 s, on_delay: 1 s", TWO) == [(0, False), (3.5, True), (4.1, False)]


def test_that_the_code_is_there_before_its_strobe(line: Line) -> None:
    run = line(f"{TWO}{BELT}r: {{type: barcode_reader, along: b, at: 1 m}}")
    seen: list[tuple[float, object, object]] = []
    good, code, number = (run.line.tags[f"r.{name}"] for name in ("good", "code", "number"))

    def note(_: object) -> None:
        seen.append((run.now_ns / 1e9, code.value if good.value else "", number.value))

    good.subscribe(note, None)
    run.advance("20 s")
    assert seen == [(2, "box-000000", 0), (2.6, "", 0), (3, "box-000001", 1), (3.6, "", 1)]


def test_that_touching_parts_are_read_one_by_one(line: Line) -> None:
    run = line("src: {type: source, product: box, every: always, limit: 3, to: b}\n"
               f"{BELT}r: {{type: barcode_reader, along: b, at: 1 m}}")  # fmt: skip
    run.advance("20 s")
    assert [value for _, value in changes(run, "r.code")] == ["", "box-000000", "box-000001", "box-000002"]
    assert [t for t, value in changes(run, "r.good") if value] == pytest.approx([2, 2.6, 3.2], abs=3e-9)


def test_that_the_share_of_no_reads_is_what_was_asked_for(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, to: b}\n"
               f"{BELT}r: {{type: barcode_reader, along: b, at: 1 m, no_read: 20 %}}")  # fmt: skip
    run.advance("2000 s")
    bad = sum(1 for _, value in changes(run, "r.no_read") if value)
    good = sum(1 for _, value in changes(run, "r.good") if value)
    assert bad + good == pytest.approx(1998, abs=2)
    assert bad / (bad + good) == pytest.approx(0.2, abs=4 * (0.2 * 0.8 / 2000) ** 0.5)


def test_that_a_scale_tells_the_mass_once_the_part_lies_on_it_whole(line: Line) -> None:
    """Platform from 1 m to 1.5 m: tail on at 1.3 m / 0.5 m/s, front off at 3 s; 1 kg unless said."""
    run = line(f"{ONE}{BELT}s: {{type: scale, along: b, at: 1.5 m, length: 0.5 m}}")
    run.advance("20 s")
    assert changes(run, "s.valid") == [(0, False), (2.6, True), (3, False)]
    assert changes(run, "s.weight") == [(0, 0.0), (2.6, 1.0)]


def test_that_two_parts_on_the_scale_are_weighed_by_what_lies_on_it(line: Line) -> None:
    """Parts 0.5 m apart, 0.6 m of platform: 0.1 m of the first is left when the second is on it."""
    run = line(f"{TWO}{BELT}s: {{type: scale, along: b, at: 1.6 m, length: 0.6 m}}")
    run.advance("20 s")
    weights = [value for _, value in changes(run, "s.weight")]
    assert weights == [0.0, 1.0, pytest.approx(1 + 0.1 / 0.3, abs=1e-6)]
