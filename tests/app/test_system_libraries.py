"""Missing system libraries are named with the command that installs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commissioning.app.system_libraries import ALWAYS, ON_SCREEN, missing_libraries, needs_xcb


def without(*names: str) -> object:
    def load(name: str) -> None:
        if name in names:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")

    return load


def test_that_nothing_is_said_where_all_libraries_are_there() -> None:
    assert missing_libraries(True, without(), "linux") is None


def test_that_each_missing_library_is_named_with_its_package() -> None:
    problem = missing_libraries(True, without("libEGL.so.1", "libxcb-cursor.so.0"), "linux")
    assert problem is not None
    assert "libEGL.so.1, libxcb-cursor.so.0" in problem.what
    assert "apt-get install -y --no-install-recommends libegl1 libxcb-cursor0" in problem.cure


def test_that_an_offscreen_window_needs_no_xcb() -> None:
    assert missing_libraries(False, without(*ON_SCREEN), "linux") is None
    assert missing_libraries(False, without("libEGL.so.1"), "linux") is not None


def test_that_other_systems_are_left_alone() -> None:
    assert missing_libraries(True, without(*ALWAYS), "win32") is None


@pytest.mark.parametrize(
    ("environment", "xcb"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "xcb:nograb"}, True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, False),
    ],
)
def test_that_x11_libraries_are_wanted_only_where_qt_uses_them(
    environment: dict[str, str], xcb: bool
) -> None:
    assert needs_xcb(environment) is xcb


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")
def test_that_the_lists_hold_all_that_qt_links_against() -> None:
    """Against the dynamic sections of the installed Qt, as the loader reads them."""
    import PySide6

    qt = Path(PySide6.__file__).parent / "Qt"
    # part of every system, or brought in by a listed one
    given = re.compile(
        r"lib(c|m|rt|dl|pthread|stdc\+\+|gcc_s|z|zstd|gthread-2\.0|xcb|xcb-(shm|sync|xfixes|render))\.so|ld-linux|libQt6|libicu"
    )
    for file, known in (
        (qt / "lib" / "libQt6Gui.so.6", ALWAYS),
        (qt / "lib" / "libQt6DBus.so.6", ALWAYS),
        (qt / "plugins" / "platforms" / "libqoffscreen.so", ALWAYS),
        (qt / "plugins" / "platforms" / "libqxcb.so", ALWAYS | ON_SCREEN),
    ):
        names = set(re.findall(rb"lib[A-Za-z0-9_+.-]+\.so(?:\.\d+)+", file.read_bytes()))
        unlisted = {name.decode() for name in names} - set(known)
        assert not {name for name in unlisted if not given.match(name)}, file.name


def test_that_looking_for_libraries_loads_no_qt() -> None:
    code = "import sys, commissioning.app.system_libraries; print(any('PySide6' in n for n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


WITHOUT_A_WINDOW = """
import ctypes, sys
for name in ("PySide6", "PySide6QtAds", "vtkmodules", "shiboken6"):
    sys.modules[name] = None  # importing it fails
real = ctypes.CDLL
def missing(name, *arguments, **options):
    if name and str(name).startswith(("libEGL", "libGL", "libX11", "libxcb", "libxkb", "libdbus", "libfont")):
        raise OSError(f"{name}: cannot open shared object file: No such file or directory")
    return real(name, *arguments, **options)
ctypes.CDLL = missing
from commissioning.cli import main
sys.exit(main(sys.argv[1:]))
"""


def without_a_window(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine that has neither the packages nor the libraries of a window."""
    plain = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_A_WINDOW, *words],
        capture_output=True, text=True, timeout=120, env=plain | environment,
    )  # fmt: skip


def test_that_headless_commands_need_nothing_of_a_window(tmp_path: Path) -> None:
    scene, recording = str(Path(__file__).parents[2] / "scenes" / "carton_line"), str(tmp_path / "a.rec")
    for words in (
        ("validate", scene),
        ("run", scene, "--for", "30 s", "--record", recording),
        ("check", scene, "--only", "starts"),
        ("replay", recording, "--verify"),
    ):
        done = without_a_window(*words)
        assert (done.returncode, done.stderr) == (0, ""), words


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the packages bring the libraries")
@pytest.mark.parametrize("command", ["demo", "open"])
def test_that_a_window_that_cannot_open_names_libraries_and_their_command(command: str) -> None:
    done = without_a_window(command, DISPLAY=":0")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "the window cannot open without these system libraries: libEGL.so.1, libGL.so.1, " in done.stderr
    assert "sudo apt-get install -y --no-install-recommends libegl1 libgl1 " in done.stderr
