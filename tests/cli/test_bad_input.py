"""Whatever is wrong with what a user gives: exit code 2, every problem with place and cure, no traceback."""

# ruff: noqa: E501 - one case per line
from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commissioning.cli.arguments import LATER

Line = Any  # see conftest.py
Command = Callable[..., Any]

PLC = "controllers:\n  plc: {type: emulated, programs: [main.st], task: {main: {program: MAIN, cycle: 10 ms}}}\n"
LINKS = "links:\n  a: {type: opcua_server, endpoint: ENDPOINT}\nscenarios:\n"

# name: (old, new, [what each line on stderr must hold, in order; "@part": the place of that part])
IN_THE_SCENE: dict[str, tuple[str, str, list[tuple[str, ...]]]] = {
    "unknown keys": ("length: 2 m, speed: 0.5 m/s", "lenght: 2 m, sped: 0.5 m/s",
        [("@b1: {", "devices.b1.length"), ("@b1: {", "devices.b1.speed"), ("@lenght", "Did you mean 'length'?"), ("@sped", "'speed'")]),
    "wrong unit": ("length: 2 m,", "length: 2 s,", [("@2 s", "devices.b1.length", "a duration, not a length", "Write a length like 3 m")]),
    "missing target": ("to: out,", "to: oat,", [("devices.b1.to", "no device 'oat'", "Did you mean 'out'?")]),
    "unconnected belt": ("speed: 0.5 m/s, to: out,", "speed: 0.5 m/s,", [("@b1: {", "devices.b1.to", "leads nowhere", "Write to:")]),
    "unconnected source": ("every: {exponential: 5 s}, to: b1}", "every: {exponential: 5 s}}", [("@src: {", "devices.src.to", "leads nowhere")]),
    "target takes no parts": ("to: out,", "to: pe,", [("devices.b1.to", "pe is a photo_eye, which takes no parts")]),
    "place on a missing track": ("along: b1", "along: b2", [("devices.pe.along", "no device 'b2'", "Use one of src, b1, ")]),
    "place off the track": ("at: 1.5 m", "at: 15 m", [("devices.pe.at", "not on b1", "0 m to 2 m")]),
    "cycle of placement": ("  out: {type: sink}\n", "  out: {type: sink}\n  c1: {type: belt, length: 1 m, speed: 1, to: c2}\n  c2: {type: belt, length: 1 m, speed: 1, to: c1}\n",
        [("devices.c1", "depends on itself", "c2 → c1 → c2", "Give c1")]),
    "duplicate id": ("  out: {type: sink}", "  out: {type: sink}\n  pe: {type: sink}", [("@pe: {type: sink", "devices.pe", "twice, first in line 9")]),
    "duplicate key": ("length: 2 m,", "length: 2 m, length: 3 m,", [("devices.b1.length", "twice, first in line 8")]),
    "duplicate section": ("checks:", "devices:", [("devices", "twice, first in line 6")]),
    "ids that differ in case": ("  out: {type: sink}", "  out: {type: sink}\n  PE: {type: sink}", [("devices.PE", "only in case")]),
    "device named like a controller": ("  go: {type: push_button", "  plc: {type: push_button", [("controllers.plc", "also the name of the device"), ("press", "there is no device 'go'")]),
    "no such variable": ("tags: {blocked: I_Eye}", "tags: {blocked: I_Eyes}", [("tags.I_Eyes", "PLC plc has no variable I_Eyes", "Declare it")]),
    "two owners": ("tags: {pressed: I_Go}", "tags: {pressed: I_Eye}", [("devices.go.tags.pressed", "two owners", "pe.blocked")]),
    "tag of another type": ("scenarios:", "tags: {I_Eye: {type: INT}}\nscenarios:", [("devices.pe.tags.blocked", "BOOL, but 'I_Eye' is INT")]),
    "unknown port": ("tags: {blocked: I_Eye}", "tags: {bloked: I_Eye}", [("devices.pe.tags.bloked", "'blocked'")]),
    "missing program": ("main.st", "man.st", [("@man.st", "controllers.plc.programs[0]", "no file man.st", "relative to the scene")]),
    "program elsewhere": ("main.st", "../small/main.st", [("controllers.plc.programs[0]", "outside the scene's folder")]),
    "program is a folder": ("main.st", ".", [("controllers.plc.programs[0]", "no file")]),
    "program with a strange name": ("main.st", '"ma\\0in.st"', [("controllers.plc.programs[0]", "no name of a file")]),
    "unknown program of a task": ("program: MAIN", "program: MAN", [("@{program: MAN", "controllers.plc.task.main", "no PROGRAM MAN", "MAIN")]),
    "cycle of nothing": ("cycle: 10 ms", "cycle: 0 ms", [("controllers.plc.task.main", "at least 1 us")]),
    "missing mesh": ("{type: sink}", "{type: sink, asset: no.glb}", [("devices.out.asset", "no.glb", "there is no such file", "GLB")]),
    "mesh of no kind": ("{type: sink}", "{type: sink, asset: main.st}", [("devices.out.asset", ".st", "glb, stl, obj, ply")]),
    "belt to the moon": ("length: 2 m,", "length: 3e8 m,", [("@3e8 m", "devices.b1.length", "at most 10000 m")]),
    "no product": ("product: box, ", "", [("devices.src", "needs one of product and mix")]),
    "product and mix": ("product: box, ", "product: box, mix: {box: 1}, ", [("devices.src", "needs one of product and mix")]),
    "colour of no form": ("box: {size", "box: {colour: '#12', size", [("@'#12'", "products.box.colour", "no colour", "#RRGGBB")]),
    "product of nothing": ("size: [0.3 m,", "size: [1e-300 m,", [("@1e-300 m", "products.box.size[0]", "not possible", "1e-06 m to 1000000 m")]),
    "belt that stands": ("speed: 0.5 m/s", "speed: 1e-300 m/s", [("@1e-300 m/s", "devices.b1.speed", "at least 1e-05 m/s")]),
    "unknown product": ("product: box", "product: bux", [("devices.src.product", "no product 'bux'")]),
    "unknown name in a check": ("not b1.moving for 3 s", "not b1.movin for 3 s", [("@b1.movin ", "checks.no_stop.when", "`b1.movin`", "Did you mean `b1.moving`")]),
    "unknown device in a check": ("not b1.moving for 3 s", "not b7.moving for 3 s", [("@b7.moving", "checks.no_stop.when", "`b7.moving`")]),
    "check without an end": ("not b1.moving for 3 s", "not b1.moving and", [("@\"}\n", "checks.no_stop.when", "must follow")]),
    "level where an event belongs": ("after: I_Go rises", "after: I_Go", [("checks.starts.after",)]),
    "unknown scenario of a check": ("limit: 100 ms}", "limit: 100 ms, scenario: prod}", [("checks.starts.scenario", "no scenario 'prod'")]),
    "unknown device of a step": ("press: go", "press: gone", [("scenarios.production.steps[0].press", "no device 'gone'")]),
    "unknown action of a step": ("press: go", "kick: go", [("scenarios.production.steps[0].kick", "no action 'kick'")]),
    "action that a device cannot do": ("press: go", "press: b1", [("b1 cannot be told to press", "go")]),
    "unknown tag of a step": ("press: go", "force: {I_Gone: true}", [("scenarios.production.steps[0].force.I_Gone", "I_Gone")]),
    "unknown scenario of the run": ("scenario: production}", "scenario: prod}", [("@prod}", "run.scenario", "'prod'", "production")]),
    "negative seed": ("seed: 7", "seed: -7", [("run.seed", "at least 0")]),
    "unknown link": (PLC, "controllers:\n  plc: {type: external, link: plc1}\n", [("controllers.plc.link", "no link 'plc1'")]),
    "endpoint of another protocol": ("scenarios:\n", LINKS.replace("ENDPOINT", '"http://127.0.0.1:4840"'), [("@\"http", "links.a.endpoint", "no OPC UA endpoint", "opc.tcp://127.0.0.1:4840")]),
    "endpoint for everybody": ("scenarios:\n", LINKS.replace("ENDPOINT", '"opc.tcp://0.0.0.0:4840"'), [("links.a.endpoint", "other machines", "certificate")]),
    "two servers on one port": ("scenarios:\n", LINKS.replace("ENDPOINT", '"opc.tcp://127.0.0.1:4841"').replace("scenarios", "  b: {type: opcua_server, endpoint: \"opc.tcp://localhost:4841\"}\nscenarios"),
        [("@\"opc.tcp://localhost", "links.b.endpoint", "a and b both", "port 4841", "line 15", "another port")]),
    "no YAML": ("devices:", "devices: [", [("no YAML",)]),
    "newer format": ("commissioning-scene/1", "commissioning-scene/9", [("@commissioning-scene/9", "format", "commissioning-scene/9")]),
}  # fmt: skip


