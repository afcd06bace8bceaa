"""Running a line to a time in pieces, so that whoever waits sees progress and can stop it.

How long a piece is goes by the wall clock, which changes nothing of what the line does: a run is the same in
one go or in slices. Short pieces cost: a line that is solved ahead (`sim.ahead`) is solved anew in each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["advance_in_pieces"]

_FIRST = 32  # the first piece is this part of the way
_QUICK, _SLOW = 0.05, 0.2  # s of wall time: the next piece is twice as long, or half as long


class Runs(Protocol):
    """What a run is here."""

    @property
    def now_ns(self) -> int: ...
    @property
    def problem(self) -> Any: ...
    def advance_to(self, t_ns: int) -> None: ...


def advance_in_pieces(run: Runs, until_ns: int, go_on: Callable[[float], bool]) -> bool:
    """Let virtual time pass until `until_ns`, or until the run stops with a problem.

    `go_on(share of the way)` is asked after each piece, several times a second. False: it said stop.
    """
    start = run.now_ns
    whole = until_ns - start
    piece = max(whole // _FIRST, 1)
    while run.now_ns < until_ns and run.problem is None:
        began = time.perf_counter()
        run.advance_to(min(run.now_ns + piece, until_ns))
        if not go_on((run.now_ns - start) / whole):
            return False
        took = time.perf_counter() - began
        if took < _QUICK:
            piece *= 2
        elif took > _SLOW:
            piece = max(piece // 2, 1)
    return True
