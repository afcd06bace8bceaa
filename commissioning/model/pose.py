"""Where a rigid thing is: position in metres and a unit quaternion (w, x, y, z)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Pose:
    """A rigid transform: ``world = position + rotate(local)``; right-handed, z up."""

    xyz: Vector = (0.0, 0.0, 0.0)
    quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0)

    @staticmethod
    def from_rpy(xyz: Sequence[float], rpy: Sequence[float]) -> Pose:
        """Metres and radians. Intrinsic z-y-x: yaw about z, then pitch about the new y, then roll about
        the newest x (ISO 1151 / URDF `rpy`), which is R = Rz(yaw) Ry(pitch) Rx(roll)."""
        roll, pitch, yaw = (0.5 * float(angle) for angle in rpy)
        cr, sr = math.cos(roll), math.sin(roll)
        cp, sp = math.cos(pitch), math.sin(pitch)
        cy, sy = math.cos(yaw), math.sin(yaw)
        quaternion = (
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        )
        return Pose(_vector(xyz), quaternion)

    @property
    def rpy(self) -> Vector:
        """Roll, pitch, yaw in rad, the inverse of `from_rpy`; at pitch +-90 deg the roll is 0."""
        w, x, y, z = self.quaternion
        sine = max(-1.0, min(1.0, 2.0 * (w * y - z * x)))
        if abs(sine) > 1.0 - 1e-12:
            # gimbal lock: only yaw - roll (pitch +90) or yaw + roll (pitch -90) is defined
            return (0.0, math.copysign(math.pi / 2, sine), 2.0 * math.atan2(z, w))
        roll = math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
        yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        return (roll, math.asin(sine), yaw)

    def __matmul__(self, other: Pose) -> Pose:
        """``a @ b``: b is given in the frame of a."""
        return Pose(self.apply(other.xyz), _product(self.quaternion, other.quaternion))

    @overload
    def apply(self, points: Vector) -> Vector: ...
    @overload
    def apply(self, points: NDArray[Any]) -> NDArray[np.float64]: ...
    def apply(self, points: Vector | NDArray[Any]) -> Vector | NDArray[np.float64]:
        """Local points -> world: a 3-tuple gives a 3-tuple, an (N, 3) array an (N, 3) array, in metres."""
        if isinstance(points, np.ndarray):
            moved: NDArray[np.float64] = points @ self.matrix.T + np.asarray(self.xyz)
            return moved
        x, y, z = self.rotate(points)
        return (x + self.xyz[0], y + self.xyz[1], z + self.xyz[2])

    def rotate(self, direction: Vector) -> Vector:
        """A local direction in world axes (no translation)."""
        w, qx, qy, qz = self.quaternion
        vx, vy, vz = direction
        tx, ty, tz = 2.0 * (qy * vz - qz * vy), 2.0 * (qz * vx - qx * vz), 2.0 * (qx * vy - qy * vx)
        return (
            vx + w * tx + qy * tz - qz * ty,
            vy + w * ty + qz * tx - qx * tz,
            vz + w * tz + qx * ty - qy * tx,
        )

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The rotation, (3, 3)."""
        columns = [self.rotate(axis) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
        return np.array(columns, dtype=np.float64).T

    def inverse(self) -> Pose:
        w, x, y, z = self.quaternion
        back = Pose((0.0, 0.0, 0.0), (w, -x, -y, -z))
        px, py, pz = back.rotate(self.xyz)
        return Pose((-px, -py, -pz), back.quaternion)

    def shifted(self, along: float, across: float = 0.0, up: float = 0.0) -> Pose:
        """The same orientation, moved by metres in its own axes."""
        return Pose(self.apply((along, across, up)), self.quaternion)


def _vector(values: Sequence[float]) -> Vector:
    x, y, z = (float(value) for value in values)
    return (x, y, z)


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    w, x, y, z = (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )
    norm = math.sqrt(w * w + x * x + y * y + z * z)
    return (w / norm, x / norm, y / norm, z / norm)
