"""TwinCAT 3: what a .TcPOU, .TcDUT, .TcGVL, .TcIO or .TcTTO holds -> Structured Text in its textual form.

Source of the form: the files of public TwinCAT projects (TcUnit, TcOpen). An object's declaration and its
body stand apart; methods, properties, actions and transitions are objects of their own, inside it. Folders
are no more than an order on screen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from commissioning.model.element import Element
from commissioning.model.problem import Place, Problem
from commissioning.plc.pieces import IDENTIFIER, TRANSLATED, PieceWriter, SourcePiece
from commissioning.plc.plcopen.conditions import bare_expression
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.twincat.cfc import FlowDrawing
from commissioning.plc.twincat.cfc_types import declared_types
from commissioning.plc.twincat.chart_settings import flags_to_declare
from commissioning.plc.twincat.charts import ChartDrawing
from commissioning.plc.twincat.networks import NetworkDrawing
from commissioning.plc.twincat.transitions import is_one_expression

ROOT = "TcPlcObject"
# possessive: what was skipped is never tried another way, which would be endless in hostile files
_SKIPPED = r"(?>\s+|\(\*.*?\*\)|/\*.*?\*/|//[^\n]*|\{[^}]*\})*+"
_HEAD = re.compile(rf"{_SKIPPED}(PROGRAM|FUNCTION_BLOCK|FUNCTION|INTERFACE|CLASS)\b", re.I | re.S)
_UNREAD = {"IL": "instruction list (IL)"}
_NOT_HERE = "Write it in ST, LD, FBD, CFC or SFC"
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class TwinCatTask:
    """A task of a .TcTTO: `cycle_us` microseconds, what it calls in order, and where it stands."""

    name: str
    cycle_us: int
    priority: int
    programs: tuple[str, ...]
    file: str
    element: Element


def read_twincat(root: Element, file: str) -> tuple[list[SourcePiece], list[TwinCatTask], list[Problem]]:
    """The objects of one file as texts, its tasks, and what cannot be read in it."""
    reading = _Reading(file)
    if root.tag != ROOT:
        reading.problem(f"this is no TwinCAT object (<{root.tag}>, not <{ROOT}>)", root)
    for element in root.children if root.tag == ROOT else ():
        if element.tag in ("POU", "Itf"):
            reading.pou(element)
        elif element.tag in ("DUT", "GVL", "EnumerationTextList"):
            reading.declaration_only(element)
        elif element.tag == "Task":
            reading.task(element)
    return reading.pieces, reading.tasks, reading.problems


def task_piece(tasks: Sequence[TwinCatTask]) -> SourcePiece:
    """The CONFIGURATION that says what the tasks of a project's files say."""
    writer = PieceWriter(f"{tasks[0].file}/tasks.st", tasks[0].file)
    writer.line("CONFIGURATION TwinCAT\nRESOURCE PLC ON PLC", tasks[0].element)
    for task in tasks:
        cycle = f"{task.cycle_us}us" if task.cycle_us % 1000 else f"{task.cycle_us // 1000}ms"
        settings = f"INTERVAL := T#{cycle}, PRIORITY := {task.priority}"
        writer.line(f"TASK {task.name}({settings});", task.element)
    for task in tasks:
        for program in task.programs:
            writer.line(f"PROGRAM {program} WITH {task.name} : {program};", task.element)
    writer.line("END_RESOURCE\nEND_CONFIGURATION", None)
    return writer.finished()


