"""What goes wrong while a line runs: a device of a third party raises, the PLC's program fails, the user
presses Ctrl-C, the process is killed. What was recorded stays readable."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from commissioning import registry
from commissioning.bench.load import load
from commissioning.bench.replay import verify
from commissioning.files.packaged import packaged
from commissioning.files.recording import is_recording, read_recording
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Problems
from commissioning.model.record import Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import Quality, Reason
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.run import Run

Small = Any  # the Line of conftest.py
Command = Callable[..., Any]


class Bomb(Device):
    """A device of somebody else, with a fault in it."""

    declaration = TypeDeclaration(
        kind="device",
        type="bomb",
        help="Raises where it is told to.",
        params=(
            Param("where", "choice", "Where.", choices=("init", "connect", "start", "event", "operate")),
            Param("fuse", "duration", "When.", default=2.0),
        ),
        places="pose",
        actions=("press", "push", "release"),
    )
    continuations: ClassVar[tuple[str, ...]] = ("explode",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.at("init")

    def connect(self) -> None:
        self.at("connect")

    def start(self) -> None:
        self.at("start")
        if self.params["where"] == "event":
            self.line.kernel.call_at(round(self.params["fuse"] * 1e9), self.explode)

    def operate(self, action: str, value: Any = None) -> None:
        self.at("operate")

    def explode(self, _: None) -> None:
        self.at("event")

    def at(self, where: str) -> None:
        if self.params["where"] == where:
            raise LookupError(f"no powder left in {self.id}")


class Entry:
    """An entry point as a third party's package has one."""

    name = "bomb"
    value = "somewhere:Bomb"

    def load(self) -> type[Device]:
        return Bomb


