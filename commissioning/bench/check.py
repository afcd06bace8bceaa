"""`commissioning check` and `commissioning.check`: all checks of a scene."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from commissioning.bench.load import LoadedScene, load, require_code
from commissioning.bench.verdicts import CheckReport, Progress, check_scene

__all__ = ["CheckReport", "check"]


def check(
    source: str | Path | LoadedScene,
    seed: int | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
    workers: int | None = None,
    allow_code: Collection[str] = (),
    coverage: bool = False,
) -> CheckReport:
    """All checks of a scene (or those in `only`): verdicts with measure, limit and reason.

    `source`: a scene's folder or file, or a loaded scene. Without `seed` that of the scene. `workers`:
    processes for replications (1: none but this one; None: as many as there are processors where that
    saves time); what comes out is the same. `allow_code`: hashes of Python that comes with the scene and may
    run. `coverage`: the report tells what was executed of the PLC programs. Raises Problems for a scene that
    cannot run.
    """
    loaded = source if isinstance(source, LoadedScene) else load(source, allow_code=allow_code)
    require_code(loaded)
    return check_scene(loaded, seed, only, progress, workers=workers, coverage=coverage)
