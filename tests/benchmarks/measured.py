"""The measurement of a workload: its figures, and which limits they keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.benchmarks import THREADS
from tests.benchmarks.frameworks import COMPILED, OURS
from tests.benchmarks.interleaved import Run, interleave, peak, ratio, seconds
from tests.benchmarks.workload import BY_HAND, Limits, Workload

OF_VALUE = 4.0  # the limit of what the value and the gradient take, as a multiple of the value alone
COMPILE = COMPILED, "JAX"


@dataclass(frozen=True)
class Row:
    """What was measured of a workload.

    Attributes
    ----------
    title, baseline : str
    limits : Limits
        With the ratios of this number of threads.
    threads : int
    least : float
        The least that the baseline took: seconds, or bytes.
    in_bytes : bool
    ratios : mapping from rival to (float, float)
        The ratio of each to the baseline, and its noise; empty where the baseline is not installed.
    compiling : mapping from rival to float
        Seconds that the first call took beside what a later one takes, of what compiles.
    of_value : mapping from rival to float
        What the value and the gradient take, as a multiple of the value alone.
    memory : mapping from rival to int
        Bytes that a first call held at once, beside its arguments.
    results : int
        Bytes of the results.
    """

    title: str
    baseline: str
    limits: Limits
    threads: int = THREADS
    least: float = 0.0
    in_bytes: bool = False
    ratios: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    compiling: Mapping[str, float] = field(default_factory=dict)
    of_value: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, float] = field(default_factory=dict)
    results: int = 0

    @property
    def best_peer(self) -> str:
        """The rival that takes least, but for ours and the baseline; "" where there is none."""
        peers = self.ratios.keys() - {OURS, COMPILED, self.baseline}
        return min(peers, key=lambda name: self.ratios[name], default="")

    def checks(self) -> dict[str, tuple[float, float]]:
        """Return what is limited: each with the least that the noise leaves open, and its limit."""
        least = {name: r - noise for name, (r, noise) in self.ratios.items()}
        found = {name: (least[name], limit) for name, limit in self.limits.ratios.items() if name in least}
        if COMPILED in self.compiling and self.limits.compiling is not None:
            found["compile time"] = self.compiling[COMPILED], self.limits.compiling
        if COMPILED in self.of_value:
            found["gradient / value"] = self.of_value[COMPILED], OF_VALUE
        if COMPILED in self.memory and self.limits.memory is not None:
            found["memory"] = self.memory[COMPILED] - self.results, self.limits.memory
        return found

    @property
    def missed(self) -> list[str]:
        """What exceeds its limit by more than the noise."""
        return [name for name, (least, limit) in self.checks().items() if least > limit]


def agree(runs: Mapping[str, Run]) -> None:
    """Raise AssertionError where two rivals disagree."""
    expected, *others = [run() for run in runs.values()]
    for given in others:
        for x, y in zip(given, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-7, atol=1e-12)


def measure(workload: Workload, rounds: int | None = None) -> Row:
    """Return the figures of a workload whose rivals agree."""
    limits = workload.limits
    if THREADS > 1:
        limits = Limits({} if limits.two_threads is None else {COMPILED: limits.two_threads})
    row = Row(workload.title, workload.baseline, limits)
    rivals = workload.rivals(*workload.size)
    if workload.baseline not in rivals.runs:
        return row
    first = {name: seconds(rivals.runs[name], 1) for name in COMPILE if name in rivals.runs}
    agree(rivals.runs)
    values = {f"value of {name}": run for name, run in rivals.values.items()}
    taken = interleave({**rivals.runs, **values}, rounds or workload.rounds, workload.repetitions, workload.measure)
    least = {name: min(times) for name, times in taken.items()}
    return replace(
        row,
        least=least[workload.baseline],
        in_bytes=workload.measure is peak,
        ratios={name: ratio(taken[name], taken[workload.baseline]) for name in rivals.runs},
        compiling={name: max(0.0, seconds - least[name]) for name, seconds in first.items()},
        of_value={name: least[name] / least[f"value of {name}"] for name in rivals.values},
        **memory(workload),
    )


def memory(workload: Workload) -> dict[str, Any]:
    """Return what first calls hold at once, and the bytes of the results.

    A first call, since what is compiled may keep buffers for the next.
    """
    runs = workload.rivals(*workload.size).runs
    held = {name: peak(runs[name], 1) for name in (BY_HAND, OURS, COMPILED) if name in runs}
    results = runs[OURS]()
    return {"memory": held, "results": sum(np.asarray(x).nbytes for x in results)}
