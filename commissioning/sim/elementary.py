"""Logarithm, exponential and normal quantile from + - * / alone.

IEEE 754 fixes these four and the square root to the last bit on every platform; log and exp of the C
library are not fixed. Draws decide the order of events, so the product computes its own. Vectorised:
arrays of float64 in, arrays out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["exp", "log", "normal_quantile"]

Floats = NDArray[np.float64]

_LN2_HIGH = 6.93147180369123816490e-01  # ln 2 in two parts, fdlibm
_LN2_LOW = 1.90821492927058770002e-10


def log(x: Floats) -> Floats:
    """Natural logarithm for positive finite x; relative error below 4e-16.

    x = m * 2^e with m in [sqrt(1/2), sqrt(2)), ln m = 2 artanh((m-1)/(m+1)) as a series.
    """
    m, e = np.frexp(x)
    small = m < 0.7071067811865476
    m = np.where(small, m + m, m)
    exponent = (e - small).astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = np.zeros_like(z)
    for k in range(25, 1, -2):
        series = (series + 1.0 / k) * z
    return exponent * _LN2_HIGH + (exponent * _LN2_LOW + (2.0 * s * series + 2.0 * s))


def exp(x: Floats) -> Floats:
    """e^x for |x| < 700; relative error below 1e-15. Range reduction by ln 2, then the series."""
    k = np.floor(x / 0.6931471805599453 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    series = np.ones_like(r)
    for n in range(17, 0, -1):
        series = series * r / n + 1.0
    return np.ldexp(series, k.astype(np.int64))


_A = (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
      1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
      3.3430575583588128105e4, 2.5090809287301226727e3)  # fmt: skip
_B = (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
      5.2264952788528545610e3)  # fmt: skip
_C = (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
      3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4)  # fmt: skip
_D = (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9)  # fmt: skip
_E = (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7)  # fmt: skip
_F = (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15)  # fmt: skip


def _ratio(r: Floats, top: tuple[float, ...], bottom: tuple[float, ...]) -> Floats:
    numerator = np.zeros_like(r)
    denominator = np.zeros_like(r)
    for a, b in zip(reversed(top), reversed(bottom), strict=True):
        numerator = numerator * r + a
        denominator = denominator * r + b
    return numerator / denominator


def normal_quantile(p: Floats) -> Floats:
    """Quantile of the standard normal distribution for p in (0, 1); relative error about 1e-16.

    Wichura (1988), algorithm AS 241 PPND16, Appl. Statist. 37(3).
    """
    q = p - 0.5
    central = np.abs(q) <= 0.425
    tail = np.where(q < 0.0, p, 1.0 - p)
    r = np.sqrt(-log(np.where(central, 0.5, tail)))
    near = r <= 5.0
    outer = np.where(near, _ratio(r - 1.6, _C, _D), _ratio(r - 5.0, _E, _F))
    return np.where(central, q * _ratio(0.180625 - q * q, _A, _B), np.where(q < 0.0, -outer, outer))
