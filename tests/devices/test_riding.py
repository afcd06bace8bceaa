"""Parts that ride on parts: loaded, carried, drawn, unloaded; nothing is lost and nothing changes its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from commissioning.bench.load import LoadedScene, load_text
from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

LOOP = """format: commissioning-scene/1
products:
  pallet: {size: [0.6 m, 0.4 m, 0.1 m]}
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
devices:
  home: {type: buffer, pallets: 2, product: pallet, pose: {xyz: [0, 0, 0.5]}, to: join}
  src: {type: source, product: box, every: 2 s, first: 0 s, pose: {xyz: [0, 1, 0.5]}, to: join}
  join: {type: assembly, takes: {pallet: 1, box: 5}, loads: true, cycle: 3 s, to: b1}
  b1: {type: belt, length: 2 m, speed: 0.5 m/s, to: off}
  off: {type: disassembly, gives: {boxes: {product: box}}, unloads: true, cycle: 4 s, to: {boxes: out, rest: home}}
  out: {type: sink, pose: {xyz: [4, 1, 0.5]}}
"""


def load(text: str = LOOP) -> LoadedScene:
    return load_text(text, Path("scene.yaml"))


def gone(run: Run) -> list[tuple[float, int]]:
    records = run.journal.records()
    rows = records[records["kind"] == int(Kind.PART_GONE)]
    return [(int(row["t"]) / 1e9, int(row["obj"])) for row in rows]


def test_that_what_is_loaded_comes_off_again_with_its_number_and_pallets_go_round() -> None:
    """Boxes at 0, 2 .. 8 s; loaded at 11 s, 2 m at 0.5 m/s, taken off at 11 + 4 + 4 = 19 s.

    The next five: the first was made at 10 s and let in at 11 s, the others at 13 .. 19 s: loaded at 22 s, taken off at 30 s.
    """
    run = Run(load(), 1)
    run.advance("31 s")
    assert run.problem is None
    pallets = 2
    assert gone(run) == [(19, k + pallets) for k in range(5)] + [(30, k + pallets) for k in range(5, 10)]
    run.advance("300 s")
    made = int((run.journal.records()["kind"] == int(Kind.PART_MADE)).sum())
    assert len(gone(run)) + len(run.line.parts) == made
    assert sum(part.product == 0 for part in run.line.parts.values()) == 2
    assert run.tags["out.count"].value == len(gone(run))


def test_that_a_load_stands_in_rows_on_what_carries_it_and_moves_with_it() -> None:
    """Five boxes of 0.3 x 0.2 m on 0.6 x 0.4 m: four in the first layer, the fifth on top of the first."""
    run = Run(load(), 1)
    run.advance("13 s")  # 2 s on the belt: its front at 1 m
    timeline = Timeline(run.journal.header)
    timeline.feed(run.journal.records())
    poses = timeline.poses(run.now_ns)
    where = {int(part): poses.positions[k] for k, part in enumerate(poses.ids)}
    pallet = where[0]
    offsets = np.array([where[k + 2] - pallet for k in range(5)])
    assert offsets == pytest.approx(np.array([
        [-0.15, -0.1, 0.1], [0.15, -0.1, 0.1], [-0.15, 0.1, 0.1], [0.15, 0.1, 0.1], [-0.15, -0.1, 0.3],
    ]))  # fmt: skip
    later = timeline.poses(run.now_ns - 1_000_000_000)
    before = {int(part): later.positions[k] for k, part in enumerate(later.ids)}
    assert where[6] - before[6] == pytest.approx([0.5, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("at", [1, 8.5, 11, 12.3, 15, 18, 19, 23.7])
def test_that_a_line_with_loads_is_restored_bit_for_bit(at: float) -> None:
    loaded = load()
    run = Run(loaded, 3)
    run.advance(at)
    copy = Run.restore(loaded, run.snapshot())
    owners = {part.id: getattr(part.owner, "id", None) for part in run.line.parts.values()}
    assert {part.id: getattr(part.owner, "id", None) for part in copy.line.parts.values()} == owners
    for one in (run, copy):
        one.advance("100 s")
    assert run.journal.digest() == copy.journal.digest()


def test_that_a_load_leaves_the_line_with_what_carries_it() -> None:
    scene = LOOP.replace("to: b1}", "to: out}").replace(
        "  off: {type: disassembly, gives: {boxes: {product: box}}, unloads: true, cycle: 4 s, to: {boxes: out, rest: home}}\n", ""
    ).replace("  b1: {type: belt, length: 2 m, speed: 0.5 m/s, to: off}\n", "")  # fmt: skip
    run = Run(load(scene), 1)
    run.advance("15 s")
    assert sorted(part for _, part in gone(run)) == [0, 2, 3, 4, 5, 6]
    assert run.tags["out.count"].value == 1


def test_that_a_load_that_is_used_up_says_into_what() -> None:
    scene = LOOP.replace("to: b1}", "to: wrap}").replace(
        "  b1: {type: belt, length: 2 m, speed: 0.5 m/s, to: off}\n",
        "  wrap: {type: assembly, takes: {pallet: 1}, result: box, cycle: 1 s, to: off}\n",
    ).replace("gives: {boxes: {product: box}}", "gives: {boxes: {product: box, count: 2}}")  # fmt: skip
    run = Run(load(scene), 1)
    run.advance("14 s")
    records = run.journal.records()
    used = records[(records["kind"] == int(Kind.PART_GONE)) & (records["aux"] == 3)]
    assert sorted(used["obj"].tolist()) == [0, 2, 3, 4, 5, 6]
    assert len(set(used["b"].tolist())) == 1


def test_that_only_so_many_are_taken_off_as_said() -> None:
    run = Run(
        load(
            LOOP.replace("{product: box}", "{product: box, count: 3}").replace(
                "every: 2 s", "every: 2 s, limit: 5"
            )
        ),
        1,
    )
    run.advance("19.5 s")
    assert [part for _, part in gone(run)] == [2, 3, 4]
    assert [part.owner.id for part in run.line.parts.values() if part.id in (5, 6)] == [0, 0]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("loads: true, cycle: 3 s", "loads: true, result: box, cycle: 3 s", "leave out result"),
        ("{boxes: out, rest: home}", "{boxes: out}", "give the exit rest"),
    ],
)
def test_that_loads_without_a_carrier_are_a_problem(old: str, new: str, what: str) -> None:
    with pytest.raises(Problems, match=what):
        load(LOOP.replace(old, new))
