"""Sources of an online change as plain data: they are an input of the run, kept in its log and snapshots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from commissioning.plc import SourcePiece
from commissioning.plc.pieces import Mark

Plain = list[list[Any]]


def plain_sources(sources: Mapping[str, str | SourcePiece]) -> Plain:
    """[name, text], or for text out of another format [name, text, file, marks, translated]."""
    return [
        [name, source]
        if isinstance(source, str)
        else [
            name,
            source.text,
            source.file,
            [[m.line, m.column, m.file_line, m.file_column, m.verbatim, m.object] for m in source.marks],
            list(source.translated),
        ]
        for name, source in sources.items()
    ]


def sources_of(plain: Any) -> dict[str, str | SourcePiece]:
    """What `plain_sources` was given. Raises ValueError for what it did not make."""
    found: dict[str, str | SourcePiece] = {}
    for entry in plain if isinstance(plain, Sequence) and not isinstance(plain, str) else (None,):
        match entry:
            case [str(name), str(text)]:
                found[name] = text
            case [str(name), str(text), str(file), [*marks], [*translated]]:
                if not all(isinstance(word, str) for word in translated):
                    raise ValueError("names of translated objects that are none")
                found[name] = SourcePiece(name, text, file, tuple(map(_mark, marks)), tuple(translated))
            case _:
                raise ValueError(f"{entry!r:.60} is no source of a program")
    return found


def key_of(plain: Plain) -> str:
    """What tells one set of sources from another (SHA-256, hex)."""
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _mark(plain: Any) -> Mark:
    match plain:
        case [int(line), int(column), int(file_line), int(file_column), bool(verbatim), str(name)]:
            return Mark(line, column, file_line, file_column, verbatim, name)
    raise ValueError(f"{plain!r:.60} is no mark in a source")
