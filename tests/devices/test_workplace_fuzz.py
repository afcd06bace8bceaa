"""Random shops of people, assemblies, inspections, racks and routes: nothing is lost, nobody is shared twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.bench.load import LoadedScene, load_text
from commissioning.model.record import Kind
from commissioning.sim.resource import Resource
from commissioning.sim.run import Run

HEAD = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}, tall: {size: [0.3 m, 0.2 m, 0.4 m]}}
devices:
"""
CYCLES = st.sampled_from(["1 s", "0 s", "{exponential: 1 s}", "{box: 0.5 s, tall: {uniform: [0 s, 3 s]}}"])
PEOPLE = st.sampled_from(["", ", operators: team", ", operators: team, needs: 2, priority: -1"])
SETUPS = st.sampled_from(["", ", setup: 1 s", ", setup: {box: {tall: 2 s}}, setup_by: crew"])
FAILURES = st.sampled_from(["", ", failures: {every: {exponential: 6 s}, repair: 1 s}, repair_by: crew",
                            ", failures: {every: 5 s, repair: {exponential: 1 s}, counts: calendar}, repair_by: crew",
                            ", failures: {every: {exponential: 3 s}, repair: 1 s}"])  # fmt: skip
SHIFTS = st.sampled_from(["", ", shifts: [{from: 3 s, to: 11 s}], repeat: 13 s",
                          ", shifts: [{from: 1 s, to: 9 s}], repeat: 10 s, at_shift_end: interrupt"])  # fmt: skip
STAGE = st.tuples(
    st.sampled_from(["manual", "inspect", "join", "apart", "rack", "route", "station", "pallet"]),
    CYCLES,
    PEOPLE,
    SETUPS,
    FAILURES,
    SHIFTS,
)
TEAM = st.sampled_from([f"count: {count}{shifts}" for count in (2, 3) for shifts in (
    "", ", shifts: [{from: 0 s, to: 7 s}, {from: 5 s, to: 12 s}], repeat: 15 s",
    ", shifts: [{from: 0 s, to: 8 s, breaks: [{from: 2 s, to: 3 s}]}], repeat: 11 s, at_shift_end: interrupt")])  # fmt: skip


