"""The one protocol by which a part changes its carrier.

A giver that has a part at its end offers it. The receiver takes it, at that very instant, or says
"wait" and remembers the giver; as soon as it would take a part it calls `ready`, and the giver offers
again. A part has one owner at any instant: it changes inside `offer`, and the receiver journals it.

A giver that must know of a place before it begins its work (blocking before service) reserves it: from a
receiver that keeps places, `reserve` promises that the giver's next offer will be taken. It waits for a
reservation exactly as for an offer, by `ready`.

Several givers may wait for one receiver. They are called in the order in which they began to wait,
one part each time there is a place; two that began at the same instant were served by the kernel in
declaration order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from commissioning.sim.part import Part

__all__ = ["Giver", "Receiver", "Reserving", "Waiting"]


class Receiver(Protocol):
    """What takes parts."""

    @abstractmethod
    def offer(self, part: Part, giver: Giver) -> bool:
        """True: taken, `part.owner` has changed, now. False: wait for `giver.ready(self)`.

        A refused offer may be repeated at any time; it does not lose its turn by that.
        """


class Reserving(ABC):
    """What takes parts and keeps a place for one that will be offered later: whoever has the two methods.

    A base class with a hook, not a protocol: asking whether something is one costs a protocol 8 us each time.
    """

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        return all(callable(getattr(other, method, None)) for method in ("offer", "reserve"))

    @abstractmethod
    def offer(self, part: Part, giver: Giver) -> bool:
        """As that of any `Receiver`."""

    @abstractmethod
    def reserve(self, giver: Giver) -> bool:
        """True: the next offer of `giver` will be taken, whenever it comes. False: wait for
        `giver.ready(self)`. Each True is one place; it is given back by offering only.
        """


class Giver(Protocol):
    """What gives parts away. An object of the run: a snapshot names it by its `id`."""

    id: str

    @abstractmethod
    def ready(self, receiver: Receiver) -> None:
        """`receiver` would take a part now: offer (or reserve) again, if there still is one to give."""


class Waiting:
    """The givers that wait at one receiver, in their order.

    A receiver keeps one, calls `add` when it refuses, and `call` when it has a place.
    """

    __slots__ = ("givers",)

    def __init__(self) -> None:
        self.givers: list[Giver] = []

    def __bool__(self) -> bool:
        return bool(self.givers)

    def add(self, giver: Giver) -> None:
        """Remember `giver`; once is enough."""
        if giver not in self.givers:
            self.givers.append(giver)

    def discard(self, giver: Giver) -> None:
        """Forget `giver`, whose part has just been taken (or is no longer to be given)."""
        if giver in self.givers:
            self.givers.remove(giver)

    def call(self, receiver: Receiver) -> None:
        """Tell the first giver that a part would be taken; it may be refused again and waits on."""
        if self.givers:
            self.givers.pop(0).ready(receiver)
