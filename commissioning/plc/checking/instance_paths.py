"""Paths of variables from a configuration on: `resource.program.block[2].x`, `list.x`, `x`, `%IX0.0`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from commissioning.plc.checking.scope import Pou, Project, Symbol, suggestion
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, BlockCell
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType

Steps = list[str | tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """The variable `symbol` that a path leads to, in a memory of `pou`; or a member of it, which is of `type`
    and lies `offset` cells behind. `path` begins with the name of the instance; `once`: there is one memory
    of this kind in the program."""

    path: str
    pou: Pou
    symbol: Symbol
    type: IecType
    offset: int
    once: bool


class InstancePaths:
    """Follows the paths of one project, whose variables are all declared."""

    def __init__(self, project: Project, configurations: Iterable[units.Configuration]) -> None:
        self.project = project
        self.heads = configuration_names(configurations)
        programs = {key: pou for key, pou in project.pous.items() if pou.kind == "PROGRAM"}
        declared = {
            instance.name.upper(): programs[instance.program.upper()]
            for unit in configurations
            for instance in unit.instances
            if instance.program.upper() in programs
        }
        self.roots = programs | declared
        self._declared = [
            (one.name, one.program.upper()) for unit in configurations for one in unit.instances
        ]
        self._counts = _counted([project.globals, *(declared or programs).values()])

    def instances_of(self, program: Pou) -> list[str]:
        """The names of its instances; its own where no CONFIGURATION has one."""
        found = [name for name, kind in self._declared if kind == program.name.upper()]
        return found or [program.name]

    def target(self, node: tree.Expression, file: str) -> Target | None:
        """Where `node` leads; None after a Problem."""
        steps = path_steps(node, self.project)
        if steps is None:
            self._problem("this is no path of a variable", file, node.at)
            return None
        while len(steps) > 1 and str(steps[0]).upper() in self.heads:
            steps = steps[1:]
        first = str(steps[0])
        root = self.roots.get(first.upper())
        if root is not None and len(steps) > 1:
            return self._inside(root, steps[1:], root.name if first == root.name else first, file, node.at)
        if first.upper() in self.project.list_names and len(steps) > 1:
            steps = steps[1:]
        return self._inside(self.project.globals, steps, "", file, node.at)

    def _inside(self, pou: Pou, steps: Steps, path: str, file: str, at: At) -> Target | None:
        while True:
            name, steps = str(steps[0]), steps[1:]
            symbol = pou.symbols.get(name.upper())
            if symbol is None or symbol.by_reference or symbol.section in ("VAR_TEMP", "VAR_EXTERNAL"):
                known = [s.name for s in pou.symbols.values()] + ([] if path else list(self.roots))
                whole = f"{path or 'the configuration'} has no variable {name}"
                self._problem(whole, file, at, suggestion(name, known))
                return None
            path = f"{path}.{symbol.name}" if path else symbol.name
            type_, offset = symbol.type, 0
            while steps and type_.kind in ("array", "struct"):
                step, steps = steps[0], steps[1:]
                found = _stepped(type_, step)
                if found is None:
                    shown = step if isinstance(step, str) else f"[{','.join(map(str, step))}]"
                    self._problem(f"{path}, a {type_}, has no {shown}", file, at)
                    return None
                type_, offset = found[0], offset + found[1]
                path += f".{step}" if isinstance(step, str) else f"[{','.join(map(str, step))}]"
            if not steps:
                homes = [n for block, n in self._counts.items() if block.symbols.get(name.upper()) is symbol]
                return Target(path, pou, symbol, type_, offset, sum(homes) <= 1)
            cell = _of_standard(type_, pou, symbol.index + offset, steps)
            if cell is not None:
                inner, behind = cell
                return Target(f"{path}.{inner.name}", pou, symbol, inner.type, offset + behind, False)
            child = pou.slots[symbol.index + offset].child if type_.kind == "block" else None
            if child is None or not isinstance(steps[0], str):
                self._problem(f"{path} is a {type_} and has nothing inside", file, at)
                return None
            pou = child

    def _problem(self, what: str, file: str, at: At, cure: str = "") -> None:
        self.project.problem(what, file, at, cure)


def configuration_names(configurations: Iterable[units.Configuration]) -> frozenset[str]:
    """What may stand in front of a path: configurations and resources, in upper case."""
    return frozenset(name.upper() for unit in configurations for name in (unit.name, *unit.resources))


def path_steps(node: tree.Expression, project: Project) -> Steps | None:
    """The names and indices of a path, None for what is none; an address is the variable that has it."""
    match node:
        case tree.Name():
            return [node.name]
        case tree.Direct():
            shared = project.globals.symbols.values()
            return [next((s.name for s in shared if s.address == node.address.upper()), node.address.upper())]
        case tree.Member():
            owner = path_steps(node.owner, project)
            return None if owner is None else [*owner, node.name]
        case tree.Indexed():
            owner = path_steps(node.owner, project)
            places = [_number(index) for index in node.indices]
            known = tuple(place for place in places if place is not None)
            return None if owner is None or len(known) < len(places) else [*owner, known]
    return None


def path_text(steps: Steps) -> str:
    """`a.b[1,2].c`."""
    text = ""
    for step in steps:
        text += f".{step}" if isinstance(step, str) else f"[{','.join(map(str, step))}]"
    return text[1:]


def _number(node: tree.Expression) -> int | None:
    if isinstance(node, tree.Unary) and node.operator == "-":
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, tree.Literal) and node.kind == "integer" and len(node.text) < 10:
        return int(node.text.replace("_", ""))
    return None


def _stepped(type_: IecType, step: str | tuple[int, ...]) -> tuple[IecType, int] | None:
    """The type of a member or element, and its cells behind the first."""
    if isinstance(step, str):
        member = type_.member(step) if type_.kind == "struct" else None
        return None if member is None else (member.type, member.offset)
    if type_.kind != "array" or type_.element is None or len(step) != len(type_.bounds):
        return None
    place = 0
    for index, (low, high) in zip(step, type_.bounds, strict=True):
        if not low <= index <= high:
            return None
        place = place * (high - low + 1) + index - low
    return type_.element, place * type_.element.size


def _of_standard(type_: IecType, pou: Pou, index: int, steps: Steps) -> tuple[BlockCell, int] | None:
    """What `timer.PT` is, and its place in the block; None for another path."""
    known = type_.kind == "block" and pou.slots[index].child is None and len(steps) == 1
    block = STANDARD_BLOCKS.get(type_.name) if known else None
    behind = None if block is None else block.offsets.get(str(steps[0]).upper())
    if block is None or behind is None or block.cells[behind].role == "hidden":
        return None
    return block.cells[behind], behind


def _counted(roots: Iterable[Pou]) -> Counter[Pou]:
    """How many memories of each POU there are."""
    inner: dict[Pou, Counter[Pou]] = {}

    def within(pou: Pou) -> Counter[Pou]:
        if pou not in inner:
            inner[pou] = Counter()  # for what contains itself, which is a Problem elsewhere
            total: Counter[Pou] = Counter({pou: 1})
            for child, times in Counter(slot.child for slot in pou.slots).items():
                for block, count in within(child).items() if child is not None else ():
                    total[block] += times * count
            inner[pou] = total
        return inner[pou]

    found: Counter[Pou] = Counter()
    for root in roots:
        found.update(within(root))
    return found
