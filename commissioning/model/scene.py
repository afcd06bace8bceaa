"""The scene as a value: immutable records in SI units, with every default filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from commissioning.model.frozen import FrozenDict
from commissioning.model.pose import Pose
from commissioning.model.tags import DataType, Value


def _empty() -> Mapping[str, Any]:
    return FrozenDict()


@dataclass(frozen=True, slots=True)
class Target:
    """Where an exit leads: to a device, or onto a track `at` metres from its infeed (a merge)."""

    device: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Ties a port to a tag. A binding with nothing but `tag` makes port and tag the same entry.

    The tag sees ``value * scale`` or ``not value`` (`invert`), as one `bit` of it, `delay_ns` later.
    """

    tag: str
    invert: bool = False
    bit: int | None = None
    scale: float | None = None
    delay_ns: int = 0

    @property
    def plain(self) -> bool:
        return not self.invert and self.bit is None and self.scale is None and self.delay_ns == 0


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """One placed device. `params` SI with defaults; `at` metres along its track; `to` by exit ("" = plain).

    `tags` maps port name -> Binding; `power` a state's name -> W. `pose` is what the scene says; the place
    in the world comes from `model.placement.place`.
    """

    id: str
    type: str
    params: Mapping[str, Any] = field(default_factory=_empty)
    pose: Pose | None = None
    along: str | None = None
    at: float | None = None
    to: Mapping[str, Target] = field(default_factory=_empty)
    tags: Mapping[str, Binding] = field(default_factory=_empty)
    asset: str | None = None
    power: Mapping[str, float] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """What parts are: size in m (along travel, across, up), mass in kg, a colour name or #rrggbb, a mesh."""

    id: str
    size: tuple[float, float, float]
    mass: float = 1.0
    colour: str = ""
    asset: str | None = None


@dataclass(frozen=True, slots=True)
class TagRecord:
    """A PLC variable. `type` and `direction` follow from the bound port where the scene does not say them.

    `direction` is seen from the PLC: "input" = the field supplies it, "output" = the PLC commands it,
    "" = bound to no port.
    """

    name: str
    type: DataType | None = None
    controller: str | None = None
    path: str = ""
    address: str = ""
    comment: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class ControllerRecord:
    id: str
    type: str
    params: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class LinkRecord:
    id: str
    type: str
    params: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class CheckRecord:
    id: str
    type: str
    params: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class Step:
    """One stimulus at an instant: `action` on `target` (a device, a tag or ``device.port``)."""

    at_ns: int
    action: str
    target: str
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class ScenarioRecord:
    """Steps in order of time; equal times in the order of the file."""

    id: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run is unless said otherwise."""

    length_ns: int = 3_600_000_000_000
    seed: int = 1
    scenario: str | None = None


@dataclass(frozen=True)
class Scene:
    """The saved line. Mappings keep the order of the file; that order counts."""

    name: str = ""
    devices: Mapping[str, DeviceRecord] = field(default_factory=_empty)
    products: Mapping[str, ProductRecord] = field(default_factory=_empty)
    controllers: Mapping[str, ControllerRecord] = field(default_factory=_empty)
    tags: Mapping[str, TagRecord] = field(default_factory=_empty)
    links: Mapping[str, LinkRecord] = field(default_factory=_empty)
    scenarios: Mapping[str, ScenarioRecord] = field(default_factory=_empty)
    checks: Mapping[str, CheckRecord] = field(default_factory=_empty)
    experiments: Mapping[str, Mapping[str, Any]] = field(default_factory=_empty)
    run: RunRecord = RunRecord()

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the values as canonical JSON.

        Comments, formatting, units as written and the order of keys inside a record do not count; the
        order of devices, products, tags and other named things does, since equal times go by it.
        """
        value = {item.name: getattr(self, item.name) for item in fields(self)}
        ordered: dict[str, Any] = {
            name: [[key, _plain(record)] for key, record in section.items()]
            if isinstance(section, Mapping)
            else _plain(section)
            for name, section in value.items()
        }
        return hashlib.sha256(canonical_json(ordered).encode("utf-8")).hexdigest()

    def tag(self, name: str) -> TagRecord | None:
        """The tag of that name, compared without case."""
        found = self.tags.get(name)
        return found if found is not None else self._tags_by_fold.get(name.casefold())

    @cached_property
    def _tags_by_fold(self) -> Mapping[str, TagRecord]:
        return {name.casefold(): record for name, record in self.tags.items()}


def canonical_json(value: Any) -> str:
    """One text per value: keys sorted, no spaces, shortest float text, 3.0 and 3 told apart."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """A record -> what JSON can hold; a record's class is in it, so that Constant(1) is not Uniform(1)."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        plain = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        plain["class"] = type(value).__name__
        return plain
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
