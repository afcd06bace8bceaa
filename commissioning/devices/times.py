"""Times that depend on the product: of a cycle, and of a set-up from one product to another."""

from __future__ import annotations

from collections.abc import Mapping

from commissioning.model.duration import Distribution, in_slots
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.random_stream import Sampler

__all__ = ["SetupTimes", "Times"]

ByProduct = Distribution | Mapping[str, Distribution]


class Times:
    """One time for all products, or one for each; drawn from a stream for each product of its own."""

    def __init__(
        self, line: Line, device: Device, purpose: str, value: ByProduct, slot: float | None = None
    ) -> None:
        self.device, self.purpose = device, purpose
        self.names = [product.id for product in line.products]
        self.one: Sampler | None = None
        self.each: dict[int, Sampler] = {}
        if not isinstance(value, Mapping):
            self.one = line.sampler(device, purpose, in_slots(value, slot))
            return
        for name, distribution in value.items():
            sampler = line.sampler(device, f"{purpose}:{name}", in_slots(distribution, slot))
            self.each[self.names.index(name)] = sampler

    def draw(self, product: int) -> int:
        """The next time of a product (index), ns. Raises ValueError for one that has none."""
        if self.one is not None:
            return self.one.draw()
        sampler = self.each.get(product)
        if sampler is None:
            known = ", ".join(self.names[k] for k in self.each)
            given = self.names[product]
            raise ValueError(
                f"{self.device.id} was given a {given}; it has a {self.purpose} for {known} only"
            )
        return sampler.draw()


class SetupTimes:
    """From what to what a set-up takes how long: one time for every change, or by product before (and
    product after). A pair that is not named needs none."""

    def __init__(
        self,
        line: Line,
        device: Device,
        value: Distribution | Mapping[str, ByProduct] | None,
    ) -> None:
        self.names = [product.id for product in line.products]
        self.any: Sampler | None = None
        self.by_product: dict[int, Times] = {}
        if isinstance(value, Mapping):
            for name, after in value.items():
                self.by_product[self.names.index(name)] = Times(line, device, f"setup:{name}", after)
        elif value is not None:
            self.any = line.sampler(device, "setup", value)

    def draw(self, before: int, after: int) -> int:
        """The time in ns to set up from product `before` (-1: nothing yet) to product `after`."""
        if before in (-1, after):
            return 0
        if self.any is not None:
            return self.any.draw()
        times = self.by_product.get(before)
        if times is None or (times.one is None and after not in times.each):
            return 0
        return times.draw(after)
