"""The main window: puts the panels together. What its actions do is in `commands.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from commissioning.app import style
from commissioning.app.actions import Actions
from commissioning.app.allow_code import AllowCode
from commissioning.app.analyser import Analyser
from commissioning.app.checks_panel import ChecksPanel
from commissioning.app.commands import Commands
from commissioning.app.confirm import Confirm
from commissioning.app.docks import Docks
from commissioning.app.finder import Finder
from commissioning.app.journal_panel import JournalPanel
from commissioning.app.line_tree import LineTree
from commissioning.app.notices import Ask, Notice
from commissioning.app.opening import Opened, not_opened, open_finding, open_path
from commissioning.app.operator_panel import OperatorPanel
from commissioning.app.plc_panel import PlcPanel
from commissioning.app.problems_panel import ProblemsPanel
from commissioning.app.properties import Properties
from commissioning.app.run_bar import RunBar
from commissioning.app.selection import Selection
from commissioning.app.settings import Settings
from commissioning.app.source import LiveSource, Source
from commissioning.app.tag_panel import TagPanel
from commissioning.app.tag_values import TagValues
from commissioning.app.time_bar import TimeBar
from commissioning.app.tokens import GAP, LIGHT, THEMES
from commissioning.app.verdicts import Verdict, Verdicts
from commissioning.app.viewport_panel import ViewportPanel
from commissioning.app.watch import Watch, new_timeline
from commissioning.model.problem import Problem

TITLE = "commissioning"


class MainWindow(QMainWindow):
    opened = Signal(object)  # Opened

    def __init__(
        self,
        theme: str = "light",
        timeline: Callable[[Mapping[str, Any]], Any] = new_timeline,
        settings: Settings | None = None,
    ):
        """`settings`: what is remembered between starts; without it every start is the first."""
        super().__init__()
        self.settings = settings
        self.allowed = settings.allowed_code if settings is not None else frozenset[str]()  # Python of scenes
        self.tokens = THEMES.get(theme, LIGHT)
        self._dress()
        self.setWindowTitle(TITLE)
        self.resize(1680, 1000)
        self.watch = Watch(timeline, self)
        self.selection = Selection(self)
        self.selection.changed.connect(self.watch.attend)  # before any panel follows
        self.values = TagValues(self.watch)
        self.verdicts = Verdicts(self.watch)
        self.scene: Path | None = None
        self.commands = Commands(self)
        self.actions_table = Actions(self, self.commands.handlers)
        self._loader = ThreadPoolExecutor(1, "open")
        self._build()
        self._connect()
        self.commands.refresh()
        self._loading: Future[Opened] | None = None
        self._opening = ""
        self._again: Callable[[], Opened] = Opened
        self._kept: Mapping[str, Verdict] = {}  # verdicts to show again when another run of the scene opens
        self._load_timer = QTimer(self)
        self._load_timer.setInterval(20)
        self._load_timer.timeout.connect(self._loaded)
        self._warnings: Future[tuple[Problem, ...]] | None = None
        self._warn_timer = QTimer(self)
        self._warn_timer.setInterval(100)
        self._warn_timer.timeout.connect(self._warned)
        self._sized = False
        if settings is not None:
            settings.restore_window(self)

    def _build(self) -> None:
        watch, chosen, values, tokens = self.watch, self.selection, self.values, self.tokens
        actions = self.actions_table
        self.menus = actions.fill(self.menuBar())
        self.run_bar = RunBar(watch, self.verdicts, actions, tokens)
        self.time_bar = TimeBar(watch, tokens)
        self.viewport = ViewportPanel(watch, chosen, values, tokens)
        self.tree = LineTree(watch, chosen, self.verdicts, tokens)
        self.properties = Properties(watch, chosen, values, tokens)
        self.tags = TagPanel(watch, chosen, values, actions, tokens, self.commands.force_value)
        self.checks = ChecksPanel(self.verdicts, actions, tokens)
        self.problems = ProblemsPanel(tokens)
        self.journal = JournalPanel(watch, chosen, tokens)
        self.analyser = Analyser(watch, chosen, tokens)
        self.plc = PlcPanel(watch, actions, tokens, self._loader, self.commands.plc.ask_value)
        self.plc.link.say = self.commands.wait
        self.operator = OperatorPanel(watch, chosen, values, tokens)
        body = QWidget()
        body.setObjectName("body")
        column = QVBoxLayout(body)
        column.setContentsMargins(GAP + 2, 0, GAP + 2, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.run_bar)
        holder = QWidget()
        column.addWidget(holder, 1)
        column.addWidget(self.time_bar)
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        panels: dict[str, QWidget] = {
            "3D": self.viewport,
            "Line": self.tree,
            "Properties": self.properties,
            "Tags": self.tags,
            "PLC": self.plc,
            "Checks": self.checks,
            "Problems": self.problems,
            "Journal": self.journal,
            "Logic analyser": self.analyser,
            "Operator panel": self.operator,
        }
        self.docks = Docks(holder, panels, "3D")
        inner.addWidget(self.docks.manager)
        self.setCentralWidget(body)
        for title, dock in self.docks.docks.items():
            if title != "3D":
                self.menus["View"].addAction(dock.toggleViewAction())
        self.notice, self.ask, self.allow_code = Notice(self), Ask(self), AllowCode(self)
        self.confirm = Confirm(self)
        self.finder = Finder(self, self.commands.things)
        self.redrawn = (
            self.run_bar, self.time_bar, self.viewport, self.tree, self.properties, self.tags, self.checks,
            self.problems, self.journal, self.operator, self.analyser, self.plc,
        )  # fmt: skip
        self.actions_table.redraw(tokens)

    def _connect(self) -> None:
        self.watch.status_changed.connect(self._status_changed)
        self.watch.replaced.connect(self.commands.refresh)
        self.selection.changed.connect(self.commands.refresh)
        self.verdicts.changed.connect(self.commands.refresh)
        self.run_bar.show_forced.connect(self._show_forced)
        self.run_bar.show_checks.connect(lambda: self.docks.show("Checks"))
        self.journal.chosen.connect(self.watch.review)
        self.checks.chosen.connect(self.explain)
        self.checks.asked.connect(self.go_to)
        self.analyser.asked.connect(self.go_to)
        self.analyser.chosen.connect(self.watch.review)
        self.analyser.is_shown = self._is_shown
        self.checks.running.connect(lambda _on: self.commands.refresh())
        self.checks.notice.connect(lambda text: self.notice.say(text))
        self.operator.acted.connect(self.commands.operate)
        self.plc.held.connect(lambda: self.docks.show("PLC"))
        self.plc.changed.connect(self._plc_changed)
        self.plc.condition_asked.connect(self.commands.plc.ask_condition)
        self.plc.save_trace.connect(self.commands.plc.save_trace)
        self.plc.keeping.use(self.settings)
        self.plc.keeping.said.connect(lambda text: self.notice.say(text))
        self.plc.changes.said.connect(lambda text: self.notice.say(text))
        self.plc.changes.problems.connect(self.problems.show_problems)
        self.plc.changes.problems_asked.connect(lambda: self.docks.show("Problems"))
        self.problems.chosen.connect(self._show_problem)
        self.viewport.ready.connect(self._picture_ready)
        self._said_problem: object = None
        self._said_notice = ""

    def _plc_changed(self) -> None:
        self.run_bar.forced_in_plc = len(self.plc.seen.forced)
        self.run_bar.refresh()
        self.commands.refresh()

    def _show_problem(self, problem: Problem) -> None:
        """Its line in the program."""
        if self.plc.show_problem(problem):
            self.docks.show("PLC")
            self.plc.view.setFocus()
        elif problem.where.file:
            self.notice.say(f"{problem.where.file} is no text of the program that is open: look at it there.")

    # opening

    def open(self, path: Path, at_ns: int | None = None, stop: bool = False, arm: Sequence[str] = ()) -> None:
        """Loads beside the window; it stays usable meanwhile."""
        if self._loading is not None:
            return
        self.close_line()
        self._load(path.name, lambda: open_path(path, at_ns, stop, arm, self.allowed))
        self.notice.say(f"Opening {path.name} …", stays=True)

    def _load(self, name: str, opening: Callable[[], Opened]) -> None:
        self._opening, self._again = name, opening
        self.allow_code.hide()
        self._loading = self._loader.submit(opening)
        self._load_timer.start()

    def explain(self, verdict: Verdict) -> None:
        """Shows what explains a verdict, and its moment where that belongs to the run shown."""
        if verdict.trace is not None:
            self.docks.show("Logic analyser")
        self.analyser.show_finding(verdict if verdict.trace is not None else None)
        if verdict.at_ns is not None and self._is_shown(verdict):
            self.watch.review(verdict.at_ns)

    def go_to(self, verdict: Verdict) -> None:
        """The moment of a finding: in the run shown, or in the one that the check has judged."""
        self.explain(verdict)
        if verdict.at_ns is None:
            if verdict.verdict == "NOT RUN":
                self.notice.say(f"{verdict.check} was not run: press F9 to run the checks.")
            return
        if self._is_shown(verdict) or self.scene is None or self._loading is not None:
            return
        scene, found = self.scene, self.verdicts.outside()
        self.close_line()
        self.notice.say(f"Going to {verdict.check}, scenario {verdict.scenario or 'none'} …", stays=True)
        self._kept = found
        check, scenario, seed, at_ns = verdict.check, verdict.scenario, verdict.seed, verdict.at_ns
        self._load(scene.name, lambda: open_finding(scene, check, scenario, seed, at_ns, self.allowed))

    def _is_shown(self, verdict: Verdict) -> bool:
        """Whether the time of a verdict is a time of the run shown."""
        source = self.watch.source
        if verdict.inside or not isinstance(source, LiveSource):
            return verdict.inside
        same = (source.scenario, source.seed) == (verdict.scenario, verdict.seed) and not source.touched
        return same and verdict.at_ns is not None and verdict.at_ns <= self.watch.status.end_ns

    def take(self, opened: Opened) -> None:
        """Shows what was opened, or why it could not be."""
        self.notice.hide()
        self.problems.show_problems(opened.problems)
        self.scene = opened.scene
        self.checks.scene = opened.scene if opened.source is not None else None
        self.checks.allowed = opened.allowed
        self.plc.changes.files.follow(opened.programs)
        self.plc.keeping.open(opened.scene)
        if opened.source is not None:
            self.show_source(opened.source, opened.name)
            self._warnings = self._loader.submit(opened.warnings) if opened.warnings is not None else None
            self._warn_timer.start()
            self.verdicts.remember(self._kept)
            if opened.at_ns is not None:
                self.watch.mark(opened.at_ns, "check", opened.found)
                self.watch.review(opened.at_ns)
        elif opened.asks:
            self.allow_code.ask(opened.asks, opened.name, self._allow_and_open)
        elif opened.problems:
            count = len(opened.problems)
            more = f" and {count - 1} more" if count > 1 else ""
            self.notice.say(f"{opened.name} cannot be opened: {opened.problems[0]}{more}")
            self.docks.show("Problems")
        self._kept = {}
        self.opened.emit(opened)

    def _warned(self) -> None:
        """What is worth a second look, once it is known."""
        if self._warnings is not None and not self._warnings.done():
            return
        self._warn_timer.stop()
        found, self._warnings = self._warnings, None
        if found is None or found.exception() is not None or self.watch.source is None:
            return
        if found.result() and not self.problems.model.problems:
            self.problems.show_problems(found.result())

    def show_source(self, source: Source, name: str) -> None:
        self.setWindowTitle(f"{name} – {TITLE}")
        self.verdicts.forget()
        if not self._kept:
            self.analyser.show_finding(None)
        self.selection.clear()
        self.watch.open(source)
        self.commands.refresh()

    def close_line(self) -> None:
        self.plc.keeping.flush()
        self.watch.close()
        self.selection.clear()
        self.confirm.hide()
        self.scene = self.checks.scene = None
        self._warnings = None
        self.setWindowTitle(TITLE)
        self.commands.refresh()

    def _allow_and_open(self, hashes: frozenset[str]) -> None:
        """The user allowed Python of a scene: it is remembered, and what was asked for is done."""
        self.allowed |= hashes
        if self.settings is not None:
            self.settings.allow_code(hashes)
        if self._loading is None:
            self._load(self._opening, self._again)

    def _loaded(self) -> None:
        if self._loading is not None and self._loading.done():
            future, self._loading = self._loading, None
            self._load_timer.stop()
            error = future.exception()
            self.take(future.result() if error is None else not_opened(self._opening, error))

    # looks

    def set_theme(self, name: str) -> None:
        self.tokens = THEMES.get(name, LIGHT)
        self._dress()
        self.actions_table.redraw(self.tokens)
        for panel in self.redrawn:
            panel.redraw(self.tokens)

    def _dress(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        style.apply(app, self.tokens)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._sized:
            self._sized = True
            QTimer.singleShot(0, self._size_docks)

    def _size_docks(self) -> None:
        if self.settings is None or not self.settings.restore_docks(self.docks):
            self.docks.size(self.docks.manager.width(), self.docks.manager.height())

    def _picture_ready(self) -> None:
        self.time_bar.drawing = ""

    def _show_forced(self) -> None:
        self.docks.show("Tags")
        self.tags.show_forced()

    # the run

    def _status_changed(self) -> None:
        status = self.watch.status
        if status.problem is not None and status.problem is not self._said_problem:
            self.problems.show_problems([status.problem])
            self.notice.say(str(status.problem))
        self._said_problem = status.problem
        if status.notice and status.notice != self._said_notice and status.state != "held":
            self.notice.say(status.notice)
        self._said_notice = status.notice
        if self.viewport.software and not self.time_bar.drawing:
            self.time_bar.drawing = "software 3D"
        self.commands.refresh()

    # ending

    def closeEvent(self, event: QCloseEvent) -> None:
        self._load_timer.stop()
        self._warn_timer.stop()
        self.checks.close_down()
        self.plc.keeping.flush()
        self.watch.close()
        self.viewport.close_down()
        self._loader.shutdown(wait=False, cancel_futures=True)
        if self.settings is not None:
            self.settings.save(self, self.docks, self.tokens.name)
        super().closeEvent(event)
