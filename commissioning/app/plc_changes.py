"""Online change in the PLC panel: what is offered, what came of it, the changed text where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from commissioning.app.actions import Actions
from commissioning.app.plc_change import ChangeTab
from commissioning.app.plc_files import Changed, Outcome, PlcFiles
from commissioning.app.plc_offer import PlcOffer
from commissioning.app.plc_reading import PlcReading
from commissioning.app.tokens import Tokens
from commissioning.app.watch import Watch
from commissioning.model.problem import Problem

if TYPE_CHECKING:
    from commissioning.plc.pieces import SourcePiece

Sources = Mapping[str, "str | SourcePiece"]


class PlcChanges(QObject):
    """The strip above the text, the tab with the report, and which text of a refused program is shown."""

    said = Signal(str)  # a notice
    problems = Signal(object)  # those of a program that was refused; () when it runs after all
    problems_asked = Signal()
    draft = Signal(str, str, object)  # name, text of a file on disk, line -> what is wrong
    draft_left = Signal()
    line_asked = Signal(int)  # of the draft
    succeeded = Signal()
    controller_asked = Signal(str)  # it is about the program of that one

    def __init__(self, watch: Watch, loader: ThreadPoolExecutor, actions: Actions, tokens: Tokens) -> None:
        super().__init__()
        self.files = PlcFiles(watch, loader)
        self.strip = PlcOffer(actions)
        self.tab = ChangeTab()
        self._tokens = tokens
        self.controller = ""  # whose program is shown
        self.several = False
        self.draft_of = ""  # name of the text on disk that is shown
        self._refused: Outcome | None = None
        self._seen: dict[str, Changed] = {}
        self._told: Mapping[str, str] = {}  # what has been said in a notice
        self.files.offered.connect(self.refresh)
        self.files.ended.connect(self._ended)
        self.strip.back.connect(self.draft_left)
        self.strip.problems.connect(self.problems_asked)
        watch.replaced.connect(self._replaced)

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.refresh()

    def ask(self) -> None:
        """The online change of the program that is shown, or of the only one whose files have changed."""
        offers = self.files.offers
        chosen = self.controller
        if chosen not in offers and len(offers) == 1:
            chosen = next(iter(offers))
            self.controller_asked.emit(chosen)
        self.files.ask(chosen)

    def _replaced(self) -> None:
        self._refused, self._told = None, {}
        self.draft_of = ""
        self.tab.clear()
        self.refresh()

    def refresh(self) -> None:
        """The strip."""
        offers, troubles = self.files.offers, self.files.troubles
        if dict(offers) != self._seen:  # a file has changed again
            self._seen = dict(offers)
            self.strip.hushed = ""
        refused = self._refused
        wrong = False
        if self.files.busy:
            text = "Compiling the changed files …"
        elif troubles:
            text, wrong = str(troubles[0]), True
        else:
            shown = [f"{f'{name}: ' if self.several else ''}{offer.words}" for name, offer in offers.items()]
            text = "; ".join(shown) + " on disk since this program was loaded." if shown else ""
            mine = refused.changed if refused is not None else None
            if mine is not None and offers.get(mine.controller) == mine and refused is not None:
                count = len(refused.problems)
                some = f"{count} problem{'s' if count != 1 else ''}"
                text, wrong = f"{mine.words}, with {some}: the old program runs on.", True
        if self.draft_of:
            text = f"{self.draft_of} as it is on disk. It does not run: the old program does."
            wrong = True
        self.strip.tell(text, wrong, self.files.busy, bool(self.draft_of), self._tokens)
        new = {name: offer.words for name, offer in offers.items()}
        if any(self._told.get(name) != words for name, words in new.items()) and not self.strip.isVisible():
            words = "; ".join(new.values())
            self.said.emit(f"{words} on disk. PLC, Online change (Ctrl+F6) takes it into this run.")
        self._told = new

    def _ended(self, outcome: Outcome) -> None:
        changed = outcome.changed
        if outcome.refused:
            self.said.emit(outcome.refused)
        elif outcome.problems:
            self._refused = outcome
            self.problems.emit(outcome.problems)
            count = len(outcome.problems) - 1
            more = f" ({count} more in Problems)" if count else ""
            whose = changed.controller if changed is not None else "The controller"
            self.said.emit(f"{whose} runs on with the old program: {outcome.problems[0]}{more}")
            for problem in outcome.problems:
                if self.show(problem):
                    break
        elif changed is not None and outcome.report is not None:
            if self._refused is not None:
                self._refused = None
                self.problems.emit(())
            self.leave_draft()
            self.tab.tell(outcome.report, outcome.at_ns, changed.words)
            self.said.emit(f"{changed.controller} runs the changed program: {outcome.report}")
            self.succeeded.emit()
        self.refresh()

    def show(self, problem: Problem) -> bool:
        """The line of the text on disk that a problem of the refused program is about; False: none."""
        refused = self._refused
        if refused is None or refused.changed is None or problem not in refused.problems:
            return False
        sources = refused.changed.sources
        spot = spot_in(sources, problem.where.file, problem.where.line)
        if spot is None:
            return False
        name, line = spot
        wrong: dict[int, str] = {}
        for one in refused.problems:
            place = spot_in(sources, one.where.file, one.where.line)
            if place is not None and place[0] == name:
                wrong[place[1]] = f"{wrong[place[1]]}; {one.what}" if place[1] in wrong else one.what
        source = sources[name]
        self.draft_of = source.file if not isinstance(source, str) else name
        self.draft.emit(name, source if isinstance(source, str) else source.text, wrong)
        self.line_asked.emit(line)
        self.refresh()
        return True

    def leave_draft(self) -> None:
        if self.draft_of:
            self.draft_of = ""
            self.refresh()


def spot_in(sources: Sources, file: str, line: int) -> tuple[str, int] | None:
    """(name of a text, line in it) of a line of the file that the text was taken from; None: nowhere."""
    if not file or not line:
        return None
    for name, source in sources.items():
        if isinstance(source, str):
            if name == file:
                return name, line
            continue
        if source.file == file:
            found = [mark.line for mark in source.marks if mark.file_line == line]
            if found:
                return name, found[0]
    return None


def spot_of(reading: PlcReading, file: str, line: int) -> tuple[str, int] | None:
    """The same of the program that runs."""
    program = reading.program
    texts = {name: program.pieces.get(name, text) for name, text in program.checked.sources.items()}
    return spot_in(texts, file, line)
