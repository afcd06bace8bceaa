"""Recordings: what is written reads back, what is damaged is named, a killed process loses half a second."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from recording_fakes import FILES, HEADER, packed, write

from commissioning.files.recording import (
    TAIL_EVERY_S,
    Beginning,
    Recording,
    RecordingWriter,
    is_recording,
    read_recording,
)
from commissioning.model.problem import Problems
from commissioning.model.record import CHUNK, RECORD, RECORD_BYTES, chain_next, chain_start


@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK + 17])
@pytest.mark.parametrize("compress", [False, True])
def test_that_a_closed_recording_reads_back_as_it_was_written(
    tmp_path: Path, count: int, compress: bool
) -> None:
    path = tmp_path / "run.recording"
    digest = write(path, count, texts=("jam", "Störung \U0001f6d1"), compress=compress)
    recording = read_recording(path)
    assert recording.records.tobytes() == packed(0, count)
    assert recording.records.dtype == RECORD
    assert recording.texts == ("jam", "Störung \U0001f6d1")
    assert recording.header == HEADER
    assert recording.files == FILES
    assert recording.inputs == ((5, 0, "force", ["I_PE1", True]), (5, 1, "press", "start"))
    assert recording.snapshots == ((2000, 0, b'{"snapshot": 1}'),)
    assert recording.complete
    assert recording.end_ns == 1000 * count
    assert recording.digest == digest
    assert recording.first_record == 0


def test_that_a_closed_recording_is_one_single_file(good: Path) -> None:
    assert [path.name for path in good.parent.iterdir()] == ["good.recording"]


def test_that_meshes_of_the_header_are_kept_as_arrays(tmp_path: Path) -> None:
    mesh = {
        "vertices": np.eye(3, dtype=np.float32),
        "faces": np.array([[0, 1, 2]], np.int32),
        "colours": np.array([[1, 2, 3, 255]], np.uint8),
    }
    header = HEADER | {"look": {"bodies": [], "assets": {"gripper.glb": mesh}}}
    with RecordingWriter(tmp_path / "run", header, {}):
        pass
    assert header["look"]["assets"], "what the caller gave stays as it is"
    look = read_recording(tmp_path / "run").header["look"]
    assert look["bodies"] == []
    for name, array in mesh.items():
        assert np.array_equal(look["assets"]["gripper.glb"][name], array)


def test_that_compressing_makes_the_file_at_least_twice_smaller(tmp_path: Path) -> None:
    write(tmp_path / "raw", 20 * CHUNK)
    write(tmp_path / "small", 20 * CHUNK, compress=True)
    raw = (tmp_path / "raw").stat().st_size
    assert raw < 1.1 * 20 * CHUNK * RECORD_BYTES
    assert (tmp_path / "small").stat().st_size < raw / 2


def test_that_an_open_recording_ends_with_its_last_tail(tmp_path: Path) -> None:
    """A chunk that came later may end inside an instant, and its inputs are not in."""
    path = tmp_path / "run"
    piece = packed(0, CHUNK)
    chain = chain_next(chain_start(HEADER["core"]), piece, ["a", "b"])
    with RecordingWriter(path, HEADER, {}) as writer:
        writer.tail(packed(0, 5), 5, ["a"], [(1, 0, "force", 1)], 10)
        writer.tail(packed(0, 9), 9, ["a", "b"], [(2, 0, "force", 0)], 20)
        writer.keyframe(20, 9, b"in")
        writer.chunk(0, piece, chain, ["a", "b"])
        writer.keyframe(30, CHUNK, b"after")
    opened = read_recording(path)
    assert (len(opened.records), opened.texts, opened.complete, opened.end_ns) == (9, ("a", "b"), False, 20)
    assert [entry.t_ns for entry in opened.inputs] == [1, 2]
    assert opened.digest == chain_next(chain_start(HEADER["core"]), packed(0, 9), ["a", "b"]).hex()
    assert [keyframe.snapshot for keyframe in opened.snapshots] == [b"in"]
    with RecordingWriter(path, HEADER, {}) as writer:
        writer.tail(packed(0, 9), 9, ["a"], (), 20)
        writer.chunk(0, piece, chain, ["a", "b"])
        writer.tail(packed(CHUNK, 2), 2, ["c"], (), 30)
    opened = read_recording(path)
    assert (len(opened.records), opened.texts, opened.end_ns) == (CHUNK + 2, ("a", "b", "c"), 30)


def test_that_a_recording_without_a_tail_is_empty_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "run"
    piece = packed(0, CHUNK)
    chain = chain_next(chain_start(HEADER["core"]), piece, [])
    with RecordingWriter(path, HEADER, {}) as writer:
        writer.chunk(0, piece, chain)
    assert len(read_recording(path).records) == 0
    with RecordingWriter(path, HEADER, {}) as writer:
        writer.chunk(0, piece, chain)
        writer.close(5, chain_next(chain, b"", []).hex())
    assert len(read_recording(path).records) == CHUNK


def test_that_a_restored_runs_recording_starts_where_its_journal_starts(tmp_path: Path) -> None:
    path = tmp_path / "fork"
    before = chain_next(chain_start(HEADER["core"]), packed(0, CHUNK), ["early"])
    piece = packed(CHUNK, CHUNK)
    chain = chain_next(before, piece, ["late"])
    with RecordingWriter(path, HEADER, {}, Beginning(1, before, ("early",))) as writer:
        writer.chunk(1, piece, chain, ["late"])
        writer.close(7, chain_next(chain, b"", []).hex())
    recording = read_recording(path)
    assert recording.first_record == CHUNK
    assert recording.texts == ("early", "late")
    assert recording.records["t"][0] == 1000 * CHUNK


def test_that_a_recording_reads_while_it_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "live"
    with RecordingWriter(path, HEADER, FILES) as writer:
        writer.tail(packed(0, 3), 3, (), (), 3000)
        deadline = time.monotonic() + 20
        while writer.saved < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(read_recording(path).records) == 3
        assert not read_recording(path).complete


def test_that_chunks_out_of_order_and_sizes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run", HEADER, {}) as writer:
        with pytest.raises(ValueError, match="comes next"):
            writer.chunk(1, packed(0, CHUNK), b"")
        with pytest.raises(ValueError, match="comes next"):
            writer.chunk(0, packed(0, 5), b"")
        with pytest.raises(ValueError, match="do not fill"):
            writer.tail(packed(0, 5), 4)


def test_that_an_older_recording_is_replaced_and_any_other_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run"
    write(path, 10)
    write(path, 3)
    assert len(read_recording(path).records) == 3
    path.write_text("somebody's notes")
    with pytest.raises(Problems) as caught:
        RecordingWriter(path, HEADER, {})
    assert "not a recording" in str(caught.value)
    assert path.read_text() == "somebody's notes"


def test_that_an_unwritable_place_is_a_problem_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        RecordingWriter(tmp_path / "missing" / "run", HEADER, {})
    assert caught.value.problems[0].where.file.endswith("run")
    assert caught.value.problems[0].cure


@pytest.mark.parametrize("name", ["../x", "/etc/x", "C:/x", "a\\b", "", "a/..", "nul\0"])
def test_that_a_recording_refuses_files_that_would_leave_the_scene_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problems, match="leaves the scene's folder"):
        RecordingWriter(tmp_path / "run", HEADER, {name: b""})


def test_that_a_path_written_with_dots_and_double_strokes_is_carried_plain(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run", HEADER, {"./plc//main.st": b"x"}):
        pass
    assert read_recording(tmp_path / "run").files == {"plc/main.st": b"x"}


def test_that_trouble_while_writing_does_not_stop_the_run_and_is_told_at_close(tmp_path: Path) -> None:
    path = tmp_path / "run"
    writer = RecordingWriter(path, HEADER, {})
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE chunks")
    writer.chunk(0, packed(0, CHUNK), b"c" * 32)
    writer.tail(packed(CHUNK, 1), 1)
    with pytest.raises(Problems) as caught:
        writer.close(1, "")
    assert "stopped being written" in str(caught.value)
    assert "chunks" in caught.value.problems[0].cause


def test_that_files_unpack_below_the_folder(good: Path, tmp_path: Path) -> None:
    read_recording(good).unpack(tmp_path)
    assert (tmp_path / "plc" / "main.st").read_bytes() == FILES["plc/main.st"]


# ---- kill -9 ------------------------------------------------------------------------------------------

CHILD = """
import struct, sys, time
from commissioning.files.recording import RecordingWriter
from commissioning.model.record import CHUNK, LAYOUT, chain_next, chain_start

