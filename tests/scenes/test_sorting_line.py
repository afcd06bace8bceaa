"""The sorting line: its checks can fail, what is sorted is where it belongs, and the belt that sorts carries
what one can compute by hand."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from commissioning.bench.check import check
from commissioning.bench.load import load
from commissioning.model.record import Kind
from commissioning.sim.run import Run

SCENE = Path(__file__).parents[2] / "scenes" / "sorting_line"

# check -> file, what to replace by what, what the explanation must mention
MUTATIONS = {
    "rate": ("scene.yaml", "gap: 150 mm", "gap: 500 mm", "per hour"),
    "only_tall": ("plc/main.st", "To1.First = 1 AND", "To1.First <= 1 AND", "see1"),
    "only_blue": ("plc/main.st", "To2.First = 2 AND", "To2.First <> 3 AND", "see2"),
    "only_red": ("plc/main.st", "I_Code_Good AND LEFT(I_Code, 4) = 'red-'", "I_Code_Good", "see3"),
    "d1_clear": ("scene.yaml", "along: m2, at: 2.27 m", "along: m2, at: 2.1 m", "d1.set fell"),
    "tall_comes": ("plc/main.st", "I_Tall THEN\n        Lane := 1", "I_Tall THEN\n        Lane := 0", "see1"),
    "stop_fast": (
        "scene.yaml",
        "speed: 0.6 m/s\n    acceleration: 1.5 m/s2\n    accumulating: false\n    gap",
        "speed: 0.6 m/s\n    acceleration: 1.0 m/s2\n    accumulating: false\n    gap",
        "m2.moving",
    ),
    "no_restart": ("plc/main.st", "IF NOT I_EStop OR I_Stop THEN", "IF I_Stop THEN", "release estop"),
    "after_stop": ("plc/main.st", "ScanEdge(CLK := I_Scan)", "ScanEdge(CLK := I_Scan AND Running)", "see"),
}
LANES = {"tall": "tall_out", "blue": "blue_out", "red": "red_out", "parcel": "manual"}
LENGTHS = {"red": 0.3, "blue": 0.3, "tall": 0.3, "parcel": 0.4}  # m


def mutated(folder: Path, *changes: tuple[str, str, str]) -> Path:
    scene = folder / "mutated"
    shutil.copytree(SCENE, scene)
    for file, old, new in changes:
        text = (scene / file).read_text()
        assert old in text
        (scene / file).write_text(text.replace(old, new))
    return scene


def gone(run: Run) -> Counter[tuple[str, str]]:
    """How many parts of each product left by each sink."""
    records = run.journal.records()
    core = run.journal.header["core"]
    devices = [thing["id"] for thing in core["objects"]]
    products = [product["id"] for product in core["products"]]
    parts = records[records["kind"] == int(Kind.PART_MADE)]
    kinds = {int(row["obj"]): products[int(row["aux"])] for row in parts}
    left = records[records["kind"] == int(Kind.PART_GONE)]
    return Counter((kinds[int(row["obj"])], devices[int(row["a"])]) for row in left)


def test_that_the_sorting_line_passes_all_its_checks() -> None:
    report = check(SCENE)
    assert {v.id: v.verdict for v in report.verdicts} == dict.fromkeys(MUTATIONS, "PASS")
    # a tall part from the height eye to d1, and into its lane to the witness, at 0.6 m/s
    assert report.verdict("tall_comes").measured == pytest.approx((2.4 - 0.7 + 0.35) / 0.6, abs=1e-6)
    assert report.verdict("stop_fast").measured == pytest.approx(0.6 / 1.5, abs=0.02)  # v / a, and two scans


@pytest.mark.parametrize("identity", sorted(MUTATIONS))
def test_that_every_check_of_the_sorting_line_fails_on_a_scene_with_its_fault(
    identity: str, tmp_path: Path
) -> None:
    verdict = check(mutated(tmp_path, MUTATIONS[identity][:3]), only=(identity,)).verdict(identity)
    assert verdict.verdict == "FAIL"
    assert MUTATIONS[identity][3] in verdict.why


def test_that_each_product_leaves_by_its_lane_and_what_has_no_code_by_hand(tmp_path: Path) -> None:
    """No lane is full here, so only red parts whose code was not read (1 %) go to be sorted by hand."""
    slower = ("scene.yaml", "exponential: 2.", "exponential: 4.")
    run = Run(load(mutated(tmp_path, slower)), seed=1, scenario="production")
    run.advance("1 h")
    where = gone(run)
    for product, sink in LANES.items():
        astray = sum(n for (kind, to), n in where.items() if kind == product and to != sink)
        if product == "red":
            assert where["red", "manual"] == astray
            share = astray / (astray + where["red", "red_out"])
            assert 0.0 < share < 0.03  # 1 % of some 700: more than three deviations
        else:
            assert astray == 0 and where[product, sink] > 100


def test_that_what_finds_its_lane_full_is_sorted_by_hand_and_nothing_else(tmp_path: Path) -> None:
    slow_pack = ("scene.yaml", "{mean: 4 s, sd: 0.4 s}", "{mean: 20 s, sd: 0.4 s}")
    quick_pack = ("scene.yaml", "{mean: 3 s, sd: 0.3 s}", "{mean: 1 s, sd: 0.1 s}")
    run = Run(load(mutated(tmp_path, slow_pack, quick_pack)), seed=1, scenario="production")
    run.advance("30 min")
    where = gone(run)
    assert where["tall", "manual"] > 50
    assert where["tall", "tall_out"] == pytest.approx(1800 / 20, rel=0.05)  # the packer is never without
    assert {to for kind, to in where if kind == "tall"} == {"tall_out", "manual"}
    assert not any(value for _, value in run.journal.edges("Q_Red"))  # four in a row have room in the lane
    assert {to for kind, to in where if kind == "blue"} == {"blue_out"}


@pytest.mark.parametrize(("speed", "gap"), [(0.4, 0.35), (0.4, 0.25), (0.3, 0.15)])
def test_that_a_belt_that_is_offered_enough_carries_speed_over_length_and_gap(
    speed: float, gap: float, tmp_path: Path
) -> None:
    """More comes than the belt takes: parts follow each other at their mean length and the gap. None can
    follow closer than the shortest length and the gap; a part in some hundred comes late from the merge."""
    belt = "speed: 0.6 m/s\n    acceleration: 1.5 m/s2\n    accumulating: false\n    gap: 150 mm"
    other = f"speed: {speed} m/s\n    acceleration: 1.5 m/s2\n    accumulating: false\n    gap: {gap} m"
    run = Run(load(mutated(tmp_path, ("scene.yaml", belt, other))), seed=2, scenario="production")
    run.advance("5 min")
    before = int(run.kpi()["m2"].count)
    run.advance("30 min")
    count = int(run.kpi()["m2"].count) - before
    least = min(LENGTHS.values()) + gap
    mean = 0.9 * 0.3 + 0.1 * 0.4 + gap
    assert count <= 1800 * speed / least + 1
    assert count == pytest.approx(1800 * speed / mean, rel=0.02)


def test_that_a_run_restored_with_parts_on_every_belt_goes_on_bit_for_bit() -> None:
    scene = load(SCENE)
    run = Run(scene, seed=3)
    run.advance("7 min")
    branch = Run.restore(scene, run.snapshot())
    for one in (run, branch):
        one.advance("5 min")
    assert branch.journal.digest() == run.journal.digest()
