"""A small line with a push button, a photo-eye, a belt and two lamps; its logic is written by each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import load
from commissioning.bench.run import Run

SCENE = """
format: commissioning-scene/1
name: Small line
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2 kg}}
devices:
  infeed: {type: source, product: carton, every: 4 s, to: belt}
  belt: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, speed: 0.5 m/s, to: pack, tags: {run: Q_Run}}
  eye: {type: photo_eye, along: belt, at: 2 m, tags: {blocked: I_Eye}}
  wheel: {type: encoder, along: belt, at: 1 m}
  pack: {type: station, cycle: 1 s, to: out}
  out: {type: sink}
  start: {type: push_button, pose: {xyz: [0, -1, 1]}, tags: {pressed: I_Start}}
  lamp: {type: stack_light, pose: {xyz: [1, 1, 1]}, tags: {green: Q_Green, red: Q_Red}}
controllers:
  plc: {type: python, file: logic.py, cycle: 10 ms}
scenarios:
  shift: {steps: [{at: 1.003 s, press: start}]}
run: {length: 1 min, scenario: shift}
checks:
  runs: {type: within, after: I_Start rises, expect: belt.moving, limit: 1 s, for: 10 s}
"""


class Small:
    """A scene folder with logic; `run()` allows it and runs it for a while."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "scene.yaml").write_text(SCENE)

    def write(self, logic: str, **modules: str) -> Small:
        for name, text in {"logic": logic, **modules}.items():
            path = self.folder / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def hash(self) -> str:
        return load(self.folder).code[0].hash

    def run(self, span: str = "10 s", seed: int = 1, **options: Any) -> Run:
        run = Run(load(self.folder, allow_code=[self.hash()]), seed, **options)
        run.advance(span)
        return run


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


@pytest.fixture
def ran(small: Small) -> Callable[..., Run]:
    """Runs these lines as the body of `def logic(line)`."""

    def run(*lines: str, span: str = "10 s", **options: Any) -> Run:
        body = "\n".join(f"    {line}" for line in lines)
        return small.write(f"def logic(line):\n{body}\n").run(span, **options)

    return run
