"""Shared people against SimPy's own priority resource, an independent implementation of the same rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import simpy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commissioning.bench.load import load_text
from commissioning.sim.run import Run

HEAD = "format: commissioning-scene/1\nproducts: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
JOBS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 20), st.integers(-2, 2)), min_size=2, max_size=12
)


def by_simpy(jobs: list[tuple[int, int, int]], people: int) -> tuple[list[int], list[int]]:
    """End of each job in ms, and the times of everything that happens."""
    env = simpy.Environment()
    team = simpy.PriorityResource(env, people)
    ends, times = [0] * len(jobs), []

    def job(k: int, arrival: int, duration: int, priority: int) -> Any:
        yield env.timeout(arrival)
        times.append(int(env.now))
        with team.request(priority) as request:
            yield request
            yield env.timeout(duration)
        times.append(int(env.now))
        ends[k] = int(env.now)

    for k, (arrival, duration, priority) in enumerate(jobs):
        env.process(job(k, arrival, duration, priority))
    env.run()
    return ends, times


@settings(max_examples=60, deadline=None)
@given(JOBS, st.integers(1, 3))
def test_that_who_is_served_when_is_as_simpy_has_it(jobs: list[tuple[int, int, int]], people: int) -> None:
    """Each job is a part at a station of its own. Times differ, so that no order of one instant counts."""
    jobs = [(1000 * a + 3 * k, 1000 * d + 7 * k * k + 1, p) for k, (a, d, p) in enumerate(jobs)]
    ends, times = by_simpy(jobs, people)
    assume(len(set(times)) == len(times))
    rows = [f"team: {{type: operators, count: {people}}}", "out: {type: sink}"]
    for k, (arrival, duration, priority) in enumerate(jobs):
        rows.append(
            f"s{k}: {{type: source, product: box, every: 1 s, first: {arrival} ms, limit: 1, to: m{k}}}"
        )
        rows.append(
            f"m{k}: {{type: manual_station, operators: team, priority: {priority}, cycle: {duration} ms, to: out}}"
        )
    run = Run(load_text(HEAD + "".join(f"  {row}\n" for row in rows), Path("scene.yaml")), 1)
    run.advance(1000)
    done = [[t for t, busy in run.journal.edges(f"m{k}.busy") if not busy][-1] for k in range(len(jobs))]
    assert done == [end * 1_000_000 for end in ends]
