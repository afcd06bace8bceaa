"""Under what conditions something was found: scene, seed, versions, and the facts of each run."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from commissioning.bench.load import LoadedScene
from commissioning.bench.why import Why, why
from commissioning.model.record import Kind
from commissioning.sim.analysis.kpi import DeviceKpi, departures, kpi, kpi_json
from commissioning.sim.check import RecordsView
from commissioning.sim.journal import Journal

__all__ = ["Conditions", "RunFacts", "conditions", "facts_of", "versions"]

_POINTS = 240
_LARGEST = 3_000_000  # records of a run that is asked why: half a minute of work


@dataclass(frozen=True)
class Conditions:
    """What must be the same to find the same again."""

    scene: str
    scene_hash: str
    seed: int
    versions: Mapping[str, str]


@dataclass(frozen=True)
class RunFacts:
    """One run. `kpi` and `output` (by device that parts left the line at: [t_ns, parts so far]) are kept
    for the first run of a scenario only, they are empty for further replications; so is `why`, also of very
    long runs. `alarms`: texts of PROBLEM records with their time."""

    scenario: str
    replication: int
    seed: int
    end_ns: int
    events: int
    wall_s: float
    digest: str
    kpi: Mapping[str, DeviceKpi]
    output: Mapping[str, list[list[int]]]
    alarms: tuple[tuple[int, str], ...] = ()
    why: Why | None = None

    def as_json(self) -> dict[str, Any]:
        """For `check --json`."""
        return {
            "scenario": self.scenario, "replication": self.replication, "seed": self.seed,
            "end_ns": self.end_ns, "events": self.events, "wall_s": self.wall_s, "digest": self.digest,
            "kpi": kpi_json(self.kpi), "alarms": [[t, text] for t, text in self.alarms],
            "why": None if self.why is None else self.why.as_json(),
        }  # fmt: skip


def conditions(loaded: LoadedScene, seed: int) -> Conditions:
    """The conditions of what is found in a loaded scene."""
    return Conditions(loaded.name, loaded.scene.hash, seed, versions())


def versions() -> dict[str, str]:
    """Versions of what results can depend on."""
    found = {"commissioning": _version("commissioning"), "python": platform.python_version()}
    found |= {name: _version(name) for name in ("numpy", "simpy")}
    found["platform"] = f"{platform.system()} {platform.machine()}"
    return found


def facts_of(
    journal: Journal, scenario: str, replication: int, seed: int, end_ns: int, events: int, wall_s: float
) -> RunFacts:
    """The facts of a run that has ended."""
    records = journal.records()
    figures: dict[str, DeviceKpi] = {}
    output: dict[str, list[list[int]]] = {}
    found: Why | None = None
    if replication == 0 and journal.first == 0:
        figures = kpi(journal.header, records, end_ns)
        if len(records) <= _LARGEST:
            found = why(RecordsView(journal.header, journal.texts, records, end_ns))
        ended = records[(records["kind"] == int(Kind.PART_GONE)) & (records["aux"] == 0)]
        for index in np.unique(ended["a"]).astype(int).tolist():
            times = departures(journal.header, records, index)
            name = str(journal.header["core"]["objects"][index]["id"])
            output[name] = thinned(times.tolist(), _POINTS)
    alarms = records[records["kind"] == int(Kind.PROBLEM)]
    texts = tuple((int(row["t"]), journal.texts[int(row["a"])]) for row in alarms)
    return RunFacts(
        scenario,
        replication,
        seed,
        end_ns,
        events,
        wall_s,
        journal.digest(),
        figures,
        output,
        texts,
        found,
    )


def thinned(times: list[int], most: int) -> list[list[int]]:
    """[t, count so far] of rising times, at most about `most` of them, the last one always."""
    step = max(1, -(-len(times) // most))
    points = [[int(t), at + 1] for at, t in enumerate(times) if (at + 1) % step == 0]
    if times and (not points or points[-1][1] != len(times)):
        points.append([int(times[-1]), len(times)])
    return points


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
