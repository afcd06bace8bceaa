"""Whole arrays as the bytes they are."""

from __future__ import annotations

from commissioning.plc import compile_st
from commissioning.plc.checking.byte_layout import HEAD_BYTES, memory_layout
from commissioning.plc.running.cell_runs import LEAST, cell_run
from commissioning.plc.running.heap import Piece


def piece_of(variables: str) -> Piece:
    text = f"PROGRAM MAIN VAR {variables} END_VAR ; END_PROGRAM"
    pou = next(iter(compile_st(text).checked.project.pous.values()))
    return Piece(0, [0] * len(pou.slots), pou, memory_layout(pou))


def test_that_no_more_cells_are_looked_at_than_a_copy_needs() -> None:
    piece = piece_of("a : ARRAY[0..99_999] OF BYTE;")
    for wanted in (LEAST, 200, 100):
        found = cell_run(piece, HEAD_BYTES, wanted)
        assert found is not None and found.size == wanted
    assert list(piece.runs.values()) == [(200, False)]


def test_that_a_run_ends_with_its_type() -> None:
    piece = piece_of("a : ARRAY[0..99] OF INT; b : ARRAY[0..99] OF DINT;")
    found = cell_run(piece, HEAD_BYTES + 2, 10_000)
    assert found is not None and (found.cells, found.size) == (slice(1, 100), 198)


def test_that_texts_times_of_ms_and_what_begins_in_a_cell_are_no_run() -> None:
    assert cell_run(piece_of("a : ARRAY[0..99] OF STRING(9);"), HEAD_BYTES, 900) is None
    assert cell_run(piece_of("a : ARRAY[0..99] OF INT;"), HEAD_BYTES + 1, 100) is None
    assert cell_run(None, HEAD_BYTES, 100) is None
