"""Why a line makes what it makes, as data and as part of the report."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import commissioning as vc
from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.bench.reports.report import html_report
from commissioning.bench.reports.sankey import Flow, sankey
from commissioning.bench.reports.stock import histogram, loss_bar
from commissioning.bench.reports.strips import bottleneck_strip, state_strips
from commissioning.bench.reports.why import why_sections
from commissioning.bench.run import RecordedRun, make_run
from commissioning.bench.single import run_once
from commissioning.bench.verdicts import check_scene
from commissioning.bench.why import Why, why
from commissioning.bench.why_strips import STEPS
from commissioning.files.recording import read_recording
from commissioning.model.record import Kind
from commissioning.sim.analysis.littles_law import Histogram
from commissioning.sim.analysis.routes import LOST
from commissioning.sim.check import JournalView, RecordsView

NS = 10**9
EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything"
LINE = """
format: commissioning-scene/1
name: Line
products: {part: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: part, every: always, to: m1}
  m1: {type: station, cycle: {exponential: 6 s}, to: b1}
  b1: {type: buffer, capacity: 3, to: m2}
  m2: {type: station, cycle: 8 s, to: b2,
    failures: {every: {exponential: 300 s}, repair: {exponential: 60 s}}}
  b2: {type: belt, length: 2 m, speed: 0.5 m/s, to: test}
  test: {type: inspection, results: {good: 80 %, rework: 15 %, scrap: 5 %}, cycle: 3 s,
    to: {good: out, rework: mend, scrap: bin}}
  mend: {type: station, cycle: 5 s, pose: {xyz: [4 m, 3 m, 1 m]}, to: b3}
  b3: {type: buffer, pose: {xyz: [2 m, 3 m, 1 m]}, to: m2}
  bin: {type: sink, pose: {xyz: [9 m, 3 m, 1 m]}}
  out: {type: sink}
