"""The client link against a PLC's server that counts and keeps every write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asyncua import ua

from commissioning.links.opcua_client import OpcUaClient
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.link import Change, FromOutside, LinkTag

V = ua.VariantType
TAGS = (
    LinkTag(0, "I_PE1", DataType.BOOL, "input", path="GVL.I_PE1", folder="plc"),
    LinkTag(1, "I_Count", DataType.INT, "input", path="GVL.I_Count", folder="plc"),
    LinkTag(2, "Q_Run", DataType.BOOL, "output", path="GVL.Q_Run", folder="plc"),
    LinkTag(3, "Q_Speed", DataType.REAL, "output", path="GVL.Q_Speed", folder="plc"),
)
VARIABLES: dict[str, tuple[Any, ua.VariantType]] = {
    "I_PE1": (False, V.Boolean),
    "I_Count": (0, V.Int16),
    "Q_Run": (True, V.Boolean),
    "Q_Speed": (0.5, V.Float),
}
PARAMS = {"node": "ns=2;s={name}", "nodes": {}, "publishing": 0.05, "cycle": 0.02}


@pytest.fixture
def connect() -> Iterator[Callable[..., OpcUaClient]]:
    links: list[OpcUaClient] = []

    def make(
        endpoint: str, tags: tuple[LinkTag, ...] = TAGS, arm: bool = False, **params: Any
    ) -> OpcUaClient:
        link = OpcUaClient("plc1", {"endpoint": endpoint, **PARAMS, **params})
        links.append(link)
        if arm:
            assert link.arm() == ()
        link.open(tags)
        # as the run does: the whole image first; what came in meanwhile goes back into the queue
        image = [Change(t.index, t.type.default, Quality.GOOD, 0) for t in tags if t.direction == "input"]
        for item in link.exchange(image):
            link.receive(item)
        return link

    yield make
    for link in links:
        link.close()


class Collected:
    """What a link brought in so far, newest per tag and all."""

    def __init__(self, link: OpcUaClient) -> None:
        self.link = link
        self.all: list[FromOutside] = []

    def __call__(self) -> dict[int, FromOutside]:
        self.all += self.link.exchange(())
        return {item.index: item for item in self.all}


def test_that_outputs_arrive_with_value_type_and_quality(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    plc.start(VARIABLES)
    link = connect(plc.endpoint)
    assert link.wait_open(20) == ()
    got = Collected(link)
    until(lambda: {2, 3} <= set(got()))
    assert got()[2].value is True and got()[3].value == 0.5
    assert {item.quality for item in got().values()} == {Quality.GOOD}
    plc.put("Q_Speed", 0.75, V.Float)
    until(lambda: got()[3].value == 0.75)
    plc.put("Q_Speed", 0.25, V.Float, 0x40900000)  # UncertainLastUsableValue
    until(lambda: got()[3].quality is Quality.UNCERTAIN)
    assert (got()[3].value, got()[3].reason) == (0.25, Reason.STALE)
    plc.put("Q_Speed", 0.0, V.Float, 0x80310000)  # BadNoCommunication: the value is null, not 0
    until(lambda: got()[3].quality is Quality.BAD)
    assert (got()[3].value, got()[3].reason) == (None, Reason.NO_COMMUNICATION)


def test_that_nothing_is_written_before_it_is_armed(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    plc.start(VARIABLES)
    link = connect(plc.endpoint)
    assert link.wait_open(20) == ()
    for n in range(20):
        link.exchange([Change(1, n, Quality.GOOD, n), Change(0, n % 2 == 0, Quality.GOOD, n)])
        time.sleep(0.02)
    assert plc.requests == 0 and link.status().writes == 0 and not link.status().armed
    assert link.arm() == ()
    until(lambda: plc.written)
    assert sorted(plc.values) == [("I_Count", 19), ("I_PE1", False)], "the present image, once"
    link.disarm()
    before = plc.requests
    link.exchange([Change(1, 77, Quality.GOOD, 99)])
    time.sleep(0.2)
    assert plc.requests == before


def test_that_changes_of_a_cycle_go_in_one_request_newest_value_only(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    plc.start(VARIABLES)
    link = connect(plc.endpoint, arm=True, cycle=0.2)
    assert link.wait_open(20) == ()
    until(lambda: plc.requests == 1)
    time.sleep(0.25)
    link.exchange([Change(0, True, Quality.GOOD, 1)])
    until(lambda: plc.requests == 2)
    for n in range(1, 101):  # all within the cycle after that write
        link.exchange([Change(1, n, Quality.GOOD, n), Change(0, n % 2 == 0, Quality.GOOD, n)])
    until(lambda: plc.requests == 3)
    time.sleep(0.3)
    assert plc.requests == 3
    assert sorted(plc.values[-2:]) == [("I_Count", 100), ("I_PE1", True)]


def test_that_a_write_carries_a_value_only_and_the_right_type(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    """S7, Kepware and others answer a write with status or timestamp by BadWriteNotSupported."""
    plc = plc_factory()
    plc.start(VARIABLES)
    link = connect(plc.endpoint, arm=True)
    assert link.wait_open(20) == ()
    until(lambda: len(plc.written) == 2)
    for name, data in plc.written:
        assert data.Value.VariantType is VARIABLES[name][1]
        assert data.SourceTimestamp is None and data.ServerTimestamp is None
        assert data.StatusCode is None or data.StatusCode.value == 0


def test_that_a_tag_that_does_not_match_the_plc_is_a_problem_each(plc_factory: Any, connect: Any) -> None:
    plc = plc_factory()
    plc.start({**VARIABLES, "I_Count": (0, V.Int32), "Q_Speed": ([1.0], V.Float)})
    tags = (
        *TAGS,
        LinkTag(4, "Q_Missing", DataType.BOOL, "output"),
        LinkTag(5, "Q_Odd", DataType.BOOL, "output"),
    )
    link = connect(plc.endpoint, tags, nodes={"q_odd": "no node id"})
    problems = {p.what.split(":")[0]: p for p in link.wait_open(20)}
    assert set(problems) == {"tag I_Count", "tag Q_Speed", "tag Q_Missing", "tag Q_Odd"}
    assert "expected Int16 (INT), found Int32" in problems["tag I_Count"].what
    assert "array of Float" in problems["tag Q_Speed"].what
    assert "no such variable" in problems["tag Q_Missing"].what
    assert "no node id" in problems["tag Q_Odd"].what
    assert all(p.where.id == "links.plc1.nodes" and p.cure for p in problems.values())
    assert link.status().state == "refused" and link.exchange(()) == ()


def test_that_a_plc_input_nobody_may_write_cannot_be_armed(plc_factory: Any, connect: Any) -> None:
    plc = plc_factory()
    plc.start(VARIABLES, writable="nothing")
    link = connect(plc.endpoint)
    assert link.wait_open(20) == ()
    (problem,) = link.arm()
    assert "I_PE1" in problem.what and problem.cure
    assert not link.status().armed


def test_that_an_absent_server_is_a_problem_and_is_found_when_it_comes(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    link = connect(plc.endpoint)
    (problem,) = link.wait_open(1.0)
    assert problem.where.id == "links.plc1.endpoint" and problem.cause and problem.cure
    assert link.status().state == "connecting"
    plc.start(VARIABLES)
    until(lambda: link.status().state == "up")


def test_that_a_loss_is_a_status_and_a_quality_and_no_stale_value_follows(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    plc.start(VARIABLES)
    link = connect(plc.endpoint, arm=True)
    assert link.wait_open(20) == ()
    got = Collected(link)
    until(lambda: {2, 3} <= set(got()) and plc.requests == 1)
    woken: list[int] = []
    link.on_wake(lambda: woken.append(1))
    plc.stop()
    until(lambda: link.status().state == "lost")
    assert link.status().reason and woken
    for index in (2, 3):
        item = got()[index]
        assert (item.value, item.quality, item.reason) == (None, Quality.UNCERTAIN, Reason.LINK_LOST)
    written = len(plc.written)
    for n in range(1, 31):  # commands of the outage
        link.exchange([Change(1, n, Quality.GOOD, n)])
        time.sleep(0.01)
    assert len(plc.written) == written
    plc.start(VARIABLES)
    until(lambda: link.status().state == "up")
    until(lambda: len(plc.written) > written)
    time.sleep(0.2)
    assert sorted(plc.values[written:]) == [("I_Count", 30), ("I_PE1", False)], "the present image, once"
    assert link.status().armed, "the same server answered"
    until(lambda: got()[2].quality is Quality.GOOD)


def test_that_another_server_behind_the_same_address_is_not_written_to(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory(application="urn:test:plc:a")
    plc.start(VARIABLES)
    link = connect(plc.endpoint, arm=True)
    assert link.wait_open(20) == ()
    until(lambda: plc.requests == 1)
    plc.stop()
    until(lambda: link.status().state == "lost")
    other = plc_factory(plc.endpoint, application="urn:test:plc:b")
    other.start(VARIABLES)
    until(lambda: link.status().state == "up")
    assert not link.status().armed and "another server" in link.status().reason
    for n in range(10):
        link.exchange([Change(1, n, Quality.GOOD, n)])
        time.sleep(0.02)
    assert other.requests == 0


def test_that_a_refused_value_is_told_and_counted(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    plc.start(VARIABLES)
    time_tag = LinkTag(4, "I_Late", DataType.TIME, "input")
    plc.stop()
    plc.start({**VARIABLES, "I_Late": (0, V.Int32)})
    link = connect(plc.endpoint, (*TAGS, time_tag), arm=True)
    assert link.wait_open(20) == ()
    until(lambda: link.status().writes == 3)
    link.exchange([Change(4, (1 << 31) * 1_000_000, Quality.GOOD, 1), Change(1, 5, Quality.GOOD, 1)])
    until(lambda: link.status().refused_writes == 1)
    assert "I_Late" in link.status().reason and "Int32" in link.status().reason
    assert plc.values[-1] == ("I_Count", 5), "one bad value does not hold the others back"
    link.exchange([Change(4, 3_000_000, Quality.GOOD, 2)])
    until(lambda: link.status().reason == "")
    assert plc.values[-1] == ("I_Late", 3)


def test_that_requests_are_split_at_what_the_server_takes(
    plc_factory: Any, connect: Any, until: Callable[..., None]
) -> None:
    plc = plc_factory()
    names = [f"I_{k}" for k in range(25)]
    plc.start(dict.fromkeys(names, (0, V.Int16)))
    plc.limit(per_write=10, per_read=7)
    tags = tuple(LinkTag(k, name, DataType.INT, "input") for k, name in enumerate(names))
    link = connect(plc.endpoint, tags, arm=True)
    assert link.wait_open(20) == ()
    until(lambda: len(plc.written) == 25)
    assert plc.sizes == [10, 10, 5]
    assert max(plc.read_sizes) <= 7
    assert sorted(name for name, _ in plc.written) == sorted(names)


def test_that_closing_is_quick_also_while_connecting(free_endpoint: Callable[[], str], connect: Any) -> None:
    link = connect(free_endpoint())
    time.sleep(0.1)
    start = time.monotonic()
    link.close()
    link.close()
    assert time.monotonic() - start < 3
    assert link.status().state == "closed"


@pytest.mark.parametrize(
    ("tag", "params", "node"),
    [
        (TAGS[0], {}, "ns=2;s=I_PE1"),
        (TAGS[0], {"node": "ns=2;s={path}"}, "ns=2;s=GVL.I_PE1"),
        (LinkTag(9, "X", DataType.BOOL, "input"), {"node": "ns=2;s={path}"}, "ns=2;s=X"),
        (TAGS[0], {"node": 'ns=3;s="{name}"'}, 'ns=3;s="I_PE1"'),
        (TAGS[0], {"nodes": {"i_pe1": "ns=4;i=17"}}, "ns=4;i=17"),
    ],
)
def test_that_a_tag_finds_its_node_by_pattern_or_by_name(
    tag: LinkTag, params: dict[str, Any], node: str
) -> None:
    link = OpcUaClient("plc1", {"endpoint": "opc.tcp://127.0.0.1:4840", **PARAMS, **params})
    assert link.node_id(tag) == node
