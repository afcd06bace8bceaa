"""Link `opcua_client`: the line's controller is a PLC with an OPC UA server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.links.opcua_endpoint import parse_endpoint
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.problem import Problem
from commissioning.model.tags import Quality, Reason, Value
from commissioning.sim.link import Change, FromOutside, LinkStatus, LinkTag
from commissioning.sim.link_thread import QueuedLink

if TYPE_CHECKING:
    from commissioning.links.opcua_session import PlcSession

__all__ = ["OpcUaClient"]

_TIMEOUT = 4.0
_FIRST_RETRY, _LAST_RETRY = 0.25, 4.0


class OpcUaClient(QueuedLink):
    """Subscribes to the PLC's outputs, writes the PLC's inputs once armed.

    It starts read-only: until `arm` no write request is ever sent. It stays armed over a
    reconnection only while the same server answers (application uri, product uri, certificate). A
    loss marks every output UNCERTAIN and is a status; nothing that was due before it is sent after.
    """

    real: ClassVar[bool] = True
    declaration: ClassVar[TypeDeclaration] = TypeDeclaration(
        kind="link",
        type="opcua_client",
        help="A connection to the OPC UA server of a PLC. Reads until it is armed.",
        params=(
            Param("endpoint", "text", "The PLC's server.", example="opc.tcp://192.168.0.1:4840"),
            Param(
                "node",
                "text",
                "Node id of a tag's variable; {name}, {path} and {address} are the tag's.",
                default="ns=2;s={path}",
                example='ns=3;s="{name}"',
            ),
            Param("nodes", "mapping", "Node ids of single tags, by tag name.", default={}),
            Param("publishing", "duration", "How often the PLC reports changes.", default="50 ms"),
            Param("cycle", "duration", "Writes are collected this long, then sent as one.", default="20 ms"),
        ),
    )

    def __init__(self, id: str, params: Mapping[str, Any], folder: Path = Path()) -> None:
        super().__init__(id, params, folder)
        self._armed = False
        self._pinned: str | None = None  # who was armed
        self._session: PlcSession | None = None
        self._image: dict[int, Value] = {}
        self._send_all = self._complained = False

    def faults(self) -> tuple[Problem, ...]:
        try:
            parse_endpoint(str(self.params["endpoint"]))
        except ValueError as error:
            return (self.problem(str(error), key="endpoint"),)
        return ()

    def arm(self) -> tuple[Problem, ...]:
        session = self._session
        if session is not None:
            if session.read_only:
                names = ", ".join(tag.name for tag in session.read_only)
                return (
                    self.problem(
                        f"the PLC does not let anybody write {names}",
                        cure="make these variables writable over OPC UA in the PLC project",
                    ),
                )
            self._pinned = session.identity
        self._armed = self._send_all = True
        self._nudge()
        return ()

    def disarm(self) -> None:
        self._armed, self._pinned = False, None

    def status(self) -> LinkStatus:
        return replace(super().status(), armed=self._armed)

    def node_id(self, tag: LinkTag) -> str:
        """The text of the node id of a tag's variable in the PLC."""
        nodes: Mapping[str, str] = self.params.get("nodes") or {}
        for name, text in nodes.items():
            if name.casefold() == tag.name.casefold():
                return str(text)
        pattern = str(self.params["node"])
        for word, text in (("name", tag.name), ("path", tag.path or tag.name), ("address", tag.address)):
            pattern = pattern.replace("{" + word + "}", text)
        return pattern

    async def run(self) -> None:
        try:
            endpoint = parse_endpoint(str(self.params["endpoint"]))
        except ValueError as error:
            self.report("refused", str(error), (self.problem(str(error), key="endpoint"),))
            return
        # The library costs 0.8 s of CPU to import: only runs that need it pay for it.
        from commissioning.links.opcua_session import TROUBLE, Mismatch, PlcSession

        retry, was_up = _FIRST_RETRY, False
        while True:
            session = PlcSession(endpoint.url, _TIMEOUT)
            try:
                await session.connect()
                await session.resolve({tag: self.node_id(tag) for tag in self.tags})
                await session.subscribe(float(self.params["publishing"]) * 1000, self._received, self.wake)
                self._came_up(session)
                retry, was_up = _FIRST_RETRY, True
                reason = await self._serve(session)
            except Mismatch as wrong:
                problems = tuple(self._mismatch(*found) for found in wrong.found)
                if not was_up:
                    self.report("refused", problems[0].what, problems)
                    return
                reason = problems[0].what  # a PLC that restarts may not have all its variables yet
            except TROUBLE as error:
                reason = session.reason or str(error) or type(error).__name__
            finally:
                self._session = None
                await session.close()
            self._went_down(f"{endpoint.url}: {reason}", was_up)
            await asyncio.sleep(retry)
            retry = min(2 * retry, _LAST_RETRY)

    async def _serve(self, session: PlcSession) -> str:
        """Write one batch per cycle until the connection is lost; why it was."""
        cycle = float(self.params["cycle"])
        lost = asyncio.ensure_future(session.lost.wait())
        try:
            while True:
                await _first(lost, asyncio.ensure_future(self.kick.wait()))
                if not lost.done():
                    await _first(lost, asyncio.ensure_future(self._send(session)))
                if not lost.done():
                    await asyncio.wait((lost,), timeout=cycle)
                if lost.done():
                    return session.reason
        finally:
            lost.cancel()

    async def _send(self, session: PlcSession) -> None:
        """The newest value of every input that changed; all of them once after arming."""
        batch = self._collect(self.take())
        if not self._armed:
            return
        if self._pinned is None:  # armed while the connection was being made
            self._pinned = session.identity
        if self._send_all:
            self._send_all = False
            batch = dict(self._image)
        if not batch:
            return
        refused = await session.write(tuple(batch.items()))
        self.writes += len(batch) - len(refused)
        self.refused_writes += len(refused)
        if not refused:
            if self._complained:
                self._complained = False
                self.report("up")
        else:
            self._complained = True
            tag, why = refused[0]
            self.report("up", f"the PLC refused {len(refused)} values, the first for {tag.name}: {why}")

    def _collect(self, changes: Mapping[int, Change]) -> dict[int, Value]:
        batch = {change.index: change.value for change in changes.values()}
        self._image.update(batch)
        return batch

    def _came_up(self, session: PlcSession) -> None:
        self._session = session
        self.partner = session.partner
        # What was due while there was no connection is not sent late: the present image counts.
        self._collect(self.take())
        reason = ""
        if self._armed:
            if self._pinned not in (None, session.identity):
                self._armed, self._pinned = False, None
                reason = "another server answers than the one that was armed: disarmed"
            elif session.read_only:
                self._armed, self._pinned = False, None
                reason = f"the PLC does not let anybody write {session.read_only[0].name}: disarmed"
            else:
                self._pinned = session.identity
                self._send_all = True
                self.kick.set()
        self.report("up", reason)

    def _went_down(self, reason: str, was_up: bool) -> None:
        if self.status().state == "up":
            now = time.monotonic_ns()
            for tag in self.tags:
                if tag.direction == "output":
                    self.receive(FromOutside(tag.index, None, Quality.UNCERTAIN, now, Reason.LINK_LOST))
        if was_up:
            self.report("lost", reason)
        else:
            cure = "start the PLC's server, or correct `endpoint`"
            found = self.problem("no OPC UA server answers", cause=reason, cure=cure, key="endpoint")
            self.report("connecting", reason, (found,))

    def _received(self, tag: LinkTag, value: Value | None, quality: Quality, reason: Reason) -> None:
        self.reads += 1
        self.receive(FromOutside(tag.index, value, quality, time.monotonic_ns(), reason))

    def _mismatch(self, tag: LinkTag, what: str, cause: str) -> Problem:
        return self.problem(
            f"tag {tag.name}: {what}",
            cause=cause,
            cure=f"correct `node` or `nodes`, the type of {tag.name}, or the PLC's variable",
            key="nodes",
        )

    def _nudge(self) -> None:
        thread = self._thread
        if thread is not None:
            thread.call(self._set_kick)


async def _first(lost: asyncio.Future[Any], work: asyncio.Future[Any]) -> None:
    """Wait for `work`, but not beyond the loss of the connection: then it is cancelled."""
    try:
        await asyncio.wait((lost, work), return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not work.done():
            work.cancel()
    if work.done() and not work.cancelled():
        work.result()
