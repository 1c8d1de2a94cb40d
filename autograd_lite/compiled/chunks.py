"""Arrays in chunks that lie in other processes: Dask runs a loop on each, and adds up in a tree what they give.

Nothing here schedules, sends or tries again: each round is a graph of tasks, and any of Dask's schedulers runs it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import chain, count, islice
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from autograd_lite.compiled.parts import Loop, in_parts
from autograd_lite.core.shapes import Value

BRANCHES = 8
"""How many partial results one task adds up. Results follow from it, and from no number of workers."""

LIGHT = 2**16
"""Bytes of parameters that travel with each chunk's task; more of them are fetched once by each worker."""

_REMEDIES = {
    "lost dependencies|already forgotten": "A worker is gone, and so are chunks that cannot be loaded again: make them "
    "of a source that can be read twice (da.from_zarr, da.from_array of a memmap, map_blocks of a reader), not by "
    "scatter.",
    "reason: unknown|scheduler-connection-lost|CommClosedError|Timed out": "The scheduler is gone, and nothing here "
    "has changed: start another, load the last checkpoint, and go on.",
    "KilledWorker": "A chunk ended its workers again and again, as one that needs more memory than they have: make the "
    "chunks smaller by x.rechunk({0: ...}).",
}
"""What to do, by what Dask's errors say: a pattern for each."""

_KNOWN = 64  # arrays whose lengths are remembered
_lengths: dict[str, tuple[int, ...]] = {}


def is_chunked(x: Any) -> bool:
    """Whether something is one of Dask's collections."""
    return hasattr(type(x), "__dask_graph__")


class Rows(NamedTuple):
    """An array that a loop fills with as many rows as a chunk has.

    Attributes
    ----------
    shape : tuple
        None in the place of the rows.
    dtype : dtype
    """

    shape: tuple[int | None, ...]
    dtype: Any

    def empty(self, rows: int) -> Any:
        """Return an array for so many rows."""
        return np.empty([rows if length is None else length for length in self.shape], self.dtype)


class _Place(NamedTuple):
    """What stands for the chunk of this number among the arguments of a loop."""

    number: int


class _Work:
    """What the tasks of a round have in common: no tuple, which Dask would look into."""

    def __init__(self, loop: Any, block: int, combine: tuple[np.ufunc, ...], arrays: list[Any]) -> None:
        self.loop = loop
        self.block = block
        self.combine = combine
        self.arrays = arrays

    def as_argument(self) -> Any:
        """Return what stands for it in a graph: itself, or a task where it is too large to travel with each chunk.

        A chunk that waits for such a task starts where that one was run, or when it was fetched from there.
        """
        constants = map(self.loop.__globals__.get, self.loop.__code__.co_names)
        size = sum(x.nbytes for x in (*self.arrays, *constants) if isinstance(x, (np.ndarray, np.generic)))
        if size <= LIGHT:
            return self
        return import_module("dask").delayed(self, traverse=False, pure=False)


def on_chunks(loop: Loop, like: Any, block: int, combine: tuple[np.ufunc, ...], arrays: Sequence[Any]) -> list[Any]:
    """Run a loop on each chunk; return its totals, or a lazy array for each of its `Rows`.

    Parameters
    ----------
    loop : callable
        ``loop(first, last, *arrays)``
    like : dask.array.Array
        In chunks along the rows, as all others among the arrays.
    block : int
        Rows of a block inside of a chunk.
    combine : tuple of ufunc, one for each total
    arrays : sequence of arrays, numbers, arrays of Dask and `Rows`

    Raises
    ------
    NoRowsError
    """
    delayed = import_module("dask").delayed
    chunked = [like, *(x for x in arrays if is_chunked(x) and x is not like)]
    rest = [_Place([y is x for y in chunked].index(True)) if is_chunked(x) else x for x in arrays]
    if not combine:  # what is computed later is of what the arguments hold now
        rest = [x.copy() if isinstance(x, np.ndarray) else x for x in rest]
    parts = _on_each(_on_chunk, _Work(loop, block, combine, rest).as_argument(), chunked)
    if not combine:
        made = [x for x in arrays if type(x) is Rows]
        return [_picked(parts, i, x) for i, x in enumerate(made)]
    results, counted = _tasks(parts), (*combine, np.add)
    while len(results) > 1:
        groups = (results[i : i + BRANCHES] for i in range(0, len(results), BRANCHES))
        results = [delayed(_added)(counted, group) for group in groups]
    (found,) = computed(results)
    if found is None:
        raise NoRowsError
    *totals, rows = list[Any](found)
    said = sum(_lengths.get(like.name, like.chunks[0]))
    if said == said != rows:
        raise ValueError(f"the chunks of an array of Dask say that they have {said} rows, and have {rows}")
    return totals


