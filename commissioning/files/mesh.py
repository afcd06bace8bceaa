"""Foreign mesh files as arrays: GLB, STL, OBJ, PLY, parsed by trimesh in a guarded worker process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from commissioning.files.guarded import Limits, WorkerFailed, run_guarded
from commissioning.files.mesh_arrays import pack_arrays, unpack_arrays
from commissioning.model.problem import Place, Problem, Problems

KINDS: Final = ("glb", "stl", "obj", "ply")
LARGEST_FILE: Final = 128 << 20
_CURE = "Export it again as a binary GLB, in metres, or leave `asset` out to have the device drawn as it is"

_read: dict[str, Mesh] = {}
"""By SHA-256 of kind and content. A scene is loaded many times in one session."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """`vertices` float32 (V, 3) m, z up; `faces` int32 (F, 3); `colours` of the faces, uint8 RGBA (F, 4)."""

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    colours: NDArray[np.uint8]

    @property
    def bounds(self) -> NDArray[np.float32]:
        """Lowest and highest corner, (2, 3) m."""
        return np.array([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    def asset(self) -> dict[str, NDArray[Any]]:
        """As the viewport takes it: {"vertices", "faces", "colours"}."""
        return {"vertices": self.vertices, "faces": self.faces, "colours": self.colours}

    def to_bytes(self) -> bytes:
        return pack_arrays(self.vertices, self.faces, self.colours)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """Raises ValueError for bytes that `to_bytes` cannot have given."""
        return cls(*unpack_arrays(packed))


def read_mesh(path: str | Path, where: Place | None = None, limits: Limits | None = None) -> Mesh:
    """One mesh file. `where` is the place in the scene that names it.

    Raises Problems for a file that is missing, of another kind, broken, too large or that needs other files.
    """
    path = Path(path)
    found = _try(path, limits)
    if isinstance(found, Mesh):
        return found
    place = where or Place(file=str(path))
    raise Problems((Problem(f"the mesh file {path.name} cannot be used", place, cause=found, cure=_CURE),))


def read_meshes(
    wanted: Mapping[str, tuple[Path, Place]], limits: Limits | None = None
) -> tuple[dict[str, Mesh], tuple[Problem, ...]]:
    """Several at once, a worker for each, as many side by side as there are cores; all problems together.

    `wanted`: name -> (file, place in the scene that names it).
    """

    def one(item: tuple[Path, Place]) -> Mesh | Problems:
        try:
            return read_mesh(*item, limits)
        except Problems as problems:
            return problems

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        results = dict(zip(wanted, pool.map(one, wanted.values()), strict=True))
    meshes = {name: found for name, found in results.items() if isinstance(found, Mesh)}
    return meshes, _all_problems(found for found in results.values() if isinstance(found, Problems))


def _all_problems(found: Iterable[Problems]) -> tuple[Problem, ...]:
    return tuple(problem for problems in found for problem in problems.problems)


def _try(path: Path, limits: Limits | None) -> Mesh | str:
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        return f"its kind is {path.suffix or 'not told by its name'}; {', '.join(KINDS)} are read"
    try:
        if not path.is_file():
            return "there is no such file"
        if path.stat().st_size > LARGEST_FILE:
            return f"it is larger than {LARGEST_FILE >> 20} MiB"
        content = path.read_bytes()
    except OSError as error:
        return str(error)
    request = kind.encode() + b"\n" + content
    key = hashlib.sha256(request).hexdigest()
    if key not in _read:
        try:
            _read[key] = Mesh.from_bytes(run_guarded("commissioning.files.mesh_worker", request, limits))
        except (WorkerFailed, ValueError) as error:
            return str(error)
    return _read[key]
