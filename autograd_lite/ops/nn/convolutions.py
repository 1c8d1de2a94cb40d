"""Convolution and pooling, over the last one or two axes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.core.labels import Labels, shape_of
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value
from autograd_lite.ops import samples

Sizes = int | tuple[int, ...]

_SLID = (
    samples.sample((2, 7), size=(3,), stride=(2,)),
    samples.sample((5, 6), size=(2, 3), stride=(1, 2), dilation=(2, 1)),
)


def _slid(z: Shape, x: Any, *, size: Shape, **_: Any) -> Labels:
    shape = shape_of(x)
    lead = tuple(range(len(shape) - len(size)))
    return Labels(((*lead, *(None,) * len(size)),), (*lead, *(None,) * (len(z) - len(lead))))


@op(samples=_SLID, labels=_slid)
def patches(x: Value, /, size: Shape, stride: Shape, dilation: Shape = (1, 1)) -> Value:
    """Return the windows that slide over the last axes, with the windows' axes last.

    Parameters
    ----------
    x : array of shape ``(..., *lengths)``
    size : tuple of int
        Of a window, along each of the last axes.
    stride : tuple of int
        From one window to the next.
    dilation : tuple of int
        From one element of a window to the next.

    Returns
    -------
    array of shape (..., *places, *size)
    """
    # In memory the windows' axes come first, so that what folds them runs along the places, of which there are many
    n = len(size)
    parts = [x[under] for _, under in _strided(size, _places(x.shape[-n:], size, stride, dilation), stride, dilation)]
    return np.moveaxis(np.reshape(np.stack(parts), (*size, *parts[0].shape)), range(n), range(-n, 0))


@patches.vjp
def _(g: Cotangent, z: Value, x: Value, size: Shape, stride: Shape, dilation: Shape = (1, 1)) -> Cotangent:
    return add_patches(g, lengths=x.shape[-len(size) :], stride=stride, dilation=dilation)


def _unslid(z: Shape, x: Any, *, lengths: Shape, **_: Any) -> Labels:
    lead = tuple(range(len(z) - len(lengths)))
    return Labels(((*lead, *(None,) * (len(shape_of(x)) - len(lead))),), (*lead, *(None,) * len(lengths)))


@op(
    samples=(
        samples.sample((2, 3, 3), lengths=(8,), stride=(2,)),
        samples.sample((3, 2, 2, 3), lengths=(5, 6), stride=(1, 2), dilation=(2, 1)),
    ),
    labels=_unslid,
)
def add_patches(x: Value, /, lengths: Shape, stride: Shape, dilation: Shape = (1, 1)) -> Value:
    """Return the sum of windows, each in its place on axes of these lengths: the transpose of `patches`."""
    n = len(lengths)
    z = np.zeros_like(x[(..., *(0,) * n)], shape=(*x.shape[: -2 * n], *lengths))
    for offset, under in _strided(x.shape[-n:], x.shape[-2 * n : -n], stride, dilation):
        z[under] += x[(..., *offset)]
    return z


@add_patches.vjp
def _(g: Cotangent, z: Value, x: Value, lengths: Shape, stride: Shape, dilation: Shape = (1, 1)) -> Cotangent:
    return patches(g, size=x.shape[-len(lengths) :], stride=stride, dilation=dilation)


# Three bilinear functions of x, a kernel and the cotangent g of their correlation. Each is linear in two of them, and
# of the shape of the third; so the derivatives of any are the other two, for every order.


@op(
    samples=(
        samples.sample((2, 3, 7), (4, 3, 2), stride=(2,), dilation=(1,)),
        samples.sample((2, 2, 5, 6), (3, 2, 2, 3), stride=(1, 2), dilation=(2, 1)),
    ),
    labels="bc, oc -> bo",
)
def correlate_channels(x: Value, kernel: Value, /, stride: Shape, dilation: Shape) -> Value:
    """Return, for each output channel and place of the kernel on x, the sum of products over all input channels."""
    columns, axis = _columns(x, kernel.shape[2:], stride, dilation)
    z = np.matmul(_rows(kernel), _flat(columns, len(stride) + 1))
    return np.moveaxis(np.reshape(z, (len(kernel), *columns.shape[len(stride) + 1 :])), axis, 0)


@op(
    samples=(
        samples.sample((2, 4, 3), (4, 3, 2), lengths=(7,), stride=(2,), dilation=(1,)),
        samples.sample((2, 3, 3, 2), (3, 2, 2, 3), lengths=(5, 6), stride=(1, 2), dilation=(2, 1)),
    ),
    labels="bo, oc -> bc",
)
def spread_channels(g: Cotangent, kernel: Value, /, lengths: Shape, stride: Shape, dilation: Shape) -> Cotangent:
    """Return the cotangent of x: the kernel times g, added wherever it lay."""
    axis = _images(g.shape)
    moved = np.moveaxis(g, 0, axis)
    columns = np.matmul(_rows(kernel).T, _flat(moved, 1)).reshape(-1, kernel.shape[1], *moved.shape[1:])
    parts = np.moveaxis(columns, axis + 1, 1)
    z = np.zeros_like(parts[0], shape=(*parts.shape[1:3], *lengths))
    for part, (_, under) in zip(parts, _strided(kernel.shape[2:], g.shape[2:], stride, dilation), strict=True):
        z[under] += part
    return z


@op(
    samples=(
        samples.sample((2, 3, 7), (2, 4, 3), size=(2,), stride=(2,), dilation=(1,)),
        samples.sample((2, 2, 5, 6), (2, 3, 3, 2), size=(2, 3), stride=(1, 2), dilation=(2, 1)),
    ),
    labels="bc, bo -> oc",
)
def correlate_images(x: Value, g: Cotangent, /, size: Shape, stride: Shape, dilation: Shape) -> Value:
    """Return the cotangent of the kernel: the sum of products of g with what lay under each element of the kernel."""
    columns, axis = _columns(x, size, stride, dilation)
    z = np.matmul(_flat(np.moveaxis(g, 0, axis), 1), _flat(columns, len(size) + 1).T)
    return np.moveaxis(np.reshape(z, (g.shape[1], *size, x.shape[1])), -1, 1)


# Each of the three is one product of matrices, with a row for each output channel and for each element under a kernel.


def _columns(x: Value, size: Shape, stride: Shape, dilation: Shape) -> tuple[Value, int]:
    """Return what lies under the kernel: an array of shape (*size, channels, ...) of images and places; `_images`."""
    places = _places(x.shape[2:], size, stride, dilation)
    axis = _images((*x.shape[:2], *places))
    parts = [np.moveaxis(x[under], 0, axis) for _, under in _strided(size, places, stride, dilation)]
    z = np.empty_like(x, shape=(*size, *parts[0].shape), order="C")
    np.stack(parts, out=z.reshape(len(parts), *parts[0].shape))
    return z, axis


def _images(shape: Shape) -> int:
    """Return the axis that images (batch, channels, *places) take in memory: the last where there are many of them.

    Arrays are copied along the last axis: a short one takes several times as long.
    """
    return len(shape) - 1 if shape[0] > shape[-1] else 1


def _places(lengths: Shape, size: Shape, stride: Shape, dilation: Shape) -> Shape:
    """Return how many places a window of this size has along each axis."""
    axes = zip(lengths, size, stride, dilation, strict=False)
    return tuple((m - d * (k - 1) - 1) // s + 1 for m, k, s, d in axes)


def _rows(kernel: Value) -> Value:
    """Return the kernel as a matrix, with a row for each output channel."""
    return _flat(np.moveaxis(kernel, 1, -1), 1)


def _flat(x: Value, rows: int) -> Value:
    """Return the array as a matrix, whose rows are its first axes."""
    return np.reshape(x, (math.prod(x.shape[:rows]), math.prod(x.shape[rows:])))


def _strided(size: Shape, places: Shape, stride: Shape, dilation: Shape) -> Iterator[tuple[Any, Any]]:
    """List the index of each element of a kernel, and that of all that lies under it at the kernel's places."""
    for offset in np.ndindex(*size):
        starts = [o * d for o, d in zip(offset, dilation, strict=False)]
        under = tuple(slice(i, i + s * (m - 1) + 1, s) for i, s, m in zip(starts, stride, places, strict=True))
        yield offset, (..., *under)


