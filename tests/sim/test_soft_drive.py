"""Ramps with limited jerk: numbers from the formulas of the S-curve, and from integration and sampling.

From rest to v with limits a and j, where v j > a^2: two phases of a / j, one of v / a - a / j between them,
in all T = v / a + a / j, over v T / 2 (the speed is symmetric about T / 2).
"""

from __future__ import annotations

import json
import random
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_drive import NS, US, _World, wait_for

from commissioning.model.record import CUBIC, Kind
from commissioning.sim.contact import closing, meeting, opening, parting
from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.soft_drive import SoftDrive

V, A, D, J = 0.6, 0.5, 0.8, 1.0
UP, DOWN = V / A + A / J, 2.0 * (V / J) ** 0.5  # braking does not come to 0.8 m/s2: two phases


def make(deceleration: float | None = A) -> tuple[Kernel, Journal, SoftDrive]:
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    return kernel, journal, SoftDrive(0, "belt1", kernel, journal, V, A, deceleration, J)


def test_that_thresholds_in_every_phase_are_reached_by_the_formulas() -> None:
    kernel, _, drive = make()
    drive.command(V)
    first = J * 0.5**3 / 6  # m at the end of the first phase, 0.5 s, at 0.125 m/s
    second = first + 0.125 * 0.7 + 0.5 * A * 0.7**2
    watchers = wait_for(drive, 0.01, first, 0.2, second, V * UP / 2, 2.0)
    kernel.advance(20 * NS)
    even = (0.2 - first) / (0.0625 + (0.125**2 / 4 + 0.5 * A * (0.2 - first)) ** 0.5)
    expected = [(6 * 0.01 / J) ** (1 / 3), 0.5, 0.5 + even, 1.2, UP, UP + (2.0 - V * UP / 2) / V]
    assert [w.at[0] / NS for w in watchers] == pytest.approx(expected, abs=US / NS)


def test_that_a_stop_ends_at_the_exact_instant_and_reaches_what_it_touches() -> None:
    kernel, _, drive = make(D)
    told: list[tuple[int, bool]] = []
    drive.watch_moving(lambda moving: told.append((kernel.now, moving)))
    drive.command(V)
    kernel.advance(3 * NS)
    far = drive.travel(kernel.now) + V * DOWN / 2
    reached, beyond = wait_for(drive, far, far + 2.0 * TOUCH)
    drive.command(0.0)
    kernel.advance(10 * NS)
    assert told == [(0, True), (pytest.approx((3 + DOWN) * NS, abs=1.0), False)]
    assert len(reached.at) == 1 and beyond.at == []
    assert drive.travel(kernel.now) == pytest.approx(far, abs=1e-12)


