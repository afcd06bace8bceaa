"""Waveforms of runs and recordings are what the journal says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.bench.run import RecordedRun, Run
from commissioning.bench.waveforms import write_waveforms
from commissioning.model.problem import Problems

sys.path.insert(0, str(Path(__file__).parents[1] / "plc"))
from test_plc_waveforms import read

CARTON = Path(__file__).parents[2] / "scenes" / "carton_line"


def test_that_a_recording_gives_the_edges_of_its_run(tmp_path: Path) -> None:
    loaded = load(CARTON)
    recorded = RecordedRun(Run(loaded, seed=1), loaded, tmp_path / "a.rec")
    recorded.advance_to(40_000_000_000)
    run = recorded.run
    recorded.close()
    found = write_waveforms(tmp_path / "a.rec", tmp_path / "a.vcd")
    text = (tmp_path / "a.vcd").read_text("utf-8")
    declared, changes = read(text)
    tags = [s.name for s in run.tags if s.direction in ("input", "output")]
    assert sorted(declared) == sorted(tags) and found.left_out == []
    for name in tags:
        edges = [(t, value) for t, value in run.journal.edges(name)]
        assert changes[name] == edges, name
    assert text.rstrip().endswith("#40000000000")
    assert write_waveforms(run, tmp_path / "b.vcd").vcd() == text


def test_that_names_choose_and_a_bad_value_is_unknown(tmp_path: Path) -> None:
    run = Run(load(CARTON), seed=1)
    run.advance("5 s")
    run.operate("plc", "stop")
    run.advance("1 s")
    write_waveforms(run, tmp_path / "a.csv", ["q_belt1*", "BELT1.moving"])
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text("utf-8").splitlines()]
    assert rows[0] == ["time_s", "Q_Belt1_Run", "belt1.moving"]
    assert rows[1] == ["0.000000000", "0", "0"]
    assert [row[1] for row in rows if row[0] == "5.000000000"] == [""]
    assert rows[-1][1:] == ["", "0"]  # and the belt stands
    with pytest.raises(Problems, match=r"no tag or port is named Q_Bellt\*"):
        write_waveforms(run, tmp_path / "b.csv", ["Q_Bellt*"])
    with pytest.raises(Problems, match=r"written as \.vcd or \.csv, not \.xls"):
        write_waveforms(run, tmp_path / "b.xls")
    with pytest.raises(Problems, match="nothing can be written here"):
        write_waveforms(run, tmp_path / "a.csv" / "b.csv")


def test_that_a_restored_run_has_its_own_times(tmp_path: Path) -> None:
    loaded = load(CARTON)
    first = Run(loaded, seed=1)
    first.advance("20 s")
    again = Run.restore(loaded, first.snapshot())
    again.advance("10 s")
    write_waveforms(again, tmp_path / "a.vcd", ["Q_Stop1"])
    _, changes = read((tmp_path / "a.vcd").read_text("utf-8"))
    first.advance("10 s")
    edges = [(t, value) for t, value in first.journal.edges("Q_Stop1")]
    before = [value for t, value in edges if t <= 20_000_000_000][-1]
    assert changes["Q_Stop1"] == [(20_000_000_000, before), *((t, v) for t, v in edges if t > 20_000_000_000)]
