"""Scene folder -> loaded scene: text, programs and meshes, or all problems at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from commissioning.bench import empirical
from commissioning.bench.experiments.plan import plan_problems
from commissioning.bench.flow_problems import flow_problems
from commissioning.bench.link_conflicts import link_problems
from commissioning.bench.product_problems import product_problems
from commissioning.bench.program_files import ProgramFiles, Source
from commissioning.bench.program_tags import with_program_tags
from commissioning.files import scene_text
from commissioning.files.mesh import Mesh, read_meshes
from commissioning.files.packaged import packaged
from commissioning.files.python_code import PythonCode, PythonFiles
from commissioning.files.recording import is_recording
from commissioning.files.scene_text import SceneText
from commissioning.model.expression import names_in_header
from commissioning.model.placement import place
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.read_scenario import check_open_targets
from commissioning.model.scene import ControllerRecord, DeviceRecord, Scene
from commissioning.model.tags import DataType
from commissioning.model.validate import build_scene, sound_controllers
from commissioning.plc import SourcePiece
from commissioning.registry import declarations, types
from commissioning.sim.device import Device
from commissioning.sim.line import Line

__all__ = ["LoadedScene", "in_scene", "load", "load_text", "require_code"]

SCENE_FILE = "scene.yaml"
LARGEST_PROGRAM = 16 << 20


@dataclass(frozen=True)
class LoadedScene:
    """A scene that can run. `files` are the bytes it was made of, by path relative to its folder, so that a
    recording can carry them; `meshes` by the asset names of the scene; `sources` by controller what its
    program was compiled of, by name. `shared`: see `sim.line.Loaded`."""

    scene: Scene
    folder: Path
    text: SceneText
    poses: Mapping[str, Pose]
    types: Mapping[tuple[str, str], Any]
    programs: Mapping[str, Any]
    files: Mapping[str, bytes]
    meshes: Mapping[str, Mesh] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, Source]] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The scene's name, or its folder's."""
        return self.scene.name or self.folder.name

    @property
    def code(self) -> tuple[PythonCode, ...]:
        """Python that comes with the scene, of each controller that runs some."""
        found = (getattr(program, "code", None) for program in self.programs.values())
        return tuple(code for code in found if isinstance(code, PythonCode))

    @property
    def allowed(self) -> frozenset[str]:
        """Hashes of that code that the user allowed to run."""
        return frozenset(code.hash for code in self.code if code.allowed)

    @property
    def translated(self) -> list[str]:
        """The objects that were drawn and run as the text that they were translated to, as "MAIN (LD)"."""
        pieces = [piece for sources in self.sources.values() for piece in sources.values()]
        return [name for piece in pieces if isinstance(piece, SourcePiece) for name in piece.translated]


