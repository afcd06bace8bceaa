"""VAR_CONFIG and VAR_ACCESS: what single instances of variables get, and names for them.

VAR_CONFIG gives a variable that is declared `AT %I*`, `%Q*` or `%M*` its address, and any variable an initial
value of its own. Where there is one memory with the variable, the address is as if it had been declared: it
shares its bits with whatever lies there too. Where there are several, each keeps memory of its own, and
nothing else may have the address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from commissioning.plc.checking.addresses import Addresses, in_area, is_incomplete
from commissioning.plc.checking.initials import Site
from commissioning.plc.checking.instance_paths import InstancePaths, Target
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.checking.type_names import TypeNames
from commissioning.plc.checking.value_bytes import encoded
from commissioning.plc.generation.layout import Location, MemoryPlan, parts, with_shown
from commissioning.plc.generation.locations import Found, element, locate
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import Value


@dataclass(frozen=True, slots=True)
class Settled:
    """What a VAR_CONFIG entry says: the address of the variable at `path`, "" where it is kept with its
    declaration, and the values of what is in it, by the end of their paths. `otherwise`: the path where the
    program has its own name, because tasks come from elsewhere than the CONFIGURATION."""

    path: str
    otherwise: str
    address: str
    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A VAR_ACCESS: `name` stands for the variable at `path`."""

    name: str
    path: str
    otherwise: str
    writable: bool
    file: str
    at: At


class PathSections:
    """Reads the VAR_CONFIG and VAR_ACCESS sections of a project whose variables are declared."""

    def __init__(
        self, project: Project, types: TypeNames, addresses: Addresses,
        configurations: Iterable[units.Configuration],
    ) -> None:  # fmt: skip
        self.project, self.types, self.addresses = project, types, addresses
        self.paths = InstancePaths(project, tuple(configurations))

    def read(self, section: units.Paths, file: str) -> None:
        """Notes what a section says in the project."""
        for entry in section.entries:
            target = self._target(entry, file)
            if target is None:
                continue
            if isinstance(entry, units.Configured):
                self._configured(entry, target, file)
            else:
                self._named(entry, target, file)

    def read_own(self, pou: Pou) -> None:
        """Notes the VAR_ACCESS of a PROGRAM: names of each of its instances, `program.name`."""
        assert pou.tree is not None
        if pou.kind != "PROGRAM":
            what = f"VAR_ACCESS stands in a {pou.kind}"
            self.project.problem(what, pou.file, pou.tree.paths[0].at, "Move it into the PROGRAM")
            return
        for entry in (entry for paths in pou.tree.paths for entry in paths.entries):
            assert isinstance(entry, units.AccessPath)
            if entry.name.upper() in pou.symbols:
                what = f"the name {entry.name} is already taken"
                self.project.problem(what, pou.file, entry.at, "Rename the access path")
                continue
            for instance in self.paths.instances_of(pou):
                whole = replace(entry, name=f"{instance}.{entry.name}", path=_behind(instance, entry.path))
                target = self._target(whole, pou.file)
                if target is None:
                    break
                self._named(whole, target, pou.file)

    def _target(self, entry: units.Configured | units.AccessPath, file: str) -> Target | None:
        target = self.paths.target(entry.path, file)
        declared = self.types.resolve(self.project.globals, entry.type, file)
        if target is None or declared is None:
            return None
        inner = declared.type.kind == target.type.kind == "time" and not target.type.shown  # PT of a timer
        if declared.type != target.type and not inner:
            what = f"{target.path} is a {declared.type} here and a {target.type} where it is declared"
            self.project.problem(what, file, entry.at)
            return None
        if target.type.blocks:
            what = f"{target.path} is a block"
            self.project.problem(what, file, entry.at, "Name the variables in it one by one")
            return None
        return target

    def _configured(self, entry: units.Configured, target: Target, file: str) -> None:
        symbol, address = target.symbol, entry.address
        if not address and entry.initial is None:
            what = f"VAR_CONFIG gives {target.path} neither an address nor a value"
            self.project.problem(what, file, entry.at, "Write AT %IX0.0, or := and a value")
            return
        if address and not self._fits(entry, target, file):
            return
        if address and target.once and symbol.section in ("VAR", "VAR_GLOBAL"):
            symbol.address = address
            self.addresses.place(target.pou, symbol, file, entry.at)
            address = ""
        elif address:
            self.addresses.place_alone(target.pou, symbol, address, target.path, file, entry.at)
        values = () if entry.initial is None else self._values(entry, entry.initial, target, file)
        self.project.configured.append(Settled(target.path, self._otherwise(target), address, values))

    def _fits(self, entry: units.Configured, target: Target, file: str) -> bool:
        symbol, address = target.symbol, entry.address
        if target.type != symbol.type or not is_incomplete(symbol.address):
            shown = f"is at {symbol.address}" if symbol.address else "has no address to be completed"
            cure = f"Declare it AT {address[:2]}*"
            self.project.problem(f"{target.path} {shown}", file, entry.at, cure)
            return False
        if not in_area(address, symbol.address):
            what = f"{target.path} is declared AT {symbol.address}, {address} is elsewhere"
            self.project.problem(what, file, entry.at, f"Write {symbol.address[:2]}...")
            return False
        return True

    def _values(
        self, entry: units.Configured, initial: units.Initial, target: Target, file: str
    ) -> tuple[tuple[str, Value], ...]:
        if target.symbol.late or target.symbol.constant:
            why = "a CONSTANT" if target.symbol.constant else "worked out when the PLC starts"
            self.project.problem(f"{target.path} is {why}, and gets no value here", file, entry.at)
            return ()
        start = target.symbol.index + target.offset
        slots = target.pou.slots[start : start + target.type.size]
        self.types.initials.fill(Site(self.project.globals, file, slots, False), target.type, initial)
        return tuple((path, slots[index].value) for path, index, _ in parts(target.type, "", 0))

    def _named(self, entry: units.AccessPath, target: Target, file: str) -> None:
        key = entry.name.upper()
        taken = key in self.project.globals.symbols or key in self.paths.roots
        if taken or any(known.name.upper() == key for known in self.project.access_names):
            what = f"the name {entry.name} is already taken"
            self.project.problem(what, file, entry.at, "Rename the access path")
            return
        target.symbol.read = True
        target.symbol.written |= entry.writable
        self.project.access_names.append(
            Named(entry.name, target.path, self._otherwise(target), entry.writable, file, entry.at)
        )

    def _otherwise(self, target: Target) -> str:
        """The path with the name of the PROGRAM in the place of its instance."""
        root, _, rest = target.path.partition(".")
        pou = self.paths.roots.get(root.upper()) if rest else None
        return target.path if pou is None else f"{pou.name}.{rest}"


