"""Ops that make arrays from Tensors, and what NumPy tells about arrays without a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.checks import checked
from autograd_lite.core.ducks import arrayed, beside
from autograd_lite.core.labels import Labels, elementwise, shape_of, whole
from autograd_lite.core.numpy_protocol import constant, refuse
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Shape, Value
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops.samples import positive, sample


@op(numpy=np.full_like, samples=(sample((2, 3), ()), sample((2, 3), (3,), dtype=np.float64), sample((2,), (), shape=3)))
def full_like(
    a: Value,
    fill_value: Value,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Value:
    """Return an array in the shape and dtype of another, filled with a value; ``order`` has no effect."""
    like = np.full_like(raw(a), 0, dtype, shape=shape)
    if type(fill_value) is not Tensor:
        return np.full_like(like, fill_value)
    return np.broadcast_to(fill_value.astype(like.dtype), like.shape)


def _fractions(start: Value, stop: Value, num: int, endpoint: bool) -> Value:
    """Return the evenly spaced numbers from 0 to 1, along an axis before those of the ends."""
    start, stop = arrayed(raw(start)), arrayed(raw(stop))
    dtype = np.finfo(np.result_type(start.dtype, stop.dtype, 1.0)).dtype
    fractions = np.linspace(0.0, 1.0, num, endpoint, dtype=dtype)
    fractions = np.reshape(fractions, (-1,) + (1,) * max(start.ndim, stop.ndim))
    return beside(start, beside(stop, fractions))


@op(
    numpy=np.linspace,
    samples=(
        sample((), ()),
        sample((2, 1), (3,), num=4, axis=-1),
        sample((2,), (), num=3, endpoint=False, axis=1),
        sample((), (), num=5, retstep=True),
        sample((), (), num=1),
        sample((2,), (2,), num=0),
    ),
)
def linspace(
    start: Value,
    stop: Value,
    /,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Value:
    """Return evenly spaced numbers between two ends, along a new axis; also their distance where ``retstep``."""
    part = _fractions(start, stop, num, endpoint)
    z = np.moveaxis(np.multiply(start, 1 - part) + np.multiply(stop, part), 0, axis)
    z = z if dtype is None else z.astype(dtype)
    if not retstep:
        return z
    steps = num - 1 if endpoint else num
    return z, np.subtract(stop, start) / (steps or np.nan)


@op(
    numpy=np.logspace,
    samples=(sample((), ()), sample((2,), (), num=3, base=np.array([2.0, 3.0])), sample((), (), num=4, axis=-1)),
)
def logspace(
    start: Value,
    stop: Value,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Value:
    """Return powers of ``base`` whose exponents are evenly spaced."""
    if np.ndim(base):  # it broadcasts with both ends
        ndim = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x)) for x in (start, stop, base))
        base = np.expand_dims(base, axis)
    z = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return z if dtype is None else z.astype(dtype)


@op(
    numpy=np.geomspace,
    samples=(
        sample(positive(), positive()),
        sample(positive(2), positive(), num=3, axis=1),
        sample(lambda rng: -positive.draw(rng, (2,)), lambda rng: -positive.draw(rng, (2,)), num=3, endpoint=False),
    ),
)
def geomspace(
    start: Value, stop: Value, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Value:
    """Return numbers between two ends, each the one before it times the same factor, along a new axis.

    As in NumPy, float32 ends give float64.
    """
    start, stop = (
        checked(x, np.equal(x, 0), ValueError, "np.geomspace takes ends other than zero") for x in (start, stop)
    )
    part = _fractions(start, stop, num, endpoint)
    z = np.moveaxis(np.multiply(start, np.divide(stop, start) ** part), 0, axis)
    return z.astype(np.result_type(z.dtype, np.float64) if dtype is None else dtype)


def _alike(z: Shape, a: Any, *, shape: Any, **_: Any) -> Labels:
    return elementwise(z, a) if shape is None else whole([shape_of(a)], z)


constant(np.shape, np.ndim, np.size, np.empty_like)
constant(np.zeros_like, np.ones_like, labels=_alike)
constant(np.result_type, np.can_cast, np.min_scalar_type, np.common_type, np.may_share_memory, np.shares_memory)
constant(np.array2string, np.array_repr, np.array_str)
constant(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)

refuse(
    "it counts elements, and counts are constant but for jumps; pass its .value",
    *(np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges),
)
refuse(
    "it takes integers, and a Tensor holds real or complex numbers",
    *(np.unravel_index, np.ravel_multi_index, np.packbits, np.unpackbits),
)
refuse(
    "it takes dates, and a Tensor holds real or complex numbers",
    *(np.busday_count, np.busday_offset, np.is_busday, np.datetime_as_string),
)
refuse(
    "whether its result is complex depends on the values; use the function of np itself, of t.astype(complex) where "
    "the result is to be complex",
    *(np.emath.sqrt, np.emath.power, np.emath.log, np.emath.log2, np.emath.log10, np.emath.logn),
    *(np.emath.arccos, np.emath.arcsin, np.emath.arctanh),
)
refuse("a file keeps no record; save its .value", np.save, np.savez, np.savez_compressed, np.savetxt)
refuse("a plain array cannot hold its record; use np.broadcast_to(t, shape)", np.full)
refuse(
    "a plain array cannot hold its record; use it as it is, or its .value for a constant",
    *(np.array, np.asarray, np.asanyarray, np.asarray_chkfinite, np.ascontiguousarray, np.asfortranarray, np.require),
    *(np.asmatrix, np.bmat, np.lib.stride_tricks.as_strided),
)
