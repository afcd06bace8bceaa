"""How far a value may move without consequence, held to trying it out."""

from __future__ import annotations

import random
import struct
from bisect import bisect_left
from math import floor, inf, isinf, nextafter

import pytest

from commissioning.model.tags import DataType
from commissioning.sim.reading_room import counted, room, stepped

COUNTS = (DataType.INT, DataType.DINT, DataType.UINT)


def single(value: float) -> float:
    """As a REAL of the PLC keeps it."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def told(datatype: DataType, x: float, modulus: float) -> float:
    if datatype.is_real:
        value = stepped(x, modulus) if modulus else x
        return single(value) if datatype is DataType.REAL else value
    return counted(datatype, x, modulus)


def region(value: float, limits: list[float]) -> tuple[int, bool]:
    """What all comparisons with the limits come to."""
    k = bisect_left(limits, value)
    return k, k < len(limits) and limits[k] == value


def same(datatype: DataType, x: float, y: float, modulus: float, limits: list[float] | None) -> bool:
    one, other = told(datatype, x, modulus), told(datatype, y, modulus)
    return one == other if limits is None else region(one, limits) == region(other, limits)


@pytest.mark.parametrize("seed", range(60))
def test_that_nothing_happens_within_the_room(seed: int) -> None:
    """Places up to 100,000, moduli, limits whole and not, ends of registers; looked at all over the room."""
    rng = random.Random(seed)
    for _ in range(200):
        datatype = rng.choice([*COUNTS, DataType.REAL, DataType.LREAL])
        scale = rng.choice([3.0, 100.0, 40_000.0, 100_000.0])
        modulus = rng.choice([0.0, 0.0, 7.0, 360.0] if not datatype.is_real else [0.0, 0.001, 0.25, 3.0])
        x = rng.choice([rng.uniform(-scale, scale), float(rng.randrange(-int(scale), int(scale)))])
        numbers = [
            rng.choice([float(rng.randrange(-400, 400)), rng.uniform(-scale, scale)]) for _ in range(4)
        ]
        limits = None if rng.random() < 0.3 else sorted(set(numbers[: rng.randrange(5)]))
        down, up = room(datatype, x, modulus, limits)
        assert down >= 0.0
        assert up >= 0.0
        for way, far in ((-1.0, down), (1.0, up)):
            far = min(far, 200_000.0)
            for share in (0.001, 0.3, rng.random(), 0.999, 1.0):
                y = x + way * far * share - way * 1e-9 * (share == 1.0 and far > 0.0)
                assert same(datatype, x, y, modulus, limits), (datatype, x, y, modulus, limits, down, up)


@pytest.mark.parametrize("seed", range(20))
def test_that_something_happens_just_beyond_the_room_of_a_count(seed: int) -> None:
    """1e-6 of a count for rounding, 1e-7 for being unsure."""
    rng = random.Random(seed)
    for _ in range(200):
        datatype, modulus = rng.choice(COUNTS), rng.choice([0.0, 7.0, 360.0])
        x = rng.uniform(-500.0, 500.0)
        limits = None if rng.random() < 0.3 else sorted({float(rng.randrange(-400, 400)) for _ in range(4)})
        down, up = room(datatype, x, modulus, limits)
        for way, far in ((-1.0, down), (1.0, up)):
            y = x + way * (far + 5e-6)
            gone = counted(datatype, y, modulus) - counted(datatype, x, modulus)
            wraps = gone != floor(y + 1e-6) - floor(x + 1e-6)
            assert wraps or not same(datatype, x, y, modulus, limits), (datatype, x, y, modulus, limits)


def test_that_a_real_without_steps_has_the_room_to_its_next_limit() -> None:
    down, up = room(DataType.REAL, 1.25, 0.0, [0.7, 2.0])
    assert down == pytest.approx(0.55, abs=1e-6)
    assert up == pytest.approx(0.75, abs=1e-6)
    assert room(DataType.REAL, 1.25, 0.0) == (0.0, 0.0)
    assert room(DataType.REAL, 1.25, 0.0, []) == (inf, inf), "nobody compares it"
    assert room(DataType.REAL, nextafter(0.7, 1.0), 0.0, [0.7]) == (0.0, 0.0), "as good as at its limit"
    assert room(DataType.DINT, 12.25, 0.0, [12.0]) == pytest.approx((0.25, 0.75), abs=2e-6)
    assert isinf(room(DataType.DINT, 12.25, 0.0, [])[1]) is False, "a register wraps"
