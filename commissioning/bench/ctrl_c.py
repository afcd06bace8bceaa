"""Ctrl-C as a request: a run stops between two instants, so that what was recorded is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ctrl_c"]


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Within it, the first Ctrl-C only makes the yielded function return True; a second one interrupts.

    An exception out of the middle of an event would leave half an instant in the journal, which no second
    run could repeat. Outside the main thread, and where the program handles Ctrl-C itself, nothing changes.
    """
    asked = threading.Event()
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
