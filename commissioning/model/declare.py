"""What a type of device, controller, link or check declares once.

File format, JSON schema, property panel and manual page come from here; the model knows no type by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from commissioning.model.pose import Pose
from commissioning.model.tags import DataType

Kind = Literal["device", "controller", "link", "check"]
Places = Literal["pose", "along", "flow", "none"]


class _Required:
    """The default of a parameter that has none: the scene must give it."""

    def __repr__(self) -> str:
        return "REQUIRED"

    def __reduce__(self) -> str:
        return "REQUIRED"  # unpickles to the one object, so that `is REQUIRED` holds in a worker


REQUIRED: Final[Any] = _Required()

REFERENCES = ("product", "device", "track", "controller", "link", "scenario", "tag")
PARAM_KINDS = (
    "distribution", "boolean", "integer", "text", "choice", "expression", "mapping", "list", "file", "any",
    "clock", *REFERENCES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter.

    `kind`: a dimension of `model.quantity` ("length", "speed", "rate", "share", ...; value: float SI),
    "duration" (fixed; float s), "distribution" (a `model.duration.Distribution`), "boolean", "integer",
    "text", "choice" (one of `choices`), "expression" (text), "file" (path text relative to the scene),
    "mapping" (with `fields`: declared keys, defaults filled; with `item`: any keys of the kind `keys`, or
    those in `choices`, each value an `item`; without: raw), "list" (of `item`; without: raw), "any" (raw),
    "clock" ("06:00" or "6 h" since the start; float s), or the id of something in the scene: "product",
    "device", "track" (a device that parts travel on), "controller", "link", "scenario", "tag".
    `by_product`: instead of one value a mapping of products to values may be given (value: FrozenDict);
    2: and again for each of them.
    `total`: what the values of a mapping of shares add up to.
    A default of None means "may be left out" and stays None; a text default of a quantity, duration,
    distribution or mapping is read like text in the scene ("0.4 m/s").
    """

    name: str
    kind: str
    help: str
    default: Any = REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    choices: tuple[str, ...] = ()
    example: str = ""
    fields: tuple[Param, ...] = ()
    item: Param | None = None
    always: bool = False  # a distribution that may also be the word `always`
    keys: str = ""  # of a mapping of items: "product", or "" for names that the scene chooses
    by_product: int = 0
    total: float | None = None
    at_least_one: bool = False  # a list or mapping of items that cannot be empty

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class Port:
    """One typed input or output as seen from the device: "out" = the device writes it (a PLC input).

    `continuous`: its value runs between events and is solved on reading; the dimension of that value.
    `status`: its value follows from the device's own records, so that it needs none where nothing is bound
    to it. "state": a BOOL is a bit, a number the count of parts, of the STATE record; "counted": the number
    of parts that have left the line here (PART_GONE).
    """

    name: str
    type: DataType
    direction: Literal["in", "out"]
    help: str
    unit: str = ""
    continuous: str = ""
    status: Literal["", "state", "counted"] = ""


@dataclass(frozen=True)
class TypeDeclaration:
    """Everything the scene file, the panels and the placement must know about a type.

    `places`: "pose" = a pose is needed; "along" = stands on a track (`along`, `at`) and nowhere else;
    "flow" = `pose`, or without it at the end of what feeds it (a first device: before what it feeds);
    "none" = no place needed. With `may_along` a "pose" or "flow" device may also stand along a track.
    `outputs`: names of the exits of `to`; ("",) = one plain `to`; () = none.
    `track`: parts travel on it, from x = 0 to its `length` parameter along its own +x.
    `exit_pose(params, output)`: where parts leave, in the device's own frame; without it the end of a
    track, or the device's own pose.
    `outputs_required`: an unconnected exit is a problem.
    `outputs_from`: a mapping parameter whose keys are exits as well; each of those must lead somewhere.
    `leads_to(params)`: devices that parts go to besides those of `to`.
    `brings_tags`: a controller whose own variables are tags too (they are not known from the scene alone).
    `runs_code`: Python that comes with the scene is run: only after the user allowed its content.
    `writes_outputs`: False for a controller whose PLC outputs are written by whoever is outside.
    """

    kind: Kind
    type: str
    help: str
    params: tuple[Param, ...] = ()
    ports: tuple[Port, ...] = ()
    places: Places = "none"
    outputs: tuple[str, ...] = ()
    feeds: bool = False
    actions: tuple[str, ...] = ()
    track: bool = False
    may_along: bool = False
    outputs_required: bool = True
    outputs_from: str = ""
    exit_pose: Callable[[Mapping[str, Any], str], Pose] | None = None
    leads_to: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None
    brings_tags: bool = False
    writes_outputs: bool = True
    runs_code: bool = False
    example: str = ""

    def exits(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of the exits of a device with these parameters."""
        named = params.get(self.outputs_from) if self.outputs_from else None
        return (*self.outputs, *(str(key) for key in named or ()))

    def leads(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Devices that parts go to besides those of `to`."""
        return self.leads_to(params) if self.leads_to is not None else ()

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)

    def port(self, name: str) -> Port | None:
        return next((port for port in self.ports if port.name == name), None)


Declarations = Mapping[tuple[str, str], TypeDeclaration]
