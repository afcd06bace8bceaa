"""Which products can come to which device, and assemblies that can never be complete.

What can come is overestimated (a controller may send every part anywhere), so that what cannot come is sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.problem import Problem
from commissioning.model.scene import DeviceRecord, Scene

__all__ = ["arrivals", "product_problems"]

_MAKERS = ("source", "assembly", "disassembly", "router")
_PASSING = frozenset(
    ("belt", "buffer", "diverter", "inspection", "manual_station", "merge", "popup", "pusher", "rack",
     "roller_conveyor", "sink", "station", "transfer")
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
    return found


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
    if params.get("pallets") and params.get("product") is not None:
        return came | {params["product"]}
    return came
