"""What the scenes of all cases are made of: their head, durations, stations in a row and in a ring."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Params", "Plan", "by_scv", "exponential", "failures", "first", "line", "ring", "s", "scene"]

Params = Mapping[str, Any]

HEAD = """format: commissioning-scene/1
products:
  part: {size: [0.3 m, 0.2 m, 0.2 m]}
"""


@dataclass(frozen=True)
class Plan:
    """A scene and how its figure is read.

    `kind`: "rate" parts per s at `device`; "wait" mean s in `device` (a buffer), or in it and the station
    behind it (`options["whole"]`); "stay" mean s from source to sink; "held" mean parts in `device`;
    "exact rate" the rate without chance; "cycle" mean s of a round, `options["cycles"]` of which bring one
    part; "move" s of the first move of `device`; "makespan" s until part `count` arrives; "resident" parts in
    the line once nothing moves. `unit`: s per part, about. The figure of the case is `scale` times what is
    read, plus `offset`.
    """

    text: str
    kind: str
    device: str = "out"
    unit: float = 1.0
    count: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    scale: float = 1.0
    offset: float = 0.0


def first(p: Params, *names: str, default: Any = None) -> Any:
    """The parameter that is there under one of these names."""
    return next((p[name] for name in names if name in p), default)


def scene(rows: Sequence[str], products: str = "", rest: str = "") -> str:
    return HEAD + products + "devices:\n" + "".join(f"  {row}\n" for row in rows) + rest


def s(seconds: float) -> str:
    return f"{seconds!r} s"


def exponential(mean: float) -> str:
    return f"{{exponential: {s(mean)}}}"


def by_scv(mean: float, scv: float) -> str:
    """A duration of this mean and squared coefficient of variation."""
    if scv == 0:
        return s(mean)
    if scv == 1:
        return exponential(mean)
    if scv < 1 and abs(1 / scv - round(1 / scv)) < 1e-9 and 1 / scv <= 1000:
        return f"{{erlang: {{mean: {s(mean)}, k: {round(1 / scv)}}}}}"
    return f"{{lognormal: {{mean: {s(mean)}, sd: {s(math.sqrt(scv) * mean)}}}}}"


def failures(every: str, repair: str) -> str:
    return f"failures: {{every: {every}, repair: {repair}}}"


def line(stations: Sequence[str], places: Sequence[int | None], source: str = "every: always") -> list[str]:
    """Stations in a row ("cycle: ..., failures: ..."), with `places` between them (None: any number)."""
    rows = [f"src: {{type: source, product: part, {source}, to: m1}}"]
    for k, body in enumerate(stations, 1):
        last = k == len(stations)
        direct = not last and places[k - 1] == 0
        rows.append(
            f"m{k}: {{type: station, {body}, to: {'out' if last else f'm{k + 1}' if direct else f'b{k}'}}}"
        )
        if not last and not direct:
            capacity = "" if places[k - 1] is None else f" capacity: {places[k - 1]},"
            rows.append(f"b{k}: {{type: buffer,{capacity} to: m{k + 1}}}")
    return [*rows, "out: {type: sink}"]


def ring(stations: Sequence[str], pallets: int) -> list[str]:
    """Stations in a ring, each behind a buffer of any size; the pallets start in the first one."""
    rows = []
    for k, body in enumerate(stations, 1):
        start = f" pallets: {pallets}, product: part, pose: {{xyz: [0, 0, 1]}}," if k == 1 else ""
        rows.append(f"b{k}: {{type: buffer,{start} to: m{k}}}")
        rows.append(f"m{k}: {{type: station, {body}, to: b{k % len(stations) + 1}}}")
    return rows
