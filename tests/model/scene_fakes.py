"""Declarations of a small made-up set of types, and the scene of the contract with them."""

from __future__ import annotations

from typing import Any

from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.tags import DataType

BOOL = DataType.BOOL


def _in(name: str, kind: DataType = BOOL) -> Port:
    return Port(name, kind, "in", f"{name}.")


def _out(name: str, kind: DataType = BOOL) -> Port:
    return Port(name, kind, "out", f"{name}.")


FAILURES = Param(
    "failures", "mapping", "how it breaks down", default=None,
    fields=(
        Param("every", "distribution", "time between failures"),
        Param("repair", "distribution", "time to repair"),
        Param("counts", "choice", "which time", default="operating", choices=("operating", "calendar")),
    ),
)  # fmt: skip

_TYPES = (
    TypeDeclaration(
        "device", "source", "makes parts",
        params=(
            Param("product", "product", "what it makes"),
            Param("every", "distribution", "time between parts", always=True),
            Param("limit", "integer", "how many in all", default=None, minimum=1),
        ),
        places="flow", outputs=("",),
    ),
    TypeDeclaration("device", "sink", "takes parts away", places="flow", feeds=True),
    TypeDeclaration(
        "device", "belt", "carries parts",
        params=(
            Param("length", "length", "from end to end", exclusive_minimum=0),
            Param("width", "length", "of the belt", default="0.5 m", exclusive_minimum=0),
            Param("speed", "speed", "when it runs", exclusive_minimum=0, maximum=10),
            Param("acceleration", "acceleration", "of its ramps", default=None, exclusive_minimum=0),
            Param("accumulating", "boolean", "slips under waiting parts", default=False),
        ),
        ports=(_in("run"), _out("moving"), _in("speed_setpoint", DataType.REAL)),
        places="flow", outputs=("",), feeds=True, track=True,
    ),
    TypeDeclaration(
        "device", "divert", "sends parts two ways",
        params=(Param("length", "length", "from end to end", exclusive_minimum=0),),
        ports=(_in("turn"),),
        places="flow", outputs=("straight", "left"), feeds=True, track=True,
    ),
    TypeDeclaration("device", "photo_eye", "sees parts", ports=(_out("blocked"),), places="along"),
    TypeDeclaration(
        "device", "stopper", "holds parts",
        params=(Param("stroke", "duration", "of the blade", default="200 ms"),),
        ports=(_in("raise"), _out("raised")), places="along",
    ),
    TypeDeclaration(
        "device", "station", "works on parts",
        params=(Param("cycle", "distribution", "time of its work"), FAILURES),
        ports=(_out("busy"), _out("parts", DataType.UINT), _out("cycle_time", DataType.TIME)),
        places="flow", outputs=("",), feeds=True,
    ),
    TypeDeclaration(
        "device", "estop_button", "stops the line", ports=(_out("released"),), places="pose",
        actions=("push", "release"),
    ),
    TypeDeclaration(
        "device", "push_button", "a button", ports=(_out("pressed"), _in("lamp")), places="pose",
        actions=("press", "release"),
    ),
    TypeDeclaration(
        "controller", "emulated", "an emulated PLC",
        params=(
            Param("programs", "list", "its sources", item=Param("program", "file", "a source")),
            Param("task", "mapping", "its tasks", default=None),
        ),
        brings_tags=True,
    ),
    TypeDeclaration(
        "controller", "external", "a PLC behind a link", params=(Param("link", "link", "which"),)
    ),
    TypeDeclaration(
        "link", "opcua_server", "an OPC UA server", params=(Param("endpoint", "text", "where"),)
    ),
    TypeDeclaration(
        "check", "throughput", "parts per hour",
        params=(
            Param("at", "device", "where it counts"),
            Param("at_least", "rate", "the limit", exclusive_minimum=0),
            Param("confidence", "share", "of the interval", default="95 %", minimum=0.5, maximum=0.9999),
            Param("for", "duration", "length of a run", default=None, exclusive_minimum=0),
            Param("scenario", "scenario", "stimulus", default=None),
        ),
    ),
    TypeDeclaration(
        "check", "never", "what must not be",
        params=(
            Param("when", "expression", "the forbidden"),
            Param("for", "duration", "length of a run", default=None, exclusive_minimum=0),
            Param("scenario", "scenario", "stimulus", default=None),
        ),
    ),
    TypeDeclaration(
        "check", "within", "what must follow",
        params=(
            Param("after", "expression", "the trigger"),
            Param("expect", "expression", "the answer"),
            Param("limit", "duration", "the time for it", exclusive_minimum=0),
            Param("for", "duration", "length of a run", default=None, exclusive_minimum=0),
            Param("scenario", "scenario", "stimulus", default=None),
        ),
    ),
)  # fmt: skip

