"""Peers on loopback for the link tests. They live in the product's asyncio thread or in own processes."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from asyncua import ua
from asyncua.server.address_space import AttributeService
from asyncua.server.server import Server

from commissioning.sim.link_thread import LinkThread

T = TypeVar("T")


@pytest.fixture
def free_endpoint() -> Callable[[], str]:
    def endpoint() -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return f"opc.tcp://127.0.0.1:{probe.getsockname()[1]}"

    return endpoint


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    def wait(condition: Callable[[], object], timeout: float = 15.0, what: str = "") -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {timeout} s: {what or condition}")
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def ask() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine in the link thread and give its result."""
    thread = LinkThread.acquire()

    def run(work: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
        return asyncio.run_coroutine_threadsafe(work, thread.loop).result(timeout)

    yield run
    thread.release()


class _Counting(AttributeService):
    """Counts and keeps what clients write."""

    def __init__(self, aspace: Any, plc: FakePlc) -> None:
        super().__init__(aspace)
        self._plc = plc

    async def write(self, params: Any, user: Any = None) -> Any:
        if user is None or user.role.name == "Admin":
            return await super().write(params)
        self._plc.requests += 1
        self._plc.sizes.append(len(params.NodesToWrite))
        for item in params.NodesToWrite:
            self._plc.written.append((str(item.NodeId.Identifier), item.Value))
        return await super().write(params, user)

    def read(self, params: Any) -> Any:
        self._plc.read_sizes.append(len(params.NodesToRead))
        return super().read(params)


class FakePlc:
    """A PLC's OPC UA server: ``ns=2;s=<name>``, inputs writable, every write kept."""

    def __init__(self, ask: Callable[..., Any], endpoint: str, application: str) -> None:
        self._ask, self.endpoint, self.application = ask, endpoint, application
        self.requests = 0
        self.written: list[tuple[str, Any]] = []
        self.sizes: list[int] = []  # of write requests
        self.read_sizes: list[int] = []
        self._server: Server | None = None

    @property
    def values(self) -> list[tuple[str, Any]]:
        return [(name, data.Value.Value) for name, data in self.written]

    def start(self, variables: dict[str, tuple[Any, ua.VariantType]], writable: str = "I_") -> None:
        self._ask(self._start(variables, writable))

    def stop(self) -> None:
        if self._server is not None:
            self._ask(self._stop(self._server))
            self._server = None

    def put(self, name: str, value: Any, kind: ua.VariantType, status: int = 0) -> None:
        data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(ua.UInt32(status)))
        assert self._server is not None
        self._ask(self._server.write_attribute_value(ua.NodeId(name, 2), data))

    def limit(self, per_write: int, per_read: int) -> None:
        """Publish operation limits (OPC 10000-5, 6.3.11)."""
        base = "Server_ServerCapabilities_OperationLimits_MaxNodesPer"
        for name, value in (("Write", per_write), ("Read", per_read)):
            node = ua.NodeId(getattr(ua.ObjectIds, base + name))
            data = ua.DataValue(ua.Variant(value, ua.VariantType.UInt32))
            assert self._server is not None
            self._ask(self._server.write_attribute_value(node, data))
        self.read_sizes.clear()

    async def _start(self, variables: dict[str, tuple[Any, ua.VariantType]], writable: str) -> None:
        server = Server()
        server.set_endpoint(self.endpoint)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.iserver.attribute_service = _Counting(server.iserver.aspace, self)
        await server.init()
        await server.set_application_uri(self.application)
        await server.register_namespace("urn:test:plc")
        folder = await server.nodes.objects.add_folder(ua.NodeId("plc", 2), "2:plc")
        for name, (value, kind) in variables.items():
            node = await folder.add_variable(ua.NodeId(name, 2), f"2:{name}", ua.Variant(value, kind))
            if name.startswith(writable):
                await node.set_writable()
        await server.start()
        self._server = server

    async def _stop(self, server: Server) -> None:
        clock, server.iserver.time_task = server.iserver.time_task, None
        if clock is not None:
            clock.cancel()
            await asyncio.wait({clock})
        await server.stop()


@pytest.fixture
def plc_factory(
    ask: Callable[..., Any], free_endpoint: Callable[[], str]
) -> Iterator[Callable[..., FakePlc]]:
    made: list[FakePlc] = []

    def make(endpoint: str = "", application: str = "urn:test:plc:a") -> FakePlc:
        plc = FakePlc(ask, endpoint or free_endpoint(), application)
        made.append(plc)
        return plc

    yield make
    for plc in made:
        plc.stop()


PEERS = Path(__file__).parent / "peers"
INSTALL = "npm install --no-package-lock --no-audit --no-fund --prefix tests/links/peers"


class Peer:
    """A foreign program under tests/links/peers, spoken to in JSON lines. Certificates go to `pki`."""

    def __init__(self, node: str, script: str, pki: Path) -> None:
        self.process = subprocess.Popen(
            [node, str(PEERS / script), str(pki)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=PEERS,
        )
        self.events: list[dict[str, Any]] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._came = threading.Condition()
        self._asked = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, op: str, timeout: float = 60.0, **arguments: Any) -> dict[str, Any]:
        """Send a command, return its answer. Raises AssertionError with the peer's error."""
        self._asked += 1
        number = self._asked
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"op": op, "id": number, **arguments}) + "\n")
        self.process.stdin.flush()
        with self._came:
            came = self._came.wait_for(lambda: number in self._answers, timeout)
        assert came, f"the peer did not answer {op} within {timeout} s"
        answer = self._answers.pop(number)
        if "error" in answer:
            raise AssertionError(f"{op}: {answer['error']}")
        return answer

    def close(self) -> None:
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.startswith("{"):
                continue  # node-opcua logs to stdout
            message = json.loads(line)
            with self._came:
                if "answer" in message:
                    self._answers[message["answer"]] = message
                else:
                    self.events.append(message)
                self._came.notify_all()


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Callable[[str], Peer]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: it runs the foreign OPC UA peers")
    if not (PEERS / "node_modules" / "node-opcua").is_dir():
        pytest.skip(f"the foreign OPC UA peers are not installed: {INSTALL}")
    peers: list[Peer] = []

    def start(script: str) -> Peer:
        # one certificate store per script: a restarted peer is the same peer
        peers.append(Peer(node, script, tmp_path / script))
        return peers[-1]

    yield start
    for one in peers:
        one.close()
