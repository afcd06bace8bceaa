"""Which memories the tasks of a program execute, where blocks have a task of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.generation.layout import MemoryPlan
from commissioning.plc.program import Task

__all__ = ["block_memories", "lent_cells", "run_by", "with_block_tasks"]


def block_memories(task: Task, memories: Sequence[MemoryPlan]) -> Iterator[tuple[int, MemoryPlan]]:
    """The memories of the blocks that a task executes, with their numbers, in order."""
    for path in task.blocks:
        yield from ((n, plan) for n, plan in enumerate(memories) if plan.path.upper() == path.upper())


def run_by(
    task: Task, roots: Sequence[tuple[str, Pou, int]], memories: Sequence[MemoryPlan]
) -> Iterator[Pou]:
    """The programs and blocks that a task executes."""
    yield from (pou for name, pou, _ in roots if name in task.programs)
    yield from (plan.pou for _, plan in block_memories(task, memories))


def with_block_tasks(
    project: Project, memories: Sequence[MemoryPlan], tasks: Sequence[Task]
) -> list[MemoryPlan]:
    """The memories in which the hidden cells of blocks with a task say so."""
    found = list(memories)
    for path in (path for task in tasks for path in task.blocks):
        head, _, name = path.partition(".")
        for number, plan in enumerate(found):
            symbol = plan.pou.symbols.get(name.upper()) if plan.path == head else None
            if symbol is not None and symbol in project.guards:
                guards = (*plan.overrides, (project.guards[symbol], True))
                found[number] = replace(plan, overrides=guards)
    return found


def lent_cells(
    task: Task, memories: Sequence[MemoryPlan], lent: Collection[str]
) -> frozenset[tuple[int, int]]:
    """The memories of programs that several tasks execute parts of, as far as the task does."""
    heads = {*task.programs, *(path.partition(".")[0] for path in task.blocks)} & {*lent}
    return frozenset(
        (number, -1) for number, plan in enumerate(memories) if plan.path.partition(".")[0] in heads
    )
