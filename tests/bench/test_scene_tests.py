"""Finding and running the tests of a scene: several controllers, what belongs to nobody, being stopped."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from commissioning.bench import scene_tests_found
from commissioning.bench.chosen import fits
from commissioning.bench.scene_tests import list_tests, run_tests
from commissioning.bench.scene_tests_report import TestReport
from commissioning.model.problem import Problems
from commissioning.plc.testing.outcome import Failure, Outcome

SCENE = """\
format: commissioning-scene/1
name: Two
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
devices:
  src: {type: source, product: box, every: 2 s, to: b1}
  b1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 2 m, speed: 0.5 m/s, to: out}
  out: {type: sink}
controllers:
"""
ONE = "VAR_GLOBAL n : INT; END_VAR\nPROGRAM MAIN\n    n := n + {step};\nEND_PROGRAM\n"
TEST = "TEST '{name}' ADVANCE_SCANS(3); ASSERT_EQ(n, {n}); END_TEST\n"


def scene(folder: Path, controllers: str, files: dict[str, str]) -> Path:
    (folder / "scene.yaml").write_text(SCENE + controllers)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


TWO = "  left: {type: emulated, programs: [left.st]}\n  right: {type: emulated, programs: [right.st]}\n"
PROGRAMS = {"left.st": ONE.format(step=1), "right.st": ONE.format(step=10)}


def test_that_each_controller_has_its_own_tests(tmp_path: Path) -> None:
    files = {
        "tests/left/a.st": TEST.format(name="left", n=3),
        "tests/right/a.st": TEST.format(name="right", n=30),
        "tests/right/b.csv": "n\n10\n20\n",
    }
    report = run_tests(scene(tmp_path, TWO, PROGRAMS | files))
    assert [(one.suite, one.verdict) for one in report.outcomes] == [
        ("tests/left/a.st", "PASS"), ("tests/right/a.st", "PASS"), ("tests/right/b.csv", "PASS"),
    ]  # fmt: skip
    assert report.exit_code == 0


def test_that_a_test_of_no_controller_is_told(tmp_path: Path) -> None:
    report = run_tests(scene(tmp_path, TWO, PROGRAMS | {"tests/a.st": TEST.format(name="a", n=3)}))
    assert report.exit_code == 2 and not report.outcomes
    assert str(report.problems[0]) == (
        f"{tmp_path / 'tests/a.st'}: no controller is known for this test. Put it into tests/left/."
    )
    (tmp_path / "x").mkdir()
    alone = scene(tmp_path / "x", "  nobody: {type: none}\n", {"tests/a.csv": "n\n1\n"})
    assert "Only programs of emulated controllers" in str(run_tests(alone).problems[0])


def test_that_a_folder_of_programs_needs_no_scene(tmp_path: Path) -> None:
    files = {
        "src/a.st": "FUNCTION F_Two : INT\n    F_Two := 2;\nEND_FUNCTION\n",
        "src/main.st": ONE.format(step=5) + "CONFIGURATION c RESOURCE r ON PLC\n"
        "TASK t(INTERVAL := T#20ms);\nPROGRAM MAIN WITH t : MAIN;\nEND_RESOURCE END_CONFIGURATION\n",
        "tests/a.st": "TEST 'a' ASSERT_EQ(F_Two(), 2); ADVANCE_TIME(T#40ms); ASSERT_EQ(n, 15); END_TEST",
        "tests/b.csv": "function,F_Two\nresult\n2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    report = run_tests(tmp_path, coverage=True)
    assert [one.verdict for one in report.outcomes] == ["PASS", "PASS"], report.as_text()
    assert report.scene == tmp_path.name and report.coverage["plc"].statements == (2, 2)
    (tmp_path / "tests/test_c.py").write_text(
        "def test_two(plc):\n    assert plc.call_function('F_Two') == 2\ndef test_line(line):\n    pass\n"
    )
    report = run_tests(tmp_path, allow_code=[list_tests(tmp_path).code])
    assert [one.verdict for one in report.outcomes] == ["PASS", "PASS", "PASS", "INCONCLUSIVE"]
    assert "test_line needs a scene" in report.outcomes[-1].why
    (tmp_path / "src/main.st").write_text("PROGRAM MAIN\n    nonsense := 1;\nEND_PROGRAM\n")
    with pytest.raises(Problems, match=r"src/main.st:2:5: nonsense is not declared"):
        run_tests(tmp_path)


def test_that_twincat_files_alone_are_compiled_in_their_dialect(tmp_path: Path) -> None:
    """A DINT goes into an INT there, with a warning; the project has no program at all."""
    pou = (
        '<?xml version="1.0"?><TcPlcObject><POU Name="F_Low" Id="{0}"><Declaration><![CDATA['
        "FUNCTION F_Low : INT\nVAR_INPUT d : DINT; END_VAR]]></Declaration><Implementation><ST><![CDATA["
        "F_Low := d;]]></ST></Implementation></POU></TcPlcObject>"
    )
    (tmp_path / "POUs").mkdir()
    (tmp_path / "POUs" / "F_Low.TcPOU").write_text(pou)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "low.csv").write_text("function,F_Low\nd,result\n70000,4464\n")  # 70000 - 65536
    assert run_tests(tmp_path).exit_code == 0


def test_that_files_elsewhere_hidden_ones_and_data_are_no_tests(tmp_path: Path) -> None:
    files = {"main.st": ONE.format(step=1), "tests/a.st": TEST.format(name="a", n=3)}
    files |= {f"tests/{name}/a.st": "nonsense" for name in ("data", ".hidden", "__pycache__")}
    files |= {"other/b.csv": "nonsense", "tests/readme.txt": "nonsense", "tests/tool.py": "nonsense("}
    folder = scene(tmp_path, "  plc: {type: emulated, programs: [main.st]}\n", files)
    (folder / "tests" / "link.st").symlink_to(folder / "other" / "b.csv")
    assert run_tests(folder).exit_code == 0
    assert [test.id for test in list_tests(folder).tests] == ["tests/a.st::a"]


def test_that_ctrl_c_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"main.st": ONE.format(step=1), "tests/test_a.py": "def test_a(): pass"}
    files["tests/a.st"] = "".join(TEST.format(name=name, n=3) for name in "abc")
    folder = scene(tmp_path, "  plc: {type: emulated, programs: [main.st]}\n", files)
    run_test = scene_tests_found.run_test

    def stopped(program: object, test: object, prepare: object) -> Outcome:
        if "'b'" in getattr(test, "name", ""):
            raise KeyboardInterrupt
        return run_test(program, test, prepare)  # type: ignore[arg-type]

    monkeypatch.setattr(scene_tests_found, "run_test", stopped)
    report = run_tests(folder)
    assert [(one.name, one.verdict) for one in report.outcomes] == [
        ("a", "PASS"), ("b", "NOT RUN"), ("c", "NOT RUN"), ("test_a", "NOT RUN"),
    ]  # fmt: skip
    assert report.exit_code == 3 and "stopped by the user" in report.as_text()


@pytest.mark.parametrize(
    ("verdicts", "problems", "code"),
    [
        (["PASS"], False, 0), (["PASS", "FAIL"], True, 1), (["PASS"], True, 2), ([], True, 2), ([], False, 2),
        (["PASS", "NOT RUN"], False, 3), (["INCONCLUSIVE"], False, 3), (["INCONCLUSIVE", "FAIL"], False, 1),
    ],
)  # fmt: skip
def test_that_exit_codes_follow_the_verdicts(verdicts: list[str], problems: bool, code: int) -> None:
    outcomes = tuple(Outcome("s", "n", "s", 1, word) for word in verdicts)  # type: ignore[arg-type]
    told = tuple(list_problem()) if problems else ()
    assert TestReport("x", outcomes, told).exit_code == code


def list_problem() -> list[object]:
    from commissioning.model.problem import Place, Problem

    return [Problem("what", Place("file"))]


def test_that_hostile_texts_harm_no_terminal_and_no_xml() -> None:
    nasty = "a\x1b[2J\x00\u202e<&]]>\ud800"
    failure = Failure(nasty, nasty, 3, 5)
    report = TestReport(nasty, (Outcome(nasty, nasty, nasty, 1, "FAIL", (failure,), why=nasty),))
    shown = report.as_text()
    assert "\x1b" not in shown and "\x00" not in shown and "\u202e" not in shown
    root = Xml.fromstring(report.as_junit())
    assert root.get("failures") == "1"
    assert "<script" not in report.as_html()
    json.dumps(report.as_json())


def test_that_names_are_chosen_by_parts_and_patterns() -> None:
    identity = "tests/zone.st::The alarm comes"
    assert fits(identity, ()) and fits(identity, ["ALARM"]) and fits(identity, ["*zone.st::*comes"])
    assert fits(identity, ["nothing", "zone"]) and not fits(identity, ["nothing"])
    assert not fits(identity, ["zone?st::The"]) and fits(identity, ["*zone?st*"])


MOCKED = """FUNCTION_BLOCK FB_Lib
VAR_INPUT go : BOOL; END_VAR VAR_OUTPUT done : BOOL; END_VAR
    done := FALSE;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR lib : FB_Lib; n : INT; END_VAR
    lib(go := TRUE);
    IF lib.done THEN n := n + 1; END_IF
