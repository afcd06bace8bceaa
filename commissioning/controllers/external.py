"""A PLC outside, behind a client link: the link reads its outputs and writes its inputs."""

from __future__ import annotations

from commissioning.controllers.nobody import Nobody
from commissioning.model.declare import Param, TypeDeclaration

__all__ = ["External"]


class External(Nobody):
    """The PLC runs elsewhere. What it commands comes over the link and is journaled as input."""

    declaration = TypeDeclaration(
        kind="controller",
        type="external",
        help="A real or foreign PLC behind a link. Read-only until the link is armed.",
        params=(Param("link", "link", "The link it is behind.", example="plc1"),),
        brings_tags=True,
        example="plc: {type: external, link: plc1}",
    )
