"""Texts in quotes that not every dialect has: over several lines, with characters that a STRING lacks."""

from __future__ import annotations

from commissioning.plc.checking.designators import DesignatorChecker
from commissioning.plc.syntax import tree


def text_fits(checker: DesignatorChecker, node: tree.Literal) -> bool:
    """Whether the text may be written so; FALSE after a Problem."""
    dialect = checker.project.dialect
    if ("\n" in node.text or "\r" in node.text) and not dialect.long_texts:
        what = "a text of the standard ends in its line"
        checker.problem(what, node.at, "Write $N for the end of a line, and join two texts with CONCAT")
        return False
    if node.kind != "wide" and dialect.charset and not node.text.isascii() and not checker.project.utf8:
        other = next((character for character in node.text if not _encodes(character, dialect.charset)), "")
        if other:
            what = f"{other!r} is no character of a STRING there ({dialect.charset}), the PLC shows another"
            checker.project.notice(what, checker.file, node.at, "Use a WSTRING")
    return True


def _encodes(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