"""


@pytest.fixture(scope="module")
def found() -> Why:
    return _why(LINE, 4 * 3600.0)


def _why(text: str, seconds: float, start: int | None = None, seed: int = 1) -> Why:
    run = make_run(load_text(text, Path("scene.yaml")), seed)
    run.advance(seconds)
    return why(JournalView(run.journal, run.now_ns), start)


def test_that_its_json_is_whole_and_adds_up(found: Why) -> None:
    data: Mapping[str, Any] = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert set(data) == {
        "from_s", "to_s", "warm_up", "summary", "states", "bottleneck", "waits", "wip", "lead_time",
        "littles_law", "flow", "oee", "energy", "products",
    }  # fmt: skip
    for shares in data["states"].values():
        assert sum(shares.values()) == pytest.approx(1.0)
    limits = data["bottleneck"]
    assert sum(one["momentary"] for one in limits["shares"].values()) + limits["none"] == pytest.approx(1.0)
    assert (
        limits["main"] == "m2"
        and len(limits["strip"]) == STEPS
        and set(limits["strip"]) <= set(found.names) | {None}
    )
    for wait in data["waits"]:
        assert wait["share"] == pytest.approx(data["states"][wait["device"]][wait["state"]])
        assert sum(cause["share"] for cause in wait["causes"]) == pytest.approx(wait["share"])
        assert wait["words"].startswith(f"{wait['device']} was {wait['state']}")
    for chart in ("wip", "lead_time"):
        assert sum(data[chart]["weights"]) == pytest.approx(1.0)
        assert len(data[chart]["edges"]) == len(data[chart]["weights"]) + 1
    assert data["littles_law"]["holds"] and data["flow"]["balanced"]
    for machine in data["oee"].values():
        assert sum(machine["time"].values()) == pytest.approx(1.0)
    assert data["energy"] is None


def test_that_flow_into_and_out_of_every_device_is_the_same_up_to_what_is_in_it(found: Why) -> None:
    into: dict[str, int] = {}
    out: dict[str, int] = {}
    for link in found.as_json()["flow"]["links"]:
        out[link["from"]] = out.get(link["from"], 0) + link["parts"]
        into[link["to"]] = into.get(link["to"], 0) + link["parts"]
    for device in ("m1", "b1", "m2", "b2", "test", "mend", "b3"):
        assert abs(into[device] - out[device]) <= 6, device
    flow = found.as_json()["flow"]
    assert into["out"] + into["bin"] == flow["done"] and out["src"] == pytest.approx(flow["made"], abs=1)
    assert flow["rejected"] == into["bin"]  # scrap is all that ends badly; 5 % of what is not sent to rework
    assert into["bin"] / flow["done"] == pytest.approx(5 / 85, abs=0.015)


def test_that_a_recording_says_the_same_as_the_run(loaded: LoadedScene, tmp_path: Path) -> None:
    run = make_run(loaded, 1, "quiet")
    recorded = RecordedRun(run, loaded, tmp_path / "run.vcr")
    recorded.advance_to(900 * NS)
    recorded.close()
    recording = read_recording(tmp_path / "run.vcr")
    view = RecordsView(recording.header, recording.texts, recording.records, recording.end_ns)
    assert why(view).as_json() == why(JournalView(run.journal, run.now_ns)).as_json()


def test_that_a_restored_run_says_why_since_then() -> None:
    loaded = load_text(LINE, Path("scene.yaml"))
    run = make_run(loaded, 1)
    run.advance(1800.0)
    later = type(run).restore(loaded, run.snapshot())
    later.advance(1800.0)
    found = why(later.view())
    assert found.sound and found.routes.inside_before > 0 and found.end_ns == 1800 * NS


def test_that_it_can_be_said_of_every_device_there_is_and_of_no_time_at_all() -> None:
    run = make_run(load(EVERYTHING), 1)
    nothing = why(JournalView(run.journal, 0))
    assert nothing.sound and json.dumps(nothing.as_json(), allow_nan=False)
    run.advance(200.0)
    found = why(JournalView(run.journal, run.now_ns))
    assert found.sound and json.dumps(found.as_json(), allow_nan=False)
    ElementTree.fromstring(f"<all>{why_sections(found, 'everything')}</all>")


def test_that_a_contradiction_in_the_journal_is_shown_and_not_hidden() -> None:
    run = make_run(load_text(LINE, Path("scene.yaml")), 1)
    run.advance(1000.0)
    rows = run.journal.records()
    first = int(np.flatnonzero(rows["kind"] == int(Kind.PART_MOVE))[30])
    view = RecordsView(run.journal.header, run.journal.texts, np.delete(rows, first), run.now_ns)
    found = why(view)
    assert not found.sound and "error of the program" in found.summary[0]
    page = why_sections(found, "broken")
    assert "LITTLE'S LAW DOES NOT HOLD" in page and "off by" in page


def test_that_a_run_in_python_and_on_the_command_line_say_the_same() -> None:
    loaded = load_text(LINE, Path("scene.yaml"))
    run = vc.Run(loaded, seed=3)
    run.advance("2 h")
    result = run_once(loaded, 7200 * NS, 3)
    assert result.as_json()["why"] == vc.why(run).as_json()
    assert all(line in result.as_text() for line in vc.why(run).summary[:2])


def test_that_the_warm_up_is_left_out_or_said_not_to_be(found: Why) -> None:
    assert found.warm_up == "MSER-5"
    assert _why(LINE, 100.0).warm_up == "too short"
    given = _why(LINE, 3600.0, 600 * NS)
    assert (given.warm_up, given.start_ns) == ("given", 600 * NS)
    with pytest.raises(ValueError, match="no time"):
        _why(LINE, 10.0, 20 * NS)


def test_that_the_report_shows_it_for_the_first_run_of_what_flows(loaded: LoadedScene) -> None:
    report = check_scene(loaded)
    page = html_report(report)
    for title in ("Bottleneck over time", "What the devices did", "Who waited for whom", "Flow of parts",
                  "Stock and lead time", "OEE and its losses"):  # fmt: skip
        assert page.count(f"<h2>{title}</h2>") == 1, title  # the short scenario has no part done
    first = report.runs[0].why
    assert first is not None and all(line in page.replace("&#x27;", "'") for line in first.summary)
    assert report.as_json()["runs"][0]["why"]["bottleneck"]["main"] == "infeed"


def _rects(svg: str, kind: str) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(e.get(k, "0")) for k in ("x", "y", "width", "height"))  # type: ignore[misc]
        for e in ElementTree.fromstring(svg).iter("rect")
        if e.get("class") == kind
    ]


def test_that_a_strip_shows_a_state_where_and_as_long_as_it_was() -> None:
    """Down from a quarter to a half of the time: the plot is 150 to 988 wide."""
    strips = {
        "m": [(0, NS, {"working": 1.0}), (NS, 2 * NS, {"down": 1.0}), (2 * NS, 4 * NS, {"starved": 1.0})]
    }
    svg = state_strips(strips, 0, 4 * NS, "t")
    ((x, _, wide, tall),) = _rects(svg, "s-down")
    assert (x, wide) == pytest.approx((150 + 838 / 4, 838 / 4), abs=0.1)
    ((_, _, _, half),) = _rects(svg, "s-starved")
    assert half == pytest.approx(tall / 2, abs=0.1)


def test_that_shares_of_a_step_stand_on_one_another() -> None:
    svg = state_strips({"m": [(0, NS, {"working": 0.5, "blocked": 0.3, "starved": 0.2})]}, 0, NS, "t")
    heights = [_rects(svg, f"s-{state}")[0] for state in ("working", "blocked", "starved")]
    assert [h[3] / sum(h[3] for h in heights) for h in heights] == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    assert heights[0][1] > heights[1][1] > heights[2][1]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 12), st.integers(0, 12) | st.just(LOST)), st.integers(1, 5000), max_size=30
    )
)
@settings(max_examples=80, deadline=None)
def test_that_any_flow_can_be_drawn_and_stays_in_its_frame(links: dict[tuple[int, int], int]) -> None:
    names = {k: f"device {k}" for k in range(13)} | {LOST: "lost"}
    svg = sankey(Flow(links, {}, names), "flow")
    kept = {link: n for link, n in links.items() if link[0] != link[1]}
    if not kept:
        assert svg == ""
        return
    root = ElementTree.fromstring(svg)
    width, height = (float(x) for x in (root.get("viewBox") or "").split()[2:])
    for rect in root.iter("rect"):
        x, y, wide = (float(rect.get(k, "0")) for k in ("x", "y", "width"))
        assert x >= 0 and x + wide <= width and 0 <= y <= height
    bands = [e for e in root.iter("path") if (e.get("class") or "").startswith("band-")]
    assert sorted(int(e.findtext("title") or "0") for e in bands) == sorted(kept.values())


def test_that_bands_are_as_wide_as_their_flow_is_strong() -> None:
    svg = sankey(Flow({(0, 1): 900, (0, 2): 100}, {}, {0: "a", 1: "b", 2: "c"}), "flow")
    wide = {}
    for band in ElementTree.fromstring(svg).iter("path"):
        begin, end = (
            re.search(r"M([\d.]+) .*Z", band.get("d", "")),
            re.search(r"([\d.]+) \d+Z", band.get("d", "")),
        )
        assert begin is not None and end is not None
        wide[band.findtext("title")] = float(end[1]) - float(begin[1])
    assert wide["900"] / wide["100"] == pytest.approx(9.0, rel=0.01)


def test_that_a_long_line_leaves_out_what_parts_just_pass() -> None:
    links = {(k, k + 1): 10 for k in range(60)}
    svg = sankey(Flow(links, {}, {k: f"d{k}" for k in range(61)}, tuple(range(1, 60))), "flow")
    assert "Left out, because parts just pass" in svg
    assert len(re.findall('class="node"', svg)) == 26


def test_that_charts_are_well_formed_with_names_of_any_kind(found: Why) -> None:
    nasty = tuple(f"<{name}> & \"'\x00" for name in found.names)
    odd = replace(found, names=nasty, strips={f"<{k}>": v for k, v in found.strips.items()})
    for page in (bottleneck_strip(odd), why_sections(odd, "odd"), loss_bar(found.oee[0].time, "<&>"),
                 histogram(found.wip, "parts", "<&>")):  # fmt: skip
        ElementTree.fromstring(f"<all>{page}</all>")
        assert "\x00" not in page
    assert "Nothing to show" in histogram(Histogram((0.0, 1.0), (0.0,), None, None, None, None, 0), "s", "t")
