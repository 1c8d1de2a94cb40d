"""The discrete Fourier transforms of ``np.fft``.

The matrix of `fft` and `ifft` is symmetric, so that each is its own transpose. The transforms of several axes are made
of those of one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.ops.axes import along_axis
from autograd_lite.ops.samples import complex_plane, sample

Norm = Any
Lengths = Any
Axes = Any

_INVERSE: dict[Norm, Any] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}

of_one_axis = (
    sample((5,)),
    sample((3, 4), axis=0, norm="ortho"),
    sample((2, 4), n=6, norm="forward"),
    sample((2, 5), n=4, norm="backward"),
    sample((1,)),
)
of_complex = (
    sample(complex_plane(4)),
    sample(complex_plane(3, 3), axis=0, n=5, norm="ortho"),
    sample(complex_plane(5), n=3, norm="forward"),
    sample(complex_plane(2, 3), n=6),
)
of_axes = (sample((3, 4)), sample((3, 4), s=(5, 3), axes=(0, 1), norm="ortho"), sample((2, 3, 4), axes=(0, -1)))
of_two_axes = (sample((3, 4)), sample((2, 3, 4), s=(2, 5)), sample((3, 2, 4), axes=(0, 2), norm="forward"))
of_complex_axes = (
    sample(complex_plane(3, 4)),
    sample(complex_plane(3, 3), s=(4, 5), axes=(1, 0), norm="ortho"),
    sample(complex_plane(2, 3, 2), axes=(0, 1), norm="forward"),
)


def _fit(c: Value, length: int, axis: int) -> Value:
    """Return the array cut off, or continued by zeros, to a length along an axis: the transpose of what ``n`` does."""
    axis %= c.ndim
    c = c[(slice(None),) * axis + (slice(length),)]
    missing = length - c.shape[axis]
    return np.pad(c, [(0, missing if i == axis else 0) for i in range(c.ndim)]) if missing else c


@op(numpy=np.fft.fft, samples=(*of_one_axis, *of_complex), labels=along_axis)
def fft(a: Value, /, n: int | None = None, axis: int = -1, norm: Norm = None) -> Value:
    """Return the discrete Fourier transform along an axis."""
    return np.fft.fft(a, n, axis, norm)


@fft.vjp
def _(g: Cotangent, z: Value, x: Value, n: int | None = None, axis: int = -1, norm: Norm = None) -> Cotangent:
    return _fit(np.fft.fft(g, None, axis, norm), x.shape[axis], axis)


@op(numpy=np.fft.ifft, samples=(*of_one_axis, *of_complex), labels=along_axis)
def ifft(a: Value, /, n: int | None = None, axis: int = -1, norm: Norm = None) -> Value:
    """Return the inverse of `fft`."""
    return np.fft.ifft(a, n, axis, norm)


@ifft.vjp
def _(g: Cotangent, z: Value, x: Value, n: int | None = None, axis: int = -1, norm: Norm = None) -> Cotangent:
    return _fit(np.fft.ifft(g, None, axis, norm), x.shape[axis], axis)


@op(numpy=np.fft.rfft, samples=of_one_axis, labels=along_axis)
def rfft(a: Value, /, n: int | None = None, axis: int = -1, norm: Norm = None) -> Value:
    """Return the first half of the discrete Fourier transform of real numbers; the rest is its mirror image."""
    return np.fft.rfft(a, n, axis, norm)


@rfft.vjp
def _(g: Cotangent, z: Value, x: Value, n: int | None = None, axis: int = -1, norm: Norm = None) -> Cotangent:
    # the half is the whole, cut off: its transpose continues by zeros
    n = x.shape[axis] if n is None else n
    return _fit(np.fft.fft(g, n, axis, norm), x.shape[axis], axis)


@op(numpy=np.fft.irfft, samples=(*of_complex, sample((4,)), sample((3, 4), n=5, axis=0)), labels=along_axis)
def irfft(a: Value, /, n: int | None = None, axis: int = -1, norm: Norm = None) -> Value:
    """Return the inverse of `rfft`: n real numbers, 2 (m - 1) of m complex ones if ``n`` is left out.

    The imaginary parts of the zeroth element, and of the last one where n is even, have no effect.
    """
    return np.fft.irfft(a, n, axis, norm)


@irfft.vjp
def _(g: Cotangent, z: Value, x: Value, n: int | None = None, axis: int = -1, norm: Norm = None) -> Cotangent:
    c = np.conj(np.fft.rfft(g, None, axis, _INVERSE[norm]))
    n = z.shape[axis]
    twice = np.full(c.shape[axis], 2, np.finfo(z.dtype).dtype)  # an element stands for its mirror image too,
    twice[0] = 1  # but for those that are their own
    if n % 2 == 0:
        twice[-1] = 1
    twice = np.expand_dims(beside(c, twice), tuple(range(1, c.ndim - axis % c.ndim)))
    return _fit(c * twice, x.shape[axis], axis)


@op(numpy=np.fft.hfft, samples=of_complex)
def hfft(a: Value, /, n: int | None = None, axis: int = -1, norm: Norm = None) -> Value:
    """Return the transform, which is real, of a signal whose other half is the mirror image of this one."""
    return np.fft.irfft(np.conj(a), n, axis, _INVERSE.get(norm, norm))


@op(numpy=np.fft.ihfft, samples=of_one_axis)
def ihfft(a: Value, /, n: int | None = None, axis: int = -1, norm: Norm = None) -> Value:
    """Return the inverse of `hfft`."""
    return np.conj(np.fft.rfft(a, n, axis, _INVERSE.get(norm, norm)))


def _plan(a: Value, s: Lengths, axes: Axes) -> list[tuple[int | None, int]]:
    """Return the length and the axis of each transform of several; None for the length that the array has."""
    ndim = np.ndim(a)
    if axes is None:
        axes = range(ndim) if s is None else range(ndim - len(s), ndim)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(lengths) != len(axes):
        raise ValueError(f"expected one length for each axis, got s={s} and axes={tuple(axes)}")
    return list(zip(lengths, axes, strict=True))


@op(numpy=np.fft.fftn, samples=(*of_axes, *of_complex_axes))
def fftn(a: Value, /, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Value:
    """Return the discrete Fourier transform over several axes."""
    for n, axis in reversed(_plan(a, s, axes)):
        a = np.fft.fft(a, n, axis, norm)
    return a


@op(numpy=np.fft.ifftn, samples=(*of_axes, *of_complex_axes))
def ifftn(a: Value, /, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Value:
    """Return the inverse of `fftn`."""
    for n, axis in reversed(_plan(a, s, axes)):
        a = np.fft.ifft(a, n, axis, norm)
    return a


@op(numpy=np.fft.fft2, samples=of_two_axes)
def fft2(a: Value, /, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Value:
    """Return the discrete Fourier transform over two axes."""
    return np.fft.fftn(a, s, axes, norm)


@op(numpy=np.fft.ifft2, samples=of_two_axes)
def ifft2(a: Value, /, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Value:
    """Return the inverse of `fft2`."""
    return np.fft.ifftn(a, s, axes, norm)


@op(numpy=np.fft.rfftn, samples=of_axes)
def rfftn(a: Value, /, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Value:
    """Return the discrete Fourier transform of real numbers over several axes, the first half of the last one."""
    *others, (n, last) = _plan(a, s, axes)
    z = np.fft.rfft(a, n, last, norm)
    for n, axis in reversed(others):
        z = np.fft.fft(z, n, axis, norm)
    return z


@op(numpy=np.fft.irfftn, samples=of_complex_axes)
def irfftn(a: Value, /, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Value:
    """Return the inverse of `rfftn`."""
    *others, (n, last) = _plan(a, s, axes)
    for length, axis in others:
        a = np.fft.ifft(a, length, axis, norm)
    return np.fft.irfft(a, n, last, norm)


@op(numpy=np.fft.rfft2, samples=of_two_axes)
def rfft2(a: Value, /, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Value:
    """Return the discrete Fourier transform of real numbers over two axes, the first half of the last one."""
    return np.fft.rfftn(a, s, axes, norm)


@op(numpy=np.fft.irfft2, samples=of_complex_axes)
def irfft2(a: Value, /, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Value:
    """Return the inverse of `rfft2`."""
    return np.fft.irfftn(a, s, axes, norm)


shifts = (sample((5,)), sample((3, 4)), sample((3, 4), axes=0), sample((2, 3, 5), axes=(0, -1)))


@op(numpy=np.fft.fftshift, samples=shifts)
def fftshift(x: Value, /, axes: Axes = None) -> Value:
    """Return a transform with the frequency zero moved to the middle."""
    return _shift(x, axes, 1)


@op(numpy=np.fft.ifftshift, samples=shifts)
def ifftshift(x: Value, /, axes: Axes = None) -> Value:
    """Return the inverse of `fftshift`."""
    return _shift(x, axes, -1)


def _shift(x: Value, axes: Axes, sign: int) -> Value:
    """Roll axes by half of their lengths, forward or backward."""
    axes = tuple(range(np.ndim(x))) if axes is None else tuple(np.atleast_1d(axes).tolist())
    return np.roll(x, tuple(sign * (np.shape(x)[axis] // 2) for axis in axes), axes)
