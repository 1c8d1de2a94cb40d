"""What a record holds: plain arrays of real or complex numbers, and NumPy scalars in place of 0-d ones.

Arrays of another library that compute as NumPy's do (CuPy's) are held as they are, those of no axes too.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograd_lite.core.ducks import dtype_of, ducks, name_of
from autograd_lite.core.shapes import Array, Shape, Value
from autograd_lite.core.tape import registry

_float64 = np.float64

LARGE = 2**17
"""Bytes of an array that is worth the price of asking whether a record still needs it."""
NUMBERS = frozenset({float, int, complex, bool, type(None), np.float64, np.float32, np.complex128, np.int64})
"""Types of what a call gives beside arrays, as a rule."""


def _held_by_a_variable(x: Value) -> int:
    return sys.getrefcount(x)


HELD_ONCE = _held_by_a_variable([np.zeros(1)].pop())
"""What `sys.getrefcount` answers to a function of what one of its variables, and nothing else, refers to."""


def as_value(value: Value, copy: bool) -> Value:
    """Return what a leaf stores for ``value``: an inexact ndarray, or a NumPy scalar in place of a 0-d array."""
    kind = type(value)
    if kind is _float64:  # numbers first: a tenth of the price of a small call
        return value
    if kind is float:
        return _float64(value)
    if kind is not np.ndarray:
        value = plain(value)
    if kind is np.ndarray or not ducks[kind]:
        array = np.array(value) if copy else np.asarray(value)
    else:
        array = value.copy() if copy else value
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    elif array.dtype.kind not in "fc":
        model = array.dtype == object and not array.ndim and hasattr(value, "__dict__")
        remedy = "; a model is a dataclass, dict, list or tuple of arrays" if model else ""
        raise TypeError(f"expected real or complex numbers, got {_summary(value)} of dtype {array.dtype}{remedy}")
    return array if array.ndim or ducks[kind] else array[()]


def read_only(value: Value) -> Value:
    """Return a view of an array that cannot be written to, a copy where there is none; anything else as it is."""
    if type(value) is not np.ndarray:
        return value.copy() if ducks[type(value)] else value
    view = value.view()
    view.flags.writeable = False
    return view


def as_constant(x: Value) -> Value:
    """Return an op's constant input as an array; None and numbers stay what they are."""
    x = plain(x)
    array = x if isinstance(x, (np.ndarray, np.generic)) or ducks[type(x)] else np.asarray(x)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"expected numbers beside a Tensor, got {_summary(x)} of dtype {array.dtype}")
    return array


def plain(x: Value) -> Value:
    """Return an array of a subclass as a plain one, unless its operations mean something else; the rest as it is.

    Raises
    ------
    TypeError
        For such arrays, and for those of other libraries: their values are not taken out of them without being asked.
    """
    if not isinstance(x, np.ndarray):
        refuse_foreign(x)
        return x
    if type(x) is np.ndarray:
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("a masked array would lose its mask; use x.filled(0), and np.where(mask, ...)")
    if isinstance(x, np.matrix):
        raise TypeError("expected an array, got a np.matrix, whose * is @; use np.asarray(x)")
    if type(x).__array_ufunc__ is not np.ndarray.__array_ufunc__:
        raise TypeError(f"expected a plain array, got {with_remedy(x)}")
    return x.view(np.ndarray)


_OWN = (float, int, complex, np.ndarray, np.generic, list, tuple, str)
_PROTOCOLS = ("__array__", "__array_ufunc__", "__array_function__", "__dlpack__", "toarray")
_REMEDIES = {
    "to_numpy": "x.to_numpy()",
    "compute": "x.compute()",
    "toarray": "x.toarray()",
    "todense": "x.todense()",
    "detach": "x.detach().numpy()",
    "numpy": "x.numpy()",
    "get": "x.get()",
}
"""What gives the values of another library's array as a NumPy array, by a method that it has: the first one counts."""


_USUAL = frozenset({float, int, bool, np.ndarray, np.float64, np.int64, type(None)})
"""Types of most elements of lists, none of which is another library's array."""


def is_foreign(x: Any) -> bool:
    """Whether something is an array that a record does not hold: a table, one in chunks, or with empty places."""
    kind = type(x)
    if isinstance(x, _OWN) or kind in registry or ducks[kind]:
        return False
    return any(hasattr(kind, name) for name in _PROTOCOLS)


def refuse_foreign(x: Any) -> None:
    """Raise TypeError for another library's array, and for lists and tuples that hold one."""
    if isinstance(x, (list, tuple)):
        for part in () if _USUAL.issuperset(map(type, x)) else x:
            refuse_foreign(part)
    elif is_foreign(x):
        raise TypeError(f"expected a NumPy array, got {with_remedy(x)}")


def kind_of(x: Any) -> str:
    """Return the kind of dtype that NumPy gives a value; that of objects for another library's array."""
    return "O" if is_foreign(x) else dtype_of(x).kind


def with_remedy(x: Any) -> str:
    """Return the type of another library's array, and how to write that its values are meant."""
    remedy = next((text for method, text in _REMEDIES.items() if hasattr(type(x), method)), "np.asarray(x)")
    apart = ", or pass it to what ag.compile makes of the function" if hasattr(x, "__dask_graph__") else ""
    return f"{name_of(x)}, which is not converted unasked: write {remedy} where its values are meant{apart}"


def refuse_duck(x: Any, reader: str) -> None:
    """Raise TypeError for an array of another library, where values are read as NumPy's."""
    if ducks[type(x)]:
        raise TypeError(f"{reader} NumPy's arrays, got {with_remedy(x)}")


def _summary(x: Value) -> str:
    """Describe what was given, for an error message."""
    return f"{type(x).__name__} of shape {np.shape(x)}"


class Released:
    """What a node holds in the place of a value that was let go: its shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, value: Array) -> None:
        self.shape: Shape = value.shape
        self.dtype = value.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))
