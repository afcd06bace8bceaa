"""Tree -> scene, or everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from commissioning.model.declare import Declarations
from commissioning.model.dimensions import DIMENSIONS
from commissioning.model.frozen import FrozenDict, freeze
from commissioning.model.placement import solve
from commissioning.model.problem import Problem
from commissioning.model.quantity import QuantityError, format_quantity, parse_quantity
from commissioning.model.read_device import check_positions, read_device
from commissioning.model.read_params import read_params
from commissioning.model.read_scenario import Targets, read_run, read_scenario
from commissioning.model.read_tags import read_tag, resolve_tags
from commissioning.model.reading import Path, Reader, Source, check_id, shown
from commissioning.model.scene import (
    CheckRecord,
    ControllerRecord,
    DeviceRecord,
    LinkRecord,
    ProductRecord,
    Scene,
)

FORMAT: Final = "commissioning-scene/1"
SECTIONS: Final = (
    "products", "devices", "controllers", "tags", "links", "scenarios", "checks", "experiments",
)  # fmt: skip
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_WORDS: Final = {
    "products": "product", "devices": "device", "controllers": "controller", "tags": "tag", "links": "link",
    "scenarios": "scenario", "checks": "check", "experiments": "experiment",
}  # fmt: skip


def build_scene(source: Source, declarations: Declarations) -> tuple[Scene | None, tuple[Problem, ...]]:
    """The scene in `source` by the types in `declarations`, and all problems, in the order of the file.

    The scene is None exactly when there are problems; those of the source itself come first among equals.
    Expressions and program texts are not read here: their text stands in the parameters.
    """
    reader = Reader(source, declarations, list(source.problems))
    tree = source.tree
    if not isinstance(tree, Mapping):
        if not reader.found:
            what = "the scene is empty" if tree is None else f"a scene is a mapping, not {shown(tree)}"
            reader.problem((), what, f"Begin with format: {FORMAT}")
        return None, tuple(reader.found)
    scene = _read(reader, {key: value for key, value in tree.items() if isinstance(key, str)})
    problems = tuple(sorted(reader.found, key=lambda problem: (problem.where.line, problem.where.column)))
    return (None if problems else scene), problems


def sound_controllers(source: Source, declarations: Declarations) -> Mapping[str, ControllerRecord]:
    """The controllers whose own records have no problems, of a scene that may have many elsewhere: their
    programs can be looked at all the same."""
    reader = Reader(source, declarations)
    tree = source.tree if isinstance(source.tree, Mapping) else {}
    out: dict[str, ControllerRecord] = {}
    for key, body in _sections(reader, {k: v for k, v in tree.items() if isinstance(k, str)})[
        "controllers"
    ].items():
        before = len(reader.found)
        record = ControllerRecord(key, *_typed(reader, "controller", "controllers", key, body))
        if len(reader.found) == before:
            out[key] = record
    return FrozenDict(out)


def _read(reader: Reader, tree: dict[str, Any]) -> Scene:
    reader.unknown_keys((), tree, ("format", "name", "run", *SECTIONS), "a scene")
    _check_format(reader, tree)
    name = ""
    if "name" in tree:
        name = reader.text(("name",), tree["name"], "the name", "Carton line") or ""
    sections = _sections(reader, tree)
    products = {key: _read_product(reader, ("products", key), key, body)
                for key, body in sections["products"].items()}  # fmt: skip
    read = {key: read_device(reader, ("devices", key), key, body)
            for key, body in sections["devices"].items()}  # fmt: skip
    check_positions(reader, read)
    declared = {key: read_tag(reader, ("tags", key), key, body) for key, body in sections["tags"].items()}
    tags, devices = resolve_tags(reader, declared, read)
    _place(reader, devices)
    targets = Targets(reader, devices, tags)
    scenarios = {key: read_scenario(reader, ("scenarios", key), key, body, targets)
                 for key, body in sections["scenarios"].items()}  # fmt: skip
    return Scene(
        name=name,
        devices=devices,
        products=FrozenDict(products),
        controllers=FrozenDict(
            {key: ControllerRecord(key, *_typed(reader, "controller", "controllers", key, body))
             for key, body in sections["controllers"].items()}
        ),
        tags=tags,
        links=FrozenDict(
            {key: LinkRecord(key, *_typed(reader, "link", "links", key, body))
             for key, body in sections["links"].items()}
        ),
        scenarios=FrozenDict(scenarios),
        checks=FrozenDict(
            {key: CheckRecord(key, *_typed(reader, "check", "checks", key, body))
             for key, body in sections["checks"].items()}
        ),
        experiments=freeze(
            {key: reader.mapping(("experiments", key), body, f"experiment {key}", "{replications: 10}")
             for key, body in sections["experiments"].items()}
        ),
        run=read_run(reader, ("run",), tree.get("run")),
    )  # fmt: skip


def _check_format(reader: Reader, tree: Mapping[str, Any]) -> None:
    if "format" not in tree:
        reader.problem(("format",), "the scene does not say its format", f"Begin with format: {FORMAT}")
    elif tree["format"] != FORMAT:
        what = f"this program reads {FORMAT}, not {shown(tree['format'])}"
        reader.problem(("format",), what, f"Write format: {FORMAT}, or use the program that wrote the scene")


def _sections(reader: Reader, tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every section as a mapping, with its ids known to the reader and checked for clashes."""
    out: dict[str, dict[str, Any]] = {}
    seen: dict[str, tuple[str, str]] = {}
    for section in SECTIONS:
        value = tree.get(section)
        if section == "controllers" and value == "none":
            value = None
        word = _WORDS[section]
        body = reader.mapping((section,), value, section, f"{section}: {{my_{word}: {{...}}}}")
        out[section] = body
        reader.ids[section] = {}
        own: dict[str, str] = {}
        for key, entry in body.items():
            kind = entry.get("type") if isinstance(entry, Mapping) else None
            reader.ids[section][key] = kind if isinstance(kind, str) else ""
            if section == "tags":
                continue  # names of tags are freer and compared with those in bindings
            check_id(reader, (section, key), key, word)
            folded = key.casefold()
            if folded in own:
                what = f"{key!r} differs from {own[folded]!r} only in case"
                reader.problem((section, key), what, "Rename one of them", key=True)
            elif section in ("devices", "controllers", "links") and folded in seen:
                other, other_word = seen[folded]
                what = f"{key!r} is also the name of the {other_word} {other!r}"
                reader.problem((section, key), what, "Rename one of them", key=True)
            own.setdefault(folded, key)
            if section in ("devices", "controllers", "links"):
                seen.setdefault(folded, (key, word))
    return out


