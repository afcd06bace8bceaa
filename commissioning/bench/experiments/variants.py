"""Variants: a scene with some of its parameters set to other values.

A parameter is named by where it stands: `belt1.speed`, `pack.cycle`, `infeed.mix`, `pe1.at`, deeper with
more dots (`pack.failures.repair`), and outside the devices by its section (`products.carton.mass`,
`controllers.plc.task.main.cycle`, `scenarios.production.steps`). Values are written as in a scene file, and
the variant is loaded as a scene file would be: what is wrong with a value is the same problem as there, told
where the experiment says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from commissioning.files.scene_text import SceneText
from commissioning.model.declare import Declarations
from commissioning.model.problem import Problem, Problems
from commissioning.model.read_device import read_device
from commissioning.model.read_params import read_param
from commissioning.model.reading import Path, Reader, path_id, shown, suggest
from commissioning.model.scene import Scene
from commissioning.model.validate import build_scene

__all__ = [
    "Override", "Variant", "check_override", "overlaps", "said_problem", "value_text", "variant_text",
]  # fmt: skip

SECTIONS: Final = ("products", "controllers", "scenarios")
_PLACE: Final = ("at", "to", "pose", "along")  # of a device, beside its parameters
_ABOUT: Final = ("experiments", "checks")  # sections that do not change what happens in a run


@dataclass(frozen=True)
class Override:
    """One parameter with its value as the scene would write it. `said`: where the experiment says so."""

    address: str
    value: Any
    said: Path

    @property
    def path(self) -> Path:
        """Where the value stands in a scene; see `check_override` for whether there is such a place."""
        steps = tuple(self.address.split("."))
        return steps if steps[0] in SECTIONS else ("devices", *steps)


@dataclass(frozen=True)
class Variant:
    """A parameter set under a name; without overrides it is the scene as it is. `also`: other names of the
    experiment under which the same parameters stand."""

    id: str
    overrides: tuple[Override, ...] = ()
    said: Path = ()
    also: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """Its id, and the other names it goes by."""
        return self.id + "".join(f" = {name}" for name in self.also)

    def as_json(self) -> dict[str, Any]:
        """Parameter -> value as written."""
        return {item.address: item.value for item in self.overrides}


def value_text(value: Any) -> str:
    """A value in a variant's name: short, as an engineer would write it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {value_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def check_override(override: Override, text: SceneText, scene: Scene, known: Declarations) -> list[Problem]:
    """What is wrong with one override by itself: no such device or parameter, a wrong unit or value.

    What depends on more than one value (an eye behind the end of a shorter belt) loading the variant tells.
    """
    reader = Reader(text, known, ids=_ids(scene))
    steps = override.path
    if len(steps) < 3 or not all(steps):
        cure = "Write for example belt1.speed, products.carton.mass or pack.cycle"
        reader.problem(override.said, f"{override.address!r} names no parameter", cure, key=True)
        return reader.found
    section, owner, name = str(steps[0]), str(steps[1]), str(steps[2])
    if section != "devices":
        ids = list(getattr(scene, section))
        if owner not in ids:
            what = f"there is no {section.removesuffix('s')} {owner!r}"
            reader.problem(override.said, what, suggest(owner, ids), key=True)
            return reader.found
        return _beside_devices(override, text, known)
    device = scene.devices.get(owner)
    if device is None:
        cure = suggest(owner, scene.devices)
        reader.problem(override.said, f"there is no device {owner!r}", cure, key=True)
        return reader.found
    declared = known["device", device.type]
    param = declared.param(name)
    if param is None:
        if name in _PLACE:
            reader.found += _placing(override, text, scene, known)
        else:
            names = [*(param.name for param in declared.params), *_PLACE]
            what = f"{owner} ({device.type}) has no {name!r}"
            reader.problem(override.said, what, suggest(name, names), key=True)
        return reader.found
    value = override.value
    if len(steps) > 3:
        written = text.tree["devices"][owner].get(name)
        inner = _with(written, steps[3:], value)
        if inner is None:
            what = f"{owner}.{name} is {shown(written)} in the scene, there is nothing inside it to change"
            reader.problem(override.said, what, f"Give the whole of {owner}.{name}", key=True)
            return reader.found
        value = inner
    before = Reader(text, known, ids=_ids(scene))
    read_param(before, steps[:3], value, param)
    reader.found += [said_problem(problem, [override], text, ()) for problem in before.found]
    return reader.found


