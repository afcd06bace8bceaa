"""Conveyors as bottlenecks: lines whose rate is a conveyor's own, in closed form, and whose throughput rises
with that conveyor's speed and with nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flow_scenes import history, index, row_of, scene

from commissioning.bench.load import load_text
from commissioning.bench.run import make_run
from commissioning.model.record import Kind
from commissioning.sim.analysis.bottleneck import bottlenecks
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.lost_time import LIMIT
from commissioning.sim.analysis.waits import waits, words

CORNER = "pose: {xyz: [3 m, 0 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}"
SIDE = "pose: {xyz: [2 m, -2 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}"

# scene, what limits it, parts per second in closed form: parts are 0.3 m long
LINES = {
    "infeed behind a source": (
        scene(
            "s: {type: source, product: part, every: always, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.2 m/s, gap: 0.1 m, to: m}",
            "m: {type: station, cycle: 1 s, to: out}",
            "out: {type: sink}",
        ),
        "b",
        0.2 / (0.3 + 0.1),
    ),
    "infeed between stations": (
        row_of(["cycle: 1 s", "cycle: 1.5 s"], "type: belt, length: 3 m, speed: 0.2 m/s, gap: 0.1 m"),
        "b1",
        0.2 / (0.3 + 0.1),
    ),
    "a slower belt in the chain, on which parts touch": (
        scene(
            "s: {type: source, product: part, every: 1.2 s, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.5 m/s, gap: 0.1 m, to: b2}",
            "b2: {type: belt, length: 2 m, speed: 0.2 m/s, to: m}",
            "m: {type: station, cycle: 1 s, to: out}",
            "out: {type: sink}",
        ),
        "b2",
        0.2 / 0.3,
    ),
    "a slower one that lets nothing slip": (
        scene(
            "s: {type: source, product: part, every: 1.2 s, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.5 m/s, gap: 0.1 m, accumulating: false, to: b2}",
            "b2: {type: belt, length: 2 m, speed: 0.2 m/s, accumulating: false, to: m}",
            "m: {type: station, cycle: 1 s, to: out}",
            "out: {type: sink}",
        ),
        "b2",
        0.2 / 0.3,
    ),
    "a belt round the corner": (
        scene(
            "s: {type: source, product: part, every: 1.2 s, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.5 m/s, gap: 0.1 m, to: b2}",
            f"b2: {{type: belt, length: 2 m, speed: 0.2 m/s, gap: 0.1 m, {CORNER}, to: m}}",
            "m: {type: station, cycle: 1 s, to: out}",
            "out: {type: sink}",
        ),
        "b2",
        0.2 / (0.3 + 0.1),
    ),
    "zones that let parts go one by one": (
        # a part goes from its eye, 0.05 m before the joint, when the tail ahead has left the zone of 0.5 m
        scene(
            "s: {type: source, product: part, every: always, to: z}",
            "z: {type: roller_conveyor, length: 4 m, zones: 8, speed: 0.5 m/s, to: m}",
            "m: {type: station, cycle: 1 s, to: out}",
            "out: {type: sink}",
        ),
        "z",
        0.5 / (0.05 + 0.5 + 0.3),
    ),
    "a merge where the track has priority": (
        # what the track and the side bring together is more than 0.5 m/s of touching parts can be
        scene(
            "s: {type: source, product: part, every: 1.2 s, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.5 m/s, pose: {xyz: [0 m, 0 m, 0 m]}, to: out}",
            "s2: {type: source, product: part, every: 0.7 s, to: b2}",
            f"b2: {{type: belt, length: 2 m, speed: 0.5 m/s, {SIDE}, to: {{device: b, at: 2 m}}}}",
            "out: {type: sink}",
        ),
        "b",
        2 / 1.2,  # one from the side fits between two of the track, a second one does not
    ),
    "a merge that keeps a gap": (
        scene(
            "s: {type: source, product: part, every: 1.5 s, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.5 m/s, pose: {xyz: [0 m, 0 m, 0 m]}, to: out}",
            "s2: {type: source, product: part, every: 1.3 s, to: b2}",
            f"b2: {{type: belt, length: 2 m, speed: 0.5 m/s, {SIDE}, to: {{device: b, at: 2 m}}}}",
            "mg: {type: merge, along: b, at: 2 m, rule: alternate, gap: 0.1 m, hold: 0.5 m}",
            "out: {type: sink}",
        ),
        "mg",
        # one comes in from the side as the one held 0.5 m before it is let go; the next one of the side when
        # that has cleared the merge by 0.1 m
        2 * 0.5 / (0.5 + 0.3 + 0.1),
    ),
    "a separator": (
        scene(
            "s: {type: source, product: part, every: 1 s, to: b}",
            "b: {type: belt, length: 3 m, speed: 0.5 m/s, to: out}",
            "sep: {type: separator, along: b, at: 1.5 m, gap: 0.4 m}",
            "out: {type: sink}",
        ),
        "sep",
        0.5 / (0.3 + 0.4),
    ),
    "a belt shorter than a part and its gap": (
        scene(
            "s: {type: source, product: part, every: always, to: b}",
            "b: {type: belt, length: 0.2 m, speed: 0.5 m/s, gap: 0.1 m, pose: {xyz: [2.8, 0, 0]}, to: b2}",
            f"b2: {{type: belt, length: 2 m, speed: 0.5 m/s, {CORNER}, to: m}}",
            "m: {type: station, cycle: 0.1 s, to: out}",
            "out: {type: sink}",
        ),
        "b",
        0.5 / (0.3 + 0.1),
    ),
}


def rate(found: History) -> float:
    gone = found.records[found.records["kind"] == int(Kind.PART_GONE)]["t"]
    return float(((gone > found.start) & (gone <= found.end)).sum()) / (found.span / 1e9)


@pytest.mark.parametrize("name", LINES)
def test_that_a_conveyor_that_gives_all_it_can_is_the_bottleneck(name: str) -> None:
    text, limits, parts_per_s = LINES[name]
    found = history(text, 1100.0, 100.0)
    assert rate(found) == pytest.approx(parts_per_s, abs=2e-3)  # one part at either end of 1000 s
    result = bottlenecks(found)
    assert result.main == index(found, limits)
    assert result.shares[result.main].momentary > 0.99


@pytest.mark.parametrize(
    ("name", "device", "gains"),
    [
        ("infeed between stations", "b1", 0.05), ("infeed between stations", "m1", 0.0),
        ("infeed between stations", "m2", 0.0),
        ("a slower belt in the chain, on which parts touch", "b2", 0.05),
        ("a slower belt in the chain, on which parts touch", "b", 0.0),
        ("zones that let parts go one by one", "z", 0.05),
    ],
)  # fmt: skip
def test_that_only_the_one_named_gains_when_it_is_made_faster(name: str, device: str, gains: float) -> None:
    """The truth of a bottleneck: 5 % on its speed or cycle are 5 % more parts, on any other's none."""
    text, _, parts_per_s = LINES[name]

    def faster(found: re.Match[str]) -> str:
        key, number = found.group(1), float(found.group(2))
        return f"{key}: {number * 1.05 if key == 'speed' else number / 1.05:.12g}"

    lines = [
        re.sub(r"(speed|cycle): ([\d.]+)", faster, line) if line.startswith(f"  {device}:") else line
        for line in text.splitlines()
    ]
    changed = "\n".join(lines) + "\n"
    assert changed != text
    found = history(changed, 1100.0, 100.0)
    assert rate(found) == pytest.approx(parts_per_s * (1 + gains), abs=2e-3)


