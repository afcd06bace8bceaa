"""What the tests of a scene have executed of its programs, over all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commissioning.plc import Program
from commissioning.plc.debugging.coverage import Coverage
from commissioning.plc.testing.stand import Stand

__all__ = ["TestCoverage", "write_coverage"]


class TestCoverage:
    """Gathers coverages. `programs`: what runs in the scene, by controller."""

    __test__ = False  # for pytest, which takes it for a test by its name

    def __init__(self, programs: Mapping[str, Program]) -> None:
        self.programs = programs
        self._origins = {program.hash: controller for controller, program in programs.items()}
        self._found: list[Coverage] = []

    def belongs(self, program: Program, controller: str) -> None:
        """`program` is that of a controller, with its tests."""
        self._origins[program.hash] = controller

    def prepare(self, stand: Stand) -> None:
        """Count what is executed from now on."""
        self._found.append(stand.coverage())

    def read(self, file: Path) -> None:
        """Takes in what another process wrote with `write_coverage`; nothing where it wrote nothing."""
        try:
            written = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            return
        for program in self.programs.values():
            for data in written if isinstance(written, list) else ():
                if isinstance(data, dict) and data.get("program") == program.hash:
                    self._found.append(Coverage.from_plain(program, data))

    def by_controller(self) -> dict[str, Coverage]:
        """All of it together, for each program of the scene."""
        total: dict[str, Coverage] = {}
        for controller, program in self.programs.items():
            total[controller] = Coverage.taken_over(_nothing(program), program)
        for found in self._found:
            controller = self._origins.get(found.program.hash, "")
            if controller in total:
                total[controller] |= found.taken_over(self.programs[controller])
        return total


def write_coverage(file: Path, found: list[Coverage]) -> None:
    """For `TestCoverage.read`: one entry per program."""
    merged: dict[str, Coverage] = {}
    for coverage in found:
        known = merged.get(coverage.program.hash)
        merged[coverage.program.hash] = coverage.copy() if known is None else known | coverage
    plain: list[dict[str, Any]] = [coverage.to_plain() for coverage in merged.values()]
    file.write_text(json.dumps(plain), encoding="utf-8")


def _nothing(program: Program) -> Coverage:
    """The coverage of a program that never ran."""
    return Coverage(program, (), [])