def spot(text: str, part: str) -> str:
    """line:column of `part`, which is once in `text`."""
    assert text.count(part) == 1, part
    before = text[: text.index(part)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize("case", IN_THE_SCENE)
def test_that_a_mistake_in_the_scene_is_told_with_its_place(case: str, small: Line, command: Command) -> None:
    old, new, expected = IN_THE_SCENE[case]
    small.edit(old, new)
    said = command("validate", small)
    assert said.code == 2
    assert said.out == ""
    assert len(said.problems) == len(expected), said.err
    file = small.folder / "scene.yaml"
    for problem, words in zip(said.problems, expected, strict=True):
        place = f"{file}:{spot(file.read_text(), words[0][1:])} " if words[0][0] == "@" else str(file)
        assert problem.startswith(place)
        assert not [word for word in words if word[0] != "@" and word not in problem], problem
    assert command("run", small, "--json").code == command("check", small, "--json").code == 2


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", ("is empty", "format: commissioning-scene/1")),
        (b"hello", (":1:1", "a scene is a mapping")),
        (b"- a\n", (":1:1", "a scene is a mapping")),
        ("name: Förderer".encode("latin-1"), (":1:8", "no UTF-8")),
        ("name: x".encode("utf-16"), (":1:1", "no UTF-8")),
        (bytes(range(256)), ("UTF-8",)),
    ],
)  # fmt: skip
def test_that_a_file_that_is_no_scene_is_told(
    content: bytes, words: tuple[str, ...], small: Line, command: Command
) -> None:
    said = command("validate", small.write("scene.yaml", content))
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert not [word for word in words if word not in said.err], said.err


