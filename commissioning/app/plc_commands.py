"""What the actions of the PLC menu do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from commissioning.app.words import parsed

if TYPE_CHECKING:
    from commissioning.app.main_window import MainWindow
    from commissioning.plc.running.starts import StartEffect

VCD, CSV = "Value change dump, for GTKWave (*.vcd)", "Table (*.csv)"
NAMED = 4  # variables named in a question


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
            "plc_online_change": self.online_change,
            "plc_stop": self.stop,
            "plc_run": lambda: self.start("hot"),
            "plc_hot": lambda: self.start("hot"),
            "plc_warm": lambda: self.ask_start("warm"),
            "plc_cold": lambda: self.ask_start("cold"),
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
            if "unheld" in met:
                met.add("plc_runs" if panel.bar.state.state == "run" else "plc_stands")
        return met

    def online_change(self) -> None:
        """To the program files as they are now."""
        self._window.docks.show("PLC")
        self._window.plc.changes.ask()

    def stop(self) -> None:
        """No scans any more."""
        name = self._window.plc.link.controller
        self._operate(
            lambda run: run.operate(name, "stop"),
            f"{name} is stopped: its outputs are at their defaults. PLC, Run the controller goes on.",
        )

    def start(self, kind: str) -> None:
        """Hot, warm or cold, at once."""
        window, name = self._window, self._window.plc.link.controller
        stood = window.plc.bar.state.state != "run"
        words = f"{name} runs again where it stood" if kind == "hot" and stood else f"{kind} start of {name}"
        self._operate(lambda run: run.restart(name, kind), f"{words[0].upper()}{words[1:]}.")

    def ask_start(self, kind: str) -> None:
        """A start that loses values says which before it does."""
        from commissioning.plc.running.starts import start_effect

        window, link = self._window, self._window.plc.link
        if link.program is None:
            return
        effect = start_effect(link.program, kind)
        window.confirm.ask(
            f"{kind.capitalize()} start of {link.controller}?",
            start_words(effect, kind, window.watch.status.state == "running"),
            f"{kind.capitalize()} start",
            lambda: self.start(kind),
        )

    def _operate(self, act: Callable[[Any], Any], words: str) -> None:
        window = self._window
        source = window.watch.source
        future = source.do(act) if source is not None else None
        if future is not None:
            window.commands.tell(future, words)

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
        name, kind = QFileDialog.getSaveFileName(
            window, "Save the trace", "trace", f"{VCD};;{CSV}", "", QFileDialog.Option.DontUseNativeDialog
        )
        if not name or copy is None:
            return
        file = Path(name)
        if file.suffix.lower() not in (".vcd", ".csv"):
            file = file.with_name(file.name + (".csv" if kind == CSV else ".vcd"))
        try:
            text = copy.csv() if file.suffix.lower() == ".csv" else copy.vcd()
            file.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            window.notice.say(f"{file} could not be written: {error.strerror}")
        else:
            window.notice.say(f"Saved {file}")


def start_words(effect: StartEffect, kind: str, runs: bool) -> str:
    """What a start would do, in full sentences."""
    many = len(effect.anew)
    fate = "lose their values and begin" if many != 1 else "loses its value and begins"
    says = [f"{many} variable{'s' if many != 1 else ''} {fate} anew."]
    if effect.lost:
        says.append(f"{len(effect.lost)} of them declared RETAIN: {_some(effect.lost)}.")
    what = "RETAIN or PERSISTENT" if kind == "warm" else "PERSISTENT"
    if effect.kept:
        says.append(f"{len(effect.kept)} declared {what} keep their values: {_some(effect.kept)}.")
    else:
        says.append(f"No variable is declared {what}, so none keeps its value.")
    says.append(f"Forces stay. The line {'goes on' if runs else 'stays'} as it is.")
    return " ".join([*says, "This cannot be taken back."])


def _some(paths: Sequence[str]) -> str:
    return ", ".join([*paths[:NAMED], *(["…"] if len(paths) > NAMED else [])])


def _no_condition(text: str) -> str:
    """Why it is none, "" if it is one."""
    from commissioning.plc.debugging.conditions import Condition

    try:
        Condition(text)
    except ValueError as error:
        return str(error)
    return ""
