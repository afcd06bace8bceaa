"""Recordings that were altered, cut or written by hand: a Problem says what is wrong, or all is the same."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording_fakes import HEADER, packed

from commissioning.files.recording import (
    Recording,
    RecordingWriter,
    is_recording,
    read_recording,
)
from commissioning.model.problem import Problems
from commissioning.model.record import LAYOUT, Kind


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
