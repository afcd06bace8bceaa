"""What products the parts of a run were, which of them carried others, and which go round and never leave.

Pallets and what stands on them, a base and the lids put into it: their numbers mean different things, so
figures are given by product. A product that goes round has no lead time; it has a round, from one departure
of a part to its next one from the same place: where it is loaded, if others ride on it, otherwise where it
began or the first place that it came back to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import Kind
from commissioning.sim.analysis.history import History, Visit

__all__ = ["Product", "mask_of", "products", "round_times"]


@dataclass(frozen=True)
class Product:
    """`index` in the header; `parts` that there were, in order of number; `carries`: whether others rode on
    them. `round_at`: the device at which a round of those that never leave ends, -1: they come and go."""

    index: int
    name: str
    parts: tuple[int, ...]
    carries: bool
    round_at: int = -1

    @property
    def goes_round(self) -> bool:
        """Whether none of them ever left, and they came back to where they had been."""
        return self.round_at >= 0


def products(history: History) -> tuple[Product, ...]:
    """Of which there were parts, in the order of the scene."""
    parts: dict[int, list[int]] = {}
    for part, (_, _, product) in history.made.items():
        parts.setdefault(product, []).append(part)
    of = {part: product for product, mine in parts.items() for part in mine}
    loaded: dict[int, Counter[int]] = {}  # by product that carries: where it was loaded
    for (part, t), carrier in history.rides.items():
        places = loaded.setdefault(of.get(carrier, -1), Counter())
        places.update(device for device, _, t_out in history.journeys.get(part, []) if t_out == t)
    names = [str(one["id"]) for one in history.header["core"]["products"]]
    return tuple(
        Product(
            index, names[index], tuple(sorted(parts[index])), index in loaded,
            _round_at(history, parts[index], loaded.get(index, Counter())),
        )
        for index in sorted(parts)
    )  # fmt: skip


def _round_at(history: History, parts: Sequence[int], loaded: Counter[int]) -> int:
    if any(part in history.ends for part in parts):
        return -1
    journeys = [history.journeys.get(part, []) for part in parts]
    again = {device for visits in journeys for device, n in _times(visits).items() if n > 1}
    for device, _ in loaded.most_common():
        if device in again:
            return device
    began = Counter(history.made[part][1] for part in parts)
    for device, _ in began.most_common():
        if device in again:
            return device
    longest = max(journeys, key=len, default=[])
    return next((device for device, _, _ in longest if device in again), -1)


def _times(visits: Sequence[Visit]) -> Counter[int]:
    return Counter(device for device, _, _ in visits)


def round_times(history: History, product: Product) -> list[float]:
    """Seconds of the rounds that ended in the time looked at."""
    found = []
    for part in product.parts:
        visits = history.journeys.get(part, [])
        left = [t_out for device, _, t_out in visits[:-1] if device == product.round_at]
        for before, t in pairwise(left):
            if history.start < t <= history.end:
                found.append((t - before) / 1e9)
    return found


def mask_of(history: History, rows: NDArray[np.void], chosen: Sequence[Product]) -> NDArray[np.bool_]:
    """Which of `rows` (PART_MADE, PART_GONE: `obj` is a part) are about parts of the products `chosen`."""
    made = history.records[history.records["kind"] == int(Kind.PART_MADE)]
    most = int(max(made["obj"].max(initial=0), rows["obj"].max(initial=0))) + 1
    table = np.zeros(most, bool)
    table[made["obj"]] = np.isin(made["aux"], [product.index for product in chosen])
    found: NDArray[np.bool_] = table[rows["obj"]]
    return found
