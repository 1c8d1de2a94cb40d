"""The methods behind a Tensor's operators: what is recorded is the NumPy function that each stands for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograd_lite.core.ducks import ducks
from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import NO_PARAMS, assigning, next_serial, observers, registry
from autograd_lite.core.values import LARGE

_float64, _int64, _ndarray = np.float64, np.int64, np.ndarray
_NUMBERS = frozenset({float, int, np.float64, np.int64})
_new = object.__new__

Method = Callable[[Any, Any], Any]
Node = TypeVar("Node")
"""A Tensor: `Tensor` itself is defined with these."""


def binary(
    function: np.ufunc, operate: Callable[[Any, Any], Any]
) -> tuple[Callable[[Node, Any], Node], Callable[[Node, Any], Node]]:
    """Return the two methods of a binary operator: what is recorded is the ufunc that it stands for.

    Beside Tensors and plain numbers it computes and records without the price of a call of the op.
    """
    row: Any = None  # of the ufunc, once it has been looked up

    def forward(self: Any, other: Value) -> Value:
        nonlocal row
        kind = type(other)
        value = None
        try:
            if kind is type(self):
                value = operate(self._value, other._value)
            elif kind is _float64 or kind is float or kind is int or kind is _int64:
                value = operate(self._value, other)
        except ValueError:
            pass  # shapes that do not go together: the op raises again, and names itself
        if value is None or observers or assigning or row is None:
            row = registry[function]
            return row(self, other)
        node = _new(type(self))  # what `record` does, without the call: a tenth of the price of a number's node
        node._value = value
        node.op = row
        node.inputs = self, other
        node.params = NO_PARAMS
        node.name = node.grad = None
        node.serial = next_serial()
        if type(value) is _ndarray and value.nbytes > LARGE:
            registry["large"](node)
        return node

    def swapped(self: Any, other: Value) -> Value:
        if observers or assigning or type(other) not in _NUMBERS:
            return registry[function](other, self)
        node = registry[type(self)](registry[function], operate(other, self._value), (other, self), NO_PARAMS)
        if type(node._value) is _ndarray and node._value.nbytes > LARGE:
            registry["large"](node)
        return node

    return forward, swapped


def comparison(function: np.ufunc, compare: Callable[[Any, Any], Any]) -> Method:
    """Return a comparison: it gives plain booleans, without the price of a ufunc where nobody looks on."""
    return lambda self, other: (
        registry[function](self, other)
        if observers
        else compare(self._read(), other._value if type(other) is type(self) else other)
    )


def method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method that stands for a NumPy function."""

    def call(self: Any, *args: Any, **params: Any) -> Value:
        return registry[function](self, *args, **params)

    call.__name__ = function.__name__
    call.__doc__ = f"Return ``np.{function.__name__}`` of the Tensor, with its parameters."
    return call


def assigned(function: Callable[..., Any]) -> Callable[..., None]:
    """Return the method that assigns what a NumPy function gives: ``t.sort()``."""

    def call(self: Any, *args: Any, **params: Any) -> None:
        self[...] = registry[function](self, *args, **params)

    call.__name__ = function.__name__
    call.__doc__ = f"Assign ``np.{function.__name__}`` of the Tensor, with its parameters, to the Tensor itself."
    return call


def augmented(function: np.ufunc) -> Method:
    """Return the method of ``t += other``: an array is changed where it is, a number is bound again, as NumPy's are."""

    def update(self: Any, other: Value) -> Value:
        if type(self._value) is not np.ndarray and not (ducks[type(self._value)] and self._value.ndim):
            return NotImplemented
        return registry[operator.iadd](self, function, other)

    return update


def reflected(function: np.ufunc) -> Method:
    """Return the method that calls a ufunc with its operands interchanged."""
    return lambda self, other: registry[function](other, self)
