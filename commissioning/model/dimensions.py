"""The dimensions and units that a scene can write, as exact factors to SI."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from commissioning.model.frozen import FrozenDict

_PI_180 = Fraction(math.pi) / 180


@dataclass(frozen=True)
class Dimension:
    """A kind of quantity. `units`: unit text -> factor to SI; `shown`: units for display, best first.

    `least`, `most`: what a parameter may be in size (SI), apart from 0. With them every time that follows
    from lengths, speeds and ramps fits into 64 bits of ns (292 years): 10 km at 0.01 mm/s take 32 years.
    """

    name: str
    si: str
    units: Mapping[str, Fraction]
    shown: tuple[str, ...]
    example: str
    plain: bool = True
    least: float = 0.0
    most: float = math.inf


_SIZES: Final[Mapping[str, tuple[float, float]]] = {
    "length": (1e-6, 1e6),
    "speed": (1e-5, 1e4),
    "acceleration": (1e-5, 1e6),
    "jerk": (1e-5, 1e9),
    "duration": (1e-9, 9.2e9),
    "angular_speed": (1e-6, 1e6),
    "angular_acceleration": (1e-6, 1e9),
    "mass": (1e-9, 1e9),
    "rate": (1e-9, 1e9),
}


def _dimension(name: str, example: str, shown: str, units: str, plain: bool = True) -> Dimension:
    table: dict[str, Fraction] = {}
    for entry in units.split(", "):
        names, _, factor = entry.partition(" = ")
        for unit in names.split():
            table[unit] = _PI_180 if factor == "deg" else Fraction(factor)
    order = tuple(shown.split())
    si = next(unit for unit, factor in table.items() if factor == 1)
    return Dimension(name, si, FrozenDict(table), order, example, plain, *_SIZES.get(name, ()))


_LENGTH = (
    "m = 1, mm = 1/1000, cm = 1/100, dm = 1/10, km = 1000, um µm μm = 1/1000000, "
    "in = 0.0254, ft = 0.3048"
)
_TIME = "s = 1, ms = 1/1000, us µs μs = 1/1000000, ns = 1/1000000000, min = 60, h = 3600, d = 86400"
_RATE = (
    "1/s /s = 1, 1/min /min = 1/60, 1/h /h = 1/3600, 1/d /d = 1/86400, "
    "parts/s = 1, parts/min = 1/60, parts/h = 1/3600"
)

DIMENSIONS: Final[Mapping[str, Dimension]] = FrozenDict(
    {
        dimension.name: dimension
        for dimension in (
            _dimension("length", "3 m", "m mm", _LENGTH),
            _dimension("area", "0.5 m2", "m2", "m2 m² = 1, cm2 cm² = 1/10000, mm2 mm² = 1/1000000"),
            _dimension("volume", "2 l", "m3 l", "m3 m³ = 1, l L = 1/1000"),
            _dimension(
                "speed", "0.4 m/s", "m/s mm/s m/min",
                "m/s = 1, m/min = 1/60, mm/s = 1/1000, km/h = 5/18",
            ),
            _dimension(
                "acceleration", "1.2 m/s2", "m/s2 mm/s2",
                "m/s2 m/s² m/s^2 = 1, mm/s2 mm/s² mm/s^2 = 1/1000, g = 9.80665",
            ),
            _dimension("jerk", "5 m/s3", "m/s3 mm/s3", "m/s3 m/s³ m/s^3 = 1, mm/s3 mm/s³ mm/s^3 = 1/1000"),
            _dimension("duration", "20 ms", "s ms us h min", _TIME),
            _dimension("angle", "90 deg", "deg rad", "rad = 1, deg ° = deg", plain=False),
            _dimension(
                "angular_speed", "90 deg/s", "rad/s deg/s",
                "rad/s = 1, deg/s °/s = deg", plain=False,
            ),
            _dimension(
                "angular_acceleration", "180 deg/s2", "rad/s2 deg/s2",
                "rad/s2 rad/s² rad/s^2 = 1, deg/s2 deg/s² deg/s^2 °/s2 °/s² = deg", plain=False,
            ),
            _dimension("mass", "2.5 kg", "kg g t", "kg = 1, g = 1/1000, t = 1000"),
            _dimension("rate", "900/h", "/h /min /s", _RATE),
            _dimension("frequency", "50 Hz", "Hz kHz", "Hz 1/s = 1, kHz = 1000, mHz = 1/1000"),
            _dimension("share", "95 %", "%", "1 = 1, % = 1/100, ‰ = 1/1000"),
            _dimension("number", "3", "", "1 = 1"),
            _dimension("force", "50 N", "N kN", "N = 1, kN = 1000, mN = 1/1000"),
            _dimension("torque", "5 Nm", "Nm kNm", "Nm N·m = 1, kNm = 1000, mNm = 1/1000"),
            _dimension("power", "1.5 kW", "W kW", "W = 1, kW = 1000, MW = 1000000, mW = 1/1000"),
            _dimension(
                "energy", "2 kWh", "J kJ kWh",
                "J = 1, kJ = 1000, MJ = 1000000, Wh = 3600, kWh = 3600000",
            ),
            _dimension(
                "pressure", "6 bar", "bar Pa kPa",
                "Pa = 1, hPa mbar = 100, kPa = 1000, bar = 100000, MPa = 1000000",
            ),
            _dimension("voltage", "24 V", "V mV", "V = 1, mV = 1/1000, kV = 1000"),
            _dimension("current", "4 mA", "A mA", "A = 1, mA = 1/1000"),
            _dimension("data_rate", "9600 bit/s", "bit/s", "bit/s = 1, kbit/s = 1000, Mbit/s = 1000000"),
        )
    }
)