@correlate_channels.vjp
def _(g: Cotangent, z: Value, x: Value, kernel: Value, stride: Shape, dilation: Shape) -> Cotangent:
    return spread_channels(g, kernel, lengths=x.shape[2:], stride=stride, dilation=dilation)


@correlate_channels.vjp
def _(g: Cotangent, z: Value, x: Value, kernel: Value, stride: Shape, dilation: Shape) -> Cotangent:
    return correlate_images(x, g, size=kernel.shape[2:], stride=stride, dilation=dilation)


@spread_channels.vjp
def _(g: Cotangent, z: Value, x: Value, kernel: Value, lengths: Shape, stride: Shape, dilation: Shape) -> Cotangent:
    return correlate_channels(g, kernel, stride=stride, dilation=dilation)


@spread_channels.vjp
def _(g: Cotangent, z: Value, x: Value, kernel: Value, lengths: Shape, stride: Shape, dilation: Shape) -> Cotangent:
    return correlate_images(g, x, size=kernel.shape[2:], stride=stride, dilation=dilation)


@correlate_images.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, size: Shape, stride: Shape, dilation: Shape) -> Cotangent:
    return spread_channels(y, g, lengths=x.shape[2:], stride=stride, dilation=dilation)


@correlate_images.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value, size: Shape, stride: Shape, dilation: Shape) -> Cotangent:
    return correlate_channels(x, g, stride=stride, dilation=dilation)


