"""A small line for tests of the window: a header by the contract of the journal, and a fake timeline.

Two belts in one lane, an eye, a stopper whose blade a drive moves, a station, a lamp and buttons.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

SPEED = 0.4  # m/s
PITCH = 0.6  # m
HEIGHT = 0.75
CARTON = (0.3, 0.2, 0.2)
UPRIGHT = [1.0, 0.0, 0.0, 0.0]
BELTS = (("belt1", 0.0, 3.0), ("belt2", 3.0, 5.0))


def body(device: str, name: str, shape: str, size: Any, xyz: Any, role: str, **more: Any) -> dict[str, Any]:
    entry = {
        "device": device,
        "name": name,
        "shape": shape,
        "size": list(size),
        "pose": {"xyz": list(xyz), "quaternion": more.pop("quaternion", UPRIGHT)},
        "role": role,
        "drive": -1,
        "axis": [0.0, 0.0, 0.0],
        "signal": -1,
        "asset": "",
    }
    entry.update(more)
    return entry


def belt_bodies(device: str, start: float, end: float, width: float = 0.5) -> list[dict[str, Any]]:
    length, middle = end - start, (start + end) / 2
    made = [body(device, "belt", "box", (length, width - 0.06, 0.04), (middle, 0, HEIGHT - 0.02), "belt")]
    for side in (-1, 1):
        y = side * (width / 2)
        made.append(body(device, "rail", "box", (length, 0.03, 0.14), (middle, y, HEIGHT - 0.05), "frame"))
        for x in (start + 0.25, end - 0.25):
            made.append(body(device, "leg", "box", (0.05, 0.05, 0.65), (x, y, 0.325), "frame"))
    return made


SIGNALS = ["I_PE1", "Q_Belt1_Run", "Q_Stop1", "I_Start", "Q_Lamp_Green", "stop1.raised"]
OBJECTS = [
    ("infeed", "device", "source"),
    ("belt1", "device", "belt"),
    ("pe1", "device", "photo_eye"),
    ("belt2", "device", "belt"),
    ("stop1", "device", "stopper"),
    ("pack", "device", "station"),
    ("start", "device", "push_button"),
    ("estop", "device", "estop_button"),
    ("light", "device", "stack_light"),
    ("plc", "controller", "emulated"),
    ("hmi", "link", "opcua_server"),
    ("rate", "check", "throughput"),
    ("no_crush", "check", "never"),
]


def header() -> dict[str, Any]:
    turned = [float(np.cos(np.pi / 4)), 0.0, 0.0, float(np.sin(np.pi / 4))]
    bodies = [*belt_bodies("belt1", 0.0, 3.0), *belt_bodies("belt2", 3.0, 5.0)]
    for y in (-0.3, 0.3):
        bodies.append(body("pe1", "head", "box", (0.04, 0.06, 0.08), (2.8, y, HEIGHT + 0.1), "sensor"))
    bodies.append(
        body(
            "pe1",
            "beam",
            "beam",
            (0.54, 0.01, 0.01),
            (2.8, -0.27, HEIGHT + 0.1),
            "beam",
            signal=0,
            quaternion=turned,
        )
    )
    bodies.append(
        body(
            "stop1",
            "blade",
            "box",
            (0.03, 0.3, 0.12),
            (4.6, 0, HEIGHT - 0.08),
            "blade",
            drive=2,
            axis=[0.0, 0.0, 0.1],
        )
    )
    bodies += [
        body("pack", "table", "box", (0.9, 0.7, 0.05), (5.5, 0, 0.72), "station"),
        *(
            body("pack", "post", "box", (0.06, 0.06, 1.7), (5.5 + dx, dy, 0.85), "frame")
            for dx in (-0.45, 0.45)
            for dy in (-0.4, 0.4)
        ),
        body("pack", "roof", "box", (1.1, 0.95, 0.08), (5.5, 0, 1.72), "belt"),
        body("start", "post", "box", (0.05, 0.05, 0.95), (1.2, -0.6, 0.475), "frame"),
        body("start", "panel", "box", (0.12, 0.08, 0.16), (1.2, -0.6, 1.0), "panel"),
        body("start", "button", "cylinder", (0.05, 0.05, 0.03), (1.2, -0.65, 1.0), "button_green", signal=3,
             quaternion=[float(np.cos(np.pi / 4)), float(np.sin(np.pi / 4)), 0.0, 0.0]),
        body("light", "lamp", "cylinder", (0.08, 0.08, 0.08), (5.5, -0.4, 1.80), "lamp_green", signal=4),
        body("light", "lamp", "cylinder", (0.08, 0.08, 0.08), (5.5, -0.4, 1.88), "lamp_yellow"),
        body("light", "lamp", "cylinder", (0.08, 0.08, 0.08), (5.5, -0.4, 1.96), "lamp_red"),
    ]  # fmt: skip
    signals = []
    for name in SIGNALS:
        direction = "input" if name.startswith("I_") else "output" if name.startswith("Q_") else "port"
        signals.append(
            {"name": name, "type": "BOOL", "direction": direction,
             "owner": "plc" if direction == "output" else "pe1", "controller": "plc",
             "address": f"%{'I' if direction == 'input' else 'Q'}X0.{len(signals)}",
             "comment": "", "ports": ["pe1.blocked"] if name == "I_PE1" else []}
        )  # fmt: skip
    return {
        "name": "Fake line",
        "core": {
            "format": "commissioning-journal/2",
            "scene_hash": "0" * 64,
            "seed": 1,
            "signals": signals,
            "objects": [{"id": i, "kind": k, "type": t} for i, k, t in OBJECTS],
            "drives": ["belt1", "belt2", "stop1.blade"],
            "lanes": [{"id": "lane:belt1", "zones": [
                {"device": d, "drive": n, "start": a, "end": b} for n, (d, a, b) in enumerate(BELTS)]}],
            "slots": [{"id": "pack.0", "device": "pack"}],
            "products": [{"id": "carton", "size": list(CARTON)}],
            "attributes": [],
        },
        "look": {
            "bodies": bodies,
            "lanes": [{"zones": [
                {"pose": {"xyz": [a, 0.0, HEIGHT], "quaternion": UPRIGHT}, "start": a, "end": b}
                for _, a, b in BELTS]}],
            "slots": [{"pose": {"xyz": [5.5, 0.0, HEIGHT], "quaternion": UPRIGHT}}],
            "products": [{"colour": "#C49A6C", "asset": ""}],
            "assets": {},
            "devices": {
                "belt1": {"params": {"length": 3.0, "speed": 0.4, "acceleration": 1.2, "accumulating": False},
                          "units": {"length": "length", "speed": "speed", "acceleration": "acceleration",
                                    "accumulating": "boolean"},
                          "tags": {"run": "Q_Belt1_Run"}, "actions": [], "help": "Moves parts.", "along": "",
                          "to": {"": "belt2"}},
                "pe1": {"params": {}, "units": {}, "tags": {"blocked": "I_PE1"}, "actions": [], "help": "",
                        "along": "belt1", "to": {}},
                "stop1": {"params": {}, "units": {}, "tags": {"raise": "Q_Stop1"}, "actions": [], "help": "",
                          "along": "belt2", "to": {}},
                "start": {"params": {}, "units": {}, "tags": {"pressed": "I_Start"},
                          "actions": ["press", "release"], "help": "", "along": "", "to": {}},
            },
        },
    }  # fmt: skip


@dataclass
class FakeTimeline:
    """Cartons in a row at constant speed; the eye, the stopper and the states follow from the time."""

    count: int = 7

    def poses(self, t_ns: int) -> Any:
        x = (np.arange(self.count) * PITCH + SPEED * t_ns / 1e9) % 5.0
        order = np.argsort(-x, kind="stable")
        return SimpleNamespace(
            ids=np.arange(1, self.count + 1)[order],
            products=np.zeros(self.count, np.int64),
            carriers=np.tile([1, 0], (self.count, 1)),
            fronts=x[order],
            positions=np.column_stack(
                [x[order] - CARTON[0] / 2, np.zeros(self.count), np.full(self.count, HEIGHT)]
            ),
            quaternions=np.tile(UPRIGHT, (self.count, 1)),
            sizes=np.tile(CARTON, (self.count, 1)),
        )

    def body_travel(self, t_ns: int) -> Any:
        t = t_ns / 1e9
        return np.array([SPEED * t, SPEED * t, min(t, 1.0)])

    def body_speed(self, t_ns: int) -> Any:
        return np.array([SPEED, SPEED, 1.0 if t_ns < 1_000_000_000 else 0.0])

    def values(self, t_ns: int) -> Any:
        front = (np.arange(self.count) * PITCH + SPEED * t_ns / 1e9) % 5.0
        blocked = bool(np.any((front >= 2.8) & (front - CARTON[0] <= 2.8)))
        return np.array([float(blocked), 1.0, 1.0, 0.0, 1.0, 1.0])

    def states(self, t_ns: int) -> Any:
        return np.array([1, 1, -1, 3, -1, 2, -1, -1, -1, -1, -1, -1, -1])
