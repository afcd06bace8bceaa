"""Edges that belong together: against a search over all pairs, and on shifts that are known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from commissioning.bench.diffs.edges import EdgeDifference, compare_edges

Edges = list[tuple[int, int]]
EDGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), max_size=25)


def arrays(edges: Edges) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ordered = sorted(edges, key=lambda edge: edge[0])
    table = np.array(ordered, np.int64).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def compare(a: Edges, b: Edges) -> EdgeDifference | None:
    return compare_edges("x", *arrays(a), *arrays(b))


def pairs_by_search(a: list[int], b: list[int]) -> list[tuple[int, int]]:
    """Mutual nearest of two lists of times without equal ones, every pair looked at."""

    def nearest(t: int, others: list[int]) -> int:
        return min(others, key=lambda other: (abs(other - t), other))

    return [(t, nearest(t, b)) for t in a if b and nearest(nearest(t, b), a) == t]


@given(st.sets(st.integers(0, 200), max_size=25), st.sets(st.integers(0, 200), max_size=25))
def test_that_edges_that_are_nearest_to_each_other_belong_together(a: set[int], b: set[int]) -> None:
    left, right = sorted(a), sorted(b)
    found = compare([(t, 7) for t in left], [(t, 7) for t in right])
    if left == right:
        assert found is None
        return
    assert found is not None
    pairs = pairs_by_search(left, right)
    assert found.same == sum(x == y for x, y in pairs)
    assert found.shifted == sum(x != y for x, y in pairs)
    assert found.only_a == len(left) - len(pairs)
    assert found.only_b == len(right) - len(pairs)
    first = [t for x, y in pairs if x != y for t in (x, y)]
    first += set(left) - {x for x, _ in pairs}
    first += set(right) - {y for _, y in pairs}
    assert found.at_ns == min(first)


@given(EDGES, EDGES)
def test_that_it_is_the_same_from_both_sides(a: Edges, b: Edges) -> None:
    there, back = compare(a, b), compare(b, a)
    if there is None or back is None:
        assert there is back
        return
    assert (there.same, there.shifted, there.at_ns) == (back.same, back.shifted, back.at_ns)
    assert (there.only_a, there.only_b) == (back.only_b, back.only_a)
    assert there.shift_ns == -back.shift_ns
    assert there.farthest_ns == back.farthest_ns


@given(EDGES)
def test_that_no_edge_differs_from_itself(edges: Edges) -> None:
    assert compare(edges, edges) is None


@given(st.integers(1, 499), st.integers(2, 40), st.data())
def test_that_a_shift_and_a_missing_edge_are_found_as_what_they_are(
    shift: int, count: int, data: st.DataObject
) -> None:
    """Edges 1,000 apart, shifted by less than half of that from one on, and one of them left out."""
    begin, missing = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    a = [(1000 * k, 1) for k in range(count)]
    b = [(1000 * k + (shift if k >= begin else 0), 1) for k in range(count) if k != missing]
    found = compare(a, b)
    assert found is not None
    moved = sum(k >= begin and k != missing for k in range(count))
    # without a neighbour that is nearer, what stands beside the gap keeps its own partner
    assert (found.only_a, found.only_b) == (1, 0)
    assert found.shifted == moved
    assert found.shift_ns == (shift if moved else 0)


def test_that_values_of_a_counter_belong_together_however_far_apart() -> None:
    a = [(1000 * k, k) for k in range(5000)]
    b = [(1300 * k, k) for k in range(4000)]
    found = compare(a, b)
    assert found is not None
    assert (found.same, found.shifted, found.only_a, found.only_b) == (1, 3999, 1000, 0)
    assert found.farthest_ns == 3999 * 300


def test_that_another_order_within_one_instant_is_a_difference() -> None:
    found = compare([(5, 1), (7, 0), (7, 1)], [(5, 1), (7, 1), (7, 0)])
    assert found is not None
    assert (found.same, found.at_ns) == (3, 7)
