"""Two scenes: which values of the one are others in the other, and which of its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from commissioning.bench.load import SCENE_FILE
from commissioning.files.scene_text import SceneText
from commissioning.model.scene import Scene

__all__ = ["Change", "scene_changes"]

_WORDS = {"at_ns": "at", "length_ns": "length"}  # where a record names a value otherwise than the file


@dataclass(frozen=True)
class Change:
    """`what` (an id like devices.belt1.speed, or a file) is `a` in the one and `b` in the other, as it is
    written there; None: not there."""

    what: str
    a: str | None
    b: str | None

    def as_json(self) -> dict[str, str | None]:
        return {"what": self.what, "a": self.a, "b": self.b}

    def as_text(self) -> str:
        if self.a is None:
            return f"{self.what}: only in B ({self.b})"
        if self.b is None:
            return f"{self.what}: only in A ({self.a})"
        return f"{self.what}: {self.a} | {self.b}"


def scene_changes(
    a: tuple[Scene, SceneText, Mapping[str, bytes]], b: tuple[Scene, SceneText, Mapping[str, bytes]]
) -> tuple[Change, ...]:
    """What differs between two scenes, each with its text and its files by path relative to the scene.

    How a value is written does not count, nor do comments; the order of devices and other named things
    does, since equal times go by it. Values in order of A, then those of B alone, then files.
    """
    changes: list[Change] = []
    if a[0].hash != b[0].hash:
        left, right = dict(_leaves("", a[0])), dict(_leaves("", b[0]))
        for what in [*left, *(what for what in right if what not in left)]:
            if what not in left or what not in right or left[what] != right[what]:
                there = [_written(side[1].tree, what, leaves) for side, leaves in ((a, left), (b, right))]
                changes.append(Change(what, *there))
        changes += _orders(a[0], b[0])
        changes = _whole(changes)
    for name in sorted({*a[2], *b[2]} - {SCENE_FILE}):
        if a[2].get(name) != b[2].get(name):
            changes.append(_file_change(name, a[2].get(name), b[2].get(name)))
    return tuple(changes)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value of a scene under the id it has in the file."""
    if is_dataclass(value) and not isinstance(value, type):
        yield f"{path}:", type(value).__name__
        for item in fields(value):
            inner = getattr(value, item.name)
            if item.name in ("id", "params"):
                if item.name == "params":
                    yield from _leaves(path, inner)
                continue
            name = _WORDS.get(item.name, item.name)
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, Mapping):
        yield f"{path}:", "named"
        for key, inner in value.items():
            # the only exit of a device has no name
            yield from _leaves(f"{path}.{key}" if path and key else path or str(key), inner)
    elif isinstance(value, tuple | list):
        yield f"{path}:", len(value)
        for k, inner in enumerate(value):
            yield from _leaves(f"{path}[{k}]", inner)
    else:
        yield path, value


def _written(tree: Any, what: str, leaves: Mapping[str, Any]) -> str | None:
    """The value at `what` as the file has it; as it is meant where the file leaves it out."""
    if what not in leaves:
        return None
    node = tree
    for step in what.removesuffix(":").replace("[", ".[").split("."):
        if step.startswith("[") and isinstance(node, list) and int(step[1:-1]) < len(node):
            node = node[int(step[1:-1])]
        elif isinstance(node, dict) and step in node:
            node = node[step]
        else:
            value = leaves[what]
            return "not given" if value is None else str(value)
    return _short(node)


def _short(node: Any) -> str:
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {_short(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(_short, node)) + "]"
    return str(node).lower() if isinstance(node, bool) else str(node)


def _whole(changes: list[Change]) -> list[Change]:
    """Of a thing that is only on one side, one line: that it is there; of a kind that changed, the values."""
    alone = {change.what for change in changes if change.what.endswith(":") and None in (change.a, change.b)}
    kept: list[Change] = []
    for change in changes:
        what = change.what.removesuffix(":")
        above = [f"{what[:k]}:" for k, letter in enumerate(what) if letter in ".["]
        if any(thing in alone for thing in above):
            continue
        change = Change(what, change.a, change.b)
        if change.a != change.b and change not in kept:
            kept.append(change)
    return kept


def _orders(a: Scene, b: Scene) -> Iterator[Change]:
    for section in ("devices", "products", "controllers", "tags", "links", "scenarios", "checks"):
        left, right = list(getattr(a, section)), list(getattr(b, section))
        both = set(left) & set(right)
        left, right = [n for n in left if n in both], [n for n in right if n in both]
        if left != right:
            k = next(k for k, names in enumerate(zip(left, right, strict=True)) if names[0] != names[1])
            yield Change(f"order of {section}", f"{left[k]} comes next", f"{right[k]} comes next")


def _file_change(name: str, a: bytes | None, b: bytes | None) -> Change:
    if a is None or b is None:
        said = [None if content is None else f"{len(content)} bytes" for content in (a, b)]
        return Change(name, *said)
    try:
        left, right = a.decode("utf-8-sig").splitlines(), b.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return Change(name, f"{len(a)} bytes", f"{len(b)} other bytes")
    if left == right:
        return Change(name, "other ends of lines", "other ends of lines")
    lines = max(len(left), len(right))
    left, right = left + [""] * (lines - len(left)), right + [""] * (lines - len(right))
    k = next(k for k in range(lines) if left[k] != right[k])
    return Change(name, f"line {k + 1}: {left[k].strip()}", f"line {k + 1}: {right[k].strip()}")
