"""Recordings of made-up records, for tests."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from commissioning.files.recording import RecordingWriter
from commissioning.model.record import CHUNK, LAYOUT, chain_next, chain_start

HEADER: dict[str, Any] = {
    "core": {
        "format": "commissioning-journal/2",
        "scene_hash": "0" * 64,
        "seed": 1,
        "signals": [{"name": f"I_PE{k}", "type": "BOOL"} for k in range(7)],
        "objects": [{"id": "belt1", "kind": "device", "type": "belt"}],
        "drives": ["belt1"],
        "lanes": [{"id": "belt1"}],
        "slots": [{"id": "station.0"}],
        "products": [{"id": "carton"}],
        "attributes": [],
    },
    "name": "Fördertechnik",
}
FILES = {"scene.yaml": b"format: commissioning-scene/1\n", "plc/main.st": "(* \u00b5 *)".encode()}


def packed(first: int, count: int) -> bytes:
    """Records number `first` and on: t = 1000 n, kind 1, obj n % 7, a = n / 2."""
    row = struct.Struct("<" + LAYOUT)
    return b"".join(
        row.pack(1000 * n, 1, 0, n % 7, n, n / 2, 0.0, 0.0, 0.0) for n in range(first, first + count)
    )


def write(
    path: Path, count: int, *, texts: tuple[str, ...] = (), close: bool = True, compress: bool = False
) -> str:
    """A recording of `count` records, texts used in the first chunk; the digest by the decision record."""
    chain = chain_start(HEADER["core"])
    with RecordingWriter(path, HEADER, FILES) as writer:
        for k in range(count // CHUNK):
            piece = packed(k * CHUNK, CHUNK)
            words = texts if k == 0 else ()
            chain = chain_next(chain, piece, words)
            writer.chunk(k, piece, chain, words)
        rest = count % CHUNK
        tail = packed(count - rest, rest)
        words = texts if count < CHUNK else ()
        writer.tail(
            tail, rest, words, [(5, 0, "force", ["I_PE1", True]), (5, 1, "press", "start")], 1000 * count
        )
        writer.keyframe(2000, 0, b'{"snapshot": 1}')
        digest = chain_next(chain, tail, words).hex()
        if close:
            writer.close(1000 * count, digest, compress=compress)
    return digest
