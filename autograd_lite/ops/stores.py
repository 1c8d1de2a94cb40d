"""What changes an array in NumPy, as ``np.put``, ``t.sort()`` and ``np.add.at``: of a Tensor, each is an assignment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, final

import numpy as np

from autograd_lite.core import counterparts
from autograd_lite.core.lists import stacked
from autograd_lite.core.shapes import Array, Value
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops.assignment import check_assignable, store
from autograd_lite.ops.indexing import array_of
from autograd_lite.ops.updates import At


def _recordable(t: Value, name: str) -> None:
    """Raise TypeError for a plain array in which a Tensor is to be stored."""
    if type(t) is not Tensor:
        raise TypeError(
            f"np.{name} cannot store a Tensor in a plain array without losing its gradient; import autograd_lite.numpy "
            "as np and make the array with its np.zeros, np.full or the like, inside the function that is "
            "differentiated, or use the Tensor as it is: np.broadcast_to(t, shape), np.where(mask, t, array)"
        )


def _write(name: str, t: Value, values: Value, write: Callable[[Array, Array], object]) -> None:
    """Assign values to the places where NumPy's own function writes them: it is given their numbers to write."""
    _recordable(t, name)
    values = array_of(stacked(values))
    numbers = np.full(t.shape, -1)
    write(numbers, np.arange(values.size).reshape(values.shape))
    places = numbers >= 0
    t[places] = np.reshape(values, -1)[numbers[places]]


def _plain(x: Any) -> Any:
    """Return an index or a mask of a program that is traced as an array, and anything else as it is."""
    return np.asarray(x) if type(x) is Tensor else x


def put(a: Value, ind: Any, v: Value, mode: Any = "raise") -> None:
    """Assign ``v``, repeated as often as needed, to the elements of the flattened array at ``ind``."""
    _write("put", a, v, lambda numbers, new: np.put(numbers, _plain(ind), new, mode))


def place(arr: Value, mask: Any, vals: Value) -> None:
    """Assign ``vals``, one after the other and over again, to the elements where ``mask`` is true."""
    _write("place", arr, vals, lambda numbers, new: np.place(numbers, _plain(mask), new))


def putmask(a: Value, mask: Any, values: Value) -> None:
    """Assign the elements of ``values`` in the same places, over again where it is shorter, where ``mask`` is true."""
    _write("putmask", a, values, lambda numbers, new: np.putmask(numbers, _plain(mask), new))


def put_along_axis(arr: Value, indices: Any, values: Value, axis: int | None) -> None:
    """Assign ``values`` to what ``np.take_along_axis(arr, indices, axis)`` picks."""
    _write("put_along_axis", arr, values, lambda numbers, new: np.put_along_axis(numbers, _plain(indices), new, axis))


def fill_diagonal(a: Value, val: Value, wrap: bool = False) -> None:
    """Assign ``val``, repeated as often as needed, to the diagonal."""
    _write("fill_diagonal", a, val, lambda numbers, new: np.fill_diagonal(numbers, new, wrap))


def copyto(dst: Value, src: Value, casting: Any = "same_kind", where: Any = True) -> None:
    """Assign ``src`` to the elements where ``where`` is true."""
    _recordable(dst, "copyto")
    src = array_of(stacked(src))
    if not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeError(f"np.copyto cannot cast from {src.dtype} to {dst.dtype} by the rule casting={casting!r}")
    dst[...] = src if where is True else np.where(where, src, dst)


def at(ufunc: np.ufunc) -> Callable[..., None]:
    """Return the method ``at`` of a ufunc: it changes elements, those that an index names twice two times."""

    def change(t: Value, index: Any, *values: Value) -> None:
        _recordable(t, f"{ufunc.__name__}.at")
        check_assignable(t)
        store(t, At(t, index).apply(ufunc, *values), index)

    return change


def write_out(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], out: tuple[Any, ...], params: Any) -> Value:
    """Assign what a ufunc gives to the Tensors of ``out=``, and return them."""
    places: Any = ...
    where = params.pop("where", True) if method == "__call__" and ufunc.signature is None else True
    if where is not True:
        if any(t is None for t in out):
            raise TypeError(f"np.{ufunc.__name__} with where= leaves elements out: give an array for each output")
        places = np.broadcast_to(where, out[0].shape)
        inputs = tuple(np.broadcast_to(stacked(x), places.shape)[places] for x in inputs)
    results = getattr(ufunc, method)(*inputs, **params)
    results = list(results) if isinstance(results, tuple) else [results]
    for i, t in enumerate(out):
        if t is not None:
            t[places] = results[i]
            results[i] = t
    return tuple(results) if len(results) > 1 else results[0]


@final
class Flat:
    """The elements of a Tensor in one row, as ``t.flat`` names them: to read, and to assign to."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor

    def __len__(self) -> int:
        return self._tensor.size

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Tensor:
        return np.take(self._tensor, np.arange(len(self))[index])  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, values: Value) -> None:
        _write("ndarray.flat", self._tensor, values, lambda numbers, new: numbers.flat.__setitem__(index, new))


functions = {getattr(np, f.__name__): f for f in (put, place, putmask, put_along_axis, fill_diagonal, copyto)}
registry.update(functions)
counterparts.stores.update(functions)
registry[Tensor.flat], registry[Tensor.__array_ufunc__, "out"] = Flat, write_out
