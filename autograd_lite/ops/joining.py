"""Ops that put arrays together, take them apart and repeat them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.ducks import is_array
from autograd_lite.core.labels import Labels, shape_of
from autograd_lite.core.numpy_protocol import by_value
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value, normalize_axes
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops.axes import along_axis, without
from autograd_lite.ops.indexing import scatter
from autograd_lite.ops.samples import constant, sample

Parts = Sequence[Any]

_NUMBERS = frozenset({float, np.float64, np.float32})


def _along(axis: int, index: Any) -> tuple[Any, ...]:
    """Return the index that picks ``index`` from one axis; ``axis`` is not negative."""
    return (slice(None),) * axis + (index,)


def _joined(z: Shape, *arrays: Any, axis: int | None, **_: Any) -> Labels:
    axes = (None,) if axis is None else without(z, normalize_axes(axis, len(z)))
    return Labels(tuple((None,) * len(shape_of(x)) if axis is None else axes for x in arrays), axes)


def _stacked(z: Shape, *arrays: Any, axis: int, **_: Any) -> Labels:
    axes = without(z, normalize_axes(axis, len(z)))
    return Labels((tuple(label for label in axes if label is not None),) * len(arrays), axes)


@op(
    numpy=np.concatenate,
    spread=True,
    samples=(
        sample((3,), (2,)),
        sample((2, 3), (2, 1), (2, 0), axis=-1),
        sample((2, 3), (3,), (), axis=None),
        sample((1, 2), (3, 2), dtype=np.float64),
    ),
    labels=_joined,
)
def concatenate(arrays: Parts, /, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Value:
    """Return the arrays joined along an axis; all their elements in one row where ``axis`` is None."""
    return np.concatenate(arrays, axis, dtype=dtype, casting=casting)


@concatenate.vjp
def _(i: int, g: Cotangent, z: Value, *arrays: Value, axis: int | None = 0, **_: Any) -> Cotangent:
    shape = np.shape(arrays[i])
    if axis is None:
        start = sum(map(np.size, arrays[:i]))
        return np.reshape(g[start : start + np.size(arrays[i])], shape)
    axis %= len(shape)
    start = sum([x.shape[axis] for x in arrays[:i]])
    return g[_along(axis, slice(start, start + shape[axis]))]


@op(
    numpy=np.stack,
    spread=True,
    samples=(sample((), ()), sample((3,), (3,), axis=-1), sample((2, 3), (2, 3), (2, 3), axis=1), sample((0,), (0,))),
    labels=_stacked,
)
def stack(arrays: Parts, /, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Value:
    """Return arrays of one shape joined along a new axis."""
    if arrays and axis == 0 and dtype is None and _NUMBERS.issuperset(map(type, arrays)):
        return np.array(arrays)  # the same at a fifth of the price
    return np.stack(arrays, axis, dtype=dtype, casting=casting)


@stack.vjp
def _(i: int, g: Cotangent, z: Value, *arrays: Value, axis: int = 0, **_: Any) -> Cotangent:
    return g[_along(axis % g.ndim, i)]


@op(numpy=np.vstack, spread=True, samples=(sample((3,), (3,)), sample((2, 3), (1, 3)), sample((), ())))
def vstack(tup: Parts, /, *, dtype: Any = None, casting: Any = "same_kind") -> Value:
    """Return the arrays joined along the first axis, vectors as rows."""
    return np.concatenate([np.atleast_2d(x) for x in tup], 0, dtype=dtype, casting=casting)


@op(numpy=np.hstack, spread=True, samples=(sample((3,), (2,)), sample((2, 3), (2, 1)), sample((), ())))
def hstack(tup: Parts, /, *, dtype: Any = None, casting: Any = "same_kind") -> Value:
    """Return the arrays joined along the second axis, vectors along their only one."""
    parts = [np.atleast_1d(x) for x in tup]
    return np.concatenate(parts, 0 if np.ndim(parts[0]) == 1 else 1, dtype=dtype, casting=casting)


@op(numpy=np.dstack, spread=True, samples=(sample((3,), (3,)), sample((2, 3), (2, 3)), sample((2, 1, 1), (2, 1, 2))))
def dstack(tup: Parts, /) -> Value:
    """Return the arrays joined along the third axis."""
    return np.concatenate([np.atleast_3d(x) for x in tup], 2)


@op(numpy=np.column_stack, spread=True, samples=(sample((3,), (3,)), sample((3, 2), (3,)), sample((), ())))
def column_stack(tup: Parts, /) -> Value:
    """Return vectors and matrices joined as the columns of a matrix."""
    return np.concatenate([x if np.ndim(x) > 1 else np.reshape(x, (-1, 1)) for x in tup], 1)


def _nested(*shapes: Value) -> Value:
    """Return nested lists of arrays, drawn for nested lists of shapes."""
    return lambda rng: [rng.uniform(-3, 3, s) if isinstance(s, tuple) else _nested(*s)(rng) for s in shapes]


@op(
    numpy=np.block,
    lists=True,
    samples=(
        sample(_nested([(2, 2), (2, 1)], [(1, 2), (1, 1)])),
        sample(_nested((3,), ())),
        sample(_nested([(2, 3)], [(3,)])),
        sample((2,)),
    ),
)
def block(arrays: Value, /) -> Value:
    """Return the array that nested lists of blocks make up.

    Raises
    ------
    ValueError
        For an empty list, or lists that are not nested equally deep.
    TypeError
        For a tuple.
    """
    depth = _depth(arrays)
    made = _assemble(arrays, -depth, max([depth, *map(np.ndim, trees.flatten(arrays)[0])]))
    return made if depth else np.copy(made)


def _depth(arrays: Value) -> int:
    """Return how deep lists are nested; 0 for an array."""
    if isinstance(arrays, tuple):
        raise TypeError("np.block takes lists of blocks, got a tuple")
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(x) for x in arrays}
    if len(depths) != 1:
        raise ValueError(f"np.block takes lists nested equally deep and not empty, got {trees.describe(arrays)}")
    return 1 + depths.pop()


def _assemble(arrays: Value, axis: int, ndim: int) -> Value:
    """Join nested lists, the outermost along ``axis``, each array with ``ndim`` axes."""
    if isinstance(arrays, list):
        return np.concatenate([_assemble(x, axis + 1, ndim) for x in arrays], axis)
    return np.reshape(arrays, (1,) * (ndim - np.ndim(arrays)) + np.shape(arrays))


@op(numpy=getattr(np, "unstack", None), samples=(sample((2, 3)), sample((2, 3), axis=-1)))
def unstack(x: Value, /, *, axis: int = 0) -> Value:
    """Return the slices along an axis, as a tuple."""
    if not np.ndim(x):
        raise ValueError("np.unstack takes an array of at least one axis, got one of shape ()")
    return tuple(np.moveaxis(x, axis, 0))


def _pieces(split: Callable[..., Any], ary: Value, sections: Value, axis: int) -> list[Any]:
    """Cut an array where a NumPy function cuts the positions along its axis."""
    pieces = split(np.arange(np.shape(ary)[axis]), sections)
    ary = ary if type(ary) is Tensor else np.asarray(ary)
    return [ary[_along(axis % ary.ndim, slice(p[0], p[-1] + 1) if p.size else slice(0))] for p in pieces]


@op(
    numpy=np.split,
    samples=(sample((4, 2), indices_or_sections=2), sample((2, 5), indices_or_sections=[1, 4, 2], axis=-1)),
)
def split(ary: Value, /, indices_or_sections: Value, axis: int = 0) -> list[Any]:
    """Return the array cut along an axis: into equal parts, or at given positions."""
    return _pieces(np.split, ary, indices_or_sections, axis)


@op(
    numpy=np.array_split,
    samples=(sample((5, 2), indices_or_sections=3), sample((2,), indices_or_sections=3)),
)
def array_split(ary: Value, /, indices_or_sections: Value, axis: int = 0) -> list[Any]:
    """Return the array cut along an axis: into nearly equal parts, or at given positions."""
    return _pieces(np.array_split, ary, indices_or_sections, axis)


def _split_from(ndim: int, ary: Value, sections: Value, axis: int, name: str) -> Value:
    """Split an array of at least ``ndim`` axes."""
    if np.ndim(ary) < ndim:
        raise ValueError(f"np.{name} takes an array of {ndim} or more axes, got one of shape {np.shape(ary)}")
    return np.split(ary, sections, axis)


@op(numpy=np.hsplit, samples=(sample((4,), indices_or_sections=2), sample((2, 4), indices_or_sections=[1])))
def hsplit(ary: Value, /, indices_or_sections: Value) -> Value:
    """Return the array cut along its second axis, a vector along its only one."""
    return _split_from(1, ary, indices_or_sections, int(np.ndim(ary) > 1), "hsplit")


@op(numpy=np.vsplit, samples=(sample((4, 2), indices_or_sections=2),))
def vsplit(ary: Value, /, indices_or_sections: Value) -> Value:
    """Return the array of two or more axes cut along its first."""
    return _split_from(2, ary, indices_or_sections, 0, "vsplit")


@op(numpy=np.dsplit, samples=(sample((2, 2, 4), indices_or_sections=2),))
def dsplit(ary: Value, /, indices_or_sections: Value) -> Value:
    """Return the array of three or more axes cut along its third."""
    return _split_from(3, ary, indices_or_sections, 2, "dsplit")


@op(
    numpy=np.tile,
    samples=(
        sample((3,), reps=2),
        sample((2, 3), reps=(2, 1, 3)),
        sample((2, 3), reps=2),
        sample((), reps=(2,)),
        sample((2,), reps=0),
    ),
)
def tile(A: Value, /, reps: Value) -> Value:
    """Return the array repeated as a whole, ``reps`` times along each axis."""
    reps = tuple(reps) if np.iterable(reps) else (reps,)
    ndim = max(len(reps), np.ndim(A))
    if set(reps) <= {1}:
        return np.copy(np.reshape(A, (1,) * (ndim - np.ndim(A)) + np.shape(A)))
    reps = (1,) * (ndim - len(reps)) + reps
    shape = (1,) * (ndim - np.ndim(A)) + np.shape(A)
    apart = tuple(k for n in shape for k in (1, n))  # each axis has one before it that is stretched
    stretched = tuple(k for pair in zip(reps, shape, strict=True) for k in pair)
    return np.reshape(
        np.broadcast_to(np.reshape(A, apart), stretched), tuple(m * n for m, n in zip(reps, shape, strict=True))
    )


_REPEATED = "how long it is depends on the numbers of repeats; pass them as a list or a static argument"


@op(
    numpy=np.repeat,
    varies=lambda a, repeats, axis=None: None if type(repeats) is not Tensor else _REPEATED,
    samples=(
        sample((2, 3), repeats=2),
        sample((2, 3, 2), repeats=3, axis=0),
        sample((2,), repeats=[0, 2]),
        sample((2, 2), repeats=[1, 0, 2, 1]),
        sample((2, 0), repeats=2, axis=1),
        sample((2, 3), repeats=[3], axis=-1),
        sample((2, 3), repeats=np.array([2, 0, 1]), axis=1),
        sample((), repeats=3),
        sample((), repeats=2, axis=-1),
    ),
    labels=along_axis,
)
def repeat(a: Value, /, repeats: Any, axis: int | None = None) -> Value:
    """Return the array with each element repeated, along an axis or in one row."""
    return np.repeat(a, repeats, axis)


@repeat.elsewhere
def _(a: Value, repeats: Any, axis: int | None = None) -> Value:
    return np.repeat(a, _listed(repeats), axis)


def _listed(repeats: Any) -> Any:
    """Return numbers of repeats as a list, as CuPy takes them; a number as it is."""
    return repeats.tolist() if is_array(repeats) else repeats


@by_value()
def repeated_places(n: int, repeats: Value) -> Value:
    """Return the places along an axis of length n, each as often as it is repeated."""
    return np.repeat(np.arange(n), _listed(repeats))


@repeat.vjp
def _(g: Cotangent, z: Value, x: Value, repeats: Any, axis: int | None = None) -> Cotangent:
    shape = (x.size,) if axis is None or not x.ndim else x.shape
    axis = (axis or 0) % len(shape)
    n = shape[axis]
    if np.size(repeats) == 1 and n:
        apart = (*shape[:axis], n, z.shape[axis] // n, *shape[axis + 1 :])
        return np.reshape(np.sum(np.reshape(g, apart), axis=axis + 1), x.shape)
    return np.reshape(scatter(g, index=_along(axis, repeated_places(n, repeats)), shape=shape), x.shape)


@op(
    numpy=np.meshgrid,
    samples=(
        sample((3,), (2,)),
        sample((3,), (2,), (), indexing="ij"),
        sample((3,), (2,), (2,), sparse=True),
        sample((3,)),
    ),
)
def meshgrid(*xi: Value, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Value:
    """Return the coordinates of the grid whose axes are vectors."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"expected indexing='xy' or 'ij', got {indexing!r}")
    n = len(xi)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)
    grids = tuple(np.reshape(x, (1,) * i + (-1,) + (1,) * (n - 1 - i)) for x, i in zip(xi, places, strict=True))
    grids = grids if sparse else tuple(np.broadcast_arrays(*grids))
    return tuple(map(np.copy, grids)) if copy else grids


