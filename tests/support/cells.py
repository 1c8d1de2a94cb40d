"""Arrays whose stores are written functionally: the reference that assignment on Tensors is held to.

The memory of an array is one flat Tensor, and what shows it is the integer array of the places that it shows. A view
has the memory of its base, so that a store through either is seen by both, as in NumPy; a store replaces the flat
Tensor by ``flat.at[places].set(values)``. A plain array goes along, which tells what NumPy takes for a view.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import as_strided

import autograd_lite.numpy as namespace
from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.numpy.makers import table


class Memory:
    """What arrays that share their memory have in common: a flat Tensor, and when each place was stored into."""

    def __init__(self, flat: Any) -> None:
        self.flat = flat
        self.stored = numpy.full(numpy.size(flat), -1)


class Cells(NDArrayOperatorsMixin):
    """An array: what it shows, ``places``, of a memory; ``plain`` is the array that NumPy itself has in its place."""

    clock = 0
    stale = False
    """Whether a view was used that had been taken before a store into elements that it shows."""

    def __init__(self, plain: Any, memory: Memory, places: Any, source: Cells | None = None) -> None:
        self.plain, self.memory, self.places = plain, memory, places
        self.source = source  # of a view
        self.since = Cells.clock

    @classmethod
    def new(cls, values: Any, plain: Any) -> Any:
        """Return real or complex values as an array of their own, in the layout of a plain one; others as they are."""
        if isinstance(plain, tuple):
            return tuple(map(cls.new, values, plain))
        if numpy.asarray(plain).dtype.kind not in "fc":
            return values
        plain = plain if isinstance(plain, numpy.generic) or plain.base is None else plain.copy(order="K")
        strides = [8 * stride // plain.itemsize for stride in plain.strides]
        places = as_strided(numpy.arange(plain.size), plain.shape, strides).copy(order="K")
        order = numpy.argsort(places, axis=None)
        return cls(plain, Memory(numpy.reshape(values, -1)[order]), places)

    def of(self, view: Callable[[Any], Any]) -> Any:
        """Return what a function of arrays that rearranges them gives: a view or a copy, as NumPy has it."""
        self.look()
        plain, places = view(self.plain), view(self.places)
        if isinstance(plain, numpy.ndarray) and numpy.may_share_memory(plain, self.plain):
            return Cells(plain, self.memory, places, self)
        return Cells.new(self.memory.flat[places], plain)

    def look(self) -> None:
        """Note a use."""
        Cells.stale |= self.source is not None and bool(numpy.any(self.memory.stored[self.places] > self.since))

    def read(self) -> Any:
        """Return what the array holds now."""
        self.look()
        return self.memory.flat[self.places]

    def __getitem__(self, index: Any) -> Any:
        return self.of(lambda x: x[_plain(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        index = _plain(index)
        given = namespace.asarray(trees.map_tree(_read, value))
        self.look()
        self.plain[index] = trees.map_tree(_plain, value)
        places = self.places[index]
        self.memory.flat = self.memory.flat.at[places].set(given)
        Cells.clock += 1
        self.memory.stored[places] = Cells.clock
        shown: Cells | None = self
        while shown is not None:  # what it is a view of has seen the store
            shown.since, shown = Cells.clock, shown.source

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **params: Any) -> Any:
        call = getattr(ufunc, method)
        values = call(*map(_read, inputs), **params)
        if out is not None and self.ndim:  # a number is bound again
            self[...] = values
            return self
        return Cells.new(values, call(*map(_plain, inputs), **params))

    def __array_function__(self, function: Any, types: Any, args: Any, params: Any) -> Any:
        if function in (numpy.reshape, numpy.ravel, numpy.transpose, numpy.swapaxes, numpy.squeeze, numpy.moveaxis):
            return self.of(lambda x: function(x, *args[1:], **params))
        values = function(*trees.map_tree(_read, args), **trees.map_tree(_read, params))
        return Cells.new(values, function(*trees.map_tree(_plain, args), **trees.map_tree(_plain, params)))

    def __len__(self) -> int:
        return len(self.plain)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("shape", "ndim", "size", "dtype"):
            return getattr(self.plain, name)
        if name == "T":
            return self.of(numpy.transpose)
        if name in ("reshape", "ravel", "flatten", "transpose", "swapaxes"):
            return lambda *args: self.of(lambda x: getattr(x, name)(*args))
        return lambda *args, **params: getattr(numpy, name)(self, *args, **params)


class Namespace:
    """NumPy's namespace, of which what makes arrays makes cells."""

    def __getattr__(self, name: str) -> Any:
        if name not in table:
            return getattr(numpy, name)

        def make(*args: Any, **params: Any) -> Any:
            plain = getattr(numpy, name)(*trees.map_tree(_plain, args), **params)
            same = [x for x in args if isinstance(x, Cells) and x.plain is plain]
            return same[0] if same else Cells.new(table[name](*trees.map_tree(_read, args), **params), plain)

        return make


def _read(x: Any) -> Any:
    return x.read() if isinstance(x, Cells) else x


def _plain(x: Any) -> Any:
    return x.plain if isinstance(x, Cells) else raw(x)


def reference(program: Callable[..., Any]) -> Callable[..., Any]:
    """Return a program of a namespace as a function of its arguments alone, whose stores are functional."""

    def function(*args: Any) -> Any:
        Cells.stale, Cells.clock = False, 0
        entered = [Cells.new(x, numpy.array(raw(x))[()]) for x in args]
        return trees.map_tree(_read, program(Namespace(), *entered))

    return function


def on_tensors(np: Any, program: Callable[..., Any]) -> Callable[..., Any]:
    """Return a program of a namespace as a function of its arguments alone, which leaves plain ones as they are."""
    return lambda *args: program(np, *[x if type(x) is Tensor else numpy.array(x)[()] for x in args])
