"""Functions of each element: a chain on a long array, and a long chain of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.frameworks import shared
from tests.benchmarks.workload import Rivals, rivals

# A chain of functions of each element


def wave(np, x):
    return np.sum(np.exp(-(np.tanh(1.3 * x + 0.2) ** 2)) * x)


def wave_by_hand(x):
    t = np.tanh(1.3 * x + 0.2)
    e = np.exp(-t * t)
    return np.sum(e * x), e - 2.6 * e * x * t * (1 - t * t)


def waves(n: int) -> Rivals:
    return rivals(wave_by_hand, shared(wave), (np.random.default_rng(0).normal(size=n),), ())


# A chain of numbers: each link multiplies and adds, and makes two nodes

START, FACTOR, TERM = np.float64(0.5), np.float64(0.999), np.float64(0.001)


def numbers(np, links, y, factor, term):
    for _ in range(links):
        y = y * factor + term
    return y


def numbers_by_hand(links, y, factor, term):
    for _ in range(links):
        y = y * factor + term
    g = np.float64(1)
    for _ in range(links):
        g = g * factor
    return y, g


def numbers_of_leaves_by_hand(links, y, factor, term):
    seen = []
    for _ in range(links):
        seen.append(y)
        y = y * factor + term
    g, dfactor, dterm = np.float64(1), np.float64(0), np.float64(0)
    for x in reversed(seen):
        dterm = dterm + g
        dfactor = dfactor + g * x
        g = g * factor
    return y, g, dfactor, dterm


def chains(links: int, leaves: int) -> Rivals:
    """Return the runs of a chain by its first one or three numbers; what compiles would unroll it."""

    def loss(np: Any, *given: Any) -> Any:
        return numbers(np, links, *given)

    def by_hand(*given: Any) -> Any:
        return (numbers_by_hand if leaves == 1 else numbers_of_leaves_by_hand)(links, *given)

    given = START, FACTOR, TERM
    return rivals(by_hand, shared(loss, "HIPS", "MyGrad", "PyTorch", "micrograd"), given[:leaves], given[leaves:])