@op(
    samples=(
        samples.sample((2, 3, 6), (4, 3, 3)),
        samples.sample((1, 2, 7), (2, 2, 3), stride=2, padding=1),
        samples.sample((1, 2, 5), (2, 2, 2), (2,), padding="same", dilation=2),
    )
)
def conv1d(
    x: Value, kernel: Value, bias: Value = None, /, stride: int = 1, padding: int | str = 0, dilation: int = 1
) -> Value:
    """Return the convolution of sequences with a kernel, as networks have it: the kernel is not reversed.

    Parameters
    ----------
    x : array of shape (batch, channels, length)
    kernel : array of shape (output channels, channels, size)
    bias : array of shape (output channels,), optional
    stride : int
        From one place of the kernel to the next.
    padding : int, 'same' or 'valid'
        Zeros added at both ends. 'same' gives ceil(length / stride) places, 'valid' adds none.
    dilation : int
        From one element of the kernel to the next.

    Returns
    -------
    array of shape (batch, output channels, places)
        Along the axis there are (length + 2 padding - dilation (size - 1) - 1) // stride + 1 places.

    Raises
    ------
    ValueError
        For arrays of other shapes, a kernel longer than the sequence, strides and dilations below 1.
    """
    return _convolve("conv1d", 1, x, kernel, bias, stride, padding, dilation)


@op(
    samples=(
        samples.sample((2, 3, 4, 5), (4, 3, 3, 2)),
        samples.sample((1, 2, 5, 6), (2, 2, 3, 3), stride=2, padding=(1, 0)),
        samples.sample((1, 2, 4, 5), (2, 2, 2, 3), (2,), padding="same", stride=(1, 2)),
    )
)
def conv2d(
    x: Value, kernel: Value, bias: Value = None, /, stride: Sizes = 1, padding: Sizes | str = 0, dilation: Sizes = 1
) -> Value:
    """Return the convolution of images with a kernel, as networks have it: the kernel is not reversed.

    Parameters
    ----------
    x : array of shape (batch, channels, height, width)
    kernel : array of shape (output channels, channels, kernel height, kernel width)
    bias : array of shape (output channels,), optional
    stride : int or pair of int
        From one place of the kernel to the next.
    padding : int, pair of int, 'same' or 'valid'
        Zeros added on both sides. 'same' gives ceil(length / stride) places, 'valid' adds none.
    dilation : int or pair of int
        From one element of the kernel to the next.

    Returns
    -------
    array of shape (batch, output channels, rows, columns)
        Along either axis there are (length + 2 padding - dilation (size - 1) - 1) // stride + 1 places.

    Raises
    ------
    ValueError
        For arrays of other shapes, a kernel larger than the padded image, strides and dilations below 1.
    """
    return _convolve("conv2d", 2, x, kernel, bias, stride, padding, dilation)


_LAYOUT = {1: "(batch, channels, length)", 2: "(batch, channels, height, width)"}
_KERNEL = {1: "(output channels, channels, size)", 2: "(output channels, channels, height, width)"}


def _convolve(
    name: str, n: int, x: Value, kernel: Value, bias: Value, stride: Value, padding: Value, dilation: Value
) -> Value:
    """Return the convolution over n axes."""
    shape, weights = np.shape(x), np.shape(kernel)
    if len(shape) != n + 2 or len(weights) != n + 2 or shape[1] != weights[1]:
        raise ValueError(
            f"{name}() takes x of shape {_LAYOUT[n]} and a kernel of shape {_KERNEL[n]} with as many channels; "
            f"got shapes {shape} and {weights}"
        )
    if bias is not None and np.shape(bias) != weights[:1]:
        raise ValueError(
            f"{name}() takes a bias of shape {weights[:1]}, one for each output channel; got {np.shape(bias)}"
        )
    steps, spread = _sizes(name, "stride", stride, n), _sizes(name, "dilation", dilation, n)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(weights[2:], spread, strict=True))
    widths = _widths(name, padding, shape[2:], reach, steps)
    x = np.pad(x, ((0, 0), (0, 0), *widths)) if any(map(any, widths)) else x
    _check_reach(name, np.shape(x)[2:], reach)
    z = correlate_channels(x, kernel, stride=steps, dilation=spread)
    return z if bias is None else z + np.reshape(bias, (-1,) + (1,) * n)


