"""Indexing: picking elements, and its transpose, scattering them."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.core.checks import checked
from autograd_lite.core.ducks import arrayed, beside, ducks
from autograd_lite.core.general import is_general
from autograd_lite.core.lists import stacked
from autograd_lite.core.numpy_protocol import constant, refuse
from autograd_lite.core.op import op
from autograd_lite.core.protection import kept_params
from autograd_lite.core.shapes import Cotangent, Shape, Value
from autograd_lite.core.tape import assigning, observers, registry
from autograd_lite.core.tensor import Tensor, raw, record
from autograd_lite.ops.axes import along_axis
from autograd_lite.ops.indices import of_picking, of_scattering, of_taking
from autograd_lite.ops.samples import constant as always
from autograd_lite.ops.samples import sample

indices = (
    sample((3, 4), index=1),
    sample((3,), index=np.int64(-1)),
    sample((), index=(None, Ellipsis)),
    sample((3, 4), index=(slice(None, None, -2), None, 2)),
    sample((2, 3, 4), index=(Ellipsis, slice(1, 3))),
    sample((3, 4), index=np.array([2, 0, 2])),
    sample((3, 4), index=[[0, 1], [-1, 1]]),
    sample((3, 4), index=([0, 2, 0], slice(None), None)),
    sample((3, 4), index=(slice(None), (1, -1, 1))),
    sample((2, 3, 4), index=([0, 1], slice(1, None), [3, 3])),
    sample((3, 4), index=np.ix_([2, 2], [0, 3])),
    sample((3,), index=np.array([True, False, True])),
    sample((3, 4, 2), index=(slice(None), np.arange(8).reshape(4, 2) % 3 == 0)),
    sample((3, 4), index=([True, False, True], [1, 1])),
    sample((2,), index=(True, 0)),
    sample((2, 3), index=np.zeros((0,), int)),
)


MASKED = "how many elements a mask picks depends on its values; write np.where(mask, x, other)"
"""What an index by a mask that is computed says of itself."""


def masks(*_: Any, index: Any, **__: Any) -> str | None:
    """Return that of an index which holds such a mask."""
    parts = index if isinstance(index, tuple) else (index,)
    return MASKED if any(type(part) is Tensor and part.dtype.kind == "b" for part in parts) else None


def repeats(index: Any) -> bool:
    """Whether an index may pick one element twice: it holds arrays of integers, or lists and tuples that are some."""
    return any(map(_lists_integers, index)) if isinstance(index, tuple) else _lists_integers(index)


def _lists_integers(part: Any) -> bool:
    if isinstance(part, (int, slice)):
        return False
    part = np.asarray(part) if isinstance(part, (list, tuple)) else part
    return getattr(part, "ndim", 0) > 0 and part.dtype.kind in "iu"


def array_of(x: Value) -> Value:
    """Return a Tensor as it is, and anything else as an array."""
    return x if isinstance(x, Tensor) else arrayed(x)


def arrays_of(*xs: Value) -> list[Any]:
    """Return Tensors as they are, and anything else as arrays: of another library, where one of them is."""
    found = list(map(array_of, xs))
    like = next((x for x in found if ducks[type(raw(x))]), None)
    return found if like is None else [x if isinstance(x, Tensor) else beside(like, x) for x in found]


def pick(t: Tensor, index: Any) -> Tensor:
    """Return ``t[index]``: `getitem` for the usual indices without more ado."""
    kind = type(index)
    usual = _PARTS.issuperset(map(type, index)) if kind is tuple else kind in _PARTS
    if usual and not observers and not assigning:
        try:
            return record(getitem, t._value[index], (t,), kept_params({"index": index}, "getitem"))
        except IndexError:
            pass  # the op raises again, and names itself
    return getitem(t, index)  # type: ignore[no-any-return]


_PARTS = frozenset({int, slice, type(None), type(Ellipsis), np.ndarray})
registry[operator.getitem] = pick


@op(varies=masks, samples=indices, labels=of_picking)
def getitem(x: Value, /, index: Any) -> Value:
    """Return ``x[index]``, for every index that NumPy has."""
    return x[index]


@getitem.vjp
def _(g: Cotangent, z: Value, x: Value, index: Any) -> Cotangent:
    back = scatter if observers or type(g) not in _OF_NUMPY else scatter.forward  # at a third of the price
    return back(g, index, x.shape)


_OF_NUMPY = frozenset({np.ndarray, np.float64, np.float32})
scattered = (
    sample((4,), index=1, shape=(3, 4)),
    sample((3,), index=np.array([1, 0, 1]), shape=(2,)),
    sample((3, 2), index=np.array([1, -2, 1]), shape=(4, 2)),
    sample((2, 2), index=([0, 0], slice(1, None)), shape=(2, 3)),
)


@op(samples=scattered, labels=of_scattering)
def scatter(x: Value, /, index: Any, shape: Shape) -> Value:
    """Return zeros of ``shape`` with ``x`` added at ``index``: the transpose of picking."""
    z = np.zeros(shape, np.asarray(x).dtype)
    if not repeats(index):
        z[index] = x
    elif isinstance(index, np.ndarray) and index.ndim and len(shape) > 1:  # whole rows, twice as fast one by one
        width = math.prod(shape[1:])
        places = index.reshape(-1, 1) * width + np.arange(width)
        np.add.at(z.reshape(-1), places.reshape(-1), x.reshape(-1))
    else:
        np.add.at(z, index, x)
    return z


@scatter.elsewhere
def _(x: Value, index: Any, shape: Shape) -> Value:
    z = np.zeros_like(x, shape=shape, order="C")
    if repeats(index):
        np.add.at(z, index, x)
    else:
        z[index] = x
    return z


@scatter.vjp
def _(g: Cotangent, z: Value, x: Value, index: Any, shape: Shape) -> Cotangent:
    return getitem(g, index)  # which records an index that is a Tensor


def along(indices: Any, axis: int, shape: Shape) -> tuple[Any, ...]:
    """Return the index that picks by ``indices`` along ``axis``, and the same place along the other axes."""
    grid: list[Any] = list(np.ix_(*map(range, shape)))
    grid[axis] = indices
    return tuple(grid)


@op(
    numpy=np.take_along_axis,
    samples=(
        sample((3, 4), indices=np.array([[3, 0, 0]]), axis=1),
        sample((3, 1), indices=np.array([[2, 0], [-1, 0]]), axis=0),
        sample((2, 3), indices=np.array([5, 0, 5]), axis=None),
    ),
    labels=along_axis,
)
def take_along_axis(arr: Value, /, indices: Any, axis: int | None = -1) -> Value:
    """Return the elements that ``indices`` picks along ``axis``, one for each of its elements."""
    return np.take_along_axis(arr, indices, axis)


@take_along_axis.vjp
def _(g: Cotangent, z: Value, x: Value, indices: Any, axis: int | None = -1) -> Cotangent:
    if axis is None:
        return np.reshape(scatter(g, index=indices, shape=(x.size,)), x.shape)
    return scatter(g, index=along(indices, axis, x.shape), shape=x.shape)


@op(
    numpy=np.take,
    samples=(
        sample((3, 4), indices=5),
        sample((4,), indices=((0, -1), (2, 2))),
        sample((3, 4), indices=np.array([2, 0, 2]), axis=0),
        sample((2, 3, 4), indices=[[5, -7]], axis=-1, mode="wrap"),
        sample((2, 3), indices=np.array([9, -9, 1]), axis=1, mode="clip"),
        sample((), indices=[0, 0], axis=-1),
    ),
    labels=of_taking,
)
def take(a: Value, /, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Value:
    """Return the elements at ``indices`` along ``axis``; of the flattened array where it is None."""
    return np.take(a, indices, axis=axis, mode=mode)


@take.elsewhere
def _(a: Value, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Value:
    a, axis = (a, axis) if axis is not None and a.ndim else (np.reshape(a, -1), 0)
    return np.take(a, beside(a, within(indices, a.shape[axis], mode)), axis=axis)


@take.vjp
def _(g: Cotangent, z: Value, x: Value, indices: Any, axis: int | None = None, mode: Any = "raise") -> Cotangent:
    shape = x.shape if axis is not None and x.ndim else (x.size,)
    places = within(indices, shape[axis or 0], mode)
    if axis and x.ndim:
        return scatter(g, index=(slice(None),) * (axis % x.ndim) + (places,), shape=shape)
    return np.reshape(scatter(g, index=places, shape=shape), x.shape)


def within(indices: Any, n: int, mode: str) -> Value:
    """Return indices with those outside of an axis of length ``n`` brought into it, as ``mode=`` asks for."""
    indices = array_of(indices)
    if mode == "raise":
        return indices
    return np.remainder(indices, n) if mode == "wrap" else np.minimum(np.maximum(indices, 0), n - 1)


def from_zero(numbers: Value, n: int, expected: str, got: str) -> Value:
    """Return integers that are to be from 0 to n - 1; raise ValueError where one is not."""
    if is_general():
        return checked(numbers, (numbers < 0) | (numbers >= n), ValueError, expected)
    given = raw(numbers)
    if given.size and not 0 <= given.min() <= given.max() < n:
        raise ValueError(f"{expected}, {got} {given.min()} to {given.max()}")
    return numbers


@op(
    numpy=np.choose,
    lists=True,
    samples=(
        sample(always(np.array([1, 0, 2])), lambda rng: [rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal()]),
        sample(always(np.array([[-1], [7]])), (2, 2, 3), mode="wrap"),
    ),
)
def choose(a: Value, choices: Value, *, mode: Any = "raise") -> Value:
    """Return, for each element of the integer array ``a``, the element in its place of the array that it names."""
    a, rows = array_of(a), list(map(stacked, choices))
    if mode == "raise":
        a = from_zero(a, len(rows), f"choose(): expected entries of a from 0 to {len(rows) - 1}", "got")
    shape = np.broadcast_shapes(a.shape, *map(np.shape, rows))
    stack = np.stack([np.broadcast_to(row, shape) for row in rows])
    return np.take_along_axis(stack, np.broadcast_to(within(a, len(rows), mode), shape)[None], 0)[0]


_PLACES = "where each element lands depends on the places; pass them as a list or a static argument"
_COUNTS = (
    "how long it is depends on the largest number; write np.sum(np.where(x[:, None] == np.arange(n), w, 0), axis=0)"
)


@op(
    numpy=np.compress,
    varies=lambda condition, a, axis=None: None if type(condition) is not Tensor else MASKED,
    samples=(
        sample(always([True, False, True]), (3, 4), axis=0),
        sample(always(np.array([0, 1, 0, 1])), (2, 3)),
    ),
)
def compress(condition: Value, a: Value, axis: int | None = None) -> Value:
    """Return the slices along ``axis`` whose entry in the 1-d ``condition`` is true."""
    if np.ndim(condition) != 1:
        raise ValueError(f"compress(): expected a 1-d condition, got one of {np.ndim(condition)} dimensions")
    return np.take(a, beside(a, np.flatnonzero(condition)), axis=axis)


@op(
    numpy=np.extract,
    varies=lambda condition, arr: None if type(condition) is not Tensor else MASKED,
    samples=(sample(always(np.eye(3, dtype=int)), (3, 3)), sample(always([True, False]), (4,))),
)
def extract(condition: Value, arr: Value) -> Value:
    """Return the elements of ``arr`` where ``condition`` is true."""
    return np.take(np.ravel(arr), beside(arr, np.flatnonzero(condition)))


@op(
    numpy=np.delete,
    varies=lambda arr, obj, axis=None: None if type(obj) is not Tensor else _PLACES,
    samples=(
        sample((5,), always(-2)),
        sample((3, 4), always([0, 2, 0]), axis=1),
        sample((3, 4), always(slice(None, None, 2)), axis=0),
        sample((2, 3), always(np.array([1, 4]))),
    ),
)
def delete(arr: Value, obj: Value, axis: int | None = None) -> Value:
    """Return the array without the places ``obj`` along ``axis``; of the flattened array where it is None."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    places = beside(obj, np.arange(np.shape(arr)[normalize_axis_index(axis, np.ndim(arr))]))
    return np.take(arr, beside(arr, np.delete(places, obj)), axis=axis)


