"""Assembly: several parts become one."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from commissioning.devices.times import Times
from commissioning.devices.workplace import PLACE, PORTS, Workplace, exit_ahead
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.sim.line import Line
from commissioning.sim.part import Part
from commissioning.sim.riding import riding

__all__ = ["Assembly"]

_DRAWN = 12


class Assembly(Workplace):
    """Takes so many parts of each product, from whoever offers them, and works when it has them all.

    With `result` a new part of that product leaves and all that were taken are used up. Without it the
    part of the first product leaves, with the others in it, or on it (`loads`). A part that is not wanted
    yet waits outside.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="assembly",
        help="Puts several parts together to one.",
        params=(
            Param("takes", "mapping", "How many parts of each product go in.", keys="product",
                  at_least_one=True, example="{base: 1, screw: 4}",
                  item=Param("count", "integer", "Parts of the product.", minimum=1, maximum=10000)),
            Param("result", "product", "What comes out; without it the one part of the first product, with"
                  " the others in it.", default=None, example="pump"),
            Param("loads", "boolean", "The others ride on the part of the first product and can be taken off"
                  " again.", default=False),
            Param("cycle", "distribution", "Time of work once it has them all.",
                  example="{normal: {mean: 20 s, sd: 2 s}}"),
            *PLACE,
        ),
        ports=PORTS,
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=exit_ahead,
        example="join: {type: assembly, takes: {base: 1, screw: 4}, result: pump, cycle: 20 s, to: out}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("takes", "result", "cycle", "riding")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        names = [product.id for product in line.products]
        given = record.params
        self.takes: dict[int, int] = {names.index(name): count for name, count in given["takes"].items()}
        self.result = names.index(given["result"]) if given["result"] is not None else -1
        if self.result < 0 and next(iter(self.takes.values())) != 1:
            first = next(iter(given["takes"]))
            raise ValueError(f"which {first} do the others go into? Take one of it first, or name a result")
        super().__init__(index, record, pose, line)
        if given["loads"] and self.result >= 0:
            raise ValueError("what is loaded rides on the part of the first product: leave out result")
        self.riding = riding(line) if given["loads"] else None
        self.cycle = Times(line, self, "cycle", given["cycle"])

    def places(self) -> int:
        return min(sum(self.takes.values()), _DRAWN)

    def wants(self, part: Part) -> bool:
        if part.product not in self.takes:
            names = [product.id for product in self.line.products]
            known = ", ".join(names[product] for product in self.takes)
            raise ValueError(f"{self.id} was given a {names[part.product]}; it takes {known} only")
        taken = sum(one.product == part.product for one in self.inside)
        return taken < self.takes[part.product]

    def lacks(self) -> bool:
        """It could take parts, and those who wait here have none that it wants."""
        return not self.outgoing and self.work.free and self._enabled() and bool(self.waiting)

    def complete(self) -> bool:
        return Counter(part.product for part in self.inside) == self.takes

    def job(self) -> tuple[int, int]:
        product = self.result if self.result >= 0 else next(iter(self.takes))
        return product, self.cycle.draw(product)

    def results(self) -> list[tuple[Part, str]]:
        if self.result >= 0:
            made = self.line.make_part(self.result, self)
            self.own(made)
            self.stand(made)
        else:
            base = next(iter(self.takes))
            made = next(part for part in self.inside if part.product == base)
        for part in self.inside:
            if part is made:
                continue
            if self.riding is not None:
                self.riding.load(part, made)
            else:
                self.line.use_part(part, self, made)
        return [(made, "")]