def overlaps(overrides: Sequence[Override], text: SceneText) -> list[Problem]:
    """Parameters that one variant sets twice: the whole of one, and something inside it."""
    found = []
    for one in overrides:
        for other in overrides:
            if one is not other and other.path[: len(one.path)] == one.path:
                what = f"{other.address} lies inside {one.address}, which is set here as well"
                where = text.place(other.said, key=True)
                found.append(Problem(what, where, f"Write it inside {one.address}, or remove one of them"))
    return found


def variant_text(text: SceneText, variant: Variant) -> SceneText:
    """The text of the scene with the variant's values, without its experiments and checks.

    Without them the hash of the scene says what happens in a run and nothing else, so that results stay
    good when a check or another variant is written. Raises Problems for values that a scene cannot hold.
    """
    edited = text
    for section in _ABOUT:
        if section in text.tree:
            edited = edited.delete((section,))
    for override in variant.overrides:
        try:
            edited = edited.set(override.path, override.value)
        except (KeyError, TypeError, ValueError) as error:
            what = f"{override.address} cannot be set: {error}"
            raise Problems(
                Problem(what, text.place(override.said), "Give the parameter as a whole")
            ) from error
    return edited


def said_problem(
    problem: Problem, overrides: Sequence[Override], text: SceneText, otherwise: Path, variant: str = ""
) -> Problem:
    """The problem where the experiment causes it: at the value, or at the variant as a whole."""
    where = problem.where.id
    for override in overrides:
        at = path_id(override.path)
        if where == at or where.startswith((f"{at}.", f"{at}[")):
            return replace(problem, where=replace(text.place(override.said), id=path_id(override.said)))
    what = f"with variant {variant}: {where}: {problem.what}" if variant else problem.what
    return replace(problem, what=what, where=text.place(otherwise, key=True))


def _placing(override: Override, text: SceneText, scene: Scene, known: Declarations) -> list[Problem]:
    """What is wrong with where a device is to stand or to lead: a wrong unit, no such device or exit, one
    that takes no parts."""
    path, name = override.path[:2], str(override.path[1])
    written = text.tree["devices"][name]
    changed = _with(written, override.path[2:], override.value)
    if changed is None:
        return []  # nothing to change it in: loading the variant tells
    found = []
    for body in (written, changed):
        reader = Reader(text, known, ids=_ids(scene))
        read_device(reader, path, name, body)
        found.append(reader.found)
    return _new_ones(found[0], found[1], override, text)


def _beside_devices(override: Override, text: SceneText, known: Declarations) -> list[Problem]:
    """What is wrong with a value outside the devices: the scene is read with it."""
    try:
        changed = variant_text(text, Variant("", (override,), override.said))
    except Problems as problems:
        return list(problems.problems)
    return _new_ones(build_scene(text, known)[1], build_scene(changed, known)[1], override, text)


def _new_ones(
    before: Sequence[Problem], after: Sequence[Problem], override: Override, text: SceneText
) -> list[Problem]:
    known = {(problem.where.id, problem.what) for problem in before}
    fresh = [problem for problem in after if (problem.where.id, problem.what) not in known]
    return [said_problem(problem, [override], text, override.said) for problem in fresh]


def _ids(scene: Scene) -> dict[str, dict[str, str]]:
    typed = ("devices", "controllers", "links")
    ids = {name: {key: item.type for key, item in getattr(scene, name).items()} for name in typed}
    return ids | {name: dict.fromkeys(getattr(scene, name), "") for name in ("products", "scenarios")}


def _with(tree: Any, path: Sequence[Any], value: Any) -> Any:
    """A copy of a mapping with `value` at `path` in it; None if there is no mapping on the way."""
    if not path:
        return value
    if not isinstance(tree, Mapping):
        return None
    inner = _with(tree.get(path[0]), path[1:], value)
    return None if inner is None else {**tree, path[0]: inner}
