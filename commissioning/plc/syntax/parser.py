"""Text -> syntax tree. Syntax errors become Problems; after one, the next POU is read all the same."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any

from lark import Lark, Token, UnexpectedInput, UnexpectedToken

from commissioning.model.problem import Place, Problem
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.attributes import attributes_of
from commissioning.plc.syntax.builder import Builder
from commissioning.plc.syntax.comments import marked, without_nesting
from commissioning.plc.syntax.conditional import decided
from commissioning.plc.syntax.message_pragmas import errors_said
from commissioning.plc.syntax.rules import TooDeep
from commissioning.plc.syntax.slips import foreign_sign, strange_character

KEYWORDS = (
    "PROGRAM", "END_PROGRAM", "FUNCTION_BLOCK", "END_FUNCTION_BLOCK", "FUNCTION", "END_FUNCTION", "VAR",
    "VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT", "VAR_EXTERNAL", "VAR_TEMP", "VAR_STAT", "VAR_INST", "VAR_GLOBAL",
    "VAR_GENERIC",
    "VAR_CONFIG", "VAR_ACCESS", "READ_ONLY", "READ_WRITE", "END_VAR",
    "CONSTANT", "RETAIN", "NON_RETAIN", "PERSISTENT", "AT", "CONFIGURATION", "END_CONFIGURATION",
    "RESOURCE", "END_RESOURCE", "ON", "TASK", "WITH", "IF", "THEN", "ELSIF", "ELSEIF", "ELSE", "END_IF",
    "CASE", "OF", "END_CASE", "FOR", "TO", "BY", "DO", "END_FOR", "WHILE", "END_WHILE", "REPEAT",
    "UNTIL", "END_REPEAT", "EXIT", "CONTINUE", "RETURN", "AND", "AND_THEN", "OR", "OR_ELSE", "XOR",
    "NOT", "MOD", "TRUE", "FALSE", "TYPE", "END_TYPE", "STRUCT", "END_STRUCT", "UNION", "END_UNION", "ARRAY",
    "END_TEST",
    "METHOD", "END_METHOD", "PROPERTY", "END_PROPERTY", "GET", "END_GET", "SET", "END_SET", "ACTION",
    "END_ACTION", "INTERFACE", "END_INTERFACE", "CLASS", "END_CLASS", "NAMESPACE", "END_NAMESPACE", "USING",
    "EXTENDS", "IMPLEMENTS", "THIS", "SUPER", "POINTER", "REFERENCE", "REF_TO",
    "END_STEP", "END_TRANSITION", "FROM", "PRIORITY",
)  # fmt: skip
# names elsewhere: keywords only where the grammar asks for one
_SOFT = (
    "ON", "WITH", "TASK", "RESOURCE", "GET", "SET", "USING", "REFERENCE", "FROM", "PRIORITY", "CONFIGURATION",
    "NAMESPACE", "CLASS", "READ_ONLY", "READ_WRITE", "ACTION",
)  # fmt: skip
_HIDDEN = ("__TRY", "__CATCH", "__FINALLY", "__ENDTRY")  # their terminals have other names
_CLOSERS = {
    "IF": "END_IF", "CASE": "END_CASE", "FOR": "END_FOR", "WHILE": "END_WHILE", "REPEAT": "END_REPEAT",
    "VAR": "END_VAR", "VAR_INPUT": "END_VAR", "VAR_OUTPUT": "END_VAR", "VAR_IN_OUT": "END_VAR",
    "VAR_EXTERNAL": "END_VAR", "VAR_TEMP": "END_VAR", "VAR_STAT": "END_VAR", "VAR_INST": "END_VAR",
    "VAR_GLOBAL": "END_VAR", "VAR_CONFIG": "END_VAR",
    "VAR_GENERIC": "END_VAR", "VAR_ACCESS": "END_VAR", "PROGRAM": "END_PROGRAM",
    "FUNCTION_BLOCK": "END_FUNCTION_BLOCK", "FUNCTION": "END_FUNCTION", "CONFIGURATION": "END_CONFIGURATION",
    "RESOURCE": "END_RESOURCE", "TYPE": "END_TYPE", "STRUCT": "END_STRUCT", "UNION": "END_UNION",
    "METHOD": "END_METHOD", "PROPERTY": "END_PROPERTY", "GET": "END_GET",
    "SET": "END_SET", "ACTION": "END_ACTION", "INTERFACE": "END_INTERFACE", "CLASS": "END_CLASS",
    "NAMESPACE": "END_NAMESPACE", "TEST": "END_TEST", "STEP": "END_STEP", "INITIAL_STEP": "END_STEP",
    "TRANSITION": "END_TRANSITION", "TRY": "END_TRY", "CATCH": "END_TRY",
}  # fmt: skip
_UNITS = (
    "PROGRAM", "FUNCTION_BLOCK", "FUNCTION", "CONFIGURATION", "TYPE", "METHOD", "PROPERTY", "GET", "SET",
    "ACTION", "INTERFACE", "CLASS", "NAMESPACE", "TEST",
)  # fmt: skip
_SPELLING = {
    "ASSIGN": "':='", "SEMICOLON": "';'", "COLON": "':'", "LPAR": "'('", "RPAR": "')'", "NAME": "a name",
    "DOT": "'.'", "COMMA": "','", "LSQB": "'['", "RSQB": "']'", "ARROW": "'=>'", "__ANON_0": "'..'",
    "TRY": "__TRY", "CATCH": "__CATCH", "FINALLY": "__FINALLY", "END_TRY": "__ENDTRY",
    "MODIFIER": "PUBLIC", "ACCESS": "PUBLIC", "INTEGER_LITERAL": "a whole number", "ADDRESS": "an address",
    "STRING_LITERAL": "a text in quotes", "CARET": "'^'", "EDGE": "R_EDGE", "PART": "%X0",
}  # fmt: skip
_UNIT = re.compile(
    r"^[ \t]*(?:(?:END_)?(?:PROGRAM|FUNCTION_BLOCK|FUNCTION|CONFIGURATION|TYPE|INTERFACE|CLASS"
    r"|VAR_GLOBAL|VAR_CONFIG|VAR_ACCESS)|END_TEST|TEST(?=[ \t]*'))"
    r"(?![A-Za-z0-9_])",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[A-Za-z0-9_#]+|.", re.DOTALL)
_BEFORE = re.compile(r"([A-Za-z0-9_#%.]+|[:<>]=|=>|<>|\*\*|\S)\s*\Z")
_NAMED = re.compile(r"\s*(?:AT\s+%[\w.*]+\s*)?[:,]", re.IGNORECASE)  # behind what is declared or assigned
_CLOSING = {*_CLOSERS.values(), "ELSE", "ELSIF", "UNTIL", "PROGRAM", "FUNCTION", "FUNCTION_BLOCK"}
# what has no end matches too, to the end of line or text, or the search would be quadratic in hostile input
_TRIVIA = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'?|\"(?:\$[\s\S]|[^\"$\r\n])*\"?|\(\*[\s\S]*?(?:\*\)|\Z)|/\*[\s\S]*?(?:\*/|\Z)|//[^\r\n]*"
)
MAX_CHARACTERS = 8_000_000
MAX_SYNTAX_PROBLEMS = 20
MOST_LONG_TEXTS = 20  # of one file that go over several lines: each is read twice


_tables = ""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    text = resources.files(__package__).joinpath("grammar.lark").read_text("utf-8")
    reserved = [*(word for word in KEYWORDS if word not in _SOFT), *_HIDDEN]
    words = "|".join(sorted(reserved, key=len, reverse=True))
    # GET and SET may also be names, of methods; a comment is no bracket
    ends = dict.fromkeys(("GET", "SET"), r"(?!\s*(?:[:;.,=)\[\^]|\((?!\*)))")
    # two names in a row begin no statement
    ends |= dict.fromkeys(("CONFIGURATION", "NAMESPACE", "CLASS", "ACTION", "USING"), r"(?=\s+[A-Z_])")
    terminals = "\n".join(rf"{word}.9: /{word}(?![A-Za-z0-9_]){ends.get(word, '')}/i" for word in KEYWORDS)
    grammar = text.replace("%RESERVED%", words) + "\n" + terminals + "\n"
    return Lark(
        grammar, parser="lalr", transformer=Builder(), maybe_placeholders=True, cache=_tables or False
    )


def keep_tables(file: str) -> None:
    """Keeps the tables of the parser in a file that only the user can write, from the first parse on: making
    them takes ten times as long as reading them. "": nowhere."""
    global _tables
    _tables = file


def parse_source(
    text: str, file: str, program: Iterable[str] = (), open_ends: list[Problem] | None = None
) -> tuple[units.Source, list[Problem]]:  # fmt: skip
    """The units of one file that could be read, and a Problem for each that could not.

    `program`: the texts of all its files, which conditions in pragmas ask about. `open_ends`: given, the end
    of the file ends what is open there, and gets a word about it.
    """
    problems: list[Problem] = []
    if len(text) > MAX_CHARACTERS:
        return units.Source(file, ()), [
            Problem(f"the program is longer than {MAX_CHARACTERS} characters", Place(file))
        ]
    text, undecided = decided(text, file, program)
    problems += undecided
    problems += errors_said(text, file)
    text = without_nesting(text)
    comments = _comments(text)
    found: tuple[units.Unit, ...] = ()
    long_texts = 0
    while True:
        try:
            found = _parse(text)
            break
        except UnexpectedInput as error:
            longer = marked(text, error.pos_in_stream or 0, _parse) if long_texts < MOST_LONG_TEXTS else None
            if longer is not None:
                text, long_texts = longer, long_texts + 1
                continue
            ended = _ended(error) if open_ends is not None else None
            if ended is not None and open_ends is not None:
                what = f"the {ended.type} of line {ended.line} has no {_CLOSERS[ended.type]}"
                open_ends.append(
                    Problem(what, Place(file, *_end_of(text)), "The file ends it", severity="warning")
                )
                text = f"{text}\n{_CLOSERS[ended.type]}\n"
                continue
            problem, position = _explain(error, text, file)
        except TooDeep as error:
            problem = Problem(error.what, Place(file, *error.at), "Split it with a variable or a function")
            position = _offset(text, error.at)
        problems.append(problem)
        rest = _without_unit(text, position)
        if rest is None or len(problems) >= MAX_SYNTAX_PROBLEMS:
            break
        text = rest
    using = tuple(unit for unit in found if isinstance(unit, units.Using))
    found = tuple(unit for unit in found if not isinstance(unit, units.Using))
    return units.Source(file, found, comments, attributes_of(text, found), using), problems


def _parse(text: str) -> tuple[units.Unit, ...]:
    result: Any = _parser().parse(text)
    found: tuple[units.Unit, ...] = result
    return found


def _comments(text: str) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = {}
    line, start_of_line, position = 1, 0, 0
    for match in _TRIVIA.finditer(text):
        passed = text.count("\n", position, match.start())
        if passed:
            line += passed
            start_of_line = text.rindex("\n", position, match.start()) + 1
        position = match.start()
        word = match.group()
        if word[0] not in "'\"":
            words = word[2:] if word.startswith("//") else word[2:-2]
            found.setdefault(line, []).append((position - start_of_line + 1, " ".join(words.split())))
    return found


def _without_unit(text: str, position: int) -> str | None:
    """`text` with the unit around `position` blanked (lines kept), or None where there is none to blank."""
    marks = [
        match for match in _UNIT.finditer(text) if not match.group().strip().upper().startswith("END_VAR")
    ]
    starts = [m for m in marks if m.start() <= position and not m.group().strip().upper().startswith("END_")]
    if not starts:
        return None
    start = starts[-1].start()
    ends = [m for m in marks if m.start() > start and m.end() >= position]
    stop = len(text)
    if ends:
        closing = ends[0].group().strip().upper().startswith("END_")
        stop = ends[0].end() if closing else ends[0].start()
    if stop <= start:
        return None
    return text[:start] + re.sub(r"[^\n]", " ", text[start:stop]) + text[stop:]


def _offset(text: str, at: tree.At) -> int:
    position = 0
    for _ in range(at.line - 1):
        position = text.find("\n", position) + 1
    return position + at.column - 1


# ---- words for a syntax error --------------------------------------------------------------------------


def _ended(error: UnexpectedInput) -> Token | None:
    """The word that opened the POU, or the part of one, that the end of the file could end."""
    if not isinstance(error, UnexpectedToken) or error.token.type != "$END":
        return None
    opened = next((t for t in reversed(_stack(error)) if isinstance(t, Token) and t.type in _UNITS), None)
    return opened if opened is not None and _CLOSERS[opened.type] in error.accepts else None


def _explain(error: UnexpectedInput, text: str, file: str) -> tuple[Problem, int]:
    """The Problem for a syntax error, and its offset in the text."""
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    position = len(text.rstrip()) if ended else int(error.pos_in_stream or 0)
    at = _end_of(text) if ended else tree.At(error.line, error.column)
    hint = _bad_characters(text, position)
    if hint and not ended:
        return Problem(hint[0], Place(file, *at), hint[1]), position
    number = _half_number(text, position) if not ended else None
    if number is not None:
        what = "a number has digits on both sides of its point"
        return Problem(what, Place(file, *at), f"Write {number}"), position
    if isinstance(error, UnexpectedToken):
        word, expected, stack = str(error.token), set(error.accepts or error.expected), _stack(error)
    else:
        match = _WORD.match(text, position)
        word, (stack, expected) = match.group() if match else "", _replayed(text)
    found = "the end of the file" if ended else f"'{_short(word)}'"
    before = _BEFORE.search(text[max(position - 300, 0) : position])
    last = _short(before.group(1)) if before else ""
    opened = next((t for t in reversed(stack) if isinstance(t, Token) and t.type in _CLOSERS), None)
    closer = _CLOSERS[opened.type] if opened is not None else ""
    if opened is not None and closer == "END_VAR" and word.startswith("=") and last == ":":
        what = (
            f"the {opened.type} of line {opened.line} is not closed: END_VAR is missing before this statement"
        )
        return Problem(what, Place(file, *at), "Write END_VAR before it"), position
    if word.upper() in KEYWORDS and "NAME" in expected and _NAMED.match(text, position + len(word)):
        what = f"{word} is a word of the language and cannot be a name"
        return Problem(what, Place(file, *at), f"Choose another name, for example {word}_1"), position
    in_body = opened is None or opened.type in _UNITS
    if in_body and word.upper() in _CLOSERS.values() and word.upper()[4:] not in _UNITS:
        what = f"{found} closes nothing here: nothing that it ends is open"
        return Problem(what, Place(file, *at), "Remove it, or write what it should end"), position
    if opened is not None and closer in expected and (ended or word.upper() in _CLOSING):
        begun, end = (_SPELLING.get(word, word) for word in (opened.type, closer))
        what = f"the {begun} of line {opened.line} is not closed: {found} found where {end} is missing"
        return Problem(what, Place(file, *at), f"Write {end} before it"), position
    if word == "=" and last == ":" and position and text[:position].rstrip().endswith(":"):
        return Problem("':=' is one sign, without a space in it", Place(file, *at), "Write ':='"), position
    if "ASSIGN" in expected and word == "=":
        return Problem(
            f"'=' compares, it does not assign (after '{last}')", Place(file, *at), "Write ':='"
        ), position
    missing = _missing(expected, word) if before else ""
    if missing == "';'" and word in (")", "]"):
        what = f"{found} closes nothing here, after '{last}'"
        return Problem(what, Place(file, *at), "Remove it, or write what it should close"), position
    if missing and before:
        start = max(position - 300, 0) + before.end(1)
        line = text.count("\n", 0, start) + 1
        spot = Place(file, line, start - (text.rfind("\n", 0, start) + 1) + 1)
        return Problem(
            f"{missing} is missing after '{last}' (found {found} instead)", spot, f"Write {missing}"
        ), position
    words = sorted({_SPELLING.get(name, name) for name in expected if name not in ("$END", "PRAGMA")})
    cure = f"Write {' or '.join(words)}" if 0 < len(words) <= 6 else ""
    what = f"{found} is not expected here" + (f", after '{last}'" if last else "")
    return Problem(what, Place(file, *at), cure), position


def _half_number(text: str, position: int) -> str | None:
    """How `1.` or `.5`, at whose point or digits the parser stopped, is written."""
    before = re.search(r"(?<![\w.#$%])([0-9][0-9_]*)\Z", text[max(position - 60, 0) : position])
    if before and text[position : position + 1] == ".":
        return f"{before.group(1)}.0"
    behind = re.compile(r"\.?([0-9][0-9_]*)").match(text, position)
    start = position - (text[position - 1 : position] == ".")
    pointed = text[start : start + 1] == "." and not re.search(
        r"[\w.)\]^]\Z", text[max(start - 1, 0) : start]
    )
    return f"0.{behind.group(1)}" if behind and pointed else None


def _missing(expected: set[str], word: str) -> str:
    """What was left out where an expression or statement has ended and something else follows."""
    if not ({"PLUS", "AND"} <= expected or expected == {"SEMICOLON"} or word.upper() in _CLOSING):
        return ""
    if "SEMICOLON" in expected:
        return "';'"
    for keyword in ("THEN", "DO", "OF", "TO"):
        if keyword in expected:
            return keyword
    return "',' or ')'" if "COMMA" in expected and "RPAR" in expected else ""


def _stack(error: UnexpectedToken) -> list[Any]:
    return list(error.interactive_parser.parser_state.value_stack) if error.interactive_parser else []


def _replayed(text: str) -> tuple[list[Any], set[str]]:
    """What the parser had read, and could go on with, when it met characters that are no token there."""
    parser = _parser().parse_interactive(text)
    with contextlib.suppress(UnexpectedInput):
        parser.exhaust_lexer()
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    return list(parser.parser_state.value_stack), accepted


def _bad_characters(text: str, position: int) -> tuple[str, str] | None:
    rest = text[position : position + 80]
    word = re.match(r"[A-Za-z_][A-Za-z0-9_]*", rest)
    if text[max(position - 1, 0) : position + 1] in ("(*", "/*"):
        rest = text[position - 1 : position + 80]
    if rest.startswith(("(*", "/*")):
        return "this comment has no end", "Write *) at its end" if rest[0] == "(" else "Write */ at its end"
    if rest.startswith("'"):
        return "this string has no end", "Write ' at its end; in a string $' stands for a quote"
    if rest.startswith('"'):
        return "this string has no end", 'Write " at its end; in a WSTRING $" stands for a quote'
    if rest.startswith("{"):
        return "this pragma has no end", "Write } at its end"
    if word and rest[word.end() : word.end() + 1] == "#":
        return f"'{rest.split()[0]}' is not a literal", "Write for example T#1s500ms, INT#5, 16#FF or 2#1010"
    if rest and not rest[0].isascii():
        return strange_character(rest[0])
    return foreign_sign(text, position)


def _end_of(text: str) -> tree.At:
    shown = text.rstrip()
    return tree.At(shown.count("\n") + 1, len(shown) - (shown.rfind("\n") + 1) + 1)


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:27] + "..."
