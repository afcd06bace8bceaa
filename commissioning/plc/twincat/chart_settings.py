"""TwinCAT: the settings of a chart (<ObjectProperties>), which say what SFC flags it has."""

from __future__ import annotations

import re

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.twincat.archive import Item

_ACTING = {"Init": "SFCInit", "Reset": "SFCReset", "Pause": "SFCPause"}


def flags_to_declare(pou: Element, declaration: str) -> list[tuple[str, Element]]:
    """The flags that act on the chart of a POU and that its settings declare, with where that is said.

    Settings that follow those of the project say nothing: what the declaration declares acts. Raises
    Unreadable for a flag that is switched on and not supported, or declared and switched off.
    """
    data = pou.at("ObjectProperties", "XmlArchive", "Data")
    found = [Item("SFCProperty", e) for e in data.all("o") if e.get("t") == "SFCProperty"] if data else []
    if not found or found[0].flag("UseDefaults"):
        return []
    wanted = []
    for key, setting in _settings(found[0]):
        name = _ACTING.get(key, f"SFC{key.removeprefix('SFC')}")
        declared = re.search(rf"\b{re.escape(name)}\s*[,:]", declaration, re.IGNORECASE) is not None
        if not setting.flag("Use"):
            if declared and key in _ACTING:
                what = f"{name} is declared, and switched off in the settings of the chart; rename it"
                raise Unreadable(what, setting.element)
            continue
        if key not in _ACTING:
            what = f"the chart uses {name}, which is not supported; switch it off in its settings"
            raise Unreadable(what, setting.element)
        if setting.flag("Declare") and not declared:
            wanted.append((name, setting.element))
    return wanted


def _settings(item: Item) -> list[tuple[str, Item]]:
    """A dictionary: keys and values in turn."""
    found = []
    for holder in item.element.all("d2"):
        if holder.get("n") == "Flags":
            key = ""
            for child in holder.children:
                if child.tag == "v":
                    key = child.text.strip()
                elif key:
                    found.append((key, Item("SFCPropertyFlagData", child)))
    return found
