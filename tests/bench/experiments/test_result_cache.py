"""What results are found again by, and that a worker which outlasts a scene runs no old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.experiments.result_cache import program_hash, scene_keys
from commissioning.bench.experiments.runs import load_in_worker
from commissioning.bench.load import load

SCENE = """
format: commissioning-scene/1
name: Cached line
devices:
  start: {type: push_button, pose: {xyz: [0, -1, 1]}, tags: {pressed: I_Start}}
controllers:
  plc: {type: python, file: logic.py}
"""
PLC = SCENE.replace("{type: python, file: logic.py}", "{type: emulated, programs: [main.st]}")
PROGRAM = """
VAR_GLOBAL I_Start : BOOL; n : DINT := 1; END_VAR
PROGRAM MAIN
END_PROGRAM
CONFIGURATION c RESOURCE r ON p TASK t(INTERVAL := T#10ms); PROGRAM m WITH t : MAIN; END_RESOURCE
END_CONFIGURATION
"""


def test_that_a_package_which_the_logic_imports_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is installed on this computer, so the hash of the scene's code does not know it."""
    place = tmp_path / "installed"
    (place / "belt_rules").mkdir(parents=True)
    (place / "belt_rules" / "__init__.py").write_text("")
    (place / "belt_rules" / "speeds.py").write_text("FAST = 1\n")
    monkeypatch.syspath_prepend(str(place))
    folder = tmp_path / "scene"
    folder.mkdir()
    (folder / "scene.yaml").write_text(SCENE)
    (folder / "logic.py").write_text("import belt_rules.speeds\nimport json\n\ndef logic(line):\n    pass\n")
    loaded = load(folder)
    (before,) = scene_keys([loaded])
    assert scene_keys([loaded, loaded]) == [before, before]
    (place / "belt_rules" / "speeds.py").write_text("FAST = 22\n")
    assert scene_keys([loaded]) != [before]


def test_that_the_grammar_of_the_plc_counts_as_program(monkeypatch: pytest.MonkeyPatch) -> None:
    before = program_hash.__wrapped__()
    read = Path.read_bytes

    def changed(path: Path) -> bytes:
        return read(path) + (b"// another rule\n" if path.name == "grammar.lark" else b"")

    monkeypatch.setattr(Path, "read_bytes", changed)
    assert program_hash.__wrapped__() != before


def test_that_a_worker_sees_that_a_program_has_changed(tmp_path: Path) -> None:
    """A worker of a cluster lives longer than an experiment; the text of the scene is still the same."""
    (tmp_path / "scene.yaml").write_text(PLC)
    (tmp_path / "main.st").write_text(PROGRAM)
    files = dict(load(tmp_path).files)
    first = load_in_worker(files, PLC)
    assert load_in_worker(files, PLC) is first
    assert load_in_worker(dict(files), PLC) is first
    edited = files | {"main.st": PROGRAM.replace(":= 1", ":= 2").encode()}
    second = load_in_worker(edited, PLC)
    assert [one.programs["plc"].start()["n"] for one in (first, second)] == [1, 2]


def test_that_a_worker_sees_what_was_allowed_since(tmp_path: Path) -> None:
    (tmp_path / "scene.yaml").write_text(SCENE)
    (tmp_path / "logic.py").write_text("def logic(line):\n    pass\n")
    loaded = load(tmp_path)
    (code,) = load_in_worker(loaded.files, SCENE).code
    assert not code.allowed
    (code,) = load_in_worker(loaded.files, SCENE, frozenset({code.hash})).code
    assert code.allowed
