"""The window shows journals and nothing else: a recording opens without devices, PLC or registry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui
ROOT = Path(__file__).parents[2]
T_NS = 40_000_000_000

SHOW = r"""
import json, sys, time

class Poison:
    closed = (
        "commissioning.devices", "commissioning.plc", "commissioning.controllers", "commissioning.links",
        "commissioning.checks", "commissioning.registry", "commissioning.bench",
    )

    def find_spec(self, name, path=None, target=None):
        if name.startswith(self.closed):
            raise ImportError(f"{name} must not be needed")
        return None

sys.meta_path.insert(0, Poison())
from pathlib import Path
from PySide6.QtWidgets import QApplication
app = QApplication([])
from commissioning.app.main_window import MainWindow

window = MainWindow("light")
window.show()
answers = []
window.opened.connect(answers.append)
window.open(Path(sys.argv[1]), int(sys.argv[2]))
deadline = time.monotonic() + 60
while time.monotonic() < deadline and not (answers and window.viewport.widget.pictures):
    app.processEvents()
window.watch.catch_up()
window.selection.choose("device", "belt1")
app.processEvents()
frame = window.watch.frame()
model = window.tags.model
last = window.watch.status.end_ns
def value(name):
    return window.values.text(model.number_of(name))
print(json.dumps({
    "problems": [str(p) for p in answers[0].problems],
    "mode": window.run_bar.mode.text,
    "clock": window.run_bar.clock.text(),
    "parts": len(frame.ids),
    "positions": frame.positions.round(9).tolist(),
    "tags": {s["name"]: value(s["name"]) for s in model.signals},
    "rows": window.journal.model.rowCount(),
    "end_ns": last,
    "loaded": sorted(m for m in sys.modules if m.startswith(Poison.closed)),
}))
window.close()
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from commissioning.bench.load import load
    from commissioning.bench.run import RecordedRun, make_run

    path = tmp_path_factory.mktemp("recording") / "line.recording"
    loaded = load(ROOT / "scenes" / "carton_line")
    recorded = RecordedRun(make_run(loaded, 1), loaded, path)
    recorded.advance_to(60_000_000_000)
    recorded.close()
    return path


def test_that_a_recording_is_shown_without_any_device_or_plc(recording: Path) -> None:
    from commissioning.bench.load import load
    from commissioning.bench.run import make_run
    from commissioning.sim.timeline.timeline import Timeline

    done = subprocess.run(
        [sys.executable, "-c", SHOW, str(recording), str(T_NS)],
        capture_output=True, text=True, timeout=120, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    assert shown["problems"] == [] and shown["loaded"] == []
    assert (shown["mode"], shown["clock"], shown["end_ns"]) == ("REPLAY", "0:00:40.000", 60_000_000_000)
    assert shown["rows"] > 100

    run = make_run(load(ROOT / "scenes" / "carton_line"), 1)
    run.advance_to(T_NS)
    poses = Timeline(run.journal.header, run.journal.records()).poses(T_NS)
    assert shown["parts"] == len(poses.ids) > 0
    assert shown["positions"] == poses.positions.round(9).tolist()
    for name, text in shown["tags"].items():
        value = run.tags[name].value
        if isinstance(value, bool):
            assert text == ("TRUE" if value else "FALSE"), name
