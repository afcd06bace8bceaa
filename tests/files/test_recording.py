"""Recordings: what is written reads back, what is damaged is named, a killed process loses half a second."""

from __future__ import annotations

import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.files.recording import (
    TAIL_EVERY_S,
    Beginning,
    Recording,
    RecordingWriter,
    is_recording,
    read_recording,
)
from commissioning.model.problem import Problems
from commissioning.model.record import CHUNK, LAYOUT, RECORD, RECORD_BYTES, Kind, chain_next, chain_start

HEADER: dict[str, Any] = {
    "core": {
        "format": "commissioning-journal/2",
        "scene_hash": "0" * 64,
        "seed": 1,
        "signals": [{"name": f"I_PE{k}", "type": "BOOL"} for k in range(7)],
        "objects": [{"id": "belt1", "kind": "device", "type": "belt"}],
        "drives": ["belt1"],
        "lanes": [{"id": "belt1"}],
        "slots": [{"id": "station.0"}],
        "products": [{"id": "carton"}],
        "attributes": [],
    },
    "name": "Fördertechnik",
}
FILES = {"scene.yaml": b"format: commissioning-scene/1\n", "plc/main.st": "(* \u00b5 *)".encode()}


def packed(first: int, count: int) -> bytes:
    """Records number `first` and on: t = 1000 n, kind 1, obj n % 7, a = n / 2."""
    row = struct.Struct("<" + LAYOUT)
    return b"".join(
        row.pack(1000 * n, 1, 0, n % 7, n, n / 2, 0.0, 0.0, 0.0) for n in range(first, first + count)
    )


def write(
    path: Path, count: int, *, texts: tuple[str, ...] = (), close: bool = True, compress: bool = False
) -> str:
    """A recording of `count` records, texts used in the first chunk; the digest by the decision record."""
    chain = chain_start(HEADER["core"])
    with RecordingWriter(path, HEADER, FILES) as writer:
        for k in range(count // CHUNK):
            piece = packed(k * CHUNK, CHUNK)
            words = texts if k == 0 else ()
            chain = chain_next(chain, piece, words)
            writer.chunk(k, piece, chain, words)
        rest = count % CHUNK
        tail = packed(count - rest, rest)
        words = texts if count < CHUNK else ()
        writer.tail(
            tail, rest, words, [(5, 0, "force", ["I_PE1", True]), (5, 1, "press", "start")], 1000 * count
        )
        writer.keyframe(2000, 0, b'{"snapshot": 1}')
        digest = chain_next(chain, tail, words).hex()
        if close:
            writer.close(1000 * count, digest, compress=compress)
    return digest


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "good.recording"
    write(path, CHUNK + 10, texts=("jam",))
    return path


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


# ---- damage -------------------------------------------------------------------------------------------


def altered(good: Path, tmp_path: Path, *statements: str) -> Path:
    path = tmp_path / "altered"
    path.write_bytes(good.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE chunks SET packed = zeroblob(length(packed))", "do not fit the digest chain"),
        ("UPDATE chunks SET texts = '[\"other\"]'", "bytes belong"),
        ("UPDATE chunks SET texts = CAST('[\"other\"]' AS BLOB)", "do not fit the digest chain"),
        ("UPDATE chunks SET k = 1", "are missing"),
        ("UPDATE chunks SET packed = x'00'", "holds 1 bytes"),
        ("UPDATE chunks SET codec = 1", "while decompressing"),
        ("UPDATE tail SET packed = zeroblob(length(packed))", "its digest is"),
        ("INSERT INTO meshes (name, packed) VALUES (x'41', x'00')", "its vertices cannot be read"),
        ("UPDATE tail SET k = 9", "do not follow"),
        ("DELETE FROM tail", "its digest is"),
        ("UPDATE inputs SET entry = CAST('[1]' AS BLOB)", "input log"),
        ("UPDATE inputs SET t = 'soon'", "where a number belongs"),
        ("UPDATE files SET path = CAST('../../evil' AS BLOB)", "written elsewhere"),
        ("UPDATE meta SET value = CAST('{}' AS BLOB) WHERE key = 'header'", "no journal header"),
        ("UPDATE meta SET value = CAST('{\"core\":{\"a\":NaN}}' AS BLOB) WHERE key = 'header'", "NaN"),
        ("DROP TABLE inputs", "tables are not those"),
        ("CREATE VIEW extra AS SELECT 1", "tables are not those"),
        ("CREATE TRIGGER extra AFTER INSERT ON meta BEGIN SELECT 1; END", "tables are not those"),
        ("PRAGMA user_version = 2", "newer version"),
        ("UPDATE meta SET value = CAST('\"x/9\"' AS BLOB) WHERE key = 'format'", "another format"),
    ],
)
def test_that_altered_content_is_named(good: Path, tmp_path: Path, statement: str, word: str) -> None:
    path = altered(good, tmp_path, statement)
    with pytest.raises(Problems) as caught:
        read_recording(path)
    assert word in str(caught.value)
    assert caught.value.problems[0].where.file == str(path)


