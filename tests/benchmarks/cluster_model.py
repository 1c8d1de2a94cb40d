"""What a step on a cluster takes: six constants, fitted to measured steps, and what follows from them for more workers.

    seconds = latency + task * tasks + level * levels + turns * (start + rows * (load + compute))

where ``tasks`` are the chunks and the sums of the tree, which the scheduler hands out one by one, ``turns`` are the
chunks that one worker has, one after the other, and ``rows`` those of a chunk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from autograd_lite.compiled.chunks import BRANCHES

LARGEST = 10_000_000
"""Rows of a chunk, at most: 4 GB of them."""


@dataclass(frozen=True)
class Step:
    """A step: how many chunks of how many rows, on how many workers, and whether each chunk is loaded anew."""

    chunks: int
    rows: int
    workers: int
    loads: bool = False


@dataclass(frozen=True)
class Costs:
    """Seconds: of a step, a task, a level of the tree, a turn of a worker, and a row that is loaded, and computed."""

    latency: float
    task: float
    level: float
    start: float
    load: float
    compute: float

    def seconds(self, step: Step) -> float:
        """Return what a step takes."""
        return float(np.dot(_terms(step), astuple(self)))

    def alone(self, rows: int, loads: bool = False) -> float:
        """Return what one thread takes for these rows without a cluster."""
        return rows * (self.compute + loads * self.load)


def tree(chunks: int) -> tuple[int, int]:
    """Return how many levels the tree has, and how many sums."""
    levels = sums = 0
    while chunks > 1:
        chunks = -(-chunks // BRANCHES)
        levels, sums = levels + 1, sums + chunks
    return levels, sums


def _terms(step: Step) -> tuple[float, ...]:
    """Return what the constants are multiplied by."""
    levels, sums = tree(step.chunks)
    turns = -(-step.chunks // step.workers)
    rows = turns * step.rows
    return 1, step.chunks + sums, levels, turns, rows * step.loads, rows


def fit(steps: Sequence[Step], seconds: Sequence[float]) -> Costs:
    """Return the constants with the least squares of relative errors; none of them is negative."""
    weights = 1 / np.array(seconds)
    matrix = np.array([_terms(step) for step in steps]) * weights[:, np.newaxis]
    kept = list(range(matrix.shape[1]))
    while True:
        found, *_ = np.linalg.lstsq(matrix[:, kept], np.ones(len(steps)), rcond=None)
        if found.min() >= 0:
            break
        kept.pop(int(found.argmin()))
    costs = np.zeros(matrix.shape[1])
    costs[kept] = found
    return Costs(*map(float, costs))


def split_up(rows: int, workers: int, loads: bool = False) -> Step:
    """Return the step with the fewest chunks that keep all workers busy and are not too large."""
    turns = max(1, math.ceil(rows / (workers * LARGEST)))
    return Step(turns * workers, math.ceil(rows / (turns * workers)), workers, loads)


def least_rows(costs: Costs, workers: int, ideal: float, loads: bool = False) -> float:
    """Return from how many rows on a step takes at most so many times what one thread takes divided by the workers.

    Infinity where it never does.
    """
    low, high = 1, 1
    while not _keeps(costs, high, workers, ideal, loads):
        low, high = high, 2 * high
        if high > 10**15:
            return math.inf
    while high - low > low // 100 + 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _keeps(costs, middle, workers, ideal, loads) else (middle, high)
    return high


def _keeps(costs: Costs, rows: int, workers: int, ideal: float, loads: bool) -> bool:
    return costs.seconds(split_up(rows, workers, loads)) <= ideal / workers * costs.alone(rows, loads)
