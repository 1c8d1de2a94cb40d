"""The record: Tensors, and how they are recorded.

A Tensor is a node. It holds its value, and what made it: an op, the op's inputs and its keyword parameters. Everything
else in this package reads that record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dis import opmap
from operator import index
from typing import TYPE_CHECKING, Any, final

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.tape import NO_PARAMS, Params, current_observers, next_serial, observers, tracing

if TYPE_CHECKING:
    from autograd_lite.core.op import Op

_STORE_SUBSCR = opmap["STORE_SUBSCR"]


@final
class Tensor:
    """A value that is differentiated: a leaf made by the user, or a node that an op recorded.

    Parameters
    ----------
    value : array_like of float or complex numbers; integers and booleans become float64
    name : str, optional
        How readings of the record call it.
    copy : bool
        Whether to copy an array (default), so that changing it later does not change the record.

    Attributes
    ----------
    value : ndarray (read-only) or NumPy scalar
    op : Op or None
        What made the value; None for a leaf.
    inputs : tuple
        The op's inputs: Tensors, and constants as they were given.
    params : dict
        The op's keyword parameters.
    name : str or None
    grad : ndarray, NumPy scalar or None
        On leaves, the sum of what `backward` has computed.

    Raises
    ------
    TypeError
        For objects, strings and Tensors, and for a name that is not a string.
    """

    __slots__ = ("_value", "grad", "inputs", "line", "name", "op", "params", "serial")

    op: Op | None
    inputs: tuple[Any, ...]
    params: Params
    name: str | None
    grad: Any
    serial: int
    line: str
    _value: Any

    def __init__(self, value: Any, name: str | None = None, *, copy: bool = True) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(
                f"expected a string for the name of a Tensor, got {name!r}; it has the dtype of its value: "
                "ag.Tensor(np.array(value, dtype))"
            )
        self._value = as_value(value, copy)
        self.op = None
        self.inputs = ()
        self.params = NO_PARAMS
        self.name = name
        self.grad = None
        self.serial = next_serial()

    @property
    def value(self) -> Any:
        """The value: a read-only view of the array, or a NumPy scalar."""
        if type(self._value) is not np.ndarray:
            return self._value
        view = self._value.view()
        view.flags.writeable = False
        return view

    @value.setter
    def value(self, new: Any) -> None:
        name = self.name or "t"
        raise AttributeError(
            f"the value of a Tensor cannot be replaced, since a record may still need it; "
            f"make a new one: {name} = ag.Tensor({name}.value - step)"
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return np.shape(self._value)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return np.ndim(self._value)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.size(self._value))

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the value."""
        return np.asarray(self._value).dtype

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d Tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return self._told(bool(self._value))  # type: ignore[no-any-return]

    def _told(self, outcome: Any) -> Any:
        """Return what control flow asked for, and let the observers see it."""
        if observers:
            for observer in current_observers():
                observer.decided(self, outcome)
        return outcome

    def __float__(self) -> float:
        caller = sys._getframe(1)
        if caller.f_code.co_code[caller.f_lasti] == _STORE_SUBSCR:
            self.__array__()  # array[i] = t, where NumPy asks for a float: it always raises
        return float(self._detached("float"))

    def __int__(self) -> int:
        return int(self._detached("int"))

    def __index__(self) -> int:
        return self._told(index(self._value))  # type: ignore[no-any-return]

    def __complex__(self) -> complex:
        return complex(self._detached("complex"))

    def item(self) -> Any:
        """Return the one element as a Python number, outside of transforms."""
        return self._detached("item").item()

    def tolist(self) -> Any:
        """Return the value as nested lists of Python numbers, outside of transforms."""
        return self._detached("tolist").tolist()

    def _detached(self, conversion: str) -> Any:
        """Return the value for a conversion that leaves the record."""
        if tracing.depth and self.dtype.kind in "fc":
            raise TypeError(
                f"{conversion}() of a Tensor inside a transform would drop its gradient without a word; "
                "use .value (or ag.stop_gradient) where a constant is meant, NumPy functions otherwise"
            )
        return self._told(self._value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.dtype.kind in "biu":  # a mask or an index of a traced program: it has no gradient to lose
            return self._told(np.array(self._value, dtype))
        raise TypeError(
            "a Tensor cannot be stored in a plain array without losing its gradient; "
            "use np.stack or np.concatenate to build arrays from Tensors, array @ t or np.dot(array, t) instead of "
            "array.dot(t), t.at[i].set(v) or np.where instead of array[i] = t, .value where a constant is meant"
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        name = self.name or "t"
        raise TypeError(
            f"a Tensor cannot be assigned to in place; use {name} = {name}.at[index].set(value), "
            f"or {name} = np.where(mask, value, {name})"
        )

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(self == x))

    def __reduce__(self) -> Any:
        if self.op is not None or tracing.depth:
            raise TypeError(
                "a Tensor can be copied and pickled only as a leaf and outside of transforms, since the copy would not "
                "be in the record; copy its value: ag.Tensor(t.value)"
            )
        return _copied, (self._value, self.name, self.grad)

    def __format__(self, spec: str) -> str:
        return format(self._value, spec) if spec else repr(self)

    def __repr__(self) -> str:
        text = np.array2string(np.asarray(self._value), separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        name = f", name={self.name!r}" if self.name else ""
        op = f", op={self.op.name}" if self.op else ""
        return f"Tensor({text}{dtype}{name}{op})"

    __hash__ = object.__hash__

    if TYPE_CHECKING:  # attached where they are defined: operators and methods by ops, backward by backward.py

        def __getattr__(self, method: str) -> Callable[..., Any]: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def backward(self, cotangent: Any = None) -> None:
            """Add the gradient of this Tensor to its leaves."""


def _copied(value: Any, name: str | None, grad: Any) -> Tensor:
    """Make the copy of a leaf, which shares nothing with it: what `copy` and `pickle` call."""
    leaf = Tensor(value, name)
    leaf.grad = grad.copy() if isinstance(grad, np.ndarray) else grad
    return leaf


class TracedParams(dict[str, Any]):
    """Keyword parameters that hold Tensors: indices and masks of a program that is traced with its constants."""

    @property
    def values_only(self) -> Params:
        """The parameters as arrays."""
        return trees.map_tree(raw, dict(self))  # type: ignore[no-any-return]


def traced_params(params: Params) -> Params:
    """Return parameters as `TracedParams` where they hold a Tensor."""
    held = any(type(x) is Tensor for x in trees.flatten(params)[0])
    return TracedParams(params) if held else params


_new = Tensor.__new__


def record(op: Op | None, value: Any, inputs: tuple[Any, ...], params: Params) -> Tensor:
    """Make the node of a value that an op has computed. This is the hot path."""
    node = _new(Tensor)
    node._value = value
    node.op = op
    node.inputs = inputs
    node.params = params
    node.name = None
    node.grad = None
    node.serial = next_serial()
    if observers and op is not None:
        for observer in current_observers():
            observer.recorded(node)
    return node


def leaf(value: Any) -> Tensor:
    """Make the leaf of a value without a copy, in half the time of ``Tensor(value, copy=False)``."""
    return record(None, as_value(value, False), (), NO_PARAMS)


def as_value(value: Any, copy: bool) -> Any:
    """Return what a leaf stores for ``value``: an inexact ndarray, or a NumPy scalar in place of a 0-d array."""
    if type(value) is np.float64:  # a tenth of the price of a small call
        return value
    if isinstance(value, Tensor):
        raise TypeError("expected an array or a number, got a Tensor; use its .value to make a new leaf of it")
    if type(value) is not np.ndarray:
        value = _plain(value)
    array = np.array(value) if copy else np.asarray(value)
    kind = array.dtype.kind
    if kind in "biu":
        array = array.astype(np.float64)
    elif kind not in "fc":
        raise TypeError(f"expected real or complex numbers, got {summary(value)} of dtype {array.dtype}")
    return array if array.ndim else array[()]


def as_constant(x: Any) -> Any:
    """Return an op's constant input as an array; None and numbers stay what they are."""
    array = _plain(x) if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"expected numbers beside a Tensor, got {summary(x)} of dtype {array.dtype}")
    return array


def _plain(x: Any) -> Any:
    """Return an array of a subclass as a plain one, unless its operations mean something else; the rest as it is."""
    if type(x) is np.ndarray or not isinstance(x, np.ndarray):
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("a masked array would lose its mask; use x.filled(0), and np.where(mask, ...)")
    if isinstance(x, np.matrix):
        raise TypeError("expected an array, got a np.matrix, whose * is @; use np.asarray(x)")
    return x.view(np.ndarray)


def raw(x: Any) -> Any:
    """Return the value of a Tensor, and anything else as it is."""
    return x._value if type(x) is Tensor else x


def summary(x: Any) -> str:
    """Describe an op's input for an error message."""
    name = getattr(x, "name", None)
    return f"{name + ': ' if name else ''}{type(x).__name__} of shape {np.shape(raw(x))}"
