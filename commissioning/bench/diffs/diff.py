"""`commissioning diff A B`: two recordings, or two scenes, in the words of the line.

First what was different from the beginning: scenes, programs, seeds, scenario, length. Then the first event
that one journal has and the other has not, with what led to it on both sides. Then what came of it: edges of
tags that are earlier or later or in one only, key figures, verdicts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from commissioning.bench.diffs.edges import EdgeDifference, compare_edges
from commissioning.bench.diffs.scene import Change, scene_changes
from commissioning.bench.diffs.tracks import Divergence, Journal, Tracks, first_divergence
from commissioning.bench.load import SCENE_FILE, LoadedScene, load
from commissioning.bench.recorded_view import recorded_view
from commissioning.bench.verdicts import checks_of, first_alarm
from commissioning.files.recording import Recording, is_recording, read_recording
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import Kind
from commissioning.sim.analysis.cause import Cause, clock
from commissioning.sim.analysis.kpi import DeviceKpi, kpi
from commissioning.sim.check import RecordsView, Verdict
from commissioning.sim.inputs import from_plain

__all__ = ["Difference", "diff", "diff_recordings"]

_LINES: Final = 12
"""Of each section in the text; the rest is counted, and all of it is in the JSON."""
_SMALL: Final = 0.0005  # shares and queues that differ by less are not told in the text


@dataclass(frozen=True)
class Figures:
    """Key figures of one device, those that differ: name -> (A, B)."""

    device: str
    values: Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class Difference:
    """What is different between A and B; nothing if `same`.

    `conditions`: what was given. `divergence`: the first event that is not in both, up to `until_ns`, where
    the shorter one ends; `signals`: edges by signal. `notes`: what could not be compared, and why. `partly`:
    something that both have could not be, so that they may differ there.
    """

    a: str
    b: str
    conditions: tuple[Change, ...] = ()
    scene: tuple[Change, ...] = ()
    until_ns: int | None = None
    divergence: Divergence | None = None
    signals: tuple[EdgeDifference, ...] = ()
    figures: tuple[Figures, ...] = ()
    verdicts: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    partly: bool = False

    @property
    def exit_code(self) -> int:
        """1 if something differs; 3 if nothing does, as far as they could be compared; 0 if nothing does."""
        if not self.same:
            return 1
        return 3 if self.partly else 0

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        found = (self.conditions, self.scene, self.signals, self.figures, self.verdicts)
        return self.divergence is None and not any(found)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        d = self.divergence
        return {
            "a": self.a, "b": self.b, "same": self.same, "partly": self.partly,
            "conditions": [change.as_json() for change in self.conditions],
            "scene": [change.as_json() for change in self.scene],
            "compared_until_s": None if self.until_ns is None else self.until_ns / 1e9,
            "first_divergence": None if d is None else {
                "at_s": d.t / 1e9, "about": d.about, "a": d.a, "b": d.b,
                "causes_a": _causes(d.causes_a), "causes_b": _causes(d.causes_b),
            },
            "signals": [edges.as_json() for edges in self.signals],
            "kpi": {
                one.device: {name: list(pair) for name, pair in one.values.items()} for one in self.figures
            },
            "verdicts": [change.as_json() for change in self.verdicts],
            "notes": list(self.notes), "exit_code": self.exit_code,
        }  # fmt: skip

    def as_text(self) -> str:
        """For people."""
        lines = [f"A {self.a}", f"B {self.b}"]
        lines += _section("Given (A | B)", [change.as_text() for change in self.conditions])
        lines += _section("Scene (A | B)", [change.as_text() for change in self.scene])
        if self.divergence is not None:
            lines += _divergence(self.divergence)
        elif self.until_ns is not None:
            lines += ["", f"No event differs up to {clock(self.until_ns)}."]
        lines += _section("Edges (B against A)", [_edges(one) for one in self.signals])
        lines += _section("Key figures (A | B)", [text for one in self.figures for text in _figures(one)])
        lines += _section("Verdicts (A | B)", [change.as_text() for change in self.verdicts])
        lines += _section("Not compared", self.notes)
        if self.same:
            lines += ["", "The same, as far as they could be compared." if self.partly else "The same."]
        return "\n".join(lines)


def diff(a: Path, b: Path) -> Difference:
    """Compare two recordings; or two scenes, or a scene with the one that a recording carries.

    Raises Problems if one cannot be read.
    """
    if is_recording(a) and is_recording(b):
        recordings = read_recording(a), read_recording(b)
        try:
            return diff_recordings(*recordings)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # what a reader of recordings lets through, as it is needed by few: headers written by hand
            what, cure = (
                "these recordings cannot be compared",
                "Record both again; one is not as a run writes it",
            )
            raise Problems(
                Problem(what, Place(file=str(b)), cure, f"{type(error).__name__}: {error}")
            ) from error
    sides = [_scene_at(path) for path in (a, b)]
    changes = scene_changes(*((one.scene, one.text, one.files) for one in sides))
    notes = tuple(
        f"the journal of {path.name}: the other is a scene" for path in (a, b) if is_recording(path)
    )
    return Difference(str(a), str(b), scene=changes, notes=notes)


def diff_recordings(a: Recording, b: Recording) -> Difference:
    """Compare two recordings that were read, see `diff`. Differences of B are told against A."""
    notes: list[str] = []
    scenes = [_carried(recording, notes) for recording in (a, b)]
    changes: tuple[Change, ...] = ()
    if scenes[0] is not None and scenes[1] is not None:
        changes = scene_changes(*((one.scene, one.text, one.files) for one in scenes if one is not None))
    journals = [Journal.of(r.header, r.records, r.texts, r.end_ns, r.first_record) for r in (a, b)]
    until = min(a.end_ns, b.end_ns)
    conditions = _conditions(a, b, bool(changes))
    partly = bool(notes)  # a scene that cannot be read
    names = str(a.path), str(b.path)
    if a.digest == b.digest and a.first_record == b.first_record:
        return Difference(*names, conditions, changes, until, notes=tuple(notes))
    start = max(journal.start_ns for journal in journals)
    tracks = Tracks(journals[0], journals[1], start, until)
    figures: tuple[Figures, ...] = ()
    verdicts: tuple[Change, ...] = ()
    if start >= 0:
        partly = partly or not (a.first_record and b.first_record)
        notes.append(f"what was up to {clock(start)}, where a restored run begins")
        together = _since_restore(a, b)
        if together is None:
            notes.append("key figures and verdicts: they need the journal from its beginning")
        else:
            figures = _figures_of(*together, min(view.end_ns for view in together))
            notes.append("verdicts: they need the journal from its beginning")
    else:
        figures = _figures_of(journals[0], journals[1], until)
        verdicts = _verdicts_of(scenes, journals, notes)
    return Difference(
        *names, conditions, changes, until, first_divergence(tracks), _signals(tracks), figures, verdicts,
        tuple(dict.fromkeys(notes)), partly,
    )  # fmt: skip


# ---- what was given -------------------------------------------------------------------------------------


def _scene_at(path: Path) -> LoadedScene:
    if not is_recording(path):
        return load(path)
    scene = _carried(read_recording(path), [])
    if scene is None:
        raise Problems(Problem("this recording carries no scene that can be read", Place(file=str(path))))
    return scene


def _carried(recording: Recording, notes: list[str]) -> LoadedScene | None:
    """The scene that a recording was made of; None, and a note, if it cannot be read any more."""
    if SCENE_FILE not in recording.files:
        notes.append(f"the scene of {recording.path.name}: it carries none")
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="commissioning-diff-") as folder:
            recording.unpack(Path(folder))
            return load(Path(folder), links=False)
    except Problems as problems:
        notes.append(f"the scene of {recording.path.name}: {problems.problems[0].what}")
        return None


def _conditions(a: Recording, b: Recording, told: bool) -> tuple[Change, ...]:
    """What the two runs were given. `told`: the scenes are compared value by value."""
    facts = [_facts(recording) for recording in (a, b)]
    changes = [
        Change(what, facts[0][what], facts[1][what])
        for what in facts[0]
        if facts[0][what] != facts[1][what] and not (what == "scene hash" and told)
    ]
    return tuple(changes)


def _facts(recording: Recording) -> dict[str, str]:
    header, core = recording.header, recording.header["core"]
    forks = []
    for entry in recording.inputs:
        value = from_plain(entry.value)
        if isinstance(value, list) and len(value) == 5 and value[2] == "fork":
            forks.append(f"{value[4]} from {clock(entry.t_ns)}")
    programs = core.get("programs", {})
    return {
        "scene hash": str(core["scene_hash"])[:16], "seed": " then ".join([str(core["seed"]), *forks]),
        "scenario": str(header.get("scenario") or "none"),
        "every scan": str(bool(header.get("every_scan", False))).lower(),
        "inputs from outside": str(len(recording.inputs)),
        "compiled programs": ", ".join(f"{name} {str(value)[:12]}" for name, value in programs.items()),
        "ends at": clock(recording.end_ns) + ("" if recording.complete else ", not closed"),
    }  # fmt: skip


# ---- what came of it ------------------------------------------------------------------------------------


def _signals(tracks: Tracks) -> tuple[EdgeDifference, ...]:
    """Signals that both lines have and whose edges differ, the first difference first."""
    found = []
    for subject in tracks.subjects:
        kind, name = subject
        if kind != Kind.VALUE or tracks.first_other(subject) is None:
            continue
        contents = [tracks.contents(subject, side) for side in (0, 1)]
        _, codes = np.unique(np.concatenate(contents), axis=0, return_inverse=True)
        codes = codes.reshape(-1).astype(np.int64)
        edges = compare_edges(
            tracks.shown.get(name, name), tracks.times(subject, 0), codes[: len(contents[0])],
            tracks.times(subject, 1), codes[len(contents[0]) :],
        )  # fmt: skip
        if edges is not None:
            found.append(edges)
    return tuple(sorted(found, key=lambda edges: (edges.at_ns, edges.name)))


def _since_restore(a: Recording, b: Recording) -> tuple[RecordsView, RecordsView] | None:
    """Both runs from where they were restored on, if that was at one time and is known."""
    try:
        views = recorded_view(a), recorded_view(b)
    except (Problems, ValueError):  # SnapshotError is one
        return None
    begins = [recording.end_ns - view.end_ns for recording, view in zip((a, b), views, strict=True)]
    return views if begins[0] == begins[1] else None


def _figures_of(a: Journal | RecordsView, b: Journal | RecordsView, until: int) -> tuple[Figures, ...]:
    """Key figures up to `until` of the devices that both lines have."""
    left, right = (
        kpi(one.header, one.rows if isinstance(one, Journal) else one.records(), until) for one in (a, b)
    )
    found = []
    for device, figures in left.items():
        if device in right and figures != right[device]:
            pairs = {
                item.name: (getattr(figures, item.name), getattr(right[device], item.name))
                for item in fields(DeviceKpi)
            }
            found.append(Figures(device, {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}))
    return tuple(found)


def _verdicts_of(
    scenes: Sequence[LoadedScene | None], journals: Sequence[Journal], notes: list[str]
) -> tuple[Change, ...]:
    """What the checks say of either run by itself, those of its scenario that it is long enough for."""
    said: list[dict[str, Verdict]] = []
    for scene, journal in zip(scenes, journals, strict=True):
        if scene is None:
            return ()
        view = RecordsView(journal.header, journal.texts, journal.rows, journal.end_ns)
        scenario = journal.header.get("scenario") or None
        checks = checks_of(scene) if scene.scene.checks else []
        fit = [c for c in checks if (c.scenario or None) == scenario and c.length_ns <= journal.end_ns]
        for check in checks:
            if check not in fit:
                reason = "another scenario" if check.length_ns <= journal.end_ns else "it lasts longer"
                notes.append(f"check {check.id}: {reason}")
        alarm = first_alarm(view)
        said.append({})
        for check in fit:
            verdict = check.judge([check.observe(view)])
            if alarm is not None and alarm[0] <= check.length_ns and verdict.verdict != "FAIL":
                verdict = check.verdict("INCONCLUSIVE", f"the run had a problem: {alarm[1]}")
            said[-1][check.id] = verdict
    both = [identity for identity in said[0] if identity in said[1]]
    pairs = [(identity, said[0][identity], said[1][identity]) for identity in both]
    return tuple(
        Change(identity, f"{one.verdict}, {one.why}", f"{other.verdict}, {other.why}")
        for identity, one, other in pairs
        if (one.verdict, one.why) != (other.verdict, other.why)
    )


# ---- in words -------------------------------------------------------------------------------------------


def _section(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = [f"  {line}" for line in lines[:_LINES]]
    if len(lines) > _LINES:
        shown.append(f"  and {len(lines) - _LINES} more (--json has all)")
    return ["", f"{title}:", *shown]


def _divergence(found: Divergence) -> list[str]:
    lines = ["", f"First divergence at {clock(found.t)}: {found.about}"]
    for side, words, causes in (("A", found.a, found.causes_a), ("B", found.b, found.causes_b)):
        lines.append(f"  {side}: {words}")
        lines += [f"       because {clock(cause.t)} {cause.text}" for cause in causes[1:]]
    return lines


def _edges(edges: EdgeDifference) -> str:
    said = [f"{edges.same} the same"]
    if edges.shifted:
        said.append(
            f"{edges.shifted} shifted by {edges.shift_ns / 1e9:+.9g} s in the middle, "
            f"{edges.farthest_ns / 1e9:.9g} s at most"
        )
    said += [f"{n} only in {side}" for side, n in (("A", edges.only_a), ("B", edges.only_b)) if n]
    return f"{edges.name}: {'; '.join(said)}; the first at {clock(edges.at_ns)}"


def _figures(one: Figures) -> list[str]:
    """The ones that somebody would look at."""
    said = []
    for name, (a, b) in one.values.items():
        if a is None or b is None or name in ("count", "mean_time") or abs(a - b) >= _SMALL:
            shown = ["none" if value is None else f"{value:.6g}" for value in (a, b)]
            said.append(f"{name} {shown[0]} | {shown[1]}")
    return [f"{one.device}: {', '.join(said)}"] if said else []


def _causes(causes: Sequence[Cause]) -> list[dict[str, Any]]:
    return [{"at_s": cause.t / 1e9, "text": cause.text} for cause in causes]
