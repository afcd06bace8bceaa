"""Scenarios (stimulus over time) and what a run is by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commissioning.model.declare import Declarations
from commissioning.model.problem import Problem
from commissioning.model.quantity import QuantityError, parse_duration_ns
from commissioning.model.reading import Path, Reader, Source, shown, suggest
from commissioning.model.scene import DeviceRecord, RunRecord, ScenarioRecord, Scene, Step, TagRecord
from commissioning.model.tags import DataType

TAG_VALUES: Final = ("force", "set", "fault")  # {tag: value}
TAG_NAMES: Final = ("release", "clear")  # tag
_SEED_MAX: Final = 2**63 - 1


class Targets:
    """What a step can act on: devices and controllers with their actions, tags and ports with their types."""

    def __init__(
        self, reader: Reader, devices: Mapping[str, DeviceRecord], tags: Mapping[str, TagRecord]
    ) -> None:
        self.actions: dict[str, tuple[str, ...]] = {}
        self.entries: dict[str, tuple[str, DataType | None]] = {}
        for name, device in devices.items():
            declared = reader.declarations.get(("device", device.type))
            self.actions[name] = declared.actions if declared is not None else ()
            for port in declared.ports if declared is not None else ():
                self.entries[f"{name}.{port.name}".casefold()] = (f"{name}.{port.name}", port.type)
        for tag in tags.values():
            self.entries[tag.name.casefold()] = (tag.name, tag.type)
        controllers = reader.ids.get("controllers", {})
        kinds = controllers.values()
        declared_controllers = [reader.declarations.get(("controller", kind)) for kind in kinds]
        self.controllers(reader, controllers)
        # a program's own variables are tags too, but only the program knows them
        self.open = any(declared is not None and declared.brings_tags for declared in declared_controllers)

    def controllers(self, reader: Reader, kinds: Mapping[str, str]) -> None:
        """Adds controllers, id -> type, that can be acted on."""
        for name, kind in kinds.items():
            declared = reader.declarations.get(("controller", kind))
            if declared is not None and declared.actions:
                self.actions.setdefault(name, declared.actions)

    @property
    def words(self) -> list[str]:
        declared = {action for actions in self.actions.values() for action in actions}
        return sorted(declared | {*TAG_VALUES, *TAG_NAMES})


def read_scenario(reader: Reader, path: Path, name: str, value: Any, targets: Targets) -> ScenarioRecord:
    """Steps sorted by time; equal times keep the order of the file."""
    body = reader.mapping(path, value, f"scenario {name}", "{steps: [{at: 1 s, press: start}]}")
    reader.unknown_keys(path, body, ("steps",), f"scenario {name}")
    steps = body.get("steps")
    if not isinstance(steps, list | tuple):
        cure = "Write for example steps: [{at: 1 s, press: start}]"
        reader.problem((*path, "steps"), f"steps is a list, not {shown(steps)}", cure)
        return ScenarioRecord(name)
    found: list[Step] = []
    for index, step in enumerate(steps):
        found += _read_step(reader, (*path, "steps", index), step, targets)
    return ScenarioRecord(name, tuple(sorted(found, key=lambda step: step.at_ns)))


def _read_step(reader: Reader, path: Path, value: Any, targets: Targets) -> list[Step]:
    example = "{at: 1 s, press: start}"
    body = reader.mapping(path, value, "a step", example)
    if not body:
        if value is None or isinstance(value, Mapping):
            reader.problem(path, "this step is empty", f"Write for example {example}")
        return []
    at_ns = None
    if "at" not in body:
        reader.problem((*path, "at"), "this step has no time", "Add at: and the time, like 1 s")
    else:
        try:
            at_ns = parse_duration_ns(body["at"])
        except QuantityError as error:
            reader.quantity_problem((*path, "at"), error)
    actions = [key for key in body if key != "at"]
    if len(actions) != 1:
        what = "a step does one thing" + (f", here are {len(actions)}" if actions else ", here is none")
        reader.problem(path, what, f"Write for example {example}")
        return []
    action = actions[0]
    place: Path = (*path, action)
    if action not in targets.words:
        reader.problem(place, f"there is no action {action!r}", suggest(action, targets.words), key=True)
        return []
    if action in TAG_VALUES:
        return _tag_values(reader, place, body[action], action, at_ns or 0, targets)
    named = body[action]
    names = list(enumerate(named)) if isinstance(named, list | tuple) else [(None, named)]
    out: list[Step] = []
    for index, target in names:
        inner = place if index is None else (*place, index)
        found = _target(reader, inner, target, action, targets)
        if found is not None:
            out.append(Step(at_ns or 0, action, found))
    return out


def _target(reader: Reader, path: Path, target: Any, action: str, targets: Targets) -> str | None:
    if isinstance(target, str) and target in targets.actions:
        if action in targets.actions[target]:
            return target
        able = [name for name, actions in targets.actions.items() if action in actions]
        cure = "Use one of " + ", ".join(able) if able else "There is no such device in this scene"
        if action not in TAG_NAMES or target.casefold() not in targets.entries:
            reader.problem(path, f"{target} cannot be told to {action}", cure)
            return None
    if action in TAG_NAMES:
        return _entry(reader, path, target, targets)
    able = [name for name, actions in targets.actions.items() if action in actions]
    reader.problem(path, f"there is no device {shown(target)}", suggest(target, able))
    return None


def _entry(reader: Reader, path: Path, target: Any, targets: Targets) -> str | None:
    if isinstance(target, str) and target.casefold() in targets.entries:
        return targets.entries[target.casefold()][0]
    if isinstance(target, str) and target.strip() and targets.open:
        return target
    names = [name for name, _ in targets.entries.values()]
    reader.problem(path, f"there is no tag {shown(target)}", suggest(target, names))
    return None


def _tag_values(
    reader: Reader, path: Path, value: Any, action: str, at_ns: int, targets: Targets
) -> list[Step]:
    body = reader.mapping(path, value, action, f"{action}: {{I_PE1: true}}")
    if not body and (value is None or isinstance(value, Mapping)):
        reader.problem(path, f"{action} names no tag", f"Write for example {action}: {{I_PE1: true}}")
    out: list[Step] = []
    for name, given in body.items():
        where: Path = (*path, name)
        entry = _entry(reader, where, name, targets)
        if entry is None:
            continue
        kind = targets.entries.get(entry.casefold(), (entry, None))[1]
        accepted = _value_for(kind, given)
        if accepted is None:
            words = f"{entry} is {kind}" if kind is not None else f"a tag of {action} has a value"
            reader.problem(where, f"{words}, {shown(given)} is not", _value_cure(kind))
            continue
        out.append(Step(at_ns, action, entry, accepted))
    return out


def _value_for(kind: DataType | None, value: Any) -> bool | int | float | str | None:
    if kind is None:
        return value if isinstance(value, bool | int | float | str) else None
    if kind is DataType.TIME:
        try:
            return parse_duration_ns(value)
        except QuantityError:
            return None
    if not kind.accepts(value):
        return None
    if kind.is_real:
        return float(value)
    return value if isinstance(value, bool | int | float | str) else None


def _value_cure(kind: DataType | None) -> str:
    if kind is None or kind is DataType.BOOL:
        return "Write true or false" if kind is not None else "Write true, false, a number or text"
    if kind is DataType.TIME:
        return "Write a time like 20 ms"
    if kind is DataType.STRING:
        return "Write text"
    low, high = kind.range or (0, 0)
    return "Write a number" if kind.is_real else f"Write a whole number from {low} to {high}"


def check_open_targets(
    source: Source, declarations: Declarations, scene: Scene, entries: Mapping[str, DataType]
) -> tuple[Problem, ...]:
    """Problems of the scenarios once every tag is known: those that a program brings cannot be known from
    the scene alone. `entries`: name of every tag and port of the built line -> type."""
    reader = Reader(source, declarations)
    targets = Targets(reader, scene.devices, scene.tags)
    targets.entries |= {name.casefold(): (name, kind) for name, kind in entries.items()}
    targets.controllers(reader, {name: record.type for name, record in scene.controllers.items()})
    scenarios = source.tree.get("scenarios") if isinstance(source.tree, Mapping) else None
    for name, body in scenarios.items() if isinstance(scenarios, Mapping) else ():
        read = read_scenario(reader, ("scenarios", name), name, body, targets)
        for step, before in zip(read.steps, scene.scenarios[name].steps, strict=False):
            if step.target == before.target and step.value != before.value:
                # "20 ms" stayed text, because nobody knew that the tag is a TIME
                what = f"without the type of {step.target}, {shown(before.value)} is only text"
                cure = f"Add {step.target} to tags: with its type"
                reader.problem(("scenarios", name), what, cure, key=True)
    return tuple(reader.found)


def read_run(reader: Reader, path: Path, value: Any) -> RunRecord:
    """`run: {length, seed, scenario}`."""
    body = reader.mapping(path, value, "run", "{length: 8h, seed: 1, scenario: production}")
    reader.unknown_keys(path, body, ("length", "seed", "scenario"), "run")
    usual = RunRecord()
    length: int | None = usual.length_ns
    if "length" in body:
        try:
            length = parse_duration_ns(body["length"])
            if length == 0:
                reader.problem((*path, "length"), "a run of no length shows nothing", "Write for example 8h")
        except QuantityError as error:
            reader.quantity_problem((*path, "length"), error)
    seed: int | None = usual.seed
    if "seed" in body:
        seed = reader.integer((*path, "seed"), body["seed"], "seed", 0, _SEED_MAX)
    scenario = None
    if body.get("scenario") is not None:
        scenario = reader.known((*path, "scenario"), "scenarios", body["scenario"], "scenario")
    return RunRecord(length or usual.length_ns, seed if seed is not None else usual.seed, scenario)
