"""Programs that are edited while a scene runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.bench.program_watch import ProgramWatch
from commissioning.bench.run import Run
from commissioning.model.problem import Problems

SCENE = """format: commissioning-scene/1
name: Watched
devices:
  li: {type: stack_light, pose: {xyz: [1, 1, 1]}, tags: {green: Q_Lamp}}
controllers:
  plc: {type: emulated, programs: [plc, other.st], task: {main: {program: MAIN, cycle: 10 ms}}}
"""
PROGRAM = "PROGRAM MAIN VAR n : INT; END_VAR n := n + 1; Q_Lamp := n > 1000; END_PROGRAM"
GLOBALS = "VAR_GLOBAL Q_Lamp : BOOL; END_VAR"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plc").mkdir()
    (tmp_path / "plc" / "main.st").write_text(PROGRAM)
    (tmp_path / "other.st").write_text(GLOBALS)
    (tmp_path / "scene.yaml").write_text(SCENE)
    return tmp_path


def edit(path: Path, text: str) -> None:
    """Writes; the time of the file is another one, however coarse the clock of the disk is."""
    path.write_text(text)
    state = path.stat()
    edit.later += 1_000_000_000  # type: ignore[attr-defined]
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + edit.later))  # type: ignore[attr-defined]


edit.later = 0  # type: ignore[attr-defined]


def test_that_an_edit_is_told_once_when_it_is_complete(folder: Path) -> None:
    watch = ProgramWatch(load(folder))
    assert watch.changed() == watch.changed() == {}
    edit(folder / "plc" / "main.st", PROGRAM.replace("1000", "5"))
    assert watch.changed() == {}  # somebody may still be writing
    (sources,) = watch.changed().values()
    assert "n > 5" in str(sources["plc/main.st"])
    assert watch.changed() == watch.changed() == {}


def test_that_a_touched_file_is_no_change_and_a_new_one_in_a_folder_is(folder: Path) -> None:
    watch = ProgramWatch(load(folder))
    edit(folder / "plc" / "main.st", PROGRAM)
    assert [watch.changed() for _ in range(3)] == [{}, {}, {}]
    edit(folder / "plc" / "more.st", "FUNCTION F : INT F := 1; END_FUNCTION")
    assert [list(watch.changed()) for _ in range(3)] == [[], ["plc"], []]


def test_that_a_file_that_is_gone_is_a_problem_once_and_the_next_edit_counts(folder: Path) -> None:
    watch = ProgramWatch(load(folder))
    (folder / "other.st").unlink()
    assert watch.changed() == {}
    with pytest.raises(Problems, match=r"there is no file other\.st"):
        watch.changed()
    assert watch.changed() == {}
    edit(folder / "other.st", GLOBALS + " (* back *)")
    assert [list(watch.changed()) for _ in range(2)] == [[], ["plc"]]


def test_that_what_is_told_is_what_a_run_takes(folder: Path) -> None:
    loaded = load(folder)
    run, watch = Run(loaded), ProgramWatch(loaded)
    run.advance("1 s")
    edit(folder / "plc" / "main.st", PROGRAM.replace("1000", "5"))
    watch.changed()
    for name, sources in watch.changed().items():
        assert run.online_change(name, sources).kept == ("Q_Lamp", "MAIN.n")
    run.advance("1 s")
    assert run.tags["Q_Lamp"].value is True


def test_that_what_is_offered_stays_until_it_was_taken_or_the_edit_is_undone(folder: Path) -> None:
    watch = ProgramWatch(load(folder))
    assert watch.look(at_once=True) and not watch.pending()
    file = folder / "plc" / "main.st"
    edit(file, PROGRAM.replace("1000", "5"))
    assert not watch.look()
    assert watch.look() and list(watch.pending()) == ["plc"]
    assert not watch.look() and list(watch.pending()) == ["plc"]
    edit(file, PROGRAM)
    assert watch.look(at_once=True) and not watch.pending()  # undone
    edit(file, PROGRAM.replace("1000", "7"))
    watch.look(at_once=True)
    watch.took("plc", watch.pending()["plc"])
    assert not watch.pending()
    watch.restart()  # a reset: the program that was loaded runs again
    assert "n > 7" in str(watch.pending()["plc"]["plc/main.st"])
    assert "n > 1000" in str(watch.running("plc")["plc/main.st"])
