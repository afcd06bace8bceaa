"""Colours of Structured Text: keywords, comments, literals. Calm: what is held or missed has to stand out."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from commissioning.app.tokens import Tokens

_KEYWORDS = (
    "ACTION AND AND_THEN ARRAY AT BY CASE CLASS CONFIGURATION CONSTANT CONTINUE DO ELSE ELSIF END_ACTION "
    "END_CASE END_CLASS END_CONFIGURATION END_FOR END_FUNCTION END_FUNCTION_BLOCK END_IF END_INTERFACE "
    "END_METHOD END_NAMESPACE END_PROGRAM END_PROPERTY END_REPEAT END_RESOURCE END_STEP END_STRUCT "
    "END_TRANSITION END_TYPE END_VAR END_WHILE EXIT EXTENDS FALSE FOR FROM FUNCTION FUNCTION_BLOCK IF "
    "IMPLEMENTS INITIAL_STEP INTERFACE METHOD MOD NAMESPACE NOT NULL OF OR OR_ELSE PERSISTENT POINTER "
    "PROGRAM PROPERTY REFERENCE REPEAT RESOURCE RETAIN RETURN STEP STRUCT SUPER TASK THEN THIS TO "
    "TRANSITION TRUE TYPE UNION UNTIL VAR VAR_EXTERNAL VAR_GENERIC VAR_GLOBAL VAR_INPUT VAR_INST VAR_IN_OUT "
    "VAR_OUTPUT VAR_STAT VAR_TEMP WHILE WITH XOR JMP __TRY __CATCH __FINALLY __ENDTRY"
)
KEYWORDS = frozenset(_KEYWORDS.split())
# names of variables elsewhere: words of the language only where they begin a line and a name follows
_SOFT = frozenset(
    [
        "ACTION",
        "CLASS",
        "CONFIGURATION",
        "INITIAL_STEP",
        "NAMESPACE",
        "RESOURCE",
        "STEP",
        "TASK",
        "TRANSITION",
    ]
)
_FOLLOWED = re.compile(r"\s+[A-Za-z_]|\s*$")
_WORDS = re.compile(
    r"//.*|'(?:[^'$]|\$.)*'|\"(?:[^\"$]|\$.)*\"|%[IQM][A-Z]?[\d.*]+|[A-Za-z_]\w*(?:#[\w.+-]+)?|\d[\w.#]*",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\(\*|/\*")
_CLOSING = {"(*": "*)", "/*": "*/"}
IN_COMMENT = {"(*": 1, "/*": 2}


class StHighlighter(QSyntaxHighlighter):
    """Paints a document. A comment in a comment is not looked for."""

    def __init__(self, document: QTextDocument, tokens: Tokens):
        super().__init__(document)
        self.redraw(tokens)

    def redraw(self, tokens: Tokens) -> None:
        self._keyword, self._comment, self._literal = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        self._keyword.setForeground(QColor(tokens.accent))
        self._keyword.setFontWeight(QFont.Weight.Medium)
        self._comment.setForeground(QColor(tokens.muted))
        self._comment.setFontItalic(True)
        self._literal.setForeground(QColor(tokens.setup))
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        position, opened = 0, 0
        inside = {1: "(*", 2: "/*"}.get(self.previousBlockState(), "")
        self.setCurrentBlockState(0)
        while position < len(text):
            if inside:
                end = text.find(_CLOSING[inside], position + opened)
                stop = len(text) if end < 0 else end + 2
                self.setFormat(position, stop - position, self._comment)
                if end < 0:
                    self.setCurrentBlockState(IN_COMMENT[inside])
                    return
                position, inside, opened = stop, "", 0
                continue
            opening = _OPENING.search(text, position)
            word = _WORDS.search(text, position)
            if opening is not None and (word is None or opening.start() <= word.start()):
                inside, position, opened = opening.group(), opening.start(), 2
                continue
            if word is None:
                return
            self._paint(word, text)
            position = word.end()

    def _paint(self, word: re.Match[str], line: str) -> None:
        text = word.group()
        if text.upper() in _SOFT and not _opens(word, line):
            return
        if text.startswith("//"):
            form = self._comment
        elif text.upper() in KEYWORDS:
            form = self._keyword
        elif text[0] in "'\"%0123456789" or "#" in text:
            form = self._literal
        else:
            return
        self.setFormat(word.start(), len(text), form)


def _opens(word: re.Match[str], line: str) -> bool:
    """Whether a word that may be a name too begins something: `STEP a`, not `Step := 10`."""
    return not line[: word.start()].strip() and _FOLLOWED.match(line, word.end()) is not None
