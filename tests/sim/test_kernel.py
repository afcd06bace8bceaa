"""The kernel: SimPy in whole nanoseconds, with direct calls and bands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from commissioning.sim.kernel import EDGE, END, INPUT, PLC, STAT, USER, Kernel, instant
from commissioning.sim.seconds import SecondsEnvironment


class Log:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.calls: list[tuple[int, object]] = []

    def note(self, arg: object) -> None:
        self.calls.append((self.kernel.now, arg))


def test_that_4_2_m_at_0_3_m_per_s_arrive_at_14_s_and_not_a_nanosecond_later() -> None:
    assert instant(4.2 / 0.3 * 1e9) == 14_000_000_000
    assert instant(13_999_999_999.5) == 14_000_000_000


@pytest.mark.parametrize("t", [1.0, 1.5, "1", True, None])
def test_that_the_kernel_refuses_a_time_that_is_no_whole_number(t: object) -> None:
    kernel = Kernel()
    with pytest.raises(TypeError, match="nanoseconds"):
        kernel.call_at(t, print)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        kernel.advance(t)  # type: ignore[arg-type]


def test_that_a_float_delay_of_a_simpy_event_is_refused() -> None:
    with pytest.raises(TypeError, match="nanoseconds"):
        Kernel().timeout(0.5)


def test_that_the_past_is_refused() -> None:
    kernel = Kernel()
    kernel.advance(10)
    with pytest.raises(ValueError, match="already"):
        kernel.call_at(9, print)


def test_that_bands_order_one_instant_whatever_the_order_of_scheduling() -> None:
    kernel = Kernel()
    log = Log(kernel)
    for key in (STAT, USER, PLC + 1, PLC, INPUT, EDGE):
        kernel.call_at(5, log.note, key, key)
    kernel.advance(5)
    assert [key for _, key in log.calls] == [EDGE, INPUT, PLC, PLC + 1, USER, STAT]
    assert kernel.key == END


def test_that_advance_completes_every_event_at_its_time_also_those_scheduled_there() -> None:
    kernel = Kernel()
    log = Log(kernel)

    class Chain:
        def go(self, n: int) -> None:
            log.note(n)
            if n:
                kernel.call_at(kernel.now, self.go, n - 1)

    kernel.call_at(7, Chain().go, 3)
    kernel.advance(7)
    assert log.calls == [(7, 3), (7, 2), (7, 1), (7, 0)]


def test_that_a_simpy_process_sees_what_happened_in_its_instant() -> None:
    """User processes run after motion edges and inputs of the same time."""
    kernel = Kernel()
    log = Log(kernel)

    def user(env: simpy.Environment):  # type: ignore[no-untyped-def]
        yield env.timeout(10)
        log.note("user")

    kernel.process(user(kernel))
    kernel.advance(1)
    kernel.call_at(10, log.note, "edge", EDGE)
    kernel.advance(10)
    assert log.calls == [(10, "edge"), (10, "user")]


def test_that_resources_and_stores_work_unchanged() -> None:
    kernel = Kernel()
    store: simpy.Store = simpy.Store(kernel, capacity=1)
    got: list[tuple[int, int]] = []

    def producer():  # type: ignore[no-untyped-def]
        for i in range(3):
            yield store.put(i)

    def consumer():  # type: ignore[no-untyped-def]
        while True:
            yield kernel.timeout(10)
            item = yield store.get()
            got.append((kernel.now, item))

    kernel.process(producer())
    kernel.process(consumer())
    kernel.advance(40)
    assert got == [(10, 0), (20, 1), (30, 2)]


def test_that_an_exception_of_a_process_comes_out_of_advance() -> None:
    kernel = Kernel()

    def bad():  # type: ignore[no-untyped-def]
        yield kernel.timeout(3)
        raise RuntimeError("broken")

    kernel.process(bad())
    with pytest.raises(RuntimeError, match="broken"):
        kernel.advance(10)
    assert kernel.now == 3


def test_that_run_until_follows_simpys_contract() -> None:
    """SimPy's run(until=t) does not process what is due exactly at t."""
    kernel = Kernel()
    log = Log(kernel)
    kernel.call_at(5, log.note, "at 5")
    kernel.run(until=5)
    assert log.calls == []
    kernel.run(until=6)
    assert log.calls == [(5, "at 5")]


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from([EDGE, INPUT, PLC, USER])), max_size=60),
       st.lists(st.integers(0, 60), max_size=8))  # fmt: skip
def test_that_slices_change_nothing(entries: list[tuple[int, int]], cuts: list[int]) -> None:
    def play(stops: list[int]) -> list[tuple[int, object]]:
        kernel = Kernel()
        log = Log(kernel)
        for i, (t, key) in enumerate(entries):
            kernel.call_at(t, log.note, i, key)
        for stop in [*sorted(stops), 60]:
            kernel.advance(stop)
        return log.calls

    assert play(cuts) == play([])
    assert [t for t, _ in play([])] == sorted(t for t, _ in entries)


def test_that_the_seconds_environment_rounds_to_nanoseconds() -> None:
    env = SecondsEnvironment()
    seen: list[int] = []

    def user():  # type: ignore[no-untyped-def]
        for _ in range(3):
            yield env.timeout(0.1)
            seen.append(env.kernel.now)

    env.process(user())
    env.run(until=1)
    assert seen == [100_000_000, 200_000_000, 300_000_000]
    assert env.now == 1


def test_that_a_process_that_lets_no_time_pass_is_stopped() -> None:
    """`while True: yield env.timeout(0)` would never come to an end of the instant."""
    kernel = Kernel()

    def restless() -> Iterator[Any]:
        yield kernel.timeout(5)
        while True:
            yield kernel.timeout(0)

    kernel.process(restless())
    with pytest.raises(RuntimeError, match="at one instant; it would never end"):
        kernel.advance(10)
    assert kernel.now == 5
