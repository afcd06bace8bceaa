"""The emulated PLC as its users meet it: scans, variables, an own clock, snapshots."""

from __future__ import annotations

from typing import Any

from commissioning.plc.running.memory import plain
from commissioning.plc.running.memory_values import put_back
from commissioning.plc.running.online_change import Changeable
from commissioning.plc.values.runtime import PlcError


class Plc(Changeable):
    """One emulated controller. Times are integer ns; paths are matched without regard to case.

    Not safe for use from several threads at once.
    """

    def snapshot(self) -> dict[str, Any]:
        """The whole state as plain JSON data, between scans. Raises RuntimeError while one is held."""
        self._refuse_while_held()
        return {
            "format": "plc-snapshot/1",
            "program": self.program.hash,
            "now_ns": self.now_ns,
            "memories": [plain(p, m) for p, m in zip(self.program.memories, self._memories, strict=True)],
            "tasks": [
                [s.settled, s.disturbed, s.failures, s.wait, s.scans, s.next_ns, s.last_ns]
                for s in self._tasks
            ],
            "triggers": [[t.level, t.pending, t.repeats] for t in self._triggers],
            "stopped": None if self.stopped is None else list(self.stopped.args),
            "forces": dict(self.forced),
            **({} if self._heap is None else {"heap": self._heap.plain()}),
            "behind": [] if self.space is None else self.space.behind(),
        }  # fmt: skip

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Puts a snapshot of the same program back. Raises ValueError for one of another program."""
        self._refuse_while_held()
        if snapshot.get("format") != "plc-snapshot/1" or snapshot.get("program") != self.program.hash:
            raise ValueError("this snapshot belongs to another program")
        self.now_ns = snapshot["now_ns"]
        for plan, memory, values in zip(
            self.program.memories, self._memories, snapshot["memories"], strict=True
        ):
            put_back(plan.pou.slots, memory, values)
        if self._heap is not None:
            self._heap.restore(snapshot["heap"])
        if self.space is not None:
            self.space.put_behind(snapshot.get("behind", []))
        self.forces.clear()
        for path, value in snapshot.get("forces", {}).items():
            self.force(path, value)
        for state, values in zip(self._tasks, snapshot["tasks"], strict=True):
            state.settled, state.disturbed, state.failures, state.wait, *times = values
            state.scans, state.next_ns, state.last_ns = times
        for trigger, values in zip(self._triggers, snapshot["triggers"], strict=True):
            level, pending, repeats = values
            trigger.level, trigger.pending, trigger.repeats = bool(level), bool(pending), int(repeats)
        stopped = snapshot["stopped"]
        self.stopped = None if stopped is None else PlcError(*stopped)
