"""What the actions of the PLC menu do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from commissioning.app.words import parsed

if TYPE_CHECKING:
    from commissioning.app.main_window import MainWindow


class PlcCommands:
    """`handlers` maps the ids of the table to methods."""

    def __init__(self, window: MainWindow):
        self._window = window
        self._until = ""
        self.handlers: Mapping[str, Callable[[], object]] = {
            "plc_go_on": lambda: window.plc.link.go_on(),
            "plc_hold": lambda: window.plc.link.hold(),
            "plc_step_in": lambda: window.plc.link.step("in"),
            "plc_step_over": lambda: window.plc.link.step("over"),
            "plc_step_out": lambda: window.plc.link.step("out"),
            "plc_scan": lambda: window.plc.link.step("scan"),
            "plc_run_until": self.run_until,
            "plc_breakpoint": lambda: window.plc.toggle_breakpoint(),
            "plc_no_breakpoints": lambda: window.plc.link.remove_breakpoints(),
            "plc_coverage": lambda: window.plc.toggle_coverage(),
            "plc_watch": self.watch,
            "plc_release_all": lambda: window.plc.link.operate("release", ""),
        }

    def conditions(self) -> set[str]:
        """Which conditions of the action table are met."""
        window = self._window
        panel, met = window.plc, set[str]()
        if panel.possible and window.watch.following:
            met.add("plc")
            met.add("held" if window.watch.status.state == "held" else "unheld")
            if panel.seen.breakpoints:
                met.add("breakpoints")
            if panel.seen.forced:
                met.add("plc_forced")
        return met

    def watch(self) -> None:
        """The field of the watch table."""
        window = self._window
        window.docks.show("PLC")
        window.plc.tabs.setCurrentWidget(window.plc.watched)
        window.plc.watched.field.setFocus()

    def run_until(self) -> None:
        """Have a condition given."""
        window = self._window

        def take(text: str) -> str:
            wrong = _no_condition(text)
            if not wrong:
                self._until = text
                window.plc.link.run_until(text)
            return wrong

        window.ask.ask("Run until", self._until, take, "runs")

    def ask_condition(self, line: int) -> None:
        """Of a breakpoint."""
        window = self._window

        def take(text: str) -> str:
            wrong = _no_condition(text) if text.strip() else ""
            if not wrong:
                window.plc.stop_if(line, text.strip())
            return wrong

        window.ask.ask(f"Hold in line {line} if", window.plc.condition_of(line), take, "sets it")

    def ask_value(self, what: str, path: str) -> None:
        """Have a value given for a variable, to `force` or to `write`."""
        window = self._window
        seen = window.plc.watched.model.seen(path)
        kind = seen.type if seen is not None else ""

        def take(text: str) -> str:
            try:
                value = parsed(kind, text)
            except ValueError as error:
                return str(error)
            window.plc.link.operate(what, path, value)
            return ""

        word = "Force" if what == "force" else "Set"
        ends = "forces" if what == "force" else "sets it"
        window.ask.ask(f"{word} {path} ({kind}) to", seen.text if seen is not None else "", take, ends)

    def save_trace(self) -> None:
        window = self._window
        copy = window.plc.trace.copy
        name, _ = QFileDialog.getSaveFileName(
            window, "Save the trace", "trace.csv", "CSV (*.csv)", "", QFileDialog.Option.DontUseNativeDialog
        )
        if not name or copy is None:
            return
        try:
            with open(name, "w", encoding="utf-8", newline="") as file:
                file.write(copy.csv())
        except OSError as error:
            window.notice.say(f"{name} could not be written: {error.strerror}")
        else:
            window.notice.say(f"Saved {name}")


def _no_condition(text: str) -> str:
    """Why it is none, "" if it is one."""
    from commissioning.plc.conditions import Condition

    try:
        Condition(text)
    except ValueError as error:
        return str(error)
    return ""