tables = ("signals", "objects", "drives", "lanes", "slots", "products", "attributes")
core = {"format": "commissioning-journal/2", "scene_hash": "", "seed": 1} | {name: [] for name in tables}
chain, rows, k = chain_start(core), [], 0
row = struct.Struct("<" + LAYOUT)
with RecordingWriter(sys.argv[1], {"core": core}, {}) as writer:
    while True:  # about 3000 records a second, each stamped with the wall clock
        rows.append(row.pack(time.monotonic_ns(), 99, 0, 0, 0, 0.0, 0.0, 0.0, 0.0))
        if len(rows) % 30 == 0:
            time.sleep(0.01)
        if len(rows) == CHUNK:
            chain = chain_next(chain, b"".join(rows), [])
            writer.chunk(k, b"".join(rows), chain)
            rows, k = [], k + 1
        if writer.tail_due:
            writer.tail(b"".join(rows), len(rows))
"""


def kills(folder: Path) -> Iterator[tuple[float, Recording]]:
    """(wall seconds lost, what reads back) of processes that were killed at random moments."""
    for attempt in range(3):
        path = folder / f"killed{attempt}"
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)])
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not is_recording(path):
                time.sleep(0.02)
            time.sleep(random.Random(attempt).uniform(1.8, 2.8))
            child.send_signal(signal.SIGKILL)
            at = time.monotonic_ns()
        finally:
            child.kill()
            child.wait()
        recording = read_recording(path)
        last = int(recording.records["t"][-1]) if len(recording.records) else 0
        yield (at - last) / 1e9, recording


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_that_a_killed_process_loses_half_a_second_at_most(tmp_path: Path) -> None:
    """Three tries, because a busy machine may keep the child from running; it never makes a loss smaller."""
    lost = []
    for seconds, recording in kills(tmp_path):
        assert not recording.complete
        assert recording.digest
        lost.append(seconds)
        if seconds < TAIL_EVERY_S + 0.1:
            return
    raise AssertionError(f"lost {lost} s of wall time")


def test_that_a_journal_of_another_version_is_told_as_such_and_not_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    header = {**HEADER, "core": {**HEADER["core"], "format": "commissioning-journal/77"}}
    with RecordingWriter(path, header, FILES) as writer:
        writer.close(0, chain_next(chain_start(header["core"]), b"", []).hex())
    with pytest.raises(Problems) as raised:
        read_recording(path)
    (problem,) = raised.value.problems
    assert "commissioning-journal/77" in problem.what and "damaged" not in str(problem)
    assert "the version that wrote it" in problem.cure


def test_that_a_folder_is_told_as_one_to_read_and_to_write(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="this is a folder, not a recording"):
        read_recording(tmp_path)
    with pytest.raises(Problems, match=r"Cause: it is a folder\."):
        RecordingWriter(tmp_path, HEADER, FILES)
    with pytest.raises(Problems, match=r"Cause: there is no folder .*none\."):
        RecordingWriter(tmp_path / "none" / "a.rec", HEADER, FILES)
