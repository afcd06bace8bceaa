"""Mesh files: what is good arrives as arrays, what is not is a problem with a cure, nothing does harm."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from commissioning.files import mesh as mesh_module
from commissioning.files.guarded import Limits, WorkerFailed, run_guarded
from commissioning.files.mesh import Mesh, read_mesh, read_meshes
from commissioning.files.mesh_arrays import MAX_FACES, UNCOLOURED, pack_arrays, unpack_arrays
from commissioning.files.packaged import packaged
from commissioning.model.problem import Place, Problems

WORKER = "commissioning.files.mesh_worker"


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_module, "_read", {})


def block() -> trimesh.Trimesh:
    """1 x 2 x 3 m with one corner at the origin, orange."""
    mesh = trimesh.creation.box(bounds=[(0, 0, 0), (1, 2, 3)])
    mesh.visual.face_colors = np.tile(np.array([250, 120, 10, 255], np.uint8), (12, 1))
    return mesh


def glb(tree: dict[str, Any], data: bytes = b"") -> bytes:
    """A GLB from its JSON tree and binary chunk, glTF 2.0 section 4.4."""
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    if data:
        chunks += struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def triangle_tree(nodes: list[dict[str, Any]], roots: list[int]) -> dict[str, Any]:
    """One triangle, placed by `nodes`."""
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": roots}],
        "nodes": nodes,
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    }


TRIANGLE = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)


def problem(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Problems) as caught:
        read_mesh(path, Place("scene.yaml", 7, 3, "devices.belt1.asset"), limits)
    (found,) = caught.value.problems
    assert str(found).startswith("scene.yaml:7:3 devices.belt1.asset: ")
    assert found.cure
    return found.cause


def volume(mesh: Mesh) -> float:
    """By the divergence theorem; positive where the faces look outwards."""
    a, b, c = np.moveaxis(mesh.vertices.astype(float)[mesh.faces], 1, 0)
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("kind", ["glb", "stl", "obj", "ply"])
def test_that_each_kind_gives_the_same_block(tmp_path: Path, kind: str) -> None:
    solid = block()
    if kind == "glb":  # a block that is 3 m high in a scene is written with y up
        solid.apply_transform([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    path = tmp_path / f"block.{kind}"
    solid.export(path)
    mesh = read_mesh(path)
    assert mesh.vertices.dtype == np.float32
    assert mesh.faces.dtype == np.int32
    assert mesh.colours.dtype == np.uint8
    assert mesh.faces.shape == (12, 3)
    assert mesh.bounds.tolist() == [[0, 0, 0], [1, 2, 3]]
    assert volume(mesh) == pytest.approx(6)
    colour = UNCOLOURED if kind in ("stl", "obj") else (250, 120, 10, 255)
    if kind != "obj":  # OBJ keeps colours of points only where there are some
        assert np.unique(mesh.colours, axis=0).tolist() == [list(colour)]


def test_that_a_name_in_an_old_8_bit_code_does_not_matter(tmp_path: Path) -> None:
    rows = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
    (tmp_path / "ascii.stl").write_bytes(f"solid F\xf6rderer\n{rows}endsolid\n".encode("latin-1"))
    (tmp_path / "text.obj").write_bytes(
        "o Rollf\xf6rderer\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".encode("latin-1")
    )
    for name in ("ascii.stl", "text.obj"):
        assert read_mesh(tmp_path / name).bounds.tolist() == [[0, 0, 0], [1, 1, 0]]


def test_that_instances_are_placed_turned_and_mirrored(tmp_path: Path) -> None:
    turned = {"mesh": 0, "translation": [0, 5, 0], "rotation": [0, 0, 0.5**0.5, 0.5**0.5]}
    tree = triangle_tree(
        [{"children": [1, 2], "translation": [10, 0, 0]}, turned, {"mesh": 0, "scale": [-1, 1, 1]}], [0]
    )
    path = tmp_path / "placed.glb"
    path.write_bytes(glb(tree, TRIANGLE))
    mesh = read_mesh(path)
    # turned by 90 degrees about the file's z, then up 5 (its y), then 10 along x; y up becomes z up
    corners = {tuple(row) for row in mesh.vertices.round(5).tolist()}
    assert corners == {(10, 0, 5), (10, 0, 6), (9, 0, 5), (10, 0, 0), (9, 0, 0), (10, 0, 1)}
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    # both look along the file's z, which is -y of the scene
    assert np.cross(b - a, c - a).round(5).tolist() == [[0, -1, 0], [0, -1, 0]]


@pytest.mark.parametrize(
    ("name", "size"), [("carton", (0.3, 0.2, 0.2)), ("tote", (0.6, 0.4, 0.22)), ("pallet", (1.2, 0.8, 0.144))]
)
def test_that_shipped_products_stand_centred_on_the_ground_and_look_outwards(
    name: str, size: tuple[float, float, float]
) -> None:
    path = packaged(f"resources/meshes/{name}.glb")
    mesh = read_mesh(path)
    x, y, z = size
    assert mesh.bounds == pytest.approx(np.array([(-x / 2, -y / 2, 0), (x / 2, y / 2, z)]), abs=1e-6)
    assert 0 < volume(mesh) < x * y * z
    assert len(np.unique(mesh.colours, axis=0)) > 1
    assert path.stat().st_size < 100_000


def test_that_a_mesh_survives_its_bytes() -> None:
    mesh = Mesh(
        np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32), np.array([[1, 2, 3, 4]], np.uint8)
    )
    again = Mesh.from_bytes(mesh.to_bytes())
    for name, array in mesh.asset().items():
        assert np.array_equal(array, again.asset()[name])


def test_that_several_files_give_all_their_problems_at_once(tmp_path: Path) -> None:
    block().export(tmp_path / "good.ply")
    (tmp_path / "bad.stl").write_bytes(b"solid nothing")
    wanted = {
        "good": (tmp_path / "good.ply", Place(id="a")),
        "bad": (tmp_path / "bad.stl", Place(id="b")),
        "gone": (tmp_path / "gone.glb", Place(id="c")),
    }
    meshes, problems = read_meshes(wanted)
    assert list(meshes) == ["good"]
    assert [found.where.id for found in problems] == ["b", "c"]


def test_that_a_file_read_once_needs_no_second_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block().export(tmp_path / "block.ply")
    first = read_mesh(tmp_path / "block.ply")
    monkeypatch.setattr(mesh_module, "run_guarded", None)
    assert read_mesh(tmp_path / "block.ply") is first


# ---- what must not pass ---------------------------------------------------------------------------------


def test_that_missing_unknown_and_empty_files_are_named(tmp_path: Path) -> None:
    assert problem(tmp_path / "gone.glb") == "there is no such file"
    (tmp_path / "part.step").write_text("ISO-10303-21;")
    assert ".step" in problem(tmp_path / "part.step")
    (tmp_path / "folder.glb").mkdir()
    assert problem(tmp_path / "folder.glb") == "there is no such file"
    for kind in ("glb", "stl", "obj", "ply"):
        (tmp_path / f"empty.{kind}").write_bytes(b"")
        assert problem(tmp_path / f"empty.{kind}")


def test_that_a_file_larger_than_the_cap_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.stl"
    with path.open("wb") as file:
        file.truncate(mesh_module.LARGEST_FILE + 1)
    assert problem(path) == "it is larger than 128 MiB"


@pytest.mark.parametrize(
    "uri", ["../../secret.bin", "file:///etc/passwd", "http://127.0.0.1:9/x", "DATA.bin"]
)
@pytest.mark.parametrize("group", ["buffers", "images"])
def test_that_a_glb_that_refers_to_other_files_is_refused(tmp_path: Path, uri: str, group: str) -> None:
    tree = triangle_tree([{"mesh": 0}], [0])
    tree[group] = [{"byteLength": 36, "uri": uri}]
    path = tmp_path / "reaching.glb"
    path.write_bytes(glb(tree, TRIANGLE))
    assert f"it refers to another file ({uri})" in problem(path)


def test_that_loops_and_shared_children_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "loop.glb"
    path.write_bytes(glb(triangle_tree([{"mesh": 0, "children": [1]}, {"children": [0]}], [0]), TRIANGLE))
    assert "form a loop" in problem(path)
    shared = [{"children": [2]}, {"children": [2]}, {"mesh": 0}]
    path.write_bytes(glb(triangle_tree(shared, [0, 1]), TRIANGLE))
    assert "do not form a tree" in problem(path)


def test_that_a_small_file_that_unfolds_to_millions_of_triangles_is_refused(tmp_path: Path) -> None:
    solid = trimesh.creation.icosphere(subdivisions=6)  # 81,920 triangles
    tree_of = trimesh.Scene()
    for k in range(MAX_FACES // len(solid.faces) + 1):
        tree_of.add_geometry(solid, geom_name="one", node_name=f"n{k}", transform=np.eye(4))
    path = tmp_path / "bomb.glb"
    path.write_bytes(tree_of.export(file_type="glb"))
    assert "simplify it" in problem(path)


def test_that_json_nested_a_hundred_thousand_deep_is_refused(tmp_path: Path) -> None:
    text = b"[" * 100_000
    path = tmp_path / "deep.glb"
    path.write_bytes(
        struct.pack("<4sII", b"glTF", 2, 20 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text
    )
    assert problem(path)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("stl", b"\xff\xfe garbage"),
        ("stl", b"\0" * 80 + struct.pack("<I", 0xFFFFFFFF) + b"\0" * 50),
        (
            "ply",
            b"ply\nformat binary_little_endian 1.0\nelement vertex 999999999\nproperty float x\nend_header\n",
        ),
        ("obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 99\n"),
        ("obj", b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n"),
        ("obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n"),
        ("glb", b"glTF" + struct.pack("<II", 1, 20) + b"\0" * 20),
        ("glb", b"PK\x03\x04 not a glb at all, but a zip"),
        ("glb", glb(triangle_tree([{"mesh": 7}], [0]), TRIANGLE)),
        (
            "glb",
            glb(
                triangle_tree([{"mesh": 0}], [0])
                | {"bufferViews": [{"buffer": 0, "byteOffset": 1 << 40, "byteLength": 36}]},
                TRIANGLE,
            ),
        ),
        ("glb", glb(triangle_tree([{"mesh": 0}], [0]) | {"nodes": 5}, TRIANGLE)),
    ],
)
def test_that_broken_content_is_a_problem(tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / f"broken.{kind}"
    path.write_bytes(content)
    assert problem(path)


def test_that_arrays_from_the_worker_are_not_believed() -> None:
    points = np.eye(3, dtype=np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    colours = np.zeros((1, 4), np.uint8)
    assert unpack_arrays(pack_arrays(points, faces, colours))
    stream = io.BytesIO()
    np.save(stream, np.array([{"x": 1}], object), allow_pickle=True)
    for wrong in (
        b"",
        b"rubbish",
        stream.getvalue(),
        pack_arrays(points, faces + 1, colours),
        pack_arrays(points, faces - 1, colours),
        pack_arrays(points * np.float32(np.nan), faces, colours),
        pack_arrays(points, faces, np.zeros((2, 4), np.uint8)),
        pack_arrays(points.astype(float), faces, colours),  # type: ignore[arg-type]
        pack_arrays(points, faces[:0], colours[:0]),
        pack_arrays(points, faces, colours)[:-3],
    ):
        with pytest.raises(ValueError, match=r"its|it has"):
            unpack_arrays(wrong)


# ---- the guard ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large_obj() -> bytes:
    """100,000 triangles as text, about 8 MB: some tenths of a second to parse, and tens of MB."""
    rows = np.arange(300_000)
    points = "".join(f"v {i % 977}.5 {i % 89}.25 {i % 13}.125\n" for i in rows)
    faces = "".join(f"f {i} {i + 1} {i + 2}\n" for i in range(1, 300_000, 3))
    return (points + faces).encode()


def test_that_a_worker_that_takes_too_long_is_ended(large_obj: bytes) -> None:
    with pytest.raises(WorkerFailed, match=r"longer than 0\.05 s"):
        run_guarded(WORKER, b"obj\n" + large_obj, Limits(wall_s=0.05))


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits there")
def test_that_a_worker_that_wants_too_much_memory_is_refused(large_obj: bytes) -> None:
    assert run_guarded(WORKER, b"obj\n" + large_obj)
    with pytest.raises(WorkerFailed, match="more than 8 MiB"):
        run_guarded(WORKER, b"obj\n" + large_obj, Limits(memory=8 << 20))


def test_that_an_answer_larger_than_allowed_is_cut_off(large_obj: bytes) -> None:
    with pytest.raises(WorkerFailed, match="larger than 0 MiB"):
        run_guarded(WORKER, b"obj\n" + large_obj, Limits(answer=1000))


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits there")
def test_that_a_confined_process_opens_no_file_no_socket_and_no_endless_loop() -> None:
    code = """
