"""Values of all signals at the time shown, as text; one reader for every panel."""

from __future__ import annotations

from typing import Any

import numpy as np

from commissioning.app.watch import Watch
from commissioning.app.words import decoded, quality_text, value_text
from commissioning.model.record import Kind
from commissioning.model.tags import DataType


class TagValues:
    """Answers by signal number. Looks the rows up once per shown moment."""

    def __init__(self, watch: Watch):
        self._watch = watch
        self._key: tuple[int, int, int] = (-1, -1, -1)
        self._rows: np.ndarray = np.empty(0)
        self._own: np.ndarray = np.empty(0)

    def refresh(self) -> None:
        watch = self._watch
        key = (watch.t_ns, watch.fed, watch.epoch)
        if key != self._key:
            self._key = key
            self._rows = watch.effective.at(watch.t_ns).copy()
            self._own = watch.own.at(watch.t_ns).copy()

    def value(self, number: int) -> Any:
        return self._value(self._watch.effective.rows, self._row(self._rows, number), number)

    def text(self, number: int) -> str:
        self.refresh()
        value = self.value(number)
        return value_text(self._type(number), value)

    def source_text(self, number: int) -> str:
        """What the owner wrote under a force."""
        self.refresh()
        value = self._value(self._watch.own.rows, self._row(self._own, number), number)
        return value_text(self._type(number), value)

    def forced(self, number: int) -> bool:
        self.refresh()
        row = self._row(self._rows, number)
        return row >= 0 and bool(self._watch.effective.rows["aux"][row] & 4)

    def faulted(self, number: int) -> bool:
        self.refresh()
        row = self._row(self._rows, number)
        return row >= 0 and bool(self._watch.effective.rows["aux"][row] & 8)

    def quality(self, number: int) -> str:
        self.refresh()
        row = self._row(self._rows, number)
        return (
            quality_text(int(self._watch.effective.rows["aux"][row])) if row >= 0 else "uncertain (initial)"
        )

    def is_good(self, number: int) -> bool:
        self.refresh()
        row = self._row(self._rows, number)
        return row >= 0 and int(self._watch.effective.rows["aux"][row]) & 3 == 0

    def changed_ns(self, number: int) -> int:
        """Time of the last change, 0 if there was none."""
        self.refresh()
        row = self._row(self._rows, number)
        return int(self._watch.effective.rows["t"][row]) if row >= 0 else 0

    def _row(self, rows: np.ndarray, number: int) -> int:
        return int(rows[number]) if 0 <= number < len(rows) else -1

    def _value(self, rows: np.ndarray, row: int, number: int) -> Any:
        if row < 0:  # before its first write an entry has its type's default, and says so by its quality
            return DataType[self._type(number)].default
        if rows["kind"][row] == Kind.READING:
            return self._watch.solved(rows[row], DataType[self._type(number)])
        source = self._watch.source
        texts = source.texts if source is not None else ()
        return decoded(self._type(number), float(rows["a"][row]), float(rows["b"][row]), texts)

    def _type(self, number: int) -> str:
        header = self._watch.header
        return str(header["core"]["signals"][number]["type"]) if header else "BOOL"
