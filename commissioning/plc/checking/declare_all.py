"""Everything that the texts of a program declare, in the order in which it builds on each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from commissioning.plc.checking.addresses import directs
from commissioning.plc.checking.block_tasks import note_block_tasks
from commissioning.plc.checking.called_programs import name_programs
from commissioning.plc.checking.classes import check_classes, link_classes
from commissioning.plc.checking.configured import PathSections
from commissioning.plc.checking.declare import Declarer
from commissioning.plc.checking.declared_tests import declare_test, show_programs
from commissioning.plc.checking.global_order import declared_in_order, global_sections, section_names
from commissioning.plc.checking.instance_paths import configuration_names
from commissioning.plc.checking.mocks import find_mocks
from commissioning.plc.checking.scope import Project
from commissioning.plc.syntax import units


def declare_all(project: Project, parsed: list[units.Source], addressed: set[str], with_tests: bool) -> None:
    """Declares what stands in `parsed`. `addressed`: the files whose bodies may name addresses; `with_tests`:
    TEST units too."""
    declarer = Declarer(project, {source.file: source.comments for source in parsed})
    for source in parsed:
        project.namespaces |= units.namespace_names(source.units)
        project.attributes |= {(source.file, at): names for at, names in source.attributes.items()}
    parsed = [replace(source, units=units.flattened(source.units)) for source in parsed]
    for unit, file in _units(parsed):
        if isinstance(unit, units.Pou):
            declarer.pou(unit, file)
        elif isinstance(unit, units.Types):
            declarer.types.declare(unit, file)
        elif isinstance(unit, units.Test) and with_tests:
            declare_test(project, unit, file)
    link_classes(project)
    sections = _globals(declarer, parsed)
    for pou in [*project.pous.values(), *project.prototypes]:
        declarer.variables(pou)
    check_classes(project)
    if with_tests:
        find_mocks(project, parsed)
    show_programs(project)
    name_programs(project)
    for pou in project.pous.values():
        if pou.tree is not None and pou.file in addressed:
            for direct in directs((pou.tree.body, pou.tree.chart)):
                declarer.addresses.direct(direct, pou.file)
    _configurations(project, declarer, parsed)
    declarer.addresses.share()
    for section, file in sections:
        for node in section.declarations:
            declarer.block_members(project.globals, node, file)
    for pou in project.pous.values():
        for section in pou.tree.sections if pou.tree is not None else ():
            for node in section.declarations if section.word != "VAR_GLOBAL" else ():
                declarer.block_members(pou, node, pou.file)


def _units(parsed: Sequence[units.Source]) -> Iterator[tuple[units.Unit, str]]:
    return ((unit, source.file) for source in parsed for unit in source.units)


def _globals(declarer: Declarer, parsed: Sequence[units.Source]) -> list[tuple[units.Section, str]]:
    """Declares the types and globals, constants first; the sections of the globals."""
    sections: list[tuple[units.Section, str]] = []
    for unit, file in _units(parsed):
        sections += [(section, file) for section in global_sections(unit)]
    constants = [pair for pair in sections if "CONSTANT" in pair[0].qualifiers]
    declarer.types.resolve_enumerations(section_names(section for section, _ in constants))
    ordered = declared_in_order(sections)
    project = declarer.project
    later = project.later = set(section_names(section for section, _ in ordered))
    last = sum("CONSTANT" in section.qualifiers for section, _ in ordered)
    for place, (section, file) in enumerate(ordered):
        if place == last:
            declarer.types.resolve_enumerations()
        declarer.globals(section, file)
        later -= section_names([section])
    project.later = frozenset()
    declarer.types.resolve_enumerations()
    declarer.types.resolve_all()
    return sections


def _configurations(project: Project, declarer: Declarer, parsed: Sequence[units.Source]) -> None:
    """Reads what CONFIGURATIONs, VAR_CONFIG and VAR_ACCESS say about variables that are declared."""
    configurations = [(unit, file) for unit, file in _units(parsed) if isinstance(unit, units.Configuration)]
    sections = [(unit, file) for unit, file in _units(parsed) if isinstance(unit, units.Paths)]
    sections += [(paths, file) for unit, file in configurations for paths in unit.paths]
    for unit, file in configurations:
        for direct in directs(unit.instances):
            declarer.addresses.direct(direct, file)
    for paths, file in sections:
        known = {symbol.address for symbol in project.globals.symbols.values()}
        for direct in directs(paths.entries):
            if direct.address not in known:
                declarer.addresses.direct(direct, file)
    note_block_tasks(project, configurations)
    project.path_heads = configuration_names(unit for unit, _ in configurations)
    own = [pou for pou in project.pous.values() if pou.tree is not None and pou.tree.paths]
    if sections or own:
        reader = PathSections(
            project, declarer.types, declarer.addresses, [unit for unit, _ in configurations]
        )
        for paths, file in sections:
            reader.read(paths, file)
        for pou in own:
            reader.read_own(pou)