@op(numpy=np.ix_, samples=(sample((3,), (2,)),))
def ix_(*args: Any) -> Value:
    """Return vectors, each along an axis of its own: an open mesh. Vectors of booleans become indices."""
    parts = [x if type(x) is Tensor else np.ix_(x)[0] for x in args]
    if any(np.ndim(x) != 1 for x in parts):
        raise ValueError(f"np.ix_ takes vectors, got arrays of shapes {', '.join(str(np.shape(x)) for x in parts)}")
    return np.meshgrid(*parts, copy=False, sparse=True, indexing="ij")


@op(
    numpy=np.apply_along_axis,
    samples=(
        sample(constant(np.sum), constant(0), (3, 4)),
        sample(constant(lambda x: x[:2] * x[-1]), constant(1), (2, 3, 2)),
        sample(constant(np.diag), constant(-1), (2, 3)),
    ),
)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Value, /, *args: Any) -> Value:
    """Return the results of a function of each vector along an axis, put together in that axis's place."""
    rows = np.moveaxis(arr, axis, -1)
    lead = rows.shape[:-1]
    if 0 in lead:
        raise ValueError(f"np.apply_along_axis has no vector to start from in an array of shape {np.shape(arr)}")
    results = [func1d(row, *args) for row in np.reshape(rows, (-1, rows.shape[-1]))]
    stacked = np.reshape(np.stack(results), lead + np.shape(results[0]))
    axis %= len(lead) + 1
    made = range(len(lead), stacked.ndim)
    return np.moveaxis(stacked, made, range(axis, axis + len(made)))


@op(
    numpy=np.apply_over_axes,
    samples=(
        sample(constant(np.sum), (2, 3, 4), axes=(0, -1)),
        sample(constant(np.cumsum), (2, 3), axes=1),
    ),
)
def apply_over_axes(func: Callable[..., Any], a: Value, /, axes: Any) -> Value:
    """Return the array with ``func(array, axis)`` applied over one axis after the other; folded axes are kept."""
    ndim = np.ndim(a)
    for axis in np.atleast_1d(axes) % ndim:
        result = func(a, axis)
        a = result if np.ndim(result) == ndim else np.expand_dims(result, axis)
        if np.ndim(a) != ndim:
            raise ValueError(f"expected func(array, axis) to fold one axis or none, got the shape {np.shape(result)}")
    return a
