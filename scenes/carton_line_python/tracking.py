"""Remembers, carton by carton, which ones between height check and pusher are tall."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Track:
    marks: list[bool] = field(default_factory=list)

    def enter(self, tall: bool) -> None:
        """A carton is at the height check."""
        self.marks.append(tall)

    def leave(self) -> bool:
        """A carton is at the pusher: whether it is a tall one."""
        return self.marks.pop(0) if self.marks else False