DECLARATIONS: dict[tuple[str, str], TypeDeclaration] = {(item.kind, item.type): item for item in _TYPES}

SAMPLE = """\
# yaml-language-server: $schema=../../resources/schema/scene.schema.json
format: commissioning-scene/1
name: Carton line
products:
  carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2.5 kg}
devices:
  infeed:   {type: source, product: carton, every: {exponential: 4 s}, to: belt1}
  estop:    {type: estop_button, pose: {xyz: [1 m, -0.6 m, 1 m]}, tags: {released: I_EStop}}
  start:    {type: push_button, pose: {xyz: [1.2 m, -0.6 m, 1 m]}, tags: {pressed: I_Start}}
  belt1:
    type: belt
    pose: {xyz: [0, 0, 0.75]}
    length: 3 m
    width: 0.5 m
    speed: 0.4 m/s
    acceleration: 1.2 m/s2
    accumulating: false
    to: belt2
    tags: {run: Q_Belt1_Run}
  pe1:      {type: photo_eye, along: belt1, at: 2.8 m, tags: {blocked: I_PE1}}
  belt2:    {type: belt, length: 2 m, speed: 0.4 m/s, to: pack, tags: {run: Q_Belt2_Run}}
  stop1:    {type: stopper, along: belt2, at: 1.6 m, tags: {raise: Q_Stop1, raised: I_Stop1}}
  pack:     {type: station, cycle: {normal: {mean: 5 s, sd: 0.5 s}}, failures: {every: {exponential: 1 h}, repair: {exponential: 5 min}}, to: out}
  out:      {type: sink}
controllers:
  plc: {type: emulated, programs: [plc/main.st], task: {main: {program: MAIN, cycle: 10 ms}}}
tags:                                    # optional where port and program agree
  Q_Belt1_Run: {type: BOOL, controller: plc, path: GVL.Q_Belt1_Run, address: "%QX0.0", comment: infeed belt}
links:
  hmi: {type: opcua_server, endpoint: "opc.tcp://127.0.0.1:4840"}
scenarios:
  production: {steps: [{at: 1 s, press: start}]}
  stop_test:  {steps: [{at: 1 s, press: start}, {at: 60 s, push: estop}]}
checks:
  rate:      {type: throughput, at: out, at_least: 550/h, confidence: 95 %, for: 1 h, scenario: production}
  no_crush:  {type: never, when: "stop1.raised and pe1.blocked and belt1.moving", for: 10 min, scenario: production}
  stop_fast: {type: within, after: "I_EStop falls", expect: "not belt1.moving", limit: 0.5 s, for: 2 min, scenario: stop_test}
"""  # noqa: E501 - word for word from the contract


def scene_of(text: str) -> tuple[Any, tuple[Any, ...]]:
    """(scene or None, problems) of a scene text with the made-up types."""
    from commissioning.files.scene_text import load
    from commissioning.model.validate import build_scene

    return build_scene(load(text, "scene.yaml"), DECLARATIONS)
