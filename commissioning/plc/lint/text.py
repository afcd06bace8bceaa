"""Rules about the text itself: comments (C2 to C5), lines (L1, L4, L11, L16)."""

from __future__ import annotations

import re

from commissioning.plc.lint.comments import Comment, comments_of
from commissioning.plc.lint.walk import Given, statements
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At

__all__ = ["check_text"]

_CODE = re.compile(r"[\w\]\)]\s*:=[^;]*;|\b\w+\s*\([^()]*\)\s*;|\bEND_(?:IF|FOR|CASE|WHILE)\b", re.IGNORECASE)


def check_text(given: Given) -> None:
    """Look at every text."""
    wanted = {name for name in ("C2", "C3", "C4", "C5", "L1", "L4", "L11", "L16") if name in given.options}
    for name, text in given.texts.items():
        comments = comments_of(text) if wanted & {"C2", "C3", "C4", "C5"} else []
        for comment in comments:
            _comment(given, name, comment)
        if "C2" in wanted:
            _commented(given, name, text, comments)
        if wanted & {"L1", "L11", "L16"}:
            _lines(given, name, text)
    if "L4" in wanted:
        _one_a_line(given)


def _comment(given: Given, name: str, comment: Comment) -> None:
    at = At(comment.line, comment.column)
    if comment.nested is not None:
        given.tell("C3", "a comment begins inside of another", name, comment.nested)
    if _CODE.search(comment.text) and not comment.text.lstrip().lower().startswith("lint:"):
        given.tell("C4", "this comment holds code", name, at, "Delete it; the version control keeps it")
    if comment.block and comment.end_line > comment.line:
        given.tell("C5", "this comment goes over several lines", name, at, "Begin each line with //")


def _lines(given: Given, name: str, text: str) -> None:
    most = given.option("L11", "max") if "L11" in given.options else 0
    width = given.option("L1", "width") if "L1" in given.options else 0
    for number, line in enumerate(text.splitlines(), 1):
        if most and len(line) > most:
            what = f"this line has {len(line)} characters, more than {most}"
            given.tell("L11", what, name, At(number, most + 1))
        if "L16" in given.options and "\t" in line:
            given.tell("L16", "a tab", name, At(number, line.index("\t") + 1), "Use spaces")
        indent = len(line) - len(line.lstrip(" "))
        if width and line.strip() and not line.lstrip(" ").startswith("\t") and indent % width:
            given.tell("L1", f"{indent} spaces are no multiple of {width}", name, At(number, 1))


def _one_a_line(given: Given) -> None:
    for pou in given.pous:
        line = 0
        for statement in statements(pou.pou.body):
            if isinstance(statement, tree.Mark):
                continue
            if statement.at.line == line:
                given.tell("L4", "a second statement in one line", pou.source, statement.at)
            line = statement.at.line if not isinstance(statement, tree.If) else line


def _commented(given: Given, name: str, text: str, comments: list[Comment]) -> None:
    """An element needs a comment on its line, or right above it; a POU also as the first thing in it."""
    beside = {line for comment in comments for line in range(comment.line, comment.end_line + 1)}

    def told(at: At, below: int = 0) -> bool:
        return any(line in beside for line in range(at.line - 1, at.line + below + 1))

    for pou in given.pous:
        if pou.source != name or pou.pou.kind in ("GET", "SET", "ACTION"):
            continue
        if not told(pou.pou.at, 1):
            given.tell("C2", f"{pou.name} has no comment", name, pou.pou.at)
        for section in pou.pou.sections:
            for node in section.declarations:
                if not told(node.at):
                    given.tell("C2", f"{node.names[0].name} has no comment", name, node.at)
    for declared, source in given.types:
        if source == name and not told(declared.at):
            given.tell("C2", f"{declared.name} has no comment", name, declared.at)
    for node, _, source in given.globals:
        if source == name and not told(node.at):
            given.tell("C2", f"{node.names[0].name} has no comment", name, node.at)
