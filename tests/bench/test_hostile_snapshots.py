"""Snapshots that were cut, changed or written by hand: a SnapshotError, or a run that is right."""

from __future__ import annotations

import math
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.bench.load import LoadedScene, load
from commissioning.sim.run import Run
from commissioning.sim.snapshot import SnapshotError, pack, read, unpack

SCENES = Path(__file__).parents[2] / "scenes"
EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything"
S = 1_000_000_000
HUGE = (1 << 63, 10**30, 10**400, -1, -(1 << 63), 1e300, math.inf, math.nan)
OTHER = (None, True, 0, 1, 7, "", "x", "\ud800", [], [1], [[]], {}, {"tuple": [1]}, {"object": "b1"}, *HUGE)


@pytest.fixture(scope="module")
def carton_line() -> LoadedScene:
    return load(SCENES / "carton_line")


@pytest.fixture(scope="module")
def everything() -> LoadedScene:
    return load(EVERYTHING)


@pytest.fixture(scope="module")
def replayed(carton_line: LoadedScene) -> tuple[bytes, str]:
    """A replay snapshot with all kinds of inputs at 20 s, and the digest there."""
    run = Run(carton_line, 1, "production")
    assert run.environment.now == 0
    run.advance("5 s")
    run.force("I_PE4", True)
    run.advance("5 s")
    run.release("I_PE4")
    run.operate("estop", "push")
    run.inputs.at(run.now_ns + 100 * S, "operate", "estop", ["release", None])  # waits when it is taken
    run.advance("10 s")
    return run.snapshot(), run.journal.digest()


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Ends what hangs; the time is far more than anything in here takes."""

    def late(*_: object) -> None:
        raise AssertionError(f"it has not ended after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def changed(snapshot: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The snapshot with a change and a sum that fits it."""
    data = unpack(snapshot)
    change(data)
    return pack(data)


def test_that_an_untouched_replay_snapshot_is_the_run(
    carton_line: LoadedScene, replayed: tuple[bytes, str]
) -> None:
    snapshot, digest = replayed
    run = Run.restore(carton_line, snapshot)
    assert (run.now_ns, run.journal.digest()) == (20 * S, digest)
    assert run.snapshot() != b""
    run.advance("100 s")
    assert run.tags["I_EStop"].value is True, "what waited has happened"


@pytest.mark.parametrize("t", [200 * S, 3600 * S, 10**15, (1 << 63) - 1, 1 << 63, 10**30, -1, 0, 1, 5 * S])
def test_that_a_replay_to_another_time_is_refused_in_bounded_time(
    carton_line: LoadedScene, replayed: tuple[bytes, str], t: int
) -> None:
    """292 years of this line are 10^12 scans and more: without a bound it would not come back."""
    with at_most(60), pytest.raises(SnapshotError) as told:
        Run.restore(carton_line, changed(replayed[0], lambda data: data.update(t=t)))
    assert str(told.value).startswith(("not a snapshot: ", "repeating it ", "its seed and inputs "))


@pytest.mark.parametrize("executed", [1 << 62, 10**30, -1, 0, 100])
def test_that_a_replay_that_says_another_amount_of_work_is_refused(
    carton_line: LoadedScene, replayed: tuple[bytes, str], executed: int
) -> None:
    def change(data: dict[str, Any]) -> None:
        data.update(executed=executed, t=300 * 24 * 3600 * S)

    with at_most(60), pytest.raises(SnapshotError):
        Run.restore(carton_line, changed(replayed[0], change))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_that_a_changed_replay_snapshot_is_refused_or_the_same_run(
    carton_line: LoadedScene, replayed: tuple[bytes, str], seed: int
) -> None:
    """Any field, also inside the input log, set to anything of any type, sum corrected."""
    snapshot, digest = replayed
    data = unpack(snapshot)
    spot(data, random.Random(seed))
    with at_most(60):
        try:
            run = Run.restore(carton_line, pack(data))
        except SnapshotError:
            return
        assert run.now_ns == data["t"]
        assert run.journal.digest() == digest


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_that_a_changed_state_is_refused_or_runs_or_stops_with_a_problem(
    everything: LoadedScene, states: list[bytes], seed: int
) -> None:
    where = random.Random(seed)
    data = unpack(where.choice(states))
    spot(data if where.random() < 0.2 else data["state"], where)
    with at_most(60):
        try:
            run = Run.restore(everything, pack(data))
        except SnapshotError:
            return
        run.advance("20 s")
        assert run.problem is not None or run.now_ns == data["t"] + 20 * S
        assert len(run.journal.digest()) == 64


