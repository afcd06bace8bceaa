"""What a check tells of the programs it ran: coverage in its report, warnings before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.check import check
from commissioning.bench.load import LoadedScene, load
from commissioning.bench.program_warnings import program_warnings
from commissioning.bench.run import make_run
from commissioning.cli import main

ROOT = Path(__file__).parents[3]
CARTON = ROOT / "scenes" / "carton_line"


@pytest.fixture(scope="module")
def carton() -> LoadedScene:
    return load(CARTON)


def test_that_a_run_with_coverage_has_the_journal_of_one_without(carton: LoadedScene) -> None:
    digests = []
    for coverage in (False, True):
        run = make_run(carton, 1, "production", coverage=coverage)
        run.advance("3 min")
        digests.append(run.journal.digest())
        if coverage:
            found = run.coverage()["plc"]
            assert 40 < found.statements[0] < found.statements[1]
    assert digests[0] == digests[1]


def test_that_the_first_scan_counts(carton: LoadedScene) -> None:
    run = make_run(carton, 1, coverage=True)  # time 0, one scan
    found = run.coverage()["plc"]
    assert run.scans["plc"] == 1
    assert found.statements[0] > 20


def test_that_the_report_of_a_check_shows_what_was_executed(carton: LoadedScene) -> None:
    report = check(carton, seed=1, only=("stop_fast",), coverage=True)
    plc = report.coverage["plc"]
    page = report.as_html()
    hit, whole = plc.statements
    assert f"{hit} of {whole} statements" in page
    assert "Executed by plc" in page
    assert "never THEN" in page
    missed = plc["MAIN"].missed[0]
    assert f"{missed.line:5} ! " in page or f"{missed.line:5} ~ " in page
    assert report.as_json()["coverage"]["plc"]["statements"] == [hit, whole]
    assert report.as_json()["coverage"]["plc"]["pous"]["FB_Track"]["file"] == "plc/main.st"


def test_that_coverage_is_of_all_scenarios_together_and_the_same_from_workers(carton: LoadedScene) -> None:
    scenarios = ("stop_fast", "only_low")
    one = check(carton, seed=1, only=scenarios, coverage=True, workers=1).coverage["plc"]
    alone = [check(carton, seed=1, only=(name,), coverage=True).coverage["plc"] for name in scenarios]
    two = check(carton, seed=1, only=scenarios, coverage=True, workers=2).coverage["plc"]
    assert one.to_plain() == two.to_plain() == (alone[0] | alone[1]).to_plain()
    assert one.branches[0] > alone[0].branches[0]
    assert check(carton, seed=1, only=("stop_fast",)).coverage == {}


def test_that_the_command_line_prints_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    assert main(["check", str(CARTON), "--only", "stop_fast", "--coverage", "--report", str(report)]) == 0
    told = capsys.readouterr().out
    assert "POU       statements" in told
    assert "Executed by plc" in report.read_text("utf-8")


def test_that_warnings_know_what_the_field_writes(carton: LoadedScene, tmp_path: Path) -> None:
    assert program_warnings(carton) == ()
    program = (CARTON / "plc" / "main.st").read_text("utf-8")
    spoiled = program.replace("Jam         : BOOL;", "Jam         : BOOL; Never : BOOL;").replace(
        "StartEdge(CLK := I_Start);", "StartEdge(CLK := I_Start AND NOT Never);"
    )
    (tmp_path / "plc").mkdir()
    (tmp_path / "plc" / "main.st").write_text(spoiled, "utf-8")
    (tmp_path / "scene.yaml").write_text(
        (CARTON / "scene.yaml").read_text("utf-8").replace(", asset: carton.glb", "")
    )
    loaded = load(tmp_path)
    (warning,) = program_warnings(loaded)
    assert "MAIN.Never is read by MAIN (plc/main.st:90) but never written" in str(warning)
