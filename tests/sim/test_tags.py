"""The tag table: owner, overrides, quality, and what is journaled of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.model.record import Kind
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.tags import Signal, TagTable
from commissioning.sim.values import value_of


def table(*types: DataType) -> TagTable:
    kernel = Kernel()
    tags = TagTable(kernel, Journal(kernel, {}))
    for i, datatype in enumerate(types):
        tags.add(f"T{i}", datatype)
    return tags


def kinds(tags: TagTable) -> list[int]:
    return [int(k) for k in tags.journal.records()["kind"]]


def test_that_an_entry_is_uncertain_until_it_is_written() -> None:
    signal = table(DataType.BOOL)["t0"]
    assert (signal.value, signal.quality, signal.reason) == (False, Quality.UNCERTAIN, Reason.INITIAL)
    signal.write(False)
    assert (signal.value, signal.quality) == (False, Quality.GOOD)


def test_that_writing_the_same_value_is_no_edge() -> None:
    tags = table(DataType.INT)
    for value in (1, 1, 2, 2):
        tags["T0"].write(value)
    assert [r["a"] for r in tags.journal.records()] == [1, 2]


def test_that_nan_on_nan_is_no_edge() -> None:
    tags = table(DataType.REAL)
    for _ in range(5):
        tags["T0"].write(float("nan"))
    assert tags.journal.length == 1


def test_that_a_force_hides_the_owner_and_a_release_publishes_what_it_wrote_meanwhile() -> None:
    tags = table(DataType.BOOL)
    signal, seen = tags["T0"], []
    signal.subscribe(lambda _: seen.append(signal.value))
    signal.write(False)
    signal.force(True)
    signal.write(True)
    signal.write(False)
    signal.write(True)
    assert signal.value is True and signal.source is True
    signal.write(False)
    signal.release()
    assert signal.value is False
    assert seen == [False, True, False]
    assert kinds(tags).count(Kind.SOURCE) == 4


def test_that_a_force_is_stronger_than_a_fault_and_a_fault_than_the_source() -> None:
    signal = table(DataType.INT)["T0"]
    signal.write(1)
    signal.fault(2)
    assert signal.value == 2
    signal.force(3)
    assert signal.value == 3
    signal.clear()
    assert signal.value == 3
    signal.fault(4)
    signal.release()
    assert signal.value == 4
    signal.clear()
    assert signal.value == 1


def test_that_quality_changes_are_journaled_and_told() -> None:
    tags = table(DataType.BOOL)
    signal, told = tags["T0"], []
    signal.subscribe(told.append, "x")
    signal.write(True)
    signal.mark(Quality.BAD, Reason.LINK_LOST)
    assert (signal.value, signal.quality, signal.reason) == (True, Quality.BAD, Reason.LINK_LOST)
    assert told == ["x", "x"]
    record = tags.journal.records()[-1]
    assert record["aux"] == int(Quality.BAD) | int(Reason.LINK_LOST) << 8


def test_that_a_subscriber_is_caused_by_the_edge_it_was_told_of() -> None:
    tags = table(DataType.BOOL, DataType.BOOL)
    first, second = tags["T0"], tags["T1"]
    first.subscribe(lambda _: second.write(first.value))
    first.write(True)
    records = tags.journal.records()
    assert [int(r["cause"]) for r in records] == [0, 1]
    assert tags.kernel.cause == 0


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        (DataType.LINT, [-(2**63), 2**63 - 1, -1, 2**53 + 1, 0]),
        (DataType.ULINT, [2**64 - 1, 2**53 + 1, 0]),
        (DataType.LWORD, [0xFFFF_FFFF_FFFF_FFFF, 1]),
        (DataType.TIME, [-5, 86_400_000_000_000, 2**62 + 1]),
        (DataType.STRING, ["", "a", "Größe"]),
        (DataType.DINT, [-(2**31), 2**31 - 1]),
        (DataType.BOOL, [True, False]),
    ],
)
def test_that_every_value_comes_back_exactly_from_the_journal(datatype: DataType, values: list[Any]) -> None:
    tags = table(datatype)
    signal: Signal = tags["T0"]
    for value in values:
        signal.write(value)
        record = tags.journal.records()[-1]
        back = value_of(datatype, float(record["a"]), float(record["b"]), tags.journal.texts)
        assert back == value and type(back) is type(value)


operation = st.one_of(
    st.tuples(st.just("write"), st.integers(-5, 5)),
    st.tuples(st.just("force"), st.integers(-5, 5)),
    st.tuples(st.just("fault"), st.integers(-5, 5)),
    st.tuples(st.sampled_from(["release", "clear"]), st.none()),
    st.tuples(st.just("mark"), st.sampled_from(list(Quality))),
)


@given(st.lists(operation, max_size=40))
def test_that_the_effective_value_is_always_the_topmost_of_the_stack(ops: list[tuple[str, Any]]) -> None:
    """Against the rule written down naively, and the journal tells the same story."""
    tags = table(DataType.INT)
    signal = tags["T0"]
    source, force, fault, told = 0, None, None, []
    signal.subscribe(lambda _: told.append((signal.value, signal.quality, signal.reason)))
    for name, value in ops:
        if name == "mark":
            signal.mark(value, Reason.NONE if value is Quality.GOOD else Reason.STALE)
        elif value is None:
            getattr(signal, name)()
        else:
            getattr(signal, name)(value)
        if name == "write":
            source = value
        elif name == "force":
            force = value
        elif name == "fault":
            fault = value
        elif name == "release":
            force = None
        elif name == "clear":
            fault = None
        expected = force if force is not None else fault if fault is not None else source
        assert signal.value == expected
        assert signal.source == source
    assert all(a != b for a, b in pairwise(told)), "told without a change"
    values = [r for r in tags.journal.records() if r["kind"] == Kind.VALUE]
    if values:
        assert values[-1]["a"] == signal.value
        assert int(values[-1]["aux"]) & 3 == signal.quality
