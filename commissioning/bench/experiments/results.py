"""What an experiment found: intervals of every measure of every variant, and differences to the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from commissioning.bench.conditions import Conditions
from commissioning.bench.experiments.plan import Measure, Plan
from commissioning.bench.experiments.runs import BINS, Outcome, value
from commissioning.bench.experiments.sensitivity import Gain, ranked
from commissioning.bench.experiments.variants import Variant
from commissioning.model.problem import Problem
from commissioning.sim.analysis.statistics import (
    Interval,
    PairedDifference,
    batch_means,
    mean_interval,
    paired_difference,
)
from commissioning.sim.analysis.warmup import WarmUp, mean_series, mser

__all__ = [
    "Cell",
    "ExperimentReport",
    "VariantResult",
    "cautions",
    "judge",
    "limits",
    "one_run",
    "rates",
    "shown",
    "warm_up_of",
]


@dataclass(frozen=True)
class Cell:
    """One measure of one variant. `values`: one per replication, None where it had none (no part left, so
    no time that one spent); then there is no interval. `difference` to the baseline, if there is one."""

    measure: Measure
    values: tuple[float | None, ...]
    interval: Interval | None = None
    difference: PairedDifference | None = None

    def as_json(self) -> dict[str, Any]:
        """Numbers as measured; bounds None where one replication gives none."""
        i, d = self.interval, self.difference
        found: dict[str, Any] = {"unit": self.measure.unit, "values": list(self.values)}
        if i is not None:
            found |= {"mean": i.mean, "sd": i.sd, "interval": _bounds(i)}
        if d is not None:
            found["difference"] = {
                "mean": d.interval.mean, "interval": _bounds(d.interval), "p": d.p,
                "significant": d.significant, "correlation": d.correlation,
                "confidence": d.interval.confidence,
            }  # fmt: skip
        return found


@dataclass(frozen=True)
class VariantResult:
    """One variant. `precision`: half width of the first measure's interval as a share of its mean, None if
    that is not known; `enough`: it reached what the experiment asks for, with as many runs as it may have.
    `warm_up`: where its mean series settles, for experiments that look for it. `limits`: by device its
    shares as momentary and as sole bottleneck, means over the replications, the longest first."""

    variant: Variant
    cells: Mapping[str, Cell]
    runs: int
    precision: float | None = None
    enough: bool = True
    warm_up: WarmUp | None = None
    series: tuple[float, ...] = ()
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As in `experiment --json`."""
        return {
            "id": self.variant.id, "also": list(self.variant.also), "parameters": self.variant.as_json(),
            "replications": self.runs,
            "precision": self.precision, "enough": self.enough,
            "measures": {name: cell.as_json() for name, cell in self.cells.items()},
            "bottleneck": {
                device: {"momentary": momentary, "sole": sole}
                for device, (momentary, sole) in self.limits.items()
            },
        }  # fmt: skip


