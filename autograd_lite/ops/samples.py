"""What an op is tried on: the domains of its elements, and calls with drawn inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from autograd_lite.core.op import Op

_SMALL = (0.0, 1.0, 2.0, 0.5, 3.0, 4.0, 5.0, 10.0, 30.0, 100.0, 700.0, 710.0, 1e4, 1e-8, 1e-300, 1e150)
SPECIAL = tuple(dict.fromkeys(sign * x for x in _SMALL for sign in (1, -1)))
"""Values that a rule may be wrong at and nowhere else: where it branches, loses its digits or overflows."""
NEAR = (0.0, 1e-1, 1e-3, 1e-6, 1e-9)
"""Distances from the end of a domain, in units of its width."""


@dataclass(frozen=True)
class Domain:
    """The interval in which an input's elements lie.

    Attributes
    ----------
    low, high : float
        Between these, elements are drawn.
    integer : bool
        Whether they are whole numbers.
    ends : pair of float, optional
        Where the function itself ends, or -inf and inf; low and high by default.
    """

    low: float
    high: float
    integer: bool = False
    ends: tuple[float, float] | None = None

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Draw a float64 array of ``shape`` from the domain; a NumPy scalar for shape ()."""
        x = rng.uniform(self.low, self.high, shape)[()]
        return np.round(x) if self.integer else x

    def special(self) -> list[float]:
        """Return special values inside, the simplest first, and points at the ends and close to them."""
        first, last = self.bounds
        width = last - first if math.isfinite(last - first) else 1.0
        probes = [first + width * near for near in NEAR] + [last - width * near for near in NEAR]
        inside = [x for x in (*SPECIAL, *probes) if first <= x <= last and math.isfinite(x)]
        return list(dict.fromkeys(round(x) + 0.0 if self.integer else x for x in inside))

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the function itself ends."""
        return self.ends or (self.low, self.high)

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


real = Domain(-3.0, 3.0, ends=(-math.inf, math.inf))
positive = Domain(0.2, 4.0, ends=(0.0, math.inf))
unit = Domain(-0.9, 0.9, ends=(-1.0, 1.0))
probability = Domain(0.05, 0.95, ends=(0.0, 1.0))
above_one = Domain(1.1, 4.0, ends=(1.0, math.inf))


@dataclass(frozen=True)
class Sample:
    """One call of an op: how to draw its inputs, and its keyword parameters.

    Attributes
    ----------
    inputs : tuple of callables
        Each takes a `numpy.random.Generator`, and returns an input.
    params : dict
    """

    inputs: tuple[Draw, ...]
    params: dict[str, Any] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator) -> tuple[Any, ...]:
        """Draw the inputs."""
        return tuple(draw(rng) for draw in self.inputs)


def sample(*inputs: tuple[int, ...] | Draw, **params: Any) -> Sample:
    """Return a call for an op to be tried on.

    Parameters
    ----------
    *inputs : tuple of int, or callable
        A shape, to be filled with real numbers; a domain of a shape, as ``positive(3)``; or a function that takes a
        `numpy.random.Generator` and returns an input.
    **params
        Keyword parameters of the call.

    Returns
    -------
    Sample

    Raises
    ------
    TypeError
        For an input that is neither a shape nor a function.
    """
    return Sample(tuple(map(_draw_of, inputs)), params)


def _draw_of(x: Any) -> Draw:
    """Return how to draw an input."""
    if isinstance(x, tuple):
        return real(*x)
    if callable(x):
        return cast(Draw, x)
    shape = (x,) if isinstance(x, int) else tuple(x) if isinstance(x, list) else None
    hint = "an array is what a function returns, lambda rng: x" if shape is None else f"a shape is a tuple, {shape}"
    raise TypeError(f"sample() takes a shape or a function of a generator for each input, got {x!r}; {hint}")


def constant(value: Any) -> Draw:
    """Return an input that is always the same."""
    return lambda rng: value


def complex_plane(*shape: int) -> Draw:
    """Return an input of this shape, real and imaginary parts drawn from the reals."""
    return lambda rng: real.draw(rng, shape) + 1j * real.draw(rng, shape)


def with_nans(*shape: int) -> Draw:
    """Return an input of reals in which every third element, and those only, is a NaN."""

    def draw(rng: np.random.Generator) -> Any:
        x = real.draw(rng, shape)
        x.reshape(-1)[1::3] = np.nan
        return x

    return draw


def _vectors(rng: np.random.Generator, shape: tuple[int, ...], dtype: type) -> Any:
    """Draw normal numbers, complex ones if asked for."""
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


def matrices(*shape: int, dtype: type = float) -> Draw:
    """Return an input of well-conditioned matrices, with singular values well apart, between 1 and 3."""

    def draw(rng: np.random.Generator) -> Any:
        u, s, vh = np.linalg.svd(_vectors(rng, shape, dtype), full_matrices=False)
        return (u * np.linspace(3, 1, s.shape[-1])) @ vh

    return draw


def positive_definite(*shape: int, dtype: type = float) -> Draw:
    """Return an input of positive definite matrices, with eigenvalues well apart, between 1 and 3."""

    def draw(rng: np.random.Generator) -> Any:
        q, _ = np.linalg.qr(_vectors(rng, shape, dtype))
        return (q * np.linspace(3, 1, shape[-1])) @ q.mT.conj()

    return draw


def diagonalizable(*shape: int, dtype: type = float, rotations: bool = False) -> Draw:
    """Return an input of matrices with eigenvalues well apart: 1, 2, ..., n; with rotations 1 + i, 1 - i, 2 + i, ...

    Each eigenvector has one component that is larger than the others.
    """
    n = shape[-1]
    middle = np.diag(np.arange(n) // (2 if rotations else 1) + 1.0)
    if rotations:
        middle += np.kron(np.eye(n // 2), [[0.0, 2.0], [-0.5, 0.0]])

    def draw(rng: np.random.Generator) -> Any:
        basis = np.eye(n) + _vectors(rng, shape, dtype) / 10
        return basis @ middle @ np.linalg.inv(basis)

    return draw


BROADCASTS = (((), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((0,), (1,)))
SHAPES = ((), (3,), (2, 3), (0,))


def domains_of(op: Op) -> tuple[Domain, ...]:
    """Return the domain of each input."""
    return op.domain if isinstance(op.domain, tuple) else (op.domain or real,) * len(op.input_names)


def samples_of(op: Op) -> tuple[Sample, ...]:
    """Return the calls that an op is tried on; elementwise ops derive them from their domains. Empty if it has none."""
    if op.samples or not op.elementwise:
        return op.samples
    domains = domains_of(op)
    shapes = [(shape,) for shape in SHAPES] if len(domains) == 1 else BROADCASTS
    cycled = [tuple(pair[i % len(pair)] for i in range(len(domains))) for pair in shapes]
    return tuple(Sample(tuple(d(*s) for d, s in zip(domains, each, strict=True))) for each in cycled)