END_PROGRAM
"""
STAND_IN = """FUNCTION_BLOCK FB_Done
VAR_INPUT go : BOOL; END_VAR VAR_OUTPUT done : BOOL; END_VAR
    done := go;
END_FUNCTION_BLOCK
TEST 'with'
MOCK FB_Lib BY FB_Done;
    ADVANCE_SCANS(3);
    ASSERT_EQ(MAIN.n, 3);
END_TEST
TEST 'unused'
MOCK FB_Lib BY FB_Done;
    ASSERT_EQ(MAIN.n, 0);
END_TEST
"""
PYTHON = """def test_with(plc):
    lib = plc.mock("FB_Lib", {"done": True})
    plc.run(scans=3)
    assert plc["MAIN.n"] == 3 and lib.calls == [{"go": True}] * 3

def test_unused(plc):
    plc.mock("FB_Lib", {"done": True})
"""
WRONG = STAND_IN.replace("VAR_OUTPUT done : BOOL", "VAR_OUTPUT done : INT").replace("done := go", "done := 1")


def test_that_stand_ins_are_used_and_those_that_are_not_are_told(tmp_path: Path) -> None:
    one = "  plc: {type: emulated, programs: [main.st]}\n"
    files = {"main.st": MOCKED, "tests/a.st": STAND_IN, "tests/test_a.py": PYTHON}
    folder = scene(tmp_path, one, files)
    code = list_tests(folder).code
    report = run_tests(folder, allow_code=[code], coverage=True)
    assert [(found.name, found.verdict) for found in report.outcomes] == [
        ("with", "PASS"), ("unused", "PASS"), ("test_with", "PASS"), ("test_unused", "PASS"),
    ]  # fmt: skip
    said = "MOCK FB_Lib BY FB_Done: FB_Lib was never called"
    notes = [(), (said,), (), ("the stand-in of FB_Lib was never called",)]
    assert [found.notes for found in report.outcomes] == notes
    assert report.as_text().count("note: ") == 2 and said in report.as_html()
    assert report.as_json()["tests"][1]["notes"] == [said]
    properties = Xml.fromstring(report.as_junit()).iter("property")
    assert [p.get("value") for p in properties if p.get("name") == "note"] == [said, notes[3][0]]
    marks = report.coverage["plc"].lines("main.st").items()
    missed = [line for line, mark in marks if mark.mark == "missed"]
    assert missed == [3]  # the body of FB_Lib: its stand-in is no part of the program


def test_that_a_stand_in_with_another_interface_is_a_problem_with_its_place(tmp_path: Path) -> None:
    folder = scene(
        tmp_path, "  plc: {type: emulated, programs: [main.st]}\n", {"main.st": MOCKED, "tests/a.st": WRONG}
    )
    report = run_tests(folder)
    assert report.exit_code == 2 and not report.outcomes
    where = f"{tmp_path / 'tests/a.st'}:6:1"
    what = "FB_Done cannot stand in for FB_Lib: its output done is INT, not BOOL"
    assert str(report.problems[0]) == f"{where}: {what}. Give it the interface of FB_Lib."
