"""Tags and bindings: types, directions, owners. Names of tags compare without case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from commissioning.model.declare import Port, TypeDeclaration
from commissioning.model.frozen import FrozenDict
from commissioning.model.quantity import QuantityError, parse_duration_ns, parse_quantity
from commissioning.model.reading import Path, Reader, shown, suggest
from commissioning.model.scene import Binding, DeviceRecord, TagRecord
from commissioning.model.tags import DataType

_ADDRESS = re.compile(r"%([IQM])([XBWDL]?)\d+(\.\d+)*\Z", re.ASCII)
_DIRECTION: Final = {"in": "output", "out": "input"}  # of the port seen from the device -> seen from the PLC


def read_bindings(
    reader: Reader, path: Path, value: Any, declared: TypeDeclaration, name: str
) -> FrozenDict[str, Binding]:
    """port -> Binding, in the order of the declared ports."""
    body = reader.mapping(path, value, "tags", "{run: Q_Belt1_Run}")
    ports = [port.name for port in declared.ports]
    for key in body:
        if key not in ports:
            cure = suggest(key, ports) if ports else "Remove it"
            reader.problem((*path, key), f"{name} ({declared.type}) has no port {key!r}", cure, key=True)
    found: dict[str, Binding] = {}
    for port in declared.ports:
        if port.name in body:
            binding = _read_binding(reader, (*path, port.name), body[port.name], port)
            if binding is not None:
                found[port.name] = binding
    return FrozenDict(found)


def _read_binding(reader: Reader, path: Path, value: Any, port: Port) -> Binding | None:
    if not isinstance(value, Mapping):
        tag = reader.text(path, value, "a tag", "Q_Belt1_Run")
        return Binding(tag) if tag is not None and _good_name(reader, path, tag) else None
    body = reader.mapping(path, value, "a binding", "{tag: Q_Belt1_Run, invert: true}")
    reader.unknown_keys(path, body, ("tag", "invert", "bit", "scale", "delay"), "a binding")
    if "tag" not in body:
        reader.problem((*path, "tag"), "this binding has no tag", "Add tag: and its name")
        return None
    tag = reader.text((*path, "tag"), body["tag"], "a tag", "Q_Belt1_Run")
    if tag is None or not _good_name(reader, (*path, "tag"), tag):
        return None
    invert = reader.boolean((*path, "invert"), body["invert"], "invert") if "invert" in body else False
    bit = reader.integer((*path, "bit"), body["bit"], "bit", 0, 63) if "bit" in body else None
    scale = delay = None
    try:
        scale = parse_quantity(body["scale"], "number") if "scale" in body else None
        if scale == 0.0:
            reader.problem((*path, "scale"), "a scale of 0 loses the value", "Write for example 0.001")
            scale = None
    except QuantityError as error:
        reader.quantity_problem((*path, "scale"), error)
    try:
        delay = parse_duration_ns(body["delay"]) if "delay" in body else 0
    except QuantityError as error:
        reader.quantity_problem((*path, "delay"), error)
    boolean = port.type is DataType.BOOL
    for key in ("invert", "bit"):
        if key in body and not boolean:
            what = f"{key} is for BOOL, {port.name} is {port.type}"
            reader.problem((*path, key), what, "Remove it", key=True)
    if "scale" in body and (boolean or port.type is DataType.STRING):
        what = f"scale is for numbers, {port.name} is {port.type}"
        reader.problem((*path, "scale"), what, "Remove it", key=True)
    binding = Binding(tag, bool(invert), bit, scale, delay or 0)
    if port.continuous and not binding.plain:
        what = f"{port.name} runs between events, so it binds as it is, without scale, bit or delay"
        reader.problem(path, what, f"Write {port.name}: {tag} and convert in the sensor or in the program")
        return None
    return binding


def _good_name(reader: Reader, path: Path, name: str) -> bool:
    if name == name.strip() and name.isprintable() and "`" not in name and len(name) <= 200:
        return True
    reader.problem(path, f"{shown(name)} is no name for a tag", "Use printable characters without `")
    return False


def read_tag(reader: Reader, path: Path, name: str, value: Any) -> TagRecord:
    """One entry of `tags:`."""
    body = reader.mapping(path, value, f"tag {name}", '{type: BOOL, address: "%QX0.0"}')
    reader.unknown_keys(path, body, ("type", "controller", "path", "address", "comment"), f"tag {name}")
    _good_name(reader, path, name)
    kind = None
    if "type" in body:
        names = [item.value for item in DataType]
        if isinstance(body["type"], str) and body["type"] in names:
            kind = DataType(body["type"])
        else:
            what = f"there is no tag type {shown(body['type'])}"
            reader.problem((*path, "type"), what, suggest(body["type"], names))
    controller = None
    if body.get("controller") == "none":
        controller = ""  # said so, which counts where there are several
    elif "controller" in body:
        controller = reader.known((*path, "controller"), "controllers", body["controller"], "controller")
    texts = {
        key: reader.text((*path, key), body[key], key, example) or ""
        for key, example in (("path", "GVL.Run"), ("address", '"%QX0.0"'), ("comment", "infeed belt"))
        if key in body
    }
    address = texts.get("address", "")
    if address and not _ADDRESS.match(address):
        reader.problem((*path, "address"), f"{address!r} is no IEC address", 'Write for example "%QX0.0"')
    return TagRecord(
        name, kind, controller, texts.get("path", ""), address, texts.get("comment", ""),
    )  # fmt: skip


@dataclass
class _Use:
    """One binding of a tag: where it stands and what it ties."""

    path: Path
    entry: str
    port: Port
    binding: Binding


@dataclass
class _Tag:
    record: TagRecord
    declared: bool
    uses: list[_Use] = field(default_factory=list)


def resolve_tags(
    reader: Reader, declared: Mapping[str, TagRecord], devices: Mapping[str, DeviceRecord]
) -> tuple[FrozenDict[str, TagRecord], FrozenDict[str, DeviceRecord]]:
    """Declared tags and those that bindings create, with types and directions; devices whose bindings name
    the tags as they are spelled there."""
    tags: dict[str, _Tag] = {}
    for name, record in declared.items():
        folded = name.casefold()
        if folded in tags:
            what = f"the tag {name!r} is also {tags[folded].record.name!r}: names compare without case"
            reader.problem(("tags", name), what, "Remove or rename one", key=True)
            continue
        tags[folded] = _Tag(record, True)
    renamed: dict[str, DeviceRecord] = {}
    for name, device in devices.items():
        kind = reader.declarations.get(("device", device.type))
        bindings: dict[str, Binding] = {}
        for port_name, binding in device.tags.items():
            port = kind.port(port_name) if kind is not None else None
            if port is None:
                continue
            tag = tags.setdefault(binding.tag.casefold(), _Tag(TagRecord(binding.tag), False))
            place: Path = ("devices", name, "tags", port_name)
            tag.uses.append(_Use(place, f"{name}.{port_name}", port, binding))
            bindings[port_name] = replace(binding, tag=tag.record.name)
        renamed[name] = replace(device, tags=FrozenDict(bindings)) if device.tags else device
    entries = _entries(reader, devices)
    controllers = reader.ids.get("controllers", {})
    sole = next(iter(controllers)) if len(controllers) == 1 else None
    records: dict[str, TagRecord] = {}
    for folded, tag in tags.items():
        _check_owner(reader, tag)
        _check_entry(reader, tag, entries, folded)
        kind_of = _type_of(reader, tag)
        record = replace(tag.record, type=kind_of, direction=_direction(tag))
        if not record.controller:
            _check_controller(reader, tag, list(controllers))
            record = replace(record, controller=sole)
        records[record.name] = record
        _check_address(reader, tag, record)
    return FrozenDict(records), FrozenDict(renamed)


def _check_controller(reader: Reader, tag: _Tag, controllers: list[str]) -> None:
    """Of several controllers, a tag that devices use must say whose it is: else none would see it."""
    if len(controllers) > 1 and tag.uses and tag.record.controller is None:
        name = tag.record.name
        what = f"{name} belongs to none of the controllers {', '.join(controllers)}"
        cure = f"Say under tags whose it is: {name}: {{controller: {controllers[0]}}} (or none)"
        reader.problem(tag.uses[0].path, what, cure)


def _entries(reader: Reader, devices: Mapping[str, DeviceRecord]) -> dict[str, str]:
    """device.port without case -> as spelled."""
    out: dict[str, str] = {}
    for name, device in devices.items():
        kind = reader.declarations.get(("device", device.type))
        for port in kind.ports if kind is not None else ():
            out[f"{name}.{port.name}".casefold()] = f"{name}.{port.name}"
    return out


def _check_entry(reader: Reader, tag: _Tag, entries: Mapping[str, str], folded: str) -> None:
    if folded in entries:
        path: Path = ("tags", tag.record.name) if tag.declared else tag.uses[0].path
        what = f"the tag {tag.record.name!r} has the name of the port {entries[folded]}"
        reader.problem(path, what, "Rename the tag", key=tag.declared)


def _direction(tag: _Tag) -> str:
    if any(use.port.direction == "out" for use in tag.uses):
        return "input"
    if tag.uses:
        return "output"
    match = _ADDRESS.match(tag.record.address)
    return {"I": "input", "Q": "output"}.get(match[1], "") if match else ""


def _check_owner(reader: Reader, tag: _Tag) -> None:
    """A tag has one owner: one device output, or the PLC. Bits of a word may have one owner each."""
    writers: dict[int | None, _Use] = {}
    readers = [use for use in tag.uses if use.port.direction == "in"]
    for use in tag.uses:
        if use.port.direction == "in":
            continue
        bit = use.binding.bit
        first = writers.get(bit)
        if first is None and (bit is None or None in writers):
            first = writers.get(None) or next(iter(writers.values()), None)
        if first is not None:
            what = f"{tag.record.name!r} has two owners: {first.entry} and {use.entry} both write it"
            reader.problem(use.path, what, "Bind one of them to a tag of its own")
        writers.setdefault(bit, use)
    if writers and readers:
        writer = next(iter(writers.values()))
        later = max(writer, readers[0], key=tag.uses.index)
        what = (
            f"{tag.record.name!r} has two owners: {writer.entry} writes it as a PLC input, "
            f"and as a PLC output it commands {readers[0].entry}"
        )
        reader.problem(later.path, what, "Bind one of them to a tag of its own")


def _type_of(reader: Reader, tag: _Tag) -> DataType | None:
    """The declared type, or what the first binding asks for; every binding must fit it."""
    kind = tag.record.type
    for use in tag.uses:
        port, binding = use.port, use.binding
        if kind is None:
            kind = DataType.WORD if binding.bit is not None and binding.bit < 16 else port.type
            if binding.bit is not None and binding.bit >= 16:
                kind = DataType.DWORD if binding.bit < 32 else DataType.LWORD
            continue
        if binding.bit is not None:
            if not kind.is_integer or kind is DataType.TIME:
                what = f"{tag.record.name!r} is {kind}, which has no bits"
                reader.problem(use.path, what, "Remove bit, or make the tag a WORD")
            elif binding.bit >= kind.bits:
                bits = f"the bits 0 to {kind.bits - 1}"
                what = f"{tag.record.name!r} is {kind} and has {bits}, not {binding.bit}"
                reader.problem(use.path, what, "Choose another bit or a wider type")
        elif binding.scale is not None:
            if kind in (DataType.BOOL, DataType.STRING):
                what = f"{tag.record.name!r} is {kind}, which cannot be scaled"
                reader.problem(use.path, what, "Remove scale, or make the tag a number")
        elif kind is not port.type:
            numbers = DataType.BOOL not in (kind, port.type) and DataType.STRING not in (kind, port.type)
            numbers = numbers and not port.continuous
            cure = f"Make the tag {port.type}" + (", or bind it with scale: 1" if numbers else "")
            reader.problem(use.path, f"{use.entry} is {port.type}, but {tag.record.name!r} is {kind}", cure)
    return kind


def _check_address(reader: Reader, tag: _Tag, record: TagRecord) -> None:
    match = _ADDRESS.match(record.address)
    expected = {"I": "input", "Q": "output"}.get(match[1]) if match else None
    if expected is not None and tag.uses and expected != record.direction:
        ties = tag.uses[0].entry
        made = f"{ties} makes {record.name!r} a PLC {record.direction}"
        what = f"{record.address} is a PLC {expected}, but {made}"
        reader.problem(("tags", record.name, "address"), what, "Correct the address or the binding")