class _Reading:
    """One file on its way to pieces."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.pieces: list[SourcePiece] = []
        self.tasks: list[TwinCatTask] = []
        self.problems: list[Problem] = []
        self._drawn: dict[int, NetworkDrawing | FlowDrawing | ChartDrawing] = {}  # by its identity
        self._declared = ""  # the declaration of the POU

    def problem(self, what: str, element: Element, cure: str = "", name: str = "") -> None:
        self.problems.append(Problem(what, Place(self.file, element.line, element.column, name), cure))

    def pou(self, element: Element) -> None:
        """A program, function, block or interface: its declaration, its members, its body, its end."""
        writer = self._writer(element)
        name = writer.object
        self._declaration(writer, element)
        head = _HEAD.match(_text(element.child("Declaration")))
        if head is None:
            what = f"the declaration of {name} is none of a PROGRAM, FUNCTION, FUNCTION_BLOCK or INTERFACE"
            self.problem(what, element.child("Declaration") or element, name=name)
            return
        self._declared = _text(element.child("Declaration"))
        taken = {word.upper() for run in element.runs() for word in _WORD.findall(run.text)}
        drawn = self._translate(element, taken, "" if head.group(1).upper() == "FUNCTION" else "VAR")
        for action in element.all("Action"):
            writer.object = f"{name}.{action.get('Name')}"
            drawn += self._translate(action, taken, "VAR", writer.object)
        writer.object = name
        chart = self._chart(element, taken, writer)
        self._hidden(writer, drawn)
        if chart is not None:
            chart.declare(writer)
        for member in _members(element, chart is not None):
            own = f"{name}.{member.get('Name')}"
            writer.object = own
            if member.tag == "Method":
                self._method(writer, member, taken)
            elif member.tag == "Property":
                self._property(writer, member, taken)
            elif member.tag == "Action" and self._is_name(member, own):
                writer.line(f"ACTION {member.get('Name')}:", member)
                self._body(writer, member, own)
                writer.line("END_ACTION", member)
            elif member.tag == "Transition" and self._is_name(member, own):
                self._transition(writer, member, taken)
        writer.object = name
        self._body(writer, element, name)
        writer.line(f"END_{head.group(1).upper()}", element)
        self.pieces.append(writer.finished())

    def declaration_only(self, element: Element) -> None:
        """A data type or a list of global variables."""
        writer = self._writer(element)
        self._declaration(writer, element)
        self.pieces.append(writer.finished())

    def task(self, element: Element) -> None:
        name = element.get("Name")
        numbers = []
        for tag, default in (("CycleTime", "10000"), ("Priority", "0")):
            found = element.child(tag)
            text = found.text.strip() if found is not None else default
            if not (text.isascii() and text.isdigit() and len(text) <= 12):
                self.problem(f"{tag} of task {name} is no number", found or element, name=name)
                return
            numbers.append(int(text))
        programs = []
        for call in element.all("PouCall"):
            called = "".join(run.text for run in (call.child("Name") or call).runs()).strip()
            if IDENTIFIER.match(called):
                programs.append(called)
            else:
                self.problem(f"{called!r} is no name of a program", call, name=name)
        if self._is_name(element, name) and programs:
            cycle, priority = numbers
            self.tasks.append(TwinCatTask(name, cycle, priority, tuple(programs), self.file, element))

    def _writer(self, element: Element) -> PieceWriter:
        """A list of globals answers to the file's name in the language, which is that of the object."""
        name = element.get("Name")
        path = PurePosixPath(self.file)
        same = not name or path.stem.upper() == name.upper()
        writer = PieceWriter(self.file if same else f"{self.file}/{name}.st", self.file)
        writer.object = name or path.stem
        return writer

    def _declaration(self, writer: PieceWriter, element: Element) -> None:
        declaration = element.child("Declaration")
        if declaration is None:
            self.problem(f"{writer.object} has no declaration", element, name=writer.object)
            return
        writer.fresh_line()
        writer.verbatim(declaration.runs())
        writer.fresh_line()

    def _method(self, writer: PieceWriter, element: Element, taken: set[str]) -> None:
        self._declaration(writer, element)
        self._hidden(writer, self._translate(element, taken, "VAR_INST", writer.object))
        self._body(writer, element, writer.object)
        writer.line("END_METHOD", element)

    def _property(self, writer: PieceWriter, element: Element, taken: set[str]) -> None:
        name = writer.object
        self._declaration(writer, element)
        for accessor in element.all("Get", "Set"):
            writer.object = f"{name}.{accessor.tag}"
            writer.line(accessor.tag.upper(), accessor)
            if accessor.child("Declaration") is not None:
                self._declaration(writer, accessor)
            self._hidden(writer, self._translate(accessor, taken, "VAR_INST", writer.object))
            self._body(writer, accessor, writer.object)
            writer.line(f"END_{accessor.tag.upper()}", accessor)
        writer.line("END_PROPERTY", element)

    def _transition(self, writer: PieceWriter, element: Element, taken: set[str]) -> None:
        """Its text gives its name a value, or is one expression. It is read like a variable: a property."""
        name, drawn = element.get("Name"), element.child("Implementation")
        if drawn is None or not any(b.tag != "ST" or _text(b).strip() for b in drawn.children):
            self.problem(f"the transition {writer.object} has no condition", element, name=writer.object)
            return
        writer.line(f"PROPERTY {name} : BOOL\nGET", element)
        self._hidden(writer, self._translate(element, taken, "VAR_INST", writer.object))
        text = element.at("Implementation", "ST")
        if text is not None and is_one_expression(_text(text)):
            writer.line(f"{name} :=", text)
            writer.verbatim(bare_expression(list(text.runs())))
            writer.line(";", text)
        else:
            self._body(writer, element, writer.object)
        writer.line("END_GET\nEND_PROPERTY", element)

    def _chart(self, element: Element, taken: set[str], writer: PieceWriter) -> ChartDrawing | None:
        """The chart that is the body of a POU, and the flags that its settings declare."""
        body = element.at("Implementation", "SFC")
        if body is None:
            return None
        chart = ChartDrawing(body, taken)
        try:
            flags = flags_to_declare(element, _text(element.child("Declaration")))
            chart.translate()
        except Unreadable as error:
            self.problem(error.what, error.element, name=writer.object)
            return None
        for flag, setting in flags:
            writer.line(f"VAR (* of the settings of the chart *) {flag} : BOOL; END_VAR", setting)
        self._drawn[id(body)] = chart
        return chart

    def _body(self, writer: PieceWriter, element: Element, name: str) -> None:
        implementation = element.child("Implementation")
        writer.fresh_line()
        for body in implementation.children if implementation is not None else ():
            if body.tag == "ST":
                writer.verbatim(body.runs())
                writer.fresh_line()
            elif id(body) in self._drawn:
                drawing = self._drawn[id(body)]
                note = f"(* translated from {drawing.language}, drawn from line {body.line} on *)"
                writer.line(note, body)
                drawing.write(writer)
                writer.translated.append(f"{name} ({drawing.language})")
            elif body.tag == "SFC" and element.tag != "POU":
                what = f"{name} is drawn as a chart; only programs and blocks are charts here"
                self.problem(what, body, "Draw the chart in a block of its own, and call that", name)
            elif body.tag not in ("NWL", "CFC", "SFC"):  # what could not be translated has been told
                language = _UNREAD.get(body.tag, f"<{body.tag}>")
                what = f"the body of {name} is {language}, which is not read from TwinCAT files"
                self.problem(what, body, _NOT_HERE, name)

    def _translate(
        self, owner: Element, taken: set[str], memory: str, name: str = ""
    ) -> list[NetworkDrawing | FlowDrawing]:
        """The drawn bodies of a POU, method, accessor or action; what is wrong in them is told."""
        implementation = owner.child("Implementation")
        made: list[NetworkDrawing | FlowDrawing] = []
        for body in implementation.all("NWL", "CFC") if implementation is not None else ():
            drawing: NetworkDrawing | FlowDrawing
            if body.tag == "NWL":
                drawing = NetworkDrawing(body, taken, memory)
            else:
                own = owner.child("Declaration") if owner.tag != "POU" else None
                known = declared_types(f"{self._declared}\n{_text(own)}")
                drawing = FlowDrawing(body, taken, memory, known)
            try:
                drawing.translate()
            except Unreadable as error:
                self.problem(error.what, error.element, name=name or owner.get("Name"))
                continue
            self._drawn[id(body)] = drawing
            made.append(drawing)
        return made

    def _hidden(self, writer: PieceWriter, drawn: list[NetworkDrawing | FlowDrawing]) -> None:
        """Declares what the translation needs."""
        for drawing in drawn:
            for section, name, kind, element in drawing.into.hidden:
                writer.line(f"{section} {TRANSLATED} {name} : {kind}; END_VAR", element)

    def _is_name(self, element: Element, own: str) -> bool:
        name = element.get("Name")
        if IDENTIFIER.match(name):
            return True
        self.problem(f"{name!r} is no name of {element.tag.lower()}", element, name=own)
        return False


def _members(element: Element, alphabetical: bool) -> list[Element]:
    """What stands in a POU. A chart executes its actions in alphabetical order (TwinCAT 3 manual)."""
    members = list(element.children)
    return sorted(members, key=lambda m: m.get("Name").upper()) if alphabetical else members


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(run.text for run in element.runs())
