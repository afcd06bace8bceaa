"""`commissioning test` as users meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

Line = Any  # see conftest.py
Command = Callable[..., Any]
GOOD = """\
TEST 'the button starts the line'
    I_Go := TRUE;
    ADVANCE_SCANS(1);
    ASSERT_TRUE(Q_Run);
END_TEST
TEST 'nothing runs by itself'
    ADVANCE_TIME(T#1s);
    ASSERT_FALSE(Q_Run);
END_TEST
"""
BAD = "TEST 'wrong'\n    ADVANCE_TIME(T#20ms);\n    ASSERT_EQ(MAIN.Seen, 7, 'seen');\nEND_TEST\n"
TABLE = "name,it stays on\nrequirement,FS-1\ntime,I_Go,Q_Run\n0 s,TRUE,TRUE\n1 s,FALSE,TRUE\n"


@pytest.fixture
def tested(small: Line) -> Line:
    (small.folder / "tests").mkdir()
    return small


def test_that_tests_of_both_forms_pass(tested: Line, command: Command) -> None:
    tested.write("tests/line.st", GOOD).write("tests/on.csv", TABLE)
    said = command("test", tested)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[:6] == [
        "tests/line.st",
        "  PASS     the button starts the line  (1 assertions)",
        "  PASS     nothing runs by itself  (1 assertions, 1 s)",
        "tests/on.csv",
        "  PASS     it stays on  (2 assertions, 1 s)",
        said.out.splitlines()[5],
    ]
    assert said.out.splitlines()[5].startswith("Small line: 3 PASS (")


def test_that_a_failed_test_is_exit_code_1_with_expected_actual_and_line(
    tested: Line, command: Command
) -> None:
    tested.write("tests/a.st", GOOD).write("tests/b.st", BAD)
    said = command("test", tested)
    assert said.code == 1
    assert (
        "tests/b.st:3: seen: expected 7, actual 0 [ASSERT_EQ(MAIN.Seen, 7, 'seen')] (at 0.02 s)" in said.out
    )


def test_that_tests_are_listed_and_chosen_by_name(tested: Line, command: Command) -> None:
    tested.write("tests/a.st", GOOD).write("tests/b.st", BAD).write("tests/on.csv", TABLE)
    listed = command("test", tested, "--list")
    assert (listed.code, listed.out.splitlines()) == (
        0,
        [
            "tests/a.st::the button starts the line",
            "tests/a.st::nothing runs by itself",
            "tests/b.st::wrong",
            "tests/on.csv::it stays on",
        ],
    )
    assert command("test", tested, "--list", "--only", "BUTTON").out == listed.out.splitlines()[0] + "\n"
    for chosen, count in (("button", 1), ("tests/a.st::*", 2), ("*on*", 3), ("on.csv", 1)):
        said = command("test", tested, "--json", "--only", chosen)
        assert len(json.loads(said.out)["tests"]) == count
    said = command("test", tested, "--only", "nonsense")
    assert said.code == 2 and "no test fits nonsense" in said.err


def test_that_json_is_one_object_and_junit_says_the_same(tested: Line, command: Command) -> None:
    tested.write("tests/b.st", BAD).write("tests/on.csv", TABLE)
    file = tested.folder / "out" / "report.xml"
    said = command("test", tested, "--json", "--junit", file)
    told = json.loads(said.out)
    assert (told["exit_code"], said.code, told["scene"]) == (1, 1, "Small line")
    first, second = told["tests"]
    assert (first["verdict"], first["failures"][0]["line"], first["failures"][0]["at_s"]) == ("FAIL", 3, 0.02)
    assert (second["verdict"], second["requirements"], second["virtual_s"]) == ("PASS", ["FS-1"], 1.0)
    root = Xml.parse(file).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "1", "0")
    failed, passed = root.iter("testcase")
    assert failed.get("name") == "wrong" and "expected 7, actual 0" in str(failed[1].get("message"))
    facts = {p.get("name"): p.get("value") for p in passed.iter("property")}
    assert facts == {"virtual_s": "1.000000000", "assertions": "2", "requirement": "FS-1"}


def test_that_what_cannot_be_read_is_told_and_the_rest_runs(tested: Line, command: Command) -> None:
    tested.write("tests/a.st", GOOD).write("tests/broken.st", "TEST 'x'\n    nonsense := 1;\nEND_TEST\n")
    tested.write("tests/broken.csv", "time,Q_Rum\n0,1\n").write("tests/latin.csv", b"time,Q_Run\n0,\xe4\n")
    said = command("test", tested, "--junit", tested.folder / "r.xml")
    assert said.code == 2
    assert "2 PASS" in said.out
    folder = Path(str(tested)) / "tests"
    assert any(p.startswith(f"{folder / 'broken.st'}:2:5: nonsense is not declared") for p in said.problems)
    assert any(
        p.startswith(f"{folder / 'broken.csv'}:1: the program has no variable Q_Rum") for p in said.problems
    )
    assert any(p.startswith(f"{folder / 'latin.csv'}:2: the table is not UTF-8") for p in said.problems)
    assert Xml.parse(tested.folder / "r.xml").getroot().find(".//error") is not None


def test_that_a_failure_is_exit_code_1_whatever_else(tested: Line, command: Command) -> None:
    tested.write("tests/b.st", BAD).write("tests/broken.csv", "")
    assert command("test", tested).code == 1


def test_that_tests_in_the_program_itself_run_and_do_not_disturb_the_line(
    tested: Line, command: Command
) -> None:
    before = command("run", tested, "--for", "1 min", "--json")
    tested.edit("END_PROGRAM\n", "END_PROGRAM\n" + GOOD, "main.st")
    said = command("test", tested)
    assert said.code == 0 and "main.st" in said.out and "2 PASS" in said.out
    after = command("run", tested, "--for", "1 min", "--json")
    for key in ("events", "kpi", "verdicts"):
        assert json.loads(after.out)[key] == json.loads(before.out)[key]


def test_that_helpers_beside_the_tests_are_compiled_with_them(tested: Line, command: Command) -> None:
    tested.write("tests/tools.st", "FUNCTION F_Two : INT\nF_Two := 2;\nEND_FUNCTION\n")
    tested.write("tests/a.st", "TEST 'a' ASSERT_EQ(F_Two(), 2); END_TEST")
    (tested.folder / "tests/data").mkdir()
    tested.write("tests/data/ignored.csv", "no table")
    assert command("test", tested).code == 0


SUITE = """\
<?xml version="1.0" encoding="utf-8"?>
<TcPlcObject Version="1.1.0.1">
  <POU Name="FB_Line_Test" Id="{00000000-0000-0000-0000-000000000000}" SpecialFunc="None">
    <Declaration><![CDATA[FUNCTION_BLOCK FB_Line_Test EXTENDS TcUnit.FB_TestSuite]]></Declaration>
    <Implementation><ST><![CDATA[Starts(); Counts();]]></ST></Implementation>
    <Method Name="Starts" Id="{00000000-0000-0000-0000-000000000001}">
      <Declaration><![CDATA[METHOD Starts]]></Declaration>
      <Implementation><ST><![CDATA[TEST('Starts');
AssertFalse(Q_Run, 'runs');
TEST_FINISHED();]]></ST></Implementation>
    </Method>
    <Method Name="Counts" Id="{00000000-0000-0000-0000-000000000002}">
      <Declaration><![CDATA[METHOD Counts
VAR_INST n : INT; END_VAR]]></Declaration>
      <Implementation><ST><![CDATA[TEST('Counts');
n := n + 1;
IF n = 100 THEN
    AssertEquals_INT(Expected := 99, Actual := n, Message := 'counted');
    TEST_FINISHED();
END_IF]]></ST></Implementation>
    </Method>
  </POU>
</TcPlcObject>
"""


def test_that_suites_of_tcunit_run_beside_the_others(tested: Line, command: Command) -> None:
    tested.write("tests/a.st", GOOD).write("tests/FB_Line_Test.TcPOU", SUITE)
    tested.write(
        "tests/PRG_TEST.st", "PROGRAM PRG_TEST VAR s : FB_Line_Test; END_VAR TcUnit.RUN(); END_PROGRAM"
    )
    listed = command("test", tested, "--list").out.splitlines()
    assert listed == [
        "tests/a.st::the button starts the line",
        "tests/a.st::nothing runs by itself",
        "tests/FB_Line_Test.TcPOU::FB_Line_Test.Starts",
        "tests/FB_Line_Test.TcPOU::FB_Line_Test.Counts",
    ]
    said = command("test", tested, "--json")
    told = json.loads(said.out)
    assert said.code == 1 and [t["verdict"] for t in told["tests"]] == ["PASS", "PASS", "PASS", "FAIL"]
    failed = told["tests"][-1]
    assert failed["name"] == "PRG_TEST.s.Counts" and failed["virtual_s"] == 0.99
    (failure,) = failed["failures"]
    assert failure["what"].startswith("counted: expected 99, actual 100")
    assert (failure["file"], failure["line"]) == ("tests/FB_Line_Test.TcPOU", 18)
    only = json.loads(command("test", tested, "--json", "--only", "Starts").out)
    assert [t["name"] for t in only["tests"]] == ["the button starts the line", "PRG_TEST.s.Starts"]


def test_that_a_scene_without_tests_says_so(small: Line, command: Command) -> None:
    said = command("test", small)
    assert said.code == 2 and "there are no tests" in said.err


@pytest.mark.parametrize("linked", [False, True])
def test_that_tests_import_nothing_that_was_not_hashed(
    tested: Line, command: Command, tmp_path: Path, linked: bool
) -> None:
    """Hidden and linked folders are not in the hash: they could be changed after it was allowed."""
    name = "lib" if linked else ".lib"
    real = tmp_path / "elsewhere" if linked else tested.folder / "tests" / name
    real.mkdir()
    (real / "later.py").write_text("VALUE = 1\n")
    if linked:
        (tested.folder / "tests" / name).symlink_to(real, target_is_directory=True)
    tested.write(
        "tests/test_it.py",
        "import sys, pathlib\n"
        f"sys.path.insert(0, str(pathlib.Path(__file__).parent / {name!r}))\n"
        "import later\ndef test_one():\n    assert later.VALUE\n",
    )
    code = json.loads(command("test", tested, "--list", "--json").out)["allow_code"]
    said = command("test", tested, "--allow-code", code)
    assert said.code == 3
    assert "is not part of what was allowed to run" in said.out


def test_that_python_runs_only_after_it_was_allowed(tested: Line, command: Command) -> None:
    marker = tested.folder / "ran"
    body = f"""
import pathlib, pytest
pathlib.Path({str(marker)!r}).write_text("yes")

@pytest.mark.requirement("FS-9")
def test_good(plc):
    plc["I_Go"] = True
    plc.run()
    assert plc["Q_Run"]

def test_bad(line, operator):
    operator.press("go")
    line.advance("1 s")
    assert line.tags["Q_Run"].value == 17

def test_broken(nothing):
    pass

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
"""
    tested.write("tests/a.st", GOOD).write("tests/test_line.py", body)
    cache = tested.folder / "tests" / "__pycache__"
    cache.mkdir()
    (cache / "test_line.cpython-311.pyc").write_bytes(b"never read")
    said = command("test", tested, "--json")
    told = json.loads(said.out)
    assert said.code == 3 and not marker.exists()
    assert [t["verdict"] for t in told["tests"]] == ["PASS", "PASS", "NOT RUN"]
    code = told["tests"][-1]["why"].split()[-1]
    assert json.loads(command("test", tested, "--list", "--json").out)["allow_code"] == code
    assert command("test", tested, "--allow-code", "0" * 64).code == 3 and not marker.exists()

    told = json.loads(command("test", tested, "--json", "--allow-code", code).out)
    assert marker.exists() and told["exit_code"] == 1
    found = {t["name"]: t for t in told["tests"]}
    assert {name: t["verdict"] for name, t in found.items() if name.startswith("test_")} == {
        "test_good": "PASS", "test_bad": "FAIL", "test_broken": "INCONCLUSIVE", "test_skipped": "NOT RUN",
    }  # fmt: skip
    assert found["test_good"]["requirements"] == ["FS-9"]
    assert found["test_bad"]["virtual_s"] == 1.0
    assert "assert True == 17" in found["test_bad"]["failures"][0]["what"]
    assert "fixture 'nothing' not found" in found["test_broken"]["why"]
    assert found["test_skipped"]["why"] == "not today"
    # any change of any Python of the scene is another content
    tested.write("logic.py", "x = 1")
    assert command("test", tested, "--allow-code", code).code == 3


def test_that_coverage_of_all_forms_is_added_up(tested: Line, command: Command) -> None:
    """MAIN has 2 IFs with an assignment each: 4 statements, and 4 branches with the ELSEs not written."""
    tested.write("tests/a.st", "TEST 'idle' ADVANCE_SCANS(1); ASSERT_FALSE(Q_Run); END_TEST")
    assert _figures(command("test", tested, "--json", "--coverage")) == ([2, 4], [2, 4])
    tested.write("tests/on.csv", TABLE)
    assert _figures(command("test", tested, "--json", "--coverage")) == ([3, 4], [3, 4])
    body = "def test_eye(plc):\n    plc['I_Eye'] = True\n    plc.run()\n    assert plc['MAIN.Seen'] == 1\n"
    tested.write("tests/test_eye.py", body)
    code = json.loads(command("test", tested, "--list", "--json").out)["allow_code"]
    report = tested.folder / "report.html"
    said = command("test", tested, "--json", "--coverage", "--allow-code", code, "--report", report)
    assert said.code == 0 and _figures(said) == ([4, 4], [4, 4])
    page = report.read_text()
    assert "Executed by plc" in page and "<script" not in page and "test_eye" in page and "FS-1" in page
    assert "4/4 100 %" in command("test", tested, "--coverage", "--allow-code", code).out
    assert "coverage" not in json.loads(command("test", tested, "--json").out)


def _figures(said: Any) -> tuple[list[int], list[int]]:
    covered = json.loads(said.out)["coverage"]["plc"]
    return covered["statements"], covered["branches"]


def test_that_names_of_tests_are_text_in_the_report(tested: Line, command: Command) -> None:
    tested.write("tests/a.st", "TEST '<script>alert(1)</script>' ASSERT_EQ('<b>', '&'); END_TEST")
    page = tested.folder / "report.html"
    assert command("test", tested, "--report", page, "--junit", tested.folder / "r.xml").code == 1
    assert "<script" not in page.read_text() and "&lt;script&gt;" in page.read_text()
    assert Xml.parse(tested.folder / "r.xml").getroot().find(".//testcase") is not None


def test_that_compiled_python_is_refused(tested: Line, command: Command) -> None:
    tested.write("tests/test_a.py", "def test_a(): pass").write("tests/helper.pyc", b"\0")
    said = command("test", tested)
    assert said.code == 2 and "compiled code" in said.err


@pytest.mark.parametrize("argument", [["--junit", "/dev/null/x.xml"], ["--only"]])
def test_that_wrong_arguments_are_told_before_anything_runs(
    tested: Line, command: Command, argument: list[str]
) -> None:
    tested.write("tests/a.st", GOOD)
    said = command("test", tested, *argument)
    assert said.code == 2 and said.out == ""
