"""One journal record on disk and in the digest: the format that a run writes and a recording keeps.

The decision behind it is `resources/decisions/0001-journal.md`. It stands in `model` because both
the run (`sim`) and the recording (`files`) need the same bytes and neither imports the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

import numpy as np

FORMAT: Final = "commissioning-journal/2"
CHUNK: Final = 4096
"""Records in one full chunk; part of the format, because the digest is chained chunk by chunk."""
LAYOUT: Final = "qHHIq4d"
"""t ns, kind, aux, obj, cause, a, b, c, d; with "<" before it a little-endian struct without gaps."""
RECORD: Final = np.dtype(
    [
        ("t", "<i8"),
        ("kind", "<u2"),
        ("aux", "<u2"),
        ("obj", "<u4"),
        ("cause", "<i8"),
        ("a", "<f8"),
        ("b", "<f8"),
        ("c", "<f8"),
        ("d", "<f8"),
    ]
)
RECORD_BYTES: Final = RECORD.itemsize


class Kind(IntEnum):
    """What a record says; the fields of each kind are in the decision record."""

    VALUE = 1
    SOURCE = 2
    OVERRIDE = 3
    DRIVE = 4
    PART_MADE = 5
    PART_GONE = 6
    PART_MOVE = 7
    TRAIN = 8
    PART_ATTRIBUTE = 9
    STATE = 10
    INPUT = 11
    VERDICT = 12
    PROBLEM = 13
    LINK_STATUS = 14
    READING = 15


class State(IntEnum):
    """What a device does: `aux` of a STATE record."""

    IDLE = 0
    WORKING = 1
    STARVED = 2
    BLOCKED = 3
    DOWN = 4
    SETUP = 5
    OFF = 6


STUBS_CALLED = 2
"""`aux` of a PROBLEM record: a program goes on, with stubs that leave all at its default. 0: it failed."""

CUBIC = 1
"""`aux` of a DRIVE record whose fields are position, speed, acceleration and jerk, until the next record
(`resources/decisions/0016-axes.md`). 0: a ramp to a speed."""


class CarrierKind(IntEnum):
    """What a part stands on: `aux` of a PART_MOVE record."""

    NONE = 0
    LANE = 1
    SLOT = 2
    BODY = 3
    PART = 4


def canonical_json(value: Any) -> bytes:
    """UTF-8, sorted keys, no spaces. Raises ValueError for NaN and infinities."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def chain_start(core: Mapping[str, Any]) -> bytes:
    """h0 of the digest chain (32 bytes) from the header's core."""
    return hashlib.sha256(canonical_json(core)).digest()


def chain_next(chain: bytes, packed: bytes, texts: Sequence[str]) -> bytes:
    """The chain after `packed` records and the `texts` first used in them.

    h(k+1) after one full chunk; with the open records at the end of a run, its digest.
    """
    state = hashlib.sha256(chain)
    state.update(packed)
    state.update(canonical_json(list(texts)))
    return state.digest()
