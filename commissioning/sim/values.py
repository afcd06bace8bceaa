"""Tag values in journal records: how each type fits into two doubles, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from commissioning.model.record import Kind
from commissioning.model.tags import DataType
from commissioning.sim.status_rows import StatusRows

if TYPE_CHECKING:
    from commissioning.sim.journal import Journal

__all__ = ["WIDE", "edges", "signal_index", "value_of", "words"]

# Types whose values a double cannot hold as they are.
WIDE = frozenset({DataType.LINT, DataType.ULINT, DataType.LWORD, DataType.TIME, DataType.STRING})

_INTEGER = frozenset(
    {
        DataType.SINT, DataType.INT, DataType.DINT, DataType.USINT, DataType.UINT, DataType.UDINT,
        DataType.BYTE, DataType.WORD, DataType.DWORD,
    }
)  # fmt: skip


def words(datatype: DataType, value: Any, journal: Journal) -> tuple[float, float]:
    """The fields a and b of a record for `value`."""
    if datatype not in WIDE:
        return value, 0.0
    if datatype is DataType.STRING:
        return journal.text(value), 0.0
    return value >> 32, value & 0xFFFFFFFF


def value_of(datatype: DataType, a: float, b: float, texts: Sequence[str]) -> Any:
    """The value that fields `a` and `b` of a record stand for."""
    if datatype is DataType.BOOL:
        return bool(a)
    if datatype in _INTEGER:
        return int(a)
    if datatype is DataType.STRING:
        return texts[int(a)]
    if datatype in WIDE:
        return (int(a) << 32) | int(b)
    return float(a)


def signal_index(header: Mapping[str, Any], name: str) -> int:
    """Index of the entry with this tag or port name, without regard to case. Raises KeyError."""
    wanted = name.casefold()
    for index, signal in enumerate(header["core"]["signals"]):
        if signal["name"].casefold() == wanted or any(p.casefold() == wanted for p in signal["ports"]):
            return index
    raise KeyError(f"no tag or port named {name}")


def edges(journal: Journal, name: str) -> list[tuple[int, Any]]:
    """Changes of the effective value of tag or port `name`: [(t_ns, value), ...].

    The first entry is the first value written. Records that only changed the quality are left out.
    """
    index = signal_index(journal.header, name)
    datatype = DataType[journal.header["core"]["signals"][index]["type"]]
    records, _ = StatusRows(journal.header, {index}).expand(journal.records())
    mine = records[(records["kind"] == int(Kind.VALUE)) & (records["obj"] == index)]
    result: list[tuple[int, Any]] = []
    for record in mine:
        value = value_of(datatype, float(record["a"]), float(record["b"]), journal.texts)
        if not result or value != result[-1][1]:
            result.append((int(record["t"]), value))
    return result
