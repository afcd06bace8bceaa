"""`lint` as users meet it: scenes, files, folders, its configuration, exit codes, what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commissioning.cli import main
from commissioning.plc.lint.rules import RULES

SCENES = Path(__file__).parents[2] / "scenes"
LOOP = """PROGRAM MAIN
VAR_TEMP
    i : INT;
END_VAR
FOR i := 0 TO 3 DO
    i := i + 1;
END_FOR;
END_PROGRAM
"""
TWINCAT = """<?xml version="1.0" encoding="utf-8"?>
<TcPlcObject Version="1.1.0.1">
  <POU Name="MAIN" Id="{1}">
    <Declaration><![CDATA[PROGRAM MAIN
VAR
    i : INT;
END_VAR
]]></Declaration>
    <Implementation>
      <ST><![CDATA[FOR i := 0 TO 3 DO
    i := i + 1;
END_FOR
]]></ST>
    </Implementation>
  </POU>
</TcPlcObject>
"""
Capture = pytest.CaptureFixture[str]


def test_that_the_programs_of_a_scene_are_told_with_their_files(capsys: Capture) -> None:
    assert main(["lint", str(SCENES / "carton_line"), "--off", "L17"]) == 1
    said = capsys.readouterr()
    file = SCENES / "carton_line" / "plc" / "main.st"
    assert f"{file}:116:9: warning CP12: Q_Push is written more than once in a cycle" in said.out
    assert "CP24" not in said.out  # what the tags of the scene use is used
    assert main(["lint", str(SCENES / "carton_line"), "--off", "CP12"]) == 0
    assert main(["lint", str(SCENES / "carton_line"), "--off", "CP12", "--fail-on", "note"]) == 1
    assert main(["lint", str(SCENES / "carton_line"), "--fail-on", "never"]) == 0
    assert main(["lint", str(SCENES / "sorting_line")]) == 0


def test_that_files_and_folders_of_a_project_need_no_scene(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.st").write_text(LOOP)
    for path in (tmp_path / "src", tmp_path / "src" / "main.st"):
        assert main(["lint", str(path), "--json"]) == 1
        data = json.loads(capsys.readouterr().out)
        found = [(f["rule"], Path(f["file"]), f["line"]) for f in data["findings"]]
        assert found == [("L12", tmp_path / "src" / "main.st", 6)]


def test_that_a_twincat_object_is_told_at_its_own_lines(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "MAIN.TcPOU"
    file.write_text(TWINCAT)
    assert main(["lint", str(file)]) == 1
    line = TWINCAT[: TWINCAT.index("i := i + 1")].count("\n") + 1
    assert f"{file}:{line}:5 MAIN: error L12" in capsys.readouterr().out


def test_that_a_file_beside_the_program_says_which_rules_count(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "main.st").write_text(LOOP)
    (tmp_path / "lint.yaml").write_text("rules:\n  L12: note   # we know\n  N6: {min_local: 2}\n")
    assert main(["lint", str(tmp_path / "main.st")]) == 0
    said = capsys.readouterr().out
    assert "note L12" in said and "N6" in said and "MAIN has fewer than 8 characters" in said
    other = tmp_path / "other.yaml"
    other.write_text("rules: {L12: off}")
    assert main(["lint", str(tmp_path / "main.st"), "--config", str(other)]) == 0
    assert "L12" not in capsys.readouterr().out
    assert main(["lint", str(tmp_path / "main.st"), "--config", str(other), "--on", "L12"]) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rules: {L99: off}", "lint.yaml:1:9 rules.L99: there is no rule L99"),
        ("rules:\n  N6: {minimum: 3}", "lint.yaml:2:3 rules.N6: N6: it has no option minimum"),
        ("rule: {}", "this is no configuration of the linter"),
        ("rules: [L12]", "rules is a mapping of rules"),
        ("rules: {L12: off", "lint.yaml"),
    ],
)
def test_that_a_wrong_configuration_is_told_with_its_place(
    text: str, what: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "main.st").write_text(LOOP)
    (tmp_path / "lint.yaml").write_text(text)
    assert main(["lint", str(tmp_path / "main.st")]) == 2
    assert what in capsys.readouterr().err


def test_that_a_program_that_does_not_compile_is_told_and_cannot_pass(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "main.st").write_text(LOOP.replace("    i := i + 1;", "    unknown := 1;"))
    assert main(["lint", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "unknown is not declared" in said.err
    assert "The program does not compile, so that was not decided: CP4" in said.out
    assert "1 text: 1 problem, it does not compile; by the rules " in said.out
    assert "text: 0 errors" not in said.out
    (tmp_path / "lint.yaml").write_text(f"rules: {{{', '.join(f'{number}: off' for number in RULES)}}}")
    assert main(["lint", str(tmp_path), "--fail-on", "never"]) == 2


def test_that_a_program_that_does_not_compile_fails_like_validate_whatever_the_rules_find(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "main.st").write_text(LOOP)
    assert main(["lint", str(tmp_path)]) == 1  # a finding
    (tmp_path / "other.st").write_text("PROGRAM Other VAR x : INT; END_VAR x := y; z := 1; END_PROGRAM")
    capsys.readouterr()
    codes, told = [], []
    for command in (["lint", str(tmp_path)], ["validate", str(tmp_path)]):
        codes.append(main(command))
        told.append(sorted(line for line in capsys.readouterr().err.splitlines() if "not declared" in line))
    assert codes == [2, 2]
    assert told[0] == told[1] and len(told[0]) == 2
    assert main(["lint", str(tmp_path), "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer["compiles"] is False and len(answer["problems"]) == 2
    assert [finding["rule"] for finding in answer["findings"]] != []
    sarif = tmp_path / "lint.sarif"
    assert main(["lint", str(tmp_path), "--sarif", str(sarif)]) == 2
    (run,) = json.loads(sarif.read_text())["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 2


def test_that_sarif_is_written(tmp_path: Path) -> None:
    (tmp_path / "main.st").write_text(LOOP)
    assert main(["lint", str(tmp_path), "--sarif", str(tmp_path / "out" / "lint.sarif")]) == 1
    log = json.loads((tmp_path / "out" / "lint.sarif").read_text())
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "L12" and result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 5}


def test_that_the_rules_are_listed_and_something_to_look_at_is_needed(
    tmp_path: Path, capsys: Capture
) -> None:
    assert main(["lint", "--rules"]) == 0
    assert "CP13  error" in capsys.readouterr().out
    assert main(["lint"]) == 2
    assert main(["lint", str(tmp_path / "nothing.st")]) == 2
    assert main(["lint", str(tmp_path)]) == 2
    assert main(["lint", str(SCENES / "pallet_loop")]) == 2
    assert main(["lint", str(SCENES / "carton_line_python")]) == 2
