"""The server link, seen by a client of another process's making (asyncua as client)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asyncua import Client, ua

from commissioning.links.opcua_server import OpcUaServer
from commissioning.links.opcua_types import BUILTIN
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.link import Change, LinkTag

INPUT, OUTPUT, OWNED = 0, 20, 40
TYPES = list(DataType)
MANY = 60  # index of the first of 250 tags of one controller


def line_tags() -> list[LinkTag]:
    tags = [
        LinkTag(k + base, f"{letter}_{t}", t, direction, comment=f"{letter} {t}", folder="plc", writable=w)  # type: ignore[arg-type]
        for base, letter, direction, w in (
            (INPUT, "I", "input", False),
            (OUTPUT, "Q", "output", True),
            (OWNED, "O", "output", False),
        )
        for k, t in enumerate(TYPES)
    ]
    many = [LinkTag(MANY + k, f"M{k}", DataType.INT, "input", folder="big") for k in range(250)]
    return tags + many


@pytest.fixture(scope="module")
def served(until: Callable[..., None]) -> Iterator[OpcUaServer]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    link = OpcUaServer("hmi", {"endpoint": f"opc.tcp://127.0.0.1:{port}"})
    link.open(line_tags())
    assert link.wait_open(30) == ()
    yield link
    link.close()


def call(ask: Any, link: OpcUaServer, work: Callable[[Client], Any]) -> Any:
    async def run() -> Any:
        async with Client(link.status().reason) as client:
            return await work(client)

    return ask(run())


def index_of(letter_base: int, datatype: DataType) -> int:
    return letter_base + TYPES.index(datatype)


@pytest.mark.parametrize("datatype", TYPES)
def test_that_a_variable_has_the_type_of_its_tag(ask: Any, served: OpcUaServer, datatype: DataType) -> None:
    async def work(client: Client) -> Any:
        node = client.get_node(f"ns=2;s=I_{datatype}")
        data = await node.read_data_value(raise_on_bad_status=False)
        return (await node.read_data_type()).Identifier, data.Value.VariantType.value

    assert call(ask, served, work) == (BUILTIN[datatype],) * 2


def test_that_before_the_first_value_the_quality_is_uncertain_initial(ask: Any, served: OpcUaServer) -> None:
    async def work(client: Client) -> Any:
        return await client.get_node("ns=2;s=M7").read_data_value(raise_on_bad_status=False)

    assert call(ask, served, work).StatusCode.name == "UncertainInitialValue"


def test_that_a_change_reaches_a_reader_with_quality_and_the_time_in_the_line(
    ask: Any, served: OpcUaServer, until: Callable[..., None]
) -> None:
    index = index_of(INPUT, DataType.INT)
    before = served.status().writes
    served.exchange([Change(index, 7, Quality.GOOD, 1_000_000_000)])
    served.exchange([Change(index, 9, Quality.UNCERTAIN, 3_500_000_000, Reason.STALE)])
    until(lambda: served.status().writes > before)

    async def work(client: Client) -> Any:
        first = await client.get_node("ns=2;s=M1").read_data_value(raise_on_bad_status=False)
        last = await client.get_node("ns=2;s=I_INT").read_data_value(raise_on_bad_status=False)
        return first, last

    first, last = call(ask, served, work)
    assert last.Value.Value == 9
    assert last.StatusCode.name == "UncertainLastUsableValue"
    assert (last.SourceTimestamp - first.SourceTimestamp).total_seconds() == 3.5  # M1: never written, t = 0


def test_that_a_bad_value_is_null_and_never_zero(
    ask: Any, served: OpcUaServer, until: Callable[..., None]
) -> None:
    before = served.status().writes
    served.exchange([Change(index_of(INPUT, DataType.DINT), 0, Quality.BAD, 5, Reason.FAULT)])
    until(lambda: served.status().writes > before)

    async def work(client: Client) -> Any:
        return await client.get_node("ns=2;s=I_DINT").read_data_value(raise_on_bad_status=False)

    data = call(ask, served, work)
    assert data.StatusCode.name == "BadSensorFailure" and data.Value.Value is None


def test_that_the_newest_value_of_a_tag_wins(
    ask: Any, served: OpcUaServer, until: Callable[..., None]
) -> None:
    before = served.status().writes
    index = index_of(INPUT, DataType.UINT)
    served.exchange([Change(index, n, Quality.GOOD, n) for n in range(1000)])
    until(lambda: served.status().writes > before)
    assert served.status().writes == before + 1

    async def work(client: Client) -> Any:
        return await client.get_node("ns=2;s=I_UINT").read_value()

    assert call(ask, served, work) == 999


def test_that_writes_come_in_once_each_and_in_order(ask: Any, served: OpcUaServer) -> None:
    woken: list[int] = []
    served.on_wake(lambda: woken.append(1))

    async def work(client: Client) -> None:
        node = client.get_node("ns=2;s=Q_BOOL")
        for value in (True, False, True, False):
            await node.write_value(value)
        assert await node.read_value() is False

    call(ask, served, work)
    came = served.exchange(())
    assert [item.value for item in came] == [True, False, True, False]
    assert {item.index for item in came} == {index_of(OUTPUT, DataType.BOOL)}
    assert all(item.quality is Quality.GOOD for item in came)
    assert came[0].wall_ns <= came[-1].wall_ns
    assert len(woken) == 4
    assert served.exchange(()) == ()


def refusal(ask: Any, served: OpcUaServer, node: str, data: ua.DataValue, attribute: Any = None) -> str:
    async def work(client: Client) -> str:
        item = ua.WriteValue()
        item.NodeId, item.Value = ua.NodeId.from_string(node), data
        item.AttributeId = attribute or ua.AttributeIds.Value
        request = ua.WriteParameters()
        request.NodesToWrite = [item]
        return (await client.uaclient.session.write(request))[0].name

    before = served.status().refused_writes
    code = call(ask, served, work)
    assert served.exchange(()) == (), "a refused write must not reach the run"
    assert served.status().refused_writes == before + 1
    return str(code)


V = ua.VariantType


@pytest.mark.parametrize(
    ("node", "data", "code"),
    [
        ("ns=2;s=I_BOOL", ua.DataValue(ua.Variant(True, V.Boolean)), "BadNotWritable"),
        ("ns=2;s=O_BOOL", ua.DataValue(ua.Variant(True, V.Boolean)), "BadNotWritable"),
        ("ns=2;s=Nobody", ua.DataValue(ua.Variant(True, V.Boolean)), "BadNodeIdUnknown"),
        ("ns=0;i=2256", ua.DataValue(ua.Variant(1, V.Int32)), "BadNotWritable"),
        ("ns=2;s=Q_INT", ua.DataValue(ua.Variant(1, V.Int32)), "BadTypeMismatch"),
        ("ns=2;s=Q_INT", ua.DataValue(ua.Variant(True, V.Boolean)), "BadTypeMismatch"),
        ("ns=2;s=Q_BOOL", ua.DataValue(ua.Variant(1, V.Byte)), "BadTypeMismatch"),
        ("ns=2;s=Q_INT", ua.DataValue(ua.Variant([1, 2], V.Int16)), "BadTypeMismatch"),
        ("ns=2;s=Q_REAL", ua.DataValue(ua.Variant(float("nan"), V.Float)), "BadOutOfRange"),
        ("ns=2;s=Q_LREAL", ua.DataValue(ua.Variant(float("inf"), V.Double)), "BadOutOfRange"),
        ("ns=2;s=Q_TIME", ua.DataValue(ua.Variant(2**63 - 1, V.Int64)), "BadOutOfRange"),
        (
            "ns=2;s=Q_INT",
            ua.DataValue(ua.Variant(1, V.Int16), ua.StatusCode(ua.UInt32(ua.StatusCodes.Bad))),
            "BadWriteNotSupported",
        ),
    ],
)
def test_that_a_wrong_write_is_refused_with_its_reason(
    ask: Any, served: OpcUaServer, node: str, data: ua.DataValue, code: str
) -> None:
    assert refusal(ask, served, node, data) == code


def test_that_no_other_attribute_can_be_written(ask: Any, served: OpcUaServer) -> None:
    all_rights = ua.DataValue(ua.Variant(255, V.Byte))
    for attribute in (ua.AttributeIds.AccessLevel, ua.AttributeIds.UserAccessLevel):
        assert refusal(ask, served, "ns=2;s=I_BOOL", all_rights, attribute) == "BadNotWritable"


def test_that_tags_stand_in_folders_of_at_most_a_hundred(ask: Any, served: OpcUaServer) -> None:
    async def work(client: Client) -> tuple[dict[str, int], list[str]]:
        sizes: dict[str, int] = {}
        names: list[str] = []

        async def walk(node: Any, path: str) -> None:
            children = await node.get_children()
            sizes[path] = len(children)
            for child in children:
                name = (await child.read_browse_name()).Name
                if await child.read_node_class() == ua.NodeClass.Variable:
                    names.append(name)
                else:
                    await walk(child, f"{path}/{name}")

        await walk(client.get_node("ns=2;s=folder:line"), "Line")
        return sizes, names

    sizes, names = call(ask, served, work)
    assert max(sizes.values()) <= 100
    assert sorted(names) == sorted(tag.name for tag in line_tags())
    assert {"Line/plc/PLC inputs", "Line/plc/PLC outputs", "Line/big/PLC inputs/201-250"} <= set(sizes)


def test_that_access_level_and_comment_are_shown(ask: Any, served: OpcUaServer) -> None:
    async def work(client: Client) -> list[Any]:
        found = []
        for name in ("I_BOOL", "Q_BOOL", "O_BOOL"):
            node = client.get_node(f"ns=2;s={name}")
            found.append(((await node.read_description()).Text, await node.get_access_level()))
        return found

    read, write = ua.AccessLevel.CurrentRead, ua.AccessLevel.CurrentWrite
    assert call(ask, served, work) == [
        ("I BOOL", {read}),
        ("Q BOOL", {read, write}),
        ("O BOOL", {read}),
    ]


def test_that_a_subscriber_gets_every_published_change(
    ask: Any, served: OpcUaServer, until: Callable[..., None]
) -> None:
    import asyncio

    index = index_of(INPUT, DataType.LREAL)

    async def work(client: Client) -> list[float]:
        got: list[float] = []

        class Handler:
            def datachange_notification(self, node: Any, value: float, data: Any) -> None:
                got.append(value)

        subscription = await client.create_subscription(20, Handler())
        await subscription.subscribe_data_change(client.get_node("ns=2;s=I_LREAL"), queuesize=1)
        await asyncio.sleep(0.1)
        for value in (1.5, 2.5):
            served.exchange([Change(index, value, Quality.GOOD, 1)])
            await asyncio.sleep(0.15)
        return got

    assert call(ask, served, work)[-2:] == [1.5, 2.5]


def test_that_the_status_counts_who_is_connected(ask: Any, served: OpcUaServer) -> None:
    async def work(client: Client) -> str:
        return served.status().partner

    assert call(ask, served, work) == "1 client"


def test_that_a_second_server_on_the_port_is_a_problem_with_place_cause_and_cure(
    served: OpcUaServer,
) -> None:
    second = OpcUaServer("hmi2", {"endpoint": served.status().reason})
    second.open(())
    try:
        (problem,) = second.wait_open(10)
        assert problem.where.id == "links.hmi2.endpoint"
        assert "already in use" in problem.what and problem.cause and problem.cure
        assert second.status().state == "refused"
    finally:
        second.close()


def test_that_a_closed_server_gives_its_port_back_and_can_open_again(
    free_endpoint: Callable[[], str], ask: Any
) -> None:
    import socket

    endpoint = free_endpoint()
    port = int(endpoint.rpartition(":")[2])
    link = OpcUaServer("hmi", {"endpoint": endpoint})
    for _ in range(2):
        link.open(line_tags()[:3])
        assert link.wait_open(30) == ()
        link.close()
        link.close()
        assert link.status().state == "closed"
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def test_that_a_server_link_has_nothing_to_arm() -> None:
    link = OpcUaServer("hmi", {"endpoint": "opc.tcp://127.0.0.1:4840"})
    assert len(link.arm()) == 1 and not link.real and not link.status().armed
