"""Bytes of a program text -> characters: UTF-8, UTF-16 with and without a mark, cp1252 of old tools."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def program_text(content: bytes) -> str:
    """The text without its mark. Raises UnicodeDecodeError, with the place, for what is none of these."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _without_zeros(content[len(mark) :].decode(encoding), content)
    start = content[:400]
    for low, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):  # without a mark: every other byte is zero
        zeros = start[low::2].count(0)
        if zeros * 4 > len(start) and zeros == start.count(0):
            return _without_zeros(content.decode(encoding), content)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if any("\x7f" < char < "\ud800" for char in content.decode(errors="surrogateescape")):
            raise  # a damaged UTF-8 text: its other characters are UTF-8, and would become two or three each
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise error from None
    return _without_zeros(text, content)


def _without_zeros(text: str, content: bytes) -> str:
    place = text.find("\0")
    if place >= 0:
        before = len(text[:place].encode())
        raise UnicodeDecodeError("utf-8", content, min(before, len(content) - 1), len(content), "no text")
    return text
