"""Source: where parts come into the line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box, post, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.duration import Always
from commissioning.model.pose import Pose
from commissioning.model.quantity import parse_quantity
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.ahead import Solvable
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["MANY", "Source"]

MANY = 50_000
"""Parts after which a source looks whether time passes between them."""
_BLOCKED, _WORKING = State.BLOCKED, State.WORKING  # looked up once


class Source(Device, Giver):
    """Makes parts and offers them to `to`.

    A part that is refused waits; the next interval begins when it has been taken. With
    `when_blocked: lose` it is lost instead and intervals go on (a loss system).
    """

    declaration = TypeDeclaration(
        kind="device",
        type="source",
        help="Makes parts at intervals, or whenever there is a place (every: always).",
        params=(
            Param("product", "product", "What it makes.", default=None, example="carton"),
            Param("mix", "mapping", "Products and their shares, drawn at random, instead of one product.",
                  default=None, example="{carton: 90 %, tall_carton: 10 %}"),
            Param("every", "distribution", "Time from one part to the next.", always=True,
                  example="{exponential: 4 s}"),
            Param("limit", "integer", "Number of parts after which it ends; 0: never.", default=0, minimum=0),
            Param("first", "duration", "Time of the first part; one interval after the start unless given.",
                  default=None, minimum=0.0),
            Param("when_blocked", "choice", "What becomes of a part that is not taken.", default="wait",
                  choices=("wait", "lose")),
        ),
        ports=(
            Port("enable", DataType.BOOL, "in", "Makes parts while true; without a binding always."),
            Port("waiting", DataType.BOOL, "out", "A part waits to be taken.", status="state"),
        ),
        places="flow",
        outputs=("",),
        example="infeed: {type: source, product: carton, every: {exponential: 4 s}, to: belt1}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("part", "made", "due", "mark")
    constant: ClassVar[tuple[str, ...]] = (
        "interval", "choice", "products", "only", "bounds", "target", "limit", "loses", "commanded",
        "kernel",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("make",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.interval = line.sampler(self, "every", self.params["every"])
        self.choice = line.choices(self, "mix")
        names = [product.id for product in line.products]
        if (self.params["mix"] is None) is (self.params["product"] is None):
            raise ValueError(f"{self.id} needs one of product and mix: what does it make?")
        self.products, self.bounds = _shares(self.params["mix"] or {self.params["product"]: 1.0}, names)
        self.only = self.products[0] if len(self.products) == 1 else -1
        self.part: Part | None = None  # made and not taken yet
        self.made = 0
        self.due = -1  # ns of the next part; -1: none is under way
        self.mark = -1  # ns at which the last MANY parts were complete
        self.target: Receiver | None = None
        self.limit = self.params["limit"]
        self.loses = self.params["when_blocked"] == "lose"
        self.commanded = self.bound("enable")
        self.kernel = line.kernel

    def connect(self) -> None:
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        self.ports["enable"].subscribe(self.enable_changed)

    def chain(self) -> Solvable | None:
        from commissioning.devices.chain import chain_from  # which knows sources

        return chain_from(self, self.line)

    def start(self) -> None:
        self.begin_status(State.IDLE)
        if self._enabled():
            self._next(first=True)

    def enable_changed(self, _: None) -> None:
        """Enabled: an interval begins. Disabled: the part under way is not made."""
        if not self._enabled():
            self.due = -1
        elif self.due < 0 and self.part is None:
            self._next(first=self.made == 0)

    def make(self, due: int) -> None:
        """Continuation: a part is due."""
        if due != self.due:
            return
        self.due = -1
        self.made = made = self.made + 1
        if made % MANY == 0:
            self._see_that_time_passes()
        part = self.line.make_part(self.only if self.only >= 0 else self._product(), self)
        part.owner, self.part = self, part
        if self.target.offer(part, self):  # type: ignore[union-attr]
            self.part = None
            if self.held:
                self.tell(_WORKING, 0, 0)
            self._next()
            return
        self.tell(_BLOCKED, 1, 1)
        if self.loses:
            self.part = None
            self.line.end_part(part, 1, self)
            self.tell(_WORKING, 0, 0)
            self._next()

    def ready(self, receiver: Receiver) -> None:
        if self.part is not None:
            if self.target.offer(self.part, self):  # type: ignore[union-attr]
                self.part = None
                self.tell(_WORKING, 0, 0)
                self._next()
        elif isinstance(self.params["every"], Always) and self._enabled() and self.due < 0:
            self._next()

    def _next(self, first: bool = False) -> None:
        if self.limit and self.made >= self.limit:
            self.tell(State.IDLE, 0, 0)
            return
        if self.commanded and not self._enabled():
            return
        kernel = self.kernel
        wait = self.interval.fixed
        if wait is None:
            wait = self.interval.draw()
        if first and self.params["first"] is not None:
            wait = round(self.params["first"] * 1e9)
        self.due = due = kernel._now + wait
        if self.state is not _WORKING:
            self.tell(_WORKING, self.held, self.bits)
        kernel.call_at(due, self.make, due)

    def _product(self) -> int:
        products = self.products
        return products[min(bisect_right(self.bounds, self.choice.draw()), len(products) - 1)]

    def _see_that_time_passes(self) -> None:
        if self.mark == self.line.kernel._now:
            raise RuntimeError(
                f"it makes parts without end at one instant ({MANY:,} of them): give `every` a time, or let "
                "what takes the parts need some"
            )
        self.mark = self.line.kernel._now

    def _enabled(self) -> bool:
        return not self.commanded or bool(self.ports["enable"].value)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame = self.pose
        bodies = [
            box(frame, "hood", "source", (0.5, 0.62, 0.03), (-0.3, 0, 0.5)),
            box(frame, "left wall", "source", (0.5, 0.02, 0.5), (-0.3, 0.3, 0.25)),
            box(frame, "right wall", "source", (0.5, 0.02, 0.5), (-0.3, -0.3, 0.25)),
            box(frame, "back", "source", (0.02, 0.62, 0.5), (-0.55, 0, 0.25)),
            box(frame, "bed", "steel", (0.54, 0.56, 0.03), (-0.28, 0, -0.018)),
            box(frame, "rail", "frame", (0.54, 0.6, 0.06), (-0.28, 0, -0.06)),
        ]
        for i, (x, y) in enumerate(((-0.05, 0.26), (-0.05, -0.26), (-0.51, 0.26), (-0.51, -0.26))):
            bodies += post(frame, f"leg {i}", "frame", 0.045, (x, y), -0.09)
        return bodies


def _shares(mix: Mapping[str, Any], names: list[str]) -> tuple[list[int], list[float]]:
    """Product indices and the upper bounds of their shares in (0, 1). Raises ValueError."""
    shares = {name: parse_quantity(share, "share") for name, share in mix.items()}
    unknown = [str(name) for name in shares if name not in names]
    if unknown:
        raise ValueError(f"there is no product {', '.join(unknown)}; give `product` or `mix`")
    total = sum(shares.values())
    if not total > 0.0 or min(shares.values()) < 0.0:
        raise ValueError("shares of a mix are 0 or more and not all 0")
    products, bounds, up_to = [], [], 0.0
    for name, share in shares.items():
        up_to += share / total
        products.append(names.index(name))
        bounds.append(up_to)
    return products, bounds