@op(
    numpy=np.insert,
    varies=lambda arr, obj, values, axis=None: None if type(obj) is not Tensor else _PLACES,
    samples=(
        sample((4,), always(1), ()),
        sample((3, 4), always(-1), (3,), axis=1),
        sample((3, 4), always([0, 2, 2]), (3, 1), axis=0),
        sample((2, 3), always(slice(0, 4, 2)), (2,)),
        sample((4,), always(np.array([0, 3])), (2,)),
    ),
)
def insert(arr: Value, obj: Value, values: Value, axis: int | None = None) -> Value:
    """Return the array with ``values`` inserted before the places ``obj`` along ``axis``."""
    old, new = np.ravel(arr), np.ravel(values)
    if old.dtype != new.dtype:
        new = np.astype(new, old.dtype)
    places = np.arange(old.size).reshape(np.shape(arr))
    others = np.arange(old.size, old.size + new.size).reshape(np.shape(values))
    return np.take(np.concatenate((old, new)), beside(arr, np.insert(places, obj, others, axis)))


@op(numpy=np.append, samples=(sample((2, 3), ()), sample((2, 3), (1, 3), axis=0)))
def append(arr: Value, values: Value, axis: int | None = None) -> Value:
    """Return the array with ``values`` after its end along ``axis``; both flattened where it is None."""
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((arr, values), axis=axis)


@op(
    numpy=np.bincount,
    varies=lambda x, weights=None, minlength=0: None if type(x) is not Tensor else _COUNTS,
    samples=(sample(always(np.array([1, 0, 1, 4])), (4,), minlength=7),),
)
def bincount(x: Value, weights: Any = None, minlength: int = 0) -> Value:
    """Return how often each integer is in ``x``, or the sum of its ``weights``, which are differentiated."""
    if weights is None:
        return np.bincount(x, minlength=minlength)
    number = np.bincount(x, minlength=minlength).size
    if np.shape(weights) != np.shape(x):
        raise ValueError(f"bincount(): expected weights of shape {np.shape(x)}, got {np.shape(weights)}")
    return scatter(np.astype(array_of(weights), np.float64), index=arrayed(x), shape=(number,))


constant(np.nonzero, np.flatnonzero, np.argwhere, varies=MASKED)
constant(np.searchsorted, np.digitize, np.isin)
refuse(
    "how many elements it returns depends on their values; pick them, t[np.unique(t.value, return_index=True)[1]]",
    *(np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values),
    *(np.intersect1d, np.setdiff1d, np.setxor1d, np.union1d),
)
