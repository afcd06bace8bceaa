"""Which program runs in which task: from the caller, a CONFIGURATION, or by default.

A task runs each INTERVAL, at each rising edge of SINGLE, or both: IEC 61131-3 then has it run each INTERVAL
while SINGLE is FALSE. A program without a task runs in the background, every 10 ms after all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from commissioning.model.problem import Place, Problem
from commissioning.plc.checking.called_programs import never_called, own_names
from commissioning.plc.checking.calls import ExpressionChecker
from commissioning.plc.checking.evaluation import evaluated
from commissioning.plc.checking.instance_paths import path_steps, path_text
from commissioning.plc.checking.program_entries import entry
from commissioning.plc.checking.scope import Pou, Project, suggestion
from commissioning.plc.generation.layout import Location
from commissioning.plc.program import Task, TaskSpec
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import Value
from commissioning.plc.values.literals import literal_value
from commissioning.plc.values.runtime import STATEMENT_BUDGET
from commissioning.plc.values.wording import with_articles

DEFAULT_CYCLE_NS = 10_000_000
LOWEST_PRIORITY = 65_535

NO_PROGRAM = "there is no PROGRAM to run"


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """`instances`: program instances as (name, POU); `places`: of each task's trigger, by the task's name."""

    tasks: tuple[Task, ...]
    instances: list[tuple[str, Pou]]
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(slots=True)
class _Settings:
    """What a TASK declares; `at`: where its trigger is named."""

    name: str
    at: At
    cycle_ns: int = 0
    priority: int = 0
    trigger: str = ""
    programs: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def plan_tasks(project: Project, parsed: list[units.Source], specs: Sequence[TaskSpec]) -> TaskPlan:
    """Tasks and program instances; Problems are noted in the project."""
    programs = {key: pou for key, pou in project.pous.items() if pou.kind == "PROGRAM"}
    configurations = [(u, s.file) for s in parsed for u in s.units if isinstance(u, units.Configuration)]
    if specs:
        for unit, file in configurations:
            for instance in unit.instances:
                if instance.given:
                    what = f"what PROGRAM {instance.name} is given in the CONFIGURATION does not reach it"
                    project.notice(what, file, instance.at, "The scene gives the tasks: leave them out there")
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
                Problem(NO_PROGRAM, Place(parsed[0].file, 1, 1) if parsed else Place())
            )
        return TaskPlan((), [])
    programs = never_called(project, programs)
    names = tuple(pou.name for pou in programs.values())
    return TaskPlan(
        (Task("main", DEFAULT_CYCLE_NS, 0, names),), [(pou.name, pou) for pou in programs.values()]
    )


def trigger_problems(
    tasks: Sequence[Task], places: Mapping[str, Place], find: Callable[[str], Location]
) -> list[Problem]:
    """What is wrong with the variables that start tasks. `find`: see `Program.location`."""
    found = []
    for task in tasks:
        if not task.trigger:
            continue
        where = places.get(task.name, Place())
        try:
            variable = find(task.trigger)
        except KeyError as error:
            cure = "Name a BOOL of the program: a global, or as in MAIN.done"
            found.append(Problem(f"task {task.name} cannot be started: {error.args[0]}", where, cure))
            continue
        if variable.type.kind != "bool":
            what = with_articles(
                f"task {task.name} is started by a BOOL, {variable.variable.path} is a {variable.type}"
            )
            found.append(Problem(what, where))
        elif variable.variable.constant:
            what = f"{variable.variable.path} is a CONSTANT and never starts task {task.name}"
            found.append(Problem(what, where))
    return found


def watchdog_problems(tasks: Sequence[Task], straight: Sequence[int]) -> list[Problem]:
    """Tasks whose watchdog no scan can satisfy. `straight`: see `Program`."""
    return [
        Problem(
            f"a scan of task {task.name} executes {count} statements, its watchdog allows {task.watchdog}",
            Place(id=f"task.{task.name}"),
            "Raise the watchdog of the task, or give its programs to several tasks",
        )
        for task, count in zip(tasks, straight, strict=True)
        if count > task.watchdog
    ]


def _mark_read(project: Project, instances: Sequence[tuple[str, Pou]], path: str) -> None:
    """A variable that starts a task is used."""
    head, _, rest = path.upper().partition(".")
    pou = next((pou for name, pou in instances if name.upper() == head), None)
    names = rest.replace("[", ".").split(".")
    owned = None if pou is None else pou.symbols.get(names[0])
    symbol = owned or project.globals.symbols.get(head.partition("[")[0])
    symbol = symbol or project.globals.symbols.get(names[0])
    if symbol is not None:
        symbol.read = True


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
        if spec.cycle_ns < 0 or (spec.cycle_ns == 0 and not spec.trigger):
            project.problems.append(Problem(f"the cycle of task {spec.name} must be longer than 0", where))
        if spec.watchdog < 1:
            what = f"the watchdog of task {spec.name} allows no statement"
            project.problems.append(Problem(what, where, f"Usual are {STATEMENT_BUDGET}"))
        grouped.setdefault(spec.name, []).append(spec)
    tasks = []
    for name, group in grouped.items():
        first = group[0]
        if len({(spec.cycle_ns, spec.priority, spec.trigger, spec.watchdog) for spec in group}) > 1:
            what = f"task {name} is given twice with different cycles or priorities"
            project.problems.append(Problem(what, Place(id=f"task.{name}")))
        names = tuple(programs[s.program.upper()].name for s in group if s.program.upper() in programs)
        tasks.append(Task(name, first.cycle_ns, first.priority, names, first.trigger, first.watchdog))
        _mark_read(project, instances, first.trigger)
    places = {task.name: Place(id=f"task.{task.name}.trigger") for task in tasks}
    return TaskPlan(tuple(tasks), instances, places)


def _from_configuration(
    project: Project, programs: dict[str, Pou], unit: units.Configuration, file: str
) -> TaskPlan:
    settings: dict[str, _Settings] = {}
    for task in unit.tasks:
        key = _task_key(task.resource, task.name)
        if key in settings:
            project.problem(f"task {task.name} is declared a second time", file, task.at)
        settings[key] = _settings(project, task, file)
    names = [task.name.upper() for task in unit.tasks]
    for task in unit.tasks:
        if names.count(task.name.upper()) > 1 and task.resource:  # each resource has names of its own
            settings[_task_key(task.resource, task.name)].name = f"{task.resource}.{task.name}"
    instances: list[tuple[str, Pou]] = []
    for instance in unit.instances:
        pou = programs.get(instance.program.upper())
        if pou is None:
            cure = suggestion(instance.program, [p.name for p in programs.values()])
            project.problem(f"there is no PROGRAM {instance.program}", file, instance.at, cure)
            continue
        key = _task_key(instance.resource, instance.task) if instance.task else ""
        if key and key not in settings:
            known = [task.name for task in unit.tasks if task.resource == instance.resource]
            project.problem(
                f"there is no TASK {instance.task}", file, instance.at, suggestion(instance.task, known)
            )
            continue
        taken = {name.upper() for name, _ in instances} | own_names(project)
        if instance.name.upper() in taken:
            cure = "Rename the instance"
            if len(unit.resources) > 1:
                cure += f": one PLC runs the resources {' and '.join(unit.resources)} here"
            project.problem(f"the name {instance.name} is already taken", file, instance.at, cure)
            continue
        copied = entry(project, pou, instance, file)
        if copied is not None:
            project.entries[len(instances)] = copied
        if instance.retain:
            project.retained_programs.add(instance.name)
        instances.append((instance.name, pou))
        if not key and key not in settings:
            settings[key] = _Settings("background", instance.at, DEFAULT_CYCLE_NS, LOWEST_PRIORITY)
        settings[key].programs.append(instance.name)
        for given in instance.given:
            if isinstance(given, units.BlockTask):
                _block_task(project, settings, instance, given, file)
    used = [declared for declared in settings.values() if declared.programs or declared.blocks]
    for declared in used:
        _mark_read(project, instances, declared.trigger)
    return TaskPlan(
        tuple(
            Task(s.name, s.cycle_ns, s.priority, tuple(s.programs), s.trigger, blocks=tuple(s.blocks))
            for s in used
        ),
        instances,
        {s.name: Place(file, s.at.line, s.at.column) for s in used},
    )


def _block_task(
    project: Project, settings: Mapping[str, _Settings], instance: units.Instance, given: units.BlockTask,
    file: str,
) -> None:  # fmt: skip
    """`fb1 WITH t2`: the block of that instance runs in t2."""
    found = settings.get(_task_key(instance.resource, given.task))
    if found is None:
        known = [one.name for one in settings.values()]
        project.problem(f"there is no TASK {given.task}", file, given.at, suggestion(given.task, known))
        return
    path = f"{instance.name}.{given.block}"
    if path.upper() in (block.upper() for one in settings.values() for block in one.blocks):
        project.problem(f"{path} is in two tasks", file, given.at, "Keep one of them")
        return
    found.blocks.append(path)


def _task_key(resource: str, name: str) -> str:
    return f"{resource}.{name}".upper()


def _constant(project: Project, node: tree.Expression, file: str) -> tuple[str, Value | None]:
    """The kind and value of a literal or a constant global; no value for anything else."""
    if isinstance(node, tree.Literal):  # of any length: what a task counts is no variable of the program
        try:
            type_, known = literal_value(node.kind, node.text)
        except ValueError as error:
            project.problem(str(error), file, node.at)
            return "", None
        return type_.kind, known
    checker = ExpressionChecker(project, Pou("PROGRAM", "", -1, file, None))
    found = checker.expression(node)
    return ("", None) if found is None else (found.type.kind, evaluated(found, found.type))


def _settings(project: Project, task: units.TaskDeclaration, file: str) -> _Settings:
    found = _Settings(task.name, task.at)
    wrong = False
    for setting in task.settings:
        name = setting.name.upper()
        value: object = None
        if name == "SINGLE" and (path := path_steps(setting.value, project)):
            found.trigger, found.at = path_text(path), setting.value.at
            continue
        if name in ("INTERVAL", "PRIORITY"):
            before = len(project.problems)
            kind, value = _constant(project, setting.value, file)
            if len(project.problems) > before:
                wrong = True
                continue
            if name == "INTERVAL" and kind == "time" and isinstance(value, int) and value >= 0:
                found.cycle_ns = value
                continue
            if name == "PRIORITY" and kind in ("int", "bits") and isinstance(value, int):
                found.priority = value
                continue
        cure = "Write TASK name(INTERVAL := T#10ms, PRIORITY := 1); or TASK name(SINGLE := start);"
        project.problem(
            f"{setting.name or 'this'} is not a setting that a task can have here", file, setting.at, cure
        )
        wrong = True
    if not found.trigger and not found.cycle_ns:
        if not wrong:
            what = f"task {task.name} has no INTERVAL and no SINGLE, so it never runs"
            project.problem(what, file, task.at, "Write INTERVAL := T#10ms, or SINGLE := and a BOOL")
        found.cycle_ns = DEFAULT_CYCLE_NS
    return found
