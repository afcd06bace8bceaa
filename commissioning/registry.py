"""Names to classes: devices, controllers, links and checks, built in or from entry points.

A third party adds a type with one file and one entry point in the group `commissioning.devices`,
`.controllers`, `.links` or `.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from commissioning.model.declare import TypeDeclaration

__all__ = ["declarations", "types"]

_BUILT_IN = {
    "device": (
        "agv:Agvs", "assembly:Assembly", "barcode_reader:BarcodeReader", "belt:Belt", "buffer:Buffer",
        "chain_conveyor:ChainConveyor",
        "crane:Crane", "curve:Curve",
        "colour_sensor:ColourSensor", "encoder:Encoder", "laser_distance:LaserDistance",
        "light_curtain:LightCurtain", "proximity:Proximity",
        "disassembly:Disassembly", "diverter:Diverter", "estop_button:EStopButton", "height_eye:HeightEye",
        "inspection:Inspection", "lift:Lift", "manual_station:ManualStation", "merge:Merge",
        "operators:Operators",
        "photo_eye:PhotoEye", "popup:Popup", "push_button:PushButton", "pusher:Pusher", "rack:Rack",
        "roller_conveyor:RollerConveyor", "router:Router", "scale:Scale",
        "separator:Separator", "shuttle:Shuttle", "sink:Sink",
        "source:Source", "stack_light:StackLight", "station:Station", "stopper:Stopper",
        "transfer:Transfer", "turntable:Turntable",
    ),
    "controller": ("emulated:Emulated", "external:External", "nobody:Nobody", "python:Python"),
    "link": ("opcua_client:OpcUaClient", "opcua_server:OpcUaServer"),
    "check": ("never:Never", "throughput:Throughput", "within:Within"),
}  # fmt: skip


@cache
def types() -> Mapping[tuple[str, str], Any]:
    """All types: (kind, type name) -> class. A built-in name cannot be taken by an entry point."""
    found: dict[tuple[str, str], Any] = {}
    for kind, names in _BUILT_IN.items():
        for name in names:
            module, _, cls = name.partition(":")
            thing = getattr(import_module(f"commissioning.{kind}s.{module}"), cls)
            found[kind, thing.declaration.type] = thing
    for kind in _BUILT_IN:
        for entry in sorted(entry_points(group=f"commissioning.{kind}s"), key=lambda e: (e.name, e.value)):
            thing = entry.load()
            found.setdefault((kind, thing.declaration.type), thing)
    return MappingProxyType(found)


@cache
def declarations() -> Mapping[tuple[str, str], TypeDeclaration]:
    """What every type declares, by (kind, type name)."""
    return MappingProxyType({key: thing.declaration for key, thing in types().items()})
