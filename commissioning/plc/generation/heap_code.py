"""What generated code has for __NEW and __DELETE: cells of new memory, and the way to FB_exit."""

from __future__ import annotations

from collections.abc import Iterator

from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.generation.emission import listed
from commissioning.plc.generation.heads import initial


def made_lines(project: Project) -> Iterator[tuple[int, str]]:
    """`made<n>()`: fresh cells of the kind with that number."""
    for kind in project.heap.values():
        if kind.block:
            yield 0, f"made{kind.number} = n{kind.pou.number}"
        else:
            yield 0, f"def made{kind.number}(): return [{listed([initial(slot) for slot in kind.pou.slots])}]"


def leave_lines(project: Project) -> Iterator[tuple[int, str]]:
    """`leave<n>(m, g, now)`: FB_exit of a block, that of what it extends last, then of the blocks in it."""
    known: dict[Pou, bool] = {}
    work = [kind.pou for kind in project.heap.values() if kind.block]
    while work:
        pou = work.pop()
        if pou in known or not leaves(project, pou, {}):
            continue
        known[pou] = True
        yield 0, f"def leave{pou.number}(m, g, now):"
        for above in pou.lineage():
            if above.key in project.exits:
                yield 1, f"exit{above.number}(m, g, now)"
        for index, slot in enumerate(pou.slots):
            if slot.child is not None and leaves(project, slot.child, {}):
                yield 1, f"leave{slot.child.number}(m[{index}], g, now)"
                work.append(slot.child)


def leaves(project: Project, pou: Pou, known: dict[Pou, bool]) -> bool:
    """Whether an instance has something to do when it goes."""
    if pou not in known:
        known[pou] = False
        mine = any(above.key in project.exits for above in pou.lineage())
        blocks = [slot.child for slot in pou.slots if slot.child is not None]
        known[pou] = mine or any(leaves(project, block, known) for block in blocks)
    return known[pou]
