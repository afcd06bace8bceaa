"""PLCopen XML (TC6 v2.01 and before, and what CODESYS adds to it) -> Structured Text in its textual form.

ST bodies and declarations that the export has as text are taken over character by character; declarations
that it has as elements only are written out; LD, FBD and SFC bodies are translated and say so. What is found
in <addData> (methods, properties, interfaces, lists of globals, the objects of an application) counts as if
it stood in the project itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from commissioning.model.element import Element
from commissioning.model.problem import Place, Problem
from commissioning.plc.pieces import TRANSLATED, PieceWriter, SourcePiece
from commissioning.plc.plcopen.charts import ChartDrawing
from commissioning.plc.plcopen.instruction_list import InstructionList, Scope
from commissioning.plc.plcopen.interface import (
    SECTIONS,
    Unreadable,
    data_of,
    declare_interface,
    declare_section,
    declare_type,
    identifier,
    inheritance,
    modifiers,
    plain_text,
    type_text,
)
from commissioning.plc.plcopen.network import Network
from commissioning.plc.plcopen.operand_types import Members, members_of
from commissioning.plc.plcopen.several_outputs import types_of_outputs
from commissioning.plc.plcopen.tasks import configuration_piece
from commissioning.plc.plcopen.wires import PROGRAM

NAMESPACE = "http://www.plcopen.org/xml/tc6"
_WORDS = {"program": "PROGRAM", "function": "FUNCTION", "functionBlock": "FUNCTION_BLOCK"}
_TRANSLATED = ("LD", "FBD", "SFC", "CFC", "IL")
_OBJECTS = ("pou", "dataType", "union", "globalVars", "Interface")
Drawing = Network | ChartDrawing | InstructionList


def is_plcopen(root: Element) -> bool:
    if root.tag == "pou":  # an object in a file of its own
        return root.namespace.startswith(NAMESPACE)
    return root.tag == "project" and (root.namespace.startswith(NAMESPACE) or root.child("types") is not None)


def read_plcopen(root: Element, file: str) -> tuple[list[SourcePiece], list[Problem]]:
    """All objects of a project, one text each, and what cannot be read in it."""
    reading = _Reading(file, _types(root), members_of(_objects(root)))
    if not is_plcopen(root):
        place = Place(file, root.line, root.column)
        return [], [Problem(f"this is no PLCopen project (<{root.tag}>)", place, "Export it as PLCopen XML")]
    for element in _objects(root):
        try:
            reading.object(element)
        except Unreadable as error:
            reading.refuse(error)
    try:
        configured = configuration_piece(root, file)
    except Unreadable as error:
        reading.refuse(error)
    else:
        reading.pieces += [configured] if configured is not None else []
    return reading.pieces, reading.problems


def _objects(root: Element) -> Iterator[Element]:
    """What a project declares, wherever it stands; without what stands inside of that."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag in _OBJECTS and (element.get("name") or element.tag == "globalVars"):
            yield element
        elif element.tag not in ("fileHeader", "contentHeader", "ProjectStructure"):
            waiting.extend(reversed(list(element.children)))


def _types(root: Element) -> dict[str, str]:
    """The types of global variables and of what functions give, by name in upper case."""
    found: dict[str, str] = {}
    for element in _objects(root):
        if element.tag == "globalVars":
            found |= _variables(element)
        elif element.get("pouType") == "program":
            found |= types_of_outputs(element) | {element.get("name").upper(): PROGRAM}
        elif element.get("pouType") == "function":
            found |= types_of_outputs(element)
            result = element.at("interface", "returnType")
            if result is not None:
                found |= _typed(element.get("name"), result, element)
    return found


