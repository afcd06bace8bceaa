"""The 3D panel: the line at the time shown, labels for what needs attention, one selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from commissioning.app.line_tree import forced_devices
from commissioning.app.selection import Selection
from commissioning.app.tag_values import TagValues
from commissioning.app.tokens import Tokens
from commissioning.app.watch import Watch
from commissioning.app.words import param_text, state_word
from commissioning.viewport.overlay import Label
from commissioning.viewport.picking import Pick
from commissioning.viewport.widget import ViewportWidget

if TYPE_CHECKING:  # VTK comes after the window is on the screen
    from commissioning.viewport.picture import OffscreenPicture

ATTENTION = (4, 3, 5, 2)  # down, blocked, set-up, starved
ATTENTION_AFTER_NS = 500_000_000  # a device that is blocked for a moment is no news
MOST_LABELS = 12


class ViewportPanel(QWidget):
    ready = Signal()

    def __init__(self, watch: Watch, selection: Selection, values: TagValues, tokens: Tokens):
        super().__init__()
        self._watch, self._selection, self._values, self._tokens = watch, selection, values, tokens
        self.widget = ViewportWidget(tokens.palette)
        self.widget.labels = self._labels
        self.widget.begins = self._begins
        self.with_labels = True
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 1)
        column.addWidget(self.widget)
        self._source: OffscreenPicture | None = None
        self._shown_header: object = None
        self.widget.picked.connect(self._picked)
        self.widget.framed.connect(self._framed)
        watch.replaced.connect(self._begin)
        watch.moved.connect(self._show)
        watch.panels.connect(self.widget.update)
        selection.changed.connect(self._follow)
        # The window is on the screen first; PyVista and VTK come after it.
        QTimer.singleShot(0, self._prepare)

    @property
    def software(self) -> bool:
        return self._source is not None and self._source.software

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.widget.recolour(tokens.palette)

    def frame_selection(self) -> None:
        self.widget.frame_selection(self._pick())

    def close_down(self) -> None:
        self.widget.close_source()
        self._source = None

    def prepare_now(self) -> None:
        """For a screenshot: do not wait for the timer."""
        if self._source is None:
            self._prepare()

    def _prepare(self) -> None:
        if self._source is not None:
            return
        from commissioning.viewport.picture import OffscreenPicture

        self._source = OffscreenPicture()
        self._begin()
        self.ready.emit()

    def _begin(self) -> None:
        if self._source is None:
            return
        from commissioning.viewport.stage import Stage

        header = self._watch.header
        same = (
            header is not None
            and self._shown_header is not None
            and (header.get("core", {}).get("scene_hash") == self._shown_header)
        )
        self._shown_header = header.get("core", {}).get("scene_hash") if header else None
        self.widget.set_stage(Stage(self._source, header, self._tokens.palette), keep_view=bool(same))
        self._follow()
        self._show()

    def _show(self) -> None:
        if self.widget.stage is not None and self._watch.timeline is not None and self.isVisible():
            self.widget.show_frame(self._watch.frame())

    def showEvent(self, event: object) -> None:
        self._show()

    def _pick(self) -> Pick | None:
        s = self._selection
        if s.kind == "part":
            return Pick("part", int(s.id), 0.0)
        return Pick("device", s.device, 0.0) if s.device else None

    def _follow(self) -> None:
        self.widget.select(self._pick())

    def _begins(self, urgent: bool) -> None:
        """Drawing leaves the interpreter to the run, unless somebody waits for the picture."""
        if urgent:
            self._watch.attend()
        else:
            self._watch.rest()

    def _picked(self, pick: Pick | None) -> None:
        if pick is None:
            self._selection.clear()
        else:
            self._selection.choose(pick.kind, str(pick.id))

    def _framed(self, pick: Pick | None) -> None:
        self.widget.frame_selection(pick)

    def _labels(self) -> Sequence[Label]:
        stage, watch = self.widget.stage, self._watch
        if stage is None or watch.header is None or not self.with_labels:
            return ()
        t = self._tokens
        rows, last = watch.states.rows, watch.states.at(watch.t_ns)
        forced = forced_devices(watch)
        labels: list[Label] = []
        for number, entry in enumerate(watch.header["core"]["objects"]):
            device = entry["id"]
            anchor = stage.anchor_of(device) if entry["kind"] == "device" else None
            if anchor is None:
                continue
            row = int(last[number])
            state = int(rows["aux"][row]) if row >= 0 else -1
            lasting = watch.t_ns - int(rows["t"][row]) if row >= 0 else 0
            at = (float(anchor[0]), float(anchor[1]), float(anchor[2]))
            if device in forced:
                labels.append(Label(f"{device}   FORCED{self._held(device)}", t.forced, at, 0))
            elif state in ATTENTION and lasting >= ATTENTION_AFTER_NS:
                text = f"{device}   {state_word(state)} {lasting / 1e9:.1f} s"
                labels.append(Label(text, t.states[state], at, 1 + ATTENTION.index(state)))
            elif device == self._selection.device:
                labels.append(Label(f"{device}{self._speed(device)}", t.accent, at, 1))
        return sorted(labels, key=lambda label: label.rank)[:MOST_LABELS]

    def _held(self, device: str) -> str:
        header = self._watch.header
        assert header is not None
        for number, signal in enumerate(header["core"]["signals"]):
            mine = next(
                (p for p in (signal["name"], *signal["ports"]) if p.split(".")[0] == device and "." in p), ""
            )
            if mine and self._values.forced(number):
                return f" {mine.split('.', 1)[1]} {self._values.text(number)}"
        return ""

    def _speed(self, device: str) -> str:
        """How fast the device moves at the time shown, if it has a drive of its own."""
        watch = self._watch
        drives = ((watch.header or {}).get("core") or {}).get("drives") or []
        if device not in drives or watch.timeline is None:
            return ""
        speed = float(watch.timeline.body_speed(watch.t_ns)[drives.index(device)])
        return f"   {param_text(speed, 'speed')}"
