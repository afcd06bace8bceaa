"""Parts in the line, the time they need, and Little's law as a test of the records themselves.

Over any time (t0, t1] the area under the number of parts N(t) is the sum of what each part spent in it,

    integral of N dt = sum over parts of (their time inside, cut to the time looked at).

That is an identity, edges included (J. D. C. Little, Oper. Res. 9, 1961; its finite form: Little, Oper. Res.
59, 2011). Both sides are taken from different records: N from the events that let parts in and out, or from
the number that a device gives of itself; the times from the visits of each part. They agree to the
nanosecond, or the records contradict one another: then the fault is ours and every figure is in doubt.

L = lambda W in the usual form compares averages: L mean parts, lambda parts per second that left, W the mean
time of those. It holds up to what the parts that are inside at either end have spent, of which `edge` is the
share; a long run makes it small. What goes round and never leaves (pallets of a loop) has L constant: there
lambda counts rounds and W is the time of one, so N pallets and a round of W seconds give N / W a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import Kind
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.products import Product, mask_of, products, round_times
from commissioning.sim.analysis.visits import OPEN

__all__ = ["Balance", "Histogram", "Law", "law", "lead_times", "wip"]


@dataclass(frozen=True)
class Balance:
    """One place (a device, or the line as a whole) over the time looked at.

    `area` and `time`: the two sides of the identity in part-ns, exact integers. `mean`: L. `rate`: parts
    per second that left, `stay`: mean seconds of those (None if none left). `round_at`: of parts that never
    leave the device at which a round ends; then `rate` and `stay` are those of rounds.
    """

    name: str
    area: int
    time: int
    mean: float
    rate: float
    stay: float | None
    round_at: str = ""

    @property
    def holds(self) -> bool:
        """Whether the two sides agree, exactly."""
        return self.area == self.time

    @property
    def edge(self) -> float | None:
        """L / (lambda W) - 1: what the parts inside at either end make; None if nothing left."""
        product = 0.0 if self.stay is None else self.rate * self.stay
        return self.mean / product - 1.0 if product > 0.0 else None


@dataclass(frozen=True)
class Law:
    """The line (by product where parts of several are not the same), then every device that says how many
    parts it holds."""

    balances: tuple[Balance, ...]

    @property
    def holds(self) -> bool:
        """Whether the identity holds everywhere."""
        return all(balance.holds for balance in self.balances)


@dataclass(frozen=True)
class Histogram:
    """`weights[k]` of what lies in [edges[k], edges[k + 1]); they add up to 1 (or to 0 of nothing)."""

    edges: tuple[float, ...]
    weights: tuple[float, ...]
    mean: float | None
    median: float | None
    p95: float | None
    most: float | None
    count: int


def law(history: History) -> Law:
    """Little's law for the line and for its devices over the time looked at."""
    found = _lines(history, products(history))
    v = history.visits
    for device in history.devices:
        periods = history.periods[device]
        if history.roles[device] not in ("machine", "store") or not periods.held.any():
            continue
        edges = np.clip(periods.t, history.start, history.end)
        area = int((np.diff(edges) * periods.held).sum())
        mine = v.device == device
        found.append(_balance(history, history.names[device], area, v.t_in[mine], v.t_out[mine]))
    return Law(tuple(found))


def lead_times(history: History, of: Product | None = None, bins: int = 24) -> Histogram:
    """Seconds from being made to being done, of the parts (`of` one product) done in the time looked at.

    Of what goes round: of its rounds.
    """
    if of is not None and of.goes_round:
        return _spread(round_times(history, of), bins)
    parts = history.ends.keys() if of is None else of.parts
    spent = []
    for part in parts:
        end, made = history.ends.get(part), history.made.get(part)
        if end is None or made is None or end.why != 0 or made[0] < 0:  # before 0: nobody knows when
            continue
        if history.start < end.t <= history.end:
            spent.append((end.t - made[0]) / 1e9)
    return _spread(spent, bins)


def _spread(spent: Sequence[float], bins: int) -> Histogram:
    if not spent:
        return Histogram((0.0, 1.0), (0.0,), None, None, None, None, 0)
    values = np.array(spent)
    low, high = float(values.min()), float(values.max())
    edges = _round_edges(low, high, bins)
    counts, _ = np.histogram(values, np.array(edges))
    return Histogram(
        tuple(edges), tuple((counts / len(values)).tolist()), float(values.mean()),
        float(np.median(values)), float(np.quantile(values, 0.95)), high, len(values),
    )  # fmt: skip