@pytest.mark.parametrize(
    ("core", "word"),
    [
        ({"format": "commissioning-journal/1"}, "format 'commissioning-journal/1'"),
        ({"seed": "one"}, "no scene hash or seed"),
        ({"signals": {}}, "not a table of signals"),
        ({"objects": [{"id": "belt1"}]}, "not a table of objects"),
        ({"drives": [None]}, "not a table of drives"),
    ],
)
def test_that_a_header_without_its_tables_is_refused(tmp_path: Path, core: dict[str, Any], word: str) -> None:
    with RecordingWriter(tmp_path / "run", HEADER | {"core": HEADER["core"] | core}, {}):
        pass
    with pytest.raises(Problems, match=word):
        read_recording(tmp_path / "run")


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ((0, Kind.VALUE, 0, 7, 0, 0.0, 0.0, 0.0, 0.0), "a signal"),
        ((0, Kind.STATE, 0, 1, 0, 0.0, 0.0, 0.0, 0.0), "an object"),
        ((0, Kind.DRIVE, 0, 1, 0, 0.0, 0.0, 0.0, 0.0), "a drive"),
        ((0, Kind.TRAIN, 1, 0, 0, 0.0, 0.0, 0.0, 0.0), "a drive"),
        ((0, Kind.TRAIN, 65535, 1, 0, 0.0, 0.0, 0.0, 0.0), "a lane"),
        ((0, Kind.PART_MOVE, 1, 5, 0, 1.0, 0.0, 0.0, 0.0), "a lane"),
        ((0, Kind.PART_MOVE, 2, 5, 0, float("nan"), 0.0, 0.0, 0.0), "a slot"),
        ((0, Kind.PART_MOVE, 2, 5, 0, -1.0, 0.0, 0.0, 0.0), "a slot"),
        ((0, Kind.PART_MADE, 1, 5, 0, 0.0, 0.0, 0.0, 0.0), "a product"),
    ],
)
def test_that_a_record_that_points_beyond_the_header_is_refused(
    tmp_path: Path, record: tuple[Any, ...], word: str
) -> None:
    with RecordingWriter(tmp_path / "run", HEADER, {}) as writer:
        writer.tail(packed(0, 3) + struct.pack("<" + LAYOUT, 9999, *record[1:]), 4)
    with pytest.raises(Problems, match=f"record 4 points to {word} that does not exist"):
        read_recording(tmp_path / "run")


def test_that_kinds_of_a_later_version_are_kept(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run", HEADER, {}) as writer:
        writer.tail(struct.pack("<" + LAYOUT, 1, 999, 9, 9999, 0, 9e9, 0.0, 0.0, 0.0), 1)
    assert read_recording(tmp_path / "run").records["kind"].tolist() == [999]


def test_that_a_header_nested_a_hundred_thousand_deep_is_a_problem(good: Path, tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    path = altered(good, tmp_path, f"UPDATE meta SET value = CAST('{deep}' AS BLOB) WHERE key = 'header'")
    with pytest.raises(Problems, match="nested too deeply"):
        read_recording(path)


def test_that_missing_foreign_and_empty_files_are_problems(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_text("hello")
    (tmp_path / "pickle").write_bytes(b"\x80\x04cposix\nsystem\n(S'true'\ntR.")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE t (x)")
    for name in ("nowhere", "empty", "text", "pickle", "other.sqlite", "."):
        assert not is_recording(tmp_path / name)
        with pytest.raises(Problems):
            read_recording(tmp_path / name)


def equal(one: Recording, other: Recording) -> bool:
    return bool(np.array_equal(one.records, other.records)) and one.texts == other.texts


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_that_a_broken_byte_or_a_cut_gives_a_problem_or_the_same_journal(good: Path, data: Any) -> None:
    """Wherever the damage is, the reader neither falls over nor gives another journal."""
    content = bytearray(good.read_bytes())
    path = good.parent / "fuzzed.recording"
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        # half of the draws in the first pages, where SQLite's own structures are
        end = len(content) if data.draw(st.booleans()) else 20_000
        for _ in range(data.draw(st.integers(1, 8))):
            content[data.draw(st.integers(0, end - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        recording = read_recording(path)
    except Problems:
        return
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    assert equal(recording, read_recording(good))


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
