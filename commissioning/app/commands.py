"""What the actions do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog

from commissioning.app.finder import Found
from commissioning.app.plc_commands import PlcCommands
from commissioning.app.recordings import Recordings
from commissioning.app.source import LiveSource
from commissioning.app.words import parsed, type_word
from commissioning.model.problem import Problems

if TYPE_CHECKING:
    from commissioning.app.main_window import MainWindow

CONFIRM_S = 6.0  # how long a second press arms a link


class Commands:
    """One method per action; `handlers` maps the ids of the table to them."""

    def __init__(self, window: MainWindow):
        self._window = window
        self._waiting: list[Future[Any]] = []
        self._words: dict[Future[Any], str] = {}  # to say when one of them is done
        self._written: set[Future[Any]] = set()  # of recordings
        self._asked_to_arm: tuple[str, float] = ("", 0.0)
        self.recordings = Recordings(window, self._after)
        self._poll = QTimer(window)
        self._poll.setInterval(30)
        self._poll.timeout.connect(self._answers)
        self.plc = PlcCommands(window)
        w = window
        self.handlers: Mapping[str, Callable[[], object]] = {
            "open_scene": self.open_scene,
            "open_recording": self.open_recording,
            "record": self.recordings.begin,
            "stop_record": self.recordings.end,
            "save_recording": self.recordings.save,
            "close_line": w.close_line,
            "save_picture": self.save_picture,
            "quit": w.close,
            "copy": self.copy,
            "search": lambda: w.finder.open(False),
            "palette": lambda: w.finder.open(True),
            "manual": lambda: w.finder.open(True),
            "view_home": lambda: w.viewport.widget.view("home"),
            "view_front": lambda: w.viewport.widget.view("front"),
            "view_right": lambda: w.viewport.widget.view("right"),
            "view_top": lambda: w.viewport.widget.view("top"),
            "frame": lambda: w.viewport.frame_selection(),
            "labels": self.labels,
            "theme": lambda: w.set_theme("light" if w.tokens.name == "dark" else "dark"),
            "layout": self.layout,
            "select_none": w.selection.clear,
            "run": self.run,
            "step_event": self.step_event,
            "previous_event": lambda: w.watch.review(w.watch.previous_event()),
            "slower": lambda: w.run_bar.faster(-1),
            "faster": lambda: w.run_bar.faster(1),
            "live": w.watch.follow,
            "reset": self.reset,
            "force_true": lambda: self.force(True),
            "force_false": lambda: self.force(False),
            "force_value": self.force_value,
            "release": self.release,
            "release_all": self.release_all,
            "run_checks": self.run_checks,
            "stop_checks": lambda: w.checks.stop(),
            **self.plc.handlers,
            "arm": self.arm,
            "about": self.about,
        }

    def refresh(self) -> None:
        """Which conditions of the action table are met."""
        w = self._window
        source, met = w.watch.source, {"always"}
        if source is not None:
            met.add("line")
            if isinstance(source, LiveSource):
                met.add("recordable" if source.recording is None else "recorded")
            if source.live and w.watch.following:
                met.add("live")
                if w.tags.current():
                    met.add("tag")
                if any(w.values.forced(n) for n in range(len(w.tags.model.signals))):
                    met.add("forced")
                if self._links():
                    met.add("link")
        if w.selection.kind:
            met.add("selection")
        if not w.watch.following:
            met.add("reviewing")
        if w.scene is not None and w.verdicts.all:
            met.add("checking" if w.checks.busy else "checks")
        w.actions_table.allow(frozenset(met | self.plc.conditions()))

    def things(self, commands_only: bool) -> list[Found]:
        """What the finder finds."""
        w = self._window
        found = [
            Found(spec.text, "  ".join(part for part in (spec.menu, spec.key) if part), action.trigger)
            for spec, action in w.actions_table.possible()
        ]
        header = w.watch.header
        if commands_only or header is None:
            return found
        things = [
            Found(entry["id"], type_word(entry["type"]), self._chooser(entry["kind"], entry["id"]))
            for entry in header["core"]["objects"]
        ]
        tags = [
            Found(signal["name"], f"tag  {signal['address']}".rstrip(), self._chooser("tag", signal["name"]))
            for signal in header["core"]["signals"]
            if signal["direction"] != "port"
        ]
        return things + tags + found

    def _chooser(self, kind: str, identity: str) -> Callable[[], None]:
        return lambda: self._window.selection.choose(kind, identity)

    # files

    def open_scene(self) -> None:
        # Qt's own dialog: quick, and the same everywhere.
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open a scene: a folder with scene.yaml", "", QFileDialog.Option.DontUseNativeDialog
        )
        if folder:
            self._window.open(Path(folder))

    def open_recording(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open a recording", "", "", "", QFileDialog.Option.DontUseNativeDialog
        )
        if name:
            self._window.open(Path(name))

    def save_picture(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save the window as a picture", "window.png", "PNG (*.png)", "",
            QFileDialog.Option.DontUseNativeDialog,
        )  # fmt: skip
        if name:
            self._window.viewport.widget.settle()
            saved = self._window.grab().save(name)
            self._window.notice.say(f"Saved {name}" if saved else f"{name} could not be written")

    def copy(self) -> None:
        w = self._window
        focus = QApplication.focusWidget()
        tables = (w.tags.table, w.journal.table, w.checks.table, w.problems.table)
        next((table for table in tables if table is focus), w.tags.table).copy_rows()

    # looks

    def labels(self) -> None:
        panel = self._window.viewport
        panel.with_labels = not panel.with_labels
        panel.widget.update()

    def layout(self) -> None:
        self._window.docks.restore()
        self._window.docks.size(self._window.docks.manager.width(), self._window.docks.manager.height())

    def about(self) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("commissioning")
        except PackageNotFoundError:
            number = "from source"
        self._window.notice.say(f"commissioning {number}: virtual commissioning of production lines.")

    # the run

    def run(self) -> None:
        watch = self._window.watch
        if watch.source is None:
            return
        if not watch.following:
            watch.follow()
        if watch.status.state == "running":
            watch.source.pause()
        else:
            watch.source.start()

    def step_event(self) -> None:
        """Steps the run; in review steps what is shown."""
        watch = self._window.watch
        if watch.source is None:
            return
        if watch.following:
            watch.source.step_event()
        else:
            watch.review(watch.next_event())

    def reset(self) -> None:
        watch = self._window.watch
        if watch.source is not None:
            watch.follow()
            watch.source.reset()

    # forces

    def force(self, value: Any) -> None:
        name = self._window.tags.current()
        if name:
            self._do(lambda run: run.force(name, value))

    def force_value(self) -> None:
        w = self._window
        name = w.tags.current()
        number = w.tags.model.number_of(name) if name else -1
        if number < 0 or w.watch.source is None or not w.watch.source.live:
            return
        datatype = w.tags.model.signals[number]["type"]

        def take(text: str) -> str:
            try:
                value = parsed(datatype, text)
            except ValueError as error:
                return str(error)
            self._do(lambda run: run.force(name, value))
            return ""

        w.ask.ask(f"Force {name} ({datatype}) to", w.values.text(number), take)

    def release(self) -> None:
        name = self._window.tags.current()
        if name:
            self._do(lambda run: run.release(name))

    def release_all(self) -> None:
        w = self._window
        names = [s["name"] for n, s in enumerate(w.tags.model.signals) if w.values.forced(n)]

        def act(run: Any) -> None:
            for name in names:
                run.release(name)

        self._do(act)

    def operate(self, device: str, action: str) -> None:
        self._do(lambda run: run.operate(device, action))

    def run_checks(self) -> None:
        self._window.docks.show("Checks")
        self._window.checks.run()

    # links

    def arm(self) -> None:
        """Twice within a few seconds: writing to a real controller is nobody's slip of the hand."""
        w = self._window
        links = self._links()
        chosen = w.selection.id if w.selection.kind == "link" else ""
        link = chosen if chosen in links else links[0] if len(links) == 1 else ""
        session = getattr(w.watch.source, "session", None)
        if not link or session is None:
            w.notice.say("Choose in the line the link to arm, then Tools, Arm the link.")
            return
        if dict(w.watch.status.links)[link].armed:
            self._wait(session.disarm(link))
            w.notice.say(f"{link} only reads again.")
            return
        asked, when = self._asked_to_arm
        if asked == link and time.monotonic() - when < CONFIRM_S:
            self._asked_to_arm = ("", 0.0)
            self._wait(session.arm(link))
        else:
            self._asked_to_arm = (link, time.monotonic())
            w.notice.say(
                f"Arming {link} lets this run WRITE TO A REAL CONTROLLER. Arm it once more to confirm."
            )

    def _links(self) -> list[str]:
        """Links to real controllers."""
        w = self._window
        header = w.watch.header
        objects = header["core"]["objects"] if header is not None else []
        open_links = dict(w.watch.status.links)
        return [
            o["id"]
            for o in objects
            if o["kind"] == "link" and "client" in o["type"] and o["id"] in open_links
        ]

    # the run's answers

    def _do(self, act: Callable[[Any], Any]) -> None:
        source = self._window.watch.source
        future = source.do(act) if source is not None else None
        if future is None:
            self._window.notice.say("A recording only shows what happened: open its scene to act on it.")
        else:
            self._wait(future)

    def _after(self, future: Future[Any] | None, words: str) -> None:
        """Says the words when it is done; what went wrong instead."""
        if future is None:
            self._window.notice.say("This run cannot be recorded.")
            return
        self._written.add(future)
        self.tell(future, words)
        self._window.run_bar.refresh()

    def _not_recorded(self) -> None:
        source = self._window.watch.source
        if isinstance(source, LiveSource):
            source.recording = None
        self._window.run_bar.refresh()

    def tell(self, future: Future[Any], words: str) -> None:
        """Says the words when it is done; what went wrong instead."""
        self._words[future] = words
        self._wait(future)

    def wait(self, future: Future[Any]) -> None:
        """Says what goes wrong with it."""
        self._wait(future)

    def _wait(self, future: Future[Any]) -> None:
        self._waiting.append(future)
        self._poll.start()

    def _answers(self) -> None:
        for future in [f for f in self._waiting if f.done()]:
            self._waiting.remove(future)
            words = self._words.pop(future, "")
            error = None if future.cancelled() else future.exception()
            if error is not None:
                if future in self._written:
                    self._not_recorded()
                self._window.notice.say(str(error) if isinstance(error, Problems) else _first(error))
            elif words and not future.cancelled():
                self._window.notice.say(words)
            elif not future.cancelled() and isinstance(future.result(), tuple) and future.result():
                self._window.problems.show_problems(future.result())
                self._window.notice.say(str(future.result()[0]))
            self._written.discard(future)
            self.refresh()
        if not self._waiting:
            self._poll.stop()


def _first(error: BaseException) -> str:
    """KeyError would quote its words."""
    return str(error.args[0]) if error.args else str(error)
