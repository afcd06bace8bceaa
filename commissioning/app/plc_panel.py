"""The PLC panel: the text of the program, where it is held, values, steps, watch, calls, uses, trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from commissioning.app.actions import Actions
from commissioning.app.plc_bar import PlcBar
from commissioning.app.plc_changes import PlcChanges, spot_of
from commissioning.app.plc_keeping import PlcKeeping
from commissioning.app.plc_link import PlcLink
from commissioning.app.plc_menu import text_menu
from commissioning.app.plc_reading import PlcReading, Seen, Wanted
from commissioning.app.plc_side import CallsTab, UsesTab
from commissioning.app.plc_source import SourceView
from commissioning.app.plc_state import StateButton
from commissioning.app.plc_trace import TraceTab
from commissioning.app.plc_watch import WatchTab
from commissioning.app.tables import EmptyHint
from commissioning.app.tokens import Tokens
from commissioning.app.watch import Watch
from commissioning.model.problem import Problem

if TYPE_CHECKING:
    from commissioning.plc.program import Program

EVERY_MS = 120
HINT = "The program of an emulated PLC shows here: open a scene that has one."


class PlcPanel(QWidget):
    held = Signal()  # a scan has just been held
    changed = Signal()  # what can be done has changed
    save_trace = Signal()
    condition_asked = Signal(int)  # for a breakpoint in this line

    def __init__(
        self, watch: Watch, actions: Actions, tokens: Tokens, loader: ThreadPoolExecutor,
        ask: Callable[[str, str], None],
    ):  # fmt: skip
        """`ask(what, path)`: have the user give a value to "force" or "write"."""
        super().__init__()
        self._watch, self.action_table, self._tokens, self._loader = watch, actions, tokens, loader
        self.link = PlcLink(watch)
        self.seen = Seen()
        self.reading: PlcReading | None = None
        self._making: Future[PlcReading] | None = None
        self._answer: Future[Seen] | None = None
        self._source = self._shown = ""  # which text; the last one that was
        self._frame = 0
        self._instances: dict[str, str] = {}
        self._coverage = False
        self._was_held = False
        self._build(actions, tokens, ask)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.refresh)
        watch.replaced.connect(self._replaced)
        watch.status_changed.connect(self._status)
        self.redraw(tokens)
        self._replaced()

    def _build(self, actions: Actions, tokens: Tokens, ask: Callable[[str, str], None]) -> None:
        self.bar = PlcBar(actions, StateButton(actions, self._watch, lambda: self.link.controller))
        self.bar.state.changed.connect(self.changed)
        self.bar.controller_chosen.connect(self._choose_controller)
        self.bar.source_chosen.connect(self.show_source)
        self.bar.instance_chosen.connect(self._choose_instance)
        self.view = SourceView(tokens)
        self.view.margin_clicked.connect(lambda line: self.toggle_breakpoint(line))
        self.view.menu_asked.connect(self._menu)
        self.view.word_chosen.connect(self._word)
        self.watched = WatchTab(
            tokens, lambda path: ask("force", path), lambda path: ask("write", path),
            lambda path: self.link.operate("release", path), self._watched_changed,
        )  # fmt: skip
        self.keeping = PlcKeeping(self.link, self.watched)
        self.calls, self.uses = CallsTab(), UsesTab()
        self.calls.chosen.connect(self._go_to_call)
        self.uses.chosen.connect(self.go_to)
        self.trace = TraceTab(tokens, lambda: self.watched.model.paths, self._begin_trace, self._end_trace)
        self.trace.save.connect(self.save_trace)
        self.changes = PlcChanges(self._watch, self._loader, actions, tokens)
        self.changes.draft.connect(self._show_draft)
        self.changes.draft_left.connect(self._leave_draft)
        self.changes.line_asked.connect(self.view.go_to)
        self.changes.tab.chosen.connect(self.go_to)
        self.changes.succeeded.connect(self._show_change)
        self.changes.controller_asked.connect(self._choose_controller)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for tab, name in (
            (self.watched, "Watch"), (self.calls, "Calls"), (self.uses, "Uses"), (self.trace, "Trace"),
            (self.changes.tab, "Change"),
        ):  # fmt: skip
            self.tabs.addTab(tab, name)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.addWidget(self.view)
        split.addWidget(self.tabs)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([520, 380])
        split.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.changes.strip)
        column.addWidget(split, 1)
        self._hint = EmptyHint(self.view, HINT)

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        for part in (self.bar, self.view, self.watched, self.trace, self.changes):
            part.redraw(tokens)

    # which program

    @property
    def possible(self) -> bool:
        """Whether there is a program that can be held."""
        return self.link.controller != ""

    def _replaced(self) -> None:
        """Another line, or another run of it."""
        before = self.link.program
        self.link.begin()
        self.keeping.begin()
        self.bar.offer_controllers(self.link.controllers, self.link.controller)
        self._program_changed(before)

    def _choose_controller(self, name: str) -> None:
        before = self.link.program
        self.link.choose(name)
        self.bar.offer_controllers(self.link.controllers, name)
        self._program_changed(before)

    def _program_changed(self, before: Program | None) -> None:
        self._answer = None
        self.changes.controller, self.changes.several = self.link.controller, len(self.link.controllers) > 1
        self.changes.leave_draft()
        self.keeping.choose(self.link.controller)
        self.bar.state.refresh()
        if self.link.program is None:
            self.reading, self._source = None, ""
            self.view.show_text("")
            self.bar.clear()
            self.trace.tell(None)
        elif self.link.program is not before:
            self._source = ""
            self._read_program()
        self._hint.setVisible(self.link.program is None)
        for widget in (self.bar.texts, self.bar.instances):
            widget.setVisible(self.link.program is not None)
        self.seen = Seen()
        self.changed.emit()

    def _read_program(self) -> None:
        """Beside the window, and only when somebody looks: of a program from the cache the typed tree has to
        be made again."""
        program = self.link.program
        known = self.reading.program if self.reading is not None else None
        if program is not None and program is not known and self._making is None and self.isVisible():
            self._making = self._loader.submit(PlcReading, program)

    def _made(self, reading: PlcReading) -> None:
        again = self.reading is not None and self._shown in reading.sources
        shown, line, chosen = self._shown, self.view.line(), self.bar.instances.currentData()
        self.reading = reading
        self.changes.tab.place(reading)
        self.bar.offer_texts(reading.sources)
        before = self._instances if again else {}
        self._instances = {
            pou: before[pou] if before.get(pou) in paths else paths[0]
            for pou, paths in reading.instances.items()
        }
        program = reading.program
        self.watched.offer([*program.variables, *program.members])
        if self.changes.draft_of:
            return  # somebody reads what does not compile
        if again:  # an online change: the same text, where it was looked at
            self.show_source(shown)
            self.view.go_to(line)
            if chosen is not None:
                self.bar.show_instance(chosen[1])
        elif reading.sources:
            self.show_source(reading.sources[0])
            for name, pou, _ in reading.program.instances[:1]:
                if pou.tree is not None and pou.file in reading.sources:
                    self.show_source(pou.file)
                    self.view.go_to(pou.tree.at.line)
                    self.bar.show_instance(name)

    def show_source(self, source: str) -> None:
        if self.reading is None or source == self._source:
            return
        self.changes.leave_draft()
        self._source = self._shown = source
        self.bar.show_source(source, self.reading)
        self.view.show_text(self.reading.program.checked.sources[source])
        self.refresh()

    def _choose_instance(self, pou: str, path: str, line: int) -> None:
        self._instances[pou] = path
        self.view.go_to(line)
        self.refresh()

    def _show_change(self) -> None:
        self.tabs.setCurrentWidget(self.changes.tab)

    def _show_draft(self, name: str, text: str, wrong: Mapping[int, str]) -> None:
        """A text on disk that does not run."""
        self._shown, self._source = name, ""
        self.view.show_text(text, wrong)

    def _leave_draft(self) -> None:
        self.changes.leave_draft()
        if self.reading is not None and self.reading.sources:
            line, known = self.view.line(), self.reading.sources
            self.show_source(self._shown if self._shown in known else known[0])
            self.view.go_to(min(line, self.view.blockCount()))

    def show_problem(self, problem: Problem) -> bool:
        """Its line, in the text that runs or in the one on disk that does not; False if it is in neither."""
        if self.changes.show(problem):
            return True
        spot = None
        if self.reading is not None:
            spot = spot_of(self.reading, problem.where.file, problem.where.line)
        if spot is not None:
            self.go_to(*spot)
        return spot is not None

    # looking

    def showEvent(self, event: object) -> None:
        self._timer.start()
        self.refresh()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def refresh(self) -> None:
        """Takes what has been read, and asks for the next."""
        if self._making is not None and self._making.done():
            making, self._making = self._making, None
            if making.result().program is self.link.program:
                self._made(making.result())
        self._read_program()
        if self._answer is not None and self._answer.done():
            answer, self._answer = self._answer, None
            if not answer.cancelled() and answer.exception() is None:
                self._tell(answer.result())
        if self._answer is None and self.reading is not None and (self.isVisible() or self._was_held):
            self._answer = self.link.read(self.reading, self._wanted())

    def _wanted(self) -> Wanted:
        first, last = self.view.visible_lines()
        return Wanted(
            self._source, first, last, dict(self._instances), tuple(self.watched.model.paths), self._coverage,
            self._frame,
        )  # fmt: skip

    def _tell(self, seen: Seen) -> None:
        if seen.changed is not None:
            if seen.changed is not self.link.program:
                self.link.program, self._source = seen.changed, ""
                self._read_program()
            return
        before, self.seen = self.seen, seen
        self.keeping.seen(seen)
        if seen.where is not None and seen.where != before.where:
            self._frame = 0
            for frame in seen.where.stack:
                if "." in frame.path or frame.path in self._instances.values():
                    self._instances[frame.pou] = frame.path
            self.go_to(seen.where.source, seen.where.line)
            self.bar.show_instance(seen.where.path)
        elif seen.where is None:
            self._frame = 0
        self._show_marks()
        self.watched.tell(seen.watched, seen.forced)
        bools = [one.path for one in seen.watched if one.type == "BOOL"]
        if bools != [one.path for one in before.watched if one.type == "BOOL"]:
            self.trace.offer(bools)
        assert self.reading is not None
        self.calls.tell(seen, self.reading.references)
        self.trace.tell(seen.trace)
        self.bar.tell(seen)
        if (seen.breakpoints, seen.forced) != (before.breakpoints, before.forced):
            self.changed.emit()

    def _show_marks(self) -> None:
        seen, held = self.seen, None
        if seen.where is not None:
            frame = seen.where.stack[min(self._frame, len(seen.where.stack) - 1)]
            if frame.source == self._source:
                held = (frame.line, self._frame == 0)
        points: Mapping[int, str] = {
            line: "" if not on else condition or "always"
            for source, line, on, condition in seen.breakpoints
            if source == self._source
        }
        self.view.tell(held, points, seen.inline, seen.marks if self._coverage else {})

    def _status(self) -> None:
        held = self._watch.status.state == "held"
        if held != self._was_held:
            self._was_held = held
            if held:
                other = self.link.held_elsewhere()
                if other:
                    self._choose_controller(other)
                self.held.emit()
            self.changed.emit()
        if held:
            self.refresh()

    def go_to(self, source: str, line: int) -> None:
        self.show_source(source)
        self.view.go_to(line)
        self.refresh()

    def _go_to_call(self, source: str, line: int, frame: int) -> None:
        self._frame = max(frame, 0)
        self.go_to(source, line)
        self._show_marks()

    def _word(self, word: str, line: int) -> None:
        if self.reading is not None:
            pous = [name for name, start in self.reading.pous_of(self._source) if start <= line]
            self.uses.show_name(word, pous[-1] if pous else "", self.reading.references)

    # acting

    def toggle_breakpoint(self, line: int | None = None) -> None:
        """In the line, or the chosen one."""
        if self.reading is not None and self._source:
            self.link.toggle_breakpoint(self._source, self.view.line() if line is None else line)
            self.refresh()

    def stop_if(self, line: int, condition: str) -> None:
        """A breakpoint with a condition."""
        self.link.stop_if(self._source, line, condition)
        self.refresh()

    def condition_of(self, line: int) -> str:
        """Of the breakpoint in that line, "" where there is none."""
        found = [
            text for source, at, _, text in self.seen.breakpoints if (source, at) == (self._source, line)
        ]
        return found[0] if found else ""

    def toggle_coverage(self) -> None:
        self._coverage = not self._coverage
        self.bar.coverage.setChecked(self._coverage)
        if not self._coverage:
            self.link.end_coverage()
        self.refresh()

    def path_of(self, word: str, line: int) -> str:
        """The path of a variable as it stands in a line, "" for what is none."""
        if self.reading is None or not word:
            return ""
        return self.reading.path_of(word, self._source, line, self._instances)

    def _menu(self, line: int, word: str, at: QPoint) -> None:
        if self._source:
            text_menu(self, line, word).popup(at)

    def run_to(self, line: int) -> None:
        self.link.run_to(self._source, line)

    def watch_variable(self, path: str) -> None:
        self.watched.add(path)
        self.tabs.setCurrentWidget(self.watched)

    def _watched_changed(self) -> None:
        self.keeping.watched(self.watched.model.paths)
        if self._timer.isActive():
            self.refresh()

    def _begin_trace(self, paths: Any, trigger: str, pre: str, post: str) -> None:
        self.link.begin_trace(tuple(paths), trigger, pre, post)
        self.refresh()

    def _end_trace(self) -> None:
        self.link.end_trace()
        self.refresh()
