"""Arrays near those that a function is verified at, and of the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array


def nearby(x: Any, rng: np.random.Generator, size: float) -> Any:
    """Move an array by about ``size`` of its scale.

    What a function may count on stays: symmetry, the zeros of a triangle, positive numbers, and rows of probabilities
    that sum to 1.
    """
    x = np.asarray(x)
    scale = np.sqrt(np.mean(np.square(np.abs(x)))) if x.size else 0
    step = size * rng.standard_normal(x.shape) * np.maximum(np.abs(x), scale / 10 or 1 / 10)
    moved = x + step
    if x.dtype.kind == "f" and np.all(x > 0):
        moved = x * np.exp(np.clip(moved / x - 1, -30, 30))
    return np.asarray(in_kind(x, moved)).astype(x.dtype)[()]


def in_kind(x: Array, moved: Array) -> Array:
    """Return what an array has moved to, perhaps of another length, with the form that it had."""
    if not x.any():
        return moved
    if is_symmetric(x):
        half = np.tril(moved, 0 if x.diagonal().any() else -1)
        return np.asarray(half + np.tril(moved, -1).T)
    if x.ndim == 2 and x.shape[0] == x.shape[1] > 1:
        for part in (np.tril, np.triu):
            if np.array_equal(x, part(x)):
                return part(moved)
    if x.dtype.kind == "f" and x.ndim and x.shape[-1] > 1 and np.all(x >= 0) and _are_shares(x):
        return np.asarray(np.abs(moved) / np.sum(np.abs(moved), -1, keepdims=True))
    return moved


def is_symmetric(x: Array) -> bool:
    """Whether an array is a symmetric matrix."""
    return x.ndim == 2 and x.shape[0] == x.shape[1] > 1 and np.array_equal(x, x.T)


def _are_shares(x: Array) -> bool:
    return bool(close.within(np.sum(x, -1), 1, close.of_shares(x.shape[-1])).all())
