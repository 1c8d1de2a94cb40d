"""Derivatives of analytic functions by the complex step, and where they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array, Mask
from autograd_lite.numerical.estimates import Estimate, directional, gradient
from autograd_lite.numerical.probing import Direction, Elements, Function, quiet, scale

IMAGINARY = 2.0**-70  # of the argument's scale: its square is nothing, and it stays clear of underflow


@dataclass(frozen=True)
class ComplexStep:
    """Derivatives by the complex step, and where they can be trusted.

    Attributes
    ----------
    value : array
        Exact to the rounding of the function where it is analytic; NaN where it refuses complex numbers.
    trusted : array of bool, same shape
        Where ``differences`` agree. ``abs``, conjugates, real parts and casts break the complex step silently.
    differences : Estimate
        The extrapolated differences that it was compared with.
    """

    value: Array
    trusted: Mask
    differences: Estimate


def complex_gradient(
    f: Callable[..., Any], primals: Sequence[Any], argnum: int = 0, indices: ArrayLike | None = None
) -> ComplexStep:
    """Differentiate a scalar function by elements of one real argument: Im f(x + ih) / h, without cancellation.

    Source: W. Squire and G. Trapp (1998). Needs a function that is analytic and takes complex arrays.

    Parameters
    ----------
    f, primals, argnum, indices
        As for `gradient`; argument and result must be real.

    Returns
    -------
    ComplexStep
        One call of ``f`` for each element more than `gradient`, which it is compared with.
    """
    with quiet():
        elements = Elements(Function(f, primals, "complex_gradient"), argnum, indices)
        if np.iscomplexobj(elements.x):
            raise TypeError("complex_gradient: the argument must be real; use gradient")
        steps = IMAGINARY * scale(elements.x).ravel()[elements.columns]
        values = np.full(elements.columns.shape, np.nan)
        for column, h in enumerate(steps):
            leaves, _ = elements.shifted(column, complex(0, h))
            values[column] = elements.function.at(leaves, analytic=True)[0].imag / h
    return _trust(values.reshape(elements.shape), gradient(f, primals, argnum, indices))


def complex_directional(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> ComplexStep:
    """Differentiate ``f(primals + t * tangents)`` by t at 0 as Im f(primals + ih tangents) / h.

    Parameters
    ----------
    f, primals, tangents
        As for `directional`; what moves must be real, and so must the result.

    Returns
    -------
    ComplexStep
        In the shape of the result.
    """
    with quiet():
        direction = Direction(Function(f, primals, "complex_directional"), tangents)
        if np.iscomplexobj(direction.function.base):
            raise TypeError("complex_directional: the result must be real; use directional")
        if direction.complex:
            raise TypeError("complex_directional: what moves must be real; use directional")
        h = IMAGINARY * direction.reach
        values = direction.at(complex(0, h)).imag / h
    return _trust(values.reshape(direction.function.shape), directional(f, primals, tangents))


def _trust(values: Array, differences: Estimate) -> ComplexStep:
    """Trust the complex step where differences that tell something agree with it."""
    telling = close.known(differences.error, values, close.SHARP)
    telling |= close.known(differences.error, close.largest(values), close.CLEAR)
    telling |= (values == 0) & (differences.value == 0)
    agree = close.within(values, differences.value, close.EXCEEDED * differences.error)
    return ComplexStep(values, np.asarray(telling & agree & differences.judged & ~differences.kink), differences)
