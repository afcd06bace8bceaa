"""Verdicts of the line's checks, from the journal and from checks run beside the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from commissioning.app.watch import Watch
from commissioning.app.words import VERDICTS

SYMBOLS = {"PASS": "✓", "FAIL": "✗", "INCONCLUSIVE": "?", "NOT RUN": "–"}


@dataclass(frozen=True)
class Verdict:
    check: str
    type: str
    verdict: str = "NOT RUN"
    why: str = ""
    measured: str = ""
    limit: str = ""
    at_ns: int | None = None
    scenario: str = ""
    seed: int | None = None
    causes: tuple[tuple[int, str], ...] = ()  # t ns and text, from the failing edge back to what began it
    trace: Mapping[str, Any] | None = field(default=None, compare=False)
    inside: bool = False  # a record of the journal shown: its time is a time of this run


class Verdicts(QObject):
    """All checks of the line in their order, each with its newest verdict."""

    changed = Signal()

    def __init__(self, watch: Watch):
        super().__init__(watch)
        self._watch = watch
        self._outside: dict[str, Verdict] = {}
        self.all: list[Verdict] = []
        watch.replaced.connect(self._refresh)
        watch.panels.connect(self._refresh)

    def take(self, answer: Mapping[str, Any]) -> None:
        """What `check --json` prints: its `verdicts`, with what explains them from its `findings`."""
        findings = {str(finding["id"]): finding for finding in answer.get("findings") or ()}
        seed = answer.get("seed")
        for result in answer["verdicts"]:
            result = dict(findings.get(str(result["id"]), {})) | dict(result)
            at = result.get("at_s")
            unit = str(result.get("unit") or "")
            self._outside[str(result["id"])] = Verdict(
                check=str(result["id"]),
                type=str(result.get("type", "")),
                verdict=str(result.get("verdict", "NOT RUN")).upper().replace("_", " "),
                why=str(result.get("why") or "").replace("`", ""),
                measured=_figure(result.get("measured"), unit),
                limit=_figure(result.get("limit"), unit),
                at_ns=round(float(at) * 1e9) if isinstance(at, int | float) else None,
                scenario=str(result.get("scenario") or ""),
                seed=seed,
                causes=tuple((int(t), str(what)) for t, what in result.get("causes") or ()),
                trace=result.get("trace"),
            )
        self._refresh()

    def outside(self) -> Mapping[str, Verdict]:
        """What checks run beside the window have said, by check."""
        return dict(self._outside)

    def remember(self, verdicts: Mapping[str, Verdict]) -> None:
        """Verdicts of the same scene, said before another run of it was opened."""
        self._outside.update(verdicts)
        self._refresh()

    def forget(self) -> None:
        self._outside.clear()
        self._refresh()

    def count(self, verdict: str) -> int:
        return sum(1 for entry in self.all if entry.verdict == verdict)

    def _refresh(self) -> None:
        watch = self._watch
        entries: list[Verdict] = []
        if watch.header is not None:
            rows, latest = watch.verdicts.rows, watch.verdicts.latest
            texts = watch.source.texts if watch.source is not None else ()
            for number, thing in enumerate(watch.header["core"]["objects"]):
                if thing["kind"] != "check":
                    continue
                row = rows[latest[number]] if latest[number] >= 0 else None
                if row is not None:
                    said = texts[int(row["a"])] if 0 <= int(row["a"]) < len(texts) else ""
                    verdict = Verdict(
                        thing["id"], thing["type"], VERDICTS[int(row["aux"])], said, at_ns=int(row["t"]),
                        inside=True,
                    )  # fmt: skip
                else:
                    verdict = self._outside.get(thing["id"]) or Verdict(thing["id"], thing["type"])
                entries.append(verdict)
        if entries != self.all:
            self.all = entries
            self.changed.emit()


def _figure(value: Any, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if unit == "times":
            return "once" if value == 1 else "never" if value == 0 else f"{value:.4g} times"
        return f"{value:.4g} {unit}".rstrip()
    return f"{value} {unit}".rstrip()
