"""What generated code calls to store inside of an expression, and to look at numbers bit by bit."""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["bits_of_real", "put", "put_all", "put_bits", "real_of_bits"]


def real_of_bits(pattern: int, bits: int) -> float:
    """IEEE 754; no cell holds -0.0."""
    form = ("<I", "<f") if bits == 32 else ("<Q", "<d")
    value: float = struct.unpack(form[1], struct.pack(form[0], pattern))[0]
    return value + 0.0


def bits_of_real(value: float, bits: int) -> int:
    form = ("<I", "<f") if bits == 32 else ("<Q", "<d")
    pattern: int = struct.unpack(form[0], struct.pack(form[1], value))[0]
    return pattern


def put(value: Any, memory: list[Any], index: int) -> Any:
    """An assignment as an expression."""
    memory[index] = value
    return value


def put_all(values: list[Any], memory: list[Any], index: int) -> list[Any]:
    """The same of an array or structure; the list given is of nobody."""
    memory[index : index + len(values)] = values
    return values


def put_bits(
    value: Any, memory: list[Any], index: int, start: int, width: int, signed: int, grain: int
) -> Any:
    """The same of some bits of a whole number, `signed`: of so many bits in two's complement (0: it has no
    sign)."""
    bits = bits_of_real(value, width) if isinstance(value, float) else int(value) // grain
    mask = (1 << width) - 1
    whole = memory[index] & ~(mask << start) | (bits & mask) << start
    if signed:
        half = 1 << signed - 1
        whole = (whole + half & (1 << signed) - 1) - half
    memory[index] = whole
    return value
