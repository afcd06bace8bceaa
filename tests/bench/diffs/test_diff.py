"""Comparing recordings and scenes: nothing where nothing differs, the first difference where one does."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.diffs.diff import Difference, diff
from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.bench.run import RecordedRun
from commissioning.model.problem import Problems
from commissioning.model.tags import DataType
from commissioning.sim.run import Run

SCENES = Path(__file__).parents[3] / "scenes"
EVERYTHING = Path(__file__).parents[2] / "scenes" / "everything"
S = 1_000_000_000


@pytest.fixture(scope="module")
def carton_line() -> LoadedScene:
    return load(SCENES / "carton_line")


def record(
    path: Path, loaded: LoadedScene, end_ns: int, seed: int = 1, act: Callable[[Run], None] | None = None
) -> Path:
    """A recording of a run to `end_ns`; `act` has it at its beginning, and may let time pass."""
    run = Run(loaded, seed)
    recorded = RecordedRun(run, loaded, path)
    if act is not None:
        act(run)
    recorded.advance_to(end_ns)
    recorded.close()
    return path


def mirrored(difference: Difference) -> dict[str, Any]:
    """As JSON, with A for B and B for A."""
    data = difference.as_json()
    data["a"], data["b"] = data["b"], data["a"]
    for section in ("conditions", "scene", "verdicts"):
        for change in data[section]:
            change["a"], change["b"] = change["b"], change["a"]
    first = data["first_divergence"]
    if first is not None:
        for name in ("", "causes_"):
            one, other = f"{name}a", f"{name}b"
            first[one], first[other] = first[other], first[one]
    for signal in data["signals"]:
        signal["only_a"], signal["only_b"] = signal["only_b"], signal["only_a"]
        signal["median_shift_s"] = -signal["median_shift_s"] + 0.0
    for figures in data["kpi"].values():
        for pair in figures.values():
            pair.reverse()
    return data


def test_that_two_recordings_of_one_run_are_the_same(carton_line: LoadedScene, tmp_path: Path) -> None:
    a = record(tmp_path / "a.recording", carton_line, 900 * S)
    b = record(tmp_path / "b.recording", carton_line, 900 * S)
    for other in (a, b):
        found = diff(a, other)
        assert found.same
        assert found.as_text().endswith("The same.")


@pytest.mark.parametrize("seed", range(8))
def test_that_one_forced_edge_is_the_first_divergence_at_its_exact_time(
    carton_line: LoadedScene, tmp_path: Path, seed: int
) -> None:
    """Forced at a random ns; what it changes comes at that time or later."""
    rng = random.Random(seed)
    t = rng.randrange(30 * S, 150 * S)
    name = rng.choice(["I_PE1", "I_PE4", "I_Pack_Busy", "Q_Belt1_Run", "I_EStop", "out.count"])
    a = record(tmp_path / "a.recording", carton_line, 200 * S, seed)

    def force(run: Run) -> None:
        run.advance_to(t)
        run.force(name, 12345 if name == "out.count" else not run.tags[name].value)

    b = record(tmp_path / "b.recording", carton_line, 200 * S, seed, force)
    found = diff(a, b)
    assert found.divergence is not None
    assert found.divergence.t == t
    assert found.divergence.a != found.divergence.b
    assert "forced to" in found.divergence.b
    edges = {one.name: one for one in found.signals}
    assert edges[name].at_ns == t
    assert min(one.at_ns for one in found.signals) == t
    assert found.as_json() | {"notes": []} == mirrored(diff(b, a)) | {"notes": []}


def test_that_a_divergence_is_told_with_what_led_to_it(carton_line: LoadedScene, tmp_path: Path) -> None:
    a = record(tmp_path / "a.recording", carton_line, 60 * S)

    def stop(run: Run) -> None:
        run.advance("30 s")
        run.operate("stop", "press")

    b = record(tmp_path / "b.recording", carton_line, 60 * S, act=stop)
    found = diff(a, b)
    assert found.divergence is not None
    assert found.divergence.t == 30 * S
    assert found.divergence.b == "operator: press stop"
    text = found.as_text()
    assert "First divergence at 0:00:30.000" in text
    assert "inputs from outside: 0 | 1" in text


def test_that_causes_of_both_sides_are_given(carton_line: LoadedScene, tmp_path: Path) -> None:
    """Another program: the first thing that differs is an output of the PLC, and goes back to an eye."""
    a = record(tmp_path / "a.recording", carton_line, 120 * S)
    scene = edited(tmp_path / "scene", carton_line, {"plc/main.st": ("T#600ms", "T#100ms")})
    b = record(tmp_path / "b.recording", scene, 120 * S)
    found = diff(a, b)
    assert [change.what for change in found.scene] == ["plc/main.st"]
    assert "T#600ms" in str(found.scene[0].a)
    assert "T#100ms" in str(found.scene[0].b)
    assert found.divergence is not None
    sides = (found.divergence.causes_a, found.divergence.causes_b)
    assert any(len(causes) > 1 for causes in sides)
    for causes in sides:
        times = [cause.t for cause in causes]
        assert times == sorted(times, reverse=True)


def test_that_the_longer_of_two_equal_runs_is_only_longer(carton_line: LoadedScene, tmp_path: Path) -> None:
    a = record(tmp_path / "a.recording", carton_line, 300 * S)
    b = record(tmp_path / "b.recording", carton_line, 400 * S)
    found = diff(a, b)
    assert found.divergence is None
    assert found.until_ns == 300 * S
    assert [change.what for change in found.conditions] == ["ends at"]
    assert not found.signals
    assert not found.figures
    assert not found.same


def test_that_another_seed_is_told_and_symmetrical(carton_line: LoadedScene, tmp_path: Path) -> None:
    a = record(tmp_path / "a.recording", carton_line, 700 * S, 1)
    b = record(tmp_path / "b.recording", carton_line, 900 * S, 2)
    found = diff(a, b)
    assert ("seed", "1", "2") in [(change.what, change.a, change.b) for change in found.conditions]
    assert found.divergence is not None
    assert found.divergence.about == "parts made by infeed"  # the first thing that is drawn
    assert found.as_json() | {"notes": []} == mirrored(diff(b, a)) | {"notes": []}
    assert {one.device for one in found.figures} >= {"infeed", "out"}


def test_that_signals_are_found_by_name_in_a_changed_scene(carton_line: LoadedScene, tmp_path: Path) -> None:
    """A new device before all others moves every index; nothing that both lines have is different."""
    more = edited(
        tmp_path / "scene",
        carton_line,
        {
            "scene.yaml": (
                "devices:\n",
                "devices:\n  beacon: {type: push_button, pose: {xyz: [9 m, 9 m, 1 m]}}\n",
            )
        },
    )
    a = record(tmp_path / "a.recording", carton_line, 300 * S)
    b = record(tmp_path / "b.recording", more, 300 * S)
    found = diff(a, b)
    assert [change.what for change in found.scene] == ["devices.beacon"]
    assert found.divergence is None
    assert not found.signals
    assert not found.figures


def test_that_what_a_slower_belt_does_is_seen_where_it_begins(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    slower = edited(tmp_path / "scene", carton_line, {"scene.yaml": ("speed: 0.5 m/s", "speed: 0.45 m/s")})
    a = record(tmp_path / "a.recording", carton_line, 300 * S)
    b = record(tmp_path / "b.recording", slower, 300 * S)
    found = diff(a, b)
    changes = {change.what: (change.a, change.b) for change in found.scene}
    assert changes == {"devices.belt2.speed": ("0.5 m/s", "0.45 m/s")}
    assert found.divergence is not None
    assert found.divergence.about == "motion of belt2"
    assert "0.5 m/s" in found.divergence.a
    assert "0.45 m/s" in found.divergence.b


def test_that_recordings_of_a_restored_run_and_a_fork_are_compared_from_there(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    whole = record(tmp_path / "a.recording", carton_line, 1500 * S)
    live = Run(carton_line, 1)
    live.advance("20 min")
    for name, seed in (("same", None), ("fork", 9)):
        run = Run.restore(carton_line, live.snapshot(), seed)
        assert run.journal.first > 0
        recorded = RecordedRun(run, carton_line, tmp_path / f"{name}.recording")
        recorded.advance_to(1500 * S)
        recorded.close()
    same = diff(whole, tmp_path / "same.recording")
    assert same.divergence is None
    assert any("restored run begins" in note for note in same.notes)
    fork = diff(whole, tmp_path / "fork.recording")
    assert fork.divergence is not None
    assert fork.divergence.t == 1200 * S
    assert "fork: other random numbers" in fork.divergence.b
    seeds = [(change.a, change.b) for change in fork.conditions if change.what == "seed"]
    assert seeds == [("1", "1 then 9 from 0:20:00.000")]
    assert fork.figures == ()  # one of them is known from 0, the other from 20 min
    both = diff(tmp_path / "same.recording", tmp_path / "fork.recording")
    assert both.divergence is not None and both.divergence.t == 1200 * S
    pack = next(one for one in both.figures if one.device == "pack")
    ends = [Run.restore(carton_line, live.snapshot(), seed) for seed in (None, 9)]
    for run in ends:
        run.advance_to(1500 * S)
    assert pack.values["working"] == tuple(run.kpi()["pack"].working for run in ends)
    assert "verdicts: they need the journal from its beginning" in both.notes


def test_that_scenes_are_compared_by_value(carton_line: LoadedScene, tmp_path: Path) -> None:
    """How it is written and what is commented does not count; values, order and programs do."""
    same = edited(
        tmp_path / "same", carton_line, {"scene.yaml": ("length: 3 m\n", "length: 3000 mm   # of it\n")}
    )
    assert diff(SCENES / "carton_line", same.folder).same
    other = edited(
        tmp_path / "other",
        carton_line,
        {"scene.yaml": ("  out: {type: sink, label: to palletising}\n", "  away: {type: sink}\n")},
        also={"scene.yaml": ("to: out\n", "to: away\n")},
    )
    found = diff(SCENES / "carton_line", other.folder)
    changes = {change.what: (change.a, change.b) for change in found.scene}
    assert changes["devices.pack.to.device"] == ("out", "away")
    assert changes["devices.out"][1] is None
    assert changes["devices.away"][0] is None
    assert found.as_json()["same"] is False


def test_that_a_scene_is_compared_with_the_one_a_recording_carries(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    recording = record(tmp_path / "a.recording", carton_line, 10 * S)
    found = diff(SCENES / "carton_line", recording)
    assert not found.scene
    assert "the other is a scene" in found.notes[0]


def test_that_a_recording_with_a_header_made_by_hand_is_a_problem(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    """Its tables are tables, and its records fit them: but a lane is no lane, an object's kind is none."""
    good = record(tmp_path / "a.recording", carton_line, 10 * S)
    for table, change in (
        ("lanes", {"zones": 7}),
        ("lanes", {"zones": [{"device": "x"}]}),
        ("objects", {"kind": "x"}),
    ):
        run = Run(carton_line, 1)
        core = run.journal.header["core"]
        spoilt = [entry | change for entry in core[table]]
        run.journal.header = run.journal.header | {"core": core | {table: spoilt}}
        recorded = RecordedRun(run, carton_line, tmp_path / "b.recording")
        run.advance("10 s")
        recorded.writer.tail(run.journal.tail(), run.journal.open_count, run.journal.new_texts(), [], 10 * S)
        recorded.abandon()
        for pair in ((good, tmp_path / "b.recording"), (tmp_path / "b.recording", good)):
            with pytest.raises(Problems, match="cannot be compared"):
                diff(*pair)


