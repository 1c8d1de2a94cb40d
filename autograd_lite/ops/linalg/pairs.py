"""Which axes of products are paired and summed over: the labels of the rows in `products`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core.labels import Axes, Labels, shape_of, whole
from autograd_lite.core.shapes import Shape


def contracted(axes: Any, n: int, m: int) -> tuple[list[int], list[int]]:
    """Return which axes of n and of m are paired, as non-negative ints, for all that ``np.tensordot`` takes."""
    if isinstance(axes, (int, np.integer)):
        axes = (range(n - axes, n), range(axes))
    first, second = (np.reshape(axis, -1).tolist() for axis in axes)
    return [axis % n for axis in first], [axis % m for axis in second]


def _paired(a: Any, b: Any, over_a: Sequence[int], over_b: Sequence[int]) -> Labels:
    """Return the labels of sums of products over pairs of axes: the output has those that are left, in order."""
    first, second = ([f"{name}{i}" for i in range(len(shape_of(x)))] for name, x in (("a", a), ("b", b)))
    left = [label for i, label in enumerate(first) if i not in over_a]
    left += [label for i, label in enumerate(second) if i not in over_b]
    for i, j in zip(over_a, over_b, strict=True):
        second[j] = first[i]
    return Labels((tuple(first), tuple(second)), tuple(left))


def of_tensordot(z: Shape, a: Any, b: Any, *, axes: Any) -> Labels:
    """Return the labels of ``np.tensordot``."""
    return _paired(a, b, *contracted(axes, len(shape_of(a)), len(shape_of(b))))


def of_dot(z: Shape, a: Any, b: Any) -> Labels:
    """Return the labels of ``np.dot``."""
    n, m = len(shape_of(a)), len(shape_of(b))
    return _paired(a, b, [n - 1], [max(m - 2, 0)]) if n and m else _paired(a, b, [], [])


def of_inner(z: Shape, a: Any, b: Any) -> Labels:
    """Return the labels of ``np.inner``."""
    n, m = len(shape_of(a)), len(shape_of(b))
    return _paired(a, b, [n - 1], [m - 1]) if n and m else _paired(a, b, [], [])


def of_vdot(z: Shape, a: Any, b: Any) -> Labels:
    """Return the labels of ``np.vdot``. What it pairs of arrays of two shapes does not lie along a common axis."""
    axes = tuple(range(len(shape_of(a))))
    return Labels((axes, axes), ()) if shape_of(a) == shape_of(b) else whole([shape_of(a), shape_of(b)], z)


def of_outer(z: Shape, a: Any, b: Any) -> Labels:
    """Return the labels of ``np.outer``, which flattens what is no vector."""
    first, second = (label if len(shape_of(x)) == 1 else None for label, x in (("a", a), ("b", b)))
    return Labels(((first,) * len(shape_of(a)), (second,) * len(shape_of(b))), (first, second))


def of_matmul(z: Shape, x: Any, y: Any) -> Labels:
    """Return the labels of ``np.matmul``."""
    n, m = (min(len(shape_of(a)), 2) for a in (x, y))
    return _of_stacks(z, (x, y), ("ik"[2 - n :], "kj"[:m]), "i" * (n == 2) + "j" * (m == 2))


def of_vecdot(z: Shape, x1: Any, x2: Any) -> Labels:
    """Return the labels of ``np.vecdot``."""
    return _of_stacks(z, (x1, x2), ("k", "k"), "")


def _of_stacks(z: Shape, arrays: Sequence[Any], terms: Sequence[str], result: str) -> Labels:
    """Return labels where ``terms`` are those of the last axes, and the axes in front of them broadcast."""
    stack = range(len(z) - len(result))

    def axes(ndim: int, term: str) -> Axes:
        return (*stack[len(stack) - (ndim - len(term)) :], *term)

    given = tuple(axes(len(shape_of(x)), term) for x, term in zip(arrays, terms, strict=True))
    return Labels(given, axes(len(z), result))


def of_chain(z: Shape, *arrays: Any) -> Labels:
    """Return the labels of ``np.linalg.multi_dot``: each matrix is paired with its neighbours."""
    last = len(arrays)
    axes: list[Axes] = [(i, i + 1) for i in range(last)]
    axes[0] = axes[0][-len(shape_of(arrays[0])) :]
    axes[-1] = axes[-1][: len(shape_of(arrays[-1]))]
    return Labels(tuple(axes), (*axes[0][:-1], *axes[-1][1:]))
