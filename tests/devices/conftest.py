"""Lines from scene text. The helpers of this folder (`turning`) are plain modules beside the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.sim.run import Run

sys.path.insert(0, str(Path(__file__).parent))

HEAD = "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\n  tall: {size: [0.3 m, 0.2 m, 0.4 m]}\n"


@pytest.fixture
def line(tmp_path: Path) -> Callable[..., Run]:
    """A run of the devices given as YAML lines, stopped at time 0."""

    def build(devices: str, rest: str = "", seed: int = 1, scenario: str = "") -> Run:
        body = "\n".join("  " + row for row in devices.strip().splitlines())
        loaded = load_text(f"{HEAD}devices:\n{body}\n{rest}", tmp_path / "scene.yaml")
        return Run(loaded, seed, scenario)

    return build
