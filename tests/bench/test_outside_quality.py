"""A value of bad quality from outside: its reason is in the journal, in the recording, and in the re-run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from commissioning.app.words import RecordWords
from commissioning.bench.load import LoadedScene, load_text
from commissioning.bench.replay import rerun, verify
from commissioning.bench.run import RecordedRun, Run
from commissioning.files.recording import read_recording
from commissioning.model.problem import Problem
from commissioning.model.record import Kind
from commissioning.model.tags import Quality, Reason
from commissioning.sim.analysis.cause import describe
from commissioning.sim.link import Change, FromOutside, Link, LinkStatus, LinkTag
from commissioning.sim.link_host import LinkHost

SCENE = """
format: commissioning-scene/1
devices: {lamp: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {red: Q_Red}}}
controllers: {outside: {type: none}}
tags: {Q_Level: {type: INT, controller: outside}}
"""
COMING = (
    (7, Quality.GOOD, Reason.NONE),
    (8, Quality.UNCERTAIN, Reason.STALE),
    (None, Quality.BAD, Reason.NO_COMMUNICATION),
    (None, Quality.BAD, Reason.FAULT),
    (9, Quality.GOOD, Reason.NONE),
)


class Partner(Link):
    """A link without a socket: gives what the test puts in."""

    def __init__(self) -> None:
        super().__init__("partner", {})
        self.coming: list[FromOutside] = []

    def open(self, tags: Sequence[LinkTag]) -> None:
        pass

    def exchange(self, changed: Sequence[Change]) -> Sequence[FromOutside]:
        came, self.coming = self.coming, []
        return came

    def status(self) -> LinkStatus:
        return LinkStatus("closed")

    def wait_open(self, timeout: float) -> tuple[Problem, ...]:
        return ()

    def on_wake(self, fn: Callable[[], None]) -> None:
        pass

    def arm(self) -> tuple[Problem, ...]:
        return ()

    def disarm(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedScene:
    return load_text(SCENE, tmp_path / "scene.yaml")


def recorded(loaded: LoadedScene, path: Path) -> Run:
    """A run in which a partner delivers COMING, one each second."""
    run = Run(loaded)
    recording = RecordedRun(run, loaded, path)
    signal = run.tags["Q_Level"]
    partner, host = Partner(), LinkHost(lambda: run.now_ns, run.tags.signals, run.inputs)
    host.add(partner, [LinkTag(signal.index, signal.name, signal.type, "output", writable=True)])
    host.open()
    for k, (value, quality, reason) in enumerate(COMING, 1):
        partner.coming.append(FromOutside(signal.index, value, quality, 0, reason))
        host.exchange()
        recording.advance_to(k * 1_000_000_000)
    partner.coming.append(FromOutside(signal.index, 1, Quality.GOOD, 0))
    host.exchange()  # delivered, and not applied any more when the run ends
    recording.close()
    return run


def test_that_the_reason_of_a_quality_from_outside_is_journaled_and_told(
    loaded: LoadedScene, tmp_path: Path
) -> None:
    run = recorded(loaded, tmp_path / "a.rec")
    records = run.journal.records()
    inputs = records[records["kind"] == Kind.INPUT]
    assert [(int(r["aux"]) & 0xFF, int(r["aux"]) >> 8, int(r["d"])) for r in inputs] == [
        (4, reason, quality) for _, quality, reason in COMING
    ]
    said = [describe(run.journal.header, row, run.journal.texts) for row in inputs]
    assert said[0] == "from outside: Q_Level set over a link to 7"
    assert said[2] == "from outside: Q_Level set over a link to 8 (BAD: no communication)"
    words = RecordWords(run.journal.header, run.journal.texts)
    assert [words.says(row) for row in inputs][1:4] == [
        "from a link 8, uncertain (stale)",
        "from a link 8, bad (no communication)",
        "from a link 8, bad (fault)",
    ]


def test_that_a_re_run_restores_the_exact_reason(loaded: LoadedScene, tmp_path: Path) -> None:
    run = recorded(loaded, tmp_path / "a.rec")
    result = verify(tmp_path / "a.rec")
    assert result.same, result.difference
    again = rerun(read_recording(tmp_path / "a.rec"))
    for one in (run, again):
        records = one.journal.records()
        index = one.tags["Q_Level"].index
        values = records[(records["kind"] == Kind.VALUE) & (records["obj"] == index)]
        assert [(int(r["aux"]) & 3, int(r["aux"]) >> 8) for r in values] == [
            (quality, reason) for _, quality, reason in COMING
        ]
