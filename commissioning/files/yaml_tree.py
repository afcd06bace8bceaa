"""Strict YAML 1.2 text -> plain tree and the place of every value in it.

Only the parser's events are used: nothing is ever constructed from a tag, aliases are refused instead of
followed, and the depth is bounded, so that a hostile file costs its length and no more. Scalars resolve by
the core schema of YAML 1.2: `on`, `yes` and `12:30` are text, `0o14` is 12.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner

Path = tuple[str | int, ...]
MAX_DEPTH: Final = 50
MAX_INTEGER: Final = 2**64  # larger than any tag can hold

_INTEGER = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]+\Z", re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z", re.ASCII)
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value and its key stand: character ranges for edits, 1-based line and column for people."""

    start: int
    end: int
    line: int
    column: int
    style: str  # "plain", "quoted", "literal", "empty", "flow", "block"
    key_start: int = -1
    key_end: int = -1
    key_line: int = 0
    key_column: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem of the text itself, 1-based."""

    what: str
    cure: str
    line: int
    column: int
    path: Path = ()


@dataclass(slots=True)
class Composed:
    """`tree` is None when the text is empty or no YAML; `faults` says which."""

    tree: Any = None
    spans: dict[Path, Span] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class _Scanner(Scanner):
    """Tabs may separate what stands in a line (before a comment, after a colon), as YAML 1.2 says and the
    base class does not; they may never indent, so no mapping or sequence can begin behind one."""

    def scan_to_next_token(self) -> None:
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        while True:
            while reader.peek() in " \t":
                if reader.peek() == "\t" and not self.flow_level:
                    self.allow_simple_key = False
                reader.forward()
            if reader.peek() == "#":
                while reader.peek() not in "\r\n\0\x85\u2028\u2029":
                    reader.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True


class _BadScalarError(ValueError):
    """A plain scalar that is no value here."""


def resolve(text: str) -> bool | int | float | str | None:
    """A plain scalar by the core schema. Raises ValueError for numbers that nothing can hold."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) or _OCTAL.match(text) or _HEXADECIMAL.match(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        # the length first: int() refuses more than 4300 digits by an error of its own
        value = int(text[2:] if base != 10 else text, base) if len(text) <= 40 else MAX_INTEGER
        if abs(value) >= MAX_INTEGER:
            raise _BadScalarError("that whole number is larger than anything can hold")
        return value
    if _FLOAT.match(text):
        number = float(text)
        if not math.isfinite(number):
            raise _BadScalarError("that number is larger than anything can hold")
        return number
    if _NOT_FINITE.match(text):
        raise _BadScalarError(f"{text} is not a number that a scene can use")
    return text


@dataclass(slots=True)
class _Frame:
    """An open mapping or sequence."""

    value: dict[str, Any] | list[Any]
    path: Path
    start: int
    line: int
    column: int
    flow: bool
    skipped: bool
    key: str | None = None
    key_event: NodeEvent | None = None
    key_skipped: bool = False
    last_end: int = 0


