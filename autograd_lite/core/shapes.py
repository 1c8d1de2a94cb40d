"""What values are called in types, and the arithmetic of shapes and broadcasting.

Written in NumPy calls alone, so that every function here works on arrays, and on Tensors through NumPy's protocols.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import NDArray

Shape: TypeAlias = tuple[int, ...]
Array: TypeAlias = NDArray[Any]
Value: TypeAlias = Any
"""What NumPy code computes with: an array, a NumPy scalar, a plain number or, where it is recorded, a Tensor.

One rule runs on all of these, and no type that checkers know says so: an operator or a NumPy function gives an array
for an array and a Tensor for a Tensor.
"""
Cotangent: TypeAlias = Any
"""The Value that a backward pass computes for another, in its shape and dtype; a tuple for an op of several outputs."""


def unbroadcast(g: Cotangent, shape: Shape) -> Cotangent:
    """Sum ``g`` down to ``shape``: the transpose of broadcasting ``shape`` up to ``g.shape``.

    Parameters
    ----------
    g : array, any shape that ``shape`` broadcasts to
    shape : tuple of int

    Returns
    -------
    array of shape ``shape``, of the dtype of ``g``
    """
    given: Shape = g.shape
    extra = len(given) - len(shape)
    reduce: Any = np.add.reduce
    if given[extra:] == shape:  # most often: a vector beside the rows of a matrix
        return reduce(g, tuple(range(extra))) if extra else g
    stretched = [i for i, n in enumerate(shape, extra) if n == 1 and given[i] != 1]
    g = reduce(g, (*range(extra), *stretched), keepdims=True)
    return g.reshape(shape)


def broadcasts_to(shape: Shape, target: Shape) -> bool:
    """Whether an array of ``shape`` can be stretched to ``target`` by NumPy's broadcasting rules."""
    extra = len(target) - len(shape)
    if extra < 0:
        return False
    last = target[extra:]
    return shape == last or all(n in (1, m) for n, m in zip(shape, last, strict=True))


def normalize_axes(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Return ``axis`` as a tuple of non-negative ints; None means all axes. Raises NumPy's AxisError."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def count(shape: Shape, axis: int | tuple[int, ...] | None) -> int:
    """Return the number of elements that a reduction over ``axis`` folds into one."""
    if axis is None or not shape:
        return math.prod(shape)
    return math.prod([shape[a] for a in axis]) if isinstance(axis, tuple) else shape[axis]


def expand_reduced(g: Value, shape: Shape, axis: int | tuple[int, ...] | None, keepdims: bool) -> Value:
    """Give ``g``, reduced from ``shape`` over ``axis``, its reduced axes back with length 1, so that it broadcasts.

    Reduced over all axes it is a number, which broadcasts as it is.
    """
    if keepdims or axis is None or not shape:
        return g
    lengths = list(shape)
    for a in axis if isinstance(axis, tuple) else (axis,):
        lengths[a] = 1
    return g.reshape(lengths)
