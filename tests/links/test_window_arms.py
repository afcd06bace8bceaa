"""The window on a line whose PLC is outside: read-only until it is armed there, and plain about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened

pytestmark = pytest.mark.gui
SCENE = """
format: commissioning-scene/1
name: Line of a real PLC
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m]}}
devices:
  infeed: {type: source, product: carton, every: 2 s, to: belt1}
  belt1: {type: belt, length: 3 m, speed: 0.5 m/s, to: out, tags: {run: Q_Run}}
  pe1: {type: photo_eye, along: belt1, at: 1 m, tags: {blocked: I_PE1}}
  out: {type: sink}
controllers:
  plc: {type: external, link: plc1}
links:
  plc1: {type: opcua_client, endpoint: "ENDPOINT", node: "ns=2;s={name}"}
"""
V = ua.VariantType


def test_that_nothing_is_written_to_the_plc_until_the_link_is_armed_twice(
    qtbot: QtBot, plc_factory: Callable[..., Any], tmp_path: Path
) -> None:
    plc = plc_factory()
    plc.start({"I_PE1": (False, V.Boolean), "Q_Run": (True, V.Boolean)})
    (tmp_path / "scene.yaml").write_text(SCENE.replace("ENDPOINT", plc.endpoint))
    window = MainWindow("light")
    qtbot.addWidget(window)
    window.show()
    answers: list[Opened] = []
    window.opened.connect(answers.append)
    window.open(tmp_path)
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    assert answers[0].problems == ()

    def link() -> Any:
        return dict(window.watch.status.links)["plc1"]

    qtbot.waitUntil(lambda: link().state == "up", timeout=20000)
    window.commands.run()
    qtbot.waitUntil(lambda: window.watch.t_ns > 5_000_000_000, timeout=30000)  # a carton has passed the eye
    assert not link().armed and plc.written == []
    assert window.run_bar.target.text == ""
    window.commands.arm()
    qtbot.wait(300)
    assert not link().armed and plc.written == []
    window.commands.arm()
    qtbot.waitUntil(lambda: link().armed, timeout=5000)
    qtbot.waitUntil(lambda: any(name == "I_PE1" for name, _ in plc.values), timeout=20000)
    assert {name for name, _ in plc.values} == {"I_PE1"}
    qtbot.waitUntil(lambda: window.run_bar.target.text == "REAL", timeout=5000)
    window.commands.arm()
    qtbot.waitUntil(lambda: not link().armed, timeout=5000)
    window.close()
