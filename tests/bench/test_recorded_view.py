"""Recordings that begin where a run was restored: what they show, and that figures are those of the run."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.recorded_view import from_its_beginning, recorded_view
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun
from commissioning.bench.why import why
from commissioning.files.recording import Recording, read_recording
from commissioning.model.record import RECORD, CarrierKind
from commissioning.sim.analysis.kpi import kpi
from commissioning.sim.run import Run
from commissioning.sim.snapshot import SnapshotError
from commissioning.sim.timeline.timeline import Timeline

SCENES = Path(__file__).parents[2] / "scenes"
S = 1_000_000_000
AT, END = 1200 * S, 1500 * S


@pytest.fixture(scope="module")
def loaded() -> LoadedScene:
    return load(SCENES / "pallet_loop")


@pytest.fixture(scope="module")
def snapshot(loaded: LoadedScene) -> bytes:
    run = Run(loaded, 1)
    run.advance_to(AT)
    return run.snapshot()


@pytest.fixture(scope="module")
def pair(
    loaded: LoadedScene, snapshot: bytes, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Recording]:
    """The restored run and its recording."""
    run = Run.restore(loaded, snapshot)
    path = tmp_path_factory.mktemp("recorded") / "restored.recording"
    recorded = RecordedRun(run, loaded, path)
    recorded.advance_to(END)
    recorded.close()
    return run, read_recording(path)


def parts_at(timeline: Timeline, t: int) -> Mapping[int, tuple[int, int, tuple[float, ...]]]:
    """By part: kind and number of what carries it, and where it is in m."""
    poses = timeline.poses(t)
    rows = zip(poses.ids.tolist(), poses.carriers.tolist(), poses.positions.tolist(), strict=True)
    return {part: (kind, number, tuple(place)) for part, (kind, number), place in rows}


def loaded_slots(recording: Recording) -> list[str]:
    """The device of each slot."""
    return [slot["device"] for slot in recording.header["core"]["slots"]]


def test_that_it_shows_what_the_whole_run_shows_from_there_on(
    loaded: LoadedScene, pair: tuple[Run, Recording]
) -> None:
    """Every part where it is and every value, as in one run from 0. Of what stands in a device at the start
    nobody knows in which of its slots: it is in one of them, and no two are in the same."""
    _, recording = pair
    shown, start_ns, notice = from_its_beginning(recording)
    assert recording.first_record > 0 and shown.first_record == 0
    assert start_ns == AT and "from 0:20:00.000 on" in notice
    whole = Run(loaded, 1)
    whole.advance_to(END)
    here = Timeline(shown.header, shown.records)
    there = Timeline(whole.journal.header, whole.journal.records())
    for t in range(AT, END + 1, 7 * S):
        mine, theirs = parts_at(here, t), parts_at(there, t)
        assert mine.keys() == theirs.keys() and len(mine) > 12
        slots = loaded_slots(shown)
        for part, (kind, number, place) in mine.items():
            assert kind == theirs[part][0]
            if kind == CarrierKind.LANE:
                assert place == pytest.approx(theirs[part][2], abs=1e-6), (part, t)
            elif kind == CarrierKind.SLOT:
                assert slots[number] == slots[theirs[part][1]]
            else:
                assert number == theirs[part][1]
        taken = [number for kind, number, _ in mine.values() if kind == CarrierKind.SLOT]
        assert t > AT or len(taken) == len(set(taken)) > 1
        values = [timeline.signals(t) for timeline in (here, there)]
        known = values[0].t >= 0
        assert known.sum() > 10
        assert np.array_equal(values[0].value[known], values[1].value[known])


def test_that_causes_count_from_its_first_record(tmp_path: Path) -> None:
    """Every cause that lies in it is the same record, by time, kind and object, as in the whole run."""
    loaded = load(SCENES / "carton_line")
    live = Run(loaded, 1)
    live.advance_to(AT)
    run = Run.restore(loaded, live.snapshot())
    count = run.journal.length
    recorded = RecordedRun(run, loaded, tmp_path / "carton.recording")
    recorded.advance_to(END)
    recorded.close()
    live.advance_to(END)
    whole = live.journal.records()
    rows = from_its_beginning(read_recording(tmp_path / "carton.recording")).recording.records
    assert rows.dtype == RECORD and (np.diff(rows["t"]) >= 0).all()
    before = len(rows) - (len(whole) - count)
    fields = ["t", "kind", "obj", "a"]
    assert (rows[before:][fields] == whole[count:][fields]).all()
    inside = np.flatnonzero(whole["cause"][count:] > count)
    assert len(inside) > 100
    mine = rows["cause"][before:][inside].astype(int) - 1
    theirs = whole["cause"][count:][inside].astype(int) - 1
    assert (rows[mine][fields] == whole[theirs][fields]).all()
    assert not rows["cause"][before:][whole["cause"][count:] <= count].any()


def test_that_figures_and_reasons_are_those_of_the_restored_run(pair: tuple[Run, Recording]) -> None:
    run, recording = pair
    view = recorded_view(recording)
    assert view.end_ns == END - AT
    assert kpi(view.header, view.records(), view.end_ns) == run.kpi()
    assert why(view, 0).as_json() == why(run, 0).as_json()
    assert why(view, 0).sound


def test_that_it_still_replays(pair: tuple[Run, Recording]) -> None:
    assert verify(pair[1].path).same


def test_that_one_without_its_snapshot_says_what_it_cannot_show(
    pair: tuple[Run, Recording], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.recording"
    bare.write_bytes(pair[1].path.read_bytes())
    with closing(sqlite3.connect(bare)) as connection:
        connection.execute("DELETE FROM keyframes")
        connection.commit()
    shown, start_ns, notice = from_its_beginning(read_recording(bare))
    assert "what the line was then is not known (it carries no snapshot)" in notice
    assert start_ns == int(pair[1].records["t"][0]) and len(shown.records) == len(pair[1].records)
    with pytest.raises(SnapshotError, match="begins in the middle"):
        recorded_view(read_recording(bare))


@pytest.mark.parametrize("spoilt", ["text", "time"])
def test_that_a_snapshot_made_by_hand_is_told_and_the_records_are_shown(
    pair: tuple[Run, Recording], tmp_path: Path, spoilt: str
) -> None:
    bad = tmp_path / "bad.recording"
    bad.write_bytes(pair[1].path.read_bytes())
    with closing(sqlite3.connect(bad)) as connection:
        if spoilt == "text":
            connection.execute("UPDATE keyframes SET snapshot = ?", (b"no snapshot",))
        else:
            connection.execute("UPDATE keyframes SET t = t + 1")
        connection.commit()
    shown, _, notice = from_its_beginning(read_recording(bad))
    assert "is not known" in notice and len(shown.records) == len(pair[1].records)


def test_that_a_recording_from_the_start_is_shown_as_it_is(loaded: LoadedScene, tmp_path: Path) -> None:
    recorded = RecordedRun(Run(loaded, 1), loaded, tmp_path / "whole.recording")
    recorded.advance_to(60 * S)
    recorded.close()
    recording = read_recording(tmp_path / "whole.recording")
    shown, start_ns, notice = from_its_beginning(recording)
    assert shown is recording and start_ns == 0 and notice == ""
    assert kpi(recording.header, recorded_view(recording).records(), 60 * S)["press"].count > 0