def load(path: str | Path, links: bool = True, allow_code: Collection[str] = ()) -> LoadedScene:
    """Load a scene: a folder with `scene.yaml`, or the file.

    `links`: whether its links must be sound too; a recording can be run again without their certificates.
    `allow_code`: hashes of Python that comes with the scene and that may run (`LoadedScene.code`).
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
    if is_recording(file):
        raise Problems(
            Problem("this is a recording, not a scene", Place(file=str(file)), "Use replay or open for it")
        )
    try:
        size = file.stat().st_size
        if size > scene_text.MAX_BYTES:
            raise Problems(scene_text.too_large(size, str(file)))
        content = file.read_bytes()
    except OSError as error:
        raise Problems(
            Problem(f"the scene cannot be read: {error.strerror}", Place(file=str(file)))
        ) from error
    return load_text(content, file, links, allow_code)


def load_text(
    content: bytes | str, file: Path, links: bool = True, allow_code: Collection[str] = ()
) -> LoadedScene:
    """As `load`, from the text of a scene that stands (or would stand) at `file`."""
    text = scene_text.load(content, str(file))
    known = declarations()
    scene, problems = build_scene(text, known)
    folder = file.parent
    files: dict[str, bytes] = {SCENE_FILE: content if isinstance(content, bytes) else content.encode()}
    found: list[Problem] = list(problems)
    if scene is None:
        # what the scene names may be broken too: that is told in the same go
        _programs(sound_controllers(text, known), None, text, folder, files, {}, found, ())
        _meshes(text, folder, files, found)
        raise Problems(found)

    def read(name: str, where: Place) -> bytes | None:
        data = read_file(folder, name, where, found, LARGEST_PROGRAM)
        if data is not None:
            files[name] = data
        return data

    scene = empirical.fill(scene, text, read, found)
    poses, misplaced = place(scene, known)
    found += misplaced
    found += plan_problems(text, scene, known)
    found += flow_problems(text, scene, known)
    buildable = not found
    found += product_problems(text, scene, known)
    sources: dict[str, Mapping[str, Source]] = {}
    programs = _programs(scene.controllers, scene, text, folder, files, sources, found, allow_code)
    meshes = _meshes(text, folder, files, found)
    loaded = LoadedScene(scene, folder, text, poses, types(), programs, files, meshes, sources)
    if buildable and len(programs) == len(scene.controllers):
        problems_found = _trial(loaded, text, links)
        wider = with_program_tags(scene, programs, problems_found)
        if wider is not scene:
            loaded = replace(loaded, scene=wider)
            problems_found = _trial(loaded, text, links)
        found += problems_found
    if found:
        raise Problems(_placed(problem, text, folder) for problem in found)
    return loaded


def require_code(loaded: LoadedScene) -> None:
    """Raises Problems if the scene brings Python that nobody has allowed to run."""
    refused = [problem for code in loaded.code if (problem := code.refusal()) is not None]
    if refused:
        raise Problems(refused)


def _programs(
    controllers: Mapping[str, ControllerRecord], scene: Scene | None, text: SceneText, folder: Path,
    files: dict[str, bytes], texts: dict[str, Mapping[str, Source]], found: list[Problem],
    allow_code: Collection[str],
) -> dict[str, Any]:  # fmt: skip
    """The compiled programs by controller. Without a scene nobody can say whether the tags fit."""
    programs: dict[str, Any] = {}

    def read(name: str, where: Place) -> bytes | None:
        content = read_file(folder, name, where, found, LARGEST_PROGRAM)
        if content is not None:
            files[name] = content
        return content

    for record in controllers.values():
        controller = types()["controller", record.type]
        before = len(found)
        sources: Any
        if controller.declaration.runs_code:
            (name,) = controller.files(record)
            where = text.place(("controllers", record.id, "file"))
            sources = PythonFiles(folder, read, found, frozenset(allow_code)).gather(name, where)
        else:
            names = [
                (name, text.place(("controllers", record.id, "programs", k)))
                for k, name in enumerate(controller.files(record))
            ]
            sources = texts[record.id] = ProgramFiles(folder, read, found).gather(names)
        if len(found) > before:
            continue
        try:
            tags = [] if scene is None else _tags_of(scene, record)
            programs[record.id] = controller.prepare(record, sources, tags)
        except Problems as problems:
            found += [_placed(problem, text, folder) for problem in problems.problems]
    return programs


def _tags_of(scene: Scene, record: ControllerRecord) -> list[Any]:
    alone = len(scene.controllers) == 1
    return [
        tag for tag in scene.tags.values() if tag.controller == record.id or (alone and not tag.controller)
    ]


def _meshes(text: SceneText, folder: Path, files: dict[str, bytes], found: list[Problem]) -> dict[str, Mesh]:
    wanted: dict[str, tuple[Path, Place]] = {}
    for section in ("devices", "products"):
        records = text.tree.get(section) if isinstance(text.tree, Mapping) else None
        for identity, record in records.items() if isinstance(records, Mapping) else ():
            asset = record.get("asset") if isinstance(record, Mapping) else None
            if isinstance(asset, str) and asset.strip() and asset not in wanted:
                where = text.place((section, identity, "asset"))
                path = _inside(folder, asset, where, found)
                if path is not None:
                    wanted[asset] = (_or_packaged(path, asset), where)
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


def _trial(loaded: LoadedScene, text: SceneText, links: bool) -> list[Problem]:
    """Build the line once. What a device refuses about its parameters, or a check about the names in its
    expressions, is a problem and not a crash."""
    try:
        line = Line(loaded, loaded.scene.run.seed)
        faults = [problem for device in line.devices.values() for problem in device.faults()]
    except Problems as problems:
        return [_placed(problem, text, loaded.folder) for problem in problems.problems]
    except ValueError as error:
        return [_placed(Problem(str(error), _culprit(error)), text, loaded.folder)]
    except Exception as error:  # noqa: BLE001  the seam to types that third parties write
        what = f"the line cannot be built: {type(error).__name__}: {error}"
        cure = "This is a fault of the type's program, not of the scene: report it to who wrote it"
        return [_placed(Problem(what, _culprit(error), cure), text, loaded.folder)]
    names = names_in_header(line.journal.header)
    entries = {
        name: DataType(signal["type"])
        for signal in line.journal.header["core"]["signals"]
        for name in (signal["name"], *signal["ports"])
    }
    found = [*faults, *check_open_targets(text, declarations(), loaded.scene, entries)]
    for record in loaded.scene.checks.values():
        try:
            check = types()["check", record.type](record, loaded.scene.run, text.place(("checks", record.id)))
        except Problems as problems:
            found += problems.problems
        else:
            wrong = check.problems(names)
            found += [_in_expression(problem, record.id, check.expressions, text) for problem in wrong]
    if links:
        found += link_problems(line.links.values(), text)
    return [_placed(problem, text, loaded.folder) for problem in found]


def _in_expression(problem: Problem, check: str, params: Iterable[str], text: SceneText) -> Problem:
    """The problem where it stands in the file: a check knows only the column inside its expression."""
    for param in params:
        path = ("checks", check, param)
        where = text.place(path)
        if where.id == problem.where.id and where.line:
            row = text.dump().splitlines()[where.line - 1]
            quoted = row[where.column - 1 : where.column] in ("'", '"')
            column = where.column + problem.where.column - 1 + quoted
            if column > len(row) + 1 or row[where.column - 1 : where.column] in ("|", ">"):
                column = where.column  # it goes on in other lines of the file
            return replace(problem, where=replace(where, column=column))
    return problem


def _culprit(error: Exception) -> Place:
    """The device or controller whose constructor or `connect` raised: the innermost on the stack."""
    identity = ""
    trace = error.__traceback__
    while trace is not None:
        names = trace.tb_frame.f_locals
        owner, record = names.get("self"), names.get("record")
        if isinstance(record, ControllerRecord):
            identity = f"controllers.{record.id}"
        elif isinstance(record, DeviceRecord) and not isinstance(owner, Line):
            identity = f"devices.{record.id}"
        elif isinstance(owner, Device):
            identity = f"devices.{owner.id}"
        trace = trace.tb_next
    return Place(id=identity)


def in_scene(loaded: LoadedScene, problems: Iterable[Problem]) -> list[Problem]:
    """What links and devices tell of themselves while they run, with file and line of the scene."""
    found = []
    for problem in problems:
        section = next(
            (s for s in ("devices", "controllers") if problem.where.id in getattr(loaded.scene, s)), ""
        )
        if section:
            problem = replace(problem, where=replace(problem.where, id=f"{section}.{problem.where.id}"))
        found.append(_placed(problem, loaded.text, loaded.folder) if problem.where.id else problem)
    return found


def _placed(problem: Problem, text: SceneText, folder: Path) -> Problem:
    """The problem with file and line, where only an id is known; program files with their folder."""
    where = problem.where
    if where.file:
        if (folder / where.file).is_file():
            where = Place(str(folder / where.file), where.line, where.column, where.id)
        return replace(problem, where=where)
    path: Sequence[str] = where.id.split(".") if where.id else ()
    found = text.place(tuple(path))
    return replace(problem, where=replace(found, id=where.id))


def _inside(folder: Path, name: str, where: Place, found: list[Problem]) -> Path | None:
    """The path of a file that a scene names; a scene reaches only into its own folder."""
    path = folder / name
    if not name.isprintable():
        found.append(Problem(f"{name!r} is no name of a file", where, "Use printable characters"))
        return None
    try:
        stays = path.resolve().is_relative_to(folder.resolve())
    except OSError:
        stays = False
    except RuntimeError:
        stays = True  # a link that leads to itself leads nowhere else; reading it says so
    if Path(name).is_absolute() or ".." in Path(name).parts or not stays:
        found.append(
            Problem(f"{name} lies outside the scene's folder", where, "Copy the file into the scene's folder")
        )
        return None
    return path


def read_file(folder: Path, name: str, where: Place, found: list[Problem], largest: int) -> bytes | None:
    """The bytes of a file that a scene names, or a problem in `found`; it lies in the scene's folder."""
    path = _inside(folder, name, where, found)
    if path is None:
        return None
    try:
        if path.exists() and not path.is_file():
            found.append(Problem(f"{name} is no file", where, "Name the file itself"))
            return None
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
