"""Other data: what fits at the given ones alone is a coincidence, such as where they are 0 or 1, or in equal shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.verification.problem import Setting


def redrawn(setting: Setting, rng: np.random.Generator, size: float = 0.1) -> Setting | None:
    """Return a setting with other data of the same sort in the place of the arguments that are not differentiated.

    Numbers move, zeros and ones inwards. So do arrays, but for those of few values, such as labels and masks: their
    rows are drawn anew from among themselves, so that what holds for any such data still holds.

    Parameters
    ----------
    setting : Setting
    rng : Generator
    size : float
        By how much of themselves numbers move.

    Returns
    -------
    Setting, or None where there are no such data
    """
    return _with(setting, lambda x: _redrawn(x, rng, size))


def shaken(setting: Setting, rng: np.random.Generator, size: float = 0.1) -> Setting | None:
    """Return a setting with every number of the arguments that are not differentiated moved, whatever it stands for."""
    return _with(setting, lambda x: (x * (1 + size * rng.uniform(-1, 1, x.shape))).astype(x.dtype))


def _with(setting: Setting, move: Callable[[Any], Any]) -> Setting | None:
    moved = False

    def of(x: Any) -> Any:
        nonlocal moved
        if isinstance(x, bool) or not isinstance(x, (float, np.ndarray, np.floating)):
            return x
        array = np.asarray(x)
        if array.dtype.kind != "f" or not array.size:
            return x
        other = move(array)
        moved = moved or not np.array_equal(other, array)
        return other if isinstance(x, np.ndarray) else other[()]

    args = [x if i in setting.positions else trees.map_tree(of, x) for i, x in enumerate(setting.problem.args)]
    if not moved:
        return None
    return replace(setting, problem=replace(setting.problem, args=tuple(args)))


def _redrawn(x: Any, rng: np.random.Generator, size: float) -> Any:
    if x.ndim and _of_few_values(x):
        axis = _samples(x)
        return np.take(x, rng.integers(x.shape[axis], size=x.shape[axis]), axis)
    by = size * rng.uniform(-1, 1, x.shape)
    moved = x * (1 + by)
    if x.ndim == 0 and x in (0, 1):
        moved = np.abs(x - np.abs(by))
    elif x.ndim > 1 and np.allclose(np.sum(x, -1), 1):
        moved = moved / np.sum(moved, -1, keepdims=True)
    elif x.ndim == 2 and x.shape[0] == x.shape[1] and np.array_equal(x, x.T):
        moved = (moved + moved.T) / 2
    return np.asarray(moved).astype(x.dtype)


def _of_few_values(x: Any) -> bool:
    """Whether an array is of labels, counts or masks rather than of measurements."""
    return bool(np.all(x == np.rint(x))) or len(np.unique(x)) <= 1 + np.sqrt(x.size) / 2


def _samples(x: Any) -> int:
    """Return the axis along which the samples lie: the first, or the last where it is the columns that are one-hot."""
    if x.ndim != 2:
        return 0
    across, down = np.sum(x, 1), np.sum(x, 0)
    return 1 if np.ptp(down) == 0 < np.ptp(across) else 0
