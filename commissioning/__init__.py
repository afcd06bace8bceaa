"""Virtual commissioning of production lines.

    import commissioning as vc

    scene = vc.load("scenes/carton_line")
    run = vc.Run(scene, seed=1)
    run.advance("10 min")

Names are looked up when first used (PEP 562), so that importing the package costs nothing and never
loads Qt, VTK or a protocol stack. Nothing inside the package imports from here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commissioning.bench.check import check as check
    from commissioning.bench.experiments.experiment import experiment as experiment
    from commissioning.bench.fork import forks as forks
    from commissioning.bench.load import load as load
    from commissioning.bench.run import Run as Run
    from commissioning.bench.waveforms import write_waveforms as write_waveforms
    from commissioning.bench.why import why as why
    from commissioning.model.problem import Place as Place
    from commissioning.model.problem import Problem as Problem
    from commissioning.model.problem import Problems as Problems

_HOMES = {
    "Place": "commissioning.model.problem",
    "Problem": "commissioning.model.problem",
    "Problems": "commissioning.model.problem",
    "Run": "commissioning.bench.run",
    "check": "commissioning.bench.check",
    "experiment": "commissioning.bench.experiments.experiment",
    "forks": "commissioning.bench.fork",
    "load": "commissioning.bench.load",
    "why": "commissioning.bench.why",
    "write_waveforms": "commissioning.bench.waveforms",
}

__all__ = [
    "Place",
    "Problem",
    "Problems",
    "Run",
    "check",
    "experiment",
    "forks",
    "load",
    "why",
    "write_waveforms",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("commissioning")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
