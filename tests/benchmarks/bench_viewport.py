"""What the picture costs: 10,000 moving parts against a bare VTK glyph mapper, and the first frame.

`python tests/benchmarks/bench_viewport.py` prints ratios of CPU time. Not collected by pytest. The parts
come from shipped devices of a scene text; Mesa's no-op driver (GALLIUM_NOOP=1) leaves rasterisation out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LANES, LENGTH = 100, 37.0  # 100 cartons of 0.3 m with gaps of 0.06 m fit a lane
FRAMES = 60
STEP_NS = 16_000_000
RUNS = 5

IMPORTS = """
import time
import PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets, numpy
import vtkmodules.vtkCommonCore, vtkmodules.vtkCommonDataModel, vtkmodules.vtkCommonMath
import vtkmodules.vtkFiltersCore, vtkmodules.vtkFiltersHybrid, vtkmodules.vtkRenderingCore
import vtkmodules.vtkRenderingOpenGL2, vtkmodules.util.numpy_support
print(time.process_time())
"""
WINDOW = """
import time
from PySide6.QtWidgets import QApplication
app = QApplication([])
from commissioning.app.main_window import MainWindow
window = MainWindow()
window.show()
while not window.viewport.widget.pictures:
    app.processEvents()
print(time.process_time())
window.close()
"""


def scene_text() -> str:
    lines = ["format: commissioning-scene/1", "name: Many cartons", "products:"]
    lines += ["  carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2.5 kg}", "devices:"]
    belt = f"length: {LENGTH} m, speed: 1 m/s, gap: 60 mm"
    for n in range(LANES):
        lines += [
            f"  in{n}: {{type: source, product: carton, every: always, to: b{n}}}",
            f"  b{n}: {{type: belt, pose: {{xyz: [0, {n * 0.8:.1f}, 0.75]}}, {belt}, to: out{n}}}",
            f"  out{n}: {{type: sink}}",
        ]
    return "\n".join(lines) + "\n"


def many_parts() -> tuple[Any, Any, int]:
    """Header and timeline of a run with about 10,000 parts on the way, and a time at which they move."""
    from commissioning.bench.load import load_text
    from commissioning.bench.run import make_run
    from commissioning.sim.timeline.timeline import Timeline

    run = make_run(load_text(scene_text(), ROOT / "many.yaml"), 1)
    run.advance("45 s")
    start = run.now_ns
    run.advance_to(start + FRAMES * STEP_NS)
    return run.journal.header, Timeline(run.journal.header, run.journal.records()), start


class Bare:
    """The least that VTK can do: one glyph mapper, poses written into its arrays."""

    def __init__(self, count: int) -> None:
        import numpy as np
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  registers the OpenGL classes
        from vtkmodules.vtkCommonCore import vtkPoints
        from vtkmodules.vtkCommonDataModel import vtkPolyData
        from vtkmodules.vtkRenderingCore import vtkActor, vtkGlyph3DMapper, vtkRenderer, vtkRenderWindow

        from commissioning.viewport.polydata import polydata
        from commissioning.viewport.shapes import STANDING_BOX
        from commissioning.viewport.vtk_arrays import shared

        self.window, self.renderer = vtkRenderWindow(), vtkRenderer()
        self.window.SetShowWindow(False)
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(0)
        self.window.AddRenderer(self.renderer)
        self.window.SetSize(1280, 720)
        self.positions = np.zeros((count, 3), np.float32)
        self.quaternions = np.zeros((count, 4), np.float32)
        self.data, self.points = vtkPolyData(), vtkPoints()
        self.arrays = (shared(self.positions), shared(self.quaternions, "orientation"))
        self.points.SetData(self.arrays[0])
        self.data.SetPoints(self.points)
        self.data.GetPointData().AddArray(self.arrays[1])
        mapper = vtkGlyph3DMapper()
        mapper.SetInputData(self.data)
        mapper.SetSourceData(polydata(STANDING_BOX.scaled((0.3, 0.2, 0.2))))
        mapper.SetOrientationModeToQuaternion()
        mapper.SetOrientationArray("orientation")
        mapper.SetScaling(False)
        mapper.SetScalarVisibility(False)
        actor = vtkActor()
        actor.SetMapper(mapper)
        self.renderer.AddActor(actor)

    def show(self, frame: Any) -> None:
        self.positions[:] = frame.positions
        self.quaternions[:] = frame.quaternions
        for thing in (*self.arrays, self.points, self.data):
            thing.Modified()


def moving_parts() -> None:
    from commissioning.app.tokens import LIGHT
    from commissioning.viewport.camera import Camera
    from commissioning.viewport.frame import frame_at
    from commissioning.viewport.picture import OffscreenPicture
    from commissioning.viewport.stage import Stage

    header, timeline, start = many_parts()
    frames, evaluate = [], []
    for n in range(FRAMES):
        before = time.process_time()
        frames.append(frame_at(timeline, start + n * STEP_NS))
        evaluate.append(time.process_time() - before)
    # A frame in which a part enters or leaves has another length: the bare mapper gets the rows both have.
    count = min(len(frame.ids) for frame in frames)
    frames = [frame for frame in frames if len(frame.ids) == count] or frames[:1]
    bare = Bare(count)
    picture = OffscreenPicture()
    stage = Stage(picture, header, LIGHT.palette)
    camera = Camera().framing(stage.low, stage.high, 1280 / 720)
    picture.resize(1280, 720)
    stage.look_from(camera)
    camera.apply(bare.renderer.GetActiveCamera(), 200.0)
    costs: dict[str, list[float]] = {"stage": [], "bare": []}
    for round_ in range(RUNS + 1):
        for frame in frames:
            before = time.process_time()
            stage.show(frame)
            picture._window.Render()
            middle = time.process_time()
            bare.show(frame)
            bare.window.Render()
            after = time.process_time()
            if round_:  # the first round compiles shaders
                costs["stage"].append(middle - before)
                costs["bare"].append(after - middle)
    ours, theirs = (statistics.median(costs[name]) for name in ("stage", "bare"))
    print(f"{count} moving parts, {len(frames)} frames, GALLIUM_NOOP={os.environ.get('GALLIUM_NOOP', '0')}")
    print(f"  timeline, one frame        {statistics.median(evaluate) * 1e3:6.2f} ms")
    print(f"  viewport update + render   {ours * 1e3:6.2f} ms")
    print(f"  bare glyph mapper          {theirs * 1e3:6.2f} ms")
    print(f"  ratio                      {ours / theirs:6.2f}   (at most 1.5)")


def first_frame() -> None:
    def cpu(code: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
        )
        return float(done.stdout.split()[-1])

    imports, window = [], []
    for _ in range(RUNS + 1):  # the first ones warm the disk cache
        imports.append(cpu(IMPORTS))
        window.append(cpu(WINDOW))
    base, first = statistics.median(imports[1:]), statistics.median(window[1:])
    print("first frame of an empty window, its 3D picture included, CPU time of the process")
    print(f"  importing PySide6, vtkmodules, numpy   {base:5.2f} s")
    print(f"  first frame                            {first:5.2f} s")
    print(f"  ratio                                  {first / base:5.2f}   (at most 4)")


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    sys.path.insert(0, str(ROOT))
    if "GALLIUM_NOOP" not in os.environ:  # read when Mesa is loaded: measure in a process of its own
        first_frame()
        os.environ["GALLIUM_NOOP"] = "1"
        sys.exit(subprocess.run([sys.executable, __file__], check=False).returncode)
    moving_parts()