class _Composer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.result = Composed()
        self.stack: list[_Frame] = []
        self.done = False

    def run(self) -> Composed:
        parser = YAML(typ="safe", pure=True)
        parser.Scanner = _Scanner
        try:
            for event in parser.parse(self.text):
                if not self._take(event):
                    self.result.tree = None
                    break
        except MarkedYAMLError as error:
            self._syntax(error)
        except ReaderError as error:
            line, column = position(self.text, error.position)
            code = error.character if isinstance(error.character, int) else ord(error.character)
            self._fatal(f"the character U+{code:04X} is not allowed in YAML", "Remove it", line, column)
        except (YAMLError, ValueError, OverflowError, IndexError, TypeError, AttributeError) as error:
            # the parser itself stumbles over some malformed input, like "\UFFFFFFFF"
            line, column = position(self.text, self.stack[-1].start) if self.stack else (1, 1)
            self._fatal(f"this is no YAML ({type(error).__name__}: {error})", "Correct it", line, column)
        return self.result

    def _syntax(self, error: MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        reason = " ".join(str(part) for part in (error.context, error.problem) if part)
        rows = self.text.splitlines()
        row = rows[line - 1] if line <= len(rows) else ""
        tabs = "\t" in row[: len(row) - len(row.lstrip())]
        cure = "Indent by spaces, not by tabs" if tabs else "Correct the indentation, quotes or brackets here"
        self._fatal(f"this is no YAML: {reason}", cure, line, column)

    def _fatal(self, what: str, cure: str, line: int, column: int) -> None:
        path = self.stack[-1].path if self.stack else ()
        self.result.faults.append(Fault(what, cure, line, column, path))
        self.result.tree = None

    def _fault(self, event: Any, what: str, cure: str, path: Path) -> None:
        mark = event.start_mark
        self.result.faults.append(Fault(what, cure, mark.line + 1, mark.column + 1, path))

    def _take(self, event: Any) -> bool:
        """One event; False stops (the rest of the text cannot be trusted)."""
        if isinstance(event, DocumentStartEvent):
            return self._document(event)
        if isinstance(event, NodeEvent):
            self._refuse_specials(event)
        if isinstance(event, AliasEvent):
            if self._expects_key():
                frame = self.stack[-1]
                frame.key, frame.key_event, frame.key_skipped = f"*{event.anchor}", event, True
            else:
                self._scalar_value(event, None, "plain")
        elif isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            return self._open(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close(event)
        return True

    def _document(self, event: DocumentStartEvent) -> bool:
        if self.done:
            self._fault(event, "a scene is one YAML document, here is a second", "Remove the line ---", ())
            return False
        self.done = True
        version = event.version
        if version is not None and tuple(version) != (1, 2):
            self._fault(event, "a scene is YAML 1.2", "Remove the line %YAML", ())
            return False
        return True

    def _refuse_specials(self, event: Any) -> None:
        path = self._path()
        if isinstance(event, AliasEvent):
            cure = "Write the values out"
            self._fault(event, f"a scene has no aliases, here is *{event.anchor}", cure, path)
            return
        if event.anchor:
            self._fault(event, f"a scene has no anchors, here is &{event.anchor}", "Remove it", path)
        if event.tag:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._fault(event, f"a scene has no YAML tags, here is {tag}", "Remove it", path)

    def _path(self) -> Path:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            return (*frame.path, len(frame.value))
        return (*frame.path, frame.key) if frame.key is not None else frame.path

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _scalar(self, event: ScalarEvent) -> None:
        if self._expects_key():
            self._key(event)
            return
        text = str(event.value)
        if event.style in ("'", '"'):
            self._scalar_value(event, self._text(event, text), "quoted")
        elif event.style in ("|", ">"):
            self._scalar_value(event, self._text(event, text), "literal")
        else:
            value: Any = None
            try:
                value = resolve(text)
            except _BadScalarError as error:
                self._fault(event, str(error), "Write a smaller number, or text in quotes", self._path())
            style = "empty" if not text else "plain"
            self._scalar_value(event, self._text(event, value) if isinstance(value, str) else value, style)

    def _text(self, event: Any, text: str) -> str:
        if any("\ud800" <= character <= "\udfff" for character in text):
            what = "half a character (a lone surrogate) is no text"
            self._fault(event, what, "Write the character itself", self._path())
            return text.encode("utf-8", "replace").decode("utf-8")
        return text

    def _key(self, event: ScalarEvent) -> None:
        frame = self.stack[-1]
        assert isinstance(frame.value, dict)
        frame.key, frame.key_event = self._text(event, str(event.value)), event
        frame.key_skipped = frame.skipped
        if frame.key == "" or (event.style is None and frame.key in ("~", "null")):
            self._fault(event, "here is a value without a name", "Write a name before the colon", frame.path)
            frame.key_skipped = True
        elif frame.key in frame.value:
            first = self.result.spans.get((*frame.path, frame.key))
            where = f", first in line {first.key_line}" if first else ""
            cure = "Remove or rename one of them"
            self._fault(event, f"{frame.key!r} is here twice{where}", cure, (*frame.path, frame.key))
            frame.key_skipped = True

    def _scalar_value(self, event: Any, value: Any, style: str) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        frame = self.stack[-1] if self.stack else None
        if style == "empty" and frame is not None:
            # the parser puts an empty value at the next token, which can be lines away
            sign = ":" if isinstance(frame.value, dict) else "-"
            after = frame.key_event.end_mark.index if frame.key_event is not None else 0
            found = self.text.find(sign, after, start) if sign == ":" else self.text.rfind(sign, 0, start)
            start = end = found + 1 if found >= 0 else start
            line, column = position(self.text, start)
        self._store(value, Span(start, end, line, column, style))

    def _store(self, value: Any, span: Span) -> None:
        if not self.stack:
            self.result.tree = value
            self.result.spans[()] = span
            return
        frame = self.stack[-1]
        frame.last_end = span.end
        path = self._path()
        if isinstance(frame.value, list):
            frame.value.append(value)
            if not frame.skipped:
                self.result.spans[path] = span
            return
        event, key = frame.key_event, frame.key
        assert event is not None and key is not None
        if not frame.key_skipped:
            frame.value[key] = value
            mark = event.start_mark
            self.result.spans[path] = Span(
                span.start, span.end, span.line, span.column, span.style,
                mark.index, event.end_mark.index, mark.line + 1, mark.column + 1,
            )  # fmt: skip
        frame.key = frame.key_event = None

    def _open(self, event: Any) -> bool:
        if self._expects_key():
            what = "a name must be text, not a list or mapping"
            self._fault(event, what, "Write a word before the colon", self.stack[-1].path)
            return False
        if len(self.stack) >= MAX_DEPTH:
            self._fault(event, f"this is nested more than {MAX_DEPTH} deep", "Write it flatter", ())
            return False
        above = self.stack[-1] if self.stack else None
        skipped = above is not None and (above.skipped or (above.key is not None and above.key_skipped))
        mark = event.start_mark
        value: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        start = mark.index
        if event.tag or event.anchor:
            start = event.end_mark.index
        self.stack.append(
            _Frame(
                value, self._path(), start, mark.line + 1, mark.column + 1, bool(event.flow_style), skipped
            )
        )
        return True

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        # the end of a block is where the next token starts; what belongs to it ends with its last value
        end = event.end_mark.index if frame.flow else max(frame.last_end, frame.start)
        style = "flow" if frame.flow else "block"
        self._store(frame.value, Span(frame.start, end, frame.line, frame.column, style))


def compose(text: str) -> Composed:
    """The tree of one YAML 1.2 document, spans and faults. Never raises for any text."""
    return _Composer(text).run()


def position(text: str, index: int) -> tuple[int, int]:
    """1-based line and column of a character index."""
    before = text[: max(0, index)]
    lines = re.split(r"\r\n|[\r\n\u0085\u2028\u2029]", before)
    return len(lines), len(lines[-1]) + 1
