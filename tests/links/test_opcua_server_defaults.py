"""The unsafe defaults of the OPC UA library, each held to what the product must do instead."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua
from asyncua.crypto import security_policies
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from commissioning.links.opcua_endpoint import parse_endpoint
from commissioning.links.opcua_server import OpcUaServer
from commissioning.model.tags import DataType, Quality
from commissioning.sim.link import Change, LinkTag

TAGS = (
    LinkTag(0, "I_Level", DataType.LREAL, "input", folder="plc"),
    LinkTag(1, "Q_Run", DataType.BOOL, "output", folder="plc", writable=True),
)
CLIENT_URI = "urn:example.org:FreeOpcUa:opcua-asyncio"


@pytest.fixture(scope="module")
def loopback() -> Iterator[OpcUaServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    link = OpcUaServer("hmi", {"endpoint": f"opc.tcp://127.0.0.1:{port}"})
    link.open(TAGS)
    assert link.wait_open(30) == ()
    yield link
    link.close()


def make_pair(folder: Path, name: str, uri: str, expired: bool = False) -> tuple[Path, Path]:
    """A self-signed application certificate (DER) and its key (PEM), as OPC 10000-6, 6.2.2 has them."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    usage = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=-1 if expired else 1))
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName("localhost")]),
            False,
        )
        .add_extension(x509.ExtendedKeyUsage(usage), False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    paths = folder / f"{name}.der", folder / f"{name}.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.DER))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


Pairs = dict[str, tuple[Path, Path]]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpcUaServer, str, Pairs]]:
    """A server on every interface that trusts `friend` and `expired`, not `stranger`."""
    folder = tmp_path_factory.mktemp("pki")
    server = make_pair(folder, "server", "urn:commissioning:server")
    pairs = {
        name: make_pair(folder / "clients", name, CLIENT_URI, expired=name == "expired")
        for name in ("friend", "expired", "stranger")
    }
    trusted = folder / "trusted"
    trusted.mkdir()
    for name in ("friend", "expired"):
        (trusted / f"{name}.der").write_bytes(pairs[name][0].read_bytes())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    link = OpcUaServer(
        "hmi",
        {
            "endpoint": f"opc.tcp://0.0.0.0:{port}",
            "certificate": server[0].name,
            "private_key": server[1].name,
            "trusted": "trusted",
        },
        folder,
    )
    link.open(TAGS)
    assert link.wait_open(30) == ()
    yield link, f"opc.tcp://127.0.0.1:{port}", pairs
    link.close()


def connected(ask: Any, url: str, prepare: Callable[[Client], Any], work: Any = None) -> str:
    """ "ok", or the name of the status the server refused with."""

    async def run() -> str:
        client = Client(url)
        try:
            prepared = prepare(client)
            if prepared is not None:
                await prepared
            await client.connect()
        except (ua.UaError, OSError, TimeoutError) as error:
            return type(error).__name__
        try:
            if work is not None:
                await work(client)
        finally:
            await client.disconnect()
        return "ok"

    return str(ask(run()))


def as_user(name: str, password: str) -> Callable[[Client], None]:
    def prepare(client: Client) -> None:
        client.set_user(name)
        client.set_password(password)

    return prepare


def with_certificate(pair: tuple[Path, Path], user: tuple[Path, Path] | None) -> Callable[[Client], Any]:
    async def prepare(client: Client) -> None:
        await client.set_security(security_policies.SecurityPolicyBasic256Sha256, str(pair[0]), str(pair[1]))
        if user is not None:
            await client.load_client_certificate(str(user[0]))
            await client.load_private_key(user[1])

    return prepare


@pytest.mark.parametrize("name", ["admin", "Admin", "operator"])
def test_that_no_user_name_logs_in(ask: Any, loopback: OpcUaServer, name: str) -> None:
    assert connected(ask, loopback.status().reason, as_user(name, "x")) == "BadIdentityTokenRejected"


def test_that_no_client_is_administrator(ask: Any, loopback: OpcUaServer) -> None:
    codes: list[str] = []

    async def work(client: Client) -> None:
        item = ua.AddNodesItem()
        item.ParentNodeId = ua.NodeId(ua.ObjectIds.ObjectsFolder)
        item.RequestedNewNodeId, item.BrowseName = ua.NodeId("x", 2), ua.QualifiedName("x", 2)
        for attempt in (
            client.uaclient.session.add_nodes([item]),
            client.uaclient.session.delete_nodes(
                ua.DeleteNodesParameters([ua.DeleteNodesItem(ua.NodeId("Q_Run", 2), True)])
            ),
        ):
            try:
                await attempt
                codes.append("ok")
            except ua.UaStatusCodeError as error:
                codes.append(type(error).__name__)

    assert connected(ask, loopback.status().reason, lambda c: None, work) == "ok"
    assert codes == ["BadUserAccessDenied"] * 2


