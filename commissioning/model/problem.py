"""What a user must fix: where it is, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file: 1-based line and column, 0 where unknown; `id` like ``devices.belt1.speed``."""

    file: str = ""
    line: int = 0
    column: int = 0
    id: str = ""

    def __str__(self) -> str:
        spot = self.file
        if self.line:
            spot = f"{spot or 'line'}:{self.line}"
            if self.column:
                spot += f":{self.column}"
        return " ".join(word for word in (spot, self.id) if word)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to fix. `what` and `cure` are sentences without a full stop at the end (it is added).

    `severity`: error, warning (works, but look at it) or notice (good to know).
    """

    what: str
    where: Place = Place()
    cure: str = ""
    cause: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        place = str(self.where)
        text = f"{place}: " if place else ""
        text += _sentence(self.what)
        if self.cause:
            text += f" Cause: {_sentence(self.cause)}"
        if self.cure:
            text += f" {_sentence(self.cure)}"
        return text


class Problems(Exception):
    """Everything that was found wrong, all at once."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else text + "."
