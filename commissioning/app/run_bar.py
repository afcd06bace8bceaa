"""The run bar: always visible, always true."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from commissioning.app.actions import Actions
from commissioning.app.icons import icon
from commissioning.app.pills import Elided, Pill
from commissioning.app.source import LiveSource
from commissioning.app.style import sized
from commissioning.app.tokens import Tokens
from commissioning.app.verdicts import Verdicts
from commissioning.app.watch import Watch
from commissioning.app.words import clock, exact, speed_text

SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, math.inf)


class RunBar(QFrame):
    """Buttons of the run, speed, time shown, mode and target, forces and verdicts."""

    show_forced = Signal()
    show_checks = Signal()

    def __init__(self, watch: Watch, verdicts: Verdicts, actions: Actions, tokens: Tokens):
        super().__init__()
        self.setObjectName("card")
        self._watch, self._verdicts, self._actions, self._tokens = watch, verdicts, actions, tokens
        self.run = QPushButton("Run")
        self.run.setObjectName("primary")
        self.run.setToolTip(actions["run"].toolTip())
        self.run.clicked.connect(actions["run"].trigger)
        self.run.setMinimumWidth(92)
        actions["run"].enabledChanged.connect(self.run.setEnabled)
        self.step = self._button("step_event")
        self.reset = self._button("reset")
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setRange(0, len(SPEEDS) - 1)
        self.speed.setPageStep(1)
        self.speed.setMinimumWidth(60)
        self.speed.setMaximumWidth(130)
        self.speed.setValue(SPEEDS.index(1.0))
        self.speed.setToolTip("Speed of the run against real time, 0.1× to max  (- slower, + faster)")
        self.speed.valueChanged.connect(self._speed_moved)
        self.speed_word = QLabel("1×")
        self.clock = QLabel(clock(0))
        self.mode, self.review, self.record = Pill(), Pill(), Pill()
        self.review.clicked.connect(lambda: actions["live"].trigger())
        self.review.setCursor(Qt.CursorShape.PointingHandCursor)
        self.target = Pill()
        self.said = Elided()
        self.said.setObjectName("muted")
        self.forced_in_plc = 0  # variables that are no tags
        self.forced, self.passed, self.failed, self.open = Pill(), Pill(), Pill(), Pill()
        self.forced.clicked.connect(self.show_forced)
        for pill in (self.passed, self.failed, self.open):
            pill.clicked.connect(self.show_checks)
        caption = QLabel("speed")
        caption.setObjectName("muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        left: list[QWidget] = [
            self.run,
            self.step,
            self.reset,
            caption,
            self.speed,
            self.speed_word,
            self.clock,
        ]
        for widget in (*left, self.mode, self.review, self.target, self.record):
            row.addWidget(widget)
        row.addWidget(self.said, 1)
        for pill in (self.forced, self.passed, self.failed, self.open):
            row.addWidget(pill)
        watch.status_changed.connect(self.refresh)
        watch.moved.connect(self._tell_time)
        watch.panels.connect(self.refresh)
        watch.replaced.connect(self.refresh)
        verdicts.changed.connect(self.refresh)
        self.redraw(tokens)

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.clock.setFont(sized(self.font(), 18, QFont.Weight.DemiBold))
        self.clock.setMinimumWidth(QFontMetrics(self.clock.font()).horizontalAdvance("00:00:00.000") + 6)
        self.speed_word.setMinimumWidth(QFontMetrics(self.font()).horizontalAdvance("1000×") + 4)
        self.refresh()

    def refresh(self) -> None:
        watch, t = self._watch, self._tokens
        status = watch.status
        running = status.state == "running"
        self.run.setText("Pause" if running else "Run")
        self.run.setIcon(icon("pause" if running else "play", t.on_accent, t.idle))
        self.speed.setEnabled(watch.source is not None)
        self._show_speed(status.speed)
        self._tell_time()
        mode = watch.source.mode if watch.source is not None else ""
        self.mode.say(mode, t.accent if mode == "REPLAY" else t.live)
        self.review.say("" if watch.following else "REVIEW · back to live", t.inconclusive, True, t.panel)
        self.review.setToolTip("A past moment is shown; a click goes back to the run  (End)")
        file = watch.source.recording if isinstance(watch.source, LiveSource) else None
        self.record.say("● REC" if file is not None else "", t.failed)
        self.record.setToolTip(f"This run is written into {file}. File, End the recording completes it.")
        armed = [name for name, link in status.links if link.armed]
        self.target.say("REAL" if armed else "", t.real, True, t.panel)
        self.target.setToolTip(f"This run writes to a real controller: {', '.join(armed)}" if armed else "")
        self.said.setText(self._said(status.state))
        forced = self._forced() + self.forced_in_plc
        self.forced.say(f"{forced} FORCED" if forced else "", t.forced, True, t.on_forced)
        self.passed.say(_count("✓", self._verdicts.count("PASS")), t.passed)
        self.failed.say(
            _count("✗", self._verdicts.count("FAIL")), t.failed, bool(self._verdicts.count("FAIL")), t.panel
        )
        undecided = self._verdicts.count("INCONCLUSIVE") + self._verdicts.count("NOT RUN")
        self.open.say(_count("?", undecided), t.inconclusive)
        self.passed.setToolTip("checks that pass")
        self.failed.setToolTip("checks that fail")
        self.open.setToolTip("checks that are inconclusive or were not run")

    def faster(self, steps: int) -> None:
        self.speed.setValue(self.speed.value() + steps)

    def _tell_time(self) -> None:
        self.clock.setText(clock(self._watch.t_ns))
        self.clock.setToolTip(exact(self._watch.t_ns))

    def _show_speed(self, speed: float) -> None:
        nearest = min(range(len(SPEEDS)), key=lambda i: abs(math.log(min(SPEEDS[i], 1e9) / min(speed, 1e9))))
        self.speed_word.setText(speed_text(speed))
        if not self.speed.isSliderDown() and self.speed.value() != nearest:
            self.speed.blockSignals(True)
            self.speed.setValue(nearest)
            self.speed.blockSignals(False)

    def _speed_moved(self, place: int) -> None:
        if self._watch.source is not None:
            self._watch.source.set_speed(SPEEDS[place])
        self.speed_word.setText(speed_text(SPEEDS[place]))

    def _said(self, state: str) -> str:
        header = self._watch.header
        if header is None:
            return "no line open"
        kinds = [o["type"] for o in header["core"]["objects"] if o["kind"] == "controller"]
        words = {
            "emulated": "emulated PLC",
            "external": "external PLC",
            "none": "no controller",
            "python": "Python logic",
        }
        target = ", ".join(words.get(kind, kind) for kind in kinds) or "no controller"
        scenario = getattr(self._watch.source, "scenario", "")
        if scenario:
            target += f" · scenario {scenario}"
        return f"{target} · {state}" if state in ("paused", "ended", "failed", "held") else target

    def _forced(self) -> int:
        effective = self._watch.effective
        numbers = effective.at(self._watch.t_ns)
        rows = effective.rows
        return int((rows["aux"][numbers[numbers >= 0]] & 4 != 0).sum()) if len(rows) else 0

    def _button(self, name: str) -> QPushButton:
        action = self._actions[name]
        button = QPushButton(action.text())
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button


def _count(symbol: str, number: int) -> str:
    return f"{symbol} {number}" if number else ""
