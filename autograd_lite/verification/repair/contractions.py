"""Products of matrices and sums of products, each told by one inner product of a vector of either operand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.verification.repair.idioms import ITSELF, Form

MATMUL = Form("{a} @ {b}")
OUTER = Form("np.outer({a}, {b})")
SUMMED = Form("np.sum({a} * {b})", "summed over all elements")
TENSORDOT = Form("np.tensordot({a}, {b}, axes=((0, 1), (0, 1)))", "summed over the first two axes")

Array = np.ndarray[Any, Any]


class Side(NamedTuple):
    """What an array may be in a product.

    Attributes
    ----------
    kind : str
        Of the product: only sides of one kind go together, if their vectors have one shape.
    product : Form
    place : int
        0 for the first operand, 1 for the second.
    form : Form
        Of the operand.
    vector : array
        The inner product with that of another side is the weighted sum of all elements of the product.
    """

    kind: str
    product: Form
    place: int
    form: Form
    vector: Array


def outer(draws: Sequence[Array]) -> Array:
    """Return the weights of elements from those along each axis."""
    return reduce(np.multiply.outer, draws, np.ones(()))


def turned(x: Array) -> Iterator[tuple[Form, Array]]:
    """Yield an array, and with its last two axes swapped."""
    yield ITSELF, x
    if x.ndim > 1:
        yield Form("{a}.T" if x.ndim == 2 else "{a}.swapaxes(-1, -2)"), x.swapaxes(-1, -2)


def collapse(x: Array, draws: Sequence[Array]) -> Array:
    """Return the weighted sum of an array over its first axes."""
    return reduce(lambda y, draw: np.tensordot(draw, y, 1), draws, x)


def sides(x: Array, draws: Sequence[Array], weights: Array) -> Iterator[Side]:
    """Yield what an array may be in a product, by weights along each axis of the product and of each element."""
    shape = tuple(map(len, draws))
    for form, y in turned(x):
        if y.shape[:-1] == shape:
            yield Side("matrix by vector", MATMUL, 0, form, collapse(y, draws))
        if shape and y.shape[:-1] == shape[:-1]:
            yield Side("matrices", MATMUL, 0, form, collapse(y, draws[:-1]))
        if shape and y.ndim == 2 and y.shape[1] == shape[-1]:
            yield Side("matrices", MATMUL, 1, form, y @ draws[-1])
        if y.ndim == len(shape) > 2 and y.shape[:-2] == shape[:-2]:
            if y.shape[-2] == shape[-2]:
                yield Side("stacks", MATMUL, 0, form, (draws[-2] @ y) * outer(draws[:-2])[..., None])
            if y.shape[-1] == shape[-1]:
                yield Side("stacks", MATMUL, 1, form, y @ draws[-1])
    if x.ndim == 1:
        yield Side("matrix by vector", MATMUL, 1, ITSELF, x)
        if len(shape) == 2:
            yield from (
                Side("outer", OUTER, k, ITSELF, np.array([x @ r])) for k, r in enumerate(draws) if r.size == x.size
            )
    if x.ndim == 3 and len(shape) == 2:
        yield from (Side("tensors", TENSORDOT, k, ITSELF, x @ r) for k, r in enumerate(draws) if r.size == x.shape[2])
    for product, kept in sums(x, weights):
        yield Side(product.text, product, 0, ITSELF, x * kept)
        yield Side(product.text, product, 1, ITSELF, x)


def sums(x: Array, weights: Array) -> Iterator[tuple[Form, Array]]:
    """Yield the sums of products of arrays of this shape, and the weights of the elements of a product in it."""
    if x.ndim > 1 and not weights.ndim:
        yield SUMMED, weights
    for axis in range(x.ndim if x.ndim > 1 else 0):
        over = f"axis={axis}"
        words = "summed over the batch" if axis == 0 else f"summed over axis {axis}"
        kept = np.expand_dims(weights, axis) if x.ndim == weights.ndim + 1 else weights
        if kept.shape == (*x.shape[:axis], 1, *x.shape[axis + 1 :]):
            over += ", keepdims=True" if kept is weights else ""
            yield Form(f"np.sum({{a}} * {{b}}, {over})", words), kept
