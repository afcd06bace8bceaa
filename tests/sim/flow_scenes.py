"""Small lines as scene text, and their histories, for the tests of what reads the flow of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from commissioning.bench.load import load_text
from commissioning.bench.run import make_run
from commissioning.sim.analysis.history import History

HEAD = """format: commissioning-scene/1
products:
  part: {size: [0.3 m, 0.2 m, 0.2 m]}
devices:
"""


def scene(*rows: str) -> str:
    return HEAD + "".join(f"  {row}\n" for row in rows)


def row_of(stations: Sequence[str], between: str = "", source: str = "every: always") -> str:
    """Stations in a row (their bodies); before all but the first a device like `between` ("type: ...")."""
    rows = [f"src: {{type: source, product: part, {source}, to: m1}}"]
    for k, body in enumerate(stations, 1):
        last = k == len(stations)
        ahead = "out" if last else f"b{k}" if between else f"m{k + 1}"
        rows.append(f"m{k}: {{type: station, {body}, to: {ahead}}}")
        if between and not last:
            rows.append(f"b{k}: {{{between}, to: m{k + 1}}}")
    return scene(*rows, "out: {type: sink}")


def history(text: str, seconds: float, start: float = 0.0, seed: int = 1) -> History:
    run = make_run(load_text(text, Path("scene.yaml")), seed)
    run.advance(seconds)
    return History(run.journal.header, run.journal.records(), run.now_ns, round(start * 1e9))


def index(found: History, name: str) -> int:
    return found.names.index(name)
