"""The op table, and the operators and methods that it gives to `Tensor`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import array_function, array_ufunc, constant, ufunc_methods
from autograd_lite.core.op import Op, registry
from autograd_lite.core.tape import NO_PARAMS, next_serial, observers, tracing
from autograd_lite.core.tensor import Tensor, raw, record
from autograd_lite.ops import (
    choices,
    creation,
    diagonals,
    einsum,
    elementwise,
    fourier,
    indexing,
    joining,
    moments,
    polynomials,
    quantiles,
    reductions,
    scans,
    shaping,
    signal,
    trigonometry,
    updates,
    windows,
)
from autograd_lite.ops.linalg import decompositions, norms, products, solving
from autograd_lite.ops.nn import activations, convolutions, losses, networks

modules = (
    elementwise,
    reductions,
    products,
    einsum,
    solving,
    decompositions,
    norms,
    shaping,
    indexing,
    updates,
    scans,
    moments,
    quantiles,
    diagonals,
    joining,
    windows,
    creation,
    signal,
    polynomials,
    fourier,
    trigonometry,
    choices,
    activations,
    losses,
    networks,
    convolutions,
)
table: dict[str, Op] = {name: row for module in modules for name, row in vars(module).items() if isinstance(row, Op)}
"""Every built-in op by name."""

_float64 = np.float64
_new = Tensor.__new__
_OPERANDS = frozenset({float, int, np.float64})


def _binary(row: Op, operate: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the two methods of a binary operator. For Tensors and plain numbers they record without more ado."""

    def method(self: Tensor, other: Any) -> Any:
        kind = type(other)
        try:
            if kind is Tensor:
                value = operate(self._value, other._value)
            elif kind is _float64 or kind is float or kind is int:
                value = operate(self._value, other)
            else:
                value = None
        except ValueError:  # shapes that do not go together: the op raises again, and names itself
            value = None
        if value is None:
            return row(self, other)
        if observers:
            return record(row, value, (self, other), NO_PARAMS)
        node = _new(Tensor)  # what record does, without the call: a tenth of the price of a number's node
        node._value = value
        node.op = row
        node.inputs = self, other
        node.params = NO_PARAMS
        node.name = node.grad = None
        node.serial = next_serial()
        return node

    def reflected(self: Tensor, other: Any) -> Any:
        try:
            if type(other) in _OPERANDS:
                return record(row, operate(other, self._value), (other, self), NO_PARAMS)
        except ValueError:
            pass
        return row(other, self)

    return method, reflected


def _comparison(name: str, function: np.ufunc) -> Callable[[Tensor, Any], Any]:
    """Return a comparison: it gives plain booleans, without the price of a ufunc where it can."""
    compare = getattr(operator, name)

    def comparison(self: Tensor, other: Any) -> Any:
        return registry[function](self, other) if tracing.constants else compare(self._value, raw(other))

    return comparison


_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
}
_COMPARISONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_DIVISIONS: dict[str, np.ufunc] = {"floordiv": np.floor_divide, "divmod": np.divmod}
_LOGIC = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
_METHODS = (
    "all",
    "any",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "astype",
    "conj",
    "conjugate",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "max",
    "mean",
    "min",
    "nonzero",
    "prod",
    "ravel",
    "repeat",
    "round",
    "searchsorted",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "trace",
    "var",
)  # NumPy functions of the same name


def _attach() -> None:
    """Give Tensor NumPy's protocols, its operators and its methods: once."""
    members: dict[str, Any] = {"__array_ufunc__": array_ufunc, "__array_function__": array_function}
    for name, row in _OPERATORS.items():
        members[f"__{name}__"], members[f"__r{name}__"] = _binary(table[row], getattr(operator, name))
    for name, function in _COMPARISONS.items():
        members[f"__{name}__"] = _comparison(name, function)
    for name, logic in _LOGIC.items():
        members[f"__{name}__"] = members[f"__r{name}__"] = _function(logic)
    members["__invert__"] = lambda self: np.invert(self)
    members["__neg__"] = lambda self: table["negative"](self)
    members["__pos__"] = lambda self: table["positive"](self)
    for name, division in _DIVISIONS.items():
        members[f"__{name}__"] = _function(division)
        members[f"__r{name}__"] = _reflected(division)
    members["__abs__"] = lambda self: np.abs(self)
    members["__getitem__"] = indexing.pick
    for name in _METHODS:
        members[name] = _function(getattr(np, name))
    members["reshape"] = lambda self, *shape, order="C": table["reshape"](self, _spread(shape), order)
    members["transpose"] = lambda self, *axes: table["transpose"](self, _spread(axes) if axes else None)
    members["flatten"] = lambda self, order="C": table["reshape"](self, -1, order)
    members["copy"] = lambda self, order="C": np.copy(self, order)
    members["T"] = property(lambda self: table["transpose"](self))
    members["mT"] = property(lambda self: np.matrix_transpose(self))
    members["real"], members["imag"] = property(lambda self: np.real(self)), property(lambda self: np.imag(self))
    members["at"] = property(updates.At)
    members["clip"] = _function(table["clip"])  # np.clip has no min= before NumPy 2.1
    members["compress"] = lambda self, condition, axis=None: np.compress(condition, self, axis)
    for name, instead in updates.IN_PLACE.items():
        members[name] = updates.refused(f"t.{name}()", instead)
    for name, member in members.items():
        setattr(Tensor, name, member)


def _function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method that calls a NumPy function."""
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _reflected(function: np.ufunc) -> Callable[..., Any]:
    """Return the method that calls a ufunc with its operands interchanged."""
    return lambda self, other: function(other, self)


def _spread(arguments: tuple[Any, ...]) -> Any:
    """Return ``t.reshape(2, 3)`` and ``t.reshape((2, 3))`` as one."""
    return arguments[0] if len(arguments) == 1 else arguments


_attach()
constant(np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.argsort, np.argmax)
constant(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isnan, np.isfinite)
constant(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.logical_and, np.logical_or, np.logical_not)
constant(np.any, np.all)
ufunc_methods.update({(f, "outer"): updates.outer(f) for f in registry if isinstance(f, np.ufunc) and f.nin == 2})
ufunc_methods.update({(f, "at"): updates.at(f) for f in registry if isinstance(f, np.ufunc)})
