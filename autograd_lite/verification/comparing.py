"""Whether a value of the hand is one of the record: the same, a multiple of it, or how far off."""

from __future__ import annotations

from typing import Any

import numpy as np


def same(value: Any, expected: Any, tolerance: Any = 0.0) -> bool:
    """Whether two values are the same but for rounding, or a tolerance if that is larger."""
    if expected is None or isinstance(expected, tuple) or np.shape(value) != np.shape(expected):
        return False
    value, expected = np.asarray(value), np.asarray(expected)
    if value.dtype.kind not in "fciub":
        return False
    eps = max((float(np.finfo(x.dtype).eps) for x in (value, expected) if x.dtype.kind in "fc"), default=0.0)
    room = 1e5 * eps * np.abs(expected).max(initial=0.0)
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(value - expected) <= np.fmax(tolerance, room)) or np.array_equal(value, expected))


def ratio(value: Any, expected: Any) -> float | None:
    """Return the one number by which an array differs from what is expected; None for single numbers."""
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or value.size < 2 or value.dtype.kind not in "fiu":
        return None
    if expected.dtype.kind not in "fiu":
        return None
    there = expected != 0
    if there.sum() < 2 or np.any(value[~there] != 0):
        return None
    with np.errstate(all="ignore"):
        ratios = value[there] / expected[there]
    middle = float(np.median(ratios))
    close = np.isfinite(middle) and middle != 0 and np.all(np.abs(ratios - middle) <= 1e-7 * abs(middle))
    return middle if close else None


def quotient(a: Any, b: Any) -> float | None:
    """Return by how much one value is a multiple of another, single numbers included."""
    if np.size(a) == np.size(b) == 1 and np.asarray(b).item() != 0:
        return float(np.real(np.asarray(a).item() / np.asarray(b).item()))
    return ratio(a, b)


def softmax(x: Any) -> Any:
    """Return the softmax over the last axis."""
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def farthest(value: Any, expected: Any) -> tuple[int, ...]:
    """Return the index of the element that is farthest off; empty where the shapes differ."""
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or not value.ndim or not value.size:
        return ()
    with np.errstate(all="ignore"):
        off = np.abs(value - expected)
    off = np.where(np.isnan(off), np.inf, off)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
