"""Data in parts of a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.values import plain
from autograd_lite.optim.checks import check_count, check_generator
from autograd_lite.optim.leaves import places

T = TypeVar("T")


def batches(data: T, size: int, rng: np.random.Generator | None = None, *, drop_last: bool = False) -> Iterator[T]:
    """Return the rows of some arrays in parts, each row once: the mini-batches of one pass over the data.

    Parameters
    ----------
    data : tree of arrays, all of one length along their first axis
        An array, a pair ``(x, y)``, a dict of arrays, ...
    size : int
        Rows of a batch, at least 1. The last one has the rows that are left, which may be fewer.
    rng : numpy.random.Generator, optional
        Shuffles the rows, the same way in each array. Without it they stay in order.
    drop_last : bool
        Leave out a last batch that is smaller.

    Returns
    -------
    iterator over trees of the structure of ``data``, of copies of its rows
        The order is drawn when ``batches`` is called, so that it depends on the generator alone.

    Raises
    ------
    ValueError
        At the call: for arrays of several lengths, which are named, for data without rows, a size below 1.
    TypeError
        At the call: where ``rng`` is no generator (a seed is none), or a leaf has no rows (a list of numbers is a tree
        of numbers: pass an array).

    Examples
    --------
    >>> data = {"x": np.arange(10.0).reshape(5, 2), "y": np.arange(5)}
    >>> for batch in ag.optim.batches(data, 2):
    ...     print(batch["x"].shape, batch["y"])
    (2, 2) [0 1]
    (2, 2) [2 3]
    (1, 2) [4]
    """
    size = check_count("size", size)
    n = _rows(data)
    order = np.arange(n) if rng is None else check_generator(rng).permutation(n)
    last = n - n % size if drop_last else n
    arrays, rebuild = trees.flatten(data)
    parts = (order[start : min(start + size, last)] for start in range(0, last, size))
    return (rebuild([x[part] for x in arrays]) for part in parts)


def _rows(data: T) -> int:
    """Return how many rows the arrays have, all of them."""
    lengths = {}
    for place, x in places("data", data):
        if not np.ndim(plain(x)):
            raise TypeError(
                f"expected {place} to be an array with rows, got {x!r}; a list is a tree of what it holds: pass "
                "np.asarray(...)"
            )
        lengths[place] = len(x)
    if not lengths or 0 in lengths.values():
        empty = next((place for place, n in lengths.items() if not n), "data")
        raise ValueError(f"expected data with rows, got none in {empty}")
    (first, n), *others = lengths.items()
    for place, other in others:
        if other != n:
            raise ValueError(f"expected arrays of one length, got {n} rows in {first} and {other} in {place}")
    return n
