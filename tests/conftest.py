"""Before anything imports Qt or VTK: tests need no display.

A test that needs a real X display starts a process of its own with its own environment.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
# nothing of the user's is read or written
os.environ["COMMISSIONING_CACHE"] = "off"
# Without this VTK tries X first and aborts where DISPLAY names a server that Qt does not use;
# an empty string is not "unset" for VTK, it selects OSMesa.
if not os.environ.get("VTK_DEFAULT_OPENGL_WINDOW"):
    os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"

# No deadlines: the machine may be busy. In CI the same examples each time: a red build means a change.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="run every slow test, not a fixed sample of them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of each slow test only its first case runs, always the same one, unless --whole asks for all."""
    if config.getoption("--whole"):
        return
    seen: set[tuple[str, str]] = set()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        name = (item.nodeid.partition("::")[0], getattr(item, "originalname", item.name))
        if item.get_closest_marker("slow") is None or name not in seen:
            kept.append(item)
        else:
            left.append(item)
        if item.get_closest_marker("slow") is not None:
            seen.add(name)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept
