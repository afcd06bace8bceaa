"""Which parts were good, as the inspections of a line judged them.

An inspection leaves its result in the attribute `ID.result` of a part, 0 for the good one. A part that a
machine passed on counts as not good for that machine if the next inspection it came to judged it so; the
inspection itself does not make parts bad.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

from commissioning.model.record import Kind
from commissioning.sim.history import History

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
    """By device: parts that left it in the time looked at; one that went into another part there, or
    onto one, has not."""
    found: Counter[int] = Counter()
    for part, visits in history.journeys.items():
        gone = history.ends.get(part)
        last = len(visits) - 1
        for k, (device, _, t_out) in enumerate(visits):
            if (
                history.start < t_out <= history.end
                and (part, t_out) not in history.rides
                and (k < last or (gone is not None and (gone.why != _USED or gone.device != device)))
            ):
                found[device] += 1
    return found


def bad_outputs(history: History) -> Counter[int]:
    """By device: parts that it passed on in the time looked at and that the next inspection found bad."""
    found: Counter[int] = Counter()
    for part, judged in judgements(history).items():
        visits, before = history.journeys[part], 0
        for k, good in judged:
            for device, _, t_out in visits[before:k]:
                if not good and history.start < t_out <= history.end:
                    found[device] += 1
            before = k + 1
    return found


def rejected(history: History) -> set[int]:
    """Parts whose last judgement was not good."""
    return {part for part, judged in judgements(history).items() if not judged[-1][1]}
