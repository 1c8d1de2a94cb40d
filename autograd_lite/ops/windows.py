"""Ops at the edges and in the neighbourhoods of arrays: padding, trimming, sliding windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside
from autograd_lite.core.labels import Labels, shape_of
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value, normalize_axes
from autograd_lite.core.tensor import raw
from autograd_lite.ops.axes import without
from autograd_lite.ops.indexing import scatter
from autograd_lite.ops.samples import sample

Pair = list[int]

_PICKING = ("edge", "reflect", "symmetric", "wrap")
_LINEAR = ("constant", *_PICKING, "mean", "linear_ramp")
_REFUSED = ("maximum", "minimum", "median", "empty")
_TAKES_DICT = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
_BY_AXIS = (sample((2, 3, 2), pad_width={0: 1, -1: (2, 0)}, mode="edge"),) if _TAKES_DICT else ()


def _padded(z: Shape, array: Any, *, pad_width: Value, **_: Any) -> Labels:
    axes = without(z, [i for i, width in enumerate(_pairs(pad_width, len(z))) if any(width)])
    return Labels((axes,), axes)


@op(
    numpy=np.pad,
    samples=(
        sample((3,), pad_width=(1, 2), constant_values=(5.0, -1.0)),
        sample((2, 3), pad_width=((0, 1), (2, 0))),
        sample((2, 3), pad_width=((1, 0), (5, 2)), mode="reflect"),
        sample((2, 3), pad_width=2, mode="reflect", reflect_type="odd"),
        sample((3,), pad_width=4, mode="symmetric"),
        sample((3,), pad_width=2, mode="symmetric", reflect_type="odd"),
        sample((2, 3), pad_width=((0, 1), (2, 4)), mode="wrap"),
        sample((3, 4), pad_width=2, mode="mean", stat_length=((1, 2), (3, 1))),
        sample((4, 5), pad_width=1, mode="mean", stat_length=(2, 3)),
        sample((2, 3), pad_width=(1, 2), mode="linear_ramp", end_values=4.0),
        sample((2, 2, 0), pad_width=((1, 1), (0, 0), (0, 1))),
        *_BY_AXIS,
    ),
    labels=_padded,
)
def pad(
    array: Value,
    /,
    pad_width: Value,
    mode: Any = "constant",
    *,
    constant_values: Any = None,
    end_values: Any = None,
    reflect_type: str | None = None,
    stat_length: Any = None,
) -> Value:
    """Return the array with values added before and after each axis.

    The modes 'maximum', 'minimum', 'median', 'empty' and functions have no rule. The derivatives of 'mean',
    'linear_ramp' and odd reflections cost O(n (n + width)) for an axis of length n, those of other modes O(n + width).

    Raises
    ------
    NotImplementedError
        For a mode that has no rule.
    """
    if callable(mode) or mode in _REFUSED:
        raise NotImplementedError(
            f"np.pad(mode={mode!r}) has no derivative rule here; expected one of {', '.join(map(repr, _LINEAR))}"
        )
    if mode == "constant" and np.ndim(constant_values) == 0:  # what np.pad does, in a fifth of the time
        widths = _pairs(pad_width, np.ndim(array))
        lengths = [n + before + after for n, (before, after) in zip(np.shape(array), widths, strict=True)]
        z = np.full_like(array, constant_values or 0, shape=lengths)
        z[_inside(widths, np.shape(array))] = array
        return z
    options = {
        "constant_values": constant_values,
        "end_values": end_values,
        "reflect_type": reflect_type,
        "stat_length": stat_length,
    }
    return np.pad(array, pad_width, mode, **{key: given for key, given in options.items() if given is not None})


@pad.vjp
def _(
    g: Cotangent,
    z: Value,
    x: Value,
    pad_width: Value,
    mode: str = "constant",
    reflect_type: str = "even",
    stat_length: Any = None,
    **_: Any,
) -> Cotangent:
    widths = _pairs(pad_width, x.ndim)
    if mode == "constant":
        return g[_inside(widths, x.shape)]
    lengths = [None] * x.ndim if stat_length is None else _pairs(stat_length, x.ndim)
    for axis in (axis for axis, width in enumerate(widths) if width != [0, 0]):
        n, width = x.shape[axis], widths[axis]
        if mode in _PICKING and reflect_type != "odd":
            index = (slice(None),) * axis + (np.pad(np.arange(n), width, mode),)  # type: ignore[call-overload]
            g = scatter(g, index=index, shape=(*g.shape[:axis], n, *g.shape[axis + 1 :]))
        else:
            matrix = _padding(n, width, mode, reflect_type, lengths[axis]).astype(np.finfo(g.dtype).dtype)
            g = np.moveaxis(np.tensordot(beside(g, matrix), g, (0, axis)), 0, axis)
    return g


def _inside(widths: list[Pair], shape: Shape) -> tuple[slice, ...]:
    """Return the index of an array in what it is padded to."""
    return tuple(slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True))


def _pairs(given: Value, ndim: int) -> list[Pair]:
    """Return what NumPy spells in short as one pair for each axis."""
    if not isinstance(given, dict):
        return np.broadcast_to(given, (ndim, 2)).tolist()  # type: ignore[no-any-return]
    pairs = np.zeros((ndim, 2), int)
    for axis, width in given.items():
        pairs[axis] = width
    return pairs.tolist()


def _padding(n: int, width: Pair, mode: str, reflect_type: str, stat_length: Pair | None) -> Value:
    """Return the matrix whose product with a vector pads it: NumPy's padding of the unit vectors."""
    options: dict[str, Any] = {"reflect_type": reflect_type} if mode in _PICKING else {}
    if stat_length is not None:
        options["stat_length"] = (stat_length, stat_length)
    return np.pad(np.eye(n), (width, (0, 0)), mode, **options)  # type: ignore[call-overload]


