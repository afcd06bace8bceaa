"""The parameters of a shift calendar, for people and for machines."""

from __future__ import annotations

from commissioning.model.declare import Param

__all__ = ["SHIFTS"]

SHIFTS = (
    Param("shifts", "list", "When it is there, in time since the start; without it always.", default=None,
          at_least_one=True,
          example="[{from: 06:00, to: 14:00, breaks: [{from: 09:00, to: 09:15}]}]",
          item=Param("shift", "mapping", "One shift.", fields=(
              Param("from", "clock", "Its beginning."),
              Param("to", "clock", "Its end; not after the beginning: on the next day."),
              Param("count", "integer", "How many come, unless as many as `count` says.", default=None,
                    minimum=0, maximum=100000),
              Param("breaks", "list", "When nobody is there, in the shift.", default=None,
                    item=Param("break", "mapping", "One break.", fields=(
                        Param("from", "clock", "Its beginning."),
                        Param("to", "clock", "Its end."),
                    ))),
          ))),
    Param("repeat", "duration", "After which the calendar begins again.", default="24 h",
          exclusive_minimum=0.0),
    Param("at_shift_end", "choice", "What has begun is finished, or left until the next shift.",
          default="finish", choices=("finish", "interrupt")),
)  # fmt: skip
