"""Which program runs in which task: from the caller, a CONFIGURATION, or by default."""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.model.problem import Place, Problem
from commissioning.plc import tree, units
from commissioning.plc.iec_types import TIME
from commissioning.plc.literals import literal_value
from commissioning.plc.program import Task, TaskSpec
from commissioning.plc.scope import Pou, Project, suggestion

DEFAULT_CYCLE_NS = 10_000_000
LOWEST_PRIORITY = 65_535
TaskPlan = tuple[tuple[Task, ...], list[tuple[str, Pou]]]


def plan_tasks(project: Project, parsed: list[units.Source], specs: Sequence[TaskSpec]) -> TaskPlan:
    """(tasks, program instances as (name, POU)); Problems are noted in the project."""
    programs = {key: pou for key, pou in project.pous.items() if pou.kind == "PROGRAM"}
    configurations = [(u, s.file) for s in parsed for u in s.units if isinstance(u, units.Configuration)]
    if specs:
        return _from_specs(project, programs, specs)
    declared = [(c, file) for c, file in configurations if c.instances]
    if len(declared) > 1:
        unit, file = declared[1]
        project.problem("there is a second CONFIGURATION with programs", file, unit.at, "Keep one of them")
    if declared:
        return _from_configuration(project, programs, *declared[0])
    if not programs:
        if not project.problems:
            project.problems.append(
                Problem("there is no PROGRAM to run", Place(parsed[0].file if parsed else ""))
            )
        return (), []
    names = tuple(pou.name for pou in programs.values())
    return (Task("main", DEFAULT_CYCLE_NS, 0, names),), [(pou.name, pou) for pou in programs.values()]


def _from_specs(project: Project, programs: dict[str, Pou], specs: Sequence[TaskSpec]) -> TaskPlan:
    grouped: dict[str, list[TaskSpec]] = {}
    instances: list[tuple[str, Pou]] = []
    for spec in specs:
        where = Place(id=f"task.{spec.name}")
        pou = programs.get(spec.program.upper())
        if pou is None:
            cure = suggestion(spec.program, [p.name for p in programs.values()])
            project.problems.append(Problem(f"there is no PROGRAM {spec.program}", where, cure))
        elif any(name == pou.name for name, _ in instances):
            project.problems.append(
                Problem(
                    f"{pou.name} is in two tasks", where, "Declare two instances of it in a CONFIGURATION"
                )
            )
        else:
            instances.append((pou.name, pou))
        if spec.cycle_ns <= 0:
            project.problems.append(Problem(f"the cycle of task {spec.name} must be longer than 0", where))
        grouped.setdefault(spec.name, []).append(spec)
    tasks = []
    for name, group in grouped.items():
        if len({(spec.cycle_ns, spec.priority) for spec in group}) > 1:
            what = f"task {name} is given twice with different cycles or priorities"
            project.problems.append(Problem(what, Place(id=f"task.{name}")))
        names = tuple(programs[s.program.upper()].name for s in group if s.program.upper() in programs)
        tasks.append(Task(name, group[0].cycle_ns, group[0].priority, names))
    return tuple(tasks), instances


def _from_configuration(
    project: Project, programs: dict[str, Pou], unit: units.Configuration, file: str
) -> TaskPlan:
    settings: dict[str, tuple[str, int, int]] = {}
    for task in unit.tasks:
        if task.name.upper() in settings:
            project.problem(f"task {task.name} is declared a second time", file, task.at)
        settings[task.name.upper()] = (task.name, *_settings(project, task, file))
    members: dict[str, list[str]] = {key: [] for key in settings}
    instances: list[tuple[str, Pou]] = []
    for instance in unit.instances:
        pou = programs.get(instance.program.upper())
        if pou is None:
            cure = suggestion(instance.program, [p.name for p in programs.values()])
            project.problem(f"there is no PROGRAM {instance.program}", file, instance.at, cure)
            continue
        key = instance.task.upper()
        if key and key not in settings:
            known = [name for name, _, _ in settings.values()]
            project.problem(
                f"there is no TASK {instance.task}", file, instance.at, suggestion(instance.task, known)
            )
            continue
        taken = {name.upper() for name, _ in instances} | set(project.globals.symbols)
        if instance.name.upper() in taken:
            project.problem(
                f"the name {instance.name} is already taken", file, instance.at, "Rename the instance"
            )
            continue
        instances.append((instance.name, pou))
        if not key and key not in settings:
            settings[key] = ("background", DEFAULT_CYCLE_NS, LOWEST_PRIORITY)
            members[key] = []
        members[key].append(instance.name)
    tasks = tuple(
        Task(name, cycle, priority, tuple(members[key]))
        for key, (name, cycle, priority) in settings.items()
        if members[key]
    )
    return tasks, instances


def _settings(project: Project, task: units.TaskDeclaration, file: str) -> tuple[int, int]:
    cycle, priority = 0, 0
    for setting in task.settings:
        name = setting.name.upper()
        value: object = None
        if isinstance(setting.value, tree.Literal):
            try:
                type_, value = literal_value(setting.value.kind, setting.value.text)
            except ValueError as error:
                project.problem(str(error), file, setting.value.at)
                continue
            if name == "INTERVAL" and type_ is TIME and isinstance(value, int) and value > 0:
                cycle = value
                continue
            if name == "PRIORITY" and isinstance(value, int) and type_ is not TIME:
                priority = value
                continue
        cure = "Write TASK name(INTERVAL := T#10ms, PRIORITY := 1);"
        project.problem(
            f"{setting.name or 'this'} is not a setting that a task can have here", file, setting.at, cure
        )
    if not cycle and all(setting.name.upper() != "INTERVAL" for setting in task.settings):
        project.problem(f"task {task.name} has no INTERVAL", file, task.at, "Write INTERVAL := T#10ms")
    return cycle or DEFAULT_CYCLE_NS, priority
