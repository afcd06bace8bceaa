"""Entries whose value runs: registers, links, journals of restored runs, evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commissioning.bench.load import load_text
from commissioning.model.expression import names_in_header
from commissioning.model.record import RECORD, Kind
from commissioning.model.tags import DataType
from commissioning.sim.analysis.cause import describe
from commissioning.sim.analysis.trace import waveforms
from commissioning.sim.continuous import Reading, counted
from commissioning.sim.link import Change, FromOutside, Link, LinkStatus, LinkTag
from commissioning.sim.link_host import LinkHost
from commissioning.sim.run import Run
from commissioning.sim.since import opening
from commissioning.sim.snapshot import SnapshotError, pack, unpack
from commissioning.sim.timeline.timeline import Timeline

SCENE = """
format: commissioning-scene/1
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
devices:
  src: {type: source, product: box, every: 2 s, first: 0 s, to: b}
  b: {type: belt, length: 4 m, speed: 0.5 m/s, acceleration: 0.5 m/s2, to: out, tags: {run: Q_Run}}
  out: {type: sink}
  e: {type: encoder, along: b, at: 1 m, tags: {count: I_Count, zero: Q_Zero}}
  l: {type: laser_distance, along: b, at: 3 m, range: 2 m}
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(load_text(SCENE, tmp_path / "scene.yaml"), 1)
    run.write("Q_Run", True)
    return run


@pytest.mark.parametrize(
    ("datatype", "value", "modulus", "count"),
    [
        (DataType.INT, 32767.9, 0, 32767),
        (DataType.INT, 32768.0, 0, -32768),
        (DataType.INT, -32768.5, 0, 32767),
        (DataType.UINT, -1.0, 0, 65535),
        (DataType.DINT, 2.0**31, 0, -(2**31)),
        (DataType.DINT, -0.5, 0, -1),
        (DataType.INT, -0.5, 360, 359),
        (DataType.DINT, 720.0, 360, 0),
        (DataType.DINT, 599.9999999, 0, 600),  # 600 but for rounding
        (DataType.DINT, float("nan"), 0, 0),
        (DataType.INT, float("-inf"), float("nan"), 0),
        (DataType.DINT, 7.0, 0.5, 7),
    ],
)
def test_that_counts_wrap_in_twos_complement(
    datatype: DataType, value: float, modulus: float, count: int
) -> None:
    assert counted(datatype, value, modulus) == count


class Collecting(Link):
    """A link that keeps what it is sent."""

    real = False

    def __init__(self) -> None:
        super().__init__("hmi", {})
        self.sent: list[Change] = []

    def open(self, tags: Sequence[LinkTag]) -> None: ...
    def close(self) -> None: ...
    def disarm(self) -> None: ...
    def on_wake(self, fn: Callable[[], None]) -> None: ...

    def wait_open(self, timeout: float) -> tuple[Any, ...]:
        return ()

    def arm(self) -> tuple[Any, ...]:
        return ()

    def status(self) -> LinkStatus:
        return LinkStatus("closed")

    def exchange(self, changed: Sequence[Change]) -> Sequence[FromOutside]:
        self.sent = list(changed)
        return ()


def test_that_a_link_is_sent_the_value_of_each_exchange_while_it_moves(run: Run) -> None:
    """1 s of ramp (0.25 m), then 0.5 m/s; ramp of 1 s down from 4 s on."""
    link = Collecting()
    entry = run.tags["e.count"]
    host = LinkHost(lambda: run.now_ns, run.tags.signals, run.inputs)
    host.add(link, [LinkTag(entry.index, "I_Count", DataType.DINT, "input")])
    host.open()
    sent = []
    for t in (1.0, 2.0, 2.005, 4.0):
        run.advance_to(round(t * 1e9))
        host.exchange()
        sent += [(change.value, change.t_ns) for change in link.sent]
    assert sent == [(250, 10**9), (750, 2 * 10**9), (752, 2_005_000_000), (1750, 4 * 10**9)]
    run.write("Q_Run", False)
    run.advance("9 s")
    host.exchange()
    assert [(change.value, change.t_ns) for change in link.sent] == [(2000, 5 * 10**9)]
    run.advance("9 s")
    host.exchange()
    assert link.sent == []


def test_that_the_present_state_of_a_line_as_records_gives_its_values(run: Run) -> None:
    run.advance("7.3 s")
    run.force("e.speed", 9.0)
    rows = np.array(list(opening(run.line)), RECORD)
    timeline = Timeline(run.journal.header, rows)
    for signal in run.tags:
        if signal.type is not DataType.STRING:
            assert timeline.values(0)[signal.index] == pytest.approx(float(signal.value), abs=1e-12)
    later = timeline.values(100_000_000)
    run.advance("0.1 s")
    assert later[run.tags["I_Count"].index] == run.tags["I_Count"].value
    assert later[run.tags["l.distance"].index] == pytest.approx(run.tags["l.distance"].value, abs=1e-12)


def test_that_evidence_shows_the_curve(run: Run) -> None:
    """0.25 t^2 up to 1 s, straight after that; every point on it."""
    run.advance("3 s")
    names = names_in_header(run.journal.header)
    (wave,) = waveforms(
        run.journal.header, run.journal.records(), run.journal.texts, [names["e.position"]], 0, 3 * 10**9
    )
    assert (wave["kind"], wave["unit"]) == ("motion", "m")
    assert len(wave["points"]) > 16
    for t, value in wave["points"]:
        s = t / 1e9
        assert value == pytest.approx(0.25 * s * s if s <= 1 else 0.25 + 0.5 * (s - 1), abs=1e-12)


def test_that_a_formula_reads_in_words(run: Run) -> None:
    rows = run.journal.records()
    texts = [
        describe(run.journal.header, row, run.journal.texts) for row in rows[rows["kind"] == Kind.READING]
    ]
    assert "I_Count follows the travel of b" in texts
    assert "e.speed follows the speed of b" in texts


@pytest.mark.parametrize(
    "change",
    [
        {"formula": [99, 0.0, 1.0, 0.0, False]},
        {"formula": [0, float("inf"), 1.0, 0.0, False]},
        {"formula": ["0", 0.0, 1.0, 0.0, False]},
        {"formula": [0, 0.0]},
        {"formula": None},
        {"runs": False},
    ],
)
def test_that_a_snapshot_with_a_formula_that_cannot_be_is_refused(run: Run, change: dict[str, Any]) -> None:
    run.advance("2 s")
    data = unpack(run.snapshot())
    data["state"]["signals"][run.tags["I_Count"].index] |= change
    with pytest.raises(SnapshotError):
        Run.restore(run.loaded, pack(data))


def test_that_readings_are_what_the_header_says(run: Run) -> None:
    facts = {s["name"]: s.get("reading") for s in run.journal.header["core"]["signals"]}
    assert {name: what for name, what in facts.items() if what} == {
        "I_Count": "number", "e.word": "number", "e.position": "length", "e.speed": "speed",
        "l.distance": "length",
    }  # fmt: skip
    assert isinstance(run.tags["I_Count"], Reading)
