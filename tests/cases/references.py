"""Values of models that are in no table, solved here without code of the product.

Lines of stations with exponential or Erlang service as continuous Markov chains of what each station does;
machines that work in slots as chains from slot to slot; queues, loops and moves by their formulas. Tests hold
the solvers to published values before they are used.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import product
from math import factorial

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

State = tuple[int, ...]
Move = tuple[float, State, float]  # rate or chance, next state, parts that leave


def _solve(start: Hashable, moves: Callable[[State], Iterable[Move]], slotted: bool) -> float:
    """Parts per unit of time in the steady state."""
    number = {start: 0}
    waiting: deque[State] = deque([start])  # type: ignore[list-item]
    rows, columns, values, made = [], [], [], [0.0]
    while waiting:
        state = waiting.popleft()
        k = number[state]
        for rate, following, left in moves(state):
            if following not in number:
                number[following] = len(number)
                made.append(0.0)
                waiting.append(following)
            rows += [k, k]
            columns += [number[following], k]
            values += [rate, 0.0 if slotted else -rate]
            made[k] += rate * left
    size = len(number)
    chain = csr_matrix((values, (columns, rows)), shape=(size, size)).tolil()
    if slotted:
        chain.setdiag(chain.diagonal() - 1.0)
    chain[0, :] = 1.0
    unit = np.zeros(size)
    unit[0] = 1.0
    share = np.atleast_1d(spsolve(chain.tocsc(), unit))
    return float(share @ np.array(made))


IDLE, BLOCKED = 0, -1


def line_after_service(rates: Sequence[float], phases: Sequence[int], buffers: Sequence[int]) -> float:
    """A saturated line whose finished parts stay in their station until there is a place.

    `rates`: parts per unit of time of a station that works; each of its `phases` is `phases` times as fast.
    A state has for each station 0 idle, its phase from 1, or -1 blocked, and then the parts in the buffers.
    """
    count = len(rates)

    def pull(state: list[int], k: int) -> None:
        """Station `k` is free: it takes what waits, and what has waited for that place goes on."""
        if k == 0:
            state[0] = 1
            return
        buffer = count + k - 1
        if state[buffer]:
            state[buffer] -= 1
            state[k] = 1
            if state[k - 1] == BLOCKED:
                state[buffer] += 1
                pull(state, k - 1)
        elif state[k - 1] == BLOCKED:
            state[k] = 1
            pull(state, k - 1)
        else:
            state[k] = IDLE

    def moves(state: State) -> Iterable[Move]:
        for k in range(count):
            if state[k] <= 0:
                continue
            after = list(state)
            left = 0.0
            if state[k] < phases[k]:
                after[k] += 1
            elif k == count - 1:
                left = 1.0
                pull(after, k)
            elif after[k + 1] == IDLE:
                after[k + 1] = 1
                pull(after, k)
            elif after[count + k] < buffers[k]:
                after[count + k] += 1
                pull(after, k)
            else:
                after[k] = BLOCKED
            yield rates[k] * phases[k], tuple(after), left

    return _solve((1, *[IDLE] * (count - 1), *[0] * (count - 1)), moves, slotted=False)


def line_before_service(rates: Sequence[float], buffers: Sequence[int]) -> float:
    """A saturated exponential line whose stations begin only with a place downstream (B + 1 of them, with the
    one in the station itself): a state has the parts behind each station."""
    count = len(rates)

    def moves(state: State) -> Iterable[Move]:
        for k in range(count):
            fed = k == 0 or state[k - 1] > 0
            room = k == count - 1 or state[k] < buffers[k] + 1
            if fed and room:
                after = list(state)
                if k:
                    after[k - 1] -= 1
                if k < count - 1:
                    after[k] += 1
                yield rates[k], tuple(after), float(k == count - 1)

    return _solve((0,) * (count - 1), moves, slotted=False)


def two_unreliable(
    mu: Sequence[float], fail: Sequence[float], repair: Sequence[float], storage: int
) -> float:
    """Gershwin and Berman (1981): failures only while a machine works; storage counts machine 2's place."""

    def moves(state: State) -> Iterable[Move]:
        level, *up = state
        works = (up[0] and level < storage, up[1] and level > 0)
        for k in (0, 1):
            other = [up[0], up[1]]
            if works[k]:
                other[k] = 0
                yield fail[k], (level, *other), 0.0
                yield mu[k], (level + (1, -1)[k], *up), float(k == 1)
            elif not up[k]:
                other[k] = 1
                yield repair[k], (level, *other), 0.0

    return _solve((0, 1, 1), moves, slotted=False)


