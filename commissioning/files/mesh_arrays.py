"""The arrays of a mesh as bytes: between worker and program, and beside a recording. Never pickle."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_VERTICES: Final = 3_000_000
MAX_FACES: Final = 2_000_000
"""More than a screen shows; software rendering takes about 1 us for each triangle and frame."""
UNCOLOURED: Final = (160, 160, 160, 255)
"""RGBA of a mesh that says nothing about its colour."""

_WANTED = (("vertices", np.float32, 3), ("faces", np.int32, 3), ("colours", np.uint8, 4))


def pack_arrays(vertices: NDArray[np.float32], faces: NDArray[np.int32], colours: NDArray[np.uint8]) -> bytes:
    """Three arrays in NumPy's own format, one after the other."""
    stream = io.BytesIO()
    for array in (vertices, faces, colours):
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def unpack_arrays(packed: bytes) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.uint8]]:
    """What `pack_arrays` wrote, checked as if an enemy had written it. Raises ValueError."""
    stream = io.BytesIO(packed)
    arrays: list[NDArray[Any]] = []
    for name, dtype, width in _WANTED:
        try:
            array = np.load(stream, allow_pickle=False)
        except (ValueError, EOFError, OSError, MemoryError, SyntaxError, TypeError) as error:
            raise ValueError(f"its {name} cannot be read ({error})") from error
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape[1:] != (width,):
            raise ValueError(f"its {name} have another shape")
        arrays.append(array)
    vertices, faces, colours = arrays
    if len(vertices) > MAX_VERTICES or len(faces) > MAX_FACES or len(colours) != len(faces):
        raise ValueError("its arrays do not fit each other")
    if not np.isfinite(vertices).all():
        raise ValueError("it has a point that is not a number")
    if not len(faces) or faces.min() < 0 or faces.max() >= len(vertices):
        raise ValueError("it has a triangle without points")
    return vertices, faces, colours
