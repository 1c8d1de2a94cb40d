"""Learning rates that change from step to step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.optim.checks import check_count, check_not_negative, check_positive

Rate = float | Callable[[int], float]
"""A learning rate: a number, or a function of the number of steps done."""


class Schedule:
    """A learning rate for each step: ``schedule(step)``, where the first step is 0.

    An optimiser takes any function of a step for its learning rate. These can be compared and printed.
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step.

        Raises
        ------
        ValueError
            Where ``step`` is no whole number, or below 0.
        """
        return self._rate(check_count("step", step, least=0))

    def _rate(self, step: int) -> float:
        raise NotImplementedError

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # the fields of a frozen dataclass, once they are checked


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate at each step, which is what an optimiser makes of a number.

    Parameters
    ----------
    rate : float
        Finite and positive.
    """

    rate: float

    def __post_init__(self) -> None:
        self._set("rate", check_positive("rate", self.rate))

    def _rate(self, step: int) -> float:
        return self.rate


@dataclass(frozen=True)
class StepDecay(Schedule):
    """A rate that is multiplied by a factor every few steps: ``rate * factor ** (step // every)``.

    Parameters
    ----------
    rate : float
        Finite and positive.
    every : int
        How many steps have one rate.
    factor : float
        Finite and positive.

    Examples
    --------
    >>> halved = ag.optim.StepDecay(0.1, every=100, factor=0.5)
    >>> halved(0), halved(99), halved(100)
    (0.1, 0.1, 0.05)
    """

    rate: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        self._set("rate", check_positive("rate", self.rate))
        self._set("every", check_count("every", self.every))
        self._set("factor", check_positive("factor", self.factor))

    def _rate(self, step: int) -> float:
        return self.rate * self.factor ** (step // self.every)


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """A rate that falls along half a wave of the cosine, and stays where it ends.

    ``final + (rate - final) * (1 + cos(pi * min(step / steps, 1))) / 2`` (I. Loshchilov and F. Hutter, "SGDR", ICLR
    2017, equation 5, without restarts).

    Parameters
    ----------
    rate : float
        The first one, finite and positive.
    steps : int
        The step from which on the rate is ``final``.
    final : float
        Finite and at least 0.

    Examples
    --------
    >>> falling = ag.optim.CosineDecay(0.1, steps=100)
    >>> [round(falling(step), 3) for step in (0, 25, 50, 100, 200)]
    [0.1, 0.085, 0.05, 0.0, 0.0]
    """

    rate: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        self._set("rate", check_positive("rate", self.rate))
        self._set("steps", check_count("steps", self.steps))
        self._set("final", check_not_negative("final", self.final))

    def _rate(self, step: int) -> float:
        return self.final + (self.rate - self.final) * (1 + math.cos(math.pi * min(step / self.steps, 1))) / 2


@dataclass(frozen=True, repr=False)
class WarmUp(Schedule):
    """A rate that rises in a straight line to where another schedule begins, and follows that one then.

    ``schedule(0) * (step + 1) / (steps + 1)`` at the first ``steps`` steps, ``schedule(step - steps)`` after them
    (P. Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2). No step has the rate 0.

    Parameters
    ----------
    schedule : schedule, or any function of a step, or a number
    steps : int
        How many steps have a lower rate than ``schedule(0)``; 0 for none.

    Examples
    --------
    >>> rising = ag.optim.WarmUp(0.5, steps=4)
    >>> [rising(step) for step in range(6)]
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.5]
    """

    schedule: Rate
    steps: int

    def __post_init__(self) -> None:
        as_schedule("schedule", self.schedule)
        self._set("steps", check_count("steps", self.steps, least=0))

    def __repr__(self) -> str:
        return f"WarmUp(schedule={described(self.schedule)}, steps={self.steps})"

    def _rate(self, step: int) -> float:
        schedule = as_schedule("schedule", self.schedule)
        if step < self.steps:
            return schedule(0) * (step + 1) / (self.steps + 1)
        return schedule(step - self.steps)


def as_schedule(name: str, rate: Any) -> Callable[[int], float]:
    """Return a number as the schedule that is constant, and any other function of a step as it is."""
    if isinstance(rate, (dict, list, tuple, np.ndarray)):
        what = "an array" if isinstance(rate, np.ndarray) else f"a {type(rate).__name__}"
        raise ValueError(
            f"expected {name} to be finite and positive, got {what}; parameters go to step(params, gradients)"
        )
    return rate if callable(rate) else Constant(check_positive(name, rate))


def described(value: Any) -> Any:
    """Return what to show for a rate, the same in every process: a number, or what a schedule prints as."""
    if isinstance(value, Constant):
        return value.rate
    if isinstance(value, Schedule):
        return repr(value)
    return getattr(value, "__qualname__", type(value).__name__) if callable(value) else value
