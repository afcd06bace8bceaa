"""Whether the structure of a sequential function chart is sound (IEC 61131-3, 6.7.6).

A chart is a net: a marking is the set of its active steps. All markings that can come about are looked at,
one transition after the other and with any outcome of the conditions, as long as there are not too many. A
transition whose steps are never active together can never be cleared; one that activates a step which is
active already leaves a simultaneous sequence while another part of it goes on ("unsafe" in the standard).
"""

from __future__ import annotations

from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.sfc.plan import ChartPlan

MAX_MARKINGS = 5_000


def check_structure(project: Project, pou: Pou, plan: ChartPlan) -> None:
    """Notes Problems for what cannot work, each with its step or transition."""
    if not _starts(project, pou, plan):
        return
    reachable = _reachable(plan)
    for number, step in enumerate(plan.steps):
        if number not in reachable:
            what = f"no way leads from the initial step to {step.name}"
            project.problem(what, pou.file, step.at, "Write a transition to it, or remove it")
    if len(reachable) == len(plan.steps):
        _walk(project, pou, plan)


def _starts(project: Project, pou: Pou, plan: ChartPlan) -> bool:
    """Each net of the chart has one initial step."""
    sound = True
    nets = _nets(plan)
    for net in nets:
        initial = [plan.steps[number] for number in net if plan.steps[number].initial]
        first = plan.steps[net[0]]
        if not initial and (len(nets) == 1 or len(net) > 1):
            what = (
                "the chart has no initial step"
                if len(nets) == 1
                else f"no initial step leads to {first.name}"
            )
            project.problem(what, pou.file, first.at, f"Write INITIAL_STEP {first.name}: ...")
            sound = False
        for other in initial[1:]:
            what = f"{other.name} is a second initial step, the first is {initial[0].name}"
            project.problem(
                what, pou.file, other.at, "Write STEP; a transition with several targets starts both"
            )
            sound = False
    return sound


def _nets(plan: ChartPlan) -> list[list[int]]:
    """The steps that hang together by transitions, in the order of the text."""
    group = list(range(len(plan.steps)))

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    for move in plan.moves:
        linked = [root(number) for number in (*move.sources, *move.targets)]
        for number in linked[1:]:
            group[root(number)] = root(linked[0])
    found: dict[int, list[int]] = {}
    for number in range(len(plan.steps)):
        found.setdefault(root(number), []).append(number)
    return list(found.values())


def _reachable(plan: ChartPlan) -> set[int]:
    """The steps that a way leads to, whatever else is active."""
    found = {number for number, step in enumerate(plan.steps) if step.initial}
    waiting = list(plan.moves)
    while True:
        open_ = [move for move in waiting if found.issuperset(move.sources)]
        if not open_:
            return found
        waiting = [move for move in waiting if not found.issuperset(move.sources)]
        for move in open_:
            found.update(move.targets)


def _walk(project: Project, pou: Pou, plan: ChartPlan) -> None:
    masks = [(_mask(move.sources), _mask(move.targets), move) for move in plan.moves]
    start = _mask(tuple(number for number, step in enumerate(plan.steps) if step.initial))
    seen, work = {start}, [start]
    cleared: set[int] = set()
    unsafe: dict[int, int] = {}
    while work:
        marking = work.pop()
        for number, (sources, targets, _move) in enumerate(masks):
            if marking & sources != sources:
                continue
            cleared.add(number)
            left = marking & ~sources
            if left & targets:
                unsafe.setdefault(number, left & targets)
                continue  # what follows from it would be told again and again
            after = left | targets
            if after not in seen:
                if len(seen) >= MAX_MARKINGS:
                    return  # not decided, so nothing is told
                seen.add(after)
                work.append(after)
    for number, twice in unsafe.items():
        move = plan.moves[number]
        again = next(step.name for k, step in enumerate(plan.steps) if twice >> k & 1)
        what = f"this transition may activate {again} a second time: a simultaneous sequence has been left"
        cure = "Look for the transition that leaves it, and write the last steps of all: FROM (a, b)"
        project.problem(what, pou.file, move.node.at, cure)
    for number, move in enumerate(plan.moves):
        if number not in cleared and not unsafe:
            names = " and ".join(plan.steps[k].name for k in move.sources)
            what = f"this transition is never cleared: {names} are never active together"
            project.problem(
                what, pou.file, move.node.at, "Only steps of simultaneous sequences can meet in one"
            )


def _mask(numbers: tuple[int, ...]) -> int:
    return sum(1 << number for number in numbers)
