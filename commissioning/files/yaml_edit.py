"""Edits of YAML text by splicing: only the characters of the edited value change.

Every edit is read back. Where a splice would not give the wanted tree (exotic layouts: complex keys over
several lines, kept trailing newlines), the enclosing collection is written anew instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commissioning.files.yaml_tree import Composed, Path, Span, compose
from commissioning.files.yaml_write import document, entry, flow, key_text

Edited = tuple[str, Composed]


def set_value(text: str, composed: Composed, path: Path, value: Any) -> Edited:
    """Text (and what it composes to) with `value` at `path`. Mappings are merged key by key, so that
    comments inside them stay."""
    value = _plain(value)
    old = _get(composed.tree, path)
    if isinstance(value, dict) and isinstance(old, dict) and value and old:
        return _merge(text, composed, path, old, value)
    wanted = _with(composed.tree, path, value)
    return _verified(_splice_set(text, composed, path, value), text, composed, wanted, path)


def delete_value(text: str, composed: Composed, path: Path) -> Edited:
    """Text (and what it composes to) without the key or item at `path`, which must be there."""
    container = _get(composed.tree, path[:-1])
    left: Any = list(container) if isinstance(container, list) else dict(container)
    del left[path[-1]]
    wanted = _with(composed.tree, path[:-1], left)
    return _verified(_splice_delete(text, composed, path), text, composed, wanted, path)


def _merge(text: str, composed: Composed, path: Path, old: dict[str, Any], new: dict[str, Any]) -> Edited:
    for key, item in new.items():
        if key not in old or not _same(old[key], item):
            text, composed = set_value(text, composed, (*path, key), item)
    for key in old:
        if key not in new:
            text, composed = delete_value(text, composed, (*path, key))
    return text, composed


def _verified(spliced: str | None, text: str, composed: Composed, wanted: Any, path: Path) -> Edited:
    if spliced is not None:
        result = compose(spliced)
        if not result.faults and _same(result.tree, wanted):
            return spliced, result
    if not path:
        written = document(wanted, _newline(text))
        return written, compose(written)
    above = path[:-1]
    rewritten = _splice_set(text, composed, above, _get(wanted, above)) if above else None
    return _verified(rewritten, text, composed, wanted, above)


def _splice_set(text: str, composed: Composed, path: Path, value: Any) -> str | None:
    span = composed.spans.get(path)
    if span is not None:
        return _replace(text, span, value) if path else document(value, _newline(text))
    if not path:
        return document(value, _newline(text))
    parent, key = path[:-1], path[-1]
    container = _get(composed.tree, parent)
    if isinstance(container, dict) and isinstance(key, str):
        return _insert(text, composed, parent, container, key, value)
    if isinstance(container, list) and key == len(container):
        return _append(text, composed, parent, container, value)
    if container is None and isinstance(key, str):
        if not parent:
            gap = "" if not text or text.endswith(("\n", "\r")) else _newline(text)
            return text + gap + document({key: value}, _newline(text))
        return _splice_set(text, composed, parent, {key: value})
    return None


def _replace(text: str, span: Span, value: Any) -> str:
    new = flow(value)
    if span.style == "empty":
        return f"{text[: span.start]} {new}{text[span.end :]}"
    if span.style == "literal":
        tail = text[span.start : span.end]
        return text[: span.start] + new + tail[len(tail.rstrip()) :] + text[span.end :]
    if span.style == "block" and span.key_end >= 0:
        # "key:  # comment" keeps its line, the block below it goes
        colon = text.index(":", span.key_end) + 1
        gap = text[colon : span.start]
        line_end = re.search(r"\r\n|\r|\n", gap)
        comment = gap[: line_end.start()].rstrip() if line_end else ""
        return f"{text[:colon]} {new}{comment}{text[_content_end(text, span) :]}"
    return text[: span.start] + new + text[_content_end(text, span) :]


def _insert(
    text: str, composed: Composed, parent: Path, container: dict[str, Any], key: str, value: Any
) -> str | None:
    span = composed.spans[parent]
    if not container:
        return _replace(text, span, {key: value}) if span.style == "flow" else None
    last = composed.spans[(*parent, list(container)[-1])]
    if span.style == "flow":
        return f"{text[: last.end]}, {key_text(key)}: {flow(value)}{text[last.end :]}"
    first = composed.spans[(*parent, next(iter(container)))]
    indent = first.key_column - 1
    newline = _newline(text)
    row = " " * indent + entry(key, value, indent, newline)
    return _after_line(text, last, row, newline)


def _append(text: str, composed: Composed, parent: Path, container: list[Any], value: Any) -> str | None:
    span = composed.spans[parent]
    if not container:
        return _replace(text, span, [value]) if span.style == "flow" else None
    last = composed.spans[(*parent, len(container) - 1)]
    if span.style == "flow":
        return f"{text[: last.end]}, {flow(value)}{text[last.end :]}"
    newline = _newline(text)
    return _after_line(text, last, " " * (span.column - 1) + "- " + flow(value), newline)


def _after_line(text: str, last: Span, row: str, newline: str) -> str:
    at = _line_end(text, _content_end(text, last))
    head = text[:at]
    if head and not head.endswith(("\n", "\r")):
        return head + newline + row + text[at:]
    return head + row + newline + text[at:]


def _splice_delete(text: str, composed: Composed, path: Path) -> str | None:
    parent, key = path[:-1], path[-1]
    container = _get(composed.tree, parent)
    keys: list[Any] = list(container) if isinstance(container, dict) else list(range(len(container)))
    if len(keys) == 1:
        empty: Any = {} if isinstance(container, dict) else []
        return _replace(text, composed.spans[parent], empty) if parent else document(empty, _newline(text))
    index = keys.index(key)
    span, holder = composed.spans[path], composed.spans[parent]
    start = span.key_start if span.key_start >= 0 else span.start
    if holder.style == "flow":
        if index + 1 < len(keys):
            following = composed.spans[(*parent, keys[index + 1])]
            end = following.key_start if following.key_start >= 0 else following.start
            return text[:start] + text[end:]
        before = composed.spans[(*parent, keys[index - 1])]
        return text[: before.end] + text[span.end :]
    if isinstance(container, list):
        start = text.rindex("-", 0, start)
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    end = _line_end(text, _content_end(text, span))
    if text[line_start:start].strip():
        # "- first: 1": the next key moves up beside the dash
        if index + 1 == len(keys):
            return None
        return text[:start] + text[composed.spans[(*parent, keys[index + 1])].key_start :]
    return text[:line_start] + text[end:]


def _content_end(text: str, span: Span) -> int:
    return span.start + len(text[span.start : span.end].rstrip()) if span.style == "block" else span.end


def _line_end(text: str, index: int) -> int:
    """Behind the line break that ends the line of `index`, or `index` itself right behind a break."""
    if index and text[index - 1] in "\r\n":
        return index
    match = re.compile(r"\r\n|\r|\n").search(text, index)
    return match.end() if match else len(text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _get(tree: Any, path: Path) -> Any:
    """What stands at `path`, None if nothing does."""
    for step in path:
        if isinstance(tree, list):
            tree = tree[step] if isinstance(step, int) and 0 <= step < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _with(tree: Any, path: Path, value: Any) -> Any:
    """A copy along the path only: the rest of the tree is shared, never changed."""
    if not path:
        return value
    key = path[0]
    if isinstance(tree, list) and isinstance(key, int):
        if not 0 <= key <= len(tree):
            raise KeyError(f"there is no item {key} in a list of {len(tree)}")
        inner = tree[key] if key < len(tree) else None
        return [*tree[:key], _with(inner, path[1:], value), *tree[key + 1 :]]
    if not isinstance(key, str) or not (tree is None or isinstance(tree, dict)):
        raise KeyError(f"{key!r} cannot be set in {type(tree).__name__}")
    copied: dict[str, Any] = dict(tree) if tree is not None else {}
    copied[key] = _with(copied.get(key), path[1:], value)
    return copied


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _same(a: Any, b: Any) -> bool:
    """Equal, and of equal types: 1, 1.0 and true are three values; the order of keys counts."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and bool(a == b)
