"""What is wrong with the data of a snapshot, before any of it is used.

A sum tells damage; this tells what somebody wrote by hand, or what a fault in the program left out.
It cannot tell whether a state was ever reached by a run, only whether a run can go on from it: numbers
are numbers of the right kind and size, references lead somewhere, time does not run backwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from commissioning.model.record import CHUNK, RECORD, RECORD_BYTES
from commissioning.model.record_fault import record_fault
from commissioning.sim.axis import Axis
from commissioning.sim.drive import Drive
from commissioning.sim.inputs import LATEST, check_log
from commissioning.sim.kernel import END
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["head_fault", "state_fault"]

_HEAD = {
    "scene_hash": str, "core": str, "seed": int, "scenario": str, "every_scan": bool, "t": int,
    "inputs": list, "kind": str,
}  # fmt: skip
_REPLAY = {"executed": int, "digest": str}
_STATE = {
    "scheduled": int, "entries": list, "journal": dict, "signals": list, "parts": list, "made": int,
    "alarms": list, "objects": dict,
}  # fmt: skip
_MOST_REPEATED = 1_000_000_000
"""Entries that a replay may take: hours of computing. More is no snapshot that anybody waits for."""
_LONGEST_REPEATED = 366 * 24 * 3600 * 1_000_000_000
"""ns that a replay may take the line through, however little happens in them."""
_NATURES = {"tuple", "deque", "dict", "object", "part", "waiting"}
"""What `encode` wraps a value in that JSON has no word for."""
_NEVER = 1 << 80
"""ns; what waits for later than a run can last waits all the same."""
_MOST = 1 << 48
"""Counts of chunks, entries, parts: no run gets there."""


def head_fault(data: Mapping[str, Any]) -> str:
    """Why this is no snapshot of any scene; empty if it may be one."""
    kind = data.get("kind")
    more: dict[str, type] = _REPLAY if kind == "replay" else {"state": dict}
    if kind not in ("replay", "state"):
        return f"its kind is {kind!r:.40}"
    fault = _fields(data, _HEAD | more)
    if fault:
        return fault
    if not 0 <= data["t"] <= LATEST:
        return f"its time is {data['t']!r:.40} ns"
    if not 0 <= data["seed"] < 1 << 63:
        return f"its seed is {data['seed']!r:.40}"
    if kind == "replay" and not 0 <= data["executed"] <= _MOST_REPEATED:
        return f"repeating it would take {data['executed']!r:.40} events, more than {_MOST_REPEATED:.0e}"
    if kind == "replay" and data["t"] > _LONGEST_REPEATED:
        return f"repeating it would take {data['t'] / 8.64e13:.3g} days of the line, more than a year"
    try:
        check_log(data["inputs"], data["t"])
    except (RecursionError, TypeError, ValueError) as error:
        return f"its inputs hold {error}"
    return ""


def state_fault(line: Line, state: Mapping[str, Any], t: int) -> str:
    """Why a run of `line` cannot go on from this state at `t` ns; empty if it can."""
    return (
        _fields(state, _STATE)
        or _queue_fault(line, state, t)
        or _journal_fault(line, state["journal"], t)
        or _part_fault(line, state, t)
        or _signal_fault(line, state["signals"], t)
        or _alarm_fault(state["alarms"])
        or _object_fault(line, state["objects"], t)
    )


def _fields(data: Mapping[str, Any], kinds: Mapping[str, type]) -> str:
    if set(data) != set(kinds):
        return f"its fields are {', '.join(sorted(map(str, data)))[:200]}"
    wrong = [name for name, kind in kinds.items() if type(data[name]) is not kind]
    return f"{wrong[0]} is {data[wrong[0]]!r:.60}" if wrong else ""


def _queue_fault(line: Line, state: Mapping[str, Any], t: int) -> str:
    scheduled, entries = state["scheduled"], state["entries"]
    if not len(entries) <= scheduled < _MOST:
        return f"it says {scheduled!r:.40} entries were scheduled, {len(entries)} wait"
    last = (t, -1, 0)
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 7 or not _counts(entry[1:4]):
            return "an entry of its queue is none"
        if type(entry[0]) is not int or not 0 <= entry[0] <= _NEVER or tuple(entry[:3]) <= last:
            return f"an entry of its queue waits for {entry[0]!r:.40} ns, out of order"
        if entry[2] > scheduled or entry[1] > END + 0xFFFF:
            return f"an entry of its queue has the number {entry[2]}"
        last = tuple(entry[:3])
        if not isinstance(entry[5], str) or not isinstance(entry[6], str) or entry[5] not in line.objects:
            return f"an entry of its queue belongs to {entry[5]!r:.40}"
    return ""


def _journal_fault(line: Line, data: Mapping[str, Any], t: int) -> str:
    fault = _fields(data, {"chunks": int, "chain": str, "tail": bytes, "texts": list, "texts_sealed": int})
    if fault:
        return fault
    tail = data["tail"]
    if (
        len(bytes.fromhex(data["chain"])) != 32
        or len(tail) % RECORD_BYTES
        or len(tail) >= CHUNK * RECORD_BYTES
    ):
        return "its journal is none"
    if not 0 <= data["chunks"] < _MOST or not 0 <= data["texts_sealed"] <= len(data["texts"]):
        return "its journal has another length than it says"
    if not all(isinstance(text, str) for text in data["texts"]):
        return "its texts are none"
    records = np.frombuffer(tail, RECORD)
    times = records["t"]
    if len(records) and (times[0] < 0 or times[-1] > t or np.any(times[1:] < times[:-1])):
        return "the times of its journal run backwards"
    return record_fault(records, line.journal.header["core"])


def _part_fault(line: Line, state: Mapping[str, Any], t: int) -> str:
    made, seen = state["made"], -1
    if not 0 <= made < _MOST:
        return f"it says {made!r:.40} parts were made"
    for part in state["parts"]:
        if not isinstance(part, list) or len(part) != 8 or not isinstance(part[7], list):
            return "a part is none"
        number, product, *sizes, made_ns, marks = part
        if not _counts([number, product, made_ns]) or not seen < number < made or made_ns > t:
            return f"part {number!r:.40} cannot be"
        seen = number
        if product >= len(line.products) or not all(_finite(size) and size >= 0.0 for size in sizes):
            return f"part {number} cannot be"
        for mark in marks:
            if not isinstance(mark, list) or len(mark) != 2 or not _counts(mark[:1]) or not _number(mark[1]):
                return f"part {number} has a mark that is none"
            if mark[0] >= len(line.attributes):
                return f"part {number} has a mark of no name"
    return ""


def _signal_fault(line: Line, signals: list[Any], t: int) -> str:
    if len(signals) != len(line.tags):
        return "it has other tags than the line"
    for signal, data in zip(line.tags, signals, strict=True):
        always = signal.always
        if not isinstance(data, dict) or not all(name in data for name in always):
            return f"the state of {signal.name} is none"
        if not (signal.type.accepts(data["value"]) and signal.type.accepts(data["source"])):
            return f"{signal.name} is {signal.type.value}, it cannot be {data['value']!r:.40}"
        if type(data["t"]) is not int or not 0 <= data["t"] <= t:
            return f"the time of {signal.name} is none"
        if len(data) > len(always):
            fault = _unusual_fault(signal, data)
            if fault:
                return fault
    return ""


def _unusual_fault(signal: Signal, data: Mapping[str, Any]) -> str:
    """Of an entry that is not good, or was overridden: what else its state says."""
    more = {name: value for name, value in data.items() if name not in signal.always}
    if not set(more) <= set(signal.declared("saved")):
        return f"the state of {signal.name} is none"
    for name, value in more.items():
        if name in ("force_value", "fault_value"):
            if not signal.type.accepts(value):
                return f"{signal.name} is {signal.type.value}, it cannot be {value!r:.40}"
        elif name in ("forced", "faulted", "overridden"):
            if type(value) is not bool:
                return f"the overrides of {signal.name} are none"
        elif not _counts([value]) or value > (2 if name.endswith("quality") else 255):
            return f"the quality of {signal.name} is none"
    return ""


def _alarm_fault(alarms: list[Any]) -> str:
    for alarm in alarms:
        what, where, *words = alarm
        file, row, column, identity = where
        texts = (what, file, identity, *words)
        if len(words) not in (2, 3) or not all(isinstance(text, str) for text in texts):
            return "an alarm is none"
        if not _counts([row, column]):
            return "an alarm is none"
    return ""


def _object_fault(line: Line, objects: Mapping[str, Any], t: int) -> str:
    if set(objects) != set(line.objects):
        return "it has other objects than the line"
    check_log(objects["run:inputs"]["log"], t)
    fresh: dict[str, dict[str, Any]] | None = line.loaded.shared.get("fresh")
    if fresh is None or fresh.keys() != line.objects.keys():
        # what a line has in each field before it has started is the same in each of its runs
        fresh = {identity: thing.save() for identity, thing in line.objects.items()}
        line.loaded.shared["fresh"] = fresh
    for identity, thing in line.objects.items():
        now = fresh[identity]
        data = objects[identity]
        if not isinstance(data, dict) or set(data) != set(now):
            return f"the state of {identity} has other fields"
        moves = isinstance(thing, Drive | Axis | Lane)
        for name, value in data.items():
            kind = type(value)
            if kind is type(now[name]) and (
                kind is bool or kind is str or (kind is int and -LATEST <= value <= LATEST)
            ):
                continue  # most are, and are done with at once
            if not _like(value, now[name]) or not all(_sane(leaf, moves) for leaf in _leaves(value)):
                return f"{name} of {identity} cannot be {value!r:.60}"
    return ""


def _like(value: Any, now: Any) -> bool:
    """Is it of the kind that a fresh line has there? What may be missing is None in one of both."""
    if value is None or now is None:
        return True
    if isinstance(now, bool) or isinstance(value, bool):
        return type(value) is type(now)
    if isinstance(now, int):
        return type(value) is int
    if isinstance(now, float):
        return isinstance(value, int | float)
    if isinstance(now, dict) and isinstance(value, dict) and set(now) & _NATURES:
        return set(value) == set(now)
    return type(value) is type(now)


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    else:
        yield value


def _sane(leaf: Any, moves: bool) -> bool:
    """Not beyond what the journal and the kernel can hold; of what moves, finite."""
    if isinstance(leaf, int):
        return abs(leaf) <= LATEST + 1
    return not (moves and isinstance(leaf, float) and not math.isfinite(leaf))


def _counts(values: Iterable[Any]) -> bool:
    return all(type(value) is int and 0 <= value <= LATEST for value in values)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> bool:
    return _number(value) and abs(value) < 1e300
