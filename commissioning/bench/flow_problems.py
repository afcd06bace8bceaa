"""What can be known of the flow of parts before a run: parts that can never leave, sinks that nothing
reaches, times of nothing, shares that do not add up, rates that no line of these devices can give.

A bound is told only if no run can exceed it, whatever its seed: it comes from fixed times, from the least a
uniform or triangular time can be, and from parts on a track that cannot overlap. Random times without a
least value bound nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import inf
from typing import Any

from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.duration import Constant, Triangular, Uniform
from commissioning.model.problem import Problem
from commissioning.model.quantity import QuantityError, format_quantity, parse_quantity
from commissioning.model.scene import CheckRecord, DeviceRecord, Scene
from commissioning.model.tags import DataType

__all__ = ["flow_problems"]

_ROUNDING = 1e-9  # of a rate
_ADDS_UP = 1e-6  # of shares
_ONE_FOR_ONE = frozenset(
    ("source", "sink", "belt", "roller_conveyor", "station", "manual_station", "inspection", "buffer",
     "diverter", "transfer", "popup", "pusher")
)  # fmt: skip


def flow_problems(text: SceneText, scene: Scene, known: Declarations) -> list[Problem]:
    """Everything of that kind that is wrong with a scene."""
    flow = _Flow(scene, known)
    found: list[Problem] = []
    for maker in flow.makers:
        reached = flow.reached([maker])
        record = scene.devices[maker]
        if not reached & set(flow.ends) and not record.params.get("limit") and not flow.pallets(record):
            ring = ", ".join(one for one in scene.devices if one in reached and one != maker)
            found.append(
                Problem(
                    f"parts of {maker} can never leave: no sink can be reached from it, only {ring}",
                    text.place(("devices", maker, "to")),
                    "Lead one of these to a sink, or give the source a limit",
                )
            )
    fed = flow.reached(flow.makers)
    for end in flow.ends:
        if flow.makers and end not in fed:
            found.append(
                Problem(
                    f"no part can reach {end}: nothing that makes parts leads to it",
                    text.place(("devices", end), key=True),
                    f"Lead something to it (to: {end}), or remove it",
                )
            )
    for record in scene.devices.values():
        found += _time_problems(record, text) + _mix_problems(record, text)
    for check in scene.checks.values():
        if check.type == "throughput":
            found += _rate_problems(check, text, scene, flow, fed)
    return found


def _time_problems(record: DeviceRecord, text: SceneText) -> list[Problem]:
    """Durations of nothing, where the line would do without end what takes no time."""
    found = []
    places: list[tuple[str | int, ...]] = []
    if record.type == "source":
        places.append(("every",))
    if record.params.get("failures"):
        places.append(("failures", "every"))
    places += [("causes", k, "every") for k in range(len(record.params.get("causes") or ()))]
    for steps in places:
        value: Any = record.params
        for step in steps:
            value = value[step]
        if isinstance(value, Constant | Uniform) and value.mean == 0.0:
            what = f"{steps[-1]} of {record.id} is 0 s: it would happen without end at one instant"
            cure = "Write always for a source that always has a part" if steps == ("every",) else _LONGER
            found.append(Problem(what, text.place(("devices", record.id, *steps)), cure))
    return found


_LONGER = "Give it a time, for example 5 s"


def _mix_problems(record: DeviceRecord, text: SceneText) -> list[Problem]:
    """Shares of products: whole numbers are weights, anything else adds up to 100 %."""
    mix = record.params.get("mix")
    if record.type != "source" or not isinstance(mix, Mapping):
        return []
    where = text.place(("devices", record.id, "mix"))
    if not mix:
        return [Problem(f"the mix of {record.id} is empty", where, "Write {carton: 90 %, tall_carton: 10 %}")]
    if all(type(share) is int for share in mix.values()):
        return []
    try:
        total = sum(parse_quantity(share, "share") for share in mix.values())
    except QuantityError:
        return []  # told by the source
    if abs(total - 1.0) <= _ADDS_UP:
        return []
    what = f"the shares of {record.id} add up to {format_quantity(round(total, 9), 'share')}, not 100 %"
    return [Problem(what, where, "Change them, or write whole numbers as weights, like {carton: 3, tray: 1}")]


def _rate_problems(
    check: CheckRecord, text: SceneText, scene: Scene, flow: _Flow, fed: set[str]
) -> list[Problem]:
    """What a throughput asks for and the line cannot give."""
    wanted, at = check.params.get("at_least"), check.params.get("at")
    if not isinstance(wanted, float) or at not in scene.devices:
        return []
    path = ("checks", check.id, "at_least")
    if at not in fed and at not in flow.makers:
        what = f"no part ever passes {at}, and {_hourly(wanted)} are to leave it"
        return [Problem(what, text.place(("checks", check.id, "at")), "Name a device that parts pass")]
    limit, names = flow.most(at)
    span = check.params.get("for") or scene.run.length_ns / 1e9
    warm_up = float(check.params.get("warm_up") or 0.0)
    # parts that were already beyond the narrowest place when counting began could come on top
    possible = limit * (warm_up + span) + sum(flow.inside(name) for name in names)
    if wanted * span <= possible * (1.0 + _ROUNDING):
        return []
    causes = "; ".join(flow.why(name) for name in names)
    let = "let" if len(names) > 1 else "lets"
    what = f"{at} cannot give {_hourly(wanted)}: {' and '.join(names)} {let} at most "
    what += f"{_hourly(limit)} through"
    return [Problem(what, text.place(path), "Ask for less, or make that faster", causes)]


class _Flow:
    """Which device leads to which, and how many parts per second each can pass on at most."""

    def __init__(self, scene: Scene, known: Declarations) -> None:
        self.scene, self.known = scene, known
        declared = {name: known["device", record.type] for name, record in scene.devices.items()}
        self.after: dict[str, list[str]] = {name: [] for name in scene.devices}
        for name, record in scene.devices.items():
            self.after[name] += [target.device for target in record.to.values()]
            self.after[name] += declared[name].leads(record.params)
            if record.along is not None and record.to:
                self.after[record.along].append(name)  # takes parts off that track
        leads = {name for name, record in scene.devices.items() if record.to or self.after[name]}
        self.ends = [name for name, one in declared.items() if one.feeds and name not in leads]
        self.makers = [
            name
            for name, record in scene.devices.items()
            if (name in leads and not declared[name].feeds and record.along is None) or self.pallets(record)
        ]
        self.shortest = min((product.size[0] for product in scene.products.values()), default=0.0)
        self.rates = {name: self._rate(record) for name, record in scene.devices.items()}

    def pallets(self, record: DeviceRecord) -> bool:
        """Whether it holds parts at the start that nobody else has made."""
        return bool(record.params.get("pallets"))

    def reached(self, starts: Iterable[str]) -> set[str]:
        """The devices that parts of `starts` can come to."""
        queue = list(starts)
        found: set[str] = set()
        for name in queue:
            fresh = [other for other in self.after[name] if other not in found]
            found.update(fresh)
            queue += fresh
        return found

    def most(self, at: str) -> tuple[float, list[str]]:
        """The greatest rate (1/s) at which parts can leave `at`, and the devices that bound it.

        A maximum flow from what makes parts. Where parts can pass `at` more than once (rework, pallets), or
        become more or fewer on the way (assembly), only its own time bounds it.
        """
        if at in self.reached([at]) or any(self._counts_otherwise(name) for name in self._before(at)):
            return self.rates[at], [at]
        flow: dict[tuple[str, str], float] = {}
        total = 0.0
        while True:
            path, cut = self._path(at, flow)
            if path is None:
                return total, [name for name in self.scene.devices if name in cut]
            room = min(self._room(a, b, flow) for a, b in pairwise(path))
            if room == inf:
                return inf, []
            total += room
            for a, b in pairwise(path):
                flow[a, b] = flow.get((a, b), 0.0) + room
                flow[b, a] = flow.get((b, a), 0.0) - room

    def inside(self, name: str) -> int:
        """Parts that a device can pass on beyond its rate: those that it had finished already."""
        params = self.scene.devices[name].params
        return int(params.get("parallel") or 1) * int(params.get("batch") or 1) + 1

    def why(self, name: str) -> str:
        """In words, what bounds a device."""
        record = self.scene.devices[name]
        if "speed" in record.params:
            speed = format_quantity(record.params["speed"], "speed")
            length = format_quantity(self.shortest, "length")
            return f"{name} runs at {speed}, and its parts are {length} long or more"
        least = _least(record.params.get("every")) or _least(record.params.get("cycle"))
        return f"{name} needs {format_quantity(least, 'duration')} or more for a part"

    # inside --------------------------------------------------------------------------------------

    def _before(self, at: str) -> list[str]:
        """`at` and all from which parts can come to it."""
        return [name for name in self.scene.devices if name == at or at in self.reached([name])]

    def _counts_otherwise(self, name: str) -> bool:
        """Whether parts may become more or fewer in it, for all that is known of its type."""
        record = self.scene.devices[name]
        return self.pallets(record) or record.type not in _ONE_FOR_ONE

    def _rate(self, record: DeviceRecord) -> float:
        params = record.params
        declared = self.known["device", record.type]
        ports = [port for name in record.tags if (port := declared.port(name)) is not None]
        if any(port.direction == "in" and port.type is not DataType.BOOL for port in ports):
            return inf  # somebody may tell it to be faster
        if record.type == "source":
            return _rate(1.0, _least(params.get("every")))
        if record.type == "station":
            at_once = int(params.get("parallel") or 1) * int(params.get("batch") or 1)
            return _rate(at_once, _least(params.get("cycle")) + _least(params.get("load")))
        if record.type in ("belt", "roller_conveyor") and self.shortest:
            return float(params["speed"]) / self.shortest
        return inf

    # Each device is an edge from its way in to its way out; ways in and out of one are two nodes.

    def _path(self, at: str, flow: Mapping[tuple[str, str], float]) -> tuple[list[str] | None, set[str]]:
        """A way for more parts from any maker to the way out of `at`; or None, and the devices that are full
        between what can still be reached and what cannot."""
        came: dict[str, str] = {}
        queue = [_into(name) for name in self.makers]
        seen = set(queue)
        for node in queue:
            for other in self._next(node):
                if other not in seen and self._room(node, other, flow) > _ROUNDING:
                    seen.add(other)
                    came[other] = node
                    queue.append(other)
            if node == _out(at):
                path = [node]
                while path[-1] in came:
                    path.append(came[path[-1]])
                return path[::-1], set()
        return None, {name for name in self.scene.devices if _into(name) in seen and _out(name) not in seen}

    def _next(self, node: str) -> list[str]:
        name, out = node[:-1], node.endswith(">")
        if out:
            before = [_into(name)]
            return [_into(other) for other in self.after[name]] + before
        return [_out(name), *(_out(other) for other in self.scene.devices if name in self.after[other])]

    def _room(self, a: str, b: str, flow: Mapping[tuple[str, str], float]) -> float:
        used = flow.get((a, b), 0.0)
        if a[:-1] == b[:-1]:
            return (self.rates[a[:-1]] if b.endswith(">") else 0.0) - used
        return (inf if a.endswith(">") else 0.0) - used


def _into(name: str) -> str:
    return f"{name}<"


def _out(name: str) -> str:
    return f"{name}>"


def _hourly(rate: float) -> str:
    return f"{rate * 3600.0:.6g}/h"


def _rate(parts: float, seconds: float) -> float:
    return parts / seconds if seconds > 0.0 else inf


def _least(value: object) -> float:
    """The least that a duration can be, s; 0 where it has no such bound."""
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Uniform | Triangular):
        return value.low
    return 0.0
