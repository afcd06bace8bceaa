"""node-opcua, another implementation in another language, as client and as PLC of a running line."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import LoadedScene, load_text
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun
from commissioning.links.opcua_client import OpcUaClient
from commissioning.links.opcua_server import OpcUaServer
from commissioning.model.record import Kind
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.link import Change, LinkTag
from commissioning.sim.run import Run
from commissioning.sim.session import Session

pytestmark = pytest.mark.peer

LINE = """
format: commissioning-scene/1
name: Singulation
products:
  carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2.5 kg}
devices:
  infeed: {type: source, product: carton, every: 2.5 s, to: belt1}
  belt1:  {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, width: 0.5 m, speed: 0.5 m/s,
           acceleration: 2 m/s2, to: pack, tags: {run: Q_Run}}
  pe4:    {type: photo_eye, along: belt1, at: 2.15 m, tags: {blocked: I_PE4}}
  stop1:  {type: stopper, along: belt1, at: 2.2 m, time: 100 ms, tags: {raise: Q_Stop, raised: I_Stop_Up}}
  pe5:    {type: photo_eye, along: belt1, at: 2.6 m, tags: {blocked: I_PE5}}
  pack:   {type: station, cycle: 1 s, to: out, tags: {occupied: I_Pack}}
  out:    {type: sink}
  start:  {type: push_button, pose: {xyz: [1.2 m, -0.6 m, 1 m]}, tags: {pressed: I_Start}}
"""
NONE = """
controllers:
  outside: {type: none}
links:
  hmi: {type: opcua_server, endpoint: "ENDPOINT"}
"""
EXTERNAL = """
controllers:
  plc: {type: external, link: plc1}
links:
  plc1: {type: opcua_client, endpoint: "ENDPOINT/plc", node: "ns=2;s={name}"}
