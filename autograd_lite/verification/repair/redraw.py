"""Other numbers of the same kind in the place of those of an array: what a function may count on stays, no more."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.numerical.close import Array
from autograd_lite.verification.data import in_kind, is_symmetric, nearby

FREE, SIGNS, RANGE, NEAR, NEARER, STAYS = range(6)
"""How far an array goes: anywhere; its signs stay; its range does (0 to 1, definite matrices); nearby; nowhere."""
NEARBY = {NEAR: 0.3, NEARER: 0.03}
TRIES = 8


def redrawn(x: Array, like: Array, rng: np.random.Generator, scale: float, level: int) -> Array:
    """Return data as ``x`` in the shape of ``like``, which is ``x`` with some rows less or more."""
    if level == STAYS or not like.size:
        return like
    if not like.ndim and like.dtype.kind == "f":
        return np.asarray(number(like, rng))
    if not like.ndim:
        return like
    if like.dtype.kind not in "fc" or _of_few_values(x):
        return like if level == NEARER else _relabelled(x, like, rng)
    return _measured(x, like, rng, scale, level)


def moved(x: Array, like: Array, rng: np.random.Generator, scale: float, level: int) -> Array:
    """Return the same of what is differentiated: none of it is a label, and products with data stay of one size."""
    fan = max(1, like.size) ** (1 / max(1, like.ndim))
    return like if level == STAYS else _measured(x, like, rng, scale / np.sqrt(fan), level)


def _measured(x: Array, like: Array, rng: np.random.Generator, scale: float, level: int) -> Array:
    known = np.isfinite(like)
    if level in NEARBY:
        return np.asarray(np.where(known, nearby(np.where(known, like, 0), rng, NEARBY[level]), like), like.dtype)
    new = scale * rng.standard_normal(like.shape)
    if like.dtype.kind == "c":
        new = new + 1j * scale * rng.standard_normal(like.shape)
    elif level >= SIGNS:
        new = np.abs(new) * np.sign(like)
        if level == RANGE:
            new = _in_range(x, like, new)
    new = in_kind(x, new)
    return np.asarray(np.where(known, new, like), like.dtype)


def number(x: Any, rng: np.random.Generator) -> Any:
    """Return another number than one that is no array: its sign stays, and its place between 0 and 1; 0 and 1 go in."""
    size, by = abs(x), rng.uniform(1, 2)
    if size in (0, 1):
        other = abs(size - rng.uniform(1, 4) / 10)
    else:
        other = size * by / (1 - size + size * by) if size < 1 else size * by
    return np.copysign(other, x)


def _in_range(x: Array, like: Array, new: Array) -> Array:
    if is_symmetric(x):
        return np.asarray(new @ new.T + np.eye(len(new)))
    size = np.abs(new) / (1 + np.abs(new))
    return np.copysign(size, new) if np.all(np.abs(x) <= 1) else new


def _of_few_values(x: Array) -> bool:
    """Whether an array is of labels or masks rather than of measurements; all equal numbers may be anything."""
    few = 3 if np.isin(x.flat[:TRIES], (-1, 0, 1)).all() else 1 + np.sqrt(x.size) / 2
    return 1 < len(np.unique(x.flat[:1000])) <= few and 1 < len(np.unique(x)) <= few


def _relabelled(x: Array, like: Array, rng: np.random.Generator) -> Array:
    """Draw labels from among themselves, in other numbers of each; distinct ones stay so, and the order."""
    for axis in (-1, 0):
        if _one_hot(x, axis):
            count = like.shape[axis]
            hot = _drawn(np.argmax(like, axis), np.arange(count), rng)
            return np.asarray(np.moveaxis(hot[..., None] == np.arange(count), -1, axis), like.dtype)
    values = np.array([False, True]) if x.dtype.kind == "b" else np.unique(x)
    if x.dtype.kind in "iu" and values.size == x.size > 1:
        new = rng.permuted(like.ravel()).reshape(like.shape)
    else:
        new = _drawn(like, values, rng)
    is_sorted = x.ndim == 1 and x.size > 2 and bool(np.all(x[1:] >= x[:-1]))
    return in_kind(x, np.sort(new) if is_sorted else new)


def _one_hot(x: Array, axis: int) -> bool:
    return bool(x.ndim > 1 and x.shape[axis] > 1 and np.isin(x, (0, 1)).all() and np.all(x.sum(axis) == 1))


def _drawn(x: Array, values: Array, rng: np.random.Generator) -> Array:
    """Draw from among some values, in other numbers of each than in ``x`` where there are several."""
    before, new = np.sort(x, None), x
    for _ in range(TRIES):
        weights = rng.uniform(1, 3, values.size)
        new = rng.choice(values, x.shape, p=weights / weights.sum())
        if not np.array_equal(np.sort(new, None), before):
            break
    return np.asarray(new, x.dtype)
