"""Arrays of other libraries that compute as NumPy's do: those of CuPy, on a GPU. A record holds them as they are.

They answer NumPy's protocols, so that rules are for them too. They do not meet NumPy's own arrays, so that what a rule
makes of numbers is made `beside` them; and no function takes all keywords of NumPy's: see `Op.elsewhere`.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class _Ducks(dict[type, bool]):
    """Which types are of arrays that compute as NumPy's do. A type is looked at once."""

    def __missing__(self, kind: type) -> bool:
        if len(self) > _MOST_KINDS:  # of classes that are made in a loop, none is kept for ever
            self.clear()
        found = not issubclass(kind, np.ndarray) and all(getattr(kind, name, None) is not None for name in _DUCK)
        self[kind] = found
        return found


_MOST_KINDS = 1000
_DUCK = ("__array_ufunc__", "__array_function__", "__setitem__", "strides")
"""What the arrays of another library have that a record holds as they are: NumPy's protocols, and memory of their own.

CuPy's have; those in chunks, with units or with labels have no strides.
"""
ducks = _Ducks()


def is_array(x: Any) -> bool:
    """Whether something is a plain array, or one of another library that a record holds."""
    kind = type(x)
    return kind is np.ndarray or ducks[kind]


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the dtype of an array, and the one that NumPy gives a number or a list."""
    dtype: np.dtype[Any] = x.dtype if ducks[type(x)] else np.asarray(x).dtype
    return dtype


def arrayed(x: Any) -> Any:
    """Return an array as it is, and anything else as NumPy's array."""
    return x if ducks[type(x)] else np.asarray(x)


def printable(x: Any) -> Any:
    """Return a value as NumPy prints it: what the ``get`` of another library's array gives."""
    return x.get() if ducks[type(x)] and hasattr(x, "get") else x


def beside(like: Any, made: Any) -> Any:
    """Return an array that a rule has made of numbers in the library of the values, of a Tensor too, that it meets."""
    like = getattr(like, "_value", like)
    return np.asarray(made, like=like) if ducks[type(like)] else made


def name_of(x: Any) -> str:
    """Return what a message calls the type of an array: ``cupy.ndarray``."""
    return f"{type(x).__module__.partition('.')[0]}.{type(x).__qualname__}"
