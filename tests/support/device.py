"""A stand-in for CuPy's array where there is no GPU: it answers NumPy's protocols, and is never converted unasked.

It takes the functions and keywords that CuPy 14.2 has: ``cupy_functions.txt`` lists them, as they were read off it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

FUNCTIONS = {
    name: tuple(parameters.split())
    for name, _, parameters in (
        line.partition(":") for line in (Path(__file__).parent / "cupy_functions.txt").read_text().splitlines()
    )
}
"""The parameters of each function of NumPy that CuPy has."""
LACKING = {"isnat", "matvec", "spacing", "vecdot", "vecmat"}
"""Ufuncs of NumPy that CuPy has not."""
METHODS = {
    "reduce": {"add", "multiply"},
    "accumulate": {"add", "multiply"},
    "reduceat": {"add"},
    "at": {"add", "subtract", "maximum", "minimum", "bitwise_and", "bitwise_or", "bitwise_xor"},
}
"""The ufuncs of which CuPy has a method, beside ``outer``, which all have that take two inputs."""
COMPARISONS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}
UPLOADS = {"array", "asarray", "asanyarray", "ascontiguousarray"}
"""Functions that make an array on the device of one of NumPy's."""
JOINS = {"concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"}
"""Functions of a sequence of arrays, none of which may be a number."""


class DeviceArray(NDArrayOperatorsMixin):
    """An array that behaves as ``cupy.ndarray`` does, in memory of this machine.

    Attributes
    ----------
    refusals : list of str
        Of the class: what asked for a NumPy array without saying so, also where nobody saw the error.
    """

    refusals: ClassVar[list[str]] = []
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, held: Any, base: DeviceArray | None = None) -> None:
        self._held = np.asarray(held)
        self._base = base

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self._refuse("__array__")
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array "
            "explicitly."
        )

    def _refuse(self, what: str) -> None:
        self.refusals.append(what)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
        index, inputs = (inputs[1:2], inputs[:1] + inputs[2:]) if method == "at" else ((), inputs)
        if ufunc.__name__ in LACKING or not all(map(_is_taken, (*inputs, *out))):
            return NotImplemented
        if method == "outer":
            if ufunc.nin != 2:
                raise NotImplementedError(f"`cupy_{ufunc.__name__}.outer` is not supported yet")
        elif method != "__call__" and ufunc.__name__ not in METHODS[method]:
            raise NotImplementedError(f"`cupy_{ufunc.__name__}.{method}` is not supported yet")
        kwargs = {key: _unwrapped(x) for key, x in kwargs.items()} | (
            {"out": tuple(map(_unwrapped, out))} if out else {}
        )
        if ufunc.__name__ in COMPARISONS:  # np.float64(1) < x comes with an array of no axes
            inputs = tuple(x.item() if isinstance(x, np.ndarray) and not x.ndim else x for x in inputs)
        values = [*map(_unwrapped, inputs)]
        if method == "at":
            return ufunc.at(values[0], *map(_index, index), *values[1:])
        if method in ("reduce", "accumulate", "reduceat") and kwargs.keys() & {"initial", "where"}:
            raise TypeError(f"{method}() got an unexpected keyword argument")
        with np.errstate(all="ignore"):  # CuPy gives no warnings
            result = getattr(ufunc, method)(*values, **kwargs)
        return out[0] if out else _wrapped(result)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        parameters = FUNCTIONS.get(f"{func.__module__}.{func.__name__}")
        if parameters is None or not all(kind in (DeviceArray, np.ndarray) for kind in types):
            return NotImplemented
        _check(func.__name__, parameters, args, kwargs)
        if func.__name__ in UPLOADS and isinstance(args[0], np.ndarray):
            return DeviceArray(func(args[0].copy(), *args[1:], **kwargs))
        shared = args[0] if args and isinstance(args[0], DeviceArray) else None
        with np.errstate(all="ignore"):  # CuPy gives no warnings
            return _wrapped(func(*map(_unwrapped, args), **{k: _unwrapped(v) for k, v in kwargs.items()}), shared)

    def get(self) -> Any:
        """Return a copy of the array as NumPy's."""
        return self._held.copy()

    def __getitem__(self, index: Any) -> DeviceArray:
        return DeviceArray(self._held[_index(index)], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._held[_index(index)] = _unwrapped(value)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._held)

    def __int__(self) -> int:
        return int(self._held)

    def __float__(self) -> float:
        return float(self._held)

    def __complex__(self) -> complex:
        return complex(self._held)

    def __repr__(self) -> str:
        return repr(self._held)

    def __str__(self) -> str:
        return str(self._held)

    def __format__(self, spec: str) -> str:
        return format(self._held, spec)

    def __reduce__(self) -> Any:
        return DeviceArray, (self._held,)

    def __copy__(self) -> DeviceArray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> DeviceArray:
        return self.copy()

    @property
    def base(self) -> DeviceArray | None:
        """The array that owns the memory, for a view."""
        return self._base if self._base is None or self._base._base is None else self._base._base

    @property
    def flags(self) -> Flags:
        """How the array lies in memory."""
        return Flags(self._held)

    @property
    def T(self) -> DeviceArray:
        """The array with its axes reversed."""
        return DeviceArray(self._held.T, self)

    @property
    def mT(self) -> DeviceArray:
        """The array with its last two axes swapped."""
        return DeviceArray(self._held.mT, self)

    @property
    def real(self) -> DeviceArray:
        """The real part."""
        return DeviceArray(self._held.real, self)

    @property
    def imag(self) -> DeviceArray:
        """The imaginary part."""
        return DeviceArray(self._held.imag, self)

    def view(self, dtype: Any = None) -> DeviceArray:
        """Return another array of the same memory."""
        return DeviceArray(self._held.view(dtype or self.dtype), self)

    def copy(self, order: str = "C") -> DeviceArray:
        """Return a copy."""
        return DeviceArray(self._held.copy(order))  # type: ignore[arg-type]

    def item(self) -> Any:
        """Return the one element as a Python number."""
        return self._held.item()

    def tolist(self) -> Any:
        """Return nested lists of Python numbers."""
        return self._held.tolist()

    def tobytes(self) -> bytes:
        """Return the elements as bytes."""
        return self._held.tobytes()

    def __getattr__(self, name: str) -> Any:  # of those that are set below, for type checkers
        raise AttributeError(f"'DeviceArray' object has no attribute '{name}'")


