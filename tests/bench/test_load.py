"""A scene folder becomes a loaded scene: its files, measured durations, links, places of problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.bench.empirical import MOST_VALUES, read_values
from commissioning.bench.load import load, load_text
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun
from commissioning.files.recording import read_recording
from commissioning.model.duration import Empirical
from commissioning.model.problem import Place, Problems
from commissioning.sim.run import Run

HERE = Place("scene.yaml", 5, 7)
SCENE = """\
format: commissioning-scene/1
name: Measured
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: {empirical: data/every.csv}, to: pack}
  pack:
    type: station
    cycle: {empirical: data/cycle.csv}
    failures: {every: {empirical: data/cycle.csv}, repair: 1 s}
    to: out
  out: {type: sink}
"""


def folder(tmp_path: Path, every: str = "10\n", cycle: str = "2 s\n3 s\n") -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "scene.yaml").write_text(SCENE)
    (tmp_path / "data/every.csv").write_text(every)
    (tmp_path / "data/cycle.csv").write_text(cycle)
    return tmp_path


def values_of(text: str | bytes) -> tuple[float, ...]:
    content = text.encode() if isinstance(text, str) else text
    values, problems = read_values(content, "x.csv", HERE)
    assert not problems
    return values


def problems_of(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    values, problems = read_values(content, "x.csv", HERE)
    assert not values
    return [str(problem) for problem in problems]


def test_that_measured_durations_are_one_to_a_line_with_or_without_unit() -> None:
    assert values_of("4.2\n4.3 s\n500 ms\n1 min\n0\n") == (4.2, 4.3, 0.5, 60.0, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "cycle\n1\n2\n",
        "Zyklus Station 3 [s]\n1\n2\n",
        "# measured on 3 May\n\ncycle\n1\n\n# after lunch\n2",
        "\ufeff1\r\n2\r\n",
        '"1"\n"2"\n',
        "1,\n2,\n",
    ],
)
def test_that_headlines_comments_and_what_spreadsheets_add_do_not_count(text: str) -> None:
    assert values_of(text) == (1.0, 2.0)


@given(st.lists(st.floats(0, 1e6).map(lambda x: round(x, 6)), min_size=1).filter(any))
def test_that_every_list_of_durations_comes_back(durations: list[float]) -> None:
    assert values_of("\n".join(repr(x) for x in durations)) == tuple(durations)
    assert values_of("cycle [s]\n" + "\n".join(f"{x!r} s" for x in durations)) == tuple(durations)


def test_that_what_is_no_duration_is_told_with_its_line() -> None:
    assert problems_of("cycle\n4.2\n-1\nfast\n4,5\n4 kg\n3\n1;2\n") == [
        "x.csv:3: a duration cannot be negative, '-1' is. Write 0 s or more.",
        "x.csv:4: 'fast' is no duration. Write one duration to a line, like 4.2 or 4.2 s.",
        (
            "x.csv:5: '4,5' is not one duration. Write one duration to a line, like 4.2 or 4.2 s "
            "(with a decimal point)."
        ),
        (
            "x.csv:6: '4 kg' has the unit 'kg', which is a mass, not a duration. "
            "Write one duration to a line, like 4.2 or 4.2 s."
        ),
        (
            "x.csv:8: '1;2' is not one duration. Write one duration to a line, like 4.2 or 4.2 s "
            "(with a decimal point)."
        ),
    ]


def test_that_a_file_full_of_mistakes_does_not_flood_the_screen() -> None:
    problems = problems_of("1\n" + "x\n" * 500)
    assert len(problems) == 11
    assert problems[-1] == "x.csv: 490 more lines are no durations."


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "holds no durations"),
        (b"cycle\n# none\n", "holds no durations"),
        (b"0\n0 s\n", "every duration in x.csv is 0"),
        (b"\xff\xfe1\x00", "is not UTF-8 (byte 0)"),
        (b"1\n" * (MOST_VALUES + 1), "Keep 1,000,000 at most"),
    ],
)
def test_that_a_file_without_durations_is_a_problem_where_the_scene_names_it(
    content: bytes, words: str
) -> None:
    (problem,) = problems_of(content)
    assert problem.startswith(("scene.yaml:5:7: x.csv ", "scene.yaml:5:7: every "))
    assert words in problem


def test_that_the_loader_fills_in_measured_durations(tmp_path: Path) -> None:
    loaded = load(folder(tmp_path))
    devices = loaded.scene.devices
    assert devices["src"].params["every"] == Empirical("data/every.csv", (10.0,))
    assert devices["pack"].params["cycle"] == Empirical("data/cycle.csv", (2.0, 3.0))
    assert devices["pack"].params["failures"]["every"].mean == 2.5
    assert devices["pack"].params["cycle"].mean == 2.5
    assert set(loaded.files) == {"scene.yaml", "data/every.csv", "data/cycle.csv"}


def test_that_a_run_draws_only_measured_durations_and_all_of_them(tmp_path: Path) -> None:
    scene = folder(tmp_path).joinpath("scene.yaml")
    scene.write_text(SCENE.replace("    failures: {every: {empirical: data/cycle.csv}, repair: 1 s}\n", ""))
    run = Run(load(tmp_path))
    run.advance("1005 s")
    assert [t for t, made in run.journal.edges("src.waiting")][:1] == [0]
    done = [t for t, value in run.journal.edges("out.count") if value]
    stays = {t - 10_000_000_000 * (k + 1) for k, t in enumerate(done)}
    assert stays == {2_000_000_000, 3_000_000_000}
    assert len(done) == 100


def test_that_other_measurements_are_another_scene(tmp_path: Path) -> None:
    first = load(folder(tmp_path)).scene.hash
    assert load(tmp_path).scene.hash == first
    (tmp_path / "data/cycle.csv").write_text("2 s\n3.5 s\n")
    assert load(tmp_path).scene.hash != first


def test_that_a_recording_carries_the_measurements(tmp_path: Path) -> None:
    loaded = load(folder(tmp_path))
    run = Run(loaded)
    recorded = RecordedRun(run, loaded, tmp_path / "run.rec")
    recorded.advance_to(200_000_000_000)
    recorded.close()
    for name in ("scene.yaml", "data/every.csv", "data/cycle.csv"):
        (tmp_path / name).unlink()
    assert read_recording(tmp_path / "run.rec").files["data/cycle.csv"] == b"2 s\n3 s\n"
    assert verify(tmp_path / "run.rec").same


def test_that_problems_of_measurements_are_told_at_once(tmp_path: Path) -> None:
    folder(tmp_path, every="1\nsoon\n")
    (tmp_path / "data/cycle.csv").unlink()
    with pytest.raises(Problems) as caught:
        load(tmp_path)
    first, second = (str(problem) for problem in caught.value.problems)
    assert first.startswith(f"{tmp_path / 'data/every.csv'}:2: 'soon' is no duration")
    assert second.startswith(f"{tmp_path / 'scene.yaml'}:8:24 devices.pack.cycle.empirical: there is no file")
    (tmp_path / "scene.yaml").write_text(SCENE.replace("data/every.csv", "../every.csv"))
    with pytest.raises(Problems, match="outside the scene's folder"):
        load(tmp_path)


def test_that_the_certificates_of_links_are_looked_for_beside_the_scene(tmp_path: Path) -> None:
    text = SCENE.replace("{empirical: data/every.csv}", "1 s").replace("{empirical: data/cycle.csv}", "1 s")
    text += (
        "links:\n  hmi: {type: opcua_server, endpoint: 'opc.tcp://0.0.0.0:4840', "
        "certificate: c.der, private_key: k.pem, trusted: peers}\n"
    )
    with pytest.raises(Problems) as caught:
        load_text(text, tmp_path / "scene.yaml")
    assert [problem.where.id for problem in caught.value.problems] == [
        "links.hmi.certificate", "links.hmi.private_key", "links.hmi.trusted",
    ]  # fmt: skip
    (tmp_path / "c.der").touch()
    (tmp_path / "k.pem").touch()
    (tmp_path / "peers").mkdir()
    loaded = load_text(text, tmp_path / "scene.yaml")
    assert Run(loaded).line.links["hmi"].folder == tmp_path


def test_that_links_on_different_ports_do_not_disturb_each_other(tmp_path: Path) -> None:
    text = SCENE.replace("{empirical: data/every.csv}", "1 s").replace("{empirical: data/cycle.csv}", "1 s")
    ends = ["127.0.0.1:4840", "127.0.0.1:4841", "127.0.0.2:4840", "127.0.0.1:0", "127.0.0.1:0"]
    rows = [f"  l{k}: {{type: opcua_server, endpoint: 'opc.tcp://{end}'}}\n" for k, end in enumerate(ends)]
    load_text(text + "links:\n" + "".join(rows), tmp_path / "scene.yaml")
    with pytest.raises(Problems, match=r"l1 and l5 both want to listen on port 4841\. Cause: l1 has it in"):
        load_text(text + "links:\n" + "".join(rows) + rows[1].replace("l1", "l5"), tmp_path / "scene.yaml")
