"""What unwinds code that waits for somebody who has gone."""

from __future__ import annotations


class Abandoned(BaseException):
    """A scan that a debugger held is left where it is. No `Exception`, so that nobody takes it for an error
    of a device or a program; whoever started the scan catches it."""
