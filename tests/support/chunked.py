"""Arrays of Dask made of arrays at hand, in chunks that are uneven, empty, or of lengths that nobody says."""

from itertools import pairwise

import dask
import dask.array as da
import numpy as np

from tests.support.compiling import quietly, same


def ends(n, chunks):
    """Return lengths that add up to n: chunks that differ, one of them empty."""
    cuts = sorted({int(n * (i / chunks) ** 1.5) for i in range(1, chunks)} | {n // 2})
    places = [0, *cuts[:1], *cuts, n]
    return tuple(int(b - a) for a, b in pairwise(places))


def in_chunks(x, n, chunks=4):
    """Return an array of n rows in chunks; anything else as it is."""
    is_data = isinstance(x, np.ndarray) and x.ndim and len(x) == n
    return da.from_array(x, chunks=(ends(n, chunks), *x.shape[1:])) if is_data else x


def of_unknown_lengths(x):
    """Return an array as a table's column is: nobody knows how long its chunks are."""
    if not isinstance(x, da.Array):
        return x
    blocks = [da.from_delayed(block, (np.nan, *x.shape[1:]), x.dtype) for block in x.to_delayed().ravel()]
    return da.concatenate(blocks, allow_unknown_chunksizes=True)


def gathered(tree):
    """Return a result with the arrays of Dask computed, which have to know their dtype, shape and chunks."""
    if isinstance(tree, da.Array):
        value = tree.compute()
        assert value.dtype == tree.dtype
        assert all(a == b for a, b in zip(value.shape, tree.shape, strict=True) if b == b)
        return value
    if isinstance(tree, (tuple, list)):
        return type(tree)(map(gathered, tree))
    return {key: gathered(part) for key, part in tree.items()} if isinstance(tree, dict) else tree


def same_in_chunks(f, compiled, *args, n, chunked=in_chunks, tolerance=0.0):
    """Assert that a compiled function gives of arrays of Dask what the function gives of those of NumPy."""

    def run(*given):
        with dask.config.set(scheduler="synchronous"):
            return gathered(compiled(*(chunked(x, n) for x in given)))

    run.source = ""
    return quietly(same, f, *args, compiled=run, tolerance=tolerance)
