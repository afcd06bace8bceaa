"""Python of a scene runs only if exactly that content was allowed: closure, hash, importer, entrances."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.check import check
from commissioning.bench.experiments.experiment import experiment
from commissioning.bench.fork import forks
from commissioning.bench.load import load
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun, Run
from commissioning.bench.single import run_once
from commissioning.cli import main
from commissioning.model.problem import Problems
from commissioning.sim.line import Line

Small = Any  # see conftest.py
NOTHING = "def logic(line):\n    pass\n"
TOUCHES = "import pathlib\npathlib.Path({path!r}).write_text('it ran')\ndef logic(line):\n    pass\n"


def problems_of(act: Callable[[], object]) -> str:
    with pytest.raises(Problems) as caught:
        act()
    return str(caught.value)


# ---- what may run ---------------------------------------------------------------------------------------


def test_that_loading_a_scene_runs_nothing_of_it(small: Small, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    small.write(TOUCHES.format(path=str(witness)), other="import logic\n")
    loaded = load(small.folder, allow_code=[small.hash()])
    Line(loaded, 1)
    assert main(["validate", str(small.folder)]) == 0
    assert not witness.exists()
    Run(loaded)
    assert witness.read_text() == "it ran"


def test_that_the_refusal_names_the_files_the_hash_and_the_option(small: Small) -> None:
    small.write("import json, belts\n" + NOTHING, belts="import math\n")
    loaded = load(small.folder)
    (code,) = loaded.code
    assert code.names == ("logic.py", "belts.py") and code.installed == ("json", "math")
    assert problems_of(lambda: Run(loaded)) == (
        f"{small.folder}/scene.yaml:15:29 controllers.plc.file: this scene brings Python of its own "
        "(logic.py, belts.py), which nobody has allowed to run; from this computer it imports json, math. "
        f"Read it. If you trust it, add --allow-code {code.hash}."
    )


def test_that_every_way_to_run_asks(small: Small, tmp_path: Path) -> None:
    small.write(NOTHING)
    text = (small.folder / "scene.yaml").read_text()
    (small.folder / "scene.yaml").write_text(
        text + "experiments: {it: {for: 1 min, replications: 2, measures: [out.throughput]}}\n"
    )
    allowed = load(small.folder, allow_code=[small.hash()])
    run = Run(allowed)
    recorded = RecordedRun(run, allowed, tmp_path / "a.recording")
    run.advance("10 s")
    recorded.close()
    snapshot = run.snapshot()
    refused = load(small.folder)
    recording = tmp_path / "a.recording"
    for act in (
        lambda: run_once(small.folder, span_ns=10**9),
        lambda: run_once(small.folder, span_ns=10**9, speed=100.0),
        lambda: check(small.folder),
        lambda: experiment(small.folder, "it"),
        lambda: verify(recording),
        lambda: Run.restore(refused, snapshot),
        lambda: forks(refused, snapshot, 1, "1 s"),
    ):
        assert f"--allow-code {small.hash()}" in problems_of(act)
    allow = [small.hash()]
    assert run_once(small.folder, span_ns=10**9, allow_code=allow).problem is None
    assert check(small.folder, allow_code=allow).exit_code == 1  # logic that never starts the belt
    assert verify(recording, allow_code=allow).same
    assert forks(allowed, snapshot, 1, "1 s", workers=1).forks[0].problem == ""
    report = experiment(small.folder, "it", allow_code=allow, workers=1)
    assert report.exit_code == 0


def test_that_the_command_line_takes_the_hash(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.write("print('hello')\ndef logic(line):\n    line['Q_Run'] = True\n")
    folder = str(small.folder)
    for command in (["run", folder, "--for", "1s"], ["check", folder]):
        assert main(command) == 2
        assert f"--allow-code {small.hash()}" in capsys.readouterr().err
        assert main([*command, "--allow-code", "0" * 64]) == 2
        assert main([*command, "--allow-code", small.hash()[:63]]) == 2
        capsys.readouterr()
        assert main([*command, "--allow-code", small.hash(), "--json"]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out) and said.err.count("hello") == 1
    assert main(["validate", folder]) == 0
    assert f"logic.py. --allow-code {small.hash()}" in capsys.readouterr().out


# ---- what counts ----------------------------------------------------------------------------------------


def test_that_every_file_that_is_imported_counts_into_the_hash(small: Small) -> None:
    modules = {
        "belts": "from lib import lamps\n", "lib/__init__": "", "lib/lamps": "from .deep import x\n",
        "lib/deep/__init__": "from . import x\n", "lib/deep/x": "y = 1\n", "unused": "z = 1\n",
    }  # fmt: skip
    logic = "def logic(line):\n    import belts\n"
    small.write(logic, **modules)
    (code,) = load(small.folder).code
    assert code.names == (
        "logic.py", "belts.py", "lib/__init__.py", "lib/deep/__init__.py", "lib/deep/x.py", "lib/lamps.py",
    )  # fmt: skip
    assert not code.installed
    hashes = {code.hash}
    for name in modules:
        small.write(logic, **(modules | {name: modules[name] + "#\n"}))
        hashes.add(small.hash())
    assert len(hashes) == len(modules)  # all but the one that nobody imports
    (small.folder / "belts.py").rename(small.folder / "bolts.py")
    small.write(logic.replace("belts", "bolts"), **{"lib/lamps": modules["lib/lamps"]})
    assert small.hash() not in hashes


def test_that_the_bytes_that_were_hashed_are_those_that_run(small: Small) -> None:
    small.write("import belts\ndef logic(line):\n    line['Q_Run'] = belts.on\n", belts="on = True\n")
    loaded = load(small.folder, allow_code=[small.hash()])
    small.write("raise SystemError\n", belts="on = False\n")
    run = Run(loaded)
    run.advance("1 s")
    assert run.tags["Q_Run"].value is True and not run.line.alarms


def test_that_a_changed_file_is_refused(small: Small) -> None:
    small.write("import belts\n" + NOTHING, belts="on = True\n")
    old = small.hash()
    small.write("import belts\n" + NOTHING, belts="on = False\n")
    assert f"--allow-code {small.hash()}" in problems_of(lambda: Run(load(small.folder, allow_code=[old])))
    assert small.hash() != old


def test_that_two_runs_share_no_module(small: Small) -> None:
    """What the first run left in a module would change the second one."""
    small.write(
        "import belts\ndef logic(line):\n    belts.count += 1\n    line['Q_Run'] = belts.count == 1\n",
        belts="count = 0\n",
    )
    before = set(sys.modules)
    first, second = small.run("1 s"), small.run("1 s")
    assert first.journal.digest() == second.journal.digest()
    assert second.tags["Q_Run"].value is True
    assert not {name for name in set(sys.modules) - before if "logic" in name or "belts" in name}


def test_that_a_module_of_the_scene_goes_before_an_installed_one(small: Small) -> None:
    small.write(
        "import random\nimport json\nfrom random import pick as p, more\n"
        "def logic(line):\n    line['Q_Run'] = random.pick() == p() == 4 and json.loads('3') == more.three\n",
        **{"random/__init__": "def pick():\n    return 4\n", "random/more": "three = 3\n"},
    )  # fmt: skip
    assert load(small.folder).code[0].installed == ("json",)
    assert small.run("1 s").tags["Q_Run"].value is True
    assert sys.modules["random"].__file__ != str(small.folder / "random" / "__init__.py")


def test_that_packages_stars_and_cycles_are_imported_as_python_does(small: Small) -> None:
    small.write(
        "from lib import *\nimport lib.b as bee\nimport space.inner\n"
        "def logic(line):\n"
        "    line['Q_Run'] = (a.one, bee.two, lib_name(), space.inner.s) == (1, 2, 'b', 5)\n",
        **{
            "lib/__init__": "__all__ = ['a', 'lib_name']\nfrom .b import lib_name\n",
            "lib/a": "from . import b\none = 1\n",
            "lib/b": "from . import a\ntwo = a.one + 1\n"
            "def lib_name():\n    return __name__.rpartition('.')[2]\n",
            "space/inner": "from dataclasses import dataclass\n@dataclass\nclass C:\n"
            "    s: 'int' = 5\ns = C().s\n",
        },
    )
    run = small.run("1 s")
    assert not run.line.alarms and run.tags["Q_Run"].value is True


def test_that_a_file_that_was_not_read_does_not_come_in_by_another_way(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Python is started in the scene's folder that folder is on its path."""
    small.write(
        "name = 'late' + 'comer'\ndef logic(line):\n    __import__(name)\n", latecomer="raise SystemError\n"
    )
    run = small.run("1 s")
    assert "No module named 'latecomer'" in run.line.alarms[0].what
    monkeypatch.syspath_prepend(str(small.folder))
    run = small.run("1 s")
    assert (
        "latecomer lies in the scene's folder and is not part of what was allowed" in run.line.alarms[0].what
    )


