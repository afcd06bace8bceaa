"""Which parts were good, as the inspections of a line judged them.

An inspection leaves its result in the attribute `ID.result` of a part, 0 for the good one. A part that a
machine passed on counts as not good for that machine if the next inspection it came to judged it so; the
inspection itself does not make parts bad. A carrier (a pallet) is judged for what rides on it then: the
judgement is about the machines that it came to since it was loaded, and about its load as well. Where a load
is taken off, the load is what is passed on, and not the carrier beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

from commissioning.model.record import Kind
from commissioning.sim.analysis.history import History

__all__ = ["bad_outputs", "departed", "judgements", "rejected"]

_USED = 3
_SUFFIX = ".result"


def judgements(history: History) -> dict[int, list[tuple[int, bool]]]:
    """By part, visit for visit to an inspection that it left: the visit's number in its journey, and
    whether it was judged good."""
    names = {name: k for k, name in enumerate(history.names)}
    inspections = {
        attribute: names[name.removesuffix(_SUFFIX)]
        for attribute, name in enumerate(history.header["core"]["attributes"])
        if name.endswith(_SUFFIX) and name.removesuffix(_SUFFIX) in names
    }
    if not inspections:
        return {}
    told: dict[tuple[int, int], list[tuple[int, float]]] = {}
    rows = history.records[history.records["kind"] == int(Kind.PART_ATTRIBUTE)]
    columns = (rows["t"].tolist(), rows["aux"].tolist(), rows["obj"].tolist(), rows["a"].tolist())
    for t, attribute, part, value in zip(*columns, strict=True):
        if attribute in inspections:
            told.setdefault((part, inspections[attribute]), []).append((t, value))
    found: dict[int, list[tuple[int, bool]]] = {}
    for part, device in told:
        visits = history.journeys.get(part, [])
        for k, (one, _, t_out) in enumerate(visits):
            values = told[part, device]
            last = bisect_right(values, (t_out, float("inf"))) - 1
            if one == device and last >= 0 and (k + 1 < len(visits) or part in history.ends):
                found.setdefault(part, []).append((k, values[last][1] == 0.0))
    return {part: sorted(found[part]) for part in found}


def departed(history: History) -> Counter[int]:
    """By device: parts that left it in the time looked at. One that went into another part there, or onto
    one, has not; nor has a carrier from which a load was taken off there."""
    found: Counter[int] = Counter()
    unloaded = {(carrier, device) for carrier, device, _ in _unloadings(history)}
    for part, visits in history.journeys.items():
        gone = history.ends.get(part)
        last = len(visits) - 1
        for k, (device, _, t_out) in enumerate(visits):
            if (
                history.start < t_out <= history.end
                and (part, t_out) not in history.rides
                and (part, device) not in unloaded
                and (k < last or (gone is not None and (gone.why != _USED or gone.device != device)))
            ):
                found[device] += 1
    return found


def bad_outputs(history: History) -> Counter[int]:
    """By device: parts that it passed on in the time looked at and that the next inspection found bad."""
    found: Counter[int] = Counter()
    loadings = _loadings(history)
    for part, judged in judgements(history).items():
        visits, before = history.journeys[part], 0
        loaded = loadings.get(part, [])
        for k, good in judged:
            since = bisect_right(loaded, visits[k][1]) - 1
            begin = loaded[since] if since >= 0 else -1
            for device, _, t_out in visits[before:k]:
                if not good and history.start < t_out <= history.end and t_out >= begin:
                    found[device] += 1
            before = k + 1
    return found


def rejected(history: History) -> set[int]:
    """Parts whose last judgement, or that of the carrier they rode on, was not good."""
    judged = judgements(history)
    times = {
        part: [(history.journeys[part][k][2], good) for k, good in mine] for part, mine in judged.items()
    }
    last = {part: mine[-1] for part, mine in times.items()}
    for (part, t0), carrier in history.rides.items():
        t1 = _taken_off(history, part, t0)
        rode = [one for one in times.get(carrier, ()) if t0 <= one[0] <= t1]
        if rode and rode[-1][0] >= last.get(part, (-1, True))[0]:
            last[part] = rode[-1]
    return {part for part, (_, good) in last.items() if not good}


def _taken_off(history: History, part: int, t: int) -> int:
    """When a part that was put onto another one at `t` was taken off it, or left the line with it."""
    off = next((t_in for _, t_in, _ in history.journeys.get(part, []) if t_in >= t), None)
    if off is not None:
        return off
    return history.ends[part].t if part in history.ends else history.end


def _loadings(history: History) -> dict[int, list[int]]:
    """By carrier: the times (ns, rising) at which it was loaded while nothing rode on it."""
    steps: dict[int, list[tuple[int, int]]] = {}
    for (part, t), carrier in history.rides.items():
        steps.setdefault(carrier, []).append((t, 1))
        steps[carrier].append((_taken_off(history, part, t), -1))
    found: dict[int, list[int]] = {}
    for carrier, mine in steps.items():
        level = 0
        for t, step in sorted(mine):  # what is taken off at an instant before what is put on
            if step > 0 and level == 0:
                found.setdefault(carrier, []).append(t)
            level += step
    return found


def _unloadings(history: History) -> Iterator[tuple[int, int, int]]:
    """(carrier, device, t) at which parts were taken off a carrier."""
    for (part, t), carrier in history.rides.items():
        for device, t_in, _ in history.journeys.get(part, []):
            if t_in >= t:
                yield carrier, device, t_in
                break
