"""Signs of other languages and characters that look like others: what was meant, for syntax errors."""

from __future__ import annotations

import re
import unicodedata

_SIGNS = {
    "==": "Write '='", "!=": "Write '<>'", "&&": "Write AND", "||": "Write OR", "!": "Write NOT",
    "++": "Write x := x + 1", "--": "Write x := x - 1", "->": "Write p^.member", "|": "Write OR",
}  # fmt: skip
_SIGN = re.compile(r"==|!=|&&|\|\||[-+*/%|&]=|\+\+|--|->|!|\|")
_ALIKE = {
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
}


def foreign_sign(text: str, position: int) -> tuple[str, str] | None:
    """(what, cure) where the parser stopped at, or behind the first character of, a sign of another
    language."""
    for start in (position - 1, position):
        found = _SIGN.match(text, start) if start >= 0 else None
        if found is None:
            continue
        sign = found.group()
        if start < position and (len(sign) < 2 or sign == "--"):
            continue
        cure = _SIGNS.get(sign) or f"Write x := x {sign[0].replace('%', 'MOD')} ..."
        return f"'{sign}' is no sign of Structured Text", cure
    return None


def strange_character(character: str) -> tuple[str, str]:
    """(what, cure) for a character beyond ASCII outside of texts and comments."""
    name = unicodedata.name(character, "").lower()
    seen = repr(character) if character.isprintable() else f"U+{ord(character):04X}"
    if name and not name.startswith("latin "):  # those everybody recognizes
        seen = f"{seen} ({name})"
    what = f"the character {seen} is not allowed here"
    meant = _ALIKE.get(character) or unicodedata.normalize("NFKC", character)
    if meant.isascii() and meant.strip():
        return what, f"Write {meant}"
    if not meant.strip() or unicodedata.category(character) in ("Cf", "Zs"):
        return what, "Remove it, or write a space"
    return what, "Names have letters A-Z, digits and _"
