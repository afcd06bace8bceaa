"""How the Python function of a POU begins: its parameters, and the list of cells of what it keeps for a call.

A function of a PROGRAM or FUNCTION_BLOCK runs on its memory `m`. A FUNCTION has a fresh `m` per call; a
method has the memory of its block as `m` and a fresh list `s` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commissioning.plc.checking.scope import Pou, Project, Slot, Symbol
from commissioning.plc.generation.emission import constant, listed


@dataclass(frozen=True, slots=True)
class Head:
    """`lines` as (depth, text); the body follows at depth 1. `result`: what it returns, None for nothing."""

    lines: tuple[tuple[int, str], ...]
    result: str | None


def store_of(pou: Pou) -> str:
    """The name of the list that holds the variables of a POU itself."""
    return "s" if pou.local else "m"


def span(symbol: Symbol, store: str) -> str:
    """The cells of a variable of one's own: one, or all of an array or structure."""
    if symbol.type.aggregate:
        return f"{store}[{symbol.index}:{symbol.index + symbol.size}]"
    return f"{store}[{symbol.index}]"


def block_head(pou: Pou, cost: int) -> Head:
    """Of a PROGRAM or FUNCTION_BLOCK: VAR_TEMP starts anew in each call. `cost`: see `_counted`."""
    lines = [(0, f"def f{pou.number}(m, g, now):")]
    if pou.recursive:
        lines += _counted(cost)
        lines += [(1, f"try: b{pou.number}(m, g, now)"), (1, "finally: shallower()")]
        lines.append((0, f"def b{pou.number}(m, g, now):"))
    for symbol in pou.section("VAR_TEMP"):
        if not symbol.type.blocks:
            slots = pou.slots[symbol.index : symbol.index + symbol.size]
            initial = [constant(slot.value).text for slot in slots]
            whole = symbol.type.aggregate
            lines.append((1, f"{span(symbol, 'm')} = {f'[{listed(initial)}]' if whole else initial[0]}"))
    return Head(tuple(lines), None)


def call_head(project: Project, pou: Pou, cost: int) -> Head:
    """Of a FUNCTION or a method: parameters by value, then two per reference. `cost`: see `_counted`."""
    store = store_of(pou)
    cells = [initial(slot) for slot in pou.slots]
    dropped: set[int] = set()
    parameters: list[str] = []
    given = pou.section("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT")
    for symbol in given:
        if symbol.section == "VAR_INPUT":
            parameters.append(f"a{symbol.index}")
            cells[symbol.index] = f"{'*' if symbol.type.aggregate else ''}a{symbol.index}"
            dropped.update(range(symbol.index + 1, symbol.index + symbol.size))
    outputs: list[Symbol] = []
    for symbol in given:
        if symbol.section == "VAR_INPUT":
            continue
        parameters += [f"r{symbol.index}", f"i{symbol.index}"]
        if symbol.by_reference:
            cells[symbol.index] = f"r{symbol.index}"
            if symbol.block is None:
                cells[symbol.index + 1] = f"i{symbol.index}"
            for behind in range(symbol.index + 2, symbol.index + 2 + 2 * symbol.type.dimensions):
                parameters.append(f"u{behind}")
                cells[behind] = f"u{behind}"
        else:
            outputs.append(symbol)
    fresh = f"{store} = [{listed([text for index, text in enumerate(cells) if index not in dropped])}]"
    result = pou.symbols.get(pou.result_name) if pou.kind != "SET" else None
    returned = span(result, store) if result is not None and result.section == "RESULT" else None
    lines = list(_call_lines(pou, cost, parameters, outputs, fresh))
    copies = {s.index + k for s in pou.section("VAR_INPUT") for k in range(s.size)}
    for index, slot in enumerate(pou.slots):
        if slot.child is not None and index not in copies and needs_start(project, slot.child):
            lines.append((1, f"y{slot.child.number}({store}[{index}], g, now)"))
    return Head(tuple(lines), returned)


def _counted(cost: int) -> list[tuple[int, str]]:
    """A call that may lead back to itself counts how deep it is, and pays for its `cost` statements."""
    return [(1, f"g[0] -= {cost}"), (1, "if g[0] < 0: endless()"), (1, "deeper()")]


