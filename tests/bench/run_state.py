"""Everything that a run is, as data that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commissioning.sim.random_stream import Sampler, Uniforms
from commissioning.sim.run import Run
from commissioning.sim.stateful import Stateful


def state(run: Run) -> dict[str, Any]:
    """Every attribute that is not declared constant, of everything with state, as comparable data."""
    things: Mapping[str, Stateful] = run.line.objects | {s.id: s for s in run.line.tags}
    seen: dict[int, int] = {}

    def plain(value: Any) -> Any:
        if value.__class__ in _PLAIN:
            return value
        if value.__class__ is list or value.__class__ is tuple:
            return [item if item.__class__ in _PLAIN else plain(item) for item in value]
        if isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, Stateful):
            return ("object", value.id)
        if isinstance(value, Mapping):
            return [(plain(k), plain(v)) for k, v in value.items()]
        if isinstance(value, list | tuple) or type(value).__name__ == "deque":
            return [plain(item) for item in value]
        if callable(value):
            return ("call", getattr(value, "__name__", ""))
        if id(value) in seen:
            return ("again", seen[id(value)])
        seen[id(value)] = len(seen)
        names = [n for base in type(value).__mro__ for n in base.__dict__.get("__slots__", ())]
        names += list(getattr(value, "__dict__", ()))
        return [(n, plain(getattr(value, n))) for n in names if hasattr(value, n)]

    kernel = run.line.kernel
    result: dict[str, Any] = {"now": run.now_ns, "made": run.line.made, "scheduled": kernel.scheduled}
    result["parts"] = [part.save() for part in run.line.parts.values()]
    result["queue"] = [
        (e[0], e[1], e[2], e[3], plain(e[4]), e[5].__self__.id, e[5].__name__) for e in kernel.entries()
    ]
    for identity, thing in things.items():
        if isinstance(thing, Sampler | Uniforms):
            thing.fill()
        values = _varying(thing)
        if "heap" in values:  # thresholds whose version is past are void; what they were of does not count
            values["heap"] = [(*entry[:3], entry[2] == entry[3].ver and entry[3]) for entry in values["heap"]]
        result[identity] = {n: v if v.__class__ in _PLAIN else plain(v) for n, v in values.items()}
    return result


_PLAIN = {type(None), bool, int, float, str}
_SLOTS: dict[type, tuple[list[str], set[str]]] = {}


def _varying(thing: Stateful) -> dict[str, Any]:
    """What is not declared constant of one object, as it is."""
    kind = type(thing)
    if kind not in _SLOTS:
        constant = set(thing.declared("constant"))
        own = set(getattr(thing, "__dict__", ()))
        _SLOTS[kind] = sorted(thing.attributes() - own - constant), constant
    slots, constant = _SLOTS[kind]
    values = {name: getattr(thing, name) for name in slots if hasattr(thing, name)}
    values.update((n, v) for n, v in getattr(thing, "__dict__", {}).items() if n not in constant)
    return values