def test_that_a_full_belt_before_a_slow_station_is_not_the_bottleneck() -> None:
    text = LINES["infeed behind a source"][0].replace("cycle: 1 s", "cycle: 5 s")
    found = history(text, 1100.0, 100.0)
    result = bottlenecks(found)
    assert result.main == index(found, "m") and result.shares[result.main].momentary == 1.0
    # a part comes in every 5 s and is on its way for at most the 0.4 m that the queue lets it move up
    assert sum(t1 - t0 for t0, t1 in found.gates[index(found, "b")][0]) / found.end < 0.4


def test_that_a_belt_with_room_to_spare_is_taken_as_long_as_its_parts_need() -> None:
    """A part every 6 s takes the infeed for (0.3 m + 0.1 m) / 0.2 m/s = 2 s; the source limits."""
    text = LINES["infeed behind a source"][0].replace("every: always", "every: 6 s")
    found = history(text, 1106.0, 106.0)
    assert bottlenecks(found).main == index(found, "s")
    taken = found.gates[index(found, "b")][0]
    assert {t1 - t0 for t0, t1 in taken[:-1]} == {2 * 10**9}
    assert [t0 for t0, _ in taken[:3]] == [6 * 10**9, 12 * 10**9, 18 * 10**9]


def test_that_a_belt_that_is_told_to_stand_is_not_taken_meanwhile() -> None:
    """It runs for 3 s of every 10; the part over its infeed is in the way of who stops it."""
    text = scene(
        "s: {type: source, product: part, every: always, to: b}",
        "b: {type: belt, length: 3 m, speed: 0.2 m/s, gap: 0.1 m, to: out, tags: {run: Run}}",
        "out: {type: sink}",
    )
    run = make_run(load_text(text, Path("scene.yaml")), 1)
    for _ in range(30):
        run.write("Run", True)
        run.advance("3 s")
        run.write("Run", False)
        run.advance("7 s")
    found = History(run.journal.header, run.journal.records(), run.now_ns, 0)
    # a part is taken in before it stands for the first time: (0.3 m + 0.1 m) / 0.2 m/s = 2 s, then 1 s of one
    taken = sum(t1 - t0 for t0, t1 in found.gates[index(found, "b")][0])
    assert 0 < taken <= 30 * 3 * 10**9
    assert bottlenecks(found).none >= 0.7


def test_that_who_waits_for_a_conveyor_at_its_limit_says_so() -> None:
    found = history(LINES["infeed between stations"][0], 1100.0, 100.0)
    told = {(found.names[w.device], w.state.name): w for w in waits(found)}
    for key, share in ((("m1", "BLOCKED"), 0.5), (("m2", "STARVED"), 0.25)):
        (cause,) = told[key].causes
        assert (cause.device, cause.what) == (index(found, "b1"), LIMIT)
        assert cause.share == pytest.approx(share, abs=1e-3)
        assert words(told[key], found.names).endswith("because b1 was at its limit")
