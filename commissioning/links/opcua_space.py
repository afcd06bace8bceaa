"""The OPC UA server behind the server link: address space, users, writes. Runs in the asyncio thread.

The library's defaults would let anybody be administrator (user "admin" with any password), let
anonymous clients write, trust every certificate and listen on all interfaces. All are overridden here;
`tests/links/test_opcua_server_defaults.py` holds each of them to it.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import AddressSpace, AttributeService
from asyncua.server.server import Server
from asyncua.server.subscription_service import SubscriptionService
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from commissioning.links import opcua_types as types
from commissioning.links.opcua_endpoint import Endpoint
from commissioning.links.opcua_security import Security, Users, accept_on_loopback
from commissioning.model.tags import Quality, Reason, Value
from commissioning.sim.link import Change, LinkTag

__all__ = ["NAMESPACE", "LineServer"]

NAMESPACE = "urn:commissioning:line"
APPLICATION = "urn:commissioning:server"
SIBLINGS = 100
"""Most tags in one folder: the library inserts in O(siblings), and nobody can browse more."""

# Nobody reads what the library says about every refused client: without a handler it goes to stderr.
logging.getLogger("asyncua").addHandler(logging.NullHandler())

_INTERNAL = User(role=UserRole.Admin)
OnWrite = Callable[[LinkTag, Value], None]


class _Attributes(AttributeService):
    """Client writes: only values of writable tags, checked, and handed to the run."""

    def __init__(self, aspace: AddressSpace, on_write: OnWrite, on_refused: Callable[[], None]) -> None:
        super().__init__(aspace)
        self.tags: dict[ua.NodeId, LinkTag] = {}
        self._on_write, self._on_refused = on_write, on_refused

    async def write(self, params: ua.WriteParameters, user: User = _INTERNAL) -> list[ua.StatusCode]:
        if user.role == UserRole.Admin:  # the server's own session; no client can become one
            return await super().write(params, user)
        return [_status(await self._write_one(item)) for item in params.NodesToWrite]

    async def _write_one(self, item: ua.WriteValue) -> int:
        code, tag, value = self._checked(item)
        if code != types.GOOD or tag is None or value is None:
            self._on_refused()
            return code
        stored = _data_value(item.Value.Value, types.GOOD, datetime.now(UTC))
        await self._aspace.write_attribute_value(item.NodeId, AttributeIds.Value, stored)
        self._on_write(tag, value)
        return types.GOOD

    def _checked(self, item: ua.WriteValue) -> tuple[int, LinkTag | None, Value | None]:
        code = StatusCodes
        if item.NodeId not in self._aspace:
            return code.BadNodeIdUnknown, None, None
        tag = self.tags.get(item.NodeId)
        if tag is None or not tag.writable or item.AttributeId != AttributeIds.Value:
            return code.BadNotWritable, None, None
        if item.IndexRange:
            return code.BadIndexRangeInvalid, None, None
        sent = item.Value
        if (sent.StatusCode is not None and sent.StatusCode.value != types.GOOD) or sent.Value is None:
            return code.BadWriteNotSupported, None, None
        variant = sent.Value
        builtin = types.BUILTIN[tag.type]
        if variant.is_array or variant.VariantType.value != builtin:
            return code.BadTypeMismatch, None, None
        if isinstance(variant.Value, float) and not math.isfinite(variant.Value):
            return code.BadOutOfRange, None, None
        try:
            return types.GOOD, tag, types.from_wire(tag.type, builtin, variant.Value)
        except ValueError:
            return code.BadOutOfRange, None, None


class _Subscriptions(SubscriptionService):
    """Refuses what the library would do wrongly, instead of doing it.

    Its deadband compares with the last sample, so a slow ramp is never reported; and a queue size of 0
    would mean 10,000 where the standard says 1 (OPC 10000-4, 7.21).
    """

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        wanted = list(params.ItemsToCreate)
        fine = [item for item in wanted if not _has_deadband(item.RequestedParameters.Filter)]
        for item in fine:
            if item.ItemToMonitor.AttributeId == AttributeIds.Value:
                item.RequestedParameters.QueueSize = item.RequestedParameters.QueueSize or ua.Counter(1)
        params.ItemsToCreate = fine
        made = iter(await super().create_monitored_items(params))
        results = []
        for item in wanted:
            if _has_deadband(item.RequestedParameters.Filter):
                refused = ua.MonitoredItemCreateResult()
                refused.StatusCode = _status(StatusCodes.BadMonitoredItemFilterUnsupported)
                results.append(refused)
            else:
                results.append(next(made))
        return results

    def modify_monitored_items(
        self, params: ua.ModifyMonitoredItemsParameters
    ) -> list[ua.MonitoredItemModifyResult]:
        if any(_has_deadband(item.RequestedParameters.Filter) for item in params.ItemsToModify):
            raise ServiceError(StatusCodes.BadMonitoredItemFilterUnsupported)
        for item in params.ItemsToModify:
            item.RequestedParameters.QueueSize = item.RequestedParameters.QueueSize or ua.Counter(1)
        return super().modify_monitored_items(params)


def _status(code: int) -> ua.StatusCode:
    return ua.StatusCode(ua.UInt32(code))


def _node(identifier: int | str, namespace: int = 0) -> ua.NodeId:
    return ua.NodeId(cast(Any, identifier), cast(Any, namespace))


def _data_value(variant: ua.Variant | None, status: int, source: datetime) -> ua.DataValue:
    now: Any = datetime.now(UTC)
    return ua.DataValue(variant, _status(status), SourceTimestamp=cast(Any, source), ServerTimestamp=now)


def _has_deadband(filter: Any) -> bool:
    # by attribute: the class that the library decodes into is not the `ua.DataChangeFilter` it exports
    return int(getattr(filter, "DeadbandType", 0)) != int(ua.DeadbandType.None_)


class LineServer:
    """The tags of a line as OPC UA variables ``ns=2;s=<tag name>``, in folders."""

    def __init__(
        self,
        endpoint: Endpoint,
        security: Security | None,
        on_write: OnWrite,
        on_refused: Callable[[], None],
    ) -> None:
        self._endpoint, self._security = endpoint, security
        self._on_write, self._on_refused = on_write, on_refused
        self._nodes: dict[int, tuple[ua.NodeId, LinkTag]] = {}
        self._origin = datetime.now(UTC)
        self._server = Server(user_manager=Users(security))

    async def start(self, tags: Sequence[LinkTag]) -> None:
        """Build the address space and listen. Raises OSError if the port cannot be had."""
        server, security = self._server, self._security
        internal = server.iserver
        server.allow_remote_admin(False)
        server.set_endpoint(self._endpoint.url)
        server.set_server_name("commissioning")
        server.product_uri, server.manufacturer_name = "urn:commissioning", "commissioning"
        server.application_type = ua.ApplicationType.Server
        attributes = _Attributes(internal.aspace, self._on_write, self._on_refused)
        internal.attribute_service = attributes
        internal.subscription_service = _Subscriptions(internal.aspace, iserver=internal)
        internal.isession.subscription_service = internal.subscription_service
        internal.max_monitored_item_queue_size = 100
        internal.max_connections = 50
        internal.max_subscriptions = 100
        await server.init()
        await server.set_application_uri(APPLICATION)
        if security is None:
            server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
            server.set_identity_tokens([ua.AnonymousIdentityToken])
            server.set_certificate_validator(accept_on_loopback)
        else:
            await server.load_certificate(security.certificate)
            await server.load_private_key(security.private_key)
            server.set_security_policy(
                [
                    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
                    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
                ]
            )
            server.set_identity_tokens([ua.X509IdentityToken])
            server.set_certificate_validator(security.validate)
        await self._build(tags, attributes)
        await server.start()

    @property
    def clients(self) -> int:
        """Connections at present."""
        return len(self._server.bserver.clients) if self._server.bserver is not None else 0

    async def publish(self, changes: Sequence[Change]) -> int:
        """Write changed values to their variables; returns how many. Subscribers get them."""
        count = 0
        for change in changes:
            known = self._nodes.get(change.index)
            if known is not None:
                await self._server.write_attribute_value(known[0], self._published(known[1], change))
                count += 1
        return count

    async def stop(self) -> None:
        internal = self._server.iserver
        clock, internal.time_task = internal.time_task, None
        if clock is not None:  # else the library waits up to a second for its clock's next tick
            clock.cancel()
            await asyncio.wait({clock})
        await self._server.stop()

    def _published(self, tag: LinkTag, change: Change) -> ua.DataValue:
        builtin = types.BUILTIN[tag.type]
        status = types.status_of(change.quality, change.reason)
        try:
            variant = ua.Variant(types.to_wire(tag.type, builtin, change.value), ua.VariantType(builtin))
        except ValueError:
            variant, status = None, StatusCodes.BadOutOfRange
        return _data_value(variant, status, self._origin + timedelta(microseconds=change.t_ns // 1000))

    async def _build(self, tags: Sequence[LinkTag], attributes: _Attributes) -> None:
        namespace = await self._server.register_namespace(NAMESPACE)
        session = self._server.iserver.isession
        groups: dict[tuple[str, str], list[LinkTag]] = {}
        for tag in tags:
            groups.setdefault((tag.folder or "line", f"PLC {tag.direction}s"), []).append(tag)
        root = _node(ObjectIds.ObjectsFolder)
        made: dict[str, ua.NodeId] = {}

        async def folder(parent: ua.NodeId, path: str, name: str) -> ua.NodeId:
            if path not in made:
                made[path] = _node(f"folder:{path}", namespace)
                item = _folder_item(parent, made[path], ua.QualifiedName(name, namespace))
                (result,) = await session.add_nodes([item])
                result.StatusCode.check()
            return made[path]

        line = await folder(root, "line", "Line")
        for (owner, direction), members in groups.items():
            top = await folder(line, f"line/{owner}", owner)
            parent = await folder(top, f"line/{owner}/{direction}", direction)
            for start in range(0, len(members), SIBLINGS):
                part = members[start : start + SIBLINGS]
                place = parent
                if len(members) > SIBLINGS:
                    span = f"{start + 1}-{start + len(part)}"
                    place = await folder(parent, f"line/{owner}/{direction}/{span}", span)
                items = [_tag_item(place, tag, namespace) for tag in part]
                for tag, item, result in zip(part, items, await session.add_nodes(items), strict=True):
                    result.StatusCode.check()
                    node = item.RequestedNewNodeId
                    self._nodes[tag.index] = (node, tag)
                    attributes.tags[node] = tag
        unwritten = (Change(t.index, t.type.default, Quality.UNCERTAIN, 0, Reason.INITIAL) for t in tags)
        await self.publish(tuple(unwritten))


def _folder_item(parent: ua.NodeId, node: ua.NodeId, name: ua.QualifiedName) -> ua.AddNodesItem:
    item = ua.AddNodesItem()
    item.RequestedNewNodeId, item.BrowseName, item.ParentNodeId = node, name, parent
    item.NodeClass = ua.NodeClass.Object
    item.ReferenceTypeId = _node(ObjectIds.Organizes)
    item.TypeDefinition = _node(ObjectIds.FolderType)
    attributes = ua.ObjectAttributes()
    attributes.DisplayName = ua.LocalizedText(name.Name)
    attributes.EventNotifier = 0
    item.NodeAttributes = attributes
    return item


def _tag_item(parent: ua.NodeId, tag: LinkTag, namespace: int) -> ua.AddNodesItem:
    builtin = types.BUILTIN[tag.type]
    item = ua.AddNodesItem()
    item.RequestedNewNodeId = _node(tag.name, namespace)
    item.BrowseName = ua.QualifiedName(tag.name, namespace)
    item.ParentNodeId = parent
    item.NodeClass = ua.NodeClass.Variable
    item.ReferenceTypeId = _node(ObjectIds.Organizes)
    item.TypeDefinition = _node(ObjectIds.BaseDataVariableType)
    attributes = ua.VariableAttributes()
    attributes.DisplayName = ua.LocalizedText(tag.name)
    attributes.Description = ua.LocalizedText(tag.comment)
    attributes.DataType = _node(builtin)
    attributes.Value = ua.Variant(types.to_wire(tag.type, builtin, tag.type.default), ua.VariantType(builtin))
    attributes.ValueRank = ua.ValueRank.Scalar
    attributes.ArrayDimensions = []
    access = ua.AccessLevel.CurrentRead.mask | (ua.AccessLevel.CurrentWrite.mask if tag.writable else 0)
    attributes.AccessLevel = attributes.UserAccessLevel = access
    attributes.MinimumSamplingInterval = 0.0
    attributes.Historizing = False
    attributes.WriteMask = attributes.UserWriteMask = 0
    item.NodeAttributes = attributes
    return item
