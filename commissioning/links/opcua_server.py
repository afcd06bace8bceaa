"""Link `opcua_server`: the line's tags for HMIs, loggers and foreign controllers, over OPC UA."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.links.opcua_endpoint import Endpoint, busy_problem, parse_endpoint, port_problem
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.problem import Problem, Problems
from commissioning.model.tags import Quality, Value
from commissioning.sim.link import FromOutside, LinkStatus, LinkTag
from commissioning.sim.link_thread import QueuedLink

if TYPE_CHECKING:
    from commissioning.links.opcua_space import LineServer

__all__ = ["OpcUaServer"]


class OpcUaServer(QueuedLink):
    """Publishes every tag. A client may write the PLC outputs whose controller is `none`, nothing else.

    Listens on loopback unless the scene names another address, and there it takes encrypted
    connections of trusted client certificates only, never anonymous ones.
    """

    declaration: ClassVar[TypeDeclaration] = TypeDeclaration(
        kind="link",
        type="opcua_server",
        help="An OPC UA server with the line's tags, for HMIs, loggers and foreign controllers.",
        params=(
            Param(
                "endpoint",
                "text",
                "Address to listen on. Other than loopback only with certificate, private_key and trusted.",
                default="opc.tcp://127.0.0.1:4840",
                example="opc.tcp://127.0.0.1:4840",
            ),
            Param("certificate", "file", "This server's certificate (DER or PEM).", default=None),
            Param("private_key", "file", "Its private key (PEM).", default=None),
            Param("trusted", "file", "Folder with the client certificates that may connect.", default=None),
        ),
    )

    def __init__(self, id: str, params: Mapping[str, Any], folder: Path = Path()) -> None:
        super().__init__(id, params, folder)
        self._server: LineServer | None = None

    def status(self) -> LinkStatus:
        server = self._server
        return super().status() if server is None else replace(super().status(), partner=_clients(server))

    async def run(self) -> None:
        try:
            endpoint, files = self._settings()
        except Problems as wrong:
            self.report("refused", wrong.problems[0].what, wrong.problems)
            return
        busy = port_problem(endpoint, self.problem)
        if busy is not None:
            self.report("refused", busy.what, (busy,))
            return
        # The library costs 0.8 s of CPU to import: only runs that serve pay for it.
        from commissioning.links.opcua_security import Security, Unreadable
        from commissioning.links.opcua_space import LineServer

        try:
            security = None if files is None else Security(*files)
        except Unreadable as error:
            cure = "give a certificate (DER or PEM) and its own key (PEM, without password)"
            found = self.problem(str(error), cause=error.cause, cure=cure, key=error.param)
            self.report("refused", found.what, (found,))
            return
        server = self._server = LineServer(endpoint, security, self._written, self._refused)
        try:
            await server.start(self.tags)
        except OSError as error:
            busy = busy_problem(endpoint, error, self.problem)
            self.report("refused", busy.what, (busy,))
            return
        try:
            self.writes += await server.publish(tuple(self.take().values()))
            self.report("up", endpoint.url)
            while True:
                await self.kick.wait()
                self.writes += await server.publish(tuple(self.take().values()))
        finally:
            self._server = None
            await server.stop()

    def faults(self) -> tuple[Problem, ...]:
        try:
            self._settings()
        except Problems as wrong:
            return wrong.problems
        return ()

    def listens(self) -> tuple[str, int] | None:
        if self.faults():
            return None
        endpoint = parse_endpoint(str(self.params["endpoint"]))
        return ("127.0.0.1" if endpoint.host == "localhost" else endpoint.host), endpoint.port

    def arm(self) -> tuple[Problem, ...]:
        return (self.problem("a server link writes to no controller, there is nothing to arm"),)

    def disarm(self) -> None:
        """Nothing was armed."""

    def _settings(self) -> tuple[Endpoint, tuple[Path, Path, Path] | None]:
        """Endpoint and, if the scene names them, certificate, key and folder of trusted ones."""
        try:
            endpoint = parse_endpoint(str(self.params["endpoint"]))
        except ValueError as error:
            raise Problems(self.problem(str(error), key="endpoint")) from error
        names = ("certificate", "private_key", "trusted")
        given = {name: self.params.get(name) for name in names}
        missing = [name for name in names if not given[name]]
        if len(missing) == 3 and endpoint.loopback:
            return endpoint, None
        found = []
        if missing:
            lacks = f"{', '.join(missing)} is not given"
            outside = f"{endpoint.host} can be reached from other machines, and {lacks}"
            found.append(
                self.problem(
                    lacks if endpoint.loopback else outside,
                    cause="anonymous, unencrypted access is for loopback only",
                    cure="name certificate, private_key and trusted, or use opc.tcp://127.0.0.1:4840",
                    key=missing[0] if endpoint.loopback else "endpoint",
                )
            )
        for name in names:
            path = self.folder / str(given[name]) if given[name] else None
            if path is not None and not (path.is_dir() if name == "trusted" else path.is_file()):
                kind = "folder" if name == "trusted" else "file"
                found.append(self.problem(f"there is no {kind} {path}", cure="correct the path", key=name))
        if found:
            raise Problems(found)
        certificate, key, trusted = (self.folder / str(given[name]) for name in names)
        return endpoint, (certificate, key, trusted)

    def _written(self, tag: LinkTag, value: Value) -> None:
        self.reads += 1
        self.receive(FromOutside(tag.index, value, Quality.GOOD, time.monotonic_ns()))
        self.wake()

    def _refused(self) -> None:
        self.refused_writes += 1


def _clients(server: LineServer) -> str:
    count = server.clients
    return f"{count} client" if count == 1 else f"{count} clients"
