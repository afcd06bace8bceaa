"""What is wrong with the links of a scene before any of them is opened."""

from __future__ import annotations

from collections.abc import Iterable

from commissioning.files.scene_text import SceneText
from commissioning.model.problem import Problem
from commissioning.sim.link import Link

__all__ = ["link_problems"]

_EVERYWHERE = ("0.0.0.0", "::")


def link_problems(links: Iterable[Link], text: SceneText) -> list[Problem]:
    """Faults of their parameters, and links of one scene that want to listen at one place."""
    found: list[Problem] = []
    taken: list[tuple[str, int, str]] = []
    for link in links:
        found += link.faults()
        spot = link.listens()
        if spot is None:
            continue
        host, port = spot
        for other_host, other_port, other in taken:
            if port == other_port and (host == other_host or {host, other_host} & {*_EVERYWHERE}):
                first = text.place(("links", other, "endpoint"))
                found.append(
                    Problem(
                        f"the links {other} and {link.id} both want to listen on port {port}",
                        text.place(("links", link.id, "endpoint")),
                        "Give one of them another port",
                        f"{other} has it in line {first.line}",
                    )
                )
                break
        else:
            if port:  # 0: any free one
                taken.append((host, port, link.id))
    return found
