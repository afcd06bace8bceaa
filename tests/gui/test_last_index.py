from __future__ import annotations

import numpy as np

from commissioning.app.last_index import Growing, LastIndex
from commissioning.model.record import RECORD


def test_that_the_last_row_before_any_time_is_found_as_a_plain_search_finds_it() -> None:
    random = np.random.default_rng(5)
    rows = np.zeros(3000, RECORD)
    rows["t"] = np.sort(random.integers(0, 500, len(rows)))
    rows["obj"] = random.integers(0, 9, len(rows))
    index = LastIndex(10)
    for piece in np.array_split(rows, 17):
        index.feed(piece)
        for t in random.integers(-1, 510, 6):
            seen = index.rows
            expected = [
                max((n for n in np.flatnonzero(seen["obj"] == k) if seen["t"][n] <= t), default=-1)
                for k in range(10)
            ]
            assert index.at(int(t)).tolist() == expected


def test_that_a_growing_array_keeps_everything_in_order() -> None:
    grown = Growing(np.int64)
    for start in range(0, 9000, 700):
        grown.append(np.arange(start, start + 700))
    assert grown.array.tolist() == list(range(len(grown)))
