"""From the rules of grammar.lark for CONFIGURATION, VAR_CONFIG and VAR_ACCESS to their syntax tree."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commissioning.plc.syntax import units
from commissioning.plc.syntax.initial_values import as_initial
from commissioning.plc.syntax.rules import Children, place


@dataclass(frozen=True, slots=True)
class _Resource:
    name: str
    parts: tuple[object, ...]


class ConfigurationRules:
    """The part of the builder that makes configurations."""

    def configured(self, children: Children) -> units.Configured:
        path, _word, address, type_, _assign, initial, _semicolon = children
        text = "" if address is None else str(address).upper()
        return units.Configured(path, text, type_, as_initial(initial), path.at)

    def access_path(self, children: Children) -> units.AccessPath:
        name, path, type_, word, _semicolon = children
        writable = word is not None and word.upper() == "READ_WRITE"
        return units.AccessPath(str(name), path, type_, writable, place(name))

    def _paths(self, children: Children) -> units.Paths:
        entries = tuple(c for c in children if isinstance(c, units.Configured | units.AccessPath))
        return units.Paths(entries, place(children[0]))

    config_section = _paths
    access_section = _paths

    def task(self, children: Children) -> units.TaskDeclaration:
        _word, name, *settings, _semicolon = children
        given = tuple(setting for setting in settings if setting is not None)
        return units.TaskDeclaration(str(name), given, place(name))

    def block_task(self, children: Children) -> units.BlockTask:
        block, _with, task = children
        return units.BlockTask(str(block), str(task), place(block))

    def instance(self, children: Children) -> units.Instance:
        _word, kept, name, _with, task, program, *given, _semicolon = children
        return units.Instance(
            str(name), "" if task is None else str(task), program.name.rpartition(".")[2], place(name),
            kept is not None and kept.upper() == "RETAIN", tuple(one for one in given if one is not None),
        )  # fmt: skip

    def resource(self, children: Children) -> _Resource:
        name = str(children[1])
        parts = [
            replace(part, resource=name) if isinstance(part, units.TaskDeclaration | units.Instance) else part
            for part in children[4:-1]
        ]
        return _Resource(name, tuple(parts))

    def configuration(self, children: Children) -> units.Configuration:
        parts: Children = []
        for child in children[2:-1]:
            parts += child.parts if isinstance(child, _Resource) else [child]
        return units.Configuration(
            str(children[1]),
            tuple(part for part in parts if isinstance(part, units.Section)),
            tuple(part for part in parts if isinstance(part, units.TaskDeclaration)),
            tuple(part for part in parts if isinstance(part, units.Instance)),
            place(children[1]),
            tuple(child.name for child in children[2:-1] if isinstance(child, _Resource)),
            tuple(part for part in parts if isinstance(part, units.Paths)),
        )