def test_that_each_piece_is_recorded_where_it_begins() -> None:
    kernel, journal, drive = make()
    drive.command(V)
    kernel.advance(5 * NS)
    rows = journal.records()
    rows = rows[rows["kind"] == int(Kind.DRIVE)]
    assert rows["aux"].tolist() == [CUBIC, CUBIC, CUBIC, 0]
    assert (rows["t"] / NS).tolist() == pytest.approx([0.0, 0.5, 1.2, UP], abs=2e-9)
    assert rows["d"].tolist() == pytest.approx([J, 0.0, -J, V])
    assert rows["b"].tolist() == pytest.approx([0.0, 0.125, V - 0.125, V], abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_limits_are_kept_and_the_travel_is_the_integral_of_the_speed(seed: int) -> None:
    """Commands at any time, also within ramps; Simpson's rule is exact on each cubic but at its ends."""
    rng = random.Random(seed)
    kernel, _, drive = make(rng.choice([A, D]))
    step = 2_000_000
    sum_of, tops = 0.0, max(A, drive.deceleration)
    for _ in range(12):
        drive.command(rng.choice([0.0, V, rng.uniform(0.0, V)]))
        for _ in range(rng.randint(1, 900)):
            t = kernel.now
            speeds = [drive.speed_at(t + k * step // 2) for k in range(3)]
            assert min(speeds) >= -1e-12 and max(speeds) <= V + 1e-9
            bend = abs(speeds[0] - 2 * speeds[1] + speeds[2]) / (0.5e-9 * step) ** 2
            assert bend <= J * (1e-9 * step) / (0.5e-9 * step) + 1e-6  # no kink: at most twice the jerk
            assert abs(speeds[2] - speeds[0]) <= (tops + 1e-9) * step * 1e-9
            sum_of += (speeds[0] + 4 * speeds[1] + speeds[2]) / 6 * step * 1e-9
            kernel.advance(t + step)
        assert drive.travel(kernel.now) == pytest.approx(sum_of, abs=1e-6)
    kernel.advance(kernel.now + 10 * NS)
    assert drive.speed_at(kernel.now) == drive.target
    assert drive.moving is (drive.target > 0.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_meeting_and_parting_are_where_sampling_finds_them(seed: int) -> None:
    """Two drives under way, at least one with limited jerk, then nothing commanded: each 0.2 ms for 6 s."""
    rng = random.Random(seed)
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    drives: list[Drive] = []
    for k in range(2):
        told = k, f"b{k}", kernel, journal, V
        if k == 0 or rng.random() < 0.5:
            drives.append(SoftDrive(*told, rng.uniform(0.2, 2.0), None, rng.uniform(0.3, 6.0)))
        else:
            drives.append(Drive(*told, rng.uniform(0.2, 2.0)))
    rng.shuffle(drives)
    for _ in range(3):
        for drive in drives:
            drive.command(rng.choice([0.0, V, rng.uniform(0.0, V)]))
        kernel.advance(kernel.now + rng.randrange(1, NS))
    one, two = drives
    now, gap = kernel.now, rng.choice([0.001, 0.02, rng.uniform(0.001, 0.4)])
    start = two.travel(now) - one.travel(now)
    times = [now + 200_000 * k for k in range(30_000)]
    gaps = [gap + two.travel(t) - one.travel(t) - start for t in times]
    found = meeting(gap, one, two, now)
    closed = next((k for k, value in enumerate(gaps) if value < 0.0), None)
    if closed is not None:
        assert found is not None
        assert abs(found - (times[closed] - now) * 1e-9) <= 2e-4 + 1e-6 or min(gaps[:closed]) < 1e-7
        at = now + round(found * NS)
        assert gap + two.travel(at) - one.travel(at) - start == pytest.approx(0.0, abs=2e-9)
    elif found is not None and found < 5.9:
        assert min(gaps) < 1e-7
    if closing(one, two, now):
        faster = next((k for k, t in enumerate(times) if two.speed_at(t) - one.speed_at(t) > 1e-9), None)
        part = parting(one, two, now)
        if faster is not None:
            assert part is not None
            assert abs(part - (times[faster] - now) * 1e-9) <= 2e-4 + 1e-4
        elif part is not None:
            at = now + round(part * NS)  # both run alike from then on
            assert part > 5.9 or two.speed_at(at) == pytest.approx(one.speed_at(at), abs=1e-9)
    assert not (closing(one, two, now) and opening(one, two, now))


@pytest.mark.parametrize("at", [0, 1, 250_000_000, 500_000_000, 1_000_000_000, 1_200_000_001, 2_500_000_000])
def test_that_a_saved_drive_goes_on_alike(at: int) -> None:
    kernel, _, drive = make(D)
    kernel.advance(at)
    drive.command(V)
    kernel.advance(2_600_000_000)
    drive.command(0.1)
    data = json.loads(json.dumps(drive.save()))
    _, _, other = make(D)
    other.restore(data, _World())
    assert other.save() == drive.save()
    assert other.segments == drive.segments and (other.ramp, other.s1) == (drive.ramp, drive.s1)
    assert other.travel(3 * NS) == drive.travel(3 * NS)


def test_that_a_stall_stops_at_once_and_lets_it_ramp_up_again() -> None:
    kernel, _, drive = make()
    drive.command(V)
    kernel.advance(NS)
    s = drive.travel(kernel.now)
    drive.stall("a")
    kernel.advance(2 * NS)
    assert drive.travel(2 * NS) == s and not drive.moving
    drive.unstall("a")
    assert drive.travel(2 * NS + round(UP * NS)) == pytest.approx(s + V * UP / 2, abs=1e-9)


@pytest.mark.parametrize(("acceleration", "deceleration"), [(0.0, 1.0), (inf, None), (1.0, 0.0)])
def test_that_jerk_without_ramps_is_refused(acceleration: float, deceleration: float | None) -> None:
    kernel = Kernel()
    with pytest.raises(ValueError, match="starts or stops at once"):
        SoftDrive(0, "b", kernel, Journal(kernel, {"core": {}}), V, acceleration, deceleration, J)


def test_that_every_attribute_is_declared() -> None:
    _, _, drive = make()
    declared = {n for group in ("saved", "derived", "constant") for n in drive.declared(group)}
    assert drive.attributes() == declared
