"""Key figures and checks of restored and forked runs: from the restore on, as a whole run gives them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.bench.verdicts import checks_of
from commissioning.sim.analysis.kpi import kpi
from commissioning.sim.analysis.visits import OPEN, visits
from commissioning.sim.run import Run

SCENES = Path(__file__).parents[2] / "scenes"
EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything"
MINUTE = 60_000_000_000


@pytest.fixture(scope="module")
def carton_line() -> LoadedScene:
    return load(SCENES / "carton_line")


@pytest.fixture(scope="module")
def everything() -> LoadedScene:
    return load(EVERYTHING)


def started(loaded: LoadedScene, t_ns: int, seed: int) -> Run:
    run = Run(loaded, seed)
    for signal in run.tags:
        if signal.direction == "output" and not signal.owner and signal.type.value == "BOOL":
            run.write(signal.name, not signal.name.startswith("Q_Sp"))
    run.advance_to(t_ns)
    return run


def mean_times(run: Run, start_ns: int) -> dict[str, float | None]:
    """Mean stay in s of the stays that began and ended after `start_ns`, from the whole journal."""
    stays = visits(run.journal.header, run.journal.records())
    found: dict[str, float | None] = {}
    for index, thing in enumerate(run.journal.header["core"]["objects"]):
        mine = (stays.device == index) & (stays.t_in > start_ns) & (stays.t_out != OPEN)
        spent = stays.t_out[mine] - stays.t_in[mine]
        found[thing["id"]] = float(spent.mean()) / 1e9 if len(spent) else None
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scene", ["carton_line", "everything"])
def test_that_key_figures_since_a_restore_are_those_of_the_whole_run_from_there_on(
    scene: str, seed: int, request: pytest.FixtureRequest
) -> None:
    loaded = request.getfixturevalue(scene)
    start = 7 * MINUTE + random.Random(seed).randrange(MINUTE)
    live = started(loaded, start, seed)
    copy = Run.restore(loaded, live.snapshot())
    for run in (live, copy):
        run.advance("10 min")
    assert copy.counts_from_ns == start
    whole = kpi(live.journal.header, live.journal.records(), live.now_ns, start)
    stays = mean_times(live, start)
    for device, figures in copy.kpi().items():
        expected = whole[device]
        assert figures.mean_time == pytest.approx(stays[device]), device
        same = replace(figures, mean_time=None, mean_queue=0.0)
        assert same == pytest.approx(replace(expected, mean_time=None, mean_queue=0.0)), device
        assert figures.mean_queue == pytest.approx(expected.mean_queue, abs=1e-7), device


def test_that_a_run_that_was_repeated_to_its_snapshot_counts_from_there_too(carton_line: LoadedScene) -> None:
    live = started(carton_line, 7 * MINUTE, 1)
    assert live.environment.now == 420
    copy = Run.restore(carton_line, live.snapshot())
    copy.advance("5 min")
    live.advance("5 min")
    assert copy.counts_from_ns == 7 * MINUTE
    whole = kpi(live.journal.header, live.journal.records(), live.now_ns, 7 * MINUTE)
    assert copy.kpi()["out"].count == whole["out"].count > 0


def test_that_reading_key_figures_changes_nothing(everything: LoadedScene) -> None:
    live = started(everything, MINUTE, 1)
    copy = Run.restore(everything, live.snapshot())
    copy.kpi()
    copy.advance("10 s")
    copy.kpi()
    live.advance("10 s")
    assert copy.journal.digest() == live.journal.digest()
    assert copy.journal.texts == live.journal.texts


def test_that_checks_of_a_restored_run_look_at_what_was_since(tmp_path: Path) -> None:
    """One part a minute, half a minute of work. At 10 min 10 s the station is at work until 10 min 30 s: the
    first level that is seen is TRUE, and no edge."""
    scene = load_text(SINCE, tmp_path / "scene.yaml")
    live = Run(scene, 1)
    live.advance("610 s")
    copy = Run.restore(scene, live.snapshot())
    copy.advance("1 h")
    view = copy.view()
    assert view.end_ns == 3_600_000_000_000
    verdicts = {check.id: check.judge([check.observe(view)]) for check in checks_of(scene)}
    assert verdicts["idle"].verdict == "FAIL"
    assert verdicts["idle"].at_s == pytest.approx(20.0)  # 10 min 30 s, 20 s after the restore
    assert verdicts["long"].verdict == "PASS"
    assert verdicts["starts"].verdict == "PASS"
    assert np.unique(view.records()["t"])[:2].tolist() == [-1, 0]


SINCE = """
format: commissioning-scene/1
name: Since
run: {length: 1780 s}
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: 60 s, to: st}
  st: {type: station, cycle: 30 s, to: out}
  out: {type: sink}
checks:
  idle: {type: never, when: not st.busy}
  long: {type: never, when: st.busy for 31 s}
  starts: {type: within, after: st.busy rises, expect: not st.busy, limit: 30 s}
"""
