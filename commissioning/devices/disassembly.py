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

__all__ = ["Disassembly"]

_DRAWN = 12


class Disassembly(Workplace):
    """Takes a part, works, and gives away what was in it, each by its exit. With an exit `rest` the part
    itself goes on as well (an emptied pallet); without one it is used up."""

    declaration = TypeDeclaration(
        kind="device",
        type="disassembly",
        help="Takes a part apart, or parts out of it.",
        params=(
            Param("gives", "mapping", "What leaves by which exit.", at_least_one=True,
                  example="{lids: {product: lid}, screws: {product: screw, count: 4}}",
                  item=Param("given", "mapping", "What leaves by this exit.", fields=(
                      Param("product", "product", "Of what product."),
                      Param("count", "integer", "How many.", default=1, minimum=1, maximum=10000),
                  ))),
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
    constant: ClassVar[tuple[str, ...]] = ("cycle", "gives")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        names = [product.id for product in line.products]
        self.gives = [
            (output, names.index(given["product"]), given["count"])
            for output, given in record.params["gives"].items()
        ]
        if any(output == "rest" for output, _, _ in self.gives):
            raise ValueError("the exit rest is for the part itself; give what is taken out another name")
        super().__init__(index, record, pose, line)
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
        for output, product, count in self.gives:
            for _ in range(count):
                part = self.line.make_part(product, self)
                self.own(part)
                self.stand(part, len(leaving))
                leaving.append((part, output))
        return leaving
