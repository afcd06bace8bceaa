"""One connection of the client link to a PLC's server. Runs in the asyncio thread.

A fresh client object per connection: the library's own reconnection may hold a request for up to a
minute and then send it, and a command must never arrive late.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaError

from commissioning.links import opcua_types as types
from commissioning.model.tags import Quality, Reason, Value
from commissioning.sim.link import LinkTag

__all__ = ["TROUBLE", "Mismatch", "PlcSession"]

# Nobody reads what the library says about a lost connection: without a handler it goes to stderr.
logging.getLogger("asyncua").addHandler(logging.NullHandler())

TROUBLE = (OSError, TimeoutError, UaError)
"""What a connection can raise; all of it means that there is none."""

_CHUNK = 1000
_READ_ATTRIBUTES = (
    AttributeIds.DataType,
    AttributeIds.ValueRank,
    AttributeIds.UserAccessLevel,
    AttributeIds.Value,
)

Received = Callable[[LinkTag, Value | None, Quality, Reason], None]


class Mismatch(Exception):
    """Nodes that are not there or not what their tags are: (tag, what, cause) each."""

    def __init__(self, found: Sequence[tuple[LinkTag, str, str]]) -> None:
        super().__init__(f"{len(found)} tags do not match the PLC")
        self.found = tuple(found)


class PlcSession:
    """Connect, resolve, subscribe; then `write` batches until `lost` is set."""

    def __init__(self, url: str, timeout: float) -> None:
        self.lost = asyncio.Event()
        self.reason = ""
        self.identity = ""
        self.partner = ""
        self.read_only: list[LinkTag] = []
        self._timeout = timeout
        self._client = Client(url, timeout=timeout, watchdog_intervall=1.0, auto_reconnect=False)
        self._client.connection_lost_callback = self._on_lost
        self._client.application_uri = "urn:commissioning:client"
        self._client.name = self._client.description = "commissioning"
        self._nodes: dict[int, tuple[ua.NodeId, int, LinkTag]] = {}
        self._handles: dict[int, LinkTag] = {}
        self._per_read = self._per_write = self._per_subscribe = _CHUNK
        self._received: Received
        self._done: Callable[[], None]

    async def connect(self) -> None:
        """Open session and channel, find out who answers."""
        await asyncio.wait_for(self._client.connect(), self._timeout)
        for description in await self._client.get_endpoints():
            server = description.Server
            certificate = hashlib.sha256(description.ServerCertificate or b"").hexdigest()
            self.identity = f"{server.ApplicationUri} {server.ProductUri} {certificate}"
            self.partner = str(server.ApplicationName.Text or server.ApplicationUri)
            break
        await self._learn_limits()

    async def resolve(self, tags: Mapping[LinkTag, str]) -> None:
        """Look at every node once: is it there, a scalar, of the tag's type. Raises Mismatch."""
        found: list[tuple[LinkTag, str, str]] = []
        ids: list[tuple[LinkTag, ua.NodeId]] = []
        for tag, text in tags.items():
            try:
                ids.append((tag, ua.NodeId.from_string(text)))
            except (UaError, ValueError) as error:
                found.append((tag, f"{text!r} is no node id", str(error)))
        wanted = [(node, attribute) for _, node in ids for attribute in _READ_ATTRIBUTES]
        answers = await self._read(wanted)
        for k, (tag, node) in enumerate(ids):
            datatype, rank, access, value = answers[4 * k : 4 * k + 4]
            what = self._mismatch(tag, datatype, rank, value)
            if what:
                found.append((tag, f"{node.to_string()}: {what}", ""))
                continue
            builtin = _builtin(datatype, value)
            assert builtin is not None
            self._nodes[tag.index] = (node, builtin, tag)
            level = access.Value.Value if access.Value is not None else 0
            if tag.direction == "input" and not int(level or 0) & ua.AccessLevel.CurrentWrite.mask:
                self.read_only.append(tag)
        if found:
            raise Mismatch(found)

    async def subscribe(self, interval_ms: float, received: Received, done: Callable[[], None]) -> None:
        """One subscription for every PLC output, newest value only.

        `received` gets each change, `done` is called after each batch of them.
        """
        self._received, self._done = received, done
        outputs = [entry for entry in self._nodes.values() if entry[2].direction == "output"]
        if not outputs:
            return
        parameters = ua.CreateSubscriptionParameters()
        parameters.RequestedPublishingInterval = cast(Any, interval_ms)
        parameters.RequestedLifetimeCount = cast(Any, 10000)
        # an answer at least every second, so that a silent server is noticed
        parameters.RequestedMaxKeepAliveCount = cast(Any, max(1, int(1000 / interval_ms)))
        parameters.MaxNotificationsPerPublish = cast(Any, 0)
        parameters.PublishingEnabled = True
        session = self._client.uaclient.session
        made = await session.create_subscription(parameters, self._on_publish)
        for start in range(0, len(outputs), self._per_subscribe):
            request = ua.CreateMonitoredItemsParameters()
            request.SubscriptionId = made.SubscriptionId
            request.TimestampsToReturn = ua.TimestampsToReturn.Source
            part = outputs[start : start + self._per_subscribe]
            request.ItemsToCreate = [_monitor(node, tag.index, interval_ms) for node, _, tag in part]
            self._handles.update((tag.index, tag) for _, _, tag in part)
            for (node, _, tag), result in zip(
                part, await session.create_monitored_items(request), strict=True
            ):
                if not result.StatusCode.is_good():
                    name = result.StatusCode.name
                    raise Mismatch([(tag, f"{node.to_string()} cannot be subscribed to", str(name))])

    async def write(self, values: Sequence[tuple[int, Value]]) -> list[tuple[LinkTag, str]]:
        """One request (several beyond the server's limit) with values only; who refused, and why.

        Neither status nor timestamps are sent: many PLCs answer those with BadWriteNotSupported.
        """
        refused: list[tuple[LinkTag, str]] = []
        batch: list[tuple[LinkTag, ua.WriteValue]] = []
        for index, value in values:
            known = self._nodes.get(index)
            if known is None or known[2].direction != "input":
                continue
            node, builtin, tag = known
            try:
                variant = ua.Variant(types.to_wire(tag.type, builtin, value), ua.VariantType(builtin))
            except ValueError as error:
                refused.append((tag, str(error)))
                continue
            item = ua.WriteValue()
            item.NodeId, item.AttributeId, item.Value = node, AttributeIds.Value, ua.DataValue(variant)
            batch.append((tag, item))
        for start in range(0, len(batch), self._per_write):
            part = batch[start : start + self._per_write]
            request = ua.WriteParameters()
            request.NodesToWrite = [item for _, item in part]
            answers = await asyncio.wait_for(self._client.uaclient.session.write(request), self._timeout)
            for (tag, _), status in zip(part, answers, strict=True):
                if not status.is_good():
                    refused.append((tag, str(status.name)))
        return refused

    async def close(self) -> None:
        """End session and socket; a server that does not answer is left after a second."""
        self._client.connection_lost_callback = None
        protocol = self._client.uaclient.protocol
        if not self.lost.is_set():
            with contextlib.suppress(*TROUBLE):
                await asyncio.wait_for(self._client.disconnect(), 1.0)
        # After a loss the library leaves the socket open. Aborting also drops what was not sent yet.
        if protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
        if self.lost.is_set():
            with contextlib.suppress(*TROUBLE):
                await asyncio.wait_for(self._client.disconnect(), 1.0)

    async def _learn_limits(self) -> None:
        """How much the server takes in one request; 0 or nothing means that it does not say."""
        limits = []
        for identifier in _LIMITS:
            (answer,) = await self._read([(_numeric(identifier), AttributeIds.Value)])
            value = answer.Value.Value if answer.Value is not None else None
            limits.append(min(_CHUNK, value) if isinstance(value, int) and value > 0 else _CHUNK)
        self._per_read, self._per_write, self._per_subscribe = limits

    async def _read(self, wanted: Sequence[tuple[ua.NodeId, AttributeIds]]) -> list[ua.DataValue]:
        answers: list[ua.DataValue] = []
        for start in range(0, len(wanted), self._per_read):
            request = ua.ReadParameters()
            for node, attribute in wanted[start : start + self._per_read]:
                item = ua.ReadValueId()
                item.NodeId, item.AttributeId = node, attribute
                request.NodesToRead.append(item)
            answers += await asyncio.wait_for(self._client.uaclient.session.read(request), self._timeout)
        return answers

    def _mismatch(self, tag: LinkTag, datatype: ua.DataValue, rank: ua.DataValue, value: ua.DataValue) -> str:
        """Why the node cannot be this tag, "" if it can."""
        status = datatype.StatusCode
        if status is not None and not status.is_good():
            return f"there is no such variable ({status.name})"
        builtin = _builtin(datatype, value)
        expected = " or ".join(types.NAMES[b] for b in types.ACCEPTED[tag.type])
        if builtin is None:
            return f"expected {expected}, found a type that is none of the elementary ones"
        shape = rank.Value.Value if rank.Value is not None else -1
        is_array = value.Value is not None and value.Value.is_array
        if is_array or (isinstance(shape, int) and shape >= 0):
            return f"expected {expected}, found an array of {types.NAMES.get(builtin, builtin)}"
        if builtin not in types.ACCEPTED[tag.type]:
            return f"expected {expected} ({tag.type}), found {types.NAMES.get(builtin, f'type {builtin}')}"
        return ""

    def _on_publish(self, result: ua.PublishResult) -> None:
        for notification in result.NotificationMessage.NotificationData or ():
            if isinstance(notification, ua.DataChangeNotification):
                for item in notification.MonitoredItems:
                    tag = self._handles.get(int(item.ClientHandle))
                    if tag is not None:
                        self._take(tag, item.Value)
                self._done()
            elif isinstance(notification, ua.StatusChangeNotification):
                self._lose(f"the server ended the subscription ({notification.Status.name})")

    def _take(self, tag: LinkTag, data: ua.DataValue) -> None:
        status = data.StatusCode.value if data.StatusCode is not None else types.GOOD
        quality, reason = types.quality_of(int(status))
        variant = data.Value
        if quality is Quality.BAD or variant is None or variant.Value is None:
            worst = Quality.BAD if quality is Quality.GOOD else quality
            self._received(tag, None, worst, reason or Reason.NO_COMMUNICATION)
            return
        try:
            value = types.from_wire(tag.type, variant.VariantType.value, variant.Value)
        except ValueError:
            self._received(tag, None, Quality.BAD, Reason.FAULT)
            return
        self._received(tag, value, quality, reason)

    async def _on_lost(self, error: Exception) -> None:
        self._lose(str(error) or type(error).__name__)

    def _lose(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.lost.set()


_LIMITS = (
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
)


def _numeric(identifier: int) -> ua.NodeId:
    return ua.NodeId(cast(Any, identifier), cast(Any, 0))


def _builtin(datatype: ua.DataValue, value: ua.DataValue) -> int | None:
    """The built-in type of a variable: by its data type or, where that is derived, by its value."""
    node = datatype.Value.Value if datatype.Value is not None else None
    if isinstance(node, ua.NodeId) and node.NamespaceIndex == 0 and isinstance(node.Identifier, int):
        if node.Identifier <= 25:
            return int(node.Identifier)
        if node.Identifier == ObjectIds.Duration:
            return 11
    if value.Value is not None and value.Value.VariantType is not ua.VariantType.Null:
        return int(value.Value.VariantType.value)
    return None


def _monitor(node: ua.NodeId, handle: int, interval_ms: float) -> ua.MonitoredItemCreateRequest:
    request = ua.MonitoredItemCreateRequest()
    request.ItemToMonitor.NodeId = node
    request.ItemToMonitor.AttributeId = AttributeIds.Value
    request.MonitoringMode = ua.MonitoringMode.Reporting
    request.RequestedParameters.ClientHandle = cast(Any, handle)
    request.RequestedParameters.SamplingInterval = cast(Any, interval_ms)
    request.RequestedParameters.QueueSize = cast(Any, 1)
    request.RequestedParameters.DiscardOldest = True
    return request
