"""Closed-form travel of drives and axes: expected numbers come from the formulas of uniform motion."""

from __future__ import annotations

import json
from heapq import heappop
from typing import Any

import pytest

from commissioning.model.record import Kind
from commissioning.sim.axis import Axis
from commissioning.sim.drive import TOUCH, Drive, HeapEntry
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel

NS = 1_000_000_000
US = 1_000


class Watcher:
    """A threshold that notes when it was reached."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.ver = kernel, 0
        self.at: list[int] = []

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        heappop(heap)
        self.at.append(self.kernel.now)


def make(acceleration: float = 0.0, deceleration: float | None = None) -> tuple[Kernel, Journal, Drive]:
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    return kernel, journal, Drive(0, "belt1", kernel, journal, 0.4, acceleration, deceleration)


def wait_for(drive: Drive, *travels: float) -> list[Watcher]:
    watchers = []
    for rank, s in enumerate(travels):
        watcher = Watcher(drive.kernel)
        drive.heap.append((s, rank, 0, watcher))
        watchers.append(watcher)
    drive.heap.sort(key=lambda entry: entry[:2])
    drive.arm()
    return watchers


def test_that_travel_follows_the_ramp_and_then_runs_straight() -> None:
    kernel, _, drive = make(1.2)
    drive.command(0.4)
    ramp = 0.4 / 1.2  # s
    for tenth in range(1, 20):
        t = tenth * NS // 10
        tau = t * 1e-9
        expected = 0.6 * tau**2 if tau < ramp else 0.5 * 0.4 * ramp + 0.4 * (tau - ramp)
        assert drive.travel(t) == pytest.approx(expected, abs=1e-12)
        assert drive.speed_at(t) == pytest.approx(min(1.2 * tau, 0.4), abs=1e-12)
    assert kernel.now == 0


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        (4.2, 14.0),  # 4.2 m at 0.3 m/s
        (0.3, 1.0),
        (1e-3, 1e-3 / 0.3),
    ],
)
def test_that_a_threshold_at_constant_speed_is_reached_in_time(s: float, expected: float) -> None:
    kernel, _, drive = make()
    drive.command(0.3)
    (watcher,) = wait_for(drive, s)
    kernel.advance(20 * NS)
    assert watcher.at == [pytest.approx(expected * NS, abs=1.0)]
    if s == 4.2:
        assert watcher.at == [14 * NS]  # not one ns, and so one scan, late


def test_that_thresholds_on_a_ramp_are_reached_at_the_root_of_the_parabola() -> None:
    kernel, _, drive = make(0.5)
    drive.command(0.4)
    inside, after = wait_for(drive, 0.09, 0.56)
    kernel.advance(10 * NS)
    assert inside.at == [pytest.approx((2 * 0.09 / 0.5) ** 0.5 * NS, abs=US)]
    assert after.at == [pytest.approx((0.8 + (0.56 - 0.16) / 0.4) * NS, abs=US)]


def test_that_a_stop_ramp_that_ends_at_a_threshold_reaches_it() -> None:
    kernel, _, drive = make(0.4)
    drive.command(0.4)
    kernel.advance(5 * NS)
    far = drive.travel(kernel.now) + 0.4**2 / (2 * 0.4)  # stopping distance v^2 / 2a
    reached, touched, beyond = wait_for(drive, far, far + 0.5 * TOUCH, far + 2.0 * TOUCH)
    drive.command(0.0)
    kernel.advance(10 * NS)
    assert reached.at == [pytest.approx(6 * NS, abs=US)]
    assert touched.at == [6 * NS]
    assert beyond.at == []


def test_that_a_stop_moves_no_threshold_and_a_restart_reaches_it_later() -> None:
    kernel, _, drive = make()
    drive.command(0.25)
    (watcher,) = wait_for(drive, 1.0)
    kernel.advance(3 * NS)
    drive.command(0.0)
    kernel.advance(1000 * NS)
    assert watcher.at == []
    drive.command(0.5)
    kernel.advance(1010 * NS)
    assert watcher.at == [pytest.approx(1000.5 * NS, abs=1.0)]


def test_that_moving_is_told_at_the_start_and_at_the_exact_end_of_the_stop_ramp() -> None:
    kernel, _, drive = make(1.2, 0.8)
    told: list[tuple[int, bool]] = []
    drive.watch_moving(lambda moving: told.append((kernel.now, moving)))
    drive.command(0.4)
    kernel.advance(2 * NS)
    drive.command(0.0)
    kernel.advance(5 * NS)
    assert told == [(0, True), (2 * NS + NS // 2, False)]  # 0.4 / 0.8 s


def test_that_a_restart_inside_the_stop_ramp_goes_on_from_the_present_speed() -> None:
    kernel, journal, drive = make(1.0)
    told: list[bool] = []
    drive.watch_moving(told.append)
    drive.command(0.4)
    kernel.advance(NS)
    drive.command(0.0)
    kernel.advance(NS + NS // 5)  # 0.2 s: at 0.2 m/s
    drive.command(0.4)
    kernel.advance(3 * NS)
    assert told == [True]
    pieces = journal.records()
    pieces = pieces[pieces["kind"] == int(Kind.DRIVE)]
    assert pieces["b"].tolist() == pytest.approx([0.0, 0.4, 0.2])
    assert pieces["d"].tolist() == [0.4, 0.0, 0.4]
    # 0.08 + 0.4 * 0.6, then down to 0.2: 0.06, then up again: 0.06, then straight
    assert drive.travel(2 * NS) == pytest.approx(0.08 + 0.24 + 0.06 + 0.06 + 0.4 * 0.6, abs=1e-9)


def test_that_a_stalled_drive_stops_at_once_and_ramps_up_when_the_last_lets_go() -> None:
    kernel, _, drive = make(0.4)
    drive.command(0.4)
    kernel.advance(4 * NS)
    s = drive.travel(kernel.now)
    drive.stall("a")
    drive.stall("b")
    kernel.advance(6 * NS)
    drive.unstall("a")
    assert drive.travel(8 * NS) == s
    drive.unstall("b")
    assert drive.travel(7 * NS) == pytest.approx(s + 0.5 * 0.4)
    drive.stall("a")
    drive.command(0.0)
    drive.unstall("a")
    assert not drive.moving


def test_that_the_anchor_does_not_drift_over_a_million_thresholds() -> None:
    kernel, _, drive = make()
    drive.command(0.3)
    watcher = Watcher(kernel)
    for k in range(1, 1001):
        drive.heap.append((k * 0.7, 0, 0, watcher))
        drive.arm()
        kernel.advance(drive.armed_t)
    assert watcher.at[-1] == pytest.approx(1000 * 0.7 / 0.3 * NS, abs=2.0)


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf")])
def test_that_a_speed_that_makes_no_sense_is_refused(bad: float) -> None:
    _, _, drive = make()
    with pytest.raises(ValueError, match="forward only"):
        drive.command(bad)


def test_that_an_axis_arrives_when_its_stroke_is_over() -> None:
    kernel = Kernel()
    axis = Axis(0, "stop1.blade", kernel, Journal(kernel, {"core": {}}))
    arrived: list[tuple[int, float]] = []
    axis.watch_arrived(lambda position: arrived.append((kernel.now, position)))
    axis.move_to(0.1, 1.0)
    kernel.advance(NS)
    assert arrived == [(100_000_000, 0.1)]
    assert axis.travel(NS) == 0.1


def test_that_an_axis_turns_round_in_mid_stroke() -> None:
    kernel = Kernel()
    axis = Axis(0, "pusher.ram", kernel, Journal(kernel, {"core": {}}))
    arrived: list[tuple[int, float]] = []
    axis.watch_arrived(lambda position: arrived.append((kernel.now, position)))
    axis.move_to(0.5, 1.0)
    kernel.advance(300_000_000)
    axis.move_to(0.0, 2.0)
    assert axis.travel(400_000_000) == pytest.approx(0.1)
    kernel.advance(NS)
    assert arrived == [(450_000_000, 0.0)]


class _World:
    def __init__(self) -> None:
        self.parts: dict[int, Any] = {}
        self.objects: dict[str, Any] = {}


@pytest.mark.parametrize("at", [0, 1, 250_000_000, 333_333_334, 2_000_000_000, 2_100_000_000])
def test_that_a_saved_drive_goes_on_alike(at: int) -> None:
    kernel, _, drive = make(1.2)
    kernel.advance(at)
    drive.command(0.4)
    kernel.advance(2_100_000_000)
    drive.command(0.1)
    data = json.loads(json.dumps(drive.save()))
    _, _, other = make(1.2)
    other.restore(data, _World())
    assert other.save() == drive.save()
    assert {name: getattr(other, name) for name in Drive.derived} == {
        name: getattr(drive, name) for name in Drive.derived
    }
    assert other.travel(3 * NS) == drive.travel(3 * NS)


def test_that_every_attribute_of_drives_and_axes_is_declared() -> None:
    kernel, journal, drive = make()
    for thing in (drive, Axis(1, "x", kernel, journal)):
        declared = {n for group in ("saved", "derived", "constant") for n in thing.declared(group)}
        assert thing.attributes() == declared
