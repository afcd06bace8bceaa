"""The greatest rate at which each device can pass parts on, whatever the seed.

A bound comes from fixed times, from the least that a uniform or triangular time can be, from the ways that
must be gone for each part at the highest speed, and from parts on a track that cannot overlap. Random times
without a least value bound nothing; nor does a device whose speed somebody sets while it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, pi
from typing import Final

from commissioning.bench.product_problems import arrivals
from commissioning.model.declare import Declarations
from commissioning.model.duration import Constant, Triangular, Uniform
from commissioning.model.quantity import format_quantity
from commissioning.model.scene import DeviceRecord, Scene
from commissioning.model.tags import DataType

__all__ = ["ONE_FOR_ONE", "Bounds", "least", "takes_no_time"]

ONE_FOR_ONE: Final = frozenset(
    ("source", "sink", "belt", "chain_conveyor", "curve", "roller_conveyor", "station", "manual_station",
     "inspection", "buffer", "diverter", "transfer", "popup", "pusher", "rack", "crane", "lift", "shuttle",
     "turntable", "agvs", "merge", "separator", "stopper")
)  # fmt: skip
"""Types that give each part that they take, once."""
_TRACKS: Final = ("belt", "chain_conveyor", "curve", "roller_conveyor")
_ZONED: Final = ("chain_conveyor", "roller_conveyor")
_CARRIAGES: Final = ("lift", "shuttle", "turntable")
_WORKPLACES: Final = ("manual_station", "inspection", "assembly", "disassembly")


class Bounds:
    """Of the devices of one scene."""

    def __init__(self, scene: Scene, known: Declarations) -> None:
        self.scene, self.known = scene, known
        self.come = arrivals(scene, known)
        targets = [target for record in scene.devices.values() for target in record.to.values()]
        self.merged = {target.device for target in targets if target.at}
        self.behind_track = {
            target.device
            for record in scene.devices.values()
            for target in record.to.values()
            if record.type in _TRACKS
        }
        self.taken_off = {
            record.along for record in scene.devices.values() if record.along is not None and record.to
        }

    def rate(self, record: DeviceRecord, product: str | None = None) -> float:
        """Parts per s at most; inf where nothing bounds it. `product`: of a source, those of it."""
        declared = self.known["device", record.type]
        ports = [port for name in record.tags if (port := declared.port(name)) is not None]
        if any(port.direction == "in" and port.type is not DataType.BOOL for port in ports):
            return inf  # somebody may tell it to be faster
        if record.type == "source" and product is not None:
            made = record.params.get("product")
            if product != made and product not in (record.params.get("mix") or ()):
                return 0.0
        seconds, at_once = self._seconds(record)
        return at_once / seconds if seconds > 0.0 else inf

    def why(self, record: DeviceRecord) -> str:
        """In words, what bounds it."""
        if record.type in _TRACKS:
            speed = format_quantity(record.params["speed"], "speed")
            length = format_quantity(self._shortest(record), "length")
            said = f"{record.id} runs at {speed}, and its parts are {length} long or more"
            gap, by = self._gap(record)
            if self._zone(record):
                return f"{said}; one enters a zone when the one before has left it"
            return f"{said}, with {format_quantity(gap, 'length')} between them{by}" if gap else said
        seconds = self._seconds(record)[0]
        return f"{record.id} needs {format_quantity(seconds, 'duration')} or more for a part"

    def _seconds(self, record: DeviceRecord) -> tuple[float, int]:
        """s from one part to the next, 0 for no bound; and how many parts go in that time."""
        params, kind = record.params, record.type
        if kind == "source":
            return least(params.get("every")), 1
        if kind == "station":
            at_once = int(params.get("parallel") or 1) * int(params.get("batch") or 1)
            return least(params.get("cycle")) + least(params.get("load")), at_once
        if kind in _WORKPLACES:
            gives = params.get("gives") or {}
            if kind == "disassembly" and any(given["count"] is None for given in gives.values()):
                return 0.0, 1
            return least(params.get("cycle")), 1 + sum(given["count"] for given in gives.values())
        if kind in _TRACKS:
            between = self._zone(record) or self._shortest(record) + self._gap(record)[0]
            return between / float(params["speed"]), 1
        if kind in _CARRIAGES:
            return least(params["load"]) + least(params["unload"]) + 2.0 * _way(record), 1
        if kind == "agvs":
            return least(params["load"]) + least(params["unload"]), len(params["vehicles"])
        if kind == "rack":
            return 4.0 * float(params["handling"]), 1  # each part is stored and retrieved
        if kind == "crane":
            return 2.0 * (least(params["pick"]) + least(params["deposit"])), 1
        return 0.0, 1

    def _shortest(self, record: DeviceRecord) -> float:
        """The shortest part that can come to it, m."""
        products = self.scene.products
        lengths = [products[name].size[0] for name in self.come[record.id] if name in products]
        return min(lengths or [product.size[0] for product in products.values()], default=0.0)

    def _gap(self, record: DeviceRecord) -> tuple[float, str]:
        """Room between parts on a track, m, and who makes it if not the track itself."""
        alone = record.id not in self.merged
        gap, by = 0.0, ""
        if alone and record.id not in self.behind_track:  # in a row of tracks only the first one keeps it
            gap = float(record.params.get("gap") or 0.0)
        if alone and record.id not in self.taken_off:
            for other in self.scene.devices.values():
                if other.type == "separator" and other.along == record.id and other.params["gap"] > gap:
                    gap, by = float(other.params["gap"]), f" behind {other.id}"
        return gap, by

    def _zone(self, record: DeviceRecord) -> float:
        """Of zones that let parts go one by one: m from one front to the next. 0 of all else."""
        params = record.params
        if record.type not in _ZONED or params["mode"] != "singulation" or params["zones"] < 2:
            return 0.0
        if record.id in self.merged:
            return 0.0
        before = 0.0 if params["acceleration"] else float(params["eye"])  # a ramp may end beyond the eye
        return float(params["length"]) / int(params["zones"]) + self._shortest(record) + before


def least(value: object) -> float:
    """The least that a duration can be, s; of several, by product, the shortest; 0 for no such bound."""
    if isinstance(value, Mapping):
        return min((least(one) for one in value.values()), default=0.0)
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Uniform | Triangular):
        return value.low
    return 0.0


def takes_no_time(record: DeviceRecord) -> bool:
    """Whether a part surely leaves it at the instant at which it came, if it may."""
    params = record.params
    if record.type == "station":
        times = [params.get("cycle"), params.get("load")]
        return params.get("slot") is None and all(_is_nothing(time) for time in times)
    if record.type in ("manual_station", "inspection"):
        return params.get("operators") is None and _is_nothing(params.get("cycle"))
    return record.type in ("buffer", "diverter", "router")


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, Constant) and value.value == 0.0)


def _way(record: DeviceRecord) -> float:
    """s from a place where parts come to one where they go, the nearest ones, at the highest speed."""
    params = record.params
    ways = [abs(a - b) for a in params["takes"].values() for b in params["gives"].values()]
    if record.type == "turntable":
        ways = [min(way % (2.0 * pi), 2.0 * pi - way % (2.0 * pi)) for way in ways]
    return min(ways, default=0.0) / float(params["speed"])