@dataclass(frozen=True)
class ExperimentReport:
    """An experiment. `cut`: steps of the grid left out as warm-up, beside the plan's; `steady`: the warm-up
    was found in every variant (True where the plan states it). `seeds`: of replication 0, 1, ..., the same
    for every variant. `ran` and `kept`: replications computed now and found in the cache."""

    plan: Plan
    conditions: Conditions
    variants: tuple[VariantResult, ...]
    seeds: tuple[int, ...]
    cut: int = 0
    steady: bool = True
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    interrupted: bool = False
    ran: int = 0
    kept: int = 0
    wall_s: float = 0.0

    @property
    def asked(self) -> tuple[VariantResult, ...]:
        """The variants that somebody wrote down, without those that `sensitivity` makes."""
        return tuple(v for v in self.variants if v.variant.id not in self.plan.quicker)

    @property
    def gains(self) -> tuple[Gain, ...]:
        """What each device being quicker gives of the first measure, the most first: of `sensitivity`."""
        first = self.plan.measures[0].id
        base = next(
            (v.cells[first].interval for v in self.variants if v.variant.id == self.plan.baseline), None
        )
        mean = None if base is None else base.mean
        chosen = [v for v in self.variants if v.variant.id in self.plan.quicker]
        return ranked({v.variant.id: (v.cells[first].difference, mean) for v in chosen})

    @property
    def warm_up_ns(self) -> int:
        """What was left out at the beginning of each run, stated or found."""
        stated = self.plan.warm_up_ns
        return self.plan.length_ns * self.cut // BINS if stated is None else stated

    @property
    def exit_code(self) -> int:
        """0; 2 if a run could not go on; 3 if it was stopped, not precise enough or never steady."""
        if self.problems:
            return 2
        decided = self.steady and not self.interrupted and all(v.enough for v in self.variants)
        return 0 if decided else 3

    def variant(self, identity: str) -> VariantResult:
        """The result of one variant, by any name it goes by. Raises KeyError."""
        for result in self.variants:
            if identity in (result.variant.id, *result.variant.also):
                return result
        raise KeyError(f"no variant named {identity}")

    def as_json(self) -> dict[str, Any]:
        """What `experiment --json` prints. Nothing in `variants` depends on how it was computed."""
        c, plan = self.conditions, self.plan
        return {
            "scene": c.scene, "scene_hash": c.scene_hash, "experiment": plan.id, "seed": c.seed,
            "seeds": list(self.seeds), "scenario": plan.scenario, "baseline": plan.baseline or None,
            "confidence": plan.confidence, "length_s": plan.length_ns / 1e9,
            "warm_up_s": self.warm_up_ns / 1e9, "steady": self.steady,
            "variants": [result.as_json() for result in self.variants],
            "sensitivity": [gain.as_json() for gain in self.gains],
            "problems": [str(problem) for problem in self.problems], "notices": list(self.notices),
            "interrupted": self.interrupted, "ran": self.ran, "from_cache": self.kept,
            "wall_s": round(self.wall_s, 3), "versions": dict(c.versions), "exit_code": self.exit_code,
        }  # fmt: skip

    def as_text(self) -> str:
        """For people: one table per measure."""
        from commissioning.bench.experiments.text import text_report

        return text_report(self)

    def as_html(self) -> str:
        """One self-contained page, see `bench.experiments.report`."""
        from commissioning.bench.experiments.report import html_report

        return html_report(self)


def judge(
    plan: Plan, runs: Sequence[Sequence[Outcome]], cut: int, warm_ups: Sequence[WarmUp | None]
) -> tuple[VariantResult, ...]:
    """The results. `runs`: outcomes with series by variant, in order of replications; `cut`: grid steps."""
    values = [
        {m.id: [value(outcome.series[m.id], cut) for outcome in outcomes] for m in plan.measures}
        for outcomes in runs
    ]
    base = next((k for k, variant in enumerate(plan.variants) if variant.id == plan.baseline), None)
    comparisons = len(plan.variants) - 1
    results = []
    for k, variant in enumerate(plan.variants):
        cells = {}
        for m in plan.measures:
            against = values[base][m.id] if base is not None and base != k else None
            cells[m.id] = _cell(m, values[k][m.id], against, plan.confidence, comparisons)
            if len(runs[k]) == 1:
                alone = one_run(m, runs[k][0].series[m.id], cut, plan.confidence)
                cells[m.id] = replace(cells[m.id], interval=alone or cells[m.id].interval)
        reached = _precision(cells[plan.measures[0].id].interval)
        wanted = plan.precision
        enough = len(runs[k]) >= plan.replications if wanted is None else (reached or 0.0) <= wanted
        if wanted is not None and reached is None:
            enough = False
        series = mean_series([rates(o.series[plan.measures[0].id]) for o in runs[k]]) if runs[k] else []
        found = limits(runs[k], cut, plan.length_ns / 1e9)
        results.append(
            VariantResult(variant, cells, len(runs[k]), reached, enough, warm_ups[k], tuple(series), found)
        )
    return tuple(results)


def limits(outcomes: Sequence[Outcome], cut: int, length_s: float) -> dict[str, tuple[float, float]]:
    """Shares as momentary and as sole bottleneck behind `cut`, by device, means over the replications."""
    span = length_s * (BINS - cut) / BINS
    sums: dict[str, list[float]] = {}
    for outcome in outcomes:
        for device, grown in outcome.limits.items():
            mine = sums.setdefault(device, [0.0, 0.0])
            for k, seconds in enumerate(grown):
                mine[k] += (seconds[-1] - seconds[cut]) / span / len(outcomes)
    ranked = sorted(sums.items(), key=lambda one: (-one[1][0], one[0]))
    return {device: (momentary, sole) for device, (momentary, sole) in ranked if momentary > 0.0}