def _behind(name: str, path: tree.Expression) -> tree.Expression:
    """`path` as one that begins with the name of an instance; an address stays what it is."""
    if isinstance(path, tree.Direct):
        return path
    if isinstance(path, tree.Name):
        return tree.Member(tree.Name(name, path.at), path.name, path.at, 2)
    if isinstance(path, tree.Member | tree.Indexed):
        return replace(path, owner=_behind(name, path.owner))
    return path


def located(project: Project, memories: list[MemoryPlan]) -> tuple[list[MemoryPlan], Found]:
    """The memories with what VAR_CONFIG and PROGRAM RETAIN say, and where everything lies in them."""
    found = locate(memories, project.any_elapsed)
    if project.configured or project.retained_programs:
        kept = project.retained_programs
        memories = [replace(plan, retain=plan.path in kept) for plan in memories]
        memories = applied(project, memories, found)
        found = locate(memories, project.any_elapsed)
    name_accesses(project, memories, found)
    if not project.dialect.addresses_linked:
        tell_unplaced(project, memories)
    return memories, found


def applied(project: Project, memories: list[MemoryPlan], found: Found) -> list[MemoryPlan]:
    """The memories with the addresses and initial values that VAR_CONFIG gives."""
    changed = list(memories)
    for entry in project.configured:
        root = entry.path if _known(memories, found, entry.path) else entry.otherwise
        for path, value in entry.values:
            where = _place(memories, found, f"{root}{path}")
            if where is None:
                continue
            plan = changed[where.memory]
            before = dict(plan.overrides)
            if where.raw:
                before |= dict(enumerate(encoded(value, where.type), where.index))
                changed[where.memory] = replace(plan, overrides=tuple(before.items()))
                continue
            kept: Value = value
            if where.view is not None:
                cell = before.get(where.index, plan.pou.slots[where.index].value)
                kept = with_shown(int(cell), where.view, value)
            before[where.index] = kept
            changed[where.memory] = replace(plan, overrides=tuple(before.items()))
        where = _place(memories, found, root) if entry.address else None
        if where is not None:
            plan = changed[where.memory]
            changed[where.memory] = replace(plan, addresses=(*plan.addresses, (where.index, entry.address)))
    return changed


def name_accesses(project: Project, memories: list[MemoryPlan], found: Found) -> None:
    """Adds the names of VAR_ACCESS to the variables that are found."""
    for entry in project.access_names:
        root = (entry.path if _known(memories, found, entry.path) else entry.otherwise).upper()
        names = [key for key in found.locations if key == root or key.startswith((f"{root}[", f"{root}."))]
        single = _place(memories, found, root) if not names else None
        if not names and single is None:
            what = f"{entry.name} names {entry.path}, which no task runs, or which has too many elements"
            project.problem(what, entry.file, entry.at, "Name one of its elements")
            continue
        places = [found.locations[key] for key in names] + ([] if single is None else [single])
        for where in places:
            path = entry.name + where.variable.path[len(root) :]
            variable = replace(
                where.variable, path=path, owner=path.rpartition(".")[0], section="VAR_ACCESS",
                read_only=not entry.writable,
            )  # fmt: skip
            found.locations[path.upper()] = replace(where, variable=variable)
            found.top.append(path.upper())


def tell_unplaced(project: Project, memories: list[MemoryPlan]) -> None:
    """Warns of variables AT %I*, %Q*, %M* that got no address, with the paths that VAR_CONFIG needs."""
    unplaced: dict[tuple[str, At], list[str]] = {}
    for number, plan in enumerate(memories):
        placed = dict(plan.addresses)
        for symbol in plan.pou.symbols.values():
            if is_incomplete(symbol.address) and symbol.index not in placed and (
                not symbol.is_global or number == 0
            ):  # fmt: skip
                path = f"{plan.path}.{symbol.name}" if plan.path else symbol.name
                unplaced.setdefault((symbol.file, symbol.at), []).append(
                    f"{path} AT {symbol.address[:2]}... : {symbol.type};"
                )
    for (file, at), paths in unplaced.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        what = f"no VAR_CONFIG says where {paths[0].partition(' AT ')[0]}{more} lies"
        project.notice(what, file, at, f"VAR_CONFIG {' '.join(paths[:3])} END_VAR")


def _known(memories: list[MemoryPlan], found: Found, path: str) -> bool:
    return path.upper() in found.areas or _place(memories, found, path) is not None


def _place(memories: list[MemoryPlan], found: Found, path: str) -> Location | None:
    return found.locations.get(path.upper()) or element(found.areas, memories, path)
