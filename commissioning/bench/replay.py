"""Recordings: what is in one, and whether running it again gives the same journal."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from commissioning.bench.load import SCENE_FILE, LoadedScene, load
from commissioning.files.recording import Recording, read_recording
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import RECORD, Kind
from commissioning.sim.inputs import check_log, from_plain
from commissioning.sim.run import Run

__all__ = ["Contents", "Verification", "carried_scene", "describe", "rerun", "verify"]

Progress = Callable[[float, str], None]
_MINUTE = 60 * 1_000_000_000
_LONGEST_SILENCE_NS = 30 * 24 * 3600 * 1_000_000_000
"""Between two records, and after the last: a time that somebody wrote into it would take years to run to."""


@dataclass(frozen=True)
class Contents:
    """What a recording holds."""

    recording: Recording

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        r = self.recording
        return {
            "scene": r.header.get("name", ""), "scene_hash": r.header["core"]["scene_hash"],
            "seed": r.header["core"]["seed"], "scenario": r.header.get("scenario", ""),
            "simulated_s": r.end_ns / 1e9, "records": len(r.records), "inputs": len(r.inputs),
            "complete": r.complete, "digest": r.digest,
        }  # fmt: skip

    def as_text(self) -> str:
        """For people."""
        d = self.as_json()
        whole = "complete" if d["complete"] else "not closed: what was saved until the process ended"
        return (
            f"{d['scene']}, seed {d['seed']}, scenario {d['scenario'] or 'none'}: {d['simulated_s']:.3f} s, "
            f"{d['records']:,} records, {d['inputs']} inputs from outside ({whole})\n"
            f"journal digest {d['digest']}"
        )


@dataclass(frozen=True)
class Verification:
    """Whether a re-run gave the same journal. `difference` names the first divergence."""

    same: bool
    recorded: str
    rerun: str
    records: int
    difference: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "same": self.same, "recorded_digest": self.recorded, "rerun_digest": self.rerun,
            "records": self.records, "difference": self.difference,
        }  # fmt: skip

    def as_text(self) -> str:
        """For people."""
        if self.same:
            return f"the same: {self.records:,} records, journal digest {self.recorded}"
        return f"NOT the same. {self.difference}\nrecorded {self.recorded}\nre-run   {self.rerun}"


def describe(path: Path) -> Contents:
    """Read and verify a recording. Raises Problems."""
    return Contents(read_recording(path))


def verify(path: Path, progress: Progress | None = None, allow_code: Collection[str] = ()) -> Verification:
    """Run a recording again, from the scene it carries and its inputs, and compare. Raises Problems.

    `allow_code`: hashes of Python that the scene brings and that may run.
    """
    recording = read_recording(path)
    run = rerun(recording, progress, allow_code)
    digest = run.journal.digest()
    if digest == recording.digest:
        return Verification(True, recording.digest, digest, len(recording.records))
    return Verification(
        False, recording.digest, digest, len(recording.records), _first_difference(recording, run)
    )


def rerun(recording: Recording, progress: Progress | None = None, allow_code: Collection[str] = ()) -> Run:
    """A run of the recorded scene with the recorded seed and inputs, advanced to the recorded end.

    It stops before that where its journal is not the recorded one any more. Raises Problems.
    """
    if SCENE_FILE not in recording.files:
        raise Problems(
            Problem(
                "this recording does not carry its scene", Place(file=str(recording.path)), "Record it again"
            )
        )
    try:
        log = [[entry.t_ns, *from_plain(entry.value)] for entry in recording.inputs]
        check_log(log, recording.end_ns)
        loaded = carried_scene(recording, allow_code)
    except (TypeError, ValueError, OSError, RecursionError) as error:
        raise Problems(_unusable(recording, str(error))) from error
    if loaded.scene.hash != recording.header["core"]["scene_hash"]:
        raise Problems(
            Problem(
                "the scene in this recording is read differently by this version",
                Place(file=str(recording.path)),
                "Use the version that recorded it",
            )
        )
    header = recording.header
    scenario, seed = header.get("scenario", ""), header["core"]["seed"]
    if type(seed) is not int or not 0 <= seed < 1 << 63:
        raise Problems(_unusable(recording, f"its seed is {seed!r:.40}"))
    if not isinstance(scenario, str) or (scenario and scenario not in loaded.scene.scenarios):
        raise Problems(_unusable(recording, f"its scene has no scenario {scenario!r:.40}"))
    silence = _longest_silence(recording)
    if silence > _LONGEST_SILENCE_NS:
        raise Problems(_unusable(recording, f"it says that nothing happened for {silence / 8.64e13:g} days"))
    try:
        every_scan = bool(header.get("every_scan", False))
        run = Run(loaded, seed, scenario, every_scan=every_scan, inputs=log)
    except (KeyError, TypeError, ValueError) as error:
        raise Problems(_unusable(recording, str(error))) from error
    _advance(run, recording, progress)
    return run


def carried_scene(recording: Recording, allow_code: Collection[str] = ()) -> LoadedScene:
    """The scene that the recording carries. Its problems name the recording, not where it was unpacked."""
    with tempfile.TemporaryDirectory(prefix="commissioning-replay-") as folder:
        recording.unpack(Path(folder))
        try:
            return load(Path(folder), False, allow_code)
        except Problems as problems:
            raise Problems(_renamed(p, folder, recording.path.name) for p in problems.problems) from None


def _renamed(problem: Problem, folder: str, name: str) -> Problem:
    """The problem with "day.recording: scene.yaml" where the file of that name in `folder` is meant."""

    def told(text: str) -> str:
        return text.replace(f"{folder}{os.sep}", f"{name}: ").replace(folder, name)

    where = replace(problem.where, file=told(problem.where.file))
    return Problem(told(problem.what), where, told(problem.cure), told(problem.cause))


def _longest_silence(recording: Recording) -> int:
    """ns between two records one after the other, or before the first, or after the last."""
    times = recording.records["t"]
    if not len(times):
        return recording.end_ns
    between = int(np.diff(times).max()) if len(times) > 1 else 0
    before = 0 if recording.first_record else int(times[0])
    return max(between, before, recording.end_ns - int(times[-1]))


def _advance(run: Run, recording: Recording, progress: Progress | None) -> None:
    """To the recorded end, or to where the journal leaves the recorded one: nobody waits for the rest."""
    stretch = min(max(_MINUTE, recording.end_ns // 100), 60 * _MINUTE)
    compared = recording.first_record
    most = compared + len(recording.records)
    while run.now_ns < recording.end_ns and run.problem is None:
        run.advance_to(min(recording.end_ns, run.now_ns + stretch))
        if progress is not None:
            progress(run.now_ns / recording.end_ns, "re-run")
        length = run.journal.length
        if length > most:
            return
        if length > compared:
            old = recording.records[compared - recording.first_record : length - recording.first_record]
            if old.tobytes() != run.journal.records(compared, length).tobytes():
                return
            compared = length


def _unusable(recording: Recording, cause: str) -> Problem:
    return Problem(
        "this recording cannot be run again",
        Place(file=str(recording.path)),
        "It was changed after it was written, or by another program; record the run again",
        cause,
    )


def _first_difference(recording: Recording, run: Run) -> str:
    """The first record that differs, in words."""
    old, new = recording.records, run.journal.records()[recording.first_record :]
    if recording.header["core"] != run.journal.header["core"]:
        return "The line is built differently: signals, drives or products of the header differ."
    count = min(len(old), len(new))
    different = np.zeros(count, bool)
    for name in RECORD.names or ():
        a, b = old[name][:count], new[name][:count]
        different |= ~((a == b) | ((a != a) & (b != b)))
    if different.any():
        k = int(np.argmax(different))
        return (
            f"First divergence at record {recording.first_record + k + 1}: "
            f"recorded {_in_words(recording.header, old[k])}; "
            f"re-run {_in_words(recording.header, new[k])}."
        )
    if len(old) != len(new):
        longer, rows = ("recording", old) if len(old) > len(new) else ("re-run", new)
        return (
            f"The first {count:,} records agree; the {longer} goes on with "
            f"{_in_words(recording.header, rows[count])}."
        )
    return "All records agree; the texts (reasons, problems) differ."


def _in_words(header: Any, record: Any) -> str:
    kind = Kind(int(record["kind"])) if int(record["kind"]) in set(Kind) else None
    tables = {
        Kind.VALUE: "signals", Kind.SOURCE: "signals", Kind.OVERRIDE: "signals", Kind.STATE: "objects",
        Kind.READING: "signals",
    }  # fmt: skip
    index = int(record["obj"])
    name = str(index)
    if kind in tables:
        entry = header["core"][tables[kind]][index]
        name = entry.get("name", entry.get("id"))
    elif kind is Kind.DRIVE:
        name = header["core"]["drives"][index]
    word = kind.name if kind is not None else f"kind {int(record['kind'])}"
    return f"{word} of {name} = {float(record['a']):g} at {int(record['t']) / 1e9:.9f} s"
