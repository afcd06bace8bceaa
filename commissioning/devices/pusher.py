"""Pusher: a ram that pushes parts off the side of a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, pi
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem
from commissioning.model.quantity import format_quantity
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.kernel import EDGE
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Pusher"]


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    side = 1.0 if params["side"] == "left" else -1.0
    return Pose.from_rpy((0.0, side * params["stroke"], 0.0), (0.0, 0.0, side * pi / 2))


class Pusher(Device, Giver):
    """When the ram's face touches the side of a part, the part leaves the track and goes with the ram.

    A part is pushed if its centre lies within the face's width then. At the end of the stroke it is
    offered to `to`; while that is full the ram stays out with it, whatever the command says.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="pusher",
        help="Ram that pushes parts sideways off a track.",
        params=(
            Param("stroke", "length", "Stroke of the ram.", default=0.5, exclusive_minimum=0.0),
            Param("face", "length", "Width of the face.", default=0.25, exclusive_minimum=0.0),
            Param("speed", "speed", "Speed outward.", default=1.0, exclusive_minimum=0.0),
            Param("return_speed", "speed", "Speed back; as outward unless given.", default=None,
                  exclusive_minimum=0.0),
            Param("acceleration", "acceleration", "Of the ram, both ways; 0: at once.", default=0.0,
                  minimum=0.0),
            Param("jerk", "jerk", "Of the ram, both ways; 0: not limited.", default=0.0, minimum=0.0),
            Param("side", "choice", "Where it pushes to, seen along travel.", default="left",
                  choices=("left", "right")),
        ),
        ports=(
            Port("extend", DataType.BOOL, "in", "Ram out; false: ram back."),
            Port("extended", DataType.BOOL, "out", "The ram is fully out."),
            Port("home", DataType.BOOL, "out", "The ram is fully back."),
        ),
        places="along",
        outputs=("",),
        exit_pose=_exit_pose,
        example="reject: {type: pusher, along: belt2, at: 0.6 m, to: scrap, tags: {extend: Q_Push}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("part", "strokes")
    constant: ClassVar[tuple[str, ...]] = ("ram", "lane", "x", "target")
    continuations: ClassVar[tuple[str, ...]] = ("touch", "turned")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        if self.params["jerk"] and not self.params["acceleration"]:
            raise ValueError(f"{self.id} has a jerk; write acceleration: and its limit")
        self.ram = line.add_axis(self, "ram")
        self.part: Part | None = None
        self.strokes = 0  # version of the stroke, so that a touch of an earlier one is void
        self.lane: Any = None
        self.x = 0.0
        self.target: Receiver | None = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        self.lane, offset = self.line.on_track(self.record.along)
        self.x = offset + self.record.at
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        self.ram.watch_arrived(self.arrived)
        self.ports["extend"].subscribe(self.extend_changed)

    def faults(self) -> Sequence[Problem]:
        """No product can be touched: the stroke ends before its side, or the face is past the track's end."""
        products = self.line.products
        if not products:
            return ()
        stroke, track = self.params["stroke"], self.record.along
        gaps = [(self._width() - product.size[1]) / 2 for product in products]
        if max(gaps) < 0.0:
            wide = format_quantity(min(product.size[1] for product in products), "length")
            what = f"it pushes nothing: every product is wider than {track}, the narrowest one is {wide}"
            return [
                Problem(what, Place(id=f"devices.{track}.width"), f"Give {track} a width of more than that")
            ]
        nearest = min(gap for gap in gaps if gap >= 0.0)
        if nearest > stroke:
            what = (
                f"it pushes nothing: its stroke of {format_quantity(stroke, 'length')} ends before the side "
                f"of any part, which is {format_quantity(nearest, 'length')} or more from the edge of {track}"
            )
            cure = f"Give it a stroke of at least {format_quantity(nearest, 'length')}"
            return [Problem(what, Place(id=f"devices.{self.id}.stroke"), cure)]
        shortest = min(
            product.size[0] for product, gap in zip(products, gaps, strict=True) if 0.0 <= gap <= stroke
        )
        beyond = self.x - self.params["face"] / 2 - (self.lane.length - shortest / 2)
        if beyond > 0.0:
            what = "it pushes nothing: parts leave the track before their middle comes to its face"
            beyond = ceil(beyond * 1000 - 1e-6) / 1000  # whole millimetres
            cure = f"Put it {format_quantity(beyond, 'length')} or more further up, or give it a wider face"
            return [Problem(what, Place(id=f"devices.{self.id}.at"), cure)]
        return ()

    def start(self) -> None:
        self.ports["extended"].write(False)
        self.ports["home"].write(True)
        self.extend_changed(None)

    def extend_changed(self, _: None) -> None:
        """The command changed: the ram turns round wherever it is."""
        p, out = self.params, bool(self.ports["extend"].value)
        if self.part is not None and not out:
            return  # it holds a part: back only after the hand-over
        target = p["stroke"] if out else 0.0
        if self.ram.target == target:
            return
        self.strokes += 1
        self.ports["home" if out else "extended"].write(False)
        self.set_state(State.WORKING)
        speed = p["speed"] if out or p["return_speed"] is None else p["return_speed"]
        start = self.ram.travel(self.line.kernel._now)
        self.ram.move_to(target, speed, p["acceleration"], p["acceleration"], p["jerk"])
        if not out:
            return
        turn = self.ram.turns()
        if turn is None:
            self._await_touch(start)
        else:  # it still goes back, and may come to lie behind the side of a part
            self.line.kernel.call_at(turn, self.turned, self.strokes, EDGE)

    def turned(self, strokes: int) -> None:
        """Continuation: the ram has stopped going back and comes out."""
        if strokes == self.strokes:
            self._await_touch(self.ram.travel(self.line.kernel._now))

    def touch(self, strokes: int) -> None:
        """Continuation: the face reaches the side of the part that it was aimed at, or would have."""
        if strokes != self.strokes or self.part is not None:
            return
        now = self.line.kernel._now
        reach = self.ram.travel(now)
        part = self._candidate(reach + 1e-9)
        if part is None:
            self._await_touch(reach, beyond=1e-9)
            return
        coordinate = self.lane.position(part)
        self.lane.remove(part)
        self.own(part)
        self.part = part
        self.set_state(State.WORKING, 1)
        self.line.journal.add(int(Kind.PART_MOVE), int(CarrierKind.BODY), part.id, self.ram.index, coordinate)

    def arrived(self, position: float) -> None:
        """The ram has reached an end of its stroke."""
        if position > 0.0:
            self.ports["extended"].write(True)
            self._give()
        else:
            self.ports["home"].write(True)
        if self.part is None:
            self.set_state(State.IDLE, 0)

    def ready(self, receiver: Receiver) -> None:
        self._give()

    def _give(self) -> None:
        if (
            self.part is None
            or self.target is None
            or self.ram.travel(self.line.kernel._now) < self.params["stroke"]
        ):
            return
        if not self.target.offer(self.part, self):
            self.set_state(State.BLOCKED, 1)
            return
        self.part = None
        self.set_state(State.IDLE, 0)
        self.extend_changed(None)  # the command may have fallen meanwhile

    def _gap(self, part: Part) -> float:
        """Travel of the ram at which its face touches the part's side, m; the part runs in the middle."""
        return (self._width() - part.width) / 2

    def _candidate(self, reach: float) -> Part | None:
        """The part nearest downstream whose centre is before the face and whose side the face has reached."""
        half = self.params["face"] / 2
        for part in self.lane.parts_between(self.x - half, self.x + half):
            centre = self.lane.position(part) - part.length / 2
            if abs(centre - self.x) <= half and self._gap(part) <= reach:
                return part  # type: ignore[no-any-return]
        return None

    def _await_touch(self, position: float, beyond: float = 0.0) -> None:
        """Look when the face, now at `position`, comes to the next place at which a part's side can be."""
        gaps = sorted(
            gap for product in self.line.products
            if (gap := (self._width() - product.size[1]) / 2) >= position + beyond
        )  # fmt: skip
        t = self.ram.when(gaps[0]) if gaps else None
        if t is not None:
            self.line.kernel.call_at(t, self.touch, self.strokes, EDGE)

    def _width(self) -> float:
        return float(self.line.scene.devices[self.record.along or ""].params.get("width", 0.5))

    def bodies(self) -> Sequence[Body]:
        side = 1.0 if self.params["side"] == "left" else -1.0
        frame, y, face = self.pose, -side * self._width() / 2, self.params["face"]
        tip = frame.apply((0.0, side, 0.0))
        axis = (tip[0] - frame.xyz[0], tip[1] - frame.xyz[1], tip[2] - frame.xyz[2])
        drive = f"{self.id}.ram"
        stroke = self.params["stroke"]
        plate = frame @ Pose((0.0, y - side * 0.012, 0.07))
        rod = frame @ Pose((0.0, y - side * (0.02 + stroke / 2), 0.07))
        housing_y = y - side * (0.1 + stroke / 2)
        return [
            Body("face", "box", (face, 0.02, 0.11), plate, "pusher", drive=drive, axis=axis),
            Body("rod", "box", (0.03, stroke, 0.03), rod, "steel", drive=drive, axis=axis),
            box(frame, "housing", "pusher", (0.1, stroke, 0.1), (0, housing_y, 0.07)),
            box(
                frame,
                "pedestal",
                "frame",
                (0.08, 0.08, frame.xyz[2]),
                (0, housing_y, -frame.xyz[2] / 2 + 0.01),
            ),
        ]
