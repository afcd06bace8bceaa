"""What an experiment of a scene may say: its parameters, and the figures that it can measure.

The reader (`bench/experiments/plan.py`) and the schema of editors are made from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commissioning.model.declare import Param

__all__ = ["BASE", "EXPERIMENT", "FIGURES"]

BASE: Final = "base"
"""The variant that is the scene as it is."""

FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "throughput": ("/h", "parts that left it (a sink: that it received)"),
    "utilisation": ("", "share of the time it was not off that it worked"),
    "working": ("", "share of time"),
    "starved": ("", "share of time"),
    "blocked": ("", "share of time"),
    "down": ("", "share of time"),
    "setup": ("", "share of time"),
    "idle": ("", "share of time"),
    "off": ("", "share of time"),
    "mean_queue": ("parts", "parts in it, averaged over time"),
    "mean_time": ("s", "time that a part which has left spent in it"),
    "bottleneck": ("", "share of time that it was the momentary bottleneck"),
}
"""What can be measured at a device, by the names of `run --json`: unit ("" for shares) and meaning."""

EXPERIMENT: Final = (
    Param("help", "text", "What it is to find out.", default=None),
    Param("scenario", "scenario", "Stimulus of its runs; the scene's unless given.", default=None),
    Param("for", "duration", "Time that counts; the scene's run length unless given.", default=None,
          exclusive_minimum=0.0),
    Param("warm_up", "any", "Time before counting starts, beside `for`; `auto`: found in `for` by MSER-5.",
          default=0.0),
    Param("replications", "integer", "Runs of each variant with different seeds, at most.", default=10,
          minimum=1, maximum=10_000),
    Param("precision", "share", "Half width of the first measure's interval, as a share of its mean, that "
          "is enough.", default=None, exclusive_minimum=0.0, maximum=1.0),
    Param("confidence", "share", "Of the intervals.", default="95 %", exclusive_minimum=0.0, maximum=0.9999),
    Param("measures", "list", "What is measured: device.figure; the throughput of every sink unless given.",
          default=None, example="[out.throughput, pack.utilisation]"),
    Param("variants", "mapping", "Parameter sets by name.", default=None,
          example="{fast: {belt1.speed: 0.5 m/s}}"),
    Param("sweep", "mapping", "Parameters with lists of values: every combination is a variant.",
          default=None, example="{belt1.speed: [0.3 m/s, 0.4 m/s]}"),
    Param("sensitivity", "share", "A variant for each device whose pace the scene says: that much quicker. "
          "What would raise the first measure is told.", default=None, exclusive_minimum=0.0, maximum=1.0,
          example="5 %"),
    Param("baseline", "text", "The variant that others are compared with; `base` is the scene as it is.",
          default=BASE),
)  # fmt: skip
"""The keys of one entry under `experiments:`."""