def test_that_loopback_offers_anonymous_and_no_encryption_only(ask: Any, loopback: OpcUaServer) -> None:
    async def run() -> Any:
        return await Client(loopback.status().reason).connect_and_get_server_endpoints()

    (endpoint,) = ask(run())
    assert endpoint.SecurityPolicyUri.endswith("#None")
    assert [token.TokenType.name for token in endpoint.UserIdentityTokens] == ["Anonymous"]


def test_that_loopback_is_reachable_from_loopback_only(loopback: OpcUaServer) -> None:
    endpoint = parse_endpoint(loopback.status().reason)
    listening = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        if state == "0A" and int(local.split(":")[1], 16) == endpoint.port:
            listening.append(local.split(":")[0])
    assert listening == ["0100007F"]


def test_that_a_deadband_is_refused_and_not_done_wrongly(ask: Any, loopback: OpcUaServer) -> None:
    """The library compares with the last sample: a ramp of 0.1 steps never passes a deadband of 1."""
    results: list[str] = []

    async def work(client: Client) -> None:
        subscription = await client.create_subscription(20, _Silent())
        session = client.uaclient.session
        for kind in (ua.DeadbandType.Absolute, ua.DeadbandType.Percent, ua.DeadbandType.None_):
            item = ua.MonitoredItemCreateRequest()
            item.ItemToMonitor.NodeId = ua.NodeId("I_Level", 2)
            item.ItemToMonitor.AttributeId = ua.AttributeIds.Value
            item.MonitoringMode = ua.MonitoringMode.Reporting
            item.RequestedParameters.ClientHandle = 1
            item.RequestedParameters.QueueSize = 0
            item.RequestedParameters.Filter = ua.DataChangeFilter(ua.DataChangeTrigger.StatusValue, kind, 1.0)
            request = ua.CreateMonitoredItemsParameters()
            request.SubscriptionId = subscription.subscription_id
            request.ItemsToCreate = [item]
            (result,) = await session.create_monitored_items(request)
            results.append(f"{result.StatusCode.name} {result.RevisedQueueSize}")

    assert connected(ask, loopback.status().reason, lambda c: None, work) == "ok"
    refused = "BadMonitoredItemFilterUnsupported 0"
    assert results == [refused, refused, "Good 1"]


class _Silent:
    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        pass


def test_that_the_default_queue_holds_one_value_and_not_ten_thousand(ask: Any, loopback: OpcUaServer) -> None:
    got: list[float] = []

    class Handler:
        def datachange_notification(self, node: Any, value: float, data: Any) -> None:
            got.append(value)

    async def work(client: Client) -> None:
        subscription = await client.create_subscription(300, Handler())
        await subscription.subscribe_data_change(client.get_node("ns=2;s=I_Level"))  # queuesize 0
        await asyncio.sleep(0.4)
        got.clear()
        for n in range(50):
            loopback.exchange([Change(0, float(n), Quality.GOOD, n)])
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.7)

    assert connected(ask, loopback.status().reason, lambda c: None, work) == "ok"
    assert got[-1] == 49.0
    assert len(got) <= 3, "a publishing interval of 300 ms carries one value each"


def test_that_outside_loopback_a_trusted_certificate_gets_in(
    ask: Any, secure: tuple[OpcUaServer, str, Pairs]
) -> None:
    link, url, pairs = secure

    async def work(client: Client) -> None:
        await client.get_node("ns=2;s=Q_Run").write_value(True)

    friend = pairs["friend"]
    assert connected(ask, url, with_certificate(friend, friend), work) == "ok"
    assert [item.value for item in link.exchange(())] == [True]


@pytest.mark.parametrize(
    ("channel", "user", "refusal"),
    [
        ("stranger", "stranger", "BadCertificateUntrusted"),
        ("stranger", "friend", "BadCertificateUntrusted"),
        ("friend", "stranger", "BadUserAccessDenied"),
        ("expired", "expired", "BadCertificateTimeInvalid"),
        ("friend", None, "BadIdentityTokenRejected"),  # encrypted, but anonymous
    ],
)
def test_that_outside_loopback_nobody_else_gets_in(
    ask: Any,
    secure: tuple[OpcUaServer, str, Pairs],
    channel: str,
    user: str | None,
    refusal: str,
) -> None:
    link, url, pairs = secure
    got = connected(ask, url, with_certificate(pairs[channel], pairs[user] if user else None))
    assert got == refusal
    assert link.exchange(()) == ()


