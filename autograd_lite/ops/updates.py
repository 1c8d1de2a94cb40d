"""Functional updates: ``t.at[index].set(values)`` and its kin, instead of assignments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, final

import numpy as np

from autograd_lite.core.ducks import arrayed, beside, ducks, name_of
from autograd_lite.core.lists import stacked
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.signatures import raw_params
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.values import plain, refuse_foreign
from autograd_lite.ops.indexing import getitem, masks, repeats
from autograd_lite.ops.indices import of_assigning, of_picking_once
from autograd_lite.ops.samples import sample

updates = (
    sample((3, 4), (4,), index=1),
    sample((), (), index=()),
    sample((3, 4), (2, 2), index=(slice(None, None, 2), slice(1, 3))),
    sample((3,), (2,), index=np.array([True, False, True])),
    sample((3, 2), (4, 2), index=np.array([0, 2, 0, 0])),
    sample((3, 4), (3,), index=([0, 2, 0], [1, 3, 1])),
)


@op(varies=masks, samples=updates, labels=of_assigning)
def at_set(x: Value, values: Value, /, index: Any) -> Value:
    """Return ``x`` with ``values`` in the places ``x[index]``; of values for one place, the last stays."""
    z = np.array(x)
    z[index] = values
    return z[()]


@at_set.elsewhere
def _(x: Value, values: Value, index: Any) -> Value:
    z = np.copy(x)
    z[index] = values
    return z


@at_set.vjp
def _(g: Cotangent, z: Value, x: Value, values: Value, index: Any) -> Cotangent:
    return at_set(g, 0.0, index=index)


@at_set.vjp
def _(g: Cotangent, z: Value, x: Value, values: Value, index: Any) -> Cotangent:
    return pick_last(g, index=index)


@op(
    samples=(
        sample((3, 2), index=np.array([0, 2, 0, 0])),
        sample((3, 4), index=([0, 2, 0], [1, 3, 1])),
        sample((3,), index=1),
    ),
    labels=of_picking_once,
)
def pick_last(x: Value, /, index: Any) -> Value:
    """Return ``x[index]``, with an element that it names more than once in the last place, and 0 in the others."""
    values = x[index]
    if not repeats(index):
        return values
    order = beside(x, np.arange(values.size).reshape(values.shape))
    last = np.empty_like(x, int)
    last[index] = order
    return values * (last[index] == order)


@pick_last.vjp
def _(g: Cotangent, z: Value, x: Value, index: Any) -> Cotangent:
    return at_set(np.zeros_like(x), g, index=index)


@op(varies=masks, samples=updates, labels=of_assigning)
def at_add(x: Value, values: Value, /, index: Any) -> Value:
    """Return ``x`` with ``values`` added in the places ``x[index]``; all values for one place."""
    z = np.array(x)
    np.add.at(z, index, values)
    return z[()]


@at_add.elsewhere
def _(x: Value, values: Value, index: Any) -> Value:
    z = np.copy(x)
    np.add.at(z, index, values)
    return z


@at_add.vjp
def _(g: Cotangent, z: Value, x: Value, values: Value, index: Any) -> Cotangent:
    return g


@at_add.vjp
def _(g: Cotangent, z: Value, x: Value, values: Value, index: Any) -> Cotangent:
    return getitem(g, index)


@final
class At:
    """The places of a Tensor that ``t.at[index]`` names, to be replaced in a new Tensor.

    Every method but `get` returns a Tensor of the shape and dtype of ``t``; ``t`` stays what it is. Values broadcast to
    the shape of ``t[index]``. Where an index names a place more than once, every value counts, in order, as in
    ``ufunc.at`` of NumPy; of `set`, the last.

    Raises
    ------
    TypeError
        For complex values in a real Tensor.
    ValueError
        For values that do not broadcast to the places.
    """

    __slots__ = ("_index", "_tensor")

    def __init__(self, tensor: Tensor, index: Any = ...) -> None:
        refuse_foreign(index)
        self._tensor = tensor
        self._index = index

    def __getitem__(self, index: Any) -> At:
        return At(self._tensor, index)

    def get(self) -> Tensor:
        """Return ``t[index]``."""
        return self._tensor[self._index]

    def set(self, values: Value) -> Tensor:
        """Return ``t`` with these values in the places."""
        return at_set(self._tensor, self._fitting(values), index=self._index)  # type: ignore[no-any-return]

    def add(self, values: Value) -> Tensor:
        """Return ``t`` with the values added in the places."""
        return at_add(self._tensor, self._fitting(values), index=self._index)  # type: ignore[no-any-return]

    def subtract(self, values: Value) -> Tensor:
        """Return ``t`` with the values subtracted in the places."""
        return self.add(np.negative(stacked(values)))

    def multiply(self, values: Value) -> Tensor:
        """Return ``t`` multiplied by the values in the places."""
        return self.apply(np.multiply, values)

    def divide(self, values: Value) -> Tensor:
        """Return ``t`` divided by the values in the places."""
        return self.apply(np.divide, values)

    def power(self, values: Value) -> Tensor:
        """Return ``t`` to the power of the values in the places."""
        return self.apply(np.power, values)

    def min(self, values: Value) -> Tensor:
        """Return ``t`` with its minimum with the values in the places."""
        return self.apply(np.minimum, values)

    def max(self, values: Value) -> Tensor:
        """Return ``t`` with its maximum with the values in the places."""
        return self.apply(np.maximum, values)

    def apply(self, ufunc: np.ufunc, *values: Value) -> Tensor:
        """Return ``t`` with what a ufunc of one or two inputs makes of the places and the values, as ``ufunc.at``."""
        if ufunc is np.add:
            return self.add(*values)
        if not repeats(self._index):
            return self.set(ufunc(self.get(), *values))
        shape = self._tensor.shape
        places = np.arange(np.prod(shape, dtype=int)).reshape(shape)[self._index]
        rows = [np.reshape(np.broadcast_to(self._along(x), places.shape), -1) for x in values]
        flat = self._tensor.reshape(-1)
        for turn in _turns(places.reshape(-1)):
            here = At(flat, places.reshape(-1)[turn])
            flat = here.set(ufunc(here.get(), *(x[turn] for x in rows)))
        return flat.reshape(shape)

    def _along(self, values: Value) -> Value:
        """Return a Tensor as it is, and other values as an array in the library of the Tensor."""
        held, values = self._tensor._value, stacked(values)
        if not isinstance(values, Tensor):
            return beside(held, arrayed(plain(values)))
        if ducks[type(values._value)] and not ducks[type(held)]:
            raise TypeError(
                f"a Tensor of NumPy's numbers cannot hold those of {name_of(values._value)}; make it in the library of "
                "those: np.zeros_like(x, shape=...)"
            )
        return values

    def _fitting(self, values: Value) -> Value:
        """Return values in the dtype of the Tensor and the shape of the places."""
        t = self._tensor
        like = t._value if ducks[type(t._value)] else None
        values = self._along(values)
        if values.dtype != t.dtype:
            if values.dtype.kind == "c" and t.dtype.kind != "c":
                raise TypeError(
                    f"expected real values for a Tensor of dtype {t.dtype}, got {values.dtype}; "
                    "use np.astype(t, complex).at[index] for a complex result"
                )
            values = np.astype(values, t.dtype)
        whole = np.False_ if like is None else np.asarray(False, like=like)
        index = raw_params({"index": self._index})["index"]
        shape = np.shape(np.broadcast_to(whole, t.shape)[index])  # without copying what it picks
        return values if values.shape == shape else np.broadcast_to(values, shape)


registry[Tensor.at] = At


def _turns(places: Value) -> Iterator[Any]:
    """Split picks into turns that name no place twice: first the first picks of each place, then the second."""
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    lengths = np.diff(starts, append=places.size)
    turn = np.empty_like(places)
    turn[order] = np.arange(places.size) - np.repeat(starts, lengths)
    return (np.flatnonzero(turn == k) for k in range(np.max(lengths, initial=0)))


def outer(ufunc: np.ufunc) -> Callable[..., Any]:
    """Return the method ``outer`` of a ufunc: it takes all pairs of elements."""
    return lambda x, y: ufunc(np.reshape(x, np.shape(x) + (1,) * np.ndim(y)), y)
