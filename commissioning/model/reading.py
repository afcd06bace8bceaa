"""Reading a plain tree into records: where problems are collected and names are looked up."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from commissioning.model.declare import Declarations, TypeDeclaration
from commissioning.model.problem import Place, Problem
from commissioning.model.quantity import QuantityError

Path = tuple[str | int, ...]
_MANY = 60
_ID = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


class Source(Protocol):
    """What a scene is read from: a plain tree and the place of everything in it."""

    @property
    def tree(self) -> Any: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    def place(self, path: Path, key: bool = False) -> Place: ...


@dataclass(frozen=True)
class PlainSource:
    """A tree without a text: scenes that Python code builds."""

    tree: Any
    problems: tuple[Problem, ...] = ()

    def place(self, path: Path, key: bool = False) -> Place:
        return Place(id=path_id(path))


def path_id(path: Path) -> str:
    """("devices", "belt1", "to", 0) -> "devices.belt1.to[0]"."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out


@dataclass
class Reader:
    """One reading of one scene. `ids` maps section -> id -> type name ("" where there is none)."""

    source: Source
    declarations: Declarations
    found: list[Problem] = field(default_factory=list)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def problem(self, path: Path, what: str, cure: str = "", key: bool = False) -> None:
        self.found.append(Problem(what, self.source.place(path, key), cure))

    def quantity_problem(self, path: Path, error: QuantityError) -> None:
        self.problem(path + error.path, error.what, error.cure)

    def mapping(self, path: Path, value: Any, what: str, example: str) -> dict[str, Any]:
        """`value` if it is a mapping; otherwise a problem and an empty one. Nothing at all is empty."""
        if isinstance(value, Mapping):
            return {key: item for key, item in value.items() if isinstance(key, str)}
        if value is not None:
            self.problem(path, f"{what} is a mapping, not {shown(value)}", f"Write for example {example}")
        return {}

    def unknown_keys(self, path: Path, value: Mapping[str, Any], known: Iterable[str], owner: str) -> None:
        names = list(known)
        for key in value:
            if key not in names:
                self.problem((*path, key), f"{owner} has no {key!r}", suggest(key, names), key=True)

    def text(self, path: Path, value: Any, what: str, example: str) -> str | None:
        if isinstance(value, str) and value.strip():
            return value
        self.problem(path, f"{what} is text, not {shown(value)}", f"Write for example {example}")
        return None

    def boolean(self, path: Path, value: Any, what: str) -> bool | None:
        if isinstance(value, bool):
            return value
        self.problem(path, f"{what} is true or false, not {shown(value)}", "Write true or false")
        return None

    def integer(
        self, path: Path, value: Any, what: str, low: float | None = None, high: float | None = None
    ) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int):
            cure = f"Write for example {int(low) if low is not None else 1}"
            self.problem(path, f"{what} is a whole number, not {shown(value)}", cure)
            return None
        if (low is not None and value < low) or (high is not None and value > high):
            ends = " and ".join(
                f"at {word} {end:g}" for word, end in (("least", low), ("most", high)) if end is not None
            )
            self.problem(path, f"{what} is {value}, but must be {ends}", "Change it")
            return None
        return value

    def declaration(self, path: Path, kind: str, value: Mapping[str, Any]) -> TypeDeclaration | None:
        """The declaration that `value["type"]` names."""
        known = [name for of, name in self.declarations if of == kind]
        if "type" not in value:
            listed = ", ".join(sorted(known))
            self.problem((*path, "type"), f"this {kind} has no type", f"Write type: and one of {listed}")
            return None
        name = value["type"]
        declared = self.declarations.get((kind, name)) if isinstance(name, str) else None
        if declared is None:
            self.problem((*path, "type"), f"there is no {kind} type {shown(name)}", suggest(name, known))
        return declared

    def known(self, path: Path, section: str, value: Any, word: str) -> str | None:
        """An id of a section, or a problem that names the nearest one."""
        ids = self.ids.get(section, {})
        if isinstance(value, str) and value in ids:
            return value
        if not isinstance(value, str):
            self.problem(path, f"{shown(value)} is no {word}", suggest("", ids))
        else:
            self.problem(path, f"there is no {word} {value!r}", suggest(value, ids))
        return None


def check_id(reader: Reader, path: Path, name: str, word: str) -> None:
    """Ids are identifiers, so that expressions and Python can name them."""
    if not _ID.match(name):
        what = f"{name!r} is no name for a {word}"
        reader.problem(path, what, "Use letters, digits and _, beginning with a letter", key=True)


def suggest(name: object, known: Iterable[str]) -> str:
    """A cure: the nearest known name, or the whole list while it is short."""
    names = list(known)
    if not names:
        return "There is none in this scene"
    if isinstance(name, str) and name:
        candidates = names
        if len(names) > _MANY:
            # a search through thousands of ids, for thousands of problems, would take minutes
            start = name[:2].casefold()
            candidates = [known_name for known_name in names if known_name[:2].casefold() == start][:_MANY]
        folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
        near = difflib.get_close_matches(name[:80].casefold(), list(folded), 1, 0.6)
        if near:
            return f"Did you mean {folded[near[0]]!r}?"
    if len(names) <= 24:
        return "Use one of " + ", ".join(names)
    return f"Use one of the {len(names)} that there are, like {names[0]!r}"


def shown(value: object) -> str:
    """A value in a message: short, whatever it is."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 200:
        return "that number"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
