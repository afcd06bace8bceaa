"""TwinCAT 3 projects: their files, and the bodies that are drawn in them."""

from commissioning.plc.twincat.objects import TwinCatTask, read_twincat, task_piece

__all__ = ["TwinCatTask", "read_twincat", "task_piece"]
