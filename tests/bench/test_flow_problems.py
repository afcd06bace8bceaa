# ruff: noqa: E501  scene text
"""What is wrong with the flow of a scene before it runs: each told with its place, its cause and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.model.problem import Problem, Problems
from commissioning.sim.run import Run

HEAD = """format: commissioning-scene/1
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
  cube: {size: [0.1 m, 0.1 m, 0.1 m]}
devices:
"""
LINE = """
src: {type: source, product: box, every: 4 s, to: b1}
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: pack}
pack: {type: station, cycle: 5 s, to: out}
out: {type: sink}
"""


def scene(devices: str, rest: str = "") -> str:
    body = "\n".join("  " + row for row in devices.strip().splitlines())
    return f"{HEAD}{body}\n{rest}"


def problems(devices: str, rest: str = "") -> list[Problem]:
    try:
        load_text(scene(devices, rest), Path("scene.yaml"))
    except Problems as found:
        return list(found.problems)
    return []


def only(devices: str, rest: str = "") -> Problem:
    found = problems(devices, rest)
    assert len(found) == 1, "\n".join(map(str, found))
    assert found[0].cure and found[0].where.line
    return found[0]


def check(limit: str, at: str = "out", more: str = "for: 1 h") -> str:
    return f"checks: {{rate: {{type: throughput, at: {at}, {limit}, {more}}}}}"


# ---- rates that no device can reach -------------------------------------------------------------------


def test_that_more_than_a_fixed_cycle_can_give_is_told_with_the_station() -> None:
    """5 s a part: 720/h."""
    problem = only(LINE, check("at_least: 800/h"))
    assert problem.where.id == "checks.rate.at_least"
    assert problem.what == "out cannot give 800/h: pack lets at most 720/h through"
    assert problem.cause == "pack needs 5 s or more for a part"
    assert problems(LINE, check("at_least: 720/h")) == []


def test_that_a_source_bounds_what_follows_it() -> None:
    """4 s a part: 900/h; the belt could give 0.5 / 0.1 m parts/s."""
    problem = only(LINE, check("at_least: 1000/h", at="b1"))
    assert "src lets at most 900/h through" in problem.what


def test_that_a_belt_bounds_by_speed_and_length_of_a_part() -> None:
    """0.5 m/s and parts of 0.1 m or more that cannot overlap: 5/s, 18,000/h; never more, however it is fed.
    Where only boxes of 0.3 m come, 6,000/h."""
    devices = LINE.replace("every: 4 s", "every: always").replace("cycle: 5 s", "cycle: 10 ms")
    assert "b1 lets at most 6000/h through" in only(devices, check("at_least: 6100/h")).what
    devices = devices.replace("product: box", "mix: {box: 1, cube: 1}")
    problem = only(devices, check("at_least: 19000/h"))
    assert "b1 lets at most 18000/h through" in problem.what and "0.5 m/s" in problem.cause
    assert problems(devices, check("at_least: 17000/h")) == []


@pytest.mark.parametrize(
    ("change", "bound"),
    [
        (("cycle: 5 s", "cycle: {uniform: [5 s, 9 s]}"), 720),  # 5 s at best
        (("cycle: 5 s", "cycle: {triangular: [6 s, 7 s, 9 s]}"), 600),
        (("cycle: 5 s", "cycle: 10 s, batch: 2"), 720),
        (("cycle: 5 s", "cycle: 9 s, load: 1 s, parallel: 2"), 720),
    ],
)
def test_that_the_least_a_time_can_be_bounds(change: tuple[str, str], bound: int) -> None:
    devices = LINE.replace(*change)
    assert f"at most {bound}/h" in only(devices, check("at_least: 850/h")).what
    assert problems(devices, check(f"at_least: {bound}/h")) == []


@pytest.mark.parametrize("cycle", ["{exponential: 5 s}", "{normal: {mean: 5 s, sd: 1 s}}"])
def test_that_times_without_a_least_value_bound_nothing(cycle: str) -> None:
    assert problems(LINE.replace("cycle: 5 s", f"cycle: {cycle}"), check("at_least: 890/h")) == []


SRC = "src: {type: source, product: box, every: always, to: x}"
BIN = "bin: {type: sink, pose: {xyz: [0 m, 9 m, 0 m]}}"
TEAM = "w: {type: operators, count: 1, pose: {xyz: [0 m, 9 m, 0 m]}}"


@pytest.mark.parametrize(
    ("rows", "bound", "why"),
    [
        (["x: {type: manual_station, operators: w, cycle: 4 s, to: out}", TEAM], 900, "4 s or more"),
        (["x: {type: inspection, results: {good: 99 %, bad: 1 %}, cycle: 4 s, to: {good: out, bad: bin}}", BIN],
         900, "4 s or more"),
        # 0.3 m and 0.1 m at 0.2 m/s: 2 s a part; the gap counts at the infeed only
        (["x: {type: belt, length: 3 m, speed: 0.2 m/s, gap: 0.1 m, to: out}"], 1800, "0.1 m between"),
        (["x: {type: belt, length: 3 m, speed: 1 m/s, to: b}",
          "b: {type: belt, length: 3 m, speed: 0.2 m/s, gap: 0.1 m, to: out}"], 2400, "0.3 m long or more"),
        (["x: {type: curve, radius: 1 m, angle: 90 deg, speed: 0.2 m/s, to: out}"], 2400, "0.3 m long or more"),
        # eye 0.05 m + zone 0.5 m + part 0.3 m at 0.5 m/s: 1.7 s
        (["x: {type: roller_conveyor, length: 4 m, zones: 8, speed: 0.5 m/s, to: out}"], 3600 / 1.7, "a zone"),
        (["x: {type: belt, length: 3 m, speed: 0.5 m/s, to: out}",
          "sep: {type: separator, along: x, at: 1.5 m, gap: 0.4 m}"], 3600 / 1.4, "behind sep"),
        # 2 s + 1 s and 2 m there and back at 1 m/s
        (["x: {type: lift, takes: {src: 0 m}, gives: {on: 2 m}, speed: 1 m/s, load: 2 s, unload: 1 s, to: {on: out}}"],
         3600 / 7, "7 s or more"),
        (["x: {type: turntable, takes: {src: 0 deg}, gives: {on: 90 deg}, speed: 45 deg/s, to: {on: out}}"],
         900, "4 s or more"),
        # each part is stored and retrieved, taken up and put down each time
        (["x: {type: rack, bays: 2, levels: 1, handling: 3 s, to: out}"], 300, "12 s or more"),
        ([("x: {type: agvs, nodes: {a: [0 m, 0 m], b: [4 m, 0 m], h: [0 m, 2 m]}, paths: [a-b, h-a],"
           " vehicles: {v1: h}, takes: {src: a}, gives: {on: b}, speed: 1 m/s, load: 6 s, unload: 4 s, to: {on: out}}")],
         360, "10 s or more"),
        (["x: {type: assembly, takes: {box: 1, cube: 2}, cycle: 1 s, to: out}",
          "s2: {type: source, product: cube, every: 10 s, pose: {xyz: [0 m, 5 m, 0 m]}, to: x}"],
         180, "takes 2 cube for each, and at most 360/h of it can come"),
        (["x: {type: assembly, takes: {box: 1}, cycle: 8 s, to: b}",
          "b: {type: belt, length: 3 m, speed: 1 m/s, to: out}"], 450, "8 s or more"),
    ],
)  # fmt: skip
def test_that_every_kind_of_device_bounds_what_runs_keep(rows: list[str], bound: float, why: str) -> None:
    """By hand; more is a problem, less is none, and a run never gives more."""
    devices = "\n".join([SRC, *rows, "out: {type: sink}"])
    problem = only(devices, check(f"at_least: {bound * 1.02:.0f}/h"))
    assert f"at most {bound:.6g}/h through" in problem.what and why in problem.cause
    assert problems(devices, check(f"at_least: {bound * 0.98:.0f}/h")) == []
    run = Run(load_text(scene(devices), Path("scene.yaml")), 1)
    run.advance("2 h")
    assert run.tags["out.count"].value <= 2 * bound + 2


def test_that_two_ways_give_what_both_give_together() -> None:
    """Two stations of 720/h each: 1,440/h; a third of them is asked for more."""
    devices = """
