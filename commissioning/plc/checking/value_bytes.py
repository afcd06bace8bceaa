"""Values as the bytes in which they lie in memory, little endian."""

from __future__ import annotations

import struct

from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.values.iec_types import IecType, Value

__all__ = ["WIDE", "bytes_of", "decoded", "encoded", "end_of"]

WIDE = ("WSTRING", "WCHAR")


def encoded(value: Value, type_: IecType) -> bytes:
    """The bytes of a cell."""
    size = measure(type_)[0]
    if isinstance(value, str):
        return bytes_of(value, type_).ljust(size, b"\0")[:size]
    if isinstance(value, float):
        return struct.pack("<f" if size == 4 else "<d", value)
    return (int(value) // type_.grain & (1 << 8 * size) - 1).to_bytes(size, "little")


def decoded(data: bytes, type_: IecType) -> Value:
    """The value that a cell of `type_` has with these bytes."""
    if type_.kind == "string":
        wide = type_.name in WIDE
        text = data.decode("utf-16-le" if wide else "latin-1", errors="replace")
        return text.partition("\0")[0][: type_.length]
    if type_.kind == "real":
        found: float = struct.unpack("<f" if len(data) == 4 else "<d", data)[0]
        return found + 0.0
    if type_.kind == "bool":
        return data[0] != 0
    return int.from_bytes(data, "little", signed=type_.low < 0) * type_.grain


def end_of(text: str, type_: IecType) -> int:
    """Where the bytes behind a text and its closing zero begin."""
    width = 2 if type_.name in WIDE else 1
    return len(bytes_of(text, type_)) + width


def bytes_of(text: str, type_: IecType) -> bytes:
    if type_.name in WIDE:
        return text.encode("utf-16-le", errors="replace")
    return text.encode("latin-1", errors="replace")
