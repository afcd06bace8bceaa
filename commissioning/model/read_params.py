"""Parameters by their declarations: units, kinds, ranges, references, defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.dimensions import DIMENSIONS
from commissioning.model.duration import EXAMPLES, parse_duration_distribution
from commissioning.model.frozen import FrozenDict, freeze
from commissioning.model.quantity import QuantityError, format_quantity, parse_quantity
from commissioning.model.reading import Path, PlainSource, Reader, shown, suggest

_SECTIONS: Final = {
    "product": "products", "device": "devices", "controller": "controllers", "link": "links",
    "scenario": "scenarios",
}  # fmt: skip

_CLOCK: Final = re.compile(r"\s*(\d{1,3}):([0-5]\d)(?::([0-5]\d))?\s*")


def read_params(
    reader: Reader, path: Path, value: Mapping[str, Any], params: tuple[Param, ...], owner: str,
    reserved: tuple[str, ...] = (),
) -> FrozenDict[str, Any]:  # fmt: skip
    """Values in SI by name, defaults filled in, in the order of the declaration."""
    reader.unknown_keys(path, value, (*(param.name for param in params), *reserved), owner)
    out: dict[str, Any] = {}
    for param in params:
        if param.name not in value:
            if param.required:
                what = f"{owner} needs {param.name!r}: {param.help}"
                reader.problem((*path, param.name), what, f"Write {param.name}: {example(param)}")
            else:
                out[param.name] = default_value(param)
            continue
        given = value[param.name]
        if given is None and not param.required and param.default is None:
            out[param.name] = None
        else:
            out[param.name] = read_param(reader, (*path, param.name), given, param)
    return FrozenDict(out)


def read_param(reader: Reader, path: Path, value: Any, param: Param) -> Any:
    """One value; None together with a problem when it is wrong."""
    kind, name = param.kind, param.name
    if param.by_product and _is_by_product(reader, value):
        each = replace(param, by_product=param.by_product - 1)
        table = Param(name, "mapping", param.help, keys="product", item=each, at_least_one=True)
        return _table(reader, path, value, table)
    if value is None:
        reader.problem(path, f"{name} has no value", f"Write {name}: {example(param)}", key=True)
        return None
    if kind in DIMENSIONS:
        return _quantity(reader, path, value, param)
    if kind == "distribution":
        try:
            return parse_duration_distribution(value, param.always)
        except QuantityError as error:
            reader.quantity_problem(path, error)
            return None
    if kind == "boolean":
        return reader.boolean(path, value, name)
    if kind == "integer":
        low = param.minimum
        if low is None and param.exclusive_minimum is not None:
            low = param.exclusive_minimum + 1
        return reader.integer(path, value, name, low, param.maximum)
    if kind == "choice":
        return _choice(reader, path, value, param)
    if kind in ("text", "expression", "file", "tag"):
        return reader.text(path, value, name, example(param))
    if kind in _SECTIONS:
        return reader.known(path, _SECTIONS[kind], value, kind)
    if kind == "track":
        return _track(reader, path, value)
    if kind == "clock":
        return _clock(reader, path, value, param)
    if kind == "mapping" and param.item is not None:
        return _table(reader, path, value, param)
    if kind == "mapping":
        return _mapping(reader, path, value, param)
    if kind == "list":
        return _list(reader, path, value, param)
    if kind == "any":
        return freeze(value)
    raise ValueError(f"the declaration of {name!r} has the unknown kind {kind!r}")


def default_value(param: Param) -> Any:
    """The default in SI: a text default is read like text in a scene. Raises ValueError if it is wrong."""
    if param.required or param.default is None:
        return None
    if isinstance(param.default, str | Mapping | list | tuple | int | float):
        if param.kind in _SECTIONS or param.kind in ("track", "tag"):
            return param.default
        reader = Reader(PlainSource({}), {})
        value = read_param(reader, (param.name,), param.default, param)
        if reader.found:
            raise ValueError(f"the default of {param.name!r} is wrong: {reader.found[0]}")
        return value
    return freeze(param.default)


def example(param: Param) -> str:
    """What a user could write for it."""
    if param.example:
        return param.example
    if param.kind in DIMENSIONS:
        return DIMENSIONS[param.kind].example
    if param.choices:
        return param.choices[0]
    by_kind = {
        "distribution": "4 s", "boolean": "true", "integer": "1", "expression": '"pe1.blocked"',
        "mapping": "{...}", "list": "[...]",
        "clock": "06:00",
    }  # fmt: skip
    return by_kind.get(param.kind, "the id of a " + param.kind if param.kind in _SECTIONS else "a name")


def check_declaration(declaration: TypeDeclaration) -> None:
    """Raises ValueError for a declaration that no scene could satisfy: a test calls it for every type."""
    names = [param.name.casefold() for param in declaration.params]
    ports = [port.name.casefold() for port in declaration.ports]
    for listed in (names, ports):
        if len(set(listed)) != len(listed):
            raise ValueError(f"{declaration.type} declares a name twice: {listed}")
    for param in declaration.params:
        _check_kind(param, declaration.type)
        default_value(param)


def _check_kind(param: Param, owner: str) -> None:
    kinds = {*DIMENSIONS, *_SECTIONS}
    kinds |= {"distribution", "boolean", "integer", "text", "choice", "expression", "mapping", "list"}
    kinds |= {"file", "any", "track", "tag", "clock"}
    if param.kind not in kinds:
        cure = suggest(param.kind, sorted(kinds))
        raise ValueError(f"{owner}.{param.name} has the unknown kind {param.kind!r}. {cure}")
    for inner in (*param.fields, *((param.item,) if param.item is not None else ())):
        _check_kind(inner, f"{owner}.{param.name}")


def _quantity(reader: Reader, path: Path, value: Any, param: Param) -> float | None:
    try:
        number = parse_quantity(value, param.kind)
    except QuantityError as error:
        reader.quantity_problem(path, error)
        return None
    low = param.minimum
    if param.kind == "duration" and low is None and param.exclusive_minimum is None:
        low = 0.0
    above, high = param.exclusive_minimum, param.maximum
    kind = DIMENSIONS[param.kind]
    if abs(number) > kind.most:
        high = kind.most if high is None else min(high, kind.most)
        low = -kind.most if low is None and above is None else low
    tiny = 0.0 < abs(number) < kind.least
    bounds = []
    if tiny:
        zero = "" if above is not None or (low is not None and low > 0.0) else "0 or "
        bounds.append(f"{zero}at least {format_quantity(kind.least, param.kind)}")
    elif above is not None:
        bounds.append(f"more than {format_quantity(above, param.kind)}")
    elif low is not None:
        bounds.append(f"at least {format_quantity(low, param.kind)}")
    if high is not None:
        bounds.append(f"at most {format_quantity(high, param.kind)}")
    if (
        tiny
        or (above is not None and number <= above)
        or (low is not None and number < low)
        or (high is not None and number > high)
    ):
        what = f"{param.name} is {format_quantity(number, param.kind)}, but must be {' and '.join(bounds)}"
        reader.problem(path, what, f"Write for example {example(param)}")
        return None
    return number


def _choice(reader: Reader, path: Path, value: Any, param: Param) -> str | None:
    if isinstance(value, str) and value in param.choices:
        return value
    reader.problem(path, f"{param.name} cannot be {shown(value)}", suggest(value, param.choices))
    return None


def _track(reader: Reader, path: Path, value: Any) -> str | None:
    known = reader.known(path, "devices", value, "device")
    if known is None:
        return None
    declared = reader.declarations.get(("device", reader.ids["devices"][known]))
    if declared is not None and not declared.track:
        reader.problem(path, f"{known} is a {declared.type}, parts do not travel on it", "Name a track")
        return None
    return known


def _mapping(reader: Reader, path: Path, value: Any, param: Param) -> Any:
    if not isinstance(value, Mapping):
        what = f"{param.name} is a mapping, not {shown(value)}"
        reader.problem(path, what, f"Write for example {param.name}: {example(param)}")
        return None
    if not param.fields:
        return freeze(value)
    inner = {key: item for key, item in value.items() if isinstance(key, str)}
    return read_params(reader, path, inner, param.fields, param.name)


def _is_by_product(reader: Reader, value: Any) -> bool:
    """A mapping of products, and no distribution (which names exactly one)."""
    if not isinstance(value, Mapping) or (len(value) == 1 and next(iter(value)) in EXAMPLES):
        return False
    return any(key in reader.ids.get("products", {}) for key in value)


def _table(reader: Reader, path: Path, value: Any, param: Param) -> Any:
    """A mapping of ids or names to values that are all of one kind."""
    item = param.item
    if not isinstance(value, Mapping) or item is None:
        what = f"{param.name} is a mapping, not {shown(value)}"
        reader.problem(path, what, f"Write for example {param.name}: {example(param)}")
        return None
    if param.at_least_one and not value:
        reader.problem(path, f"{param.name} is empty", f"Write {param.name}: {example(param)}")
    out: dict[str, Any] = {}
    for key, given in value.items():
        inner = (*path, str(key))
        if param.keys in _SECTIONS:
            section = _SECTIONS[param.keys]
            if key not in reader.ids.get(section, {}):
                cure = suggest(key, reader.ids.get(section, {}))
                reader.problem(inner, f"there is no {param.keys} {shown(key)}", cure, key=True)
                continue
        elif param.choices and key not in param.choices:
            reader.problem(inner, f"{param.name} has no {shown(key)}", suggest(key, param.choices), key=True)
            continue
        elif not isinstance(key, str) or not (key.isidentifier() and key.isascii()):
            cure = "Use letters, digits and _, beginning with a letter"
            reader.problem(inner, f"{shown(key)} is no name", cure, key=True)
            continue
        out[key] = read_param(reader, inner, given, item)
    numbers = [number for number in out.values() if isinstance(number, int | float)]
    if param.total is not None and len(numbers) == len(value) and numbers:
        added = math.fsum(numbers)
        if abs(added - param.total) > 1e-9:
            is_, must, by = (
                format_quantity(round(x, 12), item.kind) for x in (added, param.total, param.total - added)
            )
            what = f"{param.name} add up to {is_}, not {must}"
            reader.problem(path, what, f"Change one of them by {by}")
    return FrozenDict(out)


def _clock(reader: Reader, path: Path, value: Any, param: Param) -> float | None:
    """Seconds since the start, written as a clock shows them or as a duration."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        hours, minutes, seconds = (int(group or 0) for group in match.groups())
        return float(3600 * hours + 60 * minutes + seconds)
    try:
        number = parse_quantity(value, "duration")
    except QuantityError as error:
        reader.quantity_problem(path, QuantityError(error.what, "Write for example 06:00 or 6 h"))
        return None
    if number > DIMENSIONS["duration"].most:
        reader.problem(path, f"{param.name} is more than 292 years after the start", "Write less")
        return None
    if number < 0.0:
        reader.problem(path, f"{param.name} is before the start", "Write for example 06:00")
        return None
    return number


def _list(reader: Reader, path: Path, value: Any, param: Param) -> Any:
    if not isinstance(value, list | tuple):
        what = f"{param.name} is a list, not {shown(value)}"
        reader.problem(path, what, f"Write for example {param.name}: {example(param)}")
        return None
    if param.at_least_one and not value:
        reader.problem(path, f"{param.name} is empty", f"Write {param.name}: {example(param)}")
    if param.item is None:
        return freeze(value)
    item = param.item
    return tuple(read_param(reader, (*path, index), entry, item) for index, entry in enumerate(value))