def build(stages: list[tuple[str, ...]], team: str) -> LoadedScene:
    """Stages one behind the other with small buffers between; each says what it does with parts."""
    rows = [f"team: {{type: operators, {team}}}", "crew: {type: operators}", "out: {type: sink}",
                "src: {type: source, mix: {box: 1, tall: 1}, every: {exponential: 1 s}, to: q0}"]  # fmt: skip
    for k, (kind, cycle, people, setup, failures, shifts) in enumerate(stages):
        after = f"q{k + 1}" if k + 1 < len(stages) else "out"
        pose = f"pose: {{xyz: [{k}, {k}, 1]}}"
        entry = f"d{k}"
        rows.append(f"q{k}: {{type: buffer, capacity: 2, {pose}, to: {entry}}}")
        if kind in ("inspect", "join", "apart", "manual"):
            common = f"cycle: {cycle}{people}{setup}{failures}{shifts}, {pose}"
        if kind == "manual":
            people = people or ", operators: team"
            rows.append(
                f"d{k}: {{type: manual_station, cycle: {cycle}{people}{setup}{failures}{shifts}, {pose}, to: {after}}}"
            )
        elif kind == "station":
            cycle = cycle.replace("0 s,", "0.1 s,") if cycle != "0 s" else "0.1 s"
            parallel = ", parallel: 2" if people else ""
            rows.append(
                f"d{k}: {{type: station, cycle: {cycle}{parallel}{people}{setup}{failures}{shifts}, {pose}, to: {after}}}"
            )
        elif kind == "pallet":
            cycle = "1 s" if cycle.startswith("{box") else cycle
            rows[-1] = f"q{k}: {{type: router, routes: {{box: [d{k}], tall: [t{k}]}}, {pose}}}"
            rows.append(
                f"t{k}: {{type: disassembly, gives: {{o: {{product: box}}}}, cycle: 0 s, {pose}, to: {{o: d{k}}}}}"
            )
            rows.append(f"p{k}: {{type: buffer, pallets: 2, product: tall, {pose}, to: d{k}}}")
            rows.append(f"d{k}: {{type: assembly, takes: {{tall: 1, box: 2}}, loads: true, cycle: {cycle}"
                        f"{people}{setup}{failures}{shifts}, {pose}, to: u{k}}}")  # fmt: skip
            rows.append(f"u{k}: {{type: disassembly, gives: {{o: {{product: box, count: 2}}}}, unloads: true, cycle: 0.5 s, {pose}, "
                        f"to: {{o: {after}, rest: p{k}}}}}")  # fmt: skip
        elif kind == "inspect":
            rows.append(f"d{k}: {{type: inspection, results: {{good: 50 %, rework: 40 %, scrap: 10 %}}, max_passes: 2, "
                        f"{common}, to: {{good: {after}, rework: w{k}, scrap: scrap}}}}")  # fmt: skip
            rows.append(f"w{k}: {{type: buffer, {pose}, to: d{k}}}")
        elif kind == "join":
            cycle = "1 s" if cycle.startswith("{box") else cycle
            result = ", result: tall" if people else ""
            rows[-1] = f"q{k}: {{type: router, routes: {{box: [d{k}], tall: [t{k}]}}, {pose}}}"
            rows.append(
                f"t{k}: {{type: disassembly, gives: {{o: {{product: box, count: 2}}}}, cycle: 0 s, {pose}, to: {{o: d{k}}}}}"
            )
            rows.append(f"d{k}: {{type: assembly, takes: {{box: {3 if result else 1}}}{result}, cycle: {cycle}"
                        f"{people}{setup}{failures}{shifts}, {pose}, to: {after}}}")  # fmt: skip
        elif kind == "apart":
            rest = f", rest: {after}" if people else ""
            rows.append(f"d{k}: {{type: disassembly, gives: {{o: {{product: tall}}, p: {{product: box}}}}, {common}, "
                        f"to: {{o: scrap, p: {after}{rest}}}}}")  # fmt: skip
        elif kind == "rack":
            rows.append(
                f"d{k}: {{type: rack, bays: 2, levels: 2, handling: 0.1 s, retrieves: lifo, {pose}, to: {after}}}"
            )
        else:
            rows[-1] = (
                f"q{k}: {{type: router, routes: {{box: [m{k}, n{k}], tall: [n{k}, b{k}, m{k}, n{k}, {after}]}}, {pose}}}"
            )
            rows[-1] = rows[-1].replace(f"box: [m{k}, n{k}]", f"box: [m{k}, b{k}, {after}]")
            rows.append(f"m{k}: {{type: station, cycle: 0.3 s, {pose}, to: q{k}}}")
            rows.append(f"n{k}: {{type: station, cycle: 0.2 s, {pose}, to: q{k}}}")
            rows.append(f"b{k}: {{type: buffer, {pose}, to: q{k}}}")
    if any("scrap" in row for row in rows):
        rows.append("scrap: {type: sink, pose: {xyz: [0, -1, 0]}}")
    return load_text(HEAD + "".join(f"  {row}\n" for row in rows), Path("scene.yaml"))


@settings(max_examples=40, deadline=None)
@given(st.lists(STAGE, min_size=1, max_size=4), TEAM, st.integers(0, 1000), st.integers(1, 39))
def test_that_random_shops_balance_share_nobody_twice_and_are_restored_anywhere(
    stages: list[tuple[str, ...]], team: str, seed: int, at: int
) -> None:
    loaded = build(stages, team)
    run = Run(loaded, seed)
    run.advance(at)
    copy = Run.restore(loaded, run.snapshot())
    run.advance(40 - at)
    assert run.problem is None, run.problem
    copy.advance(40 - at)
    assert copy.journal.digest() == run.journal.digest()
    records = run.journal.records()
    made = records["obj"][records["kind"] == int(Kind.PART_MADE)]
    gone = records[records["kind"] == int(Kind.PART_GONE)]
    assert sorted([*gone["obj"].tolist(), *run.line.parts]) == list(range(len(made)))
    into = gone["b"][(gone["aux"] == 3) & (gone["b"] > 0)] - 1
    assert np.isin(into, made).all()
    for name, device in run.line.devices.items():
        if isinstance(device, Resource):
            assert device.interrupts is False or device.busy <= device.present
            assert device.busy <= device.most
            holders = [run.line.objects[user] for user in device.holders]
            assert all(getattr(one, "running", True) or one.down for one in holders)  # type: ignore[attr-defined]
        elif name not in ("out", "scrap"):
            inside = sum(getattr(part.owner, "id", "") == name for part in run.line.parts.values())
            assert inside == device.held or device.declaration.type == "source", name
    for figures in run.kpi().values():
        shares = (
            figures.working,
            figures.starved,
            figures.blocked,
            figures.down,
            figures.setup,
            figures.idle,
        )
        assert abs(sum(shares) + figures.off - 1.0) < 1e-9
