"""No controller in this program: whoever writes through a server link, or the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commissioning.model.declare import TypeDeclaration
from commissioning.model.scene import ControllerRecord, TagRecord
from commissioning.sim.controller import Controller
from commissioning.sim.line import Line

__all__ = ["Nobody"]


class Nobody(Controller):
    """Never runs. Its PLC outputs are written from outside."""

    declaration = TypeDeclaration(
        kind="controller",
        type="none",
        help="Nothing decides here: clients of a server link write the PLC outputs, or the operator does.",
        brings_tags=True,
        writes_outputs=False,
        example="outside: {type: none}",
    )

    def __init__(self, index: int, record: ControllerRecord, line: Line, program: None) -> None:
        self.id, self.index = record.id, index
        self.inputs, self.outputs, self.tasks, self.io_delay_ns = (), (), (), 0

    def exchange(self, task: int, t: int, changed: Sequence[tuple[int, Any]]) -> Sequence[tuple[int, Any]]:
        return ()

    def next_wake(self, task: int, t: int) -> int | None:
        return None

    @classmethod
    def files(cls, record: ControllerRecord) -> Sequence[str]:
        """No files."""
        return ()

    @classmethod
    def prepare(cls, record: ControllerRecord, sources: Mapping[str, str], tags: Sequence[TagRecord]) -> None:
        """Nothing to prepare."""
        return None
