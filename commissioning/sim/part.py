"""A part: a load that is made, carried, sensed, worked on and taken away."""

from __future__ import annotations

from typing import Any

__all__ = ["Part"]


class Part:
    """One load. `length`, `width`, `height` in m (along travel, across, up), `mass` in kg.

    `owner` is whatever has it now (a lane, a slot, a device; None: nowhere) and `place` its place in an
    owner that keeps parts in order; both belong to the owner and are set by nobody else.
    """

    __slots__ = (
        "attributes",
        "height",
        "id",
        "length",
        "made_ns",
        "mass",
        "owner",
        "place",
        "product",
        "width",
    )

    def __init__(
        self,
        id: int,
        product: int,
        length: float,
        width: float,
        height: float,
        mass: float = 0.0,
        made_ns: int = 0,
    ) -> None:
        if not length > 0.0:
            raise ValueError(f"a part needs a length above 0 m, got {length!r}")
        self.id = id
        self.product = product
        self.length = length
        self.width = width
        self.height = height
        self.mass = mass
        self.made_ns = made_ns
        self.attributes: dict[int, float] = {}  # by index of the attribute in the journal's header
        self.owner: Any = None
        self.place: Any = None

    def save(self) -> list[Any]:
        """What belongs to the part itself, as plain JSON data. Its owner saves where it is."""
        facts = [self.id, self.product, self.length, self.width, self.height, self.mass, self.made_ns]
        return [*facts, [[key, value] for key, value in self.attributes.items()]]

    @classmethod
    def restored(cls, data: list[Any]) -> Part:
        """The part that `save` described; it has no owner until its owner is restored."""
        part = cls(*data[:7])
        part.attributes = {int(key): value for key, value in data[7]}
        return part

    def __repr__(self) -> str:
        return f"<part {self.id}>"
