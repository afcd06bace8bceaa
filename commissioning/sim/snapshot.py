"""Snapshots: a run as plain data, and back.

`save(run)` gives bytes: compressed JSON, never pickle, so that opening one runs no code. Two kinds come
through the same call: state (everything, bit-identical continuation) and, where a SimPy process is
alive, replay (scene hash, seed, inputs, time: the run is repeated to that time).
"""

from __future__ import annotations

import json
import zlib
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from commissioning.model.problem import Place, Problem
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful, decode, encode

if TYPE_CHECKING:
    from commissioning.sim.line import Line
    from commissioning.sim.run import Run

__all__ = ["FORMAT", "SnapshotError", "read", "restore_state", "save"]

FORMAT = "commissioning-snapshot/1"
_LIMIT = 1 << 30  # bytes of JSON; a larger one is no snapshot of ours


class SnapshotError(ValueError):
    """These bytes are no snapshot, or not one of this scene."""


def save(run: Run) -> bytes:
    """The run at the present time. Only between instants."""
    line = run.line
    data: dict[str, Any] = {
        "format": FORMAT,
        "scene_hash": line.scene.hash,
        "core": line.core_hash,
        "seed": line.seed,
        "scenario": run.scenario,
        "every_scan": line.every_scan,
        "t": line.kernel.now,
        "inputs": run.inputs.log,
    }
    entries = line.kernel.entries()
    if run.replay_only or any(isinstance(entry[4], Event) for entry in entries):
        data["kind"] = "replay"
    else:
        data["kind"] = "state"
        data["state"] = {
            "scheduled": line.kernel.scheduled,
            "entries": [_save_entry(entry) for entry in entries],
            "journal": line.journal.save(),
            "signals": [signal.save() for signal in line.tags],
            "parts": [part.save() for part in line.parts.values()],
            "made": line.made,
            "alarms": [[alarm.what, astuple(alarm.where), alarm.cure, alarm.cause] for alarm in line.alarms],
            "objects": {identity: thing.save() for identity, thing in line.objects.items()},
        }
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)


def read(snapshot: bytes) -> dict[str, Any]:
    """The data of a snapshot. Raises SnapshotError for anything else."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(snapshot, _LIMIT)
        if not unpacker.eof:
            raise ValueError("it is cut off or too large")
        data = json.loads(text)
    except (zlib.error, ValueError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise SnapshotError("not a snapshot of this version of commissioning")
    kinds = {
        "scene_hash": str, "core": str, "seed": int, "scenario": str, "every_scan": bool, "t": int,
        "inputs": list, "kind": str,
    }  # fmt: skip
    for name, kind in kinds.items():
        if type(data.get(name)) is not kind:
            raise SnapshotError(f"not a snapshot: {name} is {data.get(name)!r}")
    if data["t"] < 0 or (data["kind"] == "state") != isinstance(data.get("state"), dict):
        raise SnapshotError("not a snapshot: its time or its state makes no sense")
    return data


def restore_state(line: Line, state: dict[str, Any], t: int) -> None:
    """Replace the state of a freshly built line by that of a snapshot. Nothing is added, all replaced.

    Raises SnapshotError if it does not fit the line.
    """
    try:
        if set(state["objects"]) != set(line.objects):
            raise ValueError("it has other objects than the line")
        _restore(line, state, t)
    except (AttributeError, AssertionError, KeyError, TypeError, ValueError, IndexError) as error:
        raise SnapshotError(f"the snapshot does not fit this line: {error}") from error


def _restore(line: Line, state: dict[str, Any], t: int) -> None:
    line.parts.clear()
    for data in state["parts"]:
        part = Part.restored(data)
        line.parts[part.id] = part
    line.made = state["made"]
    line.alarms[:] = [
        Problem(what, Place(*where), cure, cause) for what, where, cure, cause in state["alarms"]
    ]
    line.journal.restore(state["journal"])
    for signal, data in zip(line.tags, state["signals"], strict=True):
        signal.restore(data, line)
    for identity, data in state["objects"].items():
        line.objects[identity].restore(data, line)
    entries = [_load_entry(line, entry) for entry in state["entries"]]
    line.kernel.replace(t, state["scheduled"], entries)


def _save_entry(entry: tuple[Any, ...]) -> list[Any]:
    t, key, sequence, cause, arg, fn = entry
    owner = fn.__self__
    if not isinstance(owner, Stateful) or not owner.may_continue(fn.__name__):
        raise TypeError(f"{fn!r} waits in the kernel and is no declared continuation")
    return [t, key, sequence, cause, encode(arg), owner.id, fn.__name__]


def _load_entry(line: Line, entry: list[Any]) -> tuple[Any, ...]:
    t, key, sequence, cause, arg, identity, method = entry
    owner = line.objects[identity]
    if not owner.may_continue(method):
        raise SnapshotError(f"{method} is no continuation of {identity}")
    return (t, key, sequence, cause, decode(arg, line), getattr(owner, method))