@pytest.fixture(scope="module")
def states(everything: LoadedScene) -> list[bytes]:
    """State snapshots of a line with everything, in motion."""
    run = Run(everything, 3)
    for name in ("Q_Src", "Q_B1", "Q_B2", "Q_Pu", "Q_Sp"):
        run.write(name, True)
    taken = []
    for _ in range(3):
        run.advance("17.3 s")
        taken.append(run.snapshot())
    return taken


def spot(data: Any, where: random.Random) -> None:
    """Put something else at one random place, or leave something out, or repeat it."""
    holder, key = data, where.choice(sorted(data) if isinstance(data, dict) else range(len(data)))
    while isinstance(holder[key], dict | list) and holder[key] and where.random() < 0.9:
        holder = holder[key]
        key = where.choice(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
    old = holder[key]
    choice = where.random()
    if choice < 0.1 and isinstance(holder, dict):
        del holder[key]
    elif choice < 0.2 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif choice < 0.5 and isinstance(old, int | float) and not isinstance(old, bool):
        holder[key] = old + where.choice([-1, 1, 1000, -1000, 10**9, 0.5])
    else:
        holder[key] = where.choice(OTHER)


def test_that_a_damaged_snapshot_is_refused_by_its_sum(everything: LoadedScene, states: list[bytes]) -> None:
    import zlib

    whole = bytearray(zlib.decompress(states[0]))
    place = whole.index(b'"made":') + 7
    whole[place] = ord("9") if whole[place] != ord("9") else ord("8")
    with pytest.raises(SnapshotError, match="damaged"):
        Run.restore(everything, zlib.compress(bytes(whole)))
    with pytest.raises(SnapshotError, match="no format"):
        read(zlib.compress(b'{"format": "commissioning-snapshot/1"}'))


@pytest.mark.parametrize("days", [1, 300])
def test_that_a_replay_of_a_busy_line_to_a_far_time_ends_with_the_work_it_says_it_took(
    carton_line: LoadedScene, days: int
) -> None:
    """20 s of a line that goes on: it is found out within the first minutes of the day, not at its end."""
    run = Run(carton_line, 1, "production")
    assert run.environment.now == 0
    run.advance("20 s")
    far = changed(run.snapshot(), lambda data: data.update(t=days * 24 * 3600 * S))
    advanced: list[int] = []
    with pytest.MonkeyPatch.context() as patch, at_most(60):
        go = Run.advance_to
        patch.setattr(Run, "advance_to", lambda self, t: (advanced.append(t), go(self, t))[1])
        with pytest.raises(SnapshotError, match=r"more than the .* events it says it had"):
            Run.restore(carton_line, far)
    assert max(advanced) <= 600 * S


def _first_part(state: dict[str, Any]) -> list[Any]:
    return state["parts"][0]


SPOILT: dict[str, Callable[[dict[str, Any]], object]] = {
    "an entry in the past": lambda s: s["entries"][0].__setitem__(0, 5),
    "entries out of order": lambda s: s["entries"].reverse(),
    "an entry twice": lambda s: s["entries"].insert(0, s["entries"][0]),
    "more entries than were scheduled": lambda s: s.update(scheduled=1),
    "fewer parts made than there are": lambda s: s.update(made=1),
    "a part of no product": lambda s: _first_part(s).__setitem__(1, 99),
    "a part of negative size": lambda s: _first_part(s).__setitem__(3, -1.0),
    "a part without a number for a size": lambda s: _first_part(s).__setitem__(4, math.nan),
    "a part made tomorrow": lambda s: _first_part(s).__setitem__(6, 10**15),
    "a text on a BOOL": lambda s: s["signals"][0].update(value="yes"),
    "an unknown quality": lambda s: s["signals"][0].update(quality=7),
    "a change in the future": lambda s: s["signals"][0].update(t=10**15),
    "a digest that is none": lambda s: s["journal"].update(chain="00"),
    "records cut through": lambda s: s["journal"].update(tail=s["journal"]["tail"][:-8]),
    "texts that are none": lambda s: s["journal"].update(texts=[1], texts_sealed=0),
    "a drive that is nowhere": lambda s: s["objects"]["drive:b1"].update(s0=math.nan),
    "inputs that are none": lambda s: s["objects"]["run:inputs"].update(log=[[1]]),
    "an object less": lambda s: s["objects"].pop("b1"),
    "an object more": lambda s: s["objects"].update(b77={}),
    "a count beyond 64 bits": lambda s: s["objects"]["run:inputs"].update(group=1 << 70),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_that_a_state_that_cannot_be_is_refused(
    everything: LoadedScene, states: list[bytes], case: str
) -> None:
    spoilt = changed(states[1], lambda data: SPOILT[case](data["state"]))
    with pytest.raises(SnapshotError, match="does not fit this line"):
        Run.restore(everything, spoilt)
