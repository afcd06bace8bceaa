"""The journal: everything that happened in a run, in order, with a digest.

Record layout, kinds and digest are fixed in `resources/decisions/0001-journal.md`.

One thread, the run's, appends. Others may read up to `length` at any time.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from struct import Struct
from sys import byteorder
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CHUNK, RECORD, chain_next, chain_start
from commissioning.sim.kernel import Kernel

__all__ = ["CHUNK_SIZE", "RECORD_SIZE", "Journal", "pack_value"]

_NATIVE = "@" if byteorder == "little" else "<"  # the same bytes: there are no gaps
_pack_into = Struct(_NATIVE + "qHHIq4d").pack_into  # at once costs half of keeping tuples and packing them
pack_value = Struct(_NATIVE + "qHHIqd").pack_into
"""A record without its last three numbers: beyond what is in use, the open chunk is all zero."""
RECORD_SIZE = RECORD.itemsize
CHUNK_SIZE = CHUNK * RECORD_SIZE  # bytes


class Journal:
    """Records of one run.

    `header` says what the indices in the records mean; its `core` is part of the digest.
    `on_chunk`, if set, is called for each full chunk with its number, packed bytes, chain value and the
    texts first used in it.
    """

    def __init__(self, kernel: Kernel, header: Mapping[str, Any]) -> None:
        self.kernel = kernel
        self.header = dict(header)
        self.texts: list[str] = []
        self.on_chunk: Callable[[int, bytes, bytes, list[str]], None] | None = None
        self._text_ids: dict[str, int] = {}
        self._texts_sealed = 0
        self._chunks: list[bytes] = []
        self._links: list[tuple[bytes, list[str]]] = []  # chain value after a chunk, its new texts
        self._open = bytearray(CHUNK_SIZE)  # the open chunk, packed as it grows
        self._end = 0  # bytes of it in use
        self._base = 0  # chunks before a restored run's first one
        self._before = 0  # records before the open chunk
        self._beginning: tuple[int, bytes, tuple[str, ...]] | None = None  # of a restored journal
        self._chain = chain_start(self.header.get("core", {}))
        self._lock = Lock()

    def begin(self, header: Mapping[str, Any], chain: bytes | None = None) -> str:
        """Give the header of a journal that has no records yet; the digest starts from its core.

        Returns the value that it starts from, 64 hex digits. `chain`: that value, where it is known.
        """
        if self.length:
            raise ValueError("the journal has begun already")
        self.header = dict(header)
        self._chain = chain_start(self.header.get("core", {})) if chain is None else chain
        return self._chain.hex()

    @property
    def length(self) -> int:
        """Number of records so far."""
        return self._before + self._end // RECORD_SIZE

    @property
    def open_count(self) -> int:
        """Number of records in the open chunk."""
        return self._end // RECORD_SIZE

    @property
    def beginning(self) -> tuple[int, bytes, tuple[str, ...]] | None:
        """Of a restored journal: full chunks before it, their chain value, the texts used in them."""
        return self._beginning

    @property
    def first(self) -> int:
        """Number of records before the first one held here (0 unless the run was restored)."""
        return self._base * CHUNK

    def note(
        self, kind: int, aux: int, obj: int, a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0
    ) -> None:
        """Append a record at the present time, for those who do not ask its number: the hottest call."""
        kernel = self.kernel
        end = self._end
        _pack_into(self._open, end, kernel._now, kind, aux, obj, kernel.cause, a, b, c, d)
        self._end = end = end + RECORD_SIZE
        if end == CHUNK_SIZE:
            self._seal()

    def add(
        self, kind: int, aux: int, obj: int, a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0
    ) -> int:
        """Append a record at the present time; returns its number, counted from 1."""
        kernel = self.kernel
        end = self._end
        _pack_into(self._open, end, kernel._now, kind, aux, obj, kernel.cause, a, b, c, d)
        self._end = end = end + RECORD_SIZE
        if end == CHUNK_SIZE:
            self._seal()
            return self._before
        return self._before + end // RECORD_SIZE

    def extend(self, records: NDArray[np.void], order: NDArray[np.intp]) -> None:
        """Append finished records (dtype RECORD) in this order: of what was solved ahead of its time."""
        rows = records.view(np.int64).reshape(len(records), RECORD_SIZE // 8)
        start = 0
        while start < len(order):
            count = min(len(order) - start, (CHUNK_SIZE - self._end) // RECORD_SIZE)
            packed = rows.take(order[start : start + count], axis=0).view(np.uint8).data.cast("B")
            start += count
            if count == CHUNK:
                self._seal(bytes(packed))
                continue
            self._open[self._end : self._end + len(packed)] = packed
            self._end += len(packed)
            if self._end == CHUNK_SIZE:
                self._seal()

    def text(self, text: str) -> int:
        """The number of `text` in the text table, entered there if it is new."""
        number = self._text_ids.get(text)
        if number is None:
            number = self._text_ids[text] = len(self.texts)
            self.texts.append(text)
        return number

    def records(self, start: int = 0, stop: int | None = None) -> NDArray[np.void]:
        """Records `start` to `stop` (numbers from 0, like a slice) as a structured array.

        Safe from any thread. Raises IndexError for records before a restored run's first one.
        """
        if start < self.first and (stop is None or stop > start):
            if start:
                raise IndexError(f"this journal begins at record {self.first}")
            start = self.first
        with self._lock:
            chunks = len(self._chunks)
            tail, count = self._open, self._end // RECORD_SIZE
        end = (self._base + chunks) * CHUNK + count
        stop = end if stop is None else min(stop, end)
        if stop <= start:
            return np.empty(0, RECORD)
        pieces = []
        for k in range(start // CHUNK - self._base, (stop - 1) // CHUNK - self._base + 1):
            low = max(start - (self._base + k) * CHUNK, 0)
            high = min(stop - (self._base + k) * CHUNK, CHUNK)
            if k < chunks:
                pieces.append(np.frombuffer(self._chunks[k], RECORD)[low:high])
            else:
                pieces.append(np.frombuffer(bytes(tail[low * RECORD_SIZE : high * RECORD_SIZE]), RECORD))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def edges(self, name: str) -> list[tuple[int, Any]]:
        """Changes of the effective value of a tag or port: [(t_ns, value), ...]."""
        from commissioning.sim.values import edges

        return edges(self, name)

    def digest(self) -> str:
        """SHA-256 of header core, all records and texts, as 64 hex digits."""
        return chain_next(self._chain, self.tail(), self.new_texts()).hex()

    def sealed(self) -> list[tuple[int, bytes, bytes, list[str]]]:
        """The full chunks so far, as `on_chunk` would have been given them."""
        return [
            (self._base + k, packed, *link)
            for k, (packed, link) in enumerate(zip(self._chunks, self._links, strict=True))
        ]

    def tail(self) -> bytes:
        """The records of the open chunk, packed."""
        return bytes(self._open[: self._end])

    def save(self, *, packed: bool = False) -> dict[str, Any]:
        """What a restored run needs to continue the digest: chain value, open records, texts.

        Plain JSON data; `packed`: but for the open records, which are bytes.
        """
        tail = self.tail()
        return {
            "chunks": self._base + len(self._chunks),
            "chain": self._chain.hex(),
            "tail": tail if packed else base64.b64encode(tail).decode("ascii"),
            "texts": list(self.texts),
            "texts_sealed": self._texts_sealed,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Continue where `save` was called. Sealed records before that are not here any more."""
        with self._lock:
            self._chunks, self._links = [], []
            self._base = int(data["chunks"])
            self._before = self._base * CHUNK
            self._chain = bytes.fromhex(data["chain"])
            tail = data["tail"]
            if not isinstance(tail, bytes):
                tail = base64.b64decode(tail)
            self._open, self._end = bytearray(CHUNK_SIZE), len(tail)
            self._open[: len(tail)] = tail
            self.texts = list(data["texts"])
            self._text_ids = {text: i for i, text in enumerate(self.texts)}
            self._texts_sealed = int(data["texts_sealed"])
            sealed = tuple(self.texts[: self._texts_sealed])
            self._beginning = (self._base, self._chain, sealed) if self._base else None

    def new_texts(self) -> list[str]:
        """The texts first used in the open chunk."""
        return self.texts[self._texts_sealed :]

    def _seal(self, whole: bytes | None = None) -> None:
        """Close the open chunk, or add a `whole` one where none is open."""
        packed = bytes(self._open) if whole is None else whole
        texts = self.new_texts()
        link = chain_next(self._chain, packed, texts)
        number = self._base + len(self._chunks)
        with self._lock:
            self._chain = link
            self._texts_sealed = len(self.texts)
            self._chunks.append(packed)
            self._before += CHUNK
            self._links.append((link, texts))
            if whole is None:
                self._open, self._end = bytearray(CHUNK_SIZE), 0
        if self.on_chunk is not None:
            self.on_chunk(number, packed, link, texts)
