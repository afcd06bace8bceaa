"""Breakpoints and watch lists of a scene, kept from one session of the window to the next.

They belong to whoever looks, not to the line: they are in the user's settings, never in the scene's file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commissioning.app.settings import Settings

if TYPE_CHECKING:
    from commissioning.plc.debugging.anchors import KeptBreakpoint


class PlcMemory:
    """By controller, of the scene that was opened last. Without settings it lasts as long as the window."""

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings
        self._scene = ""
        self._known: dict[str, dict[str, Any]] = {}  # scene -> controller -> what is kept of it
        self.settled = False  # what was kept has been set again, so that what is set now may be kept

    def open(self, scene: Path | None) -> None:
        """Another scene; None: nothing is kept of what opens now."""
        self._scene, self.settled = "", False
        if scene is None:
            return
        folder = scene.parent if scene.suffix == ".yaml" else scene
        self._scene = str(folder.resolve())
        if self._scene not in self._known:
            kept = self._settings.scene(self._scene) if self._settings is not None else {}
            self._known[self._scene] = {name: one for name, one in kept.items() if isinstance(one, dict)}

    def breakpoints(self, controller: str) -> list[KeptBreakpoint]:
        """Those that it had; what somebody has spoiled in the settings is left out."""
        from commissioning.plc.debugging.anchors import KeptBreakpoint

        found = []
        for plain in self._list(controller, "breakpoints"):
            try:
                found.append(KeptBreakpoint.of_plain(plain))
            except ValueError:
                continue
        return found

    def watched(self, controller: str) -> list[str]:
        """The paths of its watch list."""
        return [path for path in self._list(controller, "watch") if isinstance(path, str)]

    def keep_breakpoints(self, controller: str, points: Iterable[KeptBreakpoint]) -> None:
        """Once those of the last session are set again."""
        if self.settled:
            self._keep(controller, "breakpoints", [point.as_plain() for point in points])

    def keep_watched(self, controller: str, paths: Sequence[str]) -> None:
        self._keep(controller, "watch", list(paths))

    def _list(self, controller: str, what: str) -> list[Any]:
        found = self._known.get(self._scene, {}).get(controller, {}).get(what, [])
        return found if isinstance(found, list) else []

    def _keep(self, controller: str, what: str, values: list[Any]) -> None:
        if not self._scene or not controller or values == self._list(controller, what):
            return
        scene = self._known[self._scene]
        scene.setdefault(controller, {})[what] = values
        if self._settings is not None:
            self._settings.keep_scene(self._scene, scene)
