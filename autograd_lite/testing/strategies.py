"""Hypothesis strategies: shapes, arrays to differentiate at, random programs; and how searches with them run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from autograd_lite.core.extras import require
from autograd_lite.ops.samples import Domain, real
from autograd_lite.testing.cases import cast
from autograd_lite.testing.examination import rounded
from autograd_lite.testing.random_programs import RandomProgram, random_program

if TYPE_CHECKING:
    from hypothesis import settings
    from hypothesis.strategies import SearchStrategy

P = ParamSpec("P")
R = TypeVar("R")


def needs_hypothesis(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function say what to install where hypothesis is not (decorator)."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True  # pytest ends the traceback in the user's test
        require("hypothesis", f"ag.testing.{function.__name__}")
        return function(*args, **kwargs)

    return wrapped


@needs_hypothesis
def shapes(*, max_dims: int = 3, max_side: int = 4) -> SearchStrategy[tuple[int, ...]]:
    """Return a hypothesis strategy for shapes, 0-d and empty ones among them.

    Parameters
    ----------
    max_dims : int
        How many axes, at most.
    max_side : int
        How long an axis, at most.

    Returns
    -------
    SearchStrategy of tuple of int

    Raises
    ------
    ModuleNotFoundError
        Where hypothesis is not installed: ``pip install "autograd_lite[testing]"``.
    """
    import hypothesis.strategies as st

    side = st.sampled_from([2, 3, 1, 0, *range(4, max_side + 1)]).filter(lambda n: n <= max_side)
    return st.integers(0, max_dims).flatmap(lambda n: st.tuples(*[side] * n))


@needs_hypothesis
def broadcastable(n: int, *, max_dims: int = 3, max_side: int = 4) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Return a hypothesis strategy for tuples of ``n`` shapes that broadcast together.

    Parameters
    ----------
    n : int
        How many shapes.
    max_dims, max_side : int
        As in `shapes`, for the shape that they broadcast to.

    Returns
    -------
    SearchStrategy of tuple of shapes

    Raises
    ------
    ModuleNotFoundError
        Where hypothesis is not installed: ``pip install "autograd_lite[testing]"``.
    """
    import hypothesis.strategies as st

    def parts(full: tuple[int, ...]) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
        kept = st.tuples(*(st.sampled_from([m, 1]) for m in full))
        part = st.builds(lambda shape, start: shape[start:], kept, st.sampled_from([0, 0, *range(1, len(full) + 1)]))
        return st.tuples(*[st.just(full) | part] * n)

    return shapes(max_dims=max_dims, max_side=max_side).flatmap(parts)


@needs_hypothesis
def arrays(
    shape: tuple[int, ...] | SearchStrategy[tuple[int, ...]], domain: Domain = real, dtype: Any = np.float64
) -> SearchStrategy[Any]:
    """Return a hypothesis strategy for arrays to differentiate at.

    Parameters
    ----------
    shape : tuple of int, or a strategy for them
    domain : Domain
        Where the elements lie: ``Domain(low, high)``.
    dtype : real dtype

    Returns
    -------
    SearchStrategy
        Arrays, and NumPy scalars for the shape (). Their elements differ from each other and from 0 with probability
        1, so that derivatives of sorts, maxima and absolute values exist.

    Raises
    ------
    ModuleNotFoundError
        Where hypothesis is not installed: ``pip install "autograd_lite[testing]"``.
    """
    import hypothesis.strategies as st

    def draw(shape: tuple[int, ...], seed: int) -> Any:
        return cast(rounded(domain.draw(np.random.default_rng(seed), shape)), dtype)

    return st.builds(draw, st.just(shape) if isinstance(shape, tuple) else shape, st.integers(0, 2**16))


@needs_hypothesis
def programs(*, max_lines: int = 8) -> SearchStrategy[RandomProgram]:
    """Return a hypothesis strategy for random programs: differentiable NumPy functions with arguments to try them at.

    Parameters
    ----------
    max_lines : int
        The number of assignments, at most.

    Returns
    -------
    SearchStrategy of RandomProgram
        Each has a ``function`` of ``args`` that returns a number, and its ``source``.

    Raises
    ------
    ModuleNotFoundError
        Where hypothesis is not installed: ``pip install "autograd_lite[testing]"``.
    """
    import hypothesis.strategies as st

    return st.builds(random_program, st.integers(0, 2**16), st.integers(1, max_lines))


def reproducible(max_examples: int) -> settings:
    """Return the settings of a search that is the same each time, and ends at the smallest failure."""
    import hypothesis

    return hypothesis.settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