import socket, sys
from commissioning.files.guarded import Limits, confine
confine(Limits(cpu_s=1))
for name, attempt in (
    ("file", lambda: open(sys.argv[1])),
    ("socket", lambda: socket.socket()),
    ("memory", lambda: bytearray(2 << 30)),
):
    try:
        attempt()
    except (OSError, MemoryError):
        print(name, "refused", flush=True)
while True:
    pass
"""
    done = subprocess.run(
        [sys.executable, "-c", code, __file__], stdout=subprocess.PIPE, timeout=120, text=True, check=False
    )
    assert done.stdout.split("\n")[:3] == ["file refused", "socket refused", "memory refused"]
    assert done.returncode < 0, "the loop must have been ended by a signal"


def test_that_files_beside_the_scene_are_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = f"open({str(tmp_path / 'caught')!r}, 'w').close()\nraise SystemExit(9)\n"
    for name in ("numpy", "trimesh", "json", "sitecustomize", "commissioning"):
        (tmp_path / f"{name}.py").write_text(trap)
    block().export(tmp_path / "block.ply")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert len(read_mesh(tmp_path / "block.ply").faces) == 12
    assert not (tmp_path / "caught").exists()


def test_that_random_damage_gives_a_mesh_or_a_problem(tmp_path: Path) -> None:
    """A dozen only: each takes a process."""
    source = packaged("resources/meshes/carton.glb").read_bytes()
    random = np.random.default_rng(7)
    for k in range(12):
        content = bytearray(source)
        for at in random.integers(0, len(content) if k % 2 else 1200, 20):
            content[at] = random.integers(0, 256)
        path = tmp_path / f"damaged{k}.glb"
        path.write_bytes(content)
        try:
            read_mesh(path)
        except Problems as problems:
            assert "cannot be used" in str(problems)