s1: {type: source, product: box, every: always, to: p1}
s2: {type: source, product: box, every: always, pose: {xyz: [0 m, 2 m, 0 m]}, to: p2}
p1: {type: station, cycle: 5 s, to: wait}
p2: {type: station, cycle: 5 s, to: wait}
wait: {type: buffer, pose: {xyz: [5 m, 0 m, 0 m]}, to: out}
out: {type: sink}
"""
    assert problems(devices, check("at_least: 1400/h")) == []
    problem = only(devices, check("at_least: 1500/h"))
    assert "p1 and p2 let at most 1440/h through" in problem.what


def test_that_no_run_of_a_line_exceeds_its_bound() -> None:
    """The bound is one of runs: what is counted in a run of the line never passes it."""
    devices = LINE.replace("every: 4 s", "every: always").replace("5 s", "{uniform: [5 s, 6 s]}")
    load = load_text(scene(devices), Path("scene.yaml"))
    for seed in range(5):
        run = Run(load, seed)
        run.advance("1 h")
        assert run.tags["out.count"].value <= 720


def test_that_a_rework_ring_is_not_bounded_by_its_source() -> None:
    """Half of the parts pass the test again: more pass it than come."""
    devices = """
src: {type: source, product: box, every: 10 s, to: wait}
wait: {type: buffer, to: test}
test: {type: inspection, results: {good: 50 %, rework: 50 %}, cycle: 1 s, to: {good: out, rework: wait}}
out: {type: sink}
"""
    assert problems(devices, check("at_least: 600/h", at="test")) == []
    assert "src lets at most 360/h" in only(devices, check("at_least: 600/h", at="out")).what


def test_that_a_throughput_where_nothing_passes_is_told() -> None:
    devices = LINE + "go: {type: push_button, pose: {xyz: [0 m, -1 m, 1 m]}}\n"
    problem = only(devices, check("at_least: 10/h", at="go"))
    assert problem.where.id == "checks.rate.at" and "no part ever passes go" in problem.what


def test_that_parts_already_made_in_the_warm_up_may_come_on_top() -> None:
    """An hour of warm-up fills a buffer that a second source time cannot: only what 2 h give is impossible."""
    more = "for: 1 h, warm_up: 1 h"
    assert problems(LINE, check("at_least: 1000/h", more=more)) == []
    assert "at most 720/h" in only(LINE, check("at_least: 1500/h", more=more)).what


# ---- parts that cannot leave, sinks that nothing reaches ----------------------------------------------


def test_that_parts_that_can_never_leave_are_told() -> None:
    problem = only("""
