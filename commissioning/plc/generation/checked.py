"""What the checker found out about a program: what other code than the fast one is generated from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commissioning.plc.checking.limits import Commands
from commissioning.plc.checking.scope import Project

if TYPE_CHECKING:
    from commissioning.plc.generation.debug_build import DebugCode


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """`sources`: the texts by name; `commands`: the typed tree by POU; `weights`: see `call_weights`.

    Places in it are those of the texts, see `Program.original`.
    """

    sources: Mapping[str, str]
    project: Project
    commands: Commands
    weights: Mapping[int, int]
    debug_codes: dict[tuple[bool, bool], DebugCode] = field(default_factory=dict)  # made when asked for
