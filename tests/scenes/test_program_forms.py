"""The shipped scenes run the same with their program as a TwinCAT project and as PLCopen XML."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from commissioning.bench.check import check
from commissioning.bench.lint import lint_paths
from commissioning.bench.load import load
from commissioning.cli import main
from commissioning.model.problem import Problems
from commissioning.sim.run import Run

sys.path.insert(0, str(Path(__file__).parent))

from project_forms import codesys, plcopen, twincat

SCENES = Path(__file__).parents[2] / "scenes"
FORMS = ("twincat project", "twincat folder", "plcopen", "codesys")
TASK = ", task: {main: {program: MAIN, cycle: 10 ms}}"


def formed(folder: Path, scene: str, form: str) -> Path:
    """A copy of the scene with its program in that form; the task is the project's own."""
    shutil.copytree(SCENES / scene, folder)
    source = folder / "plc" / "main.st"
    text = source.read_text()
    source.unlink()
    files = {"plcopen": {"line.xml": plcopen(text)}, "codesys": {"line.xml": codesys(text)}}.get(form)
    for name, content in (files or twincat(text)).items():
        (folder / "plc" / name).parent.mkdir(exist_ok=True)
        (folder / "plc" / name).write_bytes(content)
    named = {"twincat project": "plc/Line.plcproj", "twincat folder": "plc"}.get(form, "plc/line.xml")
    yaml = (folder / "scene.yaml").read_text()
    assert f"[plc/main.st]{TASK}" in yaml
    (folder / "scene.yaml").write_text(yaml.replace(f"[plc/main.st]{TASK}", f"[{named}]"))
    return folder


@pytest.mark.parametrize("scene", ["carton_line", "sorting_line"])
@pytest.mark.parametrize("form", FORMS)
def test_that_every_form_of_the_program_gives_the_same_journal(form: str, scene: str, tmp_path: Path) -> None:
    runs = []
    for folder in (SCENES / scene, formed(tmp_path / "scene", scene, form)):
        run = Run(load(folder), seed=3)
        run.advance("10 min")
        runs.append(run)
    plain, other = runs
    assert plain.journal.length > 1000
    assert other.journal.records().tobytes() == plain.journal.records().tobytes()
    assert list(other.journal.texts) == list(plain.journal.texts)
    # what remains of the digest: the header, which differs in the hashes of scene and program only
    cores = [dict(run.journal.header["core"]) for run in runs]
    hashes = [(core.pop("scene_hash"), core.pop("programs")) for core in cores]
    assert cores[0] == cores[1]
    assert hashes[0] != hashes[1]


def test_that_the_sorting_line_has_the_same_verdicts_in_every_form(tmp_path: Path) -> None:
    short = ("after_stop", "no_restart", "stop_fast")
    plain = check(SCENES / "sorting_line", only=short).verdicts
    assert {verdict.verdict for verdict in plain} == {"PASS"}
    for form in ("twincat project", "plcopen"):
        other = check(formed(tmp_path / form, "sorting_line", form), only=short).verdicts
        assert [(v.id, v.verdict, v.measured) for v in other] == [
            (v.id, v.verdict, v.measured) for v in plain
        ]


@pytest.mark.parametrize("form", FORMS)
def test_that_a_mistake_in_a_project_is_told_where_it_was_made(form: str, tmp_path: Path) -> None:
    folder = formed(tmp_path / "scene", "carton_line", form)
    name = "plc/line.xml" if "twincat" not in form else "plc/POUs/MAIN.TcPOU"
    encoding = "utf-16" if form == "codesys" else "utf-8-sig"
    text = (folder / name).read_bytes().decode(encoding).replace("\r\n", "\n")
    for old in ("Running := TRUE;", "Packed := Packed + 1;"):
        assert text.count(old) == 1
        wrong = text.replace(old, old.replace(":= ", ":= Undeclared + "))
        (folder / name).write_bytes(wrong.encode(encoding))
        with pytest.raises(Problems) as raised:
            load(folder)
        before = wrong[: wrong.index("Undeclared")]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        found = [p for p in raised.value.problems if "Undeclared" in p.what]
        assert [(p.where.line, p.where.column) for p in found] == [place]
        assert found[0].where.file == str(folder / name)
        assert found[0].where.id == "MAIN"


@pytest.mark.parametrize("form", FORMS)
def test_that_a_recording_carries_the_project_and_can_be_run_again(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = formed(tmp_path / "scene", "carton_line", form)
    recording = tmp_path / "run.rec"
    assert main(["run", str(folder), "--for", "1 min", "--record", str(recording)]) == 0
    shutil.rmtree(folder)
    assert main(["replay", str(recording), "--verify"]) == 0, capsys.readouterr().err


def test_that_validate_names_what_was_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The green lamp of the carton line is lit by a block drawn in ladder."""
    folder = formed(tmp_path / "scene", "carton_line", "plcopen")
    assert main(["validate", str(folder)]) == 0
    assert "translated" not in capsys.readouterr().out
    file = folder / "plc" / "line.xml"
    text = file.read_text()
    ladder = """<pou name="Lamp" pouType="functionBlock"><interface>
<inputVars><variable name="a"><type><BOOL/></type></variable></inputVars>
<outputVars><variable name="q"><type><BOOL/></type></variable></outputVars></interface>
<body><LD><leftPowerRail localId="0"/><contact localId="1"><connectionPointIn><connection refLocalId="0"/>
</connectionPointIn><variable>a</variable></contact><coil localId="2"><connectionPointIn>
<connection refLocalId="1"/></connectionPointIn><variable>q</variable></coil></LD></body></pou>"""
    lamp = '<localVars>\n<variable name="Lamp1"><type><derived name="Lamp"/></type></variable>'
    text = text.replace("<pous>", f"<pous>{ladder}")
    before, _, after = text.rpartition("<localVars>")
    text = f"{before}{lamp}{after}".replace(
        "Q_Green := Q_Belt2_Run;", "Lamp1(a := Q_Belt2_Run, q => Q_Green);"
    )
    file.write_text(text)
    assert main(["validate", str(folder)]) == 0
    assert "translated to: Lamp (LD)." in capsys.readouterr().out
    plain, drawn = (Run(load(scene), seed=1) for scene in (SCENES / "carton_line", folder))
    for run in (plain, drawn):
        run.advance("2 min")
    assert drawn.journal.edges("Q_Green") == plain.journal.edges("Q_Green") != []


@pytest.mark.parametrize("form", FORMS)
def test_that_the_linter_finds_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    """The same statements break the same rules, whatever file they stand in; each is told in its own file."""
    told = []
    for folder in (SCENES / "carton_line", formed(tmp_path / "scene", "carton_line", form)):
        result = lint_paths([folder], told={"N9": "off"})  # the task of the PLCopen file is called main
        told.append(sorted((f.rule.number, f.what.partition(", first in")[0]) for f in result.findings))
        files = {Path(f.where.file) for f in result.findings}
        assert files and all(file.is_file() and file.is_relative_to(folder) for file in files)
    assert told[0] == told[1] and ("CP12", "Q_Push is written more than once in a cycle") in told[0]