def slots_bernoulli(up: Sequence[float], storage: Sequence[int]) -> float:
    """Machines that are up in a slot with a chance each, whatever they do. A machine that is up makes a part
    if there is one before it, and a place behind it at the end of the slot: the last first (Li and Meerkov
    2009, chapter 4: blocked before service, a place that comes free in the slot counts)."""
    count = len(up)

    def moves(state: State) -> Iterable[Move]:
        for works in product((0, 1), repeat=count):
            chance = 1.0
            for one, runs in zip(up, works, strict=True):
                chance *= one if runs else 1 - one
            after = list(state)
            left = 0.0
            for k in reversed(range(count)):
                fed = k == 0 or state[k - 1] > 0
                room = k == count - 1 or after[k] < storage[k]
                if works[k] and fed and room:
                    if k:
                        after[k - 1] -= 1
                    if k < count - 1:
                        after[k] += 1
                    else:
                        left = 1.0
            yield chance, tuple(after), left

    return _solve((0,) * (count - 1), moves, slotted=True)


def makespan(times: Sequence[float], buffers: Sequence[int], parts: int) -> float:
    """When part `parts` leaves a saturated line of constant times: departures of part n from station k are
    D(n, k) = max(max(D(n, k-1), D(n-1, k)) + T(k), D(n - B(k) - 1, k+1)) (Altiok 1997, section 4)."""
    count = len(times)
    left = [[0.0] * count for _ in range(parts)]
    for n in range(parts):
        for k in range(count):
            begun = max(left[n][k - 1] if k else 0.0, left[n - 1][k] if n else 0.0)
            left[n][k] = begun + times[k]
            if k < count - 1 and n - buffers[k] - 1 >= 0:
                left[n][k] = max(left[n][k], left[n - buffers[k] - 1][k + 1])
    return left[-1][-1]


def ring_rate(means: Sequence[float], pallets: int, delay: float = 0.0) -> float:
    """Exponential stations in a ring by exact mean value analysis (Reiser and Lavenberg 1980)."""
    queue, rate = [0.0] * len(means), 0.0
    for n in range(1, pallets + 1):
        times = [mean * (1 + q) for mean, q in zip(means, queue, strict=True)]
        rate = n / (delay + sum(times))
        queue = [rate * t for t in times]
    return rate


def erlang_c(lam: float, mu: float, servers: int) -> float:
    """Mean wait of M/M/c."""
    a = lam / mu
    waits = a**servers / factorial(servers) / (1 - a / servers)
    chance = waits / (sum(a**k / factorial(k) for k in range(servers)) + waits)
    return chance / (servers * mu - lam)


def accepted(lam: float, mu: float, servers: int, places: int) -> float:
    """Parts per unit of time that M/M/c/K takes; K counts those in service."""
    weights = [1.0]
    for n in range(1, places + 1):
        weights.append(weights[-1] * lam / (mu * min(n, servers)))
    return lam * (1 - weights[-1] / sum(weights))


def machines_up(machines: int, crew: int, fail: float, repair: float) -> float:
    """Mean number of machines that run, of those that `crew` repair (birth and death)."""
    weights = [1.0]
    for down in range(1, machines + 1):
        weights.append(weights[-1] * (machines - down + 1) * fail / (min(down, crew) * repair))
    return sum((machines - k) * w for k, w in enumerate(weights)) / sum(weights)


def wait_of_regular_arrivals(gap: float, mu: float) -> float:
    """Mean wait of D/M/1: s / (mu (1 - s)) with s = exp(-mu gap (1 - s)) (GI/M/1, Kleinrock 1975)."""
    s = 0.5
    for _ in range(10_000):
        s = float(np.exp(-mu * gap * (1 - s)))
    return s / (mu * (1 - s))


def pollaczek(lam: float, mean: float, square: float) -> float:
    """Mean wait of M/G/1 (Pollaczek-Khinchine)."""
    return lam * square / (2 * (1 - lam * mean))
