"""What a scene names as its programs: files, folders, projects; and what they must not reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commissioning.bench import program_files
from commissioning.bench.program_files import ProgramFiles
from commissioning.model.problem import Place, Problem
from commissioning.plc import SourcePiece

WHERE = Place("scene.yaml", 1, 1, "controllers.plc.programs[0]")
OBJECT = '<TcPlcObject><POU Name="{0}"><Declaration>PROGRAM {0}</Declaration></POU></TcPlcObject>'


def gathered(folder: Path, *names: str) -> tuple[dict[str, str | SourcePiece], list[Problem], list[str]]:
    found: list[Problem] = []
    read: list[str] = []

    def content(name: str, where: Place) -> bytes | None:
        read.append(name)
        try:
            return (folder / name).read_bytes()
        except OSError:
            found.append(Problem(f"there is no file {name}", where))
            return None

    sources = ProgramFiles(folder, content, found).gather((name, WHERE) for name in names)
    return sources, found, read


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def project(*items: str) -> str:
    inner = "".join(f'<Compile Include="{item}"><SubType>Code</SubType></Compile>' for item in items)
    return f'<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003"><ItemGroup>{inner}</ItemGroup></Project>'


def test_that_a_folder_is_read_to_the_bottom_in_order(tmp_path: Path) -> None:
    put(
        tmp_path, plc__b_dot_st="b", plc__a__z_dot_iecst="z", plc__a__A_dot_ST="A", plc__notes_dot_txt="no",
        plc___dot_git__x_dot_st="hidden", plc__B_dot_TcPOU=OBJECT.format("B"), plc__other_dot_xml="<html/>",
    )  # fmt: skip
    sources, problems, read = gathered(tmp_path, "plc")
    assert problems == []
    assert list(sources) == ["plc/B.TcPOU", "plc/a/A.ST", "plc/a/z.iecst", "plc/b.st"]
    assert "plc/notes.txt" not in read


def test_that_a_project_says_what_belongs_to_it(tmp_path: Path) -> None:
    put(
        tmp_path, plc__Line_dot_plcproj=project("POUs\\main.TcPOU", "Sub%20Folder\\X.TcPOU", "List.TcTLO"),
        plc__POUs__MAIN_dot_TcPOU=OBJECT.format("MAIN"), plc__POUs__Old_dot_TcPOU=OBJECT.format("Old"),
        plc__lib_dot_st="FUNCTION_BLOCK F END_FUNCTION_BLOCK",
    )  # fmt: skip
    put(tmp_path / "plc" / "Sub Folder", X_dot_TcPOU=OBJECT.format("X"))
    for names in (
        ["plc"],
        ["plc/Line.plcproj", "plc/lib.st"],
        ["plc", "plc/Line.plcproj", "plc/POUs/MAIN.TcPOU"],
    ):
        sources, problems, _ = gathered(tmp_path, *names)
        assert problems == []
        assert set(sources) == {"plc/POUs/MAIN.TcPOU", "plc/Sub Folder/X.TcPOU", "plc/lib.st"}


@pytest.mark.parametrize("apart", [False, True])
def test_that_a_solution_leads_to_its_plc_projects(tmp_path: Path, apart: bool) -> None:
    """The project stands in the .tsproj, or in a file of its own in _Config."""
    inner, up = '<Project GUID="{1}" PrjFilePath="%s"/>', "..\\..\\plc\\Line.plcproj"
    put(
        tmp_path,
        Line_dot_plcproj="unused",
        PLC__Line_dot_plcproj=project("Main.TcPOU"),
        PLC__Main_dot_TcPOU=OBJECT.format("Main"),
        _Config__PLC__Line_dot_xti="<TcSmItem>" + inner % up + "</TcSmItem>",
        Line_dot_tsproj=(
            "<TcSmProject><Project><Plc>"
            + ('<Project File="Line.xti"/>' if apart else inner % "PLC\\Line.plcproj")
            + "</Plc></Project></TcSmProject>"
        ),
    )
    sources, problems, _ = gathered(tmp_path, "Line.tsproj")
    assert problems == []
    assert list(sources) == ["PLC/Main.TcPOU"]


def test_that_a_solution_without_a_plc_project_is_told(tmp_path: Path) -> None:
    put(tmp_path, Axes_dot_tsproj="<TcSmProject><Project><Motion/></Project></TcSmProject>")
    _, (problem,), _ = gathered(tmp_path, "Axes.tsproj")
    assert problem.what == "there is no PLC project in Axes.tsproj"
    assert problem.where.line == 1


def test_that_a_solution_whose_project_is_missing_says_only_that(tmp_path: Path) -> None:
    put(tmp_path, Line_dot_tsproj='<TcSmProject><Project PrjFilePath="PLC\\Line.plcproj"/></TcSmProject>')
    _, (problem,), _ = gathered(tmp_path, "Line.tsproj")
    assert "PLC/Line.plcproj" in problem.what


def test_that_solutions_that_lead_to_one_another_end(tmp_path: Path) -> None:
    put(tmp_path, Line_dot_tsproj='<TcSmProject><Project File="n0.xti"/></TcSmProject>')
    folder = tmp_path / "_Config" / "PLC"
    folder.mkdir(parents=True)
    for number in range(1000):
        inner = f'<Project File="..\\..\\n{number + 1}.xti"/>'
        (folder / f"n{number}.xti").write_text(f"<TcSmItem>{inner}</TcSmItem>")
    _, (problem,), _ = gathered(tmp_path, "Line.tsproj")  # was a RecursionError
    assert "files that lead to one another" in problem.what


def test_that_files_which_a_project_leaves_out_stay_out(tmp_path: Path) -> None:
    text = project("A.TcPOU", "B.TcPOU").replace(
        "<SubType>", "<ExcludeFromBuild>true</ExcludeFromBuild><SubType>", 1
    )
    put(tmp_path, p_dot_plcproj=text, A_dot_TcPOU=OBJECT.format("A"), B_dot_TcPOU=OBJECT.format("B"))
    sources, _, _ = gathered(tmp_path, "p.plcproj")
    assert list(sources) == ["B.TcPOU"]


def test_that_a_file_which_a_project_misses_is_told_at_its_line_in_the_project(tmp_path: Path) -> None:
    put(tmp_path, p_dot_plcproj=project("A.TcPOU").replace("<Compile", "\n  <Compile"))
    _, problems, _ = gathered(tmp_path, "p.plcproj")
    assert [(p.where.file, p.where.line, p.where.column) for p in problems] == [("p.plcproj", 2, 3)]
    assert "A.TcPOU" in problems[0].what


def test_that_other_forms_are_told_by_what_they_are(tmp_path: Path) -> None:
    put(tmp_path, a_dot_xml="<html/>", b_dot_plcproj="<html/>", c_dot_TcPOU="<html/>", d__x_dot_txt="")
    for name, words in (
        ("a.xml", "no PLCopen project"),
        ("b.plcproj", "no TwinCAT project"),
        ("c.TcPOU", "no TwinCAT object"),
        ("d", "no program in the folder d"),
    ):
        sources, problems, _ = gathered(tmp_path, name)
        assert sources == {}
        assert words in problems[0].what


def test_that_an_entity_in_a_project_is_refused_with_its_place(tmp_path: Path) -> None:
    put(
        tmp_path,
        p_dot_xml='<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<a>&x;</a>',
    )
    _, problems, _ = gathered(tmp_path, "p.xml")
    assert "DOCTYPE" in problems[0].what
    assert (problems[0].where.file, problems[0].where.line) == ("p.xml", 2)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_that_links_and_ways_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    put(
        tmp_path,
        outside__x_dot_st="secret",
        scene__plc__a_dot_st="a",
        scene__p_dot_plcproj=project("..\\outside\\x.TcPOU"),
    )
    (tmp_path / "scene" / "plc" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "scene" / "plc" / "loop").symlink_to(tmp_path / "scene")
    sources, problems, _ = gathered(tmp_path / "scene", "plc")
    assert (list(sources), problems) == (["plc/a.st"], [])
    # what lies outside is asked for by its name, which the reader of a scene refuses
    _, _, read = gathered(tmp_path / "scene", "p.plcproj")
    assert read == ["p.plcproj", "../outside/x.TcPOU"]


def test_that_a_folder_with_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_files, "MAX_FILES", 3)
    put(tmp_path, **{f"plc__f{k}_dot_st": "" for k in range(5)})
    _, problems, read = gathered(tmp_path, "plc")
    assert read == []
    assert "more than 3 files" in problems[0].what


def test_that_programs_which_are_too_large_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_files, "MAX_BYTES", 25)
    put(tmp_path, **{f"plc__f{k}_dot_st": "x" * 10 for k in range(9)})
    _, problems, read = gathered(tmp_path, "plc")
    assert len(read) == 3
    assert ["larger than" in problem.what for problem in problems] == [True]


def test_that_the_same_file_is_taken_once(tmp_path: Path) -> None:
    put(tmp_path, plc__a_dot_st="a")
    sources, problems, read = gathered(tmp_path, "plc/a.st", "plc", "plc/a.st")
    assert (list(sources), problems, read) == (["plc/a.st"], [], ["plc/a.st"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("name", ["a.st", "a.iecst", "a.EXP"])
def test_that_texts_are_read_in_the_encodings_of_old_tools(encoding: str, name: str, tmp_path: Path) -> None:
    text = "PROGRAM P\r\n(* F\u00f6rderer *)\r\nEND_PROGRAM"
    (tmp_path / "plc").mkdir()
    (tmp_path / "plc" / name).write_bytes(text.encode(encoding))
    sources, problems, _ = gathered(tmp_path, "plc")
    assert not problems and sources == {f"plc/{name}": text}


def test_that_a_mark_says_which_byte_comes_first(tmp_path: Path) -> None:
    (tmp_path / "plc").mkdir()
    (tmp_path / "plc" / "a.st").write_bytes(b"\xfe\xff" + "PROGRAM P".encode("utf-16-be"))
    sources, _, _ = gathered(tmp_path, "plc")
    assert sources == {"plc/a.st": "PROGRAM P"}


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"PROGRAM P\n(* F\x81rderer *)", 2, 5),  # cp1252 has no character 81
        ("PROGRAM P".encode("utf-16")[:-1], 1, 1),  # half of the last character is missing
        (b"PROGRAM P\n x\x00y", 2, 3),
        ("\ufeffä := 1;\r\n x".encode() + b"\xff", 2, 3),
        ("(* Förderer *)\n(* ".encode() + b"\xe4 *)", 2, 4),  # other characters of it are UTF-8
    ],
)
def test_that_what_is_no_text_is_told_with_its_place(
    content: bytes, line: int, column: int, tmp_path: Path
) -> None:
    (tmp_path / "plc").mkdir()
    (tmp_path / "plc" / "a.st").write_bytes(content)
    for name in ("plc", "plc/a.st"):
        sources, problems, _ = gathered(tmp_path, name)
        assert sources == {}
        assert [(p.where.file, p.where.line, p.where.column) for p in problems] == [
            ("plc/a.st", line, column)
        ]
        assert "is not UTF-8" in problems[0].what
