"""Merge: the rule by which parts from the side come onto a track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.lanes.merge import RULES, MergeRule
from commissioning.sim.lanes.merge_gap import GapPoint
from commissioning.sim.line import Line

__all__ = ["Merge"]


class Merge(Device):
    """Stands where other tracks lead onto the middle of a track (`to: {device: belt3, at: 1.2 m}`).

    Without it the track has priority: what comes from the side waits for a gap that is long enough.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="merge",
        help="Decides who goes first where parts come onto a track from the side.",
        params=(
            Param("rule", "choice",
                  "Who goes first: the track itself (main), the side, both in turn, who came first, or the "
                  "side in a gap of the track that it reserves before it comes.",
                  default="main", choices=RULES),
            Param("gap", "length", "Room kept before and behind a part that comes in.", default=0.0,
                  minimum=0.0, example="50 mm"),
            Param("hold", "length",
                  "How far before the merge parts on the track are held; the longest part and the gap "
                  "unless given.", default=None, exclusive_minimum=0.0, example="0.6 m"),
            Param("reserve", "length",
                  "By rule gap: how far before the end of its track a part from the side reserves; as "
                  "`hold` unless given.", default=None, exclusive_minimum=0.0),
            Param("reach", "length",
                  "By rule gap: how far upstream a gap is looked for; four times `hold` unless given.",
                  default=None, exclusive_minimum=0.0, example="3 m"),
        ),
        ports=(
            Port("waiting", DataType.BOOL, "out", "A part waits at the side."),
            Port("holding", DataType.BOOL, "out", "A part on the track is held for the side."),
            Port("reserved", DataType.BOOL, "out", "By rule gap: a part from the side has reserved a gap."),
        ),
        places="along",
        example="m1: {type: merge, along: belt3, at: 1.2 m, rule: alternate}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("point",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        hold = p["hold"]
        if hold is None:
            hold = max((product.size[0] for product in line.products), default=0.0) + p["gap"]
        shortest = min((product.size[0] for product in line.products), default=0.0)
        if p["rule"] != "main" and hold < shortest + p["gap"] - 1e-9:
            what = f"parts held {hold:g} m before {self.id} lie where one of {shortest:g} m and its gap "
            least = shortest + p["gap"]
            raise Problems(
                Problem(
                    what + "must fit, from the side: both would wait for ever",
                    Place(id=f"devices.{self.id}.hold"),
                    f"Give hold {least:g} m or more",
                )
            )
        assert record.along is not None and record.at is not None
        if (record.along, record.at) in line.merge_rules:
            raise ValueError(f"another merge stands at {record.at:g} m of {record.along} already")
        reserve = hold if p["reserve"] is None else p["reserve"]
        reach = 4.0 * hold if p["reach"] is None else p["reach"]
        rule = MergeRule(p["rule"], p["gap"], hold, reserve, reach)
        line.merge_rules[record.along, record.at] = rule
        self.point: Any = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        self.point = self.line.merge_point(self.record.along, self.record.at)
        self.point.watchers.append(self.ports["waiting"].write)
        if self.point.stop is not None:
            self.point.hold_watchers.append(self.ports["holding"].write)
        if isinstance(self.point, GapPoint):
            self.point.reserve_watchers.append(self.ports["reserved"].write)

    def start(self) -> None:
        self.ports["waiting"].write(False)
        self.ports["holding"].write(False)
        self.ports["reserved"].write(False)

    def bodies(self) -> Sequence[Body]:
        assert self.record.along is not None
        width = float(self.line.scene.devices[self.record.along].params.get("width", 0.5))
        return [box(self.pose, "marker", "sensor", (0.04, 0.02, 0.08), (0, width / 2 + 0.02, 0.02))]
