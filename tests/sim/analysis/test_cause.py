"""Journal records in words, chains of causes, waveforms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commissioning.bench.load import load_text
from commissioning.model.expression import names_in_header
from commissioning.model.record import RECORD, Kind
from commissioning.sim.analysis.cause import cause_chain, clock, describe
from commissioning.sim.analysis.trace import companions, waveforms
from commissioning.sim.run import Run

NS = 1_000_000_000
SCENE = """
format: commissioning-scene/1
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2 kg}}
devices:
  infeed: {type: source, product: carton, every: 100 s, first: 1 s, limit: 1, to: belt1}
  belt1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, speed: 0.5 m/s, acceleration: 1 m/s2,
          to: pack, tags: {run: Q_Run}}
  pe1: {type: photo_eye, along: belt1, at: 2 m, tags: {blocked: I_PE1}}
  pack: {type: station, cycle: 2 s, to: out}
  out: {type: sink}
  start: {type: push_button, pose: {xyz: [0, -1, 1]}}
"""


@pytest.fixture(scope="module")
def run() -> Run:
    """The belt starts at 4 s, a carton passes the eye, is packed, leaves; then the eye is forced."""
    made = Run(load_text(SCENE, Path("line/scene.yaml")), seed=1)
    made.advance("4 s")
    made.write("Q_Run", True)
    made.advance("2 s")
    made.operate("start", "press")
    made.advance("10 s")
    made.force("I_PE1", True)
    made.advance("1 s")
    made.release("I_PE1")
    made.fault("I_PE1", True)
    made.advance("1 s")
    return made


def said(run: Run) -> list[str]:
    return [describe(run.journal.header, row, run.journal.texts) for row in run.journal.records()]


def test_that_times_read_like_a_clock_and_keep_their_digits() -> None:
    assert clock(0) == "0:00:00.000"
    assert clock(3_661_250_000_000) == "1:01:01.250"
    assert clock(416_666_667) == "0:00:00.416666667"
    assert clock(100 * 3600 * NS) == "100:00:00.000"


def test_that_what_happened_reads_in_the_words_of_the_line(run: Run) -> None:
    words = said(run)
    for text in (
        "part 0 was made by infeed",
        "part 0 came onto belt1",
        "belt1 goes from 0 to 0.5 m/s",
        "part 0 came onto pack",
        "part 0 left the line at out",
        "pack is working",
        "operator: press start",
        "from outside: I_PE1 forced to TRUE",
        "I_PE1 was forced to TRUE",
        "I_PE1 failed to TRUE",
        "from outside: Q_Run set to TRUE",
    ):
        assert text in words, (text, words)
    assert any(word.startswith("I_PE1 rose") and "pe1" in word for word in words)
    assert all(words)


def test_that_an_edge_goes_back_to_what_began_the_motion(run: Run) -> None:
    records = run.journal.records()
    index = [s["name"] for s in run.journal.header["core"]["signals"]].index("I_PE1")
    mine = (records["kind"] == int(Kind.VALUE)) & (records["obj"] == index)
    rose = np.flatnonzero(mine & (records["a"] == 1))
    chain = cause_chain(run.journal.header, records, run.journal.texts, int(rose[0]) + 1)
    # 2 m at 0.5 m/s with a ramp of 0.5 s from 4 s on: 4 + 2 / 0.5 + 0.25
    assert chain[0].t == pytest.approx(8.25 * NS, abs=1)
    assert [cause.text for cause in chain][-1] == "from outside: Q_Run set to TRUE"
    assert any("belt1 goes from 0 to 0.5 m/s" in cause.text for cause in chain)
    numbers = [cause.number for cause in chain]
    assert numbers == sorted(numbers, reverse=True)


def test_that_a_broken_chain_ends(run: Run) -> None:
    row = (5, int(Kind.PART_MADE), 0, 3, 1, 0.3, 0.2, 0.2, 2.0)
    records = np.array([row], RECORD)
    assert len(cause_chain(run.journal.header, records, [], 1)) == 1  # it names itself as its cause
    assert cause_chain(run.journal.header, records, [], 0) == ()
    assert cause_chain(run.journal.header, records, [], 9) == ()


@pytest.mark.parametrize("kind", [*range(16), 60_000])
@pytest.mark.parametrize("aux", [0, 3, 9, 65535])
def test_that_no_record_is_too_odd_to_be_described(run: Run, kind: int, aux: int) -> None:
    """A recording may come from elsewhere; a number out of range is no reason to fall over."""
    for index, number in ((4000, 4000.0), (1, float("inf")), (0, -1.0)):
        row = np.array([(1, kind, aux, index, 0, number, number, 4000.0, 4000.0)], RECORD)[0]
        assert describe(run.journal.header, row, run.journal.texts)


def test_that_waveforms_begin_with_the_value_that_stood_before(run: Run) -> None:
    header, records = run.journal.header, run.journal.records()
    names = names_in_header(header)
    wanted = [names[key] for key in ("q_run", "pe1.blocked", "belt1.speed", "belt1.travel")]
    shown = waveforms(header, records, run.journal.texts, wanted, 5 * NS, 9 * NS)
    by_name: dict[str, Any] = {signal["name"]: signal for signal in shown}
    assert by_name["Q_Run"]["points"] == [[5 * NS, True]]
    blocked = by_name["pe1.blocked"]["points"]
    assert blocked[0] == [5 * NS, False] and blocked[1][1] is True
    # the tail is 0.3 m behind: 0.6 s later
    assert blocked[2][0] - blocked[1][0] == pytest.approx(0.6 * NS, abs=2)
    assert by_name["belt1.speed"]["points"] == [[5 * NS, 0.5], [9 * NS, 0.5]]
    # 0.125 m in the ramp until 4.5 s, then 0.5 m/s
    assert by_name["belt1.travel"]["points"][0][1] == pytest.approx(0.125 + 0.25, abs=1e-9)
    assert by_name["belt1.travel"]["points"][-1][1] == pytest.approx(0.125 + 2.25, abs=1e-9)


def test_that_a_ramp_is_drawn_from_its_start_to_its_end(run: Run) -> None:
    header, records = run.journal.header, run.journal.records()
    names = names_in_header(header)
    (speed,) = waveforms(header, records, run.journal.texts, [names["belt1.speed"]], 3 * NS, 5 * NS)
    assert speed["points"][0] == [3 * NS, 0.0]
    assert [4 * NS, 0.0] in speed["points"] and [4_500_000_000, 0.5] in speed["points"]
    (travel,) = waveforms(header, records, run.journal.texts, [names["belt1.travel"]], 4 * NS, 5 * NS)
    for t, value in travel["points"]:
        tau = (t - 4 * NS) / 1e9
        expected = 0.5 * tau * tau if tau < 0.5 else 0.125 + 0.5 * (tau - 0.5)
        assert value == pytest.approx(expected, abs=1e-9)


def test_that_companions_are_the_causes_and_what_changed_before(run: Run) -> None:
    header, records = run.journal.header, run.journal.records()
    index = [s["name"] for s in header["core"]["signals"]].index("I_PE1")
    rose = np.flatnonzero((records["kind"] == int(Kind.VALUE)) & (records["obj"] == index))
    found = companions(header, records, 3 * NS, 9 * NS, int(rose[1]) + 1)
    assert found[0] == "I_PE1" and "Q_Run" in found
