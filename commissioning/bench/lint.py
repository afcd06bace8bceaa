"""`commissioning lint`: the programs of a scene, or files and folders of a PLC project, by the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.loose_programs import dialect_of, gathered, scene_among
from commissioning.files import scene_text
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.lint.linter import Finding, LintResult, Settings, lint
from commissioning.plc.lint.rules import SEVERITIES

__all__ = ["CONFIGURATION", "exit_code", "lint_paths"]

CONFIGURATION = "lint.yaml"


def lint_paths(
    paths: Sequence[Path],
    configuration: Path | None = None,
    told: dict[str, Any] | None = None,
    dialect: str = "",
) -> LintResult:
    """Look at a scene (its folder or file), or at the files and folders of one project.

    `configuration`: a YAML file `rules: {L17: off, N6: {min: 3}}`; without it `lint.yaml` beside the scene or
    in the first folder, if there is one. `told`: settings that go before those. `dialect`: of what is
    no scene (default: of the tool that its files come from). Raises Problems where nothing can be looked at,
    and for settings that are none.
    """
    scene = scene_among(paths)
    home = paths[0] if paths[0].is_dir() else paths[0].parent
    given = configuration if configuration is not None else home / CONFIGURATION
    settings = _settings(given, told or {}, must=configuration is not None)
    if scene is not None:
        return _of_scene(load(scene), settings)
    sources = gathered(paths)
    return lint(sources, settings, dialect_of(sources, dialect))


def exit_code(result: LintResult, worst: str = "warning") -> int:
    """2 if the program does not compile, as `validate` has it; 1 if a finding is as bad as `worst` or worse;
    otherwise 0."""
    if result.undecided or result.broken:
        return 2
    bad = SEVERITIES[: SEVERITIES.index(worst) + 1] if worst in SEVERITIES else ()
    return int(any(finding.severity in bad for finding in result.findings))


def _of_scene(loaded: LoadedScene, settings: Settings) -> LintResult:
    """Every program of its controllers, with the tags as what the field writes."""
    results = []
    for identity, sources in loaded.sources.items():
        program = loaded.programs[identity]
        if not sources:
            continue
        record = loaded.scene.controllers[identity]
        tags = [tag.path or tag.name for tag in loaded.scene.tags.values()]
        wired = [tag.rpartition(".")[2] for tag in tags] + tags
        tasks = tuple(_specs(program))
        result = lint(sources, settings, record.params["dialect"], tasks, wired)
        results.append(replace(result, findings=tuple(_in_folder(f, loaded.folder) for f in result.findings)))
    if not results:
        cure = "Name the files of the program instead"
        raise Problems(Problem(f"{loaded.name} has no PLC program to look at", cure=cure))
    return LintResult(
        tuple(f for one in results for f in one.findings),
        tuple(p for one in results for p in one.problems),
        tuple(dict.fromkeys(n for one in results for n in one.undecided)),
        sum(one.allowed for one in results),
        tuple(name for one in results for name in one.files),
    )


def _specs(program: Any) -> list[Any]:
    """The tasks that the scene gave the program."""
    from commissioning.plc.program import TaskSpec

    names = {name: pou.name for name, pou, _ in program.instances}
    return [
        TaskSpec(task.name, names[one], task.cycle_ns, task.priority, task.trigger, task.watchdog)
        for task in program.tasks
        for one in task.programs
    ]


def _in_folder(finding: Finding, folder: Path) -> Finding:
    where = finding.where
    return replace(finding, where=replace(where, file=str(folder / where.file)))


def _settings(file: Path, told: dict[str, Any], must: bool) -> Settings:
    if not file.is_file():
        if must:
            raise Problems(Problem("there is no such file", Place(file=str(file))))
        return Settings.of(told)
    text = scene_text.load(file.read_bytes(), str(file))
    if text.problems:
        raise Problems(text.problems)
    tree = text.tree
    if tree is not None and (not isinstance(tree, dict) or set(tree) - {"rules"}):
        cure = "Write for example rules: {L17: off, N6: {min: 3}}"
        raise Problems(Problem("this is no configuration of the linter", Place(file=str(file)), cure))
    rules = (tree or {}).get("rules") or {}
    if not isinstance(rules, dict):
        raise Problems(Problem("rules is a mapping of rules", text.place(("rules",))))

    def place(rule: str) -> Place:
        return text.place(("rules", rule), key=True) if rule in rules else Place()

    return Settings.of({**rules, **told}, place)
