"""Why a line makes what it makes: bottleneck, waiting, flow, stock, lead time, OEE and energy of one run.

Everything comes from the journal, so it serves a live run between instants, a recording and a replication
of an experiment alike. `Why.as_json` is the `why` block of `run --json` and of each first run in
`check --json`; its keys, with devices by their ids, times in s and shares of the time looked at:

* `from_s`, `to_s`, `warm_up`: the time looked at, and how its beginning was chosen (`given`, `MSER-5`,
  `none found`, `too short`).
* `summary`: the findings as sentences, most important first.
* `states`: by device its share in each state (ISO 22400 as OPC 40001-1 Annex C.2 maps it).
* `bottleneck`: `main`; `shares` by device: `momentary`, `sole`, `shifting`; `none`, `moving`; `others`:
  {`main`, `momentary`} of lines that exchange no parts with this one, which is that of most parts; `strip`:
  the momentary bottleneck in `steps` equal steps, the one of the longest part of each, null for none.
* `waits`: {`device`, `state`, `share`, `words`, `causes`: [{`device`, `what`, `share`}]}, longest first.
* `wip`, `lead_time`: `edges`, `weights` (they add up to 1), `mean`, `median`, `p95`, `most`; parts, s. Of
  what comes and goes: pallets that never leave are left out.
* `products`: in a scene of several, or of one that goes round, by product: what became of its parts as in
  `flow`; `carries`: others rode on it; `wip`, `lead_time` (of what goes round the time of a round) with
  their `mean`, `median`, `p95`, `most`; `round_at`: where a round ends, null for what comes and goes.
* `littles_law`: `holds`; `places`, the line first, by product if there are several: `name`, `holds`, `mean`
  (L), `rate` (1/s), `stay` (W, s), `edge` (L / (rate stay) - 1), `area_s` and `time_s` (the two sides of the
  identity, part-seconds), `round_at`: rate and stay are those of rounds that end there.
* `flow`: `links`: {`from`, `to`, `parts`, `rejected`}, `to` may be "(lost)" or "(removed)"; the balance
  `made`, `done`, `lost`, `removed`, `used`, `rejected`, `inside_before`, `inside_after`, `balanced`.
* `oee`: by machine `parts`, `good`, `planned_s`, `availability`, `performance`, `quality`, `oee` (its own),
  `line`, `iso_availability`, `iso_oee`, `elements` (seconds of APT, AUST, ADOT, ADET; together PBT), and
  `time`, its loss tree, which adds up to 1.
* `energy`: null where no device declares a power, otherwise see `sim.analysis.energy`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from commissioning.bench.why_strips import STEPS, Strip, flow_order, steady_from, strips
from commissioning.model.record import State
from commissioning.sim.analysis.bottleneck import Bottlenecks, bottlenecks
from commissioning.sim.analysis.energy import Energy, energy
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.littles_law import Balance, Histogram, Law, law, lead_times, wip
from commissioning.sim.analysis.oee import LOSSES, Oee, oee
from commissioning.sim.analysis.products import Product, products
from commissioning.sim.analysis.routes import LOST, REMOVED, Account, Routes, account, routes
from commissioning.sim.analysis.waits import Wait, waits, words
from commissioning.sim.check import RunView
from commissioning.sim.run import Run

__all__ = ["ProductFigures", "Why", "why"]


@dataclass(frozen=True)
class ProductFigures:
    """What became of the parts of one product, how many there were and how long they took."""

    product: Product
    account: Account
    wip: Histogram
    lead_time: Histogram


@dataclass(frozen=True)
class Why:
    """What was found. `strips`: what each device did over the whole time, in steps where it changed too
    often to show; `zoom`: exactly, over the first stretch of it, if it did."""

    names: tuple[str, ...]
    start_ns: int
    end_ns: int
    warm_up: str
    states: Mapping[str, Mapping[str, float]]
    bottleneck: Bottlenecks
    others: tuple[Bottlenecks, ...]
    """Of further lines in the scene that exchange no parts with the one of `bottleneck`."""
    waits: tuple[Wait, ...]
    wip: Histogram
    lead_time: Histogram
    law: Law
    routes: Routes
    oee: tuple[Oee, ...]
    energy: Energy | None
    strips: Strip
    zoom: Strip
    order: tuple[int, ...]
    """Devices (object indices) in the order in which parts first came to them."""
    products: tuple[ProductFigures, ...]
    """Empty for a line of one product that comes and goes."""
    passes: tuple[int, ...]
    """Belts, then stores: what a picture of a long line may leave out."""

    @property
    def sound(self) -> bool:
        """Whether the journal agrees with itself about where the parts were; it must."""
        return self.law.holds and self.routes.balanced

    @property
    def summary(self) -> list[str]:
        """The findings as sentences."""
        lines = (self._law_words(), *self.bottleneck_words(), *self._round_words(), *self._wait_words())
        return [line for line in lines if line]

    def bottleneck_words(self) -> list[str]:
        """Who limits the line, in a sentence or two."""
        found = self.bottleneck
        ranked = sorted(found.shares.items(), key=lambda one: -one[1].momentary)
        if not ranked or ranked[0][1].momentary <= 0.0:
            return ["Nothing worked, so nothing was a bottleneck."]
        lines = []
        for k, (device, share) in enumerate(ranked[:3]):
            if share.momentary < 0.05:
                break
            name = self.names[device]
            if k == 0:
                sole = f", alone {_percent(share.sole)}"
                lines.append(f"{name} was the bottleneck {_percent(share.momentary)} of the time{sole}")
            else:
                lines.append(f"{name} {_percent(share.momentary)}")
        beside = [
            f"{self.names[one.main]} {_percent(one.shares[one.main].momentary)}"
            for one in self.others
            if one.main is not None and one.none < 1.0
        ]
        more = [f"In lines of their own: {', '.join(beside[:6])}."] if beside else []
        return ["; ".join(lines) + ".", *more]

    def _round_words(self) -> list[str]:
        """Of what goes round: N parts and a round of W seconds give N / W."""
        found = []
        for one in self.products:
            kind, time = one.product, one.lead_time
            if kind.goes_round and time.mean is not None:
                hourly = time.count / (self.end_ns - self.start_ns) * 3.6e12
                found.append(
                    f"{len(kind.parts)} of {kind.name} stay in the line and go round: {hourly:.1f} rounds an "
                    f"hour, one takes {time.mean:.1f} s in the mean."
                )
        return found

    def _wait_words(self) -> list[str]:
        return [words(wait, self.names) + "." for wait in self.waits[:6] if wait.share >= 0.01]

    def _law_words(self) -> str:
        wrong = [balance.name for balance in self.law.balances if not balance.holds]
        if wrong:
            return (
                f"The journal contradicts itself about the parts in {', '.join(wrong)}: Little's law does "
                "not hold there. This is an error of the program; trust none of these figures and report it."
            )
        if not self.routes.balanced:
            return "The journal loses count of parts. This is an error of the program; report it."
        return ""

    def as_json(self) -> dict[str, Any]:
        """Plain data, see the module."""
        name = self._name
        flow = self.routes
        return {
            "from_s": self.start_ns / 1e9, "to_s": self.end_ns / 1e9, "warm_up": self.warm_up,
            "summary": self.summary,
            "states": {device: dict(shares) for device, shares in self.states.items()},
            "bottleneck": self._bottleneck_json(),
            "waits": [
                {
                    "device": name(wait.device), "state": wait.state.name.lower(), "share": wait.share,
                    "words": words(wait, self.names),
                    "causes": [
                        {"device": name(cause.device), "what": cause.what, "share": cause.share}
                        for cause in wait.causes
                    ],
                }
                for wait in self.waits
            ],
            "wip": _histogram_json(self.wip), "lead_time": _histogram_json(self.lead_time),
            "products": {one.product.name: self._product_json(one) for one in self.products},
            "littles_law": {
                "holds": self.law.holds,
                "places": [_balance_json(balance) for balance in self.law.balances],
            },
            "flow": {
                "links": [
                    {"from": name(a), "to": name(b), "parts": n, "rejected": flow.rejects.get((a, b), 0)}
                    for (a, b), n in flow.flows.items()
                ],
                "made": flow.made, "done": flow.done, "lost": flow.lost, "removed": flow.removed,
                "used": flow.used, "rejected": flow.rejected, "inside_before": flow.inside_before,
                "inside_after": flow.inside_after, "balanced": flow.balanced,
            },
            "oee": {name(one.device): _oee_json(one) for one in self.oee},
            "energy": None if self.energy is None else self.energy.as_json(),
        }  # fmt: skip

    def _product_json(self, one: ProductFigures) -> dict[str, Any]:
        round_at = one.product.round_at
        return {
            **asdict(one.account), "carries": one.product.carries,
            "round_at": self.names[round_at] if round_at >= 0 else None,
            "wip": _spread_json(one.wip), "lead_time": _spread_json(one.lead_time),
        }  # fmt: skip

    def _bottleneck_json(self) -> dict[str, Any]:
        found = self.bottleneck
        main = found.main
        return {
            "main": None if main is None or found.none == 1.0 else self.names[main],
            "shares": {
                self.names[device]: {
                    "momentary": share.momentary, "sole": share.sole, "shifting": share.shifting,
                }
                for device, share in found.shares.items()
            },
            "others": [
                {"main": self.names[one.main], "momentary": one.shares[one.main].momentary}
                for one in self.others
                if one.main is not None and one.none < 1.0
            ],
            "none": found.none, "moving": found.moving, "steps": STEPS, "strip": self._steps(),
        }  # fmt: skip

    def _steps(self) -> list[str | None]:
        """The momentary bottleneck of each step."""
        span = self.end_ns - self.start_ns
        edges = np.array([self.start_ns + span * k // STEPS for k in range(STEPS + 1)], np.int64)
        devices = list(self.bottleneck.shares)
        if not devices:
            return [None] * STEPS
        grown = self.bottleneck.grown(edges)
        rows = np.array([np.diff(grown[device][0]) for device in devices])
        best = rows.argmax(axis=0)
        return [self.names[devices[k]] if rows[k, n] > 0.0 else None for n, k in enumerate(best.tolist())]

    def _name(self, device: int) -> str:
        return {LOST: "(lost)", REMOVED: "(removed)"}.get(device) or self.names[device]


def why(source: RunView | Run, start_ns: int | None = None) -> Why:
    """Everything about one run over (start_ns, its end].

    `source`: a run between two instants, or the view of a recording. Without `start_ns` the warm-up is found
    by MSER-5 on what leaves the line, and left out. Raises ValueError
    for a start behind the end.
    """
    view = source.view() if isinstance(source, Run) else source
    history = History(view.header, view.records(), view.end_ns)
    start, how = (start_ns, "given") if start_ns is not None else steady_from(history)
    history = history.over(start)
    names = tuple(history.names)
    order = flow_order(history)
    states = {
        names[device]: {
            state.name.lower(): share
            for state, share in zip(State, _shares(history, device), strict=True)
            if share > 0.0
        }
        for device in order
        if history.roles[device] not in ("sink", "other")
    }
    whole, zoom = strips(history, order)
    kinds = products(history)
    comes = [kind for kind in kinds if not kind.goes_round] or kinds
    passes = tuple(d for kind in ("transport", "store") for d in order if history.roles[d] == kind)
    used = energy(view.header, history.records, history.end, history.start) if history.span else None
    return Why(
        names, history.start, history.end, how, states, bottlenecks(history), _others(history),
        tuple(waits(history)), wip(history, comes), lead_times(history), law(history), routes(history),
        tuple(oee(history)),
        used, whole, zoom, order, _by_product(history, kinds), passes,
    )  # fmt: skip


def _by_product(history: History, kinds: Sequence[Product]) -> tuple[ProductFigures, ...]:
    if len(kinds) < 2 and not any(kind.goes_round for kind in kinds):
        return ()
    return tuple(
        ProductFigures(
            kind, account(history, kind.parts), wip(history, [kind]), lead_times(history, kind)
        )
        for kind in kinds
    )  # fmt: skip


def _others(history: History) -> tuple[Bottlenecks, ...]:
    """Of the further lines in which something is made or worked on."""
    return tuple(
        bottlenecks(history, line)
        for line in history.lines[1:]
        if any(history.roles[device] in ("machine", "source") for device in line) and len(line) > 1
    )


def _shares(history: History, device: int) -> list[float]:
    return history.periods[device].shares(history.start, history.end)


def _histogram_json(found: Histogram) -> dict[str, Any]:
    return {
        "edges": list(found.edges), "weights": list(found.weights), **_spread_json(found),
        "count": found.count,
    }  # fmt: skip


def _spread_json(found: Histogram) -> dict[str, Any]:
    return {"mean": found.mean, "median": found.median, "p95": found.p95, "most": found.most}


def _balance_json(balance: Balance) -> dict[str, Any]:
    return {
        "name": balance.name, "holds": balance.holds, "mean": balance.mean, "rate": balance.rate,
        "stay": balance.stay, "edge": balance.edge, "area_s": balance.area / 1e9,
        "time_s": balance.time / 1e9, "round_at": balance.round_at or None,
    }  # fmt: skip


def _oee_json(one: Oee) -> dict[str, Any]:
    return {
        "parts": one.parts, "good": one.good, "planned_s": one.planned_s,
        "availability": one.availability, "performance": one.performance, "quality": one.quality,
        "oee": one.oee, "line": one.line, "iso_availability": one.iso_availability, "iso_oee": one.iso_oee,
        "elements": dict(one.elements),
        "time": {loss: one.time[loss] for loss in LOSSES},
    }  # fmt: skip


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
