"""What a program is kept by: the structure of the arguments, shapes and dtypes of arrays, values of the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from operator import is_
from typing import Any

import numpy as np

from autograd_lite.compiled.backends import refuse_others
from autograd_lite.compiled.chunks import is_chunked, rows_of
from autograd_lite.compiled.recorded import TRACED
from autograd_lite.core import trees
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.values import plain

_ndarray = np.ndarray

Key = tuple[Any, ...]


class Signature:
    """The arguments of a call, as far as its program depends on them.

    Attributes
    ----------
    key : tuple
        Hashable; equal for calls of one program.
    arrays : list
        The arrays and numbers that are traced, in the order of the arguments.
    places : list of int
        Where the parts of the key are that describe them.
    of_tensors : bool
        Whether there is a Tensor among the arguments.
    are_all : bool
        Whether the arguments are these arrays and nothing else.
    are_apart : bool
        Whether there is an array of Dask among them.
    """

    __slots__ = ("_traced", "are_all", "are_apart", "arrays", "key", "of_tensors", "places")

    def __init__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], traced: Any = TRACED) -> None:
        self._traced = traced
        self.of_tensors = self.are_apart = False
        self.arrays: list[Any] = []
        self.places: list[int] = []
        parts: list[Any] = []
        for x in args:
            if type(x) is _ndarray and x.ndim:
                self.places.append(len(parts))
                self.arrays.append(x)
                parts.append((x.shape, x.dtype))
            else:
                self._add(x, parts)
        if kwargs:
            parts.append(tuple(kwargs))
            for x in kwargs.values():
                self._add(x, parts)
        self.key: Key = tuple(parts)
        self.are_all = (
            not kwargs and len(self.arrays) == len(args) and not self.are_apart and all(map(is_, self.arrays, args))
        )

    def _add(self, x: Any, parts: list[Any]) -> None:
        x = plain(x) if isinstance(x, np.ndarray) else x  # what is mapped to a file is an array as any other
        kind = type(x)
        if isinstance(x, self._traced):
            self.places.append(len(parts))
            self.arrays.append(x)
            parts.append((x.shape, x.dtype) if hasattr(x, "shape") else kind)
        elif kind is Tensor:
            self.of_tensors = True
        elif is_chunked(x):
            self.are_apart = True
            self.places.append(len(parts))
            self.arrays.append(x)
            has_rows = hasattr(kind, "chunks") and x.ndim
            parts.append(((rows_of(x), *x.shape[1:]), x.dtype, "chunks") if has_rows else kind)
        elif trees.is_node(x):
            children = trees.items(x)
            parts.append((kind, tuple(key for key, _ in children), _static_fields(x, children)))
            for _, child in children:
                self._add(child, parts)
        else:
            refuse_others(x)
            parts.append((kind, (x.start, x.stop, x.step)) if kind is slice else (kind, x))

    def rows(self, varying: tuple[int, ...]) -> int:
        """Return how many rows some arrays have; 0 where they do not have the same number, or there are none."""
        if max(varying, default=0) >= len(self.arrays):  # of a program for other arguments
            return 0
        parts = (self.key[self.places[i]] for i in varying)
        rows = {part[0][0] if isinstance(part, tuple) and part[0] else 0 for part in parts}
        return rows.pop() if len(rows) == 1 else 0

    def general(self, varying: tuple[int, ...]) -> Key | None:
        """Return the key for any number of rows of some arrays; None where these do not have the same, or none."""
        if not self.rows(varying):
            return None
        parts = list(self.key)
        for i in varying:
            shape, *rest = parts[self.places[i]]
            parts[self.places[i]] = (None, *shape[1:]), *rest
        return tuple(parts)


def _static_fields(x: Any, children: list[tuple[Any, Any]]) -> Hashable:
    """Return the fields of a dataclass that are part of its structure, with their values."""
    if not dataclasses.is_dataclass(x):
        return None
    names = {key for key, _ in children}
    return tuple((f.name, getattr(x, f.name)) for f in dataclasses.fields(x) if f.init and f.name not in names)
