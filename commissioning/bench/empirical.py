"""Measured durations: the values of `{empirical: FILE.csv}`, one to a line.

cycle [s]          a headline, and lines that begin with # do not count
4.2
4.35 s             with a unit, or in seconds
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from commissioning.files.scene_text import SceneText
from commissioning.model.duration import Empirical
from commissioning.model.frozen import FrozenDict
from commissioning.model.problem import Place, Problem
from commissioning.model.quantity import QuantityError, parse_quantity
from commissioning.model.reading import Path
from commissioning.model.scene import Scene

__all__ = ["MOST_VALUES", "fill", "read_values"]

MOST_VALUES = 1_000_000
_MOST_PROBLEMS = 10
_LONGEST = 9.2e9  # s, 292 years: as long as virtual time can be

Read = Callable[[str, Place], bytes | None]


def fill(scene: Scene, text: SceneText, read: Read, found: list[Problem]) -> Scene:
    """The scene with the values of every empirical duration of its devices.

    `read(name, where)` gives the bytes of a file of the scene, or None and has reported why. A file that
    several durations name is read once. Problems go to `found`; the duration then stays without values.
    """
    known: dict[str, tuple[float, ...]] = {}

    def values(name: str, path: Path) -> tuple[float, ...]:
        if name not in known:
            known[name] = ()
            where = text.place(path)
            content = read(name, where)
            if content is not None:
                known[name], problems = read_values(content, name, where)
                found.extend(problems)
        return known[name]

    devices = {
        identity: replace(record, params=_filled(record.params, ("devices", identity), values))
        for identity, record in scene.devices.items()
    }
    if not known:
        return scene
    return replace(scene, devices=FrozenDict(devices))


def _filled(value: Any, path: Path, values: Callable[[str, Path], tuple[float, ...]]) -> Any:
    if isinstance(value, Empirical):
        return replace(value, values=values(value.file, (*path, "empirical")))
    if isinstance(value, Mapping):
        return FrozenDict({key: _filled(item, (*path, key), values) for key, item in value.items()})
    if isinstance(value, tuple):
        return tuple(_filled(item, (*path, index), values) for index, item in enumerate(value))
    return value


def read_values(content: bytes, name: str, where: Place) -> tuple[tuple[float, ...], list[Problem]]:
    """Durations in s of a file of measured values, and what is wrong with it.

    `name` is the file's name for its problems, `where` the place in the scene that names it.
    """
    try:
        rows = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        return (), [Problem(f"{name} is not UTF-8 (byte {error.start})", where, "Save it as UTF-8")]
    found: list[float] = []
    problems: list[Problem] = []
    first = True
    for number, row in enumerate(rows, 1):
        cell = row.strip().rstrip(",;\t ").strip('"').strip()
        if not cell or cell.startswith("#"):
            continue
        may_be_headline, first = first and cell[0] not in "+-.0123456789", False
        try:
            found.append(_duration(cell))
        except QuantityError as error:
            if not may_be_headline:
                problems.append(Problem(error.what, Place(name, number), error.cure))
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [Problem(f"{more} more lines are no durations", Place(name))]
    if not problems:
        problems = _faults(found, name, where)
    return (() if problems else tuple(found)), problems


def _faults(values: list[float], name: str, where: Place) -> list[Problem]:
    if not values:
        return [Problem(f"{name} holds no durations", where, "Write one to a line, for example 4.2 s")]
    if len(values) > MOST_VALUES:
        return [Problem(f"{name} holds {len(values):,} durations", where, f"Keep {MOST_VALUES:,} at most")]
    if not any(values):
        return [Problem(f"every duration in {name} is 0", where, "Give at least one that is longer")]
    return []


def _duration(cell: str) -> float:
    example = "Write one duration to a line, like 4.2 or 4.2 s"
    if any(sign in cell for sign in ",;\t"):
        raise QuantityError(f"{cell[:40]!r} is not one duration", f"{example} (with a decimal point)")
    try:
        seconds = parse_quantity(cell, "duration")
    except QuantityError as error:
        raise QuantityError(error.what, example) from None
    if seconds < 0.0:
        raise QuantityError(f"a duration cannot be negative, {cell!r} is", "Write 0 s or more")
    if seconds > _LONGEST:
        raise QuantityError(f"{cell!r} is longer than the longest duration, 292 years", "Write less")
    return seconds
