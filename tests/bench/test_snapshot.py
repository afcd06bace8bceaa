"""Snapshots: bit-identical continuation, journal and every attribute, for every device and the PLC."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from run_state import state

from commissioning.bench.load import LoadedScene, load
from commissioning.sim.part import Part
from commissioning.sim.run import Run
from commissioning.sim.snapshot import SnapshotError
from commissioning.sim.stateful import Stateful

SCENES = Path(__file__).parents[2] / "scenes"
EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything"
COMMANDS = ("Q_Src", "Q_B1", "Q_B2", "Q_Pu", "Q_Sp")


@pytest.fixture(scope="module")
def everything() -> LoadedScene:
    """Every type of device in one line, commanded from outside."""
    return load(EVERYTHING)


@pytest.fixture(scope="module")
def carton_line() -> LoadedScene:
    return load(SCENES / "carton_line")


def play(run: Run, seed: int, until_ns: int) -> None:
    """Random commands, forces and operator actions at random times, the same for the same seed."""
    rng = random.Random(seed)
    while run.now_ns < until_ns:
        run.advance_to(min(until_ns, run.now_ns + rng.randrange(1, 2_000_000_000)))
        choice = rng.random()
        if choice < 0.75:
            run.write(rng.choice(COMMANDS), rng.random() < 0.7)
        elif choice < 0.85:
            run.force("I_Pe2", rng.random() < 0.5)
        elif choice < 0.93:
            run.release("I_Pe2")
        else:
            run.operate("pb", rng.choice(["press", "push", "release"]))
    assert run.problem is None


def test_that_every_attribute_of_everything_with_state_is_declared(
    everything: LoadedScene, carton_line: LoadedScene
) -> None:
    for loaded in (everything, carton_line):
        run = Run(loaded)
        things: list[Stateful] = [*run.line.objects.values(), *run.line.tags]
        things += [host.controller for host in run.line.hosts.values()]
        for thing in things:
            groups = [thing.declared(g) for g in ("saved", "derived", "constant")]
            declared = [name for group in groups for name in group]
            undeclared = thing.attributes() - set(declared)
            assert not undeclared, f"{type(thing).__name__}: {sorted(undeclared)}"
            assert len(declared) == len(set(declared)), f"{type(thing).__name__} declares a name twice"


def test_that_every_type_of_device_of_the_product_is_in_this_test(everything: LoadedScene) -> None:
    built_in = {name for kind, name in everything.types if kind == "device"}
    assert {record.type for record in everything.scene.devices.values()} == built_in


@pytest.mark.parametrize("seed", range(25))
def test_that_a_run_restored_at_any_instant_goes_on_bit_for_bit(everything: LoadedScene, seed: int) -> None:
    """Taken at event instants, and 1 ns and 30 ms after them: inside ramps, strokes, repairs, delays."""
    rng = random.Random(seed)
    live = Run(everything, seed)
    for name in COMMANDS:
        live.write(name, True)
    play(live, seed, rng.randrange(5, 60) * 1_000_000_000)
    for _ in range(rng.randrange(1, 30)):
        live.step_event()
    live.advance_to(live.now_ns + rng.choice([0, 0, 1, 30_000_000]))
    snapshot = live.snapshot()
    copy = Run.restore(everything, snapshot)
    assert state(copy) == state(live)
    assert copy.snapshot() == snapshot
    end = live.now_ns + 30_000_000_000
    play(live, seed + 1000, end)
    play(copy, seed + 1000, end)
    assert copy.journal.digest() == live.journal.digest()
    assert state(copy) == state(live)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("every_scan", [False, True])
def test_that_the_plc_is_restored_with_the_line(
    carton_line: LoadedScene, seed: int, every_scan: bool
) -> None:
    rng = random.Random(seed)
    live = Run(carton_line, seed, "production", every_scan=every_scan)
    live.advance_to(rng.randrange(2, 120) * 1_000_000_000)
    for _ in range(rng.randrange(1, 60)):
        live.step_event()
    live.advance_to(live.now_ns + rng.choice([0, 1, 5_000_000]))
    copy = Run.restore(carton_line, live.snapshot())
    assert state(copy) == state(live)
    for run in (live, copy):
        run.advance("20 s")
        run.operate("estop", "push")
        run.advance("3 s")
        run.operate("estop", "release")
        run.operate("start", "press")
        run.advance("40 s")
    assert copy.journal.digest() == live.journal.digest()
    assert state(copy) == state(live)


def test_that_leaving_out_one_saved_attribute_is_noticed(everything: LoadedScene) -> None:
    """The comparison can fail: each saved attribute that has changed since the start, spoilt, is seen."""
    live = Run(everything, 3)
    for name in COMMANDS:
        live.write(name, True)
    play(live, 3, 40_000_000_000)
    reference = state(live)
    fresh = Run(everything, 3)
    spoilt = 0
    for identity, thing in live.line.objects.items():
        for name in thing.declared("saved"):
            value = getattr(thing, name)
            start = getattr(fresh.line.objects[identity], name)
            if isinstance(value, bool | int | float) and value != start:
                copy = Run.restore(everything, live.snapshot())
                setattr(copy.line.objects[identity], name, start)
                assert state(copy) != reference, f"{identity}.{name}"
                spoilt += 1
    assert spoilt > 40


def test_that_parts_on_their_way_are_restored_with_their_marks(everything: LoadedScene) -> None:
    live = Run(everything, 5)
    for name in ("Q_Src", "Q_B1", "Q_B2"):
        live.write(name, True)
    live.advance("30 s")
    marked = [part.id for part in live.line.parts.values() if part.attributes]
    copy = Run.restore(everything, live.snapshot())
    assert marked
    assert [p.id for p in copy.line.parts.values() if p.attributes] == marked
    assert all(isinstance(part, Part) for part in copy.line.parts.values())


def test_that_a_snapshot_of_another_scene_or_no_snapshot_is_refused(
    everything: LoadedScene, carton_line: LoadedScene
) -> None:
    snapshot = Run(everything).snapshot()
    with pytest.raises(SnapshotError, match="another scene"):
        Run.restore(carton_line, snapshot)
    spoilt = bytes([*snapshot[:200], snapshot[200] ^ 1, *snapshot[201:]])
    for junk in (b"", b"junk", snapshot[:50], snapshot[:-3], spoilt):
        with pytest.raises(SnapshotError):
            Run.restore(everything, junk)


def test_that_a_run_with_a_simpy_process_is_restored_by_replay(carton_line: LoadedScene) -> None:
    def build() -> Run:
        return Run(carton_line, 1, "production")

    live = build()
    assert live.environment.now == 0
    live.advance("30 s")
    live.force("I_PE4", True)
    live.advance("10 s")
    copy = Run.restore(carton_line, live.snapshot())
    assert copy.now_ns == live.now_ns
    assert copy.journal.digest() == live.journal.digest()
    assert copy.tags["I_PE4"].forced


def test_that_an_alarm_of_a_stopped_plc_is_restored(carton_line: LoadedScene, tmp_path: Path) -> None:
    for name, content in carton_line.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    program = tmp_path / "plc" / "main.st"
    broken = program.read_text().replace("Packed := Packed + 1;", "Packed := Packed / (Packed - Packed);")
    program.write_text(broken)
    loaded = load(tmp_path)
    live = Run(loaded, 1, "production")
    live.advance("1 min")
    copy = Run.restore(loaded, live.snapshot())
    assert [str(alarm) for alarm in copy.line.alarms] == [str(alarm) for alarm in live.line.alarms] != []
    assert state(copy) == state(live)


def test_that_a_batch_is_restored_whose_first_part_has_left_the_line(tmp_path: Path) -> None:
    """Three are done at 3 s; at 6 s the first is through the station behind, and the third waits."""
    (tmp_path / "scene.yaml").write_text("""format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: oven}
  oven: {type: station, batch: 3, cycle: 3 s, to: pack}
  pack: {type: station, cycle: 2 s, to: out}
  out: {type: sink}
""")
    loaded = load(tmp_path)
    live = Run(loaded, 1)
    live.advance("6 s")
    copy = Run.restore(loaded, live.snapshot())
    assert state(copy) == state(live)
    live.advance("30 s")
    copy.advance("30 s")
    assert copy.journal.digest() == live.journal.digest()
    assert state(copy) == state(live)
