"""What is run by us and by others, and how fast we want to be."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tests.benchmarks import THREADS
from tests.benchmarks.frameworks import COMPILED, OURS, Loss, installed, steps
from tests.benchmarks.interleaved import Run, seconds

BY_HAND = "by hand"
ON_ALL_THREADS = "by hand, all threads"


@dataclass(frozen=True)
class Limits:
    """What is not to be exceeded; None where it is not limited.

    Attributes
    ----------
    ratios : mapping from rival to float
        Ratios to the baseline on one thread.
    two_threads : float
        The ratio of what we compile to the baseline, on two threads; the baseline stays on one.
    compiling : float
        Seconds that the first call of what we compile takes beside what a later one takes.
    memory : float
        Bytes that what we compile holds at once, beside arguments and results.
    """

    ratios: Mapping[str, float] = field(default_factory=dict)
    two_threads: float | None = None
    compiling: float | None = None
    memory: float | None = None


@dataclass(frozen=True)
class Rivals:
    """Runs that give the same numbers, by name; and runs of the value alone, for some of these names."""

    runs: Mapping[str, Run]
    values: Mapping[str, Run] = field(default_factory=dict)


@dataclass(frozen=True)
class Workload:
    """What is run by us and by others.

    Attributes
    ----------
    title : str
    rivals : callable
        Makes the rivals for a size.
    size, small : tuple
        Arguments of `rivals`: what is timed, and what tests run.
    limits : Limits
    repetitions : int
        How often a run is repeated in each round.
    rounds : int
        How many rounds there are by default.
    measure : callable
        Takes a run and the repetitions; returns what is compared.
    baseline : str
        The rival that the others are divided by.
    """

    title: str
    rivals: Callable[..., Rivals]
    size: tuple[int, ...] = ()
    small: tuple[int, ...] = ()
    limits: Limits = field(default_factory=Limits)
    repetitions: int = 1
    rounds: int = 15
    measure: Callable[[Run, int], float] = seconds
    baseline: str = BY_HAND


def rivals(hand: Callable[..., Any] | None, losses: Mapping[str, Loss], parameters: Any, data: Any) -> Rivals:
    """Return the runs of a loss by hand, if it is written by hand, and by frameworks; those of its value by ours."""
    values = {
        name: found.value(losses[name], parameters, data)
        for name, found in installed(OURS, COMPILED).items()
        if name in losses
    }
    first = {} if hand is None else by_hand(partial(hand, *parameters, *data))
    return Rivals({**first, **steps(losses, parameters, data)}, values)


def by_hand(run: Run) -> dict[str, Run]:
    """Return a run of NumPy code on one thread, and where others have more, one with the threads of its BLAS too."""
    if THREADS == 1:
        return {BY_HAND: run}
    controller = importlib.import_module("threadpoolctl").ThreadpoolController()

    def on_one_thread() -> Any:
        with controller.limit(limits=1, user_api="blas"):
            return run()

    return {BY_HAND: on_one_thread, ON_ALL_THREADS: run}


def normal(rng: np.random.Generator, rows: int, *columns: int) -> Any:
    """Return weights that keep the scale of what they are multiplied with."""
    return rng.normal(size=(rows, *columns)) / rows**0.5
