"""What the window remembers between starts: its place, its panels, its theme, which Python of scenes the user
allowed, by hash, and of a scene what one looks at: breakpoints and watch lists. Never anything else of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow

from commissioning.app.docks import Docks
from commissioning.app.tokens import THEMES

MOST_SCENES = 50  # of which something is kept


class Settings:
    """The user's own settings, or those in `file`."""

    def __init__(self, file: Path | None = None):
        if file is None:
            self._store = QSettings("commissioning", "commissioning")
        else:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """Name of the theme at the last end, "" at first."""
        name = str(self._store.value("theme") or "")
        return name if name in THEMES else ""

    @property
    def allowed_code(self) -> frozenset[str]:
        """SHA-256 (hex) of Python that came with a scene and may run."""
        return frozenset(str(self._store.value("allowed_code") or "").split())

    def allow_code(self, hashes: frozenset[str]) -> None:
        """Remember these too, at once."""
        self._store.setValue("allowed_code", " ".join(sorted(self.allowed_code | hashes)))
        self._store.sync()

    def scene(self, folder: str) -> dict[str, Any]:
        """What was kept with a scene, {} if nothing was."""
        for known, kept in self._scenes():
            if known == folder:
                return kept
        return {}

    def keep_scene(self, folder: str, kept: dict[str, Any]) -> None:
        """Plain data (JSON), at once; of the scenes used last."""
        others = [[known, one] for known, one in self._scenes() if known != folder]
        self._store.setValue("scenes", json.dumps([[folder, kept], *others][:MOST_SCENES]))
        self._store.sync()

    def _scenes(self) -> list[tuple[str, dict[str, Any]]]:
        """(folder, what was kept), the last one first; what is no JSON of this form counts as nothing."""
        try:
            found = json.loads(str(self._store.value("scenes") or "[]"))
        except ValueError:
            return []
        pairs = found if isinstance(found, list) else []
        return [
            (pair[0], pair[1])
            for pair in pairs
            if isinstance(pair, list)
            and len(pair) == 2
            and isinstance(pair[0], str)
            and isinstance(pair[1], dict)
        ]

    def restore_window(self, window: QMainWindow) -> None:
        """Its size and place; Qt brings back to the screen what would stand outside of it."""
        geometry = self._store.value("geometry")
        if isinstance(geometry, QByteArray):
            window.restoreGeometry(geometry)

    def restore_docks(self, docks: Docks) -> bool:
        """The panels as they stood; False if nothing fits."""
        state = self._store.value("docks")
        panels = str(self._store.value("panels") or "")
        return isinstance(state, QByteArray) and docks.restore_state(panels, bytes(state.data()))

    def save(self, window: QMainWindow, docks: Docks, theme: str) -> None:
        panels, state = docks.state()
        self._store.setValue("geometry", window.saveGeometry())
        self._store.setValue("panels", panels)
        self._store.setValue("docks", QByteArray(state))
        self._store.setValue("theme", theme)
        self._store.sync()
