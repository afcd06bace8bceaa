"""A figure of a long run with its confidence: batch means, with control variates for waiting times.

Journal chunks that have been read are dropped, so that a run may be as long as it has to be.

Waiting times converge slowly, but most of their noise is known: a service time S and the time A to the
next arrival (of the same class) do not depend on the wait W before them, so that the means of S, S^2, A,
A^2, W (S - E S) and W (A - E A) over a batch have known expectations. The regression of the batch means on
these takes their noise out (control variates, Lavenberg and Welch 1981); what is measured is still W alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from case_scenes import Plan
from numpy.typing import NDArray

from commissioning.bench.load import load_text
from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.analysis.statistics import t_quantile
from commissioning.sim.run import Run

NS = 1_000_000_000
BATCHES = 30
BLOCK = 5_000  # parts between two looks


@dataclass(frozen=True)
class Estimate:
    """Value with the half-width of its 95 % interval; `parts` seen."""

    value: float
    half_width: float
    parts: int

    def agrees(self, exact: float) -> bool:
        """As the table of cases accepts."""
        return abs(self.value - exact) <= max(3 * self.half_width, 0.002 * abs(exact))


def measure(plan: Plan, seed: int, precision: float = 0.0045, most: int = 20_000_000) -> Estimate:
    """Run until the half-width is at most `precision` of the value, or `most` parts have passed."""
    run = Run(load_text(plan.text, Path("scene.yaml")), seed)
    if plan.kind in ("exact rate", "makespan", "resident", "move"):
        return Estimate(_exact(plan, run), 0.0, plan.count)
    reader = _Reader(plan, run)
    for _ in range(4):
        reader.block(warm_up=True)
    done = 0
    while True:
        for _ in range(max(BATCHES, done // 60 * 30)):  # half as long again each time
            reader.block()
            done += 1
        value, half = reader.estimate()
        value, half = plan.offset + plan.scale * value, abs(plan.scale) * half
        assert run.problem is None, run.problem
        if half <= precision * value or done * reader.size >= most:
            return Estimate(value, half, done * reader.size)


def _exact(plan: Plan, run: Run) -> float:
    if plan.kind == "makespan":
        run.advance(2 * plan.unit * plan.count)
        times = [t for t, count in run.journal.edges(f"{plan.device}.count") if count == plan.count]
        return times[0] / NS
    if plan.kind == "move":
        run.advance(2 * plan.unit)
        at = run.journal.edges(f"{plan.device}.at")
        start, end = (next(t for t, place in at if place == wanted) for wanted in (0, 2))
        time = next(float(value) for _, value in run.journal.edges(f"{plan.device}.move_time") if value)
        assert 0 <= end - start - time * NS < 1.0  # it arrives in the first ns after it
        return time
    if plan.kind == "resident":
        run.advance(plan.unit * plan.count * 4)
        (lane,) = run.line.lanes  # the part that stands with its front at x = 0 is not counted
        return sum(lane.position(part) > 1e-9 for part in lane.parts())
    run.advance(plan.unit * max(400, 60 * plan.count))
    figures = run.journal
    if plan.device == "out":
        records = figures.records()
        times = records["t"][records["kind"] == int(Kind.PART_GONE)]
    else:
        from commissioning.sim.analysis.kpi import departures

        index = run.line.object_index[plan.device]
        times = departures(figures.header, figures.records(), index)
    rounds = (len(times) - 1) // 2 // plan.count
    first = len(times) - 1 - rounds * plan.count
    return rounds * plan.count / ((times[-1] - times[first]) / NS)


class _Reader:
    """Reads a run block by block."""

    def __init__(self, plan: Plan, run: Run) -> None:
        self.plan, self.run = plan, run
        self.size = plan.options.get("block", BLOCK)
        self.block_ns = round(self.size * plan.unit * NS)
        self.values: list[float] = []
        self.seen = 0  # records read
        self.held = 0.0
        slots = run.journal.header["core"]["slots"]
        self.slots = [k for k, slot in enumerate(slots) if slot["device"] == plan.device]
        self.server = [k for k, slot in enumerate(slots) if slot["device"] == "m"]
        self.index = run.line.object_index[plan.device]
        self.rows: dict[str, list[NDArray[Any]]] = {"made": [], "served": [], "gone": []}

    def block(self, warm_up: bool = False) -> None:
        run = self.run
        start = run.now_ns
        run.advance_to(start + self.block_ns)
        records = run.journal.records(self.seen)
        self.seen = run.journal.length
        run.journal.restore(run.journal.save())  # lets go of the sealed chunks
        kind = records["kind"]
        if self.plan.kind in ("wait", "stay"):
            self._read_parts(records, kind)
        elif self.plan.kind == "held":
            value = self._mean_held(
                records[(kind == int(Kind.STATE)) & (records["obj"] == self.index)], start
            )
            if not warm_up:
                self.values.append(value)
        elif not warm_up:
            self.values.append(self._passed(records, kind) / (self.block_ns / NS))

    def _passed(self, records: NDArray[Any], kind: NDArray[Any]) -> int:
        if self.plan.device == "out":
            gone = (kind == int(Kind.PART_GONE)) & (records["aux"] == 0)
            return int(np.count_nonzero(gone & (records["a"] == self.index)))
        moves = (kind == int(Kind.PART_MOVE)) & (records["aux"] == int(CarrierKind.SLOT))
        return int(np.count_nonzero(moves & np.isin(records["a"], self.slots)))

    def _mean_held(self, states: NDArray[Any], start: int) -> float:
        end = start + self.block_ns
        times = np.concatenate(([start], states["t"], [end]))
        levels = np.concatenate(([self.held], states["a"]))
        self.held = float(levels[-1])
        return float((np.diff(times) * levels).sum() / (end - start))

    def _read_parts(self, records: NDArray[Any], kind: NDArray[Any]) -> None:
        made = records[kind == int(Kind.PART_MADE)]
        moved = records[(kind == int(Kind.PART_MOVE)) & np.isin(records["a"], self.server)]
        gone = records[kind == int(Kind.PART_GONE)]
        self.rows["made"].append(
            np.stack([made["obj"].astype(np.int64), made["t"], made["aux"].astype(np.int64)])
        )
        self.rows["served"].append(np.stack([moved["obj"].astype(np.int64), moved["t"]]))
        self.rows["gone"].append(np.stack([gone["obj"].astype(np.int64), gone["t"]]))

    def estimate(self) -> tuple[float, float]:
        """Mean and half-width."""
        if self.plan.kind == "wait":
            return self._wait()
        if self.plan.kind == "stay":
            return self._stay()
        values = np.array(self.values)
        means = values[: len(values) // BATCHES * BATCHES].reshape(BATCHES, -1).mean(axis=1)
        half = t_quantile(0.975, BATCHES - 1) * means.std(ddof=1) / np.sqrt(BATCHES)
        if self.plan.kind == "cycle":
            rounds = means * self.plan.options["cycles"]  # per s
            return float(1 / rounds.mean()), float(half / means.mean() / rounds.mean())
        return float(means.mean()), float(half)

    def _stay(self) -> tuple[float, float]:
        """Time in the line: batch means, no more is known about it."""
        made, gone = (np.concatenate(self.rows[key], axis=1) for key in ("made", "gone"))
        ended = np.full(made.shape[1], -1, np.int64)
        ended[gone[0]] = gone[1]
        whole = np.flatnonzero(ended < 0)
        count = int(whole[0]) if len(whole) else len(ended)
        stay = (ended[20_000:count] - made[1][20_000:count]) / NS
        means = stay[: len(stay) // BATCHES * BATCHES].reshape(BATCHES, -1).mean(axis=1)
        half = t_quantile(0.975, BATCHES - 1) * means.std(ddof=1) / np.sqrt(BATCHES)
        return float(means.mean()), float(half)

    def _wait(self) -> tuple[float, float]:
        known = self.plan.options
        made, served, gone = (np.concatenate(self.rows[key], axis=1) for key in ("made", "served", "gone"))
        whole = np.setdiff1d(made[0], gone[0])  # ids still in the line
        count = int(whole.min()) if len(whole) else made.shape[1]
        arrived, product = made[1][:count], made[2][:count]
        begun = np.empty(made.shape[1], np.int64)
        begun[served[0]] = served[1]
        ended = np.empty(made.shape[1], np.int64)
        ended[gone[0]] = gone[1]
        wait = (begun[:count] - arrived) / NS
        service = (ended[:count] - begun[:count]) / NS
        gap = np.diff(made[1][: count + 1]) / NS
        size = min(len(wait), len(gap))
        start = 20_000  # warm-up
        wait, service, gap, product = (x[start:size] for x in (wait, service, gap, product))
        a, m = known["gap"], known["service"]
        # what is constant but for its rounding to whole ns tells nothing; the wait times that rounding would
        varies, comes = service.std() > 1e-6 * m, gap.std() > 1e-6 * a
        controls = [service - m, service**2 - known["square"]] if varies else []
        controls += [gap - a] if comes else []
        if known["poisson"]:
            controls.append(gap**2 - 2 * a * a)
        wanted = np.ones(len(wait), bool)
        if "product" in known:  # the next of its class, which alone no wait in the class depends on
            wanted, a = product == known["product"], known["class_gap"]
            gap = np.zeros(len(wait))
            mine = arrived[start:size][wanted]
            gap[np.flatnonzero(wanted)[:-1]] = np.diff(mine) / NS
            gap[np.flatnonzero(wanted)[-1]] = a
            controls += [wanted * (gap - a), wanted * (gap**2 - 2 * a * a), wanted - known["share"]]
            m = known["class_service"]
            varies = service[wanted].std() > 1e-6 * m
            controls += [wanted * (service - m)] if varies else []
        controls += [wanted * wait * (service - m)] if varies else []
        controls += [wanted * wait * (gap - a)] if comes else []
        blocks = max(60, min(400, len(wait) // 20_000))
        length = len(wait) // blocks

        def means(x: NDArray[Any]) -> NDArray[Any]:
            return x[: blocks * length].reshape(blocks, length).mean(axis=1)

        shares = means(wanted.astype(float))
        time = wait + service if known.get("whole") else wait
        y = means(np.where(wanted, time, 0.0)) / shares
        x = np.stack([means(c) for c in controls], axis=1)
        x = x[:, x.std(axis=0) > 1e-12 * (1 + np.abs(x).max(axis=0))]
        design = np.hstack([np.ones((blocks, 1)), x])
        beta, *_ = np.linalg.lstsq(design, y, rcond=None)
        left = y - design @ beta
        freedom = blocks - design.shape[1]
        variance = float(left @ left) / freedom * np.linalg.pinv(design.T @ design)[0, 0]
        return float(beta[0]), float(t_quantile(0.975, freedom) * np.sqrt(variance))
