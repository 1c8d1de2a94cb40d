"""Measurement of rivals in turns, so that a change of the machine's pace meets them all alike."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks import THREADS

Run = Callable[[], Any]

_clock = time.process_time if THREADS == 1 else time.perf_counter


def seconds(run: Run, repetitions: int) -> float:
    """Return the seconds that one of several runs took.

    On one thread they are the processor's: waiting for others on the machine does not count. Garbage is collected
    before them; in them the collector works as it does for a user.
    """
    gc.collect()
    start = _clock()
    for _ in range(repetitions):
        run()
    return (_clock() - start) / repetitions


def peak(run: Run, repetitions: int) -> float:
    """Return the most bytes that a run held at once, beside what there was before."""
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(repetitions):
            run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def interleave(
    rivals: Mapping[str, Run], rounds: int, repetitions: int = 1, measure: Callable[[Run, int], float] = seconds
) -> dict[str, list[float]]:
    """Return what each rival took in each round; every round runs all of them in turn, after one that warms up."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds + 1):
        for name, run in rivals.items():
            taken[name].append(measure(run, repetitions))
    return {name: runs[1:] for name, runs in taken.items()}


def ratio(taken: list[float], baseline: list[float]) -> tuple[float, float]:
    """Return the ratio of the least of two rivals' rounds, and its noise.

    The noise is half of the distance between the quartiles of the ratios round by round: where a machine is at rest it
    is about 0.01 of the ratio, where others work on it 0.1 or more.
    """
    if len(taken) < 2:
        return taken[0] / baseline[0], 0.0
    low, _, high = statistics.quantiles((x / y for x, y in zip(taken, baseline, strict=True)), n=4)
    return min(taken) / min(baseline), (high - low) / 2