def cautions(plan: Plan, results: Sequence[VariantResult]) -> list[str]:
    """What somebody who reads the figures must know about them."""
    found = []
    drifting = [r.variant.id for r in results if r.warm_up is not None and not r.warm_up.found]
    if drifting:
        found.append(
            f"No steady state was found for {', '.join(drifting)}: figures are of the second half of the "
            "runs and may still drift. Run for longer, or state `warm_up`."
        )
    late = [r.variant.id for r in results if not r.enough and r.runs]
    if plan.precision is not None and late:
        found.append(
            f"{plan.precision * 100:g} % of precision was not reached with {plan.replications} "
            f"replications for {', '.join(late)}. Allow more `replications`, or run for longer."
        )
    for m in plan.measures:
        silent = [r.variant.id for r in results if r.runs and not any(r.cells[m.id].values)]
        if m.figure == "throughput" and silent:
            found.append(
                f"No part left {m.device} in any run of {', '.join(silent)}: a rate of 0 is no figure of a "
                "line that runs. Run for longer, or find out what holds it (`run`, `check --report`)."
            )
    if plan.replications == 1:
        found.append(
            "One replication: intervals are those of batch means over the run, and missing where its "
            "batches are correlated or it is too short. Nothing is said about differences."
        )
    return found


def one_run(
    measure: Measure, series: tuple[list[float], list[float]], cut: int, confidence: float
) -> Interval | None:
    """The interval of a figure of one long run, by batch means over the grid behind `cut`.

    None where the batches are correlated, where nothing varies, where fewer than 40 steps are left, and
    for the time spent in a device, whose steps weigh differently. 25 batches: they fill the grid.
    """
    steps = rates(series)[cut:]
    if measure.figure == "mean_time" or len(steps) < 40:
        return None
    found = batch_means(steps, confidence, most=25)
    return found.interval if found.independent and found.interval.sd > 0.0 else None


def warm_up_of(plan: Plan, outcomes: Sequence[Outcome]) -> WarmUp:
    """MSER-5 on the mean over replications of the first measure, step by step of the grid."""
    return mser(mean_series([rates(outcome.series[plan.measures[0].id]) for outcome in outcomes]))


def rates(series: tuple[list[float], list[float]]) -> list[float]:
    """The figure in each step of the grid; where a step has none, the one before."""
    upper, lower = series
    found: list[float] = []
    for k in range(len(upper) - 1):
        below = lower[k + 1] - lower[k]
        last = found[-1] if found else 0.0
        found.append((upper[k + 1] - upper[k]) / below if below > 0.0 else last)
    return found


def shown(number: float | None, measure: Measure, sign: bool = False) -> str:
    """A value; shares as per cent, differences (`sign`) of shares in percentage points."""
    if number is None or not isfinite(number):
        return "?"
    plus = "+" if sign else ""
    if not measure.unit:
        return f"{number * 100:{plus}.2f} {'pp' if sign else '%'}"
    return f"{number:{plus}.2f}" if abs(number) < 1000 else f"{number:{plus}.1f}"


def _cell(
    measure: Measure, values: list[float | None], baseline: list[float | None] | None, confidence: float,
    comparisons: int,
) -> Cell:  # fmt: skip
    known = [x for x in values if x is not None]
    interval = mean_interval(known, confidence) if known and len(known) == len(values) else None
    difference = None
    if baseline is not None:
        pairs = [(a, b) for a, b in zip(values, baseline, strict=False) if a is not None and b is not None]
        if pairs:
            mine, theirs = [a for a, _ in pairs], [b for _, b in pairs]
            difference = paired_difference(mine, theirs, confidence, comparisons)
    return Cell(measure, tuple(values), interval, difference)


def _precision(interval: Interval | None) -> float | None:
    if interval is None or not isfinite(interval.half_width) or interval.mean == 0.0:
        return None
    return interval.half_width / abs(interval.mean)


def _bounds(interval: Interval) -> list[float] | None:
    return [interval.low, interval.high] if isfinite(interval.half_width) else None
