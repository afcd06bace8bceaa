"""Meshes with what users have installed: scipy comes with the development extra only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

READ = """
import sys
sys.modules["scipy"] = sys.modules["networkx"] = None  # as where they are not installed
from pathlib import Path
from commissioning.files import mesh_worker
mesh_worker._warm_up()
found = [p for p in Path(".").glob("[rs]*/**/*.*") if p.suffix in (".glb", ".stl", ".obj", ".ply")]
for path in found:
    assert mesh_worker.parse(path.suffix[1:].encode() + b"\\n" + path.read_bytes())
print(len(found))
"""


def test_that_every_shipped_mesh_is_read_with_what_users_have_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ], capture_output=True, text=True, timeout=120, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
