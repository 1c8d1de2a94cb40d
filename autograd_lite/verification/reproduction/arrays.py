"""Arrays written as code that makes them anew, bit for bit."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
_MOST_ELEMENTS = 100
"""So many are written as numbers."""
_MOST_CHARACTERS = 20_000
"""An array that is packed takes so many at most: all of an issue may have 65,536."""
_USUAL = {np.dtype(kind).name: "" for kind in (bool, int, float, complex)}
"""The dtypes that NumPy takes for Python's numbers."""
UNPACK = '''def unpacked(text, dtype, shape):
    """Return the array that a text holds."""
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype).reshape(shape).copy()'''


def literal(x: Array, np_name: str) -> str | None:
    """Return the code of an array that is empty, all one number, or small; None for another one."""
    if x.dtype.kind not in "biufc" or not x.dtype.isnative or x.itemsize > 16 or not np.isfinite(x).all():
        return None
    dtype = _USUAL.get(x.dtype.name, f", {np_name}.{x.dtype.name}")
    if x.size == 0:
        return f"{np_name}.zeros({x.shape}, {np_name}.{x.dtype.name})"
    first = x.flat[0]
    if x.ndim and x.dtype == np.float64 and _same(x, np.zeros(x.shape)):
        return f"{np_name}.zeros({x.shape})"
    if x.ndim and x.size > 1 and _same(x, np.full(x.shape, first, x.dtype)):
        return f"{np_name}.full({x.shape}, {first.item()!r}{dtype})"
    elements = x.tolist()
    if x.size > _MOST_ELEMENTS or not _same(x, np.array(elements, x.dtype)):
        return None
    return f"{np_name}.array({elements!r}{dtype})"


def _same(x: Array, other: Array) -> bool:
    return x.shape == other.shape and x.tobytes() == other.tobytes()


def packed(x: Array) -> str | None:
    """Return the call of `UNPACK` that gives an array; None where that is long, and for an array of objects."""
    if x.dtype.kind not in "biufcmMUS":
        return None
    text = base64.b85encode(zlib.compress(x.tobytes(), 9)).decode()
    return f'unpacked("{text}", "{x.dtype.str}", {x.shape})' if len(text) <= _MOST_CHARACTERS else None
