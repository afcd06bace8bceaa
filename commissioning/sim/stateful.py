"""What has state in a run, and how that state becomes plain data and comes back.

Every attribute of a `Stateful` object is declared, in its class, as one of

* saved     - goes into a snapshot,
* derived   - recomputed by `restored()` from what was saved,
* constant  - wired when the run is built, the same in every run of the scene.

A test demands that nothing is undeclared: what is left out of a snapshot by accident is the one
error that a replay test finds only by luck.

A snapshot is data, never pickle: opening one cannot run code.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from commissioning.sim.flow import Waiting
from commissioning.sim.part import Part

__all__ = ["Stateful", "World", "decode", "encode"]


class World(Protocol):
    """Where references in saved data are looked up."""

    @property
    def parts(self) -> Mapping[int, Any]: ...

    @property
    def objects(self) -> Mapping[str, Any]: ...


class Stateful:
    """Base of everything whose state a snapshot holds. `id` names it within the run."""

    __slots__ = ()

    saved: ClassVar[tuple[str, ...]] = ()
    derived: ClassVar[tuple[str, ...]] = ()
    constant: ClassVar[tuple[str, ...]] = ("id",)
    continuations: ClassVar[tuple[str, ...]] = ()

    id: str

    def save(self) -> dict[str, Any]:
        """The saved attributes as plain JSON data; parts and objects by their ids."""
        data = {}
        for name in self.declared("saved"):
            value = getattr(self, name)
            data[name] = value if value.__class__ in _PLAIN else encode(value)
        return data

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        """Replace the saved attributes by those of `data`."""
        for name in self.declared("saved"):
            value = data[name]
            setattr(self, name, value if value.__class__ in _PLAIN else decode(value, world))
        self.restored()

    def restored(self) -> None:
        """Recompute derived attributes after `restore`."""

    @classmethod
    def declared(cls, group: str) -> tuple[str, ...]:
        """Attribute names of one group ("saved", "derived", "constant"), base classes first."""
        found = _DECLARED.get((cls, group))
        if found is None:
            names: dict[str, None] = {}
            for base in reversed(cls.__mro__):
                names.update(dict.fromkeys(base.__dict__.get(group, ())))
            found = _DECLARED[cls, group] = tuple(names)
        return found

    @classmethod
    def may_continue(cls, method: str) -> bool:
        """Whether the kernel may hold `method` of this class across a wait."""
        return any(method in base.__dict__.get("continuations", ()) for base in cls.__mro__)

    def attributes(self) -> set[str]:
        """Names of all attributes this object really has."""
        names = set(getattr(self, "__dict__", ()))
        for base in type(self).__mro__:
            slots = base.__dict__.get("__slots__", ())
            names.update(s for s in ((slots,) if isinstance(slots, str) else slots) if hasattr(self, s))
        return names


_PLAIN = frozenset({type(None), bool, int, float, str})
"""What stands in a snapshot as it is."""
_DECLARED: dict[tuple[type, str], tuple[str, ...]] = {}
"""What `declared` has found: classes do not change."""


def encode(value: Any) -> Any:
    """Plain JSON data for `value`. Tuples, deques, dicts and references keep their nature."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, deque):
        return {"deque": [encode(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(k), encode(v)] for k, v in value.items()]}
    if isinstance(value, Stateful):
        return {"object": value.id}
    if isinstance(value, Part):
        return {"part": value.id}
    if isinstance(value, Waiting):
        return {"waiting": [giver.id for giver in value.givers]}
    raise TypeError(f"{type(value).__name__} cannot be saved in a snapshot: {value!r}")


def decode(value: Any, world: World) -> Any:
    """The value that `encode` made this data from; references are looked up in `world`."""
    if isinstance(value, list):
        return [decode(item, world) for item in value]
    if isinstance(value, dict):
        ((nature, content),) = value.items()
        if nature == "tuple":
            return tuple(decode(item, world) for item in content)
        if nature == "deque":
            return deque(decode(item, world) for item in content)
        if nature == "dict":
            return {decode(k, world): decode(v, world) for k, v in content}
        if nature == "object":
            return world.objects[content]
        if nature == "part":
            return world.parts[content]
        if nature == "waiting":
            waiting = Waiting()
            waiting.givers.extend(world.objects[identity] for identity in content)
            return waiting
        raise ValueError(f"unknown nature {nature!r} in a snapshot")
    return value