class NoRowsError(Exception):
    """All chunks are empty: there is nothing that could be added up."""


def _on_chunk(work: _Work, *chunks: Any) -> list[Value] | None:
    """Run a loop on the chunks of one number; return its totals, its rows, and how many, None for totals of no rows."""
    rows = len(chunks[0])
    if any(len(chunk) != rows for chunk in chunks):
        raise ValueError(f"expected chunks of as many rows, got {' and '.join(str(len(chunk)) for chunk in chunks)}")
    made = [x.empty(rows) for x in work.arrays if type(x) is Rows]
    fresh = iter(made)
    arrays = [_filled(x, chunks, fresh) for x in work.arrays]
    known = work.loop.__globals__
    known.update({name: _in_place(known[name]) for name in work.loop.__code__.co_names if name in known})
    totals = in_parts(work.loop, rows, work.block, work.combine, arrays, 1) if rows else []
    return [*totals, *made, rows] if rows or made else None


def _filled(x: Any, chunks: Sequence[Value], fresh: Iterator[Value]) -> Any:
    """Return what a loop is given in the place of an argument."""
    if type(x) is _Place:
        return chunks[x.number]
    return next(fresh) if type(x) is Rows else _in_place(x)


def _in_place(x: Value) -> Value:
    """Return an array whose numbers lie where the processor wants them: what was sent is copied where it does not.

    NumPy multiplies others slowly, and without BLAS, to other last digits.
    """
    return np.require(x, requirements="A") if type(x) is np.ndarray and not x.flags.aligned else x


def _added(combine: Sequence[np.ufunc], parts: Sequence[list[Value] | None]) -> list[Value] | None:
    """Combine partial results in their order."""
    given = [part for part in parts if part is not None]
    if not given:
        return None
    return [functools.reduce(ufunc, xs) for ufunc, xs in zip(combine, zip(*given, strict=True), strict=True)]


def _on_each(f: Callable[..., Any], argument: Any, chunked: Sequence[Any]) -> Any:
    """Return an array of Dask with what a function gives of each chunk: no array, but anything."""
    others = count(1)  # each axis that is not the rows' is one of the result too: Dask fuses what sums over none
    axes = [(0, *islice(others, x.ndim - 1)) for x in chunked]
    along = tuple(dict.fromkeys(chain(*axes)))
    chunks = [part for pair in zip(chunked, axes, strict=True) for part in pair]
    kinds = tuple((x.shape[1:], x.dtype) for x in chunked)
    given = (functools.partial(_checked, f, kinds), along, argument, None, *chunks)
    meta = np.empty([0] * len(along), object)
    name = f"{f.__name__.strip('_')}-{uuid4().hex}"
    return import_module("dask.array").blockwise(*given, dtype=object, meta=meta, align_arrays=False, name=name)


def _checked(f: Callable[..., Any], kinds: Sequence[tuple[Any, Any]], argument: Any, *chunks: Any) -> Any:
    """Call a function on chunks, which have to be arrays of NumPy, and what the arrays of Dask say that they are."""
    return f(argument, *(_in_place(_as_said(chunk, *kind)) for chunk, kind in zip(chunks, kinds, strict=True)))


def _as_said(chunk: Any, row: tuple[Any, ...], dtype: Any) -> Value:
    """Return a chunk with the dtype of its array, if that holds all of its numbers."""
    if type(chunk) is not np.ndarray:
        raise TypeError(f"expected chunks that are arrays of NumPy, got a {type(chunk).__name__}")
    lengths = zip(chunk.shape[1:], row, strict=False)
    is_alike = chunk.ndim == len(row) + 1 and all(a == b for a, b in lengths if b == b)
    if is_alike and np.can_cast(chunk.dtype, dtype):
        return np.asarray(chunk, dtype)
    raise TypeError(
        f"an array of Dask says that its rows are {_row(row, dtype)}, and those of a chunk are "
        f"{_row(chunk.shape[1:], chunk.dtype)}; say what they are, or convert them: x.map_blocks(f, dtype=...)"
    )


def _row(shape: tuple[Any, ...], dtype: Any) -> str:
    return f"{dtype} of shape {tuple(shape)}"


def _tasks(results: Any) -> list[Any]:
    return list(results.to_delayed().ravel())


