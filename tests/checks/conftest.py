"""A journal made by hand, and checks made from their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from commissioning.model.record import RECORD, Kind
from commissioning.model.scene import CheckRecord, RunRecord
from commissioning.model.tags import Quality
from commissioning.sim.check import Check

SIGNALS = ("A", "B", "C")
SECOND = 1_000_000_000


@dataclass
class HandMade:
    """A run view: signals A, B, C, a drive `belt1`, an object `out` that parts leave at."""

    end_ns: int
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    texts: list[str] = field(default_factory=lambda: ["press"])
    header: dict[str, Any] = field(
        default_factory=lambda: {
            "core": {
                "signals": [
                    {
                        "name": name,
                        "type": "BOOL",
                        "ports": [],
                        "owner": "plc",
                        "direction": "output",
                        "controller": "plc",
                        "address": "",
                        "comment": "",
                    }
                    for name in SIGNALS
                ],
                "drives": ["belt1"],
                "slots": [],
                "lanes": [],
                "attributes": [],
                "objects": [
                    {"id": "out", "kind": "device", "type": "sink"},
                    {"id": "start", "kind": "device", "type": "push_button"},
                ],
            },
            "look": {"devices": {}},
        }
    )

    def value(self, t_s: float, name: str, value: bool, bad: bool = False, cause: int = 0) -> HandMade:
        """The signal has this value from t_s on."""
        quality = int(Quality.BAD if bad else Quality.GOOD)
        row = (_ns(t_s), int(Kind.VALUE), quality, SIGNALS.index(name), cause, float(value), 0.0, 0.0, 0.0)
        self.rows.append(row)
        return self

    def press(self, t_s: float) -> HandMade:
        """An operator presses `start`."""
        self.rows.append((_ns(t_s), int(Kind.INPUT), 3, 1, 0, 0.0, 0.0, 1.0, 0.0))
        return self

    def gone(self, *times_s: float) -> HandMade:
        """Parts that leave the line at `out`."""
        for part, t_s in enumerate(times_s):
            self.rows.append((_ns(t_s), int(Kind.PART_GONE), 0, part, 0, 0.0, 0.0, 0.0, 0.0))
        return self

    def records(self) -> NDArray[np.void]:
        return np.array(self.rows, RECORD)


def _ns(t_s: float) -> int:
    return round(t_s * SECOND)


@pytest.fixture
def seen() -> Callable[[float], HandMade]:
    """`seen(end_s)`: an empty journal up to end_s."""
    return lambda end_s: HandMade(_ns(end_s))


@pytest.fixture
def make() -> Callable[..., Check]:
    """`make(Never, when=...)`: a check named `c`, parameters in SI, defaults filled in; `span` is `for`."""

    def build(kind: type[Check], span: float | None = 10.0, **params: Any) -> Check:
        filled = {param.name: None if param.required else param.default for param in kind.declaration.params}
        filled |= {"for": span, **params}
        return kind(CheckRecord("c", kind.declaration.type, filled), RunRecord())

    return build
