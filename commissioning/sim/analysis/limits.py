"""What limits a line, in the words of a verdict: its bottleneck, and what that one lost most by."""

from __future__ import annotations

from commissioning.model.record import State
from commissioning.sim.analysis.bottleneck import Bottlenecks, bottlenecks
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.oee import Oee, oee
from commissioning.sim.analysis.waits import waits, words

__all__ = ["limit_words"]

_LEAST = 0.02  # of the time, from which on a loss is worth a word
_OFTEN = 0.05  # of the time, from which on another bottleneck is named
_STATES = {"down": "it was down", "setup": "it was being set up", "idle": "it was idle",
           "off": "it was off"}  # fmt: skip


def limit_words(history: History, at: int) -> str:
    """What limits the line that device `at` (object index) belongs to.

    "Bottleneck: pack, 88 % of the time. Its main loss: it was down 20 % of the time". Empty if nothing
    worked.
    """
    line = next((line for line in history.lines if at in line), None)
    found = bottlenecks(history, line)
    main = found.main
    if main is None or found.shares[main].momentary <= 0.0:
        return ""
    name = history.names[main]
    begin = f"Bottleneck: {name}, {_percent(found.shares[main].momentary)} of the time{_next(history, found)}"
    if history.roles[main] == "source":
        blocked = _share(history, main, State.BLOCKED)
        said = "what it brings is what limits the line"
        if blocked >= _OFTEN:
            said = f"then what it brings limits the line, but {_percent(blocked)} of the time it was blocked"
        return f"{begin}: {said}{_busiest(history, line)}"
    if history.roles[main] == "team":
        return f"{begin}: all its people were at work then, and machines waited for them"
    one = next((one for one in oee(history) if one.device == main), None)
    return f"{begin}. {_loss(history, main, one)}"


def _next(history: History, found: Bottlenecks) -> str:
    """The two that follow, if the bottleneck moves."""
    ranked = sorted(found.shares, key=lambda device: -found.shares[device].momentary)[1:3]
    said = [
        f"{history.names[device]} {_percent(found.shares[device].momentary)}"
        for device in ranked
        if found.shares[device].momentary >= _OFTEN
    ]
    return f" ({', '.join(said)})" if said else ""


def _loss(history: History, device: int, one: Oee | None) -> str:
    """What took most of its time, and by whom if it waited."""
    if one is None:
        return f"It did not work, it was down {_percent(_share(history, device, State.DOWN))} of the time"
    names = ("starved", "blocked", "idle", "down", "setup", "off", "slow", "rejected")
    largest = max(names, key=lambda loss: one.time[loss])
    share = one.time[largest]
    if share < _LEAST:
        return "It worked almost all of the time: only a shorter cycle or another place gives more"
    if largest in ("starved", "blocked"):
        state = State[largest.upper()]
        wait = next((w for w in waits(history, device) if w.state is state), None)
        if wait is not None:
            return f"Its main loss: {words(wait, history.names, most=2)}"
        return f"Its main loss: some of its places were empty, {_percent(share)} of their time"
    if largest in _STATES:
        return f"Its main loss: {_STATES[largest]} {_percent(share)} of the time"
    if largest == "slow":
        return f"Its main loss: {_percent(share)} of the time, by cycles longer than planned"
    return f"Its main loss: {_percent(share)} of the time went into parts that were not good"


def _busiest(history: History, line: frozenset[int] | None) -> str:
    """The machine nearest to being the limit."""
    machines = [
        device
        for device in history.devices
        if history.roles[device] == "machine" and (line is None or device in line)
    ]
    if not machines:
        return ""
    share, device = max((_share(history, one, State.WORKING), -one) for one in machines)
    return f"; the busiest machine, {history.names[-device]}, worked {_percent(share)} of the time"


def _share(history: History, device: int, state: State) -> float:
    return history.periods[device].shares(history.start, history.end)[state]


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
