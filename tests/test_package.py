"""The package as a whole: rooms, laziness, what the wheel carries, that it works where it is installed."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from commissioning.files.packaged import packaged

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "commissioning"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

ALLOWED = {
    "model": {"numpy", "pydantic"},
    "sim": {"numpy", "simpy"},
    "plc": {"lark"},
    "files": {"numpy", "ruamel", "trimesh"},
    "devices": {"numpy"},
    "controllers": set(),
    "links": {"asyncua", "cryptography"},
    "checks": {"numpy"},
}
"""Third-party packages that a room may know."""


def rooms() -> list[str]:
    return sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name[0] not in "_.")


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import in the file, also those inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} is a relative import"
            yield node.lineno, node.module or ""


def python(code: str, *options: str, cwd: Path = ROOT, interpreter: str = sys.executable) -> str:
    done = subprocess.run(
        [interpreter, *options, "-c", code], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("room", rooms())
def test_that_every_room_is_a_package_in_the_layers(room: str) -> None:
    assert (PACKAGE / room / "__init__.py").exists()
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert room in {name.strip() for layer in layers for name in layer.split("|")}


def test_that_nothing_inside_imports_the_package_itself() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in PACKAGE.rglob("*.py")
        for line, module in imports(file)
        if module == "commissioning"
    ]
    assert not found


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_that_a_room_knows_only_the_third_parties_it_may(room: str) -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line} imports {module}"
        for file in (PACKAGE / room).rglob("*.py")
        for line, module in imports(file)
        if module.split(".")[0] not in sys.stdlib_module_names | ALLOWED[room] | {"commissioning"}
    }
    assert not found


@pytest.mark.parametrize("module", ["commissioning", "commissioning.cli", "commissioning.bench.load"])
def test_that_importing_loads_no_qt_no_vtk_and_no_protocol(module: str) -> None:
    heavy = ("PySide6", "vtkmodules", "vtk", "pyvista", "asyncua", "trimesh", "pyqtgraph", "scipy")
    code = f"import sys, {module}; print([n for n in {heavy!r} if n in sys.modules])"
    assert python(code) == "[]"


def test_that_importing_the_package_loads_nothing_of_itself() -> None:
    code = "import sys, commissioning; print([n for n in sys.modules if n.startswith('commissioning.')])"
    assert python(code) == "[]"


def test_that_every_public_name_is_there() -> None:
    code = "import commissioning as vc; print([n for n in vc.__all__ if getattr(vc, n).__name__ != n])"
    assert python(code) == "[]"
    code = "import commissioning as vc; print(hasattr(vc, 'nonsense'), set(vc.__all__) <= set(dir(vc)))"
    assert python(code) == "False True"


def test_that_the_module_is_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "commissioning", "--help"],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for command in ("demo", "open", "validate", "run", "check", "replay", "serve"):
        assert command in done.stdout


def test_that_packaged_files_are_found_and_missing_ones_named() -> None:
    assert (packaged("scenes/carton_line") / "scene.yaml").is_file()
    assert packaged("resources/meshes/carton.glb").is_file()
    with pytest.raises(FileNotFoundError, match="scenes/nowhere"):
        packaged("scenes/nowhere")


def test_that_the_constraints_name_every_dependency_and_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in text.splitlines() if "==" in line}
    project = PROJECT["project"]
    for wanted in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = wanted.split(">")[0].split("=")[0].split("<")[0].lower()
        assert name in pinned, name
    assert "://" not in text
    assert "--" not in text


def test_that_void_calls_into_qt_keep_none() -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference to None in each of them, and the process dies of it."""
    if sys.version_info >= (3, 12):
        pytest.skip("None is immortal here")
    code = (
        "import sys\nfrom PySide6.QtCore import QObject\no = QObject()\nbefore = sys.getrefcount(None)\n"
        "for _ in range(1000): o.setObjectName('x')\nprint(sys.getrefcount(None) - before)"
    )
    assert int(python(code)) > -100


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_that_the_wheel_carries_scenes_and_resources_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "commissioning/_data/scenes/carton_line/scene.yaml",
        "commissioning/_data/scenes/carton_line_faulty/scene.yaml",
        "commissioning/_data/scenes/pallet_loop/scene.yaml",
        "commissioning/_data/scenes/sorting_line/scene.yaml",
        "commissioning/_data/scenes/sorting_line/plc/main.st",
        "commissioning/_data/resources/meshes/carton.glb",
        "commissioning/plc/syntax/grammar.lark",
        "commissioning/py.typed",
    ):
        assert wanted in names
    homes = {name.split("/")[0] for name in names}
    assert {home for home in homes if not home.endswith(".dist-info")} == {"commissioning"}
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


@pytest.mark.slow
def test_that_the_installed_wheel_shows_and_checks_its_line_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own that takes the third parties, and only them, from the one of the tests."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    interpreter = str(scripts / ("python.exe" if os.name == "nt" else "python"))
    site = Path(python("import sysconfig; print(sysconfig.get_path('purelib'))", interpreter=interpreter))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    third_parties = Path(pytest.__file__).parents[1]
    (site / "third_parties.pth").write_text(f"{third_parties}\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    where = python(
        "import commissioning; print(commissioning.__file__)", "-I", cwd=empty, interpreter=interpreter
    )
    assert Path(where).is_relative_to(site)
    found = "from commissioning.files.packaged import packaged; print(packaged('scenes/carton_line'))"
    scene = python(found, "-I", cwd=empty, interpreter=interpreter)
    assert Path(scene).is_relative_to(site)
    shown = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in shown}
    done = subprocess.run(
        [interpreter, "-I", "-m", "commissioning", "check", scene, "--json"],
        capture_output=True, text=True, cwd=empty, timeout=250, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {verdict["verdict"] for verdict in json.loads(done.stdout)["verdicts"]} == {"PASS"}
    done = subprocess.run(
        [interpreter, "-I", "-m", "commissioning", "demo"],
        capture_output=True, text=True, cwd=empty, timeout=250, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "There is no display" in done.stderr
    assert "PASS" in done.stdout
    picture = tmp_path / "window.png"
    done = subprocess.run(
        [interpreter, "-I", "-m", "commissioning", "demo", "--screenshot", str(picture)],
        capture_output=True, text=True, cwd=empty, timeout=250, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not list(empty.iterdir())
