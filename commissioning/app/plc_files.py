"""The program files of the scene while it is open: what has changed on disk, and the online change to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from commissioning.app.source import LiveSource
from commissioning.app.watch import Watch
from commissioning.model.problem import Problem, Problems

if TYPE_CHECKING:
    from commissioning.plc.pieces import SourcePiece
    from commissioning.plc.running.online_change import OnlineChange

LOOK_MS = 700
ANSWER_MS = 40


class OnDisk(Protocol):
    """`commissioning.bench.program_watch.ProgramWatch`."""

    def look(self, at_once: bool = False) -> bool: ...
    def pending(self) -> Mapping[str, Mapping[str, str | SourcePiece]]: ...
    def running(self, controller: str) -> Mapping[str, str | SourcePiece]: ...
    def took(self, controller: str, sources: Mapping[str, str | SourcePiece]) -> None: ...
    def restart(self) -> None: ...


@dataclass(frozen=True)
class Changed:
    """Program files of one controller that are not what runs. `words`: which, and how."""

    controller: str
    sources: Mapping[str, str | SourcePiece]
    words: str


@dataclass(frozen=True)
class Outcome:
    """What came of an online change: `report` where the program runs, else `problems`, or why not at all."""

    changed: Changed | None
    report: OnlineChange | None = None
    at_ns: int = 0
    problems: tuple[Problem, ...] = ()
    refused: str = ""


class PlcFiles(QObject):
    """Looks at the files now and then, in the thread that loads; `ask` brings them into the run.

    `offers` by controller; `troubles`: files that cannot be read any more.
    """

    offered = Signal()  # `offers` or `troubles` are others now
    ended = Signal(object)  # Outcome

    def __init__(self, watch: Watch, loader: ThreadPoolExecutor) -> None:
        super().__init__()
        self._watch, self._loader = watch, loader
        self._files: OnDisk | None = None
        self.offers: Mapping[str, Changed] = {}
        self.troubles: tuple[Problem, ...] = ()
        self._looking: Future[tuple[Mapping[str, Changed], tuple[Problem, ...]]] | None = None
        self._changing: Future[Outcome] | None = None
        self._look_timer, self._answer_timer = QTimer(self), QTimer(self)
        self._look_timer.setInterval(LOOK_MS)
        self._answer_timer.setInterval(ANSWER_MS)
        self._look_timer.timeout.connect(self.look)
        self._answer_timer.timeout.connect(self._answers)
        watch.replaced.connect(self._replaced)

    @property
    def busy(self) -> bool:
        """Whether an online change is being made."""
        return self._changing is not None

    def follow(self, files: OnDisk | None) -> None:
        """The programs of the scene that opens next; None: it has none."""
        self._files = files

    def _replaced(self) -> None:
        """Another line, or another run of it, which begins with the programs that were loaded."""
        live = isinstance(self._watch.source, LiveSource)
        if not live:
            self._files = None
        self._looking = self._changing = None
        self._tell({}, ())
        if self._files is not None:
            self._loader.submit(self._files.restart)
            self._look_timer.start()
            self._answer_timer.start()
        else:
            self._look_timer.stop()
            self._answer_timer.stop()

    def look(self) -> None:
        """At the files, beside the window."""
        if self._files is not None and self._looking is None and self._changing is None:
            self._looking = self._loader.submit(_look, self._files, self.troubles)

    def ask(self, controller: str) -> None:
        """The online change of a controller to what its files hold now."""
        source = self._watch.source
        if self._files is None or not isinstance(source, LiveSource):
            self.ended.emit(Outcome(None, refused="Only programs of an open scene have files to change to."))
        elif self._changing is None:
            self._changing = self._loader.submit(_change, self._files, source, controller, self.troubles)
            self.offered.emit()

    def _answers(self) -> None:
        if self._looking is not None and self._looking.done():
            looking, self._looking = self._looking, None
            if not looking.cancelled() and looking.exception() is None:
                self._tell(*looking.result())
        if self._changing is not None and self._changing.done():
            changing, self._changing = self._changing, None
            error = None if changing.cancelled() else changing.exception()
            if error is not None:
                self.ended.emit(Outcome(None, refused=f"{type(error).__name__}: {error}"))
            elif not changing.cancelled():
                outcome = changing.result()
                if outcome.changed is not None:  # it may have looked before the timer did
                    others = {k: o for k, o in self.offers.items() if k != outcome.changed.controller}
                    if outcome.report is None:
                        others[outcome.changed.controller] = outcome.changed
                    self._tell(others, self.troubles)
                self.ended.emit(outcome)
            self.offered.emit()
            self.look()

    def _tell(self, offers: Mapping[str, Changed], troubles: tuple[Problem, ...]) -> None:
        if (dict(offers), troubles) != (dict(self.offers), self.troubles):
            self.offers, self.troubles = offers, troubles
            self.offered.emit()


def _look(
    files: OnDisk, known: tuple[Problem, ...], at_once: bool = False
) -> tuple[Mapping[str, Changed], tuple[Problem, ...]]:
    """`known`: what could not be read at the last look; it is told once."""
    try:
        read = files.look(at_once)
    except Problems as found:
        return {}, tuple(found.problems)
    offers = {
        name: Changed(name, sources, ", ".join(difference(files.running(name), sources)))
        for name, sources in files.pending().items()
    }
    return offers, () if read else known


def _change(files: OnDisk, source: LiveSource, controller: str, known: tuple[Problem, ...]) -> Outcome:
    """In the thread that loads: the compiler takes its time there, and the run goes on meanwhile."""
    offers, troubles = _look(files, known, at_once=True)
    changed = offers.get(controller)
    if troubles:
        return Outcome(changed, problems=troubles)
    if changed is None:
        return Outcome(None, refused=f"The files of {controller} are what it runs: nothing to change.")

    def act(run: Any) -> tuple[OnlineChange, int]:
        return run.online_change(controller, changed.sources), run.now_ns

    host = source.session.run.line.hosts[controller].controller
    try:
        host.check_operation("change", host.plain_sources(changed.sources))
        asked = source.do(act)
        assert asked is not None
        report, at_ns = asked.result()
    except Problems as found:
        return Outcome(changed, problems=tuple(found.problems))
    except CancelledError:
        return Outcome(changed, refused="The line was closed before its program was changed.")
    except (RuntimeError, ValueError, KeyError) as error:
        return Outcome(changed, refused=str(error.args[0]) if error.args else str(error))
    files.took(controller, changed.sources)
    return Outcome(changed, report, at_ns)


def difference(
    before: Mapping[str, str | SourcePiece], after: Mapping[str, str | SourcePiece]
) -> Sequence[str]:
    """In words, file by file."""
    found = [f"{_file(n, new)} has changed" for n, new in after.items() if n in before and before[n] != new]
    found += [f"{_file(n, new)} is new" for n, new in after.items() if n not in before]
    found += [f"{_file(n, old)} is gone" for n, old in before.items() if n not in after]
    return list(dict.fromkeys(found))


def _file(name: str, source: str | SourcePiece) -> str:
    return name if isinstance(source, str) else source.file