@pytest.fixture
def bombs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The device type is installed."""

    def clear() -> None:
        registry.types.cache_clear()
        registry.declarations.cache_clear()

    monkeypatch.setattr(
        registry, "entry_points", lambda group: [Entry()] if group == "commissioning.devices" else []
    )
    clear()
    yield
    clear()


def with_bomb(small: Small, where: str) -> Small:
    return small.edit(
        "  out: {type: sink}",
        f"  out: {{type: sink}}\n  tnt: {{type: bomb, pose: {{xyz: [0, 2, 0]}}, where: {where}, fuse: 20}}\n"
        "  last: {type: push_button, pose: {xyz: [0, 3, 0]}}",
    )


@pytest.mark.usefixtures("bombs")
def test_that_a_device_that_raises_ends_the_run_there_and_keeps_the_recording(
    small: Small, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "run.rec"
    said = command("run", with_bomb(small, "event"), "--record", path, "--json")
    assert said.code == 2
    result = json.loads(said.out)
    assert result["simulated_s"] == 20.0
    assert said.problems == result["problems"]
    place = f"{small.folder / 'scene.yaml'}:12:8 devices.tnt: "
    assert said.err.startswith(place + "tnt failed at 20.000000000 s: LookupError: no powder left in tnt. ")
    assert "test_crash.py" in said.err
    recording = read_recording(path)
    assert recording.complete
    assert (recording.digest, recording.end_ns) == (result["digest"], 20_000_000_000)
    last = recording.records[-1]
    names = [thing["id"] for thing in recording.header["core"]["objects"]]
    assert (int(last["kind"]), int(last["t"]), names[int(last["obj"])]) == (
        Kind.PROBLEM,
        20_000_000_000,
        "tnt",
    )
    assert recording.texts[int(last["a"])] == said.err.strip().replace(place, "tnt: ")
    # up to there it is the run that it would have been
    healthy = Run(load(small.edit("where: event", "where: operate").folder))
    healthy.advance("20 s")
    same = healthy.journal.records()
    assert len(recording.records) == len(same) + 1
    fields = [name for name in same.dtype.names if name != "cause"]
    assert np.array_equal(recording.records[:-1][fields], same[fields])
    assert command("replay", path, "--verify").code == 0


@pytest.mark.usefixtures("bombs")
def test_that_a_check_says_what_it_could_not_decide(small: Small, command: Command) -> None:
    said = command("check", with_bomb(small, "event"), "--json")
    assert said.code == 2
    assert "tnt failed at 20.000000000 s" in said.err
    assert [v["verdict"] for v in json.loads(said.out)["verdicts"]] == ["INCONCLUSIVE", "INCONCLUSIVE"]
    small.edit("for 3 s", "for 0.5 s")  # fails before that
    said = command("check", small, "--json")
    assert said.code == 1
    assert [v["verdict"] for v in json.loads(said.out)["verdicts"]] == ["INCONCLUSIVE", "FAIL"]


@pytest.mark.usefixtures("bombs")
@pytest.mark.parametrize("where", ["init", "connect"])
def test_that_a_device_that_cannot_be_built_is_a_problem_of_the_scene(
    where: str, small: Small, command: Command
) -> None:
    for name in ("validate", "run", "check"):
        said = command(name, with_bomb(small, where) if name == "validate" else small)
        assert (said.code, said.out, len(said.problems)) == (2, "", 1)
        assert "LookupError" in said.err
        assert said.err.startswith(f"{small.folder / 'scene.yaml'}:12:8 devices.tnt: ")


@pytest.mark.usefixtures("bombs")
def test_that_a_device_that_raises_at_time_0_is_named(small: Small, command: Command) -> None:
    said = command("run", with_bomb(small, "start"), "--json")
    assert said.code == 2
    assert "tnt failed at 0.000000000 s" in said.err
    assert json.loads(said.out)["simulated_s"] == 0.0


@pytest.mark.usefixtures("bombs")
def test_that_a_device_that_raises_when_operated_stops_the_run(small: Small, tmp_path: Path) -> None:
    run = Run(load(with_bomb(small, "operate").folder))
    run.advance("5 s")
    run.operate("tnt", "press")
    assert run.problem is not None and run.problem.where.id == "tnt"
    length = run.journal.length
    run.advance("5 s")
    assert run.now_ns == 5_000_000_000
    with pytest.raises(RuntimeError, match="the run has stopped: tnt failed at 5"):
        run.force("I_Eye", True)
    assert run.journal.length == length
    again = Run(run.loaded, inputs=run.inputs.log)
    again.advance("10 s")
    assert again.journal.digest() == run.journal.digest()


FAULTS = {
    "division by zero": ("Seen := Seen + 1;", "Seen := 100 / (Seen - Seen);", "division by zero"),
    "endless loop": ("Seen := Seen + 1;", "WHILE Q_Run DO Seen := 1; END_WHILE;", "statements in this loop"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_that_a_failing_program_stops_the_plc_and_not_the_line(
    case: str, small: Small, command: Command
) -> None:
    old, new, words = FAULTS[case]
    small.edit(old, new, "main.st")
    said = command("run", small, "--json")
    assert (said.code, said.err) == (0, "")
    result = json.loads(said.out)
    assert result["simulated_s"] == 120.0
    (alarm,) = result["notices"]
    assert alarm.startswith("alarm: main.st:13:9 plc: PLC plc stopped: ")
    assert words in alarm
    assert alarm in command("run", small).out
    run = Run(load(small.folder))
    run.advance("2 min")
    eye = next(t for t, value in run.journal.edges("I_Eye") if value)
    at = -(-eye // 10_000_000) * 10_000_000  # the next point of the scan grid
    assert run.journal.edges("Q_Run")[-1] == (at, False)
    quality = (run.tags["Q_Run"].quality, run.tags["Q_Run"].reason)
    assert quality == (Quality.BAD, Reason.NO_COMMUNICATION)
    assert run.journal.edges("b1.moving")[-1][1] is False
    records = run.journal.records()
    downs = records[(records["kind"] == Kind.STATE) & (records["aux"] == State.DOWN)]
    assert [int(t) for t in downs["t"]] == [at]
    before = Run(run.loaded)
    before.advance_to(at)
    assert run.scans == before.scans
    assert int(records["t"][-1]) > at  # parts still come, the eye still sees


def test_that_nothing_is_decided_by_a_line_whose_plc_has_died(small: Small, command: Command) -> None:
    """It stands still, and so passes every `never`; what has failed before stays failed."""
    small.edit("Seen := Seen + 1;", "Seen := 100 / (Seen - Seen);", "main.st")
    small.edit('"not b1.moving for 3 s"', '"(Q_Run and not b1.moving) for 3 s"')
    small.edit("  starts: {type", "  eye: {type: never, when: pe.blocked for 1 h}\n  starts: {type")
    said = command("check", small, "--json")
    verdicts = {v["id"]: v for v in json.loads(said.out)["verdicts"]}
    assert said.code == 3
    for identity in ("no_stop", "eye", "starts"):
        assert verdicts[identity]["verdict"] == "INCONCLUSIVE"
        assert "division by zero" in verdicts[identity]["why"]


def program(*arguments: object) -> subprocess.Popen[bytes]:
    """The program in a process of its own, in which Ctrl-C works even where this one ignores it."""
    code = (
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from commissioning.cli import main\nsys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def saved_ns(path: Path) -> int:
    """How far the recording goes by now; -1 while there is none."""
    try:
        return read_recording(path).end_ns if is_recording(path) else -1
    except Problems:
        return -1  # being made


def wait_for(path: Path, t_ns: int) -> None:
    deadline = time.monotonic() + 60
    while saved_ns(path) < t_ns:
        assert time.monotonic() < deadline, "nothing was recorded"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="another Ctrl-C")
@pytest.mark.parametrize("speed", ["max", "1x"])
def test_that_ctrl_c_keeps_what_was_recorded(speed: str, small: Small, tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    child = program("run", small, "--for", "10000h", "--speed", speed, "--record", path, "--json")
    try:
        wait_for(path, 1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 3, err
    result = json.loads(out)
    assert result["interrupted"] is True
    assert err.decode().startswith("stopped by the user at ")
    assert result["simulated_s"] > 0.0
    recording = read_recording(path)
    assert recording.complete
    assert recording.digest == result["digest"]
    assert recording.end_ns == round(result["simulated_s"] * 1e9)
    assert not list(tmp_path.glob("run.rec-*"))
    assert verify(path).same


@pytest.mark.skipif(sys.platform == "win32", reason="another Ctrl-C")
def test_that_ctrl_c_ends_a_check_with_what_is_decided(small: Small) -> None:
    small.edit("length: 2 min", "length: 10000h")
    child = program("check", small, "--json")
    try:
        time.sleep(1.5)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert b"Traceback" not in err
    assert child.returncode in (2, 3)
    if child.returncode == 3:  # it had begun
        assert {v["verdict"] for v in json.loads(out)["verdicts"]} <= {"NOT RUN", "INCONCLUSIVE"}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_that_a_killed_run_at_1x_reads_back_all_but_the_last_half_second(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    scene = packaged("scenes/carton_line")
    child = program("run", scene, "--for", "1 h", "--speed", "1x", "--record", path)
    try:
        wait_for(path, 1)
        began, seen = time.monotonic(), saved_ns(path)
        time.sleep(4.0)
        lived = time.monotonic() - began
        child.kill()
    finally:
        child.kill()
        child.communicate()
    recording = read_recording(path)
    assert not recording.complete
    # half a second between savings, half a second for a machine that has other work
    assert recording.end_ns >= seen + (lived - 1.0) * 1e9
    run = Run(load(scene))
    run.advance_to(recording.end_ns)
    assert np.array_equal(recording.records, run.journal.records())
    assert recording.digest == run.journal.digest()


@pytest.mark.parametrize(
    ("every", "said_so"),
    [
        ("always", ("src failed at 0.000000000 s", "parts without end at one instant")),
        ("0 s", ("devices.src.every: every of src is 0 s", "Write always for a source")),
    ],
)
def test_that_a_source_that_needs_no_time_does_not_hang_the_run(
    every: str, said_so: tuple[str, ...], small: Small, command: Command
) -> None:
    small.edit("every: {exponential: 5 s}, to: b1", f"every: {every}, to: out")
    said = command("run", small, "--json")
    assert said.code == 2
    assert all(words in said.err for words in said_so)
