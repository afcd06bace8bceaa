"""What one test of PLC code came to, whichever form it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Failure", "Outcome", "Verdict"]

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "NOT RUN"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What was not as expected, where it says so (1-based), and when (virtual ns, -1 without a time)."""

    what: str
    file: str = ""
    line: int = 0
    t_ns: int = -1

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        when = f" (at {self.t_ns / 1e9:g} s)" if self.t_ns >= 0 else ""
        return f"{where}{self.what}{when}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`suite`: the file or test suite; `virtual_ns`: how long it took in virtual time, `wall_s` in seconds.

    `assertions`: how many were judged. `why`: of a test that was not run, or could not be judged.
    `requirements`: the ids that it is tied to. `notes`: what is worth a look, whatever the verdict.
    """

    suite: str
    name: str
    file: str
    line: int
    verdict: Verdict
    failures: tuple[Failure, ...] = ()
    assertions: int = 0
    virtual_ns: int = 0
    wall_s: float = 0.0
    why: str = ""
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