class Flags:
    """The flags that CuPy's arrays have: none says whether they may be written to."""

    def __init__(self, held: Any) -> None:
        self.c_contiguous = held.flags.c_contiguous
        self.f_contiguous = held.flags.f_contiguous
        self.owndata = held.flags.owndata


_ATTRIBUTES = {"shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides"}
_FUNCTIONS_AS_METHODS = (
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "clip", "compress", "conj", "cumprod"),
    *("cumsum", "diagonal", "dot", "fill", "flatten", "max", "mean", "min", "nonzero", "partition", "prod", "put"),
    *("ravel", "repeat", "reshape", "round", "searchsorted", "sort", "squeeze", "std", "sum", "swapaxes", "take"),
    *("trace", "transpose", "var"),
)


_REDUCTIONS = {"all", "any", "argmax", "argmin", "max", "mean", "min", "prod", "std", "sum", "var"}


def _method(name: str) -> Callable[..., Any]:
    def call(self: DeviceArray, *args: Any, **kwargs: Any) -> Any:
        if name in _REDUCTIONS:
            _check(name, FUNCTIONS[f"numpy.{name}"], (self, *args), kwargs)
        given = {k: _unwrapped(v) for k, v in kwargs.items()}
        return _wrapped(getattr(self._held, name)(*map(_unwrapped, args), **given), self)

    return call


def _held(x: DeviceArray, name: str) -> Any:
    return getattr(x._held, name)


for _name in _FUNCTIONS_AS_METHODS:
    setattr(DeviceArray, _name, _method(_name))
for _name in _ATTRIBUTES:  # of the class, as CuPy's are
    setattr(DeviceArray, _name, property(partial(_held, name=_name)))


def to_device(x: Any) -> Any:
    """Return an array of NumPy's, and a NumPy number, as one of the device; anything else as it is."""
    return DeviceArray(np.array(x)) if isinstance(x, (np.ndarray, np.generic)) else x


def _check(name: str, parameters: tuple[str, ...], args: Any, kwargs: Any) -> None:
    """Raise TypeError for arguments that CuPy's function does not take."""
    variadic = any(p.startswith("*") for p in parameters)
    for key in kwargs:
        if key not in parameters and "**kwargs" not in parameters:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    if len(args) > len(parameters) and not variadic:
        raise TypeError(f"{name}() takes {len(parameters)} positional arguments but {len(args)} were given")
    if name == "repeat" and isinstance(args[1], (DeviceArray, np.ndarray)):
        raise ValueError("repeats must be an int, a list or a tuple")
    if name in JOINS and not all(isinstance(x, DeviceArray) for x in args[0]):
        raise TypeError("Only cupy arrays can be concatenated")


def _is_taken(x: Any) -> bool:
    """Whether CuPy's ufuncs answer for an input: they raise for NumPy's arrays, and leave the rest to others."""
    return isinstance(x, (DeviceArray, np.ndarray, np.generic, int, float, complex, bool))


def _unwrapped(x: Any) -> Any:
    """Return what NumPy is to compute with; refuse NumPy's own arrays."""
    if isinstance(x, DeviceArray):
        return x._held
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    return type(x)(map(_unwrapped, x)) if type(x) in (list, tuple) else x


def _index(index: Any) -> Any:
    """Return an index; NumPy's arrays of integers and booleans are moved to the device."""
    if isinstance(index, DeviceArray):
        return index._held
    return tuple(map(_index, index)) if isinstance(index, tuple) else index


def _wrapped(result: Any, shared: DeviceArray | None = None) -> Any:
    """Return arrays and NumPy's numbers as arrays of the device; what shares memory with one is a view of it."""
    if isinstance(result, (np.ndarray, np.generic)):
        is_view = shared is not None and isinstance(result, np.ndarray) and np.may_share_memory(result, shared._held)
        return DeviceArray(result, shared if is_view else None)
    if isinstance(result, (list, tuple)) and any(isinstance(x, (np.ndarray, np.generic)) for x in result):
        parts = [_wrapped(x, shared) for x in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result
