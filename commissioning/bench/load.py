"""Scene folder -> loaded scene: text, programs and meshes, or all problems at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commissioning.files import scene_text
from commissioning.files.mesh import Mesh, read_meshes
from commissioning.files.packaged import packaged
from commissioning.files.scene_text import SceneText
from commissioning.model.expression import names_in_header
from commissioning.model.placement import place
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.read_scenario import check_open_targets
from commissioning.model.scene import ControllerRecord, Scene
from commissioning.model.tags import DataType
from commissioning.model.validate import build_scene
from commissioning.registry import declarations, types
from commissioning.sim.line import Line

__all__ = ["LoadedScene", "load", "load_text"]

SCENE_FILE = "scene.yaml"
_LARGEST_PROGRAM = 16 << 20


@dataclass(frozen=True)
class LoadedScene:
    """A scene that can run. `files` are the bytes it was made of, by path relative to its folder, so that a
    recording can carry them; `meshes` by the asset names of the scene."""

    scene: Scene
    folder: Path
    text: SceneText
    poses: Mapping[str, Pose]
    types: Mapping[tuple[str, str], Any]
    programs: Mapping[str, Any]
    files: Mapping[str, bytes]
    meshes: Mapping[str, Mesh] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The scene's name, or its folder's."""
        return self.scene.name or self.folder.name