def test_that_a_scene_that_is_not_there_is_told(tmp_path: Path, command: Command) -> None:
    for path in (tmp_path / "nowhere", tmp_path, Path("/dev/null")):
        said = command("check", path, "--json")
        assert (said.code, said.out) == (2, "")
        assert f"there is no scene at {path}" in said.err


def test_that_mistakes_in_a_program_are_told_with_line_and_column(small: Line, command: Command) -> None:
    small.edit("Q_Run := TRUE;", "Q_Run := 3.5;\n        Seem := 1;", "main.st")
    said = command("validate", small)
    assert said.code == 2
    first, second = said.problems
    assert first.startswith(f"{small.folder / 'main.st'}:10:18: ") and "BOOL" in first
    assert second.startswith(f"{small.folder / 'main.st'}:11:9: ") and "Seen" in second
    small.edit("    IF I_Eye THEN", "    IF I_Eye THAN", "main.st")
    said = command("run", small)
    assert said.code == 2
    assert f"{small.folder / 'main.st'}:13:13: THEN is missing" in said.err


def test_that_a_program_that_is_no_text_is_told(small: Line, command: Command) -> None:
    small.write("main.st", "PROGRAM MAIN END_PROGRAM".encode("utf-16")[:-1])
    said = command("validate", small)
    assert said.code == 2
    assert "main.st is not UTF-8 (byte 0)" in said.err


@pytest.mark.parametrize("content", [b"", b"glTF\x02\x00\x00\x00junk", b"\x00" * 100])
def test_that_a_broken_mesh_is_told(content: bytes, small: Line, command: Command) -> None:
    small.edit("{type: sink}", "{type: sink, asset: bin.glb}").write("bin.glb", content)
    said = command("validate", small)
    assert (said.code, len(said.problems)) == (2, 1)
    assert ":11:28 devices.out.asset: the mesh file bin.glb cannot be used. Cause: " in said.err