# ---- what is wrong with it ------------------------------------------------------------------------------

WRONG = {
    "syntax": ("def logic(line:\n", "logic.py:1:10: this is no Python"),
    "outside": ("return 3\ndef logic(line): pass\n", "'return' outside function"),
    "no logic": ("def other(line): pass\n", "defines no function logic"),
    "missing": ("import nothing_of_that_name\n" + NOTHING, "logic.py:1:1: there is no module"),
    "beyond": ("from .. import x\n" + NOTHING, "leads out of the package"),
    "null": ("a = '\0'\n" + NOTHING, "this is no Python"),
    "deep": ("a = " + "-" * 100_000 + "1\n" + NOTHING, "this is no Python"),
    "deep attribute": ("a = a" + ".b" * 100_000 + "\n" + NOTHING, "this is no Python"),
    "encoding": ("# coding: no-such\n" + NOTHING, "this is no Python"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_that_a_file_that_cannot_run_is_a_problem_with_its_place(small: Small, case: str) -> None:
    text, what = WRONG[case]
    small.write(text)
    assert what in problems_of(lambda: load(small.folder))


def test_that_the_file_must_lie_in_the_scene(small: Small, tmp_path: Path) -> None:
    (tmp_path / "scene").mkdir()
    (tmp_path / "outside.py").write_text(NOTHING)
    (tmp_path / "scene" / "link.py").symlink_to(tmp_path / "outside.py")
    text = (small.folder / "scene.yaml").read_text()
    for name, what in (
        ("../outside.py", "outside the scene"), ("link.py", "outside the scene"), ("no.py", "no file"),
        ("logic.txt", "cannot be the name"),
    ):  # fmt: skip
        (tmp_path / "scene" / "scene.yaml").write_text(text.replace("logic.py", name))
        assert what in problems_of(lambda: load(tmp_path / "scene"))


def test_that_an_import_that_the_code_can_do_without_may_be_missing(small: Small) -> None:
    small.write(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import no_such_one\n"
        "try:\n    import no_such_other\nexcept ImportError:\n    no_such_other = None\n"
        "def logic(line):\n    line['Q_Run'] = no_such_other is None\n"
    )
    assert small.run("1 s").tags["Q_Run"].value is True


def test_that_a_module_above_the_named_file_is_told(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.write("", **{"inner/logic": "import common\n" + NOTHING, "common": ""})
    scene = small.folder / "scene.yaml"
    scene.write_text(scene.read_text().replace("file: logic.py", "file: inner/logic.py"))
    assert "there is no module common" in problems_of(lambda: load(small.folder))
    monkeypatch.syspath_prepend(str(small.folder))
    assert "not below the folder of the file that imports it" in problems_of(lambda: load(small.folder))


def test_that_a_folder_of_compiled_modules_is_the_scenes_too(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without Python in it is a package to Python where it is on its path: nobody has read it."""
    small.write("name = 'da' + 'ta'\ndef logic(line):\n    __import__(name)\n")
    (small.folder / "data").mkdir()
    (small.folder / "data" / "fast.so").write_bytes(b"\x7fELF")
    monkeypatch.syspath_prepend(str(small.folder))
    assert "data lies in the scene's folder" in small.run("1 s").line.alarms[0].what
    small.write("import data.fast\n" + NOTHING)
    assert "data lies in the scene's folder" in problems_of(lambda: load(small.folder))


def test_that_a_link_out_of_the_scene_is_not_followed(small: Small, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}_outside"
    outside.mkdir()
    (outside / "a.py").write_text("x = 1\n")
    (small.folder / "lib").symlink_to(outside)
    small.write("from lib import a\n" + NOTHING)
    assert "lies outside the scene's folder" in problems_of(lambda: load(small.folder))
