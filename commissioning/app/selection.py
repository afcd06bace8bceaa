"""One selection for the whole window: choose a thing anywhere and every panel follows."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """`kind` is device, controller, link, check, tag or part; `id` its name ("" = nothing)."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.kind = ""
        self.id = ""
        self.device = ""  # the device it belongs to, also for a tag

    def choose(self, kind: str, identity: str, device: str = "") -> None:
        device = device or (identity if kind == "device" else "")
        if (kind, identity, device) != (self.kind, self.id, self.device):
            self.kind, self.id, self.device = kind, identity, device
            self.changed.emit()

    def clear(self) -> None:
        self.choose("", "")
