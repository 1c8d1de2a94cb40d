"""Layers without parameters of their own: normalization, dropout, attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.ducks import arrayed, beside
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops import samples
from autograd_lite.ops.axes import along_axis
from autograd_lite.ops.choices import where
from autograd_lite.ops.indexing import array_of, from_zero
from autograd_lite.ops.nn.softmaxes import softmax
from autograd_lite.ops.reductions import Axis

_NORMALIZED = (
    samples.sample((3, 4)),
    samples.sample((2, 3, 4), axis=(0, 1)),
    samples.sample((3, 4), axis=0, eps=0.1),
    samples.sample((3, 4), axis=None),
)


@op(samples=_NORMALIZED, labels=along_axis)
def standardize(x: Value, /, axis: Axis = -1, eps: float = 1e-5) -> Value:
    """Return (x - mean) / sqrt(variance + eps) over the axis: mean 0 and variance 1.

    Over the last axis it is layer normalization, over the first one that of a batch.
    """
    return (x - np.mean(x, axis=axis, keepdims=True)) / _deviation(x, axis, eps)


standardize.expand(standardize.compute)


def _deviation(x: Value, axis: Axis, eps: float) -> Value:
    return np.sqrt(np.var(x, axis=axis, keepdims=True) + eps)


@standardize.vjp
def _(g: Cotangent, z: Value, x: Value, axis: Axis = -1, eps: float = 1e-5) -> Cotangent:
    centred = g - np.mean(g, axis=axis, keepdims=True)
    return (centred - z * np.mean(g * z, axis=axis, keepdims=True)) / _deviation(x, axis, eps)


@op(
    samples=(
        *_NORMALIZED,
        samples.sample((2, 3), gain=np.array([1.0, 2.0, 3.0]), bias=np.array([0.5, 0.0, 1.0])),
    )
)
def layer_norm(x: Value, /, gain: Any = None, bias: Any = None, axis: Axis = -1, eps: float = 1e-5) -> Value:
    """Return gain * (x - mean) / sqrt(variance + eps) + bias, with mean and variance over the axis.

    Parameters
    ----------
    x : array
    gain, bias : arrays that broadcast with x, optional
    axis : int, tuple of int or None
        None for all axes.
    eps : float
        Bounds the division where x is constant.

    Notes
    -----
    Formula: Ba, Kiros and Hinton, Layer Normalization, 2016.
    """
    z = standardize(x, axis, eps)
    z = z if gain is None else gain * z
    return z if bias is None else z + bias


@op(samples=(*_NORMALIZED, samples.sample((2, 3), gain=np.array([1.0, 2.0, 3.0]))))
def rms_norm(x: Value, /, gain: Any = None, axis: Axis = -1, eps: float = 1e-5) -> Value:
    """Return gain * x / sqrt(mean(x**2) + eps), with the mean over the axis (Zhang and Sennrich, 2019)."""
    z = x / np.sqrt(np.mean(np.square(x), axis=axis, keepdims=True) + eps)
    return z if gain is None else gain * z


@op(samples=(samples.sample((3, 4), rate=0.5, rng=0), samples.sample((5,), rate=0.2, rng=1), samples.sample((), rng=0)))
def dropout(x: Value, /, rate: float = 0.5, *, rng: np.random.Generator | int) -> Value:
    """Return x with elements zeroed at random, and the others divided by 1 - rate: the same mean.

    Parameters
    ----------
    x : array
    rate : float
        The probability that an element is zeroed.
    rng : Generator or int
        Where the random numbers come from. A seed gives the same elements each time; pass one generator to all calls
        of a training, and leave the call out where you predict.

    Raises
    ------
    ValueError
        For a rate outside of 0 <= rate <= 1.
    TypeError
        Without a generator or a seed.

    Notes
    -----
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout() takes a rate from 0 to 1, got {rate}")
    if rng is None:
        raise TypeError("dropout() takes rng=, a NumPy Generator or a seed: without it no run could be repeated")
    kept = beside(x, np.random.default_rng(rng).random(np.shape(x)) >= rate)
    return where(kept, x / (1 - rate), 0) if rate < 1 else x * 0


@op(samples=(samples.sample(samples.constant(np.array([[2, 0], [1, 1]])), classes=3),))
def one_hot(labels: Value, /, classes: int, dtype: Any = np.float64) -> Value:
    """Return a vector for each label: 1 at the label's place, 0 elsewhere. It is a constant: labels have no derivative.

    Parameters
    ----------
    labels : array of integers from 0 to classes - 1
    classes : int
        The length of the last axis of the result.
    dtype : dtype of the result

    Raises
    ------
    TypeError
        For labels that are not integers.
    ValueError
        For a label that is out of range.
    """
    given = arrayed(raw(labels))
    if given.dtype.kind not in "iu":
        raise TypeError(f"one_hot() takes integer labels, got {given.dtype}")
    expected = f"one_hot() of {classes} classes takes labels from 0 to {classes - 1}"
    labels = from_zero(labels if type(labels) is Tensor else given, classes, expected, "got labels from")
    return (labels[..., None] == beside(labels, np.arange(classes))).astype(dtype)


_CAUSAL = np.array([[True, False, False], [True, True, False]])


@op(
    samples=(
        samples.sample((2, 4), (3, 4), (3, 5)),
        samples.sample((2, 2, 4), (3, 4), (3, 2)),
        samples.sample((2, 4), (3, 4), (3, 5), mask=_CAUSAL),
    )
)
def attention(query: Value, key: Value, value: Value, /, mask: Any = None) -> Value:
    """Return softmax(query @ key.mT / sqrt(d)) @ value: for each query, a mean of the values.

    Parameters
    ----------
    query : array of shape (..., n, d)
    key : array of shape (..., m, d)
    value : array of shape (..., m, e)
    mask : array of booleans that broadcasts to (..., n, m), optional
        True where a query may look. A query that may look nowhere gives zeros. ``np.tri(n, m, dtype=bool)`` lets each
        look at those before it, and itself.

    Returns
    -------
    array of shape (..., n, e)

    Raises
    ------
    TypeError
        For a mask that is not boolean.

    Notes
    -----
    Formula: Vaswani et al., Attention Is All You Need, 2017.
    """
    scores = query @ np.swapaxes(key, -1, -2) / math.sqrt(np.shape(query)[-1])
    if mask is not None:
        mask = array_of(mask)
        if mask.dtype != bool:
            raise TypeError(f"attention() takes a mask of booleans, True where to look; got {mask.dtype}")
        scores = where(mask, scores, -np.inf)
    return softmax(scores) @ value