def test_that_what_is_neither_scene_nor_recording_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "junk").write_text("junk")
    with pytest.raises(Problems):
        diff(SCENES / "carton_line", tmp_path / "nothing")
    with pytest.raises(Problems):
        diff(tmp_path / "junk", SCENES / "carton_line")


def edited(
    folder: Path, loaded: LoadedScene, changes: dict[str, tuple[str, str]],
    also: dict[str, tuple[str, str]] | None = None,
) -> LoadedScene:  # fmt: skip
    """A copy of a scene in which texts of its files are replaced."""
    files = dict(loaded.files)
    for name, (old, new) in [*changes.items(), *(also or {}).items()]:
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode())
    if also:  # no check nor experiment may name what is gone
        files["scene.yaml"] = (
            files["scene.yaml"].replace(b"at: out\n", b"at: away\n").replace(b"out.", b"away.")
        )
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return load_text((folder / "scene.yaml").read_bytes(), folder / "scene.yaml")


@pytest.mark.parametrize("seed", range(3))
def test_that_a_line_of_every_device_differs_from_where_it_was_touched(tmp_path: Path, seed: int) -> None:
    """Also with values that run by formula, cubic motion, merges and lanes that are chained."""
    loaded = load(EVERYTHING)
    rng = random.Random(seed)
    t = rng.randrange(20 * S, 60 * S)

    def begin(run: Run) -> None:
        for signal in run.tags:
            if signal.direction == "output" and not signal.owner and signal.type is DataType.BOOL:
                run.write(signal.name, not signal.name.startswith("Q_Sp"))

    def touch(run: Run) -> None:
        begin(run)
        run.advance_to(t)
        run.write("Q_B1", False)

    a = record(tmp_path / "a.recording", loaded, 90 * S, seed, begin)
    b = record(tmp_path / "b.recording", loaded, 90 * S, seed, begin)
    c = record(tmp_path / "c.recording", loaded, 90 * S, seed, touch)
    assert diff(a, b).same
    found = diff(a, c)
    assert found.divergence is not None
    assert found.divergence.t == t
    assert found.divergence.b == "from outside: Q_B1 set to FALSE"
    assert found.as_json() | {"notes": []} == mirrored(diff(c, a)) | {"notes": []}
