"""Losses: one number for each prediction. Take their mean or sum to train with."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.ducks import arrayed, beside
from autograd_lite.core.labels import Labels
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops import samples
from autograd_lite.ops.choices import where
from autograd_lite.ops.elementwise import LOG_2, sigmoid
from autograd_lite.ops.indexing import array_of, from_zero
from autograd_lite.ops.nn.softmaxes import log_softmax, shares, shift, softmax


@op(elementwise=True)
def squared_error(prediction: Value, target: Value, /) -> Value:
    """Return (prediction - target)**2, element by element."""
    return np.square(prediction - target)


@op(
    elementwise=True,
    samples=(samples.sample((3, 4), (4,)), samples.sample((), (), delta=0.5), samples.sample((0,), (1,))),
)
def huber(prediction: Value, target: Value, /, delta: float = 1.0) -> Value:
    """Return r**2 / 2 where abs(r) <= delta, and delta * (abs(r) - delta / 2) elsewhere, with r = prediction - target.

    Formula: Huber, Robust estimation of a location parameter, 1964.
    """
    r = prediction - target
    near = np.clip(r, -delta, delta)
    return near * (r - near / 2)


@op(elementwise=True)
def log_cosh(x: Value, /) -> Value:
    """Return log(cosh(x)), of residuals x: x**2 / 2 near 0, and abs(x) - log(2) far away, without overflow."""
    a = np.abs(x)
    near = np.log1p(2 * np.sinh(np.minimum(a, 1) / 2) ** 2)  # cosh(x) is 1 + 2 sinh(x / 2)**2
    return np.where(a < 1, near, a + np.log1p(np.exp(-a) ** 2) - LOG_2)[()]


@log_cosh.vjp
def _(g: Cotangent, z: Value, x: Value) -> Cotangent:
    return g * np.tanh(x)


@op(elementwise=True, domain=(samples.real, samples.probability))
def binary_cross_entropy(logits: Value, labels: Value, /) -> Value:
    """Return -labels * log(p) - (1 - labels) * log(1 - p) for p = sigmoid(logits), without overflow.

    Parameters
    ----------
    logits : array
        Before the sigmoid.
    labels : array of 0 and 1, or probabilities
        Of a shape that broadcasts with the logits. Labels of -1 and 1 are ``(labels + 1) / 2``.
    """
    return np.maximum(logits, 0) - logits * labels + np.log1p(np.exp(-np.abs(logits)))


@binary_cross_entropy.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return g * ((1 - y) * sigmoid(x) - y * sigmoid(-x))  # sigmoid(x) - y would cancel where the prediction is right


@binary_cross_entropy.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return -g * x


def _class_cross_entropy_vjp(g: Cotangent, z: Value, x: Value, labels: Value) -> Cotangent:
    return g[..., None] * (softmax(x) - (beside(x, array_of(labels))[..., None] == beside(x, np.arange(x.shape[-1]))))


def _of_each_row(z: Shape, logits: Any, labels: Any) -> Labels:
    rows = tuple(range(len(z)))
    return Labels(((*rows, None), rows), rows)


@op(
    rules=(_class_cross_entropy_vjp, None),
    samples=(
        samples.sample((3, 4), samples.constant(np.array([2, 0, 2]))),
        samples.sample((2, 3, 4), samples.constant(np.array([[1, 3, 0], [2, 2, 1]]))),
        samples.sample((4,), samples.constant(2)),
        samples.sample((2, 0, 3), samples.constant(np.zeros((2, 0), int))),
    ),
    labels=_of_each_row,
)
def class_cross_entropy(logits: Value, labels: Value, /) -> Value:
    """Return `cross_entropy` of integer labels, with the classes along the last axis of the logits."""
    shifted, _ = shift(logits, -1)
    total = np.maximum(np.add.reduce(np.exp(shifted), -1), 1)  # 0 of -inf alone, and 1 or more of others
    rows = shifted.reshape(np.size(labels), shifted.shape[-1])
    right = rows[np.arange(len(rows)), np.reshape(labels, -1)]
    return np.log(total) - right.reshape(np.shape(labels))


@op(rules=(None, None), labels=_of_each_row)
def _pick_class(x: Value, labels: Value, /) -> Value:
    """Return the element of each row, along the last axis, that a label names."""
    if x.ndim == 2:
        return x[np.arange(len(x)), labels]
    rows = x.reshape(np.size(labels), x.shape[-1])
    return rows[np.arange(len(rows)), np.reshape(labels, -1)].reshape(np.shape(labels))


@class_cross_entropy.elsewhere
@class_cross_entropy.expand
def _(logits: Value, labels: Value) -> Value:
    shifted, _, total = shares(logits, -1)
    return np.log(total[..., 0]) - _pick_class(shifted, labels)


def _classes(rng: np.random.Generator) -> Value:
    return rng.integers(0, 4, 3)


def _distributions(rng: np.random.Generator) -> Value:
    return rng.dirichlet(np.ones(4), 3)


@op(
    samples=(
        samples.sample((3, 4), _classes),
        samples.sample((4, 3), _classes, axis=0),
        samples.sample((3, 4), _distributions),
        samples.sample((4,), samples.constant(2)),
    )
)
def cross_entropy(logits: Value, labels: Value, /, axis: int = -1) -> Value:
    """Return -log of the probability that softmax(logits) gives to the right class, without overflow.

    Parameters
    ----------
    logits : array
        Before the softmax, with the classes along the axis.
    labels : array
        Integers: the number of the right class, in the shape of the logits without the axis. Other numbers: a
        probability for each class, one-hot or not, in the shape of the logits.
    axis : int

    Returns
    -------
    array of the shape of the logits without the axis

    Raises
    ------
    ValueError
        For labels of another shape, or a class that there is not.

    Examples
    --------
    >>> round(float(cross_entropy(np.array([0.0, 0.0]), 1)), 4)
    0.6931
    """
    logits, given = array_of(logits), arrayed(raw(labels))
    shape = logits.shape
    axis = range(len(shape))[axis]
    without = (*shape[:axis], *shape[axis + 1 :])
    hard = given.dtype.kind in "iu"
    if given.shape != (without if hard else shape):
        raise ValueError(
            f"cross_entropy() of logits of shape {shape} takes integer labels of shape {without}, or probabilities "
            f"of shape {shape}; got {given.dtype} labels of shape {given.shape}"
        )
    labels = labels if type(labels) is Tensor else given
    if not hard:  # a class of probability 0 counts nothing, also where its logit is -inf
        scores = log_softmax(logits, axis)
        return -np.sum(labels * where((labels == 0) & np.isneginf(scores), 0, scores), axis=axis)
    expected = f"cross_entropy() of {shape[axis]} classes takes labels from 0 to {shape[axis] - 1}"
    labels = from_zero(labels, shape[axis], expected, "got labels from")
    return class_cross_entropy(logits if axis == len(shape) - 1 else np.moveaxis(logits, axis, -1), labels)
