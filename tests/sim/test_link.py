"""Links: the contract, the one asyncio thread, and how a run hosts them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from commissioning.model.problem import Problem
from commissioning.model.scene import ControllerRecord, LinkRecord, Scene
from commissioning.model.tags import DataType, Quality
from commissioning.sim.link import Change, FromOutside, LinkTag, link_tags
from commissioning.sim.link_thread import LinkThread, QueuedLink

TAGS = (LinkTag(0, "I_A", DataType.BOOL, "input"), LinkTag(1, "Q_B", DataType.INT, "output", writable=True))


class ReadOnly(QueuedLink):
    """A protocol to which arming means nothing."""

    def arm(self) -> tuple[Problem, ...]:
        return ()

    def disarm(self) -> None:
        pass


class Echo(ReadOnly):
    """Sends what it is given back, one batch after the other."""

    async def run(self) -> None:
        self.report("up", "echo")
        while True:
            await self.kick.wait()
            for change in self.take().values():
                self.writes += 1
                self.receive(FromOutside(change.index, change.value, change.quality, time.monotonic_ns()))
            self.wake()


def waited(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "waited 5 s"
        time.sleep(0.002)


@pytest.fixture
def echo() -> Iterator[Echo]:
    link = Echo("echo", {})
    link.open(TAGS)
    assert link.wait_open(5) == ()
    yield link
    link.close()


def link_threads() -> int:
    return sum(thread.name == "links" for thread in threading.enumerate())


def test_that_all_links_share_one_thread_that_ends_with_the_last() -> None:
    before = link_threads()
    links = [Echo(f"l{k}", {}) for k in range(3)]
    for link in links:
        link.open(TAGS)
        assert link.wait_open(5) == ()
    assert link_threads() == 1
    for link in links:
        link.close()
    assert link_threads() == before
    again = Echo("again", {})
    again.open(TAGS)
    assert again.wait_open(5) == ()
    again.close()
    assert link_threads() == before


def test_that_the_newest_value_per_tag_goes_out_in_the_order_of_the_newest_changes(echo: Echo) -> None:
    hold = threading.Event()
    thread = LinkThread.acquire()
    thread.call(lambda: hold.wait(5))  # the asyncio thread is busy: batches pile up
    for n in range(100):
        echo.exchange([Change(1, n, Quality.GOOD, n)])
    echo.exchange([Change(0, True, Quality.GOOD, 100), Change(1, 7, Quality.GOOD, 100)])
    hold.set()
    waited(lambda: echo.writes == 2)
    came = echo.exchange(())
    assert [(item.index, item.value) for item in came] == [(0, True), (1, 7)]
    thread.release()


def test_that_exchange_does_not_wait_for_the_other_side(echo: Echo) -> None:
    hold = threading.Event()
    thread = LinkThread.acquire()
    thread.call(lambda: hold.wait(5))
    start = time.thread_time(), time.monotonic()
    for n in range(1000):
        echo.exchange([Change(1, n, Quality.GOOD, n)])
    assert not hold.is_set() and time.monotonic() - start[1] < 5, "the other thread was held all the time"
    hold.set()
    thread.release()


def test_that_what_came_in_is_told_and_taken_once(echo: Echo) -> None:
    woken: list[str] = []
    echo.on_wake(lambda: woken.append(threading.current_thread().name))
    came = list(echo.exchange([Change(1, 5, Quality.GOOD, 1)]))  # the answer may be back already
    waited(lambda: came or came.extend(echo.exchange(())))
    assert [item.value for item in came] == [5]
    assert set(woken) == {"links"}
    assert echo.exchange(()) == ()


class Broken(ReadOnly):
    async def run(self) -> None:
        self.report("up")
        await self.kick.wait()
        raise RuntimeError("a bug in a protocol")


def test_that_an_error_in_a_protocol_is_a_status_and_not_the_end_of_anything(echo: Echo) -> None:
    link = Broken("broken", {})
    link.open(TAGS)
    assert link.wait_open(5) == ()
    link.exchange([Change(1, 1, Quality.GOOD, 1)])
    waited(lambda: link.status().state == "lost")
    assert link.status().reason == "RuntimeError: a bug in a protocol"
    assert link.exchange(()) == ()
    link.close()
    echo.exchange([Change(1, 3, Quality.GOOD, 1)])
    waited(lambda: echo.writes == 1)


class Stubborn(ReadOnly):
    async def run(self) -> None:
        self.report("up")
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)


def test_that_close_lets_a_protocol_say_goodbye_and_may_be_called_twice() -> None:
    link = Stubborn("slow", {})
    link.open(TAGS)
    assert link.wait_open(5) == ()
    start = time.monotonic()
    link.close()
    link.close()
    assert 0.2 <= time.monotonic() - start < 3
    assert link.status().state == "closed"


def test_that_a_link_cannot_be_opened_twice(echo: Echo) -> None:
    with pytest.raises(RuntimeError, match="open already"):
        echo.open(TAGS)


def test_that_a_link_that_never_comes_up_says_so() -> None:
    class Never(ReadOnly):
        async def run(self) -> None:
            await asyncio.sleep(60)

    link = Never("never", {})
    link.open(TAGS)
    (problem,) = link.wait_open(0.05)
    assert problem.where.id == "links.never" and "connecting" in problem.what
    link.close()


# which tags a link carries -----------------------------------------------------------------------


def entry(index: int, name: str, direction: str, controller: str, owner: str = "") -> Any:
    return SimpleNamespace(
        index=index, name=name, type=DataType.BOOL, direction=direction, controller=controller,
        owner=owner, path=f"GVL.{name}", address="%IX0.0", comment="c",
    )  # fmt: skip


def scene_with(**controllers: str) -> Scene:
    return Scene(
        controllers={
            id: ControllerRecord(id, kind, {"link": "plc1"} if kind == "external" else {})
            for id, kind in controllers.items()
        },
        links={"hmi": LinkRecord("hmi", "opcua_server"), "plc1": LinkRecord("plc1", "opcua_client")},
    )


def test_that_only_outputs_that_nobody_in_the_run_writes_are_writable() -> None:
    entries = [
        entry(0, "I_A", "input", "outside", "pe1"),
        entry(1, "Q_A", "output", "outside"),
        entry(2, "Q_B", "output", "plc", "plc"),
        entry(3, "belt.moving", "port", ""),
    ]
    tags = link_tags(scene_with(outside="none", plc="emulated"), entries, "hmi", real=False)
    assert [(tag.name, tag.direction, tag.folder, tag.writable) for tag in tags] == [
        ("I_A", "input", "outside", False),
        ("Q_A", "output", "outside", True),
        ("Q_B", "output", "plc", False),
    ]
    assert (tags[0].path, tags[0].address, tags[0].comment) == ("GVL.I_A", "%IX0.0", "c")


def test_that_a_tag_without_controller_belongs_to_the_only_one() -> None:
    entries = [entry(0, "Q_A", "output", "", "plc")]
    (tag,) = link_tags(scene_with(plc="emulated"), entries, "hmi", real=False)
    assert (tag.folder, tag.writable) == ("plc", False)
    entries = [entry(0, "Q_A", "output", "")]
    (tag,) = link_tags(scene_with(outside="none"), entries, "hmi", real=False)
    assert (tag.folder, tag.writable) == ("outside", True)
    (tag,) = link_tags(scene_with(), entries, "hmi", real=False)
    assert tag.writable


def test_that_a_link_to_a_controller_carries_that_controllers_tags_only() -> None:
    entries = [entry(0, "Q_A", "output", "plc"), entry(1, "Q_B", "output", "other")]
    scene = scene_with(plc="external", other="emulated")
    (tag,) = link_tags(scene, entries, "plc1", real=True)
    assert (tag.name, tag.writable) == ("Q_A", False)
    assert link_tags(scene, entries, "plc2", real=True) == ()


# hosting -----------------------------------------------------------------------------------------
