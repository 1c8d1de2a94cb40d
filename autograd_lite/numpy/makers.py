"""NumPy's functions that make arrays, which give recordable ones inside a transform.

They are those of the page "Array creation routines" in NumPy's reference, but for the readers of files and buffers.
What they make of real or complex numbers is a Tensor inside a transform: a constant to start with, which takes
assignments. Integers and booleans are indices and masks, and stay plain; so does what is not new, as the array that
``np.asarray`` was given. Outside of transforms they are NumPy's own, but for nested lists that hold Tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.core.ducks import arrayed, is_array
from autograd_lite.core.lists import holds_tensor, stacked
from autograd_lite.core.op import Op
from autograd_lite.core.shapes import Value
from autograd_lite.core.tape import current_observers, current_run, observers, registry, running
from autograd_lite.core.tensor import Tensor, leaf, raw

Maker = Callable[..., Any]


def _inside() -> bool:
    """Whether a transform is running in this thread."""
    return bool(running) and current_run() is not None


def _maker(function: Maker) -> Maker:
    """Return a function that makes arrays as one that makes recordable arrays inside a transform."""
    row = Op(function, (), name=function.__name__, numpy=getattr(np, function.__name__))

    @wraps(function)
    def make(*args: Any, **params: Any) -> Any:
        made = function(*args, **params)
        if type(made) is Tensor or not _inside():
            return made
        if isinstance(made, (tuple, list)):
            return type(made)(recordable(x, args, params) for x in made)
        return recordable(made, args, params)

    def recordable(x: Value, args: tuple[Any, ...], params: dict[str, Any]) -> Value:
        if not is_array(x) or x.dtype.kind not in "fc" or _is_view(x, (*args, *params.values())):
            return x
        if observers and not any(map(callable, args)):  # a program that is traced makes it by the same call
            for observer in current_observers():
                x = observer.constant(row, x, args, params)
        return x if type(x) is Tensor else leaf(x)

    make.__module__, make.__qualname__ = "autograd_lite.numpy", function.__name__  # where pickle finds it
    return make


def _is_view(x: Value, given: Iterable[Any]) -> bool:
    """Whether an array shares its memory with one of some arguments."""
    kind = np.ndarray if isinstance(x, np.ndarray) else type(x)
    return any(isinstance(other, kind) and np.may_share_memory(x, other) for other in given)


def _from_data(function: Maker) -> Maker:
    """Return a function that takes an array, or nested lists, as one that takes Tensors among them, too."""

    @wraps(function)
    def convert(data: Any, *args: Any, **params: Any) -> Any:
        t = stacked(data)
        if type(t) is not Tensor:
            return function(data, *args, **params)
        before = arrayed(raw(t))
        after = function(before, *args, **params)  # NumPy says which shape and dtype it gets, and whether it is copied
        if after.dtype != t.dtype:
            t = t.astype(after.dtype)
        elif t is data and not np.may_share_memory(before, after):
            t = np.copy(t)
        return t if t.shape == after.shape else t.reshape(after.shape)

    return _maker(convert)


def _empty(function: Maker, cleared: Maker) -> Maker:
    """Return a function that leaves its array as it is found, but inside a transform: no NaN is to come from there."""
    return wraps(function)(lambda *args, **params: (cleared if _inside() else function)(*args, **params))


@wraps(np.full)
def _full(shape: Any, fill_value: Value, *args: Any, **params: Any) -> Value:
    made = np.full(shape, raw(fill_value), *args, **params)
    return _full_like(made, fill_value) if type(fill_value) is Tensor else made


@wraps(np.full_like)
def _full_like(a: Value, fill_value: Value, *args: Any, **params: Any) -> Value:
    made = registry[np.full_like](a, fill_value, *args, **params)  # NumPy's own asks the type of the first alone
    return np.copy(made) if type(made) is Tensor else made  # it is stretched, and may be assigned to


@wraps(np.fromiter)
def _fromiter(iter: Iterable[Any], dtype: Any, count: int = -1, **params: Any) -> Value:
    return _from_list(list(iter if count < 0 else islice(iter, count)), dtype, count, **params)


_from_list = _from_data(np.fromiter)
_NEW: tuple[Maker, ...] = (
    *(_empty(np.empty, np.zeros), _empty(np.empty_like, np.zeros_like), np.ones, np.ones_like, np.zeros, np.zeros_like),
    *(np.eye, np.identity, np.arange, np.linspace, np.logspace, np.geomspace, np.meshgrid),
    *(np.copy, np.fromfunction, np.diag, np.diagflat, np.tri, np.tril, np.triu, np.vander),
    *(_full, _full_like, _fromiter),
)
_FROM_DATA: tuple[Maker, ...] = (
    *(np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.asarray_chkfinite, np.require),
    np.astype,
)
table: dict[str, Maker] = {made.__name__: made for made in (*map(_maker, _NEW), *map(_from_data, _FROM_DATA))}
"""The functions that take the place of NumPy's, by name."""


class _Joiner:
    """``np.r_`` or ``np.c_`` for Tensors, too: NumPy joins the numbers of the elements, and so says where they go."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getitem__(self, key: Any) -> Value:
        if not holds_tensor(key):
            return table["array"](self._own[key])
        elements: list[Value] = []
        numbers: list[Any] = []
        start = 0
        for item in key if isinstance(key, tuple) else (key,):
            if isinstance(item, str):  # along which axis
                numbers.append(item)
                continue
            part = stacked(self._own[item] if isinstance(item, slice) else item)
            elements.append(np.reshape(part, -1))
            numbers.append(np.arange(start, start + np.size(part)).reshape(np.shape(part)))
            start += np.size(part)
        return np.concatenate(elements)[np.asarray(self._own[tuple(numbers)])]


joiners = {"r_": _Joiner(np.r_), "c_": _Joiner(np.c_)}
"""What joins arrays by an index, by name."""
