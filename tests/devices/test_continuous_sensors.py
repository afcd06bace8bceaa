"""Encoder and laser: values solved on reading, held to closed formulas, to geometry and to the journal."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import floor

import pytest

from commissioning.model.expression import names_in_header, parse
from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.model.tags import Quality, Reason
from commissioning.sim.analysis.evaluate import Monitor
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

BELT = "b: {type: belt, length: 4 m, speed: 0.5 m/s, to: out}\nout: {type: sink}\n"
RAMP = (
    "b: {type: belt, length: 4 m, speed: 0.5 m/s, acceleration: 0.4 m/s2, to: out, tags: {run: Q_Run}}\n"
    "out: {type: sink}\n"
)
ONE = "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: b}\n"
ENCODER = "e: {type: encoder, along: b, at: 1 m}"


def at(run: Run, seconds: float) -> None:
    run.advance_to(round(seconds * 1e9))
    assert run.problem is None


def value(run: Run, name: str) -> object:
    return run.tags[name].value


def readings(run: Run, name: str) -> int:
    """How many formulas the journal holds of an entry."""
    rows = run.journal.records()
    return int(((rows["kind"] == Kind.READING) & (rows["obj"] == run.tags[name].index)).sum())


# ---- encoder ------------------------------------------------------------------------------------


def test_that_an_encoder_counts_the_travel_of_ramp_and_constant_speed(line: Line) -> None:
    """v^2 / 2a = 0.3125 m of ramp in 1.25 s, then 0.5 m/s; the same way down."""
    run = line(f"{RAMP}e: {{type: encoder, along: b, at: 1 m, counts: 4000}}")
    run.write("Q_Run", True)
    for t in (0.1, 0.7, 1.2499):
        at(run, t)
        assert value(run, "e.position") == pytest.approx(0.5 * 0.4 * t * t, abs=1e-12)
        assert value(run, "e.count") == floor(4000 * 0.5 * 0.4 * t * t + 1e-6)
        assert value(run, "e.speed") == pytest.approx(0.4 * t, abs=1e-12)
    for t in (1.3, 2.0, 3.0):
        at(run, t)
        assert value(run, "e.position") == pytest.approx(0.3125 + 0.5 * (t - 1.25), abs=1e-12)
        assert value(run, "e.count") == floor(4000 * (0.3125 + 0.5 * (t - 1.25)) + 1e-6)
        assert value(run, "e.speed") == 0.5
    run.write("Q_Run", False)
    at(run, 10)
    assert value(run, "e.position") == pytest.approx(0.3125 + 0.5 * 1.75 + 0.3125, abs=1e-12)
    assert value(run, "e.speed") == 0.0


def test_that_registers_wrap_as_registers_do(line: Line) -> None:
    """0.5 m/s x 100,000 counts/m: 50,000 counts a second through 16 bits, and past 2^31 - 1."""
    run = line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, counts: 100000, preset: 2147483000}}")
    for t in (0.01, 0.02, 1.0, 2.5, 7.0):
        at(run, t)
        count = 2147483000 + floor(50_000 * t + 1e-6)
        assert value(run, "e.count") == (count + 2**31) % 2**32 - 2**31
        assert value(run, "e.word") == (count + 2**15) % 2**16 - 2**15


def test_that_a_single_turn_encoder_starts_again_at_its_modulus(line: Line) -> None:
    run = line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, counts: 1000, modulus: 360, reverse: true}}")
    for t in (0.1, 0.5, 3.0):
        at(run, t)
        assert value(run, "e.count") == floor(-500 * t + 1e-6) % 360
        assert value(run, "e.position") == pytest.approx(-0.5 * t, abs=1e-12)
        assert value(run, "e.speed") == -0.5


def test_that_zero_sets_the_count_to_its_preset_at_its_rising_edge_only(line: Line) -> None:
    run = line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, preset: 7, tags: {{zero: Q_Zero}}}}")
    at(run, 2)
    assert value(run, "e.count") == 1007
    run.write("Q_Zero", True)
    assert (value(run, "e.count"), value(run, "e.position")) == (7, 0.0)
    at(run, 3)
    run.write("Q_Zero", False)
    assert value(run, "e.count") == 507
    assert readings(run, "e.count") == 2


def test_that_counting_is_no_event(line: Line) -> None:
    """10,000 counts a second for 60 s: no kernel event, and one formula per port in the journal."""
    runs = [line(BELT), line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, counts: 20000}}")]
    for run in runs:
        at(run, 60)
    assert runs[0].events == runs[1].events
    assert value(runs[1], "e.count") == 600_000
    assert runs[1].journal.length - runs[0].journal.length == 4


def test_that_an_encoder_follows_the_zone_it_stands_at(line: Line) -> None:
    """Three zones of 1 m, the last one holds its part: its rollers stand, those of the second too."""
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: z}\n"
               "z: {type: roller_conveyor, length: 3 m, zones: 3, speed: 0.5 m/s, to: w, tags: {release: Q_Go}}\nw: {type: station, cycle: 1 h, to: out}\nout: {type: sink}\n"
               "e1: {type: encoder, along: z, at: 0.5 m}\ne3: {type: encoder, along: z, at: 2.5 m}",
               )  # fmt: skip
    at(run, 30)
    zones = [run.line.track_drives["z"][k].travel(run.now_ns) for k in (0, 2)]
    assert [value(run, "e1.position"), value(run, "e3.position")] == zones
    assert zones[0] > 0.0


def test_that_a_force_hides_the_value_and_a_release_shows_it_running(line: Line) -> None:
    run = line(f"{BELT}{ENCODER}")
    told: list[int] = []
    run.tags["e.count"].subscribe(lambda _: told.append(run.now_ns), None)
    at(run, 1)
    run.force("e.count", -5)
    at(run, 2)
    entry = run.tags["e.count"]
    assert (entry.value, entry.source) == (-5, 1000)
    run.fault("e.count", 3)
    run.release("e.count")
    assert entry.value == 3
    run.clear("e.count")
    at(run, 3)
    assert (entry.value, entry.quality) == (1500, Quality.GOOD)
    assert told == [1_000_000_000, 2_000_000_000, 2_000_000_000]
    assert run.journal.edges("e.count") == [(1_000_000_000, -5), (2_000_000_000, 3)]


def test_that_a_reset_under_a_force_shows_after_the_release(line: Line) -> None:
    run = line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, tags: {{zero: Q_Zero}}}}")
    run.force("e.count", 42)
    at(run, 2)
    run.write("Q_Zero", True)
    at(run, 3)
    assert (value(run, "e.count"), run.tags["e.count"].source) == (42, 500)
    timeline = Timeline(run.journal.header, run.journal.records())
    assert timeline.values(2_500_000_000)[run.tags["e.count"].index] == 42
    run.release("e.count")
    assert value(run, "e.count") == 500


def test_that_quality_changes_without_the_value(line: Line) -> None:
    run = line(f"{BELT}{ENCODER}")
    entry = run.tags["e.position"]
    at(run, 1)
    entry.mark(Quality.BAD, Reason.FAULT)
    assert (entry.value, entry.quality, entry.reason) == (0.5, Quality.BAD, Reason.FAULT)
    entry.mark(Quality.BAD, Reason.FAULT)
    assert readings(run, "e.position") == 2
    at(run, 2)
    assert entry.value == 1.0


def test_that_a_subscriber_hears_of_begin_and_end_of_motion(line: Line) -> None:
    """Commanded at 1 s and 5 s; the ramp down takes 0.5 / 0.4 s."""
    run = line(f"{RAMP}{ENCODER}")
    told: list[float] = []
    run.tags["e.count"].subscribe(lambda _: told.append(run.now_ns / 1e9), None)
    at(run, 1)
    run.write("Q_Run", True)
    at(run, 5)
    run.write("Q_Run", False)
    at(run, 9)
    assert told == [1.0, 6.25]


# ---- journal, expressions, scene ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_that_the_journal_gives_every_value_the_run_gave_to_the_last_bit(line: Line, seed: int) -> None:
    rng = random.Random(seed)
    run = line("src: {type: source, product: box, every: {exponential: 2 s}, to: b}\n"
               f"{RAMP}e: {{type: encoder, along: b, at: 1 m, counts: 12345.6, tags: {{zero: Q_Zero}}}}\n"
               "l: {type: laser_distance, along: b, at: 3 m, range: 1.7 m, background: 9 m}\n"
               "s: {type: stopper, along: b, at: 2.5 m, tags: {raise: Q_Stop}}")  # fmt: skip
    names = ("e.count", "e.word", "e.position", "e.speed", "l.distance", "l.detected")
    seen = []
    for _ in range(200):
        run.advance_to(run.now_ns + rng.randrange(1, 800_000_000))
        seen.append((run.now_ns, [run.tags[name].value for name in names]))
        run.advance_to(run.now_ns + 1)
        what = rng.random()
        if what < 0.3:
            run.write(rng.choice(["Q_Run", "Q_Stop", "Q_Zero"]), rng.random() < 0.6)
        elif what < 0.4:
            run.force(rng.choice(["l.distance", "e.position"]), rng.random())
        elif what < 0.5:
            run.release(rng.choice(["l.distance", "e.position"]))
    assert run.problem is None
    timeline = Timeline(run.journal.header, run.journal.records())
    rng.shuffle(seen)
    for t, values in seen:
        given = timeline.values(t)
        assert [given[run.tags[name].index] for name in names] == values


def monitor(run: Run, text: str) -> Monitor:
    watching = Monitor(
        parse(text, names_in_header(run.journal.header)), run.journal.header, run.journal.texts
    )
    watching.feed(run.journal.records(), run.now_ns)
    return watching


def test_that_crossings_of_a_position_are_solved(line: Line) -> None:
    """0.2 t^2 = 0.2 m at 1 s, inside the ramp; 0.3125 m + 0.5 m/s (t - 1.25 s) = 1.2 m at 3.025 s."""
    run = line(f"{RAMP}e: {{type: encoder, along: b, at: 1 m, tags: {{zero: Q_Zero}}}}")
    run.write("Q_Run", True)
    at(run, 4)
    run.write("Q_Zero", True)
    at(run, 10)
    times = [(change.t, change.value) for change in monitor(run, "e.position > 0.2 m").changes]
    assert times == [(0, False), (1_000_000_000, True), (4_000_000_000, False), (4_400_000_000, True)]
    rising = [change.t for change in monitor(run, "e.position > 1.2 m rises").changes if change.value]
    assert rising == [3_025_000_000, 6_400_000_000]
    assert [c.t for c in monitor(run, "e.speed >= 0.3 m/s").changes] == [0, 750_000_000]


def test_that_a_force_on_a_position_counts_in_an_expression(line: Line) -> None:
    run = line(f"{BELT}{ENCODER}")
    at(run, 1)
    run.force("e.position", 5.0)
    at(run, 2)
    run.release("e.position")
    at(run, 6)
    changes = [(c.t, c.value) for c in monitor(run, "e.position > 2 m").changes]
    assert changes == [(0, False), (1_000_000_000, True), (2_000_000_000, False), (4_000_000_000, True)]


def test_that_a_count_in_an_expression_is_a_problem_with_its_cure(line: Line) -> None:
    run = line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, tags: {{count: I_Count}}}}")
    for name in ("e.count", "I_Count"):
        with pytest.raises(Problems, match=r"enc\.position"):
            parse(f"{name} > 100", names_in_header(run.journal.header))


@pytest.mark.parametrize("more", ["scale: 0.1", "delay: 1 s"])
def test_that_a_reading_binds_as_it_is(line: Line, more: str) -> None:
    with pytest.raises(Problems, match="runs between events"):
        line(f"{BELT}e: {{type: encoder, along: b, at: 1 m, tags: {{count: {{tag: I_Count, {more}}}}}}}")


# ---- laser --------------------------------------------------------------------------------------


def test_that_a_laser_reads_the_distance_to_the_nearest_front(line: Line) -> None:
    """Front at 0.5 m/s t; in range from 2 m (4 s), at the lens from 6 s, the tail gone at 6.6 s."""
    run = line(f"{ONE}{BELT}l: {{type: laser_distance, along: b, at: 3 m, range: 1 m, background: 4 m}}")
    for t, wanted in ((0, 4.0), (3.999, 4.0), (4.0, 1.0), (4.7, 0.65), (5.9, 0.05), (6.0, 0.0), (6.59, 0.0)):
        at(run, t)
        assert value(run, "l.distance") == pytest.approx(wanted, abs=1e-9), t
    at(run, 6.6)
    assert value(run, "l.distance") == 4.0
    assert run.journal.edges("l.detected") == [(0, False), (4_000_000_000, True), (6_600_000_000, False)]
    assert readings(run, "l.distance") == 1


def test_that_a_crossing_of_the_distance_is_solved(line: Line) -> None:
    run = line(f"{ONE}{BELT}l: {{type: laser_distance, along: b, at: 3 m, range: 1 m, background: 4 m}}")
    at(run, 10)
    changes = [(c.t, c.value) for c in monitor(run, "l.distance < 0.25 m").changes]
    assert changes == [(0, False), (5_500_000_000, True), (6_600_000_000, False)]


def test_that_a_laser_follows_a_part_from_belt_to_belt_and_to_a_stop(line: Line) -> None:
    """2 m at 0.5 m/s (4 s), then 0.25 m/s; caught at 2.6 m after 6.4 s, let go at 10 s, pushed off at 12 s."""
    run = line(f"{ONE}b: {{type: belt, length: 2 m, speed: 0.5 m/s, to: c}}\n"
               "c: {type: belt, length: 2 m, speed: 0.25 m/s, to: out}\nout: {type: sink}\nbin: {type: sink}\n"
               "s: {type: stopper, along: c, at: 0.6 m, tags: {raise: Q_Stop}}\n"
               "p: {type: pusher, along: c, at: 1.1 m, to: bin, tags: {extend: Q_Push}}\n"
               "l: {type: laser_distance, along: c, at: 1.5 m, range: 3 m}")  # fmt: skip
    run.write("Q_Stop", True)
    for t, wanted in ((1, 3.0), (2, 2.5), (3, 2.0), (5, 1.25), (6.3, 0.925), (6.4, 0.9), (9, 0.9)):
        at(run, t)
        assert value(run, "l.distance") == pytest.approx(wanted, abs=1e-8), t
    assert not run.tags["l.distance"].moving  # type: ignore[attr-defined]
    at(run, 10)
    run.write("Q_Stop", False)
    at(run, 12)
    assert value(run, "l.distance") == pytest.approx(0.9 - 0.25 * 2, abs=1e-8)
    run.write("Q_Push", True)
    at(run, 16)
    assert value(run, "l.distance") == 3.0


@pytest.mark.parametrize("seed", range(12))
def test_that_a_laser_agrees_with_where_the_parts_are(line: Line, seed: int) -> None:
    """At random instants of a line with stops, a merge, a pusher and queues: geometry, part by part."""
    rng = random.Random(seed)
    run = line("a: {type: source, product: box, every: {exponential: 3 s}, to: b}\n"
               "b: {type: belt, length: 2 m, speed: 0.5 m/s, acceleration: 0.6 m/s2, to: c, tags: {run: Q_B}}\n"
               "c: {type: belt, length: 3 m, speed: 0.3 m/s, to: out, tags: {run: Q_C}}\nout: {type: sink}\n"
               "t: {type: source, product: tall, every: {exponential: 9 s}, to: side}\n"
               "side: {type: belt, pose: {xyz: [2.8 m, -1.5 m, 0], rpy: [0 deg, 0 deg, 90 deg]}, length: 1.5 m, "
               "speed: 0.3 m/s, to: {device: c, at: 0.8 m}}\n"
               "s: {type: stopper, along: c, at: 2.4 m, tags: {raise: Q_S}}\n"
               "p: {type: pusher, along: c, at: 1.2 m, speed: 0.8 m/s, to: bin, tags: {extend: Q_P}}\n"
               "bin: {type: sink}\n"
               "near: {type: laser_distance, along: c, at: 2.2 m, range: 0.7 m}\n"
               "far: {type: laser_distance, along: c, at: 1 m, range: 5 m}")  # fmt: skip
    lane = run.line.lanes[0]
    for name in ("Q_B", "Q_C"):
        run.write(name, True)
    compared = 0
    for _ in range(400):
        run.advance_to(run.now_ns + rng.randrange(1, 700_000_000))
        assert run.problem is None
        for name, x, reach in (("near", 4.2, 0.7), ("far", 3.0, 5.0)):
            wanted = reach
            for part in lane.parts():
                front = lane.position(part)
                if front - part.length < x:
                    wanted = min(reach, max(x - front, 0.0))
                    break
            assert value(run, f"{name}.distance") == pytest.approx(wanted, abs=3e-8)
            assert value(run, f"{name}.detected") is (wanted < reach - 1e-7)
            compared += 0.0 < wanted < reach
        what = rng.random()
        if what < 0.2:
            run.write(rng.choice(["Q_B", "Q_C"]), rng.random() < 0.8)
        elif what < 0.3:
            run.write(rng.choice(["Q_S", "Q_P"]), rng.random() < 0.3)
    assert compared > 30


class TickLoop:
    """A belt of 0.5 m/s and 0.4 m/s2 with one part, stepped: shares no line with the product."""

    def __init__(self, dt: float) -> None:
        self.dt, self.v, self.s, self.steps = dt, 0.0, 0.0, 0

    def until(self, t: float, target: float) -> None:
        while self.steps * self.dt < t - 1e-12:
            self.v = (
                min(target, self.v + 0.4 * self.dt)
                if target > self.v
                else max(target, self.v - 0.4 * self.dt)
            )
            self.s += self.v * self.dt
            self.steps += 1


@pytest.mark.parametrize("seed", range(4))
def test_that_tick_loops_come_nearer_to_the_values_the_finer_they_step(line: Line, seed: int) -> None:
    rng = random.Random(seed)
    run = line(f"{ONE}{RAMP.replace('4 m,', '40 m,')}"
               "e: {type: encoder, along: b, at: 1 m, counts: 100000}\n"
               "l: {type: laser_distance, along: b, at: 39 m, range: 39 m}")  # fmt: skip
    loops = [TickLoop(0.001), TickLoop(0.00025)]
    worst = [0.0, 0.0]
    t, target = 0.0, 0.0
    for _ in range(12):
        t = round(t + rng.uniform(0.2, 3.0), 3)
        at(run, t)
        for k, loop in enumerate(loops):
            loop.until(t, target)
            distance, count = value(run, "l.distance"), value(run, "e.count")
            assert isinstance(distance, float) and isinstance(count, int)
            worst[k] = max(worst[k], abs(distance - (39 - loop.s)), abs(count / 100_000 - loop.s))
        target = 0.0 if target else 0.5
        run.write("Q_Run", target > 0.0)
    assert worst[0] < 5 * 0.5 * 0.001  # five ticks of travel
    assert worst[1] < 0.4 * worst[0] + 1e-5  # a count is 1e-5 m
