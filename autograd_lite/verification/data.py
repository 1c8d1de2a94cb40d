"""Arrays as a function under verification gets them: data beside Tensors, and points nearby of the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np


def in_kind(x: Any, moved: Any) -> Any:
    """Return what an array has moved to with the properties that it had."""
    if x.dtype.kind != "f" or not x.any():
        return moved
    if x.ndim == 2 and x.shape[0] == x.shape[1] > 1:
        if np.array_equal(x, x.T):
            return (moved + moved.T) / 2
        for part in (np.tril, np.triu):
            if np.array_equal(x, part(x)):
                return part(moved)
    positive = np.all(x >= 0)
    if positive and x.ndim and x.shape[-1] > 1 and np.allclose(np.sum(x, -1), 1, rtol=0, atol=1e-6):
        return np.abs(moved) / np.sum(np.abs(moved), -1, keepdims=True)
    return x * np.exp(np.clip(moved / x - 1, -30, 30)) if np.all(x > 0) else moved


class Data(np.ndarray):
    """An array beside Tensors, whose method ``dot`` is NumPy's function: that one asks the Tensor."""

    @staticmethod
    def of(x: Any) -> Any:
        """Return a plain array as one."""
        return x.view(Data) if type(x) is np.ndarray else x

    def dot(self, b: Any, out: Any = None) -> Any:
        """Return ``np.dot(self, b)``."""
        return np.dot(self, b) if out is None else super().dot(b, out)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array.view(Data) if array.ndim else array[()]
