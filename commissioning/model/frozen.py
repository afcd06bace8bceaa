"""A mapping that cannot change, but that still compares, pickles and prints as a plain dict does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dict without its mutators. A MappingProxyType cannot be sent to a worker process; this can."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a scene does not change; make a new one with commissioning.model.edits")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset((key, value) for key, value in self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenDict, (dict(self),))

    def __copy__(self) -> FrozenDict[K, V]:
        return self

    def with_item(self, key: K, value: V) -> FrozenDict[K, V]:
        """The same mapping with one key replaced in place, or added at the end."""
        return FrozenDict({**self, key: value})


def freeze(value: Any) -> Any:
    """Plain tree -> the same with FrozenDict for mappings and tuples for sequences."""
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value