def test_that_outside_loopback_unencrypted_and_user_names_are_not_offered(
    ask: Any, secure: tuple[OpcUaServer, str, Pairs]
) -> None:
    _, url, _ = secure

    async def run() -> Any:
        return await Client(url).connect_and_get_server_endpoints()

    endpoints = ask(run())
    assert {e.SecurityMode.name for e in endpoints} == {"SignAndEncrypt"}
    assert {e.SecurityPolicyUri.partition("#")[2] for e in endpoints} == {
        "Basic256Sha256",
        "Aes256_Sha256_RsaPss",
    }
    assert {t.TokenType.name for e in endpoints for t in e.UserIdentityTokens} == {"Certificate"}
    assert connected(ask, url, lambda client: None) != "ok"
    assert connected(ask, url, as_user("admin", "x")) != "ok"


@pytest.mark.parametrize(
    ("params", "place", "words"),
    [
        ({"endpoint": "opc.tcp://0.0.0.0:4840"}, "links.hmi.endpoint", "other machines"),
        ({"endpoint": "opc.tcp://plant.example:4840"}, "links.hmi.endpoint", "other machines"),
        ({"endpoint": "http://127.0.0.1:4840"}, "links.hmi.endpoint", "no OPC UA endpoint"),
        ({"endpoint": "opc.tcp://127.0.0.1:70000"}, "links.hmi.endpoint", "65535"),
        ({"endpoint": "opc.tcp://"}, "links.hmi.endpoint", "no host"),
        ({"endpoint": "opc.tcp://me:secret@127.0.0.1:4840"}, "links.hmi.endpoint", "secrets"),
        ({"endpoint": "opc.tcp://127.0.0.1:4840", "certificate": "a.der"}, "links.hmi.private_key", "given"),
    ],
)
def test_that_a_wrong_endpoint_is_a_problem_with_place_and_cure(
    params: dict[str, str], place: str, words: str
) -> None:
    link = OpcUaServer("hmi", params)
    link.open(TAGS)
    try:
        problem = link.wait_open(10)[0]
        assert problem.where.id == place
        assert words in problem.what
        assert problem.cure or "write it like" in problem.what or "scene is no place" in problem.what
        assert "secret@" not in str(problem)
    finally:
        link.close()


def test_that_missing_certificate_files_are_named_all_at_once(tmp_path: Path) -> None:
    params = {
        "endpoint": "opc.tcp://0.0.0.0:4840",
        "certificate": "a.der",
        "private_key": "a.pem",
        "trusted": "trusted",
    }
    link = OpcUaServer("hmi", params, tmp_path)
    link.open(TAGS)
    try:
        places = [problem.where.id for problem in link.wait_open(10)]
        assert places == [f"links.hmi.{name}" for name in ("certificate", "private_key", "trusted")]
    finally:
        link.close()


@pytest.mark.parametrize("broken", ["certificate", "private_key", "other key", "trusted"])
def test_that_a_certificate_or_key_that_cannot_be_used_is_a_problem_with_its_place(
    tmp_path: Path, broken: str
) -> None:
    make_pair(tmp_path, "server", "urn:commissioning:server")
    make_pair(tmp_path, "other", "urn:commissioning:server")
    (tmp_path / "trusted").mkdir()
    params = {
        "endpoint": "opc.tcp://127.0.0.1:4840",
        "certificate": "server.der",
        "private_key": "server.pem",
        "trusted": "trusted",
    }
    if broken == "other key":
        params["private_key"] = "other.pem"
    elif broken == "trusted":
        (tmp_path / "trusted" / "garbage.der").write_bytes(b"garbage")
    else:
        (tmp_path / params[broken]).write_bytes(b"garbage")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        params["endpoint"] = f"opc.tcp://127.0.0.1:{probe.getsockname()[1]}"
    link = OpcUaServer("hmi", params, tmp_path)
    link.open(TAGS)
    try:
        (problem,) = link.wait_open(20)
        assert problem.where.id == f"links.hmi.{broken.replace('other key', 'private_key')}"
        assert problem.cure and link.status().state == "refused"
    finally:
        link.close()
