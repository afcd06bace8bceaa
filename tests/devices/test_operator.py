"""Buttons and lamps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]
PANEL = (
    "go: {type: push_button, hold: 200 ms, pose: {xyz: [0, 0, 1]}, tags: {pressed: I_Go}}\n"
    "es: {type: estop_button, pose: {xyz: [1, 0, 1]}, tags: {released: I_ES}}\n"
    "lamp: {type: stack_light, pose: {xyz: [2, 0, 1]}, tags: {green: Q_G}}"
)


def test_that_a_press_lasts_as_long_as_declared(line: Line) -> None:
    run = line(PANEL)
    run.advance("1 s")
    run.operate("go", "press")
    assert run.tags["I_Go"].value is True
    run.advance("1 s")
    assert run.journal.edges("I_Go") == [(0, False), (1_000_000_000, True), (1_200_000_000, False)]


def test_that_a_held_button_stays_pressed_and_an_earlier_press_does_not_end_it(line: Line) -> None:
    run = line(PANEL)
    run.operate("go", "press")
    run.advance("100 ms")
    run.operate("go", "push")
    run.advance("5 s")
    assert run.tags["I_Go"].value is True
    run.operate("go", "release")
    assert run.tags["I_Go"].value is False


def test_that_the_emergency_stop_latches(line: Line) -> None:
    run = line(PANEL)
    assert run.tags["I_ES"].value is True
    run.operate("es", "push")
    run.advance("1 h")
    assert run.tags["I_ES"].value is False
    run.operate("es", "release")
    assert run.tags["I_ES"].value is True


def test_that_an_operator_cannot_do_what_a_device_does_not_offer(line: Line) -> None:
    run = line(PANEL)
    with pytest.raises(ValueError, match="press, push, release"):
        run.operate("go", "kick")
    with pytest.raises(ValueError, match="nothing"):
        run.operate("lamp", "press")
    with pytest.raises(KeyError):
        run.operate("nobody", "press")


def test_that_a_scenario_acts_at_its_times_and_is_journaled(line: Line) -> None:
    run = line(PANEL, "scenarios:\n  s: {steps: [{at: 2 s, press: go}, {at: 3 s, force: {Q_G: true}}, {at: 4 s, push: es}]}",
               scenario="s")  # fmt: skip
    run.advance("10 s")
    assert run.journal.edges("I_Go")[1] == (2_000_000_000, True)
    assert run.journal.edges("I_ES")[1] == (4_000_000_000, False)
    assert run.tags["Q_G"].forced and run.tags["lamp.green"].value is True
    assert int((run.journal.records()["kind"] == 11).sum()) == 3
