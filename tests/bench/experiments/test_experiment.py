"""Experiments: what they measure, that order and number of workers do not matter, cache, stops."""

from __future__ import annotations

import multiprocessing
import random
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.experiments import experiment as module
from commissioning.bench.experiments.experiment import experiment
from commissioning.bench.experiments.runs import BINS, Job, Outcome, run_job, value
from commissioning.bench.load import LoadedScene, load_text
from commissioning.bench.pool import LocalPool
from commissioning.bench.verdicts import replication_seed
from commissioning.model.problem import Problems
from commissioning.sim.analysis.kpi import kpi
from commissioning.sim.analysis.statistics import mean_interval, paired_difference, runs_for_precision
from commissioning.sim.run import Run

LINE = """
format: commissioning-scene/1
name: Experiment line
run: {length: 10 min}
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
experiments:
  cycle:
    for: 10 min
    warm_up: 1 min
    replications: 7
    measures: [out.throughput, pack.utilisation, pack.mean_time]
    variants:
      faster: {pack.cycle: {exponential: 2 s}}
    sweep: {pack.cycle.exponential: [3 s, 3.5 s, 4 s]}
  precise: {for: 30 min, replications: 60, precision: 5 %, variants: {faster: {pack.cycle: 2 s}}}
  settled: {for: 60 min, warm_up: auto, replications: 6, measures: [belt1.mean_queue]}
  one: {for: 2 min, replications: 1, variants: {long: {belt1.length: 4 m}}}
"""


