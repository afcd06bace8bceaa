"""Inspection: judges parts and sends each by the exit of its result."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, ClassVar

from commissioning.devices.times import Times
from commissioning.devices.workplace import PLACE, PORTS, Workplace, exit_ahead
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import Kind
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Inspection"]

_SHARE = Param("share", "share", "Share of the parts.", minimum=0.0, maximum=1.0)


class Inspection(Workplace):
    """Works for `cycle`, then judges: the first of `rules` that fits a part's attributes, or else a result
    drawn by `results` (or `by_product`). The first result named is the good one.

    The inspection itself may err: of parts that are not good, `false_accept` pass as good; of good ones,
    `false_reject` are judged as `rejected_as`. A part that would be sent to rework more than `max_passes`
    times gets the result `then` instead. What it found is in the part's attributes `ID.result` (number of
    the result judged, from 0), `ID.true` (of the true one) and `ID.reworks` (times sent to rework,
    one after the other).
    """

    declaration = TypeDeclaration(
        kind="device",
        type="inspection",
        help="Judges parts and sends each by the exit of its result.",
        params=(
            Param("results", "mapping", "Results and their shares, the good one first.", at_least_one=True,
                  item=_SHARE, total=1.0, example="{good: 95 %, rework: 4 %, scrap: 1 %}"),
            Param("by_product", "mapping", "Other shares for some products.", default=None, keys="product",
                  example="{tray: {good: 90 %, scrap: 10 %}}",
                  item=Param("results", "mapping", "Shares of this product.", item=_SHARE, total=1.0,
                             at_least_one=True)),
            Param("rules", "list", "Results by attribute; the first that fits.", default=None,
                  example="[{attribute: tall, at_least: 1, result: scrap}]",
                  item=Param("rule", "mapping", "One rule.", fields=(
                      Param("attribute", "text", "Name of a part attribute; 0 where a part has none."),
                      Param("result", "text", "The result, one of `results`."),
                      Param("at_least", "number", "It fits from here on.", default=None),
                      Param("below", "number", "It fits up to, and without, this.", default=None),
                  ))),
            Param("false_accept", "share", "Share of the bad that pass as good.", default=0.0, minimum=0.0,
                  maximum=1.0),
            Param("false_reject", "share", "Share of the good that are judged bad.", default=0.0, minimum=0.0,
                  maximum=1.0),
            Param("rejected_as", "text", "Result of a good one that is judged bad; the second one unless"
                  " given.", default=None, example="rework"),
            Param("rework", "text", "The result that sends a part to rework; the one of that name unless"
                  " given.", default=None, example="rework"),
            Param("max_passes", "integer", "Times a part is sent to rework at most; without it any number.",
                  default=None, minimum=0, maximum=1000000),
            Param("then", "text", "Result of a part that has been to rework too often; the last one unless"
                  " given.", default=None, example="scrap"),
            Param("cycle", "distribution", "Time of the inspection.", by_product=1, example="3 s"),
            *PLACE,
        ),
        ports=(*PORTS, Port("result", DataType.UINT, "out", "Number of the last result, from 0.")),
        places="flow",
        outputs_from="results",
        feeds=True,
        exit_pose=exit_ahead,
        example="test: {type: inspection, results: {good: 95 %, scrap: 5 %}, cycle: 3 s,"
                " to: {good: belt2, scrap: bin}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = (
        "cycle", "names", "bounds", "rules", "draw", "errs", "rework", "most", "then", "rejected",
        "marks",
    )  # fmt: skip

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        self.cycle = Times(line, self, "cycle", p["cycle"])
        self.names: list[str] = list(p["results"])
        products = [product.id for product in line.products]
        self.bounds = {-1: self._bounds(p["results"])}  # by product; -1: of all others
        for name, shares in (p["by_product"] or {}).items():
            for result in shares:
                self._number("by_product", result, name)
            self.bounds[products.index(name)] = self._bounds(shares)
        self.rules = [
            (line.attribute(rule["attribute"]), rule["at_least"], rule["below"], self._number(
                "rules", rule["result"], k))
            for k, rule in enumerate(p["rules"] or ())
        ]  # fmt: skip
        self.draw, self.errs = line.choices(self, "result"), line.choices(self, "error")
        self.rework = self.names.index("rework") if "rework" in self.names else -1
        if p["rework"] is not None:
            self.rework = self._number("rework", p["rework"])
        self.most = p["max_passes"]
        last = self.names[-1]
        self.then = self._number("then", last if p["then"] is None else p["then"])
        if self.most is not None and (self.rework < 0 or self.then == self.rework):
            why = "no result sends to rework" if self.rework < 0 else "it would go to rework for ever"
            raise _problem(self.id, "max_passes", f"max_passes does not work: {why}",
                           "Name the result that sends to rework (rework:), and another (then:)")  # fmt: skip
        second = self.names[min(1, len(self.names) - 1)]
        self.rejected = self._number("rejected_as", second if p["rejected_as"] is None else p["rejected_as"])
        if len(self.names) == 1 and (p["false_reject"] or p["false_accept"]):
            raise _problem(self.id, "results", "with one result only there is nothing to err about",
                           "Name the bad result as well")  # fmt: skip
        self.marks = tuple(line.attribute(f"{self.id}.{name}") for name in ("result", "true", "reworks"))

    def start(self) -> None:
        self.ports["result"].write(0)
        super().start()

    def job(self) -> tuple[int, int]:
        product = self.inside[0].product
        return product, self.cycle.draw(product)

    def results(self) -> list[tuple[Part, str]]:
        part = self.inside[0]
        true = self._true(part)
        judged = self._judged(true)
        result, truth, reworks = self.marks
        been = part.attributes.get(reworks, 0.0)
        if judged == self.rework and self.most is not None and been >= self.most:
            judged = self.then
        if judged == self.rework:
            self._mark(part, reworks, been + 1.0)
        elif been:
            self._mark(part, reworks, 0.0)  # a pallet comes again, with other work on it
        self._mark(part, truth, true)
        self._mark(part, result, judged)
        if self.ports["result"].source != judged:
            self.ports["result"].write(judged)
        return [(part, self.names[judged])]

    def _true(self, part: Part) -> int:
        for attribute, at_least, below, result in self.rules:
            value = part.attributes.get(attribute, 0.0)
            if (at_least is None or value >= at_least) and (below is None or value < below):
                return result
        u = self.draw.draw()
        bounds = self.bounds.get(part.product, self.bounds[-1])
        return next((k for k, bound in enumerate(bounds) if u < bound), self._likely(bounds))

    def _judged(self, true: int) -> int:
        accept, reject = self.params["false_accept"], self.params["false_reject"]
        if true and accept and self.errs.draw() < accept:
            return 0
        if not true and reject and self.errs.draw() < reject:
            return self.rejected
        return true

    def _bounds(self, shares: Mapping[str, float]) -> list[float]:
        return list(accumulate(shares.get(name, 0.0) for name in self.names))

    def _likely(self, bounds: list[float]) -> int:
        """The last result that can be drawn: shares may add up to a rounding less than 1."""
        return max(k for k, bound in enumerate(bounds) if bound > (bounds[k - 1] if k else 0.0))

    def _mark(self, part: Part, attribute: int, value: float) -> None:
        if part.attributes.get(attribute) != value:
            part.attributes[attribute] = value
            self.line.journal.add(int(Kind.PART_ATTRIBUTE), attribute, part.id, value)

    def _number(self, param: str, result: Any, *inner: str | int) -> int:
        if result not in self.names:
            raise _problem(self.id, ".".join([param, *map(str, inner)]), f"there is no result {result!r}",
                           "Use one of " + ", ".join(self.names))  # fmt: skip
        return self.names.index(result)


def _problem(device: str, param: str, what: str, cure: str) -> Problems:
    return Problems(Problem(what, Place(id=f"devices.{device}.{param}"), cure))