def test_that_mistakes_of_scene_program_and_mesh_are_told_at_once(small: Line, command: Command) -> None:
    small.edit("length: 2 m,", "length: 2 s,").edit("{type: sink}", "{type: sink, asset: no.glb}")
    small.edit("END_IF;\n    IF", "END_IFF;\n    IF", "main.st")
    said = command("validate", small)
    assert said.code == 2
    assert len(said.problems) == 3
    for word in ("devices.b1.length", "main.st:", "devices.out.asset"):
        assert word in said.err
    # without the first: what a check says too, although the mesh is missing
    small.edit("length: 2 s,", "length: 2 m,").edit("END_IFF", "END_IF", "main.st")
    small.edit("not b1.moving", "not b1.movin")
    said = command("validate", small)
    assert len(said.problems) == 2
    assert "checks.no_stop.when" in said.err and "devices.out.asset" in said.err


OPTIONS = {
    "no duration": (["run", "--for", "nonsense"], "--for: 'nonsense' is no duration"),
    "length for a duration": (["run", "--for", "5 m"], "which is a length, not a duration"),
    "negative duration": (["run", "--for=-5s"], "negative"),
    "endless duration": (["run", "--for", "inf"], "no duration"),
    "no speed": (["run", "--speed", "fast"], "--speed fast is no speed"),
    "speed 0": (["run", "--speed", "0x"], "--speed 0x is no speed"),
    "speed of no number": (["run", "--speed", "nan"], "--speed nan is no speed"),
    "no seed": (["run", "--seed", "x"], "--seed x is no seed"),
    "negative seed": (["check", "--seed=-1"], "--seed -1 is no seed"),
    "unknown scenario": (["run", "--scenario", "prod"], "there is no scenario prod. Known: production, nothing."),
    "unknown link": (["run", "--speed", "1x", "--arm", "plc1"], "there is no link plc1 to arm. The scene has no links."),
    "unknown check": (["check", "--only", "stars"], "there is no check stars. Known: starts, no_stop"),
    "evidence": (["check", "--evidence", "x.zip"], "not built yet"),
    "nothing to serve": (["serve"], "has no links to serve. Add for example"),
}  # fmt: skip


@pytest.mark.parametrize("case", OPTIONS)
def test_that_a_wrong_option_is_told(case: str, small: Line, command: Command) -> None:
    (name, *options), words = OPTIONS[case]
    said = command(name, small, *options, *(["--json"] if name != "serve" else []))
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_that_wrong_options_are_told_at_once(small: Line, command: Command) -> None:
    said = command("run", small, "--for", "x", "--seed", "y", "--speed", "z")
    assert said.code == 2
    assert [p.split()[0] for p in said.problems] == ["--for:", "--seed", "--speed"]
    said = command("run", small, "--speed", "1x", "--scenario", "x", "--arm", "y", "--arm", "z")
    assert len(said.problems) == 3


def test_that_a_link_cannot_be_armed_at_full_speed(small: Line, command: Command) -> None:
    small.edit("scenarios:\n", LINKS.replace("ENDPOINT", '"opc.tcp://127.0.0.1:0"'))
    said = command("run", small, "--arm", "a")
    assert said.code == 2
    assert "full speed" in said.err and "--speed 1x" in said.err


def test_that_a_command_that_is_not_built_says_so(command: Command) -> None:
    for name in LATER:
        said = command(name, "scene", "--whatever")
        assert (said.code, said.out) == (2, "")
        assert f"`{name}`" in said.err and "not built yet" in said.err
    assert command("serch", "scene").code == 2
    assert command().code == 2


@pytest.mark.parametrize("option", ["--junit", "--report"])
def test_that_a_report_that_cannot_be_written_is_told_before_the_runs(
    option: str, small: Line, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr("commissioning.bench.check.check", never)
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path, tmp_path / "file" / "x.xml"):
        said = command("check", small, option, target)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"{target}: nothing can be written here: ")
    assert (tmp_path / "file").read_text() == "mine"


def test_that_a_recording_is_never_written_over_another_file(
    small: Line, tmp_path: Path, command: Command
) -> None:
    mine = tmp_path / "notes.txt"
    mine.write_text("mine")
    for target in (mine, tmp_path, tmp_path / "none" / "x.rec", small.folder / "scene.yaml"):
        said = command("run", small, "--for", "1 s", "--record", target, "--json")
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"{target}: the recording cannot be written. Cause: ")
    assert mine.read_text() == "mine"
    assert command("validate", small).code == 0


@pytest.fixture
def recording(small: Line, tmp_path: Path, command: Command) -> Path:
    path = tmp_path / "run.rec"
    assert command("run", small, "--for", "30 s", "--record", path).code == 0
    return path


