"""What is worth a second look in the programs of a scene, though it runs."""

from __future__ import annotations

from commissioning.bench.load import LoadedScene
from commissioning.controllers.emulated import variable_path
from commissioning.model.problem import Problem
from commissioning.plc.debugging.cross_reference import CrossReference
from commissioning.plc.debugging.reference_warnings import reference_warnings
from commissioning.plc.program import Program

__all__ = ["program_warnings"]


def program_warnings(loaded: LoadedScene) -> tuple[Problem, ...]:
    """What the compiler noticed; variables that are read and never written, and globals that several programs
    or blocks write.

    What a tag of the scene is bound to as PLC input is written by the field.
    """
    found: list[Problem] = []
    for controller, program in loaded.programs.items():
        if not isinstance(program, Program):
            continue
        found += program.notices
        written = []
        for tag in loaded.scene.tags.values():
            if tag.controller == controller:
                try:
                    written.append(variable_path(program, tag.path or tag.name))
                except LookupError:  # a KeyError is one
                    continue
        found += reference_warnings(CrossReference(program), written)
    return tuple(found)