def _picked(results: Any, number: int, rows: Rows) -> Any:
    """Return the array whose chunks are among the results of a loop."""
    axes = [0 if length is None else i + 1 for i, length in enumerate(rows.shape)]
    new = {axis: length for axis, length in zip(axes, rows.shape, strict=True) if length is not None}
    name, meta = f"rows-{uuid4().hex}", np.empty([0] * len(axes), rows.dtype)
    others = range(-1, -results.ndim, -1)
    given = _item, axes, results, (0, *others), number, None, len(others), None
    return import_module("dask.array").blockwise(*given, new_axes=new, dtype=rows.dtype, meta=meta, name=name)


def _item(results: Any, number: int, depth: int) -> Value:
    """Return one of the results of a chunk, which Dask gives in a list for each axis that is not the rows'."""
    for _ in range(depth):
        (results,) = results
    value: Value = results[number]
    return value


def computed(tasks: Sequence[Any]) -> tuple[Any, ...]:
    """Compute with the scheduler that Dask has; say of its errors what to do."""
    try:
        values: tuple[Any, ...] = import_module("dask").compute(*tasks)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        for pattern, remedy in _REMEDIES.items():
            if re.search(pattern, text):
                error.add_note(remedy)
        raise
    return values


def lengths_of(x: Any) -> tuple[int, ...]:
    """Return how many rows each chunk has: of a table's column they are counted, once for each array."""
    known: tuple[Any, ...] = x.chunks[0]
    if all(length == length for length in known):
        return tuple(map(int, known))
    if x.name not in _lengths:
        while len(_lengths) >= _KNOWN:
            _lengths.pop(next(iter(_lengths)), None)
        _lengths[x.name] = computed(_tasks(_on_each(_length, None, [x])))
    return _lengths[x.name]


def _length(argument: None, chunk: Value) -> int:
    return len(chunk)


def rows_of(x: Any) -> int:
    """Return how many rows an array has."""
    return sum(lengths_of(x))


def row_numbers(x: Any) -> Any:
    """Return an array with the number of each row, in chunks as those of another array."""
    lengths = lengths_of(x)
    return import_module("dask.array").arange(sum(lengths), chunks=(lengths,))


def first_rows(xs: Sequence[Any], most: int) -> list[Any]:
    """Return the first rows of some arrays: of the first chunk that has any, or a row of zeros where none has."""
    for task in _tasks(_on_each(_heads, most, xs)):
        (rows,) = computed([task])
        if len(rows[0]):
            return list(rows)
    return [np.zeros((1, *x.shape[1:]), x.dtype) for x in xs]


def _heads(most: int, *chunks: Value) -> list[Value]:
    return [np.array(chunk[:most]) for chunk in chunks]


def aligned(xs: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """Return arrays of Dask in chunks of the same rows, and of nothing else.

    Raises
    ------
    TypeError, ValueError
        For other collections, chunks along other axes, and other numbers of rows.
    """
    array = import_module("dask.array").Array
    for x, name in zip(xs, names, strict=True):
        if not isinstance(x, array):
            instead = f"{name}.to_dask_array()" if hasattr(type(x), "to_dask_array") else f"{name}.compute()"
            raise TypeError(f"expected an array of Dask, got {name}, a {type(x).__name__}; write {instead}")
        if x.ndim == 0:
            raise TypeError(f"expected rows in an array of Dask, got {name}, a number; write {name}.compute()")
        for axis, chunks in enumerate(x.numblocks[1:], start=1):
            if chunks > 1:
                instead = f"{name}.rechunk({{{axis}: -1}})"
                raise ValueError(f"{name} is in chunks along axis {axis} too, and no row is cut; write {instead}")
    if xs[0].shape[0] in (0, 1) and xs[0].numblocks[0] > 1:  # Dask takes an axis of one element to be stretched
        xs = [xs[0].rechunk({0: -1}), *xs[1:]]
    return [_like(x, xs[0], name, names[0]) for x, name in zip(xs, names, strict=True)]


def _like(x: Any, first: Any, name: str, other: str) -> Any:
    """Return an array in the chunks of the first one along the rows."""
    lengths = x.shape[0], first.shape[0]
    are_known = all(length == length for length in lengths)
    if are_known and lengths[0] == lengths[1]:
        return x if x.chunks[0] == first.chunks[0] else x.rechunk({0: first.chunks[0]})
    if are_known or x.numblocks[0] != first.numblocks[0]:
        raise ValueError(
            f"expected arrays of Dask with as many rows, in as many chunks; {other} has {_counts(first)}, and {name} "
            f"{_counts(x)}. What is no data is computed before: {name}.compute()"
        )
    return x


def _counts(x: Any) -> str:
    rows = x.shape[0]
    return f"{rows if rows == rows else 'an unknown number of'} rows in {x.numblocks[0]} chunks"
