"""The links of a run: what goes out, what comes in and when it acts, and what the journal has of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from commissioning.model.problem import Problem
from commissioning.model.record import Kind
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.inputs import InputPort
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import EDGE, Kernel
from commissioning.sim.link import Change, FromOutside, Link, LinkStatus, LinkTag
from commissioning.sim.link_host import LinkHost
from commissioning.sim.tags import TagTable


class Scripted(Link):
    """A link without a thread: the test says what comes in and sees what goes out."""

    def __init__(self, id: str, real: bool) -> None:
        super().__init__(id, {})
        self.real = real  # type: ignore[misc]
        self.sent: list[Change] = []
        self.coming: list[FromOutside] = []
        self.state = LinkStatus("closed")

    def open(self, tags: Sequence[LinkTag]) -> None:
        self.state = LinkStatus("connecting")

    def wait_open(self, timeout: float) -> tuple[Problem, ...]:
        return ()

    def exchange(self, changed: Sequence[Change]) -> Sequence[FromOutside]:
        self.sent += changed
        came, self.coming = self.coming, []
        return came

    def on_wake(self, fn: Callable[[], None]) -> None:
        pass

    def status(self) -> LinkStatus:
        return self.state

    def arm(self) -> tuple[Problem, ...]:
        return ()

    def disarm(self) -> None:
        pass

    def close(self) -> None:
        self.state = LinkStatus("closed")


class Bench:
    """Kernel, journal and tag table of a run, with a plant that copies Q_B to I_A 3 ns later."""

    def __init__(self, *links: Scripted) -> None:
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, {"core": {}})
        self.tags = TagTable(self.kernel, self.journal)
        self.i_a = self.tags.add("I_A", DataType.INT, direction="input", owner="plant")
        self.q_b = self.tags.add("Q_B", DataType.INT, direction="output")
        line = SimpleNamespace(
            kernel=self.kernel, journal=self.journal, tags=self.tags, devices={},
            object_index={link.id: k for k, link in enumerate(links)},
        )  # fmt: skip
        self.inputs = InputPort(line)  # type: ignore[arg-type]
        self.q_b.subscribe(self.commanded)
        self.host = LinkHost(lambda: self.kernel._now, self.tags.signals, self.inputs)
        tags = [
            LinkTag(0, "I_A", DataType.INT, "input"),
            LinkTag(1, "Q_B", DataType.INT, "output", writable=True),
        ]
        for link in links:
            self.host.add(link, tags)

    def commanded(self, _: None) -> None:
        self.kernel.call_at(self.kernel._now + 3, self.react, self.q_b.value, EDGE)

    def react(self, value: int) -> None:
        self.i_a.write(value)

    def kinds(self, kind: Kind) -> list[Any]:
        records = self.journal.records()
        return list(records[records["kind"] == int(kind)])


def outside(value: int | None, wall: int = 0, quality: Quality = Quality.GOOD) -> FromOutside:
    reason = Reason.NONE if quality is Quality.GOOD else Reason.LINK_LOST
    return FromOutside(1, value, quality, wall, reason)


def test_that_a_link_gets_the_whole_image_first_and_then_what_changed() -> None:
    link = Scripted("hmi", real=False)
    bench = Bench(link)
    bench.i_a.write(4)
    bench.host.open()
    assert [(c.index, c.value, c.quality) for c in link.sent] == [
        (0, 4, Quality.GOOD),
        (1, 0, Quality.UNCERTAIN),
    ]
    link.sent.clear()
    for n in range(5, 10):
        bench.i_a.write(n)
    bench.host.exchange()
    bench.host.exchange()
    assert [(c.index, c.value) for c in link.sent] == [(0, 9)]


def test_that_a_controller_is_sent_what_the_field_supplies_only() -> None:
    link = Scripted("plc1", real=True)
    bench = Bench(link)
    bench.host.open()
    bench.q_b.write(3)
    bench.host.exchange()
    assert [c.index for c in link.sent] == [0]


def test_that_an_input_acts_one_nanosecond_later_or_when_the_wall_says() -> None:
    link = Scripted("hmi", real=False)
    bench = Bench(link)
    bench.host.open()
    bench.kernel.advance(1000)
    link.coming = [outside(1, wall=500), outside(2, wall=1500)]
    assert bench.host.exchange(lambda wall: wall) == 2
    bench.kernel.advance(5000)
    assert bench.host.exchange() == 0
    link.coming = [outside(3, wall=10**9)]
    bench.host.exchange()
    bench.kernel.advance(9000)
    values = [(int(r["t"]), r["a"]) for r in bench.kinds(Kind.VALUE) if r["obj"] == 1]
    assert values == [(1001, 1), (1500, 2), (5001, 3)]


def test_that_inputs_of_one_batch_keep_their_order_and_are_all_edges() -> None:
    link = Scripted("hmi", real=False)
    bench = Bench(link)
    bench.host.open()
    link.coming = [outside(value) for value in (1, 0, 1, 0)]
    bench.host.exchange()
    bench.kernel.advance(10)
    inputs = bench.kinds(Kind.INPUT)
    assert [(int(r["t"]), r["a"], r["c"]) for r in inputs] == [(1, 1, 1), (1, 0, 2), (1, 1, 3), (1, 0, 4)]
    assert [r["a"] for r in bench.kinds(Kind.VALUE) if r["obj"] == 1] == [1, 0, 1, 0]


def test_that_no_value_keeps_the_last_one_with_its_quality() -> None:
    link = Scripted("plc1", real=True)
    bench = Bench(link)
    bench.host.open()
    link.coming = [outside(5)]
    bench.host.exchange()
    bench.kernel.advance(10)
    link.coming = [outside(None, quality=Quality.UNCERTAIN)]
    bench.host.exchange()
    bench.kernel.advance(20)
    assert (bench.q_b.value, bench.q_b.quality, bench.q_b.reason) == (5, Quality.UNCERTAIN, Reason.LINK_LOST)


def test_that_a_partner_is_told_that_a_force_hides_its_write() -> None:
    link = Scripted("hmi", real=False)
    bench = Bench(link)
    bench.host.open()
    bench.inputs.now("force", "Q_B", 9)
    bench.kernel.advance(5)
    bench.host.exchange()
    link.sent.clear()
    link.coming = [outside(1)]
    bench.host.exchange()
    bench.kernel.advance(10)
    bench.host.exchange()
    assert [(c.index, c.value) for c in link.sent] == [(1, 9)]
    assert bench.q_b.source == 1


def test_that_the_state_of_a_controllers_link_is_journaled_and_of_a_watchers_is_not() -> None:
    plc, hmi = Scripted("plc1", real=True), Scripted("hmi", real=False)
    bench = Bench(plc, hmi)
    bench.host.open()
    for state in ("up", "up", "lost"):
        plc.state = hmi.state = LinkStatus(state, f"is {state}")  # type: ignore[arg-type]
        bench.host.exchange()
        bench.kernel.advance(bench.kernel._now + 10)
    texts = bench.journal.texts
    got = [(int(r["obj"]), int(r["aux"]), texts[int(r["a"])]) for r in bench.kinds(Kind.LINK_STATUS)]
    assert got == [(0, 1, ""), (0, 2, "is up"), (0, 3, "is lost")]


def test_that_the_loss_of_a_controller_asks_for_a_pause_once() -> None:
    plc, hmi = Scripted("plc1", real=True), Scripted("hmi", real=False)
    bench = Bench(plc, hmi)
    bench.host.open()
    plc.state = hmi.state = LinkStatus("up")
    bench.host.exchange()
    assert bench.host.take_pause() == ""
    hmi.state = LinkStatus("lost", "nobody")
    bench.host.exchange()
    assert bench.host.take_pause() == ""
    plc.state = LinkStatus("lost", "cable")
    bench.host.exchange()
    assert bench.host.take_pause() == "link plc1 is lost: cable"
    assert bench.host.take_pause() == ""


@pytest.mark.parametrize("seed", range(50))
def test_that_a_session_with_live_inputs_replays_to_the_same_digest(seed: int) -> None:
    """Inputs at random times between random slices; the same log without the link, in one go."""
    chance = random.Random(seed)
    link = Scripted("plc1", real=True)
    bench = Bench(link)
    bench.host.open()
    while bench.kernel._now < 2000:
        now = bench.kernel._now
        for _ in range(chance.choice((0, 0, 1, 3))):
            wall = now + chance.randint(-20, 20)
            link.coming.append(outside(chance.randint(0, 3), wall))
        if chance.random() < 0.1:
            state = chance.choice(("up", "lost"))
            link.state = LinkStatus(state)  # type: ignore[arg-type]
            link.coming.append(outside(None, now, Quality.UNCERTAIN))
        bench.host.exchange(chance.choice((None, lambda wall: wall)))
        if chance.random() < 0.1:
            bench.inputs.now("force", "I_A", chance.randint(0, 5))
        if chance.random() < 0.1:
            bench.inputs.now("release", "I_A")
        bench.kernel.advance(now + chance.randint(1, 40))
    replayed = Bench(Scripted("plc1", real=True))
    replayed.inputs.replay(bench.inputs.log)
    replayed.kernel.advance(bench.kernel._now)
    assert len(bench.kinds(Kind.INPUT)) > 10
    assert replayed.journal.digest() == bench.journal.digest()