class Inline:
    """An executor in this process that finishes tasks in a random order."""

    def __init__(self, files: Mapping[str, bytes], order: random.Random, workers: int = 3) -> None:
        self.files, self.order, self.workers = files, order, workers
        self.jobs: list[Job] = []
        self.closed = False

    def submit(self, fn: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.jobs.append(arguments[0])
        result = fn(self.files, *arguments)
        threading.Timer(self.order.random() * 0.03, future.set_result, (result,)).start()
        return future

    def map_unordered(self, fn: Callable[..., Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for item in items:
            yield item, fn(self.files, item)

    def cancel_all(self) -> None:
        self.closed = True


@pytest.fixture
def line(tmp_path: Path) -> LoadedScene:
    return load_text(LINE, tmp_path / "scene.yaml")


def inline(seed: int = 1, workers: int = 3) -> Any:
    return lambda files: Inline(files, random.Random(seed), workers)


def test_that_an_experiment_is_the_statistics_of_its_runs(line: LoadedScene) -> None:
    report = experiment(line, "cycle", make_pool=inline())
    assert [result.variant.id for result in report.variants] == [
        "base", "faster", "pack.cycle.exponential=3.5 s", "pack.cycle.exponential=4 s",
    ]  # fmt: skip
    assert report.seeds == tuple(replication_seed(1, k) for k in range(7))
    rates = {}
    for name, cycle in (("base", "3 s"), ("faster", "2 s")):
        scene = load_text(
            LINE.replace("cycle: {exponential: 3 s}", f"cycle: {{exponential: {cycle}}}"), line.folder
        )
        runs = [Run(scene, seed) for seed in report.seeds]
        for run in runs:
            run.advance("11 min")
        ends = [kpi(r.journal.header, r.journal.records(), r.now_ns, 60_000_000_000) for r in runs]
        rates[name] = [end["out"].rate_per_h for end in ends]
    base, faster = (report.variant(name).cells["out.throughput"] for name in ("base", "faster"))
    assert base.values == pytest.approx(rates["base"])
    assert faster.interval == pytest.approx(mean_interval(rates["faster"]))
    assert base.difference is None and faster.difference is not None
    expected = paired_difference(rates["faster"], rates["base"], 0.95, comparisons=3)
    assert faster.difference.interval == pytest.approx(expected.interval)
    assert report.exit_code == 0


def test_that_a_point_of_a_sweep_that_is_the_scene_is_one_row_with_it(line: LoadedScene) -> None:
    report = experiment(line, "cycle", make_pool=inline())
    base = report.variant("base")
    assert base.variant.also == ("pack.cycle.exponential=3 s",)
    assert report.variant("pack.cycle.exponential=3 s") is base
    assert base.as_json()["also"] == ["pack.cycle.exponential=3 s"]
    assert "base = pack.cycle.exponential=3 s" in report.as_text()
    assert "the same as pack.cycle.exponential=3 s" in report.as_html()
    rows = report.as_html().count("pack.cycle.exponential=3 s</td>")
    assert rows == 4  # once in the table of each of three measures, and in that of bottlenecks


def test_that_equal_variants_are_one_and_the_baseline_keeps_its_name(tmp_path: Path) -> None:
    text = (
        LINE
        + """  twice:
    for: 2 min
    replications: 5
    baseline: slow
    variants: {other: {pack.cycle: {exponential: 4 s}}, slow: {pack.cycle: {exponential: 4 s}}}
    sweep: {pack.cycle.exponential: [4000 ms, 3 s]}
"""
    )
    report = experiment(load_text(text, tmp_path / "scene.yaml"), "twice", make_pool=inline())
    names = [(result.variant.id, result.variant.also) for result in report.variants]
    assert names == [
        ("slow", ("other", "pack.cycle.exponential=4000 ms")), ("pack.cycle.exponential=3 s", ()),
    ]  # fmt: skip
    assert report.ran == 10 and report.plan.baseline == "slow"
    assert report.variant("slow").cells["out.throughput"].difference is None


def test_that_common_random_numbers_narrow_the_difference(line: LoadedScene) -> None:
    report = experiment(line, "cycle", make_pool=inline())
    cell = report.variant("pack.cycle.exponential=4 s").cells["pack.mean_time"]
    assert cell.difference is not None
    assert cell.difference.correlation is not None and cell.difference.correlation > 0.9


@pytest.mark.parametrize("name", ["cycle", "precise"])
def test_that_results_do_not_depend_on_order_or_number_of_workers(name: str, line: LoadedScene) -> None:
    found = [
        experiment(line, name, make_pool=inline(seed, workers)).as_json()["variants"]
        for seed, workers in ((1, 1), (2, 3), (3, 8))
    ]
    assert found[0] == found[1] == found[2]


def test_that_processes_give_what_one_process_gives(line: LoadedScene) -> None:
    here = experiment(line, "cycle", make_pool=inline()).as_json()["variants"]
    for workers in (1, 3):
        assert experiment(line, "cycle", workers=workers).as_json()["variants"] == here


def test_that_a_worker_that_is_killed_changes_nothing(line: LoadedScene) -> None:
    killed: list[int | None] = []

    class Killing(LocalPool):
        def submit(self, fn: Callable[..., Any], *arguments: Any) -> Future[Any]:
            future = super().submit(fn, *arguments)
            if len(killed) < 2 and self.jobs == 6 + 9 * len(killed):
                victim = multiprocessing.active_children()[0]
                victim.kill()
                killed.append(victim.pid)
            self.jobs += 1
            return future

        jobs = 0

    text = LINE.replace("for: 10 min", "for: 100 min")
    scene = load_text(text, line.folder / "scene.yaml")
    report = experiment(scene, "cycle", make_pool=lambda files: Killing(2, files))
    assert len(killed) == 2
    assert report.exit_code == 0 and report.ran == 28
    assert report.as_json()["variants"] == experiment(scene, "cycle", workers=2).as_json()["variants"]


def test_that_it_stops_at_the_stated_precision(line: LoadedScene) -> None:
    report = experiment(line, "precise", make_pool=inline())
    for result in report.variants:
        cell = result.cells["out.throughput"]
        values = [v for v in cell.values if v is not None]
        assert runs_for_precision(values, 0.05) == result.runs == len(values)
        assert result.precision is not None and result.precision <= 0.05 and result.enough
        assert 5 <= result.runs < 60
    assert report.exit_code == 0


def test_that_a_precision_out_of_reach_is_said(line: LoadedScene) -> None:
    text = LINE.replace("replications: 60, precision: 5 %", "replications: 5, precision: 0.1 %")
    report = experiment(load_text(text, line.folder / "scene.yaml"), "precise", make_pool=inline())
    assert report.exit_code == 3
    assert "0.1 % of precision was not reached with 5 replications for base, faster" in report.as_text()


def test_that_the_warm_up_is_found_and_left_out(line: LoadedScene) -> None:
    # the belt is empty at first and takes 7.5 s to fill; a step of the grid is 18 s
    report = experiment(line, "settled", make_pool=inline())
    (result,) = report.variants
    assert result.warm_up is not None and result.warm_up.found == report.steady
    assert report.cut == result.warm_up.cut and report.warm_up_ns == 3600 * 10**9 * report.cut // BINS
    job = Job(line.text.dump(), report.seeds, "", 0, 3600 * 10**9, report.plan.measures)
    values = [value(o.series["belt1.mean_queue"], report.cut) for o in run_job(line.files, job)]
    assert result.cells["belt1.mean_queue"].values == tuple(values)


def test_that_a_line_that_never_settles_is_not_trusted(line: LoadedScene) -> None:
    # the station takes longer than the parts' intervals: the queue on the long belt grows all the time
    text = LINE.replace("{exponential: 3 s}", "{exponential: 8 s}").replace(
        "length: 3 m", "length: 3000 m, accumulating: true"
    )
    text = text.replace("speed: 0.4 m/s", "speed: 100 m/s").replace("for: 60 min", "for: 30 min")
    report = experiment(load_text(text, line.folder / "scene.yaml"), "settled", make_pool=inline())
    assert not report.steady
    assert report.exit_code == 3
    assert "No steady state was found for base" in report.as_text()


def test_that_one_replication_has_the_interval_of_its_batches(line: LoadedScene) -> None:
    text = LINE.replace("one: {for: 2 min, replications: 1,", "one: {for: 10 h, replications: 1,")
    report = experiment(load_text(text, line.folder / "scene.yaml"), "one", make_pool=inline())
    for result in report.variants:
        cell = result.cells["out.throughput"]
        (value,) = cell.values
        assert cell.interval is not None and value is not None
        assert cell.interval.runs in (20, 25)
        assert cell.interval.mean == pytest.approx(value)  # the batches fill the run
        # arrivals are Poisson and the station keeps up: counts of 10 h vary by sqrt(n), about 30 of 9,000
        assert cell.interval.half_width == pytest.approx(2.06 * (value / 10.0) ** 0.5, rel=0.5)
    difference = report.variant("long").cells["out.throughput"].difference
    assert difference is not None and not difference.significant
    assert "batch means" in report.as_text()


def test_that_a_variant_may_name_another_file(line: LoadedScene, tmp_path: Path) -> None:
    (tmp_path / "slow.csv").write_text("\n".join(["8", "9", "10"]))
    text = LINE.replace("{long: {belt1.length: 4 m}}", "{slow: {infeed.every: {empirical: slow.csv}}}")
    scene = load_text(text, tmp_path / "scene.yaml")
    report = experiment(scene, "one", workers=1)
    (count,) = report.variant("slow").cells["out.throughput"].values
    assert count is not None and 0 < count <= 3600 / 8


def test_that_a_cluster_gives_what_processes_give(line: LoadedScene) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        found = experiment(line, "cycle", cluster=cluster.scheduler_address).as_json()["variants"]
    assert found == experiment(line, "cycle", make_pool=inline()).as_json()["variants"]


def test_that_results_are_found_again_until_something_changes(line: LoadedScene, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = experiment(line, "cycle", make_pool=inline(), cache=cache)
    # base and the 3 s of the sweep are the same scene
    assert (first.ran, first.kept) == (28, 0)
    again = experiment(line, "cycle", make_pool=None, cache=cache)
    assert (again.ran, again.kept) == (0, 28)
    assert again.as_json()["variants"] == first.as_json()["variants"]
    # another variant, another check: the rest is known
    text = LINE.replace("      faster:", "      slow: {belt1.speed: 0.3 m/s}\n      faster:")
    more = load_text(text, tmp_path / "scene.yaml")
    report = experiment(more, "cycle", make_pool=inline(), cache=cache)
    assert (report.ran, report.kept) == (7, 28)
    # another seed, another line: nothing is
    assert experiment(line, "cycle", make_pool=inline(), cache=cache, seed=2).kept == 0
    other = load_text(LINE.replace("speed: 0.4 m/s", "speed: 0.41 m/s"), tmp_path / "scene.yaml")
    assert experiment(other, "cycle", make_pool=inline(), cache=cache).kept == 0


def test_that_a_broken_cache_is_begun_anew(line: LoadedScene, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "results.sqlite").write_bytes(b"no database at all " * 100)
    report = experiment(line, "one", make_pool=inline(), cache=tmp_path / "cache")
    assert "begun anew" in report.notices[0]
    assert experiment(line, "one", make_pool=inline(), cache=tmp_path / "cache").kept == 2
    (tmp_path / "file").touch()
    with pytest.raises(Problems, match="--cache"):
        experiment(line, "one", make_pool=inline(), cache=tmp_path / "file")


def test_that_an_interrupted_experiment_goes_on_where_it_was(line: LoadedScene, tmp_path: Path) -> None:
    whole = experiment(line, "cycle", make_pool=inline())
    pools: list[Inline] = []

    class Interrupted(Inline):
        def submit(self, fn: Callable[..., Any], *arguments: Any) -> Future[Any]:
            if len(self.jobs) == 6:
                signal.raise_signal(signal.SIGINT)
            return super().submit(fn, *arguments)

    def make(files: Mapping[str, bytes]) -> Inline:
        pools.append(Interrupted(files, random.Random(1)))
        return pools[-1]

    report = experiment(line, "cycle", make_pool=make, cache=tmp_path)
    assert report.interrupted and report.exit_code == 3 and pools[0].closed
    assert 0 < report.ran < 28
    assert "call it again to go on" in report.as_text()
    resumed = experiment(line, "cycle", make_pool=inline(), cache=tmp_path)
    assert resumed.kept >= report.ran and resumed.ran == 28 - resumed.kept
    assert resumed.as_json()["variants"] == whole.as_json()["variants"]


def test_that_a_variant_whose_device_raises_is_told_and_the_others_are_judged(
    line: LoadedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some_fail(files: Mapping[str, bytes], job: Job) -> list[Outcome]:
        found = run_job(files, job)
        return [
            Outcome(o.seed, problem="pack failed at 12 s") if "exponential: 2 s" in job.text else o
            for o in found
        ]

    monkeypatch.setattr(module, "run_job", some_fail)
    report = experiment(line, "cycle", make_pool=inline())
    assert report.exit_code == 2
    (problem,) = report.problems
    assert problem.what.startswith("variant faster, replication ") and "pack failed at 12 s" in problem.what
    assert problem.where.line == LINE.splitlines().index("      faster: {pack.cycle: {exponential: 2 s}}") + 1
    assert [result.runs for result in report.variants] == [7, 0, 7, 7]
    assert report.variant("faster").cells["out.throughput"].interval is None
    assert "pack.cycle.exponential=4 s" in report.as_text()


def test_that_a_run_whose_controller_fails_is_no_measurement(line: LoadedScene, tmp_path: Path) -> None:
    program = "PROGRAM MAIN VAR n, d : INT; END_VAR n := n + 1; d := 1 / (50 - n); END_PROGRAM"
    (tmp_path / "main.st").write_text(program)
    task = "{main: {program: MAIN, cycle: 10 ms}}"
    plc = f"controllers: {{plc: {{type: emulated, programs: [main.st], task: {task}}}}}"
    scene = load_text(LINE.replace("experiments:", f"{plc}\nexperiments:"), tmp_path / "scene.yaml")
    report = experiment(scene, "one", make_pool=inline())
    assert report.exit_code == 2
    assert [result.runs for result in report.variants] == [0, 0]
    assert "variant base, replication 1 (seed 1): " in report.problems[0].what


def test_that_progress_rises_and_says_what_is_left(line: LoadedScene) -> None:
    said: list[tuple[float, str]] = []
    experiment(line, "cycle", make_pool=inline(), progress=lambda share, words: said.append((share, words)))
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert any("s left" in words for _, words in said)


REWORK = """
format: commissioning-scene/1
run: {length: 30 min}
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: wait}
  wait: {type: buffer, pose: {xyz: [0 m, 0 m, 0 m]}, capacity: 2, to: test}
  test: {type: inspection, pose: {xyz: [1 m, 0 m, 0 m]}, results: {good: 80 %, rework: 20 %}, cycle: 2 s,
         to: {good: out, rework: again}}
  again: {type: buffer, pose: {xyz: [1 m, 1 m, 0 m]}, to: wait}
  out: {type: sink}
experiments:
  places: {replications: 2, measures: [out.throughput], variants: {few: {again.capacity: 2}}}
"""


def test_that_a_variant_whose_parts_wait_for_one_another_is_told_and_is_no_rate(tmp_path: Path) -> None:
    scene = load_text(REWORK, tmp_path / "scene.yaml")
    report = experiment(scene, "places", make_pool=inline())
    assert [result.runs for result in report.variants] == [2, 0]
    (problem,) = report.problems
    assert "variant few, replication 1" in problem.what and "deadlock: again (part" in problem.what
    assert report.variant("base").cells["out.throughput"].interval is not None


def test_that_a_rate_of_nothing_is_told_to_be_no_figure(tmp_path: Path) -> None:
    """The first part needs 3 m at 0.4 m/s and 3 s of work: in 1 s none is out."""
    text = LINE + "  short: {for: 1 s, replications: 2}\n"
    report = experiment(load_text(text, tmp_path / "scene.yaml"), "short", make_pool=inline())
    assert any("No part left out in any run of base" in notice for notice in report.notices)
    whole = experiment(load_text(text, tmp_path / "scene.yaml"), "one", make_pool=inline())
    assert not any("No part left" in notice for notice in whole.notices)
