"""Rows for a logistic regression, generated chunk by chunk by the workers of a cluster; and such a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from models.checks import Array, InputError
from models.lesson import needed

COLUMNS = 12
TRUE = {"weights": np.linspace(-1.0, 1.0, COLUMNS), "bias": -0.5}


def scores(params: Any, data: Any) -> Any:
    """Return the logarithm of the odds that the label of each row is 1."""
    return data[:, :-1] @ params["weights"] + params["bias"]


def chunk_of_rows(seed: int, number: int, rows: int) -> Array:
    """Return one chunk, of shape (rows, 13): numbers, and a label, 0 or 1, in the last column.

    It is drawn from a stream of its own, so that it is the same whenever and wherever it is made.
    """
    rng = np.random.default_rng([seed, number])
    data = rng.standard_normal((rows, COLUMNS + 1))
    data[:, -1] = rng.random(rows) < 1 / (1 + np.exp(-scores(TRUE, data)))
    return data


def in_chunks(seed: int, lengths: Sequence[int], numbers: Sequence[int]) -> Any:
    """Return an array of Dask with the chunks of these numbers, each made by the worker that needs it."""
    array = needed("dask.array", "Dask", "dask")
    streams, rows = tuple(map(int, numbers)), tuple(lengths[k] for k in numbers)
    options = {"chunks": (rows, (COLUMNS + 1,)), "dtype": float, "meta": np.empty((0, 0))}
    return array.map_blocks(_at_place, seed, streams, rows, **options)


def _at_place(seed: int, streams: Sequence[int], rows: Sequence[int], block_id: tuple[int, ...] = (0, 0)) -> Array:
    return chunk_of_rows(seed, streams[block_id[0]], rows[block_id[0]])


def in_memory(seed: int, lengths: Sequence[int], numbers: Sequence[int]) -> Array:
    """Return the same rows in one array, for a single machine."""
    return np.concatenate([chunk_of_rows(seed, int(k), lengths[k]) for k in numbers])


@contextmanager
def cluster(workers: int, scheduler: str = "") -> Iterator[Any]:
    """Compute with the workers of a scheduler that runs, or with so many processes here; give Dask's client.

    Raises
    ------
    ValueError
        For an address that is none.
    ConnectionError
        Where workers or the scheduler are lost, and Dask cannot go on; it says what to do.
    """
    distributed = needed("distributed", "Dask's distributed", "dask")
    local = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    try:
        distributed.comm.get_address_host(scheduler or "127.0.0.1:0")
    except ValueError as problem:
        raise InputError(f"scheduler: {problem}") from None
    with ExitStack() as stack:
        place = scheduler or stack.enter_context(distributed.LocalCluster(**local))
        client = stack.enter_context(distributed.Client(place))
        try:
            yield client
        except Exception as error:
            if remedies := getattr(error, "__notes__", None):
                raise ConnectionError(" ".join([str(error), *remedies])) from error
            raise
