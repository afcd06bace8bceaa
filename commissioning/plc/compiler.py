"""Text -> Program: parse, declare, check, generate, or raise every Problem at once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from commissioning.model.problem import Problem, Problems
from commissioning.plc.checking import commands
from commissioning.plc.checking.addresses import names_addresses
from commissioning.plc.checking.called_programs import reached_programs
from commissioning.plc.checking.configured import located
from commissioning.plc.checking.creating import EXIT
from commissioning.plc.checking.declare_all import declare_all
from commissioning.plc.checking.edges import edge_calls
from commissioning.plc.checking.enabling import guarded
from commissioning.plc.checking.generics import may_choose, with_choices
from commissioning.plc.checking.global_order import global_names
from commissioning.plc.checking.late_initials import commands_of_each_call, exit_commands, late_commands
from commissioning.plc.checking.limits import Commands, call_weights, longest
from commissioning.plc.checking.mocks import mocked_names
from commissioning.plc.checking.namespaces import without_namespaces
from commissioning.plc.checking.overloads import with_overloads
from commissioning.plc.checking.same_globals import lists_kept_apart
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.checking.statements import StatementChecker
from commissioning.plc.checking.tcunit import SHIM_FILE, shim
from commissioning.plc.checking.tcunit_library import without_library
from commissioning.plc.checking.unknown import Unknown, unknown_of
from commissioning.plc.generation.checked import Checked
from commissioning.plc.generation.codegen import ModuleWriter
from commissioning.plc.generation.comparisons import comparisons
from commissioning.plc.generation.layout import MemoryPlan, plan_memories
from commissioning.plc.generation.task_memories import lent_cells, run_by, with_block_tasks
from commissioning.plc.program import (
    Aliases,
    Program,
    TaskSpec,
    VariableTable,
)
from commissioning.plc.running.tasks import TaskPlan, plan_tasks, trigger_problems, watchdog_problems
from commissioning.plc.sfc.code import ChartCoder
from commissioning.plc.standard.library import LIBRARY_FILE, library_text
from commissioning.plc.standard.mocked_blocks import MOCKED_FILE, mocked_text
from commissioning.plc.standard.twincat_library import TASK_INFO, twincat_files
from commissioning.plc.stubs.collected import MOST_ROUNDS, STUB_FILE, Stubs
from commissioning.plc.stubs.text import stub_files, told
from commissioning.plc.syntax import units
from commissioning.plc.syntax.attributes import attributes_not_carried_out
from commissioning.plc.syntax.parser import parse_source
from commissioning.plc.values.dialects import DIALECTS
from commissioning.plc.values.runtime import STATEMENT_BUDGET

Read = tuple[units.Source, list[Problem]]
FILE_NAME = "<structured text>"
# where none of these words stands, no block needs to know its class and its address
_OBJECTS = re.compile(
    r"\b(?:METHOD|PROPERTY|INTERFACE|EXTENDS|IMPLEMENTS|CLASS|POINTER|REFERENCE|REF_TO|ADR|THIS|__VARINFO)\b",
    re.IGNORECASE,
)

# in front of the translation of an instruction list, whose jumps stay jumps in every dialect
_JUMPS = re.compile(r"^\{instruction list\}$", re.MULTILINE)

_UTF8 = re.compile(r"\bTcEncoding'\s*:=\s*'UTF-8'", re.IGNORECASE)


def compile_st(
    sources: Mapping[str, str] | str, dialect: str = "iec", tasks: Sequence[TaskSpec] = (),
    with_tests: bool = False, stubs: bool = False, stub_calls: str = "stop",
) -> Program:  # fmt: skip
    """Compiles Structured Text.

    `sources`: file name -> text (names appear in Problems only), or one text. `tasks` replaces the tasks of a
    CONFIGURATION; without either, one task of 10 ms calls the only PROGRAM, or all of them in order.
    `with_tests`: TEST units are compiled too (see st_tests.py), and there need be no PROGRAM.
    `stubs`: what the program uses and nobody declares becomes a stub (see stubs.py), told in `notices`;
    `stub_calls`: calling one that is not filled in stops the PLC ("stop"), or it leaves everything at its
    default, which `plc.reached_stubs` tells ("defaults").
    Raises Problems with everything that is wrong.
    """
    if stub_calls not in ("stop", "defaults"):
        raise Problems([Problem(f"calls of stubs cannot {stub_calls}", cure="Use stop or defaults")])
    if dialect not in DIALECTS:
        raise Problems([Problem(f"there is no dialect {dialect}", cure=f"Use {', '.join(DIALECTS)}")])
    files = {"": sources} if isinstance(sources, str) else dict(sources)
    open_ends: list[Problem] | None = [] if DIALECTS[dialect].open_ends else None
    read = {file: parse_source(text, file, files.values(), open_ends) for file, text in files.items()}
    brought, told_library = (
        without_library(source for source, _ in read.values()) if with_tests else ({}, None)
    )
    for file, source in brought.items():
        read[file] = (source, read[file][1])
    suites = shim(files.values(), _declared(source for source, _ in read.values()))
    if suites:
        files[SHIM_FILE] = suites
        read[SHIM_FILE] = parse_source(suites, SHIM_FILE)
    if may_choose(files.values()):
        for source in with_choices([source for source, _ in read.values()]):
            read[source.file] = (source, read[source.file][1])
    lists = {PurePath(file).stem.upper() for file in files}
    trees, texts = [source for source, _ in read.values()], list(files.values())
    unclear: list[Problem] = []
    for file, source in without_namespaces(trees, lists, texts, unclear).items():
        read[file] = (source, [*read[file][1], *(one for one in unclear if one.where.file == file)])
    if dialect != "iec":
        for file, source in lists_kept_apart(source for source, _ in read.values()).items():
            read[file] = (source, read[file][1])
    overloaded: frozenset[str] = frozenset()
    if DIALECTS[dialect].overloads:
        signed, overloaded = with_overloads([source for source, _ in read.values()])
        read = {source.file: (source, read[source.file][1]) for source in signed}
    makers = DIALECTS[dialect].library_names
    standard = library_text(files.values(), _declared(source for source, _ in read.values()), makers)
    if standard:
        files[LIBRARY_FILE] = standard
        read[LIBRARY_FILE] = parse_source(standard, LIBRARY_FILE)
    mocks = [name for source, _ in read.values() for name in mocked_names(source)] if with_tests else []
    if mocks:
        own_names = _declared(source for source, _ in read.values())
        stood_in = mocked_text(mocks, own_names, DIALECTS[dialect].blocks, makers)
        if stood_in:
            files[MOCKED_FILE] = stood_in
            read[MOCKED_FILE] = parse_source(stood_in, MOCKED_FILE)
    if dialect == "twincat":
        own = [source for source, _ in read.values()]
        for file, text in twincat_files(files.values(), _declared(own), global_names(own)).items():
            files[file] = text
            read[file] = parse_source(text, file)
    given = frozenset(files)
    learned = Stubs()
    if stubs:  # what could not be read is a stub to the rest, so that only it is told
        _learn(learned, files, read, dialect, with_tests, overloaded)
    added = {file: text for file, text in files.items() if file not in given}
    unknown = unknown_of([source for source, _ in read.values()], frozenset(added))
    project, bodies = _understood(
        files, read, dialect, with_tests, None, stub_calls, unknown, overloaded
    )  # fmt: skip
    told(learned, project)
    project.notices |= dict.fromkeys([*(open_ends or ()), *([told_library] if told_library else ())])
    for file in given:
        project.notices |= dict.fromkeys(attributes_not_carried_out(files[file], file))
    parsed = [source for source, _ in read.values()]
    unreadable = [problem for _, problems in read.values() for problem in problems]
    library = with_tests and all(pou.kind != "PROGRAM" for pou in project.pous.values())
    plan: TaskPlan = TaskPlan((), []) if library else plan_tasks(project, parsed, tasks)
    if unreadable:
        # what could not be read may be what seems undeclared: report those later
        others = project.problems[len(unreadable) :]
        project.problems = unreadable + [
            p for p in others if "there is no" not in p.what and "not declared" not in p.what
        ]
    weights = call_weights(project, bodies, [pou for _, pou in plan.instances])
    _refuse(project)
    checked = Checked(files, project, bodies, weights)
    digest = _digest(files, dialect, tasks) + (" stubs as defaults" if project.stub_cells else "")
    program = _generate(checked, plan, f"{digest} with tests" if with_tests else digest)
    return replace(program, stubs=added, stub_cells=project.stub_cells or {})


def _declared(sources: Iterable[units.Source]) -> set[str]:
    """The upper-case names of POUs and types."""
    found: set[str] = set()
    for unit in (unit for source in sources for unit in units.flattened(source.units)):
        if isinstance(unit, units.Pou):
            found.add(unit.name.upper())
        elif isinstance(unit, units.Types):
            found |= {declared.name.upper() for declared in unit.declarations}
    return found


def _understood(
    files: Mapping[str, str], read: Mapping[str, Read], dialect: str, with_tests: bool,
    learned: Stubs | None = None, stub_calls: str = "stop", unknown: Unknown | None = None,
    overloaded: frozenset[str] = frozenset(),
) -> tuple[Project, Commands]:  # fmt: skip
    """The project with what was found wrong with it, and its typed tree."""
    project = Project(DIALECTS[dialect])
    project.unknown = unknown or project.unknown
    project.overloaded = overloaded
    project.stubs = learned or project.stubs
    project.stub_cells = {} if stub_calls == "defaults" else None
    project.utf8 = any(_UTF8.search(text) is not None for text in files.values())
    project.objects = any(_OBJECTS.search(text) is not None for text in files.values())
    project.jumping |= {file for file, text in files.items() if _JUMPS.search(text)}
    project.list_names |= {PurePath(file).stem.upper() for file in files if file != STUB_FILE}
    project.problems += [problem for _, problems in read.values() for problem in problems]
    addressed = {file for file, text in files.items() if names_addresses(text)}
    declare_all(project, [source for source, _ in read.values()], addressed, with_tests)
    return project, _check(project)


def _learn(
    learned: Stubs, files: dict[str, str], read: dict[str, Read], dialect: str, with_tests: bool,
    overloaded: frozenset[str],
) -> None:  # fmt: skip
    """Adds the stubs to `files` and `read`: rounds of checking until nothing new is unknown."""
    learned.collecting = True
    learned.known = global_names(source for source, _ in read.values())
    for _ in range(MOST_ROUNDS):
        _understood(files, read, dialect, with_tests, learned, overloaded=overloaded)
        if not learned.progress() and learned.listening:
            break
        learned.listening = True
        for file, text in stub_files(learned).items():
            if files.get(file) != text:
                files[file] = text
                read[file] = parse_source(text, file)


def _refuse(project: Project) -> None:
    if project.problems:
        raise Problems(_ordered(project.problems))


def _ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.where.file, p.where.line, p.where.column)))


def _digest(files: Mapping[str, str], dialect: str, tasks: Sequence[TaskSpec]) -> str:
    words = [dialect, list(files.items()), [[t.name, t.program, t.cycle_ns, t.priority] for t in tasks]]
    if any(t.trigger or t.watchdog != STATEMENT_BUDGET for t in tasks):
        words.append([[t.trigger, t.watchdog] for t in tasks])
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def _check(project: Project) -> Commands:
    bodies: Commands = {}
    for key, pou in project.pous.items():
        assert pou.tree is not None
        try:
            if key in project.charts:
                bodies[key] = ChartCoder(project, pou).chart(project.charts[key])
            else:
                bodies[key] = StatementChecker(project, pou).body(guarded(project, pou, pou.tree.body))
            bodies[key] = (*edge_calls(pou), *bodies[key])
            bodies[key] = (*commands_of_each_call(project, pou), *bodies[key])
            late = late_commands(project, pou) if project.objects or pou.starts_late else ()
            if late and (pou.local or pou.kind == "FUNCTION"):
                bodies[key] = (*late, *bodies[key])
            elif late:
                project.starts[key] = late
        except RecursionError:
            project.problem("an expression in this POU is too complicated", pou.file, pou.tree.at, "Split it")
    if project.heap:
        for key, pou in project.pous.items():
            if EXIT in pou.members:
                project.exits[key] = exit_commands(project, pou)
    if project.objects or project.globals.starts_late:
        late = late_commands(project, project.globals)
        if late:
            project.starts[""] = late
    return bodies


def _generate(checked: Checked, plan: TaskPlan, digest: str) -> Program:
    project, bodies, weights = checked.project, checked.commands, checked.weights
    tasks, instances = plan.tasks, plan.instances
    writer = ModuleWriter(project, weights)
    try:
        for key, pou in project.pous.items():
            writer.pou(pou, bodies[key])
        writer.finish()
        code = compile(writer.text, FILE_NAME, "exec")
    except (SyntaxError, RecursionError, MemoryError, OverflowError):
        _blame(project, bodies, weights)
        raise
    lent = {path.partition(".")[0] for task in tasks for path in task.blocks}
    memories, roots = plan_memories(project.globals, instances, reached_programs(project), lent)
    memories = with_block_tasks(project, memories, tasks)
    aliases = Aliases(
        frozenset(project.list_names), frozenset(name.upper() for name, _ in instances), project.path_heads
    )
    memories, found = located(project, memories)
    program = Program(
        variables=VariableTable({key: found.locations[key].variable for key in found.top}, aliases),
        members=VariableTable({key: found.locations[key].variable for key in found.inner}, aliases),
        tasks=tasks,
        hash=digest,
        statement_count=sum(_count(body) for body in bodies.values()),
        never_skip=tuple(_never_skip(project)),
        source=writer.text,
        code=code,
        spots=tuple(writer.spots),
        memories=tuple(memories),
        locations=found.locations,
        areas=found.areas,
        instances=roots,
        touches=tuple(
            _touched(project, set(run_by(task, roots, memories)), memories) | lent_cells(task, memories, lent)
            for task in tasks
        ),
        aliases=aliases,
        comparisons=comparisons(bodies.values()),
        addressed=project.addressed or bool(project.windows),
        windows=tuple(project.windows),
        framed={pou.number: pou for pou in project.pous.values() if pou.framed},
        checked=checked,
        notices=_ordered(project.notices),
        heap=tuple(project.heap.values()),
        straight=tuple(
            sum(longest(bodies[pou.name.upper()], weights) for pou in run_by(task, roots, memories))
            for task in tasks
        ),
    )
    project.problems += watchdog_problems(tasks, program.straight)
    project.problems += trigger_problems(tasks, plan.places, program.location)
    _refuse(project)
    return program


def _never_skip(project: Project) -> Iterator[str]:
    for pou in project.pous.values():
        if pou.uses_clock is not None:
            yield f"{pou.name} reads TIME() in {pou.file}:{pou.uses_clock.line}"
    tasks = project.globals.symbols.get(TASK_INFO.upper())
    if tasks is not None and tasks.read:
        yield f"the program reads {TASK_INFO}, where every scan is counted"


def _blame(project: Project, bodies: Commands, weights: Mapping[int, int]) -> None:
    """Names the POUs that Python's own compiler finds too deep."""
    for key, pou in project.pous.items():
        writer = ModuleWriter(project, weights)
        assert pou.tree is not None
        try:
            writer.pou(pou, bodies[key])
            compile(writer.text, FILE_NAME, "exec")
        except (SyntaxError, RecursionError, MemoryError, OverflowError):
            project.problem(
                f"{pou.name} nests deeper than the compiler can follow", pou.file, pou.tree.at, "Split it"
            )
    _refuse(project)


