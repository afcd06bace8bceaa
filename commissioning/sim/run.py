"""A run: one execution of a scene.

    run = Run(loaded, seed=1)
    run.advance("10 min")
    run.tags["I_PE1"].value

The same scene, seed and inputs give the same journal digest, in one go or in slices, restored or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from commissioning.model.problem import Problem, Problems
from commissioning.model.quantity import parse_duration_ns
from commissioning.model.record import Kind
from commissioning.model.scene import Step
from commissioning.sim import snapshot as snapshots
from commissioning.sim.blame import blamed
from commissioning.sim.check import JournalView, RunView
from commissioning.sim.deadlock_watch import EVERY_NS, DeadlockWatch
from commissioning.sim.driven import debugger_of
from commissioning.sim.inputs import InputPort
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import END
from commissioning.sim.line import Line, Loaded
from commissioning.sim.line_actions import LineActions
from commissioning.sim.link import link_tags
from commissioning.sim.link_host import LinkHost
from commissioning.sim.seconds import SecondsEnvironment
from commissioning.sim.tags import TagTable

if TYPE_CHECKING:
    from commissioning.sim.analysis.energy import Energy
    from commissioning.sim.analysis.kpi import DeviceKpi

__all__ = ["Run"]


class _Origin(NamedTuple):
    """Of a restored run: the snapshot, taken at `t_ns` when the journal had `records` records."""

    snapshot: bytes
    t_ns: int
    records: int


class Run(LineActions):
    """One execution. `problem` says why it stopped before its time, None while it did not.

    `scenario` names the stimulus (None: the one the scene's `run` names, "": none). `every_scan` turns
    scan skipping off, `by_event` has the kernel run every entry instead of solving chains of devices ahead:
    the reference modes, with the same journal. `coverage`: see there, from the first scan on. `retained`:
    by controller, the values that its program begins with (what `retained` gave). Raises KeyError
    for an unknown scenario, ValueError for a seed that is none, Problems for a scene with Python of its own
    that nobody has allowed to run.
    """

    def __init__(
        self,
        loaded: Loaded,
        seed: int | None = None,
        scenario: str | None = None,
        *,
        every_scan: bool = False,
        by_event: bool = False,
        inputs: list[list[Any]] | None = None,
        retained: Mapping[str, str] | None = None,
        coverage: bool = False,
        _start: bool = True,
    ) -> None:
        scene = loaded.scene
        self.loaded = loaded
        self.scenario = scenario if scenario is not None else (scene.run.scenario or "")
        if seed is not None and (type(seed) is not int or not 0 <= seed < 1 << 63):
            raise ValueError(f"a seed is a whole number from 0 to 2^63 - 1, not {seed!r:.40}")
        self.line = Line(loaded, scene.run.seed if seed is None else seed, every_scan)
        self.inputs = InputPort(self.line)
        self.line.register(self.inputs)
        self.deadlocks = DeadlockWatch(self.line)
        self.line.register(self.deadlocks)
        self._advance = self.line.kernel.advance
        if self.line.ahead is not None and not by_event:
            self._advance = self.line.ahead.advance
        self.problem: Problem | None = None
        controllers = [host.controller for host in self.line.hosts.values()]
        refused = [problem for one in controllers if (problem := one.refusal()) is not None]
        if refused:
            raise Problems(refused)
        self.replay_only = any(one.replay_only for one in controllers)
        self._environment: SecondsEnvironment | None = None
        self._origin: _Origin | None = None
        if self.scenario:
            self.inputs.plan([self._planned(step) for step in scene.scenarios[self.scenario].steps])
        if coverage:
            self.coverage()
        if not _start:
            return
        self.inputs.begin()
        if inputs:
            self.inputs.replay(inputs)
        for controller, text in (retained or {}).items():
            self.line.hosts[controller].controller.check_operation("start", ["warm", text])
            self.inputs.at(0, "operate", controller, ["start", ["warm", text]])
        self._guarded(self.line.start)
        self.advance_to(0)

    # reading -------------------------------------------------------------------------------------

    @property
    def seed(self) -> int:
        """The seed that the run began with; see `forks`."""
        return self.line.seed

    @property
    def forks(self) -> tuple[tuple[int, int], ...]:
        """(t_ns, seed) of each fork that this run has gone through, the first one first."""
        log = self.inputs.log
        return tuple((entry[0], entry[5]) for entry in log if entry[3] == "fork" and entry[0] <= self.now_ns)

    @property
    def now_ns(self) -> int:
        """Virtual time in ns."""
        return self.line.kernel._now

    @property
    def tags(self) -> TagTable:
        """The tag table: `run.tags["I_PE1"].value`, tags and ports, without regard to case."""
        return self.line.tags

    @property
    def journal(self) -> Journal:
        """What happened."""
        return self.line.journal

    @property
    def events(self) -> int:
        """Kernel entries run so far."""
        return self.line.kernel.executed

    @property
    def scans(self) -> MappingProxyType[str, int]:
        """PLC scans executed so far by controller (a statistic, not in the journal)."""
        return MappingProxyType({name: host.scans for name, host in self.line.hosts.items()})

    @property
    def counts_from_ns(self) -> int:
        """Where key figures and checks of this run begin: 0, or where it was restored from a snapshot."""
        return 0 if self._origin is None else self._origin.t_ns

    @property
    def origin(self) -> tuple[int, int, bytes] | None:
        """Of a restored run: its time then (ns), how many records its journal had, and the snapshot."""
        origin = self._origin
        return None if origin is None else (origin.t_ns, origin.records, origin.snapshot)

    def view(self) -> RunView:
        """The run as checks and key figures see it. Of a restored run only what was since: times count
        from `counts_from_ns`, and what the line was then is there as if it had just become so."""
        if self._origin is None:
            return JournalView(self.journal, self.now_ns)
        from commissioning.sim.since import view_since

        origin = self._origin
        start = Run._restore(self.loaded, origin.snapshot).line
        return view_since(self.line, start, origin.t_ns, origin.records)

    def kpi(self) -> dict[str, DeviceKpi]:
        """Key figures per device so far, see `sim.analysis.kpi`. Of a restored run: since it was restored
        (`counts_from_ns`); stays that had begun before are not in `mean_time`."""
        from commissioning.sim.analysis.kpi import kpi

        view = self.view()
        return kpi(view.header, view.records(), view.end_ns)

    def energy(self) -> Energy | None:
        """Electrical energy so far, see `sim.analysis.energy`; None where no device has a power, or no
        time has passed."""
        from commissioning.sim.analysis.energy import energy

        view = self.view()
        return energy(view.header, view.records(), view.end_ns) if view.end_ns else None

    @property
    def environment(self) -> SecondsEnvironment:
        """A SimPy environment in seconds for processes of your own; marks the run replay-only."""
        self.replay_only = True
        if self._environment is None:
            self._environment = SecondsEnvironment(kernel=self.line.kernel)
        return self._environment

    # acting --------------------------------------------------------------------------------------

    def advance(self, span: str | float) -> None:
        """Let virtual time pass: "10 min", "250 ms", or a number in seconds.

        Every event up to and at the new time is complete. Returns early, with `problem` set, if a
        device raised. Raises ValueError for what is no duration or negative.
        """
        span_ns = parse_duration_ns(span)
        if span_ns < 0:
            raise ValueError("time does not run backwards")
        self.advance_to(self.now_ns + span_ns)

    def advance_to(self, t_ns: int) -> None:
        """Let virtual time pass until `t_ns`, see `advance`."""
        self.refuse_while_held()
        advance = self._advance
        looks = range(self.deadlocks.next_look(), t_ns, EVERY_NS) if self.deadlocks.possible else ()
        for look_ns in looks:
            if self.problem is None:
                self._guarded(advance, look_ns)
            if self.problem is None:
                self.deadlocks.look()
        if self.problem is None:
            self._guarded(advance, t_ns)

    def step_event(self) -> bool:
        """Go to the end of the next instant in which something is journaled. False: nothing waits."""
        length = self.journal.length
        while self.problem is None:
            t = self.line.kernel.next_time()
            if t is None:
                return False
            self.advance_to(t)
            if self.journal.length > length:
                return True
        return False

    def debug(self, controller: str = "") -> Any:
        """The debugger of a controller's program (`plc.debugging.debugger.Debugger`): what it lets run is
        this run, and a scan that it holds freezes plant and PLC at one instant. The name may be left out if
        there is only one such controller. Raises KeyError."""
        return debugger_of(self, controller)

    def coverage(self) -> dict[str, Any]:
        """Which statements and branches of its programs have been executed since this was first called, by
        controller (`commissioning.plc.debugging.coverage.Coverage`). Scans take longer, and do the same."""
        found = {name: host.controller.coverage() for name, host in self.line.hosts.items()}
        return {name: coverage for name, coverage in found.items() if coverage is not None}

    def host_links(self) -> LinkHost | None:
        """The links of the scene with the tags they carry, not open yet; None if it has none."""
        if not self.line.links:
            return None
        host = LinkHost(lambda: self.line.kernel._now, self.line.tags.signals, self.inputs)
        for link in self.line.links.values():
            self.replay_only = self.replay_only or link.real  # a partner that cannot be put back in time
            host.add(link, link_tags(self.line.scene, self.tags.signals, link.id, real=link.real))
        return host

    # saving --------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """The run as it is now, between instants; `Run.restore` continues it bit for bit.

        Of a `replay_only` run (Python logic, processes of your own, a real controller) it holds seed, inputs
        and time instead of the state: `restore` repeats the run from its start to this time.
        """
        self.refuse_while_held()
        if self.problem is not None:
            raise RuntimeError(f"the run has stopped: {self.problem}")
        return snapshots.save(self)

    def fork(self, seed: int) -> Run:
        """Another run with the same past, whose random numbers are new from now on; see `restore`."""
        return Run.restore(self.loaded, self.snapshot(), seed)

    @classmethod
    def restore(cls, loaded: Loaded, snapshot: bytes, seed: int | None = None) -> Run:
        """A run of the same scene that continues where `snapshot` was taken.

        With another `seed` than the run had last it is a fork: every random stream goes on with new numbers,
        the same for every run forked with that seed, also for one of a variant of the scene. Durations
        that have begun stay as they were drawn. A fork is an input: journaled, and repeated by a replay.

        Raises SnapshotError if it is not a snapshot, or one of another scene, ValueError for a seed that is
        none.
        """
        run = cls._restore(loaded, snapshot)
        run._origin = _Origin(snapshot, run.now_ns, run.journal.length)
        if seed is not None and seed != (run.forks[-1][1] if run.forks else run.seed):
            if not 0 <= seed < 1 << 63:
                raise ValueError(f"a seed is a whole number from 0 to 2^63 - 1, not {seed}")
            run._input("fork", "", seed)
        return run

    @classmethod
    def _restore(cls, loaded: Loaded, snapshot: bytes) -> Run:
        data = snapshots.read(snapshot)
        if data["scene_hash"] != loaded.scene.hash:
            raise snapshots.SnapshotError("this snapshot was taken of another scene")
        if data["scenario"] and data["scenario"] not in loaded.scene.scenarios:
            raise snapshots.SnapshotError(f"there is no scenario {data['scenario']}")
        every_scan = bool(data["every_scan"])
        if data["kind"] == "replay":
            try:
                run = cls(
                    loaded, data["seed"], data["scenario"], every_scan=every_scan, inputs=data["inputs"]
                )
            except ValueError as error:
                raise snapshots.SnapshotError(f"the snapshot holds {error}") from error
            snapshots.repeat(run, data)
            return run
        run = cls(loaded, data["seed"], data["scenario"], every_scan=every_scan, _start=False)
        if run.replay_only:
            raise snapshots.SnapshotError(
                "this snapshot holds the state of a line, and Python logic has none that could be put back: "
                "such a run is repeated from its start (Run.snapshot makes a snapshot that does so)"
            )
        if data["core"] != run.line.core_hash:
            raise snapshots.SnapshotError(
                "this snapshot was taken of the scene with another program or version"
            )
        snapshots.restore_state(run.line, data["state"], data["t"])
        return run

    # inside --------------------------------------------------------------------------------------

    def _planned(self, step: Step) -> tuple[int, str, str, Any]:
        """A step of the scenario as an input."""
        if step.action in ("force", "release", "fault", "clear", "set") and step.target in self.tags:
            return step.at_ns, step.action, self.tags[step.target].name, step.value
        return step.at_ns, "operate", step.target, [step.action, step.value]

    def refuse_while_held(self) -> None:
        """Raises RuntimeError while a debugger holds a scan: the run stands in the middle of an instant."""
        for host in self.line.hosts.values():
            if host.controller.held:
                where = f"{host.controller.id} is held inside a scan at {host.controller.held}"
                raise RuntimeError(f"{where}; let it go on first")

    def _input(self, what: str, target: str, value: Any = None) -> None:
        self.refuse_while_held()
        if self.problem is not None:
            raise RuntimeError(f"the run has stopped: {self.problem.what}")
        self._guarded(self.inputs.now, what, target, value)

    def _guarded(self, act: Callable[..., None], *arguments: Any) -> None:
        """Call; what a device raises becomes a problem that names it, and ends the run there."""
        kernel = self.line.kernel
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001  the seam to devices, which third parties write
            self.problem = blamed(error, kernel._now)
            kernel.key = END
            kernel.cause = 0
            journal = self.journal
            journal.add(
                int(Kind.PROBLEM), 0, self.line.object_index.get(self.problem.where.id, 0),
                journal.text(str(self.problem)),
            )  # fmt: skip