@op(
    numpy=np.trim_zeros,
    varies="how many elements it returns depends on which are 0; leave them in",
    samples=(sample((4,)),),  # zeros are kinks
)
def trim_zeros(filt: Value, /, trim: Any = "fb", axis: Any = None) -> Value:
    """Return the array without the zeros at its start and end, which count as constants."""
    options = {} if axis is None else {"axis": axis}
    value = raw(filt)

    def lengths(end: Value) -> Shape:
        return np.shape(np.trim_zeros(value, end, **options) if end in trim.lower() else value)

    spans = zip(np.shape(value), lengths("f"), lengths("b"), strict=True)
    return filt[tuple(slice(n - front, back) for n, front, back in spans)]


def _windows(z: Shape, x: Any, *, axis: Any, **_: Any) -> Labels:
    shape = shape_of(x)
    axes = without(
        shape, normalize_axes(axis, len(shape)) if axis is None else [a % len(shape) for a in np.atleast_1d(axis)]
    )
    return Labels((axes,), (*axes, *(None,) * (len(z) - len(axes))))


def _overlapping(z: Shape, x: Any, *, axis: Any, **_: Any) -> Labels:
    axes = without(z, normalize_axes(axis, len(z)) if axis is None else [a % len(z) for a in np.atleast_1d(axis)])
    return Labels(((*axes, *(None,) * (len(shape_of(x)) - len(axes))),), axes, shapes={"shape": axes})


@op(
    numpy=np.lib.stride_tricks.sliding_window_view,
    samples=(
        sample((5,), window_shape=3),
        sample((4, 5), window_shape=(2, 3)),
        sample((4, 3, 5), window_shape=(2, 2), axis=(0, -1)),
        sample((5,), window_shape=(2, 3), axis=(0, 0)),
    ),
    labels=_windows,
)
def sliding_window_view(x: Value, /, window_shape: Value, axis: Any = None, *, subok: bool = False) -> Value:
    """Return all windows of a shape, along new last axes; the places that they can take are along the old ones."""
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)


@sliding_window_view.vjp
def _(g: Cotangent, z: Value, x: Value, window_shape: Value, axis: Any = None, **_: Any) -> Cotangent:
    return overlap_add(g, shape=x.shape, window_shape=window_shape, axis=axis)


@op(
    samples=(sample((3, 3), shape=(5,), window_shape=3), sample((3, 2, 2), shape=(3, 3), window_shape=2, axis=-1)),
    labels=_overlapping,
)
def overlap_add(x: Value, /, shape: Shape, window_shape: Value, axis: Any = None) -> Value:
    """Return the sum of windows, each added in its place: the transpose of `sliding_window_view`.

    Costs one addition of an array for each element of a window.
    """
    window: Sequence[int] = window_shape if isinstance(window_shape, Sequence) else (window_shape,)
    axes = normalize_axes(axis, len(shape)) if axis is None else [a % len(shape) for a in np.atleast_1d(axis)]
    z = np.zeros_like(x, shape=shape, order="C")
    places = x.shape[: len(shape)]
    for offset in np.ndindex(*window):
        start = [0] * len(shape)
        for a, step in zip(axes, offset, strict=True):
            start[a] += step
        z[tuple(slice(i, i + n) for i, n in zip(start, places, strict=True))] += x[(..., *offset)]
    return z


@overlap_add.vjp
def _(g: Cotangent, z: Value, x: Value, shape: Shape, window_shape: Value, axis: Any = None) -> Cotangent:
    return np.lib.stride_tricks.sliding_window_view(g, window_shape, axis)
