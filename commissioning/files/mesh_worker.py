"""The worker process that parses foreign mesh files: bytes in, arrays out. Started by `mesh.py` only.

The request is one line with the kind ("glb", "stl", "obj", "ply") and the file's bytes.
"""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from commissioning.files.guarded import serve
from commissioning.files.mesh_arrays import MAX_FACES, MAX_VERTICES, UNCOLOURED, pack_arrays

_GLB_MAGIC = b"glTF"
_Y_UP_TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def parse(request: bytes) -> bytes:
    """Packed arrays of the mesh in `request`. Raises ValueError with a sentence for the user."""
    kind, _, content = request.partition(b"\n")
    name = kind.decode("ascii")
    try:
        if name == "glb":
            _refuse_references(content)
        elif name == "obj" or (name == "stl" and not _is_binary_stl(content)):
            content = _as_utf8(content)
        scene = trimesh.load_scene(io.BytesIO(content), file_type=name, resolver=None)
        vertices, faces, colours = _merged(scene)
    except (MemoryError, Refused):
        raise
    except Exception as error:  # a parser of foreign bytes may raise anything
        raise ValueError(
            f"it is not a readable {name.upper()} file ({type(error).__name__}: {error})"
        ) from error
    if name == "glb":
        vertices = vertices @ _Y_UP_TO_Z_UP.T  # glTF 2.0, 3.4: +Y is up; a scene's +Z is
    return pack_arrays(vertices.astype(np.float32), faces.astype(np.int32), colours)


class Refused(ValueError):
    """The file was understood and is not accepted."""


def _merged(scene: trimesh.Scene) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
    """All triangles of the scene in its own frame: vertices (V, 3), faces (F, 3), face colours (F, 4).

    Counted before anything is copied: a few bytes can place one mesh a million times.
    """
    placed = []
    vertex_count = face_count = 0
    for node in scene.graph.nodes_geometry:
        turn, name = scene.graph[node]
        geometry = scene.geometry[name]
        if not isinstance(geometry, trimesh.Trimesh) or not len(geometry.faces):
            continue
        vertex_count += len(geometry.vertices)
        face_count += len(geometry.faces)
        if vertex_count > MAX_VERTICES or face_count > MAX_FACES:
            raise Refused(f"it has more than {MAX_FACES} triangles or {MAX_VERTICES} points: simplify it")
        placed.append((geometry, np.asarray(turn, float)))
    if not placed:
        raise Refused("it holds no triangles")
    vertices, faces, colours = [], [], []
    first = 0
    for geometry, turn in placed:
        points = np.asarray(geometry.vertices, float) @ turn[:3, :3].T + turn[:3, 3]
        corners = np.asarray(geometry.faces, np.int64)
        if np.linalg.det(turn[:3, :3]) < 0:
            corners = corners[:, ::-1]  # a mirrored instance keeps its outside outside
        vertices.append(points)
        faces.append(corners + first)
        colours.append(_face_colours(geometry))
        first += len(points)
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(colours)


def _face_colours(geometry: trimesh.Trimesh) -> NDArray[np.uint8]:
    """RGBA of each face: its material's or its own colour; textures count as their material's factor."""
    visual: Any = geometry.visual
    count = len(geometry.faces)
    if visual.kind == "texture":
        factor = getattr(visual.material, "baseColorFactor", None)
        if factor is None:
            factor = getattr(visual.material, "diffuse", None)
        if factor is None:
            return np.tile(np.array(UNCOLOURED, np.uint8), (count, 1))
        return np.tile(np.resize(np.asarray(factor, np.uint8), 4), (count, 1))
    if visual.kind in ("face", "vertex"):
        return np.asarray(visual.face_colors, np.uint8).reshape(count, 4)
    return np.tile(np.array(UNCOLOURED, np.uint8), (count, 1))


def _is_binary_stl(content: bytes) -> bool:
    """80 bytes of comment, the number of triangles, 50 bytes for each."""
    if len(content) < 84 or len(content) != 84 + 50 * struct.unpack_from("<I", content, 80)[0]:
        if not content.lstrip().startswith(b"solid"):
            raise Refused("it is not a whole STL file: its length does not fit the triangles it announces")
        return False
    return True


def _as_utf8(content: bytes) -> bytes:
    """Names in a text file may be in any 8-bit code; what counts are its numbers."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode("utf-8")
    return content


def _refuse_references(content: bytes) -> None:
    """A GLB must hold all it needs: a file that names others could read what its author cannot see."""
    if not content.startswith(_GLB_MAGIC) or len(content) < 20:
        raise Refused("it is not a GLB file")
    version, _, length = struct.unpack_from("<III", content, 4)
    if version != 2:
        raise Refused(f"it is glTF version {version}; export it as glTF 2.0")
    try:
        tree = json.loads(content[20 : 20 + length])
    except (ValueError, RecursionError) as error:
        raise Refused(f"its JSON part cannot be read ({error})") from error
    if not isinstance(tree, dict):
        raise Refused("its JSON part is not an object")
    for group in ("buffers", "images"):
        entries = tree.get(group, [])
        for entry in entries if isinstance(entries, list) else []:
            uri = entry.get("uri") if isinstance(entry, dict) else None
            if isinstance(uri, str) and not uri.startswith("data:"):
                raise Refused(f"it refers to another file ({uri:.80}): export it as one self-contained GLB")
    _refuse_loops(tree)


def _refuse_loops(tree: dict[str, Any]) -> None:
    """glTF 2.0, 3.5.2: nodes form strict trees, so each node is the child of one node at most."""
    nodes = tree.get("nodes", [])
    children: list[int] = []
    for node in nodes if isinstance(nodes, list) else []:
        below = node.get("children", []) if isinstance(node, dict) else []
        children += below if isinstance(below, list) else []
    if len(set(map(str, children))) < len(children):
        raise Refused("its nodes do not form a tree")
    roots = set(range(len(nodes))) - {child for child in children if isinstance(child, int)}
    reached, open_ = set(roots), list(roots)
    while open_:
        node = nodes[open_.pop()]
        for child in node.get("children", []) if isinstance(node, dict) else []:
            if isinstance(child, int) and 0 <= child < len(nodes) and child not in reached:
                reached.add(child)
                open_.append(child)
    if len(reached) < len(nodes):
        raise Refused("its nodes form a loop")


_TRIANGLE_OBJ = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


def _warm_up() -> None:
    """Read a triangle of each kind, so that nothing is left to import once no file can be opened.

    Colours of corners, not of faces: to export those trimesh would want scipy, which users need not have.
    """
    one = trimesh.load_scene(io.BytesIO(_TRIANGLE_OBJ), file_type="obj", resolver=None)
    mesh = next(iter(one.geometry.values()))
    mesh.visual.vertex_colors = [[1, 2, 3, 255]] * 3
    for kind in ("glb", "stl", "obj", "ply"):
        content = mesh.export(file_type=kind)
        data = content if isinstance(content, bytes) else content.encode()
        parse(kind.encode() + b"\n" + data)


if __name__ == "__main__":
    _warm_up()
    serve(parse)
