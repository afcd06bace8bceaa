"""Text -> syntax tree. Syntax errors become Problems; after one, the next POU is read all the same."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Any

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from commissioning.model.problem import Place, Problem
from commissioning.plc import tree
from commissioning.plc.builder import Builder, TooDeep

KEYWORDS = (
    "PROGRAM", "END_PROGRAM", "FUNCTION_BLOCK", "END_FUNCTION_BLOCK", "FUNCTION", "END_FUNCTION", "VAR",
    "VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT", "VAR_EXTERNAL", "VAR_TEMP", "VAR_GLOBAL", "END_VAR",
    "CONSTANT", "RETAIN", "NON_RETAIN", "PERSISTENT", "AT", "CONFIGURATION", "END_CONFIGURATION",
    "RESOURCE", "END_RESOURCE", "ON", "TASK", "WITH", "IF", "THEN", "ELSIF", "ELSEIF", "ELSE", "END_IF",
    "CASE", "OF", "END_CASE", "FOR", "TO", "BY", "DO", "END_FOR", "WHILE", "END_WHILE", "REPEAT",
    "UNTIL", "END_REPEAT", "EXIT", "CONTINUE", "RETURN", "AND", "AND_THEN", "OR", "OR_ELSE", "XOR",
    "NOT", "MOD", "TRUE", "FALSE",
)  # fmt: skip
# of the full language; reserved already, so that a program using them gets a plain answer
FOREIGN = (
    "ARRAY", "STRUCT", "END_STRUCT", "TYPE", "END_TYPE", "METHOD", "END_METHOD", "CLASS", "END_CLASS",
    "INTERFACE", "END_INTERFACE", "EXTENDS", "IMPLEMENTS", "THIS", "SUPER", "POINTER", "REF_TO",
    "NAMESPACE", "END_NAMESPACE",
)  # fmt: skip
_CLOSERS = {
    "IF": "END_IF", "CASE": "END_CASE", "FOR": "END_FOR", "WHILE": "END_WHILE", "REPEAT": "END_REPEAT",
    "VAR": "END_VAR", "VAR_INPUT": "END_VAR", "VAR_OUTPUT": "END_VAR", "VAR_IN_OUT": "END_VAR",
    "VAR_EXTERNAL": "END_VAR", "VAR_TEMP": "END_VAR", "VAR_GLOBAL": "END_VAR", "PROGRAM": "END_PROGRAM",
    "FUNCTION_BLOCK": "END_FUNCTION_BLOCK", "FUNCTION": "END_FUNCTION", "CONFIGURATION": "END_CONFIGURATION",
    "RESOURCE": "END_RESOURCE",
}  # fmt: skip
_SPELLING = {
    "ASSIGN": "':='", "SEMICOLON": "';'", "COLON": "':'", "LPAR": "'('", "RPAR": "')'", "NAME": "a name",
    "DOT": "'.'", "COMMA": "','", "LSQB": "'['", "RSQB": "']'", "ARROW": "'=>'", "__ANON_0": "'..'",
}  # fmt: skip
_UNIT = re.compile(
    r"^[ \t]*(?:END_)?(?:PROGRAM|FUNCTION_BLOCK|FUNCTION|CONFIGURATION|VAR_GLOBAL)(?![A-Za-z0-9_])",
    re.IGNORECASE | re.MULTILINE,
)
_TRIVIA = re.compile(r"'(?:\$[\s\S]|[^'$\r\n])*'|\(\*[\s\S]*?\*\)|/\*[\s\S]*?\*/|//[^\r\n]*")
MAX_CHARACTERS = 8_000_000
MAX_SYNTAX_PROBLEMS = 20


@lru_cache(maxsize=1)
def _parser() -> Lark:
    text = resources.files("commissioning.plc").joinpath("grammar.lark").read_text("utf-8")
    words = "|".join(sorted((*KEYWORDS, *FOREIGN), key=len, reverse=True))
    terminals = "\n".join(rf"{word}.9: /{word}(?![A-Za-z0-9_])/i" for word in KEYWORDS)
    grammar = text.replace("%RESERVED%", words) + "\n" + terminals + "\n"
    return Lark(grammar, parser="lalr", transformer=Builder(), maybe_placeholders=True)


def parse_source(text: str, file: str) -> tuple[tree.Source, list[Problem]]:
    """The units of one file that could be read, and a Problem for each that could not."""
    problems: list[Problem] = []
    if len(text) > MAX_CHARACTERS:
        return tree.Source(file, ()), [
            Problem(f"the program is longer than {MAX_CHARACTERS} characters", Place(file))
        ]
    comments = _comments(text)
    units: tuple[tree.Unit, ...] = ()
    while True:
        try:
            units = _parse(text)
            break
        except UnexpectedInput as error:
            problem, position = _explain(error, text, file)
        except TooDeep as error:
            problem = Problem(error.what, Place(file, *error.at), "Split it with a variable or a function")
            position = _offset(text, error.at)
        problems.append(problem)
        rest = _without_unit(text, position)
        if rest is None or len(problems) >= MAX_SYNTAX_PROBLEMS:
            break
        text = rest
    return tree.Source(file, units, comments), problems


def _parse(text: str) -> tuple[tree.Unit, ...]:
    result: Any = _parser().parse(text)
    units: tuple[tree.Unit, ...] = result
    return units


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
        if word[0] != "'":
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


def _explain(error: UnexpectedInput, text: str, file: str) -> tuple[Problem, int]:
    if isinstance(error, UnexpectedToken):
        token: Token = error.token
        ended = token.type == "$END"
        position = len(text) if ended else int(token.start_pos or 0)
        at = _end_of(text) if ended else tree.At(error.line, error.column)
        found = "the end of the file" if ended else f"'{_short(str(token))}'"
        before = _previous(error)
        opened = _open_construct(error)
        expected = set(error.accepts or error.expected)
    else:
        position = int(error.pos_in_stream or 0)
        at = tree.At(error.line, error.column)
        word = re.compile(r"[A-Za-z0-9_#]+|.", re.DOTALL).match(text, position)
        found = f"'{_short(word.group() if word else text[position : position + 1])}'"
        before, opened, expected, ended = None, None, set(), False
        if isinstance(error, UnexpectedCharacters):
            expected = set(error.allowed or ())
            before = error.token_history[-1] if error.token_history else None
        hint = _bad_characters(text, position)
        if hint:
            return Problem(hint[0], Place(file, *at), hint[1]), position
    closing = ended or found[1:-1].upper() in {
        *_CLOSERS.values(),
        "ELSE",
        "ELSIF",
        "UNTIL",
        "PROGRAM",
        "FUNCTION",
    }
    if closing and opened is not None and "SEMICOLON" not in expected and _CLOSERS[opened.type] in expected:
        closer = _CLOSERS[opened.type]
        what = (
            f"the {opened.type} of line {opened.line} is not closed: {found} found where {closer} is missing"
        )
        return Problem(what, Place(file, *at), f"Write {_CLOSERS[opened.type]}; before it"), position
    if "SEMICOLON" in expected and before is not None:
        line, column = int(before.end_line or 0), int(before.end_column or 0)
        what = f"';' is missing after '{_short(str(before))}' (found {found} instead)"
        if len(expected & {"PLUS", "AND", "SEMICOLON"}) == 3 or expected == {"SEMICOLON"} or closing:
            return Problem(what, Place(file, line, column), "Write ';'"), position
    words = sorted({_SPELLING.get(name, name) for name in expected if name not in ("$END", "PRAGMA")})
    cure = f"Write {' or '.join(words)}" if 0 < len(words) <= 6 else ""
    what = f"{found} is not expected here"
    if before is not None:
        what += f", after '{_short(str(before))}'"
    return Problem(what, Place(file, *at), cure), position


def _bad_characters(text: str, position: int) -> tuple[str, str] | None:
    rest = text[position : position + 80]
    word = re.match(r"[A-Za-z_][A-Za-z0-9_]*", rest)
    if rest.startswith(("(*", "/*")):
        return "this comment has no end", "Write *) at its end" if rest[0] == "(" else "Write */ at its end"
    if rest.startswith("'"):
        return "this string has no end", "Write ' at its end; in a string $' stands for a quote"
    if rest.startswith('"'):
        return "WSTRING literals are not supported", "Write the text in single quotes"
    if rest.startswith("{"):
        return "this pragma has no end", "Write } at its end"
    if word and word.group().upper() in FOREIGN:
        return f"{word.group().upper()} is not supported by this version of the emulated PLC", ""
    if word and rest[word.end() : word.end() + 1] == "#":
        return f"'{rest.split()[0]}' is not a literal", "Write for example T#1s500ms, INT#5, 16#FF or 2#1010"
    if rest[:1] == "[":
        return "arrays are not supported by this version of the emulated PLC", ""
    if rest and not rest[0].isascii():
        return f"the character {rest[0]!r} is not allowed here", "Names have letters A-Z, digits and _"
    return None


def _open_construct(error: UnexpectedToken) -> Token | None:
    stack = error.interactive_parser.parser_state.value_stack if error.interactive_parser else ()
    for value in reversed(stack):
        if isinstance(value, Token) and value.type in _CLOSERS:
            return value
    return None


def _previous(error: UnexpectedToken) -> Token | None:
    history = error.token_history
    return history[-1] if history else None


def _end_of(text: str) -> tree.At:
    shown = text.rstrip()
    return tree.At(shown.count("\n") + 1, len(shown) - (shown.rfind("\n") + 1) + 1)


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:27] + "..."
