"""Decks that carry one another, and expressions on what moves by an S-curve."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
import pytest

from commissioning.model.expression import names_in_header, parse
from commissioning.model.pose import Pose
from commissioning.sim.analysis.evaluate import Monitor
from commissioning.sim.axis import Axis
from commissioning.sim.decks import Deck, Decks
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel, instant

DRIVES = {"car": 0, "table": 1, "fork": 2}


def decks(*those: Deck) -> Decks:
    return Decks([deck.described(DRIVES) for deck in those])


def test_that_a_deck_is_shifted_along_its_direction() -> None:
    found = decks(Deck("car", Pose((1.0, 2.0, 0.5)), (0.0, 1.0, 0.0))).stand(0, [3.0, 9.0, 9.0])
    assert found.xyz == (1.0, 5.0, 0.5)


def test_that_a_table_on_a_car_turns_about_where_the_car_is() -> None:
    """A fork 1 m before the middle of a table, on a car: by hand with a rotation matrix."""
    car = Deck("car", Pose((0.0, 0.0, 0.5)), (1.0, 0.0, 0.0))
    table = Deck("table", Pose((2.0, 0.0, 0.5)), turns=True, on="car")
    fork = Deck("fork", Pose((3.0, 0.0, 0.5)), (1.0, 0.0, 0.0), on="table")
    angle, out = pi / 3, 0.4
    found = decks(car, table, fork).stand(2, [5.0, angle, out])
    reach = 1.0 + out
    assert found.xyz == pytest.approx((5.0 + 2.0 + reach * cos(angle), reach * sin(angle), 0.5))
    assert found.rotate((1.0, 0.0, 0.0)) == pytest.approx((cos(angle), sin(angle), 0.0))


def test_that_decks_in_a_circle_are_an_error() -> None:
    a, b = Deck("car", Pose(), (1.0, 0.0, 0.0), on="fork"), Deck("fork", Pose(), (1.0, 0.0, 0.0), on="car")
    with pytest.raises(ValueError, match="circle"):
        decks(a, b).stand(0, [0.0, 0.0, 0.0])


@pytest.mark.parametrize(("limits", "jerk"), [((1.0, 2.0, 2.0), 10.0), ((1.0, 2.0, 2.0), 0.0)])
@pytest.mark.parametrize("place", [0.01, 0.3, 1.0, 1.9])
def test_that_an_expression_becomes_true_in_the_instant_at_which_the_axis_is_there(
    limits: tuple[float, float, float], jerk: float, place: float
) -> None:
    """A limit switch as an expression: there and back, on cubic pieces, ramps and even stretches."""
    kernel = Kernel()
    header = {"core": {"drives": ["a"], "signals": [], "objects": [], "lanes": []}}
    journal = Journal(kernel, header)
    axis = Axis(0, "a", kernel, journal)
    axis.move_to(2.0, *limits, jerk)
    there = axis.when(place)
    kernel.advance(4_000_000_000)
    axis.move_to(0.0, *limits, jerk)
    back = axis.when(place)
    kernel.advance(8_000_000_000)
    monitor = Monitor(parse(f"a.travel > {place} m", names_in_header(header)), header, [])
    monitor.feed(journal.records(), 8_000_000_000)
    changes = [(change.t, change.value) for change in monitor.changes[1:]]
    assert there is not None
    assert back is not None
    assert changes == [(pytest.approx(there, abs=1), True), (pytest.approx(back, abs=1), False)]
    assert there < 3_000_000_000 < back


def test_that_the_speed_of_an_s_curve_is_solved_too() -> None:
    """2 m at 1 m/s, 2 m/s2, 10 m/s3: 0.8 m/s is reached 0.2 s before the ramp ends, with 10 t^2 / 2 = 0.2."""
    kernel = Kernel()
    header = {"core": {"drives": ["a"], "signals": [], "objects": [], "lanes": []}}
    journal = Journal(kernel, header)
    axis = Axis(0, "a", kernel, journal)
    axis.move_to(2.0, 1.0, 2.0, jerk=10.0)
    kernel.advance(4_000_000_000)
    monitor = Monitor(parse("a.speed > 0.8 m/s", names_in_header(header)), header, [])
    monitor.feed(journal.records(), 4_000_000_000)
    times = [change.t for change in monitor.changes[1:]]
    assert times == pytest.approx([instant(0.5e9), instant(2.2e9)], abs=1)
    assert np.diff(times)[0] == pytest.approx(1.7e9, abs=2)
