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

from commissioning.bench.flow_rates import ONE_FOR_ONE, Bounds, takes_no_time
from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.duration import Always, Constant, Uniform
from commissioning.model.problem import Problem
from commissioning.model.quantity import QuantityError, format_quantity, parse_quantity
from commissioning.model.reading import suggest
from commissioning.model.scene import CheckRecord, DeviceRecord, Scene

__all__ = ["flow_problems"]

_ROUNDING = 1e-9  # of a rate
_ADDS_UP = 1e-6  # of shares


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
    found += _without_end(flow, text)
    for record in scene.devices.values():
        found += _time_problems(record, text) + _mix_problems(record, text, scene)
    for check in scene.checks.values():
        if check.type == "throughput":
            found += _rate_problems(check, text, scene, flow, fed)
    return found


def _without_end(flow: _Flow, text: SceneText) -> list[Problem]:
    """What would go on for ever at one instant: pallets in a ring in which nothing takes time, and a source
    that always has a part before a store that always has room."""
    found = []
    devices = flow.scene.devices
    for record in devices.values():
        ring = flow.reached([record.id])
        if flow.pallets(record) and record.id in ring and all(takes_no_time(devices[name]) for name in ring):
            names = ", ".join(name for name in devices if name in ring)
            what = f"{names} take no time: pallets of {record.id} would go round without end at one instant"
            found.append(Problem(what, text.place(("devices", record.id), key=True), _LONGER))
        if record.type == "source" and isinstance(record.params["every"], Always):
            to = devices[record.to[""].device]
            endless = to.type == "buffer" and to.params["capacity"] is None
            if endless and not record.params["limit"]:
                what = (
                    f"{record.id} always has a part and {to.id} has room without limit: it would be filled "
                )
                what += "without end at one instant"
                cure = f"Give {to.id} a capacity, or {record.id} a time"
                found.append(Problem(what, text.place(("devices", record.id, "every")), cure))
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


def _mix_problems(record: DeviceRecord, text: SceneText, scene: Scene) -> list[Problem]:
    """Shares of products: whole numbers are weights, anything else adds up to 100 %."""
    mix = record.params.get("mix")
    if record.type != "source" or not isinstance(mix, Mapping):
        return []
    where = text.place(("devices", record.id, "mix"))
    if not mix:
        return [Problem(f"the mix of {record.id} is empty", where, "Write {carton: 90 %, tall_carton: 10 %}")]
    unknown = [name for name in mix if name not in scene.products]
    if unknown:
        found = []
        for name in unknown:
            at = text.place(("devices", record.id, "mix", name), key=True)
            found.append(Problem(f"there is no product {name!r}", at, suggest(name, scene.products)))
        return found
    if all(type(share) is int for share in mix.values()):
        if min(mix.values()) >= 0 and max(mix.values()) > 0:
            return []
        what = f"the weights of {record.id} are 0 or more, and not all 0"
        return [Problem(what, where, "Write for example {carton: 3, tray: 1}")]
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
        self.bounds = Bounds(scene, known)
        self.rates = {name: self.bounds.rate(record) for name, record in scene.devices.items()}
        for name, record in scene.devices.items():
            if record.type == "assembly":
                self.rates[name] = min(self.rates[name], self._complete(record)[0])

    def pallets(self, record: DeviceRecord) -> bool:
        """Whether it holds parts at the start that nobody else has made."""
        return bool(record.params.get("pallets") or record.params.get("stock"))

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

        A maximum flow from what makes parts; from assemblies as from sources, each as quick as it works and
        what it takes can come. Where parts can pass `at` more than once (rework, pallets), or may become
        more or fewer on the way otherwise, only its own time bounds it.
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
        if record.type == "assembly":
            rate, product = self._complete(record)
            if rate < self.bounds.rate(record):
                count = record.params["takes"][product]
                most = _hourly(rate * count)
                return f"{name} takes {count} {product} for each, and at most {most} of it can come"
        return self.bounds.why(record)

    def _complete(self, record: DeviceRecord) -> tuple[float, str]:
        """How often an assembly can have all that it takes (1/s), and the product that is scarcest."""
        found = (inf, "")
        for product, count in record.params["takes"].items():
            makers = [name for name in self.makers if record.id in self.reached([name])]
            others = [name for name in self._before(record.id) if name != record.id]
            if any(self._makes_more(self.scene.devices[name]) for name in others):
                continue
            rate = sum(self.bounds.rate(self.scene.devices[name], product) for name in makers)
            found = min(found, (rate / count, product))
        return found

    def _makes_more(self, record: DeviceRecord) -> bool:
        """Whether parts may come to be in it beside those that sources make."""
        return (record.type != "source" and record.type not in ONE_FOR_ONE) or self.pallets(record)

    # inside --------------------------------------------------------------------------------------

    def _before(self, at: str) -> list[str]:
        """`at` and all from which parts can come to it."""
        return [name for name in self.scene.devices if name == at or at in self.reached([name])]

    def _counts_otherwise(self, name: str) -> bool:
        """Whether parts may become more or fewer in it, for all that is known of its type."""
        record = self.scene.devices[name]
        return self.pallets(record) or (record.type != "assembly" and record.type not in ONE_FOR_ONE)

    # Each device is an edge from its way in to its way out; ways in and out of one are two nodes.

    def _path(self, at: str, flow: Mapping[tuple[str, str], float]) -> tuple[list[str] | None, set[str]]:
        """A way for more parts from any maker to the way out of `at`; or None, and the devices that are full
        between what can still be reached and what cannot."""
        came: dict[str, str] = {}
        assemblies = [name for name, one in self.scene.devices.items() if one.type == "assembly"]
        queue = [_into(name) for name in (*self.makers, *assemblies)]
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
