"""Chains solved ahead against the same run entry by entry: journal, attributes, kernel entries, all equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from commissioning.bench.load import LoadedScene, load_text
from commissioning.sim.random_stream import Sampler
from commissioning.sim.run import Run

HEAD = (
    "format: commissioning-scene/1\n"
    "products: {part: {size: [0.3 m, 0.2 m, 0.2 m]}, tall: {size: [0.3 m, 0.2 m, 0.4 m]}}\n"
    "devices:\n"
)
DURATIONS = (
    "1 s", "0.7 s", "{exponential: 1 s}", "{exponential: 0.6 s}", "{uniform: [0.5 s, 1.3 s]}",
    "{normal: {mean: 1 s, sd: 0.6 s}}", "{erlang: {mean: 0.9 s, k: 3}}", "{triangular: [0.4 s, 1 s, 1.2 s]}",
    "{weibull: {mean: 1 s, shape: 0.8}}",
)  # fmt: skip
ASIDE = (  # a line of its own beside the chain, whose entries come between
    "  other: {type: source, product: part, every: {exponential: 40 s}, to: two}\n"
    "  two: {type: station, cycle: {exponential: 50 s}, parallel: 2, to: away}\n  away: {type: sink}\n"
)


def chain(name: str, every: str, zones: list[tuple[str, str]], more: str = "product: part") -> str:
    """Scene text of a chain: (capacity of the buffer, "" without one, "all" without limit; cycle) per zone."""
    rows, names = [], []
    for k, (capacity, cycle) in enumerate(zones):
        if capacity:
            limit = "" if capacity == "all" else f"capacity: {capacity}, "
            names.append(f"{name}b{k}")
            rows.append(f"  {name}b{k}: {{type: buffer, {limit}to: {name}m{k}}}\n")
        names.append(f"{name}m{k}")
        following = f"{name}out" if k == len(zones) - 1 else f"{name}b{k + 1}" if zones[k + 1][0] else ""
        rows.append(
            f"  {name}m{k}: {{type: station, cycle: {cycle}, to: {following or f'{name}m{k + 1}'}}}\n"
        )
    rows.append(f"  {name}out: {{type: sink}}\n")
    return f"  {name}src: {{type: source, {more}, every: {every}, to: {names[0]}}}\n" + "".join(rows)


def scene(*devices: str) -> LoadedScene:
    return load_text(HEAD + "".join(devices), Path("scene.yaml"))


def everything(run: Run) -> dict[str, Any]:
    """All there is of a run, in words."""
    line = run.line
    found: dict[str, Any] = {identity: thing.save() for identity, thing in line.objects.items()}
    found["parts"] = [(part.save(), part.owner and part.owner.id, part.place) for part in line.parts.values()]
    found["entries"] = [
        (*entry[:5], entry[5].__self__.id, entry[5].__name__) for entry in line.kernel.entries()
    ]
    found["kernel"] = (line.kernel.now, line.kernel.scheduled, line.kernel.key, line.kernel.cause, line.made)
    for identity, thing in line.objects.items():
        if isinstance(thing, Sampler):
            thing.fill()
            found["draws of " + identity] = thing.values
    return found


def hold(ahead: Run, by_event: Run) -> None:
    """They are one and the same run."""
    assert ahead.problem is None and by_event.problem is None
    first = max(ahead.journal.first, by_event.journal.first)
    ours, theirs = ahead.journal.records(first), by_event.journal.records(first)
    least = min(len(ours), len(theirs))
    differ = (ours[:least] != theirs[:least]).nonzero()[0]
    assert not len(differ), (ours[differ[0] - 2 : differ[0] + 3], theirs[differ[0] - 2 : differ[0] + 3])
    assert len(ours) == len(theirs)
    assert ahead.journal.digest() == by_event.journal.digest()
    found, wanted = everything(ahead), everything(by_event)
    for name in wanted:
        assert found[name] == wanted[name], name


zones = st.lists(
    st.tuples(st.sampled_from(["", "1", "2", "5", "all"]), st.sampled_from(DURATIONS)), min_size=1, max_size=5
)
sources = st.sampled_from(
    ["always", "{exponential: 1.1 s}", "{exponential: 3 s}", "1 s", "{uniform: [0, 2 s]}"]
)
products = st.sampled_from(
    [
        "product: part",
        "mix: {part: 70 %, tall: 30 %}",
        "product: tall, first: 5 s",
        "product: part, limit: 900",
    ]
)


@settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    sources,
    zones,
    products,
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(st.floats(0.001, 900.0), st.sampled_from(["", "restore", "fork", "force", "release"])),
             min_size=2, max_size=5),
    st.integers(0, 10_000),
)  # fmt: skip
def test_that_solving_ahead_changes_nothing(
    every: str, stations: list[tuple[str, str]], more: str, two: bool, aside: bool,
    slices: list[tuple[float, str]], seed: int,
) -> None:  # fmt: skip
    assume(every != "always" or stations[0][0] != "all")  # which would never end
    second = chain("y", "{exponential: 2 s}", [("all", "{exponential: 1 s}"), ("1", "1 s")]) if two else ""
    loaded = scene(chain("x", every, stations, more), second, ASIDE if aside else "")
    ahead, by_event = Run(loaded, seed), Run(loaded, seed, by_event=True)
    for span, action in slices:
        ahead.advance(span)
        by_event.advance(span)
        hold(ahead, by_event)
        if action == "restore":
            ahead = Run.restore(loaded, ahead.snapshot())
        elif action == "fork":
            ahead, by_event = ahead.fork(seed + 7), by_event.fork(seed + 7)
            by_event._advance = by_event.line.kernel.advance
        elif action == "force":
            ahead.force("xm0.busy", True)
            by_event.force("xm0.busy", True)
        elif action == "release":
            ahead.release("xm0.busy")
            by_event.release("xm0.busy")


@pytest.mark.parametrize(
    ("every", "stations"),
    [
        ("{exponential: 1.25 s}", [("all", "{exponential: 1 s}")]),
        ("always", [("", "{exponential: 1 s}")] + [("2", "{exponential: 1 s}")] * 9),
        ("{exponential: 2 s}", [("", "{exponential: 1 s}")] * 3),
        ("{exponential: 1 s}", [("all", "{exponential: 1.2 s}"), ("all", "{exponential: 1 s}")]),
    ],
)
def test_that_a_plain_chain_is_solved_ahead(every: str, stations: list[tuple[str, str]]) -> None:
    loaded = scene(chain("x", every, stations))
    ahead, by_event = Run(loaded, 3), Run(loaded, 3, by_event=True)
    for _ in range(3):
        ahead.advance(4000)
        by_event.advance(4000)
        hold(ahead, by_event)
    assert ahead.line.ahead is not None and ahead.line.ahead.stretches >= 3
    assert by_event.line.ahead is not None and by_event.line.ahead.stretches == 0


@pytest.mark.parametrize(
    "device",
    [
        "  xm0: {type: station, cycle: 1 s, parallel: 2, to: xout}\n",
        "  xm0: {type: station, cycle: 1 s, failures: {every: 1 h, repair: 1 s}, to: xout}\n",
        "  xm0: {type: station, cycle: {part: 1 s, tall: 2 s}, to: xout}\n",
        "  xm0: {type: station, cycle: 1 s, to: xout}\n  in2: {type: source, product: tall, every: 9 s, to: xm0}\n",
    ],
)
def test_that_what_is_not_plain_is_no_chain(device: str) -> None:
    text = "  xsrc: {type: source, product: part, every: 2 s, to: xm0}\n" + device + "  xout: {type: sink}\n"
    assert Run(scene(text), 1).line.ahead is None


def test_that_a_tag_on_a_device_keeps_it_out_of_chains() -> None:
    text = (
        "  xsrc: {type: source, product: part, every: 2 s, to: xm0}\n"
        "  xm0: {type: station, cycle: 1 s, to: xout, tags: {busy: I_BUSY}}\n  xout: {type: sink}\n"
    )
    assert Run(scene(text), 1).line.ahead is None


def test_that_whoever_listens_to_a_status_port_is_told_of_each_change() -> None:
    loaded = scene(chain("x", "{exponential: 1 s}", [("all", "{exponential: 0.5 s}")]))
    run = Run(loaded, 1)
    told: list[bool] = []
    run.tags["xm0.busy"].subscribe(lambda _: told.append(run.tags["xm0.busy"].value))
    run.advance(2000)
    assert run.line.ahead is not None and run.line.ahead.stretches == 0
    assert len(told) > 1000
