"""The one reader of XML: foreign files, so no DTD, no entities, nothing external, and limits on everything.

The parser is the standard library's expat with every handler of a declaration refusing. What a DOCTYPE can
do (entities that grow, files and addresses that are fetched) needs one, so it ends the reading. The text is
decoded here and handed over as UTF-8, so that places count characters, whatever the file's encoding.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn
from xml.parsers import expat

from commissioning.model.element import Element, TextRun
from commissioning.model.problem import Place, Problem, Problems

MAX_BYTES: Final = 16 << 20
MAX_DEPTH: Final = 200
MAX_ELEMENTS: Final = 400_000
MAX_ATTRIBUTES: Final = 200
_LONG_RUN: Final = 1000  # longer ones are not joined: that would be quadratic in the length of a line

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE: Final = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "iso-8859-1": "latin-1", "latin1": "latin-1", "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252", "cp1252": "cp1252",
}  # fmt: skip
_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_xml(content: bytes, file: str) -> Element:
    """The root element of `content`; `file` is what Problems name.

    Raises Problems: larger, deeper or of more elements than the limits, an encoding that the bytes do not
    keep to, a DOCTYPE, anything that is not well-formed, each with line and column.
    """
    if len(content) > MAX_BYTES:
        raise Problems(Problem(f"the file is larger than {MAX_BYTES >> 20} MiB", Place(file)))
    text = _decoded(content, file)
    return _Reading(file).read(text)


def _decoded(content: bytes, file: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decode(content[len(mark) :], encoding, file)
    for start, encoding in _BARE:
        if content.startswith(start):
            return _decode(content, encoding, file)
    declared = _DECLARED.match(content[:400])
    name = declared.group(1).decode().lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        what = f"the file says that its encoding is {name}, "
        what += (
            "which it is not" if name.startswith(("utf-16", "utf-32", "ucs")) else "which is not known here"
        )
        raise Problems(Problem(what, Place(file, 1, 1), "Save it as UTF-8"))
    return _decode(content, _ENCODINGS[name], file)


def _decode(content: bytes, encoding: str, file: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        what = f"the byte 0x{content[error.start]:02X} is no {encoding.upper()}"
        cure = "Save the file as UTF-8, or correct the encoding that its first line declares"
        raise Problems(Problem(what, _end_of(before, file), cure)) from error
    wrong = _NOT_XML.search(text)
    if wrong is not None:
        what = f"the character U+{ord(wrong.group()):04X} may not stand in an XML file"
        raise Problems(Problem(what, _end_of(text[: wrong.start()], file), "Remove it"))
    return text


def _end_of(text: str, file: str) -> Place:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Place(file, len(lines), len(lines[-1]) + 1)


@dataclass(frozen=True)
class _Refused(Exception):
    what: str
    cure: str = ""


class _Reading:
    """One pass over one file; builds the elements as the parser meets them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Element | None = None
        self.open: list[Element] = []
        self.elements = 0
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser = self.parser
        parser.buffer_text = False  # a chunk for each line: its place is that of its first character
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.UnparsedEntityDeclHandler = self._doctype
        parser.ExternalEntityRefHandler = self._doctype
        parser.SkippedEntityHandler = self._doctype

    def read(self, text: str) -> Element:
        try:
            self.parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            place = Place(self.file, error.lineno, error.offset + 1)
            raise Problems(Problem(self._explained(error), place)) from error
        except _Refused as error:
            line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
            raise Problems(Problem(error.what, Place(self.file, line, column), error.cure)) from error
        assert self.root is not None  # expat: "no element found"
        return self.root

    def _explained(self, error: expat.ExpatError) -> str:
        what = f"this is no well-formed XML: {expat.ErrorString(error.code)}"
        if self.open and error.code in _CUT_OFF:
            last = self.open[-1]
            what += f"; <{last.tag}> of line {last.line} is not closed, the file may be cut off"
        return what

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise _Refused(f"the file has more than {MAX_ELEMENTS} elements")
        if len(self.open) >= MAX_DEPTH:
            raise _Refused(f"elements are nested more than {MAX_DEPTH} deep")
        if len(attributes) > MAX_ATTRIBUTES:
            raise _Refused(f"an element has more than {MAX_ATTRIBUTES} attributes")
        namespace, _, tag = name.rpartition(" ")
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        parser = self.parser
        element = Element(tag, namespace, local, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        if self.open:
            self.open[-1].content.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, name: str) -> None:
        self.open.pop()

    def _characters(self, text: str) -> None:
        content = self.open[-1].content
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        last = content[-1] if content else None
        if (
            isinstance(last, TextRun)
            and last.line == line
            and last.column + len(last.text) == column
            and len(last.text) < _LONG_RUN
        ):
            text, column = last.text + text, last.column
            content.pop()
        content.append(TextRun(text, line, column))

    def _doctype(self, *_: object) -> NoReturn:
        raise _Refused(
            "the file has a DOCTYPE or an entity of its own, which is refused",
            "Remove them: the formats that are read here need neither",
        )


_CUT_OFF: Final = tuple(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