def foreign_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.commit()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda p: p.unlink(),
    "empty": lambda p: p.write_bytes(b""),
    "junk": lambda p: p.write_bytes(bytes(range(256)) * 20),
    "text": lambda p: p.write_text("t,value\n0,1\n"),
    "another database": foreign_database,
    "first half": lambda p: p.write_bytes(p.read_bytes()[: p.stat().st_size // 2]),
    "first kilobyte": lambda p: p.write_bytes(p.read_bytes()[:1024]),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_that_a_damaged_recording_is_told(case: str, recording: Path, command: Command) -> None:
    DAMAGE[case](recording)
    for options in ((), ("--json",), ("--verify",), ("--verify", "--json")):
        said = command("replay", recording, *options)
        assert (said.code, said.out, len(said.problems)) == (2, "", 1)
        assert said.err.startswith(f"{recording}: ")


def test_that_a_recording_runs_again_when_its_scene_is_gone(
    small: Line, recording: Path, command: Command
) -> None:
    for file in small.folder.iterdir():
        file.unlink()
    small.folder.rmdir()
    said = command("replay", recording, "--verify")
    assert said.code == 0
    assert said.out.startswith("the same: ")


def test_that_a_link_that_leads_to_itself_is_told(small: Line, command: Command) -> None:
    (small.folder / "main.st").unlink()
    (small.folder / "main.st").symlink_to("main.st")
    said = command("validate", small)
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert "controllers.plc.programs[0]: there is no file main.st" in said.err


def test_that_a_scene_of_gigabytes_is_told_without_being_read(
    small: Line, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: Path) -> bytes:
        raise AssertionError("it was read")

    with (small.folder / "scene.yaml").open("wb") as file:
        file.truncate(2 << 30)
    monkeypatch.setattr(Path, "read_bytes", never)
    said = command("validate", small)
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert "the file has 2048.0 MB, more than a scene can have (8 MB)" in said.err


def test_that_an_unknown_check_is_told_where_the_checks_are(small: Line, command: Command) -> None:
    said = command("check", small, "--only", "nope")
    assert said.err.startswith(f"{small.folder / 'scene.yaml'}:17:1 checks: there is no check nope. Known: ")


def test_that_a_port_in_use_is_told_with_its_number(small: Line, command: Command) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        small.edit("scenarios:\n", LINKS.replace("ENDPOINT", f'"opc.tcp://127.0.0.1:{port}"'))
        for arguments in (
            ("serve", small, "--for", "1 s"),
            ("run", small, "--for", "1 s", "--speed", "10x", "--json"),
        ):
            said = command(*arguments)
            assert (said.code, said.out, len(said.problems)) == (2, "", 1)
            assert f"port {port} on 127.0.0.1 is already in use" in said.err
            assert "another port in `endpoint`" in said.err


def test_that_a_recording_given_as_scene_and_a_scene_given_as_recording_are_told(
    small: Line, recording: Path, command: Command
) -> None:
    for name in ("validate", "run", "check", "serve"):
        said = command(name, recording)
        assert (said.code, said.out, len(said.problems)) == (2, "", 1)
        assert "this is a recording, not a scene. Use replay" in said.err
    assert "this is not a recording" in command("replay", small.folder / "scene.yaml").err


def test_that_a_picture_that_cannot_be_written_is_told_before_the_window_opens(
    small: Line, tmp_path: Path, command: Command
) -> None:
    said = command("open", small, "--screenshot", tmp_path / "small" / "main.st" / "a.png", "--at", "soon")
    assert (said.code, said.out, len(said.problems)) == (2, "", 2)
    assert "--at: 'soon' is no duration" in said.err and "nothing can be written here" in said.err


def test_that_stubs_of_unknown_blocks_are_noticed_and_stop_the_plc_when_called(
    small: Line, command: Command
) -> None:
    small.edit("type: emulated,", "type: emulated, stubs: true,")
    small.edit("END_PROGRAM", "    IF I_Eye THEN F_Library(1); END_IF\nEND_PROGRAM", "main.st")
    said = command("validate", small)
    assert said.code == 0
    assert "F_Library is declared nowhere: a stub stands for this function" in said.out
    assert "Notice: " in said.out
