"""Runs for users: built from a loaded scene, recorded if asked for, with links if it has any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from commissioning.bench.load import LoadedScene
from commissioning.files.recording_format import Beginning
from commissioning.files.recording_writer import RecordingWriter
from commissioning.sim.inputs import to_plain
from commissioning.sim.run import Run

__all__ = ["KEYFRAME_EVERY_NS", "RecordedRun", "Run", "make_run"]

KEYFRAME_EVERY_NS = 600 * 1_000_000_000


def make_run(
    loaded: LoadedScene, seed: int | None = None, scenario: str | None = None, **options: Any
) -> Run:
    """A run of a loaded scene whose journal brings its meshes, see `commissioning.sim.run.Run`."""
    run = Run(loaded, seed, scenario, **options)
    run.journal.header = _with_meshes(run.journal.header, loaded)
    return run


def _with_meshes(header: Mapping[str, Any], loaded: LoadedScene) -> dict[str, Any]:
    """The journal's header as viewers want it: `look.assets` holds the arrays of the scene's meshes."""
    assets = {name: mesh.asset() for name, mesh in loaded.meshes.items()}
    return {**header, "look": {**header["look"], "assets": assets}} if assets else dict(header)


class RecordedRun:
    """Writes a run into a recording while it goes on. The run does not know it.

    Call `poll` between slices: it saves the open chunk and the inputs about every half second of wall time
    and a keyframe every ten minutes of virtual time. `close` completes the recording.
    """

    def __init__(self, run: Run, loaded: LoadedScene, path: str | Path) -> None:
        self.run = run
        header = _with_meshes(run.journal.header, loaded)
        header |= {"scenario": run.scenario, "every_scan": run.line.every_scan}
        beginning = run.journal.beginning  # of a restored run
        self.writer = RecordingWriter(
            path, header, loaded.files, None if beginning is None else Beginning(*beginning)
        )
        if run.journal.first and run.origin is not None:  # what the line was then, the records do not say
            self.writer.keyframe(*run.origin)
        self._inputs = 0
        self._next_keyframe = KEYFRAME_EVERY_NS
        for k, packed, chain, texts in run.journal.sealed():
            self.writer.chunk(k, packed, chain, texts)
        run.journal.on_chunk = self.writer.chunk

    def poll(self) -> None:
        """Save what is due."""
        # a replay snapshot repeats the whole input log: the recording has that already
        if self.run.now_ns >= self._next_keyframe and self.run.problem is None and not self.run.replay_only:
            self._next_keyframe = self.run.now_ns + KEYFRAME_EVERY_NS
            self.writer.keyframe(self.run.now_ns, self.run.journal.length, self.run.snapshot())
        if self.writer.tail_due:
            self._tail()

    def advance_to(self, t_ns: int, progress: Callable[[int], bool] | None = None) -> None:
        """Advance in slices of a minute, saving in between; `progress(now_ns)` may say False to stop."""
        minute = 60 * 1_000_000_000
        while self.run.now_ns < t_ns and self.run.problem is None:
            self.run.advance_to(min(t_ns, self.run.now_ns + minute))
            self.poll()
            if progress is not None and not progress(self.run.now_ns):
                return

    def abandon(self) -> None:
        """Let go of the file as it was last saved: for a run that was cut off inside an instant."""
        self.run.journal.on_chunk = None
        self.writer.abandon()

    def close(self, compress: bool = True) -> None:
        """Complete the recording. Raises Problems if something could not be written."""
        self._tail()
        self.run.journal.on_chunk = None
        self.writer.close(self.run.now_ns, self.run.journal.digest(), compress)

    def _tail(self) -> None:
        journal, log = self.run.journal, self.run.inputs.log
        count = len(log)
        fresh = enumerate(log[self._inputs : count], self._inputs)
        new = [(e[0], k, "input", to_plain(e[1:])) for k, e in fresh]
        self.writer.tail(journal.tail(), journal.open_count, journal.new_texts(), new, self.run.now_ns)
        self._inputs = count
