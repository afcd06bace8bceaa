"""The tables of a recording: one SQLite file that a ticket can carry.

Everything in it is data (numbers, JSON, packed records); nothing in it is ever executed. Values are
kept as BLOB or INTEGER only, so that reading never depends on SQLite's conversions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

FORMAT: Final = "commissioning-recording/1"
APPLICATION_ID: Final = 0x56434A31
"""In SQLite's own header: what `file` and a reader recognise a recording by."""
USER_VERSION: Final = 1
HEADER_BYTES: Final = 72
"""Of SQLite's file header, up to and with the application id."""

RAW: Final = 0
ZLIB: Final = 1

SCHEMA: Final[Mapping[str, str]] = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    "chunks": (
        "CREATE TABLE chunks (k INTEGER PRIMARY KEY, codec INTEGER, packed BLOB, texts BLOB, chain BLOB)"
    ),
    "tail": "CREATE TABLE tail (k INTEGER PRIMARY KEY, packed BLOB, texts BLOB)",
    "inputs": "CREATE TABLE inputs (n INTEGER PRIMARY KEY, t INTEGER, ordinal INTEGER, entry BLOB)",
    "keyframes": "CREATE TABLE keyframes (n INTEGER PRIMARY KEY, t INTEGER, records INTEGER, snapshot BLOB)",
    "files": "CREATE TABLE files (n INTEGER PRIMARY KEY, path BLOB, content BLOB)",
    "meshes": "CREATE TABLE meshes (n INTEGER PRIMARY KEY, name BLOB, packed BLOB)",
}


class Input(NamedTuple):
    """Something that came from outside: what a re-run has to be given at that place.

    `t_ns` virtual time, `ordinal` its place among the inputs of that instant, `what` the action,
    `value` plain JSON data.
    """

    t_ns: int
    ordinal: int
    what: str
    value: Any


class Keyframe(NamedTuple):
    """A snapshot of the run at `t_ns`, when `records` records had been written."""

    t_ns: int
    records: int
    snapshot: bytes


class Beginning(NamedTuple):
    """Where the journal of a restored run begins: full chunks before it, their chain value and texts."""

    chunk: int
    chain: bytes
    texts: tuple[str, ...]


def to_json(value: Any) -> bytes:
    """Compact JSON, key order kept. Raises ValueError for NaN and infinities, TypeError for objects."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def from_json(blob: bytes) -> Any:
    """What `to_json` wrote. Raises ValueError for anything that it cannot have written."""
    try:
        return json.loads(blob.decode("utf-8", "surrogatepass"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def is_ours(start: bytes) -> bool:
    """Are these the first HEADER_BYTES of a recording?"""
    return start.startswith(b"SQLite format 3\0") and start[68:72] == APPLICATION_ID.to_bytes(4, "big")


def is_inside(path: str) -> bool:
    """Is `path` a plain relative path that stays in the folder it is written into, on every platform?"""
    steps = path.split("/")
    return not (
        any(step in ("", ".", "..") or step.endswith((" ", ".")) for step in steps)
        or any(character in path for character in '\\:\0*?"<>|')
        or len(path) > 512
    )
