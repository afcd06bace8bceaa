"""A recording as viewers, key figures and checks read it, also one that begins where a run was restored.

The records of such a run begin in the middle: what the line was then, they do not say. But the recording
carries the snapshot, and the scene that it is of: so the line is restored once more, and its state is written
down as records before the others, see `sim.since`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commissioning.bench.load import SCENE_FILE
from commissioning.bench.replay import carried_scene
from commissioning.files.recording import Recording
from commissioning.model.problem import Problems
from commissioning.sim.analysis.cause import clock
from commissioning.sim.check import RecordsView
from commissioning.sim.run import Run
from commissioning.sim.since import rows_since
from commissioning.sim.snapshot import SnapshotError

__all__ = ["Shown", "from_its_beginning", "recorded_view"]


class Shown(NamedTuple):
    """A recording whose records begin with the whole state of the line at `start_ns`. `notice`: what
    somebody who looks at it must know, "" for one that holds its run from the start."""

    recording: Recording
    start_ns: int
    notice: str


def from_its_beginning(recording: Recording) -> Shown:
    """The recording with records that stand for themselves: causes count from its first record."""
    if not recording.first_record:
        return Shown(recording, 0, "")
    try:
        found = _restored(recording)
    except (Problems, SnapshotError, ValueError, OSError) as error:
        return _as_it_is(recording, str(error).partition("\n")[0])
    if found is None:
        return _as_it_is(recording, "it carries no snapshot")
    start_ns, rows = found
    notice = f"This run was restored from a snapshot: it is recorded from {clock(start_ns)} on."
    return Shown(replace(recording, records=rows, first_record=0), start_ns, notice)


def recorded_view(recording: Recording) -> RecordsView:
    """As `Run.view` gives it: of a run that was restored what was since, with times that count from there.

    Raises Problems or SnapshotError where what the line was at its beginning cannot be found out.
    """
    rows, start_ns = recording.records, 0
    if recording.first_record:
        found = _restored(recording)
        if found is None:
            raise SnapshotError("this recording begins in the middle of a run and carries no snapshot")
        start_ns, rows = found
        rows["t"] -= start_ns
    return RecordsView(recording.header, recording.texts, rows, recording.end_ns - start_ns)


def _restored(recording: Recording) -> tuple[int, NDArray[np.void]] | None:
    """Time and records from the first snapshot on; None without any."""
    keyframe = next((one for one in recording.snapshots if one.records >= recording.first_record), None)
    if keyframe is None or SCENE_FILE not in recording.files:
        return None
    line = Run.restore(carried_scene(recording), keyframe.snapshot).line
    if line.kernel._now != keyframe.t_ns:
        raise SnapshotError("its snapshot is of another time than it says")
    since = recording.records[keyframe.records - recording.first_record :]
    return keyframe.t_ns, rows_since(line, since, keyframe.records)


def _as_it_is(recording: Recording, why: str) -> Shown:
    first, records = recording.first_record, recording.records.copy()
    records["cause"] = np.maximum(records["cause"] - first, 0)
    start_ns = int(records["t"][0]) if len(records) else 0
    notice = (
        f"The records of this run begin at {clock(start_ns)}, and what the line was then is not known "
        f"({why}): what has not changed since is not shown."
    )
    return Shown(replace(recording, records=records, first_record=0), start_ns, notice)
