"""How a hand lays its derivatives out: a gradient, the derivative of each element, a Jacobian or a Hessian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import numerical
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.transforms import grad
from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array


class Layout(Enum):
    """How a hand lays its derivatives out. All are judged as gradients of a sum that a cotangent weights."""

    GRADIENT = "gradients"
    ELEMENTWISE = "derivatives of the elements"
    JACOBIAN = "Jacobian J[i, j] = dy_i/dx_j"
    HESSIAN = "Hessian"

    @classmethod
    def of(cls, **chosen: bool) -> Layout:
        """Return the one that is chosen, by its name."""
        names = [name for name, is_chosen in chosen.items() if is_chosen]
        if len(names) > 1:
            raise TypeError(f"{names[0]}=True and {names[1]}=True exclude each other")
        return cls[names[0].upper()] if names else cls.GRADIENT

    @property
    def takes_cotangent(self) -> bool:
        """Whether a hand for several numbers is given a cotangent of them."""
        return self is Layout.GRADIENT

    def function(self, f: Callable[..., Any], i: int) -> Callable[..., Any]:
        """Return the function whose derivatives with respect to its parameter ``i`` are laid out so."""
        return partial(_gradient, f, i) if self is Layout.HESSIAN else f

    def cotangents(self, value: Any, rng: np.random.Generator, count: int) -> list[Any]:
        """Draw cotangents for a value: so many, or none for a number."""
        if np.size(value) == 1 and self in (Layout.GRADIENT, Layout.ELEMENTWISE):
            return [None]
        dtype = np.result_type(value, np.float32)
        if self is Layout.ELEMENTWISE:
            return [np.ones(np.shape(value), dtype)]
        return [np.asarray(rng.standard_normal(np.shape(value))).astype(dtype) for _ in range(count)]

    def gradients(self, found: Sequence[Any], values: Sequence[Any], cotangent: Any) -> list[Any]:
        """Return the gradients of the weighted sum; what is laid out in no way that is known as it is."""
        if cotangent is None or self is Layout.GRADIENT:
            return list(found)
        weigh = _weighted if self is Layout.ELEMENTWISE else _contracted
        return [weigh(h, np.shape(x), np.asarray(cotangent)) for h, x in zip(found, values, strict=True)]

    def mistake(self, given: Any, x: Any, cotangent: Any, true: Any) -> str:
        """Say what is wrong with the layout of what a hand has given; empty where it is none of that."""
        if self not in (Layout.JACOBIAN, Layout.HESSIAN):
            return ""
        given, shape, weights = np.asarray(given), np.shape(x), np.asarray(cotangent)
        expected = weights.shape + shape
        rule = f"expected J[i, j] = dy_i/dx_j, of shape {expected}"
        if given.dtype.kind in "iuf" and given.shape == shape + weights.shape and weights.ndim and shape:
            there = np.tensordot(given, weights, weights.ndim)
            if close.alike(there, true):
                got = "J[j, i]" if given.shape == expected else f"J[j, i], of shape {given.shape}"
                return f"right numbers in the transposed layout: {rule}, got {got}"
        return "" if _contracts(given, shape, weights) is not None else f"{rule}, got the shape {given.shape}"


def _gradient(f: Callable[..., Any], i: int, *args: Any) -> Any:
    """Return the gradient of a function; from differences, where it cannot be recorded."""
    try:
        return grad(f, i)(*args)
    except Exception:
        if any(isinstance(x, Tensor) for x in args):
            raise
        return numerical.gradient(f, args, i).value


def _weighted(given: Any, shape: tuple[int, ...], cotangent: Array) -> Any:
    """Return derivatives of elements times their cotangents, summed for a number that all elements share."""
    if np.shape(given) != cotangent.shape or np.asarray(given).dtype.kind not in "fc":
        return given
    weighted = cotangent * given
    return weighted if shape == cotangent.shape or np.prod(shape) != 1 else np.reshape(np.sum(weighted), shape)


def _contracts(given: Array, shape: tuple[int, ...], cotangent: Array) -> Array | None:
    """Return a Jacobian with the axes of the cotangent and of the argument; None where it has others."""
    flat = (cotangent.size, int(np.prod(shape)))
    expected = cotangent.shape + shape
    without_ones = [n for n in given.shape if n != 1]
    alike = given.size == np.prod(flat) and without_ones == [n for n in expected if n != 1]
    return np.reshape(given, expected) if alike or given.shape in (expected, flat) else None


def _contracted(given: Any, shape: tuple[int, ...], cotangent: Array) -> Any:
    """Return the product of a cotangent and a Jacobian."""
    array = np.asarray(given)
    laid = _contracts(array, shape, cotangent) if array.dtype.kind in "fc" else None
    return given if laid is None else np.asarray(np.tensordot(cotangent, laid, cotangent.ndim))[()]
