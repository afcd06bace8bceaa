"""Which device an exception came out of."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from commissioning.model.problem import Place, Problem
from commissioning.sim.device import Device

__all__ = ["blamed"]


def blamed(error: Exception, t_ns: int) -> Problem:
    """The problem for an exception out of the kernel: the innermost device on the stack is named."""
    who, where = "", ""
    for frame, line_number in traceback.walk_tb(error.__traceback__):
        owner = frame.f_locals.get("self")
        if isinstance(owner, Device):
            who = owner.id
            where = f"{PurePath(frame.f_code.co_filename).name}:{line_number}"
    at = f"at {t_ns / 1e9:.9f} s"
    return Problem(
        what=f"{who or 'the run'} failed {at}: {type(error).__name__}: {error}",
        where=Place(id=who),
        cure="The run stops at this instant; what was recorded until then is kept."
        + (f" The device's code raised in {where}." if where else ""),
    )