"""
INPUTS = ("I_Start", "I_PE4", "I_PE5", "I_Stop_Up", "I_Pack")
OUTPUTS = ("Q_Run", "Q_Stop")
PROGRAM = [
    [{"when": {"I_Start": True}, "set": {"Q_Run": True}}],
    [  # one carton at a time into the station
        {"when": {"I_Pack": True}, "set": {"Q_Stop": True}},
        {"when": {"I_PE5": True}, "set": {"Q_Stop": True}},
        {"when": {"I_PE4": True, "I_PE5": False, "I_Pack": False}, "for_ms": 200, "set": {"Q_Stop": False}},
    ],
]

# The shipped line with its controller taken out, and what its ST program does, in rules.
CARTON_LINE = Path(__file__).parents[2] / "scenes" / "carton_line" / "scene.yaml"
CARTON_MEMORY = {"_tall": False, "_step": 0}
RUNNING = {"Q_Belt2_Run": True, "Q_Green": True}
CARTON_PROGRAM = [
    [
        {"when": {"I_EStop": False}, "set": {"Q_Belt1_Run": False, **dict.fromkeys(RUNNING, False)}},
        {"when": {"I_Start": True}, "set": {"Q_Belt1_Run": True, **RUNNING}},
        {"when": {"I_PE3": True, "Q_Green": True}, "for_ms": 300, "set": {"Q_Belt1_Run": False}},
        {"when": {"I_PE3": False, "Q_Green": True}, "for_ms": 100, "set": {"Q_Belt1_Run": True}},
    ],
    [
        {"when": {"I_Tall": True}, "set": {"_tall": True}},
        {"when": {"I_Push_Out": True}, "set": {"_tall": False, "Q_Push": False}},
        {"when": {"_tall": True, "I_PE2": True}, "set": {"Q_Push": True}},
    ],
    [
        {
            "when": {"_step": 0, "I_PE4": True, "I_Stop1_Up": True, "I_Pack_Occupied": False, "I_PE5": False},
            "set": {"_step": 10, "Q_Stop1": False},
        },
        {"when": {"_step": 10, "I_PE5": True}, "set": {"_step": 20, "Q_Stop1": True}},
        {"when": {"_step": 20, "I_Pack_Occupied": True}, "set": {"_step": 0}},
        {"when": {"_step": 0, "Q_Green": True}, "set": {"Q_Stop1": True}},
    ],
]


def load_carton_line(controller: str, endpoint: str) -> LoadedScene:
    """The shipped scene with another controller, and more tall cartons so that one comes soon."""
    text = CARTON_LINE.read_text("utf-8")
    text, swapped = re.subn(r"controllers:\n(  .*\n)+", "", text)
    text, mixed = re.subn(r"mix: \{.*\}", "mix: {carton: 70 %, tall_carton: 30 %}", text)
    assert (swapped, mixed) == (1, 1)
    return load_text(text + controller.replace("ENDPOINT", endpoint), CARTON_LINE)


def tags_of(loaded: LoadedScene, direction: str) -> list[str]:
    return [tag.name for tag in loaded.scene.tags.values() if tag.direction == direction]


def cycle_done(session: Session) -> bool:
    """Two cartons packed and a tall one rejected."""
    return gone(session, "out") >= 2 and gone(session, "scrap") >= 1


def gone(session: Session, sink: str) -> int:
    records = session.journal.records(0, session.status().records)
    index = session.run.line.object_index[sink]
    return int(((records["kind"] == int(Kind.PART_GONE)) & (records["a"] == index)).sum())


def load_line(controller: str, endpoint: str) -> LoadedScene:
    return load_text(LINE + controller.replace("ENDPOINT", endpoint), Path("scene.yaml"))


@pytest.fixture
def sessions() -> Iterator[Callable[..., Session]]:
    opened: list[Session] = []

    def start(loaded: LoadedScene, **options: Any) -> Session:
        opened.append(Session(lambda: Run(loaded, seed=3), **options))
        return opened[-1]

    yield start
    for session in opened:
        session.close()


def edges(session: Session, tag: str) -> int:
    return len(session.journal.edges(tag))


def replayed(session: Session) -> Run:
    """The same session again from its input log, without any partner."""
    run = session.run
    again = Run(run.loaded, run.seed, run.scenario, inputs=run.inputs.log)
    again.advance_to(run.now_ns)
    return again


def test_that_a_foreign_client_runs_the_carton_line_without_controller_through_a_full_cycle(
    peer: Callable[[str], Any],
    sessions: Callable[..., Session],
    free_endpoint: Callable[[], str],
    until: Callable[..., None],
) -> None:
    endpoint = free_endpoint()
    loaded = load_carton_line(NONE, endpoint)
    inputs, outputs = tags_of(loaded, "input"), tags_of(loaded, "output")
    session = sessions(loaded, speed=2.0)
    assert session.wait_links(30) == ()
    client = peer("peer_client.js")
    assert client.ask("connect", endpoint=endpoint)["namespaces"][2] == "urn:commissioning:line"
    names = [name for name, _ in client.ask("browse", node="ns=2;s=folder:line/outside")["names"]]
    assert {"PLC inputs", "PLC outputs"} <= set(names)
    client.ask("subscribe", tags=[*inputs, *outputs], interval=20)
    client.ask("drive", program=CARTON_PROGRAM, memory=CARTON_MEMORY, scan_ms=20)

    session.start()
    until(lambda: cycle_done(session), 90, "two cartons packed, one rejected")
    session.pause()
    until(lambda: session.status().state == "paused", 5)
    counts = client.ask("counts")
    client.close()
    assert counts["refused"] == 0 and counts["sent"] >= 3 + 2 * 2 + 2, "start, stopper twice, pusher once"
    seen = {event["tag"] for event in client.events if event["event"] == "change"}
    assert seen == {*inputs, *outputs}
    assert replayed(session).journal.digest() == session.journal.digest()


def test_that_a_foreign_client_cannot_do_what_the_scene_does_not_allow(
    peer: Callable[[str], Any],
    sessions: Callable[..., Session],
    free_endpoint: Callable[[], str],
) -> None:
    endpoint = free_endpoint()
    session = sessions(load_line(NONE, endpoint), speed=1.0)
    assert session.wait_links(30) == ()
    client = peer("peer_client.js")
    client.ask("connect", endpoint=endpoint)
    boolean = {"type": "Boolean", "value": True}
    status = client.ask(
        "write", tags={"I_PE4": boolean, "Q_Run": {"type": "Int16", "value": 1}, "Q_No": boolean}
    )
    assert status["status"] == {
        "I_PE4": "BadNotWritable",
        "Q_Run": "BadTypeMismatch",
        "Q_No": "BadNodeIdUnknown",
    }
    assert client.ask("read", tags=["Q_Run"])["values"]["Q_Run"]["value"] is False
    stranger = peer("peer_client.js")
    with pytest.raises(AssertionError, match=r"(?i)identity|user"):
        stranger.ask("connect", endpoint=endpoint, user="admin", password="x")


# What a foreign client writes and what the line must get; node-opcua has 64-bit integers as [high, low].
FOREIGN = {
    "BOOL": ("Boolean", True, True),
    "SINT": ("SByte", -128, -128),
    "USINT": ("Byte", 255, 255),
    "BYTE": ("Byte", 170, 170),
    "INT": ("Int16", -32768, -32768),
    "UINT": ("UInt16", 65535, 65535),
    "WORD": ("UInt16", 43690, 43690),
    "DINT": ("Int32", -(1 << 31), -(1 << 31)),
    "UDINT": ("UInt32", (1 << 32) - 1, (1 << 32) - 1),
    "DWORD": ("UInt32", 1 << 31, 1 << 31),
    "LINT": ("Int64", [1, 2], (1 << 32) + 2),
    "ULINT": ("UInt64", [(1 << 32) - 1, (1 << 32) - 1], (1 << 64) - 1),
    "LWORD": ("UInt64", [1 << 31, 0], 1 << 63),
    "REAL": ("Float", 0.5, 0.5),
    "LREAL": ("Double", 0.1, 0.1),
    "TIME": ("Int64", [0, 1500], 1_500_000_000),
    "STRING": ("String", "Kiste Ä 箱", "Kiste Ä 箱"),
}


def test_that_every_type_comes_from_a_foreign_client_as_it_was_and_goes_back_so(
    peer: Callable[[str], Any], free_endpoint: Callable[[], str], until: Callable[..., None]
) -> None:
    tags = [
        LinkTag(k, f"Q_{name}", DataType[name], "output", folder="plc", writable=True)
        for k, name in enumerate(FOREIGN)
    ]
    assert {tag.type for tag in tags} == set(DataType)
    endpoint = free_endpoint()
    link = OpcUaServer("hmi", {"endpoint": endpoint})
    link.open(tags)
    try:
        assert link.wait_open(30) == ()
        client = peer("peer_client.js")
        client.ask("connect", endpoint=endpoint)
        sent = {f"Q_{name}": {"type": kind, "value": value} for name, (kind, value, _) in FOREIGN.items()}
        assert set(client.ask("write", tags=sent)["status"].values()) == {"Good"}
        came = {tags[item.index].type.value: item.value for item in link.exchange(())}
        assert came == {name: value for name, (_, _, value) in FOREIGN.items()}
        before = link.status().writes
        link.exchange([Change(t.index, came[t.type.value], Quality.GOOD, 1) for t in tags])
        until(lambda: link.status().writes == before + len(tags))
        read = client.ask("read", tags=list(sent))["values"]
        assert {tag: (data["type"], data["value"]) for tag, data in read.items()} == {
            tag: (data["type"], data["value"]) for tag, data in sent.items()
        }
        client.close()
    finally:
        link.close()


def started_plc(
    peer: Callable[[str], Any],
    port: int,
    inputs: Sequence[str] = INPUTS,
    outputs: Sequence[str] = OUTPUTS,
    program: Any = PROGRAM,
    memory: Any = None,
) -> Any:
    plc = peer("peer_server.js")
    tags = {name: {"type": "Boolean", "value": False, "writable": True} for name in inputs}
    tags |= {name: {"type": "Boolean", "value": False} for name in outputs}
    assert plc.ask("start", port=port, tags=tags)["namespace"] == 2
    plc.ask("run", program=program, memory=memory or {}, scan_ms=20)
    return plc


def port_of(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


def test_that_every_type_goes_to_a_foreign_plc_and_comes_from_it_as_it_was(
    peer: Callable[[str], Any], free_endpoint: Callable[[], str], until: Callable[..., None]
) -> None:
    endpoint = free_endpoint()
    plc = peer("peer_server.js")
    zero = {"Boolean": False, "String": "", "Int64": [0, 0], "UInt64": [0, 0]}
    variables: dict[str, Any] = {}
    for name, (kind, value, _) in FOREIGN.items():
        variables[f"I_{name}"] = {"type": kind, "value": zero.get(kind, 0), "writable": True}
        variables[f"Q_{name}"] = {"type": kind, "value": value}
    plc.ask("start", port=port_of(endpoint), tags=variables)
    inputs = [LinkTag(k, f"I_{name}", DataType[name], "input") for k, name in enumerate(FOREIGN)]
    outputs = [LinkTag(100 + k, f"Q_{name}", DataType[name], "output") for k, name in enumerate(FOREIGN)]
    link = OpcUaClient(
        "plc1",
        {"endpoint": f"{endpoint}/plc", "node": "ns=2;s={name}", "publishing": 0.05, "cycle": 0.02},
    )
    assert link.arm() == ()
    link.open([*inputs, *outputs])
    try:
        came: dict[str, Any] = {}

        def collect() -> int:
            for item in link.exchange(()):
                came[outputs[item.index - 100].type.value] = item.value
            return len(came)

        assert link.wait_open(30) == ()
        until(lambda: collect() == len(FOREIGN))
        assert came == {name: value for name, (_, _, value) in FOREIGN.items()}
        link.exchange([Change(tag.index, came[tag.type.value], Quality.GOOD, 1) for tag in inputs])
        until(lambda: link.status().writes == len(inputs))
        assert link.status().refused_writes == 0
        image = plc.ask("counts")["image"]
        assert {name: image[f"I_{name}"] for name in FOREIGN} == {
            name: value for name, (_, value, _) in FOREIGN.items()
        }
    finally:
        link.close()


def test_that_a_foreign_plc_runs_the_carton_line_once_armed_and_the_session_replays_without_it(
    peer: Callable[[str], Any],
    sessions: Callable[..., Session],
    free_endpoint: Callable[[], str],
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    endpoint = free_endpoint()
    loaded = load_carton_line(EXTERNAL, endpoint)
    plc = started_plc(
        peer,
        port_of(endpoint),
        tags_of(loaded, "input"),
        tags_of(loaded, "output"),
        CARTON_PROGRAM,
        CARTON_MEMORY,
    )
    session = sessions(
        loaded,
        speed=2.0,
        arm=("plc1",),
        make_recorder=lambda run: RecordedRun(run, loaded, tmp_path / "session.rec"),
    )
    assert session.wait_links(30) == ()
    session.start()
    until(lambda: cycle_done(session), 90, "two cartons packed, one rejected")
    session.pause()
    until(lambda: session.status().state == "paused", 5)
    assert plc.ask("counts")["writes"] >= len(tags_of(loaded, "input"))
    link = dict(session.status().links)["plc1"]
    assert link.armed and link.refused_writes == 0

    digest, now = session.journal.digest(), session.run.now_ns
    session.close()
    plc.kill()
    verification = verify(tmp_path / "session.rec")
    assert verification.same and verification.rerun == digest, verification.as_text()
    again = replayed(session)
    assert again.now_ns == now and again.journal.digest() == digest
    records = again.journal.records()
    inputs = records[(records["kind"] == int(Kind.INPUT)) & (records["aux"] == 4)]
    assert len(inputs) >= 3 + 2 * 2 + 2, "what the PLC commanded is in the journal as input"


def test_that_an_unarmed_plc_is_never_written_to(
    peer: Callable[[str], Any],
    sessions: Callable[..., Session],
    free_endpoint: Callable[[], str],
    until: Callable[..., None],
) -> None:
    endpoint = free_endpoint()
    plc = started_plc(peer, port_of(endpoint))
    session = sessions(load_line(EXTERNAL, endpoint), speed=2.0)
    assert session.wait_links(30) == ()
    session.start()
    session.do(lambda run: run.operate("start", "press")).result(5)
    plc.ask("set", tags={"Q_Run": True})  # the PLC is read all the same
    until(lambda: edges(session, "I_PE4") >= 2, 40, "a carton at the eye")
    assert plc.ask("counts")["writes"] == 0
    # after a restart of the link's partner too
    plc.kill()
    until(lambda: session.status().state == "paused", 20)
    again = started_plc(peer, port_of(endpoint))
    until(lambda: dict(session.status().links)["plc1"].state == "up", 30)
    session.start()
    time.sleep(1.0)
    assert again.ask("counts")["writes"] == 0
    assert dict(session.status().links)["plc1"].writes == 0


def test_that_a_killed_plc_pauses_the_line_and_marks_its_outputs(
    peer: Callable[[str], Any],
    sessions: Callable[..., Session],
    free_endpoint: Callable[[], str],
    until: Callable[..., None],
) -> None:
    endpoint = free_endpoint()
    plc = started_plc(peer, port_of(endpoint))
    session = sessions(load_line(EXTERNAL, endpoint), speed=1.0, arm=("plc1",))
    assert session.wait_links(30) == ()
    session.start()
    session.do(lambda run: run.operate("start", "press")).result(5)
    until(lambda: session.do(lambda run: run.tags["Q_Run"].value).result(5), 20)
    plc.kill()
    until(lambda: session.status().state == "paused", 10)
    assert "plc1" in session.status().notice
    session.step_event()  # what the loss did to the tags is the next instant
    tag = session.do(
        lambda run: (run.tags["Q_Run"].value, run.tags["Q_Run"].quality, run.tags["Q_Run"].reason)
    )
    assert tag.result(5) == (True, Quality.UNCERTAIN, Reason.LINK_LOST), "the last value, marked"
    assert replayed(session).journal.digest() == session.journal.digest()


def test_that_a_frozen_plc_is_noticed_and_gets_no_old_commands_when_it_thaws(
    peer: Callable[[str], Any],
    sessions: Callable[..., Session],
    free_endpoint: Callable[[], str],
    until: Callable[..., None],
) -> None:
    if not hasattr(signal, "SIGSTOP"):
        pytest.skip("this system cannot freeze a process")
    endpoint = free_endpoint()
    plc = started_plc(peer, port_of(endpoint))
    session = sessions(load_line(EXTERNAL, endpoint), speed=1.0, arm=("plc1",))
    assert session.wait_links(30) == ()
    session.start()
    until(lambda: plc.ask("counts")["writes"] >= len(INPUTS), 20)

    def press() -> None:
        for action in ("push", "release") * 5:
            session.do(lambda run, action=action: run.operate("start", action)).result(5)
            time.sleep(0.1)

    os.kill(plc.process.pid, signal.SIGSTOP)
    frozen = time.monotonic()
    try:
        press()  # the first of these is on the wire before anybody can know
        until(lambda: session.status().state == "paused", 15)
        assert time.monotonic() - frozen < 6, "the watchdog asks every second, with a second's patience"
        session.start()  # the operator goes on without the PLC
        press()
    finally:
        os.kill(plc.process.pid, signal.SIGCONT)
    until(lambda: dict(session.status().links)["plc1"].state == "up", 30)
    until(lambda: plc.ask("counts")["writes"] >= 2 * len(INPUTS), 20)
    session.pause()
    starts = [value for tag, value in plc.ask("counts")["written"] if tag == "I_Start"]
    assert starts.count(True) <= 1, "of ten presses, at most the one request that was on the wire"
    assert starts[-1] is False, "then the present image"
