"""What must be bounded before a program may run: recursion, calls in calls, instances in instances.

Without loops a scan still can be made endless by functions that call functions, so a call weighs as much as
all it leads to. What the watchdog counts is known when compiling: the statements on the longest way through
a body, with all that its calls execute. A loop pays for a round of its body with one subtraction; what stands
outside of loops is counted once for each task, and costs nothing when it runs. A call that class or interface
decides about counts as the longest of those that it may come to. What may lead back to itself pays call by
call, as rounds of a loop do, and weighs nothing for its callers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.values.runtime import STATEMENT_BUDGET

Loop = commands.For | commands.While | commands.Repeat | commands.Labelled
Commands = dict[str, tuple[commands.Command, ...]]
Edges = dict[str, dict[str, None]]
MAX_CALL_DEPTH = 100
MAX_CELLS = 4_000_000  # of one memory
MAX_CELLS_OF_PROGRAM = 40_000_000
MAX_NAMES_OF_PROGRAM = 1_000_000  # instances and the variables in them: each has a path, a row in the tables
_CELLS_OF_STATEMENT = 64  # of an array or structure that is copied: so many take as long as a statement


def call_weights(project: Project, bodies: Commands, programs: list[Pou]) -> dict[int, int]:
    """Number of a POU -> statements on the longest way through it with all that it calls, but for the rounds
    of loops; 1 at least, 0 for what pays for itself. Problems for the boundless."""
    order = _bottom_up(project)
    if order is None:
        return {}
    circling = {pou.number for pou in project.pous.values() if pou.recursive}
    weights: dict[int, int] = {}
    depths: dict[int, int] = {}
    cells: dict[int, int] = {}
    names: dict[int, int] = {}
    for key in order:
        pou = project.pous[key]
        weight = call_cost(bodies.get(key, ()), weights)
        weights[pou.number] = 0 if pou.recursive else weight
        inner = [slot.child for slot in pou.slots if slot.child is not None]
        numbers = {*calls_in(bodies.get(key, ())), *(block.number for block in inner)}
        chains = [depths.get(number, 0) for number in numbers if number not in circling]
        depths[pou.number] = 1 + max(chains, default=0)
        cells[pou.number] = len(pou.slots) + sum(cells.get(block.number, 0) for block in inner)
        names[pou.number] = len(pou.symbols) + sum(1 + names.get(block.number, 0) for block in inner)
        _refuse_too_much(project, pou, weight, depths[pou.number])
    shared = [slot.child for slot in project.globals.slots if slot.child is not None]
    total = sum(cells.get(pou.number, 0) for pou in (*programs, *shared))
    if total > MAX_CELLS_OF_PROGRAM and programs and programs[0].tree is not None:
        what = f"the program has {total} variables with all its blocks, more than {MAX_CELLS_OF_PROGRAM}"
        project.problem(what, programs[0].file, programs[0].tree.at)
    named = sum(names.get(pou.number, 0) for pou in (*programs, *shared))
    if named > MAX_NAMES_OF_PROGRAM and programs and programs[0].tree is not None:
        what = f"the program has {named} instances and variables in them, more than {MAX_NAMES_OF_PROGRAM}"
        project.problem(what, programs[0].file, programs[0].tree.at, "Keep values in arrays, or fewer blocks")
    return weights


def _refuse_too_much(project: Project, pou: Pou, weight: int, depth: int) -> None:
    assert pou.tree is not None
    if depth == MAX_CALL_DEPTH + 1:
        what = f"{pou.name} starts a chain of more than {MAX_CALL_DEPTH} calls or instances in each other"
        project.problem(what, pou.file, pou.tree.at)
    elif depth <= MAX_CALL_DEPTH and weight > STATEMENT_BUDGET:
        what = f"one call of {pou.name} executes {weight} statements with its calls, more than "
        what += f"{STATEMENT_BUDGET}"
        project.problem(what, pou.file, pou.tree.at)


def call_cost(body: Iterable[commands.Command], weights: Mapping[int, int]) -> int:
    """What one call of a POU with this body counts for: 1 at least."""
    return max(longest(body, weights), 1)


def longest(body: Iterable[commands.Command], weights: Mapping[int, int]) -> int:
    """Statements on the longest way through a body, without the rounds of its loops."""
    total = 0
    for node in body:
        match node:
            case commands.If():
                total += 1 + _calls(tuple(test for test, _, _ in node.branches), weights)
                bodies = [body for _, body, _ in node.branches]
                total += max(longest(body, weights) for body in (*bodies, node.otherwise))
            case commands.Case():
                total += 1 + _calls(node.selector, weights)
                bodies = [body for _, body, _ in node.options]
                total += max(longest(body, weights) for body in (*bodies, node.otherwise))
            case commands.For():
                total += _calls((node.start, node.stop, node.step), weights)
            case commands.While() | commands.Repeat() | commands.Labelled():
                pass  # only its rounds count
            case commands.Try():
                total += 1 + sum(longest(body, weights) for body in (node.body, node.handler, node.final))
            case commands.Store():
                total += 1 + node.type.size // _CELLS_OF_STATEMENT + _calls(node, weights)
            case _ if isinstance(node, _COMMANDS):  # and no probe of a debugger
                total += 1 + _calls(node, weights)
    return total


def round_cost(loop: Loop, weights: Mapping[int, int]) -> int:
    """What the watchdog counts for one round of a loop: 1 at least. Of a body with labels the first round
    counts, and each JMP."""
    if isinstance(loop, commands.Labelled):
        return max(sum(longest(piece, weights) for _, piece in loop.pieces), 1)
    cost = longest(loop.body, weights)
    if isinstance(loop, commands.While):
        cost += _calls(loop.condition, weights)
    elif isinstance(loop, commands.Repeat):
        cost += _calls(loop.until, weights)
    elif loop.each:
        cost += _calls((loop.stop, loop.step), weights)
    return max(cost, 1)


def _calls(node: Any, weights: Mapping[int, int]) -> int:
    return sum(max(weights.get(number, 0) for number in site) for site in _call_sites(node))


def calls_in(node: Any) -> list[int]:
    """The numbers of the POUs that commands and expressions call, once per place of a call."""
    return [number for site in _call_sites(node) for number in site]


def _call_sites(node: Any) -> list[tuple[int, ...]]:
    """For each place of a call the numbers of the POUs that it may come to."""
    found: list[tuple[int, ...]] = []
    work: list[Any] = [node]
    while work:
        item = work.pop()
        if isinstance(item, tuple):
            work += item
        elif isinstance(item, typed.Load):
            if not item.cell.plain:
                work.append(item.cell)
        elif isinstance(item, typed.Cell):
            if not item.plain:
                work += [item.owner, item.value, *(term.value for term in item.terms)]
                if item.address is not None:
                    work += [item.address.base, *(term.value for term in item.address.terms)]
        elif isinstance(item, _NODES):
            if isinstance(item, commands.CallBlock | typed.UserCall):
                found.append((item.pou, *item.others))
            elif isinstance(item, commands.Delete):
                found += [(number,) for number in item.exits]
            work += [getattr(item, name) for name in _PARTS[type(item)]]
    return found


_NODES = (
    typed.Convert, typed.Minus, typed.Not, typed.Arithmetic, typed.Scaled, typed.Compare, typed.Logic,
    typed.Standard, typed.UserCall, typed.AddressOf, typed.Query, typed.OfMemory, typed.Graft,
    commands.Store, commands.CallStandard, commands.CallBlock, commands.CallFunction, commands.If,
    commands.Case, commands.For, commands.While, commands.Repeat, commands.Labelled, commands.Try,
    commands.New, commands.Delete,
    commands.Judge, commands.Advance,
    typed.Given, typed.Cloned, typed.Made, typed.Assigned, typed.Named,
)  # fmt: skip
_COMMANDS = get_args(commands.Command)
_NO_PARTS = ("type", "kept", "at", "block", "symbol")
_PARTS = {kind: tuple(f.name for f in dataclasses.fields(kind) if f.name not in _NO_PARTS) for kind in _NODES}


def _bottom_up(project: Project) -> Iterable[str] | None:
    """The POUs, callees and inner blocks first; None after a Problem for each that leads back to itself.

    Methods may, and bodies that are chosen by class: which one is called may depend on the class of a block,
    so whether it ever happens is seen when it does. What may lead back to itself counts its depth and its
    statements (`Pou.recursive`).
    """
    fixed: Edges = {}
    every: Edges = {}
    for key, pou in project.pous.items():
        blocks = [slot.child.key for slot in pou.slots if slot.child is not None]
        fixed[key] = dict.fromkeys([*pou.calls, *blocks])
        every[key] = dict.fromkeys([*pou.invokes, *pou.calls, *blocks])
    _, cycles = _finished(fixed)
    for cycle in cycles:
        _report_cycle(project, cycle)
    if cycles:
        return None
    order, _ = _finished(every)
    for key in _circling(every, order):
        project.pous[key].recursive = True
    return order


def _finished(edges: Edges) -> tuple[list[str], list[list[str]]]:
    """The keys, those that they lead to first, and the ways that lead back to where they begin."""
    done: dict[str, None] = {}
    cycles: list[list[str]] = []
    for root in edges:
        if root in done:
            continue
        work = [(root, iter(edges[root]))]
        path = {root: None}
        while work:
            current, rest = work[-1]
            for key in rest:
                if key in path:
                    names = list(path)
                    cycles.append([*names[names.index(key) :], key])
                elif key in edges and key not in done:
                    path[key] = None
                    work.append((key, iter(edges[key])))
                    break
            else:
                work.pop()
                del path[current]
                done[current] = None
    return list(done), cycles


def _circling(edges: Edges, order: list[str]) -> Iterator[str]:
    """The keys from which some way leads back to them. `order`: see `_finished` (the way of Kosaraju)."""
    back: dict[str, list[str]] = {}
    for key, others in edges.items():
        for other in others:
            back.setdefault(other, []).append(key)
    seen: set[str] = set()
    for root in reversed(order):
        group: list[str] = []
        work = [root]
        while work:
            key = work.pop()
            if key not in seen and key in edges:
                seen.add(key)
                group.append(key)
                work += back.get(key, ())
        if len(group) > 1 or (group and root in edges[root]):
            yield from group


def _report_cycle(project: Project, cycle: list[str]) -> None:
    pou = project.pous[cycle[0]]
    assert pou.tree is not None
    names = " -> ".join(project.pous[key].name for key in cycle)
    at = pou.calls.get(cycle[1], pou.tree.at)
    what = f"{pou.name} contains or calls itself: {names}"
    project.problem(what, pou.file, at, "A PLC has no recursion; use a loop")