def load(path: str | Path) -> LoadedScene:
    """Load a scene: a folder with `scene.yaml`, or the file.

    Runs no code of the scene. Raises Problems, listing all of them with file and line.
    """
    file = Path(path)
    if file.is_dir():
        file = file / SCENE_FILE
    if not file.is_file():
        raise Problems(
            Problem(
                what=f"there is no scene at {path}",
                where=Place(file=str(file)),
                cure="Give a folder that holds scene.yaml, or the file itself",
            )
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Problems(
            Problem(f"the scene cannot be read: {error.strerror}", Place(file=str(file)))
        ) from error
    return load_text(content, file)


def load_text(content: bytes | str, file: Path) -> LoadedScene:
    """As `load`, from the text of a scene that stands (or would stand) at `file`."""
    text = scene_text.load(content, str(file))
    known = declarations()
    scene, problems = build_scene(text, known)
    if scene is None:
        raise Problems(problems)
    folder = file.parent
    files: dict[str, bytes] = {SCENE_FILE: content if isinstance(content, bytes) else content.encode()}
    found: list[Problem] = []
    programs = _programs(scene, text, folder, files, found)
    meshes = _meshes(scene, text, folder, files, found)
    poses, misplaced = place(scene, known)
    found += misplaced
    loaded = LoadedScene(scene, folder, text, poses, types(), programs, files, meshes)
    if not found:
        found += _trial(loaded, text)
    if found:
        raise Problems(found)
    return loaded


def _programs(
    scene: Scene, text: SceneText, folder: Path, files: dict[str, bytes], found: list[Problem]
) -> dict[str, Any]:
    programs: dict[str, Any] = {}
    for record in scene.controllers.values():
        controller = types()["controller", record.type]
        sources: dict[str, str] = {}
        before = len(found)
        for k, name in enumerate(controller.files(record)):
            where = text.place(("controllers", record.id, "programs", k))
            content = _read_file(folder, name, where, found, _LARGEST_PROGRAM)
            if content is None:
                continue
            files[name] = content
            try:
                sources[name] = content.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                found.append(Problem(f"{name} is not UTF-8 (byte {error.start})", where, "Save it as UTF-8"))
        if len(found) > before:
            continue
        try:
            programs[record.id] = controller.prepare(record, sources, _tags_of(scene, record))
        except Problems as problems:
            found += [_placed(problem, text, folder) for problem in problems.problems]
    return programs


def _tags_of(scene: Scene, record: ControllerRecord) -> list[Any]:
    alone = len(scene.controllers) == 1
    return [
        tag for tag in scene.tags.values() if tag.controller == record.id or (alone and not tag.controller)
    ]


def _meshes(
    scene: Scene, text: SceneText, folder: Path, files: dict[str, bytes], found: list[Problem]
) -> dict[str, Mesh]:
    wanted: dict[str, tuple[Path, Place]] = {}
    for section in ("devices", "products"):
        for identity, record in getattr(scene, section).items():
            if record.asset and record.asset not in wanted:
                where = text.place((section, identity, "asset"))
                path = _inside(folder, record.asset, where, found)
                if path is not None:
                    wanted[record.asset] = (_or_packaged(path, record.asset), where)
    meshes, problems = read_meshes(wanted)
    found += problems
    for name, (path, _) in wanted.items():
        if name in meshes and path.is_file():
            files[name] = path.read_bytes()
    return meshes


def _or_packaged(path: Path, name: str) -> Path:
    """A mesh of the product's own (carton.glb, tote.glb, pallet.glb) if the scene has no such file."""
    if path.is_file() or "/" in name:
        return path
    try:
        return packaged(f"resources/meshes/{name}")
    except FileNotFoundError:
        return path


def _trial(loaded: LoadedScene, text: SceneText) -> list[Problem]:
    """Build the line once. What a device refuses about its parameters, or a check about the names in its
    expressions, is a problem and not a crash."""
    try:
        line = Line(loaded, loaded.scene.run.seed)
    except Problems as problems:
        return [_placed(problem, text, loaded.folder) for problem in problems.problems]
    except ValueError as error:
        return [_placed(Problem(str(error), _culprit(error)), text, loaded.folder)]
    names = names_in_header(line.journal.header)
    entries = {
        name: DataType(signal["type"])
        for signal in line.journal.header["core"]["signals"]
        for name in (signal["name"], *signal["ports"])
    }
    found = list(check_open_targets(text, declarations(), loaded.scene, entries))
    for record in loaded.scene.checks.values():
        try:
            check = types()["check", record.type](record, loaded.scene.run, text.place(("checks", record.id)))
        except Problems as problems:
            found += problems.problems
        else:
            found += check.problems(names)
    return [_placed(problem, text, loaded.folder) for problem in found]


def _culprit(error: ValueError) -> Place:
    """The device whose constructor raised."""
    identity = ""
    trace = error.__traceback__
    while trace is not None:
        record = trace.tb_frame.f_locals.get("record")
        if record is not None and hasattr(record, "id") and hasattr(record, "params"):
            identity = f"devices.{record.id}"
        trace = trace.tb_next
    return Place(id=identity)


def _placed(problem: Problem, text: SceneText, folder: Path) -> Problem:
    """The problem with file and line, where only an id is known; program files with their folder."""
    where = problem.where
    if where.file:
        if (folder / where.file).is_file():
            where = Place(str(folder / where.file), where.line, where.column, where.id)
        return Problem(problem.what, where, problem.cure, problem.cause)
    path: Sequence[str] = where.id.split(".") if where.id else ()
    found = text.place(tuple(path))
    return Problem(
        problem.what, Place(found.file, found.line, found.column, where.id), problem.cure, problem.cause
    )


def _inside(folder: Path, name: str, where: Place, found: list[Problem]) -> Path | None:
    """The path of a file that a scene names; a scene reaches only into its own folder."""
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        found.append(
            Problem(f"{name} lies outside the scene's folder", where, "Copy the file into the scene's folder")
        )
        return None
    return path


def _read_file(folder: Path, name: str, where: Place, found: list[Problem], largest: int) -> bytes | None:
    path = _inside(folder, name, where, found)
    if path is None:
        return None
    try:
        if path.stat().st_size > largest:
            found.append(Problem(f"{name} is larger than {largest >> 20} MB", where))
            return None
        return path.read_bytes()
    except OSError as error:
        found.append(
            Problem(
                f"there is no file {name} ({error.strerror})",
                where,
                "Check the name; it is relative to the scene",
            )
        )
        return None
