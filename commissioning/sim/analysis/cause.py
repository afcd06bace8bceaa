"""Why something happened: journal records in words, and the chain of records that led to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CUBIC, CarrierKind, Kind, State
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.continuous import RATE
from commissioning.sim.values import value_of

__all__ = ["Cause", "cause_chain", "clock", "describe"]

_INPUTS = {
    1: "forced to", 2: "force released", 4: "set over a link to", 5: "fault: held at", 6: "fault cleared",
    7: "set to",
}  # fmt: skip
_GONE = {0: "left the line at", 1: "was lost at", 2: "was removed by", 3: "was used up by"}
_LINKS = ("closed", "connecting", "up", "lost", "refused")


@dataclass(frozen=True)
class Cause:
    """One link of a chain: at `t` ns, in words, from record `number`."""

    t: int
    text: str
    number: int


def clock(t_ns: int) -> str:
    """h:mm:ss.mmm, with the digits below a millisecond only where there are some."""
    seconds, ns = divmod(int(t_ns), 1_000_000_000)
    below = f"{ns:09d}"
    below = below[:3] + below[3:].rstrip("0")
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{below}"


def cause_chain(
    header: Mapping[str, Any], records: NDArray[np.void], texts: Sequence[str], number: int, most: int = 12
) -> tuple[Cause, ...]:
    """Record `number` (counted from 1) and what led to it, latest first, at most `most` links.

    `records` are those of the whole run, from its first record on.
    """
    chain: list[Cause] = []
    while 0 < number <= len(records) and len(chain) < most:
        row = records[number - 1]
        before = int(row["cause"])
        chain.append(Cause(int(row["t"]), describe(header, row, texts), number))
        if before >= number:
            break  # a cause lies before its effect; anything else is a broken journal
        number = before
    return tuple(chain)


def describe(header: Mapping[str, Any], row: Any, texts: Sequence[str]) -> str:
    """What one record says, in the words of the line."""
    core = header["core"]
    kind, aux, index = int(row["kind"]), int(row["aux"]), int(row["obj"])
    a, b, c, d = (float(row[field]) for field in "abcd")
    if kind in (Kind.VALUE, Kind.SOURCE, Kind.OVERRIDE):
        return _signal(core, kind, aux, index, a, b, texts)
    if kind == Kind.READING:
        how, drive = "speed" if aux & RATE else "travel", _named(core["drives"], _index(a), "drive")
        return f"{_signal_facts(core, index)['name']} follows the {how} of {drive}"
    if kind == Kind.DRIVE:
        name = _named(core["drives"], index, "drive")
        return f"{name} moves with limited jerk" if aux == CUBIC else _drive(name, b, d)
    if kind == Kind.PART_MADE:
        return f"part {index} was made by {_object(core, _index(d))}"
    if kind == Kind.PART_GONE:
        return f"part {index} {_GONE.get(aux, 'left')} {_object(core, _index(a))}"
    if kind == Kind.PART_MOVE:
        where = f"came onto {_carrier(core, aux, _index(a))}" if aux else "was taken up"
        return f"part {index} {where}"
    if kind == Kind.TRAIN:
        first, last = _index(b), _index(c)
        who = f"part {first}" if first == last else f"parts {first} to {last}"
        held = aux == 65535
        return f"{who} stand still" if held else f"{who} move with {_named(core['drives'], aux, 'drive')}"
    if kind == Kind.PART_ATTRIBUTE:
        return f"part {index} was marked {_named(core['attributes'], aux, 'attribute')} = {a:g}"
    if kind == Kind.STATE:
        state = State(aux).name.lower() if aux in set(State) else str(aux)
        return f"{_object(core, index)} is {state}"
    if kind == Kind.INPUT:
        return _input(core, aux, index, a, b, d, texts)
    if kind == Kind.PROBLEM:
        return _text(texts, a)
    if kind == Kind.LINK_STATUS:
        return f"link {_object(core, index)} {_LINKS[aux] if aux < len(_LINKS) else aux}"
    return f"record of kind {kind}"


def _signal(
    core: Mapping[str, Any], kind: int, aux: int, index: int, a: float, b: float, texts: Sequence[str]
) -> str:
    signal = _signal_facts(core, index)
    name, value = signal["name"], _value(signal, a, b, texts)
    if kind == Kind.OVERRIDE:
        words = {1: f"was forced to {value}", 2: "is no longer forced", 3: f"failed to {value}"}
        return f"{name} {words.get(aux, 'works again')}"
    if aux & 3 == Quality.BAD and kind == Kind.VALUE:
        return f"{name} became BAD"
    if signal["type"] == "BOOL":
        text = f"{name} {'rose' if a else 'fell'}"
    else:
        text = f"{name} became {value}"
    if kind == Kind.SOURCE:
        return f"{text} under an override"
    if aux & 12:
        return f"{text} ({'forced' if aux & 4 else 'fault'})"
    owner = str(signal.get("owner") or "").removeprefix("host:")
    ports = [port for port in signal["ports"] if port.split(".")[0] != owner]
    if owner and owner.split(".")[0] != name.split(".")[0]:
        return f"{text}, written by {owner}"
    return f"{text} ({ports[0]})" if ports else text


def _drive(name: str, v0: float, v1: float) -> str:
    if v0 == v1:
        return f"{name} stands still" if v1 == 0.0 else f"{name} moves at {v1:g} m/s"
    if v1 == 0.0:
        return f"{name} slows from {v0:g} m/s to a stop"
    return f"{name} goes from {v0:g} to {v1:g} m/s"


def _input(
    core: Mapping[str, Any], aux: int, index: int, a: float, b: float, quality: float, texts: Sequence[str]
) -> str:
    what, reason = aux & 0xFF, aux >> 8
    if what == 3:
        return f"operator: {_text(texts, b)} {_object(core, index)}"
    if what == 8:
        return f"fork: other random numbers from here on (seed {_index(a) << 32 | _index(b)})"
    signal = _signal_facts(core, index)
    word = _INPUTS.get(what, "")
    value = "" if what in (2, 6) else f" {_value(signal, a, b, texts)}"
    if what == 4 and quality in (Quality.UNCERTAIN, Quality.BAD):
        why = f": {Reason(reason).name.lower().replace('_', ' ')}" if reason in set(Reason) and reason else ""
        value += f" ({Quality(int(quality)).name}{why})"
    return f"from outside: {signal['name']} {word}{value}"


def _carrier(core: Mapping[str, Any], kind: int, index: int) -> str:
    if kind == CarrierKind.SLOT:
        return str(core["slots"][index]["device"]) if index < len(core["slots"]) else f"slot {index}"
    if kind == CarrierKind.LANE:
        zones = core["lanes"][index]["zones"] if index < len(core["lanes"]) else []
        return str(zones[0]["device"]) if zones else f"lane {index}"
    if kind == CarrierKind.BODY:
        return _named(core["drives"], index, "body")
    return f"part {index}"


def _value(signal: Mapping[str, Any], a: float, b: float, texts: Sequence[str]) -> str:
    try:
        value = value_of(DataType[signal["type"]], a, b, texts)
    except (IndexError, ValueError, OverflowError):
        return "?"  # a recording from elsewhere may hold what no run writes
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _signal_facts(core: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    signals = core["signals"]
    if index < len(signals):
        facts: Mapping[str, Any] = signals[index]
        return facts
    return {"name": f"signal {index}", "type": "LREAL", "owner": "", "ports": []}


def _object(core: Mapping[str, Any], index: int) -> str:
    objects = core["objects"]
    return str(objects[index]["id"]) if index < len(objects) else f"object {index}"


def _named(names: Sequence[Any], index: int, word: str) -> str:
    return str(names[index]) if index < len(names) else f"{word} {index}"


def _index(number: float) -> int:
    """A number of a record as an index; what is none becomes one that nothing has."""
    return int(number) if 0.0 <= number < 1e15 else 1 << 60


def _text(texts: Sequence[str], index: float) -> str:
    return texts[int(index)] if 0 <= index < len(texts) else "?"
