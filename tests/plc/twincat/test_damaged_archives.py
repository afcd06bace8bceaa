"""Damaged drawings of TwinCAT: each is translated or told as problems; nothing else is raised."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from drawn_archives import body, declared, network, pou, read
from test_network_rungs import RUNGS

from commissioning.model.problem import Problems
from commissioning.plc import compile_project

TYPES = {f"{kind}{n}": "BOOL" for kind in "iq" for n in range(4)} | {
    "n": "INT", "m": "INT", "status": "INT", "t0": "TON", "e0": "R_TRIG",
}  # fmt: skip
WHOLE = pou(
    declared(**TYPES), body(*(network(*trees, label=f"l{k}") for k, trees in enumerate(RUNGS.values())))
)
PIECES = re.split(r"(<[^>]*>)", WHOLE)
START = next(k for k, piece in enumerate(PIECES) if piece.startswith("<NWL"))
WORDS = (
    "",
    "-1",
    "9" * 30,
    "x" * 300,
    "BoxTreeBox",
    "BoxTreeAssign",
    "BoxTreeMux",
    "true",
    "NULL",
    "a;b",
    "(*",
    "#",
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The text with some of its values, attributes and tags changed, and elements emptied or doubled."""
    pieces = list(PIECES)
    for _ in range(draw(st.integers(1, 4))):
        k = draw(st.integers(START, len(pieces) - 1))
        word = draw(st.sampled_from(WORDS))
        if not pieces[k].startswith("<"):
            pieces[k] = f'"{word}"' if '"' in pieces[k] else word
        elif "=" in pieces[k]:
            pieces[k] = re.sub(r'"[^"]*"', f'"{word}"', pieces[k], count=1)
        elif draw(st.booleans()):
            pieces[k] = pieces[k] + pieces[k]
        else:
            pieces[k] = ""
    return "".join(pieces)


@settings(max_examples=100, deadline=None)
@given(damaged())
def test_that_damaged_drawings_are_translated_or_told(text: str) -> None:
    try:
        pieces, problems = read(text)
        if not problems:
            compile_project({piece.name: piece for piece in pieces}, "twincat")
    except Problems as found:
        problems = list(found.problems)
    assert all(problem.where.file == "MAIN.TcPOU" and problem.where.line > 0 for problem in problems)