def _typed(
    reader: Reader, kind: str, section: str, name: str, value: Any
) -> tuple[str, FrozenDict[str, Any]]:
    path: Path = (section, name)
    body = reader.mapping(path, value, f"{kind} {name}", "{type: ...}")
    declared = reader.declaration(path, kind, body)
    if declared is None:
        return "", FrozenDict()
    params = read_params(reader, path, body, declared.params, f"{name} ({declared.type})", ("type",))
    return declared.type, params


def _read_product(reader: Reader, path: Path, name: str, value: Any) -> ProductRecord:
    body = reader.mapping(path, value, f"product {name}", "{size: [0.3 m, 0.2 m, 0.2 m], mass: 2.5 kg}")
    reader.unknown_keys(path, body, ("size", "mass", "colour", "asset"), f"product {name}")
    size = (1.0, 1.0, 1.0)
    if "size" not in body:
        cure = "Write size: [along, across, up], like [0.3 m, 0.2 m, 0.2 m]"
        reader.problem((*path, "size"), f"product {name} has no size", cure)
    else:
        size = _read_size(reader, (*path, "size"), body["size"]) or size
    mass = 1.0
    if "mass" in body:
        mass = _positive(reader, (*path, "mass"), body["mass"], "mass") or mass
    texts = {
        key: reader.text((*path, key), body[key], key, example)
        for key, example in (("colour", "brown"), ("asset", "carton.glb"))
        if key in body
    }
    colour = texts.get("colour") or ""
    if colour.startswith("#") and not _HEX.fullmatch(colour):
        cure = 'Write "#RRGGBB" or a word, like brown'
        reader.problem((*path, "colour"), f"{shown(colour)} is no colour", cure)
    return ProductRecord(name, size, mass, colour, texts.get("asset"))


def _read_size(reader: Reader, path: Path, value: Any) -> tuple[float, float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 3:
        cure = "Write [along, across, up], like [0.3 m, 0.2 m, 0.2 m]"
        reader.problem(path, f"a size is a list of three lengths, not {shown(value)}", cure)
        return None
    found = [_positive(reader, (*path, index), item, "length") for index, item in enumerate(value)]
    along, across, up = found
    return (along, across, up) if along and across and up else None


def _positive(reader: Reader, path: Path, value: Any, dimension: str) -> float | None:
    try:
        number = parse_quantity(value, dimension)
    except QuantityError as error:
        reader.quantity_problem(path, error)
        return None
    if number <= 0.0:
        reader.problem(path, f"a {dimension} of {shown(value)} is not possible", "Write more than 0")
        return None
    kind = DIMENSIONS[dimension]
    if not kind.least <= number <= kind.most:
        least, most = (format_quantity(bound, dimension) for bound in (kind.least, kind.most))
        reader.problem(path, f"a {dimension} of {shown(value)} is not possible", f"Write {least} to {most}")
        return None
    return number


def _place(reader: Reader, devices: Mapping[str, DeviceRecord]) -> None:
    """Placement needs sound records: with other problems in devices it would only report their echoes."""
    if any(problem.where.id.startswith("devices") for problem in reader.found):
        return
    for fault in solve(devices, reader.declarations).faults:
        reader.problem(fault.path, fault.what, fault.cure)
