"""Sources of an online change as plain data, and what hostile data is answered with."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.controllers.changed_program import key_of, plain_sources, sources_of
from commissioning.plc import SourcePiece
from commissioning.plc.pieces import Mark

WORDS = st.text(max_size=8)
MARKS = st.builds(
    Mark, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.booleans(), WORDS
)
PIECES = st.builds(
    SourcePiece, WORDS, WORDS, WORDS, st.lists(MARKS, max_size=3).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
)  # fmt: skip


@given(st.dictionaries(WORDS, st.one_of(WORDS, PIECES), max_size=4))
def test_that_sources_come_back_from_json(sources: dict[str, Any]) -> None:
    named = {
        name: piece if isinstance(piece, str) else replace(piece, name=name)
        for name, piece in sources.items()
    }
    plain = json.loads(json.dumps(plain_sources(named)))
    assert sources_of(plain) == named
    assert key_of(plain) == key_of(plain_sources(named))


HOSTILE = [None, 7, "text", [7], [["a"]], [["a", 7]], [["a", "b", "c"]], [["a", "b", "c", [[1]], []]],
           [["a", "b", "c", [], [7]]], {"a": "b"}]  # fmt: skip


@pytest.mark.parametrize("plain", HOSTILE, ids=repr)
def test_that_what_is_no_source_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match=r"no source|no mark|that are none"):
        sources_of(plain)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_that_any_json_is_sources_or_refused(plain: object) -> None:
    try:
        found = sources_of(plain)
    except ValueError:
        return
    assert all(isinstance(source, str | SourcePiece) for source in found.values())
