"""The dockable panels: where they stand at first, and how they come back."""

from __future__ import annotations

from collections.abc import Mapping

import PySide6QtAds as QtAds
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

LEFT, RIGHT = 232, 268  # px
BOTTOM = 268


class Docks:
    """Qt Advanced Docking: panels dock, tab, float and come back."""

    def __init__(self, parent: QWidget, panels: Mapping[str, QWidget], central: str):
        flags = QtAds.CDockManager.eConfigFlag
        for flag, on in (
            (flags.FocusHighlighting, False),
            (flags.AlwaysShowTabs, True),
            (flags.DockAreaHasCloseButton, False),
            (flags.DockAreaHasUndockButton, False),
            (flags.DockAreaHasTabsMenuButton, False),
            (flags.ActiveTabHasCloseButton, False),
            (flags.AllTabsHaveCloseButton, False),
            (flags.TabCloseButtonIsToolButton, False),
            (flags.OpaqueSplitterResize, True),
            (flags.HideSingleCentralWidgetTitleBar, True),
        ):
            QtAds.CDockManager.setConfigFlag(flag, on)
        self.manager = QtAds.CDockManager(parent)
        self.manager.setStyleSheet("")  # the window's own sheet styles it
        self.docks: dict[str, QtAds.CDockWidget] = {}
        feature = QtAds.CDockWidget.DockWidgetFeature
        for title, widget in panels.items():
            dock = QtAds.CDockWidget(self.manager, title)
            dock.setWidget(widget, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
            dock.setFeature(feature.DockWidgetClosable, title != central)
            dock.setFeature(feature.NoTab, title == central)
            dock.setMinimumSizeHintMode(QtAds.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromDockWidget)
            self.docks[title] = dock
        self.central = central
        self._arrange()
        self.first = self.manager.saveState()

    def _arrange(self) -> None:
        area = QtAds.DockWidgetArea
        docks = self.docks
        middle = self.manager.setCentralWidget(docks[self.central])
        middle.setAllowedAreas(area.OuterDockAreas)
        self.manager.addDockWidget(area.LeftDockWidgetArea, docks["Line"])
        self.manager.addDockWidget(area.RightDockWidgetArea, docks["Properties"])
        below = self.manager.addDockWidget(area.BottomDockWidgetArea, docks["Tags"])
        for title in ("PLC", "Checks", "Problems"):
            self.manager.addDockWidgetTabToArea(docks[title], below)
        beside = self.manager.addDockWidget(area.RightDockWidgetArea, docks["Journal"], below)
        for title in ("Logic analyser", "Operator panel"):
            self.manager.addDockWidgetTabToArea(docks[title], beside)
        self._areas = (middle, below)
        docks["Tags"].setAsCurrentTab()
        docks["Journal"].setAsCurrentTab()

    def size(self, width: int, height: int) -> None:
        """First sizes, once the window has one."""
        middle, below = self._areas
        self.manager.setSplitterSizes(middle, [LEFT, max(width - LEFT - RIGHT, 200), RIGHT])
        self.manager.setSplitterSizes(below, [round(width * 0.53), round(width * 0.47)])
        root = below.parentWidget()
        splitter = root.parentWidget() if root is not None else None
        if splitter is not None and hasattr(splitter, "setSizes"):
            splitter.setSizes([max(height - BOTTOM, 200), BOTTOM])

    def show(self, title: str) -> None:
        dock = self.docks[title]
        dock.toggleView(True)
        dock.setAsCurrentTab()

    def state(self) -> tuple[str, bytes]:
        """Names of the panels, and how they stand."""
        return "|".join(self.docks), bytes(self.manager.saveState().data())

    def restore_state(self, panels: str, state: bytes) -> bool:
        """How they stood once; False if those were other panels."""
        return panels == "|".join(self.docks) and bool(self.manager.restoreState(QByteArray(state)))

    def restore(self) -> None:
        """As they were at first."""
        self.manager.restoreState(self.first)
        for title in ("Tags", "Journal"):
            self.docks[title].setAsCurrentTab()
