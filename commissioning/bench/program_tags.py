"""Variables of emulated PLCs that a scene names without a word under `tags:`: they are tags all the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from commissioning.controllers.emulated_tags import tag_problems, variable_path
from commissioning.model.expression import UNKNOWN_NAME
from commissioning.model.frozen import FrozenDict
from commissioning.model.problem import Problem
from commissioning.model.scene import Scene, TagRecord
from commissioning.model.tags import DataType
from commissioning.plc.program import Program

__all__ = ["with_program_tags"]

_NAMED = re.compile(re.escape(UNKNOWN_NAME) + r" `([^`]+)`")
_SIDES = {"I": "input", "Q": "output"}
_TYPES = frozenset(kind.value for kind in DataType)


def with_program_tags(scene: Scene, programs: Mapping[str, Any], problems: Iterable[Problem]) -> Scene:
    """The scene with a tag for each global, located or program variable that these problems miss.

    A variable that several controllers have is nobody's tag; it is to be declared. The same scene where none
    is found.
    """
    emulated = {key: program for key, program in programs.items() if isinstance(program, Program)}
    made: dict[str, TagRecord] = {}
    for problem in problems:
        for name in _NAMED.findall(problem.what):
            found = [
                tag for controller, program in emulated.items() for tag in _tag(name, controller, program)
            ]
            if len(found) == 1 and name.casefold() not in {one.casefold() for one in made}:
                made[name] = found[0]
    return replace(scene, tags=FrozenDict({**scene.tags, **made})) if made else scene


def _tag(name: str, controller: str, program: Program) -> Iterator[TagRecord]:
    try:
        variable = program.variables[variable_path(program, name)]
    except LookupError:  # a KeyError is one
        return
    if variable.type.upper() not in _TYPES:
        return
    side = _SIDES.get(variable.address[1:2].upper(), "")
    tag = TagRecord(
        name, DataType(variable.type.upper()), controller, variable.path, variable.address, direction=side
    )
    if not tag_problems(program, controller, tag):
        yield tag