def _call_lines(
    pou: Pou, cost: int, parameters: list[str], outputs: list[Symbol], fresh: str
) -> Iterator[tuple[int, str]]:
    own = ["m"] if pou.local else []
    head = ", ".join([*own, "g", "now", *parameters])
    inner = ", ".join([*own, store_of(pou), "g", "now"])
    split = bool(outputs) or pou.recursive or pou.framed
    yield 0, f"def f{pou.number}({head}):"
    yield 1, fresh
    if not split:
        return
    # the body writes to its list; this outer function copies the outputs out, whatever RETURN did
    call = f"k = b{pou.number}({inner})"
    if pou.recursive or pou.framed:
        if pou.recursive:
            yield from _counted(cost)
        if pou.framed:
            yield 1, f"z = enter({store_of(pou)}, {pou.number})"
        ends = (["shallower()"] if pou.recursive else []) + (["leave(z)"] if pou.framed else [])
        yield 1, f"try: {call}"
        yield 1, f"finally: {'; '.join(ends)}"
    else:
        yield 1, call
    for symbol in outputs:
        k = symbol.index
        to = f"i{k}:i{k}+{symbol.size}" if symbol.type.aggregate else f"i{k}"
        yield 1, f"if r{k} is not None: r{k}[{to}] = {span(symbol, store_of(pou))}"
    yield 1, "return k"
    yield 0, f"def b{pou.number}({inner}):"


def initial(slot: Slot) -> str:
    """What a cell begins with, as Python."""
    if slot.child is not None:
        return f"n{slot.child.number}()"
    return constant(slot.value).text if slot.type is not None else "None"


# ---- classes, and instances that live for one call -------------------------------------------------------


def class_tables(project: Project) -> Iterator[str]:
    """One line per block: what its methods are, by `Project.method_number`. See classes.py."""
    if not project.objects:
        return
    stubs = project.unknown.files
    guessed = {key for i in project.interfaces.values() if i.file in stubs for key in i.members}
    for pou in project.pous.values():
        if pou.kind in ("FUNCTION_BLOCK", "PROGRAM"):
            entries = [f"0: {pou.number}", f"1: f{pou.number}"]
            for name, number in project.method_numbers.items():
                method = pou.member(name)
                if method is not None:
                    entries.append(f"{number}: f{method.number}")
                elif name in guessed:
                    entries.append(f"{number}: absent({pou.name!r}, {name!r})")
            yield f"c{pou.number} = {{{', '.join(entries)}}}"


def start_lines(project: Project, pou: Pou, known: dict[Pou, bool]) -> Iterator[tuple[int, str]]:
    """What makes an instance ready: first the blocks in it, then itself, beginning with what it extends."""
    yield 0, f"def y{pou.number}(m, g, now):"
    for index, slot in enumerate(pou.slots):
        if slot.child is not None and known.get(slot.child):
            yield 1, f"y{slot.child.number}(m[{index}], g, now)"
    for above in reversed(pou.lineage()):
        if above.key in project.starts:
            yield 1, f"i{above.number}(m, g, now)"


def needs_start(project: Project, pou: Pou, known: dict[Pou, bool] | None = None) -> bool:
    """Whether an instance has something to do when it comes into being."""
    known = {} if known is None else known
    if pou not in known:
        known[pou] = False  # for what contains itself, which is a Problem elsewhere
        mine = any(above.key in project.starts for above in pou.lineage())
        blocks = [slot.child for slot in pou.slots if slot.child is not None]
        inner = [needs_start(project, block, known) for block in blocks]  # all of them, for `known`
        known[pou] = mine or any(inner)
    return known[pou]


def fresh_blocks(project: Project) -> Iterator[tuple[int, str]]:
    """Functions that make instances of the blocks that functions and methods declare, and of what is made
    with __NEW."""
    wanted: list[Pou] = [kind.pou for kind in project.heap.values() if kind.block]
    work = list(wanted)
    work += [pou for pou in project.pous.values() if pou.local or pou.kind == "FUNCTION"]
    while work:
        for slot in work.pop().slots:
            if slot.child is not None and slot.child not in wanted:
                wanted.append(slot.child)
                work.append(slot.child)
    for pou in wanted:
        cells = [f"c{pou.number}" if slot.fixed == "class" else initial(slot) for slot in pou.slots]
        for index, slot in enumerate(pou.slots):
            if slot.child is not None and slot.overrides:
                changes = ", ".join(f"({at}, {constant(value).text})" for at, value in slot.overrides)
                cells[index] = f"changed({cells[index]}, ({changes},))"
        yield 0, f"def n{pou.number}(): return [{listed(cells)}]"
