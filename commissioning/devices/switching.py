"""What switching sensors have in common: contact, filter, and delays."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from commissioning.model.declare import Param
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.sim.device import Device
from commissioning.sim.line import Line

__all__ = ["SWITCHING", "Switching"]

SWITCHING = (
    Param("contact", "choice", "Normally open: true with a part; normally closed: true without one.",
          default="no", choices=("no", "nc")),
    Param("filter", "duration", "What lasts no longer than this is not seen at all.", default=0.0,
          minimum=0.0, example="5 ms"),
    Param("on_delay", "duration", "How long a part must be there, after the filter, to be told.", default=0.0,
          minimum=0.0, example="100 ms"),
    Param("off_delay", "duration", "How long it must be gone, after the filter, to be told.", default=0.0,
          minimum=0.0),
)  # fmt: skip


class Switching(Device):
    """`sensed(present)` at the exact edges in; the port `output`, filtered and delayed, out.

    An edge is told `filter`, then `on_delay` or `off_delay` after it, if it has not been undone meanwhile.
    """

    output: ClassVar[str] = "blocked"
    saved: ClassVar[tuple[str, ...]] = ("present", "filtered", "told", "edges", "filtered_edges")
    constant: ClassVar[tuple[str, ...]] = ("filter", "delays", "normally")
    continuations: ClassVar[tuple[str, ...]] = ("filter_passed", "delay_passed")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        self.filter = round(p["filter"] * 1e9)
        self.delays = round(p["off_delay"] * 1e9), round(p["on_delay"] * 1e9)
        self.normally = p["contact"] == "nc"
        self.present = self.filtered = self.told = False
        self.edges = self.filtered_edges = 0  # versions, so that what was undone is void

    def start(self) -> None:
        self.ports[self.output].write(self.normally)

    def listener(self) -> Callable[[bool], None]:
        """What to call at the exact edges: the port itself where nothing lies between (the usual case)."""
        if self.filter or any(self.delays) or self.normally:
            return self.sensed
        return self.ports[self.output].write

    def sensed(self, present: bool) -> None:
        """A part has come, or gone."""
        self.present = present
        if not self.filter:
            self._delay(present)
            return
        self.edges += 1
        if present is not self.filtered:
            kernel = self.line.kernel
            kernel.call_at(kernel._now + self.filter, self.filter_passed, self.edges)

    def filter_passed(self, edges: int) -> None:
        """Continuation: it has lasted."""
        if edges == self.edges:
            self._delay(self.present)

    def delay_passed(self, edges: int) -> None:
        """Continuation: it has lasted for the delay as well."""
        if edges == self.filtered_edges:
            self._tell(self.filtered)

    def _delay(self, present: bool) -> None:
        self.filtered = present
        self.filtered_edges += 1
        delay = self.delays[present]
        if not delay:
            self._tell(present)
        elif present is not self.told:
            kernel = self.line.kernel
            kernel.call_at(kernel._now + delay, self.delay_passed, self.filtered_edges)

    def _tell(self, present: bool) -> None:
        if present is not self.told:
            self.told = present
            self.ports[self.output].write(present is not self.normally)
