"""The hand-over protocol, driven through every pair of carriers, and several givers at one receiver."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.drive import Drive
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful
from commissioning.sim.timeline.timeline import Timeline

NS = 1_000_000_000
POSE = {"xyz": [0.0, 0.0, 0.0], "quaternion": [1.0, 0.0, 0.0, 0.0]}


class Slot(Stateful, Receiver, Giver):
    """Holds one part for `dwell_ns`, then gives it away: a station in small."""

    continuations = ("done",)

    def __init__(self, plant: Plant, index: int, dwell_ns: int) -> None:
        self.id, self.plant, self.index, self.dwell_ns = f"slot{index}", plant, index, dwell_ns
        self.exit: Receiver | None = None
        self.part: Part | None = None
        self.finished = False
        self.waiting = Waiting()

    def offer(self, part: Part, giver: Giver) -> bool:
        if self.part is not None:
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        self.part, self.finished, part.owner = part, False, self
        self.plant.journal.add(int(Kind.PART_MOVE), int(CarrierKind.SLOT), part.id, self.index)
        self.plant.kernel.call_at(self.plant.kernel.now + self.dwell_ns, self.done, part.id)
        return True

    def done(self, part: int) -> None:
        self.finished = True
        if self.exit is not None:
            self.ready(self.exit)

    def ready(self, receiver: Receiver) -> None:
        if self.part is not None and self.finished and receiver.offer(self.part, self):
            self.part = None
            self.waiting.call(self)


class Source(Stateful, Giver):
    """Always has a part to give."""

    def __init__(self, plant: Plant, name: str, exit: Receiver) -> None:
        self.id, self.plant, self.exit = name, plant, exit
        self.part: Part | None = None
        self.given: list[int] = []

    def ready(self, receiver: Receiver) -> None:
        if self.part is None:
            self.part = self.plant.make()
        if receiver.offer(self.part, self):
            self.given.append(self.part.id)
            self.part = None
            self.ready(receiver)


class Sink(Stateful, Receiver):
    """Takes a part whenever its gate is open."""

    def __init__(self, plant: Plant) -> None:
        self.id, self.plant, self.open = "sink", plant, True
        self.waiting = Waiting()
        self.taken: list[int] = []

    def offer(self, part: Part, giver: Giver) -> bool:
        if not self.open:
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        part.owner = None
        self.taken.append(part.id)
        self.plant.journal.add(int(Kind.PART_GONE), 0, part.id)
        del self.plant.parts[part.id]
        return True

    def set(self, is_open: bool) -> None:
        self.open = is_open
        if is_open:
            self.waiting.call(self)


class Plant:
    """Carriers in a row: "lane" or "slot" each; a source in front, a sink behind."""

    def __init__(self, rng: random.Random, kinds: list[str]) -> None:
        self.kernel = Kernel()
        lanes: list[dict[str, Any]] = []
        header = {
            "core": {
                "signals": [], "objects": [], "drives": [f"b{k}" for k in range(len(kinds))], "lanes": lanes,
            },
            "look": {"lanes": [], "slots": [{"pose": POSE}] * len(kinds), "bodies": []},
        }  # fmt: skip
        self.journal = Journal(self.kernel, {})
        self.parts: dict[int, Part] = {}
        self.made = 0
        self.drives: list[Drive] = []
        self.carriers: list[Any] = []
        for kind in kinds:
            if kind == "slot":
                self.carriers.append(Slot(self, len(self.carriers), rng.randrange(2 * NS)))
                continue
            index, length = len(self.drives), rng.uniform(0.5, 2.0)
            drive = Drive(
                index, f"b{index}", self.kernel, self.journal, rng.uniform(0.2, 0.8), rng.choice([0.0, 1.0])
            )
            self.drives.append(drive)
            zone = Zone(0.0, length, drive, rng.random() < 0.5)
            self.carriers.append(
                Lane(len(lanes), f"lane{index}", [zone], self.kernel, self.journal, self.parts)
            )
            lanes.append({"id": f"lane{index}"})
            header["look"]["lanes"].append({"zones": [{"pose": POSE, "start": 0.0, "end": length}]})  # type: ignore[index, attr-defined]
            drive.command(drive.speed)
        self.header = header
        self.sink = Sink(self)
        for carrier, after in zip(self.carriers, [*self.carriers[1:], self.sink], strict=True):
            carrier.exit = after
        self.source = Source(self, "source", self.carriers[0])

    def make(self) -> Part:
        part = Part(self.made, 0, 0.3, 0.2, 0.2)
        self.journal.add(int(Kind.PART_MADE), 0, part.id, 0.3, 0.2, 0.2)
        self.parts[part.id] = part
        self.made += 1
        return part

    def run(self, until: int) -> None:
        while (t := self.kernel.next_time()) is not None and t <= until:
            self.kernel.advance(t)
            self.check()
        self.kernel.advance(until)

    def check(self) -> None:
        """One owner each, in order, none lost, and each where its owner says."""
        here: list[int] = []
        for carrier in reversed(self.carriers):
            held = carrier.parts() if isinstance(carrier, Lane) else [carrier.part] if carrier.part else []
            assert all(part.owner is carrier for part in held)
            here += [part.id for part in held]
        outside = [self.source.part.id] if self.source.part is not None else []
        assert [*self.sink.taken, *here, *outside] == list(range(self.made))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["lane", "slot"]), min_size=2, max_size=4), st.integers(0, 1 << 32))
def test_that_parts_pass_every_pair_of_carriers_one_owner_at_a_time(kinds: list[str], seed: int) -> None:
    rng = random.Random(seed)
    plant = Plant(rng, kinds)
    plant.source.ready(plant.carriers[0])
    t = 0
    for _ in range(40):
        t += rng.randrange(3 * NS)
        plant.run(t)
        if plant.drives and rng.random() < 0.5:
            drive = rng.choice(plant.drives)
            drive.command(rng.choice([0.0, drive.speed]))
        else:
            plant.sink.set(rng.random() < 0.6)
        plant.check()
    for drive in plant.drives:
        drive.command(drive.speed)
    plant.sink.set(True)
    before = len(plant.sink.taken)
    plant.run(t + 60 * NS)
    assert len(plant.sink.taken) > before  # it runs on: nobody was forgotten while waiting
    compare_with_journal(plant)


def compare_with_journal(plant: Plant) -> None:
    """The journal alone says on which carrier every part is."""
    poses = Timeline(plant.header, plant.journal.records()).poses(plant.kernel.now)
    where = {}
    for k, carrier in enumerate(plant.carriers):
        if isinstance(carrier, Lane):
            where.update({part.id: (int(CarrierKind.LANE), carrier.index) for part in carrier.parts()})
        elif carrier.part is not None:
            where[carrier.part.id] = (int(CarrierKind.SLOT), k)
    found = zip(poses.ids.tolist(), poses.carriers.tolist(), strict=True)
    assert {part: tuple(carrier) for part, carrier in found} == where


@pytest.mark.parametrize("kinds", [["lane", "lane"], ["lane", "slot"], ["slot", "lane"], ["slot", "slot"]])
def test_that_a_part_changes_hands_in_one_instant(kinds: list[str]) -> None:
    plant = Plant(random.Random(3), kinds)
    first, second = plant.carriers
    plant.source.ready(first)
    while not (second.parts() if isinstance(second, Lane) else second.part):
        t = plant.kernel.next_time()
        assert t is not None
        part = plant.parts[0]
        assert part.owner is first
        plant.kernel.advance(t)
    assert part.owner is second


def test_that_waiting_givers_are_served_in_the_order_in_which_they_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(1)
    plant = Plant(rng, ["lane"])
    lane = plant.carriers[0]
    others = [Source(plant, f"other{k}", lane) for k in range(3)]
    served: list[str] = []
    offer = type(lane).offer

    def noting(receiver: Any, part: Part, giver: Giver) -> bool:
        taken: bool = offer(receiver, part, giver)
        if taken and receiver is lane:
            served.append(giver.id)
        return taken

    monkeypatch.setattr(type(lane), "offer", noting)
    for source in others:
        source.ready(lane)
    plant.kernel.advance(20 * NS)
    # the first is served at once, and waits again before the others begin to
    assert served[:10] == ["other0"] + ["other0", "other1", "other2"] * 3


def test_that_a_giver_without_a_part_leaves_its_turn_to_the_next() -> None:
    plant = Plant(random.Random(1), ["lane"])
    lane = plant.carriers[0]

    class Idle(Stateful, Giver):
        id = "idle"

        def ready(self, receiver: Receiver) -> None:
            """Its part has gone another way."""

    plant.source.ready(lane)  # one on the lane, one waiting
    lane.waiting.givers.insert(0, Idle())
    plant.kernel.advance(10 * NS)
    assert len(plant.source.given) > 1
