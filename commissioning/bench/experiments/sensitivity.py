"""What would raise the throughput: variants in each of which one device is a little quicker.

`sensitivity: 5 %` in an experiment makes a variant for every device whose pace the scene says: cycles (of
machines) and times between parts (of sources) that much shorter, speeds (of conveyors and of what carries)
that much higher. They run with the seeds of the scene as it is, so that paired differences tell small gains
from luck. By the method of active periods a bottleneck is who works longest; by this one who gains most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commissioning.bench.experiments.variants import Override, Variant
from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.quantity import QuantityError, format_quantity, parse_quantity
from commissioning.model.reading import Path
from commissioning.model.scene import Scene
from commissioning.sim.analysis.statistics import PairedDifference

__all__ = ["Gain", "quicker_variants", "ranked"]

_SHAPES: Final = ("k", "shape", "geometric", "bernoulli")  # of a distribution, not its time
_TIMES: Final = ("cycle", "every")
_SPEEDS: Final = ("speed",)


@dataclass(frozen=True)
class Gain:
    """What a variant gives beside the baseline. `change`: mean difference as a share of the baseline's mean;
    `low`, `high`: its interval, None where nothing is known of the spread."""

    variant: str
    change: float
    low: float | None
    high: float | None
    significant: bool

    def as_json(self) -> dict[str, Any]:
        """As in `experiment --json`."""
        bounds = None if self.low is None else [self.low, self.high]
        return {
            "variant": self.variant, "change": self.change, "interval": bounds,
            "significant": self.significant,
        }  # fmt: skip

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.variant}: {_percent(self.change)}"
        said = f"{self.variant}: {_percent(self.change)} ({_percent(self.low)} to {_percent(self.high)})"
        return said + ("" if self.significant else ", not significant")


def _percent(share: float) -> str:
    return f"{share * 100:+.1f} %"


def quicker_variants(
    share: float, text: SceneText, scene: Scene, known: Declarations, said: Path
) -> list[Variant]:
    """One for each device whose pace is written in the scene, in its order: `share` quicker."""
    found = []
    for name, record in scene.devices.items():
        written = text.tree["devices"][name]
        declared = known["device", record.type]
        overrides = []
        for param in declared.params:
            if param.name not in written or record.params.get("slot") is not None:
                continue
            scaled = None
            if param.name in _TIMES and param.kind == "distribution":
                scaled = _scaled(written[param.name], 1.0 / (1.0 + share), "duration")
            elif param.name in _SPEEDS and param.kind != "any":
                scaled = _scaled(written[param.name], 1.0 + share, param.kind)
            if scaled is not None:
                overrides.append(Override(f"{name}.{param.name}", scaled, said))
        if overrides:
            found.append(Variant(f"{name} {share * 100:g} % quicker", tuple(overrides), said))
    return found


def _scaled(value: Any, factor: float, kind: str) -> Any:
    """A quantity, or all times of a distribution, times `factor`; None where there is nothing to scale."""
    if isinstance(value, Mapping):
        inner = {
            key: item if key in _SHAPES else _scaled(item, factor, kind) for key, item in value.items()
        }  # fmt: skip
        return None if any(item is None for item in inner.values()) else inner
    if isinstance(value, list):
        items = [_scaled(item, factor, kind) for item in value]
        return None if any(item is None for item in items) else items
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = parse_quantity(value, kind)
    except QuantityError:
        return None  # always, the name of a file
    return format_quantity(float(f"{number * factor:.12g}"), kind)


def ranked(differences: Mapping[str, tuple[PairedDifference | None, float | None]]) -> tuple[Gain, ...]:
    """By variant its paired difference and the mean of the baseline; who gains most first, those whose gain
    may be luck behind those whose is not."""
    found = []
    for name, (difference, mean) in differences.items():
        if difference is None or not mean:
            continue
        i = difference.interval
        known = i.runs > 1
        found.append(
            Gain(
                name,
                i.mean / mean,
                i.low / mean if known else None,
                i.high / mean if known else None,
                difference.significant,
            )
        )
    return tuple(sorted(found, key=lambda gain: (not (gain.significant and gain.change > 0), -gain.change)))
