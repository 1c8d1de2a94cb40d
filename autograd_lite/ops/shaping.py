"""Ops that move elements about: each cotangent goes back to where its element came from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core.ducks import arrayed, beside
from autograd_lite.core.labels import Labels, elementwise, shape_of, whole
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value, normalize_axes, unbroadcast
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops.axes import along_axis, moving, without
from autograd_lite.ops.samples import sample

Axes = int | tuple[int, ...]

_ORDERS = frozenset("CFcf")


def _reshaped(z: Shape, x: Any, *, shape: Any, order: str, **_: Any) -> Labels:
    """Return the labels of axes that have the same number of elements before and behind them in both shapes."""
    given = shape_of(x)

    def places(lengths: Shape) -> list[tuple[int, ...]]:
        inner = [math.prod(lengths[i + 1 :]) for i in range(len(lengths))]
        return [(math.prod(lengths[:i]), n, inner[i]) for i, n in enumerate(lengths)]

    before, after = places(given), places(z)
    if order not in ("C", "F") or 0 in given:
        return whole([given], z)
    axes = tuple(
        i if n > 1 and place in after else None for i, (n, place) in enumerate(zip(given, before, strict=True))
    )
    found = tuple(before.index(place) if n > 1 and place in before else None for n, place in zip(z, after, strict=True))
    return Labels((axes,), found, shapes={"newshape" if shape is None else "shape": found})


def _stretched(z: Shape, x: Any, **_: Any) -> Labels:
    axes = tuple(range(len(z)))
    return Labels((axes[len(z) - len(shape_of(x)) :],), axes, shapes={"shape": axes})


def _squeezed(z: Shape, x: Any, *, axis: Any, **_: Any) -> Labels:
    """Return the labels of the axes that stay; none where a part of one row would lose more of them than the whole."""
    shape = shape_of(x)
    if axis is None or not shape:
        return whole([shape], z)
    axes = without(shape, normalize_axes(axis, len(shape)))
    return Labels((axes,), tuple(label for label in axes if label is not None))


def _turned(z: Shape, m: Any, *, k: int, axes: Any, **_: Any) -> Labels:
    kept = without(z, normalize_axes(axes, len(z)))
    return Labels((kept,), kept)


@op(
    numpy=np.reshape,
    samples=(
        sample((3, 4), shape=(2, 6)),
        sample((), shape=(1, 1)),
        sample((4,), shape=-1),
        sample((2, 3), shape=(3, -1), order="F"),
        sample((0, 3), shape=(3, 0, 2)),
    ),
    labels=_reshaped,
)
def reshape(a: Value, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Value:
    """Return the elements in another shape.

    ``newshape`` is the name that NumPy before 2.1 has for ``shape``. ``copy`` has no effect: what is recorded is never
    written over.

    Raises
    ------
    ValueError
        Where the sizes differ, or ``order`` is neither 'C' nor 'F'.
    """
    if order not in _ORDERS:
        raise ValueError(f"order={order!r} follows the layout in memory, which no op promises; use 'C' or 'F'")
    return np.reshape(a, newshape if shape is None else shape, order=order)


@reshape.vjp
def _(g: Cotangent, z: Value, x: Value, shape: Any = None, order: Any = "C", **_: Any) -> Cotangent:
    return np.reshape(g, x.shape, order=order)


@op(numpy=np.ravel, samples=(sample((2, 3)), sample(()), sample((2, 3), order="F")))
def ravel(a: Value, /, order: Any = "C") -> Value:
    """Return the elements in one row."""
    row = np.reshape(a, -1, order=order)
    return row if raw(row).flags.c_contiguous else np.copy(row)  # as NumPy does: what is stored in one is seen or not


@op(numpy=np.resize, samples=(sample((2, 3), new_shape=(4, 4)), sample((3,), new_shape=2), sample((0,), new_shape=2)))
def resize(a: Value, /, new_shape: Axes) -> Value:
    """Return the elements in another shape of any size, repeated or cut off."""
    flat = np.ravel(a)
    new = np.resize(np.arange(np.size(a)), new_shape)  # also NumPy's own errors
    if not np.size(a):
        return beside(flat, np.zeros(new.shape, flat.dtype))
    copies = -(-new.size // np.size(a))
    return np.reshape(np.tile(flat, copies)[: new.size], new.shape)


@op(
    numpy=np.transpose,
    samples=(
        sample((3, 4)),
        sample((2, 3, 4), axes=(1, -1, 0)),
        sample((3,), axes=-1),
        sample(()),
        sample((), axes=()),
    ),
    labels=moving(np.transpose),
)
def transpose(a: Value, /, axes: Any = None) -> Value:
    """Return the array with its axes permuted; reversed where ``axes`` is None."""
    return np.transpose(a, axes)


@transpose.vjp
def _(g: Cotangent, z: Value, x: Value, axes: Any = None) -> Cotangent:
    if axes is None:
        return np.transpose(g)
    places = [axis % x.ndim for axis in (axes if np.iterable(axes) else (axes,))]
    return np.transpose(g, sorted(range(len(places)), key=places.__getitem__))


matrix_transpose = op(
    np.matrix_transpose,
    "np.matrix_transpose({})",
    (lambda g, z, x: np.matrix_transpose(g),),
    numpy=(np.matrix_transpose, np.linalg.matrix_transpose),
    samples=(sample((3, 4)), sample((2, 3, 1))),
    labels=moving(np.matrix_transpose),
)


@op(
    numpy=np.moveaxis,
    samples=(sample((2, 3, 4), source=0, destination=-1), sample((2, 3), source=(0, 1), destination=(1, 0))),
    labels=moving(np.moveaxis),
)
def moveaxis(a: Value, /, source: Axes, destination: Axes) -> Value:
    """Return the array with some axes moved to other positions."""
    return np.moveaxis(a, source, destination)


@moveaxis.vjp
def _(g: Cotangent, z: Value, x: Value, source: Axes, destination: Axes) -> Cotangent:
    return np.moveaxis(g, destination, source)


@op(numpy=np.swapaxes, samples=(sample((2, 3, 4), axis1=0, axis2=-1),), labels=moving(np.swapaxes))
def swapaxes(a: Value, /, axis1: int, axis2: int) -> Value:
    """Return the array with two axes interchanged."""
    return np.swapaxes(a, axis1, axis2)


@swapaxes.vjp
def _(g: Cotangent, z: Value, x: Value, axis1: int, axis2: int) -> Cotangent:
    return np.swapaxes(g, axis1, axis2)


@op(numpy=np.rollaxis, samples=(sample((2, 3, 4), axis=2), sample((2, 3, 4), axis=0, start=-1)))
def rollaxis(a: Value, /, axis: int, start: int = 0) -> Value:
    """Return the array with one axis moved to before the axis ``start``."""
    lengths = np.empty(range(np.ndim(a)))  # each axis is as long as its number, so that the shape tells where it went
    return np.transpose(a, np.rollaxis(lengths, axis, start).shape)


squeeze = op(
    np.squeeze,
    "np.squeeze({})",
    (lambda g, z, x, axis=None: np.reshape(g, x.shape),),
    samples=(sample((1, 3, 1)), sample((1, 3, 1), axis=-1), sample((1, 3, 1), axis=(0, 2)), sample((1, 1)), sample(())),
    labels=_squeezed,
)


@op(
    numpy=np.expand_dims,
    samples=(sample((3,), axis=0), sample((2, 3), axis=(0, -2)), sample((), axis=0)),
    labels=moving(np.expand_dims),
)
def expand_dims(a: Value, /, axis: Axes) -> Value:
    """Return the array with new axes of length 1."""
    return np.expand_dims(a, axis)


@expand_dims.vjp
def _(g: Cotangent, z: Value, x: Value, axis: Axes) -> Cotangent:
    return np.reshape(g, x.shape)


def _with_axes(function: Callable[..., Any], arrays: tuple[Any, ...]) -> Value:
    """Return each array in the shape that a NumPy function gives it; a tuple unless there is one."""
    parts = tuple(np.reshape(x, function(raw(x)).shape) for x in arrays)
    return parts[0] if len(parts) == 1 else parts


@op(numpy=np.atleast_1d, samples=(sample(()), sample((), (3, 4))))
def atleast_1d(*arys: Value) -> Value:
    """Return arrays of at least one axis."""
    return _with_axes(np.atleast_1d, arys)


@op(numpy=np.atleast_2d, samples=(sample((3,)), sample((), (3,), (2, 3, 4))))
def atleast_2d(*arys: Value) -> Value:
    """Return arrays of at least two axes; new ones come first."""
    return _with_axes(np.atleast_2d, arys)


@op(numpy=np.atleast_3d, samples=(sample((3, 4)), sample((), (3,), (2, 3, 4))))
def atleast_3d(*arys: Value) -> Value:
    """Return arrays of at least three axes; a vector becomes (1, n, 1), a matrix (m, n, 1)."""
    return _with_axes(np.atleast_3d, arys)


@op(
    numpy=np.broadcast_to,
    samples=(sample((3, 1), shape=(2, 3, 4)), sample((), shape=(2,)), sample((3,), shape=(3,))),
    labels=_stretched,
)
def broadcast_to(array: Value, /, shape: int | Shape) -> Value:
    """Return the array stretched to ``shape``."""
    return np.broadcast_to(array, shape)


@broadcast_to.vjp
def _(g: Cotangent, z: Value, x: Value, shape: int | Shape) -> Cotangent:
    return unbroadcast(g, x.shape)


@op(numpy=np.broadcast_arrays, samples=(sample((3, 1), (4,)), sample((2,), ())))
def broadcast_arrays(*args: Any, subok: bool = False) -> Value:
    """Return arrays stretched to their common shape."""
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(x if np.shape(x) == shape and type(x) is Tensor else np.broadcast_to(x, shape) for x in args)


@op(numpy=np.astype, samples=(sample((3, 4), dtype=np.float64), sample((3,), dtype=np.complex128)), labels=elementwise)
def astype(x: Value, /, dtype: Any, *, copy: bool = True) -> Value:
    """Return the array in another real or complex dtype."""
    if np.dtype(dtype).kind not in "fc":
        raise TypeError(f"astype({np.dtype(dtype)}) of a Tensor has no derivative; use .value for a constant")
    return arrayed(x).astype(dtype)[()]


@astype.vjp
def _(g: Cotangent, z: Value, x: Value, dtype: Any, copy: bool = True) -> Cotangent:
    return g  # the sweep casts it to the dtype of x


copy = op(
    np.copy,
    "np.copy({})",
    (lambda g, z, x, **_: g,),
    samples=(sample((2, 3)), sample(()), sample((3,), order="F")),
    labels=elementwise,
)

flip = op(
    np.flip,
    "np.flip({})",
    (lambda g, z, x, axis=None: np.flip(g, axis),),
    samples=(sample((2, 3)), sample((2, 3), axis=-1), sample((2, 3, 4), axis=(0, 2)), sample(())),
    labels=along_axis,
)


@op(numpy=np.fliplr, samples=(sample((2, 3)),))
def fliplr(m: Value, /) -> Value:
    """Return the array with its second axis reversed."""
    return np.flip(m, 1)


@op(numpy=np.flipud, samples=(sample((3,)), sample((2, 3))))
def flipud(m: Value, /) -> Value:
    """Return the array with its first axis reversed."""
    return np.flip(m, 0)


rot90 = op(
    np.rot90,
    "np.rot90({})",
    (lambda g, z, x, k=1, axes=(0, 1): np.rot90(g, -k, axes),),
    samples=(sample((2, 3)), sample((2, 3), k=2), sample((2, 3, 4), k=-1, axes=(2, 0))),
    labels=_turned,
)


@op(
    numpy=np.roll,
    samples=(sample((2, 3), shift=1), sample((2, 3), shift=-4, axis=1), sample((2, 3), shift=(1, 2), axis=(0, -1))),
    labels=along_axis,
)
def roll(a: Value, /, shift: Axes, axis: Any = None) -> Value:
    """Return the array with its elements shifted along axes, those at the end coming in at the start."""
    return np.roll(a, shift, axis)


@roll.vjp
def _(g: Cotangent, z: Value, x: Value, shift: Axes, axis: Any = None) -> Cotangent:
    return np.roll(g, tuple(-n for n in shift) if isinstance(shift, (tuple, list)) else -shift, axis)
