"""Timing of rival functions in turns, so that a change of the machine's pace meets them all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping


def measure(rivals: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each rival in each round; every round runs all of them once, in turn.

    Garbage is collected before each run; in it the collector works as it does for a user.
    """
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds + 1):
        for name, run in rivals.items():
            gc.collect()
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: runs[1:] for name, runs in seconds.items()}  # the first round only warms up


def report(title: str, seconds: Mapping[str, list[float]], repetitions: int) -> None:
    """Print the median microseconds of one repetition, and the median ratio to the first rival, round by round."""
    print(f"\n{title}")
    baseline = next(iter(seconds.values()))
    for name, runs in seconds.items():
        ratio = statistics.median(run / base for run, base in zip(runs, baseline, strict=True))
        print(f"  {name:<44} {statistics.median(runs) / repetitions * 1e6:9.3f} us   ratio {ratio:6.2f}")