def _touched(project: Project, roots: set[Pou], memories: list[MemoryPlan]) -> frozenset[tuple[int, int]]:
    """The shared cells (memory, index) that a task reads or writes; index -1 stands for a whole block."""
    seen: dict[str, Pou] = {pou.name.upper(): pou for pou in roots}
    work = list(seen.values())
    symbols = set()
    while work:
        pou = work.pop()
        symbols |= pou.touches
        inner = [s.block.name.upper() for s in pou.symbols.values() if s.block is not None]
        inner += [slot.child.name.upper() for slot in pou.slots if slot.child is not None]
        for key in (*pou.calls, *pou.invokes, *inner):
            if key not in seen and key in project.pous:
                seen[key] = project.pous[key]
                work.append(seen[key])
    cells: set[tuple[int, int]] = set()
    if project.addressed or project.windows:
        everything = {(0, index) for index in range(len(memories[0].pou.slots))}
        return frozenset(everything | {(number, -1) for number in range(1, len(memories))})
    for symbol in symbols:
        cells |= {(0, index) for index in range(symbol.index, symbol.index + symbol.size)}
        if not symbol.type.blocks:
            continue
        prefix = symbol.name.upper()
        for number, memory in enumerate(memories):
            path = memory.path.upper()
            inside = path == prefix or path.startswith((prefix + ".", prefix + "["))
            if memory.program < 0 and inside:
                cells.add((number, -1))
    return frozenset(cells)


def _count(body: tuple[commands.Command, ...]) -> int:
    total = 0
    for command in body:
        total += 1
        if isinstance(command, commands.If):
            total += sum(_count(body) for _, body, _ in command.branches) + _count(command.otherwise)
        elif isinstance(command, commands.Case):
            total += sum(_count(body) for _, body, _ in command.options) + _count(command.otherwise)
        elif isinstance(command, commands.For | commands.While | commands.Repeat):
            total += _count(command.body)
        elif isinstance(command, commands.Labelled):
            total += sum(_count(piece) for _, piece in command.pieces) - 1
        elif isinstance(command, commands.Try):
            total += _count(command.body) + _count(command.handler) + _count(command.final)
    return total
