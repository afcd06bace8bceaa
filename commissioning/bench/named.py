"""What a user named on the command line and a scene must have: scenarios and links."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from commissioning.bench.load import LoadedScene
from commissioning.model.problem import Problem, Problems

__all__ = ["require"]


def require(loaded: LoadedScene, scenario: str | None, arm: Sequence[str]) -> None:
    """Raises Problems for a scenario or links to arm that the scene does not have, all at once."""
    scene = loaded.scene
    found = []
    if scenario and scenario not in scene.scenarios:
        found.append(
            _missing(loaded, "scenarios", f"there is no scenario {scenario}", scenario, scene.scenarios)
        )
    for link in arm:
        if link not in scene.links:
            found.append(_missing(loaded, "links", f"there is no link {link} to arm", link, scene.links))
    if found:
        raise Problems(found)


def _missing(loaded: LoadedScene, section: str, what: str, name: str, known: Iterable[str]) -> Problem:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    if near:
        cure = f"Did you mean {near[0]}?"
    else:
        cure = f"Known: {', '.join(names)}" if names else f"The scene has no {section}"
    return Problem(what, loaded.text.place((section,), key=True), cure)
