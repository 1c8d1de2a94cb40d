"""Loops over rows that run in parts: a fixed number of them, whatever the number of threads that share them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np

from autograd_lite.core.shapes import Value

PARTS = 8
"""How many parts a loop has at most: no machine's number of cores, since results follow from it."""

Loop = Callable[..., tuple[Value, ...]]
"""Runs the rows from a first to a last one in blocks; returns what they add up to."""


def usual_threads() -> int:
    """Return how many threads share a loop: as many as the process has cores; one where BLAS cannot be kept to one."""
    if _controller() is None:  # its threads inside of ours would take several times as long as one
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parts(
    loop: Loop, rows: int, block: int, combine: Sequence[np.ufunc], arrays: Sequence[Value], threads: int
) -> list[Value]:
    """Run a loop over all rows in parts of whole blocks, and combine what they give, in their order.

    Parameters
    ----------
    loop : callable
        ``loop(first, last, *arrays)``
    rows, block : int
    combine : sequence of ufunc, one for each total
    arrays : sequence
    threads : int
        How many threads share the parts; the result does not depend on it.

    Returns
    -------
    list
        The totals.
    """
    blocks = -(-rows // block)
    parts = min(PARTS, blocks)
    ends = [min(part * blocks // parts * block, rows) for part in range(parts + 1)]
    found: dict[int, tuple[Value, ...]] = {}
    failed: dict[int, Exception] = {}
    waiting = deque(range(parts))

    def work() -> None:
        while waiting:
            try:
                part = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                found[part] = loop(ends[part], ends[part + 1], *arrays)
            except Exception as error:
                failed[part] = error
                waiting.clear()

    with one_blas_thread():
        _shared(work, min(threads, parts))
    if failed:
        raise failed[min(failed)]  # the one that a single thread meets
    totals = zip(*(found[part] for part in range(parts)), strict=True)
    return [_combined(ufunc, values) for ufunc, values in zip(combine, totals, strict=True)]


def _shared(work: Callable[[], None], threads: int) -> None:
    """Do some work in several threads, of which this one is the first."""
    if threads == 1:
        work()
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(copy_context().run, work) for _ in range(threads - 1)]
        work()
    for other in others:
        other.result()


def _combined(ufunc: np.ufunc, totals: Sequence[Value]) -> Value:
    total, *others = totals
    for other in others:
        total = ufunc(total, other)
    return total


class _OneThread:
    """Keeps NumPy's linear algebra to one thread while any thread asks for it: the limit is that of the process."""

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self._lock = Lock()
        self._users = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._limit = self._controller.limit(limits=1, user_api="blas")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._limit.restore_original_limits()


@cache
def one_blas_thread() -> AbstractContextManager[None]:
    """Return what keeps NumPy's linear algebra to one thread for a while, where threadpoolctl is installed."""
    controller = _controller()
    return nullcontext() if controller is None else _OneThread(controller)


@cache
def _controller() -> Any:
    return import_module("threadpoolctl").ThreadpoolController() if find_spec("threadpoolctl") else None