def _sizes(name: str, what: str, given: Value, n: int, least: int = 1) -> Shape:
    """Return one int for each axis."""
    sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,) * n
    if len(sizes) != n or not all(isinstance(k, (int, np.integer)) and k >= least for k in sizes):
        expected = "an int" if n == 1 else f"an int or {n} ints"
        raise ValueError(f"{name}() takes {what}= {expected} of at least {least}, got {given!r}")
    return sizes


def _widths(name: str, padding: Value, lengths: Shape, reach: Shape, stride: Shape) -> tuple[tuple[int, int], ...]:
    """Return how many zeros to add before and after each axis."""
    if padding == "valid":
        padding = 0
    if padding != "same":
        return tuple((k, k) for k in _sizes(name, "padding", padding, len(lengths), least=0))
    missing = [max((-(-m // s) - 1) * s + k - m, 0) for m, k, s in zip(lengths, reach, stride, strict=True)]
    return tuple((k // 2, k - k // 2) for k in missing)


def _check_reach(name: str, lengths: Shape, reach: Shape) -> None:
    if any(k > m for k, m in zip(reach, lengths, strict=True)):
        raise ValueError(f"{name}(): a window that reaches over {reach} does not fit into {lengths}, padding included")


_POOLED_1D = (samples.sample((2, 3, 6), size=2), samples.sample((7,), size=3, stride=2, padding=1))
_POOLED_2D = (
    samples.sample((2, 3, 4, 6), size=2),
    samples.sample((5, 7), size=(2, 3), stride=(2, 1)),
    samples.sample((1, 5, 5), size=3, stride=2, padding=1),
)


@op(samples=_POOLED_1D)
def max_pool1d(x: Value, /, size: int, stride: int | None = None, padding: int = 0) -> Value:
    """Return the largest element of each window of the last axis.

    Subgradient: at ties, an equal share for each.

    Parameters
    ----------
    x : array of shape (..., length)
    size : int
        Of a window.
    stride : int, optional
        From one window to the next: the size by default, so that windows touch.
    padding : int
        Elements added at both ends, which are never the largest; less than the size.

    Returns
    -------
    array of shape (..., (length + 2 padding - size) // stride + 1)
    """
    return np.max(_pooled("max_pool1d", 1, x, size, stride, padding, -np.inf), axis=-1)


@op(samples=_POOLED_2D)
def max_pool2d(x: Value, /, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Value:
    """Return the largest element of each window of the last two axes.

    Parameters and errors are those of `max_pool1d`, each an int or a pair of ints.

    Subgradient: at ties, an equal share for each.
    """
    return np.max(_pooled("max_pool2d", 2, x, size, stride, padding, -np.inf), axis=(-2, -1))


@op(samples=_POOLED_1D)
def avg_pool1d(x: Value, /, size: int, stride: int | None = None, padding: int = 0) -> Value:
    """Return the mean of each window of the last axis. Padding counts as zeros.

    Parameters and errors are those of `max_pool1d`.
    """
    return np.mean(_pooled("avg_pool1d", 1, x, size, stride, padding, 0), axis=-1)


@op(samples=_POOLED_2D)
def avg_pool2d(x: Value, /, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Value:
    """Return the mean of each window of the last two axes. Padding counts as zeros.

    Parameters and errors are those of `max_pool1d`, each an int or a pair of ints.
    """
    return np.mean(_pooled("avg_pool2d", 2, x, size, stride, padding, 0), axis=(-2, -1))


def _pooled(name: str, n: int, x: Value, size: Value, stride: Value, padding: Value, filler: float) -> Value:
    """Return the windows to pool."""
    window, steps = _sizes(name, "size", size, n), _sizes(name, "stride", size if stride is None else stride, n)
    widths = _sizes(name, "padding", padding, n, least=0)
    lead = np.ndim(x) - n
    if lead < 0:
        raise ValueError(f"{name}() takes an array of at least {n} axes, got shape {np.shape(x)}")
    if any(k >= w for k, w in zip(widths, window, strict=True)):
        raise ValueError(
            f"{name}() takes less padding than the size of a window, got padding={padding} and size={size}"
        )
    if any(widths):
        x = np.pad(x, ((0, 0),) * lead + tuple((k, k) for k in widths), constant_values=filler)
    _check_reach(name, np.shape(x)[lead:], window)
    return patches(x, size=window, stride=steps)
