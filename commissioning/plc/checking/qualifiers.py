"""CONSTANT, RETAIN, NON_RETAIN, PERSISTENT: what may stand together, and where it says something."""

from __future__ import annotations

from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.syntax import units

_LASTING = ("VAR_INST", "VAR_STAT", "VAR_GLOBAL", "VAR_EXTERNAL")


def check_qualifiers(project: Project, pou: Pou, section: units.Section, file: str) -> None:
    """Problems for what contradicts itself, warnings for what has no effect."""
    words, at = set(section.qualifiers), section.at
    kept = [word for word in ("RETAIN", "PERSISTENT") if word in words]
    if {"RETAIN", "NON_RETAIN"} <= words:
        what = f"{section.word} is RETAIN and NON_RETAIN at once"
        project.problem(what, file, at, "Keep one of them")
    elif kept and "CONSTANT" in words:
        what = f"a CONSTANT has its value from the program: {kept[0]} has no effect"
        project.notice(what, file, at, f"Remove {kept[0]}")
    elif kept and section.word not in _LASTING and _ends(pou, section):
        owner = f"a {pou.kind}" if section.word != "VAR_TEMP" else "VAR_TEMP"
        what = f"the variables of {owner} end with each call: {kept[0]} has no effect"
        project.notice(what, file, at, f"Remove {kept[0]}")


def _ends(pou: Pou, section: units.Section) -> bool:
    """Whether the variables live for one call."""
    return section.word == "VAR_TEMP" or pou.kind == "FUNCTION" or pou.local
