"""`validate` of PLC programs that are in no scene."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.cli import main

SCENES = Path(__file__).parents[2] / "scenes"
Capture = pytest.CaptureFixture[str]
NEEDY = """PROGRAM MAIN
VAR
    drive : FB_LibraryDrive;
    speed : REAL;
END_VAR
drive(Enable := TRUE, Speed := speed);
END_PROGRAM
"""


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("twincat", "7 files, 237 lines: 1 program, 3 blocks. Dialect twincat. Tasks: PlcTask (10 ms)."),
        ("twincat/SortingLine.plcproj", "Dialect twincat. Tasks: PlcTask (10 ms)."),
        ("plcopen/SortingLine.xml", "1 program, 4 blocks. Dialect iec. Tasks: main (10 ms)."),
        ("plc/main.st", "Dialect iec."),
    ],
)
def test_that_projects_tell_what_they_are(path: str, words: str, capsys: Capture) -> None:
    given = SCENES / "sorting_line" / path
    assert main(["validate", str(given)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{given}: no problems.")
    assert words in said.out
    assert ("Libraries that it refers to: Tc2_Standard." in said.out) == ("twincat" in path)
    assert ("Drawn, and run as the text" in said.out) == ("plcopen" in path)


def test_that_the_folder_one_stands_in_is_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "a.st").write_text("PROGRAM MAIN VAR i : INT; END_VAR i := i + 1; END_PROGRAM")
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "."]) == 0
    assert "1 file, 1 line: 1 program." in capsys.readouterr().out


def test_that_what_a_library_brings_is_written_where_it_was_asked_for(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "main.st").write_text(NEEDY)
    assert main(["validate", str(tmp_path)]) == 2
    said = capsys.readouterr()
    problem, hint = said.err.splitlines()
    assert problem.startswith(f"{tmp_path / 'main.st'}:3:13: there is no type or block FB_LibraryDrive")
    assert "--stubs FILE.st" in hint
    stubs = tmp_path / "stubs" / "library.st"
    assert main(["validate", str(tmp_path / "main.st"), "--stubs", str(stubs)]) == 0
    assert "FB_LibraryDrive is declared nowhere" in capsys.readouterr().out
    assert "FUNCTION_BLOCK FB_LibraryDrive" in stubs.read_text()
    assert main(["validate", str(tmp_path)]) == 0  # with the stubs it is whole
    assert "1 program, 1 block" in capsys.readouterr().out


def test_that_a_library_needs_no_program(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "lib.st").write_text("FUNCTION_BLOCK A VAR i : INT; END_VAR i := i + 1; END_FUNCTION_BLOCK")
    assert main(["validate", str(tmp_path)]) == 0
    assert "1 file, 1 line: 1 block. Dialect iec. Tasks: none." in capsys.readouterr().out


def test_that_wrong_input_is_told(tmp_path: Path, capsys: Capture) -> None:
    assert main(["validate", str(tmp_path / "no.st")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err
    (tmp_path / "a.st").write_text(NEEDY)
    assert main(["validate", str(tmp_path), "--dialect", "siemens"]) == 2
    assert "there is no dialect siemens. Known are iec, codesys, twincat." in capsys.readouterr().err
    (tmp_path / "data").mkdir()
    assert main(["validate", str(tmp_path / "data")]) == 2
    assert "there is no program in the folder data" in capsys.readouterr().err


def test_that_stubs_are_never_written_over_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was completed in a file of stubs is lost neither."""
    main_file, stubs = tmp_path / "main.st", tmp_path / "stubs.st"
    main_file.write_text("PROGRAM P VAR b : FB_Missing; END_VAR b(); END_PROGRAM\n")
    stubs.write_text("FUNCTION_BLOCK FB_Completed END_FUNCTION_BLOCK\n")
    for paths, written in (([main_file], main_file), ([tmp_path], stubs), ([tmp_path], main_file)):
        before = written.read_text()
        assert main(["validate", *map(str, paths), "--stubs", str(written)]) == 2
        assert "its text would be lost. Name a new file" in capsys.readouterr().err
        assert written.read_text() == before
