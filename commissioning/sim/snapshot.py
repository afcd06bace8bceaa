"""Snapshots: a run as plain data, and back.

`save(run)` gives bytes: compressed JSON with the open records of the journal behind it as they are, never
pickle, so that opening one runs no code. Two kinds come
through the same call: state (everything, bit-identical continuation) and, where a SimPy process is
alive or a link to a real controller was open, replay (scene hash, seed, inputs, time: the run is
repeated to that time).

A sum over the text tells damage. Who writes a sum of his own gets no further than data can go: what is
in a snapshot is checked before it is used (`commissioning.sim.snapshot_faults`), and a replay ends
where the run that it repeats had ended.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from commissioning.model.problem import Place, Problem
from commissioning.sim.part import Part
from commissioning.sim.snapshot_faults import head_fault, state_fault
from commissioning.sim.stateful import Stateful, decode, encode

if TYPE_CHECKING:
    from commissioning.sim.line import Line
    from commissioning.sim.run import Run

__all__ = ["FORMAT", "SnapshotError", "read", "repeat", "restore_state", "save"]

FORMAT = "commissioning-snapshot/3"
_LIMIT = 1 << 30  # bytes of text; a larger one is no snapshot of ours
_UNFIT = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What restoring raises for data that is of the right shape and makes no sense."""
_MINUTE = 60 * 1_000_000_000
_CROWDED = 10_000  # entries in one stretch of a replay from which on stretches get shorter


class SnapshotError(ValueError):
    """These bytes are no snapshot, or not one of this scene."""


def save(run: Run) -> bytes:
    """The run at the present time. Only between instants."""
    line = run.line
    data: dict[str, Any] = {
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
        data["executed"] = line.kernel.executed
        data["digest"] = line.journal.digest()
    else:
        data["kind"] = "state"
        data["state"] = {
            "scheduled": line.kernel.scheduled,
            "entries": [_save_entry(entry) for entry in entries],
            "journal": line.journal.save(packed=True),
            "signals": [signal.save() for signal in line.tags],
            "parts": [part.save() for part in line.parts.values()],
            "made": line.made,
            "alarms": [
                [alarm.what, astuple(alarm.where), alarm.cure, alarm.cause, alarm.severity]
                for alarm in line.alarms
            ],
            "objects": {identity: thing.save() for identity, thing in line.objects.items()},
        }
    return pack(data)


def pack(data: dict[str, Any]) -> bytes:
    """The bytes of a snapshot with this data: format and sum in the first line, then JSON in one line, then
    the open records."""
    journal, tail = _journal_of(data), b""
    if journal is not None and isinstance(journal.get("tail"), bytes):
        tail = journal["tail"]
        data = data | {"state": data["state"] | {"journal": journal | {"tail": None}}}
    text = json.dumps(data, separators=(",", ":")).encode() + b"\n" + tail
    return zlib.compress(f"{FORMAT} {hashlib.sha256(text).hexdigest()}\n".encode() + text, 1)


def unpack(snapshot: bytes) -> dict[str, Any]:
    """What `pack` was given, unchecked. Raises SnapshotError for what is damaged or nothing of ours."""
    try:
        unpacker = zlib.decompressobj()
        whole = unpacker.decompress(snapshot, _LIMIT)
        if not unpacker.eof:
            raise ValueError("it is cut off or too large")
        first, _, text = whole.partition(b"\n")
        form, _, total = first.partition(b" ")
        if form != FORMAT.encode():
            raise ValueError("it is of no format that this version of commissioning reads")
        if total != hashlib.sha256(text).hexdigest().encode():
            raise ValueError("it is damaged: its sum is another one")
        line, _, tail = text.partition(b"\n")
        data = json.loads(line)
    except (zlib.error, ValueError, RecursionError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    if not isinstance(data, dict):
        raise SnapshotError("not a snapshot: it holds no fields")
    journal = _journal_of(data)
    if journal is not None and journal.get("tail", b"") is None:
        journal["tail"] = tail
    return data


def _journal_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """The journal in the data of a snapshot, if there is one."""
    state = data.get("state")
    journal = state.get("journal") if isinstance(state, dict) else None
    return journal if isinstance(journal, dict) else None


def read(snapshot: bytes) -> dict[str, Any]:
    """The data of a snapshot, its head checked. Raises SnapshotError for anything else."""
    data = unpack(snapshot)
    fault = head_fault(data)
    if fault:
        raise SnapshotError(f"not a snapshot: {fault}")
    return data


def repeat(run: Run, data: dict[str, Any]) -> None:
    """Bring a fresh run of the inputs of a replay snapshot to its time.

    Raises SnapshotError once it takes more entries than the run the snapshot was taken of had needed
    (one given by hand to a time that the line never saw would go on for years), or if it becomes another
    journal.
    """
    kernel, t = run.line.kernel, data["t"]
    # inputs that were given between instants are entries only now
    most = data["executed"] + len(data["inputs"])
    stretch = _MINUTE
    while kernel._now < t and run.problem is None:
        waiting = kernel.next_time()
        before = kernel.executed
        run.advance_to(t if waiting is None else min(t, max(waiting, kernel._now + stretch)))
        taken = kernel.executed - before
        stretch = max(stretch // 2, 1) if taken > _CROWDED else min(stretch * 2, _MINUTE)
        if kernel.executed > most:
            raise SnapshotError(
                f"repeating it takes more than the {data['executed']:,} events it says it had "
                f"by {t / 1e9:g} s: its time, scenario or inputs are not those of the run"
            )
    if run.problem is not None:
        raise SnapshotError(f"repeating it fails: {run.problem}")
    if run.journal.digest() != data["digest"]:
        raise SnapshotError(
            "its seed and inputs give another journal: a process of your own wrote to the line, "
            "or the snapshot was changed"
        )


def restore_state(line: Line, state: dict[str, Any], t: int) -> None:
    """Replace the state of a freshly built line by that of a snapshot. Nothing is added, all replaced.

    Raises SnapshotError if it does not fit the line.
    """
    try:
        fault = state_fault(line, state, t)
        if fault:
            raise ValueError(fault)
        _restore(line, state, t)
    except _UNFIT as error:
        raise SnapshotError(f"the snapshot does not fit this line: {error}") from error


def _restore(line: Line, state: dict[str, Any], t: int) -> None:
    line.parts.clear()
    for data in state["parts"]:
        part = Part.restored(data)
        line.parts[part.id] = part
    line.made = state["made"]
    line.alarms[:] = [Problem(what, Place(*where), *words) for what, where, *words in state["alarms"]]
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
