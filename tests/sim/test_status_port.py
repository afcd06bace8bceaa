"""Status ports that nothing is bound to: no record of their own, and everybody reads the same of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.bench.load import load_text
from commissioning.model.expression import names_in_header, parse
from commissioning.model.record import Kind
from commissioning.sim.analysis.evaluate import Monitor
from commissioning.sim.run import Run
from commissioning.sim.status_rows import StatusRows
from commissioning.sim.timeline.timeline import Timeline

S = 1_000_000_000
PORTS = ("src.waiting", "q.count", "q.full", "m.occupied", "m.busy", "m.done", "m.failed", "out.count")
TAGS = {port: f"T{k}" for k, port in enumerate(PORTS)}


def text(bound: bool) -> str:
    """A line that starves, blocks, fails and queues; its status ports bound to tags or not."""

    def tags(device: str) -> str:
        mine = [f"{p.split('.')[1]}: {t}" for p, t in TAGS.items() if p.startswith(device + ".")]
        return f", tags: {{{', '.join(mine)}}}" if bound else ""

    return f"""
format: commissioning-scene/1
products: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}}}
devices:
  src: {{type: source, product: box, every: {{exponential: 3 s}}, to: q{tags("src")}}}
  q: {{type: buffer, capacity: 2, to: m{tags("q")}}}
  m:
    {{type: station, cycle: {{uniform: [1 s, 4 s]}}, to: b{tags("m")},
     failures: {{every: {{exponential: 20 s}}, repair: {{exponential: 5 s}}}}}}
  b: {{type: belt, length: 2 m, speed: 0.2 m/s, to: out}}
  out: {{type: sink{tags("out")}}}
"""


@pytest.fixture
def pair(tmp_path: Path) -> Callable[[int], tuple[Run, Run]]:
    """The same line with quiet ports and with bound ones."""
    quiet = load_text(text(False), tmp_path / "quiet.yaml")
    bound = load_text(text(True), tmp_path / "bound.yaml")
    return lambda seed: (Run(quiet, seed), Run(bound, seed))


@pytest.mark.parametrize("seed", range(4))
def test_that_a_quiet_port_has_the_edges_of_a_bound_one(
    pair: Callable[[int], tuple[Run, Run]], seed: int
) -> None:
    quiet, bound = pair(seed)
    quiet.advance_to(300 * S)
    bound.advance_to(300 * S)
    for port, tag in TAGS.items():
        assert quiet.journal.edges(port) == bound.journal.edges(tag), port
        assert len(quiet.journal.edges(port)) > 1, port
        assert quiet.tags[port].value == bound.tags[tag].value
        assert quiet.tags[port].quality == 0
    records = quiet.journal.records()
    values = records[records["kind"] == int(Kind.VALUE)]
    assert not {quiet.tags[port].index for port in PORTS} & set(values["obj"].tolist())


def test_that_the_timeline_shows_quiet_ports_as_they_were(pair: Callable[[int], tuple[Run, Run]]) -> None:
    quiet, _ = pair(5)
    timeline = Timeline(quiet.journal.header)
    fed = 0
    for t in range(200):
        quiet.advance_to(t * S)
        timeline.feed(quiet.journal.records(fed))
        fed = quiet.journal.length
        shown = timeline.signals(t * S)
        for port in PORTS:
            signal = quiet.tags[port]
            assert shown.value[signal.index] == signal.value
            assert shown.quality[signal.index] == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_that_rows_made_in_pieces_are_those_made_at_once(cuts: list[int]) -> None:
    run = Run(load_text(text(False), Path("scene.yaml")), 3)
    run.advance_to(150 * S)
    records = run.journal.records()
    whole, numbers = StatusRows(run.journal.header).expand(records)
    assert (np.diff(numbers) >= 0).all()
    made = StatusRows(run.journal.header)
    edges = [0, *sorted(min(cut, len(records)) for cut in cuts), len(records)]
    pieces = [made.expand(records[a:b], a)[0] for a, b in pairwise(edges)]
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_that_a_forced_quiet_port_speaks_for_itself_from_then_on(line_of: Callable[[str], Run]) -> None:
    """5 s of work each 10 s; busy is forced on from 17 s to 22 s and follows the work again after that."""
    run = line_of("src: {type: source, product: box, every: 10 s, to: m}\n"
                  "m: {type: station, cycle: 5 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance_to(17 * S)
    run.force("m.busy", True)
    run.advance_to(22 * S)
    assert run.tags["m.busy"].value is True
    run.release("m.busy")
    run.advance_to(40 * S)
    edges = run.journal.edges("m.busy")
    assert [t / S for t, _ in edges] == [0, 10, 15, 17, 25, 30, 35, 40]
    assert [value for _, value in edges] == [False, True] * 4
    # at 22 s the work that began at 20 s goes on: released, it stays on


def test_that_who_listens_to_a_quiet_port_changes_no_record(line_of: Callable[[str], Run]) -> None:
    devices = ("src: {type: source, product: box, every: 10 s, to: m}\n"
               "m: {type: station, cycle: 5 s, to: out}\nout: {type: sink}")  # fmt: skip
    plain, heard = line_of(devices), line_of(devices)
    seen: list[tuple[int, object]] = []

    class Listener:
        def told(self, _: object) -> None:
            seen.append((heard.now_ns // S, heard.tags["m.busy"].value))

    heard.tags["m.busy"].subscribe(Listener().told)
    plain.advance_to(36 * S)
    heard.advance_to(36 * S)
    assert seen == [(10, True), (15, False), (20, True), (25, False), (30, True), (35, False)]
    assert plain.journal.digest() == heard.journal.digest()


def test_that_a_check_follows_a_quiet_port(pair: Callable[[int], tuple[Run, Run]]) -> None:
    quiet, bound = pair(2)
    quiet.advance_to(200 * S)
    bound.advance_to(200 * S)
    told = []
    for run, name in ((quiet, "m.failed"), (bound, TAGS["m.failed"])):
        expression = parse(f"{name} for 2 s", names_in_header(run.journal.header))
        monitor = Monitor(expression, run.journal.header, run.journal.texts)
        monitor.feed(run.journal.records(), run.now_ns)
        told.append([(change.t, change.value) for change in monitor.changes])
    assert told[0] == told[1]
    assert len(told[0]) > 3


@pytest.fixture
def line_of(tmp_path: Path) -> Callable[[str], Run]:
    def build(devices: str) -> Run:
        rows = "\n".join("  " + row for row in devices.splitlines())
        head = "format: commissioning-scene/1\nproducts: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
        return Run(load_text(head + rows + "\n", tmp_path / "scene.yaml"), 1)

    return build
