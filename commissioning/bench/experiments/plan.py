"""What a scene says under `experiments:`: variants, sweeps, measures, how long and how often.

    experiments:
      speed:
        help: how fast must belt 2 be
        for: 8 h
        warm_up: 10 min              # or auto: found by MSER-5
        replications: 20
        precision: 1 %               # may stop before, see below
        measures: [out.throughput, pack.utilisation, belt2.mean_time]
        variants:
          slow_pack: {pack.cycle: {normal: {mean: 4 s, sd: 0.3 s}}}
        sweep: {belt2.speed: [0.3 m/s, 0.4 m/s], belt1.gap: [60 mm, 100 mm]}
        sensitivity: 5 %             # and each device that much quicker, one at a time

A sweep makes one variant for each combination of its values. The scene as it is takes part as `base`, and
every variant is compared with it, unless `baseline` names another one, or `none`. The first measure decides
about the precision.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from commissioning.bench.experiments.sensitivity import quicker_variants
from commissioning.bench.experiments.variants import Override, Variant, check_override, overlaps, value_text
from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.experiment import BASE, EXPERIMENT, FIGURES
from commissioning.model.problem import Problem, Problems
from commissioning.model.quantity import QuantityError, parse_duration_ns
from commissioning.model.read_params import read_params
from commissioning.model.reading import Path, Reader, shown, suggest
from commissioning.model.scene import Scene

__all__ = ["FIGURES", "Measure", "Plan", "each_once", "plan_problems", "read_plan"]

NONE: Final = "none"
_MOST = 1000  # variants of one experiment


@dataclass(frozen=True)
class Measure:
    """One figure of one device."""

    device: str
    figure: str

    @property
    def id(self) -> str:
        """As written: out.throughput."""
        return f"{self.device}.{self.figure}"

    @property
    def unit(self) -> str:
        """ "/h", "parts", "s", or "" for shares."""
        return FIGURES[self.figure][0]


@dataclass(frozen=True)
class Plan:
    """One experiment, read and found sound. Times in virtual ns; `warm_up_ns` None: found by MSER-5.

    A run lasts `warm_up_ns` + `length_ns`. `precision` None: every variant gets all `replications`.
    `baseline` is the id of a variant, or "" for no comparison. `quicker`: ids of those variants that
    `sensitivity` makes.
    """

    id: str
    help: str
    scenario: str
    length_ns: int
    warm_up_ns: int | None
    replications: int
    precision: float | None
    confidence: float
    measures: tuple[Measure, ...]
    variants: tuple[Variant, ...]
    baseline: str
    quicker: tuple[str, ...] = ()

    @property
    def run_ns(self) -> int:
        """Virtual time of one run."""
        return self.length_ns + (self.warm_up_ns or 0)


def plan_problems(text: SceneText, scene: Scene, known: Declarations) -> list[Problem]:
    """Everything that is wrong with the experiments of a scene."""
    found: list[Problem] = []
    for name in scene.experiments:
        found += _Reading(name, text, scene, known).problems
    return found


def read_plan(name: str, text: SceneText, scene: Scene, known: Declarations) -> Plan:
    """The experiment of that name. Raises Problems: there is none, or all that is wrong with it."""
    if name not in scene.experiments:
        cure = suggest(name, scene.experiments)
        if not scene.experiments:
            cure = "Write one under `experiments:`, for example `speed: {sweep: {belt1.gap: [0, 60 mm]}}`"
        raise Problems(Problem(f"there is no experiment {name}", text.place(("experiments",)), cure))
    reading = _Reading(name, text, scene, known)
    if reading.problems or reading.plan is None:
        raise Problems(reading.problems)
    return reading.plan


def each_once(plan: Plan, keys: Sequence[str]) -> tuple[Plan, list[int]]:
    """The plan with variants of one key (they are the same scene) as one, and which of them are left: a
    point of a sweep that is the scene as it is would otherwise be run, and compared with itself. The baseline
    keeps its name, else the first one."""
    groups: dict[str, list[int]] = {}
    for k, key in enumerate(keys):
        groups.setdefault(key, []).append(k)
    chosen: list[int] = []
    variants: list[Variant] = []
    for same in groups.values():
        first = next((k for k in same if plan.variants[k].id == plan.baseline), same[0])
        also = tuple(plan.variants[k].id for k in same if k != first)
        chosen.append(first)
        variants.append(replace(plan.variants[first], also=also))
    return replace(plan, variants=tuple(variants)), chosen


class _Reading:
    """Reads one experiment; afterwards `plan` or `problems`."""

    def __init__(self, name: str, text: SceneText, scene: Scene, known: Declarations) -> None:
        self.text, self.scene, self.known = text, scene, known
        self.path: Path = ("experiments", name)
        ids = {"scenarios": dict.fromkeys(scene.scenarios, "")}
        self.reader = Reader(text, known, ids=ids)
        self.plan: Plan | None = None
        raw = text.tree["experiments"][name] or {}
        raw = {key: item for key, item in raw.items() if isinstance(key, str)}
        params = read_params(self.reader, self.path, raw, EXPERIMENT, f"experiment {name}")
        length = params.get("for")
        measures = self._measures(raw.get("measures"))
        warm_up = self._warm_up(params.get("warm_up", 0.0))
        variants = self._variants(raw.get("variants")) + self._sweep(raw.get("sweep"))
        quicker: list[Variant] = []
        if params.get("sensitivity"):
            said: Path = (*self.path, "sensitivity")
            quicker = quicker_variants(params["sensitivity"], text, scene, known, said)
            variants += quicker
            if params.get("baseline") != BASE:
                what = "sensitivity compares with the scene as it is"
                self.reader.problem(said, what, "Leave out baseline, or sensitivity")
            if not quicker:
                cure = "Write the cycle of a machine, or the speed of a conveyor, in the scene"
                self.reader.problem(said, "no device of the scene has a pace that could be changed", cure)
        baseline = self._baseline(params.get("baseline"), variants)
        if not self.reader.found:
            self.plan = Plan(
                id=name,
                help=params["help"] or "",
                scenario=params["scenario"] or scene.run.scenario or "",
                length_ns=scene.run.length_ns if length is None else round(length * 1e9),
                warm_up_ns=warm_up,
                replications=params["replications"],
                precision=params["precision"],
                confidence=params["confidence"],
                measures=measures,
                variants=tuple(variants),
                baseline=baseline,
                quicker=tuple(variant.id for variant in quicker),
            )

    @property
    def problems(self) -> list[Problem]:
        return self.reader.found

    def _warm_up(self, value: Any) -> int | None:
        if value == "auto":
            return None
        try:
            return parse_duration_ns(value)
        except QuantityError as error:
            where = (*self.path, "warm_up")
            self.reader.problem(where, error.what, "Write for example warm_up: 10 min, or warm_up: auto")
        except TypeError:
            where = (*self.path, "warm_up")
            self.reader.problem(where, f"a warm-up is not {shown(value)}", "Write 10 min, or auto")
        return 0

    def _measures(self, value: Any) -> tuple[Measure, ...]:
        path = (*self.path, "measures")
        if value is None:
            sinks = [device.id for device in self.scene.devices.values() if self._ends(device.type)]
            if not sinks:
                cure = "Write for example measures: [pack.throughput]"
                self.reader.problem(path, "the scene has no sink whose throughput could be measured", cure)
            return tuple(Measure(sink, "throughput") for sink in sinks)
        if not isinstance(value, list) or not value:
            if isinstance(value, list):
                self.reader.problem(path, "nothing is measured", "Write for example [out.throughput]")
            return ()
        measures = [self._measure((*path, k), item) for k, item in enumerate(value)]
        found = tuple(measure for measure in measures if measure is not None)
        for k, measure in enumerate(measures):
            if measure is not None and measure in measures[:k]:
                self.reader.problem((*path, k), f"{measure.id} is measured twice", "Remove one")
        return found

    def _measure(self, path: Path, value: Any) -> Measure | None:
        device, dot, figure = value.rpartition(".") if isinstance(value, str) else ("", "", "")
        if not dot:
            cure = "Write a device, a dot and a figure, like out.throughput"
            self.reader.problem(path, f"{shown(value)} is no measure", cure)
        elif device not in self.scene.devices:
            cure = suggest(device, self.scene.devices)
            self.reader.problem(path, f"there is no device {device!r}", cure)
        elif figure not in FIGURES:
            self.reader.problem(path, f"a device has no figure {figure!r}", suggest(figure, FIGURES))
        else:
            return Measure(device, figure)
        return None

    def _ends(self, kind: str) -> bool:
        declared = self.known["device", kind]
        return declared.feeds and not declared.outputs

    def _variants(self, value: Any) -> list[Variant]:
        path = (*self.path, "variants")
        body = value if isinstance(value, Mapping) else {}
        found = []
        for name, given in body.items():
            said: Path = (*path, name)
            if name == NONE or not isinstance(name, str) or not name.strip():
                self.reader.problem(said, f"a variant cannot be named {shown(name)}", "Rename it", key=True)
                continue
            parameters = self.reader.mapping(said, given, f"variant {name}", "{belt1.speed: 0.5 m/s}")
            if given is None or (isinstance(given, Mapping) and not given):
                cure = f"Give it parameters; the scene as it is takes part as `{BASE}`"
                self.reader.problem(said, f"variant {name} changes nothing", cure, key=True)
            overrides = [Override(key, item, (*said, key)) for key, item in parameters.items()]
            for override in overrides:
                self._check(override)
            self.reader.found += overlaps(overrides, self.text)
            if name == BASE:
                cure = "Name it otherwise"
                self.reader.problem(said, f"`{BASE}` is the scene as it is, and no variant", cure, key=True)
            found.append(Variant(name, tuple(overrides), said))
        return found

    def _sweep(self, value: Any) -> list[Variant]:
        path = (*self.path, "sweep")
        if value is None or not isinstance(value, Mapping):
            return []
        if not value:
            self.reader.problem(path, "this sweep is empty", "Write {belt1.speed: [0.3 m/s, 0.4 m/s]}")
        columns: list[list[Override]] = []
        for address, values in value.items():
            said = (*path, address)
            if not isinstance(values, list):
                what = f"a sweep goes over a list of values, not {shown(values)}"
                self.reader.problem(said, what, f"Write {address}: [{value_text(values)}, ...]")
                continue
            if not values:
                self.reader.problem(
                    said, f"the sweep over {address} is empty", "Give it values, or remove it"
                )
            column = [Override(str(address), item, (*said, k)) for k, item in enumerate(values)]
            once: list[Override] = []
            told: set[str] = set()
            for override in column:
                if any(override.value == other.value for other in once):
                    what = f"{value_text(override.value)} stands twice in the sweep over {address}"
                    self.reader.problem(override.said, what, "Remove one")
                    continue
                if not any(problem.what in told for problem in self._wrong(override)):
                    self._check(override)  # a wrong name is told once, not for each of its values
                told |= {problem.what for problem in self._wrong(override)}
                once.append(override)
            columns.append(once)
        self.reader.found += overlaps([column[0] for column in columns if column], self.text)
        points = 1
        for column in columns:
            points *= len(column)
        if points > _MOST:
            what = f"this sweep has {points:,} variants, more than {_MOST:,}"
            self.reader.problem(path, what, "Sweep over fewer values", key=True)
            return []
        if not columns:
            return []
        return [Variant(_point(point), point, path) for point in itertools.product(*columns)]

    def _check(self, override: Override) -> None:
        self.reader.found += self._wrong(override)

    def _wrong(self, override: Override) -> list[Problem]:
        return check_override(override, self.text, self.scene, self.known)

    def _baseline(self, value: Any, variants: list[Variant]) -> str:
        """The id of the baseline. Adds the scene as it is to the variants where it is that."""
        path = (*self.path, "baseline")
        names = [variant.id for variant in variants]
        for k, name in enumerate(names):
            if name in names[:k]:
                self.reader.problem(
                    variants[k].said, f"there are two variants {name}", "Rename one", key=True
                )
        if value == NONE:
            if not variants:
                self.reader.problem(path, "there is nothing to run", "Write variants or a sweep")
            return ""
        if value in names:
            return str(value)
        if value == BASE:
            variants.insert(0, Variant(BASE, (), self.path))
            return BASE
        if isinstance(value, str):
            self.reader.problem(path, f"there is no variant {value!r}", suggest(value, [BASE, *names, NONE]))
        return ""


def _point(overrides: tuple[Override, ...]) -> str:
    return ", ".join(f"{item.address}={value_text(item.value)}" for item in overrides)
