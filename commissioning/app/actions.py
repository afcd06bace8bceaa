"""Every action of the window: id, text, icon, key, where it stands and when it is possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from commissioning.app.icons import icon
from commissioning.app.tokens import Tokens


@dataclass(frozen=True)
class ActionSpec:
    id: str
    text: str
    icon: str = ""
    key: str = ""
    menu: str = ""
    condition: str = "always"  # always, line, live, selection, tag, forced, checks, recordable, ...
    help: str = ""


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_scene", "Open scene …", "open", "Ctrl+O", "File", help="A folder with scene.yaml"),
    ActionSpec("open_recording", "Open recording …", "", "Ctrl+Shift+O", "File"),
    ActionSpec(
        "record",
        "Record …",
        "record",
        "Ctrl+Shift+E",
        "File",
        "recordable",
        "Writes the run into a file, from its start on and while it goes on",
    ),
    ActionSpec("stop_record", "End the recording", "stop", "", "File", "recorded", "Completes its file"),
    ActionSpec(
        "save_recording",
        "Save recording as …",
        "",
        "Ctrl+S",
        "File",
        "recordable",
        "The run so far, from its start, as a file that replays",
    ),
    ActionSpec("close_line", "Close", "", "Ctrl+W", "File", "line"),
    ActionSpec("save_picture", "Save picture of the window …", "camera", "Ctrl+Shift+S", "File"),
    ActionSpec("quit", "Quit", "", "Ctrl+Q", "File"),
    ActionSpec("copy", "Copy rows", "", "Ctrl+C", "Edit", "line", "Selected rows of the table in focus"),
    ActionSpec("search", "Search anything", "search", "Ctrl+F", "Edit", "line"),
    ActionSpec("palette", "All commands …", "", "Ctrl+P", "Edit"),
    ActionSpec("view_home", "Whole line", "home", "0", "View"),
    ActionSpec("view_front", "Front", "", "1", "View"),
    ActionSpec("view_right", "Right side", "", "3", "View"),
    ActionSpec("view_top", "Top", "", "7", "View"),
    ActionSpec("frame", "Frame the selection", "frame", "F", "View", "line"),
    ActionSpec("labels", "Labels", "", "L", "View", help="Names of devices that need attention"),
    ActionSpec("theme", "Light or dark", "theme", "Ctrl+T", "View"),
    ActionSpec("layout", "Reset the layout", "", "", "View", help="Panels as they stood at first"),
    ActionSpec("select_none", "Select nothing", "", "Esc", "Line", "selection"),
    ActionSpec("run", "Run or pause", "play", "Space", "Run", "line"),
    ActionSpec("step_event", "Step event", "step", ".", "Run", "line", "To the next instant with an event"),
    ActionSpec("previous_event", "Previous event", "back", ",", "Run", "line", "Shows the instant before"),
    ActionSpec("slower", "Slower", "", "-", "Run", "line"),
    ActionSpec("faster", "Faster", "", "+", "Run", "line"),
    ActionSpec("live", "Back to live", "live", "End", "Run", "reviewing"),
    ActionSpec("reset", "Reset", "reset", "Ctrl+R", "Run", "line", "Back to the exact start"),
    ActionSpec("force_true", "Force TRUE", "force", "Shift+T", "Run", "tag"),
    ActionSpec("force_false", "Force FALSE", "force", "Shift+F", "Run", "tag"),
    ActionSpec("force_value", "Force a value …", "", "Shift+V", "Run", "tag"),
    ActionSpec("release", "Release", "release", "Shift+R", "Run", "tag"),
    ActionSpec("release_all", "Release all forces", "release", "Ctrl+Shift+R", "Run", "forced"),
    ActionSpec("plc_go_on", "Go on", "play", "F5", "PLC", "held", "Lets the held scan go on"),
    ActionSpec(
        "plc_hold", "Hold", "pause", "Shift+F5", "PLC", "unheld", "At the next statement that is executed"
    ),
    ActionSpec("plc_step_in", "Step in", "step_in", "F11", "PLC", "plc", "To the next statement"),
    ActionSpec("plc_step_over", "Step over", "step_over", "F10", "PLC", "plc", "Over calls"),
    ActionSpec("plc_step_out", "Step out", "step_out", "Shift+F11", "PLC", "plc", "To where it was called"),
    ActionSpec("plc_scan", "Single scan", "step", "F6", "PLC", "plc", "To the beginning of the next scan"),
    ActionSpec("plc_run_until", "Run until …", "", "Ctrl+F5", "PLC", "plc", "Until a condition comes true"),
    ActionSpec("plc_breakpoint", "Breakpoint", "record", "F8", "PLC", "plc", "On or off, in the chosen line"),
    ActionSpec("plc_no_breakpoints", "Remove all breakpoints", "", "Ctrl+Shift+F8", "PLC", "breakpoints"),
    ActionSpec(
        "plc_coverage", "Coverage", "check", "", "PLC", "plc", "Which statements are executed, on or off"
    ),
    ActionSpec("plc_watch", "Watch a variable …", "search", "Ctrl+Shift+W", "PLC", "plc"),
    ActionSpec(
        "plc_online_change",
        "Online change",
        "changed",
        "Ctrl+F6",
        "PLC",
        "unheld",
        "The program files as they are on disk now; variables that are still there keep their values",
    ),
    ActionSpec(
        "plc_stop",
        "Stop the controller",
        "stop",
        "",
        "PLC",
        "plc_runs",
        "No scans; its outputs fall to their defaults until it runs again",
    ),
    ActionSpec(
        "plc_run",
        "Run the controller",
        "play",
        "",
        "PLC",
        "plc_stands",
        "It goes on where it stood: a hot start, all variables keep their values",
    ),
    ActionSpec("plc_hot", "Hot start", "", "", "PLC", "unheld", "All variables keep their values"),
    ActionSpec(
        "plc_warm",
        "Warm start …",
        "",
        "",
        "PLC",
        "unheld",
        "RETAIN and PERSISTENT variables keep their values, all others begin anew",
    ),
    ActionSpec(
        "plc_cold",
        "Cold start …",
        "",
        "",
        "PLC",
        "unheld",
        "PERSISTENT variables keep their values, all others begin anew",
    ),
    ActionSpec("plc_release_all", "Release forces of the PLC", "release", "", "PLC", "plc_forced"),
    ActionSpec("run_checks", "Run checks", "check", "F9", "Check", "checks"),
    ActionSpec("stop_checks", "Stop checks", "stop", "Shift+F9", "Check", "checking"),
    ActionSpec(
        "arm", "Arm the link …", "", "", "Tools", "link", "Allow writing to its controller for this run"
    ),
    ActionSpec("manual", "Keys and mouse", "", "F1", "Help"),
    ActionSpec("about", "About", "", "", "Help"),
)
MENUS = ("File", "Edit", "View", "Line", "Run", "PLC", "Check", "Tools", "Help")


class Actions:
    """QActions of the table, bound to handlers by id. What has no handler is not shown."""

    def __init__(self, window: QWidget, handlers: Mapping[str, Callable[[], object]]):
        self._by_id: dict[str, QAction] = {}
        self._specs = {spec.id: spec for spec in ACTIONS}
        for spec in ACTIONS:
            handler = handlers.get(spec.id)
            if handler is None:
                continue
            action = QAction(spec.text, window)
            if spec.key:
                action.setShortcut(QKeySequence(spec.key))
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            keys = QKeySequence(spec.key).toString(QKeySequence.SequenceFormat.NativeText)
            hint = f"{spec.text}  ({keys})" if keys else spec.text
            action.setToolTip(f"{hint}\n{spec.help}" if spec.help else hint)
            action.setStatusTip(spec.help)
            action.triggered.connect(lambda _checked=False, act=handler: act())
            window.addAction(action)
            self._by_id[spec.id] = action

    def __getitem__(self, identity: str) -> QAction:
        return self._by_id[identity]

    def __contains__(self, identity: str) -> bool:
        return identity in self._by_id

    def possible(self) -> list[tuple[ActionSpec, QAction]]:
        """What can be done now, in the order of the table."""
        pairs = [(self._specs[name], action) for name, action in self._by_id.items()]
        return [(spec, action) for spec, action in pairs if action.isEnabled() and spec.id != "palette"]

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        menus = {name: bar.addMenu(name) for name in MENUS}
        for spec in ACTIONS:
            if spec.id in self._by_id:
                menus[spec.menu].addAction(self._by_id[spec.id])
        return menus

    def allow(self, conditions: frozenset[str]) -> None:
        """Enables what its condition allows; `conditions` holds those that are met."""
        for name, action in self._by_id.items():
            possible = self._specs[name].condition in conditions
            if action.isEnabled() != possible:
                action.setEnabled(possible)

    def redraw(self, tokens: Tokens) -> None:
        for name, action in self._by_id.items():
            if self._specs[name].icon:
                action.setIcon(icon(self._specs[name].icon, tokens.text, tokens.idle))
