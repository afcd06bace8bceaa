"""Snapshots at 100 instants of each type of device: the restored run is the live one, then and afterwards.

One line has a device of every type. For each type the instants are such in which one of its devices did
something (a record of its state, its ports, its motion, its parts); a type that does nothing for a while has
the line's next instant instead. Journal, digest and every attribute of everything with state are compared,
right after the restore and some seconds of random commands later.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from run_state import state

from commissioning.bench.load import LoadedScene, load
from commissioning.model.record import CarrierKind, Kind
from commissioning.model.tags import DataType
from commissioning.registry import types
from commissioning.sim.run import Run

EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything"
TYPES = sorted(name for kind, name in types() if kind == "device")
INSTANTS = 100
SAMPLE = 3  # of them, where not the whole is asked for
S = 1_000_000_000
QUIET = 20 * S  # so long is waited for something to happen to the type


@pytest.fixture(scope="module")
def everything() -> LoadedScene:
    return load(EVERYTHING)


def play(run: Run, seed: int, until_ns: int) -> None:
    """Random commands, forces and operator actions at random times, the same for the same seed."""
    rng = random.Random(seed)
    free = [s.name for s in run.tags if s.direction == "output" and not s.owner and s.type is DataType.BOOL]
    inputs = [s.name for s in run.tags if s.direction == "input" and s.type is DataType.BOOL]
    numbers = [s.name for s in run.tags if s.direction == "output" and not s.owner and s.type.is_real]
    operated = [(d.id, action) for d in run.line.devices.values() for action in d.declaration.actions]
    while run.now_ns < until_ns:
        run.advance_to(min(until_ns, run.now_ns + rng.randrange(1, 800_000_000)))
        choice = rng.random()
        if choice < 0.55:
            run.write(rng.choice(free), rng.random() < 0.7)
        elif choice < 0.7:
            run.write(rng.choice(numbers), rng.choice([0.0, 0.3, rng.random(), rng.random(), 1.0]))
        elif choice < 0.75:
            run.force(rng.choice(inputs), rng.random() < 0.5)
        elif choice < 0.9:
            run.release(rng.choice(inputs))
        else:
            run.operate(*rng.choice(operated))
    assert run.problem is None, run.problem


def touched(run: Run, since: int, names: dict[str, list[str]]) -> set[str]:
    """Ids of the devices that records since number `since` are about."""
    core, rows = run.journal.header["core"], run.journal.records(since)
    found: set[str] = set()

    def of(kind: Kind) -> NDArray[np.void]:
        return rows[rows["kind"] == int(kind)]

    for index in of(Kind.STATE)["obj"].tolist():
        found.add(core["objects"][index]["id"])
    for index in of(Kind.VALUE)["obj"].tolist():
        found.update(names["ports"][index].split())
    for index in of(Kind.DRIVE)["obj"].tolist():
        found.add(core["drives"][index].split(".")[0])
    moves = of(Kind.PART_MOVE)
    for aux, index in zip(moves["aux"].tolist(), moves["a"].tolist(), strict=True):
        if aux == CarrierKind.LANE:
            found.update(zone["device"] for zone in core["lanes"][int(index)]["zones"])
        elif aux == CarrierKind.SLOT:
            found.add(core["slots"][int(index)]["device"])
    for field, kind in (("d", Kind.PART_MADE), ("a", Kind.PART_GONE)):
        found.update(core["objects"][int(index)]["id"] for index in of(kind)[field])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("device_type", TYPES)
def test_that_a_restored_run_goes_on_bit_for_bit_at_100_instants_of_a_type(
    everything: LoadedScene, device_type: str
) -> None:
    hundred(everything, device_type, INSTANTS)


@pytest.mark.parametrize("device_type", TYPES)
def test_that_a_restored_run_goes_on_bit_for_bit_at_some_instants_of_a_type(
    everything: LoadedScene, device_type: str
) -> None:
    hundred(everything, device_type, SAMPLE)


def hundred(everything: LoadedScene, device_type: str, instants: int) -> None:
    mine = {record.id for record in everything.scene.devices.values() if record.type == device_type}
    assert mine, f"no {device_type} in the scene"
    rng = random.Random(device_type)
    live = Run(everything, rng.randrange(1000))
    signals = live.journal.header["core"]["signals"]
    names = {"ports": [" ".join(port.split(".")[0] for port in s["ports"] or [s["name"]]) for s in signals]}
    for signal in live.tags:
        if signal.direction == "output" and not signal.owner and signal.type is DataType.BOOL:
            live.write(signal.name, rng.random() < 0.8)
        elif signal.direction == "output" and not signal.owner and signal.type.is_real:
            live.write(signal.name, 0.3)
    play(live, rng.randrange(1000), 20 * S)
    for _ in range(instants):
        deadline, since = live.now_ns + QUIET, live.journal.length
        while live.step_event() and live.now_ns < deadline:
            if mine & touched(live, since, names):
                break
            since = live.journal.length
        live.advance_to(live.now_ns + rng.choice([0, 0, 0, 1, 30_000_000]))
        snapshot = live.snapshot()
        copy = Run.restore(everything, snapshot)
        assert state(copy) == state(live)
        assert copy.snapshot() == snapshot
        end, seed = live.now_ns + rng.randrange(S, 4 * S), rng.randrange(1000)
        play(live, seed, end)
        play(copy, seed, end)
        assert copy.journal.digest() == live.journal.digest()
        assert state(copy) == state(live)