src: {type: source, product: box, every: 4 s, to: wait}
wait: {type: buffer, capacity: 3, to: press}
press: {type: station, cycle: 1 s, to: wait}
""")
    assert problem.where.id == "devices.src.to"
    assert problem.what == "parts of src can never leave: no sink can be reached from it, only wait, press"


@pytest.mark.parametrize("more", ["limit: 3", ""])
def test_that_a_ring_of_pallets_or_of_a_limited_source_is_none(more: str) -> None:
    ring = "press: {type: station, pose: {xyz: [1 m, 0 m, 0 m]}, cycle: 1 s, to: wait}\n"
    if more:
        ring += "src: {type: source, product: box, every: 4 s, limit: 3, to: wait}\nwait: {type: buffer, pose: {xyz: [0 m, 0 m, 0 m]}, length: 1 m, capacity: 6, to: press}"
    else:
        ring += "wait: {type: buffer, pose: {xyz: [0 m, 0 m, 0 m]}, length: 1 m, capacity: 6, pallets: 3, product: box, to: press}"
    assert problems(ring) == []


def test_that_a_pusher_is_a_way_out_of_a_ring() -> None:
    devices = """
src: {type: source, product: box, every: 4 s, to: b1}
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: press}
press: {type: station, pose: {xyz: [3 m, 0 m, 0 m]}, cycle: 1 s, length: 1 m, to: wait}
wait: {type: buffer, pose: {xyz: [4 m, 0 m, 0 m]}, capacity: 2, to: press}
kick: {type: pusher, along: b1, at: 1 m, to: out, tags: {extend: Q_Kick}}
out: {type: sink}
"""
    assert problems(devices) == []
    without = [row for row in devices.splitlines() if not row.startswith("kick")]
    found = problems("\n".join(without))
    assert [problem.where.id for problem in found] == ["devices.src.to", "devices.out"]


def test_that_a_sink_that_nothing_reaches_is_told() -> None:
    devices = (
        LINE
        + """
alone: {type: belt, pose: {xyz: [0 m, 5 m, 0 m]}, length: 2 m, speed: 1 m/s, to: scrap}
scrap: {type: sink}
"""
    )
    problem = only(devices)
    assert problem.where.id == "devices.scrap" and problem.what.startswith("no part can reach scrap")


def test_that_a_merge_whose_blade_is_nearer_than_any_part_is_long_is_told() -> None:
    devices = """
