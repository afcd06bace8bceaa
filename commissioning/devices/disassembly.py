"""Disassembly: one part becomes several."""

from __future__ import annotations

from typing import ClassVar

from commissioning.devices.times import Times
from commissioning.devices.workplace import PLACE, PORTS, Workplace, exit_ahead
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.sim.line import Line
from commissioning.sim.part import Part
from commissioning.sim.riding import Riding, riding

__all__ = ["Disassembly"]

_DRAWN = 12
_ALL = 1 << 30


class Disassembly(Workplace):
    """Takes a part, works, and gives away what was in it, each by its exit. With an exit `rest` the part
    itself goes on as well (an emptied pallet); without one it is used up.

    With `unloads` nothing is made: parts that ride on it are taken off, first loaded first, up to `count` of
    each product; what is left rides on.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="disassembly",
        help="Takes a part apart, or parts out of it.",
        params=(
            Param("gives", "mapping", "What leaves by which exit.", at_least_one=True,
                  example="{lids: {product: lid}, screws: {product: screw, count: 4}}",
                  item=Param("given", "mapping", "What leaves by this exit.", fields=(
                      Param("product", "product", "Of what product."),
                      Param("count", "integer", "How many; 1, or with `unloads` all there are, unless said.",
                            default=None, minimum=1, maximum=10000),
                  ))),
            Param("unloads", "boolean", "Takes off parts that ride on it, instead of making new ones.",
                  default=False),
            Param("cycle", "distribution", "Time of work on one part.", by_product=1, example="20 s"),
            *PLACE,
        ),
        ports=PORTS,
        places="flow",
        outputs=("rest",),
        outputs_required=False,
        outputs_from="gives",
        feeds=True,
        exit_pose=exit_ahead,
        example="unpack: {type: disassembly, gives: {full: {product: box, count: 6}}, cycle: 20 s,"
                " to: {full: belt1, rest: belt2}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("cycle", "gives", "riding")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        names, unloads = [product.id for product in line.products], record.params["unloads"]
        self.gives = [
            (output, names.index(given["product"]), given["count"] or (_ALL if unloads else 1))
            for output, given in record.params["gives"].items()
        ]
        if any(output == "rest" for output, _, _ in self.gives):
            raise ValueError("the exit rest is for the part itself; give what is taken out another name")
        if unloads and "rest" not in record.to:
            raise ValueError("what parts are taken off goes on itself: give the exit rest a device")
        super().__init__(index, record, pose, line)
        self.riding = riding(line) if unloads else None
        self.cycle = Times(line, self, "cycle", self.params["cycle"])

    def places(self) -> int:
        return min(1 + sum(count for _, _, count in self.gives), _DRAWN)

    def job(self) -> tuple[int, int]:
        product = self.inside[0].product
        return product, self.cycle.draw(product)

    def results(self) -> list[tuple[Part, str]]:
        whole = self.inside[0]
        leaving: list[tuple[Part, str]] = []
        if "rest" in self.targets:
            leaving.append((whole, "rest"))
        else:
            self.line.use_part(whole, self, None)
        if self.riding is not None:
            return leaving + self._unloaded(self.riding, whole)
        for output, product, count in self.gives:
            for _ in range(count):
                part = self.line.make_part(product, self)
                self.own(part)
                self.stand(part, len(leaving))
                leaving.append((part, output))
        return leaving

    def _unloaded(self, riding: Riding, whole: Part) -> list[tuple[Part, str]]:
        leaving: list[tuple[Part, str]] = []
        for output, product, count in self.gives:
            wanted = [part for part in riding.load_of(whole) if part.product == product][:count]
            for part in wanted:
                riding.unload(part, whole)
                self.own(part)
                self.stand(part, 1 + len(leaving))
                leaving.append((part, output))
        return leaving
