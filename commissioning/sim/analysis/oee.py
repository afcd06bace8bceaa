"""Overall equipment effectiveness with its loss tree, per machine.

After ISO 22400-2: availability = APT / PBT, effectiveness = PRI * PQ / APT, quality = GQ / PQ, OEE their
product; states are tied to the standard's time elements as OPC 40001-1 Annex C.2 ties them. PBT, the planned
busy time, is the time that the machine was not off. Waiting for the line (starved, blocked, idle) lies in
PBT, and the standard's availability falls with it: blame that belongs to the line. So both are given: the
figures of the standard, and the machine's own, in which the line's losses are taken off PBT first.

PRI is the planned time per part: the mean of its declared cycle. A machine that declares none, or works in
slots, is taken to be as fast as planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commissioning.model.record import State
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.quality import bad_outputs, departed

__all__ = ["ELEMENTS", "LOSSES", "Oee", "oee", "planned_s"]

ELEMENTS = {
    "working": "APT", "setup": "AUST", "starved": "ADOT", "blocked": "ADOT", "idle": "ADOT", "down": "ADET",
}  # fmt: skip
"""Time elements of ISO 22400-2 by state, as decision 13 reads OPC 40001-1 Annex C.2; they make up PBT. Off is
outside of it."""

LOSSES = (
    "off", "starved", "blocked", "idle", "down", "setup", "slow", "rejected", "effective",
)  # fmt: skip
"""Where the time went, in the order in which it is taken off: not planned; the line's losses; availability;
performance; quality; what is left made good parts."""


@dataclass(frozen=True)
class Oee:
    """One machine. `time`: share of the time looked at by LOSSES, they add up to 1 (`slow` is below 0 for
    a machine that was quicker than planned). `availability`, `performance`, `quality`, `oee`: the
    machine's own. `line`: share of the planned time that the line left it. `iso_availability`, `iso_oee`:
    as the standard has them. `elements`: seconds by time element of the standard. None where there is
    nothing to divide by.
    """

    device: int
    parts: int
    good: int
    planned_s: float | None
    time: Mapping[str, float]
    availability: float | None
    performance: float | None
    quality: float | None
    oee: float | None
    line: float | None
    iso_availability: float | None
    iso_oee: float | None
    elements: Mapping[str, float]


def oee(history: History) -> list[Oee]:
    """Of every machine that worked. Good is what no inspection behind it judged otherwise, see `quality`."""
    found = []
    left, bad = departed(history), bad_outputs(history)
    for device in history.devices:
        if history.roles[device] == "machine" and _works(history, device):
            found.append(_of(history, device, left[device], bad[device]))
    return found


def planned_s(header: Mapping[str, Any], name: str) -> float | None:
    """Planned seconds per part of one place of a station, None where it declares none."""
    look = header.get("look", {}).get("devices", {}).get(name, {})
    planned = look.get("planned_s")
    return float(planned) if planned else None


def _works(history: History, device: int) -> bool:
    return bool((history.periods[device].state == State.WORKING).any())


def _of(history: History, device: int, parts: int, bad: int) -> Oee:
    shares = history.periods[device].shares(history.start, history.end)
    time = {state.name.lower(): shares[state] for state in State}
    places = history.places[device]
    if places > 1:  # of several places those without a part are starved, whatever the others do
        empty = sum(
            (t1 - t0) * (places - min(held, places)) / places
            for t0, t1, state, held in history.periods[device].within(history.start, history.end)
            if state == State.WORKING
        ) / max(history.span, 1)
        time["working"] -= empty
        time["starved"] += empty
    good = parts - bad
    elements = dict.fromkeys(("APT", "AUST", "ADOT", "ADET"), 0.0)
    for state, element in ELEMENTS.items():
        elements[element] += time[state] * history.span / 1e9
    working = time.pop("working")
    each = planned_s(history.header, history.names[device])
    useful = working
    if each is not None and history.span:
        useful = parts * each / max(places, 1) / (history.span / 1e9)
    quality = good / parts if parts else None
    effective = useful * (1.0 if quality is None else quality)
    tree = {name: time.get(name, 0.0) for name in LOSSES[:6]}
    tree |= {"slow": working - useful, "rejected": useful - effective, "effective": effective}
    busy = 1.0 - time["off"]
    own = working + time["down"] + time["setup"]
    performance = _ratio(useful, working)
    return Oee(
        device, parts, good, each, tree, _ratio(working, own), performance, quality,
        _ratio(effective, own), _ratio(own, busy), _ratio(working, busy), _ratio(effective, busy),
        elements,
    )  # fmt: skip


def _ratio(upper: float, lower: float) -> float | None:
    return upper / lower if lower > 1e-12 else None