s1: {type: source, product: box, every: 4 s, to: main}
s2: {type: source, product: box, every: 4 s, to: {device: main, at: 2 m}}
main: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 4 m, speed: 1 m/s, to: out}
m: {type: merge, along: main, at: 2 m, rule: alternate, gap: 50 mm, hold: HOLD}
out: {type: sink}
"""
    problem = only(devices.replace("HOLD", "0.14 m"))
    assert problem.where.id == "devices.m.hold" and problem.cure == "Give hold 0.15 m or more"
    assert problems(devices.replace("HOLD", "0.15 m")) == []


# ---- times and shares ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (("every: 4 s", "every: 0 s"), "devices.src.every", "every of src is 0 s"),
        (("every: 4 s", "every: {uniform: [0 s, 0 s]}"), "devices.src.every", "every of src is 0 s"),
        (("every: 4 s", "every: -4 s"), "devices.src.every", "cannot be negative"),
        (("every: 4 s", "every: {exponential: 0 s}"), "devices.src.every.exponential", "more than 0 s"),
        (("cycle: 5 s", "cycle: -1 ms"), "devices.pack.cycle", "cannot be negative"),
        (("cycle: 5 s", "cycle: {normal: {mean: -5 s, sd: 1 s}}"), "devices.pack.cycle.normal.mean", "cannot be negative"),
        (("cycle: 5 s", "cycle: 5 s, failures: {every: 0 s, repair: 1 s}"), "devices.pack.failures.every", "0 s"),
        (("cycle: 5 s", "cycle: 5 s, failures: {every: 1 h, repair: -1 s}"), "devices.pack.failures.repair", "negative"),
        (("cycle: 5 s", "cycle: 5 s, causes: [{every: 0 s, repair: 1 s}]"), "devices.pack.causes[0].every", "0 s"),
        (("cycle: 5 s", "cycle: 5 m"), "devices.pack.cycle", "which is a length, not a duration"),
        (("product: box", "mix: {}"), "devices.src.mix", "is empty"),
        (("product: box", "mix: {box: 70 %, cube: 20 %}"), "devices.src.mix", "add up to 90 %, not 100 %"),
        (("product: box", "mix: {box: 0.7, cube: 0.7}"), "devices.src.mix", "add up to 140 %, not 100 %"),
        (("to: pack", "to: {}"), "devices.b1.to", "the end of b1 leads nowhere"),
    ],
)  # fmt: skip
def test_that_times_of_nothing_and_shares_that_do_not_add_up_are_told(
    change: tuple[str, str], place: str, words: str
) -> None:
    found = [problem for problem in problems(LINE.replace(*change)) if problem.where.id == place]
    assert len(found) == 1
    assert words in found[0].what and found[0].cure and found[0].where.line


@pytest.mark.parametrize(
    "mix", ["{box: 70 %, cube: 30 %}", "{box: 0.7, cube: 0.3}", "{box: 2, cube: 1}", "{box: 1}"]
)
def test_that_shares_that_add_up_and_weights_are_taken(mix: str) -> None:
    assert problems(LINE.replace("product: box", f"mix: {mix}")) == []


def test_that_all_of_them_are_told_at_once() -> None:
    devices = LINE.replace("every: 4 s", "every: 0 s").replace("product: box", "mix: {box: 70 %, cube: 20 %}")
    found = problems(devices + "scrap: {type: sink}\n", check("at_least: 800/h"))
    assert [problem.where.id for problem in found] == [
        "devices.scrap", "devices.src.every", "devices.src.mix", "checks.rate.at_least",
    ]  # fmt: skip


def test_that_pallets_in_a_ring_that_takes_no_time_are_told() -> None:
    ring = """
wait: {type: buffer, product: box, pallets: 2, pose: {xyz: [0 m, 0 m, 0 m]}, to: test}
test: {type: station, cycle: 0 s, to: back}
back: {type: buffer, capacity: 5, to: wait}
"""
    problem = only(ring)
    assert problem.what.startswith(
        "wait, test, back take no time: pallets of wait would go round without end"
    )
    assert problem.where.id == "devices.wait"
    assert problems(ring.replace("cycle: 0 s", "cycle: 1 ms")) == []
    assert problems(ring.replace("cycle: 0 s", "cycle: {exponential: 1 s}")) == []
    assert problems(ring.replace("cycle: 0 s", "cycle: 0 s, load: 1 s")) == []


def test_that_a_source_that_always_has_a_part_before_room_without_limit_is_told() -> None:
    line = """
src: {type: source, product: box, every: always, to: wait}
wait: {type: buffer, to: pack}
pack: {type: station, cycle: 5 s, to: out}
out: {type: sink}
"""
    assert "wait has room without limit" in only(line).what
    assert problems(line.replace("type: buffer", "type: buffer, capacity: 9")) == []
    assert problems(line.replace("always", "always, limit: 9")) == []


@pytest.mark.parametrize(
    ("mix", "where", "what"),
    [
        ("{box: 3, cube: -1}", "devices.src.mix", "the weights of src are 0 or more"),
        ("{box: 0, cube: 0}", "devices.src.mix", "not all 0"),
        ("{box: 50 %, crate: 50 %}", "devices.src.mix.crate", "there is no product 'crate'"),
    ],
)
def test_that_a_wrong_mix_is_told_where_it_stands(mix: str, where: str, what: str) -> None:
    problem = only(LINE.replace("product: box", f"mix: {mix}"))
    assert problem.where.id == where and what in problem.what