def wip(history: History, of: Sequence[Product] | None = None, bins: int = 40) -> Histogram:
    """Parts (`of` some products) in the line, weighted by time. Bins are of whole numbers."""
    times, counts = _level(history, of)
    weights = np.diff(np.concatenate((times, [history.end]))).astype(np.float64)
    total = float(weights.sum())
    if total <= 0.0:
        return Histogram((0.0, 1.0), (0.0,), None, None, None, None, 0)
    most = int(counts.max())
    wide = max(1, -(-(most + 1) // bins))
    edges = list(range(0, most + 1 + wide, wide))
    heights, _ = np.histogram(counts, np.array(edges, np.float64) - 0.5, weights=weights)
    order = np.argsort(counts, kind="stable")
    share = np.cumsum(weights[order]) / total
    at = [float(counts[order][int(np.searchsorted(share, q - 1e-12))]) for q in (0.5, 0.95)]
    mean = float((weights * counts).sum() / total)
    return Histogram(
        tuple(float(edge) for edge in edges), tuple((heights / total).tolist()), mean, at[0], at[1],
        float(most), len(times),
    )  # fmt: skip


def _lines(history: History, kinds: Sequence[Product]) -> list[Balance]:
    """What comes and goes, together where that is of several products, and each product by itself."""
    open_ones = [product for product in kinds if not product.goes_round]
    if len(kinds) < 2 and open_ones == list(kinds):
        return [_line(history, "line", kinds)]
    found = [_line(history, "line", open_ones)] if len(open_ones) > 1 else []
    found += [_line(history, f"line: {product.name}", [product]) for product in open_ones]
    closed = [product for product in kinds if product.goes_round]
    return found + [_line(history, f"line: {product.name}", [product]) for product in closed]


def _line(history: History, name: str, of: Sequence[Product]) -> Balance:
    """From made to gone. N counts the events; the times pair them part by part."""
    times, counts = _level(history, of)
    area = int((np.diff(np.concatenate((times, [history.end]))) * counts).sum())
    mine = [part for product in of for part in product.parts]
    t_in = np.array([history.made[part][0] for part in mine], np.int64)
    gone = history.ends
    t_out = np.array([gone[part].t if part in gone else OPEN for part in mine], np.int64)
    found = _balance(history, name, area, t_in, t_out)
    if len(of) == 1 and of[0].goes_round:
        rounds = round_times(history, of[0])
        seconds = history.span / 1e9
        rate = len(rounds) / seconds if seconds else 0.0
        stay = sum(rounds) / len(rounds) if rounds else None
        return replace(found, rate=rate, stay=stay, round_at=history.names[of[0].round_at])
    return found


def _level(
    history: History, of: Sequence[Product] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Parts in the line: counts[k] from times[k] on; the first is the beginning of the time looked at."""
    kinds = history.records["kind"]
    rows = history.records[np.isin(kinds, (int(Kind.PART_MADE), int(Kind.PART_GONE)))]
    if of is not None:
        rows = rows[mask_of(history, rows, of)]
    step = np.where(rows["kind"] == int(Kind.PART_MADE), 1, -1)
    level = np.cumsum(step)
    first = int(np.searchsorted(rows["t"], history.start, side="right"))
    before = int(level[first - 1]) if first else 0
    times = np.concatenate(([history.start], rows["t"][first:].astype(np.int64)))
    return times, np.concatenate(([before], level[first:])).astype(np.int64)


def _balance(
    history: History, name: str, area: int, t_in: NDArray[np.int64], t_out: NDArray[np.int64]
) -> Balance:
    start, end = history.start, history.end
    left = np.where(t_out == OPEN, end, t_out)
    inside = np.clip(left, start, end) - np.clip(t_in, start, end)
    done = (t_out != OPEN) & (t_out > start) & (t_out <= end)
    count = int(done.sum())
    seconds = history.span / 1e9
    known = done & (t_in >= 0)  # before 0: in a restored run, of what was there already
    stay = float((t_out[known] - t_in[known]).mean()) / 1e9 if known.any() else None
    mean = area / history.span if history.span else 0.0
    return Balance(name, area, int(inside.sum()), mean, count / seconds if seconds else 0.0, stay)


def _round_edges(low: float, high: float, bins: int) -> Sequence[float]:
    """Some `bins` steps of a round width that hold everything from low to high."""
    span = max(high - low, 1e-3 * max(abs(high), 1.0))  # of times that are all alike, too
    power = 10.0 ** np.floor(np.log10(span / bins))
    width = power * next(f for f in (1.0, 2.0, 5.0, 10.0, 20.0) if span / (power * f) <= bins)
    first = float(np.floor(low / width))
    count = int(np.floor(high / width) - first) + 1
    return [float(f"{(first + k) * width:.12g}") for k in range(count + 1)]
