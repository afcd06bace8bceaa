"""Which products can come to which device; assemblies that can never be complete, products that nobody takes.

What can come is overestimated (a controller may send every part anywhere), so that what cannot come is sure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.problem import Problem
from commissioning.model.scene import DeviceRecord, Scene

__all__ = ["arrivals", "product_problems"]

_MAKERS = ("source", "assembly", "disassembly", "router")
_PASSING = frozenset(
    ("agvs", "belt", "buffer", "chain_conveyor", "crane", "curve", "diverter", "inspection", "lift",
     "manual_station", "merge", "popup", "pusher", "rack", "roller_conveyor", "shuttle", "sink", "station",
     "transfer", "turntable")
)  # fmt: skip


def product_problems(text: SceneText, scene: Scene, known: Declarations) -> list[Problem]:
    """Assemblies that need a product which nothing can bring, and checks that count one that never passes."""
    come = arrivals(scene, known)
    found = _counted(text, scene, known, come)
    for record in scene.devices.values():
        if record.type != "assembly":
            continue
        for product in record.params["takes"]:
            if product not in come[record.id]:
                what = f"no {product} can come to {record.id}, which waits for it before it works"
                cure = f"Lead something that makes or brings {product} to {record.id}"
                found.append(Problem(what, text.place(("devices", record.id, "takes", product)), cure))
    return found + _refused(text, scene)


def _refused(text: SceneText, scene: Scene) -> list[Problem]:
    """What surely comes to a device that has no route, place or time for it: the run would stop there."""
    found = []
    for record in scene.devices.values():
        if record.type == "source":
            made = record.params["product"]
            for product in [made] if made is not None else list(record.params["mix"] or ()):
                end = _end_of_way(record, scene)
                param, known = _takes(end)
                if product in scene.products and known is not None and product not in known:
                    says = {"routes": "has routes for", "takes": "takes", "cycle": "has a cycle for"}[param]
                    what = f"{product} comes to {end.id} from {record.id}, and it {says} "
                    what += f"{', '.join(known) or 'nothing'} only"
                    cure = f"Add {product} to its {param}, or send it another way"
                    found.append(Problem(what, text.place(("devices", end.id, param)), cure))
    return list(dict.fromkeys(found))


def _end_of_way(record: DeviceRecord, scene: Scene) -> DeviceRecord:
    """Where parts surely come: as far as there is one way only."""
    seen = {record.id}
    while True:
        off = any(other.along == record.id and other.to for other in scene.devices.values())
        if len(record.to) != 1 or off:
            return record
        record = scene.devices[next(iter(record.to.values())).device]
        if record.id in seen or record.type not in _PASSING or _takes(record)[1] is not None:
            return record
        seen.add(record.id)


def _takes(record: DeviceRecord) -> tuple[str, Collection[str] | None]:
    """The parameter that says which products a device can be given, and those; None: any."""
    for param, kind in (("routes", "router"), ("takes", "assembly")):
        if record.type == kind:
            return param, record.params[param]
    cycle = record.params.get("cycle")
    return "cycle", cycle if isinstance(cycle, Mapping) else None


def _counted(
    text: SceneText, scene: Scene, known: Declarations, come: Mapping[str, set[str]]
) -> list[Problem]:
    found = []
    for check in scene.checks.values():
        product, at = check.params.get("product"), str(check.params.get("at"))
        if check.type != "throughput" or product is None or at not in scene.devices:
            continue
        given = [products for _, products in _given(scene.devices[at], come[at], scene, known)]
        if product not in come[at].union(*given):
            what = f"no {product} ever passes {at}, and its rate there is to be measured"
            found.append(
                Problem(
                    what, text.place(("checks", check.id, "product")), "Name a product that passes, or none"
                )
            )
    return found


def arrivals(scene: Scene, known: Declarations) -> dict[str, set[str]]:
    """By device: the products that can come to it. A type of a third party is taken to make any."""
    come: dict[str, set[str]] = {name: set() for name in scene.devices}
    changed = True
    while changed:
        changed = False
        for name, record in scene.devices.items():
            if record.along is not None and not come[record.along] <= come[name]:
                come[name] |= come[record.along]  # it may take parts off that track
                changed = True
            for target, products in _given(record, come[name], scene, known):
                if not products <= come[target]:
                    come[target] |= products
                    changed = True
    return come


def _given(
    record: DeviceRecord, came: set[str], scene: Scene, known: Declarations
) -> list[tuple[str, set[str]]]:
    """(device, products) that a device can give to another, when those in `came` can come to it."""
    params = record.params
    if record.type == "router":
        routes = [(product, route) for product, route in params["routes"].items() if product in came]
        return [(stop, {product}) for product, route in routes for stop in route]
    exits = [(target.device, _products(record, output, came)) for output, target in record.to.items()]
    if record.type not in _PASSING and record.type not in _MAKERS:
        every = set(scene.products)
        exits = [(device, every) for device, _ in exits]
        exits += [(device, every) for device in known["device", record.type].leads(params)]
    return exits


def _products(record: DeviceRecord, output: str, came: set[str]) -> set[str]:
    params: Mapping[str, Any] = record.params
    if record.type == "source":
        return {params["product"]} if params["product"] is not None else set(params["mix"] or ())
    if record.type == "assembly":
        return {params["result"] if params["result"] is not None else next(iter(params["takes"]))}
    if record.type == "disassembly" and output in params["gives"]:
        return {params["gives"][output]["product"]}
    if (params.get("pallets") or params.get("stock")) and params.get("product") is not None:
        return came | {params["product"]}
    return came
