"""Ops that move elements about: each cotangent goes back to where its element came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.arrays import Shape, normalize_axes, unbroadcast
from autograd_lite.op import op
from autograd_lite.samples import sample


@op(numpy=np.reshape, samples=(sample((3, 4), shape=(2, 6)), sample((), shape=(1, 1)), sample((4,), shape=-1)))
def reshape(a: Any, /, shape: int | Shape, order: Any = "C") -> Any:
    """Return the elements in another shape."""
    return np.reshape(a, shape, order=order)


@reshape.vjp
def _(g: Any, z: Any, x: Any, shape: int | Shape, order: Any = "C") -> Any:
    return np.reshape(g, x.shape, order=order)


@op(numpy=np.transpose, samples=(sample((3, 4)), sample((2, 3, 4), axes=(1, 2, 0)), sample(())))
def transpose(a: Any, /, axes: Any = None) -> Any:
    """Return the array with its axes permuted; reversed where ``axes`` is None."""
    return np.transpose(a, axes)


@transpose.vjp
def _(g: Any, z: Any, x: Any, axes: Any = None) -> Any:
    return np.transpose(g, None if axes is None else np.argsort(np.asarray(axes) % len(axes)))


@op(numpy=np.broadcast_to, samples=(sample((3, 1), shape=(2, 3, 4)), sample((), shape=(2,)), sample((3,), shape=(3,))))
def broadcast_to(array: Any, /, shape: int | Shape) -> Any:
    """Return the array stretched to ``shape``."""
    return np.broadcast_to(array, shape)


@broadcast_to.vjp
def _(g: Any, z: Any, x: Any, shape: int | Shape) -> Any:
    return unbroadcast(g, x.shape)


@op(numpy=np.astype, samples=(sample((3, 4), dtype=np.float64),))
def astype(x: Any, /, dtype: Any, *, copy: bool = True) -> Any:
    """Return the array in another real or complex dtype."""
    if np.dtype(dtype).kind not in "fc":
        raise TypeError(f"astype({np.dtype(dtype)}) of a Tensor has no derivative; use .value for a constant")
    return np.asarray(x).astype(dtype)[()]


@astype.vjp
def _(g: Any, z: Any, x: Any, dtype: Any, copy: bool = True) -> Any:
    return g  # the sweep casts it to the dtype of x


@op(
    numpy=np.moveaxis,
    samples=(sample((2, 3, 4), source=0, destination=-1), sample((2, 3), source=(0, 1), destination=(1, 0))),
)
def moveaxis(a: Any, /, source: int | Shape, destination: int | Shape) -> Any:
    """Return the array with some axes moved to other positions."""
    ndim = np.ndim(a)
    moved, places = normalize_axes(source, ndim), normalize_axes(destination, ndim)
    axes = [i for i in range(ndim) if i not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        axes.insert(place, axis)
    return transpose(a, tuple(axes))


@op(numpy=np.swapaxes, samples=(sample((2, 3, 4), axis1=0, axis2=-1),))
def swapaxes(a: Any, /, axis1: int, axis2: int) -> Any:
    """Return the array with two axes interchanged."""
    axes = list(range(np.ndim(a)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(a, tuple(axes))
