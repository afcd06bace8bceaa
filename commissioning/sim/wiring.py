"""Ports and tags become entries of the tag table, in the order of the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commissioning.model.declare import Port
from commissioning.model.scene import Binding, TagRecord
from commissioning.sim.binding import join
from commissioning.sim.continuous import Reading
from commissioning.sim.status_port import StatusPort, places
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["wire_tags"]


def wire_tags(line: Line) -> dict[str, dict[str, Signal]]:
    """Fill the tag table: tags first, then ports. Returns entries by device id and port name.

    A port bound plainly shares its tag's entry; one bound with a conversion gets an entry of its own and
    a converter between the two.
    """
    scene = line.scene
    only = next(iter(scene.controllers)) if len(scene.controllers) == 1 else ""
    running = _running(line)
    for tag in scene.tags.values():
        controller = tag.controller or only
        line.tags.add(
            tag.name,
            tag.type if tag.type is not None else _port_type(line, tag),
            Reading if tag.name.casefold() in running else Signal,
            direction=tag.direction or "output",
            owner=_writer(line, controller) if tag.direction != "input" else "",
            controller=controller,
            path=tag.path,
            address=tag.address,
            comment=tag.comment,
        )
    ports: dict[str, dict[str, Signal]] = {}
    for device in scene.devices.values():
        declaration = line.loaded.types["device", device.type].declaration
        entries: dict[str, Signal] = {}
        place = places(declaration)
        for port in declaration.ports:
            binding = device.tags.get(port.name)
            entries[port.name] = _entry(line, device.id, port, binding, place.get(port.name, 0))
        ports[device.id] = entries
    return ports


def _writer(line: Line, controller: str) -> str:
    """Who writes the PLC outputs of a controller: nobody in here where its type says so."""
    record = line.scene.controllers.get(controller)
    if record is None:
        return ""
    declaration = line.loaded.types["controller", record.type].declaration
    return controller if declaration.writes_outputs else ""


def _entry(line: Line, device: str, port: Port, binding: Binding | None, place: int) -> Signal:
    name = f"{device}.{port.name}"
    if binding is None and port.status:
        tags = line.tags
        return tags.enter(
            StatusPort(len(tags), name, port.type, line.kernel, line.journal, owner=device, place=place)
        )
    if binding is None:
        owner = device if port.direction == "out" else ""
        return _dimensioned(
            line.tags.add(name, port.type, Reading if port.continuous else Signal, owner=owner), port
        )
    tag = line.tags[binding.tag]
    if binding.plain and tag.type is port.type:
        line.tags.alias(name, _dimensioned(tag, port))
        if port.direction == "out":
            tag.owner = device
        return tag
    own = line.tags.add(name, port.type, owner=device if port.direction == "out" else tag.name)
    if port.direction == "out" and binding.bit is None:
        tag.owner = device
    join(line, own, tag, binding, to_tag=port.direction == "out")
    return own


def _running(line: Line) -> set[str]:
    """Tags, in lower case, that a port is bound to whose value runs between events."""
    return {
        binding.tag.casefold()
        for device in line.scene.devices.values()
        for port in line.loaded.types["device", device.type].declaration.ports
        if port.continuous and (binding := device.tags.get(port.name)) is not None
    }


def _dimensioned(signal: Signal, port: Port) -> Signal:
    if isinstance(signal, Reading):
        signal.dimension = port.continuous
    return signal


def _port_type(line: Line, tag: TagRecord) -> Any:
    """The type of the first port bound to a tag that does not say its own."""
    for device in line.scene.devices.values():
        for port_name, binding in device.tags.items():
            if binding.tag.casefold() == tag.name.casefold():
                port = line.loaded.types["device", device.type].declaration.port(port_name)
                return port.type
    raise ValueError(f"tag {tag.name} has no type")
