"""Arrays as a function under verification gets them: data beside Tensors, and arrays nearby of the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array


class Data(np.ndarray):
    """An array beside Tensors, whose method ``dot`` is NumPy's function: that one asks the Tensor."""

    @staticmethod
    def of(x: Any) -> Any:
        """Return a plain array as one."""
        return x.view(Data) if type(x) is np.ndarray else x

    def dot(self, b: Any, out: Any = None) -> Any:
        """Return ``np.dot(self, b)``."""
        return np.dot(self, b) if out is None else super().dot(b, out)

    def __array_wrap__(self, array: Array, context: Any = None, return_scalar: bool = False) -> Any:
        return array.view(Data) if array.ndim else array[()]


def nearby(x: Any, rng: np.random.Generator, size: float) -> Any:
    """Move an array by about ``size`` of its scale.

    What a function may count on stays: symmetry, the zeros of a triangle, positive numbers, and rows of probabilities
    that sum to 1.
    """
    x = np.asarray(x)
    scale = np.sqrt(np.mean(np.square(np.abs(x)))) if x.size else 0
    step = size * rng.standard_normal(x.shape) * np.maximum(np.abs(x), scale / 10 or 1 / 10)
    return np.asarray(_in_kind(x, x + step)).astype(x.dtype)[()]


def _in_kind(x: Array, moved: Array) -> Array:
    """Return what an array has moved to with the properties that it had."""
    if x.dtype.kind != "f" or not x.any():
        return moved
    if x.ndim == 2 and x.shape[0] == x.shape[1] > 1:
        if np.array_equal(x, x.T):
            return np.asarray((moved + moved.T) / 2)
        for part in (np.tril, np.triu):
            if np.array_equal(x, part(x)):
                return part(moved)
    if np.all(x >= 0) and x.ndim and x.shape[-1] > 1 and _are_shares(x):
        return np.asarray(np.abs(moved) / np.sum(np.abs(moved), -1, keepdims=True))
    return x * np.exp(np.clip(moved / x - 1, -30, 30)) if np.all(x > 0) else moved


def _are_shares(x: Array) -> bool:
    return bool(close.within(np.sum(x, -1), 1, close.of_shares(x.shape[-1])).all())
