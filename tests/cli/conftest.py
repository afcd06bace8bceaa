"""A small scene that loads fast, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from commissioning.cli import main

SCENE = """\
format: commissioning-scene/1
name: Small line
run: {length: 2 min, seed: 7, scenario: production}
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
devices:
  src: {type: source, product: box, every: {exponential: 5 s}, to: b1}
  b1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 2 m, speed: 0.5 m/s, to: out, tags: {run: Q_Run}}
  pe: {type: photo_eye, along: b1, at: 1.5 m, tags: {blocked: I_Eye}}
  go: {type: push_button, pose: {xyz: [0, 1, 1]}, tags: {pressed: I_Go}}
  out: {type: sink}
controllers:
  plc: {type: emulated, programs: [main.st], task: {main: {program: MAIN, cycle: 10 ms}}}
scenarios:
  production: {steps: [{at: 1 s, press: go}]}
  nothing: {steps: []}
checks:
  starts: {type: within, after: I_Go rises, expect: b1.moving, limit: 100 ms}
  no_stop: {type: never, when: "not b1.moving for 3 s"}
"""
PROGRAM = """\
VAR_GLOBAL
    I_Eye, I_Go : BOOL;
    Q_Run : BOOL;
END_VAR
PROGRAM MAIN
VAR
    Seen : INT;
END_VAR
    IF I_Go THEN
        Q_Run := TRUE;
    END_IF;
    IF I_Eye THEN
        Seen := Seen + 1;
    END_IF;
END_PROGRAM
"""


@dataclass
class Line:
    """A scene in a folder of its own, with changes."""

    folder: Path

    def edit(self, old: str, new: str, file: str = "scene.yaml") -> Line:
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))
        return self

    def write(self, file: str, content: str | bytes) -> Line:
        (self.folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def __str__(self) -> str:
        return str(self.folder)


@dataclass
class Said:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def problems(self) -> list[str]:
        return self.err.splitlines()


Command = Callable[..., Said]


@pytest.fixture
def small(tmp_path: Path) -> Line:
    folder = tmp_path / "small"
    folder.mkdir()
    return Line(folder).write("scene.yaml", SCENE).write("main.st", PROGRAM)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """`command("run", scene, ...)`: the exit code, stdout and stderr."""

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:  # argparse's own
            code = left.code if isinstance(left.code, int) else -1
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Said(code, captured.out, captured.err)

    return call
