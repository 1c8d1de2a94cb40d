"""What an op is tried on: the domains of its elements, and calls with drawn inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Domain:
    """The open interval in which an input's elements lie."""

    low: float
    high: float
    integer: bool = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Draw a float64 array of ``shape`` from the domain; a NumPy scalar for shape ()."""
        x = rng.uniform(self.low, self.high, shape)[()]
        return np.round(x) if self.integer else x

    def __call__(self, *shape: int) -> Draw:
        """Return an input of this shape and domain, to be drawn."""
        return Filled(self, shape)


Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Filled:
    """An input of a shape, all of its elements drawn from one domain."""

    domain: Domain
    shape: tuple[int, ...]

    def __call__(self, rng: np.random.Generator) -> Any:
        """Draw it."""
        return self.domain.draw(rng, self.shape)


real = Domain(-3.0, 3.0)
positive = Domain(0.2, 4.0)
unit = Domain(-0.9, 0.9)
probability = Domain(0.05, 0.95)
above_one = Domain(1.1, 4.0)


@dataclass(frozen=True)
class Sample:
    """One call of an op: how to draw its inputs, and its keyword parameters."""

    inputs: tuple[Draw, ...]
    params: dict[str, Any] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator) -> tuple[Any, ...]:
        """Draw the inputs."""
        return tuple(draw(rng) for draw in self.inputs)


def sample(*inputs: tuple[int, ...] | Draw, **params: Any) -> Sample:
    """Return a call with these inputs, each a shape (filled with reals) or a `Draw`, and keyword parameters."""
    draws = tuple(real(*x) if isinstance(x, tuple) else x for x in inputs)
    return Sample(draws, params)


def constant(value: Any) -> Draw:
    """Return an input that is always the same."""
    return lambda rng: value


def complex_plane(*shape: int) -> Draw:
    """Return an input of this shape, real and imaginary parts drawn from the reals."""
    return lambda rng: real.draw(rng, shape) + 1j * real.draw(rng, shape)