def _variables(section: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for variable in section.all("variable"):
        found |= _typed(variable.get("name"), variable.child("type"), variable)
    return found


def _typed(name: str, type_: Element | None, owner: Element) -> dict[str, str]:
    try:
        return {name.upper(): type_text(type_, owner)}
    except Unreadable:
        return {}  # it is told where it is declared


class _Reading:
    """One project on its way to pieces."""

    def __init__(self, file: str, types: dict[str, str], members: Members) -> None:
        self.file, self.types, self.members = file, types, members
        self.pieces: list[SourcePiece] = []
        self.problems: list[Problem] = []
        self.name = ""
        self._names: set[str] = set()

    def refuse(self, error: Unreadable, cure: str = "") -> None:
        place = Place(self.file, error.element.line, error.element.column, self.name)
        self.problems.append(Problem(error.what, place, cure))

    def object(self, element: Element) -> None:
        self.name = element.get("name")
        writer = self._writer(element)
        if element.tag == "pou":
            self._pou(writer, element)
        elif element.tag == "Interface":
            self._interface(writer, element)
        elif element.tag == "globalVars":
            self._globals(writer, element)
        elif (text := plain_text(element)) is not None:
            self._declaration(writer, text)
        else:
            declare_type(writer, element)
        self.pieces.append(writer.finished())

    def _writer(self, element: Element) -> PieceWriter:
        wanted = name = identifier(element, element.tag) if self.name else "globals"
        number = 1
        while name.upper() in self._names:
            number += 1
            name = f"{wanted}-{number}"
        self._names.add(name.upper())
        writer = PieceWriter(f"{self.file}/{name}.st", self.file)
        writer.object = self.name
        return writer

    # ---- kinds of objects ----------------------------------------------------------------------------

    def _pou(self, writer: PieceWriter, pou: Element) -> None:
        kind = pou.get("pouType")
        if kind not in _WORDS:
            raise Unreadable(f"{kind!r} is no type of POU", pou)
        word, interface, text = _WORDS[kind], pou.child("interface"), plain_text(pou)
        if text is not None:
            self._declaration(writer, text)
        else:
            result = interface.child("returnType") if interface is not None else None
            head = f" : {type_text(result, pou)}" if result is not None else inheritance(pou)
            writer.line(f"{word} {self.name}{head}", pou)
            declare_interface(writer, interface)
        drawn = self._drawn(pou, interface, kind == "function")
        self._hidden(writer, drawn)
        for drawing in drawn.values():
            if isinstance(drawing, ChartDrawing):
                drawing.declare(writer)
        actions = pou.child("actions")
        for action in actions.all("action") if actions is not None else ():
            name = identifier(action, "action")
            writer.object = f"{self.name}.{name}"
            writer.line(f"ACTION {name}:", action)
            self._bodies(writer, action, drawn)
            writer.line("END_ACTION", action)
        self._members(writer, pou)
        writer.object = self.name
        self._bodies(writer, pou, drawn)
        writer.line(f"END_{word}", pou)

    def _members(self, writer: PieceWriter, owner: Element) -> None:
        """Methods and properties, which CODESYS puts into <addData>."""
        for item in data_of(owner):
            for member in (item, *item.all("Method", "Property")):
                if member.tag == "Method":
                    self._method(writer, member)
                elif member.tag == "Property":
                    self._property(writer, member)

    def _method(self, writer: PieceWriter, method: Element) -> None:
        name = identifier(method, "method")
        writer.object = f"{self.name}.{name}"
        interface, text = method.child("interface"), plain_text(method)
        drawn = self._drawn(method, interface, True)
        if text is not None:
            self._declaration(writer, text)
        else:
            result = interface.child("returnType") if interface is not None else None
            kind = f" : {type_text(result, method)}" if result is not None else ""
            writer.line(f"METHOD {modifiers(method)}{name}{kind}", method)
            declare_interface(writer, interface)
        self._hidden(writer, drawn)
        self._bodies(writer, method, drawn)
        writer.line("END_METHOD", method)

    def _property(self, writer: PieceWriter, element: Element) -> None:
        name = identifier(element, "property")
        writer.object = f"{self.name}.{name}"
        text = plain_text(element)
        if text is not None:
            self._declaration(writer, text)
        else:
            result = element.at("interface", "returnType")
            writer.line(f"PROPERTY {modifiers(element)}{name} : {type_text(result, element)}", element)
        for tag, word in (("GetAccessor", "GET"), ("SetAccessor", "SET")):
            accessor = element.child(tag)
            if accessor is None:
                continue
            drawn = self._drawn(accessor, accessor.child("interface"), True)
            writer.line(word, accessor)
            own = plain_text(accessor)
            if own is not None:
                self._declaration(writer, own)
            else:
                declare_interface(writer, accessor.child("interface"))
            self._hidden(writer, drawn)
            self._bodies(writer, accessor, drawn)
            writer.line(f"END_{word}", accessor)
        writer.line("END_PROPERTY", element)

    def _interface(self, writer: PieceWriter, element: Element) -> None:
        writer.line(f"INTERFACE {self.name}{inheritance(element)}", element)
        for member in element.walk():
            if member.tag == "Method":
                self._method(writer, member)
            elif member.tag == "Property":
                self._property(writer, member)
        writer.object = self.name
        writer.line("END_INTERFACE", element)

    def _globals(self, writer: PieceWriter, element: Element) -> None:
        text = plain_text(element)
        if text is not None:
            self._declaration(writer, text)
            return
        # where blocks of one list differ in RETAIN or CONSTANT, only this addition of CODESYS tells which
        mixed = next((item for item in data_of(element) if item.tag == "MixedAttrsVarList"), None)
        for section in mixed.all("globalVars") if mixed is not None else (element,):
            declare_section(writer, section)

    # ---- bodies --------------------------------------------------------------------------------------

    def _declaration(self, writer: PieceWriter, text: Element) -> None:
        writer.fresh_line()
        writer.verbatim(text.runs())
        writer.fresh_line()

    def _drawn(self, owner: Element, interface: Element | None, stateless: bool) -> dict[int, Drawing]:
        """The drawn bodies of an object and its actions, translated; they share its variables."""
        types = {
            f"{owner}.{name}": kind for owner, pins in self.members.items() for name, kind in pins.items()
        }
        types |= self.types
        for section in interface.children if interface is not None else ():
            types |= _variables(section)
        drawn: dict[int, Drawing] = {}
        taken = set(types)
        for body in _drawings(owner):
            taken |= {"".join(run.text for run in e.runs()).strip().upper() for e in body.children}
            scope = Scope(types, self.members, _own_names(interface))
            if body.tag == "SFC":
                beside = _named(owner, "transition"), _named(owner, "action")
                taken |= beside[1].keys()
                drawn[id(body)] = ChartDrawing(body, scope, taken, *beside)
            elif body.tag == "IL":
                drawn[id(body)] = InstructionList(body, scope, taken)
            else:
                network = drawn[id(body)] = Network(body, types, taken, stateless)
                network.translate()
        return drawn

    def _hidden(self, writer: PieceWriter, drawn: dict[int, Drawing]) -> None:
        for network in drawn.values():
            if network.hidden:
                writer.line(f"VAR {TRANSLATED}", network.body)
                for name, kind, element in network.hidden:
                    writer.line(f"    {name} : {kind};", element)
                writer.line("END_VAR", network.body)

    def _bodies(self, writer: PieceWriter, owner: Element, drawn: dict[int, Drawing]) -> None:
        for body in owner.all("body"):
            for content in _contents(body):
                if content.tag == "ST":
                    writer.fresh_line()
                    writer.verbatim(content.runs())
                    writer.fresh_line()
                elif id(content) in drawn:
                    drawing = drawn[id(content)]
                    word = "written" if isinstance(drawing, InstructionList) else "drawn"
                    note = f"(* translated from {content.tag}, {word} from line {content.line} on *)"
                    writer.line(note, content)
                    if not isinstance(drawing, Network):
                        drawing.write(writer)
                    for text, element in drawing.statements if isinstance(drawing, Network) else ():
                        writer.line(text, element)
                    writer.translated.append(f"{writer.object} ({content.tag})")
                elif content.tag not in ("addData", "documentation"):
                    what = f"the body of {writer.object} is <{content.tag}>, which is not known here"
                    self.refuse(Unreadable(what, content), "Write it in ST, IL, LD, FBD or SFC")


def _drawings(owner: Element) -> Iterator[Element]:
    """What is translated in the bodies of an object and of its actions."""
    actions = owner.child("actions")
    for holder in (owner, *(actions.all("action") if actions is not None else ())):
        for body in holder.all("body"):
            yield from (content for content in _contents(body) if content.tag in _TRANSLATED)


def _contents(body: Element) -> Iterator[Element]:
    """What a body is made of: where CODESYS adds a function chart (CFC), that, and not the empty text beside
    it, which stands for what cannot be said in PLCopen XML."""
    added = [item for item in data_of(body) if item.tag == "CFC"]
    yield from added or body.children


def _named(owner: Element, tag: str) -> dict[str, Element]:
    """The actions or transitions that a POU has beside its body, by upper-case name."""
    holder = owner.child(f"{tag}s")
    return {item.get("name").upper(): item for item in holder.all(tag)} if holder is not None else {}


def _own_names(interface: Element | None) -> set[str]:
    """The variables of a POU that lie in no place that anything else has, in upper case."""
    found: set[str] = set()
    for section in interface.children if interface is not None else ():
        if section.tag in SECTIONS and section.tag not in ("inOutVars", "externalVars", "globalVars"):
            found |= {v.get("name").upper() for v in section.all("variable") if not v.get("address")}
    return found
