"""Expressions over journal records, against a brute-force evaluator that looks at every nanosecond."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.expression import ExpressionType, names_in_header, parse
from commissioning.model.record import RECORD, Kind
from commissioning.model.tags import Quality
from commissioning.sim.analysis.evaluate import Monitor
from commissioning.sim.polynomial import Polynomial

HEADER: dict[str, Any] = {
    "core": {
        "signals": [
            {"name": "A", "type": "BOOL", "ports": ["pe1.blocked"]},
            {"name": "B", "type": "BOOL", "ports": []},
            {"name": "C", "type": "BOOL", "ports": []},
            {"name": "N", "type": "INT", "ports": []},
            {"name": "R", "type": "REAL", "ports": []},
            {"name": "T", "type": "TIME", "ports": []},
            {"name": "S", "type": "STRING", "ports": []},
        ],
        "drives": ["belt1", "belt2", "stop1.blade"],
        "objects": [],
    }
}
NAMES = names_in_header(HEADER)
TEXTS = ["small", "large"]
INDEX = {signal["name"]: i for i, signal in enumerate(HEADER["core"]["signals"])}

Row = tuple[int, int, int, int, int, float, float, float, float]


def value(t: int, name: str, a: float, bad: bool = False, b: float = 0.0) -> Row:
    quality = int(Quality.BAD if bad else Quality.GOOD)
    return (t, int(Kind.VALUE), quality, INDEX[name], 0, float(a), b, 0.0, 0.0)


def drive(t: int, index: int, s0: float, v0: float, acceleration: float, v1: float) -> Row:
    return (t, int(Kind.DRIVE), 0, index, 0, s0, v0, acceleration, v1)


def monitor(text: str, rows: list[Row], until: int, cuts: tuple[int, ...] = ()) -> Monitor:
    """Fed at once, or in pieces that end at the instants `cuts`."""
    made = Monitor(parse(text, NAMES), HEADER, TEXTS)
    rows = sorted(rows, key=lambda row: row[0])
    fed = 0
    for end in (*sorted(cut for cut in cuts if cut < until), until):
        piece = [row for row in rows[fed:] if row[0] <= end]
        made.feed(np.array(piece, RECORD), end, fed)
        fed += len(piece)
    return made


def level(text: str, rows: list[Row], until: int) -> list[tuple[int, bool | None]]:
    return [(t, v) for t, v, _ in monitor(text, rows, until).changes]


# ---- plain cases, each with its rule ----------------------------------------------------------------
def test_that_a_level_is_false_before_the_first_record_and_follows_its_tag() -> None:
    assert level("A", [value(5, "A", 1), value(9, "A", 0)], 20) == [(0, False), (5, True), (9, False)]


def test_that_a_value_that_changes_and_changes_back_in_one_instant_was_never_there() -> None:
    rows = [value(5, "A", 1), value(5, "A", 0)]
    assert level("A", rows, 20) == [(0, False)]
    assert level("A rises", rows, 20) == []


def test_that_two_tags_that_swap_in_one_instant_never_overlap() -> None:
    rows = [value(0, "A", 1), value(5, "B", 1), value(5, "A", 0)]
    assert level("A and B", rows, 20) == [(0, False)]
    assert level("not A and not B", rows, 20) == [(0, False)]


def test_that_nothing_rises_at_the_first_instant() -> None:
    rows = [value(0, "A", 1), value(5, "A", 0), value(8, "A", 1)]
    assert level("A rises", rows, 20) == [(8, True)]
    assert level("A falls", rows, 20) == [(5, True)]


def test_that_an_event_counts_the_level_after_its_own_instant() -> None:
    rows = [value(5, "A", 1), value(5, "B", 1), value(9, "A", 0), value(9, "B", 0)]
    assert level("A rises and B", rows, 20) == [(5, True)]
    assert level("A falls and B", rows, 20) == []


def test_that_two_events_join_only_in_one_instant() -> None:
    rows = [value(5, "A", 1), value(5, "B", 1), value(9, "A", 0), value(10, "B", 0)]
    assert level("A rises and B rises", rows, 20) == [(5, True)]
    assert level("A falls and B falls", rows, 20) == []
    assert level("A falls or B falls", rows, 20) == [(9, True), (10, True)]


def test_that_for_becomes_true_to_the_nanosecond_and_ends_with_its_level() -> None:
    rows = [value(1_000, "A", 1), value(2_000_001_001, "A", 0)]
    assert level("A for 2 s", rows, 3 * 10**9) == [(0, False), (2_000_001_000, True), (2_000_001_001, False)]
    rows = [value(1_000, "A", 1), value(2_000_001_000, "A", 0)]
    assert level("A for 2 s", rows, 3 * 10**9) == [(0, False)]


def test_that_for_is_true_at_the_very_end_of_the_time_observed() -> None:
    assert level("A for 2 s", [value(10, "A", 1)], 2_000_000_010)[-1] == (2_000_000_010, True)
    assert level("A for 2 s", [value(10, "A", 1)], 2_000_000_009) == [(0, False)]


def test_that_since_lasts_from_its_event_to_the_end_of_its_level() -> None:
    rows = [value(0, "B", 1), value(5, "A", 1), value(7, "A", 0), value(12, "B", 0), value(14, "B", 1)]
    assert level("B since A rises", rows, 20) == [(0, False), (5, True), (12, False)]


def test_that_false_and_bad_is_false_but_true_and_bad_is_not_known() -> None:
    rows = [value(0, "B", 1), value(5, "A", 0, bad=True), value(8, "B", 0), value(9, "A", 0)]
    assert level("A and B", rows, 20) == [(0, False), (5, None), (8, False)]
    assert level("A or B", rows, 20) == [(0, True), (8, None), (9, False)]


def test_that_an_event_is_in_doubt_while_its_level_is_bad() -> None:
    rows = [value(5, "A", 0, bad=True), value(9, "A", 1), value(12, "A", 0)]
    assert level("A rises", rows, 20) == [(5, None), (10, False)]
    rows = [value(5, "A", 0, bad=True), value(9, "A", 0)]
    assert level("A rises", rows, 20) == [(5, None), (9, False)]


def test_that_doubt_goes_on_after_an_event_that_is_certain() -> None:
    rows = [value(5, "A", 0, bad=True), value(9, "B", 1), value(15, "A", 0)]
    assert level("A rises or B rises", rows, 20) == [(5, None), (9, True), (10, None), (15, False)]


def test_that_numbers_texts_and_times_compare_by_value() -> None:
    rows = [value(3, "N", 7), value(4, "R", 0.25), value(5, "S", 1), value(6, "T", 0, b=2e9)]
    assert level("N * 2 - 1 >= 13", rows, 9) == [(0, False), (3, True)]
    assert level("R * 4 = 1", rows, 9) == [(0, False), (4, True)]
    assert level("N / 2 > 3.4", rows, 9) == [(0, False), (3, True)]
    assert level("max(N, R, 8) = 8 and min(N, 9) = 7 and abs(-N) = 7", rows, 9) == [(0, False), (3, True)]
    assert level("S = 'large'", rows, 9) == [(0, False), (5, True)]
    assert level("T >= 2 s", rows, 9) == [(0, False), (6, True)]
    assert level("T - 1 s = 1000 ms", rows, 9) == [(0, False), (6, True)]


def test_that_nan_and_a_division_by_zero_are_not_known() -> None:
    rows = [value(3, "R", float("nan")), value(4, "R", 1.0)]
    assert level("R > 0", rows, 9) == [(0, False), (3, None), (4, True)]
    assert level("1 / R > 0", rows, 9) == [(0, None), (4, True)]


def test_that_a_port_and_its_tag_are_one_and_names_ignore_case() -> None:
    assert level("PE1.Blocked and a", [value(5, "A", 1)], 9) == [(0, False), (5, True)]


def test_that_a_change_names_the_record_it_goes_back_to() -> None:
    rows = [value(1, "C", 1), value(5, "A", 1), value(5, "C", 0), value(7, "B", 1)]
    assert [c.record for c in monitor("A and B", rows, 20).changes] == [0, 4]


def test_that_records_beyond_the_time_fed_are_refused() -> None:
    with pytest.raises(ValueError, match="fed as if they ended"):
        Monitor(parse("A", NAMES), HEADER, TEXTS).feed(np.array([value(5, "A", 1)], RECORD), 4)


# ---- continuous: closed-form crossings ---------------------------------------------------------------
def test_that_a_crossing_of_constant_speed_comes_at_its_exact_instant() -> None:
    # 4.2 m at 0.3 m/s: 14 s and not 1 ns more, the rule of kernel.instant
    rows = [drive(0, 0, 0.0, 0.3, 0.0, 0.3)]
    assert level("belt1.travel >= 4.2 m", rows, 20 * 10**9) == [(0, False), (14_000_000_000, True)]


def test_that_a_crossing_inside_a_ramp_solves_the_quadratic() -> None:
    # from rest with 1.2 m/s2 to 0.6 m/s: v = 0.3 m/s at 0.25 s, 0.15 m (= 0.6^2 / 2 / 1.2) at 0.5 s
    rows = [drive(10**9, 0, 0.0, 0.0, 1.2, 0.6)]
    assert level("belt1.speed > 0.3 m/s", rows, 5 * 10**9) == [(0, False), (1_250_000_000, True)]
    assert level("belt1.travel >= 0.0375 m", rows, 5 * 10**9) == [(0, False), (1_250_000_000, True)]
    # after the ramp: 0.15 m + 0.6 m/s (t - 0.5 s)
    assert level("belt1.travel >= 0.75 m", rows, 5 * 10**9) == [(0, False), (2_500_000_000, True)]


def test_that_the_distance_between_two_drives_is_solved() -> None:
    rows = [drive(0, 0, 0.0, 0.5, 0.0, 0.5), drive(2 * 10**9, 1, 0.0, 1.0, 0.0, 1.0)]
    # belt1 leads by 0.5 t, belt2 follows from 2 s on: 0.5 t - (t - 2) < 0.25  <=>  t > 3.5 s
    text = "belt1.travel - belt2.travel < 0.25 m"
    assert level(text, rows, 10**10) == [(0, True), (500_000_000, False), (3_500_000_000, True)]
    text = "abs(belt1.travel - belt2.travel) <= 0.25 m"
    expected = [(0, True), (500_000_000, False), (3_500_000_000, True), (4_500_000_000, False)]
    assert level(text, rows, 10**10) == expected


def test_that_standing_still_at_the_limit_tells_less_from_less_or_equal() -> None:
    rows = [drive(0, 0, 0.0, 0.4, 0.0, 0.4)]
    assert level("belt1.speed <= 0.4 m/s", rows, 10**9) == [(0, True)]
    assert level("belt1.speed < 0.4 m/s", rows, 10**9) == [(0, False)]


def test_that_min_and_max_switch_where_their_operands_meet() -> None:
    rows = [drive(0, 0, 0.0, 0.5, 0.0, 0.5), drive(0, 1, 1.0, 0.25, 0.0, 0.25)]
    # they meet at 4 s and 2 m; min follows belt1 before, belt2 after, 2.5 m at 6 s
    assert level("min(belt1.travel, belt2.travel) > 2.5 m", rows, 10**10) == [(0, False), (6 * 10**9, True)]
    assert level("max(belt1.travel, belt2.travel) > 2.5 m", rows, 10**10) == [(0, False), (5 * 10**9, True)]


MOTION = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda k: k * 125_000_000),
        st.integers(0, 1),
        st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0]),
        st.sampled_from([0.5, 1.0, 2.5]),
    ),
    max_size=6,
)
COMBINATIONS: list[tuple[str, Callable[[float, float, float, float], float]]] = [
    ("belt1.travel - 0.3 m", lambda s1, v1, s2, v2: s1 - 0.3),
    ("belt1.speed - 2 * belt2.speed - 0.1 m/s", lambda s1, v1, s2, v2: v1 - 2 * v2 - 0.1),
    ("abs(belt1.travel - belt2.travel) - 0.4 m", lambda s1, v1, s2, v2: abs(s1 - s2) - 0.4),
    ("0.2 m - min(belt1.travel, belt2.travel / 2)", lambda s1, v1, s2, v2: 0.2 - min(s1, s2 / 2)),
    (
        "max(belt1.travel, 3 * belt2.travel, 0.1 m) - abs(belt2.travel) - 0.55 m",
        lambda s1, v1, s2, v2: max(s1, 3 * s2, 0.1) - abs(s2) - 0.55,
    ),
    ("-belt1.speed + 0.3 m/s", lambda s1, v1, s2, v2: 0.3 - v1),
]


@settings(max_examples=60, deadline=None)
@given(MOTION, st.sampled_from(COMBINATIONS), st.lists(st.integers(0, 6 * 10**9), max_size=4))
def test_that_solved_levels_agree_with_motion_integrated_step_by_step(
    commands: list[tuple[int, int, float, float]],
    combination: tuple[str, Callable[[float, float, float, float], float]],
    cuts: list[int],
) -> None:
    """Oracle: integrate speed in 1/8192 s steps, compare wherever it is not within its own error of 0."""
    text, work = combination
    rows, samples = _integrated(sorted(commands, key=lambda c: (c[0], c[1])))
    changes = monitor(f"{text} > 0", rows, 6 * 10**9).changes
    assert monitor(f"{text} > 0", rows, 6 * 10**9, tuple(cuts)).changes == changes
    at = 0
    for t, s1, v1, s2, v2 in samples:
        while at + 1 < len(changes) and changes[at + 1].t <= t:
            at += 1
        expected = work(s1, v1, s2, v2)
        if abs(expected) > 2e-3:
            assert changes[at].value is (expected > 0), (t, expected, changes)


def _integrated(
    commands: list[tuple[int, int, float, float]],
) -> tuple[list[Row], list[tuple[int, float, float, float, float]]]:
    step = 1 / 8192
    state = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]  # s, v, target
    rate = [1.0, 1.0]
    rows: list[Row] = []
    samples = []
    waiting = list(commands)
    for k in range(6 * 8192):
        t = round(k * step * 1e9)
        while waiting and waiting[0][0] <= t:
            at, index, target, acceleration = waiting.pop(0)
            s, v, _ = state[index]
            signed = acceleration if target >= v else -acceleration
            rows.append(drive(at, index, s, v, signed if target != v else 0.0, target))
            state[index][2], rate[index] = target, acceleration
        if k % 64 == 0:
            samples.append((t, state[0][0], state[0][1], state[1][0], state[1][1]))
        for index, (s, v, target) in enumerate(state):
            change = max(-rate[index] * step, min(rate[index] * step, target - v))
            state[index][0] = s + (v + 0.5 * change) * step
            state[index][1] = v + change
    return rows, samples


@given(
    st.tuples(*[st.sampled_from([-1.5, 0.0, 0.25, 2.0])] * 3),
    st.tuples(*[st.sampled_from([-0.75, 0.0, 0.5])] * 3),
    st.integers(0, 4 * 10**9),
    st.integers(0, 4 * 10**9),
    st.integers(0, 8 * 10**9),
)
def test_that_sums_and_new_anchors_keep_the_value_at_every_time(
    first: tuple[float, ...], second: tuple[float, ...], a: int, b: int, t: int
) -> None:
    left, right = Polynomial(a, *first), Polynomial(b, *second)
    assert left.moved(b).at(t) == pytest.approx(left.at(t), abs=1e-9)
    assert left.plus(right, -1.0).at(t) == pytest.approx(left.at(t) - right.at(t), abs=1e-9)
    assert left.scaled(-2.0).at(t) == pytest.approx(-2.0 * left.at(t), abs=1e-9)


def test_that_roots_of_nearly_linear_polynomials_keep_their_digits() -> None:
    # c2 tiny against c1: the textbook formula would lose half the digits; numpy's companion matrix does not
    polynomial = Polynomial(0, -1.0, 1e6, 1e-6)
    assert polynomial.roots()[1] == pytest.approx(1e-6, rel=1e-12)


# ---- brute force: every node at every nanosecond, straight from the definitions ------------------------
Truth = bool | None


def kleene_and(*values: Truth) -> Truth:
    return False if False in values else None if None in values else True


def kleene_or(*values: Truth) -> Truth:
    return True if True in values else None if None in values else False


class Naive:
    """Value of a tree at each t in 0..end as a list; events are True (now), None (perhaps now) or False."""

    def __init__(self, inputs: dict[str, list[Any]], end: int) -> None:
        self.inputs, self.end = inputs, end

    def run(self, node: tuple[Any, ...]) -> list[Truth]:
        kind, *rest = node
        times = range(self.end + 1)
        if kind == "name":
            return list(self.inputs[rest[0]])
        if kind == "compare":
            numbers = self.inputs["N"]
            return [None if n is None else n > rest[0] for n in numbers]
        if kind == "not":
            return [None if v is None else not v for v in self.run(rest[0])]
        if kind in ("and", "or"):
            columns = [self.run(part) for part in rest]
            join = kleene_and if kind == "and" else kleene_or
            return [join(*(column[t] for column in columns)) for t in times]
        if kind in ("rises", "falls"):
            after = kind == "rises"
            levels = self.run(rest[0])
            return [self._edge(levels, t, after) for t in times]
        if kind == "for":
            levels, duration = self.run(rest[0]), rest[1]
            return [kleene_and(*levels[t - duration : t + 1]) if t >= duration else False for t in times]
        levels, events = self.run(rest[0]), self.run(rest[1])
        return [kleene_or(*(kleene_and(events[s], *levels[s : t + 1]) for s in range(t + 1))) for t in times]

    @staticmethod
    def _edge(levels: list[Truth], t: int, after: bool) -> Truth:
        now = levels[t]
        if now is None:
            return None
        if t == 0 or now is not after or levels[t - 1] is now:
            return False
        return None if levels[t - 1] is None else True


def written(node: tuple[Any, ...]) -> str:
    kind, *rest = node
    if kind == "name":
        return str(rest[0])
    if kind == "compare":
        return f"N > {rest[0]}"
    if kind == "not":
        return f"not ({written(rest[0])})"
    if kind in ("and", "or"):
        return f" {kind} ".join(f"({written(part)})" for part in rest)
    if kind in ("rises", "falls"):
        return f"({written(rest[0])}) {kind}"
    if kind == "for":
        return f"({written(rest[0])}) for {rest[1]} ns"
    return f"({written(rest[0])}) since ({written(rest[1])})"


def _levels(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    events = _events(inner)
    return st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.just("for"), inner, st.integers(1, 6)),
        st.tuples(st.just("since"), inner, events),
    )


def _events(level: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    plain = st.tuples(st.sampled_from(["rises", "falls"]), level)
    return st.one_of(
        plain,
        st.tuples(st.just("and"), plain, level),
        st.tuples(st.just("or"), plain, plain),
        st.tuples(st.just("and"), plain, plain),
    )


LEAVES = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(["A", "B", "C"])),
    st.tuples(st.just("compare"), st.integers(-1, 2)),
)
LEVELS = st.recursive(LEAVES, _levels, max_leaves=6)
END = 24
CHANGES = st.lists(
    st.tuples(
        st.integers(0, END), st.sampled_from(["A", "B", "C", "N"]), st.integers(0, 3),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=16,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(LEVELS, _events(LEVELS)), CHANGES, st.lists(st.integers(0, END), max_size=3))
def test_that_every_tree_agrees_with_its_definition_at_every_nanosecond(
    node: tuple[Any, ...], changes: list[tuple[int, str, int, bool]], cuts: list[int]
) -> None:
    rows = sorted(
        (value(t, name, number if name == "N" else number % 2, bad) for t, name, number, bad in changes),
        key=lambda row: row[0],
    )
    inputs: dict[str, list[Any]] = {}
    for name, index in INDEX.items():
        column: list[Any] = []
        now: Any = 0 if name == "N" else False
        for t in range(END + 1):
            for row in rows:
                if row[0] == t and row[3] == index:
                    now = None if row[2] == Quality.BAD else int(row[5]) if name == "N" else bool(row[5])
            column.append(now)
        inputs[name] = column
    expected = Naive(inputs, END).run(node)
    made = monitor(written(node), rows, END, tuple(cuts))
    assert _spread(made) == expected, written(node)
    assert monitor(written(node), rows, END).changes == made.changes


def _spread(made: Monitor) -> list[Truth]:
    """The value at each ns: a level stands until its next change, an event is there and gone."""
    result: list[Truth] = []
    is_event = made.expression.type is ExpressionType.EVENT
    now: Truth = False
    changes = {change.t: change.value for change in made.changes}
    for t in range(END + 1):
        if is_event and now is True:
            now = False
        now = changes.get(t, now)
        result.append(now)
    return result
