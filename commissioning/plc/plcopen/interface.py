"""PLCopen XML (TC6 v2.01): types, initial values and interface sections -> declarations in text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commissioning.model.element import Element
from commissioning.plc.pieces import IDENTIFIER, PieceWriter

SECTIONS = {
    "inputVars": "VAR_INPUT", "outputVars": "VAR_OUTPUT", "inOutVars": "VAR_IN_OUT", "localVars": "VAR",
    "tempVars": "VAR_TEMP", "externalVars": "VAR_EXTERNAL", "globalVars": "VAR_GLOBAL",
}  # fmt: skip
_QUALIFIERS = ("constant", "retain", "nonretain", "persistent")
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_PLAIN_TEXT = "InterfaceAsPlainText"


class Unreadable(Exception):
    """`args`: what is wrong and the element where."""

    def __init__(self, what: str, element: Element) -> None:
        super().__init__(what, element)
        self.what, self.element = what, element


def identifier(element: Element, kind: str, attribute: str = "name") -> str:
    """The name an element gives itself. Raises Unreadable where it is none in the language."""
    name = element.get(attribute)
    if not IDENTIFIER.match(name):
        raise Unreadable(f"{name!r} is no name of a {kind}", element)
    return name


def data_of(element: Element) -> Iterator[Element]:
    """What makers of tools have added to it: the contents of <addData><data>."""
    for added in element.all("addData"):
        for data in added.all("data"):
            yield from data.children


def plain_text(element: Element) -> Element | None:
    """The declaration as the programmer wrote it, where the export has it (CODESYS and Bachmann add it)."""
    interface = element.child("interface")
    own = element.child(_PLAIN_TEXT)
    if own is not None:
        return own
    for holder in (element, interface):
        for item in data_of(holder) if holder is not None else ():
            if item.tag == _PLAIN_TEXT:
                return item
            if item.tag == "textDeclaration" and item.child("content") is not None:
                return item.child("content")
    return None


def type_text(element: Element | None, parent: Element, depth: int = 0) -> str:
    """The type inside <type>, <baseType> or <returnType>, as it is written in a declaration."""
    inner = next(element.children, None) if element is not None else None
    if inner is None:
        raise Unreadable("a type is missing here", element or parent)
    if depth > 20:
        raise Unreadable("types are nested more than 20 deep", inner)
    tag = inner.tag
    if tag == "derived":
        name = inner.get("name")
        if not _NAMES.match(name):
            raise Unreadable(f"{name!r} is no name of a type", inner)
        return name
    if tag in ("string", "wstring", "STRING", "WSTRING"):
        length = inner.get("length")
        return tag.upper() + (f"({length})" if length else "")
    if tag == "array":
        bounds = ", ".join(f"{d.get('lower')}..{d.get('upper')}" for d in inner.all("dimension"))
        return f"ARRAY[{bounds}] OF {type_text(inner.child('baseType'), inner, depth + 1)}"
    if tag in ("subrangeSigned", "subrangeUnsigned"):
        limits = inner.child("range")
        if limits is None:
            raise Unreadable("a subrange has no range", inner)
        base = type_text(inner.child("baseType"), inner, depth + 1)
        return f"{base}({limits.get('lower')}..{limits.get('upper')})"
    if tag == "pointer":
        return f"POINTER TO {type_text(inner.child('baseType'), inner, depth + 1)}"
    if tag == "reference":
        return f"REFERENCE TO {type_text(inner.child('baseType'), inner, depth + 1)}"
    if tag == "enum":
        return enum_text(inner)
    if tag in ("struct", "union"):
        raise Unreadable(f"a {tag} without a name", inner)
    if not IDENTIFIER.match(tag):
        raise Unreadable(f"<{tag}> is no type", inner)
    return tag.upper()  # <BOOL/> and its like


def enum_text(element: Element) -> str:
    """(A, B := 5) and what it is made of."""
    values = []
    holder = element.child("values") or element
    for value in holder.all("value"):
        number = value.get("value")
        values.append(identifier(value, "value") + (f" := {number}" if number else ""))
    base = element.child("baseType")
    return f"({', '.join(values)})" + (f" {type_text(base, element)}" if base is not None else "")


def initial_text(element: Element | None, depth: int = 0) -> str:
    """The value inside <initialValue> or <value>: simple, of an array or of a structure."""
    inner = next(element.children, None) if element is not None else None
    if inner is None:
        return ""
    if depth > 20:
        raise Unreadable("initial values are nested more than 20 deep", inner)
    if inner.tag == "simpleValue":
        return inner.get("value")
    parts = []
    for value in inner.all("value"):
        text = initial_text(value, depth + 1)
        if inner.tag == "structValue":
            text = f"{identifier(value, 'member', 'member')} := {text}"
        elif value.get("repetitionValue", "1") != "1":
            text = f"{value.get('repetitionValue')}({text})"
        parts.append(text)
    if inner.tag not in ("arrayValue", "structValue"):
        raise Unreadable(f"<{inner.tag}> is no initial value", inner)
    return ("[{}]" if inner.tag == "arrayValue" else "({})").format(", ".join(parts))


def declare_variable(writer: PieceWriter, variable: Element) -> None:
    """One line: name, address, type, initial value, and what is written about it."""
    name = identifier(variable, "variable")
    address = variable.get("address")
    text = f"    {name}{f' AT {address}' if address else ''} : {type_text(variable.child('type'), variable)}"
    initial = initial_text(variable.child("initialValue"))
    text += f" := {initial};" if initial else ";"
    about = variable.child("documentation")
    words = " ".join("".join(run.text for run in about.runs()).split()) if about is not None else ""
    if words:
        text += f" (* {words.replace('*)', '* )').replace('(*', '( *')} *)"
    writer.line(text, variable)


def declare_section(writer: PieceWriter, section: Element) -> None:
    """VAR_INPUT ... END_VAR; a list of variables without any is left out."""
    qualifiers = [word.upper() for word in _QUALIFIERS if section.get(word) in ("true", "1")]
    qualifiers = ["NON_RETAIN" if word == "NONRETAIN" else word for word in qualifiers]
    variables = list(section.all("variable"))
    if not variables:
        return
    writer.line(" ".join([SECTIONS[section.tag], *qualifiers]), section)
    for variable in variables:
        declare_variable(writer, variable)
    writer.line("END_VAR", section)


def declare_interface(writer: PieceWriter, interface: Element | None) -> None:
    """All sections of an interface, in the order of the file."""
    for section in interface.children if interface is not None else ():
        if section.tag in SECTIONS:
            declare_section(writer, section)


def declare_type(writer: PieceWriter, element: Element) -> None:
    """TYPE name : ... END_TYPE of a <dataType> or a CODESYS <union>."""
    name = identifier(element, "data type")
    base = element.child("baseType")
    inner = next(base.children, None) if base is not None else None
    if element.tag == "union":
        inner = element
    if inner is not None and inner.tag in ("struct", "union"):
        writer.line(f"TYPE {name}{_extended(element)} :\n{inner.tag.upper()}", element)
        for variable in inner.all("variable"):
            declare_variable(writer, variable)
        writer.line(f"END_{inner.tag.upper()}\nEND_TYPE", inner)
        return
    initial = initial_text(element.child("initialValue"))
    text = type_text(base, element) + (f" := {initial}" if initial else "")
    writer.line(f"TYPE {name} : {text};\nEND_TYPE", element)


def _extended(element: Element) -> str:
    for item in data_of(element):
        for word in item.walk() if item.tag in ("Inheritance", "StructExtension") else ():
            if word.tag == "Extends":
                base = word.text.strip()
                return f" EXTENDS {base}" if _NAMES.match(base) else ""
    return ""


def inheritance(element: Element) -> str:
    """EXTENDS a IMPLEMENTS b, c  as CODESYS adds it to a function block or an interface."""
    extends: list[str] = []
    implements: list[str] = []
    for item in data_of(element):
        if item.tag != "Inheritance":
            continue
        for word in item.children:
            name = word.text.strip()
            if _NAMES.match(name) and word.tag in ("Extends", "Implements"):
                (extends if word.tag == "Extends" else implements).append(name)
    text = f" EXTENDS {', '.join(extends)}" if extends else ""
    return text + (f" IMPLEMENTS {', '.join(implements)}" if implements else "")


def modifiers(element: Element) -> str:
    """PRIVATE, ABSTRACT and so on, with a blank behind, as CODESYS adds them to a method or property."""
    words = []
    for item in (*data_of(element), *data_of(element.child("interface") or element)):
        if item.tag == "AccessModifiers":
            words += [key.upper() for key, value in item.attributes.items() if value.lower() == "true"]
    known = ("PUBLIC", "PRIVATE", "PROTECTED", "INTERNAL", "ABSTRACT", "FINAL")
    return "".join(f"{word} " for word in known if word in words)
