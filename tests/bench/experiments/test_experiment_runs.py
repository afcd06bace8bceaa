"""What one replication gives: the same figures as `kpi`, over any stretch of its grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.experiments.plan import FIGURES, Measure
from commissioning.bench.experiments.results import limits, one_run
from commissioning.bench.experiments.runs import BINS, Job, run_job, value
from commissioning.bench.load import LoadedScene, load_text
from commissioning.sim.analysis.bottleneck import bottlenecks
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.kpi import kpi
from commissioning.sim.run import Run

LINE = """
format: commissioning-scene/1
name: Measured line
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2 kg}}
devices:
  infeed: {type: source, product: carton, every: {exponential: 4 s}, to: belt1}
  belt1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, speed: 0.4 m/s, to: pack}
  pack:
    type: station
    cycle: {exponential: 3 s}
    failures: {every: {exponential: 2 min}, repair: {exponential: 10 s}}
    to: out
  out: {type: sink}
"""


@pytest.fixture
def line(tmp_path: Path) -> LoadedScene:
    return load_text(LINE, tmp_path / "scene.yaml")


def test_that_a_replication_gives_the_figures_of_a_run(line: LoadedScene) -> None:
    figures = [figure for figure in FIGURES if figure != "bottleneck"]
    measures = tuple(Measure(device, figure) for device in ("out", "pack", "belt1") for figure in figures)
    job = Job(line.text.dump(), (5,), "", 60_000_000_000, 660_000_000_000, measures)
    (outcome,) = run_job(line.files, job)
    run = Run(line, 5)
    run.advance("11 min")
    assert outcome.events == run.events
    for cut in (0, 60, BINS // 2):
        start = 60_000_000_000 + 600_000_000_000 * cut // BINS
        expected = kpi(run.journal.header, run.journal.records(), 660_000_000_000, start)
        for measure in measures:
            name = "rate_per_h" if measure.figure == "throughput" else measure.figure
            found = value(outcome.series[measure.id], cut)
            figure = getattr(expected[measure.device], name)
            if figure is None:  # no part leaves a sink
                assert found is None and measure.id == "out.mean_time"
            else:
                assert found == pytest.approx(figure, rel=1e-9, abs=1e-12)


def test_that_a_replication_tells_its_bottlenecks(line: LoadedScene) -> None:
    """Shares over the time that counts as the method finds them in the journal of the same run."""
    measures = tuple(Measure(device, "bottleneck") for device in ("pack", "infeed", "belt1"))
    start, end = 60_000_000_000, 660_000_000_000
    (outcome,) = run_job(line.files, Job(line.text.dump(), (5,), "", start, end, measures))
    run = Run(line, 5)
    run.advance("11 min")
    history = History(run.journal.header, run.journal.records(), end, start)
    shares = {history.names[device]: share for device, share in bottlenecks(history).shares.items()}
    for device in ("pack", "infeed", "belt1"):
        assert value(outcome.series[f"{device}.bottleneck"]) == pytest.approx(shares[device].momentary)
    found = limits([outcome, outcome], 0, 600.0)
    assert list(found) == sorted(found, key=lambda device: -shares[device].momentary)
    for device, (momentary, sole) in found.items():
        assert (momentary, sole) == pytest.approx((shares[device].momentary, shares[device].sole))
    half = limits([outcome], BINS // 2, 600.0)
    assert sum(momentary for momentary, _ in half.values()) <= 1.0 + 1e-9


def test_that_correlated_batches_give_no_interval() -> None:
    # a queue that swings with a period of half the run
    swing = [10.0 + (k // 50 % 2) for k in range(BINS)]
    upper = [sum(swing[:k]) for k in range(BINS + 1)]
    series = (upper, [float(k) for k in range(BINS + 1)])
    assert one_run(Measure("belt1", "mean_queue"), series, 0, 0.95) is None
