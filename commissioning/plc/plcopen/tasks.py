"""PLCopen XML: configurations, resources and tasks -> CONFIGURATION in Structured Text."""

from __future__ import annotations

import re

from commissioning.model.element import Element
from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.pieces import IDENTIFIER, PieceWriter, SourcePiece
from commissioning.plc.plcopen.interface import Unreadable, identifier, initial_text, type_text
from commissioning.plc.running.tasks import DEFAULT_CYCLE_NS

_LITERAL = re.compile(r"L?T(?:IME)?#[0-9][0-9_.A-Za-z]*\Z", re.IGNORECASE)

_VARIABLE = re.compile(r"[A-Za-z0-9_.%\[\],]+\Z")


def configuration_piece(root: Element, file: str) -> SourcePiece | None:
    """What runs where, or None where no program is told to run. Raises Unreadable."""
    resources = [element for element in root.walk() if element.tag == "resource"]
    if not any(instance.tag == "pouInstance" for resource in resources for instance in resource.walk()):
        return None
    writer = PieceWriter(f"{file}/configuration.st", file)
    holder = next((element for element in root.walk() if element.tag == "configuration"), resources[0])
    writer.object = _name(holder, "Configuration")
    writer.line(f"CONFIGURATION {writer.object}", holder)
    for resource in resources:
        writer.line(f"RESOURCE {_name(resource, 'Resource')} ON PLC", resource)
        tasks = list(resource.all("task"))
        for task in tasks:
            priority = task.get("priority").strip() or "0"
            settings = f"{_trigger(task)}, PRIORITY := {priority}"
            writer.line(f"TASK {identifier(task, 'task')}({settings});", task)
        taken: set[str] = set()
        for task in tasks:
            for instance in task.all("pouInstance"):
                _instance(writer, instance, task.get("name"), taken)
        for instance in resource.all("pouInstance"):
            _instance(writer, instance, "", taken)
        writer.line("END_RESOURCE", resource)
    for element in root.walk():
        if element.tag in ("configVars", "accessVars"):
            _paths(writer, element)
    writer.line("END_CONFIGURATION", holder)
    return writer.finished()


def _paths(writer: PieceWriter, section: Element) -> None:
    """VAR_CONFIG or VAR_ACCESS."""
    configured = section.tag == "configVars"
    writer.line("VAR_CONFIG" if configured else "VAR_ACCESS", section)
    for variable in section.all("configVariable" if configured else "accessVariable"):
        path, address = variable.get("instancePathAndName").strip(), variable.get("address").strip()
        if not _VARIABLE.match(path) or (address and not _VARIABLE.match(address)):
            raise Unreadable(f"{path!r} {address} is no path of a variable", variable)
        kind = type_text(variable.child("type"), variable)
        if configured:
            initial = initial_text(variable.child("initialValue"))
            text = (
                f"{path}{f' AT {address}' if address else ''} : {kind}{f' := {initial}' if initial else ''};"
            )
        else:
            word = "READ_WRITE" if variable.get("direction") == "readWrite" else "READ_ONLY"
            text = f"{identifier(variable, 'access path', 'alias')} : {path} : {kind} {word};"
        writer.line(f"    {text}", variable)
    writer.line("END_VAR", section)


def _name(element: Element, otherwise: str) -> str:
    """CODESYS names an application as it likes; the name of a resource is of no consequence."""
    return element.get("name") if IDENTIFIER.match(element.get("name")) else otherwise


def _trigger(task: Element) -> str:
    """The cycle as a literal (t#20ms, PT0.02S), the variable whose edge starts the task, or both."""
    interval, single = task.get("interval").strip(), task.get("single").strip()
    words = []
    if single:
        if not _VARIABLE.match(single):
            raise Unreadable(f"task {task.get('name')} is started by {single!r}, which is no variable", task)
        words.append(f"SINGLE := {single}")
    elif not interval and any(part.get("KindOfTask") == "Freewheeling" for part in task.walk()):
        return f"INTERVAL := T#{DEFAULT_CYCLE_NS // 1_000_000}ms"
    if _LITERAL.match(interval):
        words.append(f"INTERVAL := {interval}")
    elif interval or not single:
        try:
            nanoseconds = parse_duration_ns(interval)
        except (ValueError, TypeError) as error:
            what = f"the interval {interval!r} of task {task.get('name')} is no duration"
            raise Unreadable(what, task) from error
        if nanoseconds <= 0 and not single:
            raise Unreadable(f"task {task.get('name')} has no interval", task)
        amount = f"{nanoseconds // 1_000_000}ms" if nanoseconds % 1_000_000 == 0 else f"{nanoseconds}ns"
        words += [f"INTERVAL := T#{amount}"] if nanoseconds > 0 else []
    return ", ".join(words)


def _instance(writer: PieceWriter, instance: Element, task: str, taken: set[str]) -> None:
    """CODESYS leaves the type out: there the name is that of the program."""
    name = identifier(instance, "program")
    kind = instance.get("typeName") or name
    if not IDENTIFIER.match(kind):
        raise Unreadable(f"{kind!r} is no name of a program", instance)
    if name.upper() in taken:
        raise Unreadable(f"two programs are called {name}", instance)
    taken.add(name.upper())
    writer.line(f"PROGRAM {name}{f' WITH {task}' if task else ''} : {kind};", instance)
