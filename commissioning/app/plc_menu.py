"""The right button in the text of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from commissioning.app.plc_panel import PlcPanel


def text_menu(panel: PlcPanel, line: int, word: str) -> QMenu:
    """What can be done with a line, and with the variable under the mouse."""
    menu, path = QMenu(panel), panel.path_of(word, line)
    menu.addAction(panel.action_table["plc_breakpoint"])
    menu.addAction("Breakpoint with a condition …", lambda: panel.condition_asked.emit(line))
    menu.addAction("Run to this line", lambda: panel.run_to(line))
    if path:
        menu.addSeparator()
        menu.addAction(f"Watch {path}", lambda: panel.watch_variable(path))
        menu.addAction(f"Uses of {word}", lambda: panel.tabs.setCurrentWidget(panel.uses))
    return menu
